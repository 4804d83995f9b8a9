#!/usr/bin/env python3
"""Every combination of NOTIFY, RET, ENVID and ORCPT (RFC 3461) with every outcome: who
is told what, parsed by Python's email; what is passed on to a peer with DSN."""
import collections
import email
import email.policy
import email.utils
import itertools
import os
import sys

if os.path.exists("/usr/bin/python3") and sys.executable != "/usr/bin/python3" \
        and "pyenv" in sys.executable:
    os.execv("/usr/bin/python3", ["/usr/bin/python3"] + sys.argv)

from ringpost_live import Cases, Daemon, Sink, until

cases = Cases()
POLICY = email.policy.default.clone(raise_on_defect=True)
NOTIFY = [None, "NEVER", *(",".join(c) for n in (1, 2, 3) for c in itertools.combinations(
    ["SUCCESS", "FAILURE", "DELAY"], n))]
RET = [None, "HDRS", "FULL"]
ENVID = [None, "QQ+2B314+3D159"]
ORCPT = [None, "rfc822;list+2Bof@first.test"]
OUTCOMES = ["relayed", "aware", "failed", "delayed", "expired", "discarded"]
BODY = "Hello,\r\n.dots\r\n" + "line\r\n" * 20

Combination = collections.namedtuple("Combination", "notify ret envid orcpt outcome")


def recipient_of(number, outcome):
    """Each his own, for who bounced once gets no more."""
    return f"b{number}@{outcome}.test"


def text_of(number, outcome):
    return (f"From: Ann <a@sender.test>\r\nTo: {recipient_of(number, outcome)}\r\nSubject: case {number}\r\n"
            f"Message-ID: <case{number}@sender.test>\r\nX-Case: {number}\r\n"
            f"\r\n{BODY}").encode()


class World:
    """A daemon; sinks for mail, and one for what comes back."""

    def __init__(self, **relay):
        self.refuse = True  # for delayed.test
        self.plain = Sink(rule=self.rule, extensions=["PIPELINING", "8BITMIME"],
                          name="mx.plain.test")
        self.aware = Sink(extensions=["PIPELINING", "8BITMIME", "DSN"], name="mx.aware.test")
        self.back = Sink(name="mx.sender.test")
        self.relay = relay

    def rule(self, step):
        domain = (step.address or "").rpartition("@")[2]
        if step.verb != "RCPT":
            return None
        if domain == "failed.test":
            return "550-5.1.1 No such user\n550 5.1.1 <here>"
        if domain == "expired.test" or domain == "delayed.test" and self.refuse:
            return "451 4.2.1 Busy, later"
        return None

    def __enter__(self):
        for sink in (self.plain, self.aware, self.back):
            sink.__enter__()
        self.daemon = Daemon(routes=[
            self.aware.route("aware.test"), self.back.route("sender.test"),
            {"domain": "discarded.test", "discard": True}, self.plain.route("*")],
            relay={"connections": 5, **self.relay}).start()
        return self

    def __exit__(self, *what):
        try:
            self.daemon.__exit__(*what)
        finally:
            for sink in (self.plain, self.aware, self.back):
                sink.__exit__()

    def submit(self, combinations):
        """As case 0, 1, …; their queue ids."""
        ids = []
        with self.daemon.connect() as client:
            client.ehlo()
            for number, one in enumerate(combinations):
                mail = [f"RET={one.ret}"] * bool(one.ret) + [f"ENVID={one.envid}"] * bool(
                    one.envid)
                rcpt = [f"NOTIFY={one.notify}"] * bool(one.notify) + [
                    f"ORCPT={one.orcpt}"] * bool(one.orcpt)
                for code, said in [client.mail("a@sender.test", mail),
                                   client.rcpt(recipient_of(number, one.outcome), rcpt)]:
                    assert code == 250, said
                code, said = client.data(text_of(number, one.outcome))
                assert code == 250, said
                ids.append(said.decode().rsplit(" ", 1)[-1])
        return ids


