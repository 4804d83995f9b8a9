"""Events for applications: the stream, the file, and that nothing of them is lost
that should not be.
"""
import codecs
import collections
import hashlib
import hmac
import itertools
import json
import os
import re
import signal
import smtplib
import subprocess
import sys
import threading
import time

from ringpost_live import PROGRAM, Cases, Daemon, Sink, free_port, until
from web import Web

cases = Cases()
check, equal = cases.check, cases.equal

TEXT = "Subject: x\r\n\r\nHello\r\n"


def redis(daemon, *words):
    """What redis-cli says of the embedded Redis, as it does to people."""
    folder = os.path.join(daemon.state, "redis")
    password = ""
    with open(os.path.join(folder, "redis.conf")) as file:
        for line in file:
            if line.startswith("requirepass "):
                password = line.split()[1].strip('"')
    got = subprocess.run(
        ["redis-cli", "-s", os.path.join(folder, "redis.sock"), "--no-raw", "--no-auth-warning",
         *(["-a", password] if password else []), *map(str, words)],
        capture_output=True, text=True, timeout=60)
    if got.returncode or not got.stdout.strip():
        raise RuntimeError(f"redis-cli {words}: {got.stdout}{got.stderr}")
    return got.stdout


def stream(daemon):
    """All events in the stream, in their order, those of packed entries too."""
    entries = re.findall(r'"(events|zstd)"\n *2\) "((?:[^"\\]|\\.)*)"',
                         redis(daemon, "XRANGE", "rp:events:stream", "-", "+"))
    text = b""
    for kind, run in itertools.groupby(entries, key=lambda entry: entry[0]):
        part = b"".join(codecs.escape_decode(value)[0] for _, value in run)
        if kind == "zstd":
            part = subprocess.run(["zstd", "-dc"], input=part, capture_output=True, check=True,
                                  timeout=60).stdout
        text += part
    return [json.loads(line) for line in text.splitlines()]


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


SECRET = "a secret of sixteen or more"


class Collector:
    """A webhook's other end. ANSWER(request) gives a status; default 200."""

    def __init__(self, answer=None):
        self.answer = answer or (lambda request: 200)
        self.bodies = []  # of those taken
        self.web = Web(None, ["127.0.0.1"], self._answer, tls=False)

    def _answer(self, request):
        fields = dict(part.split("=") for part in
                      request.headers["Ringpost-Signature"].split(","))
        want = hmac.new(SECRET.encode(), fields["t"].encode() + b"." + request.body,
                        hashlib.sha256).hexdigest()
        if fields["v1"] != want or abs(time.time() - int(fields["t"])) > 300:
            return 401, "bad signature"
        status = self.answer(request)
        if status == 200:
            self.bodies.append(json.loads(request.body))
        return status, ""

    def __enter__(self):
        self.web.__enter__()
        return self

    def __exit__(self, *_):
        self.web.__exit__()

    @property
    def requests(self):
        return self.web.requests

    def events(self):
        return [e for body in self.bodies for e in body]

    def url(self):
        return f"http://127.0.0.1:{self.web.port}/hook?x=y"


def with_webhooks(sink, **hooks):
    """A daemon, not started, with webhooks: name=(collector, more)."""
    daemon = Daemon(routes=[sink.route("*")], relay={"retry": ["200ms"]}, events={})
    secret = os.path.join(daemon.directory, "secret")
    with open(secret, "w") as file:
        file.write(SECRET + "\n")
    os.chmod(secret, 0o600)
    daemon.config["tenants"] = [{"name": "shop"}]
    daemon.shop_port = free_port()
    daemon.config["listeners"].append({
        "address": f"127.0.0.1:{daemon.shop_port}", "role": "submission", "tls": "none",
        "require_auth": False, "tenant": "shop"})
    daemon.config["events"]["webhooks"] = [
        dict({"name": name, "url": collector.url(), "secret_file": secret,
              "private_addresses": True}, **more)
        for name, (collector, more) in hooks.items()]
    daemon.write_config()
    return daemon


