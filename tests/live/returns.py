#!/usr/bin/env python3
"""What comes back to port 25: late bounces for programs and in words, of a real
Postfix too, and complaints; each tied to its message, tenant and recipient."""
import base64
import email
import email.message
import email.policy
import json
import os
import pwd
import shutil
import smtplib
import subprocess
import sys
import tempfile

import dkim

import ringpost_verp as verp
from events import stream
from port25 import Receiver, bring
from ringpost_live import Cases, Sink, free_port, until
from smtp_raw import need

need("postfix", "openssl", "redis-server", modules=["dkim"], root=True)
cases = Cases()
check, equal = cases.check, cases.equal
SECRET = "00112233445566778899aabbccddeeffffeeddccbbaa99887766554433221100"
DOMAIN, FBL = "bounces.sender.test", "fbl@sender.test"
TEXT = "From: Shop <news@sender.test>\nTo: ann@receiver.test\nSubject: Your order\n\nHello\n"
KEY = subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt",
                      "rsa_keygen_bits:2048"], check=True, capture_output=True).stdout


def world(sink, **sections):
    """A daemon that sends for the tenant "shop" with VERP, signs, and receives."""
    daemon = Receiver(routes=[sink.route("*")], tenants=[{"name": "shop"}],
                      relay={"retry": ["1s"]}, receive={"postmaster": "post@sender.test"},
                      suppression={"hard_bounces": "tenant"},
                      bounces={"domain": DOMAIN, "complaints_to": FBL,
                               "complaint_addresses": ["loop@sender.test"]}, **sections)
    for name, text in (("secret", SECRET.encode() + b"\n"), ("key", KEY)):
        with open(os.open(os.path.join(daemon.directory, name),
                          os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
            file.write(text)
    daemon.config["bounces"]["secret_file"] = os.path.join(daemon.directory, "secret")
    daemon.config["dkim"] = [{"domain": "sender.test", "selector": "s",
                              "key": os.path.join(daemon.directory, "key")}]
    daemon.config["listeners"][0]["tenant"] = "shop"
    daemon.write_config()
    return daemon


def send(daemon, sink, recipients, text=TEXT):
    """A message on its way: its id, and what the next server got."""
    before = len(sink.messages)
    with daemon.connect() as client:
        client.ehlo()
        client.mail("news@sender.test")
        for recipient in recipients:
            code, said = client.rcpt(recipient)
            assert code == 250, said
        code, said = client.data(text.replace("\n", "\r\n").encode())
        assert code == 250, said
    got = sink.wait(before + 1)[before]
    return said.decode().rsplit(" ", 1)[-1], got


def header_of(message):
    return message.text.split("\n\n", 1)[0] + "\n"


def report(kind, parts, original=None, **fields):
    """multipart/report as Python writes it; PARTS: the fields of its second part."""
    outer = email.message.EmailMessage(policy=email.policy.SMTP)
    fields = {"From": "Mail Delivery System <MAILER-DAEMON@mx.receiver.test>",
              "Subject": "Undelivered Mail", **fields}
    for name, value in fields.items():
        outer[name.replace("_", "-")] = value
    outer["MIME-Version"] = "1.0"
    boundary = "=_report"
    outer["Content-Type"] = f'multipart/report; report-type={kind}; boundary="{boundary}"'
    body = [f"--{boundary}", "Content-Type: text/plain", "", "See below.", "",
            f"--{boundary}", f"Content-Type: message/{kind}", "", parts.rstrip("\n"), ""]
    if original is not None:
        body += [f"--{boundary}", "Content-Type: text/rfc822-headers", "", original]
    head = "".join(f"{name}: {value}\n" for name, value in outer.items())
    return head + "\n" + "\n".join(body + [f"--{boundary}--", ""])


def status_of(recipient, action="failed", status="5.1.1", said="550 5.1.1 No such user here"):
    return ("Reporting-MTA: dns; mx.receiver.test\n\n"
            f"Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\n"
            f"Remote-MTA: dns; store.receiver.test\nDiagnostic-Code: smtp; {said}\n")


def refused(daemon, recipient):
    """What who submits for RECIPIENT hears."""
    with daemon.connect() as client:
        client.ehlo()
        client.mail("news@sender.test")
        return client.rcpt(recipient)[0]


def late_bounce():
    """A late bounce for programs: tied, classified, told once, suppressed; why and returns"""
    with Sink() as sink, world(sink, events={"stream": True}) as daemon:
        id, got = send(daemon, sink, ["ann@receiver.test"])
        equal(refused(daemon, "ann@receiver.test"), 250, "before")
        text = report("delivery-status", status_of("ann@receiver.test"), header_of(got))
        for _ in range(2):
            code, said = bring(daemon, "", [got.sender], text)
            equal(code, 250, said)
        event = daemon.wait_event("bounced_late", id=id)
        for field, want in (("tenant", "shop"), ("rcpt", "ann@receiver.test"),
                            ("category", "bad-mailbox"), ("suppressed", True),
                            ("reply", "550 5.1.1 No such user here"), ("style", "rfc3464"),
                            ("host", "store.receiver.test"), ("client", "192.0.2.1")):
            equal(event.get(field), want, field)
        told = until(lambda: [e for e in stream(daemon) if e.get("late")], what="an event")
        equal([(e["event"], e["message"], e["tenant"], e["rcpt"], e["category"], e["reply"])
               for e in told], [("bounced", id, "shop", "ann@receiver.test", "bad-mailbox",
                                 "550 5.1.1 No such user here")], "what applications hear")
        entered = daemon.wait_event("suppression_entered", address="ann@receiver.test")
        equal((entered["tenant"], entered["reason"], entered["id"]),
              ("shop", "hard-bounce", id), "entered")
        equal(refused(daemon, "ann@receiver.test"), 550, "after")
        equal(refused(daemon, "bob@receiver.test"), 250, "another")
        equal(len(daemon.events("bounced_late")), 1, "told once")
        totals = json.loads(daemon.run("status", "--json").stdout)["totals"]
        equal((totals["returned"], totals["bounced_late"], totals["complained"]), (2, 1, 0),
              "status")
        check("1 bounced late, 0 delayed" in daemon.run("status").stdout, "status")
        why = daemon.run("why", id, status=0).stdout
        check("What came back about it:" in why and "category=bad-mailbox" in why, why)
        lines = daemon.run("why", id, "--json", status=0).stdout
        check('"event":"bounced_late"' in lines, lines)
        path = os.path.join(daemon.directory, "bounce.eml")
        with open(path, "w") as file:
            file.write(text)
        found, = daemon.run_json("returns", path)
        equal(found["about"], {"id": id, "tenant": "shop", "rcpt": "ann@receiver.test",
                               "one": True, "expires_ms": found["about"]["expires_ms"]}, "about")
        equal(found["recipients"][0]["category"], "bad-mailbox", "category")
        said = daemon.run("returns", path, status=0).stdout.replace("\n", " ")
        check(f"it is about message {id} of tenant shop to <ann@receiver.test>" in said, said)


def kinds():
    """Delayed, delivered, full: told, and nobody is suppressed for it"""
    with Sink() as sink, world(sink) as daemon:
        for action, status, said, name, category in (
                ("delayed", "4.7.1", "451 4.7.1 Greylisted", "delayed_late", "greylisting"),
                ("delivered", "2.0.0", "250 2.0.0 Saved", "delivered_late", None),
                ("failed", "5.2.2", "552 5.2.2 Mailbox full", "bounced_late", "mailbox-full")):
            id, got = send(daemon, sink, ["ann@receiver.test"])
            code, answer = bring(daemon, "", [got.sender], report(
                "delivery-status", status_of("ann@receiver.test", action, status, said)))
            equal(code, 250, answer)
            event = daemon.wait_event(name, id=id)
            equal((event.get("category"), event.get("suppressed")), (category, None), action)
        equal(refused(daemon, "ann@receiver.test"), 250, "still")


def in_words():
    """A bounce in words for people: qmail's, with no header of ours in it"""
    with Sink() as sink, world(sink) as daemon:
        id, got = send(daemon, sink, ["ann@receiver.test"])
        text = ("From: MAILER-DAEMON@mx.receiver.test\nTo: you\nSubject: failure notice\n\n"
                "Hi. This is the qmail-send program at mx.receiver.test.\n"
                "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
                "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
                "<ann@receiver.test>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
                "--- Below this line is a copy of the message.\n\nSubject: Your order\n")
        code, said = bring(daemon, "", [got.sender], text)
        equal(code, 250, said)
        event = daemon.wait_event("bounced_late", id=id)
        equal((event["style"], event["rcpt"], event["tenant"], event["suppressed"]),
              ("qmail", "ann@receiver.test", "shop", True), "event")
        equal(refused(daemon, "ann@receiver.test"), 550, "after")
        # Somebody who is away is none.
        id, got = send(daemon, sink, ["bob@receiver.test"])
        code, said = bring(daemon, "", [got.sender],
                           "From: bob@receiver.test\nSubject: Automatic reply: Your order\n"
                           "Auto-Submitted: auto-replied\n\nI am on holiday.\n")
        equal(code, 250, said)
        equal(daemon.wait_event("returned_ignored", id=id)["kind"], "answer", "away")
        equal(refused(daemon, "bob@receiver.test"), 250, "bob")


def complaint():
    """A complaint whose provider hides the recipient: tied by what we signed (RFC 9477)"""
    with Sink() as sink, world(sink, events={"stream": True}) as daemon:
        id, got = send(daemon, sink, ["ann@receiver.test"])
        parsed = email.message_from_string(got.text)
        equal(parsed["CFBL-Address"], FBL + "; report=arf", "CFBL-Address")
        signed = parsed["DKIM-Signature"].replace("\n", "").replace("\t", "").lower()
        check("cfbl-address" in signed and "cfbl-feedback-id" in signed, signed)
        record = subprocess.run(["openssl", "pkey", "-pubout", "-outform", "DER"], input=KEY,
                                capture_output=True, check=True).stdout
        record = b"v=DKIM1; p=" + base64.b64encode(record)
        check(dkim.verify(got.data, dnsfunc=lambda *a, **k: record), "the signature")
        check("receiver.test" not in parsed["CFBL-Feedback-ID"], "he can be read")
        original = (f"From: {parsed['From']}\nSubject: {parsed['Subject']}\n"
                    f"CFBL-Feedback-ID: {parsed['CFBL-Feedback-ID']}\n")
        text = report("feedback-report", "Feedback-Type: abuse\nUser-Agent: Loop/1\n"
                      "Version: 1\nOriginal-Rcpt-To: 0badc0ffee@receiver.test\n", original,
                      Subject="FW: Your order", From="fbl@receiver.test")
        code, said = bring(daemon, "fbl@receiver.test", [FBL], text)
        equal(code, 250, said)
        event = daemon.wait_event("complained", id=id)
        equal((event["tenant"], event["rcpt"], event["complaint"], event["suppressed"]),
              ("shop", "ann@receiver.test", "abuse", True), "event")
        equal(daemon.wait_event("suppression_entered")["reason"], "complaint", "reason")
        equal(refused(daemon, "ann@receiver.test"), 550, "after")
        # By the envelope sender that it returns, at another address.
        id, got = send(daemon, sink, ["bob@receiver.test"])
        code, said = bring(daemon, "fbl@receiver.test", ["loop@sender.test"], report(
            "feedback-report", "Feedback-Type: opt-out\nVersion: 1\n"
            f"Original-Mail-From: <{got.sender}>\nOriginal-Rcpt-To: <bob@receiver.test>\n"))
        equal(code, 250, said)
        event = daemon.wait_event("complained", id=id)
        equal((event["complaint"], event["suppressed"]), ("opt-out", True), "opt-out")
        told = until(lambda: (lambda list: len(list) == 3 and list)(
            [(e["event"], e["rcpt"], e.get("reason")) for e in stream(daemon)
             if e["event"] in ("complained", "unsubscribed")]), what="what applications hear")
        equal(sorted(told), [("complained", "ann@receiver.test", "abuse"),
                             ("complained", "bob@receiver.test", "opt-out"),
                             ("unsubscribed", "bob@receiver.test", None)], "applications")
        # Other authors' mail says nothing of it.
        _, got = send(daemon, sink, ["cid@receiver.test"], TEXT.replace("sender.test", "x.test"))
        check("CFBL-" not in got.text, "of another domain")


def strangers():
    """Made up tokens are refused; reports without one change nothing"""
    with Sink() as sink, world(sink) as daemon:
        id, got = send(daemon, sink, ["ann@receiver.test"])
        text = report("delivery-status", status_of("ann@receiver.test"), header_of(got))
        token = verp.read(SECRET, got.sender)
        check(token and token.id == id, got.sender)
        forged = verp.write("ff" * 32, id, "ann@receiver.test", "shop", domain=DOMAIN)
        equal(bring(daemon, "", [forged], text)[0], 550, "another's signature")
        old = verp.write(SECRET, id, "ann@receiver.test", "shop", days=0, domain=DOMAIN)
        equal(bring(daemon, "", [old], text)[0], 550, "too old")
        bare = report("delivery-status", status_of("ann@receiver.test"))
        code, said = bring(daemon, "x@evil.test", [FBL], bare)
        equal(code, 250, said)
        event = daemon.wait_event("returned_unknown")
        equal((event["rcpt"], event["claimed"], event["to"]),
              ("ann@receiver.test", True, FBL), "unknown")
        # His own token is good for himself alone.
        mine = verp.write(SECRET, id, "eve@receiver.test", "shop", domain=DOMAIN)
        equal(bring(daemon, "", [mine], bare)[0], 250, "eve's")
        event = daemon.wait_event("bounced_late", id=id)
        equal((event.get("rcpt"), event["final"], event.get("suppressed")),
              (None, "ann@receiver.test", None), "about eve")
        equal(refused(daemon, "ann@receiver.test"), 250, "ann")
        equal(refused(daemon, "eve@receiver.test"), 250, "eve")


def large():
    """Large ones, and hostile ones: the beginning is read, the daemon goes on"""
    with Sink() as sink, world(sink) as daemon:
        id, got = send(daemon, sink, ["ann@receiver.test"])
        text = report("delivery-status", status_of("ann@receiver.test"),
                      header_of(got) + "\n" + "All of it.\n" * 300000)
        check(len(text) > 3000000, "not large")
        code, said = bring(daemon, "", [got.sender], text)
        equal(code, 250, said)
        equal(daemon.wait_event("bounced_late", id=id)["rcpt"], "ann@receiver.test", "large")
        head = "From: MAILER-DAEMON@x.test\nSubject: Undelivered\n"
        status = "--b\nContent-Type: message/delivery-status\n\n"
        many = "".join(f"Final-Recipient: rfc822; a{i}@receiver.test\nAction: failed\n\n"
                       for i in range(20000))
        nested = "".join(f"Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n"
                         for i in range(5000))
        for what, text in (
                ("recipients", f"{head}Content-Type: multipart/report; boundary=b\n\n"
                               f"{status}\n\n{many}--b--\n"),
                ("nested", head + nested + "x\n"),
                ("addresses", head + "\n" + "a@b.test 550 5.1.1 c@d.test\n" * 40000),
                ("no header", "\n" + "--b\n" * 100000)):
            before = len(daemon.events("bounced_late")) + len(daemon.events("returned_ignored"))
            code, said = bring(daemon, "", [got.sender], text)
            equal(code, 250, f"{what}: {said}")
            until(lambda: len(daemon.events("bounced_late")) +
                  len(daemon.events("returned_ignored")) > before or what != "no header",
                  what=what)
        equal(daemon.events("suppression_entered")[0]["address"], "ann@receiver.test", "entered")
        equal(len(daemon.events("suppression_entered")), 1, "others")


def redis_away():
    """Without Redis a bounce has to come again; a restart forgets nothing"""
    with Sink() as sink, world(sink) as daemon:
        id, got = send(daemon, sink, ["ann@receiver.test"])
        text = report("delivery-status", status_of("ann@receiver.test"))
        daemon.wait_event("delivered", id=id)
        daemon.kill_redis()

        def taken():  # it is soon back
            try:
                code, said = bring(daemon, "", [got.sender], text)
            except smtplib.SMTPException:
                return False
            check(code // 100 in (2, 4), said)
            return code == 250
        until(taken, timeout=60, what="250")
        daemon.wait_event("bounced_late", id=id)
        equal(len(daemon.events("bounced_late")), 1, "told once")
        daemon.stop()
        daemon.start()
        equal(refused(daemon, "ann@receiver.test"), 550, "after the restart")
        check("bounced_late" in daemon.run("why", id, status=0).stdout, "why")
        equal(bring(daemon, "", [got.sender], text)[0], 250, "once more")
        equal(len(daemon.events("bounced_late")), 1, "told once in all")


MAIN = """
compatibility_level = 3.6
myhostname = mx.receiver.test
queue_directory = {folder}/spool
data_directory = {folder}/data
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
mydestination =
relay_domains = receiver.test
local_recipient_maps =
alias_maps =
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, reject
smtp_host_lookup = native
smtp_dns_support_level = disabled
smtp_tls_security_level = none
default_transport = smtp:[127.0.0.1]:{home}
relay_transport = smtp:[127.0.0.1]:{store}
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
biff = no
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup   unix  n  -  n  -     0  cleanup
qmgr      unix  n  -  n  300   1  qmgr
tlsmgr    unix  -  -  n  1000? 1  tlsmgr
rewrite   unix  -  -  n  -     -  trivial-rewrite
bounce    unix  -  -  n  -     0  bounce
defer     unix  -  -  n  -     0  bounce
trace     unix  -  -  n  -     0  bounce
proxymap  unix  -  -  n  -     -  proxymap
smtp      unix  -  -  n  -     -  smtp
error     unix  -  -  n  -     -  error
retry     unix  -  -  n  -     -  error
anvil     unix  -  -  n  -     1  anvil
scache    unix  -  -  n  -     1  scache
postlog   unix-dgram n - n -   1  postlogd
"""


class Postfix:
    """Takes mail for receiver.test, whose store is at STORE; all else goes HOME."""

    def __init__(self, store, home):
        self.folder, self.port = tempfile.mkdtemp(prefix="ringpost-postfix-"), free_port()
        os.chmod(self.folder, 0o755)
        for name in ("etc", "spool", "data"):
            os.mkdir(f"{self.folder}/{name}", 0o755)
        os.chown(f"{self.folder}/data", pwd.getpwnam("postfix").pw_uid, -1)
        for name, text in (("main.cf", MAIN), ("master.cf", MASTER)):
            with open(f"{self.folder}/etc/{name}", "w") as file:
                file.write(text.format(folder=self.folder, port=self.port, store=store,
                                       home=home).lstrip())

    def command(self, word):
        return subprocess.run(["postfix", "-c", self.folder + "/etc", word], text=True,
                              capture_output=True)

    def __enter__(self):
        got = self.command("start")
        if got.returncode:
            raise RuntimeError(f"postfix does not start: {got.stdout}{got.stderr}")
        return self

    def __exit__(self, kind, *_):
        self.command("stop")
        if kind:
            with open(self.folder + "/log") as file:
                print(file.read()[-6000:], file=sys.stderr)
        shutil.rmtree(self.folder, ignore_errors=True)


def postfix():
    """A real Postfix takes the mail, cannot deliver it, and says so: both ways over SMTP"""
    def refuse(step):
        return "550 5.1.1 Nobody here is called that" if step.verb == "RCPT" else None

    home = free_port()
    with Sink(rule=refuse) as store, Postfix(store.port, home) as peer:
        daemon = Receiver(bounces={"domain": DOMAIN}, tenants=[{"name": "shop"}],
                          receive={"postmaster": "post@sender.test"},
                          suppression={"hard_bounces": "tenant"},
                          routes=[{"domain": "*", "host": "[127.0.0.1]", "port": peer.port,
                                   "private_addresses": True}])
        daemon.config["listeners"][0]["tenant"] = "shop"
        daemon.config["listeners"].append({"address": f"127.0.0.1:{home}", "role": "receive",
                                           "tls": "none"})
        daemon.write_config()
        with daemon:
            with daemon.connect() as client:
                client.sendmail("news@sender.test", ["ann@receiver.test"], TEXT)
            id = daemon.wait_event("delivered")["id"]
            event = daemon.wait_event("bounced_late", id=id, timeout=60)
            equal((event["tenant"], event["rcpt"], event["category"], event["style"],
                   event["reporter"], event["suppressed"]),
                  ("shop", "ann@receiver.test", "bad-mailbox", "rfc3464", "mx.receiver.test",
                   True), "event")
            check("Nobody here is called that" in event["reply"], event["reply"])
            equal(refused(daemon, "ann@receiver.test"), 550, "after")


if __name__ == "__main__":
    sys.exit(cases.run([late_bounce, kinds, in_words, complaint, strangers, large, redis_away,
                        postfix]))
