#!/usr/bin/env python3
"""Reads our notifications with Python's email package: dsn_python_test.py PRINTER."""
import email
import email.policy
import email.utils
import subprocess
import sys

printer = sys.argv[1]
checks = failures = 0


def check(what, got, want=True):
    global checks, failures
    checks += 1
    if got != want:
        failures += 1
        print(f"{what}: {got!r}, not {want!r}", file=sys.stderr)


def defects(message):
    return [d for part in message.walk() for d in part.defects]


def parse(case):
    raw = subprocess.run([printer, case], check=True, stdout=subprocess.PIPE).stdout
    check(f"{case}: only CRLF", raw.count(b"\n"), raw.count(b"\r\n"))
    check(f"{case}: no bare CR", raw.count(b"\r"), raw.count(b"\r\n"))
    check(f"{case}: line length", max(map(len, raw.split(b"\r\n"))) <= 998)
    message = email.message_from_bytes(raw, policy=email.policy.SMTPUTF8)
    check(f"{case}: defects", defects(message), [])
    check(f"{case}: type", message.get_content_type(), "multipart/report")
    check(f"{case}: report-type", message.get_param("report-type"), "delivery-status")
    check(f"{case}: from", email.utils.parseaddr(message["From"]),
          ("Mail Delivery System", "MAILER-DAEMON@mail.example.com"))
    check(f"{case}: to", message["To"].addresses[0].addr_spec, "alice@example.com")
    check(f"{case}: auto", message["Auto-Submitted"], "auto-replied")
    check(f"{case}: version", message["MIME-Version"], "1.0")
    check(f"{case}: date", message["Date"].datetime.isoformat(),
          "2026-11-21T07:32:48+00:00")
    check(f"{case}: refers", message["References"], "<1@example.com>")
    check(f"{case}: parts", len(message.get_payload()), 3)
    seven_bit = all(byte < 128 for byte in raw)
    check(f"{case}: 7-bit or says so",
          seven_bit or message["Content-Transfer-Encoding"] == "8bit")
    return raw, message, message.get_payload()


def fields(status, case):
    """The blocks of a delivery-status part."""
    if status.get_content_type() == "message/delivery-status":
        return status.get_payload()
    blocks = status.get_payload()[0].as_bytes() if status.is_multipart() \
        else status.get_payload(decode=True)
    return [email.message_from_bytes(block, policy=email.policy.SMTPUTF8)
            for block in blocks.replace(b"\r\n", b"\n").strip().split(b"\n\n")]


raw, message, (text, status, original) = parse("headers")
check("text", text.get_content_type(), "text/plain")
check("charset", text.get_content_charset(), "us-ascii")
words = text.get_content()
for part in ("could not be delivered", "<bob@example.net>", "(sent to robert@example.net)",
             "The server mx.example.net [192.0.2.25] said:", "No server of example.org",
             "knows your message as 01jd9x7zk3m5", "Subject: Lunch, and a subject"):
    check(part, part in words)
check("7-bit", all(byte < 128 for byte in raw))
check("lines of people", max(map(len, words.splitlines())) <= 78)
check("status", status.get_content_type(), "message/delivery-status")
whole, first, second = fields(status, "headers")
check("envelope id", whole["Original-Envelope-Id"], "QQ314159")
check("reporting", whole["Reporting-MTA"], "dns; mail.example.com")
check("arrival", email.utils.parsedate_to_datetime(whole["Arrival-Date"]).isoformat(),
      "2026-11-21T07:32:40+00:00")
check("original recipient", first["Original-Recipient"], "rfc822; robert@example.net")
check("final recipient", first["Final-Recipient"], "rfc822; bob@example.net")
check("action", first["Action"], "failed")
check("status code", first["Status"], "5.7.1")
check("remote", first["Remote-MTA"], "dns; mx.example.net")
check("diagnostic", " ".join(first["Diagnostic-Code"].split()),
      "smtp; 550-5.7.1 This message was refused for a reason that it takes more than one "
      "550-5.7.1 line to tell, see https://example.net/a/very/long/address/of/a/page/about/"
      "it 550 5.7.1 and ? a bell, ? no UTF-8, J?rg")
check("second", second["Action"], "delayed")
check("second's status", second["Status"], "4.4.1")
check("second's reason", second["Diagnostic-Code"],
      "X-Ringpost; No server of example.org could be reached.")
check("retry", email.utils.parsedate_to_datetime(second["Will-Retry-Until"]).isoformat(),
      "2026-11-24T07:32:47+00:00")
check("returned", original.get_content_type(), "text/rfc822-headers")
check("returned header", email.message_from_string(original.get_payload())["Message-ID"],
      "<1@example.com>")

raw, message, (text, status, original) = parse("delayed")
check("subject", message["Subject"], "Your message is delayed")
check("blocks", len(fields(status, "delayed")), 2)

for case, body in (("full", "See you at noon"), ("full8", "See you at noon at the café.\r\n")):
    raw, message, (text, status, original) = parse(case)
    check("returned", original.get_content_type(), "message/rfc822")
    inner = original.get_payload(0)
    check("its subject", inner["Subject"],
          "Lunch, and a subject that is long enough to be folded when it is shown")
    check("its body", inner.get_payload(decode=True).decode(), body)

raw, message, (text, status, original) = parse("utf8")
check("status", status.get_content_type(), "message/global-delivery-status")
check("returned", original.get_content_type(), "message/global-headers")
check("charset", text.get_content_charset(), "utf-8")
check("address in the text", "<jörg@bücher.example>" in text.get_content())
check("address", "\r\nFinal-Recipient: utf-8; jörg@bücher.example\r\n".encode() in raw)
check("reply", "J\u00f6rg".encode() in raw)

print(f"{checks - failures} passed, {failures} failed")
sys.exit(failures > 0)
