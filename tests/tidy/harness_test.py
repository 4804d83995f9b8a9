"""What live tests stand on: a sanitizer's complaint fails them.

With a program that is ready at once, and says on its standard error what
$SAYS has: as a daemon when it ends, as a command at once.
"""
import os
import stat
import sys
import tempfile

PROGRAM = """#!/usr/bin/python3
import json, os, re, signal, sys
sys.stderr.write(os.environ["SAYS"])
sys.stderr.flush()
if sys.argv[1] != "run":
    sys.exit()
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
with open(sys.argv[3]) as file:
    log = json.load(file)["log"]["file"]
with open(log, "a") as file:
    file.write(json.dumps({"event": "ready"}) + "\\n")
while True:
    signal.pause()
"""

# what is said, and whether it is a complaint
CASES = [
    ("", False),
    ("warning: no account\n", False),
    ("queue.c:3: a peer said \"runtime error\"\n", False),
    ("==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x1\n", True),
    ("fine\n==1==ERROR: LeakSanitizer: detected memory leaks\n", True),
    ("../core/base/slice.c:3:4: runtime error: null pointer passed\n", True),
]


def complains(function):
    try:
        function()
    except AssertionError as error:
        return "Sanitizer" in str(error) or "runtime error" in str(error)
    return False


def as_daemon(live, end):
    with live.Daemon() as daemon:
        end(daemon)


def as_command(live):
    live.Daemon().run("status")


def main():
    with tempfile.TemporaryDirectory(prefix="ringpost-harness-") as folder:
        program = os.path.join(folder, "program")
        with open(program, "w", encoding="utf-8") as file:
            file.write(PROGRAM)
        os.chmod(program, stat.S_IRWXU)
        os.environ["RINGPOST"] = program
        tempfile.tempdir = folder
        sys.path.insert(0, os.path.join(sys.argv[1], "tests", "live"))
        import ringpost_live as live
        failed = 0
        for says, want in CASES:
            os.environ["SAYS"] = says
            for name, got in [
                    ("ends by itself", complains(lambda: as_daemon(live, lambda d: None))),
                    ("is stopped", complains(lambda: as_daemon(live, lambda d: d.stop()))),
                    ("is killed", complains(lambda: as_daemon(live, lambda d: d.kill()))),
                    ("is a command", complains(lambda: as_command(live)))]:
                if got != want:
                    failed += 1
                    print(f"FAILED: {says!r}, {name}: {got}, not {want}")
    print(f"{4 * len(CASES) - failed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
