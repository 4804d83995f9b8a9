#!/usr/bin/env python3
"""Port 25 before strangers: what they send costs bounded time, memory and questions to
DNS; nothing of it ends a message early, and no trouble of DNS turns mail away for good."""
import ssl
import sys
import threading
import time

import dns_server as d
from ringpost_live import PATIENCE, Cases, Daemon, Sink, free_port, until
from smtp_raw import Raw, client_context, need

need("openssl", "redis-server")
cases = Cases()
check, equal = cases.check, cases.equal
OURS = "b@ours.test"
HEADER = b"From: a@sender.test\r\nSubject: %s\r\n\r\n"
REVERSE = []  # names of 127.0.0.1
QUERIES_MAX = 60  # for one message
FALSE_ENDINGS = [b"\n.\n", b"\n.\r\n", b"\r.\r\n", b"\r\n.\n", b"\r\n.\r", b"\r.\r", b"\n.\r",
                 b"\r\n\0.\r\n", b"\r\r\n.\r\r\n"]
INJECTED = (b"MAIL FROM:<evil@sender.test>\r\nRCPT TO:<b@ours.test>\r\nDATA\r\n"
            b"From: evil@sender.test\r\nSubject: smuggled\r\n\r\nx\r\n")


def authoritative(query):
    """sender.test and what stands below it; "silent" and "slow" names are just that."""
    if "silent" in query.name:
        return None
    records = {(d.TXT, "sender.test"): [d.txt(query.name, b"v=spf1 ip4:127.0.0.1 -all")],
               (d.TXT, "other.test"): [d.txt(query.name, b"v=spf1 -all")]}
    found = records.get((query.kind, query.name))
    if found:
        return query.reply(found)
    if query.name == "1.0.0.127.in-addr.arpa":
        rows = [d.record(query.name, d.PTR, 0, d.name_bytes(name)) for name in REVERSE]
        return query.reply(rows) if query.tcp or len(rows) < 20 else query.reply(truncated=True)
    if query.name == "own.test" and query.kind == d.A:
        return query.reply([d.a(query.name, "127.0.0.1")])
    if query.name.startswith("m") and query.kind == d.MX:
        return query.reply([d.mx(query.name, i, f"h{i}.{query.name}") for i in range(10)])
    if query.name == "wide.test" and query.kind == d.TXT:
        terms = " ".join(f"mx:m{i}.wide.test" for i in range(10))
        return query.reply([d.txt(query.name, f"v=spf1 {terms} -all".encode())])
    return query.reply(authority=[d.soa("test", 60)], rcode=d.NXDOMAIN)


def daemon_with(server, sink, **receive):
    port = free_port()
    daemon = Daemon(
        tls=True, dns={"servers": [server.address], "timeout": "20s"},
        routes=[sink.route("*")],
        submission={"header_size": "1 MiB", "header_lines": 10000},  # port 25's, too
        receive={"domains": [{"domain": "ours.test", "recipients": "listed",
                              "mailboxes": ["b"]}],
                 "greeting_pause": 0, "sessions_per_address": 0, "errors_per_address": 0,
                 **receive})
    daemon.config["listeners"].append(
        {"address": f"127.0.0.1:{port}", "role": "receive", "tls": "starttls"})
    daemon.write_config()
    daemon.mx = port
    return daemon


class Setting:
    def __init__(self, **receive):
        self.sink, self.server, self.receive = Sink(), d.DnsServer(authoritative), receive

    def __enter__(self):
        self.sink.__enter__()
        self.server.__enter__()
        self.daemon = daemon_with(self.server, self.sink, **self.receive)
        self.daemon.__enter__()
        return self

    def __exit__(self, *what):
        self.daemon.__exit__(*what)
        self.server.__exit__(*what)
        self.sink.__exit__(*what)

    def talk(self, **more):
        raw = Raw(self.daemon.mx, **more)
        raw.hello()
        return raw

    def send(self, text, sender="a@sender.test", timeout=60):
        with self.talk(timeout=timeout) as raw:
            return send_text(raw, text, sender)

    def subjects(self):
        return [line for m in self.sink.messages for line in m.text.split("\n")
                if line.startswith("Subject: ")]


