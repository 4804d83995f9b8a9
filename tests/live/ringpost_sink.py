"""An SMTP server that takes what comes and does what a test wants.

    def rule(step):            # called ahead of each reply
        if step.verb == "RCPT" and step.address == "b@x.test":
            return "450 4.2.0 greylisted"
    with Sink(rule=rule, extensions=["PIPELINING", "CHUNKING"]) as sink:
        message, = sink.wait(1)

A rule gives None (the usual reply), a reply's text (lines joined by "\\n"), CLOSE,
or (seconds, one of those). Verbs: CONNECT EHLO HELO STARTTLS AUTH MAIL RCPT DATA BDAT
END (the message is there) RSET NOOP QUIT OTHER.
"""
import asyncio
import base64
import collections
import re
import ssl
import threading
import time

CLOSE = object()
EXTENSIONS = ("PIPELINING", "8BITMIME", "SIZE 52428800", "SMTPUTF8", "CHUNKING", "DSN",
              "ENHANCEDSTATUSCODES")

Recipient = collections.namedtuple("Recipient", "address parameters")


class Message:
    def __init__(self, session):
        self.session = session
        self.sender, self.sender_parameters = None, []
        self.recipients = []  # accepted ones
        self.data = b""
        self.chunked = False
        self.at = None

    @property
    def addresses(self):
        return [r.address for r in self.recipients]

    @property
    def text(self):
        return self.data.decode("utf-8", "replace").replace("\r\n", "\n")


class Session:
    """A connection: its number, what it said, whether under TLS."""

    def __init__(self, number, peer, tls):
        self.number, self.peer, self.tls = number, peer, tls
        self.hello = self.user = self.password = None
        self.tls_name = None
        self.lines, self.messages = [], []
        self.ended = None


Step = collections.namedtuple("Step", "verb line address session message sink")


