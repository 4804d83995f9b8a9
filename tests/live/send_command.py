#!/usr/bin/env python3
"""`ringpost send` and `ringpost sendmail`: what arrives, read by Python's email; by the
socket and over HTTP; what is refused, and the exit statuses."""
import email
import email.policy
import json
import os
import subprocess

from ringpost_http import add_key, add_listener
from ringpost_live import PROGRAM, Daemon, Sink, free_port, until


class Shell:
    def __init__(self, daemon, sink):
        self.daemon, self.sink = daemon, sink

    def path(self, name, content=b""):
        path = os.path.join(self.daemon.directory, name)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def message_to(self, recipient):
        got = until(lambda: [m for m in self.sink.messages if recipient in m.addresses],
                    what=recipient)[-1]
        return got, email.message_from_bytes(got.data, policy=email.policy.default)

    def run(self, *words, **options):
        return self.daemon.run(*words, **options)

    def sendmail(self, *words, input, status=0):
        """As programs call it: all words are sendmail's."""
        got = subprocess.run([PROGRAM, "sendmail", *words], input=input, text=True,
                             capture_output=True, timeout=60,
                             env=dict(os.environ, RINGPOST_CONFIG=self.daemon.file))
        assert got.returncode == status and not got.stdout, got
        return got.stderr


def check_send(shell):
    got = shell.run("send", "--from", "Jo <a@sender.test>", "--to", "Bob <b@x.test>", "--to",
                    "c@x.test", "--cc", "d@x.test", "--bcc", "e@x.test", "--subject", "Grüße",
                    "--header", "X-Order: 17", "--tag", "t1", "--tag", "t2", "--stream", "bulk",
                    "--reply-to", "r@sender.test", "--html", shell.path("a.html", b"<b>x</b>"),
                    "--attach", shell.path("Bild ä.png", bytes(range(256))),
                    shell.path("text", "Grüße\n.\n".encode()), status=0)
    number = got.stdout.strip()
    assert len(number) == 16 and not got.stderr, got
    received, message = shell.message_to("b@x.test")
    assert number in message["Message-ID"] and message["Subject"] == "Grüße"
    assert received.sender == "a@sender.test" and message["From"].addresses[0].display_name == "Jo"
    assert [a.addr_spec for a in message["To"].addresses] == ["b@x.test", "c@x.test"]
    assert message["Cc"] == "d@x.test" and message["Bcc"] is None and message["X-Order"] == "17"
    assert message["Reply-To"] == "r@sender.test" and "SOCKET" in message["Received"]
    body, file = message.iter_parts()
    plain, html = body.iter_parts()
    assert plain.get_content().replace("\r\n", "\n").rstrip("\n") == "Grüße\n.", plain.get_content()
    assert "<b>x</b>" in html.get_content()
    assert file.get_filename() == "Bild ä.png" and file.get_content() == bytes(range(256))
    assert file.get_content_type() == "image/png"
    shell.message_to("e@x.test")
    told = shell.daemon.wait_event("received", id=number)
    assert told["tags"] == "t1 t2" and told["stream"] == "bulk", told
    assert told["account"].startswith("uid ") and told["client"] == "127.0.0.1", told
    # From standard input; with variables; as JSON; a whole message; a large file.
    shell.run("send", "--from", "a@sender.test", "--to", "in@x.test", "--subject", "Hi {{name}}",
              "--variable", "name=Jo=1", input="Dear {{name}}\n", status=0)
    _, message = shell.message_to("in@x.test")
    assert message["Subject"] == "Hi Jo=1" and message.get_content().strip() == "Dear Jo=1"
    got = shell.run("send", "--from", "a@sender.test", "--to", "raw@x.test", "--raw", "--json",
                    input="From: Z <z@sender.test>\nSubject: raw\n\nas it is\n", status=0)
    answer = json.loads(got.stdout)
    assert list(answer["messages"][0]) == ["id"], answer
    _, message = shell.message_to("raw@x.test")
    assert message["Subject"] == "raw" and message["From"].addresses[0].display_name == "Z"
    large = os.urandom(9 << 20)
    shell.run("send", "--from", "a@sender.test", "--to", "big@x.test", "--attach",
              shell.path("large.bin", large), input="x", status=0)
    _, message = shell.message_to("big@x.test")
    assert list(message.iter_attachments())[0].get_content() == large
    later = shell.run("send", "--from", "a@sender.test", "--to", "later@x.test", "--at", "2h",
                      input="x", status=0).stdout.strip()
    assert later in shell.run("queue", "list", "--json").stdout


