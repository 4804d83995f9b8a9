"""POST /v1/messages on a real daemon: what arrives, read by Python's email; what is
refused, and how; batches, templates, Idempotency-Key, keys, raw MIME, time."""
import base64
import email
import email.policy
import gzip
import json
import smtplib
import threading
import time

from ringpost_http import Api, add_key, add_listener
from ringpost_live import Daemon, Sink, free_port, until

HTML = "<p>Grüße, <b>{{name}}</b> {{{name}}}</p><img src=\"cid:logo@shop\">"


class Client(Api):
    """Header fields by their names, with _ for -."""

    def send(self, body, **headers):
        got = self.exchange("POST", "/v1/messages", body,
                            {name.replace("_", "-"): value for name, value in headers.items()})
        return got.status, got.json


def parsed(message):
    return email.message_from_bytes(message.data, policy=email.policy.default)


def said(part):
    """A text part's text: the line end in front of a boundary is the boundary's."""
    return part.get_content().replace("\r\n", "\n").removesuffix("\n")


def check_content(client, sink):
    """All that one message can have, read again by somebody else."""
    subject = "Grüße aus Köln, " * 8 + "日本語の件名 ✓"
    text = "Zeile é\n.\nFrom here\n" + "lang " * 400
    file_name = "Übersicht der ganzen Bestellungen im Jahr 2026 (endgültig).pdf"
    status, answer = client.send({
        "from": "Jörg \"der Große\" <jo@sender.test>",
        "to": ["Bob <bob@x.test>", {"email": "al@y.test", "name": "Al, Jr."}],
        "cc": "\"Quoted, Name\" <cc@x.test>", "bcc": ["secret@x.test"],
        "reply_to": "Hilfe <help@sender.test>", "subject": subject, "text": text,
        "html": "<p>Grüße</p><img src=\"cid:logo@shop\">",
        "headers": {"X-Order": "17 ü", "In-Reply-To": "<a@b>"},
        "attachments": [
            {"filename": file_name, "content": base64.b64encode(bytes(range(256))).decode()},
            {"content_id": "logo@shop", "content_type": "image/png", "filename": "logo.png",
             "content": base64.b64encode(b"\x89PNG").decode()}],
        "tags": ["order", "eu"], "stream": "bulk",
        "list_unsubscribe": {"url": "https://sender.test/u", "mailto": "mailto:u@sender.test"}})
    assert status == 202 and set(answer) == {"id"}, answer
    got = sink.wait(2, timeout=60)
    message = parsed(next(m for m in got if "al@y.test" in str(m.addresses)))
    assert all(byte < 128 for byte in got[0].data)
    assert message["Subject"] == subject, message["Subject"]
    assert [(a.display_name, a.addr_spec) for a in message["To"].addresses] == \
        [("Bob", "bob@x.test"), ("Al, Jr.", "al@y.test")]
    assert message["From"].addresses[0].display_name == "Jörg \"der Große\""
    assert message["Cc"].addresses[0].display_name == "Quoted, Name"
    assert message["Bcc"] is None and message["X-Ringpost-Tags"] is None
    assert message["X-Order"] == "17 ü" and message["In-Reply-To"] == "<a@b>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Unsubscribe"] == "<https://sender.test/u>, <mailto:u@sender.test>"
    assert answer["id"] in message["Message-ID"] and " with HTTP" in message["Received"]
    assert message.get_content_type() == "multipart/mixed"
    body, attached = message.iter_parts()
    assert attached.get_filename() == file_name, attached.get_filename()
    assert attached.get_content() == bytes(range(256))
    plain, related = body.iter_parts()
    assert said(plain) == text, plain.get_content()
    html, logo = related.iter_parts()
    assert "Grüße" in html.get_content() and logo["Content-ID"] == "<logo@shop>"
    assert not message.defects and not any(p.defects for p in message.walk())
    assert {r for m in got for r in m.addresses} == {
        "bob@x.test", "al@y.test", "cc@x.test", "secret@x.test"}


