#!/usr/bin/python3
"""The benchmark suite, run for a moment with Ringpost alone; its profiles and their errors.

suite_test.py BUILD: the build folder whose programs are measured.
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(sys.argv[1])
sys.path[:0] = [os.path.join(ROOT, "bench"), os.path.join(ROOT, "tests", "live")]
sys.dont_write_bytecode = True

from ringpost_live import PATIENCE, Cases, until  # noqa: E402
from suite import groups, profile, tools  # noqa: E402

cases = Cases()
SMALL = """
name = "small"
title = "Small"
what = "A moment of relaying."
kind = "relay"
base = "ringpost"
budget_s = { full = 600 }
dimensions = [{ name = "work", title = "work" }, { name = "tools", title = "tools" }]
metrics = [{ name = "rate", title = "rate", unit = "messages/s", better = "more" }]
[[cell]]
work = "WORK"
tools = "ringpost-bench"
peers = ["ringpost", "postfix"]
messages = MESSAGES
most_s = 600
limit_s = 300
warm = 10
reps = 1
"""


def small(folder, work="plain", messages=400):
    path = os.path.join(folder, "small.toml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(SMALL.replace("WORK", work).replace("MESSAGES", str(messages)))
    return path


def run(folder, *words):
    return [os.path.join(ROOT, "bench", "run"), "--build", BUILD, "--no-wait", "--peers",
            "ringpost", "--scratch", folder, "--out", os.path.join(folder, "out"), *words]


def report(folder):
    with open(os.path.join(folder, "out", "report.json"), encoding="utf-8") as file:
        return json.load(file)


def relays():
    """A run has the promised shape, and every message of it arrived"""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        os.chmod(folder, 0o755)
        got = subprocess.run(run(folder, "--profile", small(folder, "tls+dkim-both")), text=True,
                             capture_output=True, timeout=300 * PATIENCE)
        cases.equal(got.returncode, 0, f"exit status ({got.stderr})")
        data = report(folder)
        cases.equal(data["format"], 1, "format")
        for name in ("mode", "began", "took_s", "command", "machine", "versions", "notes",
                     "peers", "profiles"):
            cases.check(name in data, f"the report has {name}")
        for name in ("cpu", "cores", "memory_gib", "kernel", "system", "disk", "fdatasync_us"):
            cases.check(data["machine"].get(name), f"the machine has {name}")
        cases.check(data["peers"]["ringpost"]["durable"] is True, "Ringpost is durable")
        cases.check("routes" in data["peers"]["ringpost"]["config"], "its configuration is told")
        small_one, = data["profiles"]
        cases.equal(small_one["skipped"], [], "nothing was skipped")
        row, = small_one["rows"]
        cases.equal((row["peer"], row["at"]["work"]), ("ringpost", "tls+dkim-both"), "the row")
        one, = row["runs"]
        cases.check(one["ok"] is True, "the run is ok: all that was sent arrived")
        cases.equal(one["messages"], 400, "messages")
        for name in ("rate", "accept_rate", "cpu_us", "pss_mib", "disturbed", "source_us"):
            cases.check(one.get(name, -1) >= 0, f"the run has {name}")
        cases.check(one["cpu_us"] > 0 and one["pss_mib"] > 0, "cost was accounted")
        cases.check(set(one["latency_us"]) == {"50", "90", "99", "99.9", "max"}, "latency")
        cases.check(not [n for n in os.listdir(folder) if n.startswith("ringpost-bench-")],
                    "nothing is left in the scratch folder")


def ends():
    """Interrupted, it ends all it started and still writes a report"""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        os.chmod(folder, 0o755)
        path = small(folder, messages=100000000)
        child = subprocess.Popen(run(folder, "--profile", path), stderr=subprocess.PIPE,
                                 stdin=subprocess.DEVNULL, text=True)

        def ours():
            mine = []
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    words = groups.read(f"/proc/{pid}/cmdline")
                except OSError:
                    continue
                if folder in words and int(pid) != child.pid or " source " in words \
                        and folder in words:
                    mine.append(words)
            return mine
        until(lambda: any("ringpost.yaml" in words for words in ours()) or child.poll() is not None,
              60, "a running peer")
        time.sleep(0.5)
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=90 * PATIENCE)
        cases.equal(child.returncode, 130, f"exit status ({said})")
        cases.equal(ours(), [], "processes left")
        data = report(folder)
        cases.check(any("interrupted" in note for note in data["notes"]), "the report says so")
        cases.equal(data["profiles"][0]["skipped"][0]["peer"], "ringpost", "what was not done")


def load():
    """Every profile there is can be read, and says what it measures"""
    paths = profile.all_files()
    cases.check(len(paths) > 3, "there are profiles")
    names = []
    for path in paths:
        for quick in (True, False):
            one = profile.load(path, quick)
        names.append(one.name)
        cases.check(one.cells and one.what and one.title, f"{one.name} is complete")
        for cell in one.cells:
            cases.equal(set(cell.at), {d["name"] for d in one.dimensions}, f"{one.name}'s rows")
    cases.equal(len(set(names)), len(names), "no name is there twice")


def mistakes():
    """A mistake in a profile is named, with the place"""
    with tempfile.TemporaryDirectory() as folder:
        path = small(folder)
        with open(path, encoding="utf-8") as file:
            good = file.read()
        for old, new, wanted in (
                ("warm = 10", "wram = 10", 'cell 1 has an unknown key "wram"'),
                ('base = "ringpost"', 'base = "ringpost"\nbsae = 1', 'unknown key "bsae"'),
                ('kind = "relay"', 'kind = "reply"', 'kind "reply" is unknown'),
                ('work = "plain"\n', "", 'cell 1 lacks "work"'),
                ("reps = 1", 'reps = "1"', "reps of cell 1 is of the wrong type"),
                ('better = "more"', 'better = "most"', "better of metric 1"),
                ("[[cell]]", '[[plot]]\nkind = "bars"\ntitle = "x"\ny = "rite"\n[[cell]]',
                 '"rite", which is no metric')):
            with open(path, "w", encoding="utf-8") as file:
                file.write(good.replace(old, new))
            got = subprocess.run(run(folder, "--list", "--profile", path), text=True,
                                 capture_output=True, timeout=60 * PATIENCE)
            cases.equal(got.returncode, 2, f"exit status for {new}")
            cases.check(wanted in got.stderr and "small.toml" in got.stderr,
                        f"{wanted} is said: {got.stderr}")


def counts():
    """Groups count what their processes used, by cgroup and by /proc"""
    burn = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done"
    for group in (groups.make("test"), groups.ProcessTree("peer-test")):
        try:
            child = group.spawn(["sh", "-c", f"({burn}); sleep 60 & exec sleep 60"])
            until(lambda: sum(group.cpu()) > 0.05 and len(group.pids()) >= 2, 60,
                  f"CPU of {type(group).__name__}")
            cases.check(group.memory()["pss"] > 0, "memory")
        finally:
            group.close()
        cases.check(child.poll() is not None and not group.pids(), "all ended")


def ledgers():
    """A ledger is counted as it grows, a line cut anywhere counted once"""
    lines = b"".join(b"1.0 taken id-%d 10 0 %d u@x.test <a@y.test> 1 0\n" % (n, n % 7 + 1)
                     for n in range(100))
    with tempfile.TemporaryDirectory() as folder:
        sink = tools.OurSink.__new__(tools.OurSink)
        sink.ledger = os.path.join(folder, "ledger")
        sink._offset = sink._count = sink._recipients = 0
        sink.by_recipient = True
        for cut in range(0, len(lines), 37):
            with open(sink.ledger, "ab") as file:
                file.write(lines[cut:cut + 37])
            cases.check(sink.messages() == lines[:cut + 37].count(b"\n"), f"count at {cut}")
        cases.equal(sink.count(), sum(n % 7 + 1 for n in range(100)), "recipients")


sys.exit(cases.run([load, mistakes, ledgers, counts, relays, ends]))
