"""Kind relay: source to peer to sink, everything accepted and delivered, and what it cost.

Dimensions it understands: work (plain, tls, tls-each, dkim-rsa, dkim-ed25519, dkim-both,
tls+dkim-rsa, …), sessions, size, tools (smtp-source or ringpost-bench), workers, and dialogue
(lockstep, pipelining, chunking, chunking ahead 4) of our source.
"""
import contextlib

from suite import flow
from suite.bench import Unable
from suite.tools import OURS, POSTFIX, Together

# Options of a cell: how many messages, fewer where they would take longer than most_s (8), when
# a run has failed (limit_s), how many to warm up with, receivers side by side, what the peer is
# told (settings), what our source (source) and our sink (sink).
OPTIONS = ("messages", "most_s", "limit_s", "warm", "sinks", "settings", "source", "sink")

DIALOGUES = {"lockstep": {"lockstep": True}, "pipelining": {"pipelining": True},
             "chunking": {"chunking": True}, "chunking ahead 4": {"chunking": True, "ahead": 4}}


def tool_of(cell):
    """TLS and AUTH take our source; the rest says the dimension tools, or Postfix's."""
    usual = OURS if cell.at.get("work", "").startswith("tls") else POSTFIX
    return cell.at.get("tools", usual)


def _our_options(bench, cell):
    """What our source is told beyond how much to send."""
    work = cell.at.get("work", "plain")
    options = {"from": "bench+%i@src.test", **DIALOGUES[cell.at.get("dialogue", "lockstep")]}
    if work.startswith("tls"):
        options.update(starttls=True, user="user@relay.test", mechanism="PLAIN",
                       password_file=f"{bench.keys}/password")
    if work.startswith("tls-each"):
        options.update(per_session=1, no_resume=True)
    return {**options, **cell.option("source", {})}


def _domains(sinks):
    """Whom to send to, so that all SINKS have the same to do."""
    return ["dst.test"] if sinks == 1 else [f"d{n}.test" for n in range(sinks)]


@contextlib.contextmanager
def source(bench, cell, address, messages, sinks=1):
    """The tool of this cell, sending MESSAGES to ADDRESS."""
    common = {"sessions": cell.at.get("sessions", 20), "size": cell.at.get("size", 4096)}
    with contextlib.ExitStack() as stack:
        if tool_of(cell) == OURS:
            yield stack.enter_context(bench.source(
                OURS, address, messages=messages, **common, **_our_options(bench, cell),
                to=[f"user%d@{domain}" for domain in _domains(sinks)]))
            return
        if cell.at.get("work", "").startswith("tls"):
            raise Unable("smtp-source knows neither TLS nor AUTH")
        common["sessions"] = max(1, common["sessions"] // sinks)
        yield Together([stack.enter_context(bench.source(
            POSTFIX, address, messages=messages // sinks, to=f"b@{domain}", **common))
            for domain in _domains(sinks)])


def measure(bench, cell):
    mode = cell.at.get("work", "plain").replace("tls-each", "tls")
    tool, sinks = tool_of(cell), cell.option("sinks", 1)
    messages = cell.option("messages", 5000) // sinks * sinks
    limit = min(cell.option("limit_s", 60), cell.deadline)
    warm = cell.option("warm", max(100, 2 * cell.at.get("sessions", 20))) // sinks * sinks
    settings = {"workers": cell.at.get("workers"), **cell.option("settings", {})}
    options = cell.option("sink", {}) if tool == OURS else {}

    def sending(count):
        return source(bench, cell, peer.address, count, sinks)
    with contextlib.ExitStack() as stack:
        sink = Together([stack.enter_context(bench.sink(tool, **options)) for _ in range(sinks)])
        peer = stack.enter_context(bench.peer(cell, sink=sink.address, mode=mode, **settings))
        if warm:
            flow.warm(lambda: sending(warm), sink, warm, limit)
            messages = flow.fitting(sending, sink, messages, cell.most_s(8), limit,
                                    sinks)
        bench.quiet()
        found = flow.timed(bench, peer, sink, lambda: sending(messages), messages, limit)
        return {**found, "tools": tool, "receivers": sinks}
