#!/usr/bin/env python3
"""Port 25: who is somebody here, what a good, a forged and an unaligned message get,
what goes back and what does not, loops, limits, faults."""
import base64
import contextlib
import json
import re
import shutil
import ssl
import subprocess
import sys
import threading

import dkim
from port25 import RawStranger, Receiver, Stranger, bring, queue_id
from ringpost_live import Cases, Dns, Sink, until
from smtp_raw import Raw, need

cases = Cases()
GOOD, BAD = "192.0.2.1", "203.0.113.5"  # who may send for the domains below, and not
LOCAL = {"domain": "local.test", "recipients": "listed", "mailboxes": ["bob", "Jane.Doe"]}
PEM = subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt",
                      "rsa_keygen_bits:2048"], check=True, capture_output=True).stdout


def record_of_key():
    der = subprocess.run(["openssl", "rsa", "-pubout", "-outform", "DER"], input=PEM,
                         check=True, capture_output=True).stdout
    return "v=DKIM1; k=rsa; p=" + base64.b64encode(der).decode()


SPF = "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8:1::/48 -all"
TXT = {"k._domainkey.good.test": record_of_key(),
       "good.test": SPF, "_dmarc.good.test": "v=DMARC1; p=reject",
       "soft.test": SPF, "_dmarc.soft.test": "v=DMARC1; p=quarantine; pct=100",
       "weak.test": SPF, "_dmarc.weak.test": "v=DMARC1; p=none"}


def text(author, body="Hello\n", more=""):
    return (f"{more}From: {author}\nTo: bob@local.test\nSubject: x\n"
            f"Date: Sat, 21 Nov 2026 12:00:00 +0000\nMessage-ID: <1@x.test>\n\n{body}")


def signed(author, **more):
    message = text(author, **more).replace("\n", "\r\n").encode()
    return dkim.sign(message, b"k", b"good.test", PEM) + message


@contextlib.contextmanager
def world(*domains, receive=None, rule=None, txt=None, **sections):
    """A daemon that receives for DOMAINS, a server behind it, DNS."""
    with Dns(txt={**TXT, **(txt or {})}) as dns, Sink(rule=rule) as sink, \
            Receiver(dns, domains=domains or [LOCAL], receive=receive,
                     routes=[sink.route("*")], **sections) as daemon:
        yield daemon, sink


def results(message):
    """The Authentication-Results on top, as one line without white space."""
    field = re.match(r"Authentication-Results: (.*?)\n(?![ \t])", message.text, re.S)
    return re.sub(r"\s+", " ", field.group(1)) if field else None


def show(name, found):
    print(f"  {name}: {found}", flush=True)


def authentic():
    """A good, a forged, an unaligned message: what each is told, and is marked with"""
    with world() as (daemon, sink):
        code, said = bring(daemon, "a@good.test", ["bob@local.test"], signed("a@good.test"), GOOD)
        cases.equal(code, 250, f"good: {said}")
        good = results(sink.wait(1, 60)[0])
        show("good", good)
        for word in ("mail.test.example; ", "spf=pass", "dkim=pass", "dmarc=pass"):
            cases.check(word in good, f"good: {word} in {good}")
        code, said = bring(daemon, "x@other.test", ["bob@local.test"], text("a@good.test"), BAD)
        show("forged", f"{code} {said}")
        cases.equal((code, said[:5]), (550, "5.7.1"), "forged")
        code, said = bring(daemon, "a@weak.test", ["bob@local.test"], text("b@soft.test"), GOOD)
        cases.equal(code, 250, f"unaligned: {said}")
        unaligned = sink.wait(2, 60)[1]
        show("unaligned", results(unaligned))
        cases.check("spf=pass" in results(unaligned) and "dmarc=fail" in results(unaligned),
                    f"unaligned: {results(unaligned)}")
        cases.check("X-Ringpost-Quarantine: yes; dmarc=fail header.from=soft.test\n"
                    in unaligned.text, "unaligned: quarantine")
        code, said = bring(daemon, "b@other.test", ["bob@local.test"], signed("a@good.test"), BAD)
        cases.equal(code, 250, f"forwarded and signed: {said}")
        forwarded = results(sink.wait(3, 60)[2])
        show("forwarded", forwarded)
        cases.check("spf=none" in forwarded and "dmarc=pass" in forwarded, "forwarded")
        changed = signed("a@good.test").replace(b"Hello", b"Gold!")
        code, said = bring(daemon, "b@other.test", ["bob@local.test"], changed, BAD)
        show("changed", f"{code} {said}")
        cases.equal(code, 550, "changed on its way")
        code, said = bring(daemon, "a@good.test", ["bob@local.test"],
                           text("a@good.test"), "2001:db8:1::25")
        cases.equal(code, 250, f"over IPv6: {said}")
        event = daemon.wait_event("received", client="2001:db8:1::25")
        cases.equal((event["spf"], event["dkim"], event["dmarc"]), ("pass", "none", "pass"),
                    "event")
        cases.equal(daemon.wait_event("received", client=BAD)["dmarc"], "pass",
                    "event of what was forwarded")


