#!/usr/bin/env python3
"""MTA-STS kept to (RFC 8461 4, 5): good and forged, beside DANE, beside domains of
the same servers that publish nothing."""
import sys

import signed_zone as z
import tls_material as t
from relay_dane import Setting, cases, signed
from relay_requiretls import Asking
from ringpost_live import until
from web import Authority, Web

TYPE = {"Content-Type": "text/plain"}
policies = {}


def serve(request):
    domain = request.host.partition(".")[2].partition(":")[0]
    return 200, policies[domain], TYPE


def published(domain, mode="enforce", mx="mx.test"):
    """Its records; the policy is served from now on."""
    policies[domain] = f"version: STSv1\nmode: {mode}\nmx: {mx}\nmax_age: 86400\n"
    return (z.txt(f"_mta-sts.{domain}", f"v=STSv1; id={mode}1", signed=False),
            z.a(f"mta-sts.{domain}", "127.0.0.1", signed=False))


def unsigned(domain, *hosts):
    return signed(domain, *hosts, signed=False)


def setting(*sets, kind=Setting, names=("mx.test",), relay=None, **more):
    """The receiver's certificate is of the authority that is trusted."""
    more.setdefault("pair", authority.issue(names))
    return kind(*sets, environment={"SSL_CERT_FILE": authority.file},
                relay=dict({"https": {"ca_file": authority.file, "private_addresses": True,
                                      "policy_port": web.port}}, **(relay or {})), **more)


def kept():
    """A policy in force, a server it names, a certificate in order"""
    with setting(unsigned("one.test"), *published("one.test"), unsigned("two.test"),
                 *published("two.test", mx="*.test")) as s:
        for domain in ("one.test", "two.test"):
            s.equal(s.send(f"b@{domain}"), domain, event="delivered", policy="sts",
                    verified=True)
        # Of the same hosts and of policies that come to the same: one connection.
        cases.equal(len(s.sink.sessions), 1, "connections")
        got, = s.daemon.run_json("tls", "one.test", "--probe")
        cases.equal((got["mta_sts"]["mode"], got["mta_sts"]["id"], got["mta_sts"]["mx"]),
                    ("enforce", "enforce1", ["mx.test"]), "what `tls` says of it")
        host, = got["hosts"]
        cases.equal((host["usual"]["level"], host["usual"]["by"], host["sts_named"],
                     host["probe"]["good"], host["probe"]["pkix"]),
                    ("sts", "mta-sts", True, True, "good"), "and of the host")
        text = s.daemon.run("tls", "one.test", status=0).stdout
        cases.check("MTA-STS      enforce, id enforce1, fetched" in text, text)


def forged_certificate():
    """… one that nobody vouches for, or for another name: later, never in clear"""
    for pair, words in ((None, "not trusted"), (authority.issue(["other.test"]), "mismatch")):
        more = {"pair": pair} if pair else {}
        with setting(unsigned("one.test"), *published("one.test"), **more) as s:
            if not pair:
                own = t.authority(s.directory.name)
                s.sink.context.load_cert_chain(*own)
            event = s.send("b@one.test")
            s.equal(event, words, event="deferred")
            s.says(event, "4.7.5", words, "TLS demanded by mta-sts: sts")
            s.untouched(words)
            cases.check(words in s.daemon.run("why", event["id"], status=0).stdout, "why")


def forged_mx():
    """8461 4.1: a server the policy does not name is not even called"""
    with setting(unsigned("one.test"), *published("one.test", mx="mail.one.test"),
                 z.mx("two.test", (10, "mx2.test"), (20, "mx.test"), signed=False),
                 *published("two.test"), z.a("mx2.test", "127.0.0.1")) as s:
        event = s.send("b@one.test")
        s.equal(event, "one", event="deferred")
        s.says(event, "4.7.5", "mx.test is not used", "MTA-STS policy does not name it")
        cases.equal(len(s.sink.sessions), 0, "connections")
        event = s.send("b@two.test")
        s.equal(event, "two", event="delivered", policy="sts")
        cases.check(event["host"].startswith("mx.test["), event["host"])


