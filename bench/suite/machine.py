"""The machine: what it is, how busy it is, what its disk can do."""
import os
import platform
import time

from .groups import HZ, read

CORES = os.cpu_count() or 1


def _disk(path):
    """The diskstats name of the whole disk that holds PATH; None: there is none."""
    device = os.stat(path).st_dev
    link = os.path.realpath(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}")
    if not os.path.exists(link):
        return None
    if os.path.exists(os.path.join(link, "partition")):
        link = os.path.dirname(link)
    return os.path.basename(link)


class Counters:
    """What the kernel counts for the whole machine, at one moment."""

    def __init__(self, scratch):
        self.at = time.monotonic()
        stat = read("/proc/stat").splitlines()
        ticks = [int(x) for x in stat[0].split()[1:9]]
        self.busy = (sum(ticks) - ticks[3] - ticks[4]) / HZ
        self.switches = next(int(x.split()[1]) for x in stat if x.startswith("ctxt"))
        self.forks = next(int(x.split()[1]) for x in stat if x.startswith("processes"))
        self.writes = self.write_bytes = self.flushes = None
        disk = _disk(scratch)
        for line in read("/proc/diskstats").splitlines():
            f = line.split()
            if f[2] == disk and len(f) > 18:
                self.writes, self.write_bytes, self.flushes = int(f[7]), int(f[9]) * 512, int(f[18])


def busy_share(seconds):
    """How much of all cores was used in the next SECONDS."""
    def used():
        ticks = [int(x) for x in read("/proc/stat").splitlines()[0].split()[1:9]]
        return (sum(ticks) - ticks[3] - ticks[4]) / HZ
    before, began = used(), time.monotonic()
    time.sleep(seconds)
    return (used() - before) / (time.monotonic() - began) / CORES


def wait_quiet(limit=0.12, seconds=10.0):
    """Waits until less than LIMIT of the machine is used; False after SECONDS without."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if busy_share(0.4) < limit:
            return True
    return False


def _filesystem(path):
    """The type of the file system that holds PATH, and its device."""
    best, found = "", ("unknown", "")
    path = os.path.realpath(path)
    for line in read("/proc/mounts").splitlines():
        device, point, kind = line.split()[:3]
        if (path + "/").startswith(point.rstrip("/") + "/") and len(point) >= len(best):
            best, found = point, (kind, device)
    return found


def is_memory(path):
    """Whether files under PATH are in memory only, and a flush means nothing."""
    return _filesystem(path)[0] in ("tmpfs", "ramfs")


def fdatasync_us(scratch, size, seconds=0.7):
    """Median time to append SIZE bytes and have them on the disk."""
    path = os.path.join(scratch, "fdatasync")
    times, block = [], b"x" * size
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            began = time.monotonic()
            os.write(file, block)
            os.fdatasync(file)
            times.append(time.monotonic() - began)
    finally:
        os.close(file)
        os.unlink(path)
    return round(sorted(times)[len(times) // 2] * 1e6)


def facts(scratch):
    """What the report says of the machine."""
    def field(path, name, what="unknown"):
        return next((line.split(":", 1)[1].strip() for line in read(path).splitlines()
                     if line.startswith(name)), what)
    try:
        system = next(line.split("=", 1)[1].strip('"') for line in
                      read("/etc/os-release").splitlines() if line.startswith("PRETTY_NAME="))
    except (OSError, StopIteration):
        system = platform.system()
    memory = int(field("/proc/meminfo", "MemTotal", "0 kB").split()[0])
    kind, device = _filesystem(scratch)
    return {"cpu": field("/proc/cpuinfo", "model name", platform.machine()), "cores": CORES,
            "memory_gib": round(memory / 2**20, 1), "kernel": platform.release(),
            "system": system, "disk": f"{kind} on {device}",
            "fdatasync_us": {"4k": fdatasync_us(scratch, 4096),
                             "64k": fdatasync_us(scratch, 65536)}}