def late():
    """A late bounce and a complaint come home, what pretends to be one does not"""
    domains = [LOCAL]
    with world(*domains, bounces={"domain": "back.test", "verp": "recipient",
                                  "complaints_to": "fbl@back.test"}) as (daemon, sink):
        queued = daemon.submit("news@good.test", ["user@far.test"], text("news@good.test"))
        sent = sink.wait(1, 60)[0]
        cases.check(sent.sender.endswith("@back.test"), f"sent as {sent.sender}")
        notice = ("From: MAILER-DAEMON@far.test\nTo: x\nSubject: failed\nMIME-Version: 1.0\n"
                  "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
                  "--b\n\nNo.\n--b\nContent-Type: message/delivery-status\n\n"
                  "Reporting-MTA: dns; far.test\n\nFinal-Recipient: rfc822; user@far.test\n"
                  "Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 Unknown\n"
                  "--b--\n")
        token, domain = sent.sender.split("@")
        wrong = token[:-1] + ("0" if token[-1] != "0" else "1") + "@" + domain
        for address, code in ((wrong, 550), ("someone@back.test", 550), (sent.sender, 250)):
            got = bring(daemon, "", [address], notice, BAD)
            cases.equal(got[0], code, f"{address}: {got[1]}")
        event = daemon.wait_event("bounced_late")
        cases.equal((event["id"], event["rcpt"]), (queued, "user@far.test"), "what it is about")
        complaint = ("From: fbl@good.test\nTo: fbl@back.test\nMIME-Version: 1.0\n"
                     "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
                     "--b\n\nSpam.\n--b\nContent-Type: message/feedback-report\n\n"
                     "Feedback-Type: abuse\nVersion: 1\nUser-Agent: x/1\n"
                     "--b\nContent-Type: message/rfc822\n\n"
                     f"Return-Path: <{sent.sender}>\n{sent.text}\n--b--\n")
        got = bring(daemon, "fbl@good.test", ["fbl@back.test"], complaint, GOOD)
        cases.equal(got[0], 250, f"complaint: {got[1]}")
        cases.equal(daemon.wait_event("complained")["id"], queued, "what it is about")
        cases.equal(len(sink.messages), 1, "nothing of it goes on")
        status = daemon.run("status", status=0).stdout
        cases.check("2 came back" in status, status)


def claims():
    """Nobody else says in our name what was found out"""
    with world() as (daemon, sink):
        forged = ("Authentication-Results: mail.test.example; dmarc=pass\n"
                  "Authentication-Results: other.test; spf=fail\n"
                  "X-Ringpost-Quarantine: no\nReturn-Path: <x@y.test>\n")
        bring(daemon, "a@weak.test", ["bob@local.test"], text("a@weak.test", more=forged), GOOD)
        got = sink.wait(1, 60)[0].text
        cases.equal(got.count("Authentication-Results: mail.test.example"), 1, "ours, once")
        cases.check("Authentication-Results: other.test" in got, "others' stay")
        cases.check("Quarantine" not in got and "Return-Path" not in got, "what only we say")
        cases.check(got.startswith("Authentication-Results: mail.test.example;"), "on top")
        cases.check(re.search(r"^Received: from client.test \(\[192.0.2.1\]\)", got, re.M),
                    "Received")


