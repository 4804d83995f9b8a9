#!/usr/bin/env python3
"""Mailboxes whose daemon is killed (-9) again and again while clients change them over the
wire: APPEND, STORE, EXPUNGE, MOVE, POP3's DELE and QUIT, deliveries.

mailbox_kill.py [--kills N] [--seed S]

What was acknowledged is there, what was under way is there or not, whole; no UID means
another message than before, UIDVALIDITY stays, modseqs do not fall.
"""
import argparse
import os
import random
import re
import sys
import threading
import time

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "live"))
from imap_raw import Closed, Imap, fetched  # noqa: E402
from ringpost_mailboxes import PASSWORD, Mailboxes  # noqa: E402
from ringpost_live import Cases, until  # noqa: E402

cases = Cases()
IMAP, POP3 = "imap@here.test", "pop3@here.test"
BOXES = ["INBOX", "Work", "Archive"]
KEYWORDS = ["\\Seen", "\\Flagged", "$Forwarded", "work"]
LOST = (OSError, Closed, EOFError)


class Message:
    """Where it is and what is known of it. DOUBT: what was under way when all ended."""

    def __init__(self, token, box):
        self.token, self.box = token, box
        self.uid = self.doubt = self.to = None
        self.flags, self.gone = set(), False


class Ledger:
    def __init__(self):
        self.lock = threading.Lock()
        self.messages, self.names = {}, {}  # by token; (box, uid): token, for ever
        self.validity, self.highest, self.done, self.doubts = {}, {}, {}, 0

    def count(self, what):
        with self.lock:
            self.done[what] = self.done.get(what, 0) + 1

    def named(self, box, uid, token):
        """A UID means one message."""
        with self.lock:
            before = self.names.setdefault((box, uid), token)
        cases.equal(token, before, f"UID {uid} of {box}")

    def risen(self, box, modseq):
        with self.lock:
            self.highest[box] = max(self.highest.get(box, 0), modseq)


def connect(daemon, name=IMAP):
    return Imap(daemon.ports["imap", "implicit"], tls=daemon.trust(), timeout=20).login(
        name, PASSWORD)


def text(token, size):
    return (f"Subject: {token}\r\nX-Token: {token}\r\n\r\n" + "x" * 70 + "\r\n" * 1 +
            ("y" * 70 + "\r\n") * size).encode()


class Worker(threading.Thread):
    """Changes messages of its own, until the connection ends."""

    def __init__(self, daemon, ledger, chance, index):
        super().__init__()
        self.daemon_, self.ledger, self.chance, self.index = daemon, ledger, chance, index
        self.mine = [m for m in ledger.messages.values()
                     if m.token.startswith(f"w{index}-") and not m.gone]
        self.box = chance.choice(BOXES)

    def run(self):
        try:
            imap = connect(self.daemon_)
            imap.ok("ENABLE CONDSTORE")
            imap.ok(f"SELECT {self.box}")
            while True:
                self.act(imap)
        except LOST:
            pass

    def act(self, imap):
        here = [m for m in self.mine if m.box == self.box and not m.gone]
        what = self.chance.random()
        if what < 0.4 or not here:
            self.append(imap)
        elif what < 0.7:
            self.store(imap, self.chance.choice(here))
        elif what < 0.82:
            self.expunge(imap, self.chance.choice(here))
        elif what < 0.95:
            self.move(imap, self.chance.choice(here))
        else:
            self.box = self.chance.choice(BOXES)
            imap.ok(f"SELECT {self.box}")

    def ask(self, imap, message, doubt, command, *literals):
        message.doubt = doubt
        lines, last = imap.ask(command, *literals)
        if not cases.check(last.startswith("OK"), f"{command!r}: {last}"):
            raise Closed
        message.doubt = None
        self.ledger.count(doubt[0])
        for _, items in fetched(lines):
            if b"MODSEQ" in items:
                self.ledger.risen(self.box, int(items[b"MODSEQ"][0]))
        return last

    def append(self, imap):
        token = f"w{self.index}-{self.chance.getrandbits(60):x}"
        message = Message(token, self.chance.choice(BOXES))
        with self.ledger.lock:
            self.ledger.messages[token] = message
        self.mine.append(message)
        flags = set(self.chance.sample(KEYWORDS, self.chance.randint(0, 2)))
        last = self.ask(imap, message, ("APPEND", flags),
                        f"APPEND {message.box} ({' '.join(flags)}) {{}}",
                        text(token, self.chance.choice([1, 10, 500])))
        message.flags = flags
        message.uid = int(re.search(r"APPENDUID \d+ (\d+)", last).group(1))
        self.ledger.named(message.box, message.uid, token)

    def store(self, imap, message):
        flags = set(self.chance.sample(KEYWORDS, 2))
        self.ask(imap, message, ("STORE", flags),
                 f"UID STORE {message.uid} FLAGS ({' '.join(flags)})")
        message.flags = flags

    def expunge(self, imap, message):
        deleted = message.flags | {"\\Deleted"}
        self.ask(imap, message, ("STORE", deleted), f"UID STORE {message.uid} +FLAGS (\\Deleted)")
        message.flags = deleted
        self.ask(imap, message, ("EXPUNGE", None), f"UID EXPUNGE {message.uid}")
        message.gone = True

    def move(self, imap, message):
        message.to = self.chance.choice([box for box in BOXES if box != self.box])
        lines, last = None, None
        message.doubt = ("MOVE", message.to)
        lines, last = imap.ask(f"UID MOVE {message.uid} {message.to}")
        said = re.search(rb"COPYUID \d+ (\d+) (\d+)", b"\n".join(lines) + last.encode())
        if not cases.check(said and last.startswith("OK"), f"MOVE: {lines} {last}"):
            raise Closed
        message.doubt = None
        message.box, message.uid = message.to, int(said.group(2))
        self.ledger.count("MOVE")
        self.ledger.named(message.box, message.uid, message.token)


