#!/usr/bin/env python3
"""io/redis against a fake that misbehaves and against a real redis-server.

io_redis.py PROBE
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from ports import free_port
from probe import Probe, check, equal, run

PROGRAM = sys.argv[1]


class Client(Probe):
    def __init__(self, address, *options, timeout_ms=2000):
        super().__init__(PROGRAM, address, timeout_ms, *options)
        self.next = 0

    def start(self, *words, deadline_ms=20000):
        self.next += 1
        self.say("call", self.next, deadline_ms, *words)
        return self.next

    def call(self, *words, deadline_ms=20000):
        return self.hear_for(self.start(*words, deadline_ms=deadline_ms))

    def send(self, *words):
        self.next += 1
        self.say("send", self.next, *words)
        return self.next

    def _hear_with(self, field):
        while True:
            one = self.hear()
            if field in one:
                return one
            self.seen.append(one)

    def state(self):
        self.say("state")
        return self._hear_with("up")

    def wait_up(self, ms=60000):
        self.say("wait", ms)
        return self._hear_with("waited")["waited"]

    def wait_down(self):
        for _ in range(1200):
            if not self.state()["up"]:
                return True
            time.sleep(0.05)
        return False

    def events(self):
        """After the end: the names of the events written, in order."""
        return [json.loads(line)["event"] for line in self.stderr.splitlines()
                if line.startswith("{") and "redis_" in line]


class Fake:
    """A server that answers PING, and the rest with ANSWER(args) -> bytes, None."""

    def __init__(self, answer, path=None):
        self.folder = tempfile.mkdtemp(prefix="ringpost-")
        self.path = path or os.path.join(self.folder, "redis")
        self.address = "unix:" + self.path
        self.answer, self.got, self.connections, self.live = answer, [], 0, []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(16)
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.drop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def drop(self):
        for peer in self.live:
            try:
                peer.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            self.live.append(peer)
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer):
        try:
            with peer, peer.makefile("rb") as lines:
                while True:
                    count = int(lines.readline()[1:])
                    args = []
                    for _ in range(count):
                        size = int(lines.readline()[1:])
                        args.append(lines.read(size + 2)[:-2].decode())
                    self.got.append(args)
                    reply = b"+PONG\r\n" if args == ["PING"] else self.answer(args)
                    for piece in reply if isinstance(reply, list) else [reply]:
                        if isinstance(piece, float):
                            time.sleep(piece)
                        elif piece == "close":
                            return
                        elif piece:
                            peer.sendall(piece)
        except (OSError, ValueError):
            pass


class Redis:
    """A real one on a unix socket (and TCP) in a folder of its own."""

    def __init__(self, *options, folder=None):
        self.own = folder is None
        self.folder = folder or tempfile.mkdtemp(prefix="ringpost-")
        self.path = os.path.join(self.folder, "redis")
        self.address = "unix:" + self.path
        self.options = options
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.path, "--dir", self.folder,
             "--save", "", "--logfile", os.path.join(self.folder, "log"), *self.options])
        for _ in range(200):
            with socket.socket(socket.AF_UNIX) as s:
                if s.connect_ex(self.path) == 0:
                    return
            time.sleep(0.02)
        raise RuntimeError("redis-server does not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        if self.own:
            shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def freeze(self, frozen):
        self.process.send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)


def real_calls():
    """a real server: every kind of reply, errors as replies, a lot at once"""
    with Redis() as server, Client(server.address) as c:
        equal(c.wait_up(), True, "up")
        equal(c.call("SET", "a", "1")["reply"], "OK", "SET")
        equal(c.call("GET", "a")["reply"], "1", "GET")
        equal(c.call("GET", "none")["reply"], None, "nothing")
        equal(c.call("INCRBY", "a", "41")["reply"], 42, "number")
        equal(c.call("EVAL", "return{1,{'x',false,{}},'y'}", "0")["reply"],
              [1, ["x", None, []], "y"], "nested list")
        check(c.call("NOSUCH")["reply"]["error"].startswith("ERR unknown command"), "error")
        check(c.call("LPUSH", "a", "x")["reply"]["error"].startswith("WRONGTYPE"), "error")
        numbers = [c.start("INCR", "n") for _ in range(1000)]
        equal([c.hear_for(n)["reply"] for n in numbers], list(range(1, 1001)), "in order")
        sent = [c.send("INCR", "n") for _ in range(500)]
        equal([c.hear_for(n)["reply"] for n in sent], list(range(1001, 1501)), "sends")
        state = c.state()
        equal((state["errors"], state["reconnects"], state["trouble"]), (2, 0, ""), "state")
        check(0 < state["longest_us"] < 5e6, "slowest reply")
    equal(c.events(), ["redis_up"], "events")


def large_values():
    """values from nothing to 20 MiB, many at once"""
    with Redis() as server, Client(server.address, timeout_ms=20000) as c:
        c.wait_up()
        for size in [0, 1, 16000, 16384, 65535, 65536, 262144, 5 << 20, 20 << 20]:
            c.next += 1
            c.say("set", c.next, "big", size)
            equal(c.hear_for(c.next)["reply"], "OK", f"SET of {size}")
            equal(c.call("STRLEN", "big")["reply"], size, f"length of {size}")
            if size > 4096:
                equal(c.call("GET", "big")["reply"], size, f"GET of {size}")
        first = c.next + 1
        for i in range(100):
            c.next += 1
            c.say("set", c.next, f"k{i}", 262144)
        for number in range(first, c.next + 1):
            equal(c.hear_for(number)["reply"], "OK", "one of 100 × 256 KiB")
        equal(c.call("STRLEN", "k99")["reply"], 262144, "whole")


def caps():
    """REDIS_OUTBOX_MAX, REDIS_PENDING_MAX: refused, said so, and well afterwards"""
    def ping(c):
        for _ in range(100):
            got = c.call("PING")
            if "reply" in got:
                return got["reply"]
            time.sleep(0.05)  # the flood is still on its way
        return got
    with Redis() as server, Client(server.address, timeout_ms=20000) as c:
        c.wait_up()
        c.say("flood", 1000, 1 << 20)
        got = c._hear_with("sent")
        check(55 <= got["sent"] <= 64, f"{got['sent']} MiB taken")
        equal(got["text"], "more than 64 MiB wait to be sent to Redis", "reason")
        equal(ping(c), "PONG", "after the flood of bytes")
        c.say("flood", 100000, 10)
        got = c._hear_with("sent")
        equal((got["sent"], got["text"]),
              (65536, "more than 65536 requests wait for Redis"), "requests")
        equal(ping(c), "PONG", "after the flood of requests")


def kill_and_restart():
    """kill -9: calls fail at once and say unknown; then it is found again"""
    with Redis() as server, Client(server.address) as c:
        c.wait_up()
        server.freeze(True)
        waiting = [c.start("INCR", "n") for _ in range(50)] + [c.send("INCR", "n")]
        time.sleep(0.1)
        server.kill()
        for number in waiting:
            got = c.hear_for(number)
            equal((got["failure"], got["unknown"]), ("store", True), "outcome unknown")
        check(c.wait_down(), "down")
        start = time.monotonic()
        got = c.call("PING")
        equal((got["failure"], got["unknown"]), ("store", False), "fails while down")
        check(got["text"].startswith("Redis is down: "), got["text"])
        check(time.monotonic() - start < 10, "at once")
        time.sleep(0.5)
        server.start()
        start = time.monotonic()
        equal(c.wait_up(), True, "up again")
        check(time.monotonic() - start < 10, "soon")
        equal(c.call("INCR", "n")["reply"], 1, "works")
        equal(c.state()["reconnects"] >= 1, True, "reconnects")
    equal(c.events(), ["redis_up", "redis_down", "redis_up"], "events, once a change")


def many_restarts():
    """eight restarts under calls: each call ends, one way or the other"""
    with Redis() as server, Client(server.address) as c:
        c.wait_up()
        counts = {"reply": 0, "failure": 0}
        for turn in range(8):
            numbers = [c.start("INCR", "n") for _ in range(100)]
            server.kill()
            numbers += [c.start("INCR", "n") for _ in range(20)]
            server.start()
            for number in numbers:
                got = c.hear_for(number)
                counts["reply" if "reply" in got else "failure"] += 1
            equal(c.wait_up(), True, "up again")
        equal(sum(counts.values()), 960, "calls that ended")


def frozen():
    """SIGSTOP: the reply's time ends the connection; SIGCONT: back by itself"""
    with Redis() as server, Client(server.address, timeout_ms=700) as c:
        c.wait_up()
        server.freeze(True)
        start = time.monotonic()
        numbers = [c.start("INCR", "n") for _ in range(10)]
        for number in numbers:
            got = c.hear_for(number)
            equal((got["failure"], got["unknown"]), ("store", True), "unknown")
            check("no reply for 700 ms" in got["text"], got["text"])
        took = time.monotonic() - start
        check(0.6 < took < 20, f"took {took:.2f} s")
        equal(c.state()["up"], False, "down")
        time.sleep(1.5)
        equal(c.state()["up"], False, "a connection accepted by the kernel is not up")
        server.freeze(False)
        equal(c.wait_up(), True, "up again")
        equal(c.call("INCR", "n")["reply"], 11, "they were done after all: unknown is right")
    equal(c.events(), ["redis_up", "redis_down", "redis_up"], "events")


