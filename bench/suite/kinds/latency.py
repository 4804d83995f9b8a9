"""Kind latency: how long a sender waits for "accepted", at a part of what the peer can do.

First the peer's rate from end to end is measured as fast as it goes, then our source sends at
LOAD times that, evenly spread and whatever becomes of it (an open loop): a message's time
counts from when it was due. Dimensions it understands: sessions, size.
"""
from suite import flow
from suite.tools import OURS

OPTIONS = ("messages", "most_s", "limit_s", "load", "seconds", "settings")


def measure(bench, cell):
    limit = min(cell.option("limit_s", 60), cell.deadline)
    common = {"sessions": cell.at.get("sessions", 100), "size": cell.at.get("size", 4096),
              "lockstep": True, "from": "bench+%i@src.test", "to": "user%d@dst.test"}
    messages, seconds = cell.option("messages", 5000), cell.option("seconds", 5)
    if cell.quick:
        seconds = min(seconds, 3)

    def source(count, **more):
        return bench.source(OURS, peer.address, messages=count, **common, **more)
    with bench.sink(OURS) as sink, \
            bench.peer(cell, sink=sink.address, **cell.option("settings", {})) as peer:
        flow.warm(lambda: source(200), sink, 200, limit)
        messages = flow.fitting(source, sink, messages, cell.most_s(4), limit)
        bench.quiet()
        peak = flow.timed(bench, peer, sink, lambda: source(messages), messages, limit)
        rate = max(1, round(peak["rate"] * cell.option("load", 0.5)))
        bench.progress(f"at {rate}/s")
        count = int(rate * seconds)
        found = flow.timed(bench, peer, sink, lambda: source(count, rate=rate), count, limit)
        return {**found, "peak": peak["rate"], "offered": rate,
                **{f"p{name}_ms".replace("pmax", "max").replace(".", "_"): round(value / 1000, 3)
                   for name, value in found["latency_us"].items()},
                "disturbed": max(found["disturbed"], peak["disturbed"])}
