#!/usr/bin/env python3
"""Submission as other people's programs do it: smtplib, swaks, curl, openssl, gsasl;
aiosmtpd receives. What goes in comes out, and only what may go in does.
"""
import base64
import email.utils
import hashlib
import hmac
import os
import random
import re
import smtplib
import ssl
import subprocess
import sys
import tempfile

from ringpost_live import Cases, Daemon, Sink, free_port
from smtp_raw import Raw, add_account, client_context, need, parse

need("openssl", "curl", "swaks", "redis-server", modules=["aiosmtpd"])
from aiosmtpd.controller import Controller  # noqa: E402

cases = Cases()
check, equal = cases.check, cases.equal
PASSWORD = "correct horse, battery \"staple\""
USER = "app@sender.test"


def text_message(subject="Hello", body="Hello\r\n", sender=USER, more=""):
    return (f"From: App <{sender}>\r\nTo: b@receiver.test\r\nSubject: {subject}\r\n{more}"
            f"\r\n{body}").encode()


def body_of(data):
    return data.partition(b"\r\n\r\n")[2]


def newest(before, count=1):
    """The messages that came since BEFORE, when COUNT have."""
    return sink.wait(before + count)[before:]


def authenticated(mechanism=None, implicit=False):
    context = client_context(daemon.certificate)
    if implicit:
        client = smtplib.SMTP_SSL("127.0.0.1", daemon.tls_port, "client.test", context=context,
                                  timeout=30)
        client.ehlo()
    else:
        client = daemon.connect(daemon.starttls_port)
        client.ehlo()
        client.starttls(context=context)
        client.ehlo()
    if mechanism:
        client.user, client.password = USER, PASSWORD
        method = getattr(client, "auth_" + mechanism.lower().replace("-", "_"))
        client.auth(mechanism, method)
    else:
        client.login(USER, PASSWORD)
    return client


def smtplib_starttls():
    "smtplib: STARTTLS, then PLAIN, LOGIN and CRAM-MD5"
    for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5"):
        before = len(sink.messages)
        with authenticated(mechanism) as client:
            client.sendmail(USER, ["b@receiver.test"], text_message(mechanism))
        message, = newest(before)
        equal(parse(message.data)["Subject"], mechanism, "what arrived")


def smtplib_implicit():
    "smtplib: TLS from the first byte"
    before = len(sink.messages)
    with authenticated(implicit=True) as client:
        for number in range(5):
            client.sendmail(USER, ["b@receiver.test"], text_message(f"n{number}"))
    got = sorted(parse(m.data)["Subject"] for m in newest(before, 5))
    equal(got, [f"n{n}" for n in range(5)], "what arrived")


def swaks_all():
    "swaks: every mechanism it shares with us, STARTTLS and implicit TLS"
    for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5"):
        for port, words in ((daemon.starttls_port, ["-tls"]), (daemon.tls_port, ["-tlsc"])):
            before = len(sink.messages)
            got = subprocess.run(
                ["swaks", "--server", "127.0.0.1", "--port", str(port), *words,
                 "--tls-verify",
                 "--tls-ca-path", daemon.certificate,
                 "--auth", mechanism, "--auth-user", USER, "--auth-password", PASSWORD,
                 "--from", USER, "--to", "b@receiver.test", "--ehlo", "swaks.test",
                 "--header", f"Subject: swaks {mechanism}"],
                capture_output=True, text=True, timeout=60)
            if not equal(got.returncode, 0, f"swaks {mechanism}"):
                print(got.stdout[-1500:], got.stderr[-500:], file=sys.stderr)
                continue
            check("queued as" in got.stdout, "swaks saw the id")
            message, = newest(before)
            equal(parse(message.data)["Subject"], f"swaks {mechanism}", "what arrived")


