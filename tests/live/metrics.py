#!/usr/bin/env python3
"""What monitoring asks: /metrics as promtool reads it and as docs/METRICS.md has it, both
ways; health, readiness; figures that grow with the mail."""
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

from ringpost_live import Cases, Daemon, Dns, Sink, free_port, make_certificate, until

cases = Cases()
METRICS = pathlib.Path(__file__).parents[2] / "docs" / "METRICS.md"
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


def families(text):
    """{family: (kind, labels, what it is)} as it was answered"""
    found = {}
    for name, what in re.findall(r"^# HELP (\S+) (.+)$", text, re.M):
        kind = re.search(rf"^# TYPE {name} (\S+)$", text, re.M).group(1)
        lines = re.findall(rf"^{name}(?:_bucket|_sum|_count)?(?:{{(.*)}})? \S+$", text, re.M)
        labels = {label for line in lines for label in re.findall(r'(\w+)="', line)}
        found[name] = (kind, labels - {"le"}, what, bool(lines))
    return found


def documented():
    rows = re.findall(r"^\| `(\w+)` \| (counter|gauge|histogram) \| (.*?) \| (.+) \|$",
                      METRICS.read_text(), re.M)
    return {name: (kind, set(re.findall(r"`(\w+)`", labels)), what)
            for name, kind, labels, what in rows}


def compare(text):
    """What is answered is documented, and what is documented is answered"""
    got, written = families(text), documented()
    cases.equal(sorted(set(got) - set(written)), [], "answered, but not in docs/METRICS.md")
    cases.equal(sorted(set(written) - set(got)), [], "in docs/METRICS.md, but not answered")
    for name in sorted(set(got) & set(written)):
        kind, labels, what, sampled = got[name]
        cases.equal((kind, what), (written[name][0], written[name][2]), name)
        if sampled:
            cases.equal(labels, written[name][1], f"labels of {name}")
    stages = set(re.findall(r'stage="(\w+)"', text))
    cases.equal(stages, set(re.findall(r"^\| `(\w+)` \| (?!counter|gauge|histogram)",
                                       METRICS.read_text(), re.M)), "stages")


def rule(step):
    if step.verb == "RCPT" and step.address.startswith("later"):
        return "450 4.2.0 Greylisted, come back later"
    if step.verb == "RCPT" and step.address.startswith("never"):
        return "550 5.1.1 No such user"
    return None


def figures(daemon, port):
    """They grow with the mail, and are well formed"""
    def now():
        return samples(get(port, "/metrics")[2])

    cases.equal(get(port, "/healthz")[::2], (200, "ok\n"), "health")
    cases.equal(get(port, "/readyz")[0], 200, "readiness")
    cases.equal(get(port, "/v1/messages")[0], 404, "what it does not serve")
    for _ in range(3):
        daemon.submit("a@here.test", ["b@far.test"], TEXT)
    daemon.wait_event("delivered", count=3)

    def is_still():
        got = now()
        return (got['ringpost_recipients_total{outcome="delivered"}'] == 3 and
                got['ringpost_queue_age_seconds{percentile="100"}'] == 0 and
                got['ringpost_tls_handshakes_total{side="client",version="1.3"}'] ==
                got['ringpost_tls_connects_total{session="any"}'] > 0)
    until(is_still, what="everything delivered, settled and counted")
    status, kind, text = get(port, "/metrics")
    cases.equal((status, kind.split(";")[0]), (200, "text/plain"), "metrics")
    got = samples(text)
    cases.equal(got['ringpost_received_total{role="submission"}'], 3, "received")
    cases.equal(got['ringpost_received_total{role="receive"}'], 0, "brought")
    cases.equal(got['ringpost_stage_seconds_count{stage="final"}'], 3, "final replies")
    for stage in ("accept", "commit", "queue", "fsync", "redis", "connect", "tls"):
        cases.check(got[f'ringpost_stage_seconds_count{{stage="{stage}"}}'] > 0, stage)
    for name in ("process_resident_memory_bytes", "ringpost_disk_free_bytes"):
        cases.check(got[name] > 1e6, name)
    until(lambda: now()["ringpost_redis_memory_most_bytes"] == 256 << 20,
          what="Redis' memory")
    cases.equal(got["ringpost_accepting"], 1, "accepting")
    cases.check(got['ringpost_sessions{role="http"}'] >= 1, "we are a session")
    cases.equal(got['ringpost_sessions_total{role="http"}'],
                got["ringpost_http_connections_total"], "sessions over HTTP")
    end = got["ringpost_certificate_end_seconds"] - got["process_start_time_seconds"]
    cases.check(28 < end / 86400 < 31, f"the certificate ends in {end / 86400:.1f} days")
    cases.check(len(got) < 800, f"{len(got)} samples")
    compare(text)
    cases.equal(len(re.findall(r"^# TYPE", text, re.M)), len(families(text)),
                "each family once")
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                             capture_output=True, timeout=60)
    cases.equal((checked.returncode, checked.stdout + checked.stderr), (0, ""), "promtool")


