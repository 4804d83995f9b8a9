"""FUTURERELEASE, DELIVERBY, MT-PRIORITY, REQUIRETLS, BINARYMIME, streams, tags and
tenants, XCLIENT and the PROXY protocol, from a client to what a receiver is told."""
import base64
import datetime
import email
import socket
import ssl
import struct
import subprocess
import sys
import time

from ringpost_live import Cases, Daemon, Sink, make_certificate, until
from ringpost_sink import EXTENSIONS

cases = Cases()
TEXT = "From: a@sender.test\r\nTo: b@receiver.test\r\nSubject: x\r\n\r\nHello\r\n"
MODERN = [*EXTENSIONS, "BINARYMIME", "DELIVERBY 5", "MT-PRIORITY MIXER"]
sink = old_sink = daemon = None


def send(*options, text=TEXT, to="b@receiver.test", sender="a@sender.test", port=None,
         rcpt_options=()):
    with daemon.connect(port) as smtp:
        smtp.ehlo("client.test")
        code, reply = smtp.docmd("MAIL", f"FROM:<{sender}> " + " ".join(options))
        if code != 250:
            return code, reply.decode()
        cases.equal(smtp.docmd("RCPT", f"TO:<{to}> " + " ".join(rcpt_options))[0], 250, "RCPT")
        code, reply = smtp.data(text)
        return code, reply.decode()


def sent(*options, **more):
    code, reply = send(*options, **more)
    cases.equal(code, 250, reply)
    return reply.split()[-1]


def is_about(message, queue_id):
    """It is that message: notifications have no Received field."""
    headers = email.message_from_bytes(message.data)
    return queue_id in str(headers["Received"] or headers["Message-ID"])


def arrived(where, queue_id):
    return until(lambda: next((m for m in where.messages if is_about(m, queue_id)), None),
                 what=f"{queue_id} at its receiver")


def returned(about):
    """The notification about a message."""
    notified = daemon.wait_event("notified", about=about)
    return arrived(sink, notified["id"])


def offers():
    """EHLO offers what there is; REQUIRETLS only under TLS, XCLIENT to nobody here"""
    with daemon.connect() as smtp:
        smtp.ehlo("client.test")
        features = dict(smtp.esmtp_features)
        cases.equal(features["deliverby"], "10", "DELIVERBY")
        cases.equal(features["mt-priority"], "MIXER", "MT-PRIORITY")
        cases.check("binarymime" in features, "BINARYMIME")
        cases.check("requiretls" not in features and "xclient" not in features, features)
        longest, latest = features["futurerelease"].split()
        cases.equal(longest, "604800", "FUTURERELEASE")
        latest = datetime.datetime.strptime(latest, "%Y-%m-%dT%H:%M:%SZ")
        ahead = (latest - datetime.datetime.utcnow()).total_seconds()
        cases.check(604800 - 60 < ahead <= 604800, f"{ahead} s ahead")
        cases.equal(smtp.docmd("MAIL", "FROM:<a@sender.test> REQUIRETLS")[0], 530, "plain")
    with daemon.connect(daemon.starttls_port) as smtp:
        smtp.starttls(context=ssl._create_unverified_context())
        smtp.ehlo("client.test")
        cases.check("requiretls" in smtp.esmtp_features, smtp.esmtp_features)


def held():
    """FUTURERELEASE: not sent before its time, then at once; Date and Received say when"""
    began = time.time()
    queue_id = sent("HOLDFOR=4", text=TEXT.replace("Subject", "X-Held: yes\r\nSubject"))
    entry, = daemon.run_json("queue", "list", "--domain", "receiver.test")
    cases.equal(entry["id"].split(".")[0], queue_id, "the held one is listed")
    story = daemon.run("why", queue_id).stdout
    cases.check("held until" in story, story)
    message = arrived(sink, queue_id)
    waited = time.time() - began
    cases.check(waited >= 3.9, f"held for {waited:.1f} s")
    headers = email.message_from_bytes(message.data)
    date = email.utils.parsedate_to_datetime(headers["Date"]).timestamp()
    cases.check(began + 2.9 <= date <= began + 6, "Date is the release")
    stamp = headers["Received"].split(";")[1]
    received = email.utils.parsedate_to_datetime(stamp.strip()).timestamp()
    cases.check(began - 1 <= received <= began + 3, "Received is the acceptance")