def parsed(message):
    """What came back to a@sender.test: (the case, the report's action, the parts)."""
    raw = message.data
    for line in raw.split(b"\r\n"):
        assert len(line) <= 998 and b"\n" not in line and b"\r" not in line, line[:80]
    raw.decode("ascii")
    report = email.message_from_bytes(raw, policy=POLICY)
    parts = report.get_payload()
    status = parts[1].get_payload()
    case = int(parts[2].get_payload()[0]["X-Case"]) if parts[2].get_content_type() == \
        "message/rfc822" else int(email.message_from_string(parts[2].get_content())["X-Case"])
    return case, str(status[1]["Action"]), report, parts, status


def check_report(message, one, id, daemon):
    case, action, report, parts, status = parsed(message)
    name = f"{one} {action}"
    same = lambda got, want, what: cases.equal(got, want, f"{name}: {what}")
    same(message.sender, "", "envelope sender")
    same(message.addresses, ["a@sender.test"], "its recipient")
    same(message.recipients[0].parameters, ["NOTIFY=NEVER"], "and what he is asked for")
    same(report.get_content_type(), "multipart/report", "type")
    same(report.get_param("report-type"), "delivery-status", "report-type")
    same(str(report["To"]), "a@sender.test", "To")
    same(report["From"].addresses[0].addr_spec, "MAILER-DAEMON@mail.test.example", "From")
    same(str(report["Auto-Submitted"]), "auto-replied", "Auto-Submitted")
    same(str(report["In-Reply-To"]), f"<case{case}@sender.test>", "In-Reply-To")
    cases.check(report["Date"].datetime and report["Message-ID"], f"{name}: Date, Message-ID")
    full = one.ret == "FULL" and action == "failed"
    same([p.get_content_type() for p in parts],
         ["text/plain", "message/delivery-status",
          "message/rfc822" if full else "text/rfc822-headers"], "parts")
    told = parts[0].get_content()
    recipient = recipient_of(case, one.outcome)
    cases.check(f"<{recipient}>" in told and id in told, f"{name}: {told}")
    of_message, of_recipient = status
    same(len(status), 2, "groups of fields")
    same(of_message["Reporting-MTA"], "dns; mail.test.example", "Reporting-MTA")
    same(of_message["Original-Envelope-Id"], one.envid and "QQ+314=159", "ENVID")
    cases.check(email.utils.parsedate_to_datetime(of_message["Arrival-Date"]), "Arrival-Date")
    same(of_recipient["Original-Recipient"], one.orcpt and "rfc822; list+of@first.test", "ORCPT")
    same(of_recipient["Final-Recipient"], f"rfc822; {recipient}", "Final-Recipient")
    cases.check(email.utils.parsedate_to_datetime(of_recipient["Last-Attempt-Date"]),
                f"{name}: Last-Attempt-Date")
    same(of_recipient["Will-Retry-Until"] is not None, action == "delayed", "Will-Retry-Until")
    check_cause(same, one, action, of_recipient)
    if full:
        whole = parts[2].get_payload()[0]
        same(whole.get_payload().replace("\r\n", "\n"), BODY.replace("\r\n", "\n"), "body")


def check_cause(same, one, action, fields):
    """Status, Remote-MTA and Diagnostic-Code: whose words, and what became of it."""
    said = fields["Diagnostic-Code"]
    if one.outcome == "failed":
        same(fields["Status"], "5.1.1", "Status")
        same(said.replace("\r\n", "\n"), "smtp; 550 5.1.1 No such user <here>", "words")
    elif action == "failed":
        same(fields["Status"], "4.4.7", "Status")
        same(said.split(";")[0], "X-Ringpost", "whose words")
        same(fields["Remote-MTA"], None, "Remote-MTA")
    elif action == "delayed":
        same(fields["Status"], "4.2.1", "Status")
        same(said, "smtp; 451 4.2.1 Busy, later", "words")
    elif action == "delivered":
        same(fields["Status"], "2.0.0", "Status")
        same(fields["Remote-MTA"], None, "Remote-MTA")
    else:
        same(fields["Status"][0], "2", "Status")
    if action in ("delayed", "relayed") or one.outcome == "failed":
        same(fields["Remote-MTA"], "dns; [127.0.0.1]", "Remote-MTA")


