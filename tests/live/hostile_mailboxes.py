#!/usr/bin/env python3
"""Hostile clients of IMAP and POP3: budgets before the login, literals, nesting, sets,
patterns, readers that do not read, floods. All that is bounded stays bounded, others are
served meanwhile."""
import os
import random
import re
import socket
import struct
import sys
import threading
import time

from imap_raw import Closed, Imap
from ringpost_mailboxes import PASSWORD, Mailboxes
from ringpost_live import PATIENCE, Cases, until

cases = Cases()
NAME = "bob@here.test"
ENDED = (Closed, OSError)


def memory(daemon):
    """MiB of the daemon."""
    with open(f"/proc/{daemon.process.pid}/status") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) / 1024


class World(Mailboxes):
    """With one account; at its end it must still serve, and not have grown."""

    def __init__(self, growth=64, pickup=None, **more):
        super().__init__(pickup={"sessions_per_address": 0, **(pickup or {})},
                         log={"level": "info"}, **more)
        self.growth = growth

    def __enter__(self):
        super().__enter__()
        self.add(NAME)
        self.serves()
        self.before = memory(self)
        return self

    def __exit__(self, kind, *rest):
        try:
            if kind is None:
                self.serves()
                self.judge_growth()
        finally:
            super().__exit__(kind, *rest)

    def judge_growth(self):
        grown = memory(self) - self.before
        print(f"  {grown:+.1f} MiB", flush=True)
        if "asan" not in os.environ.get("RINGPOST", ""):
            cases.check(grown < self.growth, f"it grew by {grown:.0f} MiB")

    def plain(self, role="imap"):
        return Imap(self.ports[role, "starttls"])

    def open(self):
        return Imap(self.ports["imap", "implicit"], tls=self.trust()).login(NAME, PASSWORD)

    def serves(self):
        start = time.monotonic()
        with self.open() as imap:
            imap.ok("NOOP")
        cases.check(time.monotonic() - start < 10 * PATIENCE, "others are served")


def to_the_end(imap):
    """All it says until it closes."""
    heard = imap.input
    try:
        while data := imap.socket.recv(1 << 20):
            heard += data
    except OSError:
        pass
    return heard


def pour(imap, data, times=1):
    """Until it is no longer taken; the bytes that were."""
    sent = 0
    imap.socket.settimeout(20 * PATIENCE)
    try:
        for _ in range(times):
            imap.send(data)
            sent += len(data)
    except OSError:
        pass
    return sent


def before_the_login():
    """Who is not logged in has little time, few commands and few bytes"""
    with World(pickup={"login_timeout": "2s"}) as world:
        with world.plain() as imap:
            start = time.monotonic()
            cases.check(b"BYE" in to_the_end(imap), "too late")
            cases.check(time.monotonic() - start < 20 * PATIENCE, "in time")
        with world.plain() as imap:  # a byte now and then does not help
            try:
                for byte in b"a1 CAPABILITY\r\n" * 20:
                    imap.send(bytes([byte]))
                    time.sleep(0.05)
            except OSError:
                pass
            cases.check(time.monotonic() - start < 30 * PATIENCE, "in time")
    with World() as world:
        for what in (b"a NOOP\r\n" * 20000, b"A" * (8 << 20),
                     b"a LOGIN {9000000}\r\n" + b"x" * 100000,
                     b"a LOGIN {9000000+}\r\n" + b"x" * (8 << 20),
                     b"a LOGIN {4294967296}\r\n", b"a LOGIN {99999999999999999999999}\r\n",
                     b"a LOGIN {-1}\r\n", b"a LOGIN {}\r\n", b"a LOGIN {+}\r\n",
                     b"a LOGIN {10\r\n" * 100,
                     b"\0" * 100000, b"\n" * 100000, b"\r\n" * 100000,
                     b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                     b"a AUTHENTICATE PLAIN\r\n" + b"A" * 100000 + b"\r\n",
                     b"a AUTHENTICATE " + b"X" * 100000 + b"\r\n",
                     b"* " * 100000 + b"\r\n", b"(" * 100000 + b"\r\n",
                     b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(500)):
            with world.plain() as imap:
                sent = pour(imap, what)
                try:
                    imap.socket.shutdown(socket.SHUT_WR)
                except OSError:
                    pass
                heard = to_the_end(imap)
                cases.check(len(heard) < 1 << 20,
                            f"{what[:30]!r}: {sent} bytes taken, {len(heard)} said")
                cases.check(b" OK LOGIN" not in heard, what[:30])
        with world.plain() as imap:  # what stands behind STARTTLS
            imap.send(b"a STARTTLS\r\nb LOGIN x y\r\nc NOOP\r\n")
            heard = to_the_end(imap)
            cases.check(b"b " not in heard and b"c " not in heard, heard)


