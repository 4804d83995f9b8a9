#!/usr/bin/env python3
"""The sink's rules as a source meets them; kills, and what the ledgers say.

bench_faults.py PROGRAM
"""
import smtplib
import socket
import sys
import time

import bench_tools as b
from probe import check, equal, run

b.PROGRAM = sys.argv[1]


class Try:
    """One run of a source against a sink with rules."""

    def __init__(self, rules, *arguments, sink=()):
        with b.Folder() as folder, b.Sink(folder, *sink, rules=rules) as s:
            self.source = b.source(folder, s.address, *arguments)
            s.stop()
            self.sink = s.report
            self.status, self.counts = b.audit(folder)
            self.lines = folder.lines("source")
        self.messages = self.source.messages
        self.texts = self.source.texts()
        equal(self.status, 0, f"{rules} {arguments}: the audit, {self.counts}")
        check(0 <= self.counts["delivered"] - self.messages["recipients"]
              <= self.counts["messages_unknown"], f"{rules} {arguments}: {self.counts}")

    def settled(self, messages):
        known = sum(self.messages[one] for one in ("acked", "refused", "unknown"))
        equal(known, messages, f"every message has its fate: {self.messages}")
        return self


def refusals():
    """a refusal at every stage is one at the source, in every way"""
    for way in ["--lockstep"], ["--pipelining", "--overlap"], ["--chunking", "--ahead", "4"]:
        for stage, heard in (("mail", "mail"), ("rcpt", "rcpt"), ("data", None),
                             ("dot", None)):
            one = Try([f'{stage} 550 5.7.1 "not today"'], "--messages", 40, "--sessions",
                      3, *way).settled(40)
            heard = heard or ("bdat" if "--chunking" in way else stage)
            equal(one.messages["refused"], 40, f"{stage} {way}: refused")
            equal(one.texts, {f"{heard}: 550 5.7.1 not today": 40}, f"{stage} {way}")
            equal({line[1] for line in one.lines}, {"refused"}, "in the ledger")


def some_refused():
    """one refusal in three does not disturb the messages around it"""
    for way in ["--lockstep"], ["--pipelining", "--overlap"], ["--chunking", "--ahead", "8"]:
        for stage in "mail", "rcpt", "data", "dot":
            one = Try([f"{stage} 33% 450"], "--messages", 300, "--sessions", 4,
                      *way).settled(300)
            check(50 < one.messages["refused"] < 150, f"{stage} {way}: {one.messages}")
            equal(one.messages["broken"], 0, f"{stage} {way}: connections")


def some_recipients():
    """refused recipients leave the others their message"""
    for way in ["--lockstep"], ["--pipelining"], ["--chunking"]:
        one = Try(['domain d2.test rcpt 550 5.1.1 "no one"'], "--messages", 50, "--domains",
                  5, "--recipients", 3, *way).settled(50)
        equal(one.messages["acked"], 50, "acked")
        check(100 <= one.messages["recipients"] < 150, one.messages)
        equal(one.messages["recipients"] + one.texts["rcpt: 550 5.1.1 no one"], 150, way)


def greylisted():
    """what is refused for now is tried again with --persist, until it passes"""
    for way in ["--lockstep"], ["--pipelining", "--overlap"], ["--chunking", "--ahead", "4"]:
        one = Try(['rcpt 451 4.7.1 "greylisted" first-try 300ms'], "--messages", 100,
                  "--sessions", 4, "--persist", "--retry-after", "200ms", *way)
        one.settled(100)
        equal(one.messages["acked"], 100, f"{way}: acked")
        check(one.messages["again"] >= 100, one.messages)
        check(one.source.report["microseconds"]["message"]["p50"] > 300000,
              "its time counts from the first try")


def closing():
    """421 at any stage: another connection, nothing lost"""
    for way in (["--lockstep"], ["--pipelining", "--overlap"], ["--chunking"],
                ["--chunking", "--ahead", "4"]):
        for stage in "mail", "rcpt", "data", "dot":
            one = Try([f"{stage} 20% 421"], "--messages", 200, "--sessions", 4,
                      "--persist", "--retry-after", "10ms", *way).settled(200)
            equal(one.messages["acked"], 200, f"{stage} {way}: {one.messages}")
            # What was in flight behind a 421 was not taken, which is no mystery.
            equal(one.messages["unknown"], 0, f"{stage} {way}: {one.messages}")
            check(one.messages["connections"] > 20, f"{stage} {way}: {one.messages}")


