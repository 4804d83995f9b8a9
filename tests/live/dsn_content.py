#!/usr/bin/env python3
"""Notifications about several recipients, with addresses beyond ASCII, and with what
hostile servers and senders would like to have in them."""
import email
import email.policy
import os
import re
import sys

if os.path.exists("/usr/bin/python3") and sys.executable != "/usr/bin/python3" \
        and "pyenv" in sys.executable:
    os.execv("/usr/bin/python3", ["/usr/bin/python3"] + sys.argv)

from ringpost_live import Cases, Daemon, Sink, until

cases = Cases()
POLICY = email.policy.default.clone(raise_on_defect=True)
TEXT = "From: a@sender.test\r\nSubject: x\r\nX-Case: 1\r\n\r\nHello\r\n"


def world(rule, back=(), **relay):
    """Sinks for mail and for what comes back, and a daemon between them."""
    plain = Sink(rule=rule, extensions=["PIPELINING", "8BITMIME", "SMTPUTF8"])
    home = Sink(extensions=back or ["PIPELINING", "8BITMIME", "SMTPUTF8", "DSN"])
    plain.__enter__(), home.__enter__()
    daemon = Daemon(routes=[home.route("sender.test"), plain.route("*")],
                    relay={"retry": ["1s"], **relay}).start()
    return daemon, plain, home


def end(*parts):
    for part in parts:
        part.__exit__(None, None, None)


def submit(daemon, recipients, text=TEXT, sender="a@sender.test", mail=()):
    """RECIPIENTS: addresses, or pairs of one and its parameters."""
    with daemon.connect() as client:
        client.ehlo()
        client.command_encoding = "utf-8"
        replies = [client.mail(sender, mail)]
        for one in recipients:
            replies.append(client.rcpt(*((one,) if isinstance(one, str) else one)))
        replies.append(client.data(text if isinstance(text, bytes) else text.encode()))
    for code, said in replies:
        assert code // 100 == 2, (code, said)
    return replies[-1][1].decode().rsplit(" ", 1)[-1]


def fields_of(report):
    """By Final-Recipient's address: the group of fields."""
    _, *groups = report.get_payload()[1].get_payload()
    return {g["Final-Recipient"].split(";")[1].strip(): g for g in groups}


def groups_of(report):
    """Of fields; Python knows the global form's for one message alone."""
    part = report.get_payload()[1]
    if part.get_content_type() == "message/delivery-status":
        return part.get_payload()
    text = part.get_payload()[0].as_string(policy=POLICY.clone(utf8=True, max_line_length=0))
    return [email.message_from_string(group, policy=POLICY.clone(utf8=True))
            for group in text.strip().replace("\r\n", "\n").split("\n\n")]


def several():
    """recipients of one message, each with his own wish and fate, in one report or none"""
    def rule(step):
        if step.verb == "RCPT" and step.address.startswith("no"):
            return "550 5.1.1 none"
        if step.verb == "RCPT" and step.address.startswith("later"):
            return "450 4.2.0 later"
    daemon, plain, home = world(rule, delay_warning="1h")
    try:
        submit(daemon, [
            ("no1@b.test", ["NOTIFY=FAILURE", "ORCPT=rfc822;first@b.test"]),
            ("no2@b.test", ["NOTIFY=NEVER"]), "no3@b.test",
            ("no4@b.test", ["NOTIFY=SUCCESS"]), ("yes1@b.test", ["NOTIFY=SUCCESS"]),
            ("yes2@b.test", ["NOTIFY=FAILURE"]), "yes3@b.test",
            ("later@b.test", ["NOTIFY=FAILURE,DELAY"])], mail=["RET=HDRS", "ENVID=id1"])
        message, = home.wait(1)
        report = email.message_from_bytes(message.data, policy=POLICY)
        groups = fields_of(report)
        cases.equal({a: str(g["Action"]) for a, g in groups.items()},
                    {"no1@b.test": "failed", "no3@b.test": "failed", "yes1@b.test": "relayed"},
                    "who is named")
        cases.equal(groups["no1@b.test"]["Original-Recipient"], "rfc822; first@b.test", "ORCPT")
        cases.equal(str(report["Subject"]), "Your message could not be delivered", "Subject")
        daemon.wait_event("deferred", rcpt="later@b.test")
        daemon.wait_event("delivered", rcpt="a@sender.test")
        cases.equal(len(daemon.events("notified")), 1, "reports")
        until(lambda: [r for e in daemon.run_json("queue", "list") for r in e["recipients"]] ==
              ["later@b.test"], what="only one who waits")
    finally:
        end(daemon, plain, home)


