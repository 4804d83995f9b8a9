"""ringpost-bench delay between real sockets: how long, in order, to its end."""
import hashlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

import bench_tools
from bench_tools import Folder

PATIENCE_S = 60


class Delay:
    def __init__(self, folder, target, *arguments):
        self.report_path = folder.file("delay.json")
        self.process = subprocess.Popen(
            [bench_tools.PROGRAM, "delay", "127.0.0.1:0", target, "--json",
             self.report_path, *arguments], stderr=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        if "listening on" not in line:
            raise RuntimeError(line + self.process.stderr.read())
        self.port = int(line.rsplit(":", 1)[1])

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE_S)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.table, _ = self.process.communicate(timeout=PATIENCE_S)
        if self.process.returncode == 0:
            with open(self.report_path, encoding="utf-8") as file:
                self.report = json.load(file)
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


class Server:
    """TALK(connection) for each caller, on a thread."""

    def __init__(self, talk):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.talk = talk
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=[connection], daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def read_all(connection):
    parts = []
    while part := connection.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)


def greet_and_echo(connection):
    connection.sendall(b"hello\n")
    while part := connection.recv(1 << 16):
        connection.sendall(part)
    connection.close()


def swallow(connection):
    """The sum of everything, told when the peer has ended its side."""
    connection.sendall(hashlib.sha256(read_all(connection)).digest())
    connection.close()


class DelayTest(unittest.TestCase):
    # Never earlier than promised; later is the machine's affair.

    def test_greeting_and_round_trips(self):
        with Folder() as folder, Server(greet_and_echo) as server, \
                Delay(folder, server.address, "--rtt", "200ms") as delay:
            began = time.monotonic()
            with delay.connect() as client:
                self.assertEqual(client.recv(100), b"hello\n")
                self.assertGreaterEqual(time.monotonic() - began, 0.399)
                for word in b"one", b"two":
                    began = time.monotonic()
                    client.sendall(word)
                    self.assertEqual(client.recv(100), word)
                    self.assertGreaterEqual(time.monotonic() - began, 0.199)
            self.assertEqual(delay.stop(), 0)
            self.assertEqual(delay.report["connections"], 1)
            self.assertEqual(delay.report["bytes_there"], 6)
            self.assertEqual(delay.report["bytes_back"], 12)
            self.assertGreater(delay.report["late_us"]["count"], 3)
            self.assertIn("1 connections", delay.table)

    def test_order_and_half_close(self):
        content = random.Random(3).randbytes(5_000_000)
        with Folder() as folder, Server(swallow) as server, \
                Delay(folder, server.address, "--rtt", "40ms") as delay:
            with delay.connect() as client:
                client.sendall(content)
                client.shutdown(socket.SHUT_WR)
                self.assertEqual(read_all(client), hashlib.sha256(content).digest())
            self.assertEqual(delay.stop(), 0)
            self.assertEqual(delay.report["bytes_there"], len(content))
            self.assertEqual(delay.report["reset"], 0)

    def test_many(self):
        count = 300
        with Folder() as folder, Server(greet_and_echo) as server, \
                Delay(folder, server.address, "--rtt", "100ms") as delay:
            clients = [delay.connect() for _ in range(count)]
            for i, client in enumerate(clients):
                client.sendall(b"%06d" % i)
            for i, client in enumerate(clients):
                got = b""
                while len(got) < 12:
                    got += client.recv(100)
                self.assertEqual(got, b"hello\n%06d" % i)
                client.close()
            self.assertEqual(delay.stop(), 0)
            self.assertEqual(delay.report["open_most"], count)

    def test_window(self):
        with Folder() as folder, Server(swallow) as server, \
                Delay(folder, server.address, "--rtt", "200ms", "--window",
                      "100k") as delay:
            began = time.monotonic()
            with delay.connect() as client:
                client.sendall(bytes(500 << 10))
                client.shutdown(socket.SHUT_WR)
                read_all(client)
            # Set up, ten times half a window, and the answer.
            self.assertGreaterEqual(time.monotonic() - began, 0.2 + 1.0 + 0.1 - 0.01)

    def test_rate(self):
        with Folder() as folder, Server(swallow) as server, \
                Delay(folder, server.address, "--rtt", "2ms", "--rate", "800k") as delay:
            began = time.monotonic()
            with delay.connect() as client:
                client.sendall(bytes(100_000))
                client.shutdown(socket.SHUT_WR)
                read_all(client)
            self.assertGreaterEqual(time.monotonic() - began, 1.0)

    def test_reset_and_nobody_there(self):
        def hang_up(connection):
            connection.recv(1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                  b"\1\0\0\0\0\0\0\0")
            connection.close()

        with Folder() as folder, Server(hang_up) as server, \
                Delay(folder, server.address, "--rtt", "20ms") as delay:
            with delay.connect() as client:
                client.sendall(b"x")
                with self.assertRaises(ConnectionResetError):
                    client.recv(1)
            self.assertEqual(delay.stop(), 0)
            self.assertEqual(delay.report["reset"], 1)
        with Folder() as folder, \
                Delay(folder, "127.0.0.1:1", "--rtt", "20ms") as delay:
            with delay.connect() as client, self.assertRaises(ConnectionResetError):
                client.recv(1)
            self.assertEqual(delay.stop(), 0)
            self.assertEqual(delay.report["unreached"], 1)

    def test_end_with_connections_open(self):
        with Folder() as folder, Server(greet_and_echo) as server, \
                Delay(folder, server.address, "--rtt", "60s") as delay:
            with delay.connect() as client:
                client.sendall(b"never arrives")
                self.assertEqual(delay.stop(), 0)
                self.assertEqual(delay.report["bytes_there"], 0)

    def test_command_line(self):
        for arguments, word in (
                (["127.0.0.1:0"], "TARGET"), (["a:1", "b:2", "c:3"], "TARGET"),
                (["127.0.0.1:0", "127.0.0.1:1", "--rate", "slow"], "--rate"),
                (["127.0.0.1:0", "127.0.0.1:1", "--rtt", "2m"], "--rtt")):
            done = subprocess.run([bench_tools.PROGRAM, "delay", *arguments],
                                  capture_output=True, text=True, timeout=PATIENCE_S)
            self.assertEqual(done.returncode, 2)
            self.assertIn(word, done.stderr)
        done = subprocess.run([bench_tools.PROGRAM, "delay", "--help"],
                              capture_output=True, text=True, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, 0)
        self.assertIn("--window", done.stdout)


if __name__ == "__main__":
    bench_tools.PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