def early_leavers():
    """a fiber that leaves: its reply goes nowhere, the next gets its own"""
    with Redis() as server, Client(server.address, timeout_ms=5000) as c:
        c.wait_up()
        c.call("DEL", "list")
        blocked = c.start("EVAL", "local", "0")  # an error, in its place
        check("error" in c.hear_for(blocked)["reply"], "error")
        server.freeze(True)
        left = [c.start("ECHO", f"left{i}", deadline_ms=200) for i in range(5)]
        stay = [c.start("ECHO", f"stay{i}") for i in range(5)]
        gone = c.start("ECHO", "gone")
        last = c.start("ECHO", "last")
        for number in left:
            got = c.hear_for(number)
            equal((got["failure"], got["unknown"]), ("timeout", True), "left")
        c.say("cancel", gone)
        got = c.hear_for(gone)
        equal((got["failure"], got["unknown"]), ("cancelled", True), "cancelled")
        server.freeze(False)
        equal([c.hear_for(n)["reply"] for n in stay], [f"stay{i}" for i in range(5)],
              "each its own")
        equal(c.hear_for(last)["reply"], "last", "the last one, too")
        equal(c.call("ECHO", "x", deadline_ms=0)["failure"], "timeout", "no time left")


def log_in():
    """passwords, users, databases; a wrong one is said, never shown"""
    with Redis("--requirepass", "se-cret") as server:
        with Client(server.address, "password=se-cret") as c:
            equal(c.wait_up(), True, "password")
            c.call("ACL", "SETUSER", "mail", "on", ">pa-ss", "~*", "+@all")
        with Client(server.address, "user=mail", "password=pa-ss") as c:
            equal(c.wait_up(), True, "user and password")
            equal(c.call("ACL", "WHOAMI")["reply"], "mail", "who")
            c.call("ACL", "SETUSER", "few", "on", ">few", "~*", "+set", "+get")
        with Client(server.address, "user=few", "password=few") as c:
            equal(c.wait_up(), True, "a user who may not PING")
        with Client(server.address, "password=wr-ong") as c:
            equal(c.wait_up(300), False, "wrong password")
            trouble = c.state()["trouble"]
            check("AUTH: Redis: WRONGPASS" in trouble, trouble)
            check("wr-ong" not in trouble, "the password is not shown")
        equal(c.events(), ["redis_down"], "one event, however often it is tried")
        with Client(server.address) as c:
            equal(c.wait_up(300), False, "no password")
            check("NOAUTH" in c.state()["trouble"], c.state()["trouble"])


