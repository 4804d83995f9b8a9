"""IMAP byte by byte, for what imaplib does not say or does not show.

    with Imap(daemon.ports["imap", "implicit"], tls=daemon.trust()) as imap:
        imap.login("bob@here.test", PASSWORD)
        lines, last = imap.ask("SELECT INBOX")      # untagged ones taken apart, "OK …"
        imap.send(b"x NOOP\\r\\n"); imap.line()
"""
import re
import socket
import time

from ringpost_live import PATIENCE

WORD = re.compile(rb'[()]|"((?:[^"\\\r\n]|\\["\\])*)"|~?\{([0-9]+)\}\r\n'
                  rb'|[^ ()"{\r\n\[\]]*\[[^\]\r\n]*\][^ ()"{\r\n]*|[^ ()"{\r\n]+')


class Closed(Exception):
    pass


class Imap:
    def __init__(self, port, host="127.0.0.1", tls=None, timeout=30, greet=True):
        self.socket = socket.create_connection((host, port), timeout * PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            tls.check_hostname = False
            self.socket = tls.wrap_socket(self.socket)
        self.input, self.count = b"", 0
        self.heard = []  # (when, line), for who records
        self.greeting = self.line() if greet else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def _more(self):
        data = self.socket.recv(1 << 20)
        if not data:
            raise Closed(self.input)
        self.input += data

    def line(self):
        """The next response with its literals, without its last line end."""
        at = 0
        while True:
            end = self.input.find(b"\r\n", at)
            if end < 0:
                at = max(at, len(self.input) - 1)
                self._more()
                continue
            literal = re.search(rb"\{([0-9]+)\}$", self.input[max(0, end - 24):end])
            if not literal:
                break
            at = end + 2 + int(literal.group(1))
            while len(self.input) < at:
                self._more()
        got, self.input = self.input[:end], self.input[end + 2:]
        self.heard.append((time.monotonic(), got))
        return got

    def tag(self):
        self.count += 1
        return b"t%d" % self.count

    def start(self, command, *literals):
        """Sends it, each {} being a literal (non-synchronising); its tag."""
        tag = self.tag()
        data = command if isinstance(command, bytes) else command.encode()
        for literal in literals:
            data = data.replace(b"{}", b"{%d+}\r\n" % len(literal) + literal, 1)
        self.send(tag + b" " + data + b"\r\n")
        return tag

    def finish(self, tag):
        """(untagged responses taken apart, "OK …") to the end of the command."""
        lines = []
        while True:
            line = self.line()
            if line.startswith(tag + b" "):
                return lines, line[len(tag) + 1:].decode(errors="replace")
            if line.startswith(b"+ "):
                continue
            lines.append(line[2:] if line.startswith(b"* ") else line)

    def ask(self, command, *literals):
        return self.finish(self.start(command, *literals))

    def ok(self, command, *literals):
        lines, last = self.ask(command, *literals)
        if not last.startswith("OK"):
            raise AssertionError(f"{command!r}: {last}")
        return lines, last

    def login(self, name, password):
        self.ok(f'LOGIN "{name}" "{password}"')
        return self

    def append(self, mailbox, message, more=""):
        """The UID it got."""
        _, last = self.ok(f'APPEND "{mailbox}" {more}{{}}', message)
        return int(re.search(r"\[APPENDUID \d+ (\d+)\]", last).group(1))

    def fetch(self, what, by_uid=True):
        """{uid or number: {ITEM: value}}."""
        found = {}
        for number, items in fetched(self.ok(("UID " if by_uid else "") + "FETCH " + what)[0]):
            found.setdefault(int(items[b"UID"]) if by_uid else number, {}).update(items)
        return found


def words(data):
    """A response's words: bytes, lists, None for NIL."""
    stack, at = [[]], 0
    while at < len(data):
        if data[at:at + 1] == b" ":
            at += 1
            continue
        match = WORD.match(data, at)
        if not match:
            raise ValueError(f"at {at}: {data[at:at + 60]!r}")
        word, at = match.group(0), match.end()
        if word == b"(":
            stack.append([])
        elif word == b")":
            inner = stack.pop()
            stack[-1].append(inner)
        elif word[:1] == b'"':
            stack[-1].append(re.sub(rb"\\(.)", rb"\1", match.group(1)))
        elif match.group(2):
            stack[-1].append(data[at:at + int(match.group(2))])
            at += int(match.group(2))
        else:
            stack[-1].append(None if word == b"NIL" else word)
    if len(stack) != 1:
        raise ValueError(f"not closed: {data[:200]!r}")
    return stack[0]


def fetched(lines):
    """(number, {ITEM: value}) of each FETCH among LINES."""
    for line in lines:
        if re.match(rb"\d+ FETCH ", line):
            number, _, items = words(line)
            yield int(number), dict(zip([i.upper() for i in items[::2]], items[1::2]))
