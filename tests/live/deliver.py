#!/usr/bin/env python3
"""Mail that stays here: into mailboxes of accounts, by rules, captured; what came back
in outcome mailboxes; killed in the middle, everything once."""
import glob
import json
import os
import random
import re
import sqlite3
import sys
import threading
import time

from port25 import Receiver, bring
from ringpost_live import Cases, Dns, Sink, until

cases = Cases()
LOCAL = {"domain": "here.test", "recipients": "accounts"}
ROUTE = {"domain": "here.test", "mailbox": True}
TEXT = "From: a@far.test\nTo: bob@here.test\nSubject: x\nMessage-ID: <1@far.test>\n\nHello\n"


def add(daemon, name, *options):
    daemon.run("user", "add", name, *options, input="a-long-password\n", status=0)


def folder(daemon, account):
    return os.path.join(daemon.state, "mail", account)


def mailboxes(daemon, account):
    """How many messages each has, those that have some."""
    path = os.path.join(folder(daemon, account), "mail.db")
    if not os.path.exists(path):
        return {}
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=60) as database:
        try:
            return dict(database.execute(
                "SELECT name, messages FROM mailbox WHERE messages > 0"))
        except sqlite3.OperationalError:  # it is being made just now
            return {}


def texts(daemon, account, mailbox="INBOX"):
    path = os.path.join(folder(daemon, account), "mail.db")
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=60) as database:
        files = [row[0] for row in database.execute(
            "SELECT path FROM file JOIN message ON message.file = file.id JOIN mailbox ON "
            "mailbox.id = message.mailbox WHERE name = ? ORDER BY uid", (mailbox,))]
    found = []
    for name in files:
        with open(os.path.join(folder(daemon, account), name), newline="",
                  encoding="latin-1") as file:
            found.append(file.read())
    return found


def arrives():
    """Over port 25 and by submission, to accounts, aliases of the address, nobody"""
    with Dns() as dns, Sink() as sink, Receiver(
            dns, domains=[LOCAL], routes=[ROUTE, sink.route("*")]) as daemon:
        add(daemon, "bob@here.test")
        code, said = bring(daemon, "a@far.test", ["bob@here.test"], TEXT)
        cases.equal(code, 250, said)
        daemon.wait_event("delivered", rcpt="bob@here.test")
        code, said = bring(daemon, "a@far.test", ["nobody@here.test"], TEXT)
        cases.equal((code, said[:5]), (550, "5.1.1"), "nobody, at RCPT")
        daemon.submit("a@far.test", ["bob+lists@here.test", "nobody@here.test"], TEXT)
        daemon.wait_event("bounced", rcpt="nobody@here.test")
        daemon.wait_event("delivered", rcpt="bob+lists@here.test")
        until(lambda: mailboxes(daemon, "bob@here.test") == {"INBOX": 2}, what="two messages")
        first, second = texts(daemon, "bob@here.test")
        cases.check(first.startswith("Return-Path: <a@far.test>\r\n"
                                     "Delivered-To: bob@here.test\r\n"), repr(first[:200]))
        cases.check("\r\nAuthentication-Results: mail.test.example;" in first, first[:400])
        cases.check("\r\nDelivered-To: bob+lists@here.test\r\n" in second, second[:200])
        cases.check(second.endswith("\r\n\r\nHello\r\n"), second[-100:])
        message, = sink.wait(1, 30)
        cases.check("5.1.1" in message.text, "the sender is told")
        why = daemon.run("why", daemon.events("delivered", host="local")[0]["id"]).stdout
        cases.check("delivered" in why, why)
        # What was delivered comes back, as when somebody sends it on by hand.
        daemon.submit("a@far.test", ["bob@here.test"], first.replace("\r\n", "\n"))
        daemon.wait_event("bounced", rcpt="bob@here.test")
        cases.check("5.4.6" in daemon.events("bounced", rcpt="bob@here.test")[0]["reply"],
                    "a loop")


