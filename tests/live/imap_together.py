#!/usr/bin/env python3
"""Several clients change one mailbox at the same time, on connections of several workers:
what each was told is what is there; IDLE tells all of them; QRESYNC catches up."""
import os
import random
import socket
import sys
import threading
import time

from imap_model import Client
from ringpost_mailboxes import PASSWORD, Mailboxes
from ringpost_live import PATIENCE, Cases

cases = Cases()
NAME = "bob@here.test"
FLAGS = ["\\Seen", "\\Flagged", "\\Answered", "\\Draft", "$Forwarded", "work", "todo"]
TEXT = b"Subject: %d\r\nMessage-ID: <%d@far.test>\r\n\r\nHello\r\n"


def client(daemon):
    return Client(daemon.ports["imap", "implicit"], tls=daemon.trust(), timeout=60).login(
        NAME, PASSWORD)


def some(one, chance):
    return chance.choice(one.uids) if one.uids else 1


def act(one, chance, number):
    """One of the things that people do."""
    what = chance.random()
    if what < 0.2:
        one.do(f"APPEND {one.mailbox} ({chance.choice(FLAGS)}) {{}}", TEXT % (number, number))
    elif what < 0.45:
        sign = chance.choice(["+", "-", "", "+", "-"])
        flags = " ".join(chance.sample(FLAGS, chance.randint(1, 3)))
        silent = chance.choice(["", ".SILENT"])
        one.do(f"UID STORE {some(one, chance)} {sign}FLAGS{silent} ({flags})")
        if silent:  # without being told, it knows
            one.do("UID FETCH 1:* (FLAGS)")
    elif what < 0.6 and one.uids:
        at = chance.randint(1, len(one.uids))
        one.do(f"STORE {at}:* +FLAGS ({chance.choice(FLAGS)})")
    elif what < 0.7:
        uid = some(one, chance)
        one.do(f"UID STORE {uid} +FLAGS (\\Deleted)")
        one.do(f"UID EXPUNGE {uid}" if chance.random() < 0.7 else "EXPUNGE")
    elif what < 0.78:
        one.do(f"UID MOVE {some(one, chance)} Other")
    elif what < 0.84:
        one.do(f"UID COPY {some(one, chance)} {one.mailbox}")
    elif what < 0.9 and one.uids:
        one.do(f"FETCH 1:{len(one.uids)} (UID FLAGS MODSEQ)")
    elif what < 0.95:
        one.do("SEARCH UNSEEN NOT KEYWORD work")
    else:
        one.do("NOOP")
    one.learn()


def changing_together():
    """Four clients, 200 random changes each: all know the same in the end, exactly"""
    seed = int(os.environ.get("SEED", time.time_ns() % 1000000))
    count = int(os.environ.get("CHANGES", "200"))
    print(f"  seed {seed}", flush=True)
    with Mailboxes(workers=2, log={"level": "info"}) as daemon:
        daemon.add(NAME)
        first = client(daemon)
        first.begin("INBOX").ok("CREATE Other")
        for number in range(20):
            first.append("INBOX", TEXT % (number, number))
        clients = [client(daemon).begin("INBOX") for _ in range(4)]
        old = client(daemon).begin("INBOX")  # sleeps all the while
        old_state = {uid: dict(one) for uid, one in old.known.items()}
        errors = []

        def work(index):
            chance = random.Random(seed * 10 + index)
            try:
                for number in range(count):
                    act(clients[index], chance, 1000 * (index + 1) + number)
            except Exception as error:
                errors.append(f"client {index}, change {number}: {error!r}; heard last: "
                              f"{[line for _, line in clients[index].heard[-8:]]}")

        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if not cases.check(not errors, "\n".join(errors)):
            return
        fresh = client(daemon).begin("INBOX")
        want = fresh.state()
        for index, one in enumerate(clients):
            cases.equal(one.state(), want, f"client {index}")
        cases.equal(old.state(), want, "one that slept")
        # Another comes back with what it knew at the beginning, and with what a client
        # knows that was there to the end.
        for known, highest in ((old_state, 0), (fresh.known, 0)):
            past = type("Past", (), {"known": known, "validity": fresh.validity,
                                     "highest": highest or min(
                                         [one["modseq"] for one in known.values()
                                          if "modseq" in one] or [1])})
            cases.equal(client(daemon).begin("INBOX", resync=past).state(), want, "QRESYNC")
        print(f"  {len(want)} messages left, UIDs to {max(want, default=0)}", flush=True)


