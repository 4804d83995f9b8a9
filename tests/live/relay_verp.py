#!/usr/bin/env python3
"""Envelope senders of ours (VERP) in the relay: what MAIL FROM says, for whom, what a
peer with DSN is asked for, and that it all outlives a restart."""
import email
import os
import subprocess
import sys

if os.path.exists("/usr/bin/python3") and sys.executable != "/usr/bin/python3" \
        and "pyenv" in sys.executable:
    os.execv("/usr/bin/python3", ["/usr/bin/python3"] + sys.argv)

import ringpost_verp as verp
from ringpost_live import Cases, Daemon, Dns, Sink, free_port, until

cases = Cases()
SECRET = "00112233445566778899aabbccddeeffffeeddccbbaa99887766554433221100"
TEXT = "From: a@sender.test\nSubject: x\n\nHello\n"
DOMAIN = "bounces.sender.test"


def listener(daemon, tenant):
    """One more, whose mail is TENANT's; its port."""
    port = free_port()
    daemon.config["listeners"].append({
        "address": f"127.0.0.1:{port}", "role": "submission", "tls": "none",
        "require_auth": False, "tenant": tenant})
    return port


def started(sink, tenants=(), routes=(), **bounces):
    """A daemon with SECRET in a file; daemon.ports: one for each of TENANTS."""
    daemon = Daemon(routes=[*routes, sink.route("*")], tenants=list(tenants),
                    bounces={"domain": DOMAIN, **bounces}, relay={"retry": ["1s"]})
    path = os.path.join(daemon.directory, "secret")
    with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
        file.write(SECRET + "\n")
    daemon.config["bounces"]["secret_file"] = path
    daemon.ports = {t["name"]: listener(daemon, t["name"]) for t in tenants}
    daemon.write_config()
    return daemon


def submit(daemon, recipients, port=None, sender="a@sender.test", mail=(), rcpt=()):
    with daemon.connect(port) as client:
        client.ehlo()
        client.mail(sender, mail)
        for recipient in recipients:
            code, said = client.rcpt(recipient, rcpt)
            assert code == 250, said
        code, said = client.data(TEXT.replace("\n", "\r\n").encode())
        assert code == 250, said
    return said.decode().rsplit(" ", 1)[-1]


def token_of(message, domain=DOMAIN):
    local, _, at = message.sender.partition("@")
    cases.equal(at, domain, "the domain")
    cases.check(len(local) <= 64, f"{local}: {len(local)} octets")
    return verp.read(SECRET, local)


def by_message():
    """"message": recipients travel together; who is alone is named; <> stays <>"""
    with Sink() as sink, started(sink) as daemon:
        id = submit(daemon, ["b@receiver.test", "c@receiver.test"])
        message, = sink.wait(1)
        token = token_of(message)
        cases.check(token and token.id == id and not token.recipient, repr(message.sender))
        cases.equal(message.addresses, ["b@receiver.test", "c@receiver.test"], "recipients")
        id = submit(daemon, ["B@Receiver.test"])
        message = sink.wait(2)[1]
        token = token_of(message)
        cases.check(token and token.id == id and token.is_about("b@receiver.test") and
                    not token.is_about("c@receiver.test"), repr(message.sender))
        cases.check(abs(token.expires - message.at - 21 * 86400) < 86400, "21 days")
        submit(daemon, ["b@receiver.test"], sender="")
        cases.equal(sink.wait(3)[2].sender, "", "a notification")
        cases.equal(daemon.wait_event("delivered", id=id)["from"], "a@sender.test", "its from")


def by_recipient():
    """"recipient", of one tenant: each alone, over peers of every kind"""
    for extensions in (["PIPELINING", "CHUNKING"], ["PIPELINING"], []):
        with Sink(extensions=extensions) as sink, started(sink, [
                {"name": "each", "verp": "recipient", "bounce_domain": "b.each.test"},
                {"name": "off", "verp": "none"}, {"name": "plain"}]) as daemon:
            wanted = [f"r{i}@receiver.test" for i in range(7)]
            id = submit(daemon, wanted, daemon.ports["each"])
            got = sink.wait(7)
            cases.equal(sorted(a for m in got for a in m.addresses), wanted, "recipients")
            for message in got:
                token = token_of(message, "b.each.test")
                cases.check(token and token.id == id and token.tenant == "each" and
                            token.is_about(message.addresses[0]), repr(message.sender))
            submit(daemon, wanted, daemon.ports["off"])
            cases.equal(sink.wait(8)[7].sender, "a@sender.test", "a tenant without")
            id = submit(daemon, wanted, daemon.ports["plain"])
            token = token_of(sink.wait(9)[8])
            cases.check(token and token.tenant == "plain" and not token.recipient, "plain's")
            for i in range(40):  # behind each other
                submit(daemon, ["b@receiver.test"], daemon.ports["each"])
            got = sink.wait(49)[9:]
            cases.check(len({m.sender for m in got}) == 40 and
                        all(token_of(m, "b.each.test").is_about("b@receiver.test")
                            for m in got), "each has its own")
            daemon.wait_event("delivered", count=7 + 7 + 7 + 40)


