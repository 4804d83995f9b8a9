"""Every command of ringpost, on a real daemon.

cli_test.py PROGRAM
"""
import json
import os
import pty
import pwd
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

if len(sys.argv) > 1:
    os.environ["RINGPOST"] = sys.argv[1]

import ringpost_live as live
from ringpost_live import Daemon, Dns, Sink, until

cases = live.Cases()
check, equal = cases.check, cases.equal
NOWHERE = "/nonexistent/ringpost.yaml"
MESSAGE = "From: a@sender.test\nTo: b@receiver.test\nSubject: x\n\nHello\n.dot\n"


def ringpost(*words, **options):
    return subprocess.run([live.PROGRAM, *words], capture_output=True, text=True, **options)


def words():
    """help, version, unknown commands, usage and its exit status"""
    got = ringpost()
    equal((got.returncode, got.stdout), (2, ""), "no command")
    check("ringpost queue list" in got.stderr, "the list of commands")
    got = ringpost("help")
    equal(got.returncode, 0, "help")
    names = re.findall(r"^  ringpost ((?:[a-z]+ )*[a-z]+)  ", got.stdout, re.M)
    check(len(names) > 20, f"commands: {names}")
    for name in names:
        for way in (["help", *name.split()], [*name.split(), "--help"]):
            got = ringpost(*way)
            equal(got.returncode, 0, f"help {name}")
            check(got.stdout.startswith(f"ringpost {name}"), f"help {name}")
            check(max(map(len, got.stdout.splitlines())) <= 80, f"help {name} is too wide")
        if name == "sendmail":  # takes what programs say to it
            continue
        got = ringpost(*name.split(), "--no-such-option")
        equal(got.returncode, 2, f"{name} with a bad option")
        check("no option --no-such-option" in got.stderr and "Usage: ringpost " + name
              in got.stderr, f"{name}: {got.stderr}")
    got = ringpost("help", "queue")
    check("queue list" in got.stdout and "user" not in got.stdout, "help of a group")
    for said, meant in (("stauts", "status"), ("queue lst", "queue list"),
                        ("user ad", "user add"), ("qeue drop", "queue drop")):
        got = ringpost(*said.split())
        equal(got.returncode, 2, said)
        check(f'did you mean "ringpost {meant}"' in got.stderr, f"{said}: {got.stderr}")
    got = ringpost("queue", "frobnicate")
    check(got.returncode == 2 and "ringpost queue hold" in got.stderr, "an unknown of a group")
    got = ringpost("version")
    check(got.returncode == 0 and "OpenSSL" in got.stdout and "io_uring" in got.stdout,
          "version")
    with open("/dev/full", "w") as full:
        got = subprocess.run([live.PROGRAM, "help"], stdout=full, stderr=subprocess.PIPE)
    equal(got.returncode, 1, "a full disk behind standard output")


def no_server():
    """commands say that the server is not running, and what is wrong with a file"""
    daemon = Daemon()
    try:
        for name in ("status", "queue list", "queue count", "user list", "sites", "reload",
                     "stop", "why 1m7ynm3ch015wm76"):
            got = daemon.run(*name.split())
            equal(got.returncode, 1, name)
            check("is not running" in got.stderr and "ringpost run" in got.stderr,
                  f"{name}: {got.stderr}")
        got = daemon.run("user", "add", "x", input="secret\n")
        check("is not running" in got.stderr, got.stderr)
        daemon.write_config("hostname: x.test\nlisteners: 5\nnonsense: 1\n")
        for name in ("status", "run", "check"):
            got = daemon.run(name)
            equal(got.returncode, 78, f"{name} with a bad file")
            check(f"{daemon.file}:2:12: " in got.stderr and f"{daemon.file}:3:1: "
                  in got.stderr, got.stderr)
        equal(ringpost("run", "-c", NOWHERE).returncode, 78, "no file")
        equal(ringpost("run", env={"RINGPOST_CONFIG": NOWHERE}).returncode, 78, "by variable")
    finally:
        daemon.__exit__(None)


