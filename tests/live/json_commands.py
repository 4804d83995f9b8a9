#!/usr/bin/env python3
"""--json everywhere: every command of the table has it, or is named here with why not; each
that has it is carried out on a real daemon, and what it prints is JSON, and nothing else. The
daemon's Redis gives it the rights that docs/OPERATIONS.md names: none is missing.

json_commands.py --record FILE writes what each prints for people instead (docs/COMMANDS.md).
"""
import json
import os
import re
import subprocess
import sys
import tempfile

from ringpost_live import PROGRAM, ROOT, Cases, Daemon, Dns, Sink, free_port, until
from ringpost_redis import Redis

cases = Cases()
TEXT = "From: a@sender.test\nTo: b@later.test\nSubject: x\n\nHello\n"

# Commands without --json, and why.
WITHOUT = {
    "run": "the daemon itself",
    "shaping": "a configuration file, to be changed and used",
    "sendmail": "programs that call it know its options",
    "complete": "for shells",
}


def commands():
    """All there are, but what only programs use."""
    text = subprocess.run([PROGRAM, "help"], capture_output=True, text=True, check=True).stdout
    return re.findall(r"^  ringpost ((?:[a-z]+ )*[a-z]+)  ", text, re.M)


def usage(name):
    """What is said of it up to the first empty line."""
    text = subprocess.run([PROGRAM, "help", *name.split()], capture_output=True, text=True,
                          check=True).stdout
    return text.split("\n\n")[0]


def everywhere():
    """Each command has --json, or a reason"""
    names = commands()
    cases.check(len(names) > 60, f"commands: {names}")
    for name in names:
        cases.check("--json" in usage(name) or name in WITHOUT, f"{name} has no --json")


def read(name, got, statuses):
    """JSON values on standard output, one after the other."""
    cases.check(got.returncode in statuses, f"{name}: {got.returncode}, {got.stderr}")
    values, text = [], got.stdout.strip()
    try:
        while text:
            value, end = json.JSONDecoder().raw_decode(text)
            values.append(value)
            text = text[end:].strip()
    except ValueError as error:
        cases.check(False, f"{name}: {error}: {got.stdout[:300]}")
    return values


