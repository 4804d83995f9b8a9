"""The daemon through bad days: no room for its log, a Redis that hangs, is missing
or comes late, signals at the wrong moment.

daemon_life.py PROGRAM
"""
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

if len(sys.argv) > 1:
    os.environ["RINGPOST"] = sys.argv[1]

import ringpost_live as live
from ringpost_live import Daemon, Sink, until

cases = live.Cases()
check, equal = cases.check, cases.equal
MESSAGE = "From: a@sender.test\nTo: b@receiver.test\nSubject: x\n\nHello\n"


def status_of(daemon):
    got = daemon.run("status", "--json")
    return json.loads(got.stdout) if got.returncode == 0 else {}


def full_log():
    """a log that cannot be written stops no mail, and is counted"""
    with Sink() as sink:
        daemon = Daemon(log={"file": "/dev/full"}, routes=[sink.route("*")])
        try:
            daemon.start(wait=False)
            until(lambda: status_of(daemon).get("accepting"), what="a daemon that accepts")
            for i in range(20):
                daemon.submit("a@sender.test", [f"b{i}@receiver.test"], MESSAGE)
            sink.wait(20)
            equal(daemon.stop(), 0, "exit status")
        finally:
            daemon.__exit__(None)


def closed_stderr():
    """a log to a pipe that nobody reads any more stops no mail"""
    with Sink() as sink:
        daemon = Daemon(log={"file": "-"}, routes=[sink.route("*")])
        try:
            reading, writing = os.pipe()
            daemon.process = subprocess.Popen(
                [live.PROGRAM, "run", "-c", daemon.file], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=writing)
            os.close(writing)
            os.close(reading)
            until(lambda: status_of(daemon).get("accepting"), what="a daemon that accepts")
            daemon.submit("a@sender.test", ["b@receiver.test"], MESSAGE)
            sink.wait(1)
            daemon.run("reload", status=0)
            equal(daemon.stop(), 0, "exit status")
        finally:
            daemon.__exit__(None)


def early_stop():
    """SIGTERM at any moment of the start ends it in good order"""
    daemon = Daemon()
    try:
        for ms in (0, 5, 20, 40, 60, 80, 100, 150, 250):
            daemon.start(wait=False)
            time.sleep(ms / 1000)
            got = daemon.stop(15)
            # Ahead of its own handling, the signal ends the process as any.
            check(got in (0, -signal.SIGTERM), f"after {ms} ms: {got}")
        until(lambda: not daemon.redis_pid(), what="no Redis left behind")
        daemon.start()
        equal(daemon.stop(), 0, "exit status")
    finally:
        daemon.__exit__(None)


def stop_without_redis():
    """SIGTERM just when Redis has ended, and is to be started again"""
    daemon = Daemon()
    try:
        for ms in (0, 2, 5, 10, 100, 300):
            daemon.start()
            daemon.kill_redis()
            time.sleep(ms / 1000)
            equal(daemon.stop(15), 0, f"after {ms} ms")
            until(lambda: not daemon.redis_pid(), what="no Redis left behind")
    finally:
        daemon.__exit__(None)


def hanging_redis():
    """a Redis that hangs: sessions hear 4xx, status answers, the end comes in time"""
    daemon = Daemon(shutdown_limit="4s")
    try:
        daemon.start()
        pid = daemon.redis_pid()
        os.kill(pid, signal.SIGSTOP)
        start = time.monotonic()
        got = daemon.run("status", "--json")
        check(time.monotonic() - start < 25, "status in time")
        equal(got.returncode, 0, got.stderr)
        start = time.monotonic()
        check(daemon.stop(30) in (0, 1), "ends")
        took = time.monotonic() - start
        check(took < 4 + 15 * live.PATIENCE, f"took {took:.1f} s")
        check(not os.path.exists(f"/proc/{pid}") or daemon.redis_pid() != pid,
              "Redis is gone, too")
    finally:
        daemon.__exit__(None)


