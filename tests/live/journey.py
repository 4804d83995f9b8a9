#!/usr/bin/env python3
"""The journey of a message: submitted over STARTTLS with a login to a local address, seen by
a client in IDLE, fetched; as a transcript with times.

journey.py [--record FILE]    FILE gets it between its marks (docs/JOURNEY.md)
"""
import base64
import datetime
import re
import socket
import ssl
import statistics
import sys
import threading
import time

from imap_raw import Imap
from ringpost_mailboxes import PASSWORD, Mailboxes
from ringpost_live import PATIENCE, Cases

cases = Cases()
SENDER, READER = "ann@here.test", "bob@here.test"
MESSAGE = """From: Ann <ann@here.test>
To: Bob <bob@here.test>
Subject: Lunch
Date: {date}
Message-ID: <lunch.{number}@here.test>

At noon?
"""


class Transcript:
    """What two clients say and hear, with times."""

    def __init__(self):
        self.start, self.lines, self.lock = time.monotonic(), [], threading.Lock()

    def add(self, who, what):
        at = time.monotonic()
        with self.lock:
            for line in what.rstrip("\r\n").split("\r\n"):
                self.lines.append((at, who, line))
        return at

    def text(self):
        zero = next(at for at, who, line in self.lines if line == "S: .")
        return "\n".join(f"{1000 * (at - zero):+9.2f} ms  {who}  {line}".rstrip()
                         for at, who, line in sorted(self.lines, key=lambda one: one[0]))