class Sink:
    def __init__(self, rule=None, host="127.0.0.1", port=0, extensions=EXTENSIONS,
                 certificate=None, key=None, implicit_tls=False, users=None,
                 name="sink.test", idle=None):
        self.rule, self.host, self.port, self.name = rule, host, port, name
        self.extensions, self.implicit_tls, self.users = list(extensions), implicit_tls, users
        self.idle = idle  # seconds without a command, then it closes
        self.messages, self.sessions = [], []
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate, key)
            self.context.sni_callback = self._named
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._up = threading.Event()
        self._trouble = None

    # --- For tests ---

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    def route(self, domain, **more):
        """A configuration's route for DOMAIN to here, not asking DNS."""
        return {"domain": domain, "host": f"[{self.host}]", "port": self.port,
                "private_addresses": True, **more}

    def mx_route(self, domain, **more):
        """The same, but through the domain's MX records."""
        return {"domain": domain, "port": self.port, "private_addresses": True, **more}

    def wait(self, count, timeout=20):
        """The messages, when there are at least COUNT."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.messages) >= count, timeout):
                raise TimeoutError(f"{len(self.messages)} messages of {count} in {timeout} s")
            return list(self.messages)

    def open_sessions(self):
        return [s for s in self.sessions if s.ended is None]

    def lines(self, verb=""):
        """Every command line heard that begins with VERB."""
        return [line for s in self.sessions for line in s.lines
                if line.upper().startswith(verb)]

    def __enter__(self):
        self._thread.start()
        self._up.wait(10)
        if self._trouble:
            raise self._trouble
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    # --- The server ---

    def _named(self, connection, name, context):
        self._last_name = name

    def _run(self):
        asyncio.set_event_loop(self._loop)
        try:
            server = self._loop.run_until_complete(asyncio.start_server(
                self._serve, self.host, self.port, limit=1 << 20, backlog=1000,
                ssl=self.context if self.implicit_tls else None))
            self.port = server.sockets[0].getsockname()[1]
        except OSError as error:
            self._trouble = error
            return
        finally:
            self._up.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.01))

    async def _serve(self, reader, writer):
        session = Session(len(self.sessions), writer.get_extra_info("peername"),
                          writer.get_extra_info("ssl_object") is not None)
        session.tls_name = getattr(self, "_last_name", None) if session.tls else None
        with self._changed:
            self.sessions.append(session)
        try:
            await Dialogue(self, session, reader, writer).run()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError,
                asyncio.LimitOverrunError, ssl.SSLError, TimeoutError, asyncio.TimeoutError):
            pass
        finally:
            session.ended = time.time()
            writer.close()

    def _take(self, message):
        with self._changed:
            message.at = time.time()
            message.session.messages.append(message)
            self.messages.append(message)
            self._changed.notify_all()


class Dialogue:
    def __init__(self, sink, session, reader, writer):
        self.sink, self.session, self.reader, self.writer = sink, session, reader, writer
        self.message = None
        self.going = True

    def _write(self, text):
        """Bytes that are not UTF-8 stand as surrogates."""
        self.writer.write(text.encode("utf-8", "surrogateescape"))

    async def say(self, verb, line, usual, address=None):
        """Replies as the rule has it; true when the reply was positive."""
        step = Step(verb, line, address, self.session, self.message, self.sink)
        answer = self.sink.rule(step) if self.sink.rule else None
        if isinstance(answer, tuple):
            await asyncio.sleep(answer[0])
            answer = answer[1]
        if answer is CLOSE:
            self.going = False
            return False
        answer = answer or usual
        lines = answer.split("\n")
        for text in lines[:-1]:
            self._write(f"{text[:3]}-{text[4:]}\r\n")
        self._write(f"{lines[-1]}\r\n")
        if answer.startswith("421"):
            self.going = False
        return answer[0] in "23"

    async def run(self):
        if not await self.say("CONNECT", "", f"220 {self.sink.name} ESMTP"):
            await self.writer.drain()
            return
        while self.going:
            await self.writer.drain()
            raw = await asyncio.wait_for(self.reader.readuntil(b"\n"), self.sink.idle)
            line = raw.decode("utf-8", "surrogateescape").rstrip("\r\n")
            self.session.lines.append(line)
            verb = line.split(" ")[0].upper()
            await getattr(self, "do_" + verb.lower(), self.do_other)(line)
        await self.writer.drain()

    async def do_other(self, line):
        await self.say("OTHER", line, "500 5.5.1 What?")

    async def do_ehlo(self, line):
        self.session.hello = line[5:]
        extensions = list(self.sink.extensions)
        if self.sink.context and not self.session.tls:
            extensions.append("STARTTLS")
        if self.sink.users:
            extensions.append("AUTH PLAIN LOGIN")
        self.message = None
        await self.say("EHLO", line, "\n".join(
            f"250 {text}" for text in [self.sink.name, *extensions]))

    async def do_helo(self, line):
        self.session.hello = line[5:]
        self.message = None
        await self.say("HELO", line, f"250 {self.sink.name}")

    async def do_starttls(self, line):
        if await self.say("STARTTLS", line, "220 2.0.0 Go ahead"):
            await self.writer.drain()
            await self.writer.start_tls(self.sink.context)
            self.session.tls = True
            self.session.tls_name = getattr(self.sink, "_last_name", None)

    async def do_auth(self, line):
        words = line.split(" ")
        try:
            if words[1].upper() == "PLAIN":
                response = words[2] if len(words) > 2 else await self._ask("334 ")
                _, user, password = base64.b64decode(response).decode().split("\0")
            else:
                user = base64.b64decode(await self._ask("334 VXNlcm5hbWU6")).decode()
                password = base64.b64decode(await self._ask("334 UGFzc3dvcmQ6")).decode()
        except (ValueError, IndexError):
            await self.say("AUTH", line, "501 5.5.2 Cannot decode that")
            return
        self.session.user, self.session.password = user, password
        good = (self.sink.users or {}).get(user) == password
        await self.say("AUTH", line, "235 2.7.0 Welcome" if good else "535 5.7.8 No")

    async def _ask(self, prompt):
        self.writer.write((prompt + "\r\n").encode())
        await self.writer.drain()
        return (await self.reader.readuntil(b"\n")).decode().strip()

    @staticmethod
    def _path(line):
        found = re.search(r"<((?:\"(?:\\.|[^\"])*\"|[^>\"])*)>(.*)", line)
        return (found.group(1), found.group(2).split()) if found else (None, [])

    async def do_mail(self, line):
        sender, parameters = self._path(line)
        self.message = Message(self.session)
        self.message.sender, self.message.sender_parameters = sender, parameters
        if not await self.say("MAIL", line, "250 2.1.0 Ok", sender):
            self.message = None

    async def do_rcpt(self, line):
        address, parameters = self._path(line)
        if not self.message:
            await self.say("RCPT", line, "503 5.5.1 MAIL first", address)
        elif await self.say("RCPT", line, "250 2.1.5 Ok", address):
            self.message.recipients.append(Recipient(address, parameters))

    async def do_data(self, line):
        if not self.message or not self.message.recipients:
            await self.say("DATA", line, "554 5.5.1 No valid recipients")
            return
        if not await self.say("DATA", line, "354 Go on"):
            return
        await self.writer.drain()
        lines = []
        while (one := await self.reader.readuntil(b"\n")) != b".\r\n":
            lines.append(one[1:] if one.startswith(b".") else one)
        self.message.data = b"".join(lines)
        await self._end(line)

    async def do_bdat(self, line):
        words = line.split()
        chunk = await self.reader.readexactly(int(words[1]))
        last = len(words) > 2
        if not self.message or not self.message.recipients:
            await self.say("BDAT", line, "503 5.5.1 No valid recipients")
            return
        self.message.chunked = True
        self.message.data += chunk
        if not last:
            await self.say("BDAT", line, "250 2.0.0 Chunk taken")
        else:
            await self._end(line)

    async def _end(self, line):
        message = self.message
        if await self.say("END", line, "250 2.0.0 Ok: sunk"):
            await self.writer.drain()
            self.sink._take(message)
        self.message = None

    async def do_rset(self, line):
        self.message = None
        await self.say("RSET", line, "250 2.0.0 Ok")

    async def do_noop(self, line):
        await self.say("NOOP", line, "250 2.0.0 Ok")

    async def do_quit(self, line):
        await self.say("QUIT", line, "221 2.0.0 Bye")
        self.going = False