def send_text(raw, text, sender="a@sender.test"):
    reply = raw.begin(sender, OURS)
    if reply.code == 250:
        reply = raw.ask("DATA")
    if reply.code != 354:
        return reply
    raw.send(text + b".\r\n")
    return raw.reply()


def resident(daemon):
    with open(f"/proc/{daemon.process.pid}/statm") as file:
        return int(file.read().split()[1]) * 4096


def smuggling():
    """False endings end nothing; what was hidden behind them never arrives"""
    with Setting() as s:
        for ending in FALSE_ENDINGS:
            with s.talk() as raw:
                raw.begin("a@sender.test", OURS)
                raw.ask("DATA")
                raw.send(HEADER % b"outer" + b"x" + ending + INJECTED + b"\r\n.\r\n")
                reply = raw.reply()
                equal((reply.code, reply.status), (550, "5.6.0"), f"{ending!r}: {reply}")
                equal(raw.ask("NOOP").code, 250, f"{ending!r}: one reply, no more")
        equal(s.send(HEADER % b"last" + b"x\r\n").code, 250, "an honest one")
        until(lambda: "Subject: last" in s.subjects(), 20, "its arrival")
        equal(s.subjects(), ["Subject: last"], "all that arrived")


def greedy():
    """A flood of NOOP, a line of 50 MB, 10 MB of header, 300 recipients: constant memory"""
    with Setting(recipients=100, errors=50) as s:
        equal(s.send(HEADER % b"warm" + b"x\r\n").code, 250, "a first message")
        before = resident(s.daemon)
        with s.talk() as raw:
            for _ in range(20):
                raw.send(b"NOOP\r\n" * 100000)
            check(raw.has_ended(), "a flood has an end")
        with s.talk() as raw:
            for _ in range(50):
                raw.send(b"x" * (1 << 20))
            equal(raw.ask("").code, 500, "the line")
        reply = s.send(b"From: a@sender.test\r\n" + b"X: y\r\n" * 1700000 + b"\r\nx\r\n")
        equal((reply.code, reply.status), (552, "5.3.4"), "the header")
        with s.talk() as raw:
            raw.ask("MAIL FROM:<a@sender.test>")
            codes = {raw.ask(f"RCPT TO:<b+{n}@ours.test>").code for n in range(300)}
            check(codes <= {250, 452, 421, 0}, f"recipients: {codes}")
        grown = resident(s.daemon) - before
        check(grown < 48 << 20, f"{grown >> 20} MiB more")
        with s.talk() as raw:
            codes = [raw.ask("RCPT TO:<nobody@elsewhere.test>").code for _ in range(60)]
            check(421 in codes or 0 in codes, f"errors have an end: {codes[-3:]}")
        equal(s.send(HEADER % b"after" + b"x\r\n").code, 250, "it goes on")


def trickle(raw, text, most_s):
    """A byte each 0.2 s; how long the peer listens."""
    start = time.monotonic()
    raw.socket.settimeout(0.2)
    for n in range(int(most_s / 0.2)):
        raw.send(text[n % len(text):n % len(text) + 1])
        try:
            if not raw._read():
                break
        except TimeoutError:
            pass
    return time.monotonic() - start


