#!/usr/bin/env python3
"""ringpost-bench source against its sink, every way there is to send.

bench_modes.py PROGRAM
"""
import os
import smtplib
import subprocess
import sys
import time

import bench_tools as b
from probe import check, equal, run

b.PROGRAM = sys.argv[1]
WAYS = [["--lockstep"], ["--pipelining"], ["--pipelining", "--overlap"], ["--chunking"],
        ["--chunking", "--overlap"], ["--chunking", "--ahead", "8"], []]


def clean(folder, delivered, what):
    status, counts = b.audit(folder)
    equal(status, 0, what + ": the audit")
    equal(counts["delivered"], delivered, what + ": delivered")
    equal(counts["duplicates_unavoidable"], 0, what + ": duplicates")


def transfer(sink_options, source_options, messages=300, recipients=1):
    what = " ".join([*sink_options, "/", *source_options])
    with b.Folder() as folder, b.Sink(folder, *sink_options) as sink:
        source = b.source(folder, sink.address, "--sessions", 5, "--messages", messages,
                          "--recipients", recipients, *source_options)
        equal(source.process.returncode, 0, what + ": status of the source")
        equal(sink.stop(), 0, what + ": status of the sink")
        equal(source.messages["acked"], messages, what + ": acked")
        equal(sink.report["messages"]["taken"], messages, what + ": taken")
        equal(source.messages["recipients"], messages * recipients, what + ": recipients")
        equal(source.messages["bytes"], sink.report["messages"]["bytes"], what + ": bytes")
        equal(source.report["errors"], [], what + ": errors of the source")
        equal(sink.report["errors"], [], what + ": errors of the sink")
        equal(source.report["microseconds"]["message"]["count"], messages,
              what + ": messages timed")
        clean(folder, messages * recipients, what)
        return source.report, sink.report


def plain():
    """plain, in every way, one and many recipients, over many domains"""
    for way in WAYS:
        transfer([], way)
        transfer([], [*way, "--domains", "7"], messages=20, recipients=50)


def tls():
    """implicit TLS and STARTTLS, in every way; resumed, and not"""
    for sink, source in (["--tls"], ["--tls"]), (["--starttls"], ["--starttls"]):
        for way in WAYS:
            ours, theirs = transfer(sink, [*source, *way, "--per-session", "20"])
            check(ours["microseconds"]["tls"]["count"] >= 15, "handshakes are timed")
            check(theirs["microseconds"]["tls"]["count"] >= 15, "at the sink, too")
        transfer(sink, [*source, "--no-resume", "--per-session", "5"])


def auth():
    """AUTH PLAIN and LOGIN with a password file, over TLS or where asked for"""
    with b.Folder() as folder:
        path = folder.file("password")
        with open(path, "w", encoding="utf-8") as f:
            f.write("secret\n")
        login = ["--user", "me", "--password-file", path]
        for sink, more in ((["--auth", "--starttls"], ["--starttls"]),
                           (["--auth"], ["--mechanism", "PLAIN"]),
                           (["--auth"], ["--mechanism", "LOGIN"])):
            ours, theirs = transfer(sink, [*login, *more, "--per-session", "30"])
            check(ours["microseconds"]["auth"]["count"] >= 10, "AUTH is timed")
            check(theirs["microseconds"]["auth"]["count"] >= 10, "at the sink, too")
    with b.Folder() as folder, b.Sink(folder, "--auth") as sink:
        path = folder.file("password")
        with open(path, "w", encoding="utf-8") as f:
            f.write("secret\n")
        refused = b.source(folder, sink.address, "--messages", 5, "--user", "me",
                           "--password-file", path)
        equal(refused.process.returncode, 1, "no PLAIN without TLS unless asked for")
        check("auth: no AUTH mechanism is offered that is safe without TLS"
              in refused.texts(), refused.texts())


def sizes():
    """sizes from the smallest to 25 MiB, mixed by weight"""
    for way in ["--lockstep"], ["--pipelining", "--overlap"], ["--chunking", "--ahead", "4"]:
        transfer([], [*way, "--size", "1,512,1000:3,4k:9,64k:2,300k:1"])
        report, _ = transfer([], [*way, "--size", "25m"], messages=6)
        check(report["messages"]["bytes"] == 6 * (25 << 20), "25 MiB are 25 MiB")
    transfer(["--starttls"], ["--starttls", "--size", "25m"], messages=3)


