#!/usr/bin/env python3
"""Our ARC before other people's, theirs before ours, and python3-dkim's own tests.

arc_python_test.py ARC_BATCH DKIM_BATCH [MESSAGES]

1. The test suite that python3-dkim installs is run with an ear at its verifiers:
   every message it has verified, DKIM's and ARC's, is verified by us with the
   same key records, and we have to say the same.
2. Chains of up to six hops, sealed by turns by dkimpy and by us, are verified by
   dkimpy, by Mail::DKIM and by us; then something in each is changed.
Exit 77: no dkimpy here.
"""
import logging
import os
import random
import re
import subprocess
import sys
import tempfile
import unittest

import dkim_python_test as base

sys.path[:] = [p for p in sys.path if p not in ("", os.getcwd())]
import dkim  # noqa: E402
try:
    import authres  # noqa: F401, for dkimpy's seals
except ImportError:
    print("SKIP: python3-authres is not installed")
    sys.exit(77)

fail = base.fail
RESULTS = "mx.example.com; arc=%s;\r\n\tspf=pass smtp.mailfrom=a@example.com; dmarc=pass"


class Batch:
    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def send(self, message, form=""):
        self.process.stdin.write(f"{form}{len(message)}\n".encode() + message)
        self.process.stdin.flush()

    def ask(self, message, form=""):
        self.send(message, form)
        return self.process.stdout.readline().decode().rstrip("\n")

    def change(self, message):
        self.send(message)
        return self.process.stdout.read(int(self.process.stdout.readline()))

    def close(self):
        self.process.stdin.close()
        if self.process.wait() != 0:
            fail("a program ended with an error")


# python3-dkim's own tests -----------------------------------------------------

class Ear:
    """Hears what dkimpy verifies, with which records, and what it says."""

    def __init__(self):
        self.heard, self.messages = [], {}
        self.originals = (dkim.DomainSigner.set_message, dkim.DKIM.verify, dkim.ARC.verify)

    def __enter__(self):
        ear, (set_message, verify, arc) = self, self.originals

        def hear_message(signer, message):
            signer.whole = message
            return set_message(signer, message)

        def hear_verify(signer, idx=0, **more):
            return ear.listen("dkim", signer, more, lambda dns: verify(signer, idx, dnsfunc=dns), idx)

        def hear_arc(signer, **more):
            return ear.listen("arc", signer, more, lambda dns: arc(signer, dnsfunc=dns), 0)

        dkim.DomainSigner.set_message = hear_message
        dkim.DKIM.verify, dkim.ARC.verify = hear_verify, hear_arc
        return self

    def __exit__(self, *_):
        dkim.DomainSigner.set_message, dkim.DKIM.verify, dkim.ARC.verify = self.originals

    def listen(self, kind, signer, more, call, idx):
        records = {}

        def dns(name, timeout=5):
            text = more["dnsfunc"](name)
            records[name] = text
            return text

        result = "raised"
        try:
            result = call(dns)
            return result
        finally:
            self.heard.append((kind, signer, idx, records, result))


def as_text(value):
    return value.decode("latin-1") if isinstance(value, bytes) else value


def record_arguments(records):
    out = []
    for name, text in records.items():
        if text:
            out += [as_text(name).rstrip(".").lower(), as_text(text)]
    return out


def run_their_suite():
    import dkim.tests.test_arc
    import dkim.tests.test_dkim
    import dkim.tests.test_dkim_ed25519
    import dkim.tests.test_dkim_rsavariants
    suite = unittest.TestSuite()
    for module in (dkim.tests.test_arc, dkim.tests.test_dkim, dkim.tests.test_dkim_ed25519,
                   dkim.tests.test_dkim_rsavariants):
        suite.addTests(unittest.defaultTestLoader.loadTestsFromModule(module))
    logging.disable(logging.CRITICAL)
    with Ear() as ear, open(os.devnull, "w") as nowhere:
        result = unittest.TextTestRunner(stream=nowhere).run(suite)
    logging.disable(logging.NOTSET)
    return ear.heard, result


def why_we_differ(kind, message, records, theirs, ours):
    """The differences that are meant, each by a rule of ours."""
    if kind == "dkim" and theirs == "pass" and "rsa-sha1" in ours:
        return "RFC 8301: SHA-1"
    if kind == "dkim" and "is too short (RFC 8301)" in ours:
        return "RFC 8301: a key of 512 bits"
    if kind == "dkim" and "l= is more than the body has" in ours:
        return "RFC 6376 6.1.1: l= beyond the body"
    return None