def check_refused(shell):
    shell.run("suppression", "add", "stop@x.test", status=0)
    to = ("--from", "a@sender.test", "--to")
    for words, status, said in (
            (("send", *to, "b@x.test", "--at", "never"), 2, "--at"),
            (("send", "--to", "b@x.test"), 2, "--from is missing"),
            (("send", "--from", "a@sender.test"), 2, "to whom"),
            (("send", *to, "b@x.test", "/nowhere"), 1, "cannot open /nowhere"),
            (("send", *to, "bad@", "--header", "Bad Name: x"), 1, "to"),
            (("send", *to, "b@x.test", "--header", "nothing"), 2, "Name: value"),
            (("send", *to, "b@x.test", "--subject", "a\nBcc: c@x.test"), 1, "subject"),
            (("send", *to, "stop@x.test"), 1, "550 5.7.1"),
            (("send", *to, "b@x.test", "--url", "http://127.0.0.1:1"), 2, "go together"),
            (("send", *to, "b@x.test", "--url", "http://127.0.0.1:1", "--key-file",
              shell.path("nokey", b"x")), 1, "ringpost: ")):
        got = shell.run(*words, input="Subject: x\n\nx\n")
        assert got.returncode == status and said in got.stderr, (words, got)
        assert not got.stdout, got
    for words, status, said in (
            (["-bs"], 64, "no option -bs"), (["-f"], 64, "needs a value"),
            (["-i"], 64, "to whom"), (["-t"], 65, "nobody to send it to"),
            (["stop@x.test"], 69, "550 5.7.1")):
        assert said in shell.sendmail(*words, input="Subject: x\n\nx\n", status=status), words
    got = shell.run("send", *to, "go@x.test", "--to", "stop@x.test", input="x", status=0)
    assert "to/1: 550 5.7.1" in got.stderr and len(got.stdout.strip()) == 16, got


def check_sendmail(shell):
    text = ("From: \"(Cron Daemon)\" <root>\nTo: b1@x.test, B <b2@x.test>\nCc: g:b3@x.test;\n"
            "Bcc: b4@x.test\nSubject: one\n\nline\n.\nbehind\n")
    shell.sendmail("-t", "-oi", "-f", "cron@sender.test", input=text)
    received, message = shell.message_to("b4@x.test")
    assert received.sender == "cron@sender.test" and message["Bcc"] is None
    assert "behind" in message.get_content()
    for who in ("b1@x.test", "b2@x.test", "b3@x.test"):
        shell.message_to(who)
    shell.sendmail("-FCron", "-odi", "-oem", "-t", "-froot", input=text.replace(
        "To: b1@x.test, B <b2@x.test>", "To: root, admin"))
    received, message = shell.message_to("admin@mail.test.example")
    assert received.sender == "root@mail.test.example", received
    assert "behind" not in message.get_content() and "root@mail.test.example" in {
        r for m in shell.sink.messages for r in m.addresses}
    shell.sendmail("--", "word@x.test", input="From: f@sender.test\n\nx\n")
    assert shell.message_to("word@x.test")[0].sender == "f@sender.test"


def check_http(shell, port):
    key = shell.path("key", add_key(shell.daemon, "shop", "--sender", "@sender.test").encode())
    url = ("--url", f"http://127.0.0.1:{port}/", "--key-file", key)
    number = shell.run("send", "--from", "a@sender.test", "--to", "web@x.test", *url, input="x",
                       status=0).stdout.strip()
    _, message = shell.message_to("web@x.test")
    assert number in message["Message-ID"] and " with HTTP" in message["Received"]
    got = shell.run("send", "--from", "a@other.test", "--to", "web@x.test", *url, input="x")
    assert got.returncode == 1 and "not yours" in got.stderr, got
    got = shell.run("send", "--from", "a@", "--to", "web@x.test", *url, input="x")
    assert got.returncode == 1 and got.stderr.startswith("ringpost: from: "), got
    shell.path("key", b"rp_wrong")
    got = shell.run("send", "--from", "a@sender.test", "--to", "web@x.test", *url, input="x")
    assert got.returncode == 1 and "API key" in got.stderr, got


def main():
    port = free_port()
    with Sink() as sink:
        daemon = Daemon(routes=[sink.route("*")])
        add_listener(daemon, port, "api")
        with daemon:
            shell = Shell(daemon, sink)
            check_send(shell)
            check_refused(shell)
            check_sendmail(shell)
            check_http(shell, port)
            daemon.stop()
            got = shell.run("send", "--from", "a@sender.test", "--to", "b@x.test", input="x")
            assert got.returncode == 1 and "run" in got.stderr, got
            shell.sendmail("b@x.test", input="\nx\n", status=75)
    print("send_command: good")


if __name__ == "__main__":
    main()