def webhooks():
    """Webhooks: signed, in order, only what is wanted; told how far they are"""
    with Sink() as sink, Collector() as every, Collector() as some, \
            with_webhooks(sink, every=(every, {}),
                          some=(some, {"events": ["delivered"], "tenants": ["shop"]})) as daemon:
        ids = [daemon.submit("a@sender.test", [f"{n}@receiver.test"], TEXT) for n in range(20)]
        until(lambda: len(every.events()) >= 40, what="all events")
        equal(collections.Counter(e["message"] for e in every.events()),
              collections.Counter(2 * ids), "two of each")
        for one in ids:
            equal(kinds(e for e in every.events() if e["message"] == one),
                  ["accepted", "delivered"], "their order")
        equal(some.events(), [], "nobody's mail is not the shop's")
        with daemon.connect(daemon.shop_port) as client:
            client.sendmail("a@sender.test", ["b@receiver.test"], TEXT)
        until(some.events, what="the shop's")
        equal([(e["event"], e["tenant"]) for e in some.events()], [("delivered", "shop")],
              "only what it wants")
        request = every.requests[0]
        equal((request.method, request.path, request.headers["Content-Type"],
               request.headers["Ringpost-Webhook"], request.headers["Ringpost-Attempt"]),
              ("POST", "/hook?x=y", "application/json", "every", "1"), "a request")

        def told():
            hooks = {h["name"]: h for h in daemon.run_json("webhook", "list")}
            return hooks if hooks["every"]["behind_ms"] == hooks["some"]["behind_ms"] == 0 \
                else None
        hooks = until(told, what="nobody behind")
        equal((hooks["every"]["sent"], hooks["every"]["dead"], hooks["every"]["missed"],
               hooks["some"]["sent"], hooks["some"]["events"]), (42, 0, 0, 1, ["delivered"]),
              "webhook list")
        got = daemon.run("webhook", "test", "some", status=0).stdout
        check(got.startswith("some took it: 200"), got)
        equal((some.events()[1]["event"], some.events()[1]["reason"]), ("test", "operator"),
              "the test")
        # One that a command makes is sent what happens from then on.
        with Collector() as made:
            equal(daemon.run("webhook", "add", "made", made.url()).returncode, 1, "http://")
            global SECRET
            before, SECRET = SECRET, daemon.run(
                "webhook", "add", "made", made.url(), "--private-addresses", "--event",
                "accepted", status=0).stdout.strip()
            until(lambda: "cursor" in daemon.run_json("webhook", "list")[-1],
                  what="its beginning")
            last = daemon.submit("a@sender.test", ["last@receiver.test"], TEXT)
            until(lambda: made.events(), what="its event")
            equal([(e["event"], e["message"]) for e in made.events()], [("accepted", last)],
                  "what it was sent")
            SECRET = before
            daemon.run("webhook", "remove", "made", status=0)
            equal(daemon.run("webhook", "remove", "made").returncode, 1, "gone already")


def failing():
    """A collector that fails: tried again in order, then dead letters, then redelivered"""
    trouble = [500]

    def answer(request):
        return trouble[0] if trouble else 200

    with Sink() as sink, Collector(answer) as patient, Collector(answer) as hasty, \
            with_webhooks(sink, patient=(patient, {}),
                          hasty=(hasty, {"retry_for": "500ms", "batch": 3})) as daemon:
        ids = [daemon.submit("a@sender.test", [f"{n}@receiver.test"], TEXT) for n in range(5)]
        daemon.wait_event("webhook_failing", webhook="patient")
        daemon.wait_event("webhook_dead", webhook="hasty")

        def dead():
            return sum(letter["count"] for letter in daemon.run_json("webhook", "dead", "hasty"))
        until(lambda: dead() == 10, what="all dead")
        hook = [h for h in daemon.run_json("webhook", "list") if h["name"] == "patient"][0]
        check(hook["failing_ms"] and hook["status"] == 500 and hook["behind_ms"] > 0 and
              hook["dead"] == 0 and hook["why"] == "it answered 500", hook)
        got = daemon.run("webhook", "redeliver", "hasty")
        equal((got.returncode, "The next was not taken: it answered 500" in got.stdout),
              (1, True), "redelivered in vain")
        # A restart does not lose where it was.
        daemon.stop()
        daemon.start()
        trouble.clear()
        daemon.wait_event("webhook_works", webhook="patient")
        until(lambda: len(patient.events()) >= 10, what="what waited")
        for one in ids:
            equal(kinds(e for e in patient.events() if e["message"] == one),
                  ["accepted", "delivered"], "their order")
        equal(hasty.events(), [], "none of the dead")
        got = daemon.run_json("webhook", "redeliver", "hasty")[0]
        equal(got["events"], 10, "redelivered")
        check(all(len(body) <= 3 for body in hasty.bodies), "the batches")
        equal(sorted(kinds(hasty.events())), ["accepted"] * 5 + ["delivered"] * 5, "of these")
        equal(dead(), 0, "none is left")


