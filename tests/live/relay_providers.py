#!/usr/bin/env python3
"""The daemon among receivers that play providers, with seconds instead of minutes: of
what they allow nearly all is used, hardly anything is refused, nothing is lost or comes
twice; and a reply that a rule is for stops everything at once.

relay_providers.py RINGPOST-BENCH
"""
import datetime
import json
import os
import subprocess
import sys
import time

import bench_tools as b
from ringpost_live import Cases, Daemon, Dns, Sink, free_port, until

b.PROGRAM = sys.argv[1]
cases = Cases()
check, equal = cases.check, cases.equal


class Provider:
    """What it does (rules of the sink at its address) and what the shaping file says."""

    def __init__(self, name, rules, told, each_s=0):
        self.name, self.rules, self.told, self.each_s = name, rules, told, each_s


PROVIDERS = [
    Provider("rate", ['mail 421 4.7.0 "too fast, slow down" over 50/s'],
             {"messages_per_second": 48}, each_s=1 / 50),
    Provider("window", ['mail 451 4.7.650 "busy, try again" over 100 in 2s'],
             {"messages_per_second": 48}, each_s=1 / 50),
    Provider("five", ['connections max 5 421 4.7.0 "too many connections"',
                      "delay dot 50ms"], {"connections": 5}, each_s=0.05 / 5),
    Provider("twenty", ["disconnect mail after 20 messages", "delay dot 20ms",
                        'connections max 2 421 4.7.0 "too many connections"'],
             {"messages_per_connection": 20, "connections": 2}, each_s=0.02 / 2),
    Provider("tarpit", ["tarpit 5ms", 'connections max 4 421 4.7.0 "too many connections"'],
             {"connections": 4}),
    Provider("grey", ['rcpt 451 4.7.1 "greylisted, come back" first-try 1s'], {}),
]


def host_of(i):
    return f"mx.{PROVIDERS[i].name}.lab"


def world(folder, told):
    """DNS, the sink, the daemon's configuration."""
    port = free_port()
    addresses = [f"127.0.1.{i + 1}:{port}" for i in range(len(PROVIDERS))]
    rules = [f"address 127.0.1.{i + 1} {rule}"
             for i, provider in enumerate(PROVIDERS) for rule in provider.rules]
    dns = Dns(mx={f"d{i + 1}.test": [(10, host_of(i))] for i in range(len(PROVIDERS))},
              a={host_of(i): [f"127.0.1.{i + 1}"] for i in range(len(PROVIDERS))})
    shaping = {"providers": [
        dict(name=p.name, mx=[host_of(i)], **(p.told if told else {}))
        for i, p in enumerate(PROVIDERS)]}
    with open(folder.file("shaping.yaml"), "w") as file:
        json.dump(shaping, file)
    sink = b.Sink(folder, *addresses[1:], ports=addresses[0], rules=rules)
    return dns, sink, {
        "shaping": {"file": folder.file("shaping.yaml")},
        "routes": [{"domain": "*", "port": port, "private_addresses": True}],
        "relay": {"retry": ["2s"]}}


def seconds(event):
    return datetime.datetime.fromisoformat(event["at"].replace("Z", "+00:00")).timestamp()


def run(told, each):
    """EACH messages for each provider: what came of it."""
    with b.Folder() as folder:
        dns, sink, config = world(folder, told)
        messages = each * len(PROVIDERS)
        with dns, sink:
            config["dns"] = {"servers": [dns.address]}
            with Daemon(config) as daemon:
                b.Source(folder, f"127.0.0.1:{daemon.port}", "--messages", messages,
                         "--sessions", 10, "--domains", len(PROVIDERS), "--size", "2k").wait(120)
                until(lambda: not any(
                    daemon.run_json("queue", "count")[0]["states"].values()), 40,
                    what="everything settled")
                events = daemon.events()
            sink.stop()
            good, counts = b.audit(folder)
    equal(good, 0, f"the audit, {counts}")
    for name in "lost", "phantom", "corrupted", "duplicates_avoidable", "duplicates_unavoidable":
        equal(counts[name], 0, name)
    equal(counts["delivered"], messages, "delivered")
    refused = {p.name: 0 for p in PROVIDERS}
    deferred = [e for e in events if e["event"] == "deferred"]
    for event in deferred:
        refused[PROVIDERS[int(event["rcpt"].split("@d")[1].split(".")[0]) - 1].name] += 1
    for i, provider in enumerate(PROVIDERS):
        times = [seconds(e) for e in events
                 if e["event"] == "delivered" and e["rcpt"].endswith(f"@d{i + 1}.test")]
        took = max(times) - min(times)
        used = (len(times) - 1) * provider.each_s / took if provider.each_s else None
        print(f"{'told' if told else 'not told':9}{provider.name:8} {len(times)} taken in "
              f"{took:.2f} s, {refused[provider.name]} put off" +
              (f", {100 * used:.1f} % of what it allows" if used else ""))
        yield provider.name, used, refused[provider.name], len(times)
    print({e["event"]: sum(f["event"] == e["event"] for f in events) for e in events
           if e["event"].startswith(("site", "reaction"))}, sink.report["errors"])


