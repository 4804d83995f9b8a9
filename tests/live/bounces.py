"""What refusals are about, on a real daemon: in the events, for an operator, in the
counts, by local rules; and which addresses enter the suppression list by it.
"""
import json
import os
import smtplib
import subprocess
import sys

import ringpost_live as live
from ringpost_live import Daemon, Dns, Sink, until

cases = live.Cases()
check, equal = cases.check, cases.equal
TEXT = "From: a@sender.test\nTo: b@receiver.test\nSubject: x\n\nHello\n"

# To the local part, what is said to RCPT.
SAYS = {
    "nobody": ("550 5.1.1 <nobody@r.test>: Recipient address rejected: User unknown", "bad-mailbox"),
    "closed": ("550 5.2.1 This account has been disabled", "inactive-mailbox"),
    "full": ("552 5.2.2 Mailbox full", "mailbox-full"),
    "listed": ("554 5.7.1 Service unavailable; blocked using zen.spamhaus.org", "spam-block"),
    "spf": ("550 5.7.23 SPF fail", "authentication"),
    "relay": ("554 5.7.1 Relay access denied", "relaying"),
    "odd": ("550 Wat", "other"),
    "grey": ("451 4.7.1 Greylisted, come back later", "greylisting"),
    "fast": ("450 4.7.1 Error: message rate exceeded", "rate"),
    "no-room": ("452 4.2.2 Mailbox full, come back when it is not", "mailbox-full"),
    "broken": ("451 4.3.0 Internal error\n451 4.3.0 that\n451 4.3.0 spans lines", "system"),
}
# And to the content.
CONTENT = {
    "spam": ("550 5.7.1 Message identified as spam", "content"),
    "late-nobody": ("550 5.1.1 no such user", "bad-mailbox"),
    "large": ("552 5.3.4 Message too large", "size"),
}


def send(daemon, recipients):
    """Queued; a worker that has just started may ask to try again."""
    def try_it():
        try:
            return daemon.submit("a@sender.test", recipients, TEXT)
        except smtplib.SMTPResponseException as failure:
            if failure.smtp_code != 452:
                raise
    return until(try_it, 20, "a message to be taken", pause=0.1)


def local(address):
    return address.split("@")[0].split("+")[0]


def rule(step):
    if step.verb == "RCPT":
        return SAYS.get(local(step.address), (None,))[0]
    if step.verb == "END":
        for address in step.message.addresses:
            if local(address) in CONTENT:
                return CONTENT[local(address)][0]


def by_category(daemon, *more):
    return {row["category"]: (row["bounced"], row["deferred"])
            for row in daemon.run_json("bounces", *more)}


def everywhere():
    """each refusal says its category: in the event, in why, in site, in bounces"""
    wanted = {**SAYS, **CONTENT}
    with Sink(rule=rule) as sink, Daemon(
            routes=[sink.route("*")], workers=2, suppression={"at_submission": "none"}) as daemon:
        ids = {name: send(daemon, [name + "@r.test"]) for name in wanted}
        for name, (said, category) in wanted.items():
            event = daemon.wait_event("bounced" if said[0] == "5" else "deferred",
                                      rcpt=name + "@r.test")
            equal(event.get("category"), category, name)
        check("category" not in json.dumps(daemon.events("delivered")), "nothing of what arrived")
        why = " ".join(daemon.run("why", ids["grey"], status=0).stdout.split())
        check("Greylisted, come back later (greylisting)" in why, why)
        notes = daemon.run_json("why", ids["broken"])[0]["notes"]
        equal([note["category"] for note in notes], ["system"], "notes of why --json")
        counts = by_category(daemon)
        for category in set(c for _, c in wanted.values()):
            check(sum(counts.get(category, (0, 0))) >= 1, f"{category} in {counts}")
        equal(counts["bad-mailbox"], (2, 0), "bad mailboxes")
        check(counts["greylisting"][1] >= 1 and counts["greylisting"][0] == 0, counts)
        equal(list(by_category(daemon, "--category", "spam-block")), ["spam-block"], "one category")
        equal(by_category(daemon, "--tenant", "nobody"), {}, "of a tenant without mail")
        site = daemon.run_json("site", "r.test")[0]
        check(site["refused"].get("bad-mailbox") == 2, site["refused"])
        text = daemon.run("site", "r.test", status=0).stdout
        check("2 bad-mailbox" in text and "(in an hour)" in text, text)
        rows = daemon.run_json("bounces", "--by", "site")
        check(all("127.0.0.1" in row["site"] for row in rows), rows)
        table = daemon.run("bounces", "--by", "site", status=0).stdout
        check("CATEGORY" in table and "SITE" in table and "mailbox-full" in table, table)
        heaviest = daemon.run("bounces", status=0).stdout.splitlines()[1].split()
        check(int(heaviest[0]) + int(heaviest[2]) >= 2, heaviest)
        for wrong in (["--since", "2d"], ["--since", "x"], ["--by", "day"], ["--category", "bad"],
                      ["more"]):
            equal(daemon.run("bounces", *wrong).returncode, 2, f"bounces {wrong}")