def fewer_capabilities():
    """what a sink does not offer is not used; what is asked for must be there"""
    with b.Folder() as folder, b.Sink(folder, "--without",
                                      "pipelining,chunking,size,codes") as sink:
        source = b.source(folder, sink.address, "--messages", 50)
        equal(source.messages["acked"], 50, "lockstep was chosen")
        equal(sink.stop(), 0, "status of the sink")
        equal(sink.report["errors"], [], "and nothing was pipelined")
        clean(folder, 50, "without anything")
    with b.Folder() as folder, b.Sink(folder, "--without", "chunking") as sink:
        source = b.source(folder, sink.address, "--messages", 50, "--chunking")
        equal(source.process.returncode, 1, "CHUNKING cannot be had")
        check("ehlo: the server does not offer CHUNKING and PIPELINING"
              in source.texts(), source.texts())


def per_session():
    """so many messages on a connection, then a new one"""
    for way in WAYS:
        report, _ = transfer([], [*way, "--per-session", "7"], messages=140)
        equal(report["messages"]["connections"] >= 20, True, "connections")
        check(report["messages"]["connections"] <= 26, report["messages"])


def rate():
    """an open loop: evenly spread, and latency counts from when it was due"""
    report, _ = transfer([], ["--rate", "500"], messages=500)
    check(0.95 <= report["seconds"] <= 1.3, f"500 at 500/s take 1 s: {report['seconds']}")
    with b.Folder() as folder, b.Sink(folder, rules=["delay dot 100ms"]) as sink:
        # One session can do ten a second; at twenty they queue up, and it shows.
        source = b.source(folder, sink.address, "--rate", 20, "--messages", 40)
        times = source.report["microseconds"]["message"]
        check(times["max"] > 1500000, f"the last one was due 2 s earlier: {times}")
        check(times["p50"] > 700000, times)


def workers():
    """two workers on each side share ports, ledgers, rate and counts"""
    report, sink = transfer(["--workers", "2"], ["--workers", "2", "--sessions", "40"],
                            messages=5000)
    equal(report["messages"]["connections"], 40, "connections")
    equal(sink["messages"]["connections"], 40, "at the sink")
    transfer(["--workers", "2", "--tls"], ["--workers", "2", "--tls", "--rate", "2000"],
             messages=1000)


def ports():
    """a range of ports, sessions spread over several targets"""
    with b.Folder() as folder, b.Sink(folder, "127.0.0.2:0", "127.0.0.3:0") as sink:
        equal(sink.address, "127.0.0.1:0".replace(":0", f":{sink.port}"), "the first")
        source = b.source(folder, [sink.address, f"127.0.0.1:{sink.port}"],
                          "--messages", 100, "--sessions", 4)
        equal(source.messages["acked"], 100, "acked")


def durable():
    """a synced ledger, saved messages: each file is what was sent"""
    with b.Folder() as folder:
        saved = folder.file("saved")
        with b.Sink(folder, "--ledger-sync", "--save", saved) as sink:
            source = b.source(folder, sink.address, "--messages", 60, "--sessions", 6,
                              "--size", "2k:5,100k:1")
            equal(source.messages["acked"], 60, "acked")
            equal(sink.stop(), 0, "status")
        clean(folder, 60, "synced")
        files = os.listdir(saved)
        equal(len(files), 60, "files")
        size = sum(os.path.getsize(os.path.join(saved, name)) for name in files)
        equal(size, source.messages["bytes"], "their bytes")
        ids = {line[2] for line in folder.lines("sink")}
        for name in files:
            with open(os.path.join(saved, name), "rb") as f:
                text = f.read().decode()
            mark = text.split("X-Ledger-Id: ")[1].split("\r\n")[0]
            check(mark in ids, f"{name} has an id of the ledger")
            check("\r\n" in text and "\n" not in text.replace("\r\n", ""), "line ends")


def hold():
    """idle sessions, held and given back in order"""
    with b.Folder() as folder, b.Sink(folder, "--starttls") as sink:
        source = b.source(folder, sink.address, "--hold", "--sessions", 50, "--starttls",
                          "--duration", "500ms")
        equal(source.process.returncode, 0, "status")
        equal(source.messages["connections"], 50, "connections")
        equal(source.messages["broken"], 0, "broken")
        equal(source.messages["acked"], 0, "messages")


