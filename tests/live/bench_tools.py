"""ringpost-bench run as its user runs it, for the scripts that test it."""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

PROGRAM = None  # set by the script


class Folder:
    """A folder of its own for ledgers and reports."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="ringpost-bench-")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)

    def file(self, name):
        return os.path.join(self.path, name)

    def lines(self, name):
        with open(self.file(name), encoding="utf-8") as f:
            return [line.split() for line in f if not line.startswith("#")]


class Sink:
    def __init__(self, folder, *arguments, rules=(), ports="127.0.0.1:0", name="sink"):
        self.report_path = folder.file(name + ".json")
        command = [PROGRAM, "sink", ports, "--ledger", folder.file(name), "--json",
                   self.report_path, *arguments]
        for rule in rules:
            command += ["--rule", rule]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        if "listening on" not in line:
            raise RuntimeError(line + self.process.stderr.read())
        self.address = line.split("listening on ")[1].split()[0]
        self.port = int(self.address.rsplit(":", 1)[1])

    def __enter__(self):
        return self

    def kill(self):
        self.process.kill()
        self.process.communicate()

    def stop(self, number=signal.SIGTERM):
        """Its exit status; .report is what it wrote."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.table, self.errors = self.process.communicate(timeout=30)
        self.report = json.load(open(self.report_path, encoding="utf-8"))
        return self.process.returncode

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()


class Source:
    """A source, started; wait() for its end."""

    def __init__(self, folder, targets, *arguments, name="source"):
        self.report_path = folder.file(name + ".json")
        targets = [targets] if isinstance(targets, str) else targets
        self.process = subprocess.Popen(
            [PROGRAM, "source", *targets, "--ledger", folder.file(name), "--json",
             self.report_path, *map(str, arguments)],
            stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def wait(self, timeout=60):
        self.table, self.errors = self.process.communicate(timeout=timeout)
        self.report = json.load(open(self.report_path, encoding="utf-8"))
        self.messages = self.report["messages"]
        return self

    def texts(self):
        return {one["text"]: one["count"] for one in self.report["errors"]}


def source(folder, targets, *arguments):
    return Source(folder, targets, *arguments).wait()


def audit(folder, *arguments, names=("source", "sink")):
    """The exit status, and the verdict's counts."""
    done = subprocess.run(
        [PROGRAM, "audit", *map(folder.file, names), *map(str, arguments), "--json", "-"],
        capture_output=True, text=True, timeout=60)
    if done.returncode == 2:
        raise RuntimeError(done.stderr)
    return done.returncode, json.loads(done.stdout)["counts"]


def wait_until(condition, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False
