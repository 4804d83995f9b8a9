"""The load tools: Postfix's smtp-source and smtp-sink, and our own ringpost-bench.

A sink counts what came in while it runs (count()); a source ends by itself (ended(),
wait()). Both have .group, which knows their CPU.
"""
import json
import os
import shutil
import socket
import time

POSTFIX, OURS = "smtp-source", "ringpost-bench"  # values of a dimension called tools


class ToolError(Exception):
    """A tool that is missing or did not work; the text says which and how."""


def find(name):
    """The path of a Postfix tool, in /usr/sbin too."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if not path:
        raise ToolError(f"{name} is not installed (it comes with Postfix)")
    return path


def wait_smtp(address, seconds, alive=lambda: True, greeting=b"220"):
    """Whether ADDRESS (host:port) greets as an SMTP server within SECONDS; or with another
    GREETING."""
    host, port = address.rsplit(":", 1)
    end = time.monotonic() + seconds
    while time.monotonic() < end and alive():
        try:
            with socket.create_connection((host, int(port)), 2) as s:
                s.settimeout(5)
                if s.recv(200).startswith(greeting):
                    s.sendall(b"QUIT\r\n" if greeting == b"220" else b"x LOGOUT\r\n")
                    s.recv(200)
                    return True
        except OSError:
            pass
        time.sleep(0.05)
    return False


def _flags(options):
    """{"per_session": 3, "starttls": True} as command line words."""
    words = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            words.append(flag)
        elif isinstance(value, (list, tuple)):
            for each in value:
                words += [flag, str(each)]
        elif value is not None and value is not False:
            words += [flag, str(value)]
    return words


def _tail(path, size=4000):
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.path.getsize(path) - size))
            return file.read()
    except OSError:
        return b""


class Tool:
    """A process in a group of its own."""

    def __init__(self, group):
        self.group, self.process = group, None

    def ended(self):
        """Whether it did; its status is then in .process.returncode."""
        return self.process.poll() is not None

    def wait(self, seconds):
        """Whether it ended within SECONDS."""
        end = time.monotonic() + seconds
        while not self.ended():
            if time.monotonic() > end:
                return False
            time.sleep(0.005)
        return True

    def stop(self):
        """Asks it to end, and waits; after 5 s it is killed."""
        if not self.ended():
            self.process.terminate()
            if not self.wait(5):
                self.process.kill()
                self.wait(5)

    def close(self):
        self.stop()
        self.group.close()


class PostfixSink(Tool):
    def __init__(self, group, folder, address, *, backlog=4000, sessions=2000, arguments=()):
        super().__init__(group)
        self.address, self.counts = address, os.path.join(folder, f"sink-{time.monotonic_ns()}")
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        with open(self.counts, "wb") as out:
            self.process = group.spawn(
                [find("smtp-sink"), *user, "-m", sessions, "-c", *arguments, address, backlog],
                stdout=out, stderr=out)
        if not wait_smtp(address, 10, lambda: not self.ended()):
            raise ToolError(f"smtp-sink does not answer on {address}: "
                            f"{_tail(self.counts).decode(errors='replace').strip()}")

    def count(self):
        """Messages taken so far: the last number of the counter line it rewrites."""
        for part in reversed(_tail(self.counts, 300).split(b"mesg=")[1:]):
            if b"\r" in part:
                return int(part.split(b"\r")[0])
        return 0

    def close(self):
        super().close()
        os.unlink(self.counts)


class OurSink(Tool):
    def __init__(self, group, folder, address, program, **options):
        """OPTIONS are those of ringpost-bench sink (rule=[…], starttls=True, …)."""
        super().__init__(group)
        self.address, self.stem = address, os.path.join(folder, f"sink-{time.monotonic_ns()}")
        self.ledger = options.pop("ledger", None) or self.stem + ".ledger"
        self.report, self._offset, self._count, self._recipients = None, 0, 0, 0
        self.by_recipient = False  # true: count() counts recipients
        with open(self.stem + ".log", "wb") as log:
            self.process = group.spawn(
                [program, "sink", address, "--quiet", "--ledger", self.ledger, "--json",
                 self.stem + ".json", *_flags(options)], stdout=log, stderr=log)
        if "tls" not in options and not wait_smtp(address, 10, lambda: not self.ended()):
            raise ToolError(f"ringpost-bench sink does not answer on {address}: "
                            f"{_tail(self.stem + '.log').decode(errors='replace').strip()}")

    def count(self):
        """Messages taken so far: lines of its ledger."""
        for block in self._news():
            self._count += block.count(b" taken ")
            if self.by_recipient:
                self._recipients += sum(int(line.split(b" ", 6)[5]) for line in
                                        block.splitlines() if b" taken " in line)
        return self._recipients if self.by_recipient else self._count

    def messages(self):
        """Messages taken so far, whatever count() counts."""
        self.count()
        return self._count

    def _news(self):
        """What was written to the ledger since, in blocks of whole lines."""
        try:
            with open(self.ledger, "rb") as file:
                file.seek(self._offset)
                while block := file.read(1 << 20):
                    whole = block.rfind(b"\n") + 1
                    if not whole:
                        return
                    self._offset += whole
                    file.seek(self._offset)
                    yield block[:whole]
        except OSError:
            return

    def stop(self):
        super().stop()
        if self.report is None:
            try:
                with open(self.stem + ".json", encoding="utf-8") as file:
                    self.report = json.load(file)
            except (OSError, ValueError):
                self.report = {}

    def close(self):
        super().close()
        for path in (self.ledger, self.stem + ".json", self.stem + ".log"):
            if os.path.exists(path):
                os.unlink(path)


class PostfixSource(Tool):
    """smtp-source: each session keeps its connection; lockstep, no TLS, no AUTH."""

    def __init__(self, group, folder, address, *, messages, sessions=1, size=4096,
                 recipients=1, sender="a@src.test", to="b@dst.test", keep=True):
        super().__init__(group)
        self.messages, self.report = messages, {}
        self.log = os.path.join(folder, f"source-{time.monotonic_ns()}.log")
        with open(self.log, "wb") as log:
            self.process = group.spawn(
                [find("smtp-source"), *(["-d"] if keep else []), "-s", sessions, "-m", messages,
                 "-l", size, "-r", recipients, "-f", sender, "-t", to, address],
                stdout=log, stderr=log)

    def failure(self):
        """Why it did not do all it had to; None if it did."""
        if self.process.returncode:
            text = _tail(self.log).decode(errors="replace").strip().splitlines()
            return f"smtp-source ended with {self.process.returncode}: " \
                   f"{text[-1] if text else 'it says nothing'}"
        return None

    def close(self):
        super().close()
        os.unlink(self.log)


class OurSource(Tool):
    """ringpost-bench source; OPTIONS are its own (sessions=20, per_session=1, rate=…)."""
    command = "source"

    def __init__(self, group, folder, address, program, **options):
        super().__init__(group)
        self.messages, self.report = options.get("messages"), {}
        self.stem = os.path.join(folder, f"{self.command}-{time.monotonic_ns()}")
        targets = [address] if isinstance(address, str) else address
        with open(self.stem + ".log", "wb") as log:
            self.process = group.spawn(
                [*self.words(program), *targets, "--json", self.stem + ".json",
                 *_flags(options)], stdout=log, stderr=log)

    def words(self, program):
        return [program, self.command, "--quiet"]

    def ended(self):
        if not super().ended():
            return False
        if not self.report:
            try:
                with open(self.stem + ".json", encoding="utf-8") as file:
                    self.report = json.load(file)
            except (OSError, ValueError):
                pass
        return True

    def failure(self):
        """Why it did not do all it had to; None if it did."""
        counts = self.report.get("messages", {})
        if self.process.returncode == 0 and (
                not self.messages or counts.get("acked") == self.messages):
            return None
        errors = self.report.get("errors") or []
        text = _tail(self.stem + ".log").decode(errors="replace").strip().splitlines()
        return f"source: {counts.get('acked', 0)} of {self.messages} accepted; " \
               f"{errors[0] if errors else text[-1] if text else 'it says nothing'}"

    def close(self):
        super().close()
        for path in (self.stem + ".json", self.stem + ".log"):
            if os.path.exists(path):
                os.unlink(path)


class OurClient(OurSource):
    """ringpost-bench client; OPTIONS are its own (step=[…], sessions=20, pop3=True, …)."""
    command = "client"

    def failure(self):
        """Why not all it asked for was done, or what it read was not what was stored."""
        counts, errors = self.report.get("messages", {}), self.report.get("errors") or []
        if self.process.returncode == 0 and not errors and counts.get("connections"):
            return None
        text = _tail(self.stem + ".log").decode(errors="replace").strip().splitlines()
        return f"client: {counts.get('done', 0)} done; " + (
            f"{errors[0]['count']} times {errors[0]['text']}" if errors else
            text[-1] if text else "it says nothing")


class Together:
    """Several sinks, or several sources, as one."""

    def __init__(self, tools):
        self.tools, self.group = tools, self

    @property
    def address(self):
        return ",".join(t.address for t in self.tools)

    @property
    def report(self):
        return self.tools[0].report if len(self.tools) == 1 else {}

    def cpu(self):
        """(user, system) seconds of all."""
        each = [t.group.cpu() for t in self.tools]
        return sum(e[0] for e in each), sum(e[1] for e in each)

    def count(self):
        return sum(t.count() for t in self.tools)

    def ended(self):
        return all([t.ended() for t in self.tools])

    def failure(self):
        return next((why for t in self.tools if (why := t.failure())), None)
