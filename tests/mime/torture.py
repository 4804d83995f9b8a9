#!/usr/bin/env python3
"""Messages as they should not be: what we make of them, what Python's email package
does, and why they differ.

torture.py PROBE

All that is said of a message has to be as it says it is, or as Python says; where
Python's opinion is another, the message has the reason, and else none. What holds of
any message (facts, structure and places agree, lines of IMAP can be read) is asked of
these and of pieces of them.
"""
import email
import email.header
import email.policy
import email.utils
import re
import subprocess
import sys
import threading

import contents  # noqa: F401
import headers  # noqa: F401
import shapes  # noqa: F401
from collection import MESSAGES

LEAF, TEXT, MULTI, INNER = range(4)
SHADOWED = ("bytes", "text")  # Python's depend on what it takes for the bodies
ASPECTS = ("structure", "bodies", "bytes", "text", "names", "subject", "from_", "to", "cc")


# --- What we make of it ---

class Part:
    def __init__(self, words):
        self.path, self.shape = words[0], int(words[1])
        self.type = "/".join(plain(w).decode("latin-1").lower() for w in words[2:4])
        self.places = [int(w) for w in words[4:9]]
        self.children, self.bytes, self.text, self.name = [], None, None, None


class Ours:
    """What the probe says of a message."""

    def __init__(self, lines):
        self.parts, self.places, self.values = {}, {}, {}
        self.addresses = {"from": [], "to": [], "cc": []}
        for line in lines:
            word, *rest = line.split()
            if word == "part":
                part = Part(rest)
                self.parts[part.path] = part
                if "." in part.path:
                    self.parts[part.path.rpartition(".")[0]].children.append(part)
            elif word == "place":
                self.places[rest[0]] = [int(w) for w in rest[1:]]
            elif word in ("bytes", "text", "name"):
                setattr(self.parts[rest[0]], word, plain(rest[1]))
            elif word == "address":
                name, local, host = map(said, rest[1:])
                self.addresses[rest[0]].append((name, f"{local}@{host}"))
            elif word == "sent":
                self.sent = int(rest[0])
            else:
                self.values[word] = plain(rest[0])

    def leaves(self):
        return [p for p in self.parts.values() if not p.children and p.shape in (LEAF, TEXT)]

    def aspect(self, name, message):
        if name == "structure":
            return shown(self.parts["0"])
        if name == "bodies":
            return [message.bytes[p.places[2]:p.places[2] + p.places[3]] for p in self.leaves()]
        if name == "bytes":
            return [p.bytes for p in self.leaves()]
        if name == "text":
            return [p.text.decode() for p in self.leaves() if p.type == "text/plain"]
        if name == "names":
            return [p.name.decode() for p in self.leaves() if p.name]
        if name == "subject":
            return " ".join(self.values["subject"].decode().split())
        return self.addresses[name.rstrip("_")]


def plain(word):
    return b"" if word == "-" else bytes.fromhex(word)


def said(word):
    return plain(word).decode(errors="surrogateescape")


def shown(part):
    inside = "[" + " ".join(map(shown, part.children)) + "]"
    return part.type + (inside if part.shape in (MULTI, INNER) else "")


def probe(messages):
    """What the probe says of each, in their order."""
    given = b"".join(b"%d\n%s" % (len(m), m) for m in messages)
    done = subprocess.run([sys.argv[1]], input=given, capture_output=True, timeout=250)
    if done.returncode:
        raise AssertionError(f"the probe ended with {done.returncode}:\n{done.stderr.decode()}")
    found, lines = [], []
    for line in done.stdout.decode().splitlines():
        if line == "end":
            found.append(Ours(lines))
            lines = []
        else:
            lines.append(line)
    assert len(found) == len(messages), (len(found), len(messages))
    return found


# --- The second opinion ---

