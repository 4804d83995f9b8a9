"""Events for applications: the stream, the file, and that nothing of them is lost
that should not be.
"""
import json
import os
import subprocess
import sys
import time

from ringpost_live import Cases, Daemon, Sink, until

cases = Cases()
check, equal = cases.check, cases.equal

TEXT = "Subject: x\r\n\r\nHello\r\n"


def redis(daemon, *words):
    """What redis-cli says of the embedded Redis, as JSON."""
    folder = os.path.join(daemon.state, "redis")
    password = ""
    with open(os.path.join(folder, "redis.conf")) as file:
        for line in file:
            if line.startswith("requirepass "):
                password = line.split()[1].strip('"')
    got = subprocess.run(
        ["redis-cli", "-s", os.path.join(folder, "redis.sock"), "--json", "--no-auth-warning",
         *(["-a", password] if password else []), *map(str, words)],
        capture_output=True, text=True, timeout=60)
    if got.returncode or not got.stdout.strip():
        raise RuntimeError(f"redis-cli {words}: {got.stdout}{got.stderr}")
    return json.loads(got.stdout)


def stream(daemon):
    """All events in the stream, in their order."""
    return [json.loads(line) for _, fields in redis(daemon, "XRANGE", "rp:events:stream", "-", "+")
            for line in fields[fields.index("events") + 1].splitlines()]


def lines(path):
    try:
        with open(path, encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.endswith("\n")]
    except FileNotFoundError:
        return []


def kinds(events):
    return [e["event"] for e in events]


def story():
    """Accepted, delayed, delivered, bounced: in the stream and in the file, in order"""
    tried = set()

    def rule(step):
        if step.verb == "RCPT" and step.address == "later@receiver.test":
            if step.address not in tried:
                tried.add(step.address)
                return "451 4.3.0 not now, \"please\""
        if step.verb == "RCPT" and step.address == "never@receiver.test":
            return "550 5.1.1 no such user"
        return None

    with Sink(rule=rule) as sink:
        daemon = Daemon(routes=[sink.route("*")], relay={"retry": ["200ms"]},
                        events={"stream": True}, workers=2)
        file = os.path.join(daemon.directory, "applications.jsonl")
        daemon.config["events"]["file"] = file
        daemon.write_config()
        with daemon:
            one = daemon.submit("a@sender.test", ["fine@receiver.test"], TEXT)
            two = daemon.submit("a@sender.test", ["later@receiver.test", "never@receiver.test"],
                                TEXT)
            until(lambda: len([e for e in lines(file) if e["event"] == "delivered"]) == 2,
                  what="two deliveries")
            events = until(lambda: (lambda e: e if len(e) >= 6 else None)(stream(daemon)),
                           what="the stream")
            equal(sorted(map(json.dumps, lines(file))), sorted(map(json.dumps, events)),
                  "the file has what the stream has")
            equal(kinds(e for e in events if e["message"] == one), ["accepted", "delivered"],
                  "the first message")
            equal(kinds(e for e in events if e["message"] == two and
                        e.get("rcpt") != "never@receiver.test"),
                  ["accepted", "delayed", "delivered"], "the second one")
            accepted = [e for e in events if e["event"] == "accepted"]
            equal([(e["recipients"], e.get("rcpt"), e["from"], e["client"]) for e in accepted],
                  [(1, "fine@receiver.test", "a@sender.test", "127.0.0.1"),
                   (2, None, "a@sender.test", "127.0.0.1")], "accepted")
            bounced, = [e for e in events if e["event"] == "bounced"]
            equal((bounced["message"], bounced["rcpt"], bounced["category"], bounced["reply"],
                   bounced["attempt"]),
                  (two, "never@receiver.test", "bad-mailbox", "550 5.1.1 no such user", 1),
                  "bounced")
            delayed, = [e for e in events if e["event"] == "delayed"]
            equal(delayed["reply"], "451 4.3.0 not now, \"please\"", "delayed")
            equal(len({e["id"] for e in events}), len(events), "ids are unique")


if __name__ == "__main__":
    sys.exit(cases.run([story]))
