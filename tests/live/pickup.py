#!/usr/bin/env python3
"""The way to the mailboxes: listeners of POP3 and IMAP, who gets in, how many."""
import imaplib
import os
import poplib
import socket
import sys

from ringpost_mailboxes import PASSWORD, Mailboxes
from ringpost_live import Cases, free_port, until

cases = Cases()
TEXT = "From: a@here.test\nTo: bob@here.test\nSubject: Hello\nMessage-ID: <1@here.test>\n\nHi\n"


def arrives_and_is_read():
    """Submitted, kept here, read over IMAP and POP3, with STARTTLS and with TLS at once"""
    with Mailboxes() as daemon:
        daemon.add("bob@here.test")
        daemon.submit("a@here.test", ["bob@here.test"], TEXT)
        daemon.wait_event("delivered", rcpt="bob@here.test")
        for tls in ("starttls", "implicit"):
            imap = daemon.imap("bob@here.test", tls=tls)
            cases.equal(imap.select("INBOX"), ("OK", [b"1"]), "SELECT, " + tls)
            code, data = imap.fetch("1", "(FLAGS BODY.PEEK[])")
            cases.check(code == "OK" and b"Subject: Hello\r\n" in data[0][1], repr(data)[:200])
            imap.logout()
            pop3 = daemon.pop3("bob@here.test", tls=tls)
            cases.equal(pop3.stat()[0], 1, "STAT, " + tls)
            lines = pop3.retr(1)[1]
            cases.check(b"Subject: Hello" in lines, repr(lines)[:200])
            pop3.quit()
        daemon.wait_event("login", count=2, service="imap")
        daemon.wait_event("login", count=2, service="pop3")


def who_gets_in():
    """No login in the clear, wrong passwords, too many sessions of an account"""
    with Mailboxes(pickup={"sessions_per_account": 2}) as daemon:
        daemon.add("bob@here.test")
        plain = imaplib.IMAP4("127.0.0.1", daemon.ports["imap", "starttls"])
        cases.check("LOGINDISABLED" in plain.capabilities, plain.capabilities)
        cases.equal(plain._simple_command("LOGIN", "bob@here.test", PASSWORD)[0], "NO",
                    "LOGIN in the clear")
        plain.shutdown()
        for how in (lambda: daemon.imap("bob@here.test", "wrong"),
                    lambda: daemon.pop3("bob@here.test", "wrong")):
            try:
                how()
                cases.check(False, "a wrong password got in")
            except (imaplib.IMAP4.error, poplib.error_proto) as refused:
                cases.check("AUTH" in str(refused), str(refused))
        first, second = daemon.imap("bob@here.test"), daemon.pop3("bob@here.test")
        try:
            daemon.imap("bob@here.test")
            cases.check(False, "a third session got in")
        except imaplib.IMAP4.error as refused:
            cases.check("LIMIT" in str(refused) or "UNAVAILABLE" in str(refused), str(refused))
        second.quit()
        until(lambda: _can(lambda: daemon.imap("bob@here.test").logout()),
              what="a place for another")
        first.logout()


def _can(action):
    try:
        action()
        return True
    except (imaplib.IMAP4.error, poplib.error_proto):
        return False


def too_many():
    """More connections than the listener takes hear why, in the words of each protocol"""
    with Mailboxes(pickup={"sessions": 2}) as daemon:
        kept = [daemon.imap(), daemon.imap()]
        for role, word in (("imap", b"* BYE [UNAVAILABLE]"), ("pop3", b"-ERR [SYS/TEMP]")):
            with socket.create_connection(
                    ("127.0.0.1", daemon.ports[role, "starttls"]), timeout=60) as one:
                cases.check(one.recv(200).startswith(word), role)
        daemon.add("bob@here.test")
        daemon.submit("a@here.test", ["bob@here.test"], TEXT)  # submission is not full
        for client in kept:
            client.logout()


def configured():
    """Another directory, a quota for all, keys that do not belong there"""
    with Mailboxes(pickup={"quota_messages": 1}) as daemon:
        daemon.add("bob@here.test")
        imap = daemon.imap("bob@here.test")
        cases.equal(imap.append("INBOX", None, None, TEXT.replace("\n", "\r\n").encode())[0],
                    "OK", "first")
        code, said = imap.append("INBOX", None, None, b"Subject: 2\r\n\r\nx\r\n")
        cases.check(code == "NO" and b"OVERQUOTA" in said[0], repr(said))
        imap.logout()
        daemon.stop()
        daemon.config["pickup"]["directory"] = os.path.join(daemon.state, "elsewhere", "mail")
        daemon.write_config()
        daemon.start()
        imap = daemon.imap("bob@here.test")
        cases.equal(imap.select("INBOX"), ("OK", [b"0"]), "nothing is elsewhere")
        imap.logout()
        cases.check(os.path.isdir(os.path.join(daemon.state, "elsewhere/mail/bob@here.test")),
                    "the account's folder")
        daemon.config["listeners"].append({"address": f"127.0.0.1:{free_port()}",
                                           "role": "imap", "tls": "none", "tenant": "x",
                                           "require_auth": False})
        daemon.write_config()
        said = daemon.run("check").stderr
        for want in ("tenant: this is about mail that is handed in; allowed: with role: submission",
                     "require_auth: this is about mail", "so nobody could log in"):
            cases.check(want in said, want + " in " + said)


if __name__ == "__main__":
    sys.exit(cases.run([arrives_and_is_read, who_gets_in, too_many, configured]))
