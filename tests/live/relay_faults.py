#!/usr/bin/env python3
"""Relaying to a world that misbehaves: DNS says no or nothing, hosts are dead, slow,
picky or mad. Every recipient ends delivered, or its sender is told why not.
"""
import re
import socket
import sys
import threading
import time

import dns_server
from dns_server import DnsServer
from ringpost_live import (
    CLOSE, PATIENCE, Cases, Daemon, Dns, Sink, free_port, make_certificate, until)
from smtp_raw import Raw, need, notification, parse

need("dnsmasq", "openssl", "redis-server")
cases = Cases()
check, equal = cases.check, cases.equal

SENDER = "a@sender.test"
HOSTS = ("127.0.0.2", "127.0.0.3")  # the first and second MX; nobody is at 127.0.0.9


def common_port():
    """A port that is free on all the addresses that one route leads to."""
    return free_port(HOSTS[0], HOSTS[1], "127.0.0.9", *(["::1"] if has_ipv6() else []))


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


def send(*recipients, subject="x", body="Hello\r\n", parameters="", rcpt="", sender=SENDER,
         more=""):
    """Submits; the id."""
    with Raw(daemon.port) as raw:
        raw.hello()
        replies = [raw.ask(f"MAIL FROM:<{sender}>{parameters}")]
        replies += [raw.ask(f"RCPT TO:<{r}>{rcpt}") for r in recipients]
        replies.append(raw.ask("DATA"))
        text = f"From: {SENDER}\r\nTo: x\r\nSubject: {subject}\r\n{more}\r\n{body}"
        raw.send(text.encode() + b".\r\n")
        reply = raw.reply()
        assert reply.code == 250, (replies, reply)
        return reply.text.rsplit(" ", 1)[-1]


def returned(id, timeout=20):
    """The notification about message ID, taken apart."""
    daemon.wait_event("notified", timeout, about=id)
    dsn = daemon.events("notified", about=id)[-1]["id"]
    daemon.wait_event("delivered", timeout, id=dsn)
    mine = [m for m in home.messages if f"id {dsn}".encode() in m.data or dsn.encode() in m.data]
    equal(len(mine), 1, f"notifications about {id}")
    equal(mine[0].sender, "", "the sender of a notification")
    equal(mine[0].addresses, [SENDER], "whom it goes to")
    return notification(mine[0])


def gone():
    """Whether the queue is empty."""
    return not daemon.run_json("queue", "list")


def events_of(id, *names):
    return [e for e in daemon.events() if e.get("id") == id and e["event"] in names]


# --- Where to ---

def mx_order():
    "MX by preference; the next one when the first does not answer"
    ids = [send("b@order.test", subject=f"order{n}") for n in range(5)]
    ids += [send("b@dead.test", subject="dead")]
    for id in ids:
        daemon.wait_event("delivered", id=id)
    equal(sum(m.addresses == ["b@order.test"] for m in first.messages), 5, "at the best MX")
    equal(sum(m.addresses == ["b@order.test"] for m in second.messages), 0, "at the worse MX")
    equal([m.addresses for m in second.messages if "dead" in m.text.split("\n\n")[0]],
          [["b@dead.test"]], "the best is dead")
    equal(events_of(ids[-1], "deferred"), [], "that is no reason to wait")
    for number in range(24):
        send("b@equal.test", subject="equal")
    for sink in (first, second):
        until(lambda: sum(m.addresses == ["b@equal.test"] for m in sink.messages) > 2, 20,
              "a share for each of two equal MX")


def no_mx():
    "No MX: the host itself; a CNAME is followed; IPv4 where IPv6 is dead"
    for domain in ["implicit.test", "alias.test"] + ["six.test", "halfdead.test"] * has_ipv6():
        id = send(f"b@{domain}", subject=domain)
        event = daemon.wait_event("delivered", id=id)
        equal(events_of(id, "deferred"), [], f"{domain}: attempts that failed")
        want = "::1" if domain == "six.test" else HOSTS[0]
        check(want in event["host"], f"{domain} goes to {want}: {event['host']}")


