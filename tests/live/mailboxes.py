#!/usr/bin/env python3
"""`ringpost mailbox …`: mailboxes made, listed, renamed, removed, taken over, written,
repaired, by the server and where none runs."""
import glob
import os
import re
import shutil
import sys
import threading

from port25 import Receiver
from ringpost_live import Cases, until

cases = Cases()
check, equal = cases.check, cases.equal

ROUTE = {"domain": "here.test", "mailbox": True}
TEXT = "From: a@far.test\nTo: bob@here.test\nSubject: x\nMessage-ID: <1@far.test>\n\nHello\n"
BOB = "bob@here.test"


class Server(Receiver):
    """With mailboxes for here.test."""

    def __init__(self, **sections):
        super().__init__(domains=[{"domain": "here.test", "recipients": "accounts"}],
                         routes=[ROUTE, {"domain": "*", "discard": True}],
                         **sections)

    def add(self, *names):
        for name in names:
            self.run("user", "add", name, input="a-long-password\n", status=0)

    def fill(self, account, count, text=TEXT):
        before = self.messages(account)
        for _ in range(count):
            self.submit("a@far.test", [account], text)
        until(lambda: self.messages(account) == before + count, what="messages")

    def messages(self, account):
        listed = {one.get("account"): one for one in self.lines("list")}
        return listed.get(account, {}).get("messages", 0)

    def mailbox(self, *words, status=0, **options):
        got = self.run("mailbox", *words, status=status, **options)
        return got.stdout if status == 0 else got.stderr

    def lines(self, *words):
        """The lines of its answer."""
        return self.run_json("mailbox", *words)


def names(listed):
    return [one["mailbox"] for one in listed]


def same(server):
    """What is the same with a server and without one."""
    server.mailbox("create", BOB, "Work/2026")
    equal(server.mailbox("create", BOB, "Old", "--use", "Archive"),
          "bob@here.test has a mailbox Old.\n", "create")
    equal([(one["mailbox"], one.get("use"), one["subscribed"])
           for one in server.lines("list", BOB)],
          [("INBOX", None, False), ("Old", "archive", True), ("Work", None, False),
           ("Work/2026", None, True)], "list")
    equal(server.mailbox("rename", BOB, "Work", "Done"),
          "Work of bob@here.test is Done from now on.\n", "rename")
    # What cannot be done is said.
    for words, said in [
            (("create", BOB, "Old"), "There is a mailbox Old already"),
            (("create", BOB, "x//y"), "no mailbox may be called \"x//y\""),
            (("create", BOB, "x", "--use", "y"), "there is no use \"y\": all, archive"),
            (("create", BOB, "x", "--use", "archive"),
             "another mailbox is for that"),
            (("rename", BOB, "Gone", "x"), "There is no mailbox Gone"),
            (("show", BOB, "Gone"), "There is no mailbox Gone"),
            (("list", "who@here.test"), "who@here.test has no mail here"),
            (("delete", BOB, "Gone"), "there is no mailbox Gone")]:
        told = server.mailbox(*words, status=1)
        check(told.startswith("ringpost: ") and said.lower() in told.lower(),
              f"{words}: {told}")
    # Subscriptions stay with their names (RFC 9051 6.3.7).
    equal(names(server.lines("list", BOB)),
          ["INBOX", "Done", "Done/2026", "Old", "Work/2026"], "names")
    server.mailbox("delete", BOB, "Done", "--below")
    equal(server.mailbox("delete", BOB, "Old"), "Old of bob@here.test: 0 messages gone.\n",
          "delete")
    equal(names(server.lines("list", BOB)), ["INBOX", "Work/2026"], "names behind that")
    server.mailbox("create", BOB, "Work/2026")
    server.mailbox("delete", BOB, "Work", "--below")


def by_name():
    """Made, listed, shown, renamed, removed: by the server, and without one"""
    with Server() as server:
        server.add(BOB, "jo@here.test")
        told = server.mailbox("create", "who@here.test", "x", status=1)
        check("there is no account who@here.test: ringpost user add" in told, told)
        server.fill(BOB, 3)
        same(server)
        size, = (one["bytes"] for one in server.lines("list"))
        check(600 < size < 1024, f"{size} bytes")
        equal(server.mailbox("list").split(),
              ["ACCOUNT", "MAILBOXES", "MESSAGES", "SIZE", "QUOTA", BOB, "1", "3",
               str(size), "B"], "list")
        server.run("user", "change", BOB, "--quota", "4096", "--quota-messages", "6",
                   status=0)
        told = server.mailbox("show", BOB)
        check(f"has     3 messages, {size} B, in 1 mailbox\n" in told and
              f"quota   {size * 100 / 4096:.0f} % of 4.0 KiB, 50 % of 6 messages\n" in told and
              f"folder  {server.state}/mail/{BOB}\n" in told, told)
        told = server.mailbox("show", BOB, "inbox")
        check(told.startswith("INBOX of bob@here.test\n") and "3 unseen" in told and
              "UIDNEXT 4, " in told, told)
        server.stop()
        same(server)
        told = server.mailbox("show", BOB)
        check("has     3 messages" in told, told)
        server.start()
        equal(server.messages(BOB), 3, "messages after that")


