"""Kind backlog: a queue is filled while its destinations are down, the server is killed and
started again, then the destinations come back.

Dimensions it understands: depth (messages). What a peer cannot be asked for is left out.
"""
import json
import os
import socket
import statistics
import subprocess
import time

from suite import flow
from suite.bench import Unable
from suite.tools import OURS

# domains: of the recipients; sessions, size: of the source; steps: parts the filling is
# measured in; fill_s, drain_s: the longest these may take; flush: told by its operator that
# the destinations are back; settings: what the peer is told.
OPTIONS = ("domains", "sessions", "size", "steps", "fill_s", "drain_s", "flush", "settings")
LOOKS = 5           # at the queue, of which the median is told
LEAST_DRAIN_S = 20  # the shortest that is worth a try
RECOVERED_S = 120
MOST = 0.99  # goes out as fast as it can; what was tried before waits for its own time


def disk_bytes(folder):
    """What the files in FOLDER take of the disk."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_blocks * 512
            except OSError:
                pass
    return total


class View:
    """What a peer uses now; of Ringpost also by process, and Redis' own word."""

    def __init__(self, bench, peer):
        self.bench, self.peer, self.ours = bench, peer, peer.name == "ringpost"

    def status(self):
        got = subprocess.run([self.bench.ringpost, "status", "--json", "-c",
                              f"{self.peer.folder}/ringpost.yaml"], text=True, timeout=60,
                             capture_output=True)
        return json.loads(got.stdout) if got.returncode == 0 else None

    def now(self):
        found = {"pss": self.peer.memory()["pss"], "disk": disk_bytes(self.peer.folder)}
        if self.ours:
            by_name = self.peer.group.memory_by_name()
            redis = by_name.pop("redis-server", 0)
            found.update(daemon=sum(by_name.values()), redis=redis,
                         used=self.status()["redis"]["memory"])
        return found


def each(after, before, messages):
    return round((after - before) / messages, 1)


def fill(bench, cell, peer, view, depth):
    """Metrics of the intake; Failed when it does not take all."""
    steps = cell.option("steps", 20)
    step, until = depth // steps, time.monotonic() + cell.option("fill_s", 120)
    options = {"messages": step, "sessions": cell.option("sessions", 100),
               "size": cell.option("size", "1k,2k,4k"), "users": 1000,
               "domains": cell.option("domains", 4000), "to": "user%d@d%d.test"}
    before, rates, memory = view.now(), [], []
    began, sending = time.monotonic(), 0.0
    for n in range(steps):
        if time.monotonic() > until:
            raise flow.Failed(f"{n * step} of {depth} were taken in {cell.option('fill_s')} s")
        bench.progress(f"{n * step:,} of {depth:,} are queued")
        started = time.monotonic()
        with bench.source(OURS, peer.address, **options) as source:
            if not source.wait(max(20, until - started)) or source.failure():
                raise flow.Failed(f"filling: {source.failure() or 'no end in time'}")
            took = source.report["seconds"] if "seconds" in source.report \
                else time.monotonic() - started
        sending += took
        rates.append(step / took)
        memory.append(view.now())
    depths = [step * (n + 1) for n in range(steps)]
    tenth = max(1, steps // 10)
    first, last = statistics.mean(rates[:tenth]), statistics.mean(rates[-tenth:])
    after = memory[-1]
    found = {"intake_rate": round(step * steps / sending, 1), "first_rate": round(first, 1),
             "last_rate": round(last, 1), "fall": round(1 - last / first, 3),
             "fill_s": round(time.monotonic() - began, 1),
             "intake": {"x": depths, "y": [round(r) for r in rates]},
             "memory_bytes": each(after["pss"], before["pss"], depth),
             "memory": {"x": depths, "y": [round(m["pss"] / 2**20, 1) for m in memory]},
             "disk_bytes": each(after["disk"], before["disk"], depth)}
    if view.ours:
        # What it holds for the next message, queue or no queue, is there after the first part.
        found.update(redis_bytes=each(after["used"], before["used"], depth),
                     redis_pss_bytes=each(after["redis"], before["redis"], depth),
                     daemon_bytes=each(after["daemon"], memory[tenth - 1]["daemon"],
                                       depth - depths[tenth - 1]),
                     daemon_mib=round(after["daemon"] / 2**20, 1))
    return found, before


def look(peer):
    """How long its operator waits for a page of the queue, and for how much there is."""
    found = {}
    for name in ("list", "count"):
        try:
            times = [float(peer.ask(name, 120)) for _ in range(LOOKS)]
        except Unable:
            continue
        found[f"{name}_ms"] = round(statistics.median(times) * 1000, 1)
    return found


def restart(bench, peer, view):
    bench.progress("killed with all it holds")
    peer.kill()
    began = time.monotonic()
    peer.again(seconds=120)
    found = {"restart_s": round(time.monotonic() - began, 2)}
    while view.ours:
        status = view.status()
        if status and status["queue"]["recovering"] == 0 and status["queue"]["shards"]:
            found["recovered_s"] = round(time.monotonic() - began, 2)
            break
        if time.monotonic() - began > RECOVERED_S:
            raise flow.Failed(f"not recovered in {RECOVERED_S} s")
        time.sleep(0.2)
    return found


def drain(bench, cell, peer, sink, depth, seconds):
    """Metrics from when the destinations are back."""
    began = time.monotonic()
    first, most, series, told = None, None, {"x": [], "y": []}, 0.0
    if cell.option("flush", False):
        peer.ask("flush", 120)
    while True:
        now, got = time.monotonic() - began, sink.count()
        if got and first is None:
            first = now
        if got >= depth * MOST and most is None:
            most = now
        if now >= told:
            series["x"].append(round(now, 1))
            series["y"].append(got)
            told = now + max(0.5, seconds / 100)
            bench.progress(f"{got:,} of {depth:,} went out")
        if got >= depth:
            break
        if now > seconds:
            raise flow.Failed(f"{got} of {depth} went out in {seconds:.0f} s")
        time.sleep(0.02)
    series["x"].append(round(now, 1))
    series["y"].append(got)
    return {"first_out_s": round(first, 2), "drain_s": round(now, 1), "drain": series,
            "drain_rate": round(depth * MOST / max(most - first, 1e-3), 1)}


def empty(peer, before, seconds=25):
    """What is left once all went out: of the disk, above what it took when it was new."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        left = disk_bytes(peer.folder) - before["disk"]
        if left <= 0 or (peer.queued() == 0 and time.monotonic() > end - seconds / 2):
            break
        time.sleep(0.5)
    return {"left": peer.queued(), "disk_left_mib": round(max(0, left) / 2**20, 1)}


def measure(bench, cell):
    depth = cell.at["depth"]
    until = time.monotonic() + cell.deadline
    with socket.socket() as s:  # nothing listens there until the drain
        s.bind(("127.0.0.2", 0))
        address = f"127.0.0.2:{s.getsockname()[1]}"
    with bench.peer(cell, sink=address, **cell.option("settings", {})) as peer:
        view = View(bench, peer)
        found, before = fill(bench, cell, peer, view, depth)
        found.update(look(peer))
        found.update(restart(bench, peer, view))
        left = min(cell.option("drain_s", 120), until - time.monotonic() - 5)
        if left < LEAST_DRAIN_S:
            raise flow.Failed(f"{left:.0f} s are left to drain {depth} messages")
        bench.progress("the destinations are back")
        with bench.sink(OURS, address=address) as sink:
            found.update(drain(bench, cell, peer, sink, depth, left))
            found.update(empty(peer, before))
            found["twice"] = sink.count() - depth
    return found