def check_refused(client):
    status, answer = client.send({"from": "jo@", "to": [], "txt": "x", "tags": ["ä"],
                                  "attachments": [{"content": "!"}], "send_at": "tomorrow"})
    assert status == 422 and answer["code"] == "invalid", answer
    assert {e["pointer"] for e in answer["errors"]} == {
        "/from", "/txt", "/tags/0", "/attachments/0/content", "/attachments/0", "/send_at"}
    good = {"from": "jo@sender.test", "to": "a@x.test", "text": "x"}
    for wrong, pointer in (({"subject": "a\r\nBcc: b@x.test"}, "/subject"),
                           ({"headers": {"X-A": "a\nb"}}, "/headers/X-A"),
                           ({"headers": {"X-A\r\nB": "c"}}, "/headers/X-A\r\nB"),
                           ({"to": "a@x.test\r\nB: c <a@x.test>"}, "/to"),
                           ({"raw": base64.b64encode(b"A: b\r\n\r\nx\ry\r\n").decode(),
                             "text": None}, "/raw")):
        status, answer = client.send({**good, **wrong})
        assert status == 400 and pointer in [e["pointer"] for e in answer["errors"]], answer
    status, answer = client.send(json.dumps({**good, "subject": "a\0b"}))
    assert status == 400 and answer["code"] == "malformed", answer
    for wrong, status_wanted in (("{", 400), ("[" * 100000, 400), ("[]", 400), ('{"a":1,"a":2}', 400)):
        assert client.send(wrong)[0] == status_wanted, wrong
    status, answer = client.send({**good, "from": "jo@other.test"})
    assert status == 403 and answer["code"] == "sender_not_allowed", answer
    status, answer = client.send({**good, "headers": {"DKIM-Signature": "x"}})
    assert status == 422, answer
    assert client.send("x", Content_Type="text/plain")[0] == 415
    curl = "application/x-www-form-urlencoded; charset=utf-8"  # which -d gives by itself
    assert client.send(good, Content_Type=curl)[0] == 202
    assert client.send("a=1&b=2", Content_Type=curl)[0] == 400
    status, answer = client.send({**good, "to": ["a@x.test", "b@bad_domain..test"]})
    assert status == 422 and answer["errors"][0]["pointer"] == "/to/1", answer
    status, answer = client.send({**good, "text": "x" * (3 << 20)})
    assert status == 413, answer


def check_keys(daemon, port, key):
    for wrong in ("", "rp_", "x", key[:-1] + ("0" if key[-1] != "0" else "1"), "rp_" + "0" * 42):
        got = Client(port, wrong).exchange("POST", "/v1/messages", b"x" * 100000)
        assert got.status == 401 and got.headers["www-authenticate"], (wrong, got)
    reader = add_key(daemon, "reader", "--scope", "read")
    good = {"from": "jo@sender.test", "to": "a@x.test", "text": "x"}
    status, answer = Client(port, reader).send(good)
    assert status == 403 and answer["code"] == "scope_missing", answer
    basic = base64.b64encode(b"api:" + key.encode()).decode()
    assert Client(port, None).send(good, Authorization="Basic " + basic)[0] == 202
    few = add_key(daemon, "few", "--sender", "*", "--messages-per-hour", "2")
    assert [Client(port, few).send(good)[0] for _ in range(3)] == [202, 202, 429]
    assert daemon.run("key", "change", "few", "--disable").returncode == 0
    assert Client(port, few).send(good)[0] == 401
    assert daemon.run("key", "remove", "few").returncode == 0
    assert daemon.run("key", "add", "reader", "--sender", "*").returncode != 0
    assert daemon.run("key", "add", "none").returncode != 0
    names = [json.loads(line)["name"]
             for line in daemon.run("key", "list", "--json").stdout.splitlines()]
    assert names == ["reader", "shop"], names
    until(lambda: daemon.events("api_key_removed"), what="the event")


def check_batch(client, sink):
    before = len(sink.messages)
    status, answer = client.send({
        "from": "jo@sender.test", "subject": "Hallo {{name}}", "text": "{{name}} {{ n }} {{}}",
        "html": HTML,
        "recipients": [{"to": f"r{i}@x.test", "variables": {"name": f"<Ä{i}>", "n": i}}
                       for i in range(1000)]})
    assert status == 202 and answer["accepted"] == 1000, str(answer)[:500]
    assert len({m["id"] for m in answer["messages"]}) == 1000
    until(lambda: len(sink.messages) >= before + 1000, 60, "1,000 messages")
    message = parsed(next(m for m in sink.messages[before:] if m.addresses == ["r17@x.test"]))
    assert message["Subject"] == "Hallo <Ä17>"
    plain, html = message.iter_parts()
    assert said(plain) == "<Ä17> 17 {{}}", plain.get_content()
    assert "<b>&lt;Ä17&gt;</b> <Ä17>" in html.get_content(), html.get_content()
    status, answer = client.send({
        "from": "jo@sender.test", "subject": "{{a}}", "text": "{{b}}",
        "recipients": [{"to": "a@x.test", "variables": {"a": "x\r\ny", "b": "c"}},
                       {"to": "a@x.test", "variables": {"a": "x"}}]})
    assert status == 400 and [e["pointer"] for e in answer["errors"]] == \
        ["/recipients/0/subject", "/recipients/1/text"], answer
    status, answer = client.send({"messages": [
        {"from": "jo@sender.test", "to": "m1@x.test", "text": "1"},
        {"from": "jo@other.test", "to": "m2@x.test", "text": "2"}]})
    assert status == 202 and answer["accepted"] == 1, answer
    assert answer["messages"][1]["status"] == 403, answer
    status, answer = client.send({"messages": [{}] * 1001})
    assert status == 422 and answer["errors"][0]["pointer"] == "/messages", answer