def tcp_and_databases():
    """TCP: addresses, names, IPv6, databases"""
    port = free_port()
    with Redis("--port", str(port), "--bind", "127.0.0.1", "::1") as server:
        with Client(server.address) as c:
            c.wait_up()
            c.call("SET", "where", "0")
        for host, database, want in [("127.0.0.1", "", "0"), ("[::1]", "/0", "0"),
                                     ("localhost", "/3", None)]:
            with Client(f"redis://{host}:{port}{database}") as c:
                equal(c.wait_up(), True, host)
                equal(c.call("GET", "where")["reply"], want, f"{host}{database}")
        with Client(f"redis://127.0.0.1:{port}/99") as c:
            equal(c.wait_up(300), False, "no such database")
            check("SELECT: Redis: ERR" in c.state()["trouble"], c.state()["trouble"])
        with Client(f"redis://nobody.invalid:{port}") as c:
            equal(c.wait_up(500), False, "no such host")
            check("nobody.invalid" in c.state()["trouble"], c.state()["trouble"])


def bad_addresses():
    """addresses that are none: refused at the start, with what is allowed"""
    for address, want in [
            ("localhost", "is no address of a Redis: allowed are unix:/path"),
            ("unix:relative", "is no address"), ("redis://", "is no address"),
            ("redis://h:0", "is no address"), ("redis://h:99999", "is no address"),
            ("redis://h/x", "is no address"), ("redis://[::1", "is no address"),
            ("redis://:pw@h", "holds no user and password"),
            ("unix:/" + "x" * 200, "is no address"), ("http://h", "is no address")]:
        got = subprocess.run([PROGRAM, address, "1000"], stdin=subprocess.DEVNULL,
                             capture_output=True, text=True)
        equal(got.returncode, 1, address)
        check(want in got.stderr, f"{address}: {got.stderr}")


