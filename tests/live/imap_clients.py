#!/usr/bin/env python3
"""IMAP with mail programs of others: Python's imaplib, curl, mbsync, offlineimap, fetchmail
and mutt, over TLS, each with what it is used for."""
import email
import glob
import imaplib
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

from ringpost_mailboxes import PASSWORD, Mailboxes
from ringpost_live import PATIENCE, Cases, until
from smtp_raw import need

cases = Cases()
NAME = "bob@here.test"
LOGIN = NAME.replace("@", "%40")


def text(number, words="Hello", more=""):
    return (f"From: Jo <jo@far.test>\r\nTo: {NAME}\r\nSubject: message {number}\r\n"
            f"Date: Mon, 2 Nov 2026 10:{number % 60:02}:00 +0100\r\n"
            f"Message-ID: <{number}@far.test>\r\n{more}\r\n{words} {number}\r\n").encode()


class World(Mailboxes):
    """One account with some messages, and a folder for a client."""

    def __init__(self, messages=5, **config):
        super().__init__(names=("localhost", "127.0.0.1"), **config)
        self.messages = messages
        self.home = os.path.join(self.directory, "home")

    def __enter__(self):
        super().__enter__()
        os.mkdir(self.home, 0o700)
        self.add(NAME)
        client = self.imap(NAME)
        for number in range(1, self.messages + 1):
            client.append("INBOX", "", imaplib.Time2Internaldate(time.time()), text(number))
        client.logout()
        return self

    def path(self, *names):
        return os.path.join(self.home, *names)

    def write(self, name, words):
        with open(self.path(name), "w") as file:
            file.write(words)
        os.chmod(self.path(name), 0o600)
        return self.path(name)

    def client(self, *words, timeout=60, **more):
        environment = {**os.environ, "HOME": self.home, "LC_ALL": "C.UTF-8", "TERM": "xterm",
                       "FETCHMAILHOME": self.home, "SSL_CERT_FILE": self.certificate}
        return subprocess.run(words, env=environment, capture_output=True,
                              timeout=timeout * PATIENCE, **more)

    def status(self, mailbox="INBOX"):
        """(messages, unseen)"""
        client = self.imap(NAME)
        said = client.status(mailbox, "(MESSAGES UNSEEN)")[1][0].decode()
        client.logout()
        return tuple(int(re.search(word + r" (\d+)", said).group(1))
                     for word in ("MESSAGES", "UNSEEN"))

    def flags(self, mailbox="INBOX"):
        """{subject: flags}"""
        client = self.imap(NAME)
        client.select(f'"{mailbox}"', readonly=True)
        found = {}
        data = client.fetch("1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1]
        for part in data:
            if isinstance(part, tuple):
                found[part[1].decode().strip()[9:]] = {
                    f.decode() for f in imaplib.ParseFlags(part[0])} - {"\\Recent"}
        client.logout()
        return found


def good(done, what):
    return cases.equal(done.returncode, 0, what + ": " + (
        done.stdout + done.stderr).decode(errors="replace")[-1500:])


def with_imaplib():
    """imaplib: all that it can say"""
    with World() as world:
        for mechanism in (lambda c: c.login(NAME, PASSWORD), lambda c: c.authenticate(
                "PLAIN", lambda _: b"\0" + NAME.encode() + b"\0" + PASSWORD.encode())):
            client = world.imap(tls="starttls")
            cases.equal(mechanism(client)[0], "OK", "a login")
            cases.equal(client.state, "AUTH", "its state")
            client.logout()
        client = world.imap(NAME)
        client._get_capabilities()  # those behind the login
        for word in ("IMAP4REV1", "IDLE", "UIDPLUS", "MOVE", "NAMESPACE", "SORT", "ENABLE"):
            cases.check(word in client.capabilities, f"{word}: {client.capabilities}")
        cases.check(b'"/"' in client.namespace()[1][0], "NAMESPACE")
        for name in ("Work", "Work/2026", '"Grüße & mehr"'):
            said = name.encode("utf-8") if name.isascii() else b'"Gr&APwA3w-e &- mehr"'
            cases.equal(client.create(said.decode())[0], "OK", "CREATE")
            cases.equal(client.subscribe(said.decode())[0], "OK", "SUBSCRIBE")
        listed = [line.decode() for line in client.list()[1]]
        cases.check(any("Gr&APwA3w-e &- mehr" in line for line in listed), listed)
        cases.check(any("\\HasChildren" in line and line.endswith("Work") for line in listed),
                    listed)
        cases.equal(len(client.lsub()[1]), 3, "LSUB")
        cases.equal(client.select("INBOX"), ("OK", [b"5"]), "SELECT")
        cases.equal(client.search(None, "SUBJECT", '"message 3"'), ("OK", [b"3"]), "SEARCH")
        cases.equal(client.search("UTF-8", "TEXT", "hello", "NOT", "SEEN")[1], [b"1 2 3 4 5"],
                    "SEARCH of text")
        cases.equal(client.sort("(REVERSE SUBJECT)", "UTF-8", "ALL")[1], [b"5 4 3 2 1"], "SORT")
        cases.check(client.thread("REFERENCES", "UTF-8", "ALL")[0] == "OK", "THREAD")
        cases.equal(client.uid("FETCH", "2", "(BODY.PEEK[])")[1][0][1], text(2), "UID FETCH")
        cases.equal(client.store("1:2", "+FLAGS", r"(\Flagged $Work)")[0], "OK", "STORE")
        cases.equal(client.search(None, "KEYWORD", "$Work")[1], [b"1 2"], "a keyword")
        cases.equal(client.copy("1:2", "Work")[0], "OK", "COPY")
        cases.equal(client.uid("MOVE", "3", "Work")[0], "OK", "MOVE")
        cases.equal(client.response("EXPUNGE")[1], [b"3"], "what MOVE took away")
        client.store("1", "+FLAGS", r"\Deleted")
        cases.equal(client.expunge()[1], [b"1"], "EXPUNGE")
        cases.equal(client.search(None, "ALL")[1], [b"1 2 3"], "what is left")
        cases.equal(client.getquotaroot("INBOX")[0], "OK", "GETQUOTAROOT")
        cases.equal(client.check()[0], "OK", "CHECK")
        cases.equal(client.unselect()[0], "OK", "UNSELECT")
        cases.equal(world.flags("Work")["message 1"], {"\\Flagged", "$Work"}, "copied flags")
        cases.equal(client.rename("Work", "Play")[0], "OK", "RENAME")
        cases.equal(client.status("Play/2026", "(MESSAGES)")[1], [b'Play/2026 (MESSAGES 0)'],
                    "its inferior came along")
        cases.equal(client.delete("Play/2026")[0], "OK", "DELETE")
        cases.equal(client.enable("UTF8=ACCEPT")[0], "OK", "ENABLE")
        client.logout()


def with_curl():
    """curl: lists, messages, parts, searches, uploads, with STARTTLS and TLS"""
    with World() as world:
        def curl(path, *options, scheme="imaps"):
            port = world.ports["imap", "implicit" if scheme == "imaps" else "starttls"]
            return world.client("curl", "-sS", "--max-time", "60", "-k", "-u",
                                f"{NAME}:{PASSWORD}", *options,
                                f"{scheme}://127.0.0.1:{port}/{path}")
        cases.equal(curl("INBOX;UID=2").stdout, text(2), "a message")
        cases.equal(curl("INBOX;UID=2", "--ssl-reqd", scheme="imap").stdout, text(2), "STARTTLS")
        cases.equal(curl("INBOX;UID=2;SECTION=TEXT").stdout, b"Hello 2\r\n", "a part of it")
        cases.equal(curl("INBOX;MAILINDEX=3;SECTION=HEADER.FIELDS%20(SUBJECT)").stdout,
                    b"Subject: message 3\r\n\r\n", "a field")
        cases.check(b"INBOX" in curl("").stdout, "LIST")
        cases.equal(curl("INBOX?SUBJECT%20%22message%204%22").stdout, b"* SEARCH 4\r\n", "SEARCH")
        good(curl("INBOX", "-T", world.write("new", text(6).decode())), "APPEND")
        cases.equal(curl("INBOX;UID=6").stdout.replace(b"\r\n", b"\n"),
                    text(6).replace(b"\r\n", b"\n"), "what was put there")
        cases.check(b"\\Deleted" in curl("INBOX", "-X", "STORE 1 +Flags \\Deleted").stdout,
                    "STORE")
        for mechanism in ("PLAIN", "LOGIN", "SCRAM-SHA-256"):
            one = curl("INBOX;UID=2", "--login-options", "AUTH=" + mechanism)
            if mechanism == "SCRAM-SHA-256" and one.returncode == 67:
                continue  # this curl has none
            cases.equal(one.stdout, text(2), mechanism)
        cases.equal(world.client("curl", "-sS", "-k", "-u", NAME + ":wrong", "imaps://127.0.0.1:"
                                 f"{world.ports['imap', 'implicit']}/INBOX").returncode, 67,
                    "a wrong password")


def maildir(world, *names):
    """{subject: (path, flags)} of a Maildir."""
    found = {}
    for path in glob.glob(os.path.join(world.path(*names), "[cn]*", "*")):
        with open(path, "rb") as file:
            subject = email.message_from_binary_file(file)["Subject"]
        found[subject] = (path, set(path.rpartition(":2,")[2]) if ":2," in path else set())
    return found


def reflag(path, flags):
    base = path.rpartition(":2,")[0] or path
    folder = os.path.join(os.path.dirname(os.path.dirname(path)), "cur")
    os.rename(path, os.path.join(folder, os.path.basename(base) + ":2," + "".join(sorted(flags))))


def put(folder, name, data):
    with open(os.path.join(folder, "cur", name + ":2,S"), "wb") as file:
        file.write(data.replace(b"\r\n", b"\n"))


def both_ways(world, sync, box, archive, delete):
    """A client that keeps a Maildir in step: what is changed on either side."""
    sync("the first time")
    cases.equal(set(maildir(world, *box)), {f"message {n}" for n in range(1, 6)}, "all came")
    local = maildir(world, *box)
    reflag(local["message 1"][0], "FS")
    delete(local["message 2"][0])
    put(world.path(*box), "1761990000.M1P1.here", text(6))
    client = world.imap(NAME)
    client.select("INBOX")
    client.store("3", "+FLAGS", r"(\Answered \Seen)")
    client.store("4", "+FLAGS", r"(\Deleted)")
    client.expunge()
    client.append("INBOX", r"(\Flagged)", None, text(7))
    client.append("Archive", r"(\Seen)", None, text(8))
    client.logout()
    sync("changed on both sides")
    here = {s: f for s, (_, f) in maildir(world, *box).items()}
    cases.equal({s: f & set("SFR") for s, f in here.items()},
                {"message 1": set("FS"), "message 3": set("RS"), "message 5": set(),
                 "message 6": set("S"), "message 7": set("F")}, "here")
    cases.equal({s: f for s, f in world.flags().items()},
                {"message 1": {"\\Flagged", "\\Seen"}, "message 3": {"\\Answered", "\\Seen"},
                 "message 5": set(), "message 6": {"\\Seen"}, "message 7": {"\\Flagged"}},
                "there")
    cases.equal(set(maildir(world, *archive)), {"message 8"}, "the other mailbox")
    cases.equal(world.flags("Local"), {"message 9": {"\\Seen"}}, "a mailbox made here")
    before = world.status()
    sync("nothing changed")
    cases.equal(world.status(), before, "nothing changed")


def with_mbsync():
    """mbsync: flags, new and deleted messages both ways, mailboxes made on both sides"""
    with World() as world:
        client = world.imap(NAME)
        client.create("Archive")
        client.logout()
        control = world.write("mbsyncrc", f"""
IMAPStore far
Host localhost
Port {world.ports["imap", "implicit"]}
User {NAME}
Pass {PASSWORD}
SSLType IMAPS
CertificateFile {world.certificate}

MaildirStore near
Path {world.path("mail")}/
Inbox {world.path("mail", "INBOX")}
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
SyncState *
""")
        os.makedirs(world.path("mail"))

        def sync(what):
            good(world.client("mbsync", "-c", control, "-a"), what)
            for name in "cur", "new", "tmp":
                os.makedirs(world.path("mail", "Local", name), exist_ok=True)
            if not os.listdir(world.path("mail", "Local", "cur")):
                put(world.path("mail", "Local"), "1761990000.M2P1.here", text(9))
        both_ways(world, sync, ("mail", "INBOX"), ("mail", "Archive"),
                  lambda path: reflag(path, "ST"))


def with_offlineimap():
    """offlineimap: the same"""
    with World() as world:
        client = world.imap(NAME)
        client.create("Archive")
        client.logout()
        control = world.write("offlineimaprc", f"""
[general]
accounts = all
metadata = {world.path("state")}
ui = basic

[Account all]
localrepository = near
remoterepository = far

[Repository near]
type = Maildir
localfolders = {world.path("mail")}

[Repository far]
type = IMAP
remotehost = localhost
remoteport = {world.ports["imap", "implicit"]}
remoteuser = {NAME}
remotepass = {PASSWORD}
ssl = yes
sslcacertfile = {world.certificate}
""")

        def sync(what):
            good(world.client("offlineimap", "-c", control, "-o"), what)
            for name in "cur", "new", "tmp":
                os.makedirs(world.path("mail", "Local", name), exist_ok=True)
            if not os.listdir(world.path("mail", "Local", "cur")):
                put(world.path("mail", "Local"), "1761990000_2.1.here", text(9))
        both_ways(world, sync, ("mail", "INBOX"), ("mail", "Archive"), os.unlink)


def with_fetchmail():
    """fetchmail: keeps what it fetched, then takes all, new ones only in between"""
    with World() as world:
        box = world.path("box")

        def fetch(*options):
            control = world.write("fetchmailrc", f"""
poll 127.0.0.1 protocol imap port {world.ports["imap", "implicit"]}
user "{NAME}" password "{PASSWORD}" ssl sslcertfile {world.certificate} no sslcertck
mda "/bin/sh -c 'cat >> {box}; echo ===END=== >> {box}'" {" ".join(options)}
""")
            done = world.client("fetchmail", "-f", control, "-v", "--nosyslog", "--pidfile",
                                world.path("pid"))
            data = open(box, "rb").read() if os.path.exists(box) else b""
            if data:
                os.unlink(box)
            return done, data.split(b"===END===\n")[:-1]
        done, got = fetch("keep")
        good(done, "kept")
        cases.equal(len(got), 5, "messages kept")
        cases.check(all(b"Hello %d" % n in one for n, one in enumerate(got, 1)), "their texts")
        cases.equal(world.status(), (5, 0), "all are seen, none is gone")
        client = world.imap(NAME)
        client.append("INBOX", "", None, text(6))
        client.logout()
        done, got = fetch("keep")
        cases.equal(len(got), 1, "the new one")
        done, got = fetch("fetchall", "nokeep")
        good(done, "taken")
        cases.equal((len(got), world.status()), (6, (0, 0)), "all, and gone")


class Terminal:
    """A program on a terminal of 24 lines."""

    def __init__(self, words, environment):
        self.said = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(environment)
            os.execvp(words[0], words)

    def wait(self, pattern, timeout=30):
        end = time.monotonic() + timeout * PATIENCE
        while not re.search(pattern, self.said):
            if time.monotonic() > end:
                raise TimeoutError(f"no {pattern!r} in {self.said[-3000:]!r}")
            if select.select([self.fd], [], [], 0.2)[0]:
                try:
                    self.said += os.read(self.fd, 65536)
                except OSError:
                    if not re.search(pattern, self.said):
                        raise TimeoutError(f"ended; no {pattern!r} in {self.said[-3000:]!r}")

    def press(self, keys, pattern=None):
        self.said = b""
        os.write(self.fd, keys.encode())
        if pattern:
            self.wait(pattern)

    def end(self, timeout=20):
        """Its exit status."""
        end = time.monotonic() + timeout * PATIENCE
        while time.monotonic() < end:
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    self.said += os.read(self.fd, 65536)
                except OSError:
                    pass
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                os.close(self.fd)
                return os.waitstatus_to_exitcode(status)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        return "no end in time"


def with_mutt():
    """mutt on a terminal: reads, flags, saves, deletes; new mail comes while it looks"""
    with World() as world:
        client = world.imap(NAME)
        client.create("Archive")
        client.logout()
        port = world.ports["imap", "implicit"]
        control = world.write("muttrc", f"""
set imap_user="{NAME}" imap_pass="{PASSWORD}" folder="imaps://localhost:{port}/"
set spoolfile="imaps://localhost:{port}/INBOX" certificate_file="{world.certificate}"
set ssl_verify_host=yes quit=yes delete=yes mark_old=no confirmappend=no
set confirmcreate=no imap_idle=yes imap_keepalive=5 mail_check=1 timeout=1 wait_key=no
set move=no pager="builtin" beep=no header_cache="{world.path('cache')}"
set index_format="%4C %Z %s" status_format="(%m messages) %f"
""")
        mutt = Terminal(["mutt", "-n", "-F", control], {
            "HOME": world.home, "TERM": "xterm", "LC_ALL": "C.UTF-8", "LINES": "24",
            "COLUMNS": "100"})
        mutt.wait(rb"\(5 messages\)")
        cases.check(b"message 5" in mutt.said, "the list")
        mutt.press("1\r", rb"")
        mutt.press("\r", rb"Hello 1")
        mutt.press("i", rb"messages\)")
        mutt.press("2\r")
        mutt.press("F")
        mutt.press("3\r")
        mutt.press("s")
        mutt.press("\x01\x0b=Archive\r", rb"message")
        mutt.press("4\r")
        mutt.press("d")
        mutt.press("$")
        until(lambda: world.status() == (3, 2), what="what mutt did")
        world.submit("jo@here.test", [NAME], "Subject: while it looks\n\nx\n")
        mutt.wait(rb"while it looks")
        mutt.press("q")
        cases.equal(mutt.end(), 0, "its end")
        cases.equal(world.flags(), {"message 1": {"\\Seen"}, "message 2": {"\\Flagged"},
                                    "message 5": set(), "while it looks": set()}, "INBOX")
        cases.equal(set(world.flags("Archive")), {"message 3"}, "Archive")


need("curl", "mbsync", "offlineimap", "fetchmail", "mutt")
sys.exit(cases.run([with_imaplib, with_curl, with_mbsync, with_offlineimap, with_fetchmail,
                    with_mutt]))
