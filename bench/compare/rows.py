"""The goals of the table, in its order. Values are filled in by the scenes."""

from table import Row

EXT4 = "ext4+journal"
MIB = "chunks of 1 MiB in two PATCHes"


def goal_rows() -> list[Row]:
    rows = []

    def row(*words, **more):
        rows.append(Row(*words, **more))

    for count in (8, 64):
        for way, level in (("splice", "none"), ("buffered", "none"), ("direct", "none"), ("direct", "chunk")):
            row(f"reference_{way}_{level}_{count}", f"CPU per GB, {way} way, ÷ reference loop, {count} connections", "<=",
                1.15, "×", f"{EXT4}; {level}; 3; {MIB}, recordings of 64 MiB, finished and synced by the server, not by the loop")
    for count, goal in ((8, 0.82), (64, 0.70)):
        row(f"nginx_{count}", f"CPU per GB ÷ nginx PUT, {count} connections", "<=", goal, "×",
            f"{EXT4}; none; 3 against nginx's 1; chunks of 1 MiB, our recordings of 64 MiB finished")
        row(f"lighttpd_{count}", f"CPU per GB ÷ lighttpd PUT, {count} connections", "<=", None, "×",
            f"{EXT4}; none; 3 against lighttpd's 1; chunks of 1 MiB, our recordings of 64 MiB finished")
    row("tusd_8", "CPU per GB ÷ tusd, 8 connections", "<=", 0.30, "×", f"{EXT4}; none; 3; {MIB}")
    row("tus_node_8", "CPU per GB ÷ @tus/server, 8 connections", "<=", 0.06, "×", f"{EXT4}; none; 3; {MIB}")
    row("short_recordings", "CPU per GB, recordings of 8 MiB ÷ of 64 MiB, 8 connections", "<=", None, "×",
        f"{EXT4}; none; 3; {MIB}: what the end of a recording costs")
    row("bytes_written", "bytes on the device per byte received, to finished recordings", "<=", 1.02, "",
        f"{EXT4}; chunk; 3; {MIB}, recordings of 64 MiB, journal and facts included")
    row("durable_fdatasync", "GB/s ÷ direct reference with one fdatasync a chunk, 64 connections", ">=", 1.5, "×",
        f"{EXT4}; chunk; 3; {MIB}")
    row("durable_disk", "GB/s ÷ the disk with the same pattern of syncs", ">=", 0.75, "×",
        f"{EXT4}; chunk; 3; {MIB}, 64 connections, recordings and the disk's files of 16 MiB")
    row("durable_round", "a round that 1,000 sessions wait for, p50", "<=", 20, "ms",
        f"{EXT4}; chunk; –; 64 KiB written directly in each session before it")
    row("durable_round_loop", "PATCH p50, 1,000 connections in a closed loop", "<=", None, "ms",
        f"{EXT4}; chunk; 2; chunks of 1 KiB, a session each")
    row("new_sessions", "new sessions, durable, per CPU-second", ">=", 2000, "/s",
        f"{EXT4}; chunk; 2; one chunk of 1 KiB each, 64 connections")
    row("small_none", "1 KiB chunks (create + PATCH) per CPU-second", ">=", 12000, "/s",
        f"{EXT4}; none; 2; 1,000 chunks a session, 64 connections")
    row("small_chunk", "1 KiB chunks (create + PATCH) per CPU-second", ">=", 5000, "/s",
        f"{EXT4}; chunk; 2; 1,000 chunks a session, 64 connections")
    row("tls", "CPU per GB ÷ nginx with the same cipher", "<=", 1.25, "×",
        f"{EXT4}; none; 3 against nginx's 1; chunks of 1 MiB, recordings of 64 MiB, TLS 1.3 AES-128-GCM, 8 connections")
    row("latency_tail", "PATCH p99/p50 ÷ nginx's PUT p99/p50, open loop at 80 % of each one's own rate", "<=", 1, "×",
        f"{EXT4}; none; 3 against nginx's 1; chunks of 1 MiB, recordings of 64 MiB, 64 connections")
    for who in ("head", "status", "health", "other_dir"):
        row(f"freeze_{who}", f"slowest {who.replace('_', ' ')} answer while the file system is frozen for 2 s", "<=", 50,
            "ms", f"{EXT4}; chunk; –; 64 connections uploading, 1 worker")
    row("memory_idle", "process memory per idle connection", "<=", 4, "KiB", f"{EXT4}; chunk; –; 10,000 connections, 2,000 with --quick")
    row("memory_busy", "resident memory with 1,000 busy connections", "<=", 64, "MiB", f"{EXT4}; chunk; 3; {MIB}")
    row("memory_million", "peak of resident memory, after 1,000,000 sessions ÷ after 100,000", "<=", 1.05, "×",
        f"{EXT4}; none; 2; one chunk of 1 KiB a session")
    row("slow_peers", "rate of a fast connection while 1,000 at 64 KB/s send elsewhere ÷ to the same server", "<=", 1.10,
        "×", f"{EXT4}; chunk; 3; {MIB}; elsewhere: a server on the load's processor, which the 1,000 share with the fast one's client")
    row("slow_peers_alone", "rate of the fast connection without the 1,000 ÷ beside them", "<=", None, "×",
        f"{EXT4}; chunk; 3; {MIB}")
    row("finish_tail", "PATCH p99 while 1,000 sessions finish ÷ before", "<=", None, "×",
        f"{EXT4}; chunk; 3; {MIB}, 1,000 sessions of 1 MiB finishing beside 8 uploads")
    row("parser_rate", "head parser on a browser's PATCH head", ">=", 1.5, "GB/s", "–; –; –; bench_micro")
    row("parser_peer", "head parser ÷ http_parser on the same head", ">=", 1, "×", "–; –; –; bench_micro")
    row("head_p99", "HEAD p99 at load, from the head to the answer in the server (bound of its bucket)", "<=", 1, "ms",
        f"{EXT4}; chunk; –; 8 uploads of {MIB} at half rate beside it")
    row("head_wire_p99", "the same at the client, its wire and scheduling included", "<=", None, "ms",
        f"{EXT4}; chunk; –; 8 uploads of {MIB} at half rate beside it")
    row("takeover", "a dead writer displaced: HEAD and PATCH answered", "<=", 50, "ms", f"{EXT4}; chunk; –; –")
    row("startup", "start with 100,000 sessions on disk", "<=", 1, "s", f"{EXT4}; none; –; one chunk of 1 KiB a session; 10,000 sessions with --quick")
    return rows