def tls():
    """rediss: verified by the CA given, refused by another"""
    port = free_port()
    folder = tempfile.mkdtemp(prefix="ringpost-")
    make = ("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
            " -subj /CN=localhost -addext subjectAltName=DNS:localhost").split()
    for name in ["good", "other"]:
        subprocess.run(make + ["-keyout", f"{folder}/{name}.key", "-out",
                               f"{folder}/{name}.pem"], check=True, capture_output=True)
    with Redis("--tls-port", str(port), "--bind", "127.0.0.1", "--tls-cert-file",
               f"{folder}/good.pem", "--tls-key-file", f"{folder}/good.key",
               "--tls-auth-clients", "no") as server:
        with Client(f"rediss://localhost:{port}", f"ca={folder}/good.pem",
                    timeout_ms=20000) as c:
            equal(c.wait_up(), True, "verified")
            numbers = [c.start("INCR", "n") for _ in range(500)]
            equal([c.hear_for(n)["reply"] for n in numbers], list(range(1, 501)), "calls")
            for i in range(20):
                c.next += 1
                c.say("set", c.next, "big", 1 << 20)
            equal(c.hear_for(c.next)["reply"], "OK", "20 MiB through TLS")
            equal(c.call("GET", "big")["reply"], 1 << 20, "and back")
            c.say("burst", 50, 100, "ECHO", "x" * 1000)
            equal(c._hear_with("rate")["failed"], 0, "both ways at once")
        with Client(f"rediss://localhost:{port}", f"ca={folder}/other.pem") as c:
            equal(c.wait_up(500), False, "not verified")
        with Client(f"redis://localhost:{port}") as c:
            equal(c.wait_up(500), False, "plain to a TLS port")
    shutil.rmtree(folder)


