"""What IMAP servers say, as nested Python: for comparing two of them."""
import re
import zlib


class Deflated:
    """A socket behind COMPRESS (RFC 4978), as two files."""
    def __init__(self, connection):
        self.connection = connection
        self.out = zlib.compressobj(wbits=-15)
        self.into = zlib.decompressobj(wbits=-15)
        self.bytes = b""

    def _more(self):
        packed = self.connection.recv(65536)
        self.bytes += self.into.decompress(packed)
        return bool(packed)

    def _take(self, size):
        taken, self.bytes = self.bytes[:size], self.bytes[size:]
        return taken

    def readline(self, most):
        while b"\n" not in self.bytes and self._more():
            pass
        return self._take(self.bytes.find(b"\n") + 1 or most)

    def read(self, size):
        while not self.bytes and self._more():
            pass
        return self._take(size)

    def write(self, text):
        self.connection.sendall(self.out.compress(text))

    def flush(self):
        self.connection.sendall(self.out.flush(zlib.Z_SYNC_FLUSH))


class Session:
    """A client over two files; says commands and hears what comes of them."""
    def __init__(self, reads, writes, name):
        self.reads, self.writes, self.name = reads, writes, name
        self.tags = 0

    def line(self):
        """One response with its literals in their places, as bytes."""
        whole = b""
        while True:
            line = self.reads.readline(1 << 26)
            if not line.endswith(b"\n"):
                raise EOFError(f"{self.name} has ended: {whole + line!r}")
            whole += line
            found = re.search(rb"\{(\d+)\}\r\n$", line)
            if not found:
                return whole
            size = int(found.group(1))
            while size:
                part = self.reads.read(size)
                if not part:
                    raise EOFError(f"{self.name} has ended in a literal")
                whole, size = whole + part, size - len(part)

    def say(self, command):
        """All that comes up to the command's last line: [responses], as read. IDLE ends at
        its "+", DONE with IDLE's last line; and what was not told by then is with NOOP."""
        if command != b"DONE":
            self.tags += 1
        tag = b"t%d" % self.tags
        self.say_raw((b"" if command == b"DONE" else tag + b" ") + command + b"\r\n")
        heard = []
        while True:
            heard.append(self.line())
            if heard[-1].startswith(tag + b" ") or (
                    command == b"IDLE" and heard[-1].startswith(b"+")):
                return heard[:-1] + self.say(b"NOOP") if command == b"DONE" else heard

    def say_raw(self, text):
        self.writes.write(text)
        self.writes.flush()


TOKEN = re.compile(rb"""
    (?P<space>[ ])
  | "(?P<quoted>(?:[^"\\]|\\.)*)"
  | ~?\{(?P<literal>\d+)\}\r\n
  | (?P<open>\() | (?P<close>\))
  | (?P<atom>(?:BODY|BINARY(?:\.SIZE)?)\[[^\]]*\](?:<\d+>)?|[^ ()"{}\r\n]+|[{}])
""", re.X)


class Text(bytes):
    """A string, quoted or a literal; an atom is bytes."""

    def __repr__(self):
        return "'" + self.decode("latin-1").encode("unicode_escape").decode() + "'"


def parse(text):
    """The words of TEXT: bytes, Text, None (NIL), lists."""
    stack, at = [[]], 0
    while at < len(text):
        found = TOKEN.match(text, at)
        if not found:
            if text[at:] == b"\r\n":
                break
            raise ValueError(f"not IMAP: {text[at:at + 80]!r} in {text[:200]!r}")
        at = found.end()
        kind = found.lastgroup
        if kind == "quoted":
            stack[-1].append(Text(re.sub(rb"\\(.)", rb"\1", found.group(kind), flags=re.S)))
        elif kind == "literal":
            size = int(found.group(kind))
            stack[-1].append(Text(text[at:at + size]))
            at += size
        elif kind == "open":
            stack.append([])
        elif kind == "close":
            if len(stack) == 1:
                raise ValueError(f"too many ')' in {text[:200]!r}")
            one = stack.pop()
            stack[-1].append(one)
        elif kind == "atom":
            word = found.group(kind)
            stack[-1].append(None if word.upper() == b"NIL" else word)
    if len(stack) != 1:
        raise ValueError(f"a ')' is missing in {text[:200]!r}")
    return stack[0]


def frozen(words):
    """The same, to be compared and sorted."""
    if isinstance(words, list):
        return tuple(frozen(word) for word in words)
    if words is None:
        return b"NIL"
    return words


def code_of(rest):
    """"[CODE …] text" → CODE and its words, or None."""
    if not rest.startswith(b"["):
        return None
    code = rest[1:rest.index(b"]")]
    if code.upper().startswith(b"BADCHARSET"):
        return (b"BADCHARSET",)
    words = frozen(parse(code))
    if words[0].upper() == b"PERMANENTFLAGS":
        return (b"PERMANENTFLAGS", tuple(sorted(words[1])))
    return (words[0].upper(),) + words[1:]