def by_route():
    """a route's word is the last: none for a domain of ours"""
    with Sink() as sink:
        routes = [sink.route("here.test", verp="none"), sink.route("each.test", verp="recipient")]
        with started(sink, [{"name": "t", "verp": "recipient"}], routes) as daemon:
            submit(daemon, ["b@here.test", "c@here.test"], daemon.ports["t"])
            cases.equal(sink.wait(1)[0].sender, "a@sender.test", "here.test")
            submit(daemon, ["b@each.test", "c@each.test"])
            got = sink.wait(3)[1:]
            cases.equal([len(m.addresses) for m in got], [1, 1], "each.test")
            cases.check(all(token_of(m).is_about(m.addresses[0]) for m in got), "tokens")


def paced():
    """recipients that travel alone are messages: limits of rate and of a connection hold"""
    for extensions in (["PIPELINING", "CHUNKING"], ["PIPELINING"]):
        with Sink(extensions=extensions) as sink:
            with started(sink, [], [sink.route(
                    "receiver.test", verp="recipient", messages_per_second=2,
                    messages_per_connection=3)]) as daemon:
                wanted = [f"r{i}@receiver.test" for i in range(8)]
                submit(daemon, wanted)
                got = sink.wait(8, timeout=60)
                cases.equal(sorted(a for m in got for a in m.addresses), wanted, "recipients")
                took = got[-1].at - got[0].at
                cases.check(took > 2.5, f"8 messages took {took:.1f} s")
                cases.check(all(len(s.messages) <= 3 for s in sink.sessions),
                            [len(s.messages) for s in sink.sessions])
                daemon.wait_event("delivered", count=8)
                cases.equal(len(daemon.events("deferred")), 0, "deferred")


def with_dsn():
    """a peer with DSN is asked to report to us; our sender hears "relayed" from us"""
    with Sink() as sink, started(sink) as daemon:
        id = submit(daemon, ["b@receiver.test"], mail=["RET=FULL", "ENVID=sender's"],
                    rcpt=["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;list@sender.test"])
        first, second = sorted(sink.wait(2), key=lambda m: not m.sender)
        cases.check(token_of(first), first.sender)
        cases.equal([p for p in first.sender_parameters if p[:3] in ("RET", "ENV")],
                    ["RET=HDRS", "ENVID=" + id], "of the message")
        cases.equal(first.recipients[0].parameters,
                    ["NOTIFY=SUCCESS,FAILURE,DELAY", "ORCPT=rfc822;list@sender.test"],
                    "of the recipient")
        cases.equal((second.sender, second.addresses), ("", ["a@sender.test"]), "the DSN")
        report = email.message_from_bytes(second.data).get_payload()[1].get_payload()
        cases.equal(report[0]["Original-Envelope-Id"], "sender's", "his ENVID")
        cases.equal(report[1]["Action"], "relayed", "the action")
        submit(daemon, ["c@receiver.test"], rcpt=["NOTIFY=NEVER"])
        cases.equal(sink.wait(3)[2].recipients[0].parameters,
                    ["NOTIFY=FAILURE,DELAY", "ORCPT=rfc822;c@receiver.test"], "of one who "
                    "wants to hear nothing")
        daemon.wait_event("delivered", count=3)
        cases.equal(len(daemon.events("notified")), 1, "notifications")


def survives():
    """the secret is Redis's, and the same after kill -9, with what was queued before"""
    refused = {"on": True}

    def rule(step):
        if step.verb == "RCPT" and refused["on"]:
            return "451 4.2.0 later"
    with Sink(rule=rule) as sink, Daemon(
            routes=[sink.route("*")], bounces={"domain": DOMAIN},
            relay={"retry": ["1s"]}) as daemon:
        submit(daemon, ["b@receiver.test"])
        daemon.wait_event("deferred")
        first = sink.lines("MAIL")[0]
        daemon.kill()
        daemon.start()
        refused["on"] = False
        message, = sink.wait(1)
        cases.check(f"<{message.sender}>" in first, f"{message.sender} after {first}")
        secret = redis(daemon, "GET", "rp:feedback:secret")
        token = verp.read(secret, message.sender)
        cases.check(token and token.is_about("b@receiver.test"), "by Redis's secret")


