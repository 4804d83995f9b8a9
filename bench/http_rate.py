#!/usr/bin/env python3
"""What a message costs the server over HTTP and over SMTP: its processor time, and the
rate, by turns on one daemon that discards everything.

    bench/http_rate.py [MESSAGES] [TURNS]

The daemon is $RINGPOST or build/console/ringpost, the source beside it in build/bench.
Rates are of this machine as busy as it is; compare them within a turn.
"""
import os
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "live"))
from ringpost_live import Daemon, free_port  # noqa: E402

CONNECTIONS, BATCH = 50, 200


def processor_time(process):
    with open(f"/proc/{process}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def send(target, count, *options):
    subprocess.run([os.path.join(ROOT, os.environ.get("RINGPOST_BUILD", "build"), "bench",
                                 "ringpost-bench"), "source", target, "--messages", str(count),
                    "--size", "4k", "--quiet", *map(str, options)],
                   check=True, stdout=subprocess.DEVNULL)


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
        key = os.path.join(daemon.directory, "key")
        with open(key, "w", encoding="ascii") as file:
            file.write(daemon.run("key", "add", "bench", "--sender", "*").stdout)
        smtp, http = (f"127.0.0.1:{daemon.port}", "--sessions", CONNECTIONS), \
            (f"http://127.0.0.1:{port}", "--key-file", key)
        ways = {
            "SMTP, pipelined": (*smtp, "--pipelining"),
            "SMTP, in lockstep": (*smtp, "--lockstep"),
            "HTTP, a request each": (*http, "--sessions", CONNECTIONS),
            f"HTTP, {BATCH} a request": (*http, "--sessions", 4, "--batch", BATCH),
        }
        for turn in range(turns):
            for name, (target, *options) in ways.items():
                spent, began = processor_time(daemon.process.pid), time.monotonic()
                send(target, count, *options)
                took = time.monotonic() - began
                spent = processor_time(daemon.process.pid) - spent
                print(f"{turn + 1}  {name:22} {spent / count * 1e6:6.1f} µs of processor a "
                      f"message, {count / took:7.0f} messages a second", flush=True)


if __name__ == "__main__":
    main()