def look(daemon, box):
    """{token: (uid, flags)}, UIDVALIDITY, HIGHESTMODSEQ, UIDNEXT."""
    with connect(daemon) as imap:
        lines, _ = imap.ok(f"SELECT {box}")
        said = b"\n".join(lines)
        numbers = [int(re.search(word + rb" (\d+)", said).group(1))
                   for word in (rb"UIDVALIDITY", rb"HIGHESTMODSEQ", rb"UIDNEXT")]
        found = {}
        for uid, items in imap.fetch(
                "1:* (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER.FIELDS (X-TOKEN)] "
                "BODY.PEEK[])").items():
            token = items[b"BODY[HEADER.FIELDS (X-TOKEN)]"].decode().strip()[9:]
            if not cases.check(token not in found, f"{token} is twice in {box}"):
                continue
            cases.check(int(items[b"RFC822.SIZE"]) == len(items[b"BODY[]"])
                        and f"X-Token: {token}".encode() in items[b"BODY[]"],
                        f"{token} is damaged")
            found[token] = uid, {f.decode() for f in items[b"FLAGS"]} - {"\\Recent"}
        return found, *numbers


def verify(daemon, ledger):
    """Everything is as it was acknowledged; doubts are settled by what is there."""
    there = {}
    for box in BOXES:
        found, validity, highest, following = look(daemon, box)
        cases.equal(validity, ledger.validity.setdefault(box, validity), f"{box}: UIDVALIDITY")
        cases.check(highest >= ledger.highest.get(box, 0), f"{box}: HIGHESTMODSEQ falls")
        ledger.highest[box] = highest
        known = [uid for name, uid in ledger.names if name == box]
        cases.check(following > max(known, default=0), f"{box}: UIDNEXT {following}")
        for token, (uid, flags) in found.items():
            ledger.named(box, uid, token)
            there.setdefault(token, []).append((box, uid, flags))
    for token, places in there.items():
        if cases.check(token in ledger.messages, f"{token}: nobody put it there"):
            cases.equal(len(places), 1, f"{token} is in {places}")
    for message in list(ledger.messages.values()):
        settle(ledger, message, there.get(message.token, [None])[0])


def settle(ledger, message, place):
    doubt, value = message.doubt or (None, None)
    ledger.doubts += doubt is not None
    message.doubt = None
    if doubt == "APPEND" and message.uid is None:
        if place is None:
            del ledger.messages[message.token]
            return
        message.box, message.uid, message.flags = place[0], place[1], value
    if message.gone or (doubt == "EXPUNGE" and place is None):
        cases.check(place is None, f"{message.token} is back: {place}")
        message.gone = True
        return
    if not cases.check(place is not None, f"{message.token} in {message.box} is lost; {doubt}"):
        message.gone = True
        return
    if doubt == "MOVE" and place[0] == value:
        message.box, message.uid = place[:2]
    cases.equal(place[:2], (message.box, message.uid), f"the place of {message.token}")
    wanted = [message.flags] + ([value] if doubt == "STORE" else [])
    cases.check(place[2] in wanted, f"{message.token} has {place[2]}, not {wanted}; {doubt}")
    message.flags = place[2]


# --- Deliveries, and POP3 that takes them ---

