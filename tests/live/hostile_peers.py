#!/usr/bin/env python3
"""Peers that no message may be begun with: they cost one connection an attempt, and
what they said ahead of time is no answer."""
import os
import socket
import sys
import threading

from ringpost_live import Cases, Daemon

cases = Cases()


class Peer:
    """A server that runs SCRIPT(connection, lines) for each connection."""

    def __init__(self, script):
        self.script, self.connections = script, 0
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=100)
        threading.Thread(target=self._run, daemon=True).start()

    def route(self, domain, **more):
        return {"domain": domain, "host": "[127.0.0.1]", "private_addresses": True,
                "port": self.socket.getsockname()[1], **more}

    def _run(self):
        while True:
            connection, _ = self.socket.accept()
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            try:
                self.script(connection, connection.makefile("rb"))
            except OSError:
                pass


def in_advance(connection, lines):
    connection.sendall(b"220 x\r\n" + b"250 ok\r\n" * 50)
    lines.read()


def behind_hello(connection, lines):
    connection.sendall(b"220 x\r\n")
    lines.readline()
    connection.sendall(b"250 x\r\n" * 8)
    lines.read()


def gone_after_hello(connection, lines):
    connection.sendall(b"220 x\r\n")
    lines.readline()
    connection.sendall(b"250 x\r\n")


def asks_on(connection, lines):
    connection.sendall(b"220 x\r\n")
    lines.readline()
    connection.sendall(b"250-x\r\n250 AUTH PLAIN LOGIN\r\n")
    lines.readline()
    while True:
        connection.sendall(b"334 " + b"eA==" * 100 + b"\r\n")


SCRIPTS = {"advance": in_advance, "behind": behind_hello, "gone": gone_after_hello,
           "asks": asks_on}


def out_of_turn():
    """Who speaks out of turn, leaves, or asks on and on is tried once an attempt"""
    peers = {name: Peer(script) for name, script in SCRIPTS.items()}
    daemon = Daemon(relay={"retry": ["1s", "1h"]})
    password = os.path.join(daemon.directory, "password")
    with open(password, "w") as file:
        file.write("secret\n")
    os.chmod(password, 0o600)
    daemon.config["routes"] = [
        peer.route(name + ".test", **(
            {"user": "u", "password_file": password} if name == "asks" else {}))
        for name, peer in peers.items()]
    daemon.write_config()
    with daemon:
        for name in peers:
            daemon.submit("", [f"b@{name}.test"], "Subject: x\n\nHello\n")
        for name in peers:
            daemon.wait_event("deferred", count=2, rcpt=f"b@{name}.test")
        cases.equal(daemon.events("delivered"), [], "what was delivered")
        for name, peer in peers.items():
            tried = len(daemon.events("deferred", rcpt=f"b@{name}.test"))
            cases.equal(peer.connections, tried, f"connections of {tried} attempts, {name}")


sys.exit(cases.run([out_of_turn]))
