#!/usr/bin/env python3
"""Mailboxes of others: given, seen, changed and idled in by two accounts at once; over a
restart, and with rights that are taken away."""
import sys

from ringpost_mailboxes import Mailboxes
from ringpost_live import Cases, until

cases = Cases()
ANN, BOB, TEAM = "ann@here.test", "bob@here.test", "team@here.test"
TEXT = "From: a@here.test\nTo: ann@here.test\nSubject: Hello\nMessage-ID: <1@here.test>\n\nHi\n"
MESSAGE = TEXT.replace("\n", "\r\n").encode()


def others(mailbox, owner=ANN):
    return f'"Other users/{owner}/{mailbox}"'


def names(imap, pattern="*"):
    """What LIST shows: name → attributes."""
    listed = {}
    for line in imap.list('""', pattern)[1]:
        attributes, name = line[1:].split(b') "/" ')
        listed[name.strip(b'"').decode()] = attributes.decode()
    return listed


def told(imap, line):
    """Waits until IDLE says that."""
    while True:
        said = imap.readline().rstrip(b"\r\n")
        if said == line:
            return
        if not said:
            raise AssertionError(f"the connection is closed before {line}")


def idle(imap):
    tag = imap._new_tag()
    imap.send(tag + b" IDLE\r\n")
    told(imap, b"+ Idling")
    return tag


def two_accounts():
    """SETACL; another's session lists, reads, flags, is told of what comes, loses the right"""
    with Mailboxes() as daemon:
        for name in (ANN, BOB):
            daemon.add(name)
        ann, bob = daemon.imap(ANN), daemon.imap(BOB)
        cases.equal(names(bob), {"INBOX": "\\HasNoChildren"}, "before")
        ann.append("INBOX", r"(\Seen)", None, MESSAGE)
        cases.equal(ann.setacl("INBOX", BOB, "lrsw")[0], "OK", "SETACL")
        cases.equal(names(bob), {
            "INBOX": "\\HasNoChildren", "Other users": "\\Noselect \\HasChildren",
            "Other users/" + ANN: "\\Noselect \\HasChildren",
            f"Other users/{ANN}/INBOX": "\\HasNoChildren"}, "LIST")
        cases.equal(bob.select(others("INBOX"))[1], [b"1"], "SELECT")
        cases.equal(bob.fetch("1", "FLAGS")[1], [rb"1 (FLAGS (\Recent))"], "his FLAGS")
        tag = idle(bob)
        daemon.submit("a@here.test", [ANN], TEXT)
        told(bob, b"* 2 EXISTS")
        bob.send(b"DONE\r\n")
        told(bob, tag + b" OK IDLE completed")
        bob.store("2", "+FLAGS", r"(\Seen)")
        cases.equal(bob.search(None, "SEEN")[1], [b"2"], "what he has seen")
        ann.select("INBOX")
        cases.equal(ann.search(None, "SEEN")[1], [b"1"], "what she has seen")
        cases.equal(bob.copy("1", "INBOX")[0], "OK", "COPY")
        cases.equal(bob.status("INBOX", "(MESSAGES)")[1], [b"INBOX (MESSAGES 1)"], "his copy")
        cases.equal(bob.append(others("INBOX"), None, None, MESSAGE)[0], "NO", "APPEND")
        # Over a restart.
        daemon.stop()
        daemon.start()
        ann, bob = daemon.imap(ANN), daemon.imap(BOB)
        bob.select(others("INBOX"))
        cases.equal(bob.search(None, "SEEN")[1], [b"2"], "what he has seen, still")
        tag = idle(bob)
        ann.deleteacl("INBOX", BOB)
        told(bob, b"* BYE The mailbox may not be read any more")
        bob = daemon.imap(BOB)
        cases.equal(names(bob), {"INBOX": "\\HasNoChildren"}, "behind it")
        cases.equal(bob.select(others("INBOX"))[0], "NO", "SELECT, not allowed")


def for_all():
    """One account is there for all; its quota counts what others put there"""
    with Mailboxes(pickup={"shared_account": TEAM}) as daemon:
        daemon.add(TEAM, "--quota-messages", "2")
        for name in (ANN, BOB):
            daemon.add(name)
        team = daemon.imap(TEAM)
        team.create("News")
        for who, rights in (("anyone", "lr"), (ANN, "lrswit"), ("-" + BOB, "r")):
            cases.equal(team.setacl("News", who, rights)[0], "OK", "SETACL for " + who)
        team.logout()
        daemon.stop()
        daemon.start()
        ann, bob = daemon.imap(ANN), daemon.imap(BOB)
        cases.check(b'(("Shared/" "/"))' in ann.namespace()[1][0], "NAMESPACE")
        cases.equal(ann.append("Shared/News", None, None, MESSAGE)[0], "OK", "the first")
        cases.equal(ann.append("Shared/News", None, None, MESSAGE)[0], "OK", "the second")
        code, said = ann.append("Shared/News", None, None, MESSAGE)
        cases.check(code == "NO" and b"OVERQUOTA" in said[0], repr(said))
        cases.equal(ann.myrights("Shared/News")[1], [b"Shared/News lrswitd"], "MYRIGHTS")
        cases.check("Shared/News" in names(bob), "bob sees it")
        cases.equal(bob.select("Shared/News")[0], "NO", "bob may not read it")
        cases.equal(bob.subscribe("Shared/News")[0], "OK", "SUBSCRIBE")
        cases.equal(bob.lsub()[1], [b'(\\HasNoChildren) "/" Shared/News'], "LSUB")
        daemon.run("user", "remove", TEAM, status=0)
        until(lambda: "Shared/News" not in names(ann), what="an account that is removed")
        cases.equal(ann.select("Shared/News")[0], "NO", "SELECT, the account is removed")


def by_command():
    """`ringpost mailbox rights`: given, changed, shown and taken, with a server and without"""
    with Mailboxes() as daemon:
        for name in (ANN, BOB):
            daemon.add(name)

        def rights(*words, status=0):
            got = daemon.run("mailbox", "rights", ANN, *words, status=status)
            return got.stdout if status == 0 else got.stderr

        cases.check("Nobody else" in rights("INBOX"), "nobody")
        rights("INBOX", BOB, "lrswi")
        rights("INBOX", "anyone", "l")
        bob = daemon.imap(BOB)
        cases.equal(bob.myrights(others("INBOX"))[1],
                    [others("INBOX").encode() + b" lrswi"], "MYRIGHTS")
        rights("INBOX", BOB, "swi", "--remove")
        rights("INBOX", BOB, "r", "--add")
        rights("INBOX", BOB, "x", "--deny")
        cases.equal([tuple(one.values()) for one in daemon.run_json(
            "mailbox", "rights", ANN, "INBOX")],
            [("-" + BOB, "xc"), ("anyone", "l"), (BOB, "lr")], "--json")
        cases.check("are no rights" in rights("INBOX", BOB, "z", status=1), "z")
        cases.check("The owner has all rights" in rights("INBOX", ANN, "l", status=1), "owner")
        cases.check("There is no mailbox Gone" in rights("Gone", BOB, "l", status=1), "gone")
        bob.logout()
        daemon.stop()
        rights("INBOX", BOB, "none")
        rights("INBOX", BOB, "none", "--deny")
        rights("INBOX", "anyone", "none")
        daemon.start()
        bob = daemon.imap(BOB)
        cases.equal(names(bob), {"INBOX": "\\HasNoChildren"}, "behind it")


if __name__ == "__main__":
    sys.exit(cases.run([two_accounts, for_all, by_command]))
