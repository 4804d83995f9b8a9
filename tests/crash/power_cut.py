#!/usr/bin/env python3
"""The ledger over power cuts: the state directory is an ext4 of its own that goes down
without a flush while everything on it is in full swing (root; the kernel's
EXT4_IOC_SHUTDOWN). Redis must start unattended each time, whatever its files look like.
"""
import fcntl
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time

from ledger import BENCH, World, arguments, judge_world
from smtp_raw import need

SHUTDOWN, NO_FLUSH = 0x8004587D, 2
IMAGE_BYTES = 1 << 30


class Disk:
    """An ext4 in a file."""

    def __init__(self, folder):
        self.image, self.place = os.path.join(folder, "disk"), os.path.join(folder, "mount")
        os.mkdir(self.place)
        with open(self.image, "wb") as file:
            file.truncate(IMAGE_BYTES)

    def make(self):
        """What stands in the way of having one, or None."""
        for words in (["mkfs.ext4", "-q", "-F", self.image],
                      ["mount", "-o", "loop", self.image, self.place]):
            got = subprocess.run(words, capture_output=True, text=True)
            if got.returncode:
                return f"{words[0]}: {got.stderr.strip()}"
        return None

    def cut(self):
        fd = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(fd, SHUTDOWN, struct.pack("I", NO_FLUSH))
        finally:
            os.close(fd)

    def unmount(self):
        for _ in range(100):
            if subprocess.run(["umount", self.place], capture_output=True).returncode == 0:
                return
            time.sleep(0.05)
        subprocess.run(["umount", "-l", self.place], capture_output=True)

    def mount(self):
        subprocess.run(["mount", "-o", "loop", self.image, self.place], check=True)


class PowerWorld(World):
    def __init__(self, folder, options, disk):
        super().__init__(folder, options, state_directory=disk.place + "/state")
        self.daemon.state = disk.place + "/state"
        self.disk = disk

    def fault(self, target):
        pids = [self.daemon.process.pid, self.daemon.redis_pid()]
        pids = [pid for pid in pids if pid]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(0.3)  # what was said on the wire arrives
        self.faults.append(time.time())
        self.disk.cut()
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        self.daemon.process.wait()
        self.daemon.process = None
        for pid in pids[1:]:
            while os.path.exists(f"/proc/{pid}") and not is_dead(pid):
                time.sleep(0.01)
        self.disk.unmount()
        self.disk.mount()
        self.daemon.start(wait=False)
        took = self.wait_ready("a power cut")
        self.ready_after.append((target, round(took, 2)))
        repairs = self.daemon.events("redis_repaired")
        print(f"  power cut  takes mail again after {took:.2f} s"
              f"{', Redis repaired' if repairs else ''}", flush=True)


def is_dead(pid):
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()[0] in "ZX"


def main():
    options = arguments("power", kills=5)
    need("redis-server", "redis-check-aof", "mkfs.ext4", BENCH, root=True)
    folder = tempfile.mkdtemp(prefix="ringpost-power-")
    disk = Disk(folder)
    trouble = disk.make()
    try:
        if not trouble:
            try:
                disk.cut()
            except OSError as error:
                trouble = f"EXT4_IOC_SHUTDOWN: {error.strerror}"
            disk.unmount()
            disk.mount()
        if trouble:
            print("SKIP:", trouble)
            sys.exit(77)
        status = judge_world(PowerWorld(folder, options, disk), options)
    finally:
        disk.unmount()
        subprocess.run(["rm", "-rf", folder])
    sys.exit(status)


main()