def trouble(daemon, port):
    """Refusals by provider, mail that waits and its age; a connection that is nobody's"""
    for to in ("later@far.test", "later@other.test", "never@far.test"):
        daemon.submit("a@here.test", [to], TEXT)
    seen = {}

    def all_there():
        seen["text"] = get(port, "/metrics")[2]
        seen["got"] = samples(seen["text"])
        return (seen["got"]['ringpost_queue_entries{state="deferred"}'] == 2 and
                seen["got"]['ringpost_queue_age_seconds{percentile="100"}'] > 0.5)
    until(all_there, what="two that wait")
    got = seen["got"]
    refusals = {line: value for line, value in got.items()
                if line.startswith("ringpost_refusals_total")}

    def refused(outcome, category, provider):
        return (f'ringpost_refusals_total{{outcome="{outcome}",category="{category}",'
                f'provider="{provider}"}}')
    cases.equal(refusals, {
        refused("deferred", "greylisting", "lab"): 1,
        refused("deferred", "greylisting", "other"): 1,
        refused("bounced", "bad-mailbox", "lab"): 1}, "refusals")
    ages = [got[f'ringpost_queue_age_seconds{{percentile="{q}"}}'] for q in (50, 90, 100)]
    cases.check(0 < ages[0] <= ages[1] <= ages[2] < 120, f"ages {ages}")
    cases.equal(got["ringpost_queue_late_seconds"], 0, "nothing is late")
    compare(seen["text"])
    with socket.create_connection(("127.0.0.1", daemon.tls_port)) as nobody:
        nobody.sendall(b"EHLO here\r\n" * 3)
        nobody.settimeout(30)
        while nobody.recv(1000):
            pass
    until(lambda: samples(get(port, "/metrics")[2])[
        'ringpost_tls_failures_total{side="server"}'] == 1, what="a handshake that failed")


def without_redis(daemon, port):
    """What there is without Redis is answered"""
    daemon.kill_redis()
    until(lambda: get(port, "/readyz")[0] in (200, 503), what="an answer without Redis")
    until(lambda: get(port, "/readyz")[0] == 200, what="Redis is back", timeout=60)


def all_of_it():
    """One daemon, one receiver of a provider, one of none"""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        shaping = os.path.join(folder, "shaping.yaml")
        with open(shaping, "w") as file:
            json.dump({"providers": [{"name": "lab", "mx": ["mx.lab.test"]}]}, file)
        certificate, key = make_certificate(folder, "mx.lab.test")
        with Sink(rule=rule, certificate=certificate, key=key) as sink, \
                Dns(mx={"far.test": [(10, "mx.lab.test")]},
                    a={"mx.lab.test": ["127.0.0.1"]}) as dns, \
                Daemon(routes=[sink.mx_route("far.test"), sink.route("*")], tls=True,
                       dns={"servers": [dns.address]}, shaping={"file": shaping},
                       relay={"retry": ["1h"]}) as daemon:
            daemon.config["listeners"].append(
                {"address": f"127.0.0.1:{port}", "role": "http", "tls": "none",
                 "serves": ["metrics"]})
            daemon.write_config()
            daemon.reload()
            for part in (figures, trouble, without_redis):
                part(daemon, port)


if __name__ == "__main__":
    sys.exit(cases.run([all_of_it]))