def checks():
    """check finds everything at once, and says what a good file does"""
    with Dns(a={"mail.test.example": ["192.0.2.1"]}) as dns, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        daemon = Daemon(tls=True, dns={"servers": [dns.address]},
                        routes=[{"domain": "x.test", "discard": True}])
        try:
            got = daemon.run("check", status=0)
            for text in ("is good", str(daemon.tls_port), "STARTTLS", "x.test to nowhere"):
                check(text in got.stdout, f"{text}: {got.stdout}")
            equal(got.stdout.count("\n"), 1, "one line")
            equal(got.stderr, "", "no warning")
            os.chmod(daemon.key, 0o644)
            daemon.write_config(dict(daemon.config, hostname="other.test.example"))
            got = daemon.run("check", status=0)
            check("everyone on this machine may read " + daemon.key in got.stderr, got.stderr)
            check("no certificate is for our hostname, other.test.example" in got.stderr,
                  got.stderr)
            broken = json.loads(json.dumps(daemon.config))
            broken["log"]["file"] = "/nonexistent/log"
            broken["listeners"].append({"address": address, "role": "submission",
                                        "tls": "none", "require_auth": False})
            broken["user"] = "nobody-of-this-name"
            broken["tls"][0]["key"] = "/nonexistent/key.pem"
            broken["dkim"] = [{"domain": "a.test", "selector": "s", "key": "/nonexistent/1"},
                              {"domain": "b.test", "selector": "s", "key": "/nonexistent/2"}]
            broken["state_directory"] = daemon.file + "/below"
            broken["routes"] = [{"domain": "*", "host": "h.test", "user": "u", "tls": "verify",
                                 "password_file": "/nonexistent/password"}]
            broken["dns"] = {"servers": ["127.0.0.1:9"], "timeout": "1s"}
            daemon.write_config(broken)
            got = daemon.run("check", status=78)
            for text in ("already in use", "no user called nobody-of-this-name",
                         "/nonexistent/key.pem", "/nonexistent/1", "/nonexistent/2",
                         "/nonexistent/password", "is no directory",
                         "cannot write to /nonexistent/log"):
                line = next((l for l in got.stderr.splitlines() if text in l), "")
                check(re.match(re.escape(daemon.file) + r":\d+:\d+: ", line),
                      f"{text}: {got.stderr}")
            check("gives no answer" in got.stderr and "(warning)" in got.stderr, "DNS")
            # What the running daemon holds itself is free for it.
            daemon.write_config(dict(daemon.config, **{
                k: v for k, v in Daemon(directory=daemon.directory).config.items()
                if k in ("state_directory", "user")}))
        finally:
            daemon.__exit__(None)
    with Daemon() as daemon:
        got = daemon.run("check")
        equal(got.returncode, 0, f"beside the running daemon: {got.stderr}")


def users():
    """user add, list, change, password, remove; and a login with each"""
    with Daemon(tls=True, submission={"auth_delay": "0"}) as daemon:
        def login(name, password):
            with daemon.connect(daemon.starttls_port) as client:
                client.starttls()
                try:
                    return client.login(name, password)[0]
                except live.smtplib.SMTPAuthenticationError as error:
                    return error.smtp_code

        equal(daemon.run("user", "list", status=0).stdout.split()[0], "None.", "no accounts")
        daemon.run("user", "add", "app", "--sender", "@sender.test", "--sender=b@x.test",
                   "--messages-per-hour", "7", "--sessions=3", input="first-secret\n", status=0)
        equal(login("app", "first-secret"), 235, "login")
        got = daemon.run("user", "add", "app", input="other-secret\n", status=1)
        check("exist" in got.stderr or "already" in got.stderr, got.stderr)
        account, = daemon.run_json("user", "list")
        equal([account[k] for k in ("name", "senders", "messages_per_hour", "sessions",
                                    "cram_md5", "disabled")],
              ["app", ["@sender.test", "b@x.test"], 7, 3, False, False], "the account")
        daemon.run("user", "change", "app", "--sender", "*", "--recipients", "5", status=0)
        account, = daemon.run_json("user", "list")
        equal((account["senders"], account["recipients_per_message"], account["messages_per_hour"]),
              (["*"], 5, 7), "changed")
        equal(login("app", "first-secret"), 235, "the password is as it was")
        with open(os.path.join(daemon.directory, "password"), "w") as file:
            file.write("second-secret\nignored\n")
        daemon.run("user", "password", "app", "--password-file", file.name, "--cram-md5",
                   status=0)
        equal(login("app", "second-secret"), 235, "the new password")
        equal(daemon.run_json("user", "list")[0]["cram_md5"], True, "CRAM-MD5")
        daemon.run("user", "change", "app", "--disable", status=0)
        check("DISABLED" in daemon.run("user", "list").stdout, "disabled in the list")
        check(login("app", "second-secret") != 235, "a disabled account")
        daemon.run("user", "change", "app", "--enable", status=0)
        equal(login("app", "second-secret"), 235, "enabled again")
        daemon.run("user", "remove", "app", status=0)
        check(login("app", "second-secret") != 235, "a removed account")
        check("no account" in daemon.run("user", "remove", "app", status=1).stderr,
              "removed twice")
        daemon.run("user", "change", "app", "--enable", status=1)
        for words, what in ((["user", "add"], "no name"), (["user", "add", "a", "b"], "two"),
                            (["user", "change", "a", "--enable", "--disable"], "both")):
            daemon.run(*words, status=2)
        for password in ("", "\n", "x" * 2000):
            daemon.run("user", "add", "y", input=password, status=1)
        daemon.wait_event("user_removed")
        equal([e["event"] for e in daemon.events() if e["event"].startswith("user_")],
              ["user_added", "user_changed", "user_password_changed", "user_changed",
               "user_changed", "user_removed"], "events")
        said = open(daemon.log).read() + open(daemon.stderr).read()
        check("secret" not in said, "no password in the log")