def hidden():
    """A From that cannot be judged is no way round DMARC"""
    with world() as (daemon, sink):
        for author, code, why in [
                ("a@weak.test, b@other.test, c@good.test", 550, "authors of too many domains"),
                ("x@other.test, a@good.test", 550, "good.test asks to refuse"),
                ("a@weak.test\nFrom: a@good.test", 550, "more than one From")]:
            got = bring(daemon, "x@weak.test", ["bob@local.test"], text(author), GOOD)
            cases.check(got[0] == code and why in got[1], f"{author}: {got}")
        for author in ('"a@good.test" <a@good.test', "nobody", ""):
            got = bring(daemon, "x@weak.test", ["bob@local.test"], text(author), GOOD)
            cases.equal(got[0], 250, f"{author}: {got}")
        for message in sink.wait(3, 60):
            cases.check("X-Ringpost-Quarantine: yes; dmarc=permerror\n" in message.text,
                        message.text[:900])
    with world(receive={"dmarc_quarantine": "refuse"}) as (daemon, sink):
        got = bring(daemon, "x@weak.test", ["bob@local.test"], text("nobody"), GOOD)
        cases.check(got[0] == 550 and got[1].startswith("5.6.0 It cannot be told whom"), got)


def returned():
    """What cannot be delivered goes back to who sent it, and to nobody else"""
    def rule(step):
        return "550 5.1.1 Nobody" if step.verb == "RCPT" and step.address == "bob@local.test" \
            else None
    with world(rule=rule) as (daemon, sink):
        for sender, author, address in [("a@weak.test", "a@weak.test", BAD),
                                        ("a@nowhere.test", "a@nowhere.test", BAD),
                                        ("", "a@nowhere.test", BAD)]:
            code, said = bring(daemon, sender, ["bob@local.test"], text(author), address,
                               rcpt=("NOTIFY=SUCCESS,FAILURE",))
            cases.equal(code, 250, f"{sender}: {said}")
            daemon.wait_event("bounced", id=said.rsplit(" ", 1)[-1])
        reply = bring(daemon, "a@good.test", ["bob@local.test"], text("a@good.test"), GOOD)
        daemon.wait_event("bounced", id=queue_id(reply))
        told = daemon.wait_event("notified")
        cases.equal(told["to"], "a@good.test", "who was told")
        got = sink.wait(1, 60)
        cases.equal([m.addresses for m in got], [["a@good.test"]], "what went back")
        lines = [line for line in sink.lines("RCPT TO:<BOB")]
        cases.equal(sum("NOTIFY=NEVER" in line for line in lines), 3, f"in {lines}")
        cases.equal(len(daemon.events("notified")), 1, "notifications")


