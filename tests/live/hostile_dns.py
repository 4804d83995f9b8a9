#!/usr/bin/env python3
"""DNS that is slow, lies, loops or is huge, under the checks of one message.

hostile_dns.py PROBE

What it must come to: a bounded number of queries (60 a message), an end at the
deadline, no "pass" that the right servers did not give, "temperror" for what
may be better tomorrow.
"""
import sys
import time

import dns_server as d
from probe import Probe, check, equal, run

PROGRAM = sys.argv[1]
ASAN = b"__asan_init" in open(PROGRAM, "rb").read()
QUERIES_MAX = 60
CLIENT = "192.0.2.77"


class Asker(Probe):
    def __init__(self, server, timeout_ms=20000, cache=1000):
        super().__init__(PROGRAM, timeout_ms, cache, server.address)
        self.next = 0

    def start(self, domain, deadline_ms=90000, client=CLIENT):
        self.next += 1
        self.say("spf", self.next, client, b"helo.test".hex(),
                 f"user@{domain}".encode().hex(), deadline_ms)
        return self.next

    def spf(self, *words, **more):
        return self.hear_for(self.start(*words, **more))

    def reverse(self, address, deadline_ms=90000):
        self.next += 1
        self.say("reverse", self.next, address, deadline_ms)
        return self.hear_for(self.next)


def text(query, record):
    data = record.encode()
    return d.txt(query.name, *[data[at:at + 255] for at in range(0, len(data), 255)])


def nothing(query):
    return query.reply(authority=[d.soa("test", 60)], rcode=d.NXDOMAIN)


def loops():
    """records that lead back to themselves: ten terms, and an end"""
    def answer(q):
        if q.kind != d.TXT:
            return nothing(q)
        first, _, rest = q.name.partition(".")
        if first == "deeper":  # another name each time
            return q.reply([text(q, f"v=spf1 include:deeper.a{q.name[7:]} -all")])
        if first == "round":
            return q.reply([text(q, f"v=spf1 redirect={q.name}")])
        if first == "alias":
            return q.reply([d.cname(q.name, q.name)])
        return q.reply([text(q, " ".join(["v=spf1"] + [f"include:{q.name}"] * 500 + ["-all"]))])
    with d.DnsServer(answer) as server, Asker(server) as a:
        for domain, result in [("wide.test", "permerror"), ("deeper.test", "permerror"),
                               ("round.test", "permerror"), ("alias.test", "temperror")]:
            before = len(server.queries)
            got = a.spf(domain)
            equal(got["result"], result, f"{domain} ({got['reason']})")
            check(len(server.queries) - before <= 12, f"{domain}: queries")


def fans():
    """ten MX of ten hosts, each an alias of aliases: never more than 60 queries"""
    def answer(q):
        first, _, rest = q.name.partition(".")
        if q.kind == d.TXT:
            return q.reply([text(q, "v=spf1 " + " ".join(f"mx:m{i}.{q.name}" for i in range(10))
                                 + " -all")])
        if q.kind == d.MX:
            return q.reply([d.mx(q.name, i, f"h{i}.{q.name}") for i in range(10)])
        if "linked" in q.name and not first.startswith("z"):
            return q.reply([d.cname(q.name, f"z{rest}" if first == "yyyyyy"
                                    else f"y{q.name}" if first.startswith("y")
                                    else f"y.{q.name}")])
        return q.reply([d.a(q.name, "203.0.113.1")])
    with d.DnsServer(answer) as server, Asker(server) as a:
        for domain in ["plain.test", "linked.test"]:
            before = len(server.queries)
            got = a.spf(domain)
            asked = len(server.queries) - before
            check(asked <= QUERIES_MAX, f"{domain}: {asked} queries")
            check(got["result"] in ("permerror", "temperror"), f"{domain}: {got}")
            check(got["queries"] >= asked, f"{domain}: all of them counted: {got}")


def slow():
    """answers that take their time: the deadline ends it, temporarily"""
    def answer(q):
        if q.kind == d.TXT:
            return (0.3, q.reply([text(q, f"v=spf1 include:a{q.name} -all")]))
        return (0.3, nothing(q))
    with d.DnsServer(answer) as server, Asker(server, timeout_ms=60000) as a:
        start = time.monotonic()
        got = a.spf("slow.test", 1000)
        equal(got["result"], "temperror", got["reason"])
        check(time.monotonic() - start < 20, "it ends")
        equal(a.spf("patient.test", 90000)["result"], "permerror", "with time, its limits")


def silent():
    """no answer to one of the questions: temporary, whatever the others said"""
    def answer(q):
        if q.name.startswith("dead"):
            return None
        return q.reply([text(q, "v=spf1 a:dead.test +all")])
    with d.DnsServer(answer) as server, Asker(server, timeout_ms=7000) as a:
        got = a.spf("half.test")
        equal(got["result"], "temperror", got["reason"])
        equal(a.spf("dead.test")["result"], "temperror", "no record")
        equal(a.reverse("203.0.113.5")["result"], "permerror", "no PTR, but an answer")