def prompt():
    """a password is asked for twice on a terminal, and not shown"""
    with Daemon() as daemon:
        def add(name, *answers):
            child, terminal = pty.fork()
            if child == 0:
                os.execv(live.PROGRAM, [live.PROGRAM, "user", "add", name, "-c", daemon.file])
            shown = b""
            for count, answer in enumerate(answers, 1):
                while shown.count(b": ") < count:
                    shown += os.read(terminal, 1000)
                os.write(terminal, answer + b"\n")
            try:
                while chunk := os.read(terminal, 1000):
                    shown += chunk
            except OSError:
                pass
            os.close(terminal)
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown

        status, shown = add("one", b"secret-1", b"secret-1")
        equal(status, 0, shown)
        check(b"secret" not in shown, "nothing shown")
        status, shown = add("two", b"secret-1", b"secret-2")
        equal(status, 1, shown)
        check(b"two different" in shown, shown)
        equal([a["name"] for a in daemon.run_json("user", "list")], ["one"], "accounts")


def dkim():
    """dkim create writes what dkim check finds in DNS, and never overwrites"""
    with tempfile.TemporaryDirectory() as folder, Dns() as dns:
        keys = os.path.join(folder, "keys")
        got = ringpost("dkim", "create", "sender.test", "--type", "both", "--selector", "one",
                       "--directory", keys)
        equal(got.returncode, 0, got.stderr)
        equal(sorted(os.listdir(keys)), ["sender.test.one.pem", "sender.test.oneed.pem"],
              "files")
        equal({oct(os.stat(os.path.join(keys, f)).st_mode & 0o777) for f in os.listdir(keys)},
              {"0o400"}, "modes")
        before = open(os.path.join(keys, "sender.test.one.pem")).read()
        again = ringpost("dkim", "create", "sender.test", "--selector", "one", "--directory",
                         keys)
        equal(again.returncode, 1, "overwriting")
        check("is there already" in again.stderr, again.stderr)
        equal(open(os.path.join(keys, "sender.test.one.pem")).read(), before, "the key")
        records = re.findall(r"^ *(v=DKIM1.*)$", got.stdout, re.M)
        equal(len(records), 2, "records")
        yaml = re.findall(r"^  - \{ domain: (\S+), selector: (\S+), key: (\S+) \}$", got.stdout,
                          re.M)
        daemon = Daemon(dns={"servers": [dns.address]}, dkim=[
            {"domain": d, "selector": s, "key": k} for d, s, k in yaml])
        try:
            def check_keys(domain="sender.test"):
                return daemon.run("dkim", "check", domain)
            got = check_keys()
            equal(got.returncode, 1, "no records")
            equal(got.stdout.count("BAD"), 2, got.stdout)
            dns.set(txt={f"{s}._domainkey.sender.test": r
                         for (_, s, _), r in zip(yaml, records)})
            got = check_keys()
            equal((got.returncode, got.stdout.count("good")), (0, 2), got.stdout + got.stderr)
            dns.set(txt={"one._domainkey.sender.test": records[0][:-8] + "AAAAAAAA"})
            got = check_keys()
            equal((got.returncode, got.stdout.count("good"), got.stdout.count("BAD")),
                  (1, 1, 1), got.stdout)
            dns.set(txt={"one._domainkey.sender.test": [records[0], "v=spf1 -all"]})
            check("several records" in check_keys().stdout, "several records")
            got = check_keys("other.test")
            check(got.returncode == 1 and "ringpost dkim create other.test" in got.stderr,
                  got.stderr)
            dns.stop()
            got = daemon.run("dkim", "check", "sender.test", "--dns", "127.0.0.1:9")
            equal(got.returncode, 1, "no DNS server")
        finally:
            daemon.__exit__(None)
        for words in (["a.test", "--type", "dsa"], [], ["a.test", "--bits", "99999"]):
            equal(ringpost("dkim", "create", *words, "--directory", keys).returncode, 2, words)
        equal(ringpost("dkim", "create", "no_dots", "--directory", keys).returncode, 1,
              "a bad domain")
        got = ringpost("dkim", "create", "*", "--directory", keys, "--type", "ed25519")
        check(got.returncode == 0 and 'domain: "*"' in got.stdout, got.stdout + got.stderr)


