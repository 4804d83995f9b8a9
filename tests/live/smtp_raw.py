"""What the live tests share beyond the daemon: SMTP byte by byte, notifications
taken apart, tools that may be missing.

    with Raw(daemon.port) as raw:
        raw.ask("EHLO client.test").code == 250
        raw.send(b"DATA\\r\\n"); raw.reply()
"""
import collections
import email
import email.policy
import importlib
import os
import shutil
import socket
import ssl
import sys
import time

from ringpost_live import PATIENCE


def need(*tools, modules=(), root=False):
    """Ends the test as skipped (77) where something it needs is not here."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    missing = [tool for tool in tools if not shutil.which(tool)]
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError:
            missing.append(f"Python's {module}")
    if root and os.geteuid() != 0:
        missing.append("root")
    if missing:
        print("SKIP: this needs", ", ".join(missing))
        sys.exit(77)


class Reply:
    def __init__(self, lines):
        self.lines = lines
        self.code = int(lines[-1][:3]) if lines and lines[-1][:3].isdigit() else 0
        self.text = "\n".join(line[4:] for line in lines)
        first = self.text.split(" ")[0]
        self.status = first if first.count(".") == 2 else None

    def __repr__(self):
        return " | ".join(self.lines) or "(closed)"


class Raw:
    """A connection that says just what it is told to. After the peer has closed, replies
    have code 0."""

    def __init__(self, port, host="127.0.0.1", tls=None, greet=True, timeout=30, source=None):
        self.socket = socket.create_connection(
            (host, port), timeout * PATIENCE, source_address=(source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.input = b""
        self.closed = False
        if tls:
            self.wrap(tls)
        self.greeting = self.reply() if greet else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def wrap(self, context, name="mail.test.example"):
        self.socket = context.wrap_socket(self.socket, server_hostname=name)

    def send(self, data):
        if isinstance(data, str):
            data = data.encode()
        try:
            self.socket.sendall(data)
        except (ConnectionError, ssl.SSLError):
            pass  # what it said before it closed is still to be read

    def _read(self):
        try:
            got = self.socket.recv(65536)
        except (ConnectionError, ssl.SSLError):
            got = b""
        self.closed |= not got
        self.input += got
        return bool(got)

    def line(self):
        while b"\n" not in self.input:
            if not self._read():
                rest, self.input = self.input, b""
                return rest
        line, self.input = self.input.split(b"\n", 1)
        return line + b"\n"

    def reply(self):
        lines = []
        while True:
            line = self.line().decode("utf-8", "replace").rstrip("\r\n")
            if not line:
                return Reply(lines)
            lines.append(line)
            if line[3:4] != "-":
                return Reply(lines)

    def ask(self, line):
        self.send(line + ("\r\n" if isinstance(line, str) else b"\r\n"))
        return self.reply()

    def hello(self, name="client.test"):
        return self.ask("EHLO " + name)

    def starttls(self, context):
        reply = self.ask("STARTTLS")
        if reply.code == 220:
            self.wrap(context)
        return reply

    def begin(self, sender="a@sender.test", *recipients, parameters=""):
        """MAIL and RCPT; the last reply, or the first that was not positive."""
        for line in [f"MAIL FROM:<{sender}>{parameters}",
                     *(f"RCPT TO:<{r}>" for r in recipients or ("b@receiver.test",))]:
            reply = self.ask(line)
            if reply.code // 100 != 2:
                return reply
        return reply

    def has_ended(self, timeout=10):
        """Whether the peer closes in time; what it said before is in `input`."""
        end = time.monotonic() + timeout * PATIENCE
        self.socket.settimeout(timeout * PATIENCE)
        while not self.closed and time.monotonic() < end:
            try:
                self._read()
            except TimeoutError:
                return False
        return self.closed


def client_context(certificate=None, minimum=None, maximum=None):
    """Verifies CERTIFICATE's names, or nothing."""
    context = ssl.create_default_context(cafile=certificate)
    if not certificate:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if minimum:
        context.minimum_version = minimum
    if maximum:
        context.maximum_version = maximum
    return context


def add_account(daemon, name, password, *senders, options=()):
    words = ["user", "add", name, *options]
    for sender in senders:
        words += ["--sender", sender]
    daemon.run(*words, input=password + "\n", status=0)


def parse(data):
    return email.message_from_bytes(data, policy=email.policy.default)


Notification = collections.namedtuple(
    "Notification", "message text report recipients original envelope")


def groups_of(status):
    """The groups of fields of a delivery status; Python takes apart just one of the two
    types there are."""
    groups = status.get_payload()
    if len(groups) > 1:
        return groups
    text = groups[0].as_bytes(policy=email.policy.SMTPUTF8)
    return [parse(part + b"\r\n\r\n") for part in text.split(b"\r\n\r\n")]


def notification(message):
    """A sink's message taken apart as a DSN (RFC 3464); an assertion says what is
    wrong with it."""
    whole = parse(message.data)
    assert whole.get_content_type() == "multipart/report", whole.get_content_type()
    assert whole.get_param("report-type") == "delivery-status"
    assert whole["Auto-Submitted"] == "auto-replied", whole["Auto-Submitted"]
    text, status, original = whole.iter_parts()
    assert text.get_content_type() == "text/plain"
    assert status.get_content_type() in (
        "message/delivery-status", "message/global-delivery-status")
    groups = [dict(group.items()) for group in groups_of(status)]
    groups = [g for g in groups if g]
    assert original.get_content_type() in (
        "text/rfc822-headers", "message/rfc822", "message/global", "message/global-headers")
    kind = original.get_content_type()
    inner = original.get_payload(0).as_string() if kind == "message/rfc822" \
        else original.get_payload()
    return Notification(whole, text.get_content(), groups[0], groups[1:], inner, message)
