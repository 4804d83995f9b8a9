#!/usr/bin/env python3
"""Postfix, on both sides: as the MX that Ringpost relays to, and as a client that
relays through Ringpost with a password over TLS.
"""
import glob
import hashlib
import os
import random
import shutil
import smtplib
import subprocess
import sys
import tempfile

from ringpost_live import Cases, Daemon, Dns, Sink, free_port, make_certificate, until
from smtp_raw import Raw, add_account, need, notification, parse

need("postfix", "postconf", "dnsmasq", "openssl", "redis-server", root=True)
cases = Cases()
check, equal = cases.check, cases.equal
USER, PASSWORD = "pf@sender.test", "a password"
HOST = "127.0.0.3"

MAIN = """
compatibility_level = 3.6
myhostname = mx.pf.test
mydomain = pf.test
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
local_recipient_maps =
alias_maps =
virtual_mailbox_domains = pf.test, plain.pf.test, bare.pf.test
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:all/
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
smtputf8_enable = yes
smtputf8_autodetect_classes = all
message_size_limit = 2000000
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions =
    check_recipient_access inline:{{ {{ no@pf.test = REJECT not here }} {{ later@pf.test = DEFER not now }} }}
smtpd_tls_security_level = may
smtpd_tls_chain_files = {key}, {certificate}
smtpd_tls_received_header = yes
smtp_host_lookup = native
smtp_dns_support_level = disabled
relayhost = [127.0.0.1]:{relay}
smtp_tls_security_level = verify
smtp_tls_verify_cert_match = mail.test.example
smtp_tls_CAfile = {ca}
smtp_sasl_auth_enable = yes
smtp_sasl_security_options = noanonymous
smtp_sasl_password_maps = inline:{{ {{ [127.0.0.1]:{relay} = {user}:{password} }} }}
default_destination_concurrency_limit = 5
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
biff = no
"""

MASTER = """
{host}:{port} inet n - n - - smtpd
{host}:{plain} inet n - n - - smtpd
    -o smtpd_discard_ehlo_keywords=chunking,starttls,dsn
{host}:{bare} inet n - n - - smtpd
    -o smtpd_discard_ehlo_keywords=chunking,starttls,dsn,pipelining,size,8bitmime,smtputf8
cleanup   unix  n  -  n  -     0  cleanup
qmgr      unix  n  -  n  300   1  qmgr
tlsmgr    unix  -  -  n  1000? 1  tlsmgr
rewrite   unix  -  -  n  -     -  trivial-rewrite
bounce    unix  -  -  n  -     0  bounce
defer     unix  -  -  n  -     0  bounce
trace     unix  -  -  n  -     0  bounce
verify    unix  -  -  n  -     1  verify
proxymap  unix  -  -  n  -     -  proxymap
smtp      unix  -  -  n  -     -  smtp
showq     unix  n  -  n  -     -  showq
error     unix  -  -  n  -     -  error
retry     unix  -  -  n  -     -  error
discard   unix  -  -  n  -     -  discard
virtual   unix  -  n  n  -     -  virtual
anvil     unix  -  -  n  -     1  anvil
scache    unix  -  -  n  -     1  scache
pickup    unix  n  -  n  60    1  pickup
postlog   unix-dgram n - n -   1  postlogd
"""


class Postfix:
    """An instance of its own: nothing of the system's is read or written."""

    def __init__(self, relay, ca):
        import pwd
        self.folder = tempfile.mkdtemp(prefix="ringpost-postfix-")
        os.chmod(self.folder, 0o755)
        self.port, self.plain, self.bare = free_port(HOST), free_port(HOST), free_port(HOST)
        user = pwd.getpwnam("postfix")
        for name in ("etc", "spool", "data", "mail"):
            os.mkdir(f"{self.folder}/{name}", 0o755)
        for name in ("data", "mail"):
            os.chown(f"{self.folder}/{name}", user.pw_uid, user.pw_gid)
        certificate, key = make_certificate(self.folder, "mx.pf.test")
        values = dict(vars(self), host=HOST, relay=relay, ca=ca, certificate=certificate, key=key,
                      uid=user.pw_uid, gid=user.pw_gid, user=USER, password=PASSWORD)
        for name, text in (("main.cf", MAIN), ("master.cf", MASTER)):
            with open(f"{self.folder}/etc/{name}", "w") as file:
                file.write(text.format(**values).lstrip())

    def command(self, word):
        return subprocess.run(["postfix", "-c", self.folder + "/etc", word], capture_output=True,
                              text=True)

    def __enter__(self):
        got = self.command("start")
        if got.returncode:
            raise RuntimeError(f"postfix does not start: {got.stdout}{got.stderr}{self.log()}")
        return self

    def __exit__(self, kind, *_):
        self.command("stop")
        if kind:
            print(self.log(), file=sys.stderr)
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        try:
            with open(self.folder + "/log") as file:
                return "".join(file.readlines()[-60:])
        except OSError:
            return "(no log)"

    def mail(self):
        """Delivered messages as bytes with CRLF, by the local part of their recipient."""
        found = []
        for path in glob.glob(self.folder + "/mail/all/new/*"):
            with open(path, "rb") as file:
                found.append(file.read().replace(b"\n", b"\r\n"))
        return found