def literals():
    """Literals larger than they may be, that do not come, where none may be"""
    with World(pickup={"message_size": "1 MiB"}) as world:
        imap = world.open()
        tag = imap.tag()
        imap.send(tag + b" APPEND INBOX {4294967295}\r\n")
        cases.check(b"TOOBIG" in imap.line() or b"LIMIT" in imap.heard[-1][1], imap.heard[-1])
        lines, last = imap.ask("APPEND INBOX {}", b"Subject: x\r\n\r\n" + b"x" * (2 << 20))
        cases.check(last.startswith("NO"), last)
        cases.check(imap.ask("NOOP")[1].startswith("OK"), "it goes on")
        for what in (b"SELECT {99999999}", b"SELECT {99999999999999999999}",
                     b"SEARCH SUBJECT {18446744073709551615}", b"SELECT {1073741824}",
                     b"LIST {5000000} x"):
            tag = imap.tag()
            imap.send(tag + b" " + what + b"\r\n")
            cases.check(imap.line().split()[1] in (b"BAD", b"NO"), (what, imap.heard[-1]))
        imap.close()
        imap = world.open()  # without waiting, and then the end
        imap.send(b"x APPEND INBOX {900000+}\r\n" + b"y" * 500000)
        imap.close()
        imap = world.open()
        cases.check(imap.ask("APPEND INBOX ~{}", b"Subject: x\r\n\r\na\0b\r\n")[1][:2] in (
            "OK", "NO", "BA"), "NUL")
        imap.close()
        imap = world.open()
        sent = pour(imap, b"x SELECT {100000000+}\r\n" + b"z" * (1 << 20), 1)
        sent += pour(imap, b"z" * (1 << 20), 40)
        cases.check(sent < 36 << 20, f"{sent} bytes of what was refused were heard")
        imap.close()
        world.serves()
        with world.open() as imap:
            imap.ok("SELECT INBOX")
            cases.check(len(imap.fetch("1:* (RFC822.SIZE)")) <= 1, "nothing half is there")