def no_redis():
    """no redis-server: one sentence, at once"""
    with tempfile.TemporaryDirectory() as empty:
        daemon = Daemon(environment={"PATH": empty})
        try:
            daemon.start(wait=False)
            check(daemon.wait(20) != 0, "exit status")
            check("redis-server" in open(daemon.stderr).read(), daemon.story())
            got = daemon.run("check", status=78)
            check("redis-server" in got.stderr, got.stderr)
        finally:
            daemon.__exit__(None)


def late_redis():
    """an external Redis that comes late: 4xx and a status that says why, then mail"""
    port = live.free_port()
    with tempfile.TemporaryDirectory() as folder, Sink() as sink:
        daemon = Daemon(queue={"redis": f"redis://127.0.0.1:{port}/0",
                               "require_durable": False, "bodies": "redis"},
                        routes=[sink.route("*")])
        redis = None
        try:
            daemon.start(wait=False)
            until(lambda: status_of(daemon), what="a daemon that answers")
            text = daemon.run("status").stdout
            check("NO:" in text and "DOWN" in text, text)
            try:
                daemon.submit("a@sender.test", ["b@receiver.test"], MESSAGE)
                check(False, "mail without a Redis")
            except live.smtplib.SMTPException as error:
                check(getattr(error, "smtp_code", 0) // 100 == 4, repr(error))
            check("does not answer" in daemon.run("check").stderr, "check")
            redis = subprocess.Popen(
                ["redis-server", "--port", str(port), "--dir", folder, "--save", "",
                 "--appendonly", "yes", "--appendfsync", "always"],
                stdout=subprocess.DEVNULL)
            until(lambda: status_of(daemon).get("accepting"), what="acceptance")
            daemon.submit("a@sender.test", ["b@receiver.test"], MESSAGE)
            sink.wait(1)
            daemon.run("user", "add", "x", input="secret\n", status=0)
            equal(daemon.stop(), 0, "exit status")
            check(redis.poll() is None, "a Redis that is not ours lives on")
        finally:
            if redis:
                redis.terminate()
                redis.wait()
            daemon.__exit__(None)


def taken_ports():
    """a port taken at the start and at a reload is named with its place"""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        listener = {"address": address, "role": "submission", "tls": "none",
                    "require_auth": False}
        daemon = Daemon(listeners=[listener])
        try:
            daemon.start(wait=False)
            equal(daemon.wait(20), 78, "exit status")
            check(f"{daemon.file}:" in open(daemon.stderr).read()
                  and "already in use" in open(daemon.stderr).read(), daemon.story())
        finally:
            daemon.__exit__(None)
        with Daemon() as daemon:
            daemon.config["listeners"].append(listener)
            daemon.write_config()
            got = daemon.run("reload", status=78)
            check("already in use" in got.stderr, got.stderr)
            daemon.submit("a@sender.test", ["b@nowhere.invalid"], MESSAGE)


def many_reloads():
    """reloads under load: no session is dropped, no message refused"""
    with Sink() as sink, Daemon(workers=2, routes=[sink.route("*")]) as daemon:
        client = daemon.connect()
        sent = 0
        for i in range(15):
            daemon.process.send_signal(signal.SIGHUP)
            for _ in range(10):
                client.sendmail("a@sender.test", [f"b{sent}@receiver.test"], MESSAGE)
                sent += 1
            with daemon.connect() as other:
                equal(other.noop()[0], 250, "a new session")
        client.quit()
        sink.wait(sent)
        equal(len({m.addresses[0] for m in sink.messages}), sent, "every message, once")
        equal(len(sink.messages), sent, "no duplicates")
        check(status_of(daemon)["reloads"] >= 1, "reloaded")


sys.exit(cases.run([full_log, closed_stderr, early_stop, stop_without_redis, hanging_redis,
                    no_redis, late_redis, taken_ports, many_reloads]))
