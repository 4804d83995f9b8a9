#!/usr/bin/env python3
"""POP3 with mail programs of others: Python's poplib, curl, fetchmail; two clients at
once; lost connections; slow and hostile ones.

pop3.py PROBE
"""
import hashlib
import os
import poplib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time

from probe import Probe, check, equal, run
from ringpost_live import make_certificate

PROGRAM = sys.argv[1]
folder = tempfile.mkdtemp(prefix="ringpost-pop3-")
CERTIFICATE, KEY = make_certificate(folder, "localhost")
TEXTS = [
    b"Subject: one\r\nMessage-ID: <1@x.example>\r\n\r\nHello\r\n",
    b"Subject: dots\r\nMessage-ID: <2@x.example>\r\n\r\n.\r\n..\r\n.x\r\n\r\n.\r\n",
    b"Subject: bytes\r\nMessage-ID: <3@x.example>\r\nContent-Type: text/plain; "
    b"charset=utf-8\r\n\r\ngr\xc3\xbc\xc3\x9fe " + bytes(range(128, 256)) + b"\r\n",
    b"Subject: large\r\nMessage-ID: <4@x.example>\r\n\r\n"
    + b"".join(b"%s%d %s\r\n" % (b"." * (i % 3), i, b"x" * (i % 70)) for i in range(60000)),
    b"Subject: no end\r\nMessage-ID: <5@x.example>\r\n\r\nno end",
]


class Server(Probe):
    """One, with the messages above."""
    def __init__(self, texts=TEXTS):
        self.folder = tempfile.mkdtemp(dir=folder)
        super().__init__(PROGRAM, self.folder, CERTIFICATE, KEY)
        self.say("ports")
        ports = self.hear()
        self.port, self.tls_port = ports["port"], ports["tls_port"]
        for text in texts:
            self.append(text)

    def append(self, text):
        path = os.path.join(self.folder, "message")
        with open(path, "wb") as file:
            file.write(text)
        self.say("append", path)
        return self.hear()["uid"]

    def messages(self):
        self.say("messages")
        return self.hear()["messages"]

    def wait_alone(self):
        """Until every session has ended."""
        for _ in range(600):
            self.say("messages")
            if self.hear()["sessions"] == 0:
                return True
            time.sleep(0.05)
        return check(False, "sessions end")

    def login(self, how="pass"):
        client = poplib.POP3("127.0.0.1", self.port, timeout=60)
        if how == "apop":
            client.apop("jo", "secret")
        else:
            client.user("jo")
            client.pass_("secret")
        return client


def context():
    one = ssl.create_default_context(cafile=CERTIFICATE)
    one.check_hostname = False
    return one


def whole(text):
    """As it comes out: its last line has an end."""
    return text if text.endswith(b"\r\n") else text + b"\r\n"


def got(client, number):
    return b"".join(line + b"\r\n" for line in client.retr(number)[1])


def poplib_session():
    """poplib: every command, messages to the byte"""
    with Server() as server:
        client = server.login()
        capabilities = client.capa()
        for name in "TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "UTF8", \
                "EXPIRE", "IMPLEMENTATION":
            check(name in capabilities, f"CAPA has {name}")
        check("STLS" not in capabilities, "no STLS behind the login")
        equal(client.stat(), (5, sum(map(len, TEXTS))), "STAT")
        equal([line.split()[1] for line in client.list()[1]],
              [str(len(text)).encode() for text in TEXTS], "LIST")
        ids = [line.split()[1] for line in client.uidl()[1]]
        equal(len(set(ids)), 5, "UIDL has each once")
        check(all(re.fullmatch(rb"[0-9a-f]{16}", one) for one in ids), "UIDL's form")
        equal(client.uidl(3).split()[2], ids[2], "UIDL of one")
        for number, text in enumerate(TEXTS, 1):
            equal(hashlib.sha256(got(client, number)).digest(),
                  hashlib.sha256(whole(text)).digest(), f"RETR {number}")
            header = text[:text.index(b"\r\n\r\n") + 4]
            equal(b"".join(line + b"\r\n" for line in client.top(number, 0)[1]), header,
                  f"TOP {number} 0")
        equal(client.top(4, 2)[1][-2:], [b"0 ", b".1 x"], "TOP 4 2")
        client.dele(2)
        client.rset()
        client.dele(1)
        equal(client.stat()[0], 4, "STAT behind DELE")
        client.noop()
        check(client.quit().startswith(b"+OK"), "QUIT")
        equal(server.messages(), 4, "what is left")
        client = server.login("apop")
        equal([line.split()[1] for line in client.uidl()[1]], ids[1:], "UIDL is for ever")
        client.quit()