def shapes():
    """Nesting, sets, patterns, names, items, keys, keywords: too many of each"""
    with World(growth=96) as world:
        imap = world.open()
        for number in range(20):
            imap.append("INBOX", b"Subject: aaaaaaaaaaaaaaaaaaaaaaaa %d\r\n\r\nx\r\n" % number)
        imap.ok("SELECT INBOX")
        imap.ok("CREATE " + "a" * 200)
        star = "*a" * 200
        for what in ("SEARCH " + "(" * 5000 + "ALL" + ")" * 5000,
                     "SEARCH " + "NOT " * 10000 + "ALL", "SEARCH " + "OR ALL " * 4000 + "ALL",
                     "SEARCH " + "ALL " * 10000, "SEARCH TEXT " + "a" * 60000,
                     "SEARCH " + " ".join(f"TEXT a{n}" for n in range(3000)),
                     "FETCH 1 BODY[" + "1." * 5000 + "1]",
                     "FETCH 1 (" + "FLAGS " * 5000 + "UID)",
                     "FETCH 1 (" + " ".join(["BODY.PEEK[]<%d.1>" % n for n in range(900)]) + ")",
                     "FETCH 1 BODY.PEEK[HEADER.FIELDS (" + "X " * 5000 + "X)]",
                     "FETCH " + ",".join(str(n) for n in range(1, 12000)) + " FLAGS",
                     "UID FETCH 1:4294967295,1:4294967295,*:1 (UID)",
                     "UID FETCH " + ",".join(["1:*"] * 10000) + " (UID)",
                     "FETCH 4294967296 FLAGS", "FETCH 0 FLAGS", "FETCH 1:0 FLAGS",
                     f'LIST "" "{star}b"', f'LIST "" "{star.replace("*", "%")}b"',
                     'LIST "" "' + "*" * 50000 + '"',
                     "LIST (" + "SUBSCRIBED " * 5000 + ') "" "*"',
                     'LIST "" (' + '"x" ' * 5000 + '"*")',
                     "CREATE " + "a/" * 10000 + "a", "CREATE " + "b" * 50000,
                     "CREATE " + "a/" * 400 + "a", "CREATE a//b", 'CREATE "../../etc/passwd"',
                     'CREATE "a/../b"', 'CREATE ".."', 'CREATE "&"', 'CREATE "&AAAA-"',
                     "STORE 1 +FLAGS (" + " ".join(f"k{n}" for n in range(8000)) + ")",
                     "STORE 1 +FLAGS (" + "k" * 5000 + ")",
                     "STORE 1:* +FLAGS (\\Unknown)",
                     "APPEND INBOX (" + " ".join(f"k{n}" for n in range(8000)) + ") {1}",
                     'APPEND INBOX "99-Foo-9999 99:99:99 +9999" {1}',
                     "SORT (" + "SUBJECT " * 5000 + ") UTF-8 ALL",
                     "SORT (SUBJECT) X" + "y" * 5000 + " ALL", "THREAD REFERENCES UTF-7 ALL",
                     "STATUS INBOX (" + "MESSAGES " * 5000 + ")", "ENABLE " + "X " * 5000 + "Y",
                     "ID (" + '"k" "v" ' * 2000 + ")", "ID (\"k\" \"" + "v" * 50000 + "\")",
                     "X" * 60000, "NOOP " + "x" * 60000, "UID UID UID FETCH 1 FLAGS",
                     "SELECT INBOX (QRESYNC (1 1 " + "1:2," * 10000 + "3))",
                     "UID EXPUNGE " + "1," * 20000 + "1"):
            start = time.monotonic()
            try:
                lines, last = imap.ask(what)
                cases.check(re.match("OK|NO|BAD", last), f"{what[:40]}: {last[:100]}")
            except ENDED:
                heard = b"".join(line for _, line in imap.heard[-3:]) + imap.input
                cases.check(b"BYE" in heard, f"{what[:40]}: closed: {heard[-200:]}")
                imap = world.open()
                imap.ok("SELECT INBOX")
            took = time.monotonic() - start
            cases.check(took < 5 * PATIENCE, f"{what[:40]}: took {took:.1f} s")
        for line in (b"", b" ", b"x", b"* NOOP", b"+ NOOP", b"( NOOP", b"a\x80 NOOP", b"a\tNOOP",
                     b"a NOOP\t", b"a  NOOP", b"a FETCH 1 BODY[", b'a LOGIN "', b"a {1}",
                     b"a STORE 1 FLAGS (\\", b"a SEARCH CHARSET", b"a UID", b"a FETCH 1 (((FLAGS)))",
                     b"%", b"a" * 9000 + b" NOOP"):
            with world.open() as one:
                one.send(line + b"\r\nlast NOOP\r\n")
                heard = b""
                try:
                    while not one.line().startswith(b"last "):
                        if one.heard[-1][1].startswith(b"+"):
                            one.send(b"\r\nlast NOOP\r\n")
                except ENDED:
                    heard = one.heard[-1][1]
                    cases.check(b"BYE" in heard, f"{line[:40]!r}: {heard!r}")
        imap.close()


def keywords():
    """Keywords without end: a mailbox bears so many, and goes on"""
    with World() as world:
        with world.open() as imap:
            imap.append("INBOX", b"Subject: x\r\n\r\nx\r\n")
            imap.ok("SELECT INBOX")
            for number in range(100):
                names = " ".join(f"k{number}x{n}{'y' * 40}" for n in range(900))
                last = imap.ask(f"STORE 1 FLAGS.SILENT ({names})")[1]
                if not last.startswith("OK"):
                    break
            cases.check(last.startswith("NO [LIMIT]") and number > 10, f"{number}: {last}")
            imap.ok("STORE 1 FLAGS ($Junk)")
            cases.equal(imap.fetch("1 (FLAGS)"), {1: {b"FLAGS": [b"\\Recent", b"$Junk"],
                                                      b"UID": b"1"}}, "a usual one")