def refused_by_dns():
    "Null MX, no such domain, nothing there: returned, and why"
    for domain, status, word in (("null.test", "5.1.10", "null MX"),
                                 ("nowhere.test", "5.1.2", "not exist"),
                                 ("empty.test", "5.1.2", "no mail server"),
                                 ("hostless.test", "5.4.4", "address")):
        dsn = returned(send(f"b@{domain}", subject=domain))
        about, = dsn.recipients
        equal(about["Final-Recipient"], f"rfc822; b@{domain}".replace("; ", ";")
              if ";b" in about["Final-Recipient"] else f"rfc822; b@{domain}", "Final-Recipient")
        equal((about["Action"], about["Status"]), ("failed", status), domain)
        check(word in dsn.text, f"{domain}: the text says {word!r}: {dsn.text}")
        equal(dsn.report["Reporting-MTA"].replace(" ", ""), "dns;mail.test.example", "who reports")
        check(f"Subject: {domain}" in dsn.original, "the original's header")


def private_addresses():
    "An MX in private space, or ourselves: not without a route that says so"
    for domain, status in (("private.test", "5.4.4"), ("own.test", "5.4.6"),
                           ("best.test", "5.4.6")):
        dsn = returned(send(f"b@{domain}"))
        equal(dsn.recipients[0]["Status"], status, domain)


# --- What hosts say ---

def greylisting():
    "450 at first: tried again, delivered once"
    id = send("grey@picky.test")
    event = daemon.wait_event("delivered", id=id)
    check(event["attempt"] >= 2, f"attempts: {event['attempt']}")
    deferred = daemon.wait_event("deferred", id=id)
    check("450 4.2.0 greylisted" in deferred["reply"], f"the event says why: {deferred}")
    equal(sum(m.addresses == ["grey@picky.test"] for m in picky.messages), 1, "copies")


def five_hundreds():
    "5yz to MAIL, RCPT, DATA and the message: returned with what was said"
    for local, code, status, words in (
            ("user", 550, "5.1.1", "no such user"), ("mail", 553, "5.1.8", "not from there"),
            ("data", 554, "5.7.1", "no data"), ("end", 554, "5.6.0", "no thanks")):
        sender = SENDER
        id = send(f"{local}@picky.test", subject=local, parameters=" ENVID=env+2B" + local,
                  rcpt=f" ORCPT=rfc822;orig-{local}@x.test", sender=sender)
        dsn = returned(id)
        about, = dsn.recipients
        equal((about["Action"], about["Status"]), ("failed", status), f"{local}: the verdict")
        check(about["Diagnostic-Code"].startswith("smtp")
              and str(code) in about["Diagnostic-Code"] and words in about["Diagnostic-Code"],
              f"{local}: Diagnostic-Code {about['Diagnostic-Code']}")
        equal(about["Original-Recipient"].replace(" ", ""), f"rfc822;orig-{local}@x.test",
              "Original-Recipient")
        equal(dsn.report["Original-Envelope-Id"], f"env+{local}", "Original-Envelope-Id")
        check("mx.picky.test" in about["Remote-MTA"], f"Remote-MTA {about['Remote-MTA']}")
        check(words in dsn.text, "the text says it, too")


def partial():
    "One accepted, one later, one never: each by itself"
    id = send("good@picky.test", "grey2@picky.test", "user@picky.test")
    dsn = returned(id)
    equal([r["Final-Recipient"].split(";")[1].strip() for r in dsn.recipients],
          ["user@picky.test"], "who is returned")
    daemon.wait_event("delivered", id=id, rcpt="grey2@picky.test")
    got = sorted(a for m in picky.messages for a in m.addresses
                 if a in ("good@picky.test", "grey2@picky.test"))
    equal(got, ["good@picky.test", "grey2@picky.test"], "each once")


def wishes():
    "NOTIFY=NEVER and SUCCESS, RET=FULL and HDRS, the null sender"
    id = send("user@picky.test", rcpt=" NOTIFY=NEVER")
    daemon.wait_event("bounced", id=id)
    null = send("user@picky.test", sender="")
    daemon.wait_event("bounced", id=null)
    full = returned(send("user@picky.test", body="the whole body\r\n", parameters=" RET=FULL"))
    check("the whole body" in full.original, "RET=FULL returns the body")
    short = returned(send("user@picky.test", body="the whole body\r\n", parameters=" RET=HDRS"))
    check("the whole body" not in short.original and "Subject:" in short.original,
          "RET=HDRS returns the header alone")
    # The picky one does not offer DSN: we say that it was relayed.
    dsn = returned(send("good@picky.test", rcpt=" NOTIFY=SUCCESS"))
    equal(dsn.recipients[0]["Action"], "relayed", "NOTIFY=SUCCESS toward one without DSN")
    until(gone, 20, "an empty queue")
    for one in (id, null):
        equal(daemon.events("notified", about=one), [], "nobody is told")


