#!/usr/bin/env python3
"""Fairness between flows: an urgent message overtakes what two tenants have queued for
the same site, and those two get equal shares whatever their backlogs; and kills lose none of it. By the
ledgers of source and sink, not by what the daemon says.

relay_fairness.py RINGPOST-BENCH
"""
import sys
import time

import bench_tools as b
from ringpost_live import Cases, Daemon, free_port, until

b.PROGRAM = sys.argv[1]
cases = Cases()
check, equal = cases.check, cases.equal

CONNECTIONS, DOT_MS = 4, 20  # the site takes some 200 messages a second
BULK = {"a": 2400, "b": 1400}
URGENT = 30
PORTS = {name: free_port() for name in ("a", "b", "u")}


def daemon(port):
    """A listener for each tenant; bulk that fills the site, and urgent mail."""
    listeners = [{"address": f"127.0.0.1:{at}", "role": "submission", "tls": "none",
                  "require_auth": False, "tenant": name} for name, at in PORTS.items()]
    tenants = [{"name": "a", "stream": "bulk"}, {"name": "b", "stream": "bulk"},
               {"name": "u", "stream": "transactional"}]
    return Daemon(listeners=listeners, tenants=tenants, routes=[
        {"domain": "*", "host": "[127.0.0.1]", "port": port, "tls": "none",
         "private_addresses": True, "connections": CONNECTIONS}])


def send(folder, name, messages, *more):
    return b.Source(folder, f"127.0.0.1:{PORTS[name]}", "--messages", messages, "--from",
                    name + "+%i@src.test", "--to", "user%d@dst.test", *more,
                    name="source-" + name)


def taken(folder):
    """(seconds, the letter of the tenant, id) of what the sink took, in its order."""
    return [(float(line[0]), line[7][1], line[2]) for line in folder.lines("sink")
            if line[1] == "taken"]


def fairness():
    """p99 of urgent mail while bulk saturates its site; equal shares of two tenants"""
    with b.Folder() as folder, \
            b.Sink(folder, rules=[f"delay dot {DOT_MS}ms"]) as sink, daemon(sink.port) as relay:
        bulk = [send(folder, name, count, "--sessions", 10) for name, count in BULK.items()]
        for name, source in zip(BULK, bulk):
            equal(source.wait(120).messages["acked"], BULK[name], f"{name} is queued")
        began = time.time()
        urgent = send(folder, "u", URGENT, "--rate", 10).wait(120)
        ended = time.time()
        equal(urgent.messages["acked"], URGENT, "urgent mail is taken")
        until(lambda: sum(row[1] == "u" for row in taken(folder)) == URGENT, 60,
              what="urgent mail at the sink")
        rows = taken(folder)
        left = {name: count - sum(row[1] == name for row in rows)
                for name, count in BULK.items()}
        check(all(count > 100 for count in left.values()),
              f"bulk waits all the while, or this says nothing: {left}")
        accepted = {line[2]: float(line[0]) for line in folder.lines("source-u")
                    if line[1] == "acked"}
        waits = sorted(at - accepted[message] for at, name, message in rows if name == "u")
        shares = {name: sum(row[1] == name and began <= row[0] <= ended for row in rows)
                  for name in BULK}
        print(f"urgent: half within {waits[len(waits) // 2] * 1000:.0f} ms, all within "
              f"{waits[-1] * 1000:.0f} ms; meanwhile of bulk {shares}; still queued {left}")
        # The figure that is promised is measured where nothing else runs; here it is
        # enough that nobody stood behind thousands.
        check(waits[len(waits) // 2] < 1, f"half of the urgent ones: {waits}")
        check(waits[-1] < 5, f"the last of the urgent ones: {waits}")
        check(0.8 < shares["a"] / shares["b"] < 1.25, f"equal shares: {shares}")
        # The operator's hand: counted first, then gone, and nobody else's.
        said = relay.run_json("queue", "drop", "--tenant", "a", "--dry-run")[0]
        check(said["changed"] > 100, said)
        relay.run("queue", "drop", "--tenant", "a", status=2)
        relay.run("queue", "drop", "--tenant", "a", "--yes", status=0)
        relay.run("queue", "drop", "--stream", "bulk", "--domain", "dst.test", "--yes", status=0)
        until(lambda: not any(relay.run_json("queue", "count")[0]["states"].values()), 60,
              what="an empty queue")


def kills():
    """mixed flows over kill -9 of the daemon and of its Redis: the ledgers lose nothing"""
    faults = []
    with b.Folder() as folder, \
            b.Sink(folder, rules=["delay dot 5ms"]) as sink, daemon(sink.port) as relay:
        sources = [send(folder, name, 600, "--sessions", 5, "--rate", 100, "--persist")
                   for name in PORTS]
        for strike in (relay.kill, relay.kill_redis, relay.kill):
            time.sleep(1.5)
            faults.append(time.time())
            strike()
            if not relay.process:
                relay.start()
        for source in sources:
            source.wait(120)
        until(lambda: not any(relay.run_json("queue", "count")[0]["states"].values()), 120,
              what="an empty queue")
        with open(folder.file("source"), "w", encoding="utf-8") as all_sources:
            for name in PORTS:
                with open(folder.file("source-" + name), encoding="utf-8") as one:
                    all_sources.write(one.read())
        sink.stop()
        good, counts = b.audit(folder, *(word for at in faults
                                         for word in ("--fault", f"{at:.3f}")),
                               "--within", "10s")
        print(counts)
        for name in "lost", "phantom", "corrupted", "duplicates_avoidable":
            equal(counts[name], 0, f"{name}: {counts}")


def rebound():
    """what waits for a host that is down goes as another route says, and only that"""
    way = {"host": "[127.0.0.1]", "tls": "none", "private_addresses": True}
    with b.Folder() as folder, b.Sink(folder) as sink, daemon(free_port()) as relay:
        relay.config["routes"].append({"domain": "via.test", "port": sink.port, **way})
        relay.config["relay"] = {"retry": ["1h"]}
        relay.write_config()
        check(relay.reload(), "the route is there")
        for name, count in (("a", 5), ("b", 3)):
            equal(send(folder, name, count).wait().messages["acked"], count, name)
        relay.wait_event("site_down")
        relay.run("queue", "rebind", "--tenant", "a", "--route", "nowhere.test", status=1)
        relay.run("queue", "rebind", "--tenant", "a", status=2)
        relay.run("queue", "rebind", "--tenant", "a", "--route", "via.test", status=0)
        equal({(e["tenant"], e.get("route")) for e in relay.run_json("queue", "list")},
              {("a", "via.test"), ("b", None)}, "bound")
        relay.run("queue", "retry", "--stream", "bulk", status=0)
        until(lambda: len(taken(folder)) == 5, what="five by the other route")
        until(lambda: len(relay.run_json("queue", "list")) == 3, what="the others are left")
        equal({row[1] for row in taken(folder)}, {"a"}, "whose mail came")


cases.run([fairness, kills, rebound])