def held_until():
    """HOLDUNTIL in days, dropped by an operator; a time that is over; one too far"""
    later = datetime.datetime.utcnow() + datetime.timedelta(days=2)
    queue_id = sent("HOLDUNTIL=" + later.strftime("%Y-%m-%dT%H:%M:%SZ"))
    daemon.run("queue", "drop", queue_id, status=0)
    until(lambda: not daemon.run_json("queue", "list", "--domain", "receiver.test"),
          what="an empty queue")
    arrived(sink, sent("HOLDUNTIL=2020-01-01T00:00:00Z"))
    queue_id = sent("HOLDFOR=86400")
    daemon.run("queue", "release", queue_id, status=0)
    arrived(sink, queue_id)
    code, reply = send("HOLDFOR=604801")
    cases.equal(code, 501, reply)
    code, reply = send("HOLDFOR=5", "HOLDUNTIL=2030-01-01T00:00:00Z")
    cases.equal(code, 501, reply)


def deliver_by_passed_on():
    """DELIVERBY: a receiver that knows it is told what is left; a trace tells the sender"""
    queue_id = sent("BY=300;R")
    by, = [p for p in arrived(sink, queue_id).sender_parameters if p.startswith("BY=")]
    left = int(by[3:].split(";")[0])
    cases.check(by.endswith(";R") and 280 < left <= 300, by)
    queue_id = sent("BY=300;NT")
    cases.check(any(p.startswith("BY=") and p.endswith(";NT")
                    for p in arrived(sink, queue_id).sender_parameters), "N and T go on")
    notice = returned(queue_id)
    cases.check("Action: relayed" in notice.text, notice.text)
    cases.check("Deliver-By-Date: " in notice.text, notice.text)


def deliver_by_old_peer():
    """… one that does not: R comes back with 5.4.7, N is told \"relayed\", or nothing"""
    notice = returned(sent("BY=300;R", to="b@old.test"))
    cases.check("Status: 5.4.7" in notice.text, notice.text)
    before = len(old_sink.messages)
    queue_id = sent("BY=300;N", to="b@old.test")
    message = arrived(old_sink, queue_id)
    cases.check(not [p for p in message.sender_parameters if p.startswith("BY=")],
                message.sender_parameters)
    cases.check("Action: relayed" in returned(queue_id).text, "relayed is told")
    queue_id = sent("BY=300;N", to="b@old.test", rcpt_options=["NOTIFY=NEVER"])
    arrived(old_sink, queue_id)
    daemon.wait_event("delivered", id=queue_id)
    cases.equal(daemon.events("notified", about=queue_id), [], "NOTIFY=NEVER")
    cases.equal(len(old_sink.messages), before + 2, "R never went there")


def deliver_by_over():
    """… its time over while it waits: R is returned, of N the sender is told once"""
    began = time.time()
    ids = [sent(f"BY=11;{mode}", to="b@slow.test") for mode in "RN"]
    cases.check("Status: 5.4.7" in returned(ids[0]).text, "R is returned")
    waited = time.time() - began
    # … or when the receiver's minimum is more than what is left
    cases.check(5.5 <= waited <= 31, f"returned after {waited:.1f} s")
    notice = returned(ids[1])
    cases.check("Action: delayed" in notice.text, notice.text)
    daemon.run("queue", "retry", ids[1], status=0)
    until(lambda: len(daemon.events("deferred", id=ids[1])) >= 2, what="another attempt")
    cases.equal(len(daemon.events("notified", about=ids[1])), 1, "told once")
    until(lambda: daemon.run("queue", "drop", ids[1]).returncode == 0, what="it dropped")


def priorities():
    """MT-PRIORITY: in Received, passed on, and the urgent stream from 4 on"""
    message = arrived(sink, sent("MT-PRIORITY=5", text="List-Unsubscribe: <x:y>\r\n" + TEXT))
    cases.check("MT-PRIORITY=5" in message.sender_parameters, message.sender_parameters)
    received = email.message_from_bytes(message.data)["Received"]
    cases.check("PRIORITY 5" in received, received)
    message = arrived(sink, sent("MT-PRIORITY=0"))
    cases.check(not [p for p in message.sender_parameters if "PRIO" in p], "0 is not said")
    message = arrived(old_sink, sent("MT-PRIORITY=-3", to="b@old.test"))
    cases.check(not [p for p in message.sender_parameters if "PRIO" in p], "to an old peer")
    cases.equal(send("MT-PRIORITY=10")[0], 501, "out of range")


