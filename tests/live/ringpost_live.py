"""Ringpost for live tests: the real daemon, a sink, a DNS server, certificates.

    from ringpost_live import Daemon, Sink, Dns, make_certificate

    with Sink() as sink, Daemon(routes=[sink.route("*")]) as daemon:
        daemon.submit("a@sender.test", ["b@receiver.test"], "Subject: x\\n\\nHello\\n")
        message, = sink.wait(1)
        daemon.wait_event("delivered")
        print(daemon.run("queue", "list").stdout)

The program is $RINGPOST, or console/ringpost in $RINGPOST_BUILD or build. With
$KEEP set, folders stay and are named.
"""
import copy
import datetime
import json
import os
import re
import shutil
import signal
import smtplib
import subprocess
import sys
import tempfile
import time

from ports import free_port  # noqa: F401
from ringpost_dns import Dns  # noqa: F401
from ringpost_sink import CLOSE, Sink  # noqa: F401

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("RINGPOST") or os.path.join(
    ROOT, os.environ.get("RINGPOST_BUILD", "build"), "console", "ringpost")
# A test that is told to end ends its daemons, too.
try:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
except ValueError:  # not the main thread
    pass
# Sanitized programs are slower, and the machine may be busy with others.
PATIENCE = float(os.environ.get("RINGPOST_PATIENCE", "3"))

# How a sanitized program says that it did what it must not.
REPORT = re.compile(r"^.*(?:ERROR: (?:Address|Leak|Thread)Sanitizer|: runtime error: )", re.M)


def no_report(text):
    """AssertionError where a sanitizer complains in TEXT, what a program said."""
    found = REPORT.search(text)
    if found:
        raise AssertionError("\n".join(text[found.start():].splitlines()[:60]))


def until(condition, timeout=20, what="it", pause=0.02):
    """The first true value CONDITION() gives; TimeoutError when none comes."""
    end = time.monotonic() + timeout * PATIENCE
    while True:
        got = condition()
        if got:
            return got
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not come about in {timeout * PATIENCE:g} s")
        time.sleep(pause)


def make_certificate(directory, *names, stem="tls", days=30):
    """A self-signed pair for NAMES (also addresses): (certificate, key) files.
    It is its own authority: give the certificate as the CA file."""
    certificate = os.path.join(directory, stem + ".crt")
    key = os.path.join(directory, stem + ".key")
    names = names or ("mail.test.example",)
    alternatives = ",".join(
        ("IP:" if n.replace(".", "").isdigit() or ":" in n else "DNS:") + n for n in names)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", str(days), "-subj", "/CN=" + names[0], "-addext",
         "subjectAltName=" + alternatives, "-keyout", key, "-out", certificate],
        check=True, capture_output=True)
    os.chmod(key, 0o600)
    return certificate, key


def merge(base, more):
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            merge(base[key], value)
        else:
            base[key] = value
    return base


