"""Kind ceiling: the tools straight against each other, which no server under test can pass.

The peer of a row is the pair of tools: smtp-source or ringpost-bench.
"""
from suite import flow
from suite.kinds import relay
from suite.tools import OURS

OPTIONS = ("messages", "most_s", "limit_s", "source", "sink")
TOOLS = True  # its peers are tools, not scripts


def measure(bench, cell):
    cell.at = {**cell.at, "tools": cell.peer}
    messages, limit = cell.option("messages", 20000), min(cell.option("limit_s", 20), cell.deadline)

    def source(address, count):
        return relay.source(bench, cell, address, count)
    with bench.sink(cell.peer, **(cell.option("sink", {}) if cell.peer == OURS else {})) as sink:
        flow.warm(lambda: source(sink.address, 20), sink, 20, limit)
        messages = flow.fitting(lambda count: source(sink.address, count), sink, messages,
                                cell.most_s(4), limit)
        bench.quiet()
        return flow.timed(bench, None, sink, lambda: source(sink.address, messages), messages,
                          limit)