def beyond_ascii():
    """RFC 6533: a message with SMTPUTF8 gets the global form; one without, \\x{…}"""
    def rule(step):
        if step.verb == "RCPT":
            return "550 5.1.1 kein Empfänger"
    daemon, plain, home = world(rule)
    try:
        submit(daemon, [("grün@b.test", ["ORCPT=utf-8;blau\\x{E4}@b.test"])],
               TEXT.replace("Subject: x", "Subject: schön"), sender="jö@sender.test",
               mail=["SMTPUTF8", "BODY=8BITMIME", "RET=FULL"])
        message, = home.wait(1)
        cases.equal(message.addresses, ["jö@sender.test"], "to whom")
        cases.check("SMTPUTF8" in message.sender_parameters and
                    "BODY=8BITMIME" in message.sender_parameters, message.sender_parameters)
        report = email.message_from_bytes(message.data, policy=POLICY.clone(utf8=True))
        cases.equal([p.get_content_type() for p in report.get_payload()],
                    ["text/plain", "message/global-delivery-status", "message/global"], "parts")
        text = message.data.decode()
        for line in ("Final-Recipient: utf-8; grün@b.test", "kein Empfänger", "schön",
                     "Original-Recipient: utf-8; blauä@b.test", "To: <jö@sender.test>"):
            cases.check(line in text, f"{line!r} is in {text}")
        submit(daemon, ["b@b.test"], mail=["RET=FULL"])
        message = home.wait(2)[1]
        cases.check(message.data.isascii() and b"SMTPUTF8" not in message.data, "ASCII")
        cases.check(b"kein Empf?nger" in message.data, message.data)
    finally:
        end(daemon, plain, home)


def eight_bit_home():
    """an 8-bit original comes back whole to a server that takes 7 bits alone"""
    def rule(step):
        if step.verb == "RCPT":
            return "550 5.1.1 no"
    daemon, plain, home = world(rule, back=["PIPELINING"])
    try:
        text = ("From: a@sender.test\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
                "Content-Type: text/plain; charset=utf-8\r\n"
                "Content-Transfer-Encoding: 8bit\r\n\r\nGrüße\r\n")
        submit(daemon, ["b@b.test"], text, mail=["BODY=8BITMIME", "RET=FULL"])
        message, = home.wait(1)
        cases.check(message.data.isascii(), "7 bits")
        report = email.message_from_bytes(message.data, policy=POLICY)
        original = report.get_payload()[2].get_payload()[0]
        cases.equal(original.get_content().strip(), "Grüße", "the original")
    finally:
        end(daemon, plain, home)


HOSTILE = {
    "escapes": "550 5.1.1 \x1b[31mred\x07 \x00nul \x7fdel",
    "fields": "550-5.1.1 x\n550-Action: delivered\n550 Status: 2.0.0",
    "boundary": "550-5.1.1 --=_x\n550---=_{id}_dsn\n550 --=_{id}_dsn--",
    "blank": "550-5.1.1 before\n550-\n550-\n550 Final-Recipient: rfc822; other@b.test",
    "long": "550 5.1.1 " + "x" * 3000,
    "words": "550 5.1.1 " + "word " * 600,
    "many": "\n".join(["550-5.1.1 line"] * 99 + ["550 5.1.1 end"]),
    "bytes": "550 5.1.1 \udcff\udcfe\udc80 caf\udcc3\udca9",
    "status": "550 9.9.9 odd",
    "statuses": "550 5.999999.1 odd",
    "bidi": "550 5.1.1 \u202egnp.exe\u2066 \ufeff",
    "html": "550 5.1.1 <script>alert(1)</script> &amp; <a href=x>",
}