def too_large():
    """A collector that takes little at a time is sent less; one event too large is dead"""
    def answer(request):
        events = json.loads(request.body)
        if any(e.get("rcpt", "").startswith("huge") for e in events) or len(events) > 4:
            return 413
        return 200

    with Sink() as sink, Collector(answer) as small, \
            with_webhooks(sink, small=(small, {"events": ["accepted"]})) as daemon:
        daemon.run("webhook", "list", status=0)
        ids = [daemon.submit("a@sender.test", [f"{'huge' if n == 7 else n}@receiver.test"], TEXT)
               for n in range(20)]
        until(lambda: len(small.events()) >= 19, what="the others")
        equal([e["message"] for e in small.events()], ids[:7] + ids[8:], "in order")
        daemon.wait_event("webhook_dead")


def follow():
    """`ringpost events`: all, from a cursor, of a message, and what comes"""
    with Sink() as sink, Daemon(routes=[sink.route("*")], events={"stream": True}) as daemon:
        one, two = (daemon.submit("a@sender.test", ["b@receiver.test", "c@receiver.test"], TEXT)
                    for _ in range(2))
        until(lambda: len(stream(daemon)) == 6, what="six events")
        events = daemon.run_json("events")
        equal([{k: v for k, v in e.items() if k != "cursor"} for e in events], stream(daemon),
              "all of them")
        for place in range(6):
            equal(daemon.run_json("events", "--from", events[place]["cursor"]),
                  events[place + 1:], f"from {events[place]['cursor']}")
        equal(daemon.run_json("events", "--limit", "3"), events[:3], "three")
        equal(kinds(daemon.run_json("events", "--message", two)),
              ["accepted", "delivered", "delivered"], "of a message")
        equal(len(daemon.run_json("events", "--event", "delivered", "--message", one)), 2,
              "of a kind")
        equal(daemon.run("events", "--from", "x.y").returncode, 1, "no cursor")
        got = daemon.run("events", status=0).stdout.splitlines()
        check(len(got) == 6 and f" {one} " in got[0] + " " and "accepted" in got[0], got)
        watcher = subprocess.Popen([PROGRAM, "events", "--follow", "--json", "-c", daemon.file],
                                   stdout=subprocess.PIPE, text=True)
        try:
            lines = []
            threading.Thread(target=lambda: lines.extend(watcher.stdout), daemon=True).start()
            until(lambda: daemon.submit("a@sender.test", ["d@receiver.test"], TEXT) and lines,
                  what="a line", pause=0.3)
            check(json.loads(lines[0])["event"] in ("accepted", "delivered"), lines)
        finally:
            watcher.send_signal(signal.SIGTERM)
            watcher.wait(30)


