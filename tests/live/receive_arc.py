#!/usr/bin/env python3
"""What port 25 passes on is sealed (ARC), and dkimpy verifies the chain; a chain is
continued, ended where it broke, and believed where its sealer is."""
import contextlib
import os
import re
import sys
import tempfile

import dkim
from port25 import bring
from receive import BAD, GOOD, PEM, SPF, cases, record_of_key, show, signed, text, world
from smtp_raw import need

TXT = {"rp1._domainkey.local.test": record_of_key(), "k._domainkey.list.test": record_of_key(),
       "k._domainkey.good.test": record_of_key(), "list.test": SPF}


@contextlib.contextmanager
def sealing(**receive):
    with tempfile.TemporaryDirectory(prefix="receive-arc-") as folder:
        key = os.path.join(folder, "key.pem")
        with open(key, "wb") as file:
            file.write(PEM)
        with world(txt=TXT, receive={"arc_seal": "local.test", **receive},
                   dkim=[{"domain": "local.test", "selector": "rp1", "key": key}]) as both:
            yield both


def verified(message):
    """What dkimpy says of a message's chain: pass, fail, none, ended."""
    def dns(name, timeout=5):
        return TXT.get(name.decode().rstrip("."), "").encode()
    status, _, reason = dkim.arc_verify(message, dnsfunc=dns)
    if status is None:
        return "ended"
    return {dkim.CV_Pass: "pass", dkim.CV_None: "none"}.get(status, f"fail: {reason}")


def delivered(sink, count):
    return sink.wait(count, 60)[count - 1].text.replace("\r\n", "\n").replace("\n", "\r\n").encode()


def sets(message):
    head = message.split(b"\r\n\r\n")[0]
    return [(int(i), cv.decode()) for i, cv in
            re.findall(rb"(?m)^ARC-Seal: i=(\d+); cv=(\w+);", head)]


def sealed():
    """A message on its way to the server behind, and once more on its way back"""
    with sealing() as (daemon, sink):
        code, said = bring(daemon, "a@good.test", ["bob@local.test"], signed("a@good.test"), GOOD)
        cases.equal(code, 250, said)
        first = delivered(sink, 1)
        cases.equal((sets(first), verified(first)), ([(1, "none")], "pass"), "first hop")
        show("ARC-Authentication-Results", re.sub(rb"\s+", b" ", re.search(
            rb"(?ms)^ARC-Authentication-Results: (.*?)\r\n(?![ \t])", first)[1]).decode())
        order = re.findall(rb"(?m)^([A-Za-z-]+):", first.split(b"\r\n\r\n")[0])
        cases.equal(order[:5], [b"ARC-Seal", b"ARC-Message-Signature",
                                b"ARC-Authentication-Results", b"Authentication-Results",
                                b"Received"], "order")
        cases.check(b"dkim=pass" in first and b"dmarc=pass" in first, "results")
        code, said = bring(daemon, "x@other.test", ["bob@local.test"], first, BAD)
        cases.equal(code, 250, said)
        second = delivered(sink, 2)
        cases.equal((sets(second), verified(second)), ([(2, "pass"), (1, "none")], "pass"),
                    "second hop")
        event = daemon.wait_event("received", client=BAD)
        cases.equal((event["arc"], event["dmarc"]), ("pass", "pass"), "event")
        large = signed("a@good.test", body="".join(f"line {i} äöü\n" for i in range(200000)))
        code, said = bring(daemon, "a@good.test", ["bob@local.test"], large, GOOD,
                           mail=["BODY=8BITMIME"])
        cases.equal(code, 250, said)
        cases.equal(verified(delivered(sink, 3)), "pass", "4 MB")
        cases.equal(daemon.events("arc_unsealed"), [], "complaints")


def broken():
    """What changed after the last seal is sealed as failed, and never again"""
    with sealing() as (daemon, sink):
        bring(daemon, "a@weak.test", ["bob@local.test"], text("a@weak.test"), GOOD)
        changed = delivered(sink, 1) + b"P.S. more\r\n"
        bring(daemon, "a@weak.test", ["bob@local.test"], changed, GOOD)
        second = delivered(sink, 2)
        cases.equal((sets(second), verified(second)), ([(2, "fail"), (1, "none")], "ended"),
                    "sealed as failed")
        cases.check(b"arc=fail" in second, "in Authentication-Results")
        bring(daemon, "a@weak.test", ["bob@local.test"], second, GOOD)
        third = delivered(sink, 3)
        cases.equal((sets(third), verified(third)), ([(2, "fail"), (1, "none")], "ended"),
                    "once")
        cases.equal(daemon.events("arc_unsealed"), [], "complaints")


def of_a_list(author):
    """A list changes the message it got and seals what it found out."""
    came = b"Authentication-Results: mx.list.test; arc=none; dkim=pass; dmarc=pass\r\n" \
        + signed(author) + b"-- \r\nthe list\r\n"
    return b"".join(dkim.arc_sign(came, b"k", b"list.test", PEM, b"mx.list.test")) + came


def believed():
    """A mailing list's word counts where it is trusted, nowhere else"""
    with sealing() as (daemon, sink):
        code, said = bring(daemon, "x@list.test", ["bob@local.test"], of_a_list("a@good.test"), GOOD)
        show("not trusted", f"{code} {said}")
        cases.equal((code, said[:5]), (550, "5.7.1"), "not trusted")
    with sealing(arc_trusted=["list.test"]) as (daemon, sink):
        code, said = bring(daemon, "x@list.test", ["bob@local.test"], of_a_list("a@good.test"), GOOD)
        cases.equal(code, 250, f"trusted: {said}")
        got = delivered(sink, 1)
        cases.equal((sets(got), verified(got)), ([(2, "pass"), (1, "none")], "pass"), "trusted")
        forged = of_a_list("a@good.test").replace(b"the list", b"evil one")
        code, said = bring(daemon, "x@list.test", ["bob@local.test"], forged, GOOD)
        cases.equal(code, 550, f"in the list's name: {said}")


def switched():
    """Without a key, of exempt addresses, and after a reload: none"""
    with sealing(exempt=["198.51.100.0/24"]) as (daemon, sink):
        bring(daemon, "a@weak.test", ["bob@local.test"], text("a@weak.test"), "198.51.100.7")
        cases.equal(sets(delivered(sink, 1)), [], "exempt")
        daemon.config["receive"].pop("arc_seal")
        daemon.write_config()
        cases.check(daemon.reload(), "reload")
        bring(daemon, "a@weak.test", ["bob@local.test"], text("a@weak.test"), GOOD)
        cases.equal(sets(delivered(sink, 2)), [], "switched off")
        daemon.config["receive"]["arc_seal"] = "other.test"
        daemon.write_config()
        cases.check(not daemon.reload(), "a domain without a key")
        daemon.config["receive"]["arc_seal"] = "local.test"
        daemon.write_config()
        cases.check(daemon.reload(), "on again")
        bring(daemon, "a@weak.test", ["bob@local.test"], text("a@weak.test"), GOOD)
        got = delivered(sink, 3)
        cases.equal((sets(got), verified(got)), ([(1, "none")], "pass"), "switched on")


if __name__ == "__main__":
    need("dnsmasq", "openssl", modules=("dkim", "authres"))
    sys.exit(cases.run([sealed, broken, believed, switched]))