def removed():
    """An account's mail, all of it: said first, and then its folder is gone, too"""
    with Server() as server:
        server.add(BOB)
        server.fill(BOB, 2)
        server.mailbox("create", BOB, "a/b")
        folder = os.path.join(server.state, "mail", BOB)
        told = server.mailbox("delete", BOB, "--all", status=1)
        equal(told, "ringpost: 2 messages would be lost: say --yes, too\n", "asked first")
        equal(server.mailbox("delete", BOB, "--all", "--yes"),
              "bob@here.test has no mail here any more: 2 messages gone.\n", "removed")
        until(lambda: not os.path.exists(folder), what="its folder is gone")
        equal(server.lines("list"), [], "list")
        # What comes next begins anew.
        server.fill(BOB, 1)
        check(os.path.exists(folder), "a new one")
        server.add("jo@here.test")
        equal(server.run("user", "remove", "jo@here.test", status=0).stdout,
              "jo@here.test is removed.\n", "one without mail")
        equal(server.run("user", "remove", BOB, status=0).stdout, f"{BOB} is removed.\nIts mail "
              f"stays until ringpost mailbox delete {BOB} --all --yes.\n", "one with mail")
        server.stop()
        server.mailbox("delete", BOB, "--all", "--yes")
        equal(os.listdir(os.path.join(server.state, "mail")), [".lock"], "without a server")


def maildir():
    """Taken over from a Maildir, and written as one"""
    with Server() as server:
        server.add(BOB)
        old = os.path.join(server.directory, "old")
        for name in ["cur", "new", "tmp", ".Work.2026/cur", ".Work.2026/new"]:
            os.makedirs(os.path.join(old, name))
        for name in ["cur/1700000000.a:2,S", "new/1700000001.b",
                     ".Work.2026/cur/1700000002.c:2,FS"]:
            with open(os.path.join(old, name), "w") as file:
                file.write(TEXT)
        told = server.mailbox("adopt", "who@here.test", old, status=1)
        check("there is no account who@here.test" in told, told)
        told = server.mailbox("adopt", BOB, old + "/gone", status=1)
        check("gone" in told, told)
        told = server.mailbox("adopt", BOB, old)
        check(told.startswith("bob@here.test: 3 messages (") and
              told.endswith(f") in 2 mailboxes taken over from {old}.\n"), told)
        work, = server.run_json("mailbox", "show", BOB, "Work/2026")
        equal((work["messages"], work["unseen"]), (1, 0), "Work/2026")
        new = os.path.join(server.directory, "new")
        check("3 messages (" in server.mailbox("export", BOB, new), "export")
        check("new" in server.mailbox("export", BOB, new, status=1), "twice")
        equal(glob.glob(new + "/.Work.2026/cur/*")[0].split(":2,")[-1], "FS",
              "flags")
        # Without a server.
        server.stop()
        server.mailbox("adopt", BOB, new)
        inbox, = server.run_json("mailbox", "show", BOB, "INBOX")
        equal(inbox["messages"], 4, "messages of INBOX")
        shutil.rmtree(new)
        check("6 messages (" in server.mailbox("export", BOB, new), "export")


