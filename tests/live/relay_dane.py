#!/usr/bin/env python3
"""DANE, good and forged, against a resolver that says what it validated; and
TLS that is missing or broken, under each level."""
import ssl
import sys
import tempfile
import time

import dns_server as d
import signed_zone as z
import tls_material as t
from ringpost_live import CLOSE, Cases, Daemon, Sink, make_certificate, until

cases = Cases()
TEXT = "From: a@sender.test\nSubject: x\n\nHello\n"
RETRY = {"retry": ["1h"]}


class Setting:
    """A directory, a sink with a certificate for mx.test, a zone, a daemon that
    takes DNS for every domain at the sink's port."""

    def __init__(self, *sets, pair=None, sink=None, zone=None, zone_host="127.0.0.1",
                 rule=None, tls=True, relay=None, extensions=None, listen_tls=False,
                 **sections):
        self.directory = tempfile.TemporaryDirectory(prefix="ringpost-dane-")
        self.pair = pair or make_certificate(self.directory.name, "mx.test")
        more = {"extensions": extensions} if extensions else {}
        self.sink = Sink(rule=rule, certificate=self.pair[0] if tls else None,
                         key=self.pair[1] if tls else None, **more)
        self.zone = z.SignedZone(*sets, host=zone_host)
        self.listen_tls = listen_tls
        self.relay, self.sections = dict(RETRY, **(relay or {})), sections

    def __enter__(self):
        self.zone.__enter__()
        self.sink.__enter__()
        self.zone.put(z.a("mx.test", "127.0.0.1"))
        dns = dict({"servers": [self.zone.address]}, **self.sections.pop("dns", {}))
        routes = self.sections.pop("routes", []) + [
            {"domain": "*", "port": self.sink.port, "private_addresses": True}]
        self.daemon = Daemon(dns=dns, routes=routes, relay=self.relay,
                             tls=self.listen_tls, **self.sections)
        self.daemon.__enter__()
        return self

    def __exit__(self, *why):
        self.daemon.__exit__(*why)
        self.sink.__exit__()
        self.zone.__exit__()
        self.directory.cleanup()

    def tlsa(self, *records, host="mx.test", **how):
        self.zone.put(z.tlsa(host, self.sink.port, *records, **how))

    def send(self, to, text=TEXT):
        """The event that says what became of it."""
        id = self.daemon.submit("a@sender.test", [to], text)
        names = ("delivered", "deferred", "bounced")
        return until(lambda: next((e for e in self.daemon.events(id=id)
                                   if e["event"] in names), None), what="an outcome")

    def equal(self, event, what, /, **want):
        got = {key: event.get(key) for key in want}
        cases.equal(got, want, f"{what}: {event}")

    def says(self, event, *words):
        for word in words:
            cases.check(word in event["reply"], f"{word!r} in {event['reply']!r}")

    def untouched(self, what):
        cases.equal(len(self.sink.lines("MAIL")), 0, f"{what}: MAIL said")


def signed(domain, *hosts, **how):
    return z.mx(domain, *((10, host) for host in hosts or ("mx.test",)), **how)


def good():
    """RFC 7672 3.1.1: the right record takes a certificate nobody else vouches for"""
    with Setting(signed("receiver.test")) as s:
        s.tlsa(t.record_of(s.pair[0]))
        event = s.send("b@receiver.test")
        s.equal(event, "outcome", event="delivered", policy="dane", verified=True)
        cases.equal(s.sink.messages[0].session.tls_name, "mx.test", "SNI")


def forged():
    """A record that stands for another certificate: later, never in clear"""
    with Setting(signed("receiver.test")) as s:
        s.tlsa(t.FORGED)
        event = s.send("b@receiver.test")
        s.equal(event, "outcome", event="deferred")
        s.says(event, "4.7.5", "TLSA records", "TLS demanded by dane: dane")
        s.untouched("forged")
        cases.equal(len(s.daemon.events("tls_broken")), 0, "fallbacks")
        why = s.daemon.run("why", event["id"], status=0).stdout
        cases.check("TLSA records" in why and "DANE where there are records" in why, why)


def expired():
    """RFC 7672 3.1.1: DANE-EE looks neither at dates nor at names"""
    with tempfile.TemporaryDirectory() as directory:
        pair = t.expired_certificate(directory, "elsewhere.test")
        with Setting(signed("receiver.test"), pair=pair) as s:
            s.tlsa(t.record_of(pair[0]))
            s.equal(s.send("b@receiver.test"), "outcome", event="delivered",
                    policy="dane", verified=True)


