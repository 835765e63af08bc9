"""Bodies into files: CPU, throughput, latency and memory of every server, in turn."""

import statistics

import load
import processes
from servers import lighttpd, nginx, reference, tus_node, tusd, waveforge

CHUNKS_PER_RECORDING = 64  # an hour of Opus at 140 kbit/s
RECORDINGS_OPEN = 16  # however many connections; a browser sends three chunks of a recording at a time


def measure(server, place, work, connections, gigabytes, chunks=CHUNKS_PER_RECORDING, **more) -> dict:
    """One fresh server on a fresh directory: a warm-up cycle, then cycles that count. All bytes are compared."""
    recordings = max(1, min(RECORDINGS_OPEN, round(gigabytes * 1024 / chunks)))
    cycles = max(2, round(gigabytes * 1024 / (recordings * chunks)))
    stored = not server.name.startswith("reference sink")
    process = server.start(place, work)
    try:
        options = {"connections": connections, "sessions": recordings, "recordings": recordings,
                   "chunks_per_recording": chunks, "verify": stored, "delete": stored, "timeout": 60, **more}
        load.run(server.url(process), server.protocol, **options)
        report = load.run(server.url(process), server.protocol, cycles=cycles, server_pid=process.pid, **options)
    finally:
        process.stop()
    kind = "put" if server.protocol == "put" else "patch"
    seconds = report["server"]["user_s"] + report["server"]["system_s"]
    return {"server": server.name, "connections": connections, "cpu_s_per_gb": seconds / (report["bytes"] / 1e9),
            "gb_per_s": report["gb_per_s"], "p50_ms": report["latency"][kind]["p50_ms"],
            "p99_ms": report["latency"][kind]["p99_ms"], "rss_mib": report["server"]["resident_peak_bytes"] / 2**20,
            "bytes_compared": report["bytes_compared"], "durability": server.durability,
            "requests_per_chunk": server.requests_per_chunk}


class Ingest:
    """Rounds over all servers; a ratio is taken within a round."""

    def __init__(self, image, work, tusd_binary, quick):
        self.image, self.work, self.quick = image, work, quick
        self.servers = {
            "nginx": nginx(), "lighttpd": lighttpd(), "ours": waveforge("none"),
            "ours_chunk": waveforge("chunk", "direct"), "splice": waveforge("none", "splice"),
            "buffered": waveforge("none", "buffered"), "direct": waveforge("none", "direct"),
            "ref_sink": reference("sink"), "ref_splice": reference("splice"), "ref_buffered": reference("buffered"),
            "ref_direct": reference("direct"), "ref_fdatasync": reference("direct", "chunk"), "node": tus_node(),
        }
        if tusd_binary:
            self.servers["tusd"] = tusd(tusd_binary)
        self.results: list[dict] = []

    def names(self, connections):
        return [name for name in self.servers if connections == 8 or name not in ("node", "tusd")]

    def size(self, name, connections):
        if name == "node":
            return 0.125
        return 0.5 if self.quick else 2

    def round(self, connections, rows):
        seen = {}
        for name in self.names(connections):
            seen[name] = measure(self.servers[name], self.image.path, self.work, connections,
                                 self.size(name, connections))
            seen[name]["key"] = name
            self.results.append(seen[name])
            print(f"    {name:14} {connections:4} connections: {seen[name]['cpu_s_per_gb']:.3f} CPU-s/GB, "
                  f"{seen[name]['gb_per_s']:.2f} GB/s, p50 {seen[name]['p50_ms']:.2f} p99 {seen[name]['p99_ms']:.2f} ms",
                  flush=True)

        if connections == 8:
            short = measure(self.servers["ours"], self.image.path, self.work, 8, self.size("ours", 8) / 4, chunks=8)
            rows["short_recordings"].add(short["cpu_s_per_gb"] / seen["ours"]["cpu_s_per_gb"])

        def ratio(a, b, what="cpu_s_per_gb"):
            return seen[a][what] / seen[b][what] if a in seen and b in seen else None

        for row, ours, theirs in ((f"reference_splice_none_{connections}", "splice", "ref_splice"),
                                  (f"reference_buffered_none_{connections}", "buffered", "ref_buffered"),
                                  (f"reference_direct_none_{connections}", "direct", "ref_direct"),
                                  (f"reference_direct_chunk_{connections}", "ours_chunk", "ref_direct"),
                                  (f"nginx_{connections}", "ours", "nginx"),
                                  (f"lighttpd_{connections}", "ours", "lighttpd"),
                                  ("tusd_8", "ours", "tusd"), ("tus_node_8", "ours", "node")):
            if connections == 8 or not row.endswith("_8"):
                rows[row].add(ratio(ours, theirs))
        if connections == 64:
            rows["durable_fdatasync"].add(ratio("ours_chunk", "ref_fdatasync", "gb_per_s"))
        if "tusd" not in self.servers:
            rows["tusd_8"].note = "tusd: not run"

    def summary(self) -> list[dict]:
        """Medians by server and connections, for the plots and the table of servers."""
        out = []
        keys = sorted({(one["key"], one["connections"]) for one in self.results})
        for key, connections in keys:
            mine = [one for one in self.results if (one["key"], one["connections"]) == (key, connections)]
            middle = {"key": key, "server": mine[0]["server"], "connections": connections, "rounds": len(mine),
                      "durability": mine[0]["durability"], "requests_per_chunk": mine[0]["requests_per_chunk"]}
            for field in ("cpu_s_per_gb", "gb_per_s", "p50_ms", "p99_ms", "rss_mib"):
                values = [one[field] for one in mine]
                middle[field] = statistics.median(values)
                middle[field + "_spread"] = [min(values), max(values)]
            out.append(middle)
        return out


def sweep(ingest, connections_list, rows):
    """The curves: a few servers over many numbers of connections."""
    for connections in connections_list:
        for name in ("ours", "ours_chunk", "nginx", "lighttpd", "ref_splice", "ref_direct"):
            one = measure(ingest.servers[name], ingest.image.path, ingest.work, connections, 0.4)
            one["key"] = name
            ingest.results.append(one)
            print(f"    {name:14} {connections:4} connections: {one['cpu_s_per_gb']:.3f} CPU-s/GB", flush=True)
            if connections == 1000 and name == "ours_chunk":
                rows["memory_busy"].add(one["rss_mib"])
