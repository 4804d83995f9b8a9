"""Kind distance: receivers some milliseconds away that allow a few connections.

Between the peer and the sink stands `ringpost-bench delay`, or a network namespace with
netem where the kernel has it. The peer's queue is filled first, and kept so; what counts is
how many messages a second arrive meanwhile, divided by the connections that brought them.

Dimensions it understands: rtt (ms), connections, offers (words of what the receiver offers:
"CHUNKING", "STARTTLS"; PIPELINING always), ahead (a number, Ringpost's; or anything else for
a peer as it comes), through ("proxy", "netem").
"""
import contextlib
import os
import subprocess
import time

from suite import tools
from suite.bench import Unable
from suite.flow import Failed

# window_s: how long is counted; round_trips: of one message, at best, of this peer; settings:
# for the peer's script.
OPTIONS = ("window_s", "round_trips", "settings", "size", "limit_s")

NEAR = "127.0.0.3"


class Delay(tools.Tool):
    """ringpost-bench delay, from a port of its own to TARGET."""

    def __init__(self, bench, target, rtt_ms):
        super().__init__(bench.group("delay"))
        self.address = f"{NEAR}:{bench.ports()[0]}"
        self.report = None
        self.path = os.path.join(bench.memory, "delay.json")
        self.process = self.group.spawn(
            [bench.tool, "delay", self.address, target, "--rtt", f"{rtt_ms}ms", "--quiet",
             "--json", self.path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not tools.wait_smtp(self.address, 10, lambda: not self.ended()):
            raise tools.ToolError("ringpost-bench delay does not come up")


class Netem:
    """A network namespace at the other end of a pair of devices, RTT_MS away."""

    def __init__(self, bench, rtt_ms):
        self.name = f"rpb{os.getpid() % 10000}"
        near, far = f"{self.name}a", f"{self.name}b"
        self.host, here = "10.213.79.2", "10.213.79.1"
        half = f"{rtt_ms / 2:g}ms"
        try:
            for line in (f"ip netns add {self.name}",
                         f"ip link add {near} type veth peer name {far} netns {self.name}",
                         f"ip addr add {here}/30 dev {near}", f"ip link set {near} up",
                         f"ip -n {self.name} addr add {self.host}/30 dev {far}",
                         f"ip -n {self.name} link set {far} up",
                         f"tc qdisc add dev {near} root netem delay {half} limit 100000",
                         f"tc -n {self.name} qdisc add dev {far} root netem delay {half} "
                         "limit 100000"):
                done = subprocess.run(line.split(), capture_output=True, text=True)
                if done.returncode:
                    why = done.stderr.strip().splitlines() or [f"{line} failed"]
                    raise Unable("the kernel here has no netem" if "netem" in line
                                 else f"no network namespace: {why[-1]}")
        except FileNotFoundError as error:
            self.close()
            raise Unable(f"{error.filename} is not installed") from None
        except Unable:
            self.close()
            raise
        # What is started as this program runs in there.
        self.tool = os.path.join(bench.scratch, "far-ringpost-bench")
        with open(self.tool, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\nexec ip netns exec {self.name} {bench.tool} "$@"\n')
        os.chmod(self.tool, 0o755)

    def close(self):
        with contextlib.suppress(OSError):
            subprocess.run(["ip", "link", "del", f"{self.name}a"], capture_output=True)
            subprocess.run(["ip", "netns", "del", self.name], capture_output=True)


@contextlib.contextmanager
def far_sink(bench, cell, options):
    """A sink, and the address at which it is far away."""
    if cell.at.get("through", "proxy") == "netem":
        with contextlib.closing(Netem(bench, cell.at["rtt"])) as netem:
            address = f"{netem.host}:2525"
            with contextlib.closing(tools.OurSink(bench.group("sink"), bench.memory, address,
                                                  netem.tool, **options)) as sink:
                yield sink, address
    else:
        with bench.sink(**options) as sink, \
                contextlib.closing(Delay(bench, sink.address, cell.at["rtt"])) as delay:
            yield sink, delay.address


def offered(cell):
    """"CHUNKING STARTTLS" as a set; "no CHUNKING" is an empty one."""
    text = str(cell.at.get("offers", "CHUNKING")).upper()
    return set() if text.startswith("NO ") else set(text.split())


def sink_options(cell):
    offers = offered(cell)
    return {"without": None if "CHUNKING" in offers else "chunking",
            "starttls": "STARTTLS" in offers}


def peer_settings(cell):
    settings = {"connections": cell.at["connections"], **cell.option("settings", {})}
    if isinstance(cell.at.get("ahead"), int):
        settings["ahead"] = cell.at["ahead"]
    if "STARTTLS" in offered(cell):
        settings["relay_tls"] = "must"
    return settings


def expected(cell):
    """Messages a second at the very best, so that enough are in the queue."""
    ahead = cell.at.get("ahead")
    if not isinstance(ahead, int):
        ahead = 4 if cell.peer == "ringpost" else 1
    if "CHUNKING" not in offered(cell):
        ahead = 1
    trips = cell.option("round_trips", 1.0)
    return cell.at["connections"] * ahead * 1000 / cell.at["rtt"] / trips


def arrivals(ledger, began, ended):
    """When messages were taken, of those between two times of the wall clock."""
    found = []
    with open(ledger, encoding="utf-8", errors="replace") as file:
        for line in file:
            at, outcome, *_ = line.split(" ", 2)
            if outcome == "taken" and began <= float(at) <= ended:
                found.append(float(at))
    return found


def slope(times):
    """Messages a second by least squares over their count: a batch at either end of the
    window moves it little."""
    n = len(times)
    if n < 3 or times[-1] <= times[0]:
        raise Failed(f"{n} messages arrived in the time that was to be counted")
    middle = sum(times) / n
    over = sum((t - middle) ** 2 for t in times)
    return sum((t - middle) * i for i, t in enumerate(times)) / over


def wait_for(condition, seconds, what):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Failed(f"{what} in {seconds:.0f} s")
        time.sleep(0.02)


def source_options(cell, **more):
    return {"sessions": 20, "size": cell.option("size", 4096), "from": "bench+%i@src.test",
            "to": "user%d@dst.test", "lockstep": True, **more}


def fill(bench, cell, peer, messages, end):
    """Puts MESSAGES into the queue, as fast as it takes them."""
    with bench.source(tools.OURS, peer.address,
                      **source_options(cell, messages=messages)) as source:
        wait_for(source.ended, end - time.monotonic(), "the queue was not filled")
        if source.failure():
            raise Failed(source.failure())


def count(peer, sink, window):
    """Counts for WINDOW seconds: when that began and ended, and the CPU of a message, us."""
    began, cpu, before = time.time(), sum(peer.cpu()), sink.count()
    time.sleep(window)
    ended, cpu, arrived = time.time(), sum(peer.cpu()) - cpu, sink.count() - before
    return began, ended, round(cpu * 1e6 / max(1, arrived), 1)


def measure(bench, cell):
    window = cell.option("window_s", 8) / (2 if cell.quick else 1)
    settle = max(1.0, cell.at["rtt"] / 100)
    rate = expected(cell)
    store = int(rate * 1.5) + 100
    end = time.monotonic() + min(cell.option("limit_s", 60), cell.deadline)
    started = time.time()
    with far_sink(bench, cell, sink_options(cell)) as (sink, address):
        with bench.peer(cell, sink=address, **peer_settings(cell)) as peer:
            fill(bench, cell, peer, store, end)
            # From now on a little more comes in than can go out.
            paced = source_options(cell, rate=f"{rate * 1.1 + 2:.1f}/s",
                                   duration=f"{settle + window + 20:.0f}s")
            with bench.source(tools.OURS, peer.address, **paced) as source:
                wait_for(sink.count, end - time.monotonic(), "nothing arrived")
                time.sleep(settle)
                began, ended, cpu_us = count(peer, sink, window)
                waiting = store - sink.count()
                source.stop()
                waiting += source.ended() and source.report["messages"]["acked"]
        if waiting < rate * cell.at["rtt"] / 1000:
            raise Failed("the queue ran empty: it was not filled as fast as it was emptied")
        taken = arrivals(sink.ledger, began, ended)
        sink.stop()
        used = parallel(sink.report, started, began, ended)
    total = slope(taken)
    return {"per_connection": round(total / used, 2), "rate": round(total, 1),
            "used": round(used, 2), "messages": len(taken),
            "share": round(total / used * cell.at["rtt"] / 1000, 3), "cpu_us": cpu_us}


def parallel(report, started, began, ended):
    """How many connections were open at a time, on average, as the sink saw them."""
    seen = [count for second, count in enumerate(report.get("open_per_second", ()), 1)
            if began <= started + second <= ended]
    if not seen or not sum(seen):
        raise Failed("the sink did not say how many connections it had")
    return sum(seen) / len(seen)