def curl_all():
    "curl: PLAIN, LOGIN and CRAM-MD5 over smtp:// and smtps://"
    with tempfile.NamedTemporaryFile() as file:
        file.write(text_message("curl", "Hello from curl\r\n.\r\n..dots\r\n"))
        file.flush()
        for scheme, port in (("smtp", daemon.starttls_port), ("smtps", daemon.tls_port)):
            for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5"):
                before = len(sink.messages)
                got = subprocess.run(
                    ["curl", "--silent", "--show-error", "--ssl-reqd", "--cacert",
                     daemon.certificate, "--resolve", f"mail.test.example:{port}:127.0.0.1",
                     "--url", f"{scheme}://mail.test.example:{port}/curl.test",
                     "--user", f"{USER}:{PASSWORD}", "--login-options", f"AUTH={mechanism}",
                     "--mail-from", USER, "--mail-rcpt", "b@receiver.test",
                     "--upload-file", file.name],
                    capture_output=True, text=True, timeout=60)
                if equal((got.returncode, got.stderr), (0, ""), f"curl {scheme} {mechanism}"):
                    message, = newest(before)
                    equal(body_of(message.data), b"Hello from curl\r\n.\r\n..dots\r\n",
                          f"what arrived over {scheme} with {mechanism}")


def s_client(*words, port=None, quiet=True):
    """What it hears, QUIT being said in its turn, and its exit status."""
    starttls = "-starttls" in words
    process = subprocess.Popen(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port or daemon.tls_port}",
         "-quiet" if quiet else "-ign_eof", "-servername", "mail.test.example", *words],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    heard = b""
    while not starttls and b"220 mail" not in heard:
        got = os.read(process.stdout.fileno(), 65536)
        heard += got
        if not got:
            break
    return heard + process.communicate(b"QUIT\r\n", timeout=30)[0], process.returncode


def openssl_tls():
    "openssl s_client: versions, names, ALPN, resumption"
    trust = ["-CAfile", daemon.certificate, "-verify_return_error", "-verify_hostname",
             "mail.test.example"]
    for version in ("-tls1_2", "-tls1_3"):
        for more, port in (([], daemon.tls_port),
                           (["-starttls", "smtp"], daemon.starttls_port)):
            heard, code = s_client(version, *trust, *more, port=port)
            equal(code, 0, f"handshake {version} {more}")
            check(b"221" in heard, f"a goodbye over {version} {more}: {heard!r}")
    check(s_client("-tls1_1", "-cipher", "ALL:@SECLEVEL=0")[1] != 0, "no TLS 1.1")
    equal(s_client("-alpn", "smtp")[1], 0, "ALPN smtp")
    check(s_client("-alpn", "h2")[1] != 0, "another protocol's ALPN is refused")
    with tempfile.TemporaryDirectory() as folder:
        session = os.path.join(folder, "session")
        for version in ("-tls1_2", "-tls1_3"):
            s_client(version, "-sess_out", session)
            heard, _ = s_client(version, "-sess_in", session, quiet=False)
            check(b"\nReused, TLSv1." in heard, f"resumption {version}")


def scram(raw, password, plus=False, wrong_proof=False):
    """SCRAM-SHA-256(-PLUS), RFC 5802 and 7677, by hand; the last reply, and whether the
    server proved that it knows the password, too."""
    binding, header = b"", b"n,,"
    if plus:
        binding = raw.socket.get_channel_binding("tls-unique")
        header = b"p=tls-unique,,"
    nonce = base64.b64encode(os.urandom(18)).decode()
    first = f"n={USER},r={nonce}"
    name = "SCRAM-SHA-256" + ("-PLUS" if plus else "")
    reply = raw.ask(f"AUTH {name} {base64.b64encode(header + first.encode()).decode()}")
    if reply.code != 334:
        return reply, False
    server_first = base64.b64decode(reply.text).decode()
    fields = dict(part.split("=", 1) for part in server_first.split(","))
    check(fields["r"].startswith(nonce) and len(fields["r"]) > len(nonce), "the server's nonce")
    check(int(fields["i"]) >= 4096, "iterations")
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(fields["s"]),
                                 int(fields["i"]))
    final = f"c={base64.b64encode(header + binding).decode()},r={fields['r']}"
    everything = ",".join((first, server_first, final)).encode()
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    proof = hmac.digest(hashlib.sha256(client_key).digest(), everything, "sha256")
    proof = bytes(a ^ b for a, b in zip(client_key, proof))
    if wrong_proof:
        proof = bytes(32)
    text = f"{final},p={base64.b64encode(proof).decode()}"
    reply = raw.ask(base64.b64encode(text.encode()).decode())
    proven = False
    if reply.code == 334:
        server_key = hmac.digest(salted, b"Server Key", "sha256")
        want = b"v=" + base64.b64encode(hmac.digest(server_key, everything, "sha256"))
        proven = base64.b64decode(reply.text) == want
        reply = raw.ask("")
    return reply, proven


