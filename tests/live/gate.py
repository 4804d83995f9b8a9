"""The gate: a domain's checklist with each record missing in turn, over a real DNS
server; what is refused, told and put right of what is submitted."""
import email
import json
import os
import re
import smtplib
import socket
import sys
import tempfile
import time

from ringpost_live import Cases, Daemon, Dns, Sink, until

ADDRESS = "192.0.2.25"
REVERSE = "25.2.0.192.in-addr.arpa"
DOMAIN = "example.test"
TEXT = "From: a@example.test\nTo: b@receiver.test\nSubject: x\n\nHello\n"
OFF = {name: "off" for name in ("spf", "dkim", "dmarc", "ptr", "domain", "author", "message_id",
                                "date", "single", "unsubscribe", "phishing")}
cases = Cases()
folder = tempfile.TemporaryDirectory(prefix="ringpost-gate-")


def make_key(daemon, domain=DOMAIN, selector="rp1"):
    """A key of the domain; its file and its record."""
    path = os.path.join(folder.name, f"{domain}.{selector}.pem")
    if not os.path.exists(path):
        daemon.run("dkim", "create", domain, "--selector", selector, "--directory", folder.name, status=0)
    return path


class Zone:
    """What a domain needs, and a server that has it."""

    def __init__(self, record):
        self.records = {
            "domain": ("mx", DOMAIN, [(10, "mail.example.test")]),
            "spf": ("txt", DOMAIN, f"v=spf1 ip4:{ADDRESS} -all"),
            "dkim": ("txt", f"rp1._domainkey.{DOMAIN}", record),
            "dmarc": ("txt", f"_dmarc.{DOMAIN}", "v=DMARC1; p=none"),
            "ptr": ("ptr", REVERSE, "mail.example.test"),
            "forward": ("a", "mail.example.test", [ADDRESS]),
        }

    def kinds(self, without=(), changed=None):
        kinds = {"mx": {}, "a": {}, "txt": {}, "ptr": {}}
        for name, (kind, owner, value) in {**self.records, **(changed or {})}.items():
            if name not in without:
                kinds[kind][owner] = value
        return kinds

    def serve(self, without=(), changed=None, more=()):
        kinds = self.kinds(without, changed)
        for kind, owner, value in more:
            kinds[kind][owner] = value
        # host-record, which "a" is, would give the address this name, too.
        addresses = [f"address=/{owner}/{one}" for owner, all_of_it in kinds.pop("a").items()
                     for one in all_of_it]
        return Dns(**kinds, options=addresses)


def config(dns, key, **gate):
    return {"dns": {"servers": [dns.address] if dns else ["127.0.0.1:9"], "timeout": "2s"},
            "dkim": [{"domain": DOMAIN, "selector": "rp1", "key": key}],
            "gate": {"addresses": [ADDRESS], **gate}}


def prepare():
    """A key, its record as the program prints it, and a zone."""
    daemon = Daemon()
    key = make_key(daemon)
    daemon.write_config({**daemon.config, **config(None, key)})
    got = json.loads(daemon.run("audit", DOMAIN, "--json", timeout=120).stdout)
    assert all(c["state"] == "unknown" for c in got["checks"]), got
    with Dns() as empty:
        daemon.write_config({**daemon.config, **config(empty, key)})
        got = json.loads(daemon.run("audit", DOMAIN, "--json", status=1).stdout)
    record, = (c["record"]["value"] for c in got["checks"] if c["check"] == "dkim")
    return daemon, key, Zone(record)


daemon, key, zone = prepare()


def audit(dns, domain=DOMAIN, status=None, **gate):
    daemon.write_config({**daemon.config, **config(dns, key, **gate)})
    return json.loads(daemon.run("audit", domain, "--json", status=status).stdout)


def states(found):
    return {c["check"]: c["state"] for c in found["checks"]}


def paste(record):
    """The record as Dns takes it: (kind, owner, value)."""
    kind, value = record["type"].lower(), record["value"]
    if kind == "mx":
        preference, host = value.split()
        return "mx", record["name"], [(int(preference), host.rstrip("."))]
    if kind in ("a", "aaaa"):
        return "a", record["name"], [value]
    return kind, record["name"], value.rstrip(".") if kind == "ptr" else value


def audit_of_all():
    """all records there: all is good, exit 0"""
    with zone.serve() as dns:
        found = audit(dns, status=0)
        cases.equal(set(states(found).values()), {"good"}, "states")
        cases.equal(found["addresses"], [ADDRESS], "addresses")
        text = daemon.run("audit", DOMAIN, status=0).stdout
        cases.check("All is good." in text, text)