def their_vectors(arc_program, dkim_program):
    heard, result = run_their_suite()
    counts, meant = {}, {}
    if result.errors or result.failures:
        print(f"  (of dkimpy's own {result.testsRun} tests {len(result.errors + result.failures)} "
              "do not pass on this machine)")
    for kind, signer, idx, records, said in heard:
        message = re.sub(rb"\r?\n", b"\r\n", signer.whole)
        if kind == "arc":
            theirs = {dkim.CV_Pass: "pass", dkim.CV_None: "none"}.get(
                said[0] if isinstance(said, tuple) else None, "fail")
            batch = Batch(arc_program, "verify", "4000000000", *record_arguments(records))
            ours = batch.ask(message)
        else:
            theirs = "pass" if said is True else "not"
            batch = Batch(dkim_program, "verify", "4000000000", *record_arguments(records))
            ours = (batch.ask(message, "- ").split(", ") + [""] * 8)[idx]
        batch.close()
        word = ours.split(" ")[0]
        if kind == "dkim" and word != "pass":
            word = "not"
        key = (kind, theirs)
        counts[key] = counts.get(key, 0) + 1
        if word != theirs:
            why = why_we_differ(kind, message, records, theirs, ours)
            if why:
                meant[why] = meant.get(why, 0) + 1
            else:
                fail(f"dkimpy's test: {kind} they say {theirs}, we «{ours}», of {message[:400]!r} "
                     f"with {records}")
    print(f"{len(heard)} verifications of python3-dkim's own tests: "
          + ", ".join(f"{k} {r} {n}" for (k, r), n in sorted(counts.items()))
          + "".join(f"; other than they {n} ({why})" for why, n in meant.items()))
    if counts.get(("arc", "pass"), 0) < 1 or counts.get(("dkim", "pass"), 0) < 50:
        fail("too few verifications were heard: " + str(counts))


# Chains -----------------------------------------------------------------------

def theirs_seals(message, status, keys):
    text = b"Authentication-Results: mx.example.com; arc=" + status.encode() + \
        b"; spf=pass smtp.mailfrom=a@example.com; dmarc=pass\r\n"
    fields = dkim.arc_sign(text + message, b"rsa", base.DOMAIN.encode(), keys.raw["rsa"],
                           b"mx.example.com")
    return b"".join(fields) + message if fields else None


def dkimpy_says(message, keys):
    status, _, reason = dkim.arc_verify(message, dnsfunc=keys.dns)
    return {dkim.CV_Pass: "pass", dkim.CV_None: "none"}.get(status, "fail"), reason