class Python:
    def __init__(self, data):
        self.message = email.message_from_bytes(data, policy=email.policy.compat32)

    def children(self, part):
        if part.get_content_type() in ("message/rfc822", "message/global"):
            return part.get_payload() if part.is_multipart() else []
        return part.get_payload() if part.get_content_maintype() == "multipart" \
            and part.is_multipart() else []

    def shown(self, part):
        kind = part.get_content_type()
        if kind.startswith("multipart/") or kind in ("message/rfc822", "message/global"):
            return f"{kind}[{' '.join(map(self.shown, self.children(part)))}]"
        return kind

    def leaves(self, part=None):
        part = self.message if part is None else part
        inside = self.children(part)
        if not inside:
            return [] if part.get_content_maintype() == "multipart" else [part]
        return [leaf for child in inside for leaf in self.leaves(child)]

    def aspect(self, name):
        """None: no opinion."""
        if name == "structure":
            return self.shown(self.message)
        leaves = self.leaves()
        if any(leaf.is_multipart() for leaf in leaves) and name in ("bodies", "bytes"):
            return None
        if name == "bodies":
            return [raw_body(leaf) for leaf in leaves]
        if name == "bytes":
            return [leaf.get_payload(decode=True) for leaf in leaves]
        if name == "text":
            return [text_of(leaf) for leaf in leaves if leaf.get_content_type() == "text/plain"]
        if name == "names":
            return [n for n in (leaf.get_filename() for leaf in leaves) if n]
        if name == "subject":
            return words(self.message["Subject"])
        return [(words(n), a) for n, a in email.utils.getaddresses(
            map(str, self.message.get_all(name.rstrip("_"), []))) if n or a]


def raw_body(leaf):
    # get_payload() would decode what is not ASCII.
    return (leaf._payload or "").encode("ascii", "surrogateescape")


def text_of(leaf):
    data = leaf.get_payload(decode=True)
    try:
        return data.decode(leaf.get_content_charset("us-ascii"), "replace")
    except LookupError:
        return data.decode("us-ascii", "replace")


def words(value):
    """Decoded; spaces collapsed, as what a fold becomes is open."""
    if value is None:
        return ""
    try:
        value = re.sub(r"\r\n(?=[ \t])", "", str(value)).strip()
        text = str(email.header.make_header(email.header.decode_header(value)))
        return " ".join(text.split())
    except (LookupError, UnicodeError, ValueError, email.errors.HeaderParseError) as error:
        return f"none: {error!r}"


# --- What holds of any message ---

TOKEN = re.compile(rb'[( )]|NIL|[0-9]+|"((?:[^"\\\r\n]|\\["\\])*)"|\{([0-9]+)\}\r\n')


def read_lists(data):
    """IMAP's lists; what is malformed raises."""
    stack, at = [[]], 0
    while at < len(data):
        match = TOKEN.match(data, at)
        if not match:
            raise ValueError(f"at {at}: {data[at:at + 40]!r}")
        word, at = match.group(0), match.end()
        if word == b"(":
            stack.append([])
        elif word == b")":
            inner = stack.pop()
            stack[-1].append(inner)
        elif word == b"NIL":
            stack[-1].append(None)
        elif word[:1] == b'"':
            stack[-1].append(re.sub(rb"\\(.)", rb"\1", match.group(1)))
        elif word[:1] == b"{":
            size = int(match.group(2))
            stack[-1].append(data[at:at + size])
            at += size
        elif word != b" ":
            stack[-1].append(int(word))
    one, = stack
    return one


def agrees(listed, part, extended):
    """Whether a BODY or BODYSTRUCTURE says what the tree does."""
    if part.shape == MULTI:
        split = next(i for i, item in enumerate(listed) if not isinstance(item, list))
        children, rest = listed[:split], listed[split:]
        if part.children:
            if len(children) != len(part.children) or not all(
                    agrees(a, b, extended) for a, b in zip(children, part.children)):
                return False
        elif len(children) != 1 or children[0][:2] != [b"text", b"plain"]:
            return False
        return rest[0].decode("latin-1").lower() == part.type.partition("/")[2] \
            and len(rest) == (5 if extended else 1)
    if b"/".join(listed[:2]).decode("latin-1").lower() != part.type or \
            listed[6] != part.places[3]:
        return False
    size = {LEAF: 7, TEXT: 8, INNER: 10}[part.shape]
    if part.shape == INNER and not (len(listed[7]) == 10 and agrees(
            listed[8], part.children[0], extended)):
        return False
    if part.shape != LEAF and listed[size - 1] != part.places[4]:
        return False
    return len(listed) == size + (4 if extended else 0)