def lies():
    """answers to other questions, of other names, with other ids: never a pass"""
    good = b"v=spf1 +all"

    def answer(q):
        kind = q.name.split(".")[0]
        if kind == "id":
            return q.reply([d.txt(q.name, good)], id=q.id ^ 1)
        if kind == "question":
            return q.reply([d.txt("other.test", good)],
                           question=d.name_bytes("other.test") + b"\0\x10\0\1")
        if kind == "owner":
            return q.reply([d.txt("other.test", good)])
        if kind == "section":
            return q.reply(authority=[d.txt(q.name, good)])
        if kind == "type":
            return q.reply([d.a(q.name, CLIENT)])
        if kind == "servfail":
            return q.reply([d.txt(q.name, good)], rcode=d.SERVFAIL)
        if kind == "cut":
            return q.reply([d.txt(q.name, good)])[:-15]
        if kind == "garbage":
            return b"\xff" * 40
        return q.reply([d.txt(q.name, good)])
    with d.DnsServer(answer) as server, Asker(server, timeout_ms=7000) as a:
        equal(a.spf("honest.test")["result"], "pass", "an honest one")
        numbers = {kind: a.start(kind + ".test") for kind in
                   ["id", "question", "owner", "section", "type", "servfail", "cut", "garbage"]}
        for kind, number in numbers.items():
            got = a.hear_for(number)
            want = ["none"] if kind in ("owner", "section", "type") else ["temperror"]
            check(got["result"] in want, f"{kind}: {got}")


def huge():
    """64 KiB of records, a record of 60,000 bytes, 4,000 addresses: memory stays"""
    heap = "v=spf1 " + "ip4:203.0.113.0/28 " * 3000 + "-all"

    def answer(q):
        first = q.name.split(".")[0].rstrip("0123456789")
        if not q.tcp:
            return q.reply(truncated=True)
        if q.kind == d.A:
            return q.reply([d.record("a.test", d.A, 60, bytes([203, 0, i >> 8, i & 255]))
                            for i in range(2500)])
        if first == "heap":
            return q.reply([text(q, heap)])
        if first == "many":
            return q.reply([d.txt(q.name, b"x" * 240) for _ in range(230)])
        if first == "more":
            return q.reply([d.record(".", d.TXT, 1, b"\0")] * 4200)
        if first == "a":
            return q.reply([text(q, "v=spf1 " + "a:a.test " * 10 + "-all")])
        return q.reply([text(q, "v=spf1 " + "%{S}" * 100)])
    with d.DnsServer(answer) as server, Asker(server, cache=0) as a:
        for domain, result in [("heap0.test", "permerror"), ("many0.test", "none"),
                               ("more0.test", "temperror"), ("a0.test", "fail"),
                               ("macro0.test", "permerror")]:
            got = a.spf(domain)
            equal(got["result"], result, f"{domain} ({got['reason']})")
        before = resident(a)
        numbers = [a.start(f"{kind}{i}.test") for i in range(1, 40)
                   for kind in ("heap", "many", "more")]
        for number in numbers:
            a.hear_for(number)
        grown = resident(a) - before
        check(ASAN or grown < 64 << 10, f"{grown} KiB more")


def resident(probe):
    """KiB"""
    with open(f"/proc/{probe.process.pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


def names():
    """an address with 1,000 names, with names of odd bytes, with its own for a name"""
    def answer(q):
        number = q.name.split(".")[0]
        if q.kind == d.PTR and number == "1":
            rows = [d.record(q.name, d.PTR, 60, d.name_bytes(f"n{i}.test"))
                    for i in range(1000)]
            return q.reply(rows) if q.tcp else q.reply(truncated=True)
        if q.kind == d.PTR and number == "2":
            return q.reply([d.record(q.name, d.PTR, 60, d.name_bytes("a\r\nb.test"))])
        if q.kind == d.PTR and number == "3":
            return q.reply([d.record(q.name, d.PTR, 60, b"\xc0\x0c")])  # itself
        return nothing(q)
    with d.DnsServer(answer) as server, Asker(server) as a:
        got = a.reverse("192.0.2.1")
        equal((got["result"], got["count"], got["name"]), ("fail", 10, "n0.test"), "1,000")
        check(len(server.queries) <= 13, f"{len(server.queries)} queries")
        equal(a.reverse("192.0.2.2")["result"], "temperror", "odd bytes")
        equal(a.reverse("192.0.2.3")["result"], "fail", "a name that is a number")
        equal(a.spf("ptr.test", client="192.0.2.1")["result"], "none", "no record")


def crowd():
    """500 checks that wait for dead servers: those of others go on"""
    def answer(q):
        if "dead" in q.name:
            return None
        return q.reply([text(q, "v=spf1 ip4:192.0.2.0/24 -all")])
    with d.DnsServer(answer) as server, Asker(server, timeout_ms=15000) as a:
        dead = [a.start(f"dead{i}.test", 60000) for i in range(500)]
        start = time.monotonic()
        live = [a.start(f"live{i}.test", 60000) for i in range(400)]
        equal([a.hear_for(n)["result"] for n in live].count("pass"), 400, "live ones")
        took = time.monotonic() - start
        check(took < 40, f"400 checks took {took:.1f} s")
        equal([a.hear_for(n)["result"] for n in dead].count("temperror"), 500, "dead ones")


if __name__ == "__main__":
    sys.exit(run([loops, fans, slow, silent, lies, huge, names, crowd]))