def no_tls():
    """A server without STARTTLS"""
    with setting(unsigned("one.test"), *published("one.test"), tls=False) as s:
        event = s.send("b@one.test")
        s.equal(event, "outcome", event="deferred")
        s.says(event, "does not offer STARTTLS", "mta-sts")
        s.untouched("sts")


def testing():
    """8461 5: a policy that is only tested keeps no mail back"""
    with setting(unsigned("one.test"), *published("one.test", "testing", "mail.one.test"),
                 tls=False) as s:
        s.equal(s.send("b@one.test"), "outcome", event="delivered", policy="may", tls=None)


def isolation():
    """A domain's policy is not felt by another of the same servers"""
    with setting(unsigned("strict.test"), *published("strict.test"), unsigned("open.test"),
                 names=("other.test",)) as s:
        s.equal(s.send("b@strict.test"), "strict", event="deferred")
        for _ in range(3):
            s.equal(s.send("b@open.test"), "open", event="delivered", policy="may")
        cases.equal({m.addresses[0] for m in s.sink.messages}, {"b@open.test"}, "mailed")


def beside_dane():
    """8461 2: DANE is what counts, for better or worse"""
    with setting(signed("one.test"), *published("one.test", mx="mail.one.test"),
                 signed("two.test", "mx2.test"), z.a("mx2.test", "127.0.0.1"),
                 *published("two.test", mx="mx2.test"), names=("mx.test", "mx2.test")) as s:
        s.tlsa(t.record_of(s.pair[0]))
        s.tlsa(t.FORGED, host="mx2.test")
        s.equal(s.send("b@one.test"), "not named, but DANE", event="delivered", policy="dane",
                verified=True)
        event = s.send("b@two.test")
        s.equal(event, "named, but DANE", event="deferred")
        s.says(event, "TLSA records", "TLS demanded by dane: dane")


def switched_off():
    """mta_sts: false"""
    with setting(unsigned("one.test"), *published("one.test", mx="mail.one.test"),
                 relay={"mta_sts": False}) as s:
        s.equal(s.send("b@one.test"), "outcome", event="delivered", policy="may")


def requiretls():
    """8689 4.2.1: MTA-STS vouches for names that DNSSEC does not"""
    with setting(unsigned("one.test"), *published("one.test"), unsigned("two.test"),
                 *published("two.test", "testing"), kind=Asking) as s:
        s.equal(s.require("b@one.test"), "enforced", event="delivered", policy="sts",
                verified=True)
        s.equal(s.require("b@two.test"), "tested", event="delivered", policy="verify",
                verified=True)


def mended():
    """A policy that was wrong and is put right lets the mail go"""
    with setting(unsigned("one.test"), *published("one.test", mx="mail.one.test"),
                 relay={"retry": ["1s"]}) as s:
        s.zone.put(z.txt("_mta-sts.one.test", "v=STSv1; id=1", signed=False, ttl=1),
                   signed("one.test", signed=False, ttl=1))
        event = s.send("b@one.test")
        s.equal(event, "wrong", event="deferred")
        published("one.test")
        s.zone.put(z.txt("_mta-sts.one.test", "v=STSv1; id=2", signed=False, ttl=1))
        until(lambda: s.daemon.run("queue", "retry", "--domain", "one.test") and
              s.daemon.events("delivered", id=event["id"]), 40, "a delivery", pause=1)


if __name__ == "__main__":
    with Authority() as authority, \
            Web(authority, ["mta-sts.one.test", "mta-sts.two.test", "mta-sts.strict.test"],
                serve) as web:
        status = cases.run([kept, forged_certificate, forged_mx, no_tls, testing, isolation,
                            beside_dane, switched_off, requiretls, mended])
    sys.exit(status)
