#!/usr/bin/env python3
"""Limits, counted by the receiver: with two workers, and with two nodes on one Redis,
of which one is killed. The receiver refuses what is over the limit, so that it shows.

relay_limits.py RINGPOST-BENCH
"""
import bisect
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import bench_tools as b
from ringpost_live import Cases, Daemon, Sink, until

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


class Redis:
    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix="ringpost-limits-")
        self.socket = os.path.join(self.directory, "redis.sock")
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.socket, "--dir",
             self.directory, "--save", "", "--appendonly", "yes", "--appendfsync", "always"],
            stdout=subprocess.DEVNULL)
        until(lambda: os.path.exists(self.socket), what="Redis")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


def fill(daemon, count, domains=4):
    with b.Folder() as folder:
        b.Source(folder, f"127.0.0.1:{daemon.port}", "--messages", count, "--sessions", 10,
                 "--domains", domains, "--size", "1k").wait(120)


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


cases.run([two_workers, two_nodes])
