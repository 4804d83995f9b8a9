#!/usr/bin/env python3
"""What a crash or a disk leaves behind: damaged entries, lost bodies, ports that are
free a little later."""
import glob
import os
import signal
import smtplib
import socket
import sys
import threading
import time

import ringpost_live
from ringpost_live import PATIENCE, Cases, Daemon, Sink, until

NOWHERE = {"domain": "*", "host": "[127.0.0.1]", "port": 1, "private_addresses": True}
cases = Cases()


class Redis:
    """The embedded one, asked directly."""

    def __init__(self, daemon):
        folder = os.path.join(daemon.state, "redis")
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(os.path.join(folder, "redis.sock"))
        self.file = self.socket.makefile("rb")
        with open(os.path.join(folder, "password")) as file:
            self.ask("AUTH", file.read().strip())

    def ask(self, *words):
        words = [w.encode() if isinstance(w, str) else w for w in words]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(
            b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
        return self._reply()

    def _reply(self):
        line = self.file.readline()
        kind, rest = line[:1], line[1:].strip()
        if kind == b"$":
            return self.file.read(int(rest) + 2)[:-2] if int(rest) >= 0 else None
        if kind == b"*":
            return [self._reply() for _ in range(int(rest))]
        if kind == b"-":
            raise AssertionError(rest.decode())
        return rest

    def entries(self):
        """key -> (hash, packed)"""
        found = {}
        for name in self.ask("KEYS", "*:entries"):
            pairs = self.ask("HGETALL", name)
            found.update({k: (name, v) for k, v in zip(pairs[::2], pairs[1::2])})
        return found


def damaged():
    """Damaged entries are held, shown, dropped; their neighbours are delivered"""
    ways = [lambda v: b"", lambda v: v[:1], lambda v: b"\xff" * 50,
            lambda v: v[:len(v) // 2], lambda v: v + b"x", lambda v: v[:2],
            lambda v: bytes([v[0] + 1]) + v[1:], lambda v: bytes(b ^ 0x55 for b in v)]
    with Sink() as sink, Daemon(routes=[NOWHERE], relay={"retry": ["2s"]},
                                queue={"shards": 4}) as daemon:
        ids = [daemon.submit("a@sender.test", [f"b@r{i}.test"], "Subject: x\n\nHello\n")
               for i in range(2 * len(ways))]
        daemon.wait_event("deferred", count=len(ids))
        redis = Redis(daemon)
        for way, (key, (name, packed)) in zip(ways, redis.entries().items()):
            redis.ask("HSET", name, key, way(packed))
        daemon.kill()
        daemon.config["routes"] = [sink.route("*")]
        daemon.write_config()
        daemon.start()
        sink.wait(len(ways))
        daemon.wait_event("queue_entry_damaged", count=len(ways))

        def are_held():
            held = [e["id"] for e in daemon.run_json("queue", "list")
                    if e["state"] == "held"]
            return held if len(held) == len(ways) else None
        held = until(are_held, what="all of them held and listed")
        for key in held:
            daemon.run("queue", "show", key, status=0)
        daemon.run("queue", "drop", *held, status=0)
        cases.equal(daemon.run_json("queue", "list"), [], "what is left")


def no_body():
    """A message whose body is gone comes back to its sender, or says so"""
    with Sink() as sink, Daemon(routes=[sink.route("sender.test"), NOWHERE],
                                relay={"retry": ["2s"]}) as daemon:
        ident = daemon.submit("a@sender.test", ["b@r.test"], "Subject: x\n\nHello\n")
        daemon.wait_event("deferred")
        daemon.kill()
        daemon.kill_redis()
        for path in glob.glob(os.path.join(daemon.state, "spool", "**"), recursive=True):
            if os.path.isfile(path):
                os.truncate(path, 0)
        with Sink() as other:
            daemon.config["routes"] = [sink.route("sender.test"), other.route("*")]
            daemon.write_config()
            daemon.start()
            time.sleep(4)
            cases.equal(other.messages, [], "what came without its body")
            cases.check(sink.messages or daemon.run_json("queue", "list"),
                        "its sender hears of it, or it is in the queue")
            daemon.run("why", ident, status=0)
            fresh = daemon.submit("a@sender.test", ["c@r.test"], "Subject: y\n\nHello\n")
            cases.check(fresh and other.wait(1), "new mail goes on")


def ports():
    """Ports that a killed process still has are waited for"""
    daemon = Daemon()
    with socket.create_server(("127.0.0.1", daemon.port)) as other:
        threading.Timer(1, other.close).start()
        with daemon:
            pass


def inherited():
    """A Redis started anew has nothing of ours: after kill -9 we start again at once"""
    with Daemon() as daemon:
        first = daemon.kill_redis()
        until(lambda: daemon.redis_pid() not in (None, first), what="another Redis")
        daemon.wait_event("redis_up", count=2)
        daemon.submit("a@sender.test", ["b@r.test"], "Subject: x\n\nHello\n")
        begun = time.monotonic()
        daemon.kill()
        daemon.start()
        cases.check(time.monotonic() - begun < 10 * PATIENCE, "ready soon")


def stop_while_frozen():
    """SIGTERM while Redis is frozen and peers are silent ends in time, and loses nothing"""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        route = dict(NOWHERE, port=silent.getsockname()[1])
        daemon = Daemon(routes=[route], shutdown_limit="2s")
        with daemon:
            for i in range(5):
                daemon.submit("a@sender.test", [f"b@r{i}.test"], "Subject: x\n\nHello\n")
            daemon.kill_redis(signal.SIGSTOP)
            begun = time.monotonic()
            cases.equal(daemon.stop(), 0, "exit status")
            cases.check(time.monotonic() - begun < 10 * PATIENCE, "ended in time")
            daemon.kill_redis(signal.SIGCONT)  # should it still be there
            daemon.start()
            cases.equal(len(daemon.run_json("queue", "list")), 5, "messages left")


def descriptors():
    """With few descriptors the last sessions hear 421, and mail goes on being delivered"""
    with Sink() as sink:
        daemon = Daemon(routes=[sink.route("*")])
        program = os.path.join(daemon.directory, "few")
        with open(program, "w") as file:
            file.write(f'#!/bin/sh\nulimit -n 256\nexec {ringpost_live.PROGRAM} "$@"\n')
        os.chmod(program, 0o700)
        usual, ringpost_live.PROGRAM = ringpost_live.PROGRAM, program
        try:
            with daemon:
                sockets, said = [], []
                for _ in range(300):
                    sockets.append(socket.create_connection(("127.0.0.1", daemon.port)))
                    said.append(sockets[-1].recv(3))
                cases.equal({*said}, {b"220", b"421"}, "the first words")
                sockets[said.index(b"421") - 1].close()

                def there_is_room():
                    try:
                        return daemon.submit(
                            "a@sender.test", ["b@r.test"], "Subject: x\n\nHello\n")
                    except (smtplib.SMTPException, OSError):
                        return None
                until(there_is_room, what="room for one more")
                sink.wait(1)
                for one in sockets:
                    one.close()
        finally:
            ringpost_live.PROGRAM = usual


sys.exit(cases.run([descriptors, damaged, no_body, ports, inherited, stop_while_frozen]))