def somebody():
    """Lists, accounts, the next server's word: decided at RCPT, and nothing relayed"""
    def rule(step):
        if step.verb == "RCPT" and step.address.endswith("@asked.test"):
            return {"nobody": "550 5.1.1 Who?", "later": "450 4.2.1 Later"}.get(
                step.address.split("@")[0])
        return None
    domains = [LOCAL, {"domain": "people.test", "recipients": "accounts"},
               {"domain": "rest.test", "recipients": "accounts"},
               {"domain": "asked.test", "recipients": "probed"},
               {"domain": ".any.test", "recipients": "any"}]
    wanted = [("bob@local.test", 250), ("jane.doe+x@LOCAL.test", 250), ("eve@local.test", 550),
              ("ann@people.test", 250), ("ann+news@people.test", 250), ("bob@people.test", 550),
              ("Ann@people.test", 250), ("Sales@people.test", 250), ("sales+1@people.test", 250),
              ("anybody@rest.test", 250), ("off@people.test", 550), ("good@asked.test", 250), ("nobody@asked.test", 550), ("later@asked.test", 450),
              ("x@sub.any.test", 250), ("x@any.test", 550), ("x@elsewhere.test", 550),
              ("postmaster", 250), ("abuse@people.test", 250), ("abuse@elsewhere.test", 550),
              ("bob%local.test@elsewhere.test", 550), ('"bob@local.test"@elsewhere.test', 550),
              ("bob@[127.0.0.1]", 550)]
    with world(*domains, rule=rule, receive={"errors": 100}) as (daemon, sink):
        daemon.run("user", "add", "ann@people.test", input="x-1-y-2-z\n", status=0)
        daemon.run("user", "change", "ann@people.test", "--address", "sales@people.test",
                   "--address", "@rest.test", "--quota", "2 GiB", status=0)
        daemon.run("user", "add", "off@people.test", input="x-1-y-2-z\n", status=0)
        daemon.run("user", "change", "off@people.test", "--disable", status=0)
        taken = daemon.run("user", "change", "off@people.test", "--address", "Sales@People.test")
        cases.equal(taken.returncode, 1, "an address of somebody else")
        cases.check("address of the account ann@people.test" in taken.stderr, taken.stderr)
        listed = daemon.run("user", "list", "--json", status=0).stdout
        ann = [json.loads(line) for line in listed.splitlines() if '"ann@' in line][0]
        cases.equal((ann["addresses"], ann["quota_bytes"]),
                    (["sales@people.test", "@rest.test"], 2 << 30), "user list")
        for _ in range(2):
            with Stranger(daemon) as stranger:
                stranger.ehlo()
                stranger.mail("a@weak.test")
                for address, code in wanted:
                    got = stranger.docmd("RCPT", f"TO:<{address}>")
                    cases.equal(got[0], code, f"{address}: {got[1].decode()}")
        asked = [line for line in sink.lines("RCPT") if "asked.test" in line]
        cases.equal(len(asked), 4, f"questions, answers being kept: {asked}")
        cases.equal(sink.messages, [], "messages")
        with Stranger(daemon) as stranger:
            cases.equal(stranger.ehlo()[0], 250, "EHLO")
            cases.check("auth" not in stranger.esmtp_features, "AUTH is not offered")
            cases.equal(stranger.docmd("AUTH", "PLAIN AGFubgB4")[0], 502, "AUTH")


def next_server_down():
    """The server behind us does not answer: nobody is refused for good"""
    domains = [{"domain": "asked.test", "recipients": "probed"}]
    with world(*domains) as (daemon, sink):
        daemon.config["routes"][0]["port"] = 1
        daemon.write_config()
        cases.check(daemon.reload(), "reload")
        code, said = bring(daemon, "a@weak.test", ["x@asked.test"], text("a@weak.test"))
        cases.equal(code, 450, said)
        daemon.config["routes"][0]["port"] = sink.port
        daemon.write_config()
        cases.check(daemon.reload(), "reload")
        code, said = bring(daemon, "a@weak.test", ["x@asked.test"], text("a@weak.test"))
        cases.equal(code, 250, said)
        cases.equal([m.addresses for m in sink.wait(1, 60)], [["x@asked.test"]], "and it goes on")


