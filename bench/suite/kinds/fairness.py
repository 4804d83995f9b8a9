"""Kind fairness: urgent mail while bulk of two tenants saturates its site.

Two tenants' newsletters are queued for one receiver that takes few connections and answers
slowly; then urgent messages are handed in evenly. What counts: the time from the 250 to the
sender until the receiver has the message, by the ledgers of both; and how even the shares of
the two tenants are meanwhile.

Dimensions it understands: mail ("three flows": each tenant has its own; anything else: all the
same for the peer), queued (messages of bulk of the two, the first has four fifths).
"""
import json
import os
import time

from suite import tools
from suite.flow import Failed

# delay_ms: before each answer of the receiver to a message; connections: to it; rate, urgent:
# how many urgent messages a second, in all; settings: of the peer; limit_s: for all of it.
OPTIONS = ("delay_ms", "connections", "rate", "urgent", "settings", "limit_s", "size")
NAMES = {"a": "bulk", "b": "bulk", "u": "transactional"}


def rows(path, word):
    """(seconds, id, the letter of the sender or "") of the ledger's lines with WORD."""
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            parts = line.split(" ")
            if len(parts) > 7 and parts[1] == word:
                yield float(parts[0]), parts[2], parts[7][1:2]


def percentile(values, part):
    return values[min(len(values) - 1, int(len(values) * part))]


def fill(bench, addresses, counts, size, limit):
    for name, count in counts.items():
        with bench.source(tools.OURS, addresses[name], messages=count, sessions=50, size=size,
                          users=1000, to="user%d@dst.test", **{"from": name + "+%i@src.test"}
                          ) as source:
            if not source.wait(limit) or source.failure():
                raise Failed(source.failure() or "the peer did not take the bulk in time")


def judge(waits, shares, left):
    if not all(left.values()):
        raise Failed(f"the bulk had run out before the urgent mail was there: {left}")
    us = [round(wait * 1e6) for wait in waits]
    return {"p50_ms": round(percentile(us, 0.5) / 1000, 1),
            "p99_ms": round(percentile(us, 0.99) / 1000, 1), "max_ms": round(us[-1] / 1000, 1),
            "wait_us": {name: percentile(us, float(name) / 100)
                        for name in ("50", "90", "99", "99.9")},
            "even": round(100 * min(shares.values()) / max(1, *shares.values()), 1)}


def measure(bench, cell):
    limit = min(cell.option("limit_s", 120), cell.deadline)
    queued, size = cell.at["queued"], cell.option("size", 4096)
    counts = {"a": queued * 4 // 5, "b": queued // 5}
    urgent, rate = cell.option("urgent", 300), cell.option("rate", 20)
    flows = cell.at.get("mail") == "three flows"
    ports = bench.ports(3)
    tenants = [{"name": name, "stream": stream, "port": port}
               for (name, stream), port in zip(NAMES.items(), ports)]
    settings = {**cell.option("settings", {}), "connections": cell.option("connections", 4)}
    with bench.sink(rule=[f"delay dot {cell.option('delay_ms', 10)}ms"]) as sink, \
            bench.peer(cell, sink=sink.address, **settings,
                       tenants=json.dumps(tenants) if flows else None) as peer:
        host = peer.address.rsplit(":", 1)[0]
        addresses = {name: f"{host}:{port}" if flows else peer.address
                     for name, port in zip(NAMES, ports)}
        bench.progress(f"{queued} are queued")
        fill(bench, addresses, counts, size, limit)
        ledger = os.path.join(bench.memory, f"urgent-{time.monotonic_ns()}.ledger")
        began = time.time()
        bench.progress(f"{urgent} urgent ones")
        with bench.source(tools.OURS, addresses["u"], messages=urgent, rate=rate, sessions=4,
                          size=size, to="user%d@dst.test", ledger=ledger,
                          **{"from": "u+%i@src.test"}) as source:
            if not source.wait(limit) or source.failure():
                raise Failed(source.failure() or "the peer did not take the urgent mail")
        ended = time.time()
        accepted = {message: at for at, message, _ in rows(ledger, "acked")}
        os.unlink(ledger)
        end = time.monotonic() + limit
        while time.monotonic() < end:
            taken = list(rows(sink.ledger, "taken"))
            if sum(name == "u" for _, _, name in taken) >= urgent:
                break
            time.sleep(0.2)
        waits = sorted(at - accepted[message] for at, message, name in taken if name == "u")
        if len(waits) < urgent:
            raise Failed(f"{len(waits)} of {urgent} urgent messages arrived in time")
        shares = {one: sum(name == one and began <= at <= ended for at, _, name in taken)
                  for one in counts}
        left = {one: count - sum(name == one for _, _, name in taken)
                for one, count in counts.items()}
        found = judge(waits, shares, left)
        return {**found, "rate": round(sum(shares.values()) / (ended - began), 1)}