def cared_for():
    """Checked, damaged, repaired; made anew where nothing else helps; expired"""
    with Server() as server:
        equal(server.mailbox("check"), "No account has mail here.\n", "nobody")
        server.add(BOB, "jo@here.test")
        server.fill(BOB, 4)
        server.fill("jo@here.test", 1)
        equal(server.mailbox("check"), "bob@here.test: good (4 messages, 4 files)\n"
              "jo@here.test: good (1 message, 1 file)\n", "all is well")
        equal(server.mailbox("repair", BOB), "bob@here.test: there is nothing to repair.\n",
              "repair")
        folder = os.path.join(server.state, "mail", BOB)
        os.unlink(sorted(glob.glob(folder + "/cur/*"))[0])
        with open(folder + "/cur/strange", "w") as file:
            file.write(TEXT.replace("\n", "\r\n"))
        got = server.run("mailbox", "check", BOB, status=1)
        equal((got.stdout, got.stderr),
              ("bob@here.test: NOT GOOD\n  1 message file is gone\n  1 file belongs to no "
               "message\n",
               "ringpost: 1 account is not good: ringpost mailbox repair ACCOUNT\n"), "check")
        told = server.mailbox("repair", BOB)
        check(told.startswith("bob@here.test: repaired\n") and "left" not in told, told)
        check("good (4 messages, 4 files)" in server.mailbox("check", BOB), "repaired")
        equal(names(server.lines("list", BOB)), ["INBOX", "Recovered"], "list")
        # Expired.
        equal(server.mailbox("expire", BOB, "INBOX", "--keep", "2", "--dry-run"),
              "INBOX of bob@here.test: 1 message would go.\n", "dry run")
        equal(server.mailbox("expire", BOB, "*", "--keep", "2"),
              "INBOX of bob@here.test: 1 message gone.\n", "expire")
        equal(server.mailbox("expire", BOB, "*", "--older-than", "1h"),
              "Nothing had to go.\n", "nothing is so old")
        server.mailbox("expire", BOB, "*", status=2)
        told = server.mailbox("repair", BOB, "--rebuild", status=1)
        check("takes a server that is stopped" in told, told)
        server.stop()
        with open(folder + "/mail.db", "r+b") as file:
            file.write(b"no database at all")
        for name in ["mail.db-wal", "mail.db-shm"]:
            if os.path.exists(os.path.join(folder, name)):
                os.unlink(os.path.join(folder, name))
        got = server.run("mailbox", "check", BOB, status=1)
        check("its database is damaged: " in got.stdout, got.stdout)
        told = server.mailbox("repair", BOB, status=1)
        check("put a backup back" in told and "--rebuild" in told, told)
        told = server.mailbox("repair", BOB, "--rebuild")
        check("3 files belong to no message" in told, told)
        recovered, = server.run_json("mailbox", "show", BOB, "Recovered")
        equal(recovered["messages"], 3, "recovered")
        check(glob.glob(folder + "/mail.db.damaged-*"), "what there was is kept")
        server.start()
        server.fill(BOB, 1)
        check("good (4 messages, 4 files)" in server.mailbox("check", BOB), "goes on")


def copied():
    """Copied, the second time only what is new; put back, under new UIDVALIDITYs"""
    with Server() as server:
        server.add(BOB, "jo@here.test")
        server.fill(BOB, 3)
        server.fill("jo@here.test", 1)
        server.mailbox("rights", BOB, "INBOX", "jo@here.test", "lr")
        backup = os.path.join(server.directory, "backup")
        told = server.mailbox("backup", backup)
        check(re.fullmatch(r"bob@here.test: 3 files, \d+ B; \d+ B new\n"
                           r"jo@here.test: 1 file, \d+ B; \d+ B new\n", told), told)
        server.mailbox("expire", BOB, "INBOX", "--keep", "2")
        server.fill(BOB, 1)
        line, = server.run_json("mailbox", "backup", backup, BOB)
        equal((line["files"], line["copied"], line["removed"]), (3, 1, 1), "the second")
        before, = server.run_json("mailbox", "show", BOB, "INBOX")
        server.fill(BOB, 2)
        server.stop()
        equal(sorted(os.listdir(os.path.join(backup, BOB))), ["cur", "mail.db", "new", "tmp"],
              "what is in it")
        own = os.path.join(server.state, "mail", BOB)
        shutil.rmtree(own)
        os.unlink(os.path.join(server.state, "mail", ".shares"))
        shutil.copytree(os.path.join(backup, BOB), own)
        server.start()
        after, = server.run_json("mailbox", "show", BOB, "INBOX")
        equal(after["messages"], 3, "put back")
        check(after["uidvalidity"] > before["uidvalidity"], f"{before} {after}")
        server.fill(BOB, 1)
        check("good (4 messages, 4 files)" in server.mailbox("check", BOB), "goes on")
        server.mailbox("repair", BOB)
        with open(os.path.join(server.state, "mail", ".shares")) as file:
            check("jo@here.test" in file.read(), "who is let in")
        again, = server.run_json("mailbox", "show", BOB, "INBOX")
        equal(again["uidvalidity"], after["uidvalidity"], "once")
        # Without a server; a folder that cannot be made.
        server.stop()
        server.mailbox("backup", backup)
        got = server.run("mailbox", "backup", "/proc/none", status=1)
        check("2 accounts were not copied" in got.stderr and "/proc/none" in got.stderr,
              got.stderr)