def preparing():
    """prepare: after each connect, before anyone else; if it fails, down"""
    with Redis() as server:
        with Client(server.address, "prepare=incr") as c:
            equal(c.wait_up(), True, "up")
            equal(c.call("GET", "prepared")["reply"], "1", "prepared once")
        with Client(server.address, "prepare=slow") as c:
            time.sleep(0.25)
            got = c.call("PING")
            equal((got["failure"], got["text"]),
                  ("store", "Redis is down: not yet connected"), "others see it down")
            equal(c.state()["up"], False, "down until it is prepared")
            equal(c.wait_up(), True, "then up")
        with Client(server.address, "prepare=fail") as c:
            equal(c.wait_up(300), False, "not usable")
            equal(c.state()["trouble"], "the probe does not like it", "trouble")
        equal(c.events(), ["redis_down"], "one event")
        with Client(server.address, "prepare=incr") as c:
            c.wait_up()
            server.kill()
            server.start()
            c.wait_down()
            equal(c.wait_up(), True, "up again")
            equal(c.call("GET", "prepared")["reply"], "1", "prepared again, in a new server")


def closing():
    """closing under calls that wait, while connecting, while down"""
    with Redis() as server:
        with Client(server.address) as c:
            c.wait_up()
            server.freeze(True)
            numbers = [c.start("PING") for _ in range(20)] + [c.send("PING")]
            time.sleep(0.1)
            c.say("close")
            for number in numbers:
                equal(c.hear_for(number)["failure"], "store", "closed")
            server.freeze(False)
        equal(c.events(), ["redis_up"], "our own end is no event")
        for pause in [0, 0.02, 0.2]:
            with Client(server.address) as c:
                time.sleep(pause)
                c.say("close")
        with Client("unix:/nonexistent/redis") as c:
            time.sleep(0.2)
            c.say("close")
        server.freeze(True)
        with Client(server.address) as c:
            time.sleep(0.2)
            c.say("close")
        with Client(server.address) as c:
            time.sleep(0.2)
        server.freeze(False)


def fake_replies():
    """replies split at every byte, errors of a store in trouble"""
    wire = b"*3\r\n$5\r\nhello\r\n*2\r\n:-7\r\n$-1\r\n-ERR x y\r\n"
    errors = ["LOADING Redis is loading", "OOM command not allowed", "MISCONF no disk",
              "READONLY replica", "MASTERDOWN link", "NOREPLICAS not enough", "BUSY script",
              "CLUSTERDOWN hash slot", "MOVED 1 127.0.0.1:1", "ASK 1 127.0.0.1:1",
              "TRYAGAIN multiple keys", "NOSCRIPT none"]

    def answer(args):
        if args[0] == "SPLIT":
            at = int(args[1])
            return [wire[:at], 0.002, wire[at:]]
        if args[0] == "BYTES":
            return [piece for i in range(len(wire)) for piece in (wire[i:i + 1], 0.0005)]
        return b"-" + errors[int(args[1])].encode() + b"\r\n"
    with Fake(answer) as server, Client(server.address) as c:
        c.wait_up()
        for at in range(len(wire)):
            equal(c.call("SPLIT", at)["reply"], ["hello", [-7, None], {"error": "ERR x y"}],
                  f"split at {at}")
        equal(c.call("BYTES")["reply"][0], "hello", "byte by byte")
        for number, text in enumerate(errors):
            equal(c.call("FAIL", number)["reply"]["error"], text, "an error is a reply")
        equal(c.state()["up"], True, "and no reason to go down")


def fake_faults():
    """dying inside a reply, garbage, unasked replies, huge ones: down, then back"""
    def answer(args):
        return {
            "CUT": [b"$100\r\nabc", "close"],
            "END": ["close"],
            "GARBAGE": b"what is this\r\n",
            "DEEP": b"*1\r\n" * 20 + b":1\r\n",
            "TWICE": b"+one\r\n+two\r\n",
            "WIDE": b"*2000000000\r\n",
            "GOOD": b"+good\r\n",
        }[args[0]]
    with Fake(answer) as server, Client(server.address) as c:
        c.wait_up()
        for kind, text in [("CUT", "Redis went away: "),
                           ("END", "Redis went away: "),
                           ("GARBAGE", "not a reply of Redis"),
                           ("DEEP", "not a reply of Redis"),
                           ("WIDE", "a reply of more than 1048576 elements")]:
            numbers = [c.start(kind), c.start("GOOD"), c.start("GOOD")]
            got = [c.hear_for(n) for n in numbers]
            check(all(g.get("failure") == "store" for g in got), f"{kind}: {got}")
            check(text in got[0].get("text", ""), f"{kind}: {got[0]}")
            equal(c.wait_up(), True, f"back after {kind}")
            equal(c.call("GOOD")["reply"], "good", f"well after {kind}")
        equal(c.call("TWICE")["reply"], "one", "its own")
        check(c.wait_down() or c.state()["reconnects"] >= 6, "an unasked reply: not trusted")
        c.wait_up()
        equal(c.call("GOOD")["reply"], "good", "not the unasked one")


