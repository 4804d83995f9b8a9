"""Submission with real clients over real sockets: smtplib, swaks, curl, gsasl,
OpenSSL; then clients that are slow, greedy, wrong, or that guess."""
import base64
import re
import socket
import ssl
import subprocess
import sys
import threading
import time

from ringpost_live import Cases, Daemon, Sink, until

MESSAGE = "From: app@x.test\r\nTo: b@y.test\r\nSubject: x\r\n\r\nHello\r\n"
MECHANISMS = ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"]
cases = Cases()
sink = daemon = None


class Raw:
    """A socket that speaks bytes."""

    def __init__(self, port=None, timeout=30):
        self.socket = socket.create_connection(("127.0.0.1", port or daemon.port), timeout)
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def line(self):
        while b"\n" not in self.rest:
            got = self.socket.recv(65536)
            if not got:
                raise EOFError(self.rest)
            self.rest += got
        line, self.rest = self.rest.split(b"\n", 1)
        return line.rstrip(b"\r").decode()

    def reply(self):
        lines = [self.line()]
        while lines[-1][3:4] == "-":
            lines.append(self.line())
        return "\n".join(lines)

    def say(self, data):
        if isinstance(data, str):
            data = data.encode() + b"\r\n"
        self.socket.sendall(data)
        return self.reply()

    def hello(self):
        self.reply()
        return self.say("EHLO client.test")

    def start_tls(self):
        cases.equal(self.say("STARTTLS")[:3], "220", "STARTTLS")
        context = ssl._create_unverified_context()
        self.socket = context.wrap_socket(self.socket, server_hostname="mail.test.example")
        return self.say("EHLO client.test")

    def ended(self):
        try:
            while True:
                got = self.socket.recv(65536)
                if not got:
                    return True
                self.rest += got
        except (ConnectionError, ssl.SSLError):
            return True
        except TimeoutError:
            return False


def plain(name, password):
    return base64.b64encode(f"\0{name}\0{password}".encode()).decode()


def accept(what, run):
    """RUN submits one message, which must arrive."""
    before = len(sink.messages)
    try:
        run()
        sink.wait(before + 1)
        cases.equal(len(sink.messages), before + 1, what)
    except Exception as error:
        cases.check(False, f"{what}: {error!r}")


def command(*words, input=None, timeout=60):
    got = subprocess.run(words, input=input, capture_output=True, text=True, timeout=timeout)
    if got.returncode:
        raise AssertionError(f"{words[0]}: {got.stdout[-1500:]}{got.stderr[-1500:]}")
    return got.stdout


def python_clients():
    """smtplib: PLAIN, LOGIN, CRAM-MD5 over STARTTLS and over implicit TLS"""
    import smtplib
    context = ssl.create_default_context(cafile=daemon.certificate)

    def submit(client, mechanism):
        client.ehlo()
        client.user, client.password = "app@x.test", "s3cret"
        client.auth(mechanism, getattr(client, "auth_" + mechanism.lower().replace("-", "_")))
        client.sendmail("app@x.test", ["b@y.test"], MESSAGE)
        client.quit()

    for mechanism in "PLAIN", "LOGIN", "CRAM-MD5":
        def starttls():
            client = smtplib.SMTP("127.0.0.1", daemon.starttls_port)
            client.starttls(context=context)
            submit(client, mechanism)

        def implicit():
            submit(smtplib.SMTP_SSL("127.0.0.1", daemon.tls_port, context=context), mechanism)
        accept(f"smtplib {mechanism} STARTTLS", starttls)
        accept(f"smtplib {mechanism} TLS", implicit)


def swaks():
    """swaks: PLAIN, LOGIN, CRAM-MD5"""
    for mechanism in "PLAIN", "LOGIN", "CRAM-MD5":
        accept(f"swaks {mechanism}", lambda: command(
            "swaks", "--server", f"127.0.0.1:{daemon.starttls_port}", "--tls", "--auth", mechanism,
            "--auth-user", "app@x.test", "--auth-password", "s3cret", "--from", "app@x.test",
            "--to", "b@y.test"))
    accept("swaks pipelined", lambda: command(
        "swaks", "--server", f"127.0.0.1:{daemon.tls_port}", "--tls-on-connect", "--auth", "PLAIN",
        "--auth-user", "app@x.test", "--auth-password", "s3cret", "--from", "app@x.test",
        "--to", "b@y.test", "--pipeline"))


