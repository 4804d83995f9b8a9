#!/usr/bin/env python3
"""The index of mailboxes: SEARCH finds the same before it is there, with it, and after it
was removed or damaged under the running daemon."""
import glob
import os
import sqlite3
import sys

from ringpost_mailboxes import Mailboxes
from ringpost_live import Cases, until

cases = Cases()
COUNT = 60


def letter(number):
    return (f"From: Writer{number % 7} <w{number % 7}@there.test>\r\nTo: bob@here.test\r\n"
            f"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe_{number}?=\r\n"
            "Content-Type: text/html; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
            f"<p>orchard{number} ap<b>ple</b>s =C3=A9t=C3=A9</p>\r\n").encode()


def search(imap, *keys):
    imap.literal = None
    code, data = imap.uid("SEARCH", "CHARSET", "UTF-8", *keys)
    cases.equal(code, "OK", " ".join(keys))
    return [int(uid) for uid in data[0].split()]


def ask_all(imap, when):
    """Each of them, and what is found of it."""
    every = list(range(1, COUNT + 1))
    for keys, found in [
            (("TEXT", "orchard17"), [17]),
            (("BODY", "Apples"), every),
            (("BODY", "apples", "NOT", "TEXT", "orchard1"),
             [n for n in every if not str(n).startswith("1")]),
            (("FROM", "writer3@"), []),
            (("FROM", "writer3 <w3@"), [n for n in every if n % 7 == 3]),
            (("OR", "SUBJECT", '"e 5"', "TEXT", "orchard21"),
             [n for n in every if str(n).startswith("5") or n == 21]),
            (("TEXT", "xy"), []),
            (("HEADER", "Content-Type", "HTML"), every)]:
        quoted = [f'"{key}"' if " " in key and not key.startswith('"') else key
                  for key in keys]
        cases.equal(search(imap, *quoted), found, f"{when}: {' '.join(keys)}")


def known(path):
    """How many messages the index knows."""
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            return database.execute(
                "SELECT value FROM meta WHERE key = 'count'").fetchone()[0]
    except (sqlite3.Error, TypeError):
        return 0


def searched():
    """Without an index, with one, with a part of one, without it again"""
    with Mailboxes() as daemon:
        daemon.add("bob@here.test")
        imap = daemon.imap("bob@here.test")
        for number in range(1, COUNT + 1):
            code, _ = imap.append("INBOX", None, None, letter(number))
            cases.equal(code, "OK", "APPEND")
        imap.select("INBOX")
        ask_all(imap, "new")
        path = glob.glob(os.path.join(daemon.state, "mail", "*"))[0] + "/fts.db"
        until(lambda: known(path) == COUNT, 60, "the index")
        ask_all(imap, "indexed")
        imap.append("INBOX", None, None, letter(17))
        imap.noop()
        cases.equal(search(imap, "TEXT", "orchard17"), [17, COUNT + 1], "one it does not know")
        imap.uid("STORE", str(COUNT + 1), "+FLAGS", r"(\Deleted)")
        imap.expunge()
        ask_all(imap, "expunged")
        for end in ("-wal", "-shm", ""):
            if os.path.exists(path + end):
                os.remove(path + end)
        ask_all(imap, "removed")
        until(lambda: known(path) == COUNT, 60, "the index, anew")
        ask_all(imap, "anew")
        with open(path, "r+b") as file:
            file.write(b"no database at all, and never was one")
        imap.logout()
        daemon.stop()
        daemon.start()
        imap = daemon.imap("bob@here.test")
        imap.select("INBOX")
        ask_all(imap, "damaged")
        until(lambda: known(path) == COUNT, 60, "the index, mended")
        ask_all(imap, "mended")
        imap.logout()


def switched_off():
    """search_index: false: nothing is made"""
    with Mailboxes(pickup={"search_index": False}) as daemon:
        daemon.add("bob@here.test")
        imap = daemon.imap("bob@here.test")
        for number in range(1, COUNT + 1):
            imap.append("INBOX", None, None, letter(number))
        imap.select("INBOX")
        ask_all(imap, "off")
        cases.equal(glob.glob(os.path.join(daemon.state, "mail", "*", "fts.db")), [], "no index")
        imap.logout()


if __name__ == "__main__":
    sys.exit(cases.run([searched, switched_off]))