def body_of(data):
    return data.partition(b"\r\n\r\n")[2]


def varied(count, limit=60000):
    """(subject, body) pairs."""
    rng = random.Random(count)
    for number in range(count):
        lines = []
        size = rng.choice([0, 10, 1000, 5000, limit])
        while sum(map(len, lines)) < size:
            lines.append(bytes(rng.choices(b"abc .\t\xc3\xa4", k=rng.randint(0, 300))) + b"\r\n")
        yield f"m{number}", b"".join(lines)


def wait_for(subjects, timeout=60):
    """Postfix's messages of those subjects, by subject."""
    def there():
        got = {parse(m)["Subject"]: m for m in postfix.mail()}
        return got if subjects <= set(got) else None
    return until(there, timeout, f"{len(subjects)} messages at Postfix", pause=0.1)


def send(raw, recipients, subject, body, parameters="", rcpt=""):
    raw.send(f"MAIL FROM:<a@sender.test> BODY=8BITMIME{parameters}\r\n")
    for recipient in recipients:
        raw.send(f"RCPT TO:<{recipient}>{rcpt}\r\n")
    text = f"From: a@sender.test\r\nSubject: {subject}\r\n\r\n".encode() + body
    raw.send(b"BDAT %d LAST\r\n" % len(text) + text)
    replies = [raw.reply() for _ in range(len(recipients) + 2)]
    equal({r.code for r in replies}, {250}, f"submission of {subject}")
    return replies[-1].text.rsplit(" ", 1)[-1]


def as_mx():
    "Postfix as MX: 60 messages over warm TLS connections, byte for byte"
    hashes = {}
    with Raw(daemon.port) as raw:
        raw.hello()
        for subject, body in varied(60):
            hashes["mx-" + subject] = hashlib.sha256(body).digest()
            send(raw, [f"{subject}@pf.test"], "mx-" + subject, body)
    got = wait_for(set(hashes))
    for subject, digest in hashes.items():
        check(hashlib.sha256(body_of(got[subject])).digest() == digest, f"{subject} is whole")
    events = [e for e in daemon.events("delivered") if e["rcpt"].endswith("@pf.test")]
    check(all(e.get("tls") for e in events), "over TLS")
    check(all("mx.pf.test" in e["host"] for e in events), "at its MX")
    log = postfix.log()
    connects = log.count(": connect from")
    check(connects < 30, f"connections: {connects}")


def without_extensions():
    "Postfix without CHUNKING, and without anything"
    for domain in ("plain.pf.test", "bare.pf.test"):
        hashes = {}
        with Raw(daemon.port) as raw:
            raw.hello()
            for number, (subject, body) in enumerate(varied(20)):
                if domain.startswith("bare"):
                    body = body.replace(b"\xc3", b"e").replace(b"\xa4", b".")
                name = f"{domain}-{subject}"
                hashes[name] = hashlib.sha256(body).digest()
                send(raw, [f"{subject}@{domain}"], name, body)
        got = wait_for(set(hashes))
        for subject, digest in hashes.items():
            check(hashlib.sha256(body_of(got[subject])).digest() == digest, f"{subject} is whole")


def utf8():
    "SMTPUTF8 through Postfix; 8-bit to it without 8BITMIME is converted"
    with Raw(daemon.port) as raw:
        raw.hello()
        send(raw, ["ü@pf.test"], "grüße", "日本\r\n".encode(), " SMTPUTF8")
        text = ("From: a@sender.test\r\nMIME-Version: 1.0\r\nSubject: converted\r\n"
                "Content-Type: text/plain; charset=utf-8\r\n"
                "Content-Transfer-Encoding: 8bit\r\n\r\nüöä\r\n").encode()
        raw.send(b"MAIL FROM:<a@sender.test> BODY=8BITMIME\r\nRCPT TO:<c@bare.pf.test>\r\n"
                 b"BDAT %d LAST\r\n" % len(text) + text)
        equal([raw.reply().code for _ in range(3)], [250] * 3, "submission")
    got = wait_for({"grüße", "converted"})
    equal(body_of(got["grüße"]), "日本\r\n".encode(), "UTF-8")
    check(got["converted"].isascii(), "seven bits")
    equal(parse(got["converted"]).get_content().strip(), "üöä", "the same text")