def resyncing():
    """QRESYNC after each of 60 steps, from each state before: exactly what is there"""
    chance = random.Random(int(os.environ.get("SEED", time.time_ns() % 1000000)))
    with Mailboxes(log={"level": "info"}) as daemon:
        daemon.add(NAME)
        one = client(daemon)
        one.begin("INBOX").ok("CREATE Other")
        for number in range(10):
            one.append("INBOX", TEXT % (number, number))
        one.learn()
        other, states = client(daemon), []
        for step in range(60):
            one.do("UID FETCH 1:* (FLAGS MODSEQ)")
            states.append(type("Past", (), {
                "known": {u: dict(k) for u, k in one.known.items()},
                "validity": one.validity, "highest": one.highest}))
            act(one, chance, 2000 + step)
            if step in (20, 40):
                one.close()
                if step == 20:
                    daemon.stop()
                else:
                    daemon.kill()
                daemon.start()
                one, other = client(daemon).begin("INBOX"), client(daemon)
            if step % 5 == 4:
                want = one.state()
                for past in states[-1], chance.choice(states), states[0]:
                    other.begin("INBOX", resync=past)
                    cases.equal(other.state(), want, f"step {step}")


def idle_everywhere():
    """Eight in IDLE over two workers hear of each arrival, flag and expunge"""
    with Mailboxes(workers=2) as daemon:
        daemon.add(NAME)
        idlers = [client(daemon).begin("INBOX") for _ in range(8)]
        for one in idlers:
            one.idle()
        worker = client(daemon).begin("INBOX")
        took = []

        def all_hear(since, condition, what):
            for one in idlers:
                try:
                    took.append(one.idle_until(
                        lambda: condition(one), 20 * PATIENCE) - since)
                except socket.timeout:
                    cases.check(False, f"one did not hear of {what}")
        for number in range(1, 11):
            since = time.monotonic()
            uid = worker.append("INBOX", TEXT % (number, number))
            all_hear(since, lambda one: one.exists == number, f"message {number}")
            worker.do("NOOP")
            worker.learn()
            for one in idlers:  # what is told in IDLE is numbers: learn their UIDs
                one.done()
                one.learn()
                one.idle()
            since = time.monotonic()
            worker.do(f"UID STORE {uid} +FLAGS.SILENT (\\Flagged work)")
            all_hear(since, lambda one: one.known[uid]["flags"] >= {b"\\Flagged", b"work"}, "flags")
        worker.do("UID STORE 3:5 +FLAGS.SILENT (\\Deleted)")
        since = time.monotonic()
        worker.do("EXPUNGE")
        all_hear(since, lambda one: one.exists == 7, "EXPUNGE")
        since = time.monotonic()
        daemon.submit("jo@here.test", [NAME], "Subject: submitted\n\nx\n")
        all_hear(since, lambda one: one.exists == 8, "what was submitted")
        for one in idlers:
            cases.check(one.done().startswith("OK"), "DONE")
            cases.equal(one.exists, 8, "messages")
        took.sort()
        print(f"  from the command to all eight: {1000 * took[len(took) // 2]:.1f} ms (median), "
              f"{1000 * took[-1]:.1f} ms (last)", flush=True)


def pop3_beside_imap():
    """POP3 deletes what IMAP looks at, IMAP what POP3 has listed"""
    with Mailboxes() as daemon:
        daemon.add(NAME)
        imap = client(daemon).begin("INBOX")
        for number in range(5):
            imap.append("INBOX", TEXT % (number, number))
        imap.state()
        pop3 = daemon.pop3(NAME)
        imap.do("UID STORE 2 +FLAGS (\\Deleted)")
        imap.do("UID EXPUNGE 2")
        cases.equal(pop3.stat()[0], 5, "as it was when the session began")
        try:
            pop3.retr(2)
            cases.check(False, "what is gone is given")
        except Exception as error:
            cases.check("gone" in str(error), str(error))
        pop3.dele(2)
        pop3.dele(3)
        cases.equal(imap.state().keys(), {1, 3, 4, 5}, "before QUIT")
        pop3.quit()
        cases.equal(imap.state().keys(), {1, 4, 5}, "behind QUIT")


sys.exit(cases.run([changing_together, resyncing, idle_everywhere, pop3_beside_imap]))
