#!/usr/bin/env python3
"""A sender of very many failures is told of some, and of the rest in one message."""
import email
import email.policy
import os
import re
import subprocess
import sys
import time

if os.path.exists("/usr/bin/python3") and sys.executable != "/usr/bin/python3" \
        and "pyenv" in sys.executable:
    os.execv("/usr/bin/python3", ["/usr/bin/python3"] + sys.argv)

from ringpost_live import Cases, Daemon, Sink, until

cases = Cases()
POLICY = email.policy.default.clone(raise_on_defect=True)
PERIOD = 10
TEXT = b"From: a@sender.test\r\nSubject: x\r\n\r\nHello\r\n"


def refuse(step):
    if step.verb == "RCPT" and not step.address.endswith("@sender.test"):
        return "550 5.1.1 No such user"


def at_its_beginning():
    """Waits until a period has just begun."""
    time.sleep(PERIOD - time.time() % PERIOD + 0.1)


def submit(client, sender, recipients):
    client.mail(sender)
    for recipient in recipients:
        client.rcpt(recipient)
    code, said = client.data(TEXT)
    assert code == 250, said
    return said.decode().rsplit(" ", 1)[-1]


def sort_out(messages):
    """Recipients told of in notifications, and the digests."""
    told, digests = [], []
    for message in messages:
        got = email.message_from_bytes(message.data, policy=POLICY)
        if got.get_content_type() == "text/plain":
            digests.append((message, got))
        else:
            told += [g["Final-Recipient"].split("; ")[1]
                     for g in got.get_payload()[1].get_payload()[1:]]
    return told, digests


def started(sink, **bounces):
    return Daemon(routes=[sink.route("*")], workers=2,
                  bounces={"notifications_period": f"{PERIOD}s", **bounces})


def many():
    """2000 failures: 5 notifications in a period and one message; another sender has his"""
    with Sink(rule=refuse) as sink, started(sink, notifications=5) as daemon:
        at_its_beginning()
        with daemon.connect() as client:
            client.ehlo()
            ids = [submit(client, "A@sender.test" if i % 2 else "a@sender.test",
                          [f"b{i}@gone.test"]) for i in range(2000)]
            submit(client, "other@sender.test", ["c@gone.test"])
        daemon.wait_event("bounced", count=2001, timeout=60)
        until(lambda: len(daemon.events("notified")) + len(daemon.events("notified_later"))
              == 2001, what="each told of, or later", timeout=60)
        later = len(daemon.events("notified_later"))
        windows = len({int(stamp(e) // PERIOD) for e in daemon.events("bounced")})
        cases.check(2000 - later <= 5 * (windows + 1), f"{2000 - later} were told of at once")
        cases.equal(len(daemon.events("notified", to="other@sender.test")), 1, "the other")
        until(lambda: sum(e["recipients"] for e in daemon.events("notified_digest")) == later,
              what="the rest in digests", timeout=60)
        digests = daemon.events("notified_digest")
        cases.check(len(digests) <= windows + 1, f"{len(digests)} digests")
        want = len(daemon.events("notified")) + len(digests)
        messages = until(lambda: len(sink.messages) >= want and sink.messages, what="all mail")
        told, found = sort_out(messages)
        cases.equal(len(told) + later, 2001, "recipients told of")
        listed = [line for message, got in found for line in got.get_content().splitlines()
                  if line.startswith("failed ")]
        cases.check(min(later, 1000) <= len(listed) <= later, f"{len(listed)} are listed")
        for line in listed:
            address, id = re.fullmatch(r"failed 5\.1\.1 <(b\d+@gone\.test)>, message (\w+)",
                                       line).groups()
            cases.check(address not in told and ids[int(address[1:].split("@")[0])] == id, line)
        for message, got in found:
            cases.equal((message.sender, message.addresses[0].lower()), ("", "a@sender.test"),
                        "its envelope")
            number = int(re.fullmatch(r"(\d+) more reports about your messages",
                                      str(got["Subject"])).group(1))
            cases.check(f"{number} that could not be delivered" in got.get_content(), "count")
            cases.check("550 5.1.1 No such user" in got.get_content(), "words")
        daemon.wait_event("delivered", count=want)
        until(lambda: not keys(daemon), what="nothing left in Redis of it")


def stamp(event):
    return time.mktime(time.strptime(event["at"][:19], "%Y-%m-%dT%H:%M:%S"))


def redis(daemon, *words):
    folder = os.path.join(daemon.state, "redis")
    secret = [line.split()[1] for line in open(os.path.join(folder, "redis.conf"))
              if line.startswith("requirepass")]
    return subprocess.run(
        ["redis-cli", "-s", os.path.join(folder, "redis.sock"),
         *(["--no-auth-warning", "-a", secret[0].strip('"')] if secret else []), *words],
        capture_output=True, text=True, check=True).stdout.split("\n")[:-1]


def keys(daemon):
    """Of digests: those that are still to be told of, and what they hold."""
    due = [k for k in redis(daemon, "ZRANGE", "rp:notified", "0", "-1") if k]
    return due + [k for k in redis(daemon, "KEYS", "rp:notified:*") if k and
                  redis(daemon, "TYPE", k) == ["hash"] and
                  redis(daemon, "HEXISTS", k, "to") == ["1"]]


def survives():
    """what was kept outlives kill -9, and is told once by whoever comes"""
    with Sink(rule=refuse) as sink, started(sink, notifications=1) as daemon:
        at_its_beginning()
        with daemon.connect() as client:
            client.ehlo()
            submit(client, "a@sender.test", ["b1@gone.test"])
            submit(client, "a@sender.test", ["b2@gone.test", "b3@gone.test"])
            submit(client, "a@sender.test", ["b4@gone.test"])
        until(lambda: len(daemon.events("notified")) + len(daemon.events("notified_later"))
              == 3, what="three reports")
        later = sum(e["recipients"] for e in daemon.events("notified_later"))
        daemon.kill()
        daemon.kill_redis()
        daemon.start()
        until(lambda: sum(e["recipients"] for e in daemon.events("notified_digest")) == later,
              what="the digest", timeout=60)
        want = len(daemon.events("notified")) + len(daemon.events("notified_digest"))
        until(lambda: len(sink.messages) >= want, what="all mail")
        told, digests = sort_out(sink.messages)
        cases.equal(len(set(told)) + later, 4, "recipients told of")
        cases.check(digests, "a digest")


def refused():
    """a Redis that refuses to count: each is told of; 0 counts nothing"""
    with Sink(rule=refuse) as sink, started(sink, notifications=0) as daemon:
        with daemon.connect() as client:
            client.ehlo()
            for i in range(20):
                submit(client, "a@sender.test", [f"b{i}@gone.test"])
        daemon.wait_event("notified", count=20)
        cases.equal(redis(daemon, "KEYS", "rp:notified*"), [""], "keys")
        user = [u for u in redis(daemon, "ACL", "LIST")][0]
        redis(daemon, "ACL", "SETUSER", "default", "-hincrby")
        daemon.config["bounces"]["notifications"] = 1
        daemon.write_config()
        cases.check(daemon.reload(), user)
        with daemon.connect() as client:
            client.ehlo()
            for i in range(20, 25):
                submit(client, "a@sender.test", [f"b{i}@gone.test"])
        daemon.wait_event("notified", count=25)
        daemon.wait_event("notifications_uncounted")


if __name__ == "__main__":
    sys.exit(cases.run([many, survives, refused]))