def pairs(words):
    return {bytes(k).upper().replace(b'"', b""): v for k, v in zip(words[0::2], words[1::2])}


def numbers(text):
    """A set of numbers, as one."""
    found = set()
    for part in text.split(b","):
        first, _, last = part.partition(b":")
        first, last = int(first), int(last or first)
        found.update(range(min(first, last), max(first, last) + 1))
    return tuple(sorted(found))


STATES = (b"OK", b"NO", b"BAD", b"BYE", b"PREAUTH")


def response(line):
    """A response, so that two that mean the same are equal: items of FETCH in any order
    (RFC 9051 7.5.2), flags and attributes, too; texts for people left out (7.1)."""
    if line.startswith(b"+"):
        return ("+",)
    tag, rest = line.rstrip(b"\r\n").split(b" ", 1) if b" " in line else (line, b"")
    first = rest.split(b" ", 1)[0].upper()
    if first in STATES:
        after = rest.split(b" ", 1)[1] if b" " in rest else b""
        return ("state" if tag == b"*" else "end", first.decode(), code_of(after))
    words = parse(line[2:])
    name = bytes(words[0]).upper()
    if name.isdigit():
        kind = bytes(words[1]).upper().decode()
        if kind == "FETCH":
            items = pairs(words[2])
            if b"FLAGS" in items:
                items[b"FLAGS"] = sorted(items[b"FLAGS"])
            return ("FETCH", int(name), tuple(sorted(
                (k, frozen(v)) for k, v in items.items())))
        return (kind, int(name))
    name = name.decode()
    rest = words[1:]
    if name in ("FLAGS", "CAPABILITY", "ENABLED"):
        flat = rest[0] if name == "FLAGS" else rest
        return (name, tuple(sorted(flat)))
    if name in ("LIST", "LSUB"):
        more = tuple(sorted(map(frozen, rest[3:]), key=repr))
        return (name, tuple(sorted(w.lower() for w in rest[0])), rest[1], bytes(rest[2])) + more
    if name == "STATUS":
        mailbox = b"INBOX" if rest[0].upper() == b"INBOX" else bytes(rest[0])
        return (name, mailbox, tuple(sorted(
            (k, frozen(v)) for k, v in pairs(rest[1]).items())))
    if name == "SEARCH":
        hits = [w for w in rest if not isinstance(w, list)]
        more = [frozen(w) for w in rest if isinstance(w, list)]
        return (name, tuple(sorted(map(int, hits)))) + tuple(more)
    if name in ("SORT", "THREAD"):
        return (name,) + tuple(("MODSEQ",) if w and w[0] == b"MODSEQ" else w
                               for w in frozen(rest))
    if name == "ESEARCH":
        rest = [w for w in rest if not (isinstance(w, list) and w and w[0] == b"TAG")]
        uid = bool(rest) and rest[0] == b"UID"
        items = pairs(rest[uid:])
        if b"ALL" in items:
            items[b"ALL"] = numbers(items[b"ALL"])
        return (name, uid, tuple(sorted((k, frozen(v)) for k, v in items.items())))
    if name == "VANISHED":
        return (name,) + tuple(frozen(w) for w in rest[:-1]) + (numbers(rest[-1]),)
    return (name,) + frozen(rest)


def original(expunged):
    """Numbers of EXPUNGE, each counted behind those before it, as they were at first."""
    gone = []
    for number in expunged:
        for one in sorted(gone):
            number += one <= number
        gone.append(number)
    return tuple(sorted(gone))


def responses(lines):
    """Of a command: who was expunged, however counted (RFC 9051 7.5.1); the last counts; what
    of each message was said last; the rest in any order; the last line."""
    everything = [response(line) for line in lines]
    said, end = everything[:-1], everything[-1:]
    expunged = original([r[1] for r in said if r[0] == "EXPUNGE"])
    counts, fetched, rest = {}, {}, []
    for r in said:
        if r[0] in ("EXISTS", "RECENT"):
            counts[r[0]] = r
        elif r[0] == "FETCH":
            fetched.setdefault(r[1], {}).update(r[2])
        elif r[0] != "EXPUNGE":
            rest.append(r)
        elif "EXISTS" in counts:
            counts["EXISTS"] = ("EXISTS", counts["EXISTS"][1] - 1)
    return ([("EXPUNGED", expunged)] if expunged else []) + \
        [counts[k] for k in sorted(counts)] + sorted(rest, key=repr) + \
        [("FETCH", k, tuple(sorted(v.items()))) for k, v in sorted(fetched.items())] + end