def stream_of(*options, text=TEXT, **more):
    queue_id = sent("HOLDFOR=3600", *options, text=text, **more)
    daemon.run("queue", "drop", queue_id, status=0)
    return daemon.wait_event("received", id=queue_id)


def streams():
    """Streams: by header, by what bulk mail says, by priority, by default; unknown: 550"""
    rows = [("", None, ()), ("Precedence: bulk\r\n", "bulk", ()),
            ("List-Unsubscribe: <mailto:x@y.test>\r\n", "bulk", ()),
            ("Precedence: bulk\r\n", "transactional", ("MT-PRIORITY=4",)),
            ("X-Ringpost-Stream: Bulk\r\n", "bulk", ("MT-PRIORITY=9",)),
            ("X-Ringpost-Stream: transactional\r\nPrecedence: list\r\n", "transactional", ())]
    for field, want, options in rows:
        got = stream_of(*options, text=field + TEXT)
        cases.equal(got.get("stream"), want, field)
    code, reply = send(text="X-Ringpost-Stream: fruit\r\n" + TEXT)
    cases.check(code == 550 and "stream" in reply, reply)
    code, reply = send(text="X-Ringpost-Tags: a(b)\r\n" + TEXT)
    cases.check(code == 550 and "tag" in reply, reply)
    got = stream_of(text="X-Ringpost-Tags: spring, sale\r\n campaign:7\r\n" + TEXT)
    cases.equal(got.get("tags"), "spring sale campaign:7", "tags")
    message = arrived(sink, sent(
        text="X-Ringpost-Tags: t\r\nX-Ringpost-Stream: bulk\r\nx-ringpost-stream: q\r\n" + TEXT))
    cases.check(b"ingpost-" not in message.data.lower(), "fields for us go no further")


def tenants():
    """Tenants: the account's, else the listener's"""
    cases.equal(stream_of().get("tenant"), "house", "the listener's")
    daemon.run("user", "add", "acme@sender.test", "--sender", "*", "--tenant", "Acme",
               input="secret\n", status=0)
    with daemon.connect(daemon.starttls_port) as smtp:
        smtp.starttls(context=ssl._create_unverified_context())
        smtp.login("acme@sender.test", "secret")
        smtp.sendmail("a@sender.test", "b@receiver.test", TEXT)
    event = daemon.wait_event("received", account="acme@sender.test")
    cases.equal(event.get("tenant"), "acme", "the account's")
    account, = daemon.run_json("user", "list")
    cases.equal(account["tenant"], "acme", "user list")
    daemon.run("user", "change", "acme@sender.test", "--tenant", "a b", status=1)


def bdat(data, *options, to="b@receiver.test"):
    with daemon.connect() as smtp:
        smtp.ehlo("client.test")
        for command, want in [(f"MAIL FROM:<a@sender.test> {' '.join(options)}", 250),
                              (f"RCPT TO:<{to}>", 250)]:
            code, reply = smtp.docmd(command)
            cases.equal(code, want, reply)
        smtp.sock.sendall(b"BDAT %d LAST\r\n" % len(data) + data)
        code, reply = smtp.getreply()
        return code, reply.decode()


BYTES = bytes(range(256)) * 20 + b"\r\n--xx\n--b\n\r\n.\r\n\n\r\0" + b"z" * 3000
BINARY = (b"From: a@sender.test\r\nTo: b@receiver.test\r\nMIME-Version: 1.0\r\n"
          b"Content-Type: multipart/mixed; boundary=b\r\n"
          b"Content-Transfer-Encoding: binary\r\n\r\n--b\r\n\r\nHello\r\n--b\r\n"
          b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n"
          b"\r\n" + BYTES + b"\r\n--b--\r\n")