def told():
    """told of the limits: nearly all is used, hardly anything refused"""
    for name, used, refused, count in run(True, 300):
        if name != "grey":
            check(refused <= count * 0.005, f"{name}: {refused} of {count} refused")
        # What only counts messages can be met on a busy machine, too.
        if used is not None:
            check(used >= (0.85 if name in ("rate", "window") else 0.4), f"{name}: {used}")


def untold():
    """not told: it finds out"""
    for name, used, refused, count in run(False, 300):
        if name == "grey":
            check(refused <= count * 1.2, f"{name}: {refused} of {count} refused")
        else:
            check(refused <= count * 0.3, f"{name}: {refused} of {count} refused")
        if used is not None:
            check(used >= 0.3, f"{name}: {used}")


class Stopping:
    """A receiver that says 4.7.28 to the fortieth message and for TIME after it, and
    remembers when it heard each MAIL."""

    def __init__(self, first=40, seconds=1.0):
        self.first, self.seconds, self.stopped = first, seconds, None
        self.mails, self.refused = [], 0

    def __call__(self, step):
        now = time.time()
        if step.verb == "END":
            return (0.01, None)
        if step.verb != "MAIL":
            return None
        self.mails.append((now, step.session.number))
        if len(self.mails) == self.first:
            self.stopped = now
        if self.stopped and now - self.stopped < self.seconds:
            self.refused += 1
            return "421 4.7.28 unusual rate of mail"
        return None

    def after(self, start, end):
        return [m for m in self.mails if start <= m[0] - self.stopped < end]


def stopping(folder, sink, seconds):
    with open(folder.file("shaping.yaml"), "w") as file:
        json.dump({"default": {"connections": 10, "react": [
            {"name": "stop", "match": {"enhanced": "4.7.28"}, "action": "suspend",
             "for": f"{seconds}s", "scope": "site",
             "recover": {"connections": 1, "add": 1, "every": "1s"}}]}}, file)
    return {"shaping": {"file": folder.file("shaping.yaml")},
            "routes": [dict(sink.route("*"), ahead=1)], "relay": {"retry": ["1s"]}}


def redis(daemon, *words):
    path = os.path.join(daemon.state, "redis", "redis.sock")
    with open(os.path.join(daemon.state, "redis", "redis.conf")) as file:
        secret = [line.split()[1].strip('"') for line in file if line.startswith("requirepass")]
    return subprocess.run(
        ["redis-cli", "-s", path, *(["--no-auth-warning", "-a", secret[0]] if secret else []),
         *words], check=True, capture_output=True, text=True).stdout.strip()


def feed(folder, daemon, messages):
    b.Source(folder, f"127.0.0.1:{daemon.port}", "--messages", messages, "--sessions", 10,
             "--to", "user%d@receiver.test", "--size", "1k").wait(60)


def empty(daemon):
    return not any(daemon.run_json("queue", "count")[0]["states"].values())


def reaction():
    """a reply stops everything at once; then one connection, and one more at a time"""
    rule = Stopping()
    with b.Folder() as folder, Sink(rule=rule) as sink, \
            Daemon(stopping(folder, sink, 4)) as daemon:
        feed(folder, daemon, 400)
        until(lambda: rule.stopped, what="the refusal")
        told, = until(lambda: daemon.events("reaction"), what="the reaction")
        site = daemon.run("site", "receiver.test").stdout
        check("suspended" in site and "stop" in site, site)
        until(lambda: empty(daemon), 40, what="everything delivered")
        until(lambda: daemon.events("reaction_over"), 40, what="the end of the reaction")
        steps = [e["now"] for e in daemon.events("reaction_step")]
        delivered, deferred = daemon.events("delivered"), daemon.events("deferred")
    equal((told["rule"], told["scope"], told["did"]), ("stop", "site", "suspend for 4s"), told)
    last = max(m[0] for m in rule.after(0, 3)) - rule.stopped
    print(f"the last MAIL came {1000 * last:.1f} ms after the reply, {rule.refused} were refused")
    check(last < 1, f"MAIL {last} s after the refusal")
    check(rule.refused <= 10, f"no more than were on their way: {rule.refused}")
    equal(rule.after(1, 3.5), [], "MAIL while suspended")
    equal(steps[:2], ["1 connection", "2 connections at most"], "the way back")
    equal(len({e["id"] for e in delivered}), 400, "delivered")
    equal(len(delivered), 400, "none twice")
    check(len(deferred) <= rule.refused, "what was not tried has lost no attempt")
    check(max(e["attempt"] for e in delivered) <= 2, "attempts")