def trust_anchor():
    """RFC 7672 3.1.2: DANE-TA looks at the chain and at the name"""
    with tempfile.TemporaryDirectory() as directory:
        issuer = t.authority(directory)
        pair = t.issued_certificate(directory, issuer, "mx.test")
        with Setting(signed("receiver.test"), signed("other.test", "mx2.test"),
                     z.a("mx2.test", "127.0.0.1"), pair=pair) as s:
            record = t.record_of(issuer[0], usage=2)
            s.tlsa(record)
            s.tlsa(record, host="mx2.test")
            s.equal(s.send("b@receiver.test"), "outcome", event="delivered",
                    policy="dane", verified=True)
            event = s.send("b@other.test")
            s.equal(event, "outcome", event="deferred")
            s.says(event, "name mismatch")


def own_name():
    """RFC 7672 3.2.2: DANE-TA takes the domain's own name, too, for its mail alone"""
    with tempfile.TemporaryDirectory() as directory:
        issuer = t.authority(directory)
        pair = t.issued_certificate(directory, issuer, "one.test", "two.test")
        with Setting(signed("one.test"), signed("two.test"), signed("three.test"), pair=pair,
                     relay={"retry": ["1s"]}) as s:
            s.tlsa(t.record_of(issuer[0], usage=2))
            for _ in range(2):
                s.equal(s.send("b@one.test"), "its own", event="delivered", policy="dane",
                        verified=True)
            cases.equal(len(s.sink.sessions), 1, "connections")
            # Another domain of the same servers: each is verified by itself then.
            for domain in ("two.test", "one.test", "two.test"):
                id = s.daemon.submit("a@sender.test", [f"b@{domain}"], TEXT)
                s.daemon.wait_event("delivered", id=id, verified=True)
            event = s.send("b@three.test")
            s.equal(event, "not named", event="deferred")
            s.says(event, "name mismatch")
            id = s.daemon.submit("a@sender.test", ["b@one.test"], TEXT)
            s.daemon.wait_event("delivered", id=id, verified=True)
            cases.check(not any("three" in line for line in s.sink.lines("RCPT")), "mailed")


def none():
    """RFC 7672 2.2: no records, as if there were no DANE"""
    with Setting(signed("receiver.test")) as s:
        s.equal(s.send("b@receiver.test"), "outcome", event="delivered", policy="may",
                verified=False)
        cases.equal(len(s.zone.asked(d.TLSA)), 1, "TLSA asked for")


def unsigned_records():
    """Records in an unsigned zone are as good as none"""
    with Setting(signed("receiver.test")) as s:
        s.tlsa(t.FORGED, signed=False)
        s.equal(s.send("b@receiver.test"), "outcome", event="delivered", policy="may")


def bogus():
    """RFC 7672 2.1.1: records that cannot be had are no absence; the next host is asked"""
    with Setting(signed("receiver.test"), z.mx("two.test", (10, "mx.test"), (20, "mx2.test")),
                 z.a("mx2.test", "127.0.0.1")) as s:
        s.zone.bogus(f"_{s.sink.port}._tcp.mx.test", d.TLSA)
        event = s.send("b@receiver.test")
        s.equal(event, "outcome", event="deferred", stage="STARTTLS")
        s.says(event, "4.7.5", "mx.test is not used", "TLSA lookup of _", "server failure")
        cases.equal(len(s.sink.sessions), 0, "connections")
        event = s.send("b@two.test")
        s.equal(event, "outcome", event="delivered")
        cases.check(event["host"].startswith("mx2.test["), event["host"])


def unsigned_mx():
    """RFC 7672 2.2.1: an unsigned MX answer: no DANE, nobody is asked for records"""
    with Setting(signed("receiver.test", signed=False)) as s:
        s.tlsa(t.FORGED)
        s.equal(s.send("b@receiver.test"), "outcome", event="delivered", policy="may")
        cases.equal(s.zone.asked(d.TLSA), [], "TLSA asked for")


def unsigned_host():
    """RFC 7672 2.1.2: a host in an unsigned zone is not asked for records either"""
    with Setting(signed("receiver.test")) as s:
        s.zone.put(z.a("mx.test", "127.0.0.1", signed=False))
        s.zone.bogus(f"_{s.sink.port}._tcp.mx.test", d.TLSA)
        s.equal(s.send("b@receiver.test"), "outcome", event="delivered", policy="may")
        cases.equal(s.zone.asked(d.TLSA), [], "TLSA asked for")


