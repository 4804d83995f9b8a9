#!/usr/bin/env python3
"""Eight messages in flight on every connection, among servers that hang up in every
way: the ledgers say that nothing is lost, and nothing comes twice or from nowhere but
what the daemon said it does not know.

relay_ahead.py RINGPOST-BENCH
"""
import json
import sys

import bench_tools as b
from ringpost_live import Cases, Daemon, until

b.PROGRAM = sys.argv[1]
cases = Cases()
check, equal = cases.check, cases.equal

SITES = 12  # each learns for itself


def routes(port):
    return [{"domain": f"d{i}.test", "host": f"[127.0.1.{i + 1}]", "port": port,
             "tls": "none", "private_addresses": True, "connections": 2, "ahead": 8}
            for i in range(SITES)] + [
        {"domain": "*", "host": "[127.0.0.1]", "port": port, "tls": "none",
         "private_addresses": True, "ahead": 8}]


def deliver(rules, messages, sizes="1k:8,20k:2"):
    """Sent, delivered or returned, audited: the audit's counts, the daemon's events."""
    with b.Folder() as folder, b.Sink(folder, ports="0.0.0.0:0", rules=rules) as sink, \
            Daemon(routes=routes(sink.port), relay={"retry": ["1s"]}) as daemon:
        sent = b.Source(folder, f"127.0.0.1:{daemon.port}", "--messages", messages,
                        "--sessions", 20, "--domains", SITES, "--size", sizes).wait(120)
        equal(sent.messages["acked"], messages, f"{rules}: taken from the source")
        until(lambda: not any(daemon.run_json("queue", "count")[0]["states"].values()), 120,
              what=f"{rules}: everything settled")
        status = json.loads(daemon.run("status", "--json").stdout)
        sites = daemon.run_json("sites")
        events = daemon.events()
        sink.stop()
        good, counts = b.audit(folder)
    equal(good, 0, f"{rules}: the audit, {counts}")
    for name in "lost", "phantom", "corrupted", "duplicates_avoidable":
        equal(counts[name], 0, f"{rules}: {name}")
    unknown = [e for e in events if e["event"] == "uncertain" or e.get("uncertain")]
    equal(status["totals"]["uncertain"], len(unknown), f"{rules}: uncertain, as counted")
    check(counts["duplicates_unavoidable"] <= len(unknown),
          f"{rules}: {counts} and {len(unknown)} uncertain")
    return counts, events, sites


def calm():
    """nothing breaks: each once, nothing uncertain, all sites at eight"""
    counts, events, sites = deliver([], 3000)
    equal(counts["delivered"], 3000, "delivered")
    equal(counts["duplicates_unavoidable"], 0, "none twice")
    check(all(site["ahead"] == 8 for site in sites), sites)
    equal([e for e in events if e["event"] in ("uncertain", "site_ahead")], [], "told")


def hang_ups():
    """taken but not confirmed; before it was; between messages"""
    counts, events, sites = deliver(
        ["disconnect reply 2%", "disconnect dot 1%", "disconnect mail 1%", "delay dot 0ms-5ms"],
        3000)
    check(counts["duplicates_unavoidable"] > 0, f"some are twice: {counts}")
    check(any(e["event"] == "site_ahead" for e in events), "a site was found out")
    check(any(site["ahead"] == 1 for site in sites), sites)


def farewells():
    """421 at every stage"""
    deliver(["mail 421 1%", "rcpt 421 1%", "dot 421 1%", "messages max 60"], 2000)


def refusals():
    """4xx and 5xx among others in flight: each is its own, and no reason to doubt"""
    counts, events, sites = deliver(
        ["mail 450 3%", "rcpt 451 3%", "dot 452 3%", "domain d3.test rcpt 550 5.1.1",
         "domain d5.test mail 550 10%", "domain d7.test dot 554 10%"], 2400)
    check(counts["returned"] >= 200, counts)
    equal(counts["delivered"] + counts["returned"], 2400, f"each ends: {counts}")
    equal([e for e in events if e["event"] == "site_ahead"], [], "all stay at eight")
    equal([e for e in events if e.get("uncertain")], [], "all have an answer")


cases.run([calm, hang_ups, farewells, refusals])