def scopes():
    """a domain and a tenant are left alone, others at the same servers are not"""
    heard = []

    def rule(step):
        if step.verb == "RCPT":
            heard.append((time.time(), step.address))
            first = sum(a == step.address for _, a in heard) == 1
            if first and step.address == "a@one.test":
                return "450 4.7.99 not so fast"
            if first and step.address == "shop@two.test":
                return "450 4.7.98 not so fast"
        return None

    def times(address):
        return [at for at, a in heard if a == address]

    with b.Folder() as folder, Sink(rule=rule) as sink:
        with open(folder.file("shaping.yaml"), "w") as file:
            json.dump({"default": {"react": [
                {"name": scope, "match": {"enhanced": f"4.7.{code}"}, "action": "suspend",
                 "for": "4s", "scope": scope} for scope, code in
                (("domain", 99), ("tenant", 98))]}}, file)
        port = free_port()
        with Daemon({"shaping": {"file": folder.file("shaping.yaml")},
                     "routes": [sink.route("*")], "relay": {"retry": ["1s"]},
                     "tenants": [{"name": "shop"}]}) as daemon:
            daemon.config["listeners"].append(
                {"address": f"127.0.0.1:{port}", "role": "submission", "tls": "none",
                 "require_auth": False, "tenant": "shop"})
            daemon.write_config()
            daemon.stop()
            daemon.start()
            usual, daemon_port = daemon.submit, daemon.port
            usual("x@sender.test", ["a@one.test"], "Subject: x\n\nx\n")
            until(lambda: len(daemon.events("reaction")) == 1, what="the domain's reaction")
            daemon.port = port
            usual("x@sender.test", ["shop@two.test"], "Subject: x\n\nx\n")
            until(lambda: len(daemon.events("reaction")) == 2, what="the tenant's reaction")
            usual("x@sender.test", ["b@two.test"], "Subject: x\n\nx\n")  # the tenant's
            daemon.port = daemon_port
            usual("x@sender.test", ["b@one.test"], "Subject: x\n\nx\n")  # the domain's
            usual("x@sender.test", ["c@two.test"], "Subject: x\n\nx\n")
            until(lambda: empty(daemon), 40, what="everything delivered")
            names = [(e["scope"], e["name"]) for e in daemon.events("reaction")]
    equal([scope for scope, _ in names], ["domain", "tenant"], names)
    one, two = times("a@one.test")[0], times("shop@two.test")[0]
    check(times("b@one.test")[0] - one >= 3.9, "the domain waits")
    check(times("b@two.test")[0] - two >= 3.9, "the tenant waits")
    equal(len(times("b@one.test") + times("b@two.test")), 2, "tried once each")
    check(times("c@two.test")[0] < min(times("b@one.test") + times("b@two.test")),
          "others do not wait")


def restart():
    """what is in force is in force after a kill and a restart, until it is reset"""
    rule = Stopping(first=20, seconds=0.5)
    with b.Folder() as folder, Sink(rule=rule) as sink, \
            Daemon(stopping(folder, sink, 600)) as daemon:
        feed(folder, daemon, 60)
        until(lambda: daemon.events("reaction"), what="the reaction")
        key = "rp:react:mail.test.example"
        until(lambda: redis(daemon, "HLEN", key) == "1", what="it is kept")
        daemon.kill()
        daemon.start()
        before = len(rule.mails)
        daemon.submit("a@sender.test", ["new@receiver.test"], "Subject: x\n\nx\n")
        time.sleep(2)
        equal(len(rule.mails), before, "MAIL after the restart")
        why = daemon.run("status").stdout
        check("stop" in why, why)
        daemon.run("site", "receiver.test", "--reset")
        until(lambda: empty(daemon), 40, what="everything delivered")
        until(lambda: redis(daemon, "HLEN", key) == "0", what="it is forgotten")


sys.exit(cases.run([told, untold, reaction, scopes, restart]))