def binary():
    """BINARYMIME: every byte kept to a peer that takes it, base64 for one that does not"""
    code, reply = bdat(BINARY, "BODY=BINARYMIME")
    cases.equal(code, 250, reply)
    message = arrived(sink, reply.split()[-1])
    cases.check("BODY=BINARYMIME" in message.sender_parameters, message.sender_parameters)
    cases.check(message.chunked and message.data.endswith(BYTES + b"\r\n--b--\r\n"),
                "the same bytes, by BDAT")
    code, reply = bdat(BINARY, "BODY=BINARYMIME", to="b@old.test")
    cases.equal(code, 250, reply)
    message = arrived(old_sink, reply.split()[-1])
    cases.check(not [p for p in message.sender_parameters if p.startswith("BODY")],
                message.sender_parameters)
    parts = email.message_from_bytes(message.data).get_payload()
    cases.equal(len(parts), 2, "parts")
    cases.equal(parts[1]["Content-Transfer-Encoding"], "base64", "the encoding")
    cases.check(base64.b64decode(parts[1].get_payload()) == BYTES, "the same bytes")
    longest = max(map(len, message.data.split(b"\r\n")))
    cases.check(longest <= 998 and b"\0" not in message.data, f"lines of {longest}")


def binary_refused():
    """… what cannot be converted is returned (5.6.1); a header is never binary"""
    signed = BINARY.replace(b"multipart/mixed", b"multipart/signed; protocol=x; micalg=y")
    code, reply = bdat(signed, "BODY=BINARYMIME", to="b@old.test")
    cases.equal(code, 250, reply)
    cases.check("Status: 5.6.1" in returned(reply.split()[-1]).text, "5.6.1")
    code, reply = bdat(BINARY.replace(b"To: b", b"To:\nb"), "BODY=BINARYMIME")
    cases.equal(code, 550, reply)
    code, reply = bdat(BINARY)
    cases.equal(code, 550, reply)
    with daemon.connect() as smtp:
        smtp.ehlo("client.test")
        smtp.docmd("MAIL", "FROM:<a@sender.test> BODY=BINARYMIME")
        smtp.docmd("RCPT", "TO:<b@receiver.test>")
        cases.equal(smtp.docmd("DATA")[0], 503, "DATA")


def tls_required_no():
    """\"TLS-Required: no\" stays in the message; REQUIRETLS goes to who can keep it only"""
    message = arrived(sink, sent(text="TLS-Required: No\r\n" + TEXT))
    cases.check(b"TLS-Required: No" in message.data, "kept")
    with daemon.connect(daemon.starttls_port) as smtp:
        smtp.starttls(context=ssl._create_unverified_context())
        smtp.login("acme@sender.test", "secret")
        code, reply = smtp.docmd("MAIL", "FROM:<a@sender.test> REQUIRETLS RET=FULL")
        cases.equal(code, 250, reply)
        smtp.docmd("RCPT", "TO:<b@receiver.test>")
        reply = smtp.data(TEXT)[1].decode()
    queue_id = reply.split()[-1]
    until(lambda: daemon.events("deferred", id=queue_id) + daemon.events("bounced", id=queue_id),
          what="an attempt")
    cases.check(not [m for m in sink.messages if is_about(m, queue_id)], "not in the clear")


def proxy_header(version, address, port=4711, local="198.51.100.1"):
    if version == 1:
        family = "TCP6" if ":" in address else "TCP4"
        local = "2001:db8::1" if ":" in address else local
        return f"PROXY {family} {address} {local} {port} 587\r\n".encode()
    body = socket.inet_aton(address) + socket.inet_aton(local) + struct.pack("!HH", port, 587)
    return b"\r\n\r\n\0\r\nQUIT\n" + struct.pack("!BBH", 0x21, 0x11, len(body)) + body


def said(port, *pieces, tls=False, timeout=20):
    """What a proxy's connection hears before it is closed, or after QUIT."""
    with socket.create_connection(("127.0.0.1", port), timeout) as raw:
        raw.sendall(pieces[0])
        if tls:
            raw = ssl._create_unverified_context().wrap_socket(raw)
        answers = b""
        for piece in [*pieces[1:], b"QUIT\r\n"]:
            got = raw.recv(65536)
            answers += got
            if not got:
                break
            raw.sendall(piece)
        try:
            while got := raw.recv(65536):
                answers += got
        except ConnectionError:
            pass
        return answers.decode()


