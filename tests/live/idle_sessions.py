#!/usr/bin/env python3
"""idle_sessions.py [SESSIONS]: what an idle session costs, plain and under TLS, and
whether 200 active ones are held up by 10,000 of them."""
import json
import os
import resource
import subprocess
import sys
import time

from ringpost_live import PATIENCE, PROGRAM, Daemon, until
from smtp_raw import need

BENCH = os.environ.get("RINGPOST_BENCH") or os.path.join(
    os.path.dirname(os.path.dirname(PROGRAM)), "bench", "ringpost-bench")
SESSIONS = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
WAVES = 10
MOST_BYTES = {"plain": 25 << 10, "TLS": 60 << 10}
ACTIVE = ["--sessions", "200", "--rate", "1000", "--duration", "6s", "--quiet"]


def memory(pid):
    """Resident bytes that are the process' own."""
    with open(f"/proc/{pid}/smaps_rollup") as file:
        fields = {line.split(":")[0]: line.split() for line in file}
    return int(fields["Private_Dirty"][1]) * 1024


def cpu_s(pid):
    with open(f"/proc/{pid}/stat") as file:
        words = file.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def p99_ms(port):
    """Of messages from 200 active sessions, 1,000 a second."""
    got = subprocess.run([BENCH, "source", f"127.0.0.1:{port}", *ACTIVE, "--json", "-"],
                         check=True, capture_output=True)
    return json.loads(got.stdout)["microseconds"]["message"]["p99"] / 1000


def sessions(daemon):
    return json.loads(daemon.run("status", "--json", status=0).stdout)["sessions"]


def hold(daemon, kind, holders):
    """Adds processes that hold SESSIONS sessions, opened in waves: all handshakes at once
    would measure those."""
    port, words = (daemon.tls_port, ["--tls"]) if kind == "TLS" else (daemon.port, [])
    for wave in range(WAVES):
        holders.append(subprocess.Popen(
            [BENCH, "source", f"127.0.0.1:{port}", "--hold", "--sessions",
             str(SESSIONS // WAVES), "--duration", "1h", "--quiet", *words],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        until(lambda: sessions(daemon) >= (wave + 1) * (SESSIONS // WAVES), 60,
              f"wave {wave} of sessions")


def measure(kind):
    """What SESSIONS idle sessions of a kind cost."""
    daemon = Daemon(tls=True, routes=[{"domain": "*", "discard": True}],
                    log={"level": "info"}, submission={"sessions": 2 * SESSIONS})
    for listener in daemon.config["listeners"]:
        listener["sessions"] = SESSIONS + 1000
    daemon.write_config()
    with daemon:
        pid = daemon.process.pid
        alone = p99_ms(daemon.port)
        before = memory(pid)
        start = time.monotonic()
        holders = []
        try:
            hold(daemon, kind, holders)
            opened = time.monotonic() - start
            time.sleep(2)
            bytes_each = (memory(pid) - before) / SESSIONS
            cpu = cpu_s(pid)
            time.sleep(10)
            cpu = (cpu_s(pid) - cpu) / 10
            beside = p99_ms(daemon.port)
            left = sessions(daemon)
        finally:
            for holder in holders:
                holder.terminate()
            for holder in holders:
                holder.wait()
    print(f"{SESSIONS} idle {kind} sessions, opened in {opened:.1f} s: {bytes_each / 1024:.1f} KiB "
          f"each, {100 * cpu:.1f} % of a core; p99 of 200 active ones {beside:.1f} ms, without "
          f"them {alone:.1f} ms", flush=True)
    return [what for what, bad in [
        (f"{kind}: {bytes_each / 1024:.1f} KiB each", bytes_each > MOST_BYTES[kind]),
        (f"{kind}: p99 {beside:.1f} ms, alone {alone:.1f} ms",
         beside > 2 * alone and beside > 50 * PATIENCE),
        (f"{kind}: {left} of {SESSIONS} still there", left < SESSIONS)] if bad]


def main():
    need("redis-server", "openssl", BENCH)
    wanted = SESSIONS * 4 // 3 + 2000  # sessions may have three quarters
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
        except (ValueError, OSError):
            print(f"SKIP: {wanted} descriptors are needed, {hard} allowed")
            sys.exit(77)
    failures = measure("plain") + measure("TLS")
    for failure in failures:
        print("too much:", failure)
    sys.exit(1 if failures else 0)


main()
