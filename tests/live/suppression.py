"""Addresses that get no mail any more: refused, recorded, of tenants, on two nodes,
without Redis. "suppression.py million": how much a million of them takes.
"""
import json
import os
import subprocess
import sys
import tempfile
import time

from ports import free_port
from ringpost_live import Cases, Daemon, Sink, until

cases = Cases()
check, equal = cases.check, cases.equal

TEXT = "Subject: x\r\n\r\nHello\r\n"


def say(daemon, *recipients, port=None, account=None):
    """What RCPT answers for each, then what the message's end does (if any was
    taken), as (code, text)."""
    with daemon.connect(port) as client:
        client.ehlo()
        if account:
            client.login(account, "secret of " + account)
        sender = f"{account}@sender.test" if account else "a@sender.test"
        client.mail(sender)
        answers = [client.rcpt(one) for one in recipients]
        if any(code == 250 for code, _ in answers):
            answers.append(client.data(TEXT))
        return [(code, text.decode()) for code, text in answers]


def refused():
    """Refused at RCPT, in words; the others of the message get it"""
    with Sink() as sink, Daemon(routes=[sink.route("*")]) as daemon:
        daemon.run("suppression", "add", "Gone@Receiver.test", "--reason", "hard-bounce",
                   "--for", "30d", "--detail", "550 5.1.1 no such user", status=0)
        daemon.run("suppression", "add", "angry@receiver.test", "--reason", "complaint",
                   status=0)
        daemon.run("suppression", "add", "@closed.test", status=0)
        answers = say(daemon, "gone@receiver.test", "GONE@RECEIVER.TEST",
                      "angry@receiver.test", "anyone@closed.test", "fine@receiver.test")
        equal([code for code, _ in answers], [550, 550, 550, 550, 250, 250], "the answers")
        check(answers[0][1].startswith("5.1.1 Suppressed since 20"), answers[0][1])
        check("(hard-bounce): nothing is sent to this address until 20" in answers[0][1],
              answers[0][1])
        check(answers[2][1].startswith("5.7.1 ") and "(complaint)" in answers[2][1] and
              "until" not in answers[2][1], answers[2][1])
        check("(manual): nothing is sent to this domain" in answers[3][1], answers[3][1])
        message, = sink.wait(1)
        equal(message.addresses, ["fine@receiver.test"], "who got it")
        daemon.wait_event("suppressed", count=4)
        events = daemon.events("suppressed")
        equal([(e["rcpt"], e["reason"], e["action"]) for e in events],
              [("gone@receiver.test", "hard-bounce", "refused"),
               ("GONE@receiver.test", "hard-bounce", "refused"),
               ("angry@receiver.test", "complaint", "refused"),
               ("anyone@closed.test", "manual", "refused")], "what the log says")
        entered = daemon.events("suppression_entered")[0]
        equal((entered["address"], entered["reason"], entered["by"], entered["detail"]),
              ("gone@receiver.test", "hard-bounce", "operator", "550 5.1.1 no such user"),
              "what the log says of the entry")
        check(time.time() * 1000 + 29 * 86400e3 < entered["until_ms"], "how long")
        # Removed, it is sent to again.
        daemon.run("suppression", "remove", "gone@RECEIVER.test", status=0)
        equal(daemon.run("suppression", "remove", "gone@receiver.test").returncode, 1,
              "nothing to remove")
        equal([code for code, _ in say(daemon, "gone@receiver.test")], [250, 250],
              "after that")


