#!/usr/bin/env python3
"""DANE with zones that are really signed, and a resolver that really validates:
what it makes of good, forged, stripped and missing signatures is what mail obeys."""
import contextlib
import sys
import time

import tls_material as t
from relay_dane import cases
from relay_requiretls import Asking
from ringpost_live import Daemon
from signed_servers import TOOLS, SignedServers, Zone
from smtp_raw import need


def tlsa(record, port, host="mx"):
    usage, selector, matching, data = record
    return f"_{port}._tcp.{host} TLSA {usage} {selector} {matching} {data.hex()}"


class Signed(Asking):
    """ZONES: a function of the sink's port and the record that stands for its
    certificate, which gives zones."""

    def __init__(self, zones, **more):
        super().__init__(**more)
        self.zones = zones

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.directory)
            stack.enter_context(self.sink)
            right = t.record_of(self.pair[0])
            self.zone = stack.enter_context(SignedServers(*self.zones(self.sink.port, right)))
            self.daemon = stack.enter_context(Daemon(
                dns={"servers": [self.zone.address]}, relay=self.relay, tls=self.listen_tls,
                routes=[{"domain": "*", "port": self.sink.port, "private_addresses": True}],
                **self.sections))
            self.held = stack.pop_all()
        return self

    def __exit__(self, *why):
        return self.held.__exit__(*why)

    def not_used(self, event, what):
        """RFC 7672 2.1.1: no connection, later, and why."""
        self.equal(event, what, event="deferred", stage="STARTTLS")
        self.says(event, "4.7.5", "mx.receiver.test is not used", "TLSA lookup of _",
                  "server failure")
        cases.equal(len(self.sink.sessions), 0, f"{what}: connections")
        cases.equal(len(self.daemon.events("tls_broken")), 0, f"{what}: fallbacks")


def receiver(*lines, name="receiver.test", **how):
    return Zone(name, "@ MX 10 mx", "mx A 127.0.0.1", *lines, **how)


def good():
    """The right record takes a certificate nobody else vouches for"""
    with Signed(lambda port, right: [receiver(tlsa(right, port))]) as s:
        s.equal(s.send("b@receiver.test"), "outcome", event="delivered", policy="dane",
                verified=True)
        got, = s.daemon.run_json("tls", "receiver.test")
        cases.equal((got["resolver_trusted"], got["dane"]), (True, True), "what `tls` says")


def other_certificate():
    """A signed record of another certificate: later, never in clear"""
    with Signed(lambda port, right: [receiver(tlsa(t.FORGED, port))]) as s:
        event = s.send("b@receiver.test")
        s.equal(event, "outcome", event="deferred")
        s.says(event, "4.7.5", "TLSA records", "TLS demanded by dane: dane")
        s.untouched("another certificate")
        cases.equal(len(s.daemon.events("tls_broken")), 0, "fallbacks")


def tampered():
    """A record changed after it was signed: that host is not used, the next one is"""
    def zones(port, right):
        def change(lines):
            was, now = t.FORGED[3].hex(), right[3].hex()
            changed = [line.replace(was, now) for line in lines]
            assert sum(a != b for a, b in zip(lines, changed)) == 1, "one record"
            return changed
        return [receiver(tlsa(t.FORGED, port), change=change),
                receiver("@ MX 5 mx.receiver.test.", tlsa(right, port), name="two.test")]
    with Signed(zones) as s:
        s.not_used(s.send("b@receiver.test"), "tampered with")
        event = s.send("b@two.test")
        s.equal(event, "the next host", event="delivered", policy="dane", verified=True)
        cases.check(event["host"].startswith("mx.two.test["), event["host"])
        cases.check("validation failure" in s.zone.said("unbound"), s.zone.said("unbound"))


def stripped():
    """Records cut out of the signed zone, with all that is said of their name"""
    def change(lines):
        left = [line for line in lines if "_tcp.mx" not in line.split("\t")[0]]
        assert len(left) < len(lines)
        return left
    with Signed(lambda port, right: [receiver(tlsa(right, port), change=change)]) as s:
        s.not_used(s.send("b@receiver.test"), "stripped")


def outdated():
    """Signatures of last month: the domain's hosts cannot be known, nobody is asked"""
    last = [time.strftime("%Y%m%d", time.gmtime(time.time() - days * 86400))
            for days in (60, 30)]
    with Signed(lambda port, right: [receiver(
            tlsa(right, port), options=("-i", last[0], "-e", last[1]))]) as s:
        event = s.send("b@receiver.test")
        s.equal(event, "outcome", event="deferred")
        s.says(event, "server failure")
        cases.equal(len(s.sink.sessions), 0, "connections")


def no_records():
    """That there are none is proven, by NSEC and by NSEC3: as if there were no DANE"""
    with Signed(lambda port, right: [receiver(), receiver(name="hashed.test", options=("-n",))]
                ) as s:
        for domain in ("receiver.test", "hashed.test"):
            s.equal(s.send(f"b@{domain}"), domain, event="delivered", policy="may",
                    verified=False)


def unsigned():
    """A zone nobody signed, or hosts in one: no DANE, TLS where it works"""
    with Signed(lambda port, right: [
            receiver(tlsa(t.FORGED, port), name="open.test", signed=False),
            Zone("receiver.test", "@ MX 10 mx.open.test.")]) as s:
        for domain in ("open.test", "receiver.test"):
            event = s.send(f"b@{domain}")
            s.equal(event, domain, event="delivered", policy="may", verified=False)
            cases.check(event["tls"], f"{domain}: in clear: {event}")
        got, = s.daemon.run_json("tls", "open.test")
        cases.equal((got["resolver_trusted"], got["dane"]), (True, False), "what `tls` says")


def required():
    """RFC 8689 4.2.1: REQUIRETLS goes where the signatures lead, and nowhere else"""
    with Signed(lambda port, right: [
            receiver(tlsa(right, port)),
            receiver(tlsa(right, port), name="open.test", signed=False)]) as s:
        s.equal(s.require("b@receiver.test"), "signed", event="delivered", policy="dane",
                verified=True)
        mail, = s.sink.lines("MAIL")
        cases.check(" REQUIRETLS" in mail, mail)
        event = s.require("b@open.test")
        s.equal(event, "unsigned", event="bounced")
        s.says(event, "5.7.30", "neither DNSSEC nor MTA-STS")
        cases.check(not any("open.test" in line for line in s.sink.lines("RCPT")), "sent")


if __name__ == "__main__":
    need(*TOOLS)
    sys.exit(cases.run([good, other_certificate, tampered, stripped, outdated, no_records,
                        unsigned, required]))