def loops():
    """Mail that goes round between two servers, and what has 60 Received fields"""
    with world() as (daemon, sink):
        many = "".join(f"Received: from a{i}.test by b.test; Sat, 21 Nov 2026 12:00:00 +0000\n"
                       for i in range(60))
        code, said = bring(daemon, "a@weak.test", ["bob@local.test"],
                           text("a@weak.test", more=many))
        cases.equal((code, said[:5]), (554, "5.4.6"), "60 hops")
    with Dns(txt=TXT) as dns, \
            Receiver(dns, domains=[LOCAL], receive={"hops": 10}) as one, \
            Receiver(dns, domains=[LOCAL], receive={"hops": 10},
                     hostname="other.test.example") as other:
        for here, there in ((one, other), (other, one)):
            # The way between them has no proxy in front.
            here.config["listeners"][-1].pop("proxy_protocol")
            here.config["receive"]["exempt"] = ["127.0.0.0/8"]
            here.config["routes"] = [{"domain": "local.test", "host": "[127.0.0.1]",
                                      "port": there.port25, "private_addresses": True},
                                     {"domain": "*", "discard": True}]
            here.write_config()
            cases.check(here.reload(), "reload")
        with Raw(one.port25) as raw:
            raw.hello()
            raw.begin("a@weak.test", "bob@local.test")
            raw.ask("DATA")
            reply = raw.ask(text("a@weak.test").replace("\n", "\r\n") + "\r\n.")
            cases.equal(reply.code, 250, reply)

        def bounced():
            return one.events("bounced") + other.events("bounced")
        event = until(bounced, what="an end of the loop")[0]
        cases.check("5.4.6" in event["reply"], event["reply"])
        # The other daemon may write its last event later than this one.
        until(lambda: len(one.events("received") + other.events("received")) >= 10,
              what="as many hops as there may be")
        passed = len(one.events("received") + other.events("received"))
        cases.equal(passed, 10, "how often it was taken")


def mirrors():
    """Two servers that each ask the other who somebody is: an end is found soon"""
    domains = [{"domain": "both.test", "recipients": "probed"}]
    with Dns(txt=TXT) as dns, Receiver(dns, domains=domains) as one, \
            Receiver(dns, domains=domains, hostname="other.test.example") as other:
        for here, there in ((one, other), (other, one)):
            here.config["listeners"][-1].pop("proxy_protocol")
            here.config["routes"] = [{"domain": "both.test", "host": "[127.0.0.1]",
                                      "port": there.port25, "private_addresses": True}]
            here.write_config()
            cases.check(here.reload(), "reload")
        with Raw(one.port25) as raw:
            raw.hello()
            reply = raw.begin("a@weak.test", "bob@both.test")
            cases.equal((reply.code, reply.status), (450, "4.1.1"), reply)
        other.wait_event("refused")
        one.wait_event("refused", client="127.0.0.1", helo="client.test")
        asked = one.events("refused") + other.events("refused")
        cases.check(1 < len(asked) <= 50, f"{len(asked)} questions")


def limits():
    """An address has so many sessions, errors, messages; the next one its own"""
    receive = {"sessions_per_address": 3, "errors_per_address": 5, "messages_per_hour": 2}
    with world(receive=receive) as (daemon, sink):
        with contextlib.ExitStack() as stack:
            held = [stack.enter_context(RawStranger(daemon, "192.0.2.9")) for _ in range(3)]
            fourth = stack.enter_context(RawStranger(daemon, "192.0.2.9", greet=False))
            cases.equal(fourth.reply().code, 421, "the fourth session")
            with Stranger(daemon, "192.0.2.10") as neighbour:
                cases.equal(neighbour.ehlo()[0], 250, "a neighbour")
            cases.equal([h.hello().code for h in held], [250] * 3, "the first three")
        for i in range(3):
            code, said = bring(daemon, "a@weak.test", ["bob@local.test"], text("a@weak.test"))
            cases.equal(code, 250 if i < 2 else 450, f"message {i}: {said}")
        for i in range(5):
            code, _ = bring(daemon, "a@weak.test", [f"eve{i}@local.test"], "", "2001:db8:1:2::3")
            cases.equal(code, 550 if i < 2 else 450, f"guess {i}")
        with Stranger(daemon, "192.0.2.20") as guesser:
            guesser.ehlo()
            guesser.mail("a@weak.test")
            codes = [guesser.rcpt(f"eve{i}@local.test")[0] for i in range(5)]
            cases.equal(codes, [550] * 5, "guesses")
        with RawStranger(daemon, "192.0.2.20", greet=False) as again:
            reply = again.reply()
            cases.equal((reply.code, reply.status), (421, "4.7.0"), "who has guessed too often")
        with Stranger(daemon, "192.0.2.21") as other:
            cases.equal(other.ehlo()[0], 250, "who has not")


