#!/usr/bin/env python3
"""`ringpost trace`: what sessions say, both ways, for who watches; secrets never."""
import base64
import json
import os
import signal
import smtplib
import ssl
import subprocess
import sys
import threading

from ringpost_live import PROGRAM, Cases, Daemon, Sink, free_port, make_certificate, until

cases = Cases()
PASSWORD = "a-Long-passw0rd"
TEXT = "Subject: x\r\nFrom: me@s.test\r\n\r\nthe-text-of-it\r\n"


def coded(text):
    return base64.b64encode(text.encode()).decode()


class Trace:
    """A watch, from when the server knows of it to the end of the block."""

    def __init__(self, daemon, target, *options):
        self.lines = []
        self.process = subprocess.Popen(
            [PROGRAM, "trace", target, "--json", *options, "-c", daemon.file],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.said = self.process.stderr.readline()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)

    def texts(self, **fields):
        return [line["text"] for line in list(self.lines)
                if all(line[name] == value for name, value in fields.items())]

    def all(self):
        return "\n".join(f"{line['direction']} {line['said']} {line['text']}"
                         for line in list(self.lines))

    def wait(self, beginning, count=1, **fields):
        until(lambda: sum(text.startswith(beginning) for text in self.texts(**fields)) >= count,
              what=f"{count} times {beginning!r}")


def in_order(texts, *beginnings):
    """Whether such lines stand in this order, others between them."""
    left = iter(texts)
    return all(any(text.startswith(one) for text in left) for one in beginnings)


def submission(daemon):
    """A session that logs in, says its password out of turn, sends to two domains; seen by
    domain, by address, by account, by client"""
    with Trace(daemon, "x.test", "--in") as domain, Trace(daemon, "ME@s.test", "--in") as \
            sender, Trace(daemon, "app", "--in") as account, \
            Trace(daemon, "127.0.0.0/8", "--in") as client, \
            Trace(daemon, "nobody.test") as nobody:
        cases.check("Watching for x.test" in domain.said, domain.said)
        smtp = smtplib.SMTP("127.0.0.1", daemon.starttls_port, timeout=60)
        smtp.starttls(context=ssl._create_unverified_context())
        smtp.ehlo()
        smtp.docmd("AUTH LOGIN")
        smtp.docmd(coded("app"))
        smtp.docmd(coded("wrong-" + PASSWORD))
        smtp.docmd(coded(PASSWORD))  # where a command is due
        smtp.docmd("AUTH NOTHING " + coded(PASSWORD))
        smtp.docmd("AUTH" + coded(PASSWORD))
        smtp.login("app", PASSWORD)
        smtp.sendmail("me@s.test", ["a@y.test"], TEXT)
        smtp.sendmail("me@s.test", ["a@y.test", "b@x.test"], TEXT)
        smtp.quit()
        for one in (domain, sender, account, client):
            one.wait("ended")
        texts = domain.texts()
        cases.check(in_order(
            texts, "submission connection from 127.0.0.1", "220 ", "ehlo", "250-mail.test",
            "STARTTLS", "220 2.0.0", "TLSv1.3, ", "ehlo", "AUTH LOGIN", "334 [12 bytes]",
            "[4 bytes]", "334 [12 bytes]", "[28 bytes]", "535 ", "[20 bytes that are no comm",
            "500 ", "AUTH [", "AUTH PLAIN [", "235 ", "mail FROM:<me@s.test>",
            "250 2.1.0", "rcpt TO:<a@y.test>", "rcpt TO:<b@x.test>", "data", "354 ", "[",
            "250 2.0.0 Ok: queued as", "quit", "221 ", "ended"), domain.all())
        cases.equal(sum(t.startswith("mail FROM") for t in texts), 1, "one of two messages")
        for one in (sender, account, client):
            cases.equal(sum(t.startswith("mail FROM") for t in one.texts()), 2, one.all())
        cases.equal({line["direction"] for line in client.lines}, {"in"}, "--in")
        for one in (domain, sender, account, client):
            for secret in (PASSWORD, coded(PASSWORD), coded("\0app\0" + PASSWORD)[:12],
                           "the-text-of-it"):
                cases.check(secret not in one.all(), f"{secret} in {one.all()}")
        cases.equal(nobody.lines, [], "another domain")


def in_turn(daemon):
    """Of a client that sends on without waiting, replies stand in the order they were sent"""
    with Trace(daemon, "me@s.test", "--in") as trace:
        with daemon.connect() as smtp:
            one = f"BDAT {len(TEXT)} LAST\r\n{TEXT}"
            two = "MAIL FROM:<me@s.test>\r\nRCPT TO:<c{}@z.test>\r\n" + one
            smtp.ehlo()
            smtp.send((two.format(1) + two.format(2) + two.format(3)).encode())
            codes = [smtp.getreply()[0] for _ in range(9)]
            cases.equal(codes, [250] * 9, "all taken")
        trace.wait("ended")
        begun = "250 2.1.0", "250 2.1.5", "250 2.0.0"
        cases.check(in_order(trace.texts(said="ours"), *begun * 3), trace.all())
        cases.equal(sum(t.startswith("250 2.1.5") for t in trace.texts()), 3, trace.all())
        cases.check(in_order(trace.texts(said="theirs"), *[
            f"RCPT TO:<c{i}@z.test>" for i in (1, 2, 3)]), trace.all())