def disconnects():
    """the connection goes at any stage: refused or unknown, never wrong"""
    for way in ["--lockstep"], ["--pipelining", "--overlap"], ["--chunking", "--ahead", "3"]:
        for stage in "mail", "rcpt", "data", "body", "dot", "reply":
            one = Try([f"disconnect {stage} 10%"], "--messages", 200, "--sessions", 4,
                      "--size", "60k", "--persist", *way).settled(200)
            check(one.messages["broken"] > 0, f"{stage} {way}: {one.messages}")
            if stage in ("body", "dot", "reply") or "--chunking" in way:
                check(one.messages["unknown"] > 0, f"{stage} {way}: {one.messages}")
            else:
                equal(one.messages["acked"], 200, f"{stage} {way}: {one.messages}")


def sent_again():
    """unknown messages are sent again only when asked for: counted duplicates"""
    one = Try(["disconnect reply 10%"], "--messages", 300, "--sessions", 4).settled(300)
    equal(one.counts["duplicates_unavoidable"], 0, "not asked for")
    one = Try(["disconnect reply 10%"], "--messages", 300, "--sessions", 4, "--persist",
              "--retry-unknown", "--retry-after", "10ms").settled(300)
    equal(one.messages["acked"], 300, "asked for: all acked")
    equal(one.counts["duplicates_unavoidable"], one.messages["again"], "and counted")


def limits():
    """connections at a time, messages on one, messages a second"""
    one = Try(["connections max 2 -> 421 4.7.0"], "--messages", 3000, "--sessions", 6,
              "--persist").settled(3000)
    equal(one.messages["acked"], 3000, "acked over two connections")
    check(one.texts.get("greeting: 421 4.7.0 Refused by a rule of the sink", 0) >= 4,
          one.texts)
    for way in ["--pipelining"], ["--chunking", "--ahead", "8"]:
        one = Try(["messages max 10 421"], "--messages", 200, "--sessions", 2, "--persist",
                  "--retry-after", "1ms", *way).settled(200)
        equal(one.messages["acked"], 200, f"acked, ten on each connection {way}")
    check(one.messages["connections"] >= 20, one.messages)
    began = time.monotonic()
    one = Try(['mail 450 4.7.0 "slow down" over 200/s'], "--messages", 300, "--sessions",
              4, "--persist", "--retry-after", "50ms").settled(300)
    equal(one.messages["acked"], 300, "acked within the rate")
    check(1.2 < time.monotonic() - began < 60, "300 at 200/s take about 1.4 s")


def delays():
    """delays at each stage, a tarpit, a slow domain only"""
    for stage in "connect", "ehlo", "mail", "rcpt", "data", "body", "dot", "reply", "quit":
        began = time.monotonic()
        one = Try([f"delay {stage} 150ms-200ms"], "--messages", 1, "--lockstep").settled(1)
        passed = time.monotonic() - began
        equal(one.messages["acked"], 1, stage)
        check(0.15 < passed < 60, f"{stage}: {passed}")
        if stage in ("mail", "rcpt", "data", "body", "dot", "reply"):
            check(one.source.report["microseconds"]["message"]["max"] > 150000, stage)
    one = Try(["tarpit 20ms"], "--messages", 1, "--lockstep").settled(1)
    check(one.source.report["microseconds"]["message"]["max"] >= 80000, "four replies")
    one = Try(["domain d1.test delay dot 1500ms"], "--messages", 150, "--domains", 10,
              "--sessions", 10).settled(150)
    times = one.source.report["microseconds"]["message"]
    check(times["max"] > 1500000 and times["p50"] < 1000000, times)


def outage():
    """a time in which all is refused; a port that is"""
    one = Try(["during 0s-1s connect 421", "during 0s-1s mail 450"], "--messages", 50,
              "--persist", "--sessions", 2).settled(50)
    equal(one.messages["acked"], 50, "acked after the outage")
    with b.Folder() as folder, b.Sink(folder) as free:
        port = free.port
        free.stop()
    with b.Folder() as folder, b.Sink(folder, ports=f"127.0.0.1:{port}",
                                      rules=[f"port {port} mail 550"]) as sink:
        source = b.source(folder, sink.address, "--messages", 3)
        equal(source.messages["refused"], 3, "refused on that port")


