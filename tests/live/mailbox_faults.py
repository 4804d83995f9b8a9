#!/usr/bin/env python3
"""Mailboxes while other things fail or end: the daemon is stopped under its sessions, Redis
is away, the disk is full, an account is suspended, gone, or has a new password."""
import os
import shutil
import signal
import smtplib
import subprocess
import sys
import tempfile
import threading
import time

from imap_raw import Closed, Imap
from ringpost_live import PATIENCE, Cases, until
from ringpost_mailboxes import PASSWORD, Mailboxes

cases = Cases()
NAME = "bob@here.test"
ENDED = (Closed, OSError)
TEXT = b"Subject: x\r\nMessage-ID: <1@far.test>\r\n\r\n" + b"hello\r\n" * 100


def client(daemon, name=NAME, password=PASSWORD):
    return Imap(daemon.ports["imap", "implicit"], tls=daemon.trust()).login(name, password)


def to_the_end(imap):
    try:
        while True:
            imap.line()
    except ENDED:
        return b"\n".join(line for _, line in imap.heard)


def gets_in(daemon, name=NAME, password=PASSWORD):
    try:
        client(daemon, name, password).close()
        return True
    except (AssertionError, *ENDED):
        return False


def stopped_under_sessions():
    """SIGTERM: who waits in IDLE or for nothing hears BYE, what is under way is finished"""
    with Mailboxes(pickup={"sessions_per_account": 0, "sessions_per_address": 0},
                   log={"level": "info"}) as daemon:
        daemon.add(NAME)
        first = client(daemon)
        for _ in range(20):
            first.append("INBOX", b"Subject: big\r\n\r\n" + b"x" * 70 * 10000 + b"\r\n")
        idlers = [client(daemon) for _ in range(60)]
        for one in idlers[:40]:
            one.ok("SELECT INBOX")
            one.send(b"i IDLE\r\n")
            one.line()
        reader = client(daemon)
        reader.ok("SELECT INBOX")
        tag = reader.start("FETCH 1:* BODY.PEEK[]")
        writer = client(daemon)
        writer.send(b"a APPEND INBOX {%d+}\r\n" % len(TEXT) + TEXT[:50])
        time.sleep(0.2)
        start = time.monotonic()
        daemon.process.send_signal(signal.SIGTERM)
        got = []
        thread = threading.Thread(target=lambda: got.append(reader.finish(tag)))
        thread.start()
        time.sleep(0.3)
        try:
            writer.send(TEXT[50:] + b"\r\n")
            said = writer.line()
        except ENDED:
            said = b"(closed)"
        thread.join()
        status = daemon.wait()
        took = time.monotonic() - start
        cases.equal(status, 0, "its end")
        cases.check(took < 11 * PATIENCE, f"ended after {took:.1f} s")
        byes = sum(b"BYE" in to_the_end(one) for one in idlers)
        cases.equal(byes, 60, "heard BYE")
        cases.check(got and sum(b" FETCH " in line[:20] for line in got[0][0]) == 20
                    and got[0][1].startswith("OK"), f"FETCH is whole: {[g[1] for g in got]}")
        daemon.start()
        one = client(daemon)
        lines, _ = one.ok("SELECT INBOX")
        exists = int(next(line for line in lines if line.endswith(b"EXISTS")).split()[0])
        cases.equal(exists, 21 if said.startswith(b"a OK") else 20, f"APPEND heard {said!r}")
        print(f"  ended after {took:.1f} s; APPEND heard {said[:60]!r}", flush=True)