def audit_without_each():
    """each record missing in turn: that check and no other, and its record makes it good"""
    table = [("domain", "domain", "missing"), ("spf", "spf", "missing"),
             ("dkim", "dkim", "missing"), ("dmarc", "dmarc", "missing"),
             ("ptr", "ptr", "missing"), ("forward", "ptr", "wrong")]
    for record, check, state in table:
        with zone.serve(without=[record]) as dns:
            found = audit(dns, status=1)
            cases.equal({c: s for c, s in states(found).items() if s != "good"},
                        {check: state}, f"without {record}")
            row, = (c for c in found["checks"] if c["check"] == check)
            text = daemon.run("audit", DOMAIN, status=1).stdout
            cases.check(row["record"]["zone"] in text, f"{record}'s record in {text}")
            dns.stop()
            more = [paste(row["record"])]
            if check == "domain":
                more.append(("a", "mail.test.example", [ADDRESS]))
            if check == "ptr" and record == "ptr":
                more.append(("a", "mail.test.example", [ADDRESS]))
            with zone.serve(without=[record], more=more) as better:
                cases.equal(set(states(audit(better, status=0)).values()), {"good"},
                            f"{record} pasted")


def audit_of_wrong():
    """records that are there and wrong: what is wrong, and the one that would do"""
    with zone.serve(changed={"spf": ("txt", DOMAIN, "v=spf1 mx ip4:192.0.2.9 -all")},
                    without=["forward"]) as dns:
        row = next(c for c in audit(dns, status=1)["checks"] if c["check"] == "spf")
        cases.equal(row["record"]["value"], f"v=spf1 mx ip4:192.0.2.9 ip4:{ADDRESS} -all", "SPF")
    with zone.serve(changed={"spf": ("txt", DOMAIN, "v=spf1 ip4:192.0.2.256 -all")}) as dns:
        row = next(c for c in audit(dns, status=1)["checks"] if c["check"] == "spf")
        cases.check("record" not in row and "ringpost spf" in row["advice"], str(row))
    with zone.serve(changed={"domain": ("mx", DOMAIN, [(0, ".")])}) as dns:
        row = next(c for c in audit(dns, status=1)["checks"] if c["check"] == "domain")
        cases.check("null MX" in row["why"] or "takes no mail" in row["why"], str(row))
    with zone.serve(changed={"dkim": ("txt", f"rp1._domainkey.{DOMAIN}",
                                      "v=DKIM1; k=rsa; p=")}) as dns:
        cases.equal(states(audit(dns, status=1))["dkim"], "wrong", "revoked key")
    with zone.serve(changed={"dmarc": ("txt", f"_dmarc.{DOMAIN}", "v=DMARC1; p")}) as dns:
        cases.equal(states(audit(dns, status=1))["dmarc"], "missing", "broken DMARC")
    with zone.serve() as dns:
        found = audit(dns, domain="other.test", status=1)
        cases.equal({c["check"] for c in found["checks"] if c["state"] == "good"}, {"ptr"},
                    "another domain")
        row = next(c for c in found["checks"] if c["check"] == "dkim")
        cases.equal(row["advice"], "make a key: ringpost dkim create other.test", "no key")
        cases.equal(states(audit(dns, domain="sub.example.test", status=1))["dmarc"], "good",
                    "a subdomain has its organization's policy")


def audit_of_silence():
    """a DNS server that is not there: nothing is amiss, and nothing is good"""
    daemon.write_config({**daemon.config, **config(None, key)})
    got = daemon.run("audit", DOMAIN, timeout=120, status=0)
    cases.check("?" in got.stdout and "MISSING" not in got.stdout, got.stdout)


def start(dns, sink, **gate):
    it = Daemon(config(dns, key, **gate), routes=[sink.route("*")])
    return it


def refusals(it, text=TEXT, sender="a@example.test"):
    try:
        it.submit(sender, ["b@receiver.test"], text)
        return ""
    except smtplib.SMTPResponseException as error:
        said = error.smtp_error
        return f"{error.smtp_code} {said.decode() if isinstance(said, bytes) else said}"


def refused_without_each():
    """refuse: each record missing in turn is what a message is refused for, at once"""
    table = [("domain", "550 5.1.8"), ("spf", "550 5.7.23"), ("dkim", "550 5.7.20"),
             ("dmarc", "550 5.7.26"), ("ptr", "550 5.7.25")]
    all_of_it = {name: "refuse" for name, _ in table}
    with Sink() as sink:
        with zone.serve() as dns, start(dns, sink, **all_of_it) as it:
            cases.equal(refusals(it), "", "with all of them")
        for name, code in table:
            with zone.serve(without=[name]) as dns, start(dns, sink, **all_of_it) as it:
                said = refusals(it)
                cases.check(said.startswith(code), f"without {name}: {said}")
                cases.equal(refusals(it), said, "and again")
                cases.equal(it.events("received"), [], "accepted")


