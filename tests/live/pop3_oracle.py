#!/usr/bin/env python3
"""Dovecot's POP3 beside ours: the same maildrop, the same commands, what is answered compared.

pop3_oracle.py PROBE

The maildrop is the torture set (tests/mime) and messages with dots. Texts behind +OK and -ERR
are for people (RFC 1939 3); numbers, sizes and messages have to be the same, octet by octet.
"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

from imap_oracle import Dovecot, give_up
from imap_oracle_torture import messages
from probe import Probe
from ringpost_live import make_certificate

POP3 = "/usr/lib/dovecot/pop3"
DOTS = [b"Subject: dots\r\n\r\n.\r\n..\r\n.x\r\n\r\n.\r\n", b"Subject: no end\r\n\r\n.no end",
        b"Subject: long\r\n\r\n" + b"".join(b"%d\r\n" % i for i in range(3000))]
# Dovecot puts 0x80 for NUL, and encodes binary parts anew: what it gives is not what it got.
CHANGED = ("NUL in a body", "NUL in a header", "binary: bytes")
# Where they differ, and the section of RFC 1939 (or another) that lets them.
DIFFERENT = {
    "CAPA": "RFC 2449 5: what each of them can do",
    "NOOP x": "5: it has no arguments; here that is said",
    "STAT x": "5: the same",
    "RSET x": "5: the same",
    "LIST 2 ": "3: a space behind the last argument; passed over here",
    "TOP 1 99999999999999999999": "7: more lines than there are are all of them",
}


class Session:
    """A POP3 client over two files."""
    def __init__(self, reads, writes):
        self.reads, self.writes = reads, writes

    def line(self):
        line = self.reads.readline()
        if not line.endswith(b"\r\n"):
            raise EOFError(f"ended: {line!r}")
        return line

    def say(self, command, multi):
        """(status, what follows it as bytes, the status line)."""
        self.writes.write(command.encode() + b"\r\n")
        self.writes.flush()
        first = self.line()
        body = []
        while multi and first.startswith(b"+OK"):
            line = self.line()
            if line == b".\r\n":
                break
            body.append(line)
        return first[:4].strip(), b"".join(body), first


def is_multi(command):
    verb, *words = command.upper().split()
    return verb in ("RETR", "TOP", "CAPA") or (verb in ("LIST", "UIDL") and not words)


def same(command, answer):
    """What has to be the same."""
    status, body, first = answer
    verb, *words = command.upper().split()
    if status != b"+OK":
        return (status,)
    if verb == "STAT" or (verb == "LIST" and words):
        return status, first.split()[1:3]
    if verb == "UIDL":  # RFC 1939 7: a server's own; numbers as they are
        lines = body.split(b"\r\n") if not words else [b" ".join(first.split()[1:])]
        return status, [line.split(b" ")[0] for line in lines]
    return status, body


def compare(sessions, command, failures):
    answers = []
    for session in sessions:
        signal.alarm(120)
        answers.append(session.say(command, is_multi(command)))
        signal.alarm(0)
    theirs, ours = (same(command, answer) for answer in answers)
    listed = command in DIFFERENT
    if (theirs != ours) != listed:
        failures.append(command)
        print(f"{command}: {'no difference' if listed else 'they differ'}\n"
              f"  Dovecot: {str(theirs)[:500]}\n  Ringpost: {str(ours)[:500]}")


def phases(count):
    """Sessions, command by command: few are refused in each, for both end who errs on."""
    yield ["CAPA", "STAT", "LIST", "UIDL", "NOOP", "LAST", "NOSUCH", "LIST 0", "LIST x", "LIST 1",
           "LIST 1 2", f"LIST {count + 1}", "LIST -1", "UIDL 1", "UIDL 0", "UIDL 1 2"]
    yield [f"UIDL {count + 1}", "DELE 0", "DELE x", f"DELE {count + 1}", "RETR", "RETR 0",
           "RETR x", "RETR 1 2", "TOP", "TOP 1"]
    yield ["TOP 1 x", "TOP 1 -1", "TOP 0 1", "USER x", "LIST 99999999999999999999",
           "TOP 1 99999999999999999999"]
    yield ["LIST 2 ", "NOOP x", "STAT x", "RSET x", "TOP 1 2 3", "DELE 1 2"]
    yield [f"{verb} {number}{more}" for number in range(1, count + 1)
           for verb, more in (("RETR", ""), ("TOP", " 0"), ("TOP", " 2"))]
    yield ["DELE 1", "DELE 1", "DELE 2", "STAT", "LIST 1", "LIST 3", "UIDL 1", "RETR 1",
           "TOP 1 0", "LIST", "UIDL", "RSET", "STAT", "LIST", "DELE 3", "DELE 5", "STAT", "retr 4",
           "noop", "dele 9"]
    yield ["STAT", "LIST", "RETR 2"]


def fill_dovecot(dovecot, texts):
    imap = dovecot.connect("pop")
    for text in texts:
        said = imap.say(b"APPEND INBOX ~{%d+}\r\n" % len(text) + text)
        assert b" OK " in said[-1], said
    imap.say(b"LOGOUT")


def dovecot_session(dovecot):
    process = subprocess.Popen(
        [POP3, "-c", dovecot.config], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, cwd="/", env={"USER": "pop", "PATH": os.defpath})
    dovecot.processes.append(process)
    return Session(process.stdout, process.stdin)  # there is no greeting


def fill_ours(probe, folder, texts):
    path = os.path.join(folder, "message")
    for text in texts:
        with open(path, "wb") as file:
            file.write(text)
        probe.say("append", path)
        probe.hear()
    probe.say("ports")
    return probe.hear()["port"]


def our_session(port):
    one = socket.create_connection(("127.0.0.1", port), timeout=120)
    session = Session(one.makefile("rb"), one.makefile("wb"))
    session.line()
    session.say("USER jo", False)
    assert session.say("PASS secret", False)[0] == b"+OK"
    return session


def main():
    if not os.access(POP3, os.X_OK):
        print("dovecot-pop3d is not installed")
        return 77
    signal.signal(signal.SIGALRM, give_up)
    folder = tempfile.mkdtemp(prefix="ringpost-oracle-")
    dovecot = Dovecot(folder)
    texts = DOTS + [m.bytes for m in messages() if m.name not in CHANGED]
    ours = os.path.join(folder, "ringpost")
    os.makedirs(ours)
    failures, count = [], 0
    with Probe(sys.argv[1], ours, *make_certificate(folder, "localhost")) as probe:
        fill_dovecot(dovecot, texts)
        port = fill_ours(probe, folder, texts)
        for commands in phases(len(texts)):
            sessions = (dovecot_session(dovecot), our_session(port))
            for command in commands:
                compare(sessions, command, failures)
                count += 1
            for session in sessions:
                session.say("QUIT", False)
                session.reads.read()
    dovecot.close()
    shutil.rmtree(folder, ignore_errors=True)
    print(f"{count} commands, {len(texts)} messages; {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