def host_wishes():
    "SIZE, 8BITMIME and SMTPUTF8 that a peer does not have"
    id = send("b@small.test", body="x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * 30)
    equal(returned(id).recipients[0]["Status"], "5.3.4", "too big for the peer")
    equal(small.lines("MAIL"), [], "that is not even tried")
    id = send("b@seven.test", subject="seven", parameters=" BODY=8BITMIME", body="grüße\r\n" * 3,
              more="MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                   "Content-Transfer-Encoding: 8bit\r\n")
    daemon.wait_event("delivered", id=id)
    message, = [m for m in seven.messages if m.addresses == ["b@seven.test"]]
    check(message.data.isascii(), "seven bits are sent")
    equal(parse(message.data).get_content().replace("\r\n", "\n"), "grüße\n" * 3,
          "the same text when decoded")
    id = send("ü@seven.test", parameters=" SMTPUTF8")
    dsn = returned(id)
    equal(dsn.recipients[0]["Status"], "5.6.7", "a UTF-8 address to a peer without SMTPUTF8")


# --- Connections ---

def closed_between():
    "A peer that hangs up after each message delays nothing"
    ids = [send("b@curt.test", subject=f"c{n}") for n in range(6)]
    for id in ids:
        daemon.wait_event("delivered", id=id)
        equal(events_of(id, "deferred"), [], "attempts that failed")
    check(len(curt.sessions) >= 6, f"connections: {len(curt.sessions)}")
    equal(len(curt.messages), 6, "copies")


def too_many():
    "421 after three messages of a connection: another connection takes the rest"
    ids = [send("b@three.test", subject=f"t{n}") for n in range(12)]
    for id in ids:
        daemon.wait_event("delivered", id=id)
        equal(events_of(id, "deferred"), [], "attempts that failed")
    equal(len(three.messages), 12, "copies")
    check(all(len(s.messages) <= 3 for s in three.sessions), "three a connection")


def reply_lost():
    "The connection dies between the dot and its reply: sent again, and said so"
    id = send("lost@picky.test")
    daemon.wait_event("delivered", id=id)
    event = daemon.wait_event("deferred", id=id)
    check(event.get("uncertain"), f"the event says that it may have arrived: {event}")


def closing():
    "421 at the greeting, at RCPT and at the end: later, to somebody else if there is one"
    id = send("b@closing.test", subject="closing")
    event = daemon.wait_event("delivered", id=id)
    check(HOSTS[1] in event["host"], f"the second MX takes it: {event['host']}")
    for local in ("bye", "byeend"):
        id = send(f"{local}@picky.test")
        daemon.wait_event("delivered", id=id)
        check(len(daemon.events("deferred", id=id)) >= 1, f"{local}: deferred first")


def slow():
    "A site that takes its time holds up nobody else"
    slow_ids = [send("b@slow.test", subject="slow") for _ in range(10)]
    start = time.monotonic()
    ids = [send("b@order.test", subject="quick") for _ in range(50)]
    for id in ids:
        daemon.wait_event("delivered", id=id)
    took = time.monotonic() - start
    check(took < 10 * PATIENCE, "50 quick ones beside 10 slow ones")
    if took < 3:
        equal([e for id in slow_ids for e in events_of(id, "delivered", "deferred", "bounced")],
              [], "the slow ones are still on their way")
    for id in slow_ids:
        daemon.wait_event("delivered", 30, id=id)


class Mad(threading.Thread):
    """A server that says what a test wants, byte for byte: SCRIPT(connection)."""

    def __init__(self, script):
        super().__init__(daemon=True)
        self.script = script
        self.listener = socket.create_server((HOSTS[0], 0))
        self.port = self.listener.getsockname()[1]
        self.connections = 0
        self.start()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            connection.settimeout(20)
            try:
                self.script(connection)
            except (OSError, ValueError):
                pass

    def close(self):
        self.listener.close()


def speak(connection, replies, ending=b""):
    """Answers each line with the next of REPLIES."""
    lines = connection.makefile("rb")
    connection.sendall(b"220 mad.test\r\n")
    for reply in replies:
        if not lines.readline():
            return
        connection.sendall(reply)
    if ending:
        connection.sendall(ending)
    lines.readline()


def endless_line(connection):
    connection.sendall(b"220 " + b"x" * (10 << 20) + b"\r\n")
    connection.recv(1)


def endless_reply(connection):
    connection.sendall(b"220-and so on\r\n" * 100000)
    connection.sendall(b"220 mad.test\r\n")
    connection.recv(1)


def no_line_end(connection):
    connection.sendall(b"220 mad.test")
    connection.recv(1)


def early(connection):
    # MAIL, RCPT, DATA, and a 250 for content that was not sent yet.
    speak(connection, [b"250 mad.test\r\n", b"250 ok\r\n", b"250 ok\r\n",
                       b"354 go\r\n250 2.0.0 taken\r\n"])


def control_bytes(connection):
    speak(connection, [b"250 mad.test\r\n", b"250 ok\r\n",
                       b"550-5.1.1 bad \x1b[31m\x00\xff\xc3\xa4\r\n"
                       b"550 5.1.1 Subject: forged\r\n"])


MAD = {"line": endless_line, "reply": endless_reply, "noend": no_line_end, "early": early}


def mad():
    "Endless lines and replies, none at all, a 250 too early: later, in bounded memory"
    before = daemon_memory()
    ids = {name: send(f"b@{name}.mad.test") for name in MAD}
    for name, id in ids.items():
        event = daemon.wait_event("deferred", 30, id=id)
        check(event["reply"].startswith("4."), f"{name}: {event['reply'][:100]}")
        equal(events_of(id, "delivered"), [], f"{name} is not delivered")
        daemon.run("queue", "drop", id, status=0)
    check(daemon_memory() - before < 40 << 20, f"memory: {(daemon_memory() - before) >> 20} MiB more")
    id = send("b@control.mad.test")
    dsn = returned(id)
    data = dsn.envelope.data
    check(data.isascii() and b"\x1b" not in data and b"\0" not in data,
          "control bytes of a reply do not reach the notification")
    check(not re.search(rb"(?m)^Subject: forged", data), "nor does a header")
    equal(dsn.recipients[0]["Status"], "5.1.1", "its status does")


def daemon_memory():
    with open(f"/proc/{daemon.process.pid}/statm") as file:
        return int(file.read().split()[1]) * 4096


# --- TLS ---

def tls_levels():
    "may: TLS where it works; must and verify: or the mail waits"
    id = send("b@tls.test")
    event = daemon.wait_event("delivered", id=id)
    check(event.get("tls", "").startswith("TLSv1"), f"may, offered: {event}")
    id = send("b@broken.test")
    event = daemon.wait_event("delivered", id=id)
    check("tls" not in event, f"may, its handshake breaks: {event}")
    event = daemon.wait_event("delivered", id=send("b@verified.test"))
    check(event.get("verified") is True, f"verify, the right name: {event}")
    for domain, status in (("nontls.test", "4.7"), ("mustbroken.test", "4.7"),
                           ("wrongname.test", "4.7")):
        id = send(f"b@{domain}")
        event = daemon.wait_event("deferred", id=id)
        check(event["reply"].startswith(status), f"{domain}: {event['reply']}")
        daemon.run("queue", "drop", id, status=0)
    check(all(m.session.tls for m in tls_sink.messages), "no message went there in the clear")


def smarthost():
    "A smarthost with TLS and a password"
    event = daemon.wait_event("delivered", id=send("b@smart.test"))
    check(event.get("tls"), "over TLS")
    message, = [m for m in smart.messages if m.addresses == ["b@smart.test"]]
    equal((message.session.user, message.session.password), ("us", "secret word"), "who logs in")


# --- Time, and loops ---

def expiry():
    "Waiting: a warning, once, where it is asked for; then returned with what was last said"
    global daemon
    mine = daemon
    with Daemon(dns={"servers": [dns.address]}, routes=ROUTES,
                relay={**RELAY, "expire": "4s", "delay_warning": "1s"}) as daemon:
        try:
            id = send("never@picky.test", rcpt=" NOTIFY=DELAY,FAILURE")
            dsn = returned(id)
            about, = dsn.recipients
            equal((about["Action"], about["Status"]), ("delayed", "4.2.0"), "the warning")
            check("Will-Retry-Until" in about, "until when")
            quiet = send("never@picky.test", rcpt=" NOTIFY=NEVER")
            null = send("never@picky.test", sender="")
            daemon.wait_event("notified", about=id, count=2)
            dsn = returned(id)
            equal((dsn.recipients[0]["Action"], dsn.recipients[0]["Status"]),
                  ("failed", "4.4.7"), "expired")
            check("450 4.2.0 never" in dsn.text, f"the last answer: {dsn.text}")
            until(gone, 20, "an empty queue")
            equal(len(daemon.events("notified", about=id)), 2, "notifications")
            for other in (quiet, null):
                daemon.wait_event("bounced", id=other)
                equal(daemon.events("notified", about=other), [], "nobody is told")
        finally:
            daemon = mine


def loops():
    "Two relays that send to each other; a message of too many hops"
    with Raw(daemon.port) as raw:
        raw.hello()
        raw.begin()
        raw.ask("DATA")
        raw.send("Received: from a by b; Mon, 2 Jan 2023 03:04:05 +0000\r\n" * 60
                 + "From: a@sender.test\r\n\r\nx\r\n.\r\n")
        reply = raw.reply()
        equal((reply.code, reply.status), (554, "5.4.6"), "60 hops")
    here, there = Daemon(), Daemon()
    here.config["routes"] = [home.route("sender.test"), route_to(there)]
    there.config["routes"] = [home.route("sender.test"), route_to(here)]
    for one in (here, there):
        one.config["submission"] = {"hops": 8}
        one.write_config()
    with here, there:
        before = len(home.messages)
        here.submit(SENDER, ["b@loop.test"], "Subject: round\nFrom: a@sender.test\n\nx\n")
        message = home.wait(before + 1)[before]
        dsn = notification(message)
        equal(dsn.recipients[0]["Status"], "5.4.6", "a loop of two")
        until(lambda: not here.run_json("queue", "list") and not there.run_json("queue", "list"),
              20, "empty queues")
        here.wait_event("received", count=4)
        received = len(here.events("received")) + len(there.events("received"))
        check(received <= 10, f"it went round {received} times")
    equal(len(home.messages), before + 1, "notifications")


def route_to(other):
    return {"domain": "loop.test", "host": "[127.0.0.1]", "port": other.port, "tls": "none",
            "private_addresses": True}


# --- A resolver that lies ---

def hostile_dns():
    "SERVFAIL, silence, refusal, nonsense: the mail waits, and goes when DNS is back"
    well = threading.Event()

    def answer(query):
        kind = query.name.split(".")[0]
        if not well.is_set() or kind == "mx":
            if kind == "silent":
                return None
            if kind == "refused":
                return query.reply(rcode=dns_server.REFUSED)
            if kind == "cut":
                return query.reply()[:15]
            if kind == "other":
                return query.reply(id=query.id ^ 1)
            if kind == "loop":
                return query.reply([dns_server.cname(query.name, query.name)])
            if kind not in ("mx", "many"):
                return query.reply(rcode=dns_server.SERVFAIL)
        if kind == "many" and query.kind == dns_server.MX:
            return query.reply([dns_server.mx(query.name, 10, f"n{n}.mx.test", 1)
                                for n in range(1000)], truncated=not query.tcp)
        if query.kind == dns_server.MX:
            return query.reply([dns_server.mx(query.name, 10, "mx.test", 1)])
        if query.kind == dns_server.A and query.name == "mx.test":
            return query.reply([dns_server.a(query.name, HOSTS[0], 1)])
        return query.reply(authority=[dns_server.soa("test", 1)])

    kinds = ("fail", "silent", "refused", "cut", "other", "loop")
    with DnsServer(answer) as server, Daemon(
            dns={"servers": [server.address], "timeout": "300ms"}, relay=RELAY,
            routes=[{"domain": "*", "port": PORT, "private_addresses": True}]) as other:
        text = "From: a@sender.test\nSubject: dns\n\nx\n"
        ids = {k: other.submit(SENDER, [f"b@{k}.test"], text) for k in kinds}
        for kind, id in ids.items():
            event = other.wait_event("deferred", 30, id=id)
            check(event["reply"].startswith("4.4"), f"{kind}: {event['reply']}")
        queries = len(server.queries)
        equal(other.events("bounced"), [], "nothing is returned for a temporary error")
        many = other.submit(SENDER, ["b@many.test"], text)
        until(lambda: [e for e in other.events() if e.get("id") == many
                       and e["event"] in ("deferred", "bounced", "delivered")], 60, "an end")
        check(len(server.queries) - queries < 60 + 20 * len(kinds),
              f"1,000 MX cost {len(server.queries) - queries} queries")
        well.set()
        for kind, id in ids.items():
            if kind != "loop":
                other.wait_event("delivered", 40, id=id)
        other.run("queue", "drop", "--domain", "many.test")


# --- The world ---

PORT = common_port()
IPV4_PORT = None
grey_seen = set()


def picky_rule(step):
    local = (step.address or "").split("@")[0]
    sender_line = step.message and step.message.recipients and step.message.addresses[0]
    last = (sender_line or "").split("@")[0]
    if step.verb == "RCPT":
        if local == "never":
            return "450 4.2.0 never"
        if local in ("grey", "grey2", "bye") and local not in grey_seen:
            grey_seen.add(local)
            return "421 4.3.2 bye" if local == "bye" else "450 4.2.0 greylisted"
        if local == "user":
            return "550 5.1.1 no such user"
        if local == "mail":
            return "553 5.1.8 not from there"
    if step.verb in ("DATA", "BDAT", "END") and last == "data":
        return "554 5.7.1 no data"
    if step.verb == "END":
        if last == "end":
            return "554 5.6.0 no thanks"
        if last in ("lost", "byeend") and last not in grey_seen:
            grey_seen.add(last)
            return CLOSE if last == "lost" else "421 4.3.2 bye"


def curt_rule(step):
    if step.verb in ("MAIL", "NOOP", "RSET") and step.session.messages:
        return CLOSE


def three_rule(step):
    if step.verb == "MAIL" and len(step.session.messages) >= 3:
        return "421 4.7.0 Too many messages"


def closing_rule(step):
    if step.verb == "CONNECT":
        return "421 4.3.2 Closing"


def slow_rule(step):
    return (0.8, None)


RELAY = {"retry": ["500ms", "500ms", "1s"], "connect_timeout": "2s", "greeting_timeout": "2s",
         "command_timeout": "5s", "idle": "5s"}
PLAIN = ("SIZE 52428800", "8BITMIME", "PIPELINING", "ENHANCEDSTATUSCODES", "SMTPUTF8")
first, second = Sink(host=HOSTS[0], port=PORT), Sink(host=HOSTS[1], port=PORT)
closing_sink = Sink(closing_rule, host="127.0.0.4", port=PORT)
six = Sink(host="::1", port=PORT) if has_ipv6() else None
home = Sink(host=HOSTS[0])
picky = Sink(picky_rule, host=HOSTS[0], extensions=PLAIN)
curt, three = Sink(curt_rule, host=HOSTS[0]), Sink(three_rule, host=HOSTS[0], extensions=PLAIN)
small = Sink(host=HOSTS[0], extensions=["SIZE 2000", "8BITMIME"])
seven = Sink(host=HOSTS[0], extensions=["PIPELINING"])
slow_sink = Sink(slow_rule, host=HOSTS[0])
dns = Dns(
    mx={"order.test": [(10, "mx1.test"), (20, "mx2.test")],
        "dead.test": [(10, "mx9.test"), (20, "mx2.test")],
        "equal.test": [(10, "mx1.test"), (10, "mx2.test")],
        "closing.test": [(5, "mx4.test"), (20, "mx2.test")],
        "hostless.test": [(10, "hostless-mx.test")],
        "private.test": [(10, "private-mx.test")], "own.test": [(10, "own-mx.test")],
        "best.test": [(10, "mail.test.example"), (20, "mx1.test")],
        "picky.test": [(10, "mx.picky.test")]},
    a={"mx1.test": [HOSTS[0]], "mx2.test": [HOSTS[1]], "mx4.test": ["127.0.0.4"],
       "mx9.test": ["127.0.0.9"], "mx.picky.test": [HOSTS[0]],
       "implicit.test": [HOSTS[0]], "host.test": [HOSTS[0]], "private-mx.test": ["10.1.2.3"],
       "own-mx.test": ["127.0.0.1"], "six.test": ["::1", HOSTS[0]],
       "halfdead.test": ["::1", HOSTS[0]]},
    txt={"empty.test": "nothing else"}, cname={"alias.test": "host.test"},
    options=["dns-rr=null.test,15,000000", "dns-rr=hostless-mx.test,16,0161"])


def world():
    """Starts all there is; the daemon's routes."""
    import tempfile
    global tls_sink, broken, smart, ROUTES, FOLDER
    FOLDER = tempfile.mkdtemp(prefix="ringpost-relay-")
    certificate, key = make_certificate(FOLDER, "sink.test", stem="sink")
    tls_sink = Sink(host=HOSTS[0], certificate=certificate, key=key)
    broken = Sink(host=HOSTS[0], certificate=certificate, key=key)
    import ssl
    import warnings
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        broken.context.minimum_version = ssl.TLSVersion.TLSv1
        broken.context.maximum_version = ssl.TLSVersion.TLSv1_1
    smart = Sink(host=HOSTS[0], certificate=certificate, key=key, users={"us": "secret word"})
    with open(FOLDER + "/password", "w") as file:
        file.write("secret word\n")
    import os
    os.chmod(FOLDER + "/password", 0o600)
    sinks = [first, second, closing_sink, home, picky, curt, three, small, seven, slow_sink,
             tls_sink, broken, smart] + ([six] if six else [])
    for sink in sinks:
        sink.__enter__()
    half = Sink(host=HOSTS[0])
    half.__enter__()
    ROUTES = [{"domain": d, "port": PORT, "private_addresses": True} for d in
              ("order.test", "dead.test", "equal.test", "closing.test", "implicit.test",
               "alias.test", "six.test")]
    ROUTES[2]["messages_per_connection"] = 1
    ROUTES += [home.route("sender.test"), picky.mx_route("picky.test"), curt.route("curt.test"),
               three.route("three.test", connections=2), small.route("small.test"),
               seven.route("seven.test"), slow_sink.route("slow.test"),
               half.mx_route("halfdead.test"), tls_sink.route("tls.test"),
               broken.route("broken.test"),
               tls_sink.route("verified.test", tls="verify", tls_name="sink.test"),
               tls_sink.route("wrongname.test", tls="verify", tls_name="other.test"),
               home.route("nontls.test", tls="must"),
               broken.route("mustbroken.test", tls="must"),
               smart.route("smart.test", tls="must", user="us",
                           password_file=FOLDER + "/password")]
    mad_servers = [Mad(script) for script in MAD.values()] + [Mad(control_bytes)]
    ROUTES += [{"domain": f"{name}.mad.test", "host": f"[{HOSTS[0]}]", "port": server.port,
                "private_addresses": True}
               for name, server in zip([*MAD, "control"], mad_servers)]
    return certificate


certificate = world()
try:
    with dns, Daemon(dns={"servers": [dns.address]}, relay=RELAY, routes=ROUTES,
                     environment={"SSL_CERT_FILE": certificate}) as daemon:
        # What own.test's MX is: a listener of ours.
        ROUTES.append({"domain": "own.test", "port": daemon.port})
        daemon.config["routes"] = ROUTES
        daemon.write_config()
        assert daemon.reload()
        status = cases.run([
            mx_order, no_mx, refused_by_dns, private_addresses, greylisting, five_hundreds,
            partial, wishes, host_wishes, closed_between, too_many, reply_lost, closing,
            slow, mad, tls_levels, smarthost, expiry, loops, hostile_dns])
finally:
    import shutil
    shutil.rmtree(FOLDER)
sys.exit(status)