def recorded():
    """Recorded: accepted, told, never sent; a reload turns it on and off"""
    with Sink() as sink, Daemon(routes=[sink.route("*")],
                                suppression={"at_submission": "record"}) as daemon:
        daemon.run("suppression", "add", "gone@receiver.test", "left@receiver.test",
                   status=0)
        answers = say(daemon, "gone@receiver.test", "fine@receiver.test",
                      "left@receiver.test")
        equal([code for code, _ in answers], [250] * 4, "the answers")
        message, = sink.wait(1)
        equal(message.addresses, ["fine@receiver.test"], "who got it")
        number = answers[-1][1].split()[-1]
        daemon.wait_event("suppressed", count=2)
        equal({(e["id"], e["rcpt"], e["action"]) for e in daemon.events("suppressed")},
              {(number, "gone@receiver.test", "recorded"),
               (number, "left@receiver.test", "recorded")}, "what the log says")
        equal(daemon.wait_event("received")["recipients"], 1, "recipients of the message")
        # Nobody is left: accepted all the same, and nothing is in the queue.
        answers = say(daemon, "gone@receiver.test")
        equal([code for code, _ in answers], [250, 250], "nobody is left")
        number = answers[-1][1].split()[-1]
        daemon.wait_event("suppressed", id=number)
        check("suppressed" in daemon.run("why", number).stdout, "why says so")
        # BDAT, and several in one session.
        with daemon.connect() as client:
            client.ehlo()
            for _ in range(3):
                client.mail("a@sender.test")
                client.rcpt("gone@receiver.test")
                client.send(f"BDAT {len(TEXT)} LAST\r\n{TEXT}")
                code, text = client.getreply()
                equal(code, 250, f"BDAT: {text}")
        daemon.wait_event("suppressed", count=6)
        equal(len(sink.messages), 1, "messages at the receiver")
        daemon.config["suppression"]["at_submission"] = "none"
        daemon.write_config()
        daemon.reload()
        say(daemon, "gone@receiver.test")
        sink.wait(2)


def tenants():
    """A tenant's entry is for its mail, one without a tenant for all"""
    with Sink() as sink, Daemon(
            routes=[sink.route("*")], submission={"auth_delay": "0"},
            tenants=[{"name": "acme"}, {"name": "globex"}]) as daemon:
        daemon.config["listeners"][0].update(auth_without_tls=True)
        daemon.write_config()
        daemon.reload()
        for name, tenant in (("wile", "acme"), ("hank", "globex"), ("nobody", None)):
            words = ["user", "add", name, "--sender", "@sender.test", "--password-file", "-"]
            with open(os.path.join(daemon.directory, "password"), "w") as file:
                file.write("secret of " + name + "\n")
            os.chmod(file.name, 0o600)
            words[-1] = file.name
            daemon.run(*words, *(["--tenant", tenant] if tenant else []), status=0)
        daemon.run("suppression", "add", "a@receiver.test", "--tenant", "ACME", status=0)
        daemon.run("suppression", "add", "all@receiver.test", status=0)
        for name, want in (("wile", [550, 550]), ("hank", [250, 550]),
                           ("nobody", [250, 550])):
            codes = [code for code, _ in say(daemon, "a@receiver.test",
                                             "all@receiver.test", account=name)]
            equal(codes[:2], want, f"mail of {name}")
        equal(daemon.wait_event("suppressed").get("tenant"), "acme", "the event's tenant")
        entries, = daemon.run_json("suppression", "list", "--tenant", "acme")
        equal([e["address"] for e in entries], ["a@receiver.test"], "acme's list")
        entries, = daemon.run_json("suppression", "list", "--everybody")
        equal([e["address"] for e in entries], ["all@receiver.test"], "everybody's list")
        check("Suppressed  2 entries, " in daemon.run("status", status=0).stdout, "status")
        answer, = (json.loads(line) for line in daemon.run(
            "suppression", "check", "a@receiver.test", "--tenant", "acme", "--json",
            status=1).stdout.splitlines())
        check(answer["suppressed"] and len(answer["entries"]) == 1, "check")
        daemon.run("suppression", "check", "a@receiver.test", status=0)