def curl():
    """curl: implicit TLS and STARTTLS, certificates verified"""
    for url in (f"smtps://mail.test.example:{daemon.tls_port}",
                f"smtp://mail.test.example:{daemon.starttls_port}"):
        accept("curl " + url, lambda: command(
            "curl", "-sS", "--connect-to", "mail.test.example::127.0.0.1:", "--ssl-reqd",
            "--cacert", daemon.certificate, "--url", url, "--user", "app@x.test:s3cret",
            "--mail-from", "app@x.test", "--mail-rcpt", "b@y.test", "-T", "-", input=MESSAGE))


def gnu_sasl():
    """gsasl: SCRAM-SHA-256 and SCRAM-SHA-256-PLUS over STARTTLS"""
    for mechanism, binding in ("SCRAM-SHA-256", ["--no-cb"]), ("SCRAM-SHA-256-PLUS", []):
        subprocess.run(
            ["gsasl", "--smtp", "--connect", f"127.0.0.1:{daemon.starttls_port}", "--starttls",
             "--x509-ca-file", "", "--mechanism", mechanism, *binding, "--authentication-id",
             "app@x.test", "--password", "s3cret", "--quiet"],
            input="QUIT\r\n", capture_output=True, text=True, timeout=30)
        daemon.wait_event("login", mechanism=mechanism, timeout=5)


def openssl():
    """openssl s_client: TLS 1.2 and 1.3, session resumption, ALPN smtp and others"""
    for version in "-tls1_2", "-tls1_3":
        got = command("openssl", "s_client", "-connect", f"127.0.0.1:{daemon.tls_port}",
                      "-CAfile", daemon.certificate, "-verify_return_error", "-alpn", "smtp",
                      "-crlf", version, input="EHLO c\nQUIT\n")
        cases.check("ALPN protocol: smtp" in got, f"{version}: ALPN")
    got = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{daemon.tls_port}",
                          "-alpn", "h2"], input="", capture_output=True, text=True, timeout=30)
    cases.check("no application protocol" in got.stderr, "another ALPN is refused")


def before_tls():
    """no AUTH and no MAIL before TLS"""
    with Raw(daemon.starttls_port) as raw:
        hello = raw.hello()
        cases.check("STARTTLS" in hello and "AUTH" not in hello, hello)
        cases.equal(raw.say("AUTH PLAIN " + plain("app@x.test", "s3cret"))[:10],
                    "538 5.7.11", "AUTH")
        cases.equal(raw.say("MAIL FROM:<app@x.test>")[:9], "530 5.7.0", "MAIL")
        hello = raw.start_tls()
        cases.check("AUTH PLAIN LOGIN" in hello and "STARTTLS" not in hello, hello)
        cases.equal(raw.say("AUTH PLAIN " + plain("app@x.test", "s3cret"))[:9],
                    "235 2.7.0", "AUTH under TLS")


def starttls_injection():
    """bytes behind STARTTLS end the session"""
    for more in (b"NOOP\r\n", b"MAIL FROM:<evil@x.test>\r\n"):
        with Raw(daemon.starttls_port) as raw:
            raw.hello()
            cases.equal(raw.say(b"STARTTLS\r\n" + more)[:9], "503 5.5.1", "injection")
            cases.check(raw.ended() and not raw.rest, "nothing behind it")