def proxies():
    """PROXY v1 and v2, also in front of TLS: the client's address holds for everything"""
    for number, (header, address) in enumerate([
            (proxy_header(1, "192.0.2.1"), "192.0.2.1"),
            (proxy_header(1, "2001:db8::7"), "2001:db8::7"),
            (proxy_header(2, "192.0.2.2"), "192.0.2.2")]):
        for tls in (False, True):
            port = daemon.proxy_tls_port if tls else daemon.proxy_port
            answers = said(port, header, b"EHLO c.test\r\n", b"MAIL FROM:<>\r\n", tls=tls)
            cases.check(answers.startswith("220 "), (number, answers))
            refused = until(lambda: [e for e in daemon.events("refused")
                                     if e["client"] == address], what=address)
            cases.check(refused[-1]["reply"].startswith("530"), refused)
    local = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"
    cases.check(said(daemon.proxy_port, local, b"NOOP\r\n").startswith("220 "), "LOCAL")


def proxies_malformed():
    """… who is listed and says none, or a wrong one, is closed without a word"""
    before = len(daemon.events("connection_refused"))
    for bad in (b"EHLO c.test\r\n", b"PROXY UNKNOWN\r\n", b"PROXY TCP4 1.2.3 4 5 6\r\n",
                b"PROXY " + b"x" * 200):
        cases.equal(said(daemon.proxy_port, bad), "", bad)
    until(lambda: len(daemon.events("connection_refused")) >= before + 4, what="the events")


def address_limits():
    """… sessions per address count the client, not the proxy"""
    open_ones, answers = [], []
    for number in range(3):
        raw = socket.create_connection(("127.0.0.1", daemon.proxy_port), 20)
        raw.sendall(proxy_header(1, "192.0.2.77"))
        answers.append(raw.recv(1000)[:3])
        open_ones.append(raw)
    other = said(daemon.proxy_port, proxy_header(1, "192.0.2.78"), b"NOOP\r\n")
    for raw in open_ones:
        raw.close()
    cases.equal(answers, [b"220", b"220", b"421"], "two sessions per address")
    cases.check(other.startswith("220"), other)


def xclient():
    """XCLIENT from a listed address: address, name, login; in Received; swaks agrees"""
    with daemon.connect(daemon.xclient_port) as smtp:
        smtp.ehlo("proxy.test")
        cases.check("xclient" in smtp.esmtp_features, smtp.esmtp_features)
        code, reply = smtp.docmd("XCLIENT", "ADDR=192.0.2.9 NAME=client.example "
                                 "HELO=laptop.example LOGIN=acme@sender.test")
        cases.equal(code, 220, reply)
        smtp.ehlo("proxy.test")
        cases.check("xclient" not in smtp.esmtp_features, "not from the client's address")
        smtp.sendmail("a@sender.test", "b@receiver.test", TEXT)
    event = daemon.wait_event("received", client="192.0.2.9")
    cases.equal(event["account"], "acme@sender.test", "LOGIN")
    received = email.message_from_bytes(arrived(sink, event["id"]).data)["Received"]
    cases.check("from laptop.example (client.example [192.0.2.9])" in
                received.replace("\r\n\t", " "), received)
    with daemon.connect(daemon.xclient_port) as smtp:
        smtp.ehlo("proxy.test")
        cases.equal(smtp.docmd("XCLIENT", "LOGIN=nobody@sender.test")[0], 554, "LOGIN")
    for address, want in [("192.0.2.9", 530), ("10.9.9.9", 250)]:
        with daemon.connect(daemon.xclient_port) as smtp:
            smtp.ehlo("proxy.test")
            cases.equal(smtp.docmd("XCLIENT", "ADDR=" + address)[0], 220, "ADDR")
            smtp.ehlo("client.test")
            cases.equal(smtp.docmd("MAIL", "FROM:<a@sender.test>")[0], want, "trust")
    for port, options in [(daemon.xclient_port, ["--xclient", "ADDR=192.0.2.10 LOGIN=acme@sender.test"]),
                          (daemon.proxy_trusted_port, ["--proxy-version", "1", "--proxy-family",
                           "TCP4", "--proxy-source", "10.1.2.3", "--proxy-source-port", "99",
                           "--proxy-dest", "198.51.100.1", "--proxy-dest-port", "587"])]:
        done = subprocess.run(
            ["swaks", "--server", f"127.0.0.1:{port}", "--from", "a@sender.test", "--to",
             "b@receiver.test", *options], capture_output=True, text=True, timeout=60)
        cases.equal(done.returncode, 0, done.stdout + done.stderr)
    daemon.wait_event("received", client="192.0.2.10")
    cases.equal(daemon.wait_event("received", client="10.1.2.3").get("tenant"), "inside",
                "a trusted network's tenant")


