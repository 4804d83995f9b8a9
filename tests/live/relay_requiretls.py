#!/usr/bin/env python3
"""Mail that demands TLS of every hop (REQUIRETLS), and mail that does not mind
("TLS-Required: no"): RFC 8689, from submission to the receiver."""
import smtplib
import ssl
import sys
import tempfile

import signed_zone as z
import tls_material as t
from relay_dane import Setting, cases, signed
from ringpost_live import CLOSE, make_certificate, until

TEXT = "From: a@sender.test\nSubject: x\n\nsecret words\n"
TRUSTED = {"submission": {"trusted_networks": ["127.0.0.0/8"]}, "listen_tls": True}
OFFERS = ["PIPELINING", "8BITMIME", "SIZE 1000000", "ENHANCEDSTATUSCODES", "CHUNKING", "DSN"]


class Asking(Setting):
    def __init__(self, *sets, offered=True, **sections):
        super().__init__(*sets, extensions=OFFERS + (["REQUIRETLS"] if offered else []),
                         **{**TRUSTED, **sections})

    def require(self, to, ret="FULL"):
        """Over TLS, with REQUIRETLS; the event that says what became of it."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with smtplib.SMTP("127.0.0.1", self.daemon.starttls_port, "client.test",
                          timeout=60) as client:
            client.starttls(context=context)
            client.ehlo()
            cases.check(client.has_extn("requiretls"), "REQUIRETLS offered at submission")
            client.mail("a@sender.test", ["REQUIRETLS", f"RET={ret}"])
            client.rcpt(to)
            code, said = client.data(TEXT)
        assert code == 250, said
        id = said.decode().rsplit(" ", 1)[-1]
        return until(lambda: next((e for e in self.daemon.events(id=id) if e["event"] in (
            "delivered", "deferred", "bounced")), None), what="an outcome")


def passed_on():
    """8689 4.2.1: a server that offers it, named by DNSSEC, verified by DANE"""
    with Asking(signed("receiver.test")) as s:
        s.tlsa(t.record_of(s.pair[0]))
        s.equal(s.require("b@receiver.test"), "outcome", event="delivered", policy="dane",
                verified=True)
        mail, = s.sink.lines("MAIL")
        cases.check(" REQUIRETLS" in mail, mail)
        # Usual mail has connections of its own, and does not demand it.
        s.equal(s.send("c@receiver.test"), "usual", event="delivered")
        cases.check("REQUIRETLS" not in s.sink.lines("MAIL")[1], s.sink.lines("MAIL")[1])
        cases.equal(len(s.sink.sessions), 2, "connections")


def not_offered():
    """… that does not offer it: back with 5.7.30, header only; usual mail goes on"""
    def rule(step):
        if step.verb == "EHLO" and step.session.tls and step.session.tls_name == "back.test":
            return "250-back.test\n250 REQUIRETLS"
    with Asking(signed("receiver.test"), signed("sender.test", "back.test"),
                z.a("back.test", "127.0.0.1"), offered=False, rule=rule) as s:
        s.tlsa(t.record_of(s.pair[0]))
        s.tlsa(t.record_of(s.pair[0]), host="back.test")
        event = s.require("b@receiver.test")
        s.equal(event, "outcome", event="bounced")
        s.says(event, "5.7.30", "does not offer REQUIRETLS")
        bounce, = s.sink.wait(1, 60)
        cases.equal(bounce.addresses, ["a@sender.test"], "who is told")
        cases.check("REQUIRETLS" in bounce.sender_parameters, repr(bounce.sender_parameters))
        cases.check("5.7.30" in bounce.text and "Subject: x" in bounce.text, bounce.text)
        cases.check("secret words" not in bounce.text, "the text went back")
        s.equal(s.send("c@receiver.test"), "usual", event="delivered", policy="dane")


def not_named():
    """… whose name neither DNSSEC nor MTA-STS vouches for: back with 5.7.30"""
    with Asking(signed("receiver.test", signed=False)) as s:
        event = s.require("b@receiver.test")
        s.equal(event, "outcome", event="bounced")
        s.says(event, "5.7.30", "neither DNSSEC nor MTA-STS")
        cases.check(all("receiver.test" not in line for line in s.sink.lines("RCPT")), "sent")
        s.equal(s.send("c@receiver.test"), "usual", event="delivered", policy="may")


def not_verified():
    """… with a certificate of nobody's: later, never otherwise; usual mail goes on"""
    with Asking(signed("receiver.test")) as s:
        event = s.require("b@receiver.test")
        s.equal(event, "outcome", event="deferred")
        s.says(event, "4.7.5", "not trusted", "TLS demanded by REQUIRETLS: verify")
        s.untouched("REQUIRETLS")
        s.equal(s.send("c@receiver.test"), "usual", event="delivered", policy="may",
                verified=False)


def by_route():
    """A server that a route names, with a certificate of a known authority"""
    with tempfile.TemporaryDirectory() as directory:
        pair = make_certificate(directory, "mx.test")
        with Asking(pair=pair, environment={"SSL_CERT_FILE": pair[0]}) as s:
            s.daemon.config["routes"][0]["host"] = "mx.test"
            s.daemon.write_config()
            cases.check(s.daemon.reload(), "reloaded")
            s.equal(s.require("b@receiver.test"), "outcome", event="delivered",
                    policy="verify", verified=True)


def no_tls():
    """Servers without TLS, or with a broken one: never in clear"""
    def broken(step):
        if step.verb == "EHLO":
            return "250-mx.test\n250-REQUIRETLS\n250 STARTTLS"
        if step.verb == "STARTTLS":
            return CLOSE
    for rule, words in ((None, "does not offer STARTTLS"), (broken, "TLS demanded by")):
        with Asking(signed("receiver.test"), tls=False, rule=rule) as s:
            event = s.require("b@receiver.test")
            s.equal(event, "outcome", event="deferred")
            s.says(event, words)
            s.untouched(words)
            s.equal(s.send("c@receiver.test"), "usual", event="delivered", policy="may",
                    tls=None)


def optional():
    """8689 3: "TLS-Required: no" sets aside what is published, not what is configured"""
    text = "TLS-Required: No\n" + TEXT
    with Setting(signed("receiver.test")) as s:
        s.tlsa(t.FORGED)
        s.equal(s.send("c@receiver.test", text), "optional", event="delivered", policy="may")
        s.equal(s.send("b@receiver.test"), "usual", event="deferred")
    with Setting(signed("receiver.test"), tls=False, relay={"tls": "must"}) as s:
        s.equal(s.send("c@receiver.test", text), "configured", event="deferred")


if __name__ == "__main__":
    sys.exit(cases.run([passed_on, not_offered, not_named, not_verified, by_route, no_tls,
                        optional]))