def relay(daemon, sink):
    """Out: TLS, AUTH, a flight of messages to two domains, a refusal that quotes AUTH"""
    with Trace(daemon, "b@x.test", "--out") as trace, \
            Trace(daemon, "[127.0.0.1]", "--out") as host:
        for number in range(10):
            daemon.submit("me@s.test", [f"a{number}@y.test", "b@x.test"], TEXT)
        trace.wait("250 2.0.0", 10)
        host.wait("250 2.0.0", 20)
        texts = trace.texts()
        cases.check(in_order(
            texts, "connection from", "220 ", "EHLO mail.test.example", "STARTTLS", "TLSv1.3",
            "EHLO", "AUTH ", "235 ", "message ", "MAIL FROM:<me@s.test>",
            "RCPT TO:<b@x.test>", "BDAT ", "[", "250 2.1.0", "250 2.1.5", "250 2.0.0"),
            trace.all())
        cases.equal(sum(t.startswith("RCPT") for t in texts), 10, trace.all())
        cases.check("y.test" not in trace.all(), trace.all())
        cases.check("out" == trace.lines[0]["direction"] and
                    "127.0.0.1" in trace.lines[0]["between"], str(trace.lines[0]))
        for one in (trace, host):
            for secret in ("sesame-open", coded("sesame-open"), "the-text-of-it",
                           coded("\0relay\0sesame-open")):
                cases.check(secret not in one.all(), f"{secret} in {one.all()}")
    sink.rule = lambda step: "535 5.7.8 I do not know " + step.line \
        if step.verb == "AUTH" else None
    with Trace(daemon, "[127.0.0.1]", "--out") as host:
        daemon.run("reload", status=0)  # no connection is used again
        daemon.submit("me@s.test", ["b@x.test"], TEXT)
        host.wait("535 [")
        cases.check("sesame-open" not in host.all() and
                    coded("\0relay\0sesame-open") not in host.all(), host.all())
        event = daemon.wait_event("site_down", site="[127.0.0.1]")
        cases.check("535 5.7.8 [" in event["trouble"], f"the log: {event}")
    sink.rule = None


def unreached(daemon):
    """A message whose server cannot be reached, by its id, and by its domain"""
    daemon.submit("me@s.test", ["d@closed.test"], TEXT)
    daemon.wait_event("deferred", rcpt="d@closed.test")
    name = daemon.events("deferred", rcpt="d@closed.test")[0]["id"]
    with Trace(daemon, name) as by_id, Trace(daemon, "closed.test") as by_domain:
        daemon.run("queue", "retry", name, status=0)
        by_id.wait("no connection to ")
        by_domain.wait("no connection to ")
        cases.check("refused" in by_id.all(), by_id.all())


def bounds(daemon):
    """A length, words for people, who has nothing to see, what is wrong, too many"""
    done = daemon.run("trace", "quiet.test", "--for", "1s", status=0)
    cases.check("Nothing was said" in done.stderr, done.stderr)
    cases.equal(done.stdout, "", "nothing")
    daemon.run("trace", status=2)
    daemon.run("trace", "a.test", "b.test", status=2)
    daemon.run("trace", "a.test", "--for", "soon", status=2)
    traces = [Trace(daemon, f"{i}.test") for i in range(17)]
    cases.check(any("16 watch already" in trace.said for trace in traces[-1:]), traces[-1].said)
    for trace in traces:
        trace.__exit__()


def all_of_it():
    """In and out, by everything that may be asked for, over one daemon"""
    with Daemon(tls=True) as daemon:
        certificate, key = make_certificate(daemon.directory, "sink.here", stem="sink")
        with Sink(certificate=certificate, key=key, users={"relay": "sesame-open"}) as sink:
            secret = os.path.join(daemon.directory, "secret")
            with open(secret, "w") as file:
                file.write("sesame-open\n")
            os.chmod(secret, 0o600)
            daemon.config["routes"] = [
                {"domain": "closed.test", "host": "[127.0.0.1]", "port": free_port(),
                 "private_addresses": True},
                sink.route("*", user="relay", password_file=secret)]
            daemon.write_config()
            daemon.run("reload", status=0)
            daemon.run("user", "add", "app", "--sender", "*", input=PASSWORD + "\n", status=0)
            submission(daemon)
            in_turn(daemon)
            relay(daemon, sink)
            unreached(daemon)
            bounds(daemon)


sys.exit(cases.run([all_of_it]))