def of_tenants():
    """counts of two tenants apart, and what neither host nor tenant is of"""
    with Sink(rule=rule) as sink, Dns() as dns, Daemon(
            routes=[sink.route("r.test")], dns={"servers": [dns.address]}, workers=2,
            tenants=[{"name": "one"}, {"name": "two"}],
            submission={"trusted_networks": ["127.0.0.1/32"], "trusted_tenant": "one"}) as daemon:
        send(daemon, ["nobody@r.test"])
        send(daemon, ["b@nowhere.test"])
        daemon.wait_event("bounced", rcpt="nobody@r.test", tenant="one", category="bad-mailbox")
        daemon.wait_event("bounced", rcpt="b@nowhere.test", category="bad-domain")
        rows = daemon.run_json("bounces", "--by", "tenant")
        # The notification to a@sender.test bounces, too, and is nobody's.
        equal({(row["tenant"], row["category"]) for row in rows if row["tenant"]},
              {("one", "bad-mailbox"), ("one", "bad-domain")}, "by tenant")
        equal(by_category(daemon, "--tenant", "two"), {}, "of the other")
        rows = daemon.run_json("bounces", "--by", "site", "--category", "bad-domain")
        equal([row["site"] for row in rows], [""], "no host was asked")


def entered(daemon):
    return {event["address"]: event for event in daemon.events("suppression_entered")}


def into_suppression():
    """who is condemned enters the list: by RCPT, by a content of one; not by policy, not of
    several, not by our own decision, and a full mailbox after so many times only"""
    with Sink(rule=rule) as sink, Dns() as dns, Daemon(
            routes=[sink.route("r.test")], dns={"servers": [dns.address]}, workers=2,
            suppression={"soft_bounces": 2, "soft_bounces_within": "1d"}) as daemon:
        for to in (["nobody@r.test", "closed@r.test", "b@r.test"], ["listed@r.test"], ["odd@r.test"],
                   ["full@r.test"], ["b@nowhere.test"], ["late-nobody+1@r.test"],
                   ["late-nobody+2@r.test", "late-nobody+3@r.test"]):
            send(daemon, to)
        for name in ("nobody", "closed", "listed", "odd", "full", "late-nobody+1", "late-nobody+2",
                     "late-nobody+3"):
            daemon.wait_event("bounced", rcpt=name + "@r.test")
        daemon.wait_event("bounced", rcpt="b@nowhere.test", category="bad-domain")
        wanted = {"nobody@r.test", "closed@r.test", "late-nobody+1@r.test"}
        until(lambda: set(entered(daemon)) >= wanted, 20, "three to enter")
        event = entered(daemon)["nobody@r.test"]
        equal(event["reason"], "hard-bounce", "the reason")
        send(daemon, ["full@r.test"])
        until(lambda: "full@r.test" in entered(daemon), 20, "the full one, the second time")
        equal(set(entered(daemon)), wanted | {"full@r.test"}, "who entered")
        equal(entered(daemon)["full@r.test"]["reason"], "soft-bounce", "the reason")


