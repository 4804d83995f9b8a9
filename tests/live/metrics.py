#!/usr/bin/env python3
"""What monitoring asks: /metrics as promtool and a Prometheus read it, health, readiness;
figures that grow with the mail."""
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

from ringpost_live import Cases, Daemon, Sink, free_port, until

cases = Cases()
TEXT = "From: a@here.test\nTo: b@far.test\nSubject: x\nMessage-ID: <1@here.test>\n\nHi\n"


def get(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.headers["Content-Type"], refused.read().decode()


def samples(text):
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
            for line in text.splitlines() if not line.startswith("#")}


def figures():
    """They grow with the mail, and are well formed"""
    port = free_port()
    with Sink() as sink, Daemon(routes=[sink.route("*")]) as daemon:
        daemon.config["listeners"].append(
            {"address": f"127.0.0.1:{port}", "role": "http", "tls": "none",
             "serves": ["metrics"]})
        daemon.write_config()
        daemon.reload()
        cases.equal(get(port, "/healthz")[::2], (200, "ok\n"), "health")
        cases.equal(get(port, "/readyz")[0], 200, "readiness")
        cases.equal(get(port, "/v1/messages")[0], 404, "what it does not serve")
        for _ in range(3):
            daemon.submit("a@here.test", ["b@far.test"], TEXT)
        daemon.wait_event("delivered", count=3)
        until(lambda: samples(get(port, "/metrics")[2]).get(
            'ringpost_recipients_total{outcome="delivered"}') == 3, what="deliveries")
        status, kind, text = get(port, "/metrics")
        cases.equal((status, kind.split(";")[0]), (200, "text/plain"), "metrics")
        got = samples(text)
        cases.equal(got["ringpost_received_total"], 3, "received")
        cases.equal(got['ringpost_stage_seconds_count{stage="final"}'], 3, "final replies")
        for stage in ("accept", "commit", "queue", "fsync", "redis", "connect"):
            cases.check(got[f'ringpost_stage_seconds_count{{stage="{stage}"}}'] > 0, stage)
        cases.check(got["process_resident_memory_bytes"] > 1e6, "memory")
        cases.equal(got["ringpost_accepting"], 1, "accepting")
        cases.check(len(got) < 600, f"{len(got)} samples")
        families = re.findall(r"^# TYPE (\S+)", text, re.M)
        cases.equal(len(families), len(set(families)), "each family once")
        if shutil.which("promtool"):
            checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                                     capture_output=True, timeout=60)
            cases.equal(checked.returncode, 0, checked.stdout + checked.stderr)
        daemon.kill_redis()
        until(lambda: get(port, "/readyz")[0] == 503 or get(port, "/readyz")[0] == 200,
              what="an answer without Redis")
        until(lambda: get(port, "/readyz")[0] == 200, what="Redis is back", timeout=60)


if __name__ == "__main__":
    sys.exit(cases.run([figures]))