def queue():
    """queue list, show, count, retry, hold, release, drop; why; sites; status"""
    def rule(step):
        if step.verb == "RCPT" and step.address.endswith("@later.test"):
            return "451 4.7.1 come back later"
        if step.verb == "RCPT" and step.address.startswith("gate") and not open_gate:
            return "450 4.2.0 not yet"
        return None

    open_gate = []
    with Sink(rule=rule) as sink, Daemon(
            relay={"retry": ["1h"], "expire": "2d"}, routes=[sink.route("*")]) as daemon:
        body = "Subject: large\n\n" + "0123456789abcdef\n" * 300000  # 5.4 MB
        ids = [daemon.submit("a@sender.test", ["gate@one.test", "b@later.test"], MESSAGE),
               daemon.submit("c@other.test", ["gate@two.test"], MESSAGE),
               daemon.submit("", ["gate@three.test"], body)]
        until(lambda: len(daemon.events("deferred")) == 4, what="four deferred")
        until(lambda: len(daemon.run_json("queue", "list", "--state", "deferred")) == 4)

        # list
        listed = daemon.run_json("queue", "list")
        equal(sorted(e["domain"] for e in listed),
              ["later.test", "one.test", "three.test", "two.test"], "list")
        one = next(e for e in listed if e["domain"] == "two.test")
        equal([one[k] for k in ("id", "message", "state", "sender", "recipients", "attempts")],
              [ids[1], ids[1], "deferred", "c@other.test", ["gate@two.test"], 1], "an entry")
        check("450 4.2.0 not yet" in one["last"]["answer"], one)
        check(2800 < one["due_ms"] / 1000 - time.time() < 4400, f"due in an hour or so: {one}")
        equal([e["domain"] for e in daemon.run_json("queue", "list", "--domain", "one.test")],
              ["one.test"], "by domain")
        equal(len(daemon.run_json("queue", "list", "--sender", "a@sender.test")), 2,
              "by sender")
        equal(len(daemon.run_json("queue", "list", "--sender", "@other.test")), 1,
              "by the sender's domain")
        equal(len(daemon.run_json("queue", "list", "--state", "held")), 0, "by state")
        equal(len(daemon.run_json("queue", "list", "--limit", "3")), 3, "limit")
        text = daemon.run("queue", "list").stdout
        check("<c@other.test> → <gate@two.test>: 450 4.2.0 not yet" in text, text)
        check("There is more" in daemon.run("queue", "list", "--limit", "2").stdout, "more")
        daemon.run("queue", "list", "--state", "lost", status=1)

        # count, status, sites
        counts, = daemon.run_json("queue", "count")
        equal(counts["states"]["deferred"], 4, "counted")
        equal(sorted(d["domain"] for d in counts["domains"]),
              ["later.test", "one.test", "three.test", "two.test"], "domains")
        check("4 deferred" in daemon.run("queue", "count").stdout, "counted in words")
        status = json.loads(daemon.run("status", "--json", status=0).stdout)
        equal((status["queue"]["deferred"], status["totals"]["received"],
               status["last_minute"]["received"]), (4, 3, 3), "status")
        equal(status["pid"], daemon.process.pid, "pid")
        text = daemon.run("status").stdout
        check("4 deferred" in text and "Redis       up" in text, text)
        check(max(map(len, text.splitlines())) <= 80, text)
        site, = daemon.run_json("sites")
        check(site["deferred"] >= 4, site)
        check("SITE" in daemon.run("sites").stdout, "sites in words")

        # show
        shown = daemon.run("queue", "show", ids[0], status=0).stdout
        for part in ("gate@one.test", "b@later.test", "|Subject: x", "450 4.2.0", "451 4.7.1"):
            check(part in shown, f"{part}: {shown}")
        equal(len(daemon.run_json("queue", "show", ids[0])), 2, "show --json")
        got = subprocess.run([live.PROGRAM, "queue", "show", ids[2], "--body", "-c",
                              daemon.file], capture_output=True)
        check(got.stdout.endswith(body.replace("\n", "\r\n").encode()[16:]), "the body")
        equal(got.stdout.count(b"\r\n"), got.stdout.count(b"\n"), "line ends")
        daemon.run("queue", "show", "1m7ynm3ch015wm76", status=1)

        # why
        text = daemon.run("why", ids[1], status=0).stdout
        for part in ("<c@other.test>", "<gate@two.test>", "1 attempt was made", "450 4.2.0",
                     "goes back to its sender", "The log says", "received"):
            check(part in text, f"{part}: {text}")
        check("is no ID" in daemon.run("why", "nonsense", status=2).stderr, "no ID")

        # hold, release, retry, drop
        check("1 entry: held" in daemon.run("queue", "hold", ids[1], status=0).stdout, "hold")
        equal([e["id"] for e in daemon.run_json("queue", "list", "--state", "held")], [ids[1]],
              "held")
        check("held" in daemon.run("why", ids[1]).stdout, "why held")
        open_gate.append(True)
        check("1 entry: tried" in daemon.run("queue", "retry", "--domain", "one.test",
                                             status=0).stdout, "retry")
        sink.wait(1)
        daemon.run("queue", "release", "--sender", "c@other.test", status=0)
        sink.wait(2)
        daemon.wait_event("delivered", id=ids[1])
        text = daemon.run("why", ids[1], status=0).stdout
        check("is not in the queue" in text and "delivered" in text, text)
        for words in (["--all"], ["--domain", "later.test"], []):
            daemon.run("queue", "drop", *words, status=2)
        daemon.run("queue", "drop", "--all", "--domain", "x.test", "--yes", status=2)
        equal(len(daemon.run_json("queue", "list")), 2, "nothing dropped by mistake")
        daemon.run("queue", "drop", ids[0], status=0)
        equal(len(daemon.run_json("queue", "list")), 1, "dropped by id")
        daemon.run("queue", "drop", ids[0], status=1)
        equal(daemon.run_json("queue", "drop", "--all", "--yes")[0], {"changed": 1},
              "dropped all")
        equal(daemon.run("queue", "list").stdout, "Nothing.\n", "empty")


