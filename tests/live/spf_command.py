#!/usr/bin/env python3
"""`ringpost spf`: what it says, term by term, and how it ends."""
import json
import os
import subprocess
import sys
import tempfile

from probe import check, equal, run
from spf_zone import SpfZone

RINGPOST = os.environ["RINGPOST"]
ZONE = {
    "example.com": [{"TXT": "v=spf1 include:_spf.prov.example a:none.example.com mx -all "
                            "exp=why.example.com"}, {"MX": [10, "mx.example.com"]}],
    "_spf.prov.example": [{"TXT": "v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/32 ~all"}],
    "mx.example.com": [{"A": "192.0.2.99"}],
    "why.example.com": [{"TXT": "%{i} is not ours"}],
    "broken.example": [{"TXT": "v=spf1 ip4:192.0.2.300 -all"}],
    "silent.example": ["TIMEOUT"],
    "long.example": [{"TXT": "v=spf1 " + "ip4:192.0.2.7 " * 300 + "-all"}],
}


class Asked:
    def __init__(self, server, *words):
        with tempfile.TemporaryDirectory() as folder:
            path = folder + "/ringpost.yaml"
            with open(path, "w") as file:
                file.write(f"hostname: mx.test\nstate_directory: {folder}\n"
                           "listeners: [{ address: \"127.0.0.1:2525\", role: submission, "
                           "tls: none }]\n"
                           "submission: { trusted_networks: [\"127.0.0.1\"] }\n"
                           f"dns: {{ servers: [\"{server.address}\"], timeout: 8s }}\n")
            got = subprocess.run([RINGPOST, "spf", *words, "-c", path], capture_output=True,
                                 text=True, timeout=120)
        self.status, self.out, self.error = got.returncode, got.stdout, got.stderr


def passes():
    """An include that matches, an MX that does: status 0, and the way there"""
    with SpfZone(ZONE) as server:
        got = Asked(server, "192.0.2.3", "user@Example.COM")
        equal((got.status, got.error), (0, ""), "status")
        for words in ["      ip4:192.0.2.0/28: matches: pass\n",
                      "  include:_spf.prov.example: matches: pass\n",
                      "pass for example.com: the address may send for it\n",
                      "  decided by: include:_spf.prov.example\n"]:
            check(words in got.out, f"{words!r} in\n{got.out}")
        got = Asked(server, "2001:db8::9", "<user@example.com>", "--json")
        equal(json.loads(got.out)["mechanism"], "include:_spf.prov.example", "IPv6")
        got = Asked(server, "192.0.2.99", "example.com", "--json")
        answer = json.loads(got.out)
        equal((answer["result"], answer["mechanism"], answer["lookups"],
               answer["void_lookups"], answer["queries"]), ("pass", "mx", 3, 1, 5), "JSON")
        check({"depth": 0, "domain": "example.com", "term": "a:none.example.com",
               "note": "none.example.com has no A"} in answer["steps"], answer["steps"])


def fails():
    """The domain's own words; HELO's record for the null sender; status 1"""
    with SpfZone(ZONE) as server:
        got = Asked(server, "203.0.113.9", "user@example.com")
        equal(got.status, 1, "status")
        check("the domain's words: 203.0.113.9 is not ours\n" in got.out, got.out)
        answer = json.loads(Asked(server, "203.0.113.9", "<>", "--helo", "example.com",
                                  "--json").out)
        equal((answer["identity"], answer["result"]), ("helo", "fail"), "null sender")
        answer = json.loads(Asked(server, "203.0.113.9", "x@long.example", "--json").out)
        check(answer["steps"][0]["note"].count("ip4:192.0.2.7") == 300, "all of the record")


def troubles():
    """A broken record, silent DNS, no record, words that make no sense"""
    with SpfZone(ZONE) as server:
        for domain, words in [
                ("broken.example", "permerror for broken.example: the record is wrong\n"
                                   "  broken.example: \"ip4:192.0.2.300\" names no network\n"),
                ("silent.example", "temperror for silent.example: DNS does not say now\n"),
                ("none.example", "none for none.example: there is nothing to go by\n")]:
            got = Asked(server, "192.0.2.1", "user@" + domain)
            equal(got.status, 1, domain)
            check(words in got.out, f"{words!r} in\n{got.out}")
        for words, why in [(["192.0.2.1"], "takes an ADDRESS and a MAIL_FROM"),
                           (["host", "a@b.example"], "\"host\" is no IP address"),
                           (["192.0.2.1", "<>"], "--helo says whose record")]:
            got = Asked(server, *words)
            equal(got.status, 2, words)
            check(why in got.error, got.error)


if __name__ == "__main__":
    sys.exit(run([passes, fails, troubles]))
