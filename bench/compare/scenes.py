"""Rows that need a scene of their own: small chunks, durability, tails, slow peers, a frozen disk."""

import re
import shutil
import subprocess
import sys
import threading
import time

import load
import processes
from client import Client, new_session, percentile
from servers import CIPHER, ROOT, nginx, reference, waveforge

LIMIT = str(ROOT / "build/bench/bin/bench_limit")


def per_cpu_second(report, what):
    return report[what] / (report["server"]["user_s"] + report["server"]["system_s"])


def small_chunks(stage, rows):
    """Two requests a chunk, no pipelining; a thousand chunks a session, so that sessions cost nothing."""
    for level in ("none", "chunk"):
        server = waveforge(level)
        process = server.start(stage.image.path, stage.work)
        try:
            report = load.run(server.url(process), connections=64, sessions=64, recordings=64, chunk_size=1024,
                              patch_size=0, chunks_per_recording=1000 if not stage.quick else 200, verify=True,
                              delete=True, cycles=2, server_pid=process.pid)
        finally:
            process.stop()
        rows[f"small_{level}"].add(per_cpu_second(report, "chunks"))
        stage.note(f"small_{level}", report)


def new_sessions(stage, rows):
    server = waveforge("chunk")
    process = server.start(stage.image.path, stage.work)
    try:
        # Unfinished, or what is measured is the end of recordings.
        report = load.run(server.url(process), connections=64, sessions=64, recordings=500 if stage.quick else 2000,
                          chunk_size=1024, patch_size=0, chunks_per_recording=1, total="never",
                          server_pid=process.pid)
    finally:
        process.stop()
    rows["new_sessions"].add(per_cpu_second(report, "recordings"))
    stage.note("new_sessions", report)


def rounds(stage, rows):
    """The round itself, of a thousand sessions that wait for it; and what a client sees of it in a closed loop of a
    thousand connections, where the requests of all of them stand before its own."""
    said = subprocess.run([str(ROOT / "build/release/bin/fault_capacity"), "--gtest_filter=*thousand_sessions*direct"],
                          capture_output=True, text=True, check=False).stdout
    seen = re.search(r"a round of 1000 .* p50 ([0-9.]+) ms", said)
    if seen is None:
        sys.exit(f"bench compare: fault_capacity measured no round:\n{said}")
    rows["durable_round"].add(float(seen[1]))
    server = waveforge("chunk")
    process = server.start(stage.image.path, stage.work)
    try:
        report = load.run(server.url(process), connections=1000, sessions=1000, recordings=1000, chunk_size=1024,
                          patch_size=0, chunks_per_recording=8, total="assemble", delete=True, verify=True, cycles=2,
                          timeout=60)
    finally:
        process.stop()
    rows["durable_round_loop"].add(report["latency"]["patch"]["p50_ms"])
    stage.note("durable_round", report)


def durable_disk(stage, rows):
    """The disk by itself and the server on it, one after the other on the same file system."""
    disk = float(subprocess.run(["taskset", "-c", processes.SERVER_CPU, LIMIT, "disk", "--dir", str(stage.image.path),
                                 "--seconds", "1" if stage.quick else "2"], capture_output=True, text=True,
                                check=True).stdout)
    server = waveforge("chunk", "direct")
    process = server.start(stage.image.path, stage.work)
    try:
        report = load.run(server.url(process), connections=64, recordings=64, chunks_per_recording=16, verify=True,
                          delete=True, cycles=2)
    finally:
        process.stop()
    rows["durable_disk"].add(report["gb_per_s"] / disk)
    stage.note("durable_disk", {"disk_gb_per_s": disk, "ours_gb_per_s": report["gb_per_s"]})


def bytes_written(stage, rows):
    server = waveforge("chunk")
    process = server.start(stage.image.path, stage.work)
    try:
        before = stage.image.bytes_written()
        report = load.run(server.url(process), connections=8, recordings=16, chunks_per_recording=64)
        written = stage.image.bytes_written() - before
    finally:
        process.stop()
    rows["bytes_written"].add(written / report["bytes"])


