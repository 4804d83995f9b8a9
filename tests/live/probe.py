"""The other end of io_probe.h: a program held by a socket, and counted checks."""
import json
import os
import queue
import socket
import subprocess
import sys
import threading
import time

failures = 0


def check(held, what):
    global failures
    if not held:
        failures += 1
        print("does not hold:", what, file=sys.stderr)
    return held


def equal(got, want, what):
    return check(got == want, f"{what}: got {got!r}, want {want!r}")


def run(cases):
    """Runs functions, named by their docstrings; the exit status."""
    chosen = os.environ.get("CASES")
    passed = failed = 0
    for case in cases:
        if chosen and chosen not in case.__name__:
            continue
        before, start = failures, time.monotonic()
        try:
            case()
        except Exception as error:  # the rest is worth running
            import traceback
            traceback.print_exc()
            check(False, f"{case.__name__}: {error!r}")
        good = failures == before
        passed, failed = passed + good, failed + (not good)
        print(f"{'ok' if good else 'FAILED'} {time.monotonic() - start:6.2f} s  "
              f"{case.__doc__.splitlines()[0]}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


class Probe:
    def __init__(self, program, *arguments):
        mine, its = socket.socketpair()
        self.process = subprocess.Popen([program, *map(str, arguments)], stdin=its,
                                        stderr=subprocess.PIPE)
        its.close()
        self.socket = mine
        self.heard, self.seen = queue.Queue(), []
        self.ears = threading.Thread(target=self._listen, daemon=True)
        self.ears.start()

    def _listen(self):
        with self.socket.makefile("rb") as lines:
            for line in lines:
                self.heard.put(json.loads(line))
        self.heard.put(None)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            self.say("quit")
        except OSError:
            pass
        try:
            self.stderr = self.process.communicate(timeout=60)[1].decode()
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.stderr = self.process.communicate()[1].decode()
            check(False, "the probe ends by itself")
        self.socket.close()
        if not kind and not equal(self.process.returncode, 0, "exit status of the probe"):
            print(self.stderr[:4000], file=sys.stderr)

    def say(self, *words):
        self.socket.sendall((" ".join(map(str, words)) + "\n").encode())

    def hear(self, timeout=90):
        one = self.heard.get(timeout=timeout)
        if one is None:
            raise EOFError("the probe is gone")
        return one

    def hear_for(self, number):
        """The next line about that id; others are kept."""
        for at, one in enumerate(self.seen):
            if one.get("id") == number:
                return self.seen.pop(at)
        while True:
            one = self.hear()
            if one.get("id") == number:
                return one
            self.seen.append(one)
