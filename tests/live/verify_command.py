#!/usr/bin/env python3
"""`ringpost verify`: good, unaligned, forged and passed-on messages, by real DNS.

What signs is dkimpy, what reads our Authentication-Results is python3-authres.
"""
import base64
import json
import os
import re
import subprocess
import sys
import tempfile

import authres
import dkim

from probe import check, equal, run
from spf_zone import SpfZone

RINGPOST = os.environ["RINGPOST"]
DATA = os.path.join(os.path.dirname(dkim.__file__), "tests", "data")
MESSAGE = (b"From: Joe <joe@example.com>\r\nTo: b@example.net\r\nSubject: Hello\r\n"
           b"Date: Sat, 21 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n\r\nHi.\r\n")


def data(name):
    with open(os.path.join(DATA, name), "rb") as file:
        return file.read()


def make_key():
    pem = subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt",
                          "rsa_keygen_bits:2048"], capture_output=True, check=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubout", "-outform", "DER"], input=pem,
                         capture_output=True, check=True).stdout
    return pem, "v=DKIM1; k=rsa; p=" + base64.b64encode(der).decode()


PEM, RECORD = make_key()
ZONE = {
    "example.com": [{"TXT": "v=spf1 ip4:192.0.2.0/24 -all"}],
    "k._domainkey.example.com": [{"TXT": RECORD}],
    "_dmarc.example.com": [{"TXT": "v=DMARC1; p=reject; sp=quarantine"}],
    "9.2.0.192.in-addr.arpa": [{"PTR": "mail.example.com"}],
    "mail.example.com": [{"A": "192.0.2.9"}],
    "evil.example": [{"TXT": "v=spf1 +all"}],
    "k._domainkey.evil.example": [{"TXT": RECORD}],
    "k._domainkey.list.example": [{"TXT": RECORD}],
    "_dmarc.silent.example": ["TIMEOUT"],
    "brisbane._domainkey.football.example.com": [
        {"TXT": "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}],
    "test._domainkey.football.example.com": [{"TXT": data("test.txt").decode().strip()}],
    "sed._domainkey.test.ex": [{"TXT": data("eximtest.dns").decode().strip()}],
}


class Asked:
    def __init__(self, server, message, *words, name=None):
        with tempfile.TemporaryDirectory() as folder:
            path, file = folder + "/ringpost.yaml", name or folder + "/message"
            with open(path, "w") as out:
                out.write(f"hostname: mx.test\nstate_directory: {folder}\n"
                          "listeners: [{ address: \"127.0.0.1:2525\", role: submission, "
                          "tls: none }]\n"
                          "submission: { trusted_networks: [\"127.0.0.1\"] }\n"
                          f"dns: {{ servers: [\"{server.address}\"], timeout: 8s }}\n")
            if name is None:
                with open(file, "wb") as out:
                    out.write(message)
            got = subprocess.run([RINGPOST, "verify", file, *words, "-c", path],
                                 capture_output=True, input=message, timeout=120)
        self.status, self.error = got.returncode, got.stderr.decode()
        self.out = got.stdout.decode()

    def results(self):
        """What python3-authres reads out of the field we would add."""
        text = self.out[self.out.index("Authentication-Results:"):].strip()
        field = authres.AuthenticationResultsHeader.parse(re.sub(r"\n\s+", " ", text))
        equal(field.authserv_id, "mx.test", "authserv-id")
        return [(r.method, r.result, {p.type + "." + p.name: p.value for p in r.properties})
                for r in field.results]


def sign(message, domain):
    return dkim.sign(message, b"k", domain.encode(), PEM) + message


def good():
    """SPF, DKIM and DMARC pass; status 0; as text and as JSON, lines ending in LF, too"""
    with SpfZone(ZONE) as server:
        message = sign(MESSAGE, "example.com")
        words = ["--client", "192.0.2.9", "--mail-from", "<joe@example.com>", "--helo", "h.example"]
        for form in (message, message.replace(b"\r\n", b"\n")):
            got = Asked(server, form, *words)
            equal((got.status, got.error), (0, ""), "status")
            check("SPF     pass for example.com, decided by ip4:192.0.2.0/24\n" in got.out, got.out)
            check("DKIM pass of example.com, selector k, rsa-sha256 (2048 bits), in the author's name "
                  "ARC none" in re.sub(r"\s+", " ", got.out), got.out)
            check("DMARC   pass for example.com, by SPF and DKIM\n" in got.out, got.out)
            results = got.results()
            equal([(m, r) for m, r, _ in results],
                  [("iprev", "pass"), ("spf", "pass"), ("dkim", "pass"), ("arc", "none"),
                   ("dmarc", "pass")], "results")
            check("Client  mail.example.com, its address's own\n" in got.out, got.out)
            equal(results[0][2]["policy.iprev"], "192.0.2.9", "policy.iprev")
            equal(results[1][2]["smtp.mailfrom"], "joe@example.com", "smtp.mailfrom")
            equal((results[2][2]["header.d"], results[2][2]["header.s"], results[2][2]["header.a"]),
                  ("example.com", "k", "rsa-sha256"), "DKIM's properties")
            equal(results[4][2]["header.from"], "example.com", "header.from")
        got = Asked(server, message, *words, "--json", name="-")
        answer = json.loads(got.out)
        equal((answer["spf"]["result"], answer["dkim"][0]["result"], answer["dkim"][0]["aligned"],
               answer["arc"]["result"], answer["dmarc"]["result"], answer["from"]),
              ("pass", "pass", True, "none", "pass", "joe@example.com"), "JSON")
        equal(answer["queries"], 3, "queries")


def not_good():
    """Unaligned, forged, tampered: status 1, and what the author's domain wants done"""
    with SpfZone(ZONE) as server:
        got = Asked(server, sign(MESSAGE, "evil.example"), "--client", "203.0.113.9", "--mail-from",
                    "x@evil.example")
        equal(got.status, 1, "status")
        equal([(m, r) for m, r, _ in got.results()],
              [("iprev", "permerror"), ("spf", "pass"), ("dkim", "pass"), ("arc", "none"),
               ("dmarc", "fail")], "unaligned")
        check("Client  its address has no name\n" in got.out, got.out)
        check("The policy of example.com is reject; it applies." in got.out, got.out)
        got = Asked(server, MESSAGE, "--client", "203.0.113.9", "--mail-from", "joe@example.com")
        equal([(m, r) for m, r, _ in got.results()],
              [("iprev", "permerror"), ("spf", "fail"), ("dkim", "none"), ("arc", "none"),
               ("dmarc", "fail")], "forged")
        got = Asked(server, sign(MESSAGE, "example.com") + b"P.S.\r\n")
        check("the body is not the one signed" in got.out, got.out)
        check("SPF     not checked" in got.out, got.out)
        equal([(m, r) for m, r, _ in got.results()],
              [("dkim", "fail"), ("arc", "none"), ("dmarc", "fail")], "tampered")
        message = MESSAGE.replace(b"joe@example.com", b"joe@a.b.example.com")
        check("The policy of example.com is quarantine; it applies." in Asked(server, message).out,
              "sp=")
        message = MESSAGE.replace(b"joe@example.com", b"joe@silent.example")
        equal(Asked(server, message).results()[2][1], "temperror", "DNS does not answer")


def passed_on():
    """A list that changed the message and sealed it; a seal that was tampered with"""
    with SpfZone(ZONE) as server:
        first = b"Authentication-Results: mx.list.example; arc=none; dkim=pass; dmarc=pass\r\n" \
            + sign(MESSAGE, "example.com") + b"-- \r\nthe list\r\n"
        sets = dkim.arc_sign(first, b"k", b"list.example", PEM, b"mx.list.example")
        message = b"".join(sets) + first
        got = Asked(server, message, "--client", "198.51.100.1", "--mail-from", "x@list.example")
        equal([(m, r) for m, r, _ in got.results()],
              [("iprev", "permerror"), ("spf", "none"), ("dkim", "fail"), ("arc", "pass"),
               ("dmarc", "fail")], "passed on")
        check("ARC     pass, passed on by list.example\n" in got.out, got.out)
        answer = json.loads(Asked(server, message, "--json").out)
        check("dmarc=pass" in answer["arc"]["sets"][0]["results"], answer["arc"])
        got = Asked(server, message.replace(b"dmarc=pass", b"dmarc=PASS", 1))
        check("ARC     fail" in got.out and "seal 1: the header is not the one signed" in
              re.sub(r"\s+", " ", got.out), got.out)


def vectors():
    """Messages of python3-dkim, signed by others, with their keys in DNS"""
    with SpfZone(ZONE) as server:
        for name, count in (("rfc6376.signed.msg", 2), ("rfc6376.signed.rsa.msg", 1),
                            ("ed25519test2.msg", 1)):
            answer = json.loads(Asked(server, data(name), "--json").out)
            equal([s["result"] for s in answer["dkim"]], ["pass"] * count,
                  f"{name}: {answer['dkim']}")
        expired = dkim.sign(MESSAGE, b"k", b"example.com", PEM)
        message = expired + MESSAGE
        then = int(re.search(rb" t=(\d+)", expired)[1]) - 1000
        answer = json.loads(Asked(server, message, "--json", "--time", str(then)).out)
        equal(answer["dkim"][0]["reason"], "the signature was made in the future (t=)", "--time")


def troubles():
    """Words that make no sense; a file that is not there; no message at all"""
    with SpfZone(ZONE) as server:
        for words, status, why in [
                (["--client", "host", "--helo", "x"], 2, "\"host\" is no IP address"),
                (["--client", "192.0.2.1"], 2, "--mail-from or --helo says whose record"),
                (["--helo", "x"], 2, "--client says who brings it"),
                (["more"], 2, "it takes one FILE")]:
            got = Asked(server, MESSAGE, *words)
            equal((got.status, why in got.error), (status, True), got.error)
        got = Asked(server, MESSAGE, name="/nowhere/at/all")
        equal((got.status, "cannot read /nowhere/at/all" in got.error), (1, True), got.error)
        got = Asked(server, b"")
        equal((got.status, got.results()[-1][1]), (1, "permerror"), "an empty file")
        got = Asked(server, os.urandom(300000))
        equal(got.status, 1, "bytes")


if __name__ == "__main__":
    sys.exit(run([good, not_good, passed_on, vectors, troubles]))