class World:
    """A daemon with something of everything, and how each command is used there."""

    def __init__(self, daemon, dns, sink, redis):
        self.daemon, self.redis = daemon, redis
        daemon.run("user", "add", "jo@people.test", input="secret secret\n", status=0)
        daemon.run("mailbox", "create", "jo@people.test", "Work", status=0)
        self.id = daemon.submit("a@sender.test", ["b@later.test"], TEXT)
        daemon.submit("a@sender.test", ["b@good.test"], TEXT)
        daemon.submit("a@sender.test", ["jo@people.test"], TEXT)
        until(lambda: sink.messages, what="a delivery")
        daemon.wait_event("deferred")
        made, = daemon.run_json("domain", "add", "signed.test")
        dns.set(txt={k["record"]["name"]: k["record"]["value"] for k in made["keys"]})
        until(lambda: json.loads(daemon.run("domain", "show", "signed.test", "--json").stdout)[
            "signs"], what="a domain that is signed")
        here = daemon.directory
        self.file = os.path.join(here, "message.eml")
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(TEXT)
        self.addresses = os.path.join(here, "addresses.csv")
        with open(self.addresses, "w", encoding="utf-8") as file:
            file.write("x@gone.test\n")
        self.maildir = os.path.join(here, "maildir")
        for part in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(self.maildir, part))
        self.dns = dns.address

    def words(self):
        """name: (words, statuses besides 0, lines it must print at least)"""
        here, hook = self.daemon.directory, "http://127.0.0.1:1/"
        return {
            "check": (["good.test"], {1}, 1), "why": ([self.id], (), 1),
            "eta": ([], (), 1), "message show": ([self.id], (), 1),
            "message events": ([self.id], (), 1),
            "queue show": ([self.id], (), 1), "queue list": ([], (), 1),
            "queue retry": ([self.id], {1}, 1),
            "message reschedule": ([self.id, "--for", "2h"], {1}, 1),
            "queue hold": ([self.id], {1}, 1),
            "queue release": ([self.id], {1}, 1),
            "queue rebind": (["--route", "good.test", self.id], {1}, 1),
            "queue drop": (["--all", "--dry-run"], (), 1),
            "message cancel": ([self.id], {1}, 1),
            "suspend": (["--domain", "y.test"], (), 1), "suspensions": ([], (), 1),
            "resume": (["--domain", "y.test"], (), 1),
            "site": (["good.test"], (), 1), "sites": ([], (), 1),
            "tls": (["good.test"], {1}, 1), "sts": (["good.test"], (), 1),
            "spf": (["192.0.2.1", "a@sender.test"], {1, 3}, 1),
            "returns": ([self.file], {1}, 1), "classify": (["550 5.1.1 no such user"], (), 1),
            "verify": ([self.file], {1}, 1),
            "suppression check": (["x@gone.test"], {1}, 1),
            "suppression add": (["x@gone.test"], (), 1),
            "suppression remove": (["x@gone.test"], (), 1),
            "suppression import": ([self.addresses], (), 1),
            "suppression export": ([], (), 1), "suppression list": ([], (), 1),
            "user list": ([], (), 1), "app add": (["jo@people.test", "phone"], (), 1),
            "app list": (["jo@people.test"], (), 1),
            "app remove": (["jo@people.test", "phone"], (), 1),
            "user show": (["jo@people.test"], (), 1), "user add": (["al"], (), 1),
            "user change": (["al", "--disable"], (), 1), "user password": (["al"], (), 1),
            "user remove": (["al"], (), 1),
            "totp on": (["jo@people.test"], {1}, 1),
            "totp check": (["jo@people.test", "000000"], {1}, 0),
            "totp off": (["jo@people.test"], {1}, 0),
            "key add": (["shop", "--sender", "*"], (), 1), "key list": ([], (), 1),
            "key show": (["shop"], (), 1), "key change": (["shop", "--days", "7"], (), 1),
            "key remove": (["shop"], (), 1),
            "template add": (["hi", "--subject", "Hi"], (), 1),
            "domain add": (["added.test"], (), 1), "domain list": ([], (), 1),
            "domain show": (["added.test"], {1}, 1), "domain rotate": (["signed.test"], (), 1),
            "domain remove": (["added.test"], (), 1),
            "template list": ([], (), 1), "template show": (["hi"], (), 1),
            "template change": (["hi", "--subject", "Ho"], (), 1),
            "template render": (["hi"], (), 1), "template remove": (["hi"], (), 1),
            "changes": ([], (), 1),
            "webhook add": (["hook", hook, "--private-addresses"], (), 1),
            "webhook list": ([], (), 1), "webhook test": (["hook"], {1}, 0),
            "webhook show": (["hook"], (), 1),
            "webhook change": (["hook", "--event", "bounced"], (), 1),
            "webhook dead": (["hook"], (), 0), "webhook redeliver": (["hook"], {1}, 0),
            "events": ([], (), 1),
            "dkim create": (["sender.test", "--directory", here + "/dkim"], (), 1),
            "dkim check": (["sender.test", "--dns", self.dns], {1}, 0),
            "audit": (["sender.test", "--dns", self.dns], {1}, 1),
            "mailbox list": ([], (), 1), "mailbox show": (["jo@people.test"], (), 1),
            "mailbox create": (["jo@people.test", "Other"], (), 1),
            "mailbox rename": (["jo@people.test", "Other", "Third"], (), 1),
            "mailbox rights": (["jo@people.test", "Third"], (), 0),
            "mailbox adopt": (["jo@people.test", self.maildir], (), 1),
            "mailbox export": (["jo@people.test", here + "/export"], (), 1),
            "mailbox backup": ([here + "/backup"], (), 1),
            "mailbox check": ([], (), 1), "mailbox repair": (["jo@people.test"], (), 1),
            "mailbox expire": (["jo@people.test", "INBOX", "--keep", "1"], (), 0),
            "mailbox delete": (["jo@people.test", "Third", "--yes"], (), 1),
            "webhook remove": (["hook"], (), 1), "trace": (["good.test", "--for", "1s"], (), 0),
            "top": (["--once"], (), 1), "reload": ([], (), 1), "tlsrpt": ([], {1}, 0),
        }


def carried_out(world):
    """What they print is JSON"""
    table = world.words()
    has = [name for name in commands() if "--json" in usage(name)]
    for name in [name for name in table if name in has] + [
            name for name in has if name not in table and name != "stop"]:
        # One that is not in the table is tried without words, which may be too few.
        words, statuses, least = table.get(name, ([], {1, 2}, 0))
        got = world.daemon.run(*name.split(), *words, "--json",
                               input="secret secret\n" if name.startswith("user") else "000000\n")
        lines = read(name, got, {0, *statuses})
        cases.check(len(lines) >= least or got.returncode, f"{name} printed nothing: {got}")


SHOWN_LINES = 16  # of what a command prints

RECORD_TOP = """# What each command prints

A server with an account, a mailbox, a delivered message and one that waits, asked with every
command there is; long answers are cut, and so are long lines. `ringpost help COMMAND` says what a
command does and how. Recorded by `tests/live/json_commands.py --record docs/COMMANDS.md`.
"""


def shown(text):
    lines = [line if len(line) <= 110 else line[:109] + "…" for line in text.rstrip("\n").split("\n")]
    return lines if len(lines) <= SHOWN_LINES else lines[:SHOWN_LINES - 1] + ["…"]


