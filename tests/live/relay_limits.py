#!/usr/bin/env python3
"""Limits, counted by the receiver: with two workers; of a provider's sites, a domain,
a tenant, a source; and with two nodes on one Redis, of which one is killed. The receiver
refuses what is over the limit, so that it shows.

relay_limits.py RINGPOST-BENCH
"""
import bisect
import os
import sys
import threading
import time

import bench_tools as b
from ports import free_port
from ringpost_live import Cases, Daemon, Dns, Sink, until
from ringpost_redis import Redis

b.PROGRAM = sys.argv[1]
cases = Cases()
check, equal = cases.check, cases.equal

# What a receiver sees comes a little later or earlier than it was sent.
WINDOW = 0.95


class Receiver:
    """A sink that allows so many connections, and messages a second; what it saw."""

    def __init__(self, connections, messages):
        self.most, self.rate = connections, messages
        self.lock = threading.Lock()
        self.open, self.open_most, self.refused, self.at = set(), 0, 0, []
        self.sink = Sink(rule=self.rule)

    def rule(self, step):
        sink = step.sink
        if step.verb == "CONNECT":
            number = len(sink.open_sessions())
            self.open_most = max(self.open_most, number)
            if number > self.most:
                self.refused += 1
                return "421 4.7.0 too many connections"
        if step.verb == "MAIL":
            now = time.monotonic()
            if len(self.at) - bisect.bisect_right(self.at, now - WINDOW) >= self.rate:
                self.refused += 1
                return "451 4.7.1 too many messages"
            self.at.append(now)
        return None

    def most_in_a_second(self):
        return max(i + 1 - bisect.bisect_right(self.at, t - WINDOW)
                   for i, t in enumerate(self.at))

    def rate_between(self, start, end):
        return (bisect.bisect_left(self.at, end) - bisect.bisect_left(self.at, start)) / (
            end - start)


def fill(daemon, count, *more, port=None):
    with b.Folder() as folder:
        b.Source(folder, f"127.0.0.1:{port or daemon.port}", "--messages", count,
                 "--sessions", 10, "--size", "1k", *(more or ("--domains", 4))).wait(120)


def two_workers():
    """two workers, 6 connections and 40 messages a second"""
    receiver = Receiver(6, 40)
    with receiver.sink as sink, Daemon(
            workers=2, routes=[sink.route("*", connections=6, messages_per_second=40)],
            relay={"retry": ["5s"]}) as daemon:
        fill(daemon, 500)
        until(lambda: len(receiver.at) >= 100, what="the first hundred")
        start = time.monotonic()
        until(lambda: "40 messages a second; next in" in
              daemon.run_json("sites")[0].get("limit", ""), what="the limit is named")
        until(lambda: len(receiver.at) >= 500, 60, what="all")
        rate = receiver.rate_between(start, receiver.at[-1])
        count = len(sink.wait(500))
    equal(count, 500, "delivered once")
    equal(receiver.refused, 0, "refused")
    check(receiver.open_most <= 6, f"{receiver.open_most} connections")
    check(receiver.most_in_a_second() <= 40, f"{receiver.most_in_a_second()} a second")
    check(rate >= 38, f"{rate} a second")


def times(sink, part):
    """When the sink took what has PART in its first recipient."""
    return [m.at for m in list(sink.messages) if part in m.addresses[0]]


def provider():
    """two sites of one provider share its 40 a second and 3 connections, evenly"""
    receiver = Receiver(3, 40)
    with receiver.sink as sink, Dns(
            mx={"one.test": [(10, "mx1.big.test")], "two.test": [(10, "mx2.big.test")]},
            a={"mx1.big.test": ["127.0.0.1"], "mx2.big.test": ["127.0.0.1"]}) as dns:
        daemon = Daemon(workers=2, dns={"servers": [dns.address]},
                        shaping={"file": "shaping.yaml"},
                        routes=[sink.mx_route("*")], relay={"retry": ["5s"]})
        with open(os.path.join(daemon.directory, "shaping.yaml"), "w") as file:
            file.write("providers:\n  - name: big\n    mx: ['*.big.test']\n"
                       "    connections: 3\n    messages_per_second: 40\n")
        with daemon:
            fill(daemon, 400, "--to", "u%d@one.test")
            fill(daemon, 400, "--to", "u%d@two.test")
            until(lambda: len(times(sink, "two.test")) >= 10, what="some of the second")
            start = time.monotonic()
            before = [len(times(sink, d)) for d in ("one.test", "two.test")]
            until(lambda: time.monotonic() > start + 8, 10, what="eight seconds")
            after = [len(times(sink, d)) - n
                     for d, n in zip(("one.test", "two.test"), before)]
            rate = receiver.rate_between(start, start + 8)
            until(lambda: len(receiver.at) >= 800, 60, what="all")
    equal(receiver.refused, 0, "refused")
    check(receiver.open_most <= 3, f"{receiver.open_most} connections")
    check(receiver.most_in_a_second() <= 40, f"{receiver.most_in_a_second()} a second")
    check(rate >= 38, f"{rate} a second")
    check(min(after) * 3 >= max(after), f"each has its turn: {after}")