def by_rules():
    """Rules: into a mailbox, forwarded, discarded; a file that is wrong is said"""
    with Sink() as sink, Receiver(domains=[LOCAL], routes=[ROUTE, sink.route("*")]) as daemon:
        rules = os.path.join(daemon.directory, "rules.yaml")
        with open(rules, "w") as file:
            file.write("rules:\n- { match: { larger: 1 }, mailbox: / }\n")
        daemon.config["delivery"] = {"rules": rules}
        daemon.write_config()
        got = daemon.run("check", status=78)
        cases.check(f"{rules}:2:36: mailbox: \"/\" does not fit" in got.stdout + got.stderr,
                    got.stdout + got.stderr)
        with open(rules, "w") as file:
            json.dump({"rules": [
                {"match": {"headers": [{"name": "List-Id"}]}, "mailbox": "Lists",
                 "flags": ["seen"], "keywords": ["news"]},
                {"match": {"account": ["jo@here.test"]}, "forward": ["jo@far.test"]},
                {"match": {"sender": ["spam@far.test"]}, "discard": True},
            ]}, file)
        cases.check(daemon.reload(), "reloaded")
        got = daemon.run("check", status=0).stdout
        cases.check("here.test to mailboxes here" in got, got)
        got = daemon.run("tls", "here.test", status=0).stdout
        cases.check("its mail stays here" in got, got)
        add(daemon, "bob@here.test")
        add(daemon, "jo@here.test")
        daemon.submit("a@far.test", ["bob@here.test", "jo@here.test"], "List-Id: <x>\n" + TEXT)
        daemon.submit("spam@far.test", ["bob@here.test"], TEXT)
        forwarded, = sink.wait(1, 30)
        until(lambda: len(daemon.events("delivered", host="local")) == 3, what="three events")
        cases.equal(mailboxes(daemon, "bob@here.test"), {"Lists": 1}, "Bob's")
        cases.equal(mailboxes(daemon, "jo@here.test"), {"Lists": 1}, "Jo's")
        cases.check("Delivered-To: jo@here.test" in forwarded.text, forwarded.text)


def captured():
    """A tenant and a route whose mail is captured, whatever its recipients"""
    route = {"domain": ".stage.test", "capture": {"account": "stage", "mailbox": "All/it"}}
    with Sink() as sink, Receiver(
            domains=[LOCAL], routes=[route, sink.route("*")], tenants=[
                {"name": "staging", "capture": {"account": "stage"}}]) as daemon:
        add(daemon, "stage")
        add(daemon, "app", "--tenant", "staging", "--sender", "*")
        daemon.submit("a@far.test", ["x@a.stage.test", "y@a.stage.test"], TEXT)
        until(lambda: mailboxes(daemon, "stage") == {"All/it": 1}, what="one captured")
        text, = texts(daemon, "stage", "All/it")
        cases.check("X-Envelope-To: x@a.stage.test\r\nX-Envelope-To: y@a.stage.test\r\n"
                    in text, text)
        cases.equal(len(sink.messages), 0, "nothing left")


BOUNCE = """From: MAILER-DAEMON@mx.far.test
Subject: Undelivered Mail
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_r"

--=_r
Content-Type: text/plain

See below.

--=_r
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.far.test

Final-Recipient: rfc822; ann@far.test
Action: failed
Status: {status}
Diagnostic-Code: smtp; {said}

--=_r
Content-Type: text/rfc822-headers

Message-ID: <1@shop.test>

--=_r--
"""