def refusals():
    "Refused, deferred and too large: as Postfix says, DSN parameters with it"
    with Raw(daemon.port) as raw:
        raw.hello()
        id = send(raw, ["no@pf.test", "yes@pf.test", "later@pf.test"], "three", b"x\r\n",
                  " ENVID=three")
        before = len(home.messages)
        daemon.wait_event("bounced", id=id, rcpt="no@pf.test")
        daemon.wait_event("delivered", id=id, rcpt="yes@pf.test")
        event = daemon.wait_event("deferred", id=id, rcpt="later@pf.test")
        check("not now" in event["reply"], f"what it said: {event['reply']}")
        dsn = notification(home.wait(before + 1)[-1])
        check("not here" in dsn.recipients[0]["Diagnostic-Code"], "the notification says why")
        equal(dsn.report["Original-Envelope-Id"], "three", "ENVID")
        big = send(raw, ["big@pf.test"], "big", b"0123456789abcdef\r\n" * 120000)
        event = daemon.wait_event("bounced", id=big)
        check("5.3.4" in event["reply"], f"larger than its SIZE: {event['reply']}")
        # Its own notification of success comes back with what we passed on.
        ok = send(raw, ["ok@pf.test"], "success", b"x\r\n", " ENVID=succ RET=HDRS",
                  " NOTIFY=SUCCESS ORCPT=rfc822;orig@pf.test")
        daemon.wait_event("delivered", id=ok)
        equal(daemon.events("notified", about=ok), [], "we tell nothing ourselves")

    def told():
        for m in home.messages:
            report = parse(m.data)
            if report.get_content_type() == "multipart/report" and b"succ" in m.data \
                    and "delivered" in m.text:
                return m
        return None
    message = until(told, 30, "Postfix's own notification")
    check("orig@pf.test" in message.text, "ORCPT went along")
    daemon.run("queue", "drop", id)


def as_client():
    "Postfix as a client: SASL over verified TLS, through us to a sink"
    hashes = {}
    before = len(home.messages)
    with smtplib.SMTP(HOST, postfix.port) as client:
        for subject, body in varied(40, 20000):
            text = f"From: {USER}\r\nSubject: c-{subject}\r\n\r\n".encode() + body
            hashes["c-" + subject] = hashlib.sha256(body).digest()
            client.sendmail(USER, [f"{subject}@home.test"], text, ["BODY=8BITMIME"])
    got = {parse(m.data)["Subject"]: m for m in home.wait(before + 40, 60)[before:]}
    equal(sorted(got), sorted(hashes), "what arrived")
    for subject, digest in hashes.items():
        if subject in got:
            check(hashlib.sha256(body_of(got[subject].data)).digest() == digest,
                  f"{subject} is whole")
    daemon.wait_event("received", account=USER, count=40)
    events = daemon.events("received", account=USER)
    check(all(e.get("tls") for e in events), "over TLS")


home = Sink(host="127.0.0.2")
daemon = Daemon(tls=True, relay={"retry": ["2s"], "idle": "5s", "connections": 5})
postfix = Postfix(daemon.starttls_port, daemon.certificate)
with home, Dns(mx={d: [(10, "mx.pf.test")] for d in
                   ("pf.test", "plain.pf.test", "bare.pf.test")},
               a={"mx.pf.test": [HOST]}) as dns:
    daemon.config["dns"] = {"servers": [dns.address]}
    daemon.config["routes"] = [
        {"domain": domain, "port": port, "private_addresses": True} for domain, port in
        (("pf.test", postfix.port), ("plain.pf.test", postfix.plain),
         ("bare.pf.test", postfix.bare))] + [home.route("*")]
    daemon.write_config()
    with daemon, postfix:
        # Its own notifications come from there.
        add_account(daemon, USER, PASSWORD, "@sender.test", "@mx.pf.test")
        status = cases.run([as_mx, without_extensions, utf8, refusals, as_client])
        if status:
            print(postfix.log(), file=sys.stderr)
sys.exit(status)