def scram_by_hand():
    "SCRAM-SHA-256 and, bound to TLS 1.2, SCRAM-SHA-256-PLUS, by hand"
    old = ssl.TLSVersion.TLSv1_2
    with Raw(daemon.tls_port, tls=client_context(maximum=old)) as raw:
        raw.hello()
        reply, proven = scram(raw, PASSWORD, plus=True)
        equal((reply.code, proven), (235, True), "PLUS over TLS 1.2")
    with Raw(daemon.tls_port, tls=client_context()) as raw:
        raw.hello()
        reply, proven = scram(raw, PASSWORD)
        equal((reply.code, proven), (235, True), "without binding over TLS 1.3")
        equal(raw.ask("AUTH PLAIN AGEAYg==").code, 503, "AUTH after AUTH")
    with Raw(daemon.tls_port, tls=client_context()) as raw:
        raw.hello()
        equal(scram(raw, "another password")[0].code, 535, "a wrong password")
        equal(scram(raw, PASSWORD, wrong_proof=True)[0].code, 535, "a wrong proof")
        equal(scram(raw, PASSWORD)[0].code, 235, "the right one afterwards")


def gsasl_scram():
    "gsasl: SCRAM-SHA-256-PLUS with TLS 1.3's binding, if it is here"
    try:
        got = subprocess.run(
            ["gsasl", "--smtp", "--connect", f"127.0.0.1:{daemon.starttls_port}", "--hostname",
             "mail.test.example", "--x509-ca-file", daemon.certificate, "-m",
             "SCRAM-SHA-256-PLUS", "-a", USER, "-p", PASSWORD, "--no-client-first", "--quiet"],
            capture_output=True, text=True, timeout=30, input="")
    except FileNotFoundError:
        print("  (no gsasl here)")
        return
    if not check("235 2.7.0" in got.stdout or got.returncode == 0, "gsasl logs in"):
        print(got.stdout, got.stderr, file=sys.stderr)
    daemon.wait_event("login", mechanism="SCRAM-SHA-256-PLUS")


def refusals():
    "Who may not: no TLS, wrong password, unknown account, somebody else's sender"
    with Raw(daemon.starttls_port) as raw:
        offered = raw.hello()
        check("STARTTLS" in offered.text and "AUTH" not in offered.text,
              "no AUTH before TLS is offered")
        equal(raw.ask("AUTH PLAIN AGEAYg==").status, "5.7.11", "AUTH before TLS")
        equal(raw.ask("MAIL FROM:<app@sender.test>").code, 530, "MAIL before TLS")
        raw.starttls(client_context(daemon.certificate))
        equal(raw.ask("MAIL FROM:<app@sender.test>").code, 503, "EHLO comes again after TLS")
        check("STARTTLS" not in raw.hello().text, "no STARTTLS within TLS")
        equal(raw.ask("MAIL FROM:<app@sender.test>").code, 530, "MAIL before AUTH")
        equal(raw.ask("STARTTLS").code, 503, "STARTTLS twice")
    for user, password in ((USER, "wrong"), ("nobody@sender.test", PASSWORD), (USER, "")):
        with daemon.connect(daemon.starttls_port) as client:
            client.starttls(context=client_context(daemon.certificate))
            client.ehlo()
            client.user, client.password = user, password
            for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5"):
                try:
                    method = getattr(client, "auth_" + mechanism.lower().replace("-", "_"))
                    client.auth(mechanism, method)
                    check(False, f"{user} {password!r} {mechanism} is refused")
                except smtplib.SMTPAuthenticationError as error:
                    equal(error.smtp_code, 535, f"{user} {password!r} {mechanism}")
    with authenticated() as client:
        equal(client.mail("other@sender.test")[0], 550, "another envelope sender")
        equal(client.mail("app@elsewhere.test")[0], 550, "another domain")
        equal(client.mail(USER)[0], 250, "its own")
        client.rcpt("b@receiver.test")
        code, said = client.data(text_message(sender="boss@sender.test"))
        equal((code, said[:5]), (550, b"5.7.1"), "another author")
        equal(client.mail("", ())[0], 250, "the null sender")
        client.rset()
    # Removed accounts are noticed within a session, disabled caches or not.
    add_account(daemon, "gone@sender.test", PASSWORD)
    daemon.run("user", "remove", "gone@sender.test", status=0)
    with daemon.connect(daemon.starttls_port) as client:
        client.starttls(context=client_context(daemon.certificate))
        try:
            client.login("gone@sender.test", PASSWORD)
            check(False, "a removed account is refused")
        except smtplib.SMTPAuthenticationError:
            pass


