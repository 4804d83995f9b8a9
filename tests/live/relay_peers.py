#!/usr/bin/env python3
"""Relaying to servers that others wrote: aiosmtpd, Postfix's smtp-sink and a whole
Postfix; TLS against OpenSSL through Python; smarthosts; MX from dnsmasq."""
import os
import shutil
import subprocess
import sys
import tempfile
import time

if os.path.exists("/usr/bin/python3") and sys.executable != "/usr/bin/python3" \
        and "pyenv" in sys.executable:
    # Debian's packages are for Debian's Python.
    os.execv("/usr/bin/python3", ["/usr/bin/python3"] + sys.argv)

from ringpost_live import Cases, Daemon, Dns, Sink, free_port, make_certificate, until

cases = Cases()
TEXT = "From: a@sender.test\nSubject: x\n\n.dot\n..dots\nHello\n"


def route(domain, port, **more):
    return {"domain": domain, "host": "[127.0.0.1]", "port": port,
            "private_addresses": True, **more}


def aiosmtpd():
    """aiosmtpd takes a message with dots and 8-bit text as it was"""
    from aiosmtpd.controller import Controller
    got = []

    class Handler:
        async def handle_DATA(self, server, session, envelope):
            got.append(envelope)
            return "250 2.0.0 taken"

    controller = Controller(Handler(), hostname="127.0.0.1", port=free_port(),
                            enable_SMTPUTF8=True)
    controller.start()
    try:
        with Daemon(routes=[route("*", controller.port)]) as daemon:
            for i in range(10):
                daemon.submit("a@sender.test", ["b@receiver.test", "c@receiver.test"],
                              TEXT + "grüße\n", mail_options=["BODY=8BITMIME"])
            until(lambda: len(got) == 10, what="ten messages")
            text = got[0].content.decode().replace("\r\n", "\n")
            cases.check(text.endswith(TEXT.split("\n\n", 1)[1] + "grüße\n"), repr(text))
            cases.equal(got[0].rcpt_tos, ["b@receiver.test", "c@receiver.test"], "recipients")
            cases.check("BODY=8BITMIME" in got[0].mail_options, repr(got[0].mail_options))
    finally:
        controller.stop()


def smtp_sink():
    """Postfix's smtp-sink takes 500 messages over a few connections"""
    port = free_port()
    words = ["smtp-sink", "-c", f"127.0.0.1:{port}", "100"]
    if os.geteuid() == 0:
        words[1:1] = ["-u", "nobody"]
    sink = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with Daemon(routes=[route("*", port)], relay={"connections": 5}) as daemon:
            with daemon.connect() as client:
                for i in range(500):
                    client.sendmail("a@sender.test", ["b@receiver.test"], TEXT)
            daemon.wait_event("delivered", count=500)
            cases.equal(len(daemon.events("deferred")), 0, "deferred")
            hosts = daemon.events("delivered")
            fresh = [e for e in hosts if "connect" in e]
            cases.check(len(fresh) <= 20, f"{len(fresh)} connections")
    finally:
        sink.kill()
        sink.wait()


POSTFIX = """\
compatibility_level = 3.6
queue_directory = {d}/spool
data_directory = {d}/data
maillog_file = {d}/postfix.log
maillog_file_prefixes = {d}
myhostname = mx.receiver.test
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
relay_domains = receiver.test
relay_recipient_maps = inline:{{b@receiver.test=x, c@receiver.test=x}}
transport_maps = inline:{{receiver.test=discard:}}
smtpd_recipient_restrictions = reject_unlisted_recipient, permit_mynetworks, reject
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = may
smtputf8_enable = yes
"""
MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
discard unix - - n - - discard
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def postfix():
    """A whole Postfix as MX: found in DNS, under TLS, who is refused comes back"""
    if os.geteuid() != 0:
        print("  left out: Postfix runs as root only")
        return
    directory = tempfile.mkdtemp(prefix="ringpost-postfix-")
    os.chmod(directory, 0o755)
    port = free_port()
    certificate, key = make_certificate(directory, "mx.receiver.test")
    for name in ("spool", "data"):
        os.mkdir(os.path.join(directory, name))
    shutil.chown(os.path.join(directory, "data"), "postfix")
    with open(os.path.join(directory, "main.cf"), "w") as file:
        file.write(POSTFIX.format(d=directory, certificate=certificate, key=key))
    with open(os.path.join(directory, "master.cf"), "w") as file:
        file.write(MASTER.format(port=port))
    run = ["postfix", "-c", directory]
    subprocess.run([*run, "start"], check=True, capture_output=True)
    try:
        with Sink() as sink, Dns(
                mx={"receiver.test": [(10, "mx.receiver.test")]},
                a={"mx.receiver.test": ["127.0.0.1"]}) as dns, Daemon(
                dns={"servers": [dns.address]},
                routes=[sink.route("sender.test"),
                        {"domain": "receiver.test", "port": port,
                         "private_addresses": True}]) as daemon:
            for i in range(20):
                daemon.submit("a@sender.test", ["b@receiver.test", "c@receiver.test"], TEXT)
            daemon.submit("a@sender.test", ["nobody@receiver.test"], TEXT)
            daemon.wait_event("delivered", count=40)
            event = daemon.events("delivered")[0]
            cases.equal(event.get("tls"), "TLSv1.3", "TLS")
            cases.check(event["host"].startswith("mx.receiver.test[127.0.0.1]:"),
                        event["host"])
            bounce, = sink.wait(1)
            cases.check("550 5.1.1" in bounce.text and "nobody@receiver.test" in bounce.text,
                        bounce.text)

            def sent():  # it queues what it took, and writes what became of it
                with open(os.path.join(directory, "postfix.log")) as file:
                    return file.read().count("status=sent")
            until(lambda: sent() >= 40, what="Postfix to have sent all")
            cases.equal(sent(), 40, "what Postfix took")
    finally:
        subprocess.run([*run, "stop"], capture_output=True)
        if not os.environ.get("KEEP"):
            shutil.rmtree(directory, ignore_errors=True)