def told_of():
    """warn: the first message waits for nothing; then it is told, once, and when it is over"""
    with Sink() as sink, zone.serve(without=["dmarc"]) as dns, \
            start(dns, sink, fresh="1s") as it:
        it.submit("a@example.test", ["b@receiver.test"], TEXT)
        event = it.wait_event("gate_domain", domain=DOMAIN)
        cases.equal((event["level"], event["missing"]), ("warning", ["dmarc"]), "told")
        for _ in range(3):
            it.submit("a@example.test", ["b@receiver.test"], TEXT)
        until(lambda: len(it.events("received")) == 4, what="four messages")
        cases.equal(it.events("received")[-1].get("gate"), ["dmarc"], "the field")
        cases.equal(len(it.events("gate_domain")), 1, "told once")
        dns.set(txt={f"_dmarc.{DOMAIN}": "v=DMARC1; p=none"})

        def over():
            it.submit("a@example.test", ["b@receiver.test"], TEXT)
            return it.events("gate_domain", level="info")
        until(over, what="the end of it", pause=0.5)
        cases.equal(it.events("gate_domain", level="info")[0]["missing"], [], "nothing amiss")


def passes_in_silence():
    """refuse, and DNS gives no answer: mail passes after gate.wait"""
    silent = {name: "refuse" for name in ("domain", "spf", "dkim", "dmarc", "ptr")}
    with Sink() as sink, start(None, sink, wait="300ms", **silent) as it:
        cases.equal(refusals(it), "", "silence")
        it.wait_event("delivered")


def waits_so_long():
    """refuse, and DNS is silent: only messages of a domain not known wait, no longer than gate.wait"""
    checks = ("domain", "spf", "dkim", "dmarc", "ptr")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent, Sink() as sink:
        silent.bind(("127.0.0.1", 0))
        dns = {"servers": ["127.0.0.1:%d" % silent.getsockname()[1]], "timeout": "60s"}
        with start(None, sink, wait="1s", **{name: "refuse" for name in checks}) as it:
            it.config["dns"] = dns
            it.write_config()
            it.stop()  # DNS servers are those of the start
            it.start()
            began = time.monotonic()
            cases.equal(refusals(it), "", "passes")
            took = time.monotonic() - began
            # An answer, or its absence, would come after a minute.
            cases.check(1 <= took < 30, f"it waited {took:.1f} s")
        with start(None, sink, wait="30s", **{name: "warn" for name in checks}) as it:
            it.config["dns"] = dns
            it.write_config()
            it.stop()
            it.start()
            began = time.monotonic()
            for _ in range(20):
                it.submit("a@example.test", ["b@receiver.test"], TEXT)
            took = time.monotonic() - began
            cases.check(took < 25, f"those that warn do not wait: {took:.1f} s")