def fix_ups():
    "Received, Message-ID and Date are put in; Bcc and Return-Path taken out"
    before = len(sink.messages)
    with authenticated() as client:
        code, said = client.docmd("EHLO", "client.test")
        client.mail(USER)
        client.rcpt("b@receiver.test")
        code, said = client.data(text_message(more="Bcc: secret@receiver.test,\r\n also@x.test\r\n"
                                                   "Return-Path: <x@y.test>\r\nX-Odd:y\r\n"
                                                   "Authentication-Results: Mail.Test.Example;\r\n"
                                                   " dmarc=pass header.from=sender.test\r\n"
                                                   "Authentication-Results: other.test; none\r\n"))
    queued = said.decode().rsplit(" ", 1)[-1]
    message, = newest(before)
    header = parse(message.data)
    equal(header.keys()[0], "Received", "the first field")
    received = re.sub(r"\s+", " ", header["Received"])
    for part in ("from client.test ([127.0.0.1]", "by mail.test.example", "with ESMTPSA",
                 f"id {queued}", "for <b@receiver.test>", "tls TLS_AES"):
        check(part in received, f"Received has {part!r}: {received}")
    check(abs(email.utils.parsedate_to_datetime(header["Date"]).timestamp() - message.at) < 60,
          f"Date: {header['Date']}")
    check(re.fullmatch(r"<[^<>@\s]+@mail\.test\.example>", header["Message-ID"]),
          f"Message-ID: {header['Message-ID']}")
    check("Bcc" not in header and "Return-Path" not in header, "Bcc, Return-Path")
    check(b"secret" not in message.data and b"also@x.test" not in message.data, "of Bcc, nothing")
    check(b"\r\nX-Odd:y\r\n" in message.data, "other fields stay as they are")
    equal(header.get_all("Authentication-Results"), ["other.test; none"],
          "what claims to be found out by us")

    before = len(sink.messages)
    own = "Date: Mon, 2 Jan 2023 03:04:05 +0100\r\nMessage-ID: <own@sender.test>\r\n"
    with authenticated() as client:
        client.sendmail(USER, ["b@receiver.test", "c@receiver.test"], text_message(more=own))
    message, = newest(before)
    header = parse(message.data)
    equal(header.get_all("Message-ID"), ["<own@sender.test>"], "its own Message-ID")
    equal(len(header.get_all("Date")), 1, "its own Date")
    check("b@receiver.test" not in header["Received"], "two recipients are not told of each other")


