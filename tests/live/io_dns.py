#!/usr/bin/env python3
"""io/dns against a real dnsmasq and a server that misbehaves.

io_dns.py PROBE
"""
import socket
import subprocess
import sys
import time

import dns_server as d
from ports import free_port
from probe import Probe, check, equal, run

PROGRAM = sys.argv[1]


class Resolver(Probe):
    def __init__(self, *servers, timeout_ms=10000, cache=1000):
        super().__init__(PROGRAM, timeout_ms, cache, *servers)
        self.next = 0

    def start(self, kind, name, deadline_ms=60000):
        self.next += 1
        self.say("ask", self.next, kind, name, deadline_ms)
        return self.next

    def ask(self, kind, name, deadline_ms=60000):
        return self.hear_for(self.start(kind, name, deadline_ms))

    def figures(self):
        self.say("figures")
        while True:
            one = self.hear()
            if "questions" in one:
                return one
            self.seen.append(one)


class Dnsmasq:
    def __init__(self, *options):
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            ["dnsmasq", "-k", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
             f"--port={self.port}", "--listen-address=127.0.0.1", "--bind-interfaces",
             "--user=", "--group=", "--pid-file=", "--log-facility=-", *options],
            stderr=subprocess.DEVNULL)

    def __enter__(self):
        for _ in range(1200):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        raise RuntimeError("dnsmasq does not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)


def real_server():
    """dnsmasq: every type it serves, CNAMEs, names it does not have"""
    with Dnsmasq("--mx-host=example.com,mx1.example.com,10",
                 "--mx-host=example.com,mx2.example.com,20",
                 "--mx-host=null.example,.,0",
                 "--host-record=mx1.example.com,192.0.2.1,2001:db8::1",
                 "--host-record=mx2.example.com,192.0.2.2",
                 "--txt-record=s._domainkey.example.com,v=DKIM1; p=" + "A" * 180 + ","
                 + "B" * 200,
                 "--ptr-record=1.2.0.192.in-addr.arpa,mx1.example.com",
                 "--cname=www.example.com,mx1.example.com",
                 "--cname=alias.example.com,example.com",
                 "--local=/example.com/", "--local-ttl=77", "--neg-ttl=33",
                 "--auth-ttl=77") as server, \
            Resolver(server.address) as r:
        got = r.ask("MX", "Example.COM.")
        equal(got["status"], "found", "MX")
        equal(sorted(got["records"]), ["10 mx1.example.com", "20 mx2.example.com"], "MX")
        check(1 <= got["ttl"] <= 86400, "MX TTL")
        equal(r.ask("A", "mx1.example.com")["records"], ["::ffff:192.0.2.1"], "A")
        equal(r.ask("AAAA", "mx1.example.com")["records"], ["2001:db8::1"], "AAAA")
        equal(r.ask("PTR", "1.2.0.192.in-addr.arpa")["records"], ["mx1.example.com"], "PTR")
        got = r.ask("TXT", "s._domainkey.example.com")
        equal(bytes.fromhex(got["records"][0]), b"v=DKIM1; p=" + b"A" * 180 + b"B" * 200,
              "TXT strings joined")
        got = r.ask("A", "www.example.com")
        equal((got["records"], got["canonical"]), (["::ffff:192.0.2.1"], "mx1.example.com"),
              "CNAME followed")
        equal(r.ask("AAAA", "mx2.example.com")["status"], "no data", "no AAAA")
        equal(r.ask("A", "none.example.com")["status"], "no name", "no such name")
        equal(r.ask("MX", "none.example.com")["status"], "no name", "no such name")
        equal(r.ask("A", "www.example.com")["ttl"] <= 77, True, "TTL kept")
        figures = r.figures()
        equal((figures["questions"], figures["hits"]), (10, 1), "figures")


def ad_and_edns():
    """the query asks for AD and has EDNS; the answer's AD bit is seen"""
    def answer(q):
        return q.reply([d.a(q.name, "192.0.2.1")], ad=q.name.startswith("signed"))
    with d.DnsServer(answer) as server, Resolver(server.address) as r:
        equal(r.ask("A", "signed.example")["ad"], True, "AD")
        equal(r.ask("A", "unsigned.example")["ad"], False, "no AD")
        check(all(q.edns and q.ad for q in server.queries), "EDNS and AD in queries")
        check(len({q.id for q in server.queries}) == 2, "ids differ")


def cache_and_joining():
    """one query for a hundred who ask; answers and negatives from the cache"""
    def answer(q):
        if q.name.startswith("slow"):
            return (0.3, q.reply([d.a(q.name, "192.0.2.1", ttl=2)]))
        if q.name.startswith("none"):
            return q.reply(authority=[d.soa("example", 2)], rcode=d.NXDOMAIN)
        return q.reply([d.a(q.name, "192.0.2.9", ttl=0)])
    with d.DnsServer(answer) as server, Resolver(server.address) as r:
        for number in [r.start("A", "slow.example") for _ in range(100)]:
            equal(r.hear_for(number)["records"], ["::ffff:192.0.2.1"], "joined")
        equal(server.count("slow.example"), 1, "queries sent")
        figures = r.figures()
        equal((figures["joined"], figures["sent"]), (99, 1), "figures")
        r.ask("A", "SLOW.example.")
        equal(r.figures()["hits"], 1, "a hit, whatever the case")
        equal(r.ask("A", "none.example")["status"], "no name", "NXDOMAIN")
        equal(r.ask("A", "none.example")["ttl"], 2, "negative TTL")
        equal(server.count("none.example"), 1, "negative answers are kept")
        equal(r.ask("A", "zero.example")["ttl"], 1, "a TTL of zero is a second")
        time.sleep(2.1)
        r.ask("A", "slow.example")
        r.ask("A", "none.example")
        equal((server.count("slow.example"), server.count("none.example")), (2, 2),
              "asked again after the TTL")
        r.say("forget", "slow.example")
        r.ask("A", "slow.example")
        equal(server.count("slow.example"), 3, "asked again when forgotten")


def cache_bound():
    """the cache holds no more than it may"""
    def answer(q):
        return q.reply([d.a(q.name, "192.0.2.1", ttl=1000)])
    with d.DnsServer(answer) as server, Resolver(server.address, cache=50) as r:
        for number in [r.start("A", f"n{i}.example") for i in range(500)]:
            equal(r.hear_for(number)["status"], "found", "answer")
        equal(r.figures()["entries"], 50, "entries")


def failures():
    """SERVFAIL, REFUSED, NOTIMP, garbage: temporary, with the reason, kept 5 s"""
    def answer(q):
        kind = q.name.split(".")[0]
        return {
            "servfail": q.reply(rcode=d.SERVFAIL),
            "refused": q.reply(rcode=d.REFUSED),
            "notimp": q.reply(rcode=d.NOTIMP),
            "malformed": q.reply([d.a(q.name, "192.0.2.1")])[:-3],
            "referral": q.reply(authority=[d.record("example", d.NS, 9,
                                                    d.name_bytes("ns.example"))]),
        }[kind]
    with d.DnsServer(answer) as server, Resolver(server.address) as r:
        for kind, reason in [("servfail", "server failure"),
                             ("refused", "the resolver refuses us"),
                             ("notimp", "the resolver lacks the operation"),
                             ("malformed", "malformed answer"),
                             ("referral", "a referral: the resolver does not recurse")]:
            for _ in range(2):
                got = r.ask("MX" if kind == "referral" else "A", f"{kind}.example")
                equal((got["status"], got["reason"]), ("temporary", reason), kind)
                check(got["ttl"] <= 5, kind)
            equal(server.count(f"{kind}.example"), 1, f"{kind}: queries")
        equal(r.figures()["temporary"], 5, "temporary")


def lies():
    """wrong id, wrong question, wrong port: not believed"""
    def answer(q):
        honest = q.reply([d.a(q.name, "192.0.2.1")])
        lie = [d.a(q.name, "192.0.2.66")]
        if q.name.startswith("id"):
            return [q.reply(lie, id=(q.id + i) & 0xffff) for i in range(1, 200)] \
                + [(0.1, honest)]
        if q.name.startswith("question"):
            other = d.name_bytes("other.example") + b"\0\1\0\1"
            return [q.reply(lie, question=other), (0.1, honest)]
        return [b"", b"x", q.data[:11], b"\xff" * 700, (0.1, honest)]
    with d.DnsServer(answer) as server, Resolver(server.address) as r:
        for kind in ["id", "question", "garbage"]:
            equal(r.ask("A", f"{kind}.example")["records"], ["::ffff:192.0.2.1"], kind)


def silence():
    """a server that never answers: the deadline, then the resolver's own limit"""
    with d.DnsServer(lambda q: None) as server, \
            Resolver(server.address, timeout_ms=1400) as r:
        start = time.monotonic()
        got = r.ask("A", "a.example", 300)
        took = time.monotonic() - start
        equal((got["status"], got["reason"]),
              ("temporary", "no answer before the deadline"), "deadline")
        check(0.25 < took < 20, f"deadline kept: {took:.2f} s")
        start = time.monotonic()
        got = r.ask("A", "b.example", 60000)
        took = time.monotonic() - start
        equal((got["status"], got["reason"]),
              ("temporary", "no answer from the DNS server in time"), "limit")
        check(1.0 < took < 30, f"limit kept: {took:.2f} s")
        equal(server.count("b.example"), 3, "tries")
        got = r.ask("A", "c.example", 0)
        equal(got["reason"], "no time left to ask", "a deadline that has passed")


def nobody_there():
    """no server at the address: temporary, soon"""
    with Resolver(f"127.0.0.1:{free_port()}", timeout_ms=60000) as r:
        start = time.monotonic()
        got = r.ask("A", "a.example")
        equal((got["status"], got["reason"]),
              ("temporary", "no DNS server gives an answer"), "nobody")
        check(time.monotonic() - start < 20, "at once")


def second_server():
    """the first server is dead or fails: the second one answers"""
    def good(q):
        return q.reply([d.a(q.name, "192.0.2.2")])

    def bad(q):
        return q.reply(rcode=d.SERVFAIL) if q.name.startswith("fail") else None
    with d.DnsServer(bad) as first, d.DnsServer(good) as second, \
            Resolver(first.address, second.address, timeout_ms=3000) as r:
        for name in ["fail.example", "silent.example"]:
            equal(r.ask("A", name)["records"], ["::ffff:192.0.2.2"], name)


def truncated():
    """an answer too large for UDP comes by TCP, up to 64 KiB"""
    def answer(q):
        big = [d.txt(q.name, b"x" * 255) for _ in range(200)]
        if q.name.startswith("medium"):
            return q.reply([d.txt(q.name, b"y" * 250, b"y" * 250, b"y" * 250)])
        return q.reply(big) if q.tcp else q.reply(truncated=True)
    with d.DnsServer(answer) as server, Resolver(server.address) as r:
        got = r.ask("TXT", "medium.example")
        equal(len(got["records"][0]) // 2, 750, "more than 512 bytes by UDP")
        check(not server.queries[0].tcp, "by UDP")
        got = r.ask("TXT", "big.example")
        equal(len(got["records"]), 200, "records by TCP")
        equal([q.tcp for q in server.queries if q.name == "big.example"], [False, True],
              "UDP, then TCP")
        for number in [r.start("TXT", f"big{i}.example") for i in range(20)]:
            equal(len(r.hear_for(number)["records"]), 200, "many by TCP")


def huge():
    """more records than anyone needs, and names to choke on"""
    def answer(q):
        if q.name.startswith("many"):
            rows = [d.mx(q.name, i, f"mx{i}.example") for i in range(1000)]
        else:
            rows = [d.record(".", d.A, 1, b"\1\2\3\4")] * 4200
        return q.reply(rows) if q.tcp else q.reply(truncated=True)
    with d.DnsServer(answer) as server, Resolver(server.address) as r:
        equal(len(r.ask("MX", "many.example")["records"]), 1000, "1,000 MX")
        got = r.ask("A", "heap.example")
        equal((got["status"], got["reason"]),
              ("temporary", "answer with too many records"), "4,200 records")


def chains():
    """CNAMEs over several answers: followed eight deep, loops end"""
    def answer(q):
        first, _, rest = q.name.partition(".")
        if first.startswith("loop"):
            return q.reply([d.cname(q.name, f"loop{1 - int(first[4:])}.{rest}")])
        if first == "self":
            return q.reply([d.cname(q.name, q.name)])
        number = int(first[1:])
        if number:
            return q.reply([d.cname(q.name, f"c{number - 1}.{rest}", ttl=100 + number)])
        return q.reply([d.mx(q.name, 5, "mx.example")], ad=True)
    with d.DnsServer(answer) as server, Resolver(server.address) as r:
        got = r.ask("MX", "c3.example")
        equal((got["records"], got["canonical"], got["ttl"], got["ad"]),
              (["5 mx.example"], "c0.example", 101, False), "three links")
        equal((len(server.queries), got["queries"]), (4, 4), "queries for three links")
        equal(r.ask("MX", "c3.example")["queries"], 0, "from the cache")
        equal(r.ask("MX", "c8.example")["status"], "found", "eight links")
        for name in ["c9.example", "loop0.example", "self.example", "c500.example"]:
            before = len(server.queries)
            got = r.ask("MX", name)
            equal((got["status"], got["reason"]),
                  ("temporary", "too many CNAMEs in a row"), name)
            check(len(server.queries) - before <= 9, f"{name}: queries bounded")


def no_edns():
    """a server that does not know EDNS: asked without, from then on"""
    def answer(q):
        if q.edns:
            return q.reply(rcode=d.FORMERR)
        return q.reply([d.a(q.name, "192.0.2.1")])
    with d.DnsServer(answer) as server, Resolver(server.address) as r:
        for name in ["a.example", "b.example", "c.example"]:
            equal(r.ask("A", name)["records"], ["::ffff:192.0.2.1"], name)
        equal([q.edns for q in server.queries if q.name == "c.example"], [False],
              "learned")


def names():
    """names that cannot be: no such name, nothing is sent"""
    with d.DnsServer(lambda q: q.reply([d.a(q.name, "192.0.2.1")])) as server, \
            Resolver(server.address) as r:
        for name in [".", "a..b", "x" * 64 + ".example", ".".join(["x" * 49] * 6),
                     "m\u00fcnchen.example", "a\\.b"]:
            equal(r.ask("A", name)["status"], "no name", name)
        equal(len(server.queries), 0, "queries")
        equal(r.ask("A", "_dmarc.a-b.example")["status"], "found", "underscore, hyphen")
        equal(r.ask("A", "1.2.3.4")["status"], "found", "digits are a name")


def cancelling():
    """those who wait may leave, or the resolver close under them"""
    with d.DnsServer(lambda q: (2, q.reply([d.a(q.name, "192.0.2.1")]))) as server, \
            Resolver(server.address, timeout_ms=30000) as r:
        gone, stays = r.start("A", "a.example"), r.start("A", "a.example")
        time.sleep(0.1)
        r.say("cancel", gone)
        equal(r.hear_for(gone)["status"], "cancelled", "left")
        equal(r.hear_for(stays)["status"], "found", "stayed")
        alone = r.start("A", "b.example")
        time.sleep(0.1)
        r.say("cancel", alone)
        equal(r.hear_for(alone)["status"], "cancelled", "left alone")
        time.sleep(2.5)
        r.ask("A", "b.example")
        equal(server.count("b.example"), 1, "its answer was kept all the same")
        waiting = [r.start("A", f"w{i}.example") for i in range(50)]
        time.sleep(0.1)
        r.say("close")
        for number in waiting:
            equal(r.hear_for(number)["status"], "cancelled", "closed")


def many():
    """10,000 names at once, a tenth of them dead: the others do not wait"""
    def answer(q):
        if q.name.startswith("dead"):
            return None
        return q.reply([d.mx(q.name, 1, "mx." + q.name)])
    with d.DnsServer(answer) as server, \
            Resolver(server.address, timeout_ms=12000, cache=20000) as r:
        dead = [r.start("MX", f"dead{i}.example", 60000) for i in range(1000)]
        start = time.monotonic()
        live = [r.start("MX", f"live{i}.example", 60000) for i in range(9000)]
        good = sum(r.hear_for(number)["status"] == "found" for number in live)
        took = time.monotonic() - start
        equal(good, 9000, "answers")
        check(took < 60, f"9,000 answers took {took:.1f} s")
        equal(sum(r.hear_for(number)["status"] == "temporary" for number in dead), 1000,
              "dead ones")
        equal(r.figures()["fibers"], 2, "fibers left: the probe's own")


def resolver_restarts():
    """a resolver that goes away and comes back at the same port"""
    def answer(q):
        return q.reply([d.a(q.name, "192.0.2.1")])
    with d.DnsServer(answer) as server:
        port = server.port
        with Resolver(server.address, timeout_ms=1000) as r:
            equal(r.ask("A", "a.example")["status"], "found", "there")
            server.__exit__()
            equal(r.ask("A", "b.example")["status"], "temporary", "gone")
            with d.DnsServer(answer, port=port):
                equal(r.ask("A", "c.example")["status"], "found", "back")


if __name__ == "__main__":
    sys.exit(run([real_server, ad_and_edns, cache_and_joining, cache_bound, failures, lies,
                  silence, nobody_there, second_server, truncated, huge, chains, no_edns,
                  names, cancelling, many, resolver_restarts]))