def put_right():
    """fix: header, one-click unsubscription and a signature, as the receiver sees them"""
    more = {"single": "fix", "date": "fix", "message_id": "fix", "unsubscribe": "fix",
            "dkim": "fix", "signing_domain": DOMAIN,
            "unsubscribe_url": "https://news.example.test/{id}?r={recipient}&t={token}"}
    text = ("From: a@unsigned.test\nTo: b@receiver.test\nTo: c@receiver.test\nSubject: x\n"
            "Subject: y\nDate: yesterday\nMessage-ID: none\nX-Ringpost-Stream: bulk\n\nHello\n")
    with Sink() as sink, zone.serve() as dns, start(dns, sink, **more) as it:
        it.submit("a@unsigned.test", ["b@receiver.test"], text)
        it.wait_event("gate_domain", domain="unsigned.test")

        def all_of_it():  # the token takes a secret, which is in Redis
            name = it.submit("a@unsigned.test", ["b@receiver.test"], text)
            event = it.wait_event("received", id=name)
            return event if "unsubscribe" in event.get("fixed", []) else None
        event = until(all_of_it, what="the token's secret", pause=0.3)
        name = event["id"]
        cases.equal(event["fixed"], ["dkim", "message_id", "date", "single", "unsubscribe"],
                    "put right")
        message = until(lambda: [m for m in sink.messages if name in m.text],
                        what="the message")[0]
        seen = email.message_from_string(message.text)
        cases.equal(seen.get_all("To"), ["b@receiver.test,\n c@receiver.test"], "To")
        cases.equal(seen.get_all("Subject"), ["x"], "Subject")
        cases.equal(len(seen.get_all("Date")), 1, "Date")
        cases.check("yesterday" not in seen["Date"], seen["Date"])
        cases.check(seen["Message-ID"].startswith("<"), seen["Message-ID"])
        cases.check(re.fullmatch(
            f"<https://news.example.test/{name}[?]r=b%40receiver.test&t=rp-{name}[0-9a-z]+>",
            seen["List-Unsubscribe"]), seen["List-Unsubscribe"])
        cases.equal(seen["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click", "Post")
        cases.check(f"d={DOMAIN};" in seen["DKIM-Signature"].replace("\n", ""),
                    seen["DKIM-Signature"])
        cases.check("list-unsubscribe-post" in seen["DKIM-Signature"].lower(), "signed (8058 4)")
        status = json.loads(it.run("status", "--json", status=0).stdout)
        cases.check(status["totals"]["gate_fixed"] >= 1, "counted")
        cases.check("put right" in it.run("status").stdout, "and shown")


def header_refused():
    """refuse: what is wrong with a header, each with its words"""
    wrong = {"author": "From: a@example.test, b@example.test\n",
             "message_id": "From: a@example.test\nMessage-ID: 1\n",
             "date": "From: a@example.test\nDate: 1 Jan 2001 00:00:00 +0000\n",
             "single": "From: a@example.test\nTo: b@x.test\nTo: c@x.test\n",
             "unsubscribe": "From: a@example.test\nPrecedence: bulk\n"}
    with Sink() as sink:
        for name, header in wrong.items():
            with start(None, sink, **{**OFF, name: "refuse"}) as it:
                said = refusals(it, header + "\nHello\n")
                cases.check(said.startswith("550 5.6.0"), f"{name}: {said}")
                cases.equal(refusals(it), "", f"{name}: a good one")


PHISH = ("From: \"service@paypal.com\" <a@example.test>\nTo: b@receiver.test\n"
         "Content-Type: text/html\n\n"
         "<a href=\"https://evil.test/\">https://www.example.org/login</a>\n")


def looks_like_phishing():
    """the look for phishing: a score in the event, its signs told; refused where asked"""
    with Sink() as sink:
        with start(None, sink, **{**OFF, "phishing": "warn"}) as it:
            name = it.submit("a@example.test", ["b@receiver.test"], PHISH)
            event = it.wait_event("suspicious", id=name)
            cases.equal((event["level"], event["phishing"], event["signs"]),
                        ("warning", 100, ["name_address", "link_shows"]), "told")
            cases.equal(it.wait_event("received", id=name)["phishing"], 100, "the score")
            name = it.submit("a@example.test", ["b@receiver.test"], TEXT)
            cases.check("phishing" not in it.wait_event("received", id=name), "a plain one")
            cases.equal(len(sink.wait(2)), 2, "delivered")
        with start(None, sink, **{**OFF, "phishing": "refuse"}) as it:
            cases.check(refusals(it, PHISH).startswith("550 5.7.1 "), "refused")
            it.wait_event("suspicious")
            cases.equal(refusals(it), "", "a plain one")
        with start(None, sink, **{**OFF, "phishing": "refuse", "look_size": 0}) as it:
            # The header alone is looked at.
            cases.check(refusals(it, PHISH).startswith("550 5.7.1 "), "refused")
            cases.equal(it.wait_event("suspicious")["signs"], ["name_address"], "its signs")
        with start(None, sink, **{**OFF, "phishing": "warn", "protect": ["example.org"]}) as it:
            it.submit("a@exarnple.org", ["b@receiver.test"],
                      "From: a@exarnple.org\n\nHello\n")
            cases.equal(it.wait_event("suspicious")["signs"], ["from_looks"], "look-alike")


def suspicious_account():
    """an account may send so many suspicious messages an hour, and any number of others"""
    with Sink() as sink, start(None, sink, **{**OFF, "suspicious_per_hour": 2}) as it:
        it.config["listeners"][0]["auth_without_tls"] = True
        it.write_config()
        cases.check(it.reload(), "reload")
        it.run("user", "add", "a@example.test", input="s3cret\n", status=0)
        it.run("user", "add", "c@example.test", input="s3cret\n", status=0)

        def say(account, text):
            with it.connect() as client:
                client.login(account, "s3cret")
                try:
                    client.sendmail(account, ["b@receiver.test"],
                                    text.replace("a@example.test", account))
                    return 250
                except smtplib.SMTPDataError as error:
                    return error.smtp_code
        cases.equal([say("a@example.test", PHISH) for _ in range(4)], [250, 250, 550, 550], "one")
        cases.equal([say("c@example.test", PHISH) for _ in range(3)], [250, 250, 550], "another")
        cases.equal(say("a@example.test", TEXT), 250, "what does not look so")


def main():
    return cases.run([audit_of_all, audit_without_each, audit_of_wrong, audit_of_silence,
                      refused_without_each, told_of, passes_in_silence, waits_so_long, put_right,
                      header_refused, looks_like_phishing, suspicious_account])


sys.exit(main())
