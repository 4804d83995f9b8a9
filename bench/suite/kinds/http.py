"""Kind http: the same messages over SMTP and over the HTTP API, accepted and delivered.

Dimensions it understands: door (SMTP, pipelined; SMTP, in lockstep; HTTP, a request each;
HTTP, 200 a request), sessions, size. Only a peer whose script knows `http` (an address) can be
measured; it leaves an API key in the file "key" of its folder.
"""
import os

from suite import flow
from suite.tools import OURS

OPTIONS = ("messages", "most_s", "limit_s", "settings")

BATCH = 200
DOORS = {"SMTP, pipelined": {"pipelining": True},
         "SMTP, in lockstep": {"lockstep": True},
         "HTTP, a request each": {"batch": 1},
         f"HTTP, {BATCH} a request": {"batch": BATCH}}


def measure(bench, cell):
    options = DOORS[cell.at.get("door", "SMTP, pipelined")]
    size, sessions = cell.at.get("size", 4096), cell.at.get("sessions", 50)
    step = options.get("batch", 1)
    messages = cell.option("messages", 5000) // step * step
    limit = min(cell.option("limit_s", 60), cell.deadline)
    http = f"127.0.0.1:{bench.ports()[0]}"

    def sending(count):
        where = {"messages": count, "size": size, "to": "user%d@dst.test", **options}
        if "batch" in options:
            return bench.source(OURS, f"http://{http}", sessions=sessions if step == 1 else 4,
                                key_file=os.path.join(bench.scratch, cell.peer, "key"), **where)
        return bench.source(OURS, peer.address, sessions=sessions, **where)
    with bench.sink(OURS) as sink, \
            bench.peer(cell, sink=sink.address, http=http, **cell.option("settings", {})) as peer:
        warm = max(200, 2 * sessions) // step * step
        flow.warm(lambda: sending(warm), sink, warm, limit)
        messages = flow.fitting(sending, sink, messages, cell.most_s(8), limit, step)
        bench.quiet()
        found = flow.timed(bench, peer, sink, lambda: sending(messages), messages, limit)
        return {**found, "tools": OURS}