def reloads():
    """reload: by command and by signal; a broken file changes nothing"""
    with Daemon(tls=True) as daemon:
        good = json.loads(json.dumps(daemon.config))
        with daemon.connect() as old:
            equal(old.noop()[0], 250, "before")
            more = json.loads(json.dumps(good))
            port = live.free_port()
            more["hostname"] = "new.test.example"
            more["listeners"].append({"address": f"127.0.0.1:{port}", "role": "submission",
                                      "tls": "none", "require_auth": False})
            daemon.write_config(more)
            more["workers"] = 2
            more["dns"] = {"servers": ["127.0.0.1:1"]}
            daemon.write_config(more)
            said = daemon.run("reload", status=0).stdout
            check("in force" in said and "workers, dns.servers" in said, said)
            equal(old.noop()[0], 250, "an old session goes on")
            with daemon.connect(port) as client:
                check(b"new.test.example" in client.ehlo()[1], "the new listener and name")
        broken = json.loads(json.dumps(more))
        broken["hostname"] = "broken.test.example"
        broken["tls"][0]["key"] = "/nonexistent/key"
        daemon.write_config(broken)
        got = daemon.run("reload", status=78)
        check("/nonexistent/key" in got.stderr and "goes on" in got.stderr, got.stderr)
        equal(daemon.reload(), False, "by signal")
        check("/nonexistent/key" in daemon.run("status", status=0).stdout, "the trouble")
        with daemon.connect() as client:
            check(b"new.test.example" in client.ehlo()[1], "nothing has changed")
        daemon.write_config("hostname: [")
        equal(daemon.reload(), False, "no YAML")
        # Rotation: the old file is let go.
        daemon.write_config(good)
        os.rename(daemon.log, daemon.log + ".1")
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_event("reloaded")
        before = os.path.getsize(daemon.log + ".1")
        with daemon.connect() as client:
            client.noop()
        daemon.submit("a@sender.test", ["b@nowhere.invalid"], MESSAGE)
        daemon.wait_event("received")
        equal(os.path.getsize(daemon.log + ".1"), before, "the old log")
        check(not daemon.run("status").stdout.count("Trouble"), "no trouble any more")
        with daemon.connect(daemon.starttls_port) as client:
            equal(client.starttls()[0], 220, "TLS still there")