class Daemon:
    """A daemon with a folder of its own. CONFIG is laid over the defaults, section by
    section (text is taken as it is); SUBMISSION_TLS adds starttls and tls listeners."""

    def __init__(self, config=None, *, tls=False, names=("mail.test.example", "127.0.0.1"),
                 directory=None, environment=None, **sections):
        self.own_directory = directory is None
        self.directory = directory or tempfile.mkdtemp(prefix="ringpost-live-")
        self.state = os.path.join(self.directory, "state")
        self.file = os.path.join(self.directory, "ringpost.yaml")
        self.log = os.path.join(self.directory, "events.jsonl")
        self.stderr = os.path.join(self.directory, "stderr")
        self.environment = dict(os.environ, **(environment or {}))
        self.process = None
        self.statuses = []  # of every run that ended
        self.port = free_port()
        self.starttls_port = free_port() if tls else None
        self.tls_port = free_port() if tls else None
        self.certificate = self.key = None
        if tls:
            self.certificate, self.key = make_certificate(self.directory, *names)
        self.config = config if isinstance(config, str) else merge(
            merge(self._defaults(), copy.deepcopy(config or {})), copy.deepcopy(sections))
        if not isinstance(self.config, str):
            # Who refused one message of a test may be sent the next.
            self.config.setdefault("suppression", {"hard_bounces": "none"})
        self.write_config()

    def _defaults(self):
        listeners = [{"address": f"127.0.0.1:{self.port}", "role": "submission",
                      "tls": "none", "require_auth": False}]
        if self.tls_port:
            listeners += [
                {"address": f"127.0.0.1:{self.starttls_port}", "role": "submission",
                 "tls": "starttls"},
                {"address": f"127.0.0.1:{self.tls_port}", "role": "submission",
                 "tls": "implicit"}]
        config = {
            "hostname": "mail.test.example",
            "state_directory": self.state,
            "shutdown_limit": "10s",
            "log": {"file": self.log, "level": "debug"},
            "listeners": listeners,
            "queue": {"redis": "embedded", "free_space": "1 MiB", "segment_size": "8 MiB",
                      "redis_memory": "256 MiB"},
        }
        if os.geteuid() == 0:
            config["user"] = "root"
        if self.certificate:
            config["tls"] = [{"certificate": self.certificate, "key": self.key}]
        return config

    def write_config(self, config=None):
        """Writes self.config, or CONFIG in its place; the daemon learns of it at a reload."""
        if config is not None:
            self.config = config
        with open(self.file, "w") as file:
            # YAML has JSON as a subset.
            file.write(self.config if isinstance(self.config, str)
                       else json.dumps(self.config, indent=1) + "\n")

    # --- Its life ---

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        try:
            if self.process:
                status = self.stop()
                if not kind and status:
                    raise AssertionError(f"the daemon ended with {status}:\n{self.story()}")
            if kind and not issubclass(kind, KeyboardInterrupt):
                print(self.story(), file=sys.stderr)
        finally:
            try:
                self.kill()
            finally:
                self.kill_redis()
                if os.environ.get("KEEP"):
                    print("kept:", self.directory, file=sys.stderr)
                elif self.own_directory:
                    shutil.rmtree(self.directory, ignore_errors=True)

    def start(self, wait=True, timeout=30):
        assert not self.process
        before = len(self.events("ready"))
        with open(self.stderr, "ab") as stderr:
            self.process = subprocess.Popen(
                [PROGRAM, "run", "-c", self.file], stdin=subprocess.DEVNULL, stdout=stderr,
                stderr=stderr, env=self.environment)
        if wait:
            def is_ready():
                if self.process.poll() is not None:
                    raise AssertionError(
                        f"the daemon ended with {self.process.returncode}:\n{self.story()}")
                return len(self.events("ready")) > before
            try:
                until(is_ready, timeout, "a ready daemon")
            except TimeoutError:
                print(self.story(), file=sys.stderr)
                raise
        return self

    def _ended(self, timeout):
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            print(self.story(), file=sys.stderr)
            self.process.kill()
            self.process.wait()
            status = "no end in time"
        self.process = None
        self.statuses.append(status)
        if os.path.exists(self.stderr):  # a test may have another place for it
            with open(self.stderr, encoding="utf-8", errors="replace") as file:
                no_report(file.read())
        return status

    def stop(self, timeout=40):
        """SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self._ended(timeout * PATIENCE)

    def wait(self, timeout=40):
        """Until it has ended by itself; the exit status."""
        return self._ended(timeout * PATIENCE)

    def kill(self):
        """kill -9; its Redis lives on, as after a crash."""
        if self.process:
            self.process.kill()
            self._ended(20)

    def reload(self):
        """SIGHUP, and waits for what came of it: True when the new one is in force."""
        time.sleep(0.002)  # events of before are of another millisecond
        since = datetime.datetime.utcnow().isoformat(timespec="milliseconds")

        def outcomes():
            return [e["event"] for e in self.events()
                    if e["event"] in ("reloaded", "reload_refused") and e["at"] >= since]
        self.process.send_signal(signal.SIGHUP)
        return until(outcomes, 20, "a reload")[0] == "reloaded"

    def redis_pid(self):
        try:
            with open(os.path.join(self.state, "redis", "redis.pid")) as file:
                pid = int(file.read())
            with open(f"/proc/{pid}/cmdline") as file:
                return pid if self.state in file.read() or "redis" in open(
                    f"/proc/{pid}/comm").read() else None
        except (OSError, ValueError):
            return None

    def kill_redis(self, number=signal.SIGKILL):
        pid = self.redis_pid()
        if pid:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
        return pid

    # --- What it says ---

    def events(self, name=None, **fields):
        """All events so far, or those of NAME whose FIELDS are as given."""
        found = []
        try:
            with open(self.log, encoding="utf-8") as file:
                for line in file:
                    if not line.endswith("\n"):
                        break
                    event = json.loads(line)
                    if (name is None or event.get("event") == name) and all(
                            event.get(k) == v for k, v in fields.items()):
                        found.append(event)
        except FileNotFoundError:
            pass
        return found

    def wait_event(self, name, timeout=20, count=1, **fields):
        """The COUNTth such event since the log began."""
        def there():
            found = self.events(name, **fields)
            return found[count - 1] if len(found) >= count else None
        return until(there, timeout, f"event {name} {fields or ''}")

    def story(self):
        """The end of what it wrote, for a person."""
        text = ""
        for path in (self.stderr, self.log):
            try:
                with open(path, encoding="utf-8", errors="replace") as file:
                    text += f"--- {path}\n" + "".join(file.readlines()[-40:])
            except FileNotFoundError:
                pass
        return text

    # --- What one does with it ---

    def run(self, *words, input=None, timeout=60, status=None):
        """`ringpost WORD … -c FILE`; STATUS: the exit status that must come of it."""
        got = subprocess.run(
            [PROGRAM, *map(str, words), "-c", self.file], input=input, text=True,
            capture_output=True, timeout=timeout * PATIENCE, env=self.environment)
        no_report(got.stderr)
        if status is not None and got.returncode != status:
            raise AssertionError(f"ringpost {' '.join(map(str, words))} gave "
                                 f"{got.returncode}, not {status}:\n{got.stdout}{got.stderr}")
        return got

    def run_json(self, *words, **options):
        """The same with --json: a list, one value for each line."""
        got = self.run(*words, "--json", status=0, **options)
        return [json.loads(line) for line in got.stdout.splitlines()]

    def connect(self, port=None, timeout=30):
        """smtplib to the plain listener, or to PORT."""
        return smtplib.SMTP("127.0.0.1", port or self.port, "client.test",
                            timeout=timeout * PATIENCE)

    def submit(self, sender, recipients, text, **options):
        """Over the plain listener; the id it was queued as."""
        if isinstance(text, str):
            text = text.replace("\r\n", "\n").replace("\n", "\r\n").encode()
        with self.connect() as client:
            client.ehlo_or_helo_if_needed()
            for reply in [client.mail(sender, options.get("mail_options", ())),
                          *(client.rcpt(r, options.get("rcpt_options", ()))
                            for r in recipients)]:
                if reply[0] // 100 != 2:
                    raise smtplib.SMTPResponseException(*reply)
            code, said = client.data(text)
            if code != 250:
                raise smtplib.SMTPResponseException(code, said)
        return said.decode().rsplit(" ", 1)[-1]


class Cases:
    """Counted cases: `run(cases)` prints a line each and gives the exit status."""

    def __init__(self):
        self.failures = 0

    def check(self, held, what):
        if not held:
            self.failures += 1
            print(f"  does not hold: {what}", file=sys.stderr, flush=True)
        return bool(held)

    def equal(self, got, want, what):
        return self.check(got == want, f"{what}: got {got!r}, want {want!r}")

    def run(self, cases):
        """Runs functions, told apart by their docstrings; CASES in the environment
        chooses by a part of their names."""
        chosen = os.environ.get("CASES")
        passed = failed = 0
        for case in cases:
            if chosen and chosen not in case.__name__:
                continue
            before, start = self.failures, time.monotonic()
            try:
                case()
            except Exception as error:  # the rest is worth running
                import traceback
                traceback.print_exc()
                self.check(False, f"{case.__name__}: {error!r}")
            good = self.failures == before
            passed, failed = passed + good, failed + (not good)
            print(f"{'ok' if good else 'not ok'} {passed + failed} - "
                  f"{case.__doc__.splitlines()[0]} ({time.monotonic() - start:.1f} s)",
                  flush=True)
        print(f"{passed} passed, {failed} failed")
        return 1 if failed else 0