def configured():
    """What is switched off is not offered; MT-Priority in the header; a default stream"""
    global daemon
    other, kept = Daemon(routes=[old_sink.route("*")], submission={
        "future_release": "0", "deliver_by": False, "priority_header": True,
        "default_stream": "transactional", "stream_header": "X-Class"}), daemon
    with other:
        daemon = other
        try:
            with daemon.connect() as smtp:
                smtp.ehlo("client.test")
                cases.check(not {"futurerelease", "deliverby"} & set(smtp.esmtp_features),
                            smtp.esmtp_features)
                cases.equal(smtp.docmd("MAIL", "FROM:<> HOLDFOR=5")[0], 555, "HOLDFOR")
                cases.equal(smtp.docmd("MAIL", "FROM:<> BY=50;R")[0], 555, "BY")
            queue_id = sent(text="mt-priority: -7\r\nX-Class: bulk\r\n" + TEXT)
            headers = email.message_from_bytes(arrived(old_sink, queue_id).data)
            cases.equal(headers.get_all("MT-Priority"), ["-7"], "tunnelled")
            cases.equal(headers["X-Class"], None, "X-Class")
            event = daemon.wait_event("received", id=queue_id)
            cases.equal((event["priority"], event["stream"]), (-7, "bulk"), "received")
            queue_id = sent("MT-PRIORITY=2", text="MT-Priority: 9\r\n" + TEXT)
            headers = email.message_from_bytes(arrived(old_sink, queue_id).data)
            cases.equal(headers.get_all("MT-Priority"), ["2"], "the parameter counts")
            event = daemon.wait_event("received", id=queue_id)
            cases.equal(event["stream"], "transactional", "the default stream")
        finally:
            daemon = kept


def slow(step):
    if step.verb == "RCPT" and step.address.endswith("@slow.test"):
        return "450 4.2.0 not yet"
    return None


def main():
    global sink, old_sink, daemon
    with Sink(extensions=MODERN, rule=slow) as sink, \
            Sink(extensions=["PIPELINING", "DSN", "SIZE 100000000"]) as old_sink:
        daemon = Daemon(tls=True, routes=[old_sink.route("old.test"), sink.route("*")],
                        submission={"sessions_per_address": 2, "future_release": "7d",
                                    "trusted_networks": ["10.0.0.0/8"],
                                    "trusted_tenant": "inside"},
                        relay={"retry": ["2s"]})
        from ringpost_live import free_port
        listeners = daemon.config["listeners"]
        listeners[0]["tenant"] = "house"
        extra = {"role": "submission", "tls": "none", "auth_without_tls": True}
        for name, more in [("proxy", {"proxy_protocol": ["127.0.0.1"]}),
                           ("proxy_tls", {"proxy_protocol": ["127.0.0.1"], "tls": "implicit"}),
                           ("proxy_trusted", {"proxy_protocol": ["127.0.0.1"]}),
                           ("xclient", {"xclient": ["127.0.0.1"]})]:
            setattr(daemon, name + "_port", free_port())
            listeners.append({"address": f"127.0.0.1:{getattr(daemon, name + '_port')}",
                              **extra, **more})
        daemon.write_config()
        with daemon:
            return cases.run([offers, held, held_until, deliver_by_passed_on,
                              deliver_by_old_peer, deliver_by_over, priorities, streams, tenants,
                              binary, binary_refused, tls_required_no, proxies,
                              proxies_malformed, address_limits, xclient, configured])


if __name__ == "__main__":
    sys.exit(main())