def stops():
    """stop and SIGTERM end within the limit, whoever hangs on; mail stays"""
    with Sink(rule=lambda s: (60, "250 2.0.0 Ok") if s.verb == "END" else None) as sink:
        daemon = Daemon(shutdown_limit="4s", routes=[sink.route("*")])
        with daemon:
            daemon.submit("a@sender.test", ["b@receiver.test"], MESSAGE)
            until(lambda: sink.lines("MAIL"), what="a delivery under way")
            idle, busy = daemon.connect(), daemon.connect()
            busy.ehlo()
            busy.mail("a@sender.test")
            busy.rcpt("b@receiver.test")
            busy.putcmd("data")
            busy.getreply()
            busy.send(b"Subject: half\r\n")
            start = time.monotonic()
            equal(daemon.stop(), 0, "exit status")
            took = time.monotonic() - start
            check(took < 4 + 10 * live.PATIENCE, f"took {took:.1f} s")
            idle.close(), busy.close()
            sink.rule = None
            daemon.write_config(dict(daemon.config, shutdown_limit="90s"))
            daemon.start()
            # Whether the sink took it, nobody can know: it is tried again later.
            daemon.run("queue", "retry", "--all", status=0)
            sink.wait(1, timeout=30)
            # With nobody but idle sessions, at once.
            idle = daemon.connect()
            idle.ehlo()
            start = time.monotonic()
            equal(daemon.run("stop", status=0).stdout, "The server has ended.\n", "stop")
            took = time.monotonic() - start
            check(took < 30, f"took {took:.1f} s with an idle session")
            equal(daemon.wait(), 0, "exit status")
            equal(idle.getreply()[0], 421, "what the idle session heard")
            idle.close()
            daemon.run("stop", status=1)
            daemon.start()


def socket_rules():
    """the admin socket: its mode, its limits, what is no request"""
    with Daemon() as daemon:
        path = os.path.join(daemon.state, "admin.sock")
        equal(oct(os.stat(path).st_mode & 0o777), "0o600", "mode")

        def ask(data, size=1 << 20):
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(10)
                s.connect(path)
                s.sendall(data)
                with s.makefile("rb") as lines:
                    return json.loads(lines.readline(size))

        check("done" in ask(b'{"command":"queue count"}\n'), "a request")
        for bad in (b"nonsense\n", b"[]\n", b"{}\n", b'{"command":"frobnicate"}\n',
                    b'{"command":"queue drop"}\n', b'{"command":"queue show"}\n',
                    b'{"command":"user add","name":"x"}\n', b'{"command":5}\n',
                    b'"' + b"x" * 300000 + b'"\n'):
            check("error" in ask(bad), bad[:60])
        crowd = []
        for _ in range(40):
            s = socket.socket(socket.AF_UNIX)
            s.settimeout(10)
            s.connect(path)
            crowd.append(s)
        check(any(b"too many" in s.recv(200) for s in crowd[-4:]), "a crowd")
        for s in crowd:
            s.close()
        until(lambda: daemon.run("status").returncode == 0, what="room again")
        # Several requests on one connection, pipelined.
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(path)
            s.sendall(b'{"command":"status"}\n' * 20)
            with s.makefile("rb") as lines:
                equal(sum(json.loads(lines.readline())["done"] for _ in range(20)), 20,
                      "pipelined")
        daemon.run("status", "--socket", path, status=0)
        second = subprocess.run([live.PROGRAM, "run", "-c", daemon.file], capture_output=True,
                                text=True, timeout=20)
        equal(second.returncode, 78, f"a second daemon: {second.stderr}")
        equal(daemon.run("status").returncode, 0, "the first still answers")