def domain_and_tenant():
    """a domain's 10 a second and a tenant's 5: no other mail waits for them"""
    port = free_port()
    listeners = [{"address": f"127.0.0.1:{port}", "role": "submission", "tls": "none",
                  "require_auth": False, "tenant": "slow"}]
    receiver = Receiver(1000, 100000)
    with receiver.sink as sink:
        daemon = Daemon(shaping={"file": "shaping.yaml"}, routes=[sink.route("*")],
                        tenants=[{"name": "slow", "limits": {"messages_per_second": 5}}])
        daemon.config["listeners"] += listeners
        daemon.write_config()
        with open(os.path.join(daemon.directory, "shaping.yaml"), "w") as file:
            file.write("domains:\n  - { domain: few.test, messages_per_second: 10 }\n")
        with daemon:
            fill(daemon, 100, "--to", "u%d@slow.test", port=port)
            fill(daemon, 150, "--to", "u%d@few.test")
            why = daemon.run_json("queue", "list", "--domain", "few.test")
            fill(daemon, 500, "--to", "u%d@many.test")
            until(lambda: len(times(sink, "many.test")) == 500, 10, what="the others' mail")
            left = 250 - len(times(sink, "few.test")) - len(times(sink, "slow.test"))
            check(left > 0, "those wait still")
            said = daemon.run("why", why[-1]["id"]).stdout
            until(lambda: len(sink.messages) == 750, 60, what="all")
        for name, most in ("few.test", 10), ("slow.test", 5):
            at = times(sink, name)
            got = max(i + 1 - bisect.bisect_right(at, t - WINDOW) for i, t in enumerate(at))
            check(got <= most, f"{name}: {got} a second")
            spent = at[-1] - at[0]
            check(len(at) / (spent + 1) >= 0.85 * most, f"{name}: {len(at)} in {spent:.1f} s")
        check("domain few.test: 10 messages a second" in said, said)


def source():
    """a source's 20 a second hold over all that it sends"""
    receiver = Receiver(1000, 20)
    with receiver.sink as sink, Daemon(
            sources=[{"name": "one", "address": "127.0.0.2",
                      "limits": {"messages_per_second": 20}}],
            pools=[{"name": "all", "members": [{"source": "one"}]}],
            relay={"pool": "all", "retry": ["5s"]},
            routes=[sink.route("*"), sink.route("x.test")]) as daemon:
        fill(daemon, 80, "--to", "u%d@x.test")
        fill(daemon, 80, "--to", "u%d@y.test")
        until(lambda: len(receiver.at) >= 160, 40, what="all")
    equal(receiver.refused, 0, "refused")
    check(receiver.most_in_a_second() <= 20, f"{receiver.most_in_a_second()} a second")


def two_nodes():
    """two nodes: never more than 8 connections and 60 messages a second; one is killed"""
    receiver = Receiver(8, 60)
    with Redis() as redis, receiver.sink as sink:
        options = {"queue": {"redis": "unix:" + redis.socket},
                   "routes": [sink.route("*", connections=8, messages_per_second=60)],
                   "relay": {"retry": ["5s"]}}
        with Daemon(**options) as one, Daemon(**options) as two:
            fill(one, 1500)
            fill(two, 1500)
            until(lambda: len(receiver.at) >= 400, 60, what="the first 400")
            start = time.monotonic()
            until(lambda: time.monotonic() > start + 10, 20, what="ten seconds")
            rate = receiver.rate_between(start, start + 10)
            shares = [d.run_json("sites")[0]["delivered"] for d in (one, two)]
            two.kill()
            killed = time.monotonic()
            until(lambda: time.monotonic() > killed + 10, 20, what="its lease is over")
            after = receiver.rate_between(killed + 9, killed + 10)
            # Its shards, and what it had in hand, are the other's in time.
            until(lambda: len(receiver.at) >= 1900, 60, what="1900")
    equal(receiver.refused, 0, "refused")
    check(receiver.open_most <= 8, f"{receiver.open_most} connections")
    check(receiver.most_in_a_second() <= 60, f"{receiver.most_in_a_second()} a second")
    check(rate >= 57, f"{rate} a second of two nodes")
    check(min(shares) >= 100, f"each has its part: {shares}")
    check(after >= 55, f"{after} a second of the one that is left")


cases.run([two_workers, provider, domain_and_tenant, source, two_nodes])