def slow_clients():
    """A byte at a time, in a command, in DATA, in BDAT, in a handshake: it has an end"""
    with Setting(command_timeout="2s", data_timeout="2s", message_timeout="4s",
                 session_timeout="8s") as s:
        most = 20 * PATIENCE
        took = {}

        def try_it(name, prepare, text):
            with s.talk() as raw:
                prepare(raw)
                took[name] = trickle(raw, text, most + 10)
        ways = {
            "a command": (lambda raw: None, b"N"),
            "commands": (lambda raw: None, b"NOOP\r\n"),
            "DATA": (lambda raw: (raw.begin("a@sender.test", OURS), raw.ask("DATA")), b"x"),
            "lines": (lambda raw: (raw.begin("a@sender.test", OURS), raw.ask("DATA")), b"x\r\n"),
            "BDAT": (lambda raw: (raw.begin("a@sender.test", OURS),
                                  raw.send("BDAT 1000000 LAST\r\n")), b"x"),
            "TLS": (lambda raw: raw.ask("STARTTLS"), b"\x16\x03\x01\x7f\xff\x01"),
        }
        threads = [threading.Thread(target=try_it, args=(name, *way))
                   for name, way in ways.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        equal(set(took), set(ways), "all of them ended")
        for name, seconds in took.items():
            check(seconds < most, f"{name}: {seconds:.1f} s")
        equal(s.send(HEADER % b"after" + b"x\r\n").code, 250, "it goes on")
        equal(len(s.sink.wait(1)), 1, "nothing of theirs was taken")


BODY = b"frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY="
SIGNATURE = (b"DKIM-Signature: v=1; a=rsa-sha256; d=d%d.test; s=s; h=from; bh=" + BODY
             + b"; b=AAAA\r\n")
SEAL = (b"ARC-Seal: i=%d; a=rsa-sha256; cv=%s; d=d%d.test; s=s; b=AAAA\r\n"
        b"ARC-Message-Signature: i=%d; a=rsa-sha256; d=d%d.test; s=s; h=from; bh=" + BODY
        + b"; b=AAAA\r\n"
        b"ARC-Authentication-Results: i=%d; x.test; none\r\n")


def seals(count, first):
    """A chain of COUNT sets, of domains numbered from FIRST."""
    return b"".join(SEAL % (i, b"pass" if i > 1 else b"none", first + i, i, first + i, i)
                    for i in range(count, 0, -1))


def signatures(count, first):
    return b"".join(SIGNATURE % (first + i) for i in range(count))


def bombs():
    """Messages made to be looked at: 1,000 signatures, 60 seals, 500 authors, deep comments"""
    authors = b", ".join(b"a%d@d%d.test" % (i, i) for i in range(500))
    shapes = {
        b"signatures": signatures(1000, 0),
        b"seals": seals(60, 2000),
        b"authors": b"From: " + authors.replace(b", ", b",\r\n ") + b"\r\n",
        b"fields": b"".join(b"From: a@d%d.test\r\n" % i for i in range(900)),
        b"comments": b"From: " + b"(" * 900 + b"\r\n " + b"(" * 900 + b" a@sender.test\r\n",
        b"tags": b"DKIM-Signature: " + b"".join(b"t%d=%d;\r\n " % (i, i) for i in range(900))
                 + b"d=d.test\r\n",
        b"results": b"Authentication-Results: mail.test.example; "
                    + b"dkim=pass header.d=sender.test;\r\n " * 900 + b"spf=pass\r\n",
    }
    with Setting() as s:
        for name, fields in shapes.items():
            before, start = len(s.server.queries), time.monotonic()
            more = b"" if name in (b"authors", b"fields", b"comments") \
                else b"From: a@sender.test\r\n"
            reply = s.send(fields + more + b"Subject: bomb\r\n\r\nx\r\n", timeout=90)
            took = time.monotonic() - start
            check(reply.code in (250, 550, 554), f"{name}: {reply}")
            check(took < 20 * PATIENCE, f"{name}: {took:.1f} s")
            asked = len(s.server.queries) - before
            check(asked <= QUERIES_MAX, f"{name}: {asked} queries")
        before = len(s.server.queries)
        worst = signatures(1000, 4000) + seals(50, 6000) + HEADER % b"all" + b"x\r\n"
        equal(s.send(worst, "a@wide.test", timeout=90).code, 250, "all of it")
        asked = len(s.server.queries) - before
        check(45 < asked <= QUERIES_MAX, f"SPF, DKIM and ARC at their worst: {asked} queries")
        equal(s.send(HEADER % b"after" + b"x\r\n").code, 250, "it goes on")


def names():
    """A client with 1,000 names, with strange ones, with its own: four questions, clean words"""
    with Setting(reverse_fail="refuse") as s:
        for rows, name in [([f"n{i}.test" for i in range(1000)], None),
                           (["a(b).test", 'x"\\;y.test', "a b.test"], None),
                           (["x.test", "own.test"], "own.test")]:
            REVERSE[:] = rows
            time.sleep(1.2)  # what DNS said before is forgotten
            before = len(s.server.queries)
            reply = s.send(HEADER % b"names" + b"x\r\n")
            asked = {(q.kind, q.name) for q in s.server.queries[before:]
                     if q.kind in (d.PTR, d.A)}
            check(len(asked) <= 4, f"{rows[0]}: {asked}")
            # A thousand names that cannot all be looked at may have the right one.
            equal(reply.code, 250 if name or len(rows) == 1000 else 550, f"{rows[0]}: {reply}")
        event = s.daemon.wait_event("received", client_name="own.test")
        until(lambda: len(s.sink.messages) == 2, 20, "their arrival")
        message = "\n".join(m.text for m in s.sink.messages)
        check("iprev=pass (own.test) policy.iprev=127.0.0.1" in message, message)
        check("from client.test (own.test [127.0.0.1])" in message, message)
        check(event["spf"] == "pass", event)
        REVERSE.clear()


def dns_is_silent():
    """DNS that does not answer: never a 5yz, and others do not wait for it"""
    with Setting() as s:
        waiting = []

        def hand_in(number):
            waiting.append(s.send(HEADER % b"silent" + b"x\r\n",
                                  f"a@silent{number}.test", timeout=120))
        threads = [threading.Thread(target=hand_in, args=(n,)) for n in range(20)]
        for thread in threads:
            thread.start()
        start = time.monotonic()
        equal(s.send(HEADER % b"good" + b"x\r\n").code, 250, "one whose DNS answers")
        check(time.monotonic() - start < 15 * PATIENCE, "does not wait for the others")
        for thread in threads:
            thread.join()
        equal(len(waiting), 20, "all have an answer")
        check({r.code // 100 for r in waiting} <= {2, 4}, f"{waiting}")


def dns_is_away():
    """No resolver at all: mail is taken or has to come again"""
    with Sink() as sink, d.DnsServer(lambda q: q.reply(rcode=d.REFUSED)) as server, \
            daemon_with(server, sink) as daemon:
        with Raw(daemon.mx, timeout=90) as raw:
            raw.hello()
            reply = send_text(raw, HEADER % b"x" + b"x\r\n")
            check(reply.code // 100 in (2, 4), f"{reply}")


def starttls():
    """Bytes behind STARTTLS, garbage in its place, an end in any state: nothing is taken"""
    with Setting() as s:
        with s.talk() as raw:
            raw.send(b"STARTTLS\r\nMAIL FROM:<a@sender.test>\r\nRCPT TO:<b@ours.test>\r\n")
            reply = raw.reply()
            if reply.code == 220:
                try:
                    raw.wrap(client_context())
                    check(raw.ask("DATA").code in (503, 554, 0), "the state is forgotten")
                except (ssl.SSLError, OSError):
                    pass
        with s.talk() as raw:
            equal(raw.ask("STARTTLS").code, 220, "STARTTLS")
            raw.send(b"GET / HTTP/1.0\r\n\r\n" * 100)
            check(raw.has_ended(), "garbage ends it")
        text = HEADER % b"cut" + b"x\r\n.\r\n"
        for at in range(0, len(text) - 1, 7):
            with s.talk() as raw:
                raw.starttls(client_context())
                raw.hello()
                raw.begin("a@sender.test", OURS)
                raw.ask("DATA")
                raw.send(text[:at])
        with s.talk() as raw:
            raw.starttls(client_context())
            raw.hello()
            equal(send_text(raw, HEADER % b"whole" + b"x\r\n").code, 250, "a whole one")
        until(lambda: "Subject: whole" in s.subjects(), 20, "its arrival")
        equal(s.subjects(), ["Subject: whole"], "all that arrived")


if __name__ == "__main__":
    sys.exit(cases.run([smuggling, greedy, slow_clients, bombs, names, dns_is_silent, dns_is_away, starttls]))