def poplib_logins():
    """poplib: APOP, STLS, TLS from the beginning, UTF8; wrong passwords"""
    with Server(TEXTS[:1]) as server:
        for how in "pass", "apop":
            client = server.login(how)
            equal(client.stat()[0], 1, how)
            client.quit()
        client = poplib.POP3("127.0.0.1", server.port, timeout=60)
        check("STLS" in client.capa(), "STLS is offered")
        client.stls(context())
        check("STLS" not in client.capa(), "STLS is not offered again")
        client.utf8()
        client.user("jo")
        client.pass_("secret")
        client.quit()
        client = poplib.POP3_SSL("127.0.0.1", server.tls_port, context=context(), timeout=60)
        client.user("jo@example.com")
        client.pass_("secret")
        equal(got(client, 1), TEXTS[0], "RETR under TLS")
        client.quit()
        for user, password in ("jo", "wrong"), ("nobody", "secret"):
            client = poplib.POP3("127.0.0.1", server.port, timeout=60)
            client.user(user)
            try:
                client.pass_(password)
                check(False, "a wrong password is refused")
            except poplib.error_proto as error:
                check(b"[AUTH]" in error.args[0], f"[AUTH]: {error}")
            client.quit()


def curl(server, path, *options, port=None, scheme="pop3", user="jo:secret"):
    return subprocess.run(
        ["curl", "-sS", "--max-time", "60", "-k", "-u", user, *options,
         f"{scheme}://127.0.0.1:{port or server.port}/{path}"],
        capture_output=True)


def curl_session():
    """curl: lists, messages, deletes; every mechanism, plain and under TLS"""
    with Server() as server:
        for mechanism in "+APOP", "PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256":
            one = curl(server, "2", "--login-options", "AUTH=" + mechanism)
            if mechanism == "SCRAM-SHA-256" and one.returncode == 67:
                continue  # this curl has none
            equal(one.stdout, TEXTS[1], f"RETR, {mechanism}: {one.stderr}")
        equal(curl(server, "5", "--ssl-reqd").stdout, whole(TEXTS[4]), "STLS")
        equal(curl(server, "4", scheme="pop3s", port=server.tls_port).stdout, TEXTS[3],
              "TLS from the beginning")
        equal(len(curl(server, "").stdout.splitlines()), 5, "LIST")
        equal(len(curl(server, "", "-X", "UIDL").stdout.splitlines()), 5, "UIDL")
        equal(curl(server, "3", "-I", "-X", "DELE").returncode, 0, "DELE")
        equal(server.messages(), 4, "what is left")
        equal(curl(server, "1", user="jo:wrong").returncode, 67, "a wrong password")


def fetchmail(server, *lines):
    home = tempfile.mkdtemp(dir=folder)
    box = os.path.join(home, "box")
    control = os.path.join(home, "fetchmailrc")
    with open(control, "w") as file:
        file.write("\n".join([f"poll 127.0.0.1 protocol pop3 port {server.port} uidl",
                              "user jo password secret", *lines,
                              f"mda \"/bin/sh -c 'cat >> {box}; echo ===END=== >> {box}'\"",
                              ""]))
    os.chmod(control, 0o600)
    done = subprocess.run(["fetchmail", "-f", control, "-v", "--nosyslog", "--pidfile",
                           os.path.join(home, "pid")],
                          env={**os.environ, "HOME": home, "FETCHMAILHOME": home,
                               "LC_ALL": "C"}, capture_output=True, timeout=120)
    text = open(box, "rb").read() if os.path.exists(box) else b""
    return done, text.split(b"===END===\n")[:-1]


def said(done):
    return (done.stdout + done.stderr).decode(errors="replace")[-900:]