def many_workers():
    """three workers answer as one"""
    with Sink(rule=lambda s: "450 4.2.0 no" if s.verb == "RCPT" else None) as sink, \
            Daemon(workers=3, relay={"retry": ["1h"]}, routes=[sink.route("*")]) as daemon:
        until(lambda: json.loads(daemon.run("status", "--json").stdout).get("queue", {}).get(
            "shards") == 64, what="every shard owned")
        ids = [daemon.submit("a@sender.test", [f"u@d{i}.test"], MESSAGE) for i in range(12)]
        until(lambda: len(daemon.run_json("queue", "list", "--state", "deferred")) == 12,
              what="twelve deferred")
        status = json.loads(daemon.run("status", "--json").stdout)
        equal(len(status["workers"]), 3, "workers")
        equal((status["queue"]["deferred"], status["totals"]["received"]), (12, 12), "sums")
        for i in ids:
            check("450 4.2.0 no" in daemon.run("why", i, status=0).stdout, i)
        equal(len(daemon.run_json("sites")), 1, "one site")
        equal(daemon.run_json("queue", "drop", "--all", "--yes")[0], {"changed": 12}, "drop")
        equal(daemon.reload(), True, "reload")


def nobody():
    """started as root, it becomes the user of the configuration, for good"""
    if os.geteuid() != 0:
        return
    daemon = Daemon(user="nobody")
    try:
        got = daemon.run("check", status=78)
        check(f"user nobody cannot get into {daemon.directory}" in got.stderr, got.stderr)
    finally:
        daemon.__exit__(None)
    folder = tempfile.TemporaryDirectory()
    os.chmod(folder.name, 0o711)
    with folder, Sink() as sink, Daemon(tls=True, user="nobody", directory=folder.name,
                                        routes=[sink.route("*")]) as daemon:
        os.chmod(daemon.file, 0o600)
        daemon.submit("a@sender.test", ["b@receiver.test"], MESSAGE)
        sink.wait(1)
        with open(f"/proc/{daemon.process.pid}/status") as file:
            status = dict(line.split(":", 1) for line in file)
        uid = pwd.getpwnam("nobody").pw_uid
        equal(status["Uid"].split(), [str(uid)] * 4, "user")
        equal(int(status["CapEff"], 16), 0, "capabilities")
        equal(int(status["NoNewPrivs"]), 1, "no new privileges")
        equal(os.stat(f"/proc/{daemon.redis_pid()}").st_uid, uid, "Redis's user")
        equal(os.stat(daemon.state).st_mode & 0o777, 0o700, "state directory")
        equal(daemon.run("status").returncode, 0, "root may ask")
        got = daemon.run("check", status=0)
        check(f"{daemon.key} can be read at the start" in got.stderr, got.stderr)
        got = daemon.run("reload", status=78)
        check("Permission denied" in got.stderr, got.stderr)
        got = subprocess.run(["setpriv", "--reuid=1", "--regid=1", "--clear-groups",
                              live.PROGRAM, "status", "--socket",
                              os.path.join(daemon.state, "admin.sock")],
                             capture_output=True, text=True)
        equal(got.returncode, 1, "somebody else")
        for file in (daemon.file, daemon.key, daemon.certificate):
            os.chmod(file, 0o644)
        equal(daemon.run("reload").returncode, 0, "with files it can read")
    daemon = Daemon(user="nobody")
    try:
        os.chmod(daemon.directory, 0o755)
        os.chmod(daemon.file, 0o644)
        got = subprocess.run(["setpriv", "--reuid=1", "--regid=1", "--clear-groups",
                              live.PROGRAM, "check", "-c", daemon.file],
                             capture_output=True, text=True)
        equal(got.returncode, 78, "not root")
        check("cannot make a directory" in got.stderr, got.stderr)
    finally:
        daemon.__exit__(None)


sys.exit(cases.run([nobody, words, no_server, checks, users, prompt, dkim, queue, reloads, stops,
                    socket_rules, many_workers]))