class Sender:
    """SMTP, a reply at a time."""

    def __init__(self, daemon, transcript):
        self.transcript = transcript
        self.socket = socket.create_connection(("127.0.0.1", daemon.starttls_port),
                                               30 * PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.input = b""
        self.reply()
        self.ask("EHLO ann.here.test")
        self.ask("STARTTLS")
        context = ssl.create_default_context(cafile=daemon.certificate)
        self.socket = context.wrap_socket(self.socket, server_hostname="mail.test.example")
        transcript.add("587", f"-- {self.socket.version()} --")
        self.ask("EHLO ann.here.test")
        token = base64.b64encode(f"\0{SENDER}\0{PASSWORD}".encode()).decode()
        self.ask("AUTH PLAIN " + token, "AUTH PLAIN (Ann's password)")

    def reply(self):
        while True:
            line, found, rest = self.input.partition(b"\r\n")
            if not found:
                data = self.socket.recv(65536)
                if not data:
                    raise ConnectionError("closed")
                self.input += data
                continue
            self.input = rest
            when = self.transcript.add("587", "R: " + line.decode())
            if line[3:4] != b"-":
                return line.decode(), when

    def ask(self, line, shown=None):
        self.transcript.add("587", "S: " + (shown or line))
        self.socket.sendall(line.encode() + b"\r\n")
        return self.reply()

    def message(self, number):
        self.ask(f"MAIL FROM:<{SENDER}>")
        self.ask(f"RCPT TO:<{READER}>")
        self.ask("DATA")
        text = MESSAGE.format(number=number, date=datetime.datetime.now(
            datetime.timezone.utc).strftime("%a, %d %b %Y %H:%M:%S +0000"))
        self.transcript.add("587", "S: (the message, %d bytes)" % len(text))
        return self.ask(text.replace("\n", "\r\n") + ".", ".")


class Reader:
    """IMAP, in IDLE between messages."""

    def __init__(self, daemon, transcript):
        self.transcript = transcript
        self.imap = Imap(daemon.ports["imap", "implicit"], tls=daemon.trust(),
                         timeout=30).login(READER, PASSWORD)
        self.say("SELECT INBOX")

    def say(self, command):
        tag = self.imap.tag()
        self.transcript.add("993", f"S: {tag.decode()} {command}")
        self.imap.send(tag + b" " + command.encode() + b"\r\n")
        return self.until(lambda line: line.startswith(tag + b" "))

    def until(self, condition):
        while True:
            line = self.imap.line()
            at = self.transcript.add("993", "R: " + line.decode())
            if condition(line):
                return line, at

    def idle(self):
        self.tag = self.imap.tag()
        self.transcript.add("993", f"S: {self.tag.decode()} IDLE")
        self.imap.send(self.tag + b" IDLE\r\n")
        self.until(lambda line: line.startswith(b"+"))

    def told(self):
        """Waits for EXISTS; how many, and when it was told."""
        line, at = self.until(lambda line: line.endswith(b"EXISTS"))
        return int(line.split()[1]), at

    def done(self):
        self.transcript.add("993", "S: DONE")
        self.imap.send(b"DONE\r\n")
        self.until(lambda line: line.startswith(self.tag))


def travel(daemon):
    """A message; (transcript, from its last line to 250, to EXISTS, to its text)."""
    transcript = Transcript()
    reader = Reader(daemon, transcript)
    reader.idle()
    sender = Sender(daemon, transcript)
    seen = {}

    def read():
        seen["exists"], seen["told"] = reader.told()
        reader.done()
        _, seen["read"] = reader.say(f"FETCH {seen['exists']} (FLAGS ENVELOPE BODY.PEEK[])")

    thread = threading.Thread(target=read)
    thread.start()
    said, accepted = sender.message(1)
    cases.check(said.startswith("250 "), said)
    thread.join(60 * PATIENCE)
    sender.ask("QUIT")
    reader.imap.ask("LOGOUT")
    sent = next(at for at, who, line in transcript.lines if line == "S: .")
    return transcript, accepted - sent, seen["told"] - sent, seen["read"] - sent


def many(daemon, count):
    """Seconds from the last line of each to 250, and to EXISTS."""
    transcript = Transcript()
    reader, sender = Reader(daemon, transcript), Sender(daemon, transcript)
    accepted, told = [], []
    for number in range(2, count + 2):
        reader.idle()
        _, at = sender.message(number)
        sent = max(when for when, _, line in transcript.lines if line == "S: .")
        accepted.append(at - sent)
        told.append(max(0, reader.told()[1] - sent))
        reader.done()
    return accepted, told


def milliseconds(values):
    return (f"{1000 * statistics.median(values):.1f} ms (median), "
            f"{1000 * sorted(values)[int(len(values) * 0.95)]:.1f} ms (95 of 100)")


def journey():
    """Submitted with a login, seen in IDLE, fetched; 50 more, with their times"""
    with Mailboxes(log={"level": "info"}, names=("mail.test.example", "127.0.0.1")) as daemon:
        daemon.add(SENDER)
        daemon.add(READER)
        transcript, accepted, told, read = travel(daemon)
        text = transcript.text()
        for want in (r"R: 250 .*queued as", r"993  R: \* 1 EXISTS", r"993  R: \* 1 FETCH \(",
                     r"Return-Path: <ann@here.test>", r"Delivered-To: bob@here.test",
                     r"Received: from ann.here.test", r"Subject: Lunch"):
            cases.check(re.search(want, text), f"{want} in\n{text}")
        for name in ("received", "delivered"):
            daemon.wait_event(name)
        acceptances, tellings = many(daemon, 50)
        figures = (f"250 after {milliseconds(acceptances)}, seen in IDLE after "
                   f"{milliseconds(tellings)}, of {len(tellings)} messages")
        print("  " + figures, flush=True)
        cases.check(max(tellings) < 20 * PATIENCE, "all in time")
        if "--record" in sys.argv:
            record(sys.argv[sys.argv.index("--record") + 1], text, figures)


def record(path, text, figures):
    with open(path, encoding="utf-8") as file:
        before, _, rest = file.read().partition("```\n")
        _, _, after = rest.partition("```\n")
    after = re.sub(r"Measured.*?\n\n", f"Measured: {figures}.\n\n", after + "\n", flags=re.S)
    with open(path, "w", encoding="utf-8") as file:
        file.write(before + "```\n" + text + "\n```\n" + after.rstrip("\n") + "\n")


sys.exit(cases.run([journey]))