def hostile_replies():
    """what servers say may change nothing in a report but the words it quotes"""
    def rule(step):
        if step.verb == "RCPT":
            return HOSTILE[step.address.split("@")[0]].replace("{id}", "0")
    for utf8 in (False, True):
        check_hostile(rule, utf8)


def check_hostile(rule, utf8):
    daemon, plain, home = world(rule)
    try:
        for name in HOSTILE:
            text = TEXT if not utf8 else TEXT.replace("Subject: x", "Subject: schön")
            submit(daemon, [f"{name}@{name}.test"], text,
                   mail=["SMTPUTF8", "BODY=8BITMIME"] if utf8 else [])
        for message in home.wait(len(HOSTILE), timeout=60):
            raw = message.data
            name = re.search(rb"Final-Recipient: [a-z0-9-]+; ([a-z]+)@", raw).group(1).decode()
            for line in raw.split(b"\r\n"):
                cases.check(len(line) <= 998 and not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line),
                            f"{name}: {line!r}")
            text = raw.decode("utf-8" if utf8 else "ascii")
            cases.check(not re.search("[\u0080-\u009f\u202a-\u202e\u2066-\u2069\ufeff]", text),
                        f"{name}: {text!r}")
            report = email.message_from_bytes(raw, policy=POLICY.clone(utf8=utf8))
            cases.equal(len(report.get_payload()), 3, f"{name}: parts")
            groups = groups_of(report)
            cases.equal(len(groups), 2, f"{name}: groups in {text}")
            fields = groups[1]
            cases.equal([k for k in fields.keys()],
                        ["Final-Recipient", "Action", "Status", "Remote-MTA",
                         "Diagnostic-Code", "Last-Attempt-Date"], f"{name}: fields")
            cases.equal(fields["Action"], "failed", f"{name}: Action")
            cases.check(re.fullmatch(r"5\.\d{1,3}\.\d{1,3}", fields["Status"]),
                        f"{name}: {fields['Status']}")
            cases.check(len(fields["Diagnostic-Code"]) < 3500, f"{name}: its length")
    finally:
        end(daemon, plain, home)


def hostile_originals():
    """nor may what stands in the original's header, or in its addresses"""
    def rule(step):
        if step.verb == "RCPT":
            return "550 5.1.1 no"
    daemon, plain, home = world(rule)
    header = ("From: a@sender.test\r\nSubject: a\tb =?utf-8?q?=0D=0ABcc:_x?= "
              + "long " * 150 + "\r\n\tand more\r\n"
              "X-Long: " + "y" * 900 + "\r\n"
              "Content-Type: multipart/mixed; boundary=\"=_x_dsn\"\r\n"
              "Message-ID: <" + "z" * 600 + "@sender.test>\r\n"
              + "".join(f"X-{i}: --=_{i}_dsn--\r\n" for i in range(500))
              + "".join(f"X-Pad{i}: {'p' * 200}\r\n" for i in range(400)))
    odd = '"a b\\"<x>,;:"@b.test'
    try:
        for ret in ("HDRS", "FULL"):
            submit(daemon, [odd], header + "\r\n--=_x_dsn--\r\n\r\nbody\r\n", mail=[f"RET={ret}"])
        for message in home.wait(2, timeout=60):
            for line in message.data.split(b"\r\n"):
                cases.check(len(line) <= 998, f"{len(line)} bytes in a line")
            report = email.message_from_bytes(message.data, policy=email.policy.compat32)
            parts = report.get_payload()
            cases.equal(len(parts), 3, "parts")
            cases.equal(parts[1].get_payload()[1]["Final-Recipient"], f"rfc822; {odd}",
                        "the address")
            cases.equal(report.get_all("Bcc"), None, "no field of theirs")
            cases.check("In-Reply-To" not in report, "an id that long")
            cases.check(len(message.data) < 300000, f"{len(message.data)} bytes")
            size = len(parts[2].get_payload()) if parts[2].get_content_type() == \
                "text/rfc822-headers" else 0
            cases.check(size <= 65536 + 2, f"a header of {size}")
    finally:
        end(daemon, plain, home)


if __name__ == "__main__":
    sys.exit(cases.run([several, beyond_ascii, eight_bit_home, hostile_replies,
                        hostile_originals]))