def invariants(data, ours):
    """What does not hold of it."""
    wrong = []
    for path, part in ours.parts.items():
        header_at, header_size, body_at, body_size, lines = part.places
        if header_at + header_size != body_at or body_at + body_size > len(data):
            wrong.append(f"{path} lies at {part.places} of {len(data)}")
        if lines != data.count(b"\n", body_at, body_at + body_size):
            wrong.append(f"{path} has {lines} lines")
        if part.shape == INNER and part.children[0].places[0] != body_at:
            wrong.append(f"{path}'s message lies elsewhere")
        # A header that a delimiter ends keeps its last line end.
        if any(child.places[0] < body_at or
               child.places[2] + child.places[3] > body_at + body_size + 2
               for child in part.children):
            wrong.append(f"{path} does not hold its parts")
        place = ours.places.get(path)
        if not place or place[0] != part.shape or place[2:] != part.places[:4]:
            wrong.append(f"{path} is packed as {place}")
    if set(ours.parts) != set(ours.places):
        wrong.append("other parts are packed")
    for what, extended in ("body", False), ("structure", True):
        listed, = read_lists(ours.values[what])
        if not agrees(listed, ours.parts["0"], extended):
            wrong.append(f"{what} says otherwise: {ours.values[what][:300]!r}")
    envelope, = read_lists(ours.values["envelope"])
    if len(envelope) != 10 or not all(v is None or all(
            len(a) == 4 for a in v) for v in envelope[2:8]):
        wrong.append(f"the envelope is {ours.values['envelope'][:300]!r}")
    preview = ours.values["preview"].decode()
    if len(preview) > 200:
        wrong.append("the preview is too long")
    return wrong


# --- All of them ---

def judge(message, ours):
    """What is wrong, line by line."""
    wrong, opinion = [], Python(message.bytes)
    for aspect in ASPECTS:
        if aspect == "text" and "text" not in message.known and "bytes" in message.known:
            continue
        try:
            got = ours.aspect(aspect, message)
        except UnicodeDecodeError as error:
            got = f"no UTF-8: {error}"
        other = None if aspect in SHADOWED and {"bodies", "structure"} & set(message.python) else \
            opinion.aspect(aspect)
        want = message.known.get(aspect, other)
        differs = other is not None and other != want
        if want is not None and got != want:
            wrong.append(f"{aspect}: got {brief(got)}, want {brief(want)}")
        if differs and aspect not in message.python:
            wrong.append(f"{aspect}: Python has {brief(other)}, not {brief(want)}; why?")
        if aspect in message.python and not differs and aspect in message.known:
            wrong.append(f"{aspect}: Python has the same, no reason is needed")
    return wrong + invariants(message.bytes, ours)


def brief(value):
    text = repr(value)
    return text if len(text) < 300 else text[:200] + " … " + text[-80:]


def pieces(data):
    """Ends and beginnings of a message that is not too long."""
    step = max(1, len(data) // 24)
    return [data[:n] for n in range(0, len(data), step)] + [
        data[n:] for n in range(step, len(data), 2 * step)] if len(data) < 4000 else []


def main():
    failed = 0
    for message, ours in zip(MESSAGES, probe([m.bytes for m in MESSAGES])):
        wrong = judge(message, ours)
        failed += bool(wrong)
        if wrong:
            print(f"not ok - {message.name}")
            print("".join(f"  {line}\n" for line in wrong), end="", flush=True)
    cut = [piece for m in MESSAGES for piece in pieces(m.bytes)]
    for piece, ours in zip(cut, probe(cut)):
        wrong = invariants(piece, ours)
        failed += bool(wrong)
        if wrong:
            print(f"not ok - a piece: {piece[:2000]!r}")
            print("".join(f"  {line}\n" for line in wrong), end="", flush=True)
    reasons = sum(len(m.python) for m in MESSAGES)
    print(f"{len(MESSAGES)} messages, {len(cut)} pieces of them, {reasons} times Python is of "
          f"another opinion; {failed} failed")
    return 1 if failed or len(MESSAGES) < 150 else 0


if __name__ == "__main__":
    # Python reads what is nested by calling itself.
    sys.setrecursionlimit(50000)
    threading.stack_size(512 << 20)
    status = []
    thread = threading.Thread(target=lambda: status.append(main()))
    thread.start()
    thread.join()
    sys.exit(status[0] if status else 1)