def hurry():
    """Who speaks before the greeting is turned away, who waits is not"""
    with world(receive={"greeting_pause": "2s"}) as (daemon, _):
        with RawStranger(daemon, greet=False) as raw:
            raw.send("EHLO client.test\r\n")
            cases.equal(raw.reply().code, 554, "early")
            cases.check(raw.has_ended(), "and over")
        with Stranger(daemon) as patient:
            cases.equal(patient.ehlo()[0], 250, "patient")


def blocked():
    """Who is on a blocklist may write to the postmaster, and to nobody else"""
    with Dns(txt=TXT, a={"66.2.0.192.bl.test": ["127.0.0.2"], "67.2.0.192.bl.test": ["127.255.255.1"],
                         "6.6.0.0." + "0." * 20 + "8.b.d.0.1.0.0.2.bl.test": ["127.0.0.4"]}) as dns, \
            Sink() as sink, \
            Receiver(dns, domains=[LOCAL], routes=[sink.route("*")],
                     receive={"blocklists": ["none.test", "bl.test"]}) as daemon:
        for address, code in (("192.0.2.66", 550), ("192.0.2.67", 250), ("192.0.2.68", 250),
                              ("2001:db8::66", 550)):
            got = bring(daemon, "a@weak.test", ["bob@local.test"], text("a@other.test"), address)
            cases.equal(got[0], code, f"{address}: {got[1]}")
        got = bring(daemon, "a@weak.test", ["postmaster"], text("a@other.test"), "192.0.2.66")
        cases.equal(got[0], 250, f"postmaster: {got[1]}")


def encrypted():
    """STARTTLS at port 25"""
    with world(tls=True) as (daemon, sink):
        context = ssl.create_default_context(cafile=daemon.certificate)
        with Stranger(daemon) as stranger:
            stranger.ehlo()
            stranger._host = "mail.test.example"
            cases.equal(stranger.starttls(context=context)[0], 220, "STARTTLS")
            code, said = stranger.bring("a@weak.test", ["bob@local.test"], text("a@weak.test"))
            cases.equal(code, 250, said)
        cases.check("with ESMTPS (TLSv1." in re.sub(r"\s+", " ", sink.wait(1, 60)[0].text),
                    "Received says so")
        cases.check(daemon.wait_event("received")["tls"].startswith("TLSv1."), "and the event")


def store_away():
    """Without Redis mail has to come again, and is taken again when it is back"""
    with world() as (daemon, sink):
        daemon.kill_redis()
        code, said = until(
            lambda: next((r for r in [bring(daemon, "a@weak.test", ["bob@local.test"],
                                            text("a@weak.test"))] if r[0] == 250), None),
            60, "mail taken again")
        cases.equal(code, 250, said)
        sink.wait(1, 60)
        cases.check(all(e["reply"].startswith("4") for e in daemon.events("refused")),
                    "refused for now only")


def slow_dns():
    """DNS that does not answer holds nobody up for long, and refuses nothing"""
    with Sink() as sink, contextlib.closing(Silent()) as silent, \
            Receiver(domains=[LOCAL], routes=[sink.route("*")],
                     receive={"spf_fail": "refuse"}) as daemon:
        daemon.config["dns"] = {"servers": [silent.address], "timeout": "1s"}
        daemon.stop()
        daemon.write_config()
        daemon.start()
        code, said = bring(daemon, "a@good.test", ["bob@local.test"], text("a@good.test"), BAD)
        cases.equal(code, 250, said)
        found = results(sink.wait(1, 60)[0])
        cases.check("spf=temperror" in found and "dmarc=temperror" in found, found)


class Silent:
    """A name server that hears and says nothing."""

    def __init__(self):
        import socket
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]

    def close(self):
        self.socket.close()