def whole():
    "Bodies of all sizes and shapes arrive byte for byte, by DATA and by BDAT"
    rng = random.Random(5321)
    bodies = [b"", b"\r\n", b".\r\n", b"..\r\n.\r\n", b"\r\n.x\r\n", b"x" * 998 + b"\r\n",
              b"no line end at last".join([b"", b"\r\n"])]
    for size in (500, 4096, 65535, 65536, 65537, 300000, 3000000):
        lines = bytearray()
        while len(lines) < size:
            lines += rng.choice([b".", b"", b"..", b"\xc3\xa4"]) + bytes(
                rng.choices(b"abcdefghij.\t ", k=rng.randint(0, 500))) + b"\r\n"
        bodies.append(bytes(lines))
    before = len(sink.messages)
    hashes = {}
    with authenticated() as client:
        for number, body in enumerate(bodies):
            hashes[f"data {number}"] = hashlib.sha256(body).digest()
            client.mail(USER, ["BODY=8BITMIME"])
            client.rcpt("b@receiver.test")
            equal(client.data(text_message(f"data {number}", "").removesuffix(b"") + body)[0],
                  250, f"DATA of {len(body)} bytes")
    with Raw(daemon.port) as raw:
        raw.hello()
        for number, body in enumerate(bodies):
            hashes[f"bdat {number}"] = hashlib.sha256(body).digest()
            raw.begin(USER, parameters=" BODY=8BITMIME")
            rest = text_message(f"bdat {number}", "") + body
            while True:
                size = rng.choice([0, 1, 7, 1000, 70000, 2000000])
                chunk, rest = rest[:size], rest[size:]
                raw.send(f"BDAT {len(chunk)}{'' if rest else ' LAST'}\r\n".encode() + chunk)
                if not equal(raw.reply().code, 250, f"BDAT of {len(chunk)} bytes") or not rest:
                    break
    got = {parse(m.data)["Subject"]: hashlib.sha256(body_of(m.data)).digest()
           for m in newest(before, 2 * len(bodies))}
    equal(sorted(got), sorted(hashes), "the messages")
    for name, digest in hashes.items():
        check(got.get(name) == digest, f"{name} is whole")


def pipelined():
    "Everything in one write: three messages, DATA waiting its turn, BDAT not"
    before = len(sink.messages)
    with Raw(daemon.port) as raw:
        raw.hello()
        text = text_message("chunk", "chunk\r\n")
        one = (f"MAIL FROM:<{USER}>\r\nRCPT TO:<b@receiver.test>\r\nRCPT TO:<bad\r\n"
               f"BDAT {len(text)} LAST\r\n").encode() + text
        raw.send(one * 3 + b"NOOP\r\nQUIT\r\n")
        codes = [raw.reply().code for _ in range(14)]
        equal(codes, [250, 250, 501, 250] * 3 + [250, 221], "BDAT pipelined")
        check(raw.has_ended(), "QUIT ends it")
    newest(before, 3)
    with Raw(daemon.port) as raw:
        raw.hello()
        raw.send(f"MAIL FROM:<{USER}>\r\nRCPT TO:<b@receiver.test>\r\nDATA\r\n")
        equal([raw.reply().code for _ in range(3)], [250, 250, 354], "DATA at the end")
        raw.send(text_message("then") + b".\r\nMAIL FROM:<x@y.test>\r\nRSET\r\n")
        equal([raw.reply().code for _ in range(3)], [250, 250, 250], "what follows the dot")
    newest(before, 4)


def utf8_and_8bit():
    "SMTPUTF8 addresses and headers, 8BITMIME bodies, passed on as such"
    before = len(sink.messages)
    with Raw(daemon.port) as raw:
        raw.hello()
        equal(raw.ask("MAIL FROM:<jürgen@sender.test>").code, 553, "UTF-8 without SMTPUTF8")
        equal(raw.begin("jürgen@sender.test", "用户@receiver.test", "b@bücher.test",
                        parameters=" SMTPUTF8 BODY=8BITMIME").code, 250, "the envelope")
        raw.ask("DATA")
        raw.send("From: Jürgen <jürgen@sender.test>\r\nSubject: grüße\r\n\r\n日本\r\n.\r\n")
        equal(raw.reply().code, 250, "the message")
    one, two = newest(before, 2)
    equal({one.sender, two.sender}, {"jürgen@sender.test"}, "the sender")
    equal(sorted(one.addresses + two.addresses)[1], "用户@receiver.test", "a recipient")
    check(all("SMTPUTF8" in m.sender_parameters for m in (one, two)), "SMTPUTF8 is passed on")
    check("Subject: grüße\r\n".encode() in one.data, "the header")
    check("UTF8SMTP" in one.text.split("\n\n")[0], "Received says so")
    before = len(sink.messages)
    with Raw(daemon.port) as raw:
        raw.hello()
        raw.begin(USER, parameters=" BODY=8BITMIME")
        raw.ask("DATA")
        raw.send(text_message("8bit", "") + b"\xe4\xf6\xff\x80\r\n.\r\n")
        equal(raw.reply().code, 250, "an 8-bit body")
    message, = newest(before)
    check("BODY=8BITMIME" in message.sender_parameters, "BODY=8BITMIME is passed on")
    equal(body_of(message.data), b"\xe4\xf6\xff\x80\r\n", "the body")