def without_redis():
    """Redis is frozen, then dead: sessions go on, known accounts get in, mail waits"""
    with Mailboxes(log={"level": "info"}) as daemon:
        daemon.add(NAME)
        inside = client(daemon)
        inside.append("INBOX", TEXT)
        inside.ok("SELECT INBOX")
        os.kill(daemon.redis_pid(), signal.SIGSTOP)
        try:
            inside.append("INBOX", TEXT)
            inside.ok("STORE 1 +FLAGS (\\Seen)")
            cases.equal(len(inside.fetch("1:* (FLAGS)")), 2, "messages")
            cases.check(gets_in(daemon), "who is known gets in")
            stranger = Imap(daemon.ports["imap", "implicit"], tls=daemon.trust())
            tag = stranger.start(f"LOGIN stranger@here.test {PASSWORD}")
            time.sleep(1)
        finally:
            os.kill(daemon.redis_pid(), signal.SIGCONT)
        last = stranger.finish(tag)[1]
        cases.check(last.startswith("NO ["), f"who is not known: {last}")

        def takes_mail():
            try:
                return daemon.submit("a@here.test", [NAME], "Subject: later\n\nx\n")
            except smtplib.SMTPResponseException:
                return False
        until(takes_mail, 60, "mail is taken again", pause=0.5)
        until(lambda: b"3 EXISTS" in b"\n".join(inside.ok("NOOP")[0]), what="the mail")


def disk_full():
    """The disk of the mailboxes is full: APPEND and deliveries wait, nothing is damaged"""
    folder = tempfile.mkdtemp(prefix="ringpost-full-")
    if os.geteuid() != 0 or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=12m", "none", folder],
            capture_output=True).returncode:
        print("  no tmpfs can be mounted here: left out")
        os.rmdir(folder)
        return
    try:
        with Mailboxes(pickup={"directory": folder, "free_space": "3 MiB"}, relay={"retry": ["1s", "1s"]},
                       log={"level": "info"}) as daemon:
            daemon.add(NAME)
            imap = client(daemon)
            good = 0
            for _ in range(60):
                tag = imap.start("APPEND INBOX {}", b"Subject: x\r\n\r\n" + b"y" * 70 * 10000)
                last = imap.finish(tag)[1]
                good += last.startswith("OK")
                cases.check(last.startswith(("OK", "NO [")), last)
            cases.check(5 <= good < 60, f"{good} fitted")
            daemon.wait_event("mailbox_disk")
            daemon.submit("a@here.test", [NAME], "Subject: waits\n\nx\n")
            daemon.wait_event("deferred", rcpt=NAME)
            filler = os.path.join(folder, "filler")
            try:  # and now to its last byte
                with open(filler, "wb", buffering=0) as file:
                    while file.write(b"x" * 4096) == 4096:
                        pass
            except OSError:
                pass
            imap.ok("SELECT INBOX")
            cases.equal(len(imap.fetch("1:* (RFC822.SIZE BODY.PEEK[])")), good, "all are there")
            last = imap.ask("STORE 1:* +FLAGS (\\Flagged)")[1]
            cases.check(last.startswith(("OK", "NO [")), last)
            os.unlink(filler)
            imap.ok("STORE 1:4 +FLAGS (\\Deleted)")
            imap.ok("EXPUNGE")
            daemon.wait_event("delivered", rcpt=NAME)
            imap.ok("NOOP")
            cases.equal(len(imap.fetch("1:* (RFC822.SIZE)")), good - 4 + 1, "with room again")
            imap.append("INBOX", TEXT)
            imap.close()
            cases.equal(daemon.stop(), 0, "its end")
            said = daemon.run("mailbox", "check", NAME)
            cases.equal(said.returncode, 0, said.stdout + said.stderr)
            daemon.start()
    finally:
        subprocess.run(["umount", "-l", folder], capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def accounts_change():
    """A new password, a suspended and a removed account: no login any more, sessions end"""
    with Mailboxes(log={"level": "info"}) as daemon:
        daemon.add(NAME)
        inside = client(daemon)
        inside.append("INBOX", TEXT)
        daemon.run("user", "password", NAME, input="another-password\n", status=0)
        until(lambda: not gets_in(daemon), 60, "the old password is refused", pause=1)
        until(lambda: gets_in(daemon, password="another-password"), 60, "the new one", pause=1)
        daemon.run("user", "remove", NAME, status=0)
        until(lambda: not gets_in(daemon, password="another-password"), 60, "no login", pause=1)

        def is_over():
            try:
                inside.ask("NOOP")
                return False
            except ENDED:
                return True
        until(is_over, 60, "the session's end", pause=1)
        cases.check(b"BYE" in b"\n".join(line for _, line in inside.heard[-3:]),
                    inside.heard[-3:])


sys.exit(cases.run([stopped_under_sessions, without_redis, disk_full, accounts_change]))