def signals():
    """Ctrl-C ends either in order, with its report and a whole ledger"""
    import signal
    with b.Folder() as folder, b.Sink(folder) as sink:
        source = b.Source(folder, sink.address, "--sessions", 10, "--duration", "60s",
                          "--overlap")
        check(b.wait_until(lambda: len(folder.lines("sink")) > 500), "mail flows")
        source.process.send_signal(signal.SIGINT)
        source.wait(20)
        equal(source.process.returncode, 0, "status of the source")
        equal(source.messages["unknown"], 0, "nothing is left unknown")
        equal(sink.stop(signal.SIGINT), 0, "status of the sink")
        equal(sink.report["messages"]["taken"], source.messages["acked"], "all counted")
        clean(folder, source.messages["acked"], "interrupted")
    with b.Folder() as folder, b.Sink(folder) as sink:
        source = b.Source(folder, sink.address, "--sessions", 10, "--duration", "2s",
                          "--persist")
        check(b.wait_until(lambda: len(folder.lines("sink")) > 500), "mail flows")
        equal(sink.stop(signal.SIGINT), 0, "a sink ends while mail flows")
        source.wait()
        status, counts = b.audit(folder)
        equal(status, 0, f"and owes nothing: {counts}")


def other_clients():
    """the sink takes what smtplib sends; its replies are right"""
    with b.Folder() as folder, b.Sink(folder, "--auth") as sink:
        with smtplib.SMTP("127.0.0.1", sink.port) as client:
            check(client.has_extn("x") is False, "EHLO not said yet")
            client.ehlo()
            check(client.has_extn("pipelining") and client.has_extn("chunking"), "EHLO")
            client.login("me", "secret")
            refused = client.sendmail("a@x.test", ["b@y.test", "c@y.test"],
                                      "Subject: hi\r\n\r\n.dot\r\n..dots\r\n")
            equal(refused, {}, "nobody refused")
            equal(client.docmd("VRFY", "x")[0], 252, "VRFY")
            equal(client.docmd("RCPT", "TO:<a@b.test>")[0], 503, "RCPT out of turn")
            equal(client.docmd("DATA")[0], 503, "DATA out of turn")
            equal(client.docmd("NONSENSE")[0], 500, "an unknown command")
            equal(client.rset()[0], 250, "RSET")
            equal(client.docmd("MAIL", "FROM:<>")[0], 250, "MAIL")
            equal(client.docmd("DATA")[0], 554, "no recipients")
        line = folder.lines("sink")[0]
        equal(line[1:7], ["taken", "-", str(len(".dot\r\n..dots\r\n")), line[4], "2",
                          "b@y.test,c@y.test"], "its line")
        sink.stop()
        equal(sink.report["messages"]["taken"], 1, "taken")
    done = subprocess.run(["swaks", "--version"], capture_output=True, check=False)
    if done.returncode == 0:
        with b.Folder() as folder, b.Sink(folder, "--starttls") as sink:
            done = subprocess.run(
                ["swaks", "--server", sink.address, "--tls", "--to", "a@b.test",
                 "--from", "c@d.test", "--silent", "2"], capture_output=True, check=False)
            equal(done.returncode, 0, "swaks with STARTTLS")
            equal(len(folder.lines("sink")), 1, "its line")


def usage():
    """help, and what is wrong with a command line"""
    for arguments, status, text in (
            (["--help"], 0, "usage:"), ([], 2, "usage:"), (["nonsense"], 2, "nonsense"),
            (["source", "--help"], 0, "--retry-unknown"),
            (["sink", "--help"], 0, "first-try"), (["audit", "--help"], 0, "--within"),
            (["source"], 2, "no TARGET"), (["sink"], 2, "no ADDRESS:PORT"),
            (["audit", "x"], 2, "SINK-LEDGER"),
            (["source", "127.0.0.1:99999"], 2, "is no address"),
            (["source", "127.0.0.1:1", "--to", "x"], 2, "\"x\""),
            (["source", "127.0.0.1:1", "--size", "4x"], 2, "4x"),
            (["source", "127.0.0.1:1", "--password-file", "/x", "--user", "a"], 2, "/x"),
            (["sink", "127.0.0.1:0", "--rule", "lunch 450"], 2, "lunch"),
            (["sink", "127.0.0.1:0", "--ledger", "/nowhere/x"], 1, "/nowhere/x"),
            (["sink", "192.0.2.1:2525"], 1, "cannot listen on 192.0.2.1:2525"),
            (["audit", "/nowhere/a", "/nowhere/b"], 2, "/nowhere/a")):
        done = subprocess.run([b.PROGRAM, *arguments], capture_output=True, text=True,
                              timeout=20, check=False)
        equal(done.returncode, status, f"{arguments}")
        check(text in done.stdout + done.stderr, f"{arguments}: {done.stderr}")


sys.exit(run([plain, tls, auth, sizes, fewer_capabilities, per_session, rate, workers,
              ports, durable, hold, signals, other_clients, usage]))