def fetchmail_session():
    """fetchmail: keeps, then takes all, plain and with STLS"""
    with Server() as server:
        done, messages = fetchmail(server, "sslproto ''", "keep")
        equal(done.returncode, 0, "kept: " + said(done))
        equal(len(messages), 5, "messages kept")
        equal(server.messages(), 5, "still there")
        done, messages = fetchmail(server, "sslproto 'TLS1.2+'", "no sslcertck", "fetchall")
        equal(done.returncode, 0, "taken: " + said(done))
        check(b"TLS" in done.stdout or b"SSL" in done.stdout, "STLS was used")
        equal(len(messages), 5, "messages taken")
        for text, message in zip(TEXTS, messages):
            body = text[text.index(b"\r\n\r\n"):].replace(b"\r\n", b"\n").rstrip(b"\n")
            check(message.rstrip(b"\n").endswith(body), "the body of " + repr(text[:40]))
        equal(server.messages(), 0, "taken")
        equal(fetchmail(server, "sslproto ''")[0].returncode, 1, "no more mail")


def two_at_once():
    """two clients: one has the maildrop, the other is told; what comes is seen later"""
    with Server(TEXTS[:2]) as server:
        one = server.login()
        try:
            server.login()
            check(False, "the second is refused")
        except poplib.error_proto as error:
            check(b"[IN-USE]" in error.args[0], f"[IN-USE]: {error}")
        server.append(TEXTS[4])
        equal(one.stat()[0], 2, "as it was")
        one.dele(1)
        one.quit()
        one = server.login()
        equal(one.stat()[0], 2, "one less, one more")
        equal(got(one, 2), whole(TEXTS[4]), "the new one")
        one.quit()


def lost_connections():
    """a lost connection deletes nothing, wherever it is lost; QUIT does, once heard"""
    with Server(TEXTS[:2]) as server:
        for last in b"", b"DELE 2\r\n", b"QUIT", b"QUI", b"RETR 1\r\nTOP 1 1\r\nQUIT\r":
            with socket.create_connection(("127.0.0.1", server.port), 60) as one:
                one.sendall(b"USER jo\r\nPASS secret\r\nDELE 1\r\n" + last)
                with one.makefile("rb") as file:
                    for _ in range(4):
                        file.readline()
            server.wait_alone()
            equal(server.messages(), 2, f"behind {last!r}")
        with socket.create_connection(("127.0.0.1", server.port), 60) as one:
            one.sendall(b"USER jo\r\nPASS secret\r\nDELE 1\r\nQUIT\r\n")
            with one.makefile("rb") as file:
                lines = file.read().split(b"\r\n")
        equal([line[:3] for line in lines], [b"+OK"] * 5 + [b""], "all in one segment")
        equal(server.messages(), 1, "behind QUIT")


def hostile():
    """hostile ones: injection behind STLS, endless lines, many commands, no reading"""
    with Server(TEXTS[3:4]) as server:
        def raw(data, until=None):
            with socket.create_connection(("127.0.0.1", server.port), 60) as one:
                one.recv(1000)
                try:
                    one.sendall(data)
                    one.shutdown(socket.SHUT_WR)
                except OSError:
                    pass  # it has ended already
                heard = b""
                try:
                    while more := one.recv(65536):
                        heard += more
                except OSError:
                    pass
                return heard
        check(b"Wait for the reply to STLS" in raw(b"STLS\r\nUSER jo\r\n"), "injection")
        check(b"This is POP3" in raw(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "HTTP")
        check(b"Lines end in CRLF" in raw(b"CAPA\n"), "bare LF")
        raw(b"A" * 2000000)
        check(raw(b"NOOP\r\n" * 1000).count(b"-ERR") <= 30, "errors have an end")
        check(b"Too much without a login" in raw(b"CAPA\r\n" * 1000), "commands have one")
        lazy = [socket.create_connection(("127.0.0.1", server.port), 60) for _ in range(1)]
        for one in lazy:  # asks for far more than it takes
            one.sendall(b"USER jo\r\nPASS secret\r\n" + b"RETR 1\r\n" * 50)
        time.sleep(0.5)
        client = poplib.POP3("127.0.0.1", server.port, timeout=60)
        check("TOP" in client.capa(), "others are served meanwhile")
        client.quit()
        for one in lazy:
            one.close()
        server.wait_alone()
        equal(server.messages(), 1, "nothing has gone")


status = run([poplib_session, poplib_logins, curl_session, fetchmail_session, two_at_once,
              lost_connections, hostile])
shutil.rmtree(folder)
sys.exit(status)