def tls(stage, rows):
    """wfload speaks through stunnel on the load's processor; both servers have the same certificate and cipher."""
    where = stage.work / "tls"
    if not where.exists():
        where.mkdir()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", str(where / "key.pem"), "-out", str(where / "cert.pem"), "-days", "2", "-subj",
                        "/CN=localhost"], check=True, capture_output=True)
    cost = {}
    ours = waveforge("none", extra=("--tls-cert", str(where / "cert.pem"), "--tls-key", str(where / "key.pem")))
    for name, server in (("ours", ours), ("nginx", nginx(str(where)))):
        process = server.start(stage.image.path, stage.work)
        port = processes.free_port()
        config = where / "stunnel.conf"
        config.write_text(f"foreground = yes\npid =\ndebug = 3\n[t]\nclient = yes\naccept = 127.0.0.1:{port}\n"
                          f"connect = 127.0.0.1:{process.port}\nciphersuites = {CIPHER}\nsslVersion = TLSv1.3\n")
        tunnel = processes.Process(["stunnel4", str(config)], port, stage.work / "stunnel.log", processes.LOAD_CPU)
        try:
            report = load.run(f"http://127.0.0.1:{port}", server.protocol, connections=8, recordings=8,
                              chunks_per_recording=64, verify=True, delete=True, cycles=1 if stage.quick else 2,
                              timeout=60, server_pid=process.pid)
        finally:
            tunnel.stop()
            process.stop()
        cost[name] = report["server"]["cpu_s_per_gb"]
    rows["tls"].add(cost["ours"] / cost["nginx"])
    stage.note("tls", cost)


def latency_tail(stage, rows):
    """Each server at 80 % of the rate it reached in a closed loop just before; latencies count from the schedule."""
    tails = {}
    for server, kind in ((waveforge("none"), "patch"), (nginx(), "put")):
        process = server.start(stage.image.path, stage.work)
        try:
            options = {"connections": 64, "sessions": 16, "recordings": 16, "verify": True, "delete": True,
                       "chunks_per_recording": 64}
            top = load.run(server.url(process), server.protocol, cycles=2, **options)
            rate = top["chunks"] / top["elapsed_s"] * 0.8
            report = load.run(server.url(process), server.protocol, rate=rate, cycles=2, timeout=60, **options)
        finally:
            process.stop()
        seen = report["latency"][kind]
        tails[server.name] = {"rate": rate, "p50_ms": seen["p50_ms"], "p99_ms": seen["p99_ms"],
                              "tail": seen["p99_ms"] / seen["p50_ms"]}
    ours, theirs = tails.values()
    rows["latency_tail"].add(ours["tail"] / theirs["tail"])
    stage.note("latency_tail", tails)


def slow_peers(stage, rows):
    """A fast connection beside a thousand that send 64 KB/s each. The thousand share a processor with the fast one's
    client, whoever they send to: so first they send to a server of their own on that processor, and then to the same.
    They began together and end their chunks of 256 KiB together, every four seconds: the fast one is watched for as long
    as that."""
    other = stage.work / "slow_peers_other"
    other.mkdir(exist_ok=True)
    server = waveforge("chunk")
    process = server.start(stage.image.path, stage.work)
    elsewhere = server.start(other, stage.work, processes.LOAD_CPU)
    fast = {"connections": 1, "sessions": 1, "recordings": 24, "chunks_per_recording": 4, "verify": True,
            "delete": True, "cycles": 8 if stage.quick else 12}

    def beside(crowded):
        crowd = load.begin(server.url(crowded), connections=1000, sessions=1000, slow=65536, chunk_size=262144,
                           patch_size=0, chunks_per_recording=4, total="assemble", duration=12, timeout=60)
        time.sleep(3)
        seen = load.run(server.url(process), **fast)["gb_per_s"]
        load.end(crowd)
        return seen

    try:
        alone = load.run(server.url(process), **fast)["gb_per_s"]
        away = beside(elsewhere)
        here = beside(process)
    finally:
        process.stop()
        elsewhere.stop()
    rows["slow_peers"].add(away / here)
    rows["slow_peers_alone"].add(alone / here)
    stage.note("slow_peers", {"alone_gb_per_s": alone, "crowd_elsewhere_gb_per_s": away, "crowd_here_gb_per_s": here})