def strict():
    """the sink refuses a bare LF and tells who pipelined without leave"""
    with b.Folder() as folder, b.Sink(folder, "--without", "pipelining") as sink:
        with socket.create_connection(("127.0.0.1", sink.port)) as s:
            lines = s.makefile("rb")
            lines.readline()
            s.sendall(b"EHLO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\n")
            while lines.readline()[3:4] == b"-":
                pass
            equal(lines.readline()[:3], b"250", "MAIL")
            equal(lines.readline()[:3], b"250", "RCPT")
            s.sendall(b"DATA\r\n")
            equal(lines.readline()[:3], b"354", "DATA")
            s.sendall(b"Subject: x\r\n\r\nbare\nLF\r\n.\r\n")
            equal(lines.readline()[:3], b"550", "a bare LF")
            s.sendall(b"NOOP\n")
            equal(lines.readline()[:3], b"500", "a bare LF ends the session")
            equal(lines.readline(), b"", "at once")
        sink.stop()
        texts = {one["text"] for one in sink.report["errors"]}
        check("protocol: pipelined, though it was not offered" in texts, texts)
        check("protocol: an LF without CR" in texts, texts)
        equal(sink.report["messages"]["taken"], 0, "nothing was taken")


def notifications():
    """a notification the sink takes excuses the message it returns"""
    with b.Folder() as folder, b.Sink(folder) as sink:
        with b.Sink(folder, name="other") as other:
            source = b.source(folder, other.address, "--messages", 1)
            equal(source.messages["acked"], 1, "acked")
        mark = folder.lines("source")[0][2]
        equal(b.audit(folder)[1]["lost"], 1, "lost, as far as this sink knows")
        with smtplib.SMTP("127.0.0.1", sink.port) as client:
            client.sendmail("", [f"bench+{mark}@source.test"], (
                "Subject: returned\r\nContent-Type: multipart/report; boundary=b\r\n\r\n"
                "--b\r\n\r\nSorry.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
                "Reporting-MTA: dns; x.test\r\n\r\nFinal-Recipient: rfc822; "
                "user1@d1.test\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"))
        line = folder.lines("sink")[0]
        equal([line[1], line[2], line[6]], ["bounce", mark, "user1@d1.test"], "its line")
        status, counts = b.audit(folder)
        equal([status, counts["returned"], counts["lost"]], [0, 1, 0], "the audit")


def killed_sink():
    """a sink killed and started again: what was acked is in its ledger"""
    with b.Folder() as folder:
        with b.Sink(folder) as sink:
            source = b.Source(folder, sink.address, "--sessions", 8, "--rate", 1500,
                              "--messages", 4500, "--persist", "--overlap")
            for _ in range(3):
                check(b.wait_until(lambda: len(folder.lines("sink")) > 200), "mail flows")
                time.sleep(0.3)
                sink.kill()
                time.sleep(0.1)
                sink = b.Sink(folder, ports=sink.address)
            source.wait()
            sink.stop()
        equal(source.messages["acked"] + source.messages["unknown"], 4500,
              f"every message has its fate: {source.messages}")
        status, counts = b.audit(folder)
        equal(status, 0, f"the audit: {counts}")
        check(counts["delivered"] >= source.messages["acked"], "delivered")


def killed_source():
    """a source killed under way: what it had sent is not held against anyone"""
    with b.Folder() as folder, b.Sink(folder) as sink:
        source = b.Source(folder, sink.address, "--sessions", 20, "--ahead", 4,
                          "--duration", "60s")
        check(b.wait_until(lambda: len(folder.lines("sink")) > 1000), "mail flows")
        source.process.kill()
        source.process.communicate()
        sink.stop()
        status, counts = b.audit(folder)
        equal(status, 0, f"the audit: {counts}")
        check(0 <= counts["unrecorded"] <= 80, counts)


def full_disk():
    """a ledger that cannot be written ends the run, and no 250 is sent"""
    with b.Folder() as folder:
        sink = b.Sink(folder)
        source = b.Source(folder, sink.address, "--duration", "20s", "--persist",
                          "--ledger", "/dev/full")
        source.wait(20)
        equal(source.process.returncode, 1, "the source ends")
        check("No space left" in source.errors, source.errors)
        sink.stop()
        sink = b.Sink(folder, "--ledger", "/dev/full")
        source = b.source(folder, sink.address, "--messages", 1)
        equal(source.messages["acked"], 0, "nothing is acked")
        equal(sink.process.wait(20), 1, "the sink ends")
        check("No space left" in sink.process.stderr.read(), "and says why")


sys.exit(run([refusals, some_refused, some_recipients, greylisted, closing, disconnects,
              sent_again, limits, delays, outage, strict, notifications, killed_sink,
              killed_source, full_disk]))