def many_commands():
    """10,000 commands at once, all answered; 10,000 wrong ones, and it ends"""
    with World() as world:
        with world.open() as imap:
            data = b"".join(b"n%d NOOP\r\n" % n for n in range(10000))
            sender = threading.Thread(target=imap.send, args=(data,))
            sender.start()
            answers = [imap.line() for _ in range(10000)]
            sender.join()
            cases.check(all(line.startswith(b"n%d OK" % n) for n, line in enumerate(answers)),
                        "in their order")
        with world.open() as imap:
            pour(imap, b"x WHAT\r\n" * 10000)
            heard = to_the_end(imap)
            cases.check(heard.count(b"x BAD") <= 30 and b"BYE" in heard, heard[-200:])
        with world.open() as imap:  # IDLE, and something else than DONE
            imap.send(b"i IDLE\r\n")
            imap.line()
            pour(imap, b"NOOP\r\n" * 10000)
            cases.check(len(to_the_end(imap)) < 1 << 20, "something else than DONE")
        world.serves()


def no_reading():
    """20 ask for a gigabyte each and read nothing: memory stays, others are served"""
    with World(growth=80) as world:
        with world.open() as imap:
            for _ in range(10):
                imap.append("INBOX", b"Subject: x\r\n\r\n" + b"x" * 76 * 12000 + b"\r\n")
        lazy = []
        for number in range(20):
            imap = world.open()
            imap.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            imap.ok("SELECT INBOX")
            imap.socket.setblocking(False)
            ask = (b"f FETCH 1:* BODY.PEEK[]\r\n", b"f FETCH 1:* (BODY.PEEK[1] BINARY.PEEK[1])\r\n",
                   b"f UID SEARCH ALL\r\n" * 100)[number % 3]
            try:
                imap.send(ask * 120)
            except OSError:
                pass
            lazy.append(imap)
        pop3 = daemon_pop3(world)
        pop3.sendall(b"RETR 1\r\n" * 200)
        for _ in range(5):
            world.serves()
        for imap in lazy:
            imap.close()
        pop3.close()


def daemon_pop3(world):
    client = world.pop3(NAME)
    return client.sock


def flood():
    """2,000 connections: 100 of an address are served, the others hear why; then all is well"""
    with World(growth=96, pickup={"sessions_per_address": 100}) as world:
        held, refused = [], 0
        for number in range(2000):
            role = ("imap", "pop3")[number % 2]
            one = socket.create_connection(("127.0.0.1", world.ports[role, "starttls"]), 30)
            held.append(one)
        for one in held:
            one.settimeout(20 * PATIENCE)
            try:
                said = one.recv(200)
            except OSError:
                said = b""
            refused += not said.startswith((b"* OK", b"+OK"))
        cases.equal(refused, 1900, "refused")
        for one in held:
            one.close()

        def one_gets_in():
            try:
                world.open().close()
                return True
            except ENDED:
                return False
        until(one_gets_in, what="a place again")


def guessing():
    """Wrong passwords cost more and more time, and a name that is none costs the same"""
    with World(submission={"auth_delay": "500ms"}) as world:
        times = {}
        for name in (NAME, "nobody@here.test"):
            start = time.monotonic()
            with Imap(world.ports["imap", "implicit"], tls=world.trust()) as imap:
                last = imap.ask(f'LOGIN {name} wrong')[1]
            times[name] = time.monotonic() - start
            cases.check("AUTHENTICATIONFAILED" in last, last)
        cases.check(all(took > 0.4 for took in times.values()), f"delayed: {times}")
        answers = set()
        for name in (NAME, "nobody@here.test"):
            with Imap(world.ports["imap", "implicit"], tls=world.trust()) as imap:
                answers.add(imap.ask(f'LOGIN {name} wrong')[1])
        cases.equal(len(answers), 1, f"the same words: {answers}")


