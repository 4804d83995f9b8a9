"""Kind relay: source to peer to sink, everything accepted and delivered, and what it cost.

Dimensions it understands: work (plain, tls, tls-each, dkim-rsa, dkim-ed25519, dkim-both,
tls+dkim-rsa, …), sessions, size, tools (smtp-source or ringpost-bench).
"""
from suite import flow
from suite.bench import Unable
from suite.tools import OURS, POSTFIX

# Options of a cell: how many messages, the longest a run may take, what the peer is told
# (settings), what our source is told (source) and our sink (sink).
OPTIONS = ("messages", "limit_s", "warm", "settings", "source", "sink")


def source_options(cell, messages):
    """How the tool of this cell is to send MESSAGES."""
    work, sessions = cell.at.get("work", "plain"), cell.at.get("sessions", 20)
    common = {"messages": messages, "sessions": sessions, "size": cell.at.get("size", 4096)}
    if tool_of(cell) == POSTFIX:
        if work.startswith("tls"):
            raise Unable("smtp-source knows neither TLS nor AUTH")
        return {**common, "sender": "a@src.test", "to": "b@dst.test"}
    options = {**common, "from": "bench+%i@src.test", "to": "user%d@dst.test", "lockstep": True}
    if work.startswith("tls"):
        options.update(starttls=True, user="user@relay.test", mechanism="PLAIN")
    if work.startswith("tls-each"):
        options.update(per_session=1, no_resume=True)
    options.update(cell.option("source", {}))
    if options.get("pipelining") or options.get("chunking"):
        options.pop("lockstep")
    return options


def tool_of(cell):
    """TLS and AUTH take our source; the rest says the dimension tools, or Postfix's."""
    usual = OURS if cell.at.get("work", "").startswith("tls") else POSTFIX
    return cell.at.get("tools", usual)


def measure(bench, cell):
    mode = cell.at.get("work", "plain").replace("tls-each", "tls")
    tool, messages = tool_of(cell), cell.option("messages", 5000)
    limit = min(cell.option("limit_s", 60), cell.deadline)
    warm = cell.option("warm", max(100, 2 * cell.at.get("sessions", 20)))

    def source(target, count):
        options = source_options(cell, count)
        if "user" in options:
            options["password_file"] = f"{bench.keys}/password"
        return bench.source(tool, target, **options)
    with bench.sink(tool, **(cell.option("sink", {}) if tool == OURS else {})) as sink, \
            bench.peer(cell, sink=sink.address, mode=mode, **cell.option("settings", {})) as peer:
        if warm:
            flow.warm(lambda: source(peer.address, warm), sink, warm, limit)
        bench.quiet()
        return flow.timed(bench, peer, sink, lambda: source(peer.address, messages),
                           messages, limit)

