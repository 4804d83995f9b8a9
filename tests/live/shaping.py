"""Shaping rules on a real daemon: what holds for a domain, and that it holds.
"""
import collections
import json
import os
import sys

import ringpost_live as live
from ringpost_live import Daemon, Dns, Sink, until

cases = live.Cases()
check, equal = cases.check, cases.equal
TEXT = "From: a@sender.test\nTo: b@receiver.test\nSubject: x\n\nHello\n"


def write(daemon, text):
    with open(os.path.join(daemon.directory, "shaping.yaml"), "w") as file:
        file.write(text)


def values(daemon, domain, *words):
    got = json.loads(daemon.run("check", domain, "--json", *words, status=0).stdout)
    return got, {(v.get("scope", "") + "." + v["name"]).strip("."): (v["value"], v["from"])
                 for v in got["rule"]}


def asked():
    """ringpost check DOMAIN: each value and where it was written, by DNS or --mx"""
    with Dns(mx={"one.test": [(10, "mx1.big.test"), (20, "backup.test")]},
             a={"mx1.big.test": ["127.0.0.1"], "backup.test": ["127.0.0.1"]}) as dns:
        daemon = Daemon(dns={"servers": [dns.address]}, shaping={"file": "shaping.yaml"},
                        relay={"connections": 7},
                        routes=[{"domain": "routed.test", "host": "mx1.big.test", "ahead": 2}])
        write(daemon, 'providers:\n'
                      '  - name: big\n'
                      '    mx: ["*.big.test", gone.invalid]\n'
                      '    connections: 30\n'
                      'domains:\n'
                      '  - { domain: one.test, messages_per_minute: 60 }\n')
        own = os.path.join(daemon.directory, "shaping.yaml")
        got, rule = values(daemon, "One.test")
        equal((got["site"], got["provider"]), ("mx1.big.test;backup.test", "big"), "who")
        equal(rule["provider.connections"], ("30", own + ":4"), "the provider's")
        equal(rule["domain.messages_per_minute"], ("60", own + ":6"), "the domain's")
        equal(rule["messages_per_connection"], ("100", "default"), "a default")
        check(rule["site.connections"][0] == "7"
              and rule["site.connections"][1].startswith(daemon.file + ":"), "relay's")
        got, rule = values(daemon, "routed.test")
        equal(got["provider"], "big", "a route's host has one, too")
        check(rule["ahead"][0] == "2" and daemon.file in rule["ahead"][1], rule["ahead"])
        got, rule = values(daemon, "else.test", "--mx", "aspmx.l.google.com")
        equal((got["provider"], rule["tls"]), ("google", ("must", "shipped: google")), "--mx")
        check(any(r["match"].get("enhanced") == "4.7.28" and r["does"] == "suspend for 10m"
                  for r in got["reactions"]), "its reactions")
        got, _ = values(daemon, "nowhere.test")
        check("does not exist" in got["trouble"], got.get("trouble"))
        got = daemon.run("check", "one.test", status=0).stdout
        check("provider.connections" in got and own + ":4" in got and "provider  big" in got,
              got)
        got = live.subprocess.run([live.PROGRAM, "shaping"], capture_output=True, text=True)
        check(got.returncode == 0 and "- name: google" in got.stdout, "the built-in rules")
        for words, said in ((("check", "a.test", "b.test"), "not expected"),
                            (("check", "a..b"), "is no domain")):
            got = daemon.run(*words)
            check(got.returncode == 2 and said in got.stderr, f"{words}: {got.stderr}")


def refused():
    """a bad file: no start, its place; at a reload the old one stays in force"""
    daemon = Daemon(shaping={"file": "shaping.yaml"})
    write(daemon, "default:\n  conections: 3\n")
    for words in (("run",), ("check",), ("check", "a.test", "--mx", "b.test")):
        got = daemon.run(*words)
        equal(got.returncode, 78, f"{words}: {got.stderr}")
        check("shaping.yaml:2:3: unknown key \"conections\", perhaps \"connections\""
              in got.stderr, got.stderr)
    os.unlink(os.path.join(daemon.directory, "shaping.yaml"))
    got = daemon.run("run")
    check(got.returncode == 78 and "cannot be opened" in got.stderr
          and daemon.file + ":" in got.stderr, got.stderr)
    with Sink() as sink:
        daemon.config["routes"] = [sink.route("*")]
        daemon.write_config()
        write(daemon, "default: { messages_per_connection: 1 }\n")
        with daemon:
            for _ in range(3):
                daemon.submit("a@sender.test", ["b@receiver.test"], TEXT)
            sink.wait(3)
            write(daemon, "default: { messages_per_connection: none }\n")
            check(not daemon.reload(), "the reload is refused")
            check("shaping.yaml:1:37" in daemon.events("reload_refused")[0]["message"],
                  daemon.events("reload_refused"))
            for _ in range(3):
                daemon.submit("a@sender.test", ["b@receiver.test"], TEXT)
            sink.wait(6)
            equal(max(map(len, (s.messages for s in sink.sessions))), 1, "as before")
            write(daemon, "default: { messages_per_connection: 100, connections: 1 }\n")
            check(daemon.reload(), "a good one")
            for _ in range(5):
                daemon.submit("a@sender.test", ["b@receiver.test"], TEXT)
            sink.wait(11)
            check(max(map(len, (s.messages for s in sink.sessions))) > 1, "the new one")


def kept_to():
    """two domains on one site, each with its own; recipients of one message; a name
    that does not resolve stops nobody"""
    with Dns(mx={d: [(10, "mx.big.test")] for d in ("one.test", "two.test", "many.test")},
             a={"mx.big.test": ["127.0.0.1"]}) as dns, Sink() as sink:
        daemon = Daemon(routes=[sink.mx_route("*")], dns={"servers": [dns.address]},
                        relay={"connections": 2}, shaping={"file": "shaping.yaml"})
        write(daemon, 'providers:\n'
                      '  - { name: gone, mx: [mx.does-not-exist.invalid] }\n'
                      '  - { name: big, mx: ["*.big.test"], messages_per_connection: 4 }\n'
                      'domains:\n'
                      '  - { domain: gone.invalid, messages_per_second: 1 }\n'
                      '  - { domain: one.test, messages_per_connection: 2 }\n'
                      '  - { domain: many.test, recipients_per_message: 2 }\n')
        with daemon:
            for i in range(12):
                daemon.submit("a@sender.test", [f"b@{('one', 'two')[i % 2]}.test"], TEXT)
            sink.wait(12)
            most = collections.defaultdict(int)
            for session in sink.sessions:
                domains = {m.addresses[0].split("@")[1] for m in session.messages}
                check(len(domains) < 2, f"one connection for {domains}")
                for domain in domains:
                    most[domain] = max(most[domain], len(session.messages))
            check(most["one.test"] <= 2 and most["two.test"] <= 4, f"messages: {most}")
            daemon.submit("a@sender.test", [f"r{i}@many.test" for i in range(5)], TEXT)
            sink.wait(15)
            equal(sorted(len(m.addresses) for m in sink.messages[12:]), [1, 2, 2], "recipients")
            until(lambda: not daemon.run_json("queue", "list"), 20, "an empty queue")


sys.exit(cases.run([asked, refused, kept_to]))