def fake_huge():
    """RESP_REPLY_BYTES_MAX: a reply without end is not taken"""
    def answer(args):
        if args[0] == "HUGE":
            return [b"$1000000000\r\n"] + [b"x" * (1 << 20)] * 80
        return b"+good\r\n"
    with Fake(answer) as server, Client(server.address, timeout_ms=20000) as c:
        c.wait_up()
        got = c.call("HUGE")
        equal((got["failure"], got["text"]),
              ("store", "Redis went away: a reply of more than 64 MiB"), "refused")
        equal(c.wait_up(), True, "back")


def fake_late():
    """a late reply never answers another's question"""
    def answer(args):
        if args[0] == "SLOW":
            return [0.4, f"+slow{args[1]}\r\n".encode()]
        return f"+fast{args[1]}\r\n".encode()
    with Fake(answer) as server, Client(server.address, timeout_ms=5000) as c:
        c.wait_up()
        for turn in range(3):
            slow = c.start("SLOW", turn, deadline_ms=100)
            fast = [c.start("FAST", i) for i in range(3)]
            equal(c.hear_for(slow)["failure"], "timeout", "left")
            equal([c.hear_for(n)["reply"] for n in fast], [f"fast{i}" for i in range(3)],
                  "their own")
        equal(server.connections, 1, "on one connection")


def back_off():
    """a server that ends every connection is tried less often, each second at the least"""
    with Fake(lambda args: None) as server:
        server.answer = lambda args: ["close"]
        folder = server.folder
        path = os.path.join(folder, "shut")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen(100)
            listener.settimeout(0.05)
            with Client("unix:" + path) as c:
                times = []
                while len(times) < 12:
                    try:
                        listener.accept()[0].close()
                        times.append(time.monotonic())
                    except TimeoutError:
                        pass
                equal(c.state()["up"], False, "down")
        gaps = [b - a for a, b in zip(times, times[1:])]
        check(min(gaps[6:]) > 0.4, f"gaps grow: {[round(g, 2) for g in gaps]}")
        check(min(gaps[6:]) < 1.2, f"to a second: {[round(g, 2) for g in gaps]}")
    equal(c.events(), ["redis_down"], "one event")


def speed():
    """calls of a hundred fibers travel together (figures, not a limit)"""
    with Redis() as server, Client(server.address, timeout_ms=20000) as c:
        c.wait_up()
        for name, words in [("100 fibers × 2,000 calls", ("burst", 100, 2000)),
                            ("1 fiber × 20,000 calls", ("burst", 1, 20000)),
                            ("2,000 turns × 100 sends", ("pour", 2000, 100))]:
            c.say(*words, "SET", "key", "x" * 50)
            got = c._hear_with("rate")
            print(f"     {name}: {got['rate']}/s, {got['cpu_us']} µs CPU a call, "
                  f"{got['sends']} sends")
            equal(got["failed"], 0, name)
            if "100" in name:
                check(got["sends"] < 20000, "gathered into few sends")


if __name__ == "__main__":
    sys.exit(run([real_calls, large_values, caps, kill_and_restart, many_restarts, frozen,
                  early_leavers, log_in, tcp_and_databases, bad_addresses, tls, preparing,
                  closing, fake_replies, fake_faults, fake_huge, fake_late, back_off,
                  speed]))