def others():
    """Held, released, dropped, suppressed, expired: each with its reason"""
    def rule(step):
        if step.verb == "RCPT" and step.address.startswith("old"):
            return "451 4.3.0 not now"
        return None

    with Sink(rule=rule) as sink, Daemon(
            routes=[sink.route("*")], events={"stream": True},
            relay={"retry": ["100ms"], "expire": "2s"}) as daemon:
        def of(message):
            return [(e["event"], e.get("rcpt"), e.get("reason"))
                    for e in stream(daemon) if e.get("message") == message]

        old = daemon.submit("a@sender.test", ["old@receiver.test"], TEXT)
        held, gone = (daemon.submit("a@sender.test", [rcpt], TEXT,
                                    mail_options=["HOLDFOR=3600"])
                      for rcpt in ("held@receiver.test", "gone@receiver.test"))
        daemon.run("queue", "release", held, status=0)
        daemon.run("queue", "drop", gone, status=0)
        until(lambda: len(of(held)) == 4 and len(of(gone)) == 3, what="their events")
        equal(of(held), [("accepted", "held@receiver.test", None),
                         ("held", "held@receiver.test", "sender"),
                         ("released", "held@receiver.test", "operator"),
                         ("delivered", "held@receiver.test", None)], "held, released")
        equal(of(gone)[1:], [("held", "gone@receiver.test", "sender"),
                             ("dropped", "gone@receiver.test", "operator")], "dropped")
        until_ms = [e["until_ms"] for e in stream(daemon) if e["event"] == "held"]
        check(all(0 < at / 1000 - time.time() < 3601 for at in until_ms), until_ms)

        daemon.run("suppression", "add", "none@receiver.test", status=0)
        try:
            daemon.submit("a@sender.test", ["none@receiver.test"], TEXT)
            check(False, "it was refused")
        except smtplib.SMTPResponseException as refusal:
            equal(refusal.smtp_code, 550, "its refusal")
        until(lambda: of(None), what="the suppressed one")
        equal(of(None), [("suppressed", "none@receiver.test", "manual")], "suppressed")
        until(lambda: "expired" in kinds(stream(daemon)), what="the expired one")
        told = of(old)
        equal((told[0][0], {kind for kind, _, _ in told[1:-1]}, told[-1][0]),
              ("accepted", {"delayed"}, "expired"), "expired")
        check("bounced" not in kinds(stream(daemon)), "expired is all it is")
        equal({e["from"] for e in stream(daemon) if "from" in e}, {"a@sender.test"},
              "nothing is told of notifications")
        status = json.loads(daemon.run("status", "--json", status=0).stdout)["events"]
        equal((status["wanted"], status["raised"], status["sent"], status["dropped"],
               status["waiting_ms"], status["waiting_bytes"]),
              (True, len(stream(daemon)), len(stream(daemon)), 0, 0, 0), "status")


def reloaded():
    """Reloads turn it on, move the file, add and remove a webhook, turn it off"""
    with Sink() as sink, Collector() as late, with_webhooks(sink, late=(late, {})) as daemon:
        with_hook = daemon.config["events"]
        daemon.stop()
        daemon.config["events"] = {}
        daemon.write_config()
        daemon.start()

        def send():
            return daemon.submit("a@sender.test", ["b@receiver.test"], TEXT)
        send()
        sink.wait(1)
        equal(stream(daemon), [], "nothing is wanted")
        file, moved = (os.path.join(daemon.directory, name) for name in ("a.jsonl", "b.jsonl"))
        daemon.config["events"] = dict(with_hook, file=file)
        daemon.write_config()
        check(daemon.reload(), "on")
        one = send()
        until(lambda: len(late.events()) == 2 and len(lines(file)) == 2, what="its events")
        os.rename(file, moved)
        check(daemon.reload(), "again")
        two = send()
        until(lambda: len(lines(file)) == 2, what="the new file")
        equal({e["message"] for e in lines(file)}, {two}, "in the new file")
        equal({e["message"] for e in lines(moved)}, {one}, "in the old one")
        until(lambda: len(late.events()) == 4, what="the webhook's")
        daemon.config["events"] = {"file": os.path.join(daemon.directory, "nowhere", "x")}
        daemon.write_config()
        check(not daemon.reload(), "a file that cannot be")
        daemon.config["events"] = {"stream": True}
        daemon.write_config()
        check(daemon.reload(), "without the webhook")
        three = send()
        until(lambda: len([e for e in stream(daemon) if e["message"] == three]) == 2,
              what="its events")
        equal((len(late.events()), len(lines(file))), (4, 2), "neither webhook nor file")
        daemon.config["events"] = {}
        daemon.write_config()
        check(daemon.reload(), "off")
        before = len(stream(daemon))
        send()
        sink.wait(4)
        equal(len(stream(daemon)), before, "nothing is wanted any more")