def expired():
    """what expires is called so; it counts against a recipient whose side was the cause,
    not where we were too fast"""
    with Sink(rule=rule) as sink, Daemon(
            routes=[sink.route("*")], relay={"retry": ["1s"], "expire": "3s"},
            suppression={"soft_bounces": 1}) as daemon:
        for name in ("fast", "no-room"):
            send(daemon, [name + "@r.test"])
        for name in ("fast", "no-room"):
            event = daemon.wait_event("bounced", rcpt=name + "@r.test", timeout=40)
            equal(event["category"], "expired", name)
            daemon.wait_event("deferred", rcpt=name + "@r.test", category=SAYS[name][1])
        until(lambda: "no-room@r.test" in entered(daemon), 20, "the full one to enter")
        equal(set(entered(daemon)), {"no-room@r.test"}, "who entered")


def local_rules():
    """a file of one's own comes first, is read at a reload, and what is wrong in it is said"""
    with Sink(rule=rule) as sink, Daemon(routes=[sink.route("*")], workers=2) as daemon:
        path = os.path.join(daemon.directory, "bounces.yaml")

        def write(text):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        send(daemon, ["odd@r.test"])
        daemon.wait_event("bounced", rcpt="odd@r.test", category="other")
        write("rules:\n  - { name: wat, match: { text: '^wat$' }, category: policy }\n")
        daemon.config["bounces"] = {"rules": path}
        daemon.write_config()
        check(daemon.reload(), "the reload")
        send(daemon, ["odd@r.test"])
        daemon.wait_event("bounced", rcpt="odd@r.test", category="policy")
        got = daemon.run("classify", "550 Wat", "--json", status=0)
        answer = json.loads(got.stdout)
        equal((answer["category"], answer["rule"], answer["file"], answer["line"]),
              ("policy", "wat", path, 2), "classify with local rules")
        write("rules:\n  - { match: { text: '(' }, category: rates }\n")
        check(not daemon.reload(), "a wrong file is refused")
        errors = daemon.run("check").stderr + daemon.run("check").stdout
        check(f"{path}:2:" in errors and "rates" in errors, errors)
        equal(daemon.run("classify", "550 Wat").returncode, 78, "classify with a wrong file")
        os.unlink(path)
        check(not daemon.reload(), "no file is refused")
        send(daemon, ["odd@r.test"])
        daemon.wait_event("bounced", rcpt="odd@r.test", category="policy", count=2)


def at_the_desk():
    """ringpost classify without a daemon: which rule, what it means, all the rules"""
    def ask(*words, status=0):
        got = subprocess.run([live.PROGRAM, "classify", *words, "-c", "/nonexistent"], text=True,
                             capture_output=True, timeout=60)
        equal(got.returncode, status, f"the status of {words}")
        return got.stdout
    text = ask("550 5.1.1 <x@r.test>: User unknown")
    check(text.startswith("bad-mailbox\n") and "by rule" in text
          and "condemns the address" in text, text)
    text = ask("550-5.7.1 Our system\n550 5.7.1 says no - gsmtp", "--host",
               "aspmx.l.google.com[192.0.2.1]:25")
    check(text.startswith("policy\n"), text)
    text = ask("450 4.1.1 user unknown")
    check("Said for good (5yz), it would" in text, text)
    check("our own decision" in ask("5.1.2 r.test does not exist"), "one of ours")
    check(ask("550", "5.1.1", "user", "unknown").startswith("bad-mailbox\n"), "several words")
    check("providers:" in ask("--rules") and "name: google" in ask("--rules"), "the rules")
    ask("--rules", "x", status=2)
    ask(status=2)


if __name__ == "__main__":
    sys.exit(cases.run([everywhere, of_tenants, into_suppression, expired, local_rules, at_the_desk]))
