"""What a process and its children use, from /proc, and how they are started and ended."""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

SERVER_CPU = "0"
LOAD_CPU = "1"


def read(path: str) -> str:
    try:
        return pathlib.Path(path).read_text()
    except OSError:
        return ""


def family(root: int) -> list[int]:
    """The process and its descendants."""
    found = [root]
    for pid in found:
        for task in read(f"/proc/{pid}/task/{pid}/children").split():
            found.append(int(task))
    return found


def resident_bytes(root: int) -> int:
    total = 0
    for pid in family(root):
        for line in read(f"/proc/{pid}/status").splitlines():
            if line.startswith("VmRSS:"):
                total += int(line.split()[1]) * 1024
    return total


def cpu_seconds(root: int) -> float:
    """User and system time of all threads, the kernel's workers for io_uring included."""
    ticks = 0
    for pid in family(root):
        fields = read(f"/proc/{pid}/stat").rpartition(")")[2].split()
        if len(fields) > 13:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A server on its own processor. Its output is kept for the case that it does not start."""

    def __init__(self, words: list[str], port: int, log: pathlib.Path, cpu: str = SERVER_CPU, wait_s: float = 20):
        self.port = port
        self.log = log
        self.began = time.monotonic()
        with open(log, "wb") as output:
            self.child = subprocess.Popen(["taskset", "-c", cpu, *words], stdout=output, stderr=output)
        self.pid = self.child.pid
        self.ready_s = self.wait_for_port(wait_s)

    def wait_for_port(self, wait_s: float) -> float:
        while time.monotonic() - self.began < wait_s:
            if self.child.poll() is not None:
                break
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return time.monotonic() - self.began
            except OSError:
                time.sleep(0.002)
        self.stop()
        sys.exit(f"bench compare: {self.log.name} did not start:\n{self.log.read_text(errors='replace')[-2000:]}")

    def stop(self, how: int = signal.SIGTERM):
        if self.child.poll() is None:
            self.child.send_signal(how)
            try:
                self.child.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