def check_idempotency(client, port, key, sink):
    one = {"from": "jo@sender.test", "to": "once@x.test", "text": "x"}
    status, first = client.send(one, Idempotency_Key="order/17")
    assert status == 202
    again = client.exchange("POST", "/v1/messages", one, {"Idempotency-Key": "order/17"})
    assert (again.status, again.json) == (202, first), again
    assert again.headers["idempotency-replayed"] == "true"
    status, answer = client.send({**one, "text": "y"}, Idempotency_Key="order/17")
    assert status == 422 and answer["code"] == "idempotency_key_reused", answer
    assert client.send(one, Idempotency_Key="x" * 257)[0] == 400
    # A refused request frees its key.
    assert client.send({**one, "from": "jo@other.test"}, Idempotency_Key="k")[0] == 403
    assert client.send(one, Idempotency_Key="k")[0] == 202
    answers = []

    def race():
        answers.append(Client(port, key).send(one, Idempotency_Key="race"))

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = {a["id"] for status, a in answers if status == 202}
    assert len(ids) == 1 and {status for status, _ in answers} <= {202, 409}, answers
    until(lambda: len([m for m in sink.messages if m.addresses == ["once@x.test"]]) >= 3)
    time.sleep(0.5)
    assert len([m for m in sink.messages if m.addresses == ["once@x.test"]]) == 3


def check_smtp_key(daemon, sink):
    """The same over SMTP, by a header field that nobody else sees."""
    text = "From: a@sender.test\nX-Ringpost-Idempotency-Key: %s\n\nx\n"
    replies = []
    with smtplib.SMTP("127.0.0.1", daemon.port, timeout=60) as client:
        client.ehlo()
        for key in ("mail/1", "mail/1", "mail/2", "b a"):
            client.mail("a@sender.test")
            client.rcpt("smtp@x.test")
            replies.append(client.data(text % key))
    assert [code for code, _ in replies] == [250, 250, 250, 550], replies
    first = replies[0][1].split()[-1]
    assert replies[1][1].split()[-1] == first != replies[2][1].split()[-1], replies
    assert b"before" in replies[1][1], replies
    mine = until(lambda: len(found := [m for m in sink.messages
                                       if m.addresses == ["smtp@x.test"]]) >= 2 and found)
    time.sleep(0.5)
    mine = [m for m in sink.messages if m.addresses == ["smtp@x.test"]]
    assert len(mine) == 2 and b"Idempotency" not in mine[0].data, mine


def check_others(daemon, client, sink):
    raw = b"From: Jo <jo@sender.test>\nTo: r@x.test\nSubject: raw\n\nas it is\n"
    status, answer = client.send({"from": "jo@sender.test", "to": "raw@x.test", "tags": ["t"],
                                  "raw": base64.b64encode(raw).decode()})
    assert status == 202, answer
    got = until(lambda: [m for m in sink.messages if m.addresses == ["raw@x.test"]])[0]
    assert parsed(got)["Subject"] == "raw" and got.data.endswith(b"\r\n\r\nas it is\r\n")
    packed = gzip.compress(json.dumps({"from": "jo@sender.test", "to": "gz@x.test",
                                       "text": "x" * 100000}).encode())
    assert client.send(packed, Content_Encoding="gzip")[0] == 202
    status, answer = client.send({"from": "jo@sender.test", "to": "later@x.test", "text": "x",
                                  "send_at": int(time.time()) + 3600})
    assert status == 202, answer
    listed = daemon.run("queue", "list", "--json").stdout
    entry = next(json.loads(line) for line in listed.splitlines() if answer["id"] in line)
    assert "later@x.test" in json.dumps(entry), entry
    assert daemon.run("suppression", "add", "stop@x.test").returncode == 0
    status, answer = client.send({"from": "jo@sender.test", "text": "x",
                                  "to": ["go@x.test", "stop@x.test"]})
    assert status == 202 and answer["refused"][0]["pointer"] == "/to/1", answer
    status, answer = client.send({"from": "jo@sender.test", "text": "x", "to": "stop@x.test"})
    assert status == 422 and answer["code"] == "refused", answer


def main():
    port = free_port()
    with Sink() as sink:
        daemon = Daemon(routes=[sink.route("*")], submission={"message_size": "2 MiB"})
        add_listener(daemon, port)
        with daemon:
            key = add_key(daemon, "shop", "--sender", "@sender.test")
            client = Client(port, key)
            check_content(client, sink)
            check_refused(client)
            check_keys(daemon, port, key)
            check_batch(client, sink)
            check_idempotency(client, port, key, sink)
            check_smtp_key(daemon, sink)
            check_others(daemon, client, sink)
    print("api_send: good")


if __name__ == "__main__":
    main()