# What clients say; some of it is never answered, as they are gone.
SAID = [
    b"FETCH 1:* BODY.PEEK[]", b"FETCH 1:* (ENVELOPE BODYSTRUCTURE FLAGS UID INTERNALDATE)",
    b"UID FETCH 1:* (BINARY.PEEK[1] BINARY.SIZE[1] PREVIEW)", b"FETCH 1:* BODY[TEXT]<0.100000>",
    b"FETCH 1:* (BODY.PEEK[HEADER.FIELDS (SUBJECT X-A)] BODY.PEEK[1.MIME])",
    b"SEARCH TEXT needle", b"UID SEARCH RETURN (ALL COUNT SAVE) BODY xxx OR FROM a SUBJECT b",
    b"SORT (REVERSE SIZE SUBJECT) UTF-8 ALL", b"THREAD REFERENCES UTF-8 ALL", b"UID FETCH $ FLAGS",
    b"STORE 1:* +FLAGS (\\Seen work)", b"STORE 1:* -FLAGS.SILENT (\\Seen)", b"EXPUNGE",
    b"COPY 1:* Other", b"UID MOVE 1:3 Other", b"STORE 2 +FLAGS (\\Deleted)", b"CLOSE",
    b"SELECT Other (CONDSTORE)", b"SELECT INBOX", b"EXAMINE Other", b"UNSELECT", b"NOOP",
    b'LIST "" "*" RETURN (STATUS (MESSAGES UNSEEN SIZE))', b"STATUS Other (MESSAGES UIDNEXT)",
    b"CREATE New/%d", b"DELETE New/%d", b"RENAME New New2", b"RENAME New2 New", b"LOGOUT",
    b"ENABLE QRESYNC", b"SELECT INBOX (QRESYNC (1 1 1:100))", b"IDLE", b"IDLE\r\nDONE",
    b"APPEND Other {200+}\r\nSubject: cut", b"APPEND INBOX {30+}\r\nSubject: x\r\n\r\n0123456789abcdefg",
    b"APPEND INBOX {60+}\r\nSubject: two\r\n\r\n" + b"x" * 44 + b" {100+}\r\nSubject: cut",
    b"COMPRESS DEFLATE", b"GETQUOTAROOT INBOX", b"NAMESPACE", b"ID NIL", b"SUBSCRIBE New/%d",
    b"NOTIFY SET (personal (MessageNew MessageExpunge FlagChange))", b"GETACL INBOX",
    b"REPLACE 1 INBOX {30+}\r\nSubject: x\r\n\r\n0123456789abcdefg",
]


def one_that_vanishes(world, chance):
    """Says some of it all at once, reads some of the answers, and is gone."""
    imap = world.open()
    imap.send(b"s SELECT " + chance.choice([b"INBOX", b"Other"]) + b"\r\n")
    if chance.random() < 0.3:
        imap.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    for number in range(chance.randint(1, 12)):
        said = chance.choice(SAID)
        imap.send(b"v%d " % number + (said % chance.randint(1, 9) if b"%d" in said else said)
                  + b"\r\n")
        if chance.random() < 0.3:
            imap.socket.settimeout(chance.choice([0.001, 0.01, 0.1]))
            try:
                imap.socket.recv(chance.choice([10, 1000, 100000]))
            except TimeoutError:
                pass
            imap.socket.settimeout(30 * PATIENCE)
    if chance.random() < 0.5:  # a reset, else an end
        imap.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    imap.close()


def vanishing():
    """300 clients are gone in the middle of anything; the mailboxes are whole behind them"""
    seed = int(os.environ.get("SEED", time.time_ns() % 1000000))
    count = int(os.environ.get("CLIENTS", "300"))
    print(f"  seed {seed}", flush=True)
    with World(growth=120, pickup={"quota": "20 MiB", "quota_messages": 300}) as world:
        with world.open() as imap:
            imap.ok("CREATE Other")
            for size in (10, 1000, 100000, 1000000, 300) * 3:
                imap.append("INBOX", b"Subject: x\r\nX-A: b\r\n\r\nneedle\r\n"
                            + b"x" * 70 * (size // 70) + b"\r\n")

        def work(index):
            chance = random.Random(seed * 100 + index)
            for _ in range(count // 6):
                try:
                    one_that_vanishes(world, chance)
                except ENDED:
                    pass
        threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        cases.check(world.process.poll() is None, "it lives")
        with world.open() as imap:
            for box in ("INBOX", "Other"):
                lines, _ = imap.ok("SELECT " + box)
                exists = int(next(line for line in lines if line.endswith(b"EXISTS")).split()[0])
                got = imap.fetch("1:* (UID RFC822.SIZE BODY.PEEK[])") if exists else {}
                cases.equal(len(got), exists, "messages of " + box)
                cases.check(all(len(one[b"BODY[]"]) == int(one[b"RFC822.SIZE"])
                                for one in got.values()), "their sizes")
        world.judge_growth()
        cases.equal(world.stop(), 0, "its end")
        said = world.run("mailbox", "check", NAME)
        cases.equal(said.returncode, 0, said.stdout + said.stderr)
        world.start()


sys.exit(cases.run([before_the_login, literals, shapes, keywords, many_commands, no_reading, flood,
                    guessing, vanishing]))
