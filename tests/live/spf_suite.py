#!/usr/bin/env python3
"""The SPF test suite of RFC 7208, as Debian's python3-spf ships it, all of it.

spf_suite.py PROBE

Each scenario's zone is played by a DNS server; the resolver that serves the
daemon asks it. All 203 have to hold, results and explanations.
"""
import glob
import gzip
import subprocess
import sys
import tempfile

import yaml
from probe import Probe
from spf_zone import SpfZone

PROGRAM = sys.argv[1]
SUITE = "/usr/share/doc/python3-spf/rfc7208-tests.yml.gz"
WANTED = 203
TIMEOUT_MS = 10500  # a server that is silent costs that, and three tries
DEADLINE_MS = 120000


def scenarios():
    try:
        return list(yaml.safe_load_all(gzip.open(SUITE)))
    except FileNotFoundError:
        pass  # a machine that was told to leave documentation out
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["apt-get", "-qq", "download", "python3-spf"], cwd=folder, check=True)
        subprocess.run(["dpkg-deb", "-x", *glob.glob(folder + "/*.deb"), folder], check=True)
        return list(yaml.safe_load_all(gzip.open(folder + SUITE)))


def hexed(text):
    return text.encode().hex() or "-"


class Scenario:
    """All its cases are asked at once: those whose names are silent wait together."""

    def __init__(self, document):
        self.name, self.cases = document["description"], list(document["tests"].items())
        self.server = SpfZone(document["zonedata"])

    def start(self):
        self.server.__enter__()
        self.probe = Probe(PROGRAM, TIMEOUT_MS, 1000, self.server.address)
        for number, (_, case) in enumerate(self.cases):
            self.probe.say("spf", number, case["host"], hexed(case["helo"]),
                           hexed(case["mailfrom"]), DEADLINE_MS)

    def finish(self):
        """[what does not hold]"""
        wrong = []
        for number, (name, case) in enumerate(self.cases):
            got = self.probe.hear_for(number)
            want = case["result"]
            if got["result"] not in ([want] if isinstance(want, str) else want):
                wrong.append(f"{self.name}: {name}: {got['result']} ({got['reason']}), "
                             f"not {want}")
            elif case.get("explanation") not in (None, got["explanation"] or "DEFAULT"):
                wrong.append(f"{self.name}: {name}: says {got['explanation']!r}, "
                             f"not {case['explanation']!r}")
        self.probe.__exit__(None)
        self.server.__exit__()
        return wrong


def main():
    all_of_them = [Scenario(document) for document in scenarios()]
    for one in all_of_them:
        one.start()
    wrong = []
    for one in all_of_them:
        mine = one.finish()
        print(f"{len(one.cases) - len(mine):4d} of {len(one.cases):3d}  {one.name}")
        wrong += mine
    count = sum(len(one.cases) for one in all_of_them)
    print("\n".join(wrong))
    print(f"{count - len(wrong)} of {count} hold")
    sys.exit(0 if count == WANTED and not wrong else 1)


main()