def redis(daemon, *words):
    folder = os.path.join(daemon.state, "redis")
    secret = [line.split()[1] for line in open(os.path.join(folder, "redis.conf"))
              if line.startswith("requirepass")]
    return subprocess.run(
        ["redis-cli", "-s", os.path.join(folder, "redis.sock"),
         *(["--no-auth-warning", "-a", secret[0].strip('"')] if secret else []), *words],
        capture_output=True, text=True, check=True).stdout.strip()


def spoiled():
    """a secret that cannot be used: mail that needs it waits, other mail goes"""
    with Sink() as sink, Daemon(
            routes=[sink.route("here.test", verp="none"), sink.route("*")],
            relay={"retry": ["1s"]}) as daemon:
        redis(daemon, "SET", "rp:feedback:secret", "rubbish")
        daemon.config["bounces"] = {"domain": DOMAIN}
        daemon.write_config()
        cases.check(daemon.reload(), "reloaded")
        submit(daemon, ["b@receiver.test"])
        submit(daemon, ["b@here.test"])
        cases.equal(sink.wait(1)[0].addresses, ["b@here.test"], "what needs none")
        cases.check("secret" in daemon.wait_event("deferred")["reply"], "why it waits")
        daemon.wait_event("bounce_secret_unreadable")
        redis(daemon, "SET", "rp:feedback:secret", SECRET)
        message = sink.wait(2, timeout=60)[1]
        cases.check(token_of(message).is_about("b@receiver.test"), message.sender)


def wrong_file():
    """a secret file that holds none is found before anything is started"""
    with Sink() as sink:
        daemon = started(sink)
        try:
            with open(daemon.config["bounces"]["secret_file"], "w") as file:
                file.write("short\n")
            got = daemon.run("check", status=78)
            cases.check("does not hold 64 hexadecimal digits" in got.stdout + got.stderr,
                        got.stdout + got.stderr)
        finally:
            daemon.kill()


def checked():
    """`ringpost check` looks for the MX and SPF of its domains, and for who listens"""
    with Sink() as sink, Dns(mx={"good.test": [(10, "mail.test.example")]},
                             txt={"good.test": ["v=spf1 -all"], DOMAIN: ["no SPF"]}) as dns:
        daemon = started(sink, [{"name": "t", "bounce_domain": "good.test"}])
        try:
            daemon.config["dns"] = {"servers": [dns.address]}
            daemon.write_config()
            got = daemon.run("check", status=0)
            said = got.stdout + got.stderr
            for part in (DOMAIN + " has no MX record", DOMAIN + " has no SPF record",
                         "no listener has the role receive"):
                cases.check(part in said, f"{part!r} is in {said}")
            cases.check("good.test" not in said, said)
        finally:
            daemon.kill()


def why():
    """`ringpost why` takes the address a bounce came to"""
    with Sink() as sink, started(sink) as daemon:
        id = submit(daemon, ["b@receiver.test"])
        message, = sink.wait(1)
        daemon.wait_event("delivered")
        for word in (message.sender, message.sender.upper(), message.sender.split("@")[0]):
            said = until(lambda: "delivered" in daemon.run("why", word, status=0).stdout and
                         daemon.run("why", word).stdout, what="the story")
            cases.check(id in said, said)
        daemon.run("why", "rp-nothing@" + DOMAIN, status=2)


def not_ascii():
    """a sender who is not ASCII needs no SMTPUTF8 of the peer, when ours is"""
    with Sink(extensions=["PIPELINING", "8BITMIME", "DSN"]) as sink, started(sink) as daemon:
        with daemon.connect() as client:
            client.ehlo()
            client.command_encoding = "utf-8"
            client.mail("jö@sender.test", ["SMTPUTF8"])
            client.rcpt("b@receiver.test")
            code, said = client.data(b"From: a@sender.test\r\nSubject: x\r\n\r\nHello\r\n")
            cases.equal(code, 250, repr(said))
        message, = sink.wait(1)
        cases.check(token_of(message).is_about("b@receiver.test"), message.sender)


sys.exit(cases.run([by_message, by_recipient, by_route, paced, with_dsn, survives, spoiled,
                    wrong_file, checked, why, not_ascii]))