def no_mx():
    """RFC 7672 2.2.2: a domain without MX is its own host"""
    with Setting(z.a("receiver.test", "127.0.0.1")) as s:
        s.tlsa(t.FORGED, host="receiver.test")
        event = s.send("b@receiver.test")
        s.equal(event, "outcome", event="deferred")
        s.says(event, "TLSA records")


def aliases():
    """RFC 7672 2.2.2: a host that is an alias: what it leads to first, itself second"""
    with Setting(signed("one.test", "a1.test"), z.cname("a1.test", "mx.test"),
                 signed("two.test", "a2.test"), z.cname("a2.test", "mx2.test"),
                 z.a("mx2.test", "127.0.0.1"),
                 signed("three.test", "a3.test"), z.cname("a3.test", "mx3.test"),
                 z.a("mx3.test", "127.0.0.1", signed=False)) as s:
        right = t.record_of(s.pair[0])
        s.tlsa(right)                      # under what a1 leads to
        s.tlsa(t.FORGED, host="a1.test")   # … which comes first
        s.tlsa(right, host="a2.test")      # under the alias alone
        s.tlsa(right, host="a3.test")      # a signed alias out of the signed zone
        for domain, name in (("one", "mx.test"), ("two", "a2.test"), ("three", "a3.test")):
            s.equal(s.send(f"b@{domain}.test"), domain, event="delivered", policy="dane",
                    verified=True)
            cases.equal(s.sink.messages[-1].session.tls_name, name, f"SNI of {domain}")


def unusable():
    """RFC 7672 2.2: records we do not understand demand TLS and no certificate"""
    with Setting(signed("receiver.test")) as s:
        s.tlsa((1, 1, 1, t.FORGED[3]), (3, 1, 9, b"?"), (3, 1, 1, b"short"))
        s.equal(s.send("b@receiver.test"), "outcome", event="delivered", policy="must",
                verified=False)
    with Setting(signed("receiver.test"), tls=False) as s:
        s.tlsa((1, 1, 1, t.FORGED[3]))
        event = s.send("b@receiver.test")
        s.equal(event, "outcome", event="deferred")
        s.says(event, "does not offer STARTTLS", "TLS demanded by dane: must")
        s.untouched("unusable")


def no_starttls():
    """A server without STARTTLS, under each level"""
    with Setting(signed("dane.test"), z.mx("plain.test", (10, "mx2.test")),
                 z.a("mx2.test", "127.0.0.1"), tls=False) as s:
        s.tlsa(t.FORGED)
        event = s.send("b@dane.test")
        s.equal(event, "outcome", event="deferred")
        s.says(event, "does not offer STARTTLS", "dane")
        s.untouched("dane")
        s.equal(s.send("b@plain.test"), "outcome", event="delivered", policy="may", tls=None)
    for level in ("must", "verify"):
        with Setting(signed("receiver.test"), tls=False, relay={"tls": level}) as s:
            event = s.send("b@receiver.test")
            s.equal(event, "outcome", event="deferred")
            s.says(event, "does not offer STARTTLS", f"TLS demanded by config: {level}")
            s.untouched(level)


def broken():
    """TLS that breaks: without it where the level is may, remembered by all workers"""
    def rule(step):
        if step.verb == "EHLO":
            return "250-mx.test\n250-PIPELINING\n250 STARTTLS"
        if step.verb == "STARTTLS":
            return CLOSE
    with Setting(signed("receiver.test"), rule=rule, tls=False, workers=2,
                 relay={"messages_per_connection": 1}) as s:
        for _ in range(6):
            s.equal(s.send("b@receiver.test"), "outcome", event="delivered", policy="may",
                    tls=None)
        cases.equal(len(s.sink.lines("STARTTLS")), 1, "STARTTLS tried")
        event, = s.daemon.events("tls_broken")
        cases.check(event["host"].startswith("mx.test[127.0.0.1]"), repr(event))
        cases.equal(event["plain"], 3600, "plain for")
    # A handshake that fails, for the server knows old versions only.
    with Setting(signed("receiver.test"), tls_minimum="1.3") as s:
        s.sink.context.maximum_version = ssl.TLSVersion.TLSv1_2
        s.equal(s.send("b@receiver.test"), "old", event="delivered", policy="may", tls=None)
        cases.equal(len(s.daemon.events("tls_broken")), 1, "fallbacks")
    for level in ("must", "verify"):
        with Setting(signed("receiver.test"), rule=rule, tls=False,
                     relay={"tls": level}) as s:
            s.equal(s.send("b@receiver.test"), level, event="deferred")
            s.untouched(level)
            cases.equal(len(s.daemon.events("tls_broken")), 0, "fallbacks")
    with Setting(signed("receiver.test"), signed("open.test", signed=False), rule=rule,
                 tls=False) as s:
        s.tlsa(t.FORGED)
        s.equal(s.send("b@receiver.test"), "dane", event="deferred")
        s.untouched("dane")
        # The memory of one policy is nothing to another.
        s.equal(s.send("b@open.test"), "may", event="delivered")
        cases.equal(s.sink.lines("RCPT"), ["RCPT TO:<b@open.test>"], "who was mailed in clear")


