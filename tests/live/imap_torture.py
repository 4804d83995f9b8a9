#!/usr/bin/env python3
"""The messages of tests/mime over the wire: what is put into a mailbox comes out to the
byte, whole and part by part; structures are what Python sees; POP3 has the same."""
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "mime"))
import torture  # noqa: E402
from collection import MESSAGES  # noqa: E402
from imap_raw import Imap  # noqa: E402
from ringpost_mailboxes import PASSWORD, Mailboxes  # noqa: E402
from ringpost_live import Cases  # noqa: E402

cases = Cases()
NAME = "bob@here.test"
# What is stored has its lines ended by CRLF, no NUL (RFC 9051 4.3.1), and is not nothing.
TAKEN = [m for m in MESSAGES if m.bytes and b"\0" not in m.bytes
         and m.bytes.replace(b"\r\n", b"").find(b"\n") < 0]


def store(daemon):
    with Imap(daemon.ports["imap", "starttls"]) as plain:
        cases.check(b"LOGINDISABLED" in plain.greeting, plain.greeting)
    imap = Imap(daemon.ports["imap", "implicit"], tls=daemon.trust()).login(NAME, PASSWORD)
    uids = {}
    for message in TAKEN:
        uids[imap.append("INBOX", message.bytes)] = message
    return imap, uids


def leaves(part, path=()):
    """(numbers, part) of what BODY[numbers] names, of a structure as IMAP lists it."""
    if isinstance(part[0], list):
        children = [p for p in part if isinstance(p, list)]
        count = next(i for i, p in enumerate(part) if not isinstance(p, list))
        for number, child in enumerate(children[:count], 1):
            yield from leaves(child, path + (number,))
        return
    if b"/".join(part[:2]).lower() in (b"message/rfc822", b"message/global") and \
            len(part) > 8 and isinstance(part[8], list):
        inner = part[8]
        yield from leaves(inner, path if isinstance(inner[0], list) else path + (1,))
        return
    yield path or (1,), part


def number(path):
    return ".".join(map(str, path))


def top(part):
    """The parts of a message begin with 1, be it a multipart or not."""
    if isinstance(part[0], list):
        return list(leaves(part))
    kind = b"/".join(part[:2]).lower()
    if kind in (b"message/rfc822", b"message/global") and len(part) > 8 and \
            isinstance(part[8], list):
        inner = part[8]
        return list(leaves(inner, (1,) if isinstance(inner[0], list) else (1, 1)))
    return [((1,), part)]


def judge(imap, uid, message, items):
    what = message.name
    if not cases.equal(torture.brief(items[b"BODY[]"]), torture.brief(message.bytes),
                       f"{what}: BODY[]") or items[b"BODY[]"] != message.bytes:
        return 0
    cases.equal(int(items[b"RFC822.SIZE"]), len(message.bytes), f"{what}: RFC822.SIZE")
    cases.equal(items[b"BODY[HEADER]"] + items[b"BODY[TEXT]"], message.bytes,
                f"{what}: header and text")
    places = top(items[b"BODYSTRUCTURE"])[:40]
    want = message.known.get("bodies")
    if want is None and not {"structure", "bodies"} & set(message.python):
        want = torture.Python(message.bytes).aspect("bodies")
    if want is None or any(len(path) > 15 for path, _ in places):
        return 0
    parts = " ".join(f"BODY.PEEK[{number(path)}]" for path, _ in places)
    got = imap.fetch(f"{uid} ({parts})")[uid]
    bodies = [got[b"BODY[%s]" % number(path).encode()] for path, _ in places]
    if b"multipart" in message.bytes.lower() and not want:
        want = [b""]  # the part that a multipart without any has
    empty = [b for b in bodies if b or b in want]
    cases.check(bodies == want[:40] or empty == want[:40],
                f"{what}: {torture.brief(bodies)}, want {torture.brief(want)}")
    for (path, part), body in zip(places, bodies):
        cases.equal(int(part[6]), len(body), f"{what}: the size of {number(path)}")
    return len(bodies)


def over_imap():
    """BODY[], its header and text, each part, as they were put in; sizes are right"""
    with Mailboxes(log={"level": "info"}) as daemon:
        daemon.add(NAME)
        imap, uids = store(daemon)
        cases.equal(len(uids), len(TAKEN), "as many UIDs")
        imap.ok("SELECT INBOX")
        got = imap.fetch("1:* (UID RFC822.SIZE BODYSTRUCTURE ENVELOPE BODY.PEEK[] "
                         "BODY.PEEK[HEADER] BODY.PEEK[TEXT] FLAGS PREVIEW)")
        cases.equal(set(got), set(uids), "all of them")
        parts = sum(judge(imap, uid, uids[uid], items) for uid, items in got.items())
        print(f"  {len(uids)} messages, {parts} parts", flush=True)
        binary(imap, uids)
        searched(imap, uids)
        imap.close()
        over_pop3(daemon, [uids[uid] for uid in sorted(uids)])


def binary(imap, uids):
    """BINARY[1] is what Python decodes."""
    count = 0
    for uid, message in uids.items():
        want = message.known.get("bytes")
        if not want or len(want) != 1 or message.name.startswith(("x-mine", "x-uuencode")):
            continue
        lines, last = imap.ask(f"UID FETCH {uid} (BINARY.SIZE[1] BINARY.PEEK[1])")
        if "UNKNOWN-CTE" in last:
            cases.check("Encoding: quoted_" in message.bytes.decode("latin-1"),
                        f"{message.name}: {last}")
            continue
        cases.check(last.startswith("OK"), f"{message.name}: {last}")
        from imap_raw import fetched
        (_, items), = fetched(lines)
        cases.equal(torture.brief(items[b"BINARY[1]"]), torture.brief(want[0]),
                    f"{message.name}: BINARY[1]")
        cases.equal(int(items[b"BINARY.SIZE[1]"]), len(want[0]), f"{message.name}: its size")
        count += 1
    cases.check(count >= 25, f"{count} of them in BINARY")


def searched(imap, uids):
    """Text of any charset is found by its first word."""
    count = 0
    for uid, message in uids.items():
        text = message.known.get("text")
        if not text or len(text) != 1 or "�" in text[0]:
            continue
        key = text[0].split()[0].strip(",") if text[0].split() else ""
        if len(key) < 2:
            continue
        lines, last = imap.ask("UID SEARCH CHARSET UTF-8 BODY {}", key.encode())
        found = [int(w) for line in lines if line.startswith(b"SEARCH") for w in line.split()[1:]]
        cases.check(uid in found, f"{message.name}: {key!r} is not found: {last}")
        count += 1
    cases.check(count >= 80, f"{count} of them searched for")


def over_pop3(daemon, messages):
    """The same by RETR, with an end to their last lines"""
    pop3 = daemon.pop3(NAME)
    cases.equal(pop3.stat()[0], len(messages), "STAT")
    for at, message in enumerate(messages, 1):
        if max(map(len, message.bytes.split(b"\r\n"))) > 2000 or b"\r" in \
                message.bytes.replace(b"\r\n", b""):
            continue  # poplib takes no such lines
        got = b"".join(line + b"\r\n" for line in pop3.retr(at)[1])
        want = message.bytes
        cases.check(got == want or got == want + b"\r\n", f"{message.name}: RETR")
    pop3.quit()


if __name__ == "__main__":
    # Python reads what is nested by calling itself.
    sys.setrecursionlimit(50000)
    threading.stack_size(512 << 20)
    status = []
    thread = threading.Thread(target=lambda: status.append(cases.run([over_imap])))
    thread.start()
    thread.join()
    sys.exit(status[0] if status else 1)
