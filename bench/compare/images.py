"""File systems in loop images, made for a run and gone after it."""

import os
import pathlib
import subprocess
import sys

MAKE = {
    "ext4": ["mkfs.ext4", "-q", "-F", "-i", "8192"],
    "xfs": ["mkfs.xfs", "-q", "-f"],
}


def call(*words):
    """Runs a command; its failure ends the run with its own words."""
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"bench compare: {' '.join(words)}: {done.stderr.strip() or done.returncode}")
    return done.stdout.strip()


class Image:
    """A file system of its own. `path` is where it is mounted, `device` the loop device's name under /sys/block."""

    def __init__(self, work: pathlib.Path, kind: str, gigabytes: int):
        self.kind = kind
        self.file = work / f"{kind}.img"
        self.path = work / kind
        self.path.mkdir(parents=True, exist_ok=True)
        with open(self.file, "wb") as image:
            image.truncate(gigabytes << 30)
        call(*MAKE[kind], str(self.file))
        device = call("losetup", "--find", "--show", "--direct-io=on", str(self.file))
        self.device = pathlib.Path(device).name
        call("mount", device, str(self.path))

    def name(self) -> str:
        """As tables say it; a journal is looked for, not taken for granted."""
        if self.kind != "ext4":
            return self.kind
        task = pathlib.Path(f"/sys/fs/ext4/{self.device}/journal_task").read_text().strip()
        return "ext4 without journal" if task == "<none>" else "ext4+journal"

    def bytes_written(self) -> int:
        """To the device, journal and metadata included, after everything was synced."""
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            call("sync", "-f", str(self.path))
        finally:
            os.close(descriptor)
        return int(pathlib.Path(f"/sys/block/{self.device}/stat").read_text().split()[6]) * 512

    def freeze(self, seconds: float, while_frozen):
        call("fsfreeze", "--freeze", str(self.path))
        try:
            while_frozen(seconds)
        finally:
            call("fsfreeze", "--unfreeze", str(self.path))

    def close(self):
        call("umount", str(self.path))
        call("losetup", "--detach", f"/dev/{self.device}")
        self.file.unlink()


def require_root():
    if os.geteuid() != 0:
        sys.exit("bench compare: it mounts loop images, so it has to be started as root")
