"""Memory of connections and of sessions, and the start with many of them on disk."""

import signal
import socket

import load
import processes
from servers import waveforge

IDLE_CONNECTIONS = 10_000


def idle(stage, rows):
    """Resident memory before and after ten thousand connections that have each asked once."""
    count = 2000 if stage.quick else IDLE_CONNECTIONS
    server = waveforge("chunk")
    process = server.start(stage.image.path, stage.work)
    request = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    held = []
    try:
        load.run(server.url(process), connections=64, recordings=64, chunks_per_recording=2, delete=True)
        before = processes.resident_bytes(process.pid)
        for _ in range(count):
            one = socket.create_connection(("127.0.0.1", process.port))
            one.sendall(request)
            one.recv(4096)
            held.append(one)
        grown = processes.resident_bytes(process.pid) - before
    finally:
        for one in held:
            one.close()
        process.stop()
    rows["memory_idle"].add(grown / count / 1024)


def busy(stage, rows):
    server = waveforge("chunk")
    process = server.start(stage.image.path, stage.work)
    try:
        report = load.run(server.url(process), connections=1000, recordings=1000, chunks_per_recording=1, verify=True,
                          delete=True, timeout=90, server_pid=process.pid)
    finally:
        process.stop()
    rows["memory_busy"].add(report["server"]["resident_peak_bytes"] / 2**20)


def many_sessions(stage, rows):
    """The start with 100,000 sessions that are not finished, after a clean stop and after a kill."""
    server = waveforge("none")
    process = server.start(stage.image.path, stage.work)
    words = server.command(process.port, stage.image.path / "data", stage.work)
    try:
        unfinished(server.url(process), 10_000 if stage.quick else 100_000)
        process.stop()
        again = processes.Process(words, process.port, stage.work / "startup.log")
        rows["startup"].add(again.ready_s)
        again.stop(signal.SIGKILL)
        process = processes.Process(words, process.port, stage.work / "startup.log")
        rows["startup"].add(process.ready_s)
    finally:
        process.stop()


def million_sessions(stage, rows):
    """With --full: the most that one process has held after 100,000 sessions and after a million, none of them finished.
    What it holds at one moment depends on how full its tables and its session cache just are."""
    if not stage.full:
        return
    first, second = (10_000, 20_000) if stage.quick else (100_000, 1_000_000)
    server = waveforge("none")
    process = server.start(stage.image.path, stage.work)
    try:
        small = unfinished(server.url(process), first, process.pid)
        large = unfinished(server.url(process), second - first, process.pid)
        rows["memory_million"].add(large / small)
        stage.note("million_sessions", {"resident_mib": [small / 2**20, large / 2**20]})
    finally:
        process.stop()


def unfinished(url, sessions, server_pid=0):
    """One chunk of 1 KiB each, the total never told. The server's peak, if its process is given."""
    report = load.run(url, connections=64, sessions=64, recordings=sessions, chunk_size=1024, patch_size=0,
                      chunks_per_recording=1, total="never", timeout=400, server_pid=server_pid)
    return report["server"]["resident_peak_bytes"] if server_pid else 0
