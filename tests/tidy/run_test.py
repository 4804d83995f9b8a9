"""tests/run itself: what it counts, and what it runs once more.

With a meson and a ninja that only say what a test of theirs would have said.
"""

import os
import shutil
import subprocess
import sys
import tempfile

# Fails the first time each that is named in FLAKY, always what is in BROKEN.
MESON = r"""#!/usr/bin/python3
import json, os, sys

TESTS = ["unit / one", "unit / two", "unit / three", "unit / four", "live / one"]
arguments = sys.argv[1:]
if "--list" in arguments:
    print("\n".join("ringpost:" + test for test in TESTS))
    sys.exit()
if arguments[0] != "test" or os.environ.get("SILENT"):
    sys.exit("meson is broken")
folder = arguments[arguments.index("-C") + 1]
base = "testlog"
suites, names = [], []
rest = iter(arguments[1:])
for word in rest:
    if word in ("-C", "--num-processes", "--no-suite"):
        next(rest)
    elif word == "--suite":
        suites.append(next(rest))
    elif word == "--logbase":
        base = next(rest)
    elif not word.startswith("-"):
        names.append(word)
os.makedirs(folder + "/meson-logs", exist_ok=True)
count = {"OK": 0, "FAIL": 0, "TIMEOUT": 0}
with open(f"{folder}/meson-logs/{base}.json", "w") as log:
    for test in TESTS:
        suite, name = test.split(" / ")
        if suites and suite not in suites or names and name not in names:
            continue
        mark = f"{folder}/{suite}-{name}"
        flaky = test in os.environ.get("FLAKY", "").split(",")
        result = "OK"
        if test in os.environ.get("BROKEN", "").split(","):
            result = "FAIL"
        elif flaky and not os.path.exists(mark):
            result = "TIMEOUT"
            open(mark, "w").close()
        count[result] += 1
        print(test, result)
        print(json.dumps({"name": "ringpost:" + test, "result": result}), file=log)
print(f"Ok:                 {count['OK']}   ")
print(f"Fail:               {count['FAIL']}   ")
print(f"Unexpected Pass:    0   ")
print(f"Timeout:            {count['TIMEOUT']}   ")
sys.exit(count["OK"] < sum(count.values()))
"""

# name, arguments, variables, the exit status, what the output has, and has not
CASES = [
    ("all pass", [], {}, 0, ["9 passed, 0 failed"], ["shaky"]),
    ("one is shaky", [], {"FLAKY": "live / one"}, 0,
     ["shaky: one failed among others, passed alone (build)\n9 passed, 0 failed"], []),
    ("one is shaky in both", [], {"FLAKY": "unit / two"}, 0,
     ["alone (build)\n", "alone (build-asan)\n9 passed, 0 failed"], []),
    ("one is broken", [], {"BROKEN": "live / one"}, 1, ["8 passed, 1 failed"], ["shaky"]),
    ("one shaky, one broken", [], {"FLAKY": "unit / two", "BROKEN": "live / one"}, 1,
     ["shaky: two", "8 passed, 1 failed"], ["shaky: one"]),
    ("too many", [], {"FLAKY": "unit / one,unit / two,unit / three,unit / four"}, 1,
     ["more than 3 tests failed", "1 passed, 8 failed"], ["shaky"]),
    ("too many in the end", [], {"FLAKY": "unit / one,unit / two"}, 1,
     ["shaky: one", "7 passed, 2 failed"], ["alone (build-asan)"]),
    ("no summary", [], {"SILENT": "1"}, 1, ["0 passed, 2 failed"], []),
    ("a name", ["two"], {}, 0, ["1 passed, 0 failed"], []),
    ("a suite", ["unit"], {}, 0, ["4 passed, 0 failed"], []),
    ("a name twice", ["one"], {}, 0, ["2 passed, 0 failed"], []),
    ("nobody's name", ["on"], {}, 2, ["no test or suite is called on"], ["passed"]),
]


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o755)


def run(arguments, more):
    with tempfile.TemporaryDirectory(prefix="ringpost-run-") as folder:
        write(folder + "/bin/meson", MESON)
        write(folder + "/bin/ninja", "#!/bin/sh\n")
        write(folder + "/deploy/lib/need", "#!/bin/sh\n")
        for build in "build", "build-asan":
            write(f"{folder}/{build}/build.ninja", "")
        os.makedirs(folder + "/tests")
        shutil.copy(os.path.join(sys.argv[1], "tests/run"), folder + "/tests/run")
        environment = dict(os.environ, PATH=folder + "/bin:" + os.environ["PATH"], **more)
        environment.pop("RINGPOST_BUILD", None)
        return subprocess.run([folder + "/tests/run"] + arguments, env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False)


def main():
    failed = 0
    for name, arguments, more, status, has, lacks in CASES:
        done = run(arguments, more)
        if done.returncode != status or not all(text in done.stdout for text in has) \
                or any(text in done.stdout for text in lacks):
            failed += 1
            print(f"FAILED: {name}: status {done.returncode}\n{done.stdout}")
    print(f"{len(CASES) - failed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
