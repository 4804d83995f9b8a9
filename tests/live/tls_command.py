#!/usr/bin/env python3
"""`ringpost tls DOMAIN`: what it says is what a delivery does."""
import ssl
import sys

import dns_server as d
import signed_zone as z
import tls_material as t
from relay_dane import Setting, cases, signed



def survey(s, domain, *options):
    return s.daemon.run_json("tls", domain, *options)[0]


def decided(host, variant="usual"):
    got = host[variant]
    return got["level"], got["by"], got["used"]


def plain():
    """An unsigned domain: what is configured, and why there is no DANE"""
    with Setting(signed("receiver.test", signed=False)) as s:
        got = survey(s, "Receiver.Test")
        cases.equal((got["domain"], got["configured"], got["dane"], got["authentic"],
                     got["resolver_trusted"], got["route"]),
                    ("receiver.test", "may", False, False, True, "*"), "the domain")
        host, = got["hosts"]
        cases.equal((host["host"], host["preference"], host["addresses"]),
                    ("mx.test", 10, ["[127.0.0.1]"]), "the host")
        cases.equal(decided(host), ("may", "config", True), "usual mail")
        cases.equal(decided(host, "requiretls"), ("verify", "REQUIRETLS", False), "REQUIRETLS")
        text = s.daemon.run("tls", "receiver.test", status=0).stdout
        for words in ("may, by config", "the MX answer is not signed", "10 mx.test [127.0.0.1]",
                      "NOT USED: the message requires TLS"):
            cases.check(words in text, f"{words!r} in\n{text}")
        cases.equal(len(s.sink.sessions), 0, "connections")


def dane():
    """A signed one: its records, usable or not, and what the probe finds"""
    with Setting(signed("receiver.test"), extensions=["PIPELINING", "REQUIRETLS"]) as s:
        right = t.record_of(s.pair[0])
        s.tlsa(right, (0, 0, 1, t.FORGED[3]))
        got = survey(s, "receiver.test", "--probe")
        host, = got["hosts"]
        cases.equal(decided(host), ("dane", "dane", True), "usual mail")
        cases.equal(decided(host, "requiretls"), ("dane", "dane", True), "REQUIRETLS")
        cases.equal(host["tlsa"]["kind"], "usable", "records")
        cases.equal([r["usable"] for r in host["tlsa"]["records"]], [True, False], "usable")
        probe = host["probe"]
        cases.equal((probe["connected"], probe["starttls"], probe["good"], probe["protocol"],
                     probe["requiretls"], probe["pkix"]),
                    (True, True, True, "TLSv1.3", True, "of no authority we know"), "probe")
        certificate, = probe["certificates"]
        cases.equal(certificate["key_sha256"], right[3].hex(), "the key's digest")
        cases.equal(certificate["names"], "mx.test", "names")
        cases.check(probe["cipher"] and probe["group"], repr(probe))
        text = s.daemon.run("tls", "receiver.test", "--probe", status=0).stdout
        for words in ("dane, by dane", "3 1 1 " + right[3].hex(), "probe        good",
                      "TLSv1.3", "(not usable)", "CN=mx.test", "REQUIRETLS offered"):
            cases.check(words in text, f"{words!r} in\n{text}")
        cases.equal(len(s.sink.lines("MAIL")), 0, "MAIL said")
        s.tlsa(t.FORGED)
        probe = survey(s, "receiver.test", "--probe")["hosts"][0]["probe"]
        cases.equal(probe["good"], False, "forged")
        cases.check("TLSA records" in probe["trouble"], repr(probe))
        s.zone.bogus(f"_{s.sink.port}._tcp.mx.test", d.TLSA)
        host, = survey(s, "receiver.test")["hosts"]
        cases.equal(decided(host), ("dane", "dane", False), "bogus")
        cases.check("server failure" in host["tlsa"]["reason"], repr(host))


def without():
    """Servers without TLS, with a broken one, or not there at all"""
    with Setting(signed("receiver.test", signed=False), tls=False) as s:
        probe = survey(s, "receiver.test", "--probe")["hosts"][0]["probe"]
        cases.equal((probe["connected"], probe["starttls"], probe["good"]),
                    (True, False, True), "none, and none needed")
        s.daemon.config["relay"]["tls"] = "must"
        s.daemon.write_config()
        probe = survey(s, "receiver.test", "--probe")["hosts"][0]["probe"]
        cases.equal((probe["starttls"], probe["good"]), (False, False), "none, and one needed")
    with Setting(signed("receiver.test")) as s:
        s.sink.context.maximum_version = ssl.TLSVersion.TLSv1_2
        s.daemon.config["tls_minimum"] = "1.3"
        s.daemon.config["relay"]["tls"] = "must"
        s.daemon.write_config()
        probe = survey(s, "receiver.test", "--probe")["hosts"][0]["probe"]
        cases.equal((probe["starttls"], probe["good"]), (True, False), "broken")
        got = survey(s, "nowhere.test")
        cases.check("does not exist" in got["trouble"] or "no mail server" in got["trouble"],
                    repr(got))
        cases.equal(got["hosts"], [], "hosts")
        s.daemon.run("tls", status=2)
        s.daemon.run("tls", "not a domain", status=2)


if __name__ == "__main__":
    sys.exit(cases.run([plain, dane, without]))