def chunks():
    """BDAT over TCP: a message of 3 MB in chunks, and one cut at every byte"""
    big = MESSAGE.encode() + b"x" * 70 + b"\r\n" + (b"y" * 998 + b"\r\n") * 3000
    with Raw() as raw:
        raw.hello()

        def large():
            raw.socket.sendall(b"MAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\n")
            for at in range(0, len(big), 100000):
                part = big[at:at + 100000]
                last = b" LAST" if at + 100000 >= len(big) else b""
                raw.socket.sendall(b"BDAT %d%s\r\n" % (len(part), last) + part)
            replies = [raw.reply() for _ in range(2 + (len(big) + 99999) // 100000)]
            cases.check(all(r[0] == "2" for r in replies), replies)
        accept("3 MB", large)
        cases.check(sink.messages[-1].data.endswith(big[len(MESSAGE):]), "not a byte is lost")
        small = b"MAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\nBDAT 42 LAST\r\n" + \
            b"From: a@x.test\r\nSubject: s\r\n\r\n.\r\nHello\r\n\r\n"
        small = small.replace(b"42", b"%d" % (len(small) - small.index(b"From: ")))
        for cut in range(1, len(small)):
            raw.socket.sendall(small[:cut])
            time.sleep(0.002)
            raw.socket.sendall(small[cut:])
            replies = [raw.reply() for _ in range(3)]
            cases.check([r[0] for r in replies] == ["2"] * 3, replies)


def false_endings():
    """false endings of DATA over TCP end nothing"""
    for ending in (b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n",
                   b"\r\n.\0\r\n", b"\r\n\0.\r\n"):
        with Raw() as raw:
            raw.hello()
            for line in "MAIL FROM:<a@x.test>", "RCPT TO:<b@y.test>", "DATA":
                raw.say(line)
            raw.socket.sendall(MESSAGE.encode() + b"text" + ending)
            raw.socket.sendall(b"MAIL FROM:<evil@x.test>\r\nRCPT TO:<b@y.test>\r\nDATA\r\n")
            time.sleep(0.02)
            got = raw.say(b"evil\r\n.\r\n")
            cases.equal(got[:9], "550 5.6.0", f"{ending}")
            cases.equal(raw.say("QUIT")[:3], "221", f"{ending}: one reply only")
    cases.check(not any(m.sender == "evil@x.test" for m in sink.messages), "no evil mail")


def ended_tls():
    """TLS that ends in the middle of a message: nothing is taken"""
    before = len(daemon.events("received"))
    for how in "close_notify", "reset", "garbage":
        for middle in ("DATA", "BDAT 1000 LAST"):
            raw = Raw(daemon.starttls_port)
            raw.hello()
            raw.start_tls()
            raw.say("AUTH PLAIN " + plain("app@x.test", "s3cret"))
            raw.say("MAIL FROM:<app@x.test>")
            raw.say("RCPT TO:<b@y.test>")
            raw.socket.sendall(middle.encode() + b"\r\n")
            if middle == "DATA":
                raw.reply()
            raw.socket.sendall(MESSAGE.encode())
            if how == "close_notify":
                raw.socket.settimeout(5)
                try:
                    under = raw.socket.unwrap()
                    under.sendall(b"\r\n.\r\nMAIL FROM:<evil@x.test>\r\n")
                    got = under.recv(1000)
                    cases.check(not got, f"after close_notify: {got}")
                    under.close()
                except (OSError, ValueError):
                    pass
            elif how == "reset":
                raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                      b"\1\0\0\0\0\0\0\0")
                raw.socket.close()
            else:
                plain_socket = socket.socket(fileno=raw.socket.detach())
                plain_socket.sendall(b"\r\n.\r\nnot a record")
                plain_socket.close()
    time.sleep(0.3)
    cases.equal(len(daemon.events("received")), before, "messages received")


def greedy():
    """greedy clients: NOOPs, recipients, errors, long lines"""
    with Raw() as raw:
        raw.hello()
        raw.socket.sendall(b"NOOP\r\n" * 2000)
        replies = []
        while not replies or replies[-1][:3] == "250":
            replies.append(raw.reply())
        cases.equal((len(replies), replies[-1][:9]), (1000, "421 4.7.0"), "NOOPs")
    with Raw() as raw:
        raw.hello()
        raw.say("MAIL FROM:<a@x.test>")
        raw.socket.sendall(b"".join(b"RCPT TO:<r%d@y.test>\r\n" % i for i in range(1010)))
        codes = [raw.reply()[:9] for _ in range(1010)]
        cases.equal((codes.count("250 2.1.5"), codes.count("452 4.5.3")), (1000, 10), "RCPT")
        cases.equal(raw.say("RSET")[:3], "250", "and on it goes")
        cases.equal([raw.say("X" * 5000)[:9] for _ in range(3)], ["500 5.5.6"] * 3, "lines")
    with Raw() as raw:
        raw.hello()
        raw.socket.sendall(b"X" * 3000000)
        cases.equal(raw.say("")[:9], "500 5.5.6", "3 MB of one line")
    with Raw() as raw:
        raw.hello()
        codes = [raw.say("WHAT")[:9] for _ in range(19)]
        cases.equal(set(codes), {"500 5.5.1"}, "errors")
        raw.say("WHAT")
        cases.equal(raw.reply()[:9], "421 4.7.0", "too many errors")


def many_sessions():
    """an account's sessions are counted, and free again after any end"""
    raws = []
    for i in range(3):
        raw = Raw(daemon.starttls_port)
        raw.hello()
        raw.start_tls()
        raws.append((raw, raw.say("AUTH PLAIN " + plain("two@x.test", "s3cret"))))
    cases.equal([r[1][:9] for r in raws], ["235 2.7.0", "235 2.7.0", "421 4.7.0"], "two of three")
    for raw, _ in raws:
        raw.socket.close()  # without a word

    def again():
        with Raw(daemon.starttls_port) as raw:
            raw.hello()
            raw.start_tls()
            return raw.say("AUTH PLAIN " + plain("two@x.test", "s3cret"))[:3] == "235"
    until(again, 20, "a free session", 0.2)


def guessing():
    """known and unknown accounts fail alike: same reply, no difference in time"""
    times = {"app@x.test": [], "nobody@x.test": []}
    replies = set()
    for i in range(100):
        for name, list_ in times.items():
            with Raw(guess_daemon.starttls_port) as raw:
                raw.hello()
                raw.start_tls()
                start = time.monotonic()
                replies.add(raw.say("AUTH PLAIN " + plain(name, f"wrong{i}")))
                list_.append(time.monotonic() - start)
        # Other work on the machine makes some slower, never the fastest faster.
        known, unknown = (min(t) for t in times.values())
        if i >= 15 and abs(known - unknown) < 0.25 * max(known, unknown):
            break
    cases.equal(replies, {"535 5.7.8 Authentication failed"}, "replies")
    cases.check(abs(known - unknown) < 0.25 * max(known, unknown),
                f"known {known:.4f} s, unknown {unknown:.4f} s")


def growing_delay():
    """each failure is answered later, and in the end not listened to"""
    waits = []
    with Raw(daemon.starttls_port) as raw:
        raw.hello()
        raw.start_tls()
        for i in range(3):
            start = time.monotonic()
            raw.say("AUTH PLAIN " + plain("app@x.test", f"wrong{i}"))
            waits.append(time.monotonic() - start)
    cases.check(waits[0] > 0.09 and waits[1] > 0.18 and waits[2] > 0.36, waits)
    failed = until(lambda: daemon.events("login_failed", account="app@x.test",
                                         reason="wrong password")[2:], what="the event")[-1]
    cases.equal((failed["account"], failed["reason"], failed["client"]),
                ("app@x.test", "wrong password", "127.0.0.1"), "event")
    cases.check("wrong2" not in open(daemon.log).read(), "no password in the log")

    done = []

    def guess(number):
        with Raw(guess_daemon.starttls_port) as raw:
            raw.hello()
            raw.start_tls()
            for i in range(15):
                got = raw.say("AUTH PLAIN " + plain("app@x.test", f"{number}.{i}"))
                if got[:3] == "421":
                    done.append(got)
                    return
    threads = [threading.Thread(target=guess, args=(i,)) for i in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cases.check(len(done) > 0, "an address that goes on guessing hears 421")


def removed():
    """a changed account is another at once, a removed one is gone, also in a session"""
    daemon.run("user", "add", "gone@x.test", input="s3cret\n", status=0)
    with Raw(daemon.starttls_port) as raw:
        raw.hello()
        raw.start_tls()
        cases.equal(raw.say("AUTH PLAIN " + plain("gone@x.test", "s3cret"))[:3], "235", "there")
        cases.equal(raw.say("MAIL FROM:<a@z.test>")[:9], "550 5.7.1", "not its own")
        daemon.run("user", "change", "gone@x.test", "--sender", "@z.test", status=0)
        cases.equal(raw.say("MAIL FROM:<a@z.test>")[:9], "250 2.1.0", "now its own")
        raw.say("RSET")
        daemon.run("user", "password", "gone@x.test", input="other\n", status=0)
        with Raw(daemon.starttls_port) as second:
            second.hello()
            second.start_tls()
            cases.equal(second.say("AUTH PLAIN " + plain("gone@x.test", "s3cret"))[:3], "535",
                        "the old password")
            cases.equal(second.say("AUTH PLAIN " + plain("gone@x.test", "other"))[:3], "235",
                        "the new one")
        daemon.run("user", "remove", "gone@x.test", status=0)
        cases.equal(raw.say("MAIL FROM:<a@z.test>")[:9], "421 4.7.0", "removed")


def add_users(to):
    to.run("user", "add", "app@x.test", "--cram-md5", "--sender", "@x.test", input="s3cret\n",
           status=0)
    to.run("user", "add", "two@x.test", "--sessions", "2", input="s3cret\n", status=0)


with Sink() as sink, Daemon(
        tls=True, routes=[sink.route("*")], submission={"auth_delay": "100ms"}) as daemon, \
        Daemon(tls=True, submission={"auth_delay": 0}) as guess_daemon:
    for listener in daemon.config["listeners"][1:]:
        listener["mechanisms"] = MECHANISMS
    daemon.write_config()
    daemon.reload()
    add_users(daemon)
    add_users(guess_daemon)
    status = cases.run([
        python_clients, swaks, curl, gnu_sasl, openssl, before_tls, starttls_injection, chunks,
        false_endings, ended_tls, greedy, many_sessions, guessing, growing_delay, removed])
sys.exit(status)
