"""Kind throttle: receivers that refuse for now what comes too fast, too often, or unknown.

A batch of messages is handed in; the receiver (our sink, with rules) takes them on its terms.
What counts: how near the peer comes to what those terms allow, how many refusals it earns on
the way, and when the last message has arrived.

Dimensions it understands: receiver (a name, for people), knows ("told": the peer is given the
limits; anything else: it is as it comes).
"""
import time

from suite import tools
from suite.bench import Unable
from suite.flow import Failed

# rules: of the sink; messages: so many; ideal_s: the least time the rules allow for them;
# told: settings of the peer's script, or text that says why it cannot be told;
# settings: for both; limit_s: when it is looked at whatever is missing.
OPTIONS = ("rules", "messages", "ideal_s", "told", "settings", "limit_s", "size")


def settings_of(cell):
    settings = dict(cell.option("settings", {}))
    if cell.at.get("knows") == "told":
        told = cell.option("told", {})
        if isinstance(told, str):
            raise Unable(told)
        settings.update(told)
    return settings


def refusals(report):
    """How many commands and connections the sink refused or cut."""
    return sum(one["count"] for one in report.get("errors", ())
               if not one["text"].startswith("protocol"))


def measure(bench, cell):
    messages = cell.option("messages", 300)
    limit = min(cell.option("limit_s", 30), max(5.0, cell.deadline - 5))
    source = {"messages": messages, "sessions": 20, "size": cell.option("size", 4096),
              "from": "bench+%i@src.test", "to": "user%d@dst.test", "users": messages,
              "lockstep": True}
    with bench.sink(rule=cell.option("rules", [])) as sink:
        with bench.peer(cell, sink=sink.address, **settings_of(cell)) as peer:
            began, cpu = time.monotonic(), sum(peer.cpu())
            with bench.source(tools.OURS, peer.address, **source) as filling:
                if not filling.wait(limit) or filling.failure():
                    raise Failed(filling.failure() or "the peer did not take the messages")
            while sink.count() < messages and time.monotonic() - began < limit:
                time.sleep(0.02)
            took = time.monotonic() - began
            taken, cpu = sink.count(), sum(peer.cpu()) - cpu
        sink.stop()
        refused = refusals(sink.report)
    if taken > messages:
        raise Failed(f"{taken} arrived, {messages} were sent")
    share = min(1.0, cell.option("ideal_s", 1) * taken / messages / took)
    found = {"share": round(100 * share, 1), "refusals": round(refused / max(1, taken), 3),
             "delivered": round(100 * taken / messages, 1),
             "cpu_us": round(cpu * 1e6 / max(1, taken), 1)}
    if taken == messages:
        found["last_s"] = round(took, 2)
    return found