def checked():
    """`ringpost check` says whose mail does not come here, and whose goes no further"""
    domains = [{"domain": name, "recipients": "any"}
               for name in ("here.test", "routed.test", "away.test", "unknown.test",
                            "backup.test", ".below.test")]
    mx = {"here.test": [(10, "mail.test.example")], "routed.test": [(10, "MAIL.test.example")],
          "away.test": [(10, "mx.other.test")],
          "backup.test": [(10, "mx.other.test"), (20, "mail.test.example")]}
    with Dns(mx=mx) as dns:
        daemon = Receiver(dns, domains=domains, routes=[
            {"domain": "routed.test", "host": "mailbox.test"}],
            unsubscribe={"url": "https://x.test", "mailto": "leave@lists.test"})
        try:
            got = daemon.run("check")
            said = got.stderr
        finally:
            shutil.rmtree(daemon.directory)
        warned = [line for line in said.splitlines() if "mail for" in line]
        cases.check(f":{daemon.port25} (no TLS, receives); takes mail for here.test, routed.test,"
                    in got.stdout, got.stdout)
        cases.equal([re.search(r"mail for (\S+) (.*?)[:;] ", line).groups() for line in warned],
                    [("here.test", "gets no further"), ("away.test", "does not come here"),
                     ("unknown.test", "does not come here"),
                     ("lists.test", "does not come here")], said)


def slow():
    """Who sends a byte now and then is not waited for"""
    short = {"command_timeout": "2s", "data_timeout": "2s", "message_timeout": "3s"}
    with world(receive=short) as (daemon, _):
        for begin in ([], ["EHLO x.test"], ["EHLO x.test", "MAIL FROM:<a@weak.test>"],
                      ["EHLO x.test", "MAIL FROM:<a@weak.test>", "RCPT TO:<bob@local.test>",
                       "DATA"]):
            with RawStranger(daemon) as raw:
                for line in begin:
                    cases.check(raw.ask(line).code in (250, 354), line)
                stop = threading.Event()

                def trickle():
                    while not stop.wait(0.5):
                        raw.send(b"x")
                thread = threading.Thread(target=trickle)
                thread.start()
                cases.check(raw.has_ended(20), f"after {begin[-1:]}")
                stop.set()
                thread.join()


def changed():
    """A reload brings another domain; sessions that run keep theirs"""
    with world() as (daemon, sink):
        with Stranger(daemon) as old:
            old.ehlo()
            daemon.config["receive"]["domains"].append({"domain": "new.test", "recipients": "any"})
            daemon.write_config()
            cases.check(daemon.reload(), "reload")
            old.mail("a@weak.test")
            cases.equal(old.rcpt("x@new.test")[0], 550, "an old session")
            cases.equal(old.rcpt("bob@local.test")[0], 250, "goes on")
        got = bring(daemon, "a@weak.test", ["x@new.test"], text("a@weak.test"))
        cases.equal(got[0], 250, f"a new one: {got[1]}")
        cases.equal(sink.wait(1, 60)[0].addresses, ["x@new.test"], "and it goes on")


def many():
    """Forty strangers at a time"""
    with world(receive={"sessions_per_address": 0}, workers=3) as (daemon, sink):
        codes = []

        def one(number):
            codes.append(bring(daemon, "a@good.test", ["bob@local.test"], signed("a@good.test"),
                               f"192.0.2.{number}")[0])
        threads = [threading.Thread(target=one, args=(i + 1,)) for i in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        cases.equal(codes, [250] * 40, "replies")
        got = sink.wait(40, 120)
        cases.equal(sum("dmarc=pass" in results(m) for m in got), 40, "all checked")


if __name__ == "__main__":
    need("dnsmasq", "openssl", modules=("dkim",))
    sys.exit(cases.run([authentic, late, claims, hidden, returned, somebody, next_server_down,
                        loops, mirrors, limits, hurry, blocked, encrypted, store_away, slow_dns,
                        slow, checked, changed, many]))