def wanted(one, warning):
    """The actions the sender hears of. Nothing said: failures, and delays as configured."""
    asked = set((one.notify or "FAILURE" + (",DELAY" if warning else "")).split(","))
    actions = []
    if one.outcome in ("delayed", "expired") and "DELAY" in asked:
        actions.append("delayed")
    if one.outcome in ("failed", "expired") and "FAILURE" in asked:
        actions.append("failed")
    if one.outcome in ("relayed", "delayed") and "SUCCESS" in asked:
        actions.append("relayed")
    if one.outcome == "discarded" and "SUCCESS" in asked:
        actions.append("delivered")
    return sorted(actions)


def check_passed_on(one, message):
    """What a peer with DSN was told is what we were."""
    mail = [p for p in message.sender_parameters if p.split("=")[0] in ("RET", "ENVID")]
    cases.equal(mail, [f"RET={one.ret}"] * bool(one.ret) +
                [f"ENVID={one.envid}"] * bool(one.envid), f"{one}: passed on with MAIL")
    cases.equal(message.recipients[0].parameters,
                [f"NOTIFY={one.notify}"] * bool(one.notify) +
                [f"ORCPT={one.orcpt}"] * bool(one.orcpt), f"{one}: passed on with RCPT")


def check_world(world, combinations, warning):
    ids = world.submit(combinations)
    number = collections.Counter(one.outcome for one in combinations)
    slow = [i for i, one in enumerate(combinations) if one.outcome == "delayed"]
    want = [wanted(one, warning) for one in combinations]
    delays = sum("delayed" in actions for actions in want)
    daemon = world.daemon
    until(lambda: len({e["id"] for e in daemon.events("deferred")}) >=
          number["delayed"] + number["expired"], what="each deferred", timeout=60)
    until(lambda: len(daemon.events("notified", action="delayed")) >= delays,
          what=f"{delays} told of delay", timeout=60)
    world.refuse = False
    done = number["relayed"] + number["aware"] + number["delayed"]
    until(lambda: len({e["id"] for e in daemon.events("delivered") if e["from"]}) >= done and
          len({e["id"] for e in daemon.events("bounced")}) >=
          number["failed"] + number["expired"], what="the end of all", timeout=60)
    total = sum(map(len, want))
    until(lambda: len(daemon.events("delivered")) >= done + total, what="reports", timeout=60)
    got = collections.defaultdict(list)
    for message in world.back.wait(total):
        case, action, *_ = parsed(message)
        got[case].append(action)
        check_report(message, combinations[case], ids[case], daemon)
    for case, one in enumerate(combinations):
        cases.equal(sorted(got[case]), want[case], f"{one}: told")
    seen = {email.message_from_bytes(m.data)["X-Case"]: m for m in world.aware.messages}
    for case, one in enumerate(combinations):
        if one.outcome == "aware" and cases.check(str(case) in seen, f"{one} arrived"):
            check_passed_on(one, seen[str(case)])
    daemon.wait_event("delivered", count=done + total)
    cases.equal(len(world.back.messages), total, "all that came back")
    print(f"  {len(combinations)} messages, {total} reports", flush=True)
    return slow


def matrix(outcomes):
    return [Combination(*one) for one in itertools.product(NOTIFY, RET, ENVID, ORCPT, outcomes)]


def all_but_time():
    """every combination: relayed, passed on, failed, delayed and then delivered, discarded"""
    with World(delay_warning="1s", retry=["1s"]) as world:
        check_world(world, matrix([o for o in OUTCOMES if o != "expired"]), True)


def expired():
    """every combination of what is late and never arrives"""
    with World(delay_warning="1s", retry=["1s"], expire="12s") as world:
        check_world(world, matrix(["expired"]), True)


def no_warning():
    """without delay_warning nobody is told of delays who did not ask"""
    with World(retry=["1s"], expire="4s") as world:
        combinations = [Combination(n, None, None, None, o) for n in (None, "NEVER", "FAILURE")
                        for o in ("relayed", "failed", "expired")]
        check_world(world, combinations, False)


if __name__ == "__main__":
    sys.exit(cases.run([all_but_time, expired, no_warning]))