def isolation():
    """One domain's policy is not felt by another of the same hosts"""
    with Setting(signed("signed.test"), signed("unsigned.test", signed=False)) as s:
        s.tlsa(t.FORGED)
        s.equal(s.send("b@signed.test"), "signed", event="deferred")
        for _ in range(3):
            s.equal(s.send("b@unsigned.test"), "unsigned", event="delivered", policy="may")
        s.daemon.submit("a@sender.test", ["c@signed.test"], TEXT)
        s.equal(s.send("b@unsigned.test"), "unsigned", event="delivered", policy="may")
        cases.equal({m.addresses[0] for m in s.sink.messages}, {"b@unsigned.test"}, "mailed")


def trust():
    """RFC 7672 2.1.3: AD counts from resolvers here and listed ones only"""
    for trusted, policy in (([], "may"), (["127.0.0.11"], "dane")):
        with Setting(signed("receiver.test"), zone_host="127.0.0.11",
                     dns={"trusted": trusted}) as s:
            s.tlsa(t.record_of(s.pair[0]))
            s.equal(s.send("b@receiver.test"), f"trusted {trusted}", event="delivered",
                    policy=policy)
            got, = s.daemon.run_json("tls", "receiver.test")
            cases.equal((got["resolver_trusted"], got["dane"]),
                        (bool(trusted), bool(trusted)), "what `tls` says")


def smarthost():
    """A host that a route names is verified by its records, too"""
    with Setting() as s:
        s.tlsa(t.FORGED)
        s.daemon.config["routes"] = [
            {"domain": "*", "host": "mx.test", "port": s.sink.port, "private_addresses": True}]
        s.daemon.write_config()
        cases.check(s.daemon.reload(), "reloaded")
        event = s.send("b@receiver.test")
        s.equal(event, "forged", event="deferred")
        s.says(event, "TLSA records")


def switched_off():
    """dane: false, for all or for a route"""
    with Setting(signed("receiver.test"), relay={"dane": False}) as s:
        s.tlsa(t.FORGED)
        s.equal(s.send("b@receiver.test"), "relay", event="delivered", policy="may")
    with Setting(signed("receiver.test"), signed("kept.test")) as s:
        s.tlsa(t.FORGED)
        s.daemon.config["routes"].insert(
            0, {"domain": "receiver.test", "port": s.sink.port, "private_addresses": True,
                "dane": False})
        s.daemon.write_config()
        cases.check(s.daemon.reload(), "reloaded")
        s.equal(s.send("b@receiver.test"), "route", event="delivered", policy="may")
        s.equal(s.send("b@kept.test"), "other", event="deferred")


def changed():
    """Other records: neither a warm connection nor a TLS session gets around them"""
    with Setting(signed("receiver.test"), relay={"idle": "60s", "retry": ["1s"]}) as s:
        s.tlsa(t.record_of(s.pair[0]), ttl=1)
        s.equal(s.send("b@receiver.test"), "before", event="delivered", policy="dane")
        s.tlsa(t.FORGED, ttl=1)
        start = time.monotonic()
        event = until(lambda: (lambda e: e if e["event"] == "deferred" else None)(
            s.send("b@receiver.test")), what="a refusal", pause=1)
        s.says(event, "TLSA records")
        cases.check(time.monotonic() - start > 5, "the connection was warm at first")
        s.tlsa(t.record_of(s.pair[0]), ttl=1)
        s.daemon.wait_event("delivered", id=event["id"], timeout=60)


if __name__ == "__main__":
    sys.exit(cases.run([good, forged, expired, trust_anchor, own_name, none, unsigned_records,
                        bogus, unsigned_mx, unsigned_host, no_mx, aliases, unusable, no_starttls,
                        broken, isolation, trust, smarthost, switched_off, changed]))