class Chains:
    def __init__(self, program, keys):
        names = [text for pair in keys.records.items() for text in pair]
        here = os.path.dirname(os.path.abspath(__file__))
        self.keys, self.count, self.broken, self.theirs, self.perl_count = keys, 0, 0, 0, 0
        self.verifier = Batch(program, "verify", "4000000000", *names)
        self.sealers = {s: Batch(program, "seal", base.DOMAIN, s, keys.files[s],
                                 RESULTS % "pass", *names) for s in ("rsa", "ed")}
        self.perl = None
        if subprocess.run(["perl", "-MMail::DKIM::ARC::Verifier", "-e", "1"],
                          stderr=subprocess.DEVNULL).returncode == 0:
            self.perl = Batch("perl", os.path.join(here, "arc_verify.pl"), *names)
        else:
            print("SKIP: libmail-dkim-perl is not installed")

    def check(self, message, want, what, rsa_only):
        ours = self.verifier.ask(message)
        if ours.split(" ")[0] != want:
            fail(f"we, {what}: {ours}")
        if not rsa_only:
            return
        self.theirs += 1
        theirs = dkimpy_says(message, self.keys)
        if theirs[0] != want:
            fail(f"dkimpy, {what}: {theirs}")
        if self.perl:
            perl = self.perl.ask(message)
            self.perl_count += 1
            if perl.split(" ")[0] not in ((want,) if want != "fail" else ("fail", "invalid")):
                fail(f"Mail::DKIM, {what}: {perl}")

    def build(self, message, number, rng):
        """A chain of some hops. In ARC the others know RSA only: every fifth message
        is ours alone, with Ed25519 among the keys."""
        rsa_only = number % 5 != 4
        hops = rng.randint(1, 6)
        status, who = "none", []
        for _ in range(hops):
            selector = "rsa" if rsa_only else rng.choice(["rsa", "ed"])
            ours = not rsa_only or rng.random() < 0.5
            sealed = self.sealers[selector].change(message) if ours \
                else theirs_seals(message, status, self.keys)
            who.append(("we" if ours else "they") + " " + selector)
            if not sealed:
                fail(f"message {number}: not sealed by {who}")
                return None
            message, status = sealed, "pass"
            self.check(message, "pass", f"message {number}, {', '.join(who)}", rsa_only)
            self.count += 1
        return message, hops, rsa_only

    def break_it(self, message, hops, number, rsa_only, rng):
        """Something is changed: none may say pass any more."""
        which = rng.randint(1, hops)
        changes = {
            "body": lambda m: re.sub(rb"\Z", b"P.S. more\r\n", m),
            "from": lambda m: re.sub(rb"(?im)^(from:(?:.|\r\n[ \t])*?)a@example", rb"\1e@example", m, 1),
            "results": lambda m: re.sub(rb"(?s)(ARC-Authentication-Results: i=%d; .*?)dmarc=pass"
                                        % which, rb"\1dmarc=fail", m, 1),
            "seal away": lambda m: re.sub(rb"ARC-Seal: i=%d;(?:.*\r\n[ \t])*.*\r\n" % which, b"", m, 1),
            "seal twice": lambda m: re.sub(rb"(ARC-Seal: i=%d;(?:.*\r\n[ \t])*.*\r\n)" % which,
                                           rb"\1\1", m, 1),
            "message signature away": lambda m: re.sub(
                rb"ARC-Message-Signature: i=%d;(?:.*\r\n[ \t])*.*\r\n" % which, b"", m, 1),
            "cv": lambda m: re.sub(rb"(ARC-Seal: i=%d; cv=)(pass|none)" % which,
                                   lambda x: x[1] + (b"none" if x[2] == b"pass" else b"pass"), m, 1),
            "instance": lambda m: re.sub(rb"(ARC-Seal: i=)%d;" % hops, rb"\g<1>%d;" % (hops + 1), m, 1),
        }
        for what, change in changes.items():
            changed = change(message)
            if changed == message:
                fail(f"message {number}: {what} could not be changed")
                continue
            self.check(changed, "fail", f"message {number} of {hops}, set {which}: {what}", rsa_only)
            self.broken += 1

    def go_on(self, message, number, rsa_only, keys):
        """A broken chain is sealed once more as failed, and then never again."""
        changed = message + b"P.S. more\r\n"
        sealed = self.sealers["rsa"].change(changed)
        if not re.match(rb"ARC-Seal: i=\d+; cv=fail;", sealed):
            fail(f"message {number}: a broken chain is sealed as {sealed[:40]!r}")
        ours = self.verifier.ask(sealed)
        if not re.match(r"fail seal \d+ says that the chain has failed", ours):
            fail(f"message {number}, sealed as failed: {ours}")
        status, _, reason = dkim.arc_verify(sealed, dnsfunc=keys.dns)
        if rsa_only and (status is not None or "reported failure" not in reason):
            fail(f"dkimpy, message {number}, sealed as failed: {status} {reason}")
        if self.sealers["rsa"].change(sealed) != b"":
            fail(f"message {number}: a chain that has ended was sealed")

    def close(self):
        for batch in [self.verifier, *self.sealers.values()] + ([self.perl] if self.perl else []):
            batch.close()
        print(f"{self.count} chains verified and {self.broken} broken ones refused, "
              f"{self.theirs} of them by dkimpy too and {self.perl_count} by Mail::DKIM")


def fit(message):
    """What dkimpy can seal: its own regular expressions trip over some names."""
    return not re.search(rb"(?im)^arc-|^authentication-results:", message)


def main():
    arc_program, dkim_program = (os.path.abspath(p) for p in sys.argv[1:3])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 40
    their_vectors(arc_program, dkim_program)
    rng = random.Random(8617)
    with tempfile.TemporaryDirectory(prefix="arc_test.") as folder:
        keys = base.Keys(folder)
        chains = Chains(arc_program, keys)
        for number, message in enumerate(m for m in base.messages(count) if fit(m)):
            built = chains.build(message, number, rng)
            if built:
                chains.break_it(built[0], built[1], number, built[2], rng)
                chains.go_on(built[0], number, built[2], keys)
        chains.close()
    print(f"{len(base.failures)} failed")
    sys.exit(1 if base.failures else 0)


if __name__ == "__main__":
    main()
