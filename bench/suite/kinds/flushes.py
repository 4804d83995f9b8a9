"""Kind flushes: whether a peer has a message on the disk when it says "accepted".

One session sends; strace looks at everything the peer runs and counts what asks for a flush;
the disk counts the flushes it was told. Files that are open with O_DSYNC flush with each
write, which no call shows: for them the disk's count speaks.
"""
import os
import re
import shutil
import signal
import subprocess
import time

from suite import flow, machine
from suite.bench import Unable
from suite.tools import OURS

OPTIONS = ("messages", "limit_s", "settings")

CALLS = "fsync,fdatasync,sync,syncfs,sync_file_range,msync"


def _durable_files(peer):
    """Files that processes of PEER hold open with O_DSYNC or O_SYNC."""
    found = 0
    for pid in peer.group.pids():
        try:
            for name in os.listdir(f"/proc/{pid}/fdinfo"):
                with open(f"/proc/{pid}/fdinfo/{name}", encoding="utf-8") as file:
                    flags = re.search(r"flags:\s*([0-7]+)", file.read())
                found += bool(flags and int(flags.group(1), 8) & 0o10000)
        except OSError:
            continue
    return found


def _calls(bench, peer, work):
    """Flushing calls of all processes of PEER while WORK() runs."""
    strace = shutil.which("strace")
    if not strace:
        raise Unable("strace is not installed")
    path, group = os.path.join(bench.memory, "strace"), bench.group("strace")
    words = [word for pid in peer.group.pids() for word in ("-p", str(pid))]
    tracer = group.spawn([strace, "-f", "-qq", "-e", f"trace={CALLS}", "-o", path, *words],
                         stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        if tracer.poll() is not None:
            raise Unable("strace may not look at other processes here")
        work()
    finally:
        if tracer.poll() is None:
            tracer.send_signal(signal.SIGINT)
            tracer.wait(10)
        group.close()
    with open(path, encoding="utf-8", errors="replace") as file:
        # A call that was interrupted by another's line comes twice.
        return sum(" resumed>" not in line and "(" in line for line in file)


def measure(bench, cell):
    messages, limit = cell.option("messages", 50), min(cell.option("limit_s", 30), cell.deadline)

    def source(count):
        return bench.source(OURS, peer.address, messages=count, lockstep=True, size=4096,
                            to="user%d@dst.test", **{"from": "bench+%i@src.test"})

    def send():
        flow.warm(lambda: source(messages), sink, messages, limit)
    with bench.sink(OURS) as sink, \
            bench.peer(cell, sink=sink.address, **cell.option("settings", {})) as peer:
        flow.warm(lambda: source(10), sink, 10, limit)
        bench.quiet()
        before = machine.Counters(bench.scratch)
        send()
        after, files = machine.Counters(bench.scratch), _durable_files(peer)
        found = {"calls": round(_calls(bench, peer, send) / messages, 2), "dsync_files": files}
        if before.flushes is not None:
            found["flushes"] = round((after.flushes - before.flushes) / messages, 2)
            found["writes"] = round((after.writes - before.writes) / messages, 2)
        return found