def commands():
    """The commands: import of what others write, export, what is wrong is named"""
    with Daemon() as daemon, tempfile.TemporaryDirectory() as folder:
        def file(name, text):
            path = os.path.join(folder, name)
            with open(path, "w", newline="") as out:
                out.write(text)
            return path

        got = daemon.run("suppression", "import", file("plain", "a@x.test\nB@x.test\r\n\n"
                                                       "# a remark\n@y.test\n"), status=0)
        check(got.stdout.startswith("3 entered, 0 there already"), got.stdout)
        got = daemon.run("suppression", "import", file(
            "others.csv", "\ufeffEmail Address,Reason,Created At,Status\r\n"
            'c@x.test,bounced,1700000000,"550 5.1.1, ""no"" such\nuser"\r\n'
            "d@x.test,SpamComplaint,2024-01-02T03:04:05Z,\r\n"
            "e@x.test,550 mailbox gone,,\r\n"
            "nobody,bounce,,\r\n"
            "f@x.test,bounce,yesterday,\r\n"), "--tenant", "acme", "--for", "1000d")
        equal(got.returncode, 1, "exit status")
        check(got.stdout.startswith("3 entered, 0 there already, for as long or longer, "
                                    "2 wrong"), got.stdout)
        check("others.csv:6: \"nobody\" is no address" in got.stderr and
              "others.csv:7: \"yesterday\" is no time" in got.stderr, got.stderr)
        got = daemon.run("suppression", "import", "-", input='{"address":"g@x.test",'
                         '"reason":"unsubscribe","detail":"a,\\"b\\""}\n{"address"\n')
        equal(got.returncode, 1, "exit status of JSON")
        check(got.stdout.startswith("1 entered"), got.stdout)
        entries, = daemon.run_json("suppression", "list", "--limit", "0")
        by = {e["address"]: e for e in entries}
        equal(sorted(by), ["@y.test", "a@x.test", "b@x.test", "c@x.test", "d@x.test",
                           "e@x.test", "g@x.test"], "the list")
        equal((by["c@x.test"]["reason"], by["c@x.test"]["tenant"],
               by["c@x.test"]["since_ms"]), ("hard-bounce", "acme", 1700000000000), "c")
        equal(by["c@x.test"]["detail"], '550 5.1.1, "no" such?user', "c's detail")
        equal((by["d@x.test"]["reason"], by["d@x.test"]["since_ms"]),
              ("complaint", 1704164645000), "d")
        equal((by["e@x.test"]["reason"], by["e@x.test"]["detail"]),
              ("imported", "550 mailbox gone"), "e")
        check("until_ms" in by["e@x.test"] and "until_ms" not in by["a@x.test"], "--for")
        # Out and in again: the same.
        out = os.path.join(folder, "out.csv")
        daemon.run("suppression", "export", out, status=0)
        got = daemon.run("suppression", "import", out, status=0)
        check(got.stdout.startswith("0 entered, 7 there already"), got.stdout)
        for address, one in by.items():
            tenant = ["--tenant", one["tenant"]] if "tenant" in one else []
            daemon.run("suppression", "remove", address, *tenant, status=0)
        check("Nobody is suppressed" in daemon.run("suppression", "list", status=0).stdout,
              "an empty list")
        daemon.run("suppression", "import", out, status=0)
        again, = daemon.run_json("suppression", "list", "--limit", "0")
        equal({e["address"]: e for e in again}, by, "what came back")
        lines = daemon.run("suppression", "export", "--json", "--reason", "complaint",
                           status=0).stdout.splitlines()
        equal([json.loads(line)["address"] for line in lines], ["d@x.test"], "export --json")
        for words, status in ((("add", "no address"), 1), (("add",), 2),
                              (("add", "a@x.test", "--for", "soon"), 2),
                              (("add", "a@x.test", "--until", "2001-01-01"), 1),
                              (("add", "a@x.test", "--reason", "mood"), 1),
                              (("add", "a@x.test", "--tenant", "a b"), 1),
                              (("import", "/nonexistent"), 1), (("list", "--reason", "x"), 1),
                              (("check", "x"), 1), (("remove", "x"), 1)):
            equal(daemon.run("suppression", *words).returncode, status, " ".join(words))