def dsn_parameters():
    "RET, ENVID, NOTIFY and ORCPT travel with the envelope"
    before = len(sink.messages)
    with Raw(daemon.port) as raw:
        raw.hello()
        raw.ask(f"MAIL FROM:<{USER}> RET=HDRS ENVID=QQ+2B314")
        raw.ask("RCPT TO:<b@receiver.test> NOTIFY=SUCCESS,FAILURE "
                "ORCPT=rfc822;Bob+2B1@receiver.test")
        raw.ask("RCPT TO:<c@receiver.test> NOTIFY=NEVER")
        for wrong in ("MAIL FROM:<x@y.test> RET=ALL", "RCPT TO:<d@x.test> NOTIFY=NEVER,DELAY",
                      "RCPT TO:<d@x.test> ORCPT=rfc822;a+0Ab", "RCPT TO:<d@x.test> WHAT=1"):
            check(raw.ask(wrong).code in (501, 503, 555), f"{wrong} is refused")
        raw.ask("DATA")
        raw.send(text_message() + b".\r\n")
        equal(raw.reply().code, 250, "the message")
    message, = newest(before)
    check({"RET=HDRS", "ENVID=QQ+2B314"} <= set(message.sender_parameters),
          f"of MAIL: {message.sender_parameters}")
    equal(sorted(message.recipients[0].parameters),
          ["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;Bob+2B1@receiver.test"], "of RCPT")
    equal(message.recipients[1].parameters, ["NOTIFY=NEVER"], "of the other RCPT")


class Keeper:
    """An aiosmtpd handler that keeps envelopes."""

    def __init__(self):
        self.envelopes = []

    async def handle_DATA(self, server, session, envelope):
        self.envelopes.append(envelope)
        return "250 2.0.0 Kept"


def aiosmtpd_receives():
    "aiosmtpd receives what smtplib sent, plain, UTF-8 and 8-bit"
    with authenticated() as client:
        client.sendmail(USER, ["x@aio.test", "y@aio.test"], text_message("one", "1\r\n..\r\n.\r\n"))
        client.sendmail(USER, ["ü@aio.test"], text_message("two", "zwei\r\n"),
                        ["SMTPUTF8", "BODY=8BITMIME"])
    from ringpost_live import until
    until(lambda: len(keeper.envelopes) >= 2, 20, "both messages")
    got = {parse(e.original_content)["Subject"]: e for e in keeper.envelopes}
    equal(got["one"].rcpt_tos, ["x@aio.test", "y@aio.test"], "recipients")
    equal(body_of(got["one"].original_content), b"1\r\n..\r\n.\r\n", "the body")
    equal(got["two"].rcpt_tos, ["ü@aio.test"], "the UTF-8 recipient")
    equal(got["one"].mail_from, USER, "the sender")


keeper = Keeper()
aio = Controller(keeper, hostname="127.0.0.1", port=free_port(), enable_SMTPUTF8=True)
aio.start()
daemon = Daemon(
    tls=True, submission={"auth_delay": "0ms"}, relay={"connections": 3, "idle": "2s"})
# CRAM-MD5 is offered only where it is listed.
for listener in daemon.config["listeners"][1:]:
    listener["mechanisms"] = ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"]
try:
    with Sink() as sink:
        daemon.write_config(dict(daemon.config, routes=[
            sink.route("*"), {"domain": "aio.test", "host": "[127.0.0.1]", "port": aio.port,
                              "private_addresses": True}]))
        with daemon:
            add_account(daemon, USER, PASSWORD, options=["--cram-md5"])
            status = cases.run([
                smtplib_starttls, smtplib_implicit, swaks_all, curl_all, openssl_tls,
                scram_by_hand, gsasl_scram, refusals, fix_ups, whole, pipelined, utf8_and_8bit,
                dsn_parameters, aiosmtpd_receives])
finally:
    aio.stop()
sys.exit(status)