def interrupted():
    """The server ends while mail is taken over and copied: what is there is whole"""
    with Server() as server:
        server.add(BOB)
        old, backup = (os.path.join(server.directory, name) for name in ("old", "backup"))
        for name in ["cur", "new", "tmp"]:
            os.makedirs(os.path.join(old, name))
        for number in range(600):
            with open(f"{old}/cur/{1700000000 + number}.a:2,", "w") as file:
                file.write(TEXT * 4)
        own = os.path.join(server.state, "mail", BOB, "cur")

        def during(words, folder, end):
            """Does END while the command is at work; what it says then."""
            said = []
            thread = threading.Thread(target=lambda: said.append(
                server.run("mailbox", *words)))
            thread.start()
            until(lambda: os.path.isdir(folder) and len(os.listdir(folder)) > 100,
                  what="some of it")
            end()
            thread.join()
            return said[0]

        got = during(("adopt", BOB, old), own, server.stop)
        if got.returncode:  # else it was faster
            check(got.stderr.startswith("ringpost: "), got.stderr)
        server.start()
        count = server.messages(BOB)
        check(f"good ({count:,} messages" in server.mailbox("check", BOB), "taken over")
        check(count == 600 or got.returncode == 1, f"{count} messages")
        if count < 300:
            server.mailbox("adopt", BOB, old)
            count = server.messages(BOB)
        during(("backup", backup), os.path.join(backup, BOB, "cur"), server.kill)
        server.start()
        line, = server.run_json("mailbox", "backup", backup)
        equal(line["files"], count, "files of the copy")
        server.stop()
        shutil.rmtree(os.path.dirname(own))
        shutil.copytree(os.path.join(backup, BOB), os.path.dirname(own))
        check(f"good ({count:,} messages" in server.mailbox("check", BOB), "put back")


def by_rules():
    """What the configuration does not keep goes by itself; who is nearly full is told"""
    with Server(pickup={"quota_messages": 5, "quota_warnings": ["80"],
                        "mailboxes": [{"name": "Bin", "use": "trash"}, {"name": "Old/mail"}],
                        "retention_interval": "1s",
                        "retention": [{"mailbox": "Old/*", "messages": 1},
                                      {"account": "@there.test", "messages": 1}]}) as server:
        server.add(BOB)
        server.mailbox("create", BOB, "Work")
        equal([(one["mailbox"], one.get("use"), one["subscribed"])
               for one in server.lines("list", BOB)],
              [("INBOX", None, False), ("Bin", "trash", True), ("Old", None, False),
               ("Old/mail", None, True), ("Work", None, True)], "what it begins with")
        check("\n  kept  1 message\n" in server.mailbox("show", BOB, "Old/mail"), "show")
        equal(server.mailbox("expire", "--dry-run"), "Nothing would go.\n", "dry run")
        old = os.path.join(server.directory, "old")
        for name in ["cur", "new", "tmp", ".Old.mail/cur", ".Old.mail/new"]:
            os.makedirs(os.path.join(old, name))
        for number in range(3):
            with open(f"{old}/.Old.mail/cur/170000000{number}.a:2,", "w") as file:
                file.write(TEXT)
        server.mailbox("adopt", BOB, old)
        server.wait_event("mailbox_expired", account=BOB, mailbox="Old/mail", messages=2)
        # A message is left; 4 of 5 are 80 percent.
        server.fill(BOB, 2)
        equal(server.events("mailbox_quota"), [], "not yet")
        server.submit("a@far.test", [BOB], TEXT)
        event = server.wait_event("mailbox_quota", account=BOB, percent=80)
        equal((event["messages"], event["quota_messages"]), (4, 5), "what it says")
        until(lambda: server.messages(BOB) == 5, what="the notice")
        text = max(glob.glob(f"{server.state}/mail/{BOB}/cur/*"), key=os.path.getmtime)
        with open(text) as file:
            check("Subject: Your mailboxes are 80 % full\n" in file.read(), text)
        equal(server.mailbox("expire"), "Nothing had to go.\n", "expire")
        # A reload changes it.
        server.config["pickup"]["retention"] = [{"use": "any", "age": "1s", "flagged": True}]
        server.write_config()
        check(server.reload(), "reload")
        until(lambda: server.messages(BOB) == 0, what="all of it expired")
        server.stop()
        equal(server.mailbox("expire", BOB), "Nothing had to go.\n", "without a server")


sys.exit(cases.run([by_name, removed, maildir, cared_for, copied, interrupted, by_rules]))