class Deliveries:
    """By token: submitted with a 250; UIDLs and their tokens, for ever; taken away."""

    def __init__(self):
        self.lock = threading.Lock()
        self.accepted, self.uncertain, self.taken, self.names = set(), set(), set(), {}
        self.doubt = None  # tokens that a QUIT without an answer was to take
        self.quits = 0

    def deliver(self, daemon, chance, ending):
        number = 0
        while not ending.is_set():
            token = f"d-{chance.getrandbits(60):x}"
            try:
                with self.lock:
                    self.uncertain.add(token)
                daemon.submit("a@here.test", [POP3], f"X-Token: {token}\nSubject: {number}\n\nx\n")
                with self.lock:
                    self.accepted.add(token)
                number += 1
            except Exception:  # nobody said 250
                time.sleep(0.01)

    def take(self, daemon, chance, ending):
        while not ending.is_set():
            try:
                self.session(daemon, chance)
            except Exception:  # it was killed
                return

    def session(self, daemon, chance):
        pop3 = daemon.pop3(POP3)
        there = self.listed(pop3)
        chosen = {t for t in there if chance.random() < 0.5}
        for token in chosen:
            pop3.dele(there[token])
        self.doubt = chosen
        said = pop3.quit()
        self.doubt = None
        if cases.check(said.startswith(b"+OK"), said):
            self.taken |= chosen
            self.quits += 1

    def listed(self, pop3):
        """{token: number}; UIDLs mean what they always meant."""
        there = {}
        for line in pop3.uidl()[1]:
            number, name = line.split()
            if name not in self.names:
                lines = pop3.retr(int(number))[1]
                self.names[name] = next(
                    one for one in lines if one.startswith(b"X-Token: ")).decode()[9:]
            elif number == b"1":  # asked again, now and then
                lines = pop3.retr(1)[1]
                cases.check(b"X-Token: " + self.names[name].encode() in lines,
                            f"{name} means another message")
            token = self.names[name]
            cases.check(token not in there, f"{token} is there twice")
            there[token] = int(number)
        return there

    def verify(self, daemon):
        pop3 = daemon.pop3(POP3)
        there = set(self.listed(pop3))
        pop3.quit()
        if self.doubt:
            left = self.doubt & there
            cases.check(not left or left == self.doubt,
                        f"QUIT took {len(self.doubt) - len(left)} of {len(self.doubt)}")
            if not left:
                self.taken |= self.doubt
            self.doubt = None
        cases.check(not there & self.taken, f"{there & self.taken} are back")
        cases.check(there <= self.uncertain, "nobody sent it")
        return there


def play(daemon, chance, kills):
    ledger, deliveries = Ledger(), Deliveries()
    for name in IMAP, POP3:
        daemon.add(name)
    with connect(daemon) as imap:
        for box in BOXES[1:]:
            imap.ok("CREATE " + box)
    ending = threading.Event()
    sender = threading.Thread(target=deliveries.deliver, args=(
        daemon, random.Random(chance.random()), ending))
    sender.start()
    try:
        for _ in range(kills):
            workers = [Worker(daemon, ledger, random.Random(chance.random()), index)
                       for index in range(6)]
            taker = threading.Thread(target=deliveries.take, args=(
                daemon, random.Random(chance.random()), ending))
            for one in [*workers, taker]:
                one.start()
            time.sleep(chance.uniform(0.3, 1.2))
            daemon.kill()
            for one in [*workers, taker]:
                one.join()
            daemon.start()
            verify(daemon, ledger)
            deliveries.verify(daemon)
            if cases.failures:
                break
    finally:
        ending.set()
        sender.join()
    until(lambda: daemon.run_json("queue", "list") == [], 60, "an empty queue")
    there = deliveries.verify(daemon)
    lost = deliveries.accepted - there - deliveries.taken
    cases.check(not lost, f"{len(lost)} accepted messages are lost: {list(lost)[:5]}")
    print(f"  {daemon.statuses.count(-9)} kills, acknowledged {ledger.done}, "
          f"{ledger.doubts} times in doubt; {len(deliveries.accepted)} delivered, "
          f"{len(deliveries.taken)} taken by {deliveries.quits} sessions of POP3", flush=True)
    return ledger


def killed():
    """What was acknowledged over the wire is there after each kill, and nothing else"""
    options = argparse.ArgumentParser()
    options.add_argument("--kills", type=int, default=12)
    options.add_argument("--seed", type=int, default=int(time.time()))
    options = options.parse_args()
    print(f"  seed {options.seed}", flush=True)
    # Logins are many: none of them is a guess.
    with Mailboxes(log={"level": "info"}, relay={"retry": ["500ms", "1s"]}) as daemon:
        play(daemon, random.Random(options.seed), options.kills)


sys.exit(cases.run([killed]))