def outcomes():
    """What came back of a tenant's mail, in the mailboxes of the account it names"""
    with Sink() as sink, Receiver(
            routes=[sink.route("*")], receive={"postmaster": "post@shop.test"},
            tenants=[{"name": "shop", "outcomes": "app"}],
            bounces={"domain": "bounces.shop.test"}) as daemon:
        add(daemon, "app")
        add(daemon, "sender", "--tenant", "shop", "--sender", "*")
        daemon.config["listeners"][0]["tenant"] = "shop"
        daemon.write_config()
        cases.check(daemon.reload(), "reloaded")
        for status, said, hard in (("5.1.1", "550 5.1.1 No such user", "hard"),
                                   ("5.2.2", "552 5.2.2 Mailbox full", "soft")):
            before = len(sink.messages)
            id = daemon.submit("news@shop.test", ["ann@far.test"], TEXT)
            sender = sink.wait(before + 1, 30)[before].sender
            text = BOUNCE.format(status=status, said=said)
            for _ in range(2):  # the same again is the same
                code, reply = bring(daemon, "", [sender], text)
                cases.equal(code, 250, reply)
            found, = texts(daemon, "app", "Bounces/" + hard)
            for field in (f"Message: {id}", "Message-ID: <1@shop.test>",
                          "Recipient: ann@far.test", f"Status: {status}", f"Reply: {said}",
                          "Tenant: shop", "Outcome: bounced_late", "Kind: status"):
                cases.check(f"\r\nX-Ringpost-{field}\r\n" in found, f"{field} in {found}")
            cases.equal("X-Ringpost-Hard: yes" in found, hard == "hard", hard)
        # What the relay hears itself is there, too; also behind a long header.
        sink.rule = lambda step: ("550 5.1.1 Nobody is called so" if step.verb == "RCPT"
                                  and step.address == "kim@far.test" else None)
        daemon.submit("news@shop.test", ["kim@far.test"],
                      3 * ("X-Long: " + 700 * "x" + "\n") + TEXT)
        until(lambda: len(texts(daemon, "app", "Bounces/hard")) == 2, what="a refusal")
        found = texts(daemon, "app", "Bounces/hard")[1]
        for field in ("Recipient: kim@far.test", "Category: bad-mailbox", "Status: 5.1.1",
                      "Reply: 550 5.1.1 Nobody is called so", "Outcome: bounced",
                      "Message-ID: <1@far.test>", "Hard: yes"):
            cases.check(f"\r\nX-Ringpost-{field}\r\n" in found, f"{field} in {found}")
        code, reply = bring(daemon, "ann@far.test", [sender], TEXT)
        cases.equal(code, 250, reply)
        found, = texts(daemon, "app", "Replies")
        cases.check("X-Ringpost-Outcome: replied\r\n" in found, found)
        cases.equal(mailboxes(daemon, "app"),
                    {"Bounces/hard": 2, "Bounces/soft": 1, "Replies": 1}, "all of them")


def killed():
    """kill -9 again and again: each message there once"""
    count = int(os.environ.get("MESSAGES", "1500"))
    chance = random.Random(int(os.environ.get("SEED", "1")))
    with Receiver(domains=[LOCAL], routes=[ROUTE], relay={"retry": ["1s", "1s"]}) as daemon:
        add(daemon, "bob@here.test")
        sent, numbers = [], iter(range(count))

        def send():
            for number in numbers:
                try:
                    daemon.submit("a@far.test", ["bob@here.test"],
                                  TEXT.replace("Hello", f"number {number}."))
                    sent.append(number)
                except Exception:  # the daemon is away: nobody said 250
                    time.sleep(0.05)

        senders = [threading.Thread(target=send) for _ in range(4)]
        for sender in senders:
            sender.start()
        while any(sender.is_alive() for sender in senders):
            time.sleep(chance.uniform(0.05, 0.3))
            daemon.kill()
            daemon.start()
        for sender in senders:
            sender.join()
        until(lambda: sum(mailboxes(daemon, "bob@here.test").values()) >= len(sent)
              and not daemon.run_json("queue", "list"), 40, what="all of them")
        found = [int(n) for t in texts(daemon, "bob@here.test")
                 for n in re.findall(r"number (\d+)\.", t)]
        print(f"  {len(sent)} accepted, {len(found)} there, "
              f"{len(daemon.statuses)} times killed", flush=True)
        cases.check(set(sent) <= set(found), "nothing is lost")
        cases.equal(len(found), len(set(found)), "nothing is there twice")
        kept = len(glob.glob(os.path.join(folder(daemon, "bob@here.test"), "cur", "*")))
        cases.equal(kept, len(found), "no file of nobody")


sys.exit(cases.run([arrives, by_rules, captured, outcomes, killed]))