def freeze(stage, rows):
    """What does not need the disk is answered while the disk stands still for two seconds."""
    other = stage.work / "other_dir"
    shutil.rmtree(other, ignore_errors=True)
    server = waveforge("chunk")
    process = server.start(stage.image.path, stage.work)
    second = server.start(stage.work, stage.work)
    watcher, elsewhere = Client(process.port), Client(second.port)
    session, away = new_session(), new_session()
    chunk = watcher.create(session, 0, 1024)
    away_chunk = elsewhere.create(away, 0, 1024)
    crowd = load.begin(server.url(process), connections=64, recordings=256, chunks_per_recording=4, verify=True,
                       delete=True, timeout=60)
    worst = {"head": 0.0, "status": 0.0, "health": 0.0, "other_dir": 0.0}

    def watch(seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for key, who, method, path in (("head", watcher, "HEAD", chunk),
                                           ("status", watcher, "GET", f"/files/{session}/status"),
                                           ("health", watcher, "GET", "/health"),
                                           ("other_dir", elsewhere, "HEAD", away_chunk)):
                worst[key] = max(worst[key], who.timed(method, path))
            time.sleep(0.005)

    try:
        time.sleep(0.5)
        stage.image.freeze(2.0, watch)
        load.end(crowd)
    finally:
        process.stop()
        second.stop()
    for key, value in worst.items():
        rows[f"freeze_{key}"].add(value)


def finish_tail(stage, rows):
    """A thousand sessions of one chunk get their last half within a second, beside eight ordinary uploads."""
    server = waveforge("chunk")
    process = server.start(stage.image.path, stage.work)
    beside = {"connections": 8, "recordings": 64, "chunks_per_recording": 4, "verify": True, "delete": True}
    try:
        before = load.run(server.url(process), **beside)
        crowd = load.begin(server.url(process), connections=100, sessions=1000, recordings=1000, chunk_size=65536,
                           patch_size=0, chunks_per_recording=1, delete=True, verify=True)
        during = load.run(server.url(process), **beside)
        ended = load.end(crowd)
    finally:
        process.stop()
    rows["finish_tail"].add(during["latency"]["patch"]["p99_ms"] / before["latency"]["patch"]["p99_ms"])
    stage.note("finish_tail", {"before_p99_ms": before["latency"]["patch"]["p99_ms"],
                               "during_p99_ms": during["latency"]["patch"]["p99_ms"],
                               "sessions_finished": ended["recordings"], "in_s": ended["elapsed_s"]})


def head(stage, rows):
    server = waveforge("chunk")
    process = server.start(stage.image.path, stage.work)
    watcher = Client(process.port)
    chunk = watcher.create(new_session(), 0, 1024)
    try:
        crowd = load.begin(server.url(process), connections=8, recordings=400 if not stage.quick else 100,
                           chunks_per_recording=4, rate=100, verify=True, delete=True)
        times = []
        while crowd.poll() is None:
            times.append(watcher.timed("HEAD", chunk))
            time.sleep(0.002)
        load.end(crowd)
        inside = bucket_of(watcher, "waveforge_head_request_seconds", 0.99)
    finally:
        process.stop()
    rows["head_p99"].add(inside * 1000)
    rows["head_wire_p99"].add(percentile(times, 0.99))
    stage.note("head_p99", {"count": len(times), "wire_p50_ms": percentile(times, 0.5)})


def bucket_of(client, name, share) -> float:
    """Upper bound of the histogram bucket in which this share of all values ends; never less than the true quantile."""
    _, _, text = client.ask("GET", "/metrics")
    buckets = []
    for line in text.decode().splitlines():
        if line.startswith(name + "_bucket"):
            bound, count = line.split('le="')[1].split('"} ')
            buckets.append((float(bound), float(count)))
    return next(bound for bound, count in buckets if count >= share * buckets[-1][1])


def takeover(stage, rows):
    """A writer that stopped in the middle of its body, and another that asks where to go on and goes on."""
    server = waveforge("chunk")
    process = server.start(stage.image.path, stage.work)
    try:
        for _ in range(5):
            session = new_session()
            dead, alive = Client(process.port), Client(process.port)
            chunk = dead.create(session, 0, 262144)
            dead.send("PATCH", chunk, dead.patch_fields(0), b"x" * 65536, length=262144)
            time.sleep(0.2)
            begin = time.monotonic()
            status, fields, _ = alive.ask("HEAD", chunk)
            offset = int(fields["upload-offset"])
            status, fields, _ = alive.ask("PATCH", chunk, alive.patch_fields(offset), b"x" * (262144 - offset))
            if status != 204 or fields["upload-offset"] != "262144":
                raise AssertionError(f"takeover: {status} {fields}")
            rows["takeover"].add((time.monotonic() - begin) * 1000)
            dead.close()
            alive.close()
    finally:
        process.stop()
