#!/usr/bin/env python3
"""What users of other relays complain about most, each tried here: stuck queues, hosts
that are dead, connections that were closed, families of addresses, TLS that breaks, limits
that stop everything, a store that fails. docs/RELIABILITY.md lists them all.
"""
import contextlib
import os
import socket
import sys
import threading
import time

from ringpost_live import PATIENCE, Cases, Daemon, Dns, Sink, until
from smtp_raw import need

need("dnsmasq", "openssl", "redis-server")
cases = Cases()
check, equal = cases.check, cases.equal
SENDER = "a@sender.test"


def send(to, subject="x"):
    daemon.submit(SENDER, [to], f"From: {SENDER}\nSubject: {subject}\n\nHello\n")


def count(name, **fields):
    return sum(all(e.get(k) == v for k, v in fields.items()) for e in daemon.events(name))


def cpu_s():
    with open(f"/proc/{daemon.process.pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Silent:
    """Takes connections and says nothing; counts them."""

    def __init__(self, greeting=b""):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.connections, self.open, self.greeting = 0, [], greeting
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            if self.greeting:
                connection.sendall(self.greeting)
            self.open.append(connection)

    def close(self):
        self.listener.close()
        for connection in self.open:
            connection.close()


def waiting_expires():
    "Mail that waits behind a full site is returned in time, wherever it waits"
    began = time.monotonic()
    for n in range(5):
        send("b@hung.test", f"hung{n}")
    until(lambda: count("notified") >= 4, 40, "the return of those that wait")
    took = time.monotonic() - began
    check(took < 30 * PATIENCE, f"returned after {took:.0f} s, to live for 6")
    check(hung.connections <= 3, f"{hung.connections} connections")


def dead_host():
    "A dead host is not called again and again, however much mail waits"
    before = refuser.connections
    for n in range(60):
        send("b@refused.test", f"refused{n}")
    until(lambda: count("site_down") > 0, 20, "the site's being left alone")
    time.sleep(3)
    check(refuser.connections - before <= 15, f"{refuser.connections - before} connections")
    busy = cpu_s()
    time.sleep(2)
    check(cpu_s() - busy < 0.4, f"{cpu_s() - busy:.2f} s of CPU in 2 s of waiting")


def closed_idle():
    "A connection the server closed while nobody used it is nobody's failure"
    for n in range(5):
        send("b@closing.test", f"closing{n}")
        until(lambda: len(closing.messages) == n + 1, what="its arrival")
        until(lambda: all(s.ended for s in closing.sessions), what="the server's closing")
    equal(count("deferred", rcpt="b@closing.test"), 0, "attempts that failed")


def rset_refused():
    "A server that answers RSET with 503 gets its mail over few connections"
    for n in range(10):
        send("b@norset.test", f"norset{n}")
    until(lambda: len(norset.messages) == 10, what="their arrival")
    equal(sorted(m.text.split("Subject: ")[1].split("\n")[0] for m in norset.messages),
          sorted(f"norset{n}" for n in range(10)), "each once")
    equal(count("bounced", rcpt="b@norset.test"), 0, "bounces")


def family_disabled():
    "With IPv6 switched off no address of it is ever tried"
    send("b@both.test")
    until(lambda: any(m.addresses == ["b@both.test"] for m in plain.messages), what="its arrival")
    event = until(lambda: [e for e in daemon.events("delivered") if e["rcpt"] == "b@both.test"],
                  what="the event")[0]
    check("[127.0.0.1]" in event["host"], f"over IPv4: {event['host']}")
    check(not any("[::" in str(e) or "[fd" in str(e) for e in daemon.events("deferred")),
          "no IPv6 in a failure")


def tls_breaks():
    "Where TLS may be and breaks, mail goes without it"
    send("b@badtls.test")
    until(lambda: any(m.addresses == ["b@badtls.test"] for m in badtls.messages),
          what="its arrival")
    check(not badtls.messages[-1].session.tls, "in the clear")
    equal(count("deferred", rcpt="b@badtls.test"), 0, "attempts that failed")


def tight_limit():
    "A limit of messages a second lets exactly that much through, and stops nothing else"
    for n in range(12):
        send("b@slow.test", f"slow{n}")
    began = time.monotonic()
    send("b@quick.test", "quick")
    until(lambda: any(m.addresses == ["b@quick.test"] for m in plain.messages), what="another's")
    check(time.monotonic() - began < 5 * PATIENCE, "another domain's mail goes at once")
    until(lambda: len(slow.messages) == 12, 30, "their arrival")
    times = sorted(m.at for m in slow.messages)
    for first, third in zip(times, times[3:]):
        check(third - first > 0.9, f"four within {third - first:.2f} s at two a second")


def fanout():
    "One message to many recipients: one transaction for each site, no copy twice"
    daemon.submit(SENDER, [f"u{n}@many.test" for n in range(300)],
                  f"From: {SENDER}\nSubject: many\n\nHello\n")
    until(lambda: sum(len(m.recipients) for m in many.messages) >= 300, 30, "their arrival")
    got = [a for m in many.messages for a in m.addresses]
    equal(sorted(got), sorted(f"u{n}@many.test" for n in range(300)), "each once")
    check(len(many.messages) <= 4, f"{len(many.messages)} transactions")


def unresolvable():
    "A domain that cannot be looked up keeps its own mail waiting and no other"
    for n in range(20):
        send("b@servfail.nowhere", f"lost{n}")
    began = time.monotonic()
    send("b@quick.test", "beside")
    until(lambda: any("beside" in m.text for m in plain.messages), what="another's")
    check(time.monotonic() - began < 5 * PATIENCE, "at once")


def drop_anything():
    "Any message can be taken out of the queue, whatever it waits for"
    send("b@refused.test", "away")
    until(lambda: daemon.run_json("queue", "list", "--domain", "refused.test"), what="it waits")
    daemon.run("queue", "drop", "--domain", "refused.test", "--yes", status=0)
    until(lambda: not daemon.run_json("queue", "list", "--domain", "refused.test"),
          what="an empty queue")


def norset_rule(step):
    return "503 5.5.1 no such thing here" if step.verb == "RSET" else None


def badtls_rule(step):
    return "454 4.7.0 TLS not available" if step.verb == "STARTTLS" else None


def local(port, domain, **more):
    return {"domain": domain, "host": "[127.0.0.1]", "port": port, "private_addresses": True,
            **more}


hung, refuser = Silent(), Silent(b"554 go away\r\n")
plain, closing, norset = Sink(), Sink(idle=0.3), Sink(rule=norset_rule)
badtls = Sink(rule=badtls_rule, extensions=["PIPELINING", "STARTTLS"])
slow, many = Sink(), Sink()
sinks = [plain, closing, norset, badtls, slow, many]
with contextlib.ExitStack() as stack:
    for each in sinks:
        stack.enter_context(each)
    dns = stack.enter_context(Dns(
        mx={"both.test": [(10, "mx.both.test")], "quick.test": [(10, "mx.quick.test")]},
        a={"mx.both.test": ["127.0.0.1", "fd00:1::1"], "mx.quick.test": ["127.0.0.1"]},
        options=["server=/nowhere/127.0.0.1#9"]))
    daemon = stack.enter_context(Daemon(
        dns={"servers": [dns.address], "timeout": "1s"}, relay={
            "expire": "6s", "ipv6": False, "retry": ["2s"]},
        routes=[local(hung.port, "hung.test", connections=1), local(refuser.port, "refused.test"),
                closing.route("closing.test"), norset.route("norset.test"),
                badtls.route("badtls.test"), slow.route("slow.test", messages_per_second=2),
                many.route("many.test"), plain.route("sender.test"),
                plain.mx_route("both.test"), plain.mx_route("quick.test")]))
    status = cases.run([waiting_expires, dead_host, closed_idle, rset_refused, family_disabled,
                        tls_breaks, tight_limit, fanout, unresolvable, drop_anything])
    if status:
        print(daemon.story(), file=sys.stderr)
    for each in (hung, refuser):
        each.close()
sys.exit(status)
