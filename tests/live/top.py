#!/usr/bin/env python3
"""`ringpost top`: a screen on a real terminal of two sizes, its keys; once, for programs."""
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading

from ringpost_live import PROGRAM, Cases, Daemon, Sink, free_port, until

cases = Cases()
TEXT = "Subject: x\n\nHello\n"


class Terminal:
    """The program on a terminal of its own, and the last screen it drew."""

    def __init__(self, daemon, width, height, *options):
        self.master, slave = pty.openpty()
        self.bytes = b""
        self.resize(width, height)
        self.modes = termios.tcgetattr(slave)
        self.process = subprocess.Popen(
            [PROGRAM, "top", "--interval", "1", *options, "-c", daemon.file], stdin=slave,
            stdout=slave, stderr=slave, start_new_session=True)
        self.slave = slave
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            try:
                self.bytes += os.read(self.master, 65536)
            except OSError:
                return

    def resize(self, width, height):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def drawn(self):
        """How many whole screens so far."""
        return self.bytes.count(b"\x1b[J")

    def screen(self):
        frame = self.bytes.rpartition(b"\x1b[J")[0].rpartition(b"\x1b[H")[2].decode()
        return [line.replace("\x1b[K", "") for line in frame.split("\r\n")]

    def wait(self, *patterns):
        """A screen with all of these on it."""
        def there():
            lines = "\n".join(self.screen())
            return all(re.search(pattern, lines) for pattern in patterns)
        try:
            until(there, what=f"a screen with {patterns}")
        except TimeoutError:
            print("\n".join(self.screen()), file=sys.stderr)
            raise
        return self.screen()

    def press(self, key):
        os.write(self.master, key.encode())

    def end(self):
        status = self.process.wait(60)
        modes = termios.tcgetattr(self.slave)
        cases.equal(modes[3], self.modes[3], "the terminal is given back")
        until(lambda: self.bytes.endswith(b"\x1b[?25h\x1b[?1049l"), what="the other screen")
        os.close(self.slave)
        os.close(self.master)
        return status


def fits(lines, width, height):
    cases.check(len(lines) <= height, f"{len(lines)} lines of {height}")
    long = [line for line in lines if len(line) > width]
    cases.equal(long, [], f"lines wider than {width}")
    cases.check(not any(re.search("[\x00-\x1f\x7f]", line) for line in lines), f"{lines}")


def fill(daemon):
    for number in range(30):
        daemon.submit("me@s.test", [f"a@d{number}.test", "no@x.test", "c@closed.test"], TEXT)
    until(lambda: daemon.events("deferred") and len(daemon.events("bounced")) >= 30,
          what="all tried")


def once(daemon):
    got = daemon.run("top", status=0).stdout
    for pattern in (r"(?m)^\d\d:\d\d:\d\d  mail.test.example, up ", "Server +accepts mail",
                    r"(?m)^  in all +\d+ ", "(?m)^  a second +[0-9.]+ +[0-9.]+ ",
                    r"Queue +\d+ ready", r"Refusals +in an hour: \d+ \w+",
                    "WAITING  CONN  OUT/S  DEFERRED/S  SITE", "Connection refused"):
        cases.check(re.search(pattern, got), f"{pattern} in\n{got}")
    answer = json.loads(daemon.run("top", "--once", "--json", status=0).stdout)
    cases.equal(answer["totals"]["received"], 30, "received")
    cases.check(set(answer["rates"]) == {"received", "delivered", "deferred", "bounced",
                                         "refused"}, str(answer["rates"]))
    cases.check(answer["refusals"].get("network", 0) >= 1, str(answer["refusals"]))
    cases.check(answer["memory"] > 1 << 20 and answer["late_ms"] >= 0, str(answer["memory"]))
    cases.check(any("Connection refused" in site["trouble"]
                    for site in answer["sites"].values()), str(answer["sites"]))
    daemon.run("top", "--interval", "0", status=2)
    daemon.run("top", "it", status=2)


def small(daemon):
    """80 by 24: all there is; sorted, paused, resized, ended"""
    terminal = Terminal(daemon, 80, 24)
    lines = terminal.wait("q quits, s sorts, p pauses", "Sites by what waits:", "SITE",
                          r"a second +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9.]+")
    fits(lines, 80, 24)
    terminal.press("s")
    terminal.wait("Sites by what goes out:")
    terminal.press("s")
    terminal.wait("Sites by what is deferred:")
    terminal.press("s")
    terminal.wait("Sites by what waits:")
    terminal.press("p")
    terminal.wait("PAUSED")
    at = terminal.screen()[0][:8]
    before = terminal.drawn()
    until(lambda: terminal.drawn() > before + 2, what="it is drawn on")
    cases.equal(terminal.screen()[0][:8], at, "what it shows stands still")
    terminal.press("p")
    terminal.wait("q quits")
    until(lambda: terminal.screen()[0][:8] != at, what="it goes on")
    terminal.resize(200, 60)
    os.killpg(terminal.process.pid, signal.SIGWINCH)
    fits(terminal.wait(r"Connection refused \(\[127"), 200, 60)
    terminal.resize(40, 8)
    os.killpg(terminal.process.pid, signal.SIGWINCH)
    until(lambda: len(terminal.screen()) == 8, what="eight lines")
    fits(terminal.screen(), 40, 8)
    terminal.press("q")
    cases.equal(terminal.end(), 0, "q")


def away(daemon):
    """The server ends and is back; a signal ends it"""
    terminal = Terminal(daemon, 200, 60)
    terminal.wait("Server +accepts mail", "q quits")
    daemon.stop()
    terminal.wait("NO ANSWER: ")
    daemon.start()
    terminal.wait("q quits, s sorts", r"in all +0 ")
    fits(terminal.screen(), 200, 60)
    terminal.process.send_signal(signal.SIGINT)
    cases.equal(terminal.end(), 0, "interrupted")


def all_of_it():
    """Once, on terminals of all sizes, while the server is away"""
    def rule(step):
        if step.verb == "RCPT" and step.address.startswith("no"):
            return "550 5.1.1 \x1b[2J nobody \u202e here"
    with Sink(rule=rule) as sink, Daemon(routes=[
            {"domain": "closed.test", "host": "[127.0.0.1]", "port": free_port(),
             "private_addresses": True}, sink.route("*")]) as daemon:
        fill(daemon)
        once(daemon)
        small(daemon)
        away(daemon)


sys.exit(cases.run([all_of_it]))
