#!/usr/bin/env python3
"""What a message costs the server over HTTP and over SMTP: its processor time, and the
rate, by turns on one daemon that discards everything.

    bench/http_rate.py [MESSAGES] [TURNS]

The daemon is $RINGPOST or build/console/ringpost, the source of SMTP beside it in
build/bench. Rates are of this machine as busy as it is; compare them within a turn.
"""
import json
import os
import socket
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "live"))
from ringpost_live import Daemon, free_port  # noqa: E402

CONNECTIONS, AHEAD, BATCH = 50, 4, 200
TEXT = "The quick brown fox jumps over the lazy dog, and over again.\n" * 61


def processor_time(process):
    with open(f"/proc/{process}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def request(key, body):
    body = json.dumps(body).encode()
    return (b"POST /v1/messages HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + key.encode() +
            b"\r\nContent-Type: application/json\r\nContent-Length: " +
            str(len(body)).encode() + b"\r\n\r\n" + body)


def say(port, text, count):
    """COUNT requests on one connection, a few ahead of their answers."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        said = heard = 0
        while heard < count:
            while said < count and said - heard < AHEAD:
                connection.sendall(text)
                said += 1
            got = connection.recv(65536)
            assert got, "the server hung up"
            heard += got.count(b"HTTP/1.1 202 ")
            assert got.count(b"HTTP/1.1") == got.count(b"HTTP/1.1 202 "), got[:300]


def over_http(port, text, count, connections):
    threads = [threading.Thread(target=say, args=(port, text, count // connections))
               for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def over_smtp(port, count, *options):
    subprocess.run([os.path.join(ROOT, os.environ.get("RINGPOST_BUILD", "build"),
                                 "bench", "ringpost-bench"), "source", f"127.0.0.1:{port}",
                    "--sessions", str(CONNECTIONS), "--messages", str(count), "--size", "4k",
                    "--quiet", *options], check=True, stdout=subprocess.DEVNULL)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
    turns = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    port = free_port()
    daemon = Daemon(routes=[{"domain": "*", "discard": True}], workers=1)
    daemon.config["log"]["level"] = "info"
    daemon.config["listeners"].append(
        {"address": f"127.0.0.1:{port}", "role": "http", "tls": "none"})
    daemon.write_config()
    with daemon:
        key = daemon.run("key", "add", "bench", "--sender", "*").stdout.strip()
        mail = {"from": "a@source.test", "subject": "Four kilobytes", "text": TEXT}
        one = request(key, {**mail, "to": "user1@d1.test"})
        many = request(key, {**mail, "recipients": [
            {"to": f"user{i}@d1.test"} for i in range(BATCH)]})
        ways = {
            "SMTP, pipelined": lambda: over_smtp(daemon.port, count),
            "SMTP, in lockstep": lambda: over_smtp(daemon.port, count, "--lockstep"),
            "HTTP, a request each": lambda: over_http(port, one, count, CONNECTIONS),
            f"HTTP, {BATCH} a request": lambda: over_http(port, many, count // BATCH, 4),
        }
        for turn in range(turns):
            for name, way in ways.items():
                spent, began = processor_time(daemon.process.pid), time.monotonic()
                way()
                took = time.monotonic() - began
                spent = processor_time(daemon.process.pid) - spent
                print(f"{turn + 1}  {name:22} {spent / count * 1e6:6.1f} µs of processor a "
                      f"message, {count / took:7.0f} messages a second", flush=True)


if __name__ == "__main__":
    main()
