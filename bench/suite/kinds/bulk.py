"""Kind bulk: messages to many recipients of many domains, counted by recipients.

Dimensions it understands: recipients (of each message), domains, sessions.
"""
from suite import flow
from suite.tools import OURS

OPTIONS = ("messages", "limit_s", "settings", "size")


def measure(bench, cell):
    recipients, domains = cell.at["recipients"], cell.at["domains"]
    messages, limit = cell.option("messages", 1000), min(cell.option("limit_s", 60), cell.deadline)

    def source(count):
        return bench.source(OURS, peer.address, messages=count, lockstep=True,
                            sessions=min(cell.at.get("sessions", 20), count),
                            size=cell.option("size", 4096), recipients=recipients,
                            domains=domains, users=100000, to="user%d@d%d.test",
                            **{"from": "list@src.test"})
    with bench.sink(OURS) as sink, \
            bench.peer(cell, sink=sink.address, **cell.option("settings", {})) as peer:
        sink.by_recipient = True
        warm = max(1, 200 // recipients)
        flow.warm(lambda: source(warm), sink, warm * recipients, limit)
        bench.quiet()
        arrived = sink.messages()
        found = flow.timed(bench, peer, sink, lambda: source(messages), messages, limit,
                           arrivals=messages * recipients)
        found["deliveries"] = round((sink.messages() - arrived) / messages, 3)
        return found
