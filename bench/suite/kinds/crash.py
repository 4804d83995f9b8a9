"""Kind crash: processes killed at random under load, and the ledger of what was acknowledged
against what arrived.

Dimensions it understands: target (daemon, redis, both: Ringpost's; all: everything the peer
has), rate (messages a second).
"""
import os
import random
import signal
import time

from suite import accounts, flow
from suite.bench import Unable
from suite.tools import OURS

# kills: how many; least_s, most_s: between two, and before the first; seed: of when and what;
# settings: what the peer is told.
OPTIONS = ("kills", "least_s", "most_s", "seed", "settings", "limit_s")
READY_S, DRAINED_S = 60, 60
NAMES = {"lost": "lost", "phantom": "phantom", "corrupted": "corrupted", "late": "late",
         "twice_avoidable": "duplicates_avoidable", "twice_unavoidable": "duplicates_unavoidable"}


def redis_pids(peer):
    return [pid for pid in peer.group.pids()
            if _name(pid) == "redis-server"]


def _name(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return ""


def kill(peer, target):
    """kill -9 of TARGET, and what is gone with it is started again."""
    pids = peer.group.pids()
    redis = redis_pids(peer)
    if target in ("daemon", "redis") and not redis:
        raise Unable(f"{peer.name} has no process called {target}")
    chosen = {"daemon": [p for p in pids if p not in redis], "redis": redis}.get(target, pids)
    at = time.time()
    for pid in chosen:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    end = time.monotonic() + 10
    while any(p in peer.group.pids() for p in chosen) and time.monotonic() < end:
        for child in peer.group.children:
            child.poll()
        time.sleep(0.005)
    if target != "redis":
        peer.again()
    return at


def wait_ready(peer, began):
    """Seconds from BEGAN until a message is taken."""
    while not accounts.takes_mail(peer.address):
        if time.monotonic() - began > READY_S:
            raise flow.Failed(f"takes no mail {READY_S} s after a kill")
        time.sleep(0.02)
    return time.monotonic() - began


def faults_of(bench, cell, peer, source):
    """Kills by chance while SOURCE sends: (when each was, seconds until mail was taken)."""
    chance = random.Random(cell.option("seed", 1))
    target, kills = cell.at["target"], cell.option("kills", 4)
    names = ["daemon", "redis", "all"] if target == "each" else [target]
    faults, ready = [], []
    for n, name in enumerate(accounts.targets_of(names, kills, chance), 1):
        time.sleep(chance.uniform(cell.option("least_s", 1.0), cell.option("most_s", 2.5)))
        if source.ended():
            raise flow.Failed(f"the source ended before kill {n} of {kills}")
        bench.progress(f"kill {n} of {kills}: {name}")
        began = time.monotonic()
        faults.append(kill(peer, name))
        ready.append(wait_ready(peer, began))
    return faults, ready


def drained(bench, peer):
    """Seconds until the peer holds nothing."""
    bench.progress("waiting for an empty queue")
    began = time.monotonic()
    while peer.queued() != 0:
        if time.monotonic() - began > DRAINED_S:
            raise flow.Failed(f"{peer.queued()} messages are still queued after {DRAINED_S} s")
        time.sleep(0.1)
    return time.monotonic() - began


def measure(bench, cell):
    kills = cell.option("kills", 4)
    per_kill = cell.option("most_s", 2.5) + cell.option("limit_s", 3)
    ledgers = [os.path.join(bench.memory, name) for name in ("sent.ledger", "taken.ledger")]
    for path in ledgers:  # both are appended to: a row must not be told of the one before
        if os.path.exists(path):
            os.unlink(path)
    with bench.sink(OURS, ledger=ledgers[1]) as sink, \
            bench.peer(cell, sink=sink.address, **cell.option("settings", {})) as peer, \
            bench.source(OURS, peer.address, rate=cell.at["rate"], ledger=ledgers[0],
                         duration=f"{2 + kills * per_kill:.0f}s",
                         **accounts.SOURCE) as source:
        faults, ready = faults_of(bench, cell, peer, source)
        if not source.wait(per_kill * kills + 60):
            raise flow.Failed("the source did not end")
        took = drained(bench, peer)
        sink.stop()
        status, text, verdict = accounts.audit(bench.tool, bench.memory, *ledgers, faults,
                                               late=f"{DRAINED_S}s")
    counts = verdict["counts"]
    found = {"kills": kills, "acknowledged": counts["messages_acked"],
             "unknown": counts["messages_unknown"], "clean": int(status == 0),
             "ready_s": round(sorted(ready)[len(ready) // 2], 2),
             "ready_most_s": round(max(ready), 2), "drained_s": round(took, 2)}
    for name, theirs in NAMES.items():
        found[name] = counts[theirs]
    return found