class Senders:
    """Threads that submit all the time; what got its 250 is in `ids`."""

    def __init__(self, daemon, count=4):
        self.daemon, self.ids, self.stopping = daemon, [], False
        self.threads = [threading.Thread(target=self._run, args=(n,), daemon=True)
                        for n in range(count)]
        for thread in self.threads:
            thread.start()

    def _run(self, number):
        count = 0
        while not self.stopping:
            try:
                with self.daemon.connect(timeout=5) as client:
                    client.ehlo()
                    while not self.stopping:
                        count += 1
                        client.mail("a@sender.test")
                        client.rcpt(f"{number}-{count}@receiver.test")
                        code, said = client.data(TEXT)
                        if code == 250:
                            self.ids.append(said.decode().rsplit(" ", 1)[-1])
            except (OSError, smtplib.SMTPException):
                time.sleep(0.05)

    def stop(self):
        self.stopping = True
        for thread in self.threads:
            thread.join(60)


def killed():
    """Killed again and again, with Redis and without: no event of a message is missing"""
    with Sink() as sink, Collector() as every, with_webhooks(sink, every=(every, {})) as daemon:
        senders = Senders(daemon)
        for way in ("both", "daemon", "redis", "both"):
            before = len(senders.ids)
            until(lambda: len(senders.ids) > before + 50, what="some mail")
            if way != "daemon":
                daemon.kill_redis()
            if way != "redis":
                daemon.kill()
                daemon.kill_redis()
                daemon.start()
        before = len(senders.ids)
        until(lambda: len(senders.ids) > before, what="mail behind it all")
        senders.stop()
        until(lambda: not any(daemon.run_json("queue", "count")[0]["states"].values()),
              what="an empty queue")
        until(lambda: daemon.run_json("webhook", "list")[0]["behind_ms"] == 0, what="all sent")
        for what, events in (("stream", stream(daemon)), ("webhook", every.events())):
            first = {}
            for place, event in enumerate(events):
                first.setdefault((event["message"], event["event"]), place)
            accepted = {m for m, kind in first if kind == "accepted"}
            delivered = {m for m, kind in first if kind == "delivered"}
            equal(set(senders.ids) - accepted, set(), f"{what}: what got its 250 was accepted")
            equal(set(senders.ids) - delivered, set(), f"{what}: … and delivered")
            equal(delivered - accepted, set(), f"{what}: what was delivered was accepted")
            check(all(first[m, "accepted"] < first[m, "delivered"]
                      for m in delivered & accepted), f"{what}: in this order")
        print(f"  {len(senders.ids)} messages, {len(stream(daemon))} events, "
              f"{len(every.events())} sent", flush=True)


def silent():
    """A collector that never answers keeps no mail waiting"""
    hold = threading.Event()

    def answer(request):
        hold.wait(60)
        return 200

    with Sink() as sink, Collector(answer) as dead, \
            with_webhooks(sink, dead=(dead, {"timeout": "60s"})) as daemon:
        for n in range(200):
            daemon.submit("a@sender.test", [f"{n}@receiver.test"], TEXT)
        sink.wait(200)
        until(lambda: dead.requests, what="a request")
        equal(len(dead.requests), 1, "one request at a time")
        check(daemon.run_json("webhook", "list")[0]["behind_ms"] > 0, "it is behind")
        hold.set()


if __name__ == "__main__":
    sys.exit(cases.run([story, others, reloaded, webhooks, failing, too_large, follow, killed, silent]))