def record(world, path):
    """What people see, in the order of `ringpost help`."""
    here, said = world.daemon.directory, {}
    for name, (words, _, _) in {**world.words(), "version": ([], (), 1), "api": ([], (), 1),
                                "status": ([], (), 1), "queue count": ([], (), 1),
                                "bounces": ([], (), 1), "config diff": ([], (), 1),
                                "sources": ([], (), 1), "shaping": ([], (), 1)}.items():
        got = world.daemon.run(*name.split(), *words,
                               input="secret secret\n" if name.startswith("user") else "000000\n")
        line = " ".join(word if re.fullmatch(r"[\w@./:,-]+", word) else f"'{word}'"
                        for word in ["ringpost", *name.split(), *words])
        text = f"$ {line}\n" + "\n".join(shown(got.stdout + got.stderr))
        text += f"\n(exit status {got.returncode})" if got.returncode else ""
        said[name] = text.replace(here, "/srv/ringpost").replace(
            f"127.0.0.1:{world.daemon.port}", "127.0.0.1:587").replace(
            world.redis.socket, "/run/redis/redis.sock")
    table = json.loads(subprocess.run([PROGRAM, "help", "--json"], capture_output=True, text=True,
                                      check=True).stdout)
    with open(path, "w", encoding="utf-8") as file:
        file.write(RECORD_TOP)
        about = None
        for command in [command for command in table if command["name"] in said]:
            if command["about"] != about:
                about = command["about"]
                file.write(f"\n## {about}\n")
            file.write(f"\n```\n{said[command['name']].rstrip()}\n```\n")


def configurations(world):
    """check --json of a good configuration, and of one that is not"""
    got, = read("check", world.daemon.run("check", "--json"), {0})
    cases.check(got["good"] and not got["errors"] and "is good" in got["summary"], got)
    file = os.path.join(world.daemon.directory, "bad.yaml")
    with open(file, "w", encoding="utf-8") as bad:
        bad.write("hostname: x.test\nlisteners: 5\nnonsense: 1\n")
    done = subprocess.run([PROGRAM, "check", "--json", "-c", file], capture_output=True, text=True)
    got, = read("check", done, {78})
    cases.check(not got["good"] and len(got["errors"]) == 2, got)
    cases.check(got["errors"][0].startswith(file + ":2:12: "), got)


def users(file):
    """The access list of docs/OPERATIONS.md, for a Redis."""
    with open(os.path.join(ROOT, "docs", "OPERATIONS.md"), encoding="utf-8") as manual:
        lines = re.findall(r"^user \S+ (?:on|off) .*$", manual.read(), re.M)
    cases.equal([line.split()[1] for line in lines], ["default", "admin", "ringpost"], "users")
    file.write("\n".join(lines) + "\n")
    file.flush()
    return file.name


def rights(world):
    """Redis refused nothing that was asked of it"""
    got = subprocess.run(
        ["redis-cli", "-s", world.redis.socket, "--user", "admin", "--pass", "ANOTHER-PASSWORD",
         "--no-auth-warning", "--json", "ACL", "LOG"], capture_output=True, text=True, check=True)
    for entry in json.loads(got.stdout):
        cases.check(False, f"{entry['reason']} {entry['object']} in {entry['client-info']}")


def main():
    with tempfile.NamedTemporaryFile("w", suffix=".acl", encoding="utf-8") as acl, \
            tempfile.NamedTemporaryFile("w", encoding="utf-8") as password, \
            Redis("--aclfile", users(acl)) as redis:
        password.write("PASSWORD")
        password.flush()
        return with_redis(redis, password.name)


def with_redis(redis, password):
    with Sink(rule=lambda step: "451 4.2.1 come again" if step.verb == "RCPT" and
              step.address.endswith("@later.test") else None) as sink, \
            Dns(mx={"good.test": [(10, "mx.good.test")]}, a={"mx.good.test": ["192.0.2.1"]}) as dns:
        port = free_port()
        daemon = Daemon(
            queue={"redis": "unix:" + redis.socket, "user": "ringpost", "password_file": password},
            dns={"servers": [dns.address]}, bounces={"domain": "bounces.test"}, events={"stream": True},
            routes=[{"domain": "people.test", "mailbox": True}, sink.route("good.test"),
                    sink.route("*")])
        daemon.config["listeners"].append({"address": f"127.0.0.1:{port}", "role": "pop3",
                                           "tls": "none", "auth_without_tls": True})
        daemon.write_config()
        with daemon:
            world = World(daemon, dns, sink, redis)
            if sys.argv[1:2] == ["--record"]:
                record(world, sys.argv[2])
                return 0

            def live(function):
                def case():
                    function(world)
                case.__doc__, case.__name__ = function.__doc__, function.__name__
                return case
            status = cases.run([everywhere, live(carried_out), live(configurations),
                                live(rights)])
            ended = daemon.run("stop", "--json", status=0)
            assert json.loads(ended.stdout)["pid"] == daemon.process.pid, ended
            assert daemon.wait() == 0
    return status


if __name__ == "__main__":
    sys.exit(main())
