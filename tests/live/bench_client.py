#!/usr/bin/env python3
"""ringpost-bench client against a server of a few lines, which can also do wrong.

bench_client.py PROGRAM
"""
import json
import os
import re
import socketserver
import subprocess
import sys
import tempfile
import threading

from probe import check, equal, run

PROGRAM = sys.argv[1]
PASSWORD = "secret words"


class Server(socketserver.ThreadingTCPServer):
    """A mailbox; DAMAGE(message) is what is given of it."""
    allow_reuse_address, daemon_threads, request_queue_size = True, True, 100

    def __init__(self, handler, damage=lambda message: message):
        super().__init__(("127.0.0.1", 0), handler)
        self.mail, self.damage, self.logins = [], damage, []
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def client(self, *options):
        """(status, report, what it wrote to stderr)"""
        with tempfile.TemporaryDirectory() as folder:
            password = os.path.join(folder, "password")
            with open(password, "w", encoding="utf-8") as file:
                file.write(PASSWORD + "\n")
            got = subprocess.run(
                [PROGRAM, "client", f"127.0.0.1:{self.server_address[1]}", "--quiet",
                 "--password-file", password, "--json", "-", *map(str, options)],
                capture_output=True, text=True, timeout=60)
        return got.returncode, json.loads(got.stdout), got.stderr


class Imap(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def append(self, line):
        count = 0
        while True:
            mark = re.search(r"\{(\d+)\+\}$", line)
            if not mark:
                return count
            message = self.rfile.read(int(mark[1]))
            with self.server.lock:
                self.server.mail.append(message)
            count += 1
            line = self.rfile.readline().decode().rstrip("\r\n")

    def fetch(self, which):
        message = self.server.damage(self.server.mail[which - 1])
        self.wfile.write(b"* %d FETCH (UID %d BODY[] {%d}\r\n%s FLAGS (\\Seen))\r\n"
                         % (which, which, len(message), message))

    def handle(self):
        self.say("* OK here")
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            tag, verb, *rest = line.split(" ")
            answer = "OK done"
            if verb == "LOGIN":
                self.server.logins.append(rest[0])
                if line.split(" ", 3)[3] != f'"{PASSWORD}"':
                    answer = "NO [AUTHENTICATIONFAILED] not you"
            elif verb == "SELECT":
                self.say(f"* {len(self.server.mail)} EXISTS")
            elif verb == "APPEND":
                self.append(line)
            elif verb == "FETCH":
                self.fetch(int(rest[0]))
            elif verb == "STORE":
                answer = "NO it is read-only"
            elif verb == "IDLE":
                self.say("+ idling")
                continue
            self.say(f"{tag} {answer}")
            if verb == "LOGOUT":
                return


class Pop3(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        self.wfile.write(b"+OK here\r\n")
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            verb, _, rest = line.partition(" ")
            mail = self.server.mail
            if verb == "STAT":
                self.wfile.write(b"+OK %d %d\r\n" % (len(mail), sum(map(len, mail))))
            elif verb == "RETR":
                message = self.server.damage(mail[int(rest) - 1])
                dotted = re.sub(rb"(?m)^\.", b"..", message)
                self.wfile.write(b"+OK\r\n" + dotted + b".\r\n")
            else:
                self.wfile.write(b"+OK\r\n")
            if verb == "QUIT":
                return


def stored():
    """APPEND, in one and in several; what is read is what was stored"""
    with Server(Imap) as server:
        for batch, operations in (1, 30), (10, 3):
            status, report, said = server.client("--step", "APPEND", "--batch", batch,
                                                 "--operations", operations, "--size", "1k,30k")
            equal((status, said), (0, ""), "status")
            equal(report["messages"]["items"], 30, "messages stored")
            equal(report["messages"]["done"], operations, "operations")
        equal(len(server.mail), 60, "messages there")
        equal(sorted(server.mail[:30]), sorted(server.mail[30:]), "the same number, the same mail")
        status, report, said = server.client("--step", "FETCH %m BODY.PEEK[]", "--size", "1k,30k",
                                             "--operations", 200, "--sessions", 5,
                                             "--user", "u%d@x", "--users", 2)
        equal((status, said, report["errors"]), (0, "", []), "reading")
        equal(report["messages"]["items"], 200, "messages read")
        check({'"u1@x"', '"u2@x"'} <= set(server.logins), "both users logged in")


def damaged():
    """a byte that changed, a message cut short: told, and the status is 1"""
    for damage in (lambda m: m[:-10] + b"#" + m[-9:], lambda m: m[:-20] + m[-2:]):
        for handler, step in (Imap, "FETCH %l BODY.PEEK[]"), (Pop3, "RETR *"):
            with Server(Imap) as store:
                store.client("--step", "APPEND", "--operations", 3)
                mail = store.mail
            with Server(handler, damage) as server:
                server.mail = mail
                options = ["--pop3"] if handler is Pop3 else []
                status, report, said = server.client(*options, "--step", step, "--operations", 1)
                equal(status, 1, "status")
                check("not what was stored" in said, said)
                check("differs" in report["errors"][0]["text"], report["errors"])


def refused():
    """NO is counted with its words; a login that fails gives up"""
    with Server(Imap) as server:
        status, report, _ = server.client("--step", "STORE 1 FLAGS x", "--step", "NOOP",
                                          "--operations", 10)
        equal((status, report["messages"]["refused"], report["messages"]["done"]), (0, 5, 5),
              "refused and done")
        equal(report["errors"][0]["text"], "step: NO it is read-only", "the words")
        status, report, _ = server.client("--step", "FETCH %m FLAGS", "--operations", 3)
        equal(report["messages"]["refused"], 3, "there is no message")


def shares():
    """shares of steps, a connection for each round, sessions alone"""
    with Server(Imap) as server:
        status, report, _ = server.client("--step", "NOOP", "--step", "CHECK@10", "--operations",
                                          2000, "--logout")
        equal(status, 0, "status")
        rounds = report["messages"]["connections"]
        check(1700 < rounds < 1950, f"{rounds} rounds of 2,000 steps")
        before = len(server.logins)
        status, report, _ = server.client("--operations", 50, "--sessions", 5)
        equal((report["messages"]["done"], len(server.logins) - before), (50, 50), "sessions")


def pop3():
    """POP3: all of a maildrop, one message, sessions"""
    with Server(Imap) as store:
        store.client("--step", "APPEND", "--operations", 20, "--size", "3k")
        mail = store.mail
    with Server(Pop3) as server:
        server.mail = mail
        status, report, _ = server.client("--pop3", "--step", "RETR *", "--operations", 3,
                                          "--size", "3k")
        equal((status, report["messages"]["items"], report["errors"]), (0, 60, []), "RETR *")
        status, report, _ = server.client("--pop3", "--step", "RETR %m", "--operations", 30,
                                          "--logout", "--size", "3k")
        equal((status, report["messages"]["connections"]), (0, 30), "a session each")


def held():
    """sessions that are held: in IDLE, until the end"""
    with Server(Imap) as server:
        status, report, said = server.client("--hold", "--sessions", 20, "--duration", "1s")
        equal((status, said, report["messages"]["connections"]), (0, "", 20), "held")


run([stored, damaged, refused, shares, pop3, held])