def tls_resumed():
    """TLS 1.3 toward the peer, and resumed on the next connection"""
    with tempfile.TemporaryDirectory() as directory:
        certificate, key = make_certificate(directory, "mx.receiver.test")
        with Sink(certificate=certificate, key=key) as sink, Daemon(
                routes=[sink.route("*", messages_per_connection=1)],
                relay={"connections": 1}) as daemon:
            for i in range(1, 4):
                daemon.submit("a@sender.test", ["b@receiver.test"], TEXT)
                daemon.wait_event("delivered", count=i)
            events = daemon.events("delivered")
            cases.equal({e["tls"] for e in events}, {"TLSv1.3"}, "versions")
            cases.equal([e["verified"] for e in events], [False] * 3, "verified")
            cases.equal([e["resumed"] for e in events], [False, True, True], "resumed")


def verified():
    """tls: verify takes a certificate that is valid for the name, and no other"""
    with tempfile.TemporaryDirectory() as directory:
        certificate, key = make_certificate(directory, "mx.receiver.test")
        with Sink(certificate=certificate, key=key) as sink, Daemon(
                environment={"SSL_CERT_FILE": certificate},
                routes=[sink.route("good.test", tls="verify", tls_name="mx.receiver.test"),
                        sink.route("bad.test", tls="verify",
                                   tls_name="other.receiver.test")]) as daemon:
            daemon.submit("a@sender.test", ["b@good.test"], TEXT)
            event = daemon.wait_event("delivered")
            cases.equal(event["verified"], True, "verified")
            daemon.submit("a@sender.test", ["b@bad.test"], TEXT)
            event = daemon.wait_event("deferred")
            cases.check("4.7.5" in event["reply"] and "name mismatch" in event["reply"],
                        event["reply"])
            cases.equal(len(sink.messages), 1, "messages")


def smarthost():
    """A smarthost with AUTH, over implicit TLS; a wrong password waits"""
    with tempfile.TemporaryDirectory() as directory:
        certificate, key = make_certificate(directory, "smart.test")
        secret = os.path.join(directory, "password")
        with open(secret, "w") as file:
            file.write("secret\n")
        os.chmod(secret, 0o600)
        with Sink(certificate=certificate, key=key, implicit_tls=True,
                  users={"me": "secret"}) as sink, Daemon(
                relay={"retry": ["1s"]},
                routes=[sink.route("*", tls="must", tls_implicit=True, user="me",
                                   password_file=secret)]) as daemon:
            daemon.submit("a@sender.test", ["b@receiver.test"], TEXT)
            message, = sink.wait(1)
            cases.equal(message.session.user, "me", "user")
            with open(secret, "w") as file:
                file.write("wrong\n")
            cases.check(daemon.reload(), "reloaded")
            daemon.submit("a@sender.test", ["b@receiver.test"], TEXT)
            event = daemon.wait_event("deferred")
            cases.equal(event["stage"], "AUTH", "stage")
            with open(secret, "w") as file:
                file.write("secret\n")
            cases.check(daemon.reload(), "reloaded")
            sink.wait(2, 40)


def explained():
    """`ringpost why` says what a message waits for"""
    port = free_port()
    with Daemon(routes=[route("*", port)]) as daemon:
        first = daemon.submit("a@sender.test", ["b@receiver.test"], TEXT)
        daemon.wait_event("deferred")
        second = daemon.submit("a@sender.test", ["b@receiver.test"], TEXT)
        for name in first, second:
            until(lambda n=name: {"Connection refused", "left alone"} == {
                said for said in ("Connection refused", "left alone")
                if said in daemon.run("why", n).stdout}, what="a reason: " + name)


def mx_order():
    """The MX with the lowest number takes all; the next one when that is gone"""
    with Sink() as best, Sink(host="127.0.0.2", port=best.port) as next_best, Dns(
            mx={"receiver.test": [(10, "a.receiver.test"), (20, "b.receiver.test")]},
            a={"a.receiver.test": ["127.0.0.1"], "b.receiver.test": ["127.0.0.2"]}) as dns:
        with Daemon(dns={"servers": [dns.address]},
                    routes=[best.mx_route("*", messages_per_connection=1)]) as daemon:
            for i in range(5):
                daemon.submit("a@sender.test", ["b@receiver.test"], TEXT)
            best.wait(5)
            cases.equal(len(next_best.messages), 0, "messages at the next one")
            best.rule = lambda step: "421 4.3.2 closed" if step.verb == "CONNECT" else None
            daemon.submit("a@sender.test", ["b@receiver.test"], TEXT)
            next_best.wait(1)
            cases.equal(len(daemon.events("deferred")), 0, "deferred")


sys.exit(cases.run([aiosmtpd, smtp_sink, postfix, tls_resumed, verified, smarthost,
                    explained, mx_order]))