class Redis:
    """One for several nodes, its files kept over a kill."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="ringpost-redis-")
        self.port = free_port()
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir",
             self.directory, "--appendonly", "yes", "--appendfsync", "always", "--save", ""],
            stdout=subprocess.DEVNULL)
        until(lambda: self.ask("ping") == "PONG", what="Redis")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def ask(self, *words):
        return subprocess.run(["redis-cli", "-p", str(self.port), *words],
                              capture_output=True, text=True).stdout.strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        subprocess.run(["rm", "-rf", self.directory])

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}/0"


def is_refused(daemon, address):
    return say(daemon, address)[0][0] == 550


def nodes():
    """Two nodes: within a second the other knows; Redis away, restarted, emptied"""
    queue = {"bodies": "redis"}
    with Redis() as redis, Sink() as sink:
        queue["redis"] = redis.url
        with Daemon(routes=[sink.route("*")], queue=queue) as one, \
                Daemon(routes=[sink.route("*")], queue=queue) as two:
            took = []
            for i in range(10):
                one.run("suppression", "add", f"u{i}@receiver.test", status=0)
                began = time.monotonic()
                until(lambda: is_refused(two, f"u{i}@receiver.test"), what="the other node")
                took.append(time.monotonic() - began)
            print(f"  the other node knew after {max(took):.3f} s at most")
            check(min(took) < 1, f"within a second: {took}")
            two.run("suppression", "remove", "u0@receiver.test", status=0)
            until(lambda: not is_refused(one, "u0@receiver.test"), what="the removal")
            # Away: what is known holds; a change is refused in words.
            redis.kill()
            one.wait_event("redis_down")
            equal(daemon_answer(one, "u1@receiver.test"), 452, "mail without Redis")
            got = one.run("suppression", "add", "late@receiver.test")
            check(got.returncode == 1 and "Redis" in got.stderr, got.stderr)
            redis.start()
            until(lambda: is_refused(one, "u1@receiver.test"), what="mail again")
            until(lambda: is_refused(two, "u2@receiver.test"), what="the other node")
            one.run("suppression", "add", "late@receiver.test", status=0)
            until(lambda: is_refused(two, "late@receiver.test"), what="the other node")
            # Somebody has emptied it behind our back.
            redis.ask("del", "{rp:suppression}:entries", "{rp:suppression}:changes")
            until(lambda: not is_refused(two, "late@receiver.test"), what="the empty list")
            until(lambda: not is_refused(one, "late@receiver.test"), what="the empty list")


def daemon_answer(daemon, recipient):
    """The first refusal of MAIL, RCPT or DATA, or 250."""
    with daemon.connect() as client:
        client.ehlo()
        for reply in (lambda: client.mail("a@sender.test"), lambda: client.rcpt(recipient),
                      lambda: client.data(TEXT)):
            code, _ = reply()
            if code >= 400:
                return code
    return 250


def start():
    """From the first message after a start on: suppressed before the list is loaded"""
    with Sink() as sink, Daemon(routes=[sink.route("*")]) as daemon:
        path = os.path.join(daemon.directory, "list")
        with open(path, "w") as file:
            file.writelines(f"user{i}@customer{i % 500}.test\n" for i in range(100000))
        daemon.run("suppression", "import", path, status=0)
        for _ in range(3):
            daemon.kill()
            daemon.start()
            # Loaded or not: asked the moment that mail is accepted.
            answers = say(daemon, "user99999@customer499.test", "fine@customer499.test")
            equal([code for code, _ in answers], [550, 250, 250], "right after a start")
            loaded = daemon.wait_event("suppression_loaded")
            equal(loaded["entries"], 100000, "entries loaded")
        equal({one for m in sink.wait(3) for one in m.addresses},
              {"fine@customer499.test"}, "who got mail")


def by_itself():
    """Who has no mailbox enters by himself, and is not written to again"""
    def rule(step):
        if step.verb == "RCPT" and step.address == "gone@receiver.test":
            return "550 5.1.1 No such user"
        if step.verb == "RCPT" and step.address == "shy@receiver.test":
            return "550 5.7.1 Not from you"

    with Sink(rule) as sink, Daemon(routes=[sink.route("*")], suppression={}) as daemon:
        number = daemon.submit("a@sender.test", ["gone@receiver.test", "shy@receiver.test",
                                                 "fine@receiver.test"], TEXT)
        event = daemon.wait_event("suppression_entered")
        equal((event["address"], event["reason"], event["by"], event["id"]),
              ("gone@receiver.test", "hard-bounce", "report", number), "who enters")
        check("550 5.1.1 No such user" in event["detail"], event["detail"])
        days = (event["until_ms"] / 1000 - time.time()) / 86400
        check(29 < days < 31, f"for {days} days")
        until(lambda: is_refused(daemon, "gone@receiver.test"), what="the refusal")
        check(not is_refused(daemon, "shy@receiver.test"), "who only did not want it")
        equal(len(daemon.events("suppression_entered")), 1, "entries")


def waiting():
    """Mail in the queue for who enters the list: returned, or dropped; the rest goes on"""
    closed = [True]

    def rule(step):
        if step.verb == "RCPT" and closed[0] and step.address.endswith("@receiver.test"):
            return "450 4.2.1 Later"

    for way in ("refuse", "record"):
        closed[0] = True
        with Sink(rule) as sink, Daemon(
                routes=[sink.route("*")], relay={"retry": ["8s"]},
                suppression={"at_submission": way}) as daemon:
            number = daemon.submit("a@sender.test", ["gone@receiver.test",
                                                     "fine@receiver.test"], TEXT)
            daemon.wait_event("deferred", count=2)
            daemon.run("suppression", "add", "gone@receiver.test", "--reason", "complaint",
                       status=0)
            closed[0] = False
            event = daemon.wait_event("suppressed", timeout=60)
            equal((event["id"], event["rcpt"], event["action"], event["reason"]),
                  (number, "gone@receiver.test", "stopped", "complaint"), "what is told")
            bounced = daemon.wait_event("bounced")
            check(bounced["rcpt"] == "gone@receiver.test" and
                  bounced["reply"].startswith("5.7.1 suppressed while it waited"),
                  str(bounced))
            daemon.wait_event("delivered", rcpt="fine@receiver.test")
            if way == "refuse":
                daemon.wait_event("delivered", rcpt="a@sender.test")
                check(any("5.7.1" in m.text and m.addresses == ["a@sender.test"]
                          for m in sink.messages), "the notification")
            equal(len(sink.messages), 2 if way == "refuse" else 1, f"messages, {way}")
            equal([m.addresses for m in sink.messages].count(["fine@receiver.test"]), 1,
                  "the other recipient")


def memory_of(daemon):
    with open(f"/proc/{daemon.process.pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) * 1024


def million():
    """A million entries: import, memory, export, start"""
    with Sink() as sink, Daemon(routes=[sink.route("*")],
                                queue={"redis_memory": "1 GiB"}) as daemon:
        path = os.path.join(daemon.directory, "list")
        with open(path, "w") as file:
            file.writelines(f"user{i}.name@customer{i % 5000}.test\n" for i in range(10**6))
        before, began = memory_of(daemon), time.monotonic()
        daemon.run("suppression", "import", path, timeout=300, status=0)
        took = time.monotonic() - began
        print(f"  import: {took:.1f} s, {10**6 / took:,.0f} entries a second")
        print(f"  memory: {(memory_of(daemon) - before) / 2**20:.0f} MiB more")
        answer, = (json.loads(line) for line in daemon.run(
            "suppression", "check", "user123456.name@customer3456.test", "--json",
            status=1).stdout.splitlines())
        equal(answer["list"]["entries"], 10**6, "entries in memory")
        check(answer["list"]["bytes"] < 34 * 10**6, "32 bytes an entry")
        began = time.monotonic()
        out = os.path.join(daemon.directory, "out.csv")
        daemon.run("suppression", "export", out, timeout=300, status=0)
        print(f"  export: {time.monotonic() - began:.1f} s")
        with open(out) as file:
            equal(sum(1 for _ in file) >= 10**6 + 1, True, "lines exported")
        daemon.stop()
        daemon.start()
        loaded = daemon.wait_event("suppression_loaded", timeout=60)
        print(f"  start: loaded in {loaded['seconds']:.1f} s")
        equal(loaded["entries"], 10**6, "entries loaded")
        check(is_refused(daemon, "user999999.name@customer4999.test"), "the last one")
        check(not is_refused(daemon, "user1000000.name@customer0.test"), "one more")


sys.exit(cases.run([million] if sys.argv[1:] == ["million"] else
                    [refused, recorded, tenants, commands, nodes, start, by_itself, waiting]))
