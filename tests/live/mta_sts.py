#!/usr/bin/env python3
"""MTA-STS policies: fetched from a real HTTPS server, kept in Redis over restarts,
refreshed by their id, and never in the way of mail.
"""
import glob
import os
import socket
import subprocess
import sys
import time

import dns_server as d
from ringpost_live import PATIENCE, Cases, Daemon, Sink, until
from smtp_raw import need
from web import Authority, Web

need("openssl", "redis-server", "redis-cli")
cases = Cases()
check, equal = cases.check, cases.equal

GOOD = "version: STSv1\nmode: {mode}\nmx: mx.{domain}\nmx: *.{domain}\nmax_age: {age}\n"
TYPE = {"Content-Type": "text/plain; charset=utf-8"}
records = {}   # domain: its _mta-sts record, or a list
answers = {}   # domain: what its server answers, or None: it hangs
DOMAINS = ["good.test", "testing.test", "off.test", "html.test", "wrong.test", "away.test",
           "redirect.test", "hung.test", "untrusted.test", "plain.test", "two.test",
           "kept.test", "error.test", "bad.test"]


def resolve(query):
    name, owner = query.name, query.name.partition(".")[2]
    if name.startswith("_mta-sts.") and query.kind == d.TXT and owner in records:
        lines = records[owner]
        return query.reply([d.txt(name, line.encode(), ttl=1)
                            for line in ([lines] if isinstance(lines, str) else lines)])
    if query.kind == d.A and name.startswith("mx."):
        return query.reply([d.a(name, "127.0.0.1", ttl=1)])
    if query.kind == d.A and name.startswith("mta-sts."):
        address = "127.0.0.3" if owner in ("untrusted.test", "hung.test") else "127.0.0.1"
        return query.reply([d.a(name, address, ttl=1)])
    if query.kind == d.MX and name in DOMAINS:
        return query.reply([d.mx(name, 10, "mx." + name, ttl=1)])
    return query.reply(authority=[d.soa("test", 1)])


def serve(request):
    domain = request.host.partition(".")[2].partition(":")[0]
    equal(request.path, "/.well-known/mta-sts.txt", "the path asked for")
    return answers[domain]


def policy(domain, mode="enforce", age=86400):
    return 200, GOOD.format(domain=domain, mode=mode, age=age), TYPE


def asked(domain):
    return sum(r.host.startswith(f"mta-sts.{domain}:") for r in web.requests)


def sts(domain, *options):
    got, = daemon.run_json("sts", domain, *options)
    return got


def redis(*words):
    path, = glob.glob(os.path.join(daemon.state, "redis", "*.sock"))
    secret = [line.split()[1] for line in open(os.path.join(daemon.state, "redis", "redis.conf"))
              if line.startswith("requirepass")]
    return subprocess.run(
        ["redis-cli", "-s", path, *(["--no-auth-warning", "-a", secret[0]] if secret else []),
         *map(str, words)], check=True, capture_output=True, text=True).stdout.strip()


def policies():
    """modes, hosts and ages of good policies; none where none is published"""
    records.update({n: "v=STSv1; id=1;" for n in ("good.test", "testing.test", "off.test")})
    answers.update({"good.test": policy("good.test"),
                    "testing.test": policy("testing.test", "testing", 31557600),
                    "off.test": policy("off.test", "none", 60)})
    got = sts("good.test")
    equal((got["mode"], got["id"], got["mx"], got["max_age"]),
          ("enforce", "1", ["mx.good.test", "*.good.test"], 86400), "an enforced policy")
    check(abs(got["expires_ms"] - got["fetched_ms"] - 86400000) < 1000, "its end")
    equal(sts("testing.test")["mode"], "testing", "a policy that is tested")
    equal(sts("off.test")["mode"], "none", "one that takes itself back")
    equal(sts("bad.test")["mode"], "absent", "none is published")
    for _ in range(3):
        sts("good.test")
    equal(asked("good.test"), 1, "fetches")
    daemon.wait_event("sts_policy", domain="good.test", mode="enforce", id="1")
    text = daemon.run("sts", "GOOD.test", status=0).stdout
    check("mode enforce" in text and "mx *.good.test" in text, text)


def troubles():
    """what is wrong with a policy or its server is told by TLSRPT's names"""
    for domain, answer, result in (
            ("html.test", (200, GOOD, {"Content-Type": "text/html"}), "sts-policy-invalid"),
            ("wrong.test", (200, "version: STSv1\nmode: enforce\n", TYPE), "sts-policy-invalid"),
            ("away.test", (404, "gone", TYPE), "sts-policy-fetch-error"),
            ("redirect.test", (301, "", {"Location": f"https://mta-sts.good.test:{web.port}/"
                                         ".well-known/mta-sts.txt"}), "sts-policy-fetch-error"),
            ("two.test", (200, "x" * 70000, TYPE), "sts-policy-invalid")):
        records[domain] = "v=STSv1; id=x"
        answers[domain] = answer
        got = sts(domain)
        equal((got["mode"], got.get("trouble")), ("absent", result), domain)
        daemon.wait_event("sts_failed", domain=domain, result=result, cached=False)
        sts(domain)
        equal(asked(domain), 1, "a failure is remembered")
    records["untrusted.test"] = "v=STSv1; id=x"
    with Web(other_ca, ["mta-sts.untrusted.test"], serve, address="127.0.0.3",
             port=web.port):
        equal(sts("untrusted.test").get("trouble"), "sts-webpki-invalid", "not trusted")
    for record in (["v=STSv1; id=1", "v=STSv1; id=2"], "v=STSv1; id=?", "v=STSv1"):
        records["bad.test"] = record
        got = sts("bad.test", "--again")
        equal((got["mode"], asked("bad.test")), ("absent", 0), f"record {record}")
    records["bad.test"] = ["v=STSv1; id=1", "something else"]
    answers["bad.test"] = policy("bad.test")
    equal(sts("bad.test", "--again")["mode"], "enforce", "a stranger's record beside it")


def changes():
    """a new id is fetched; while that fails, or the record is gone, the old one holds"""
    before = asked("good.test")
    answers["good.test"] = policy("good.test", "testing")
    equal(sts("good.test", "--again")["mode"], "enforce", "the id is the same")
    equal(asked("good.test"), before, "fetches")
    records["good.test"] = "v=STSv1; id=2"
    sts("good.test", "--again")
    until(lambda: sts("good.test")["id"] == "2", what="the new policy")
    equal(sts("good.test")["mode"], "testing", "its mode")
    answers["good.test"] = 500, "", TYPE
    records["good.test"] = "v=STSv1; id=3"
    sts("good.test", "--again")
    daemon.wait_event("sts_failed", domain="good.test", id="3", cached=True)
    got = sts("good.test")
    equal((got["id"], got["mode"], got["trouble"]), ("2", "testing", "sts-policy-fetch-error"),
          "the old one holds")
    del records["good.test"]
    got = sts("good.test", "--again")
    equal((got["id"], got["mode"], got.get("trouble")), ("2", "testing", None), "and without DNS")


def mail():
    """mail to a domain whose fetch hangs waits some seconds, others do not wait"""
    with socket.create_server(("127.0.0.3", web.port), backlog=100):
        records["hung.test"] = "v=STSv1; id=hang"  # it accepts and says nothing
        start = time.monotonic()
        slow = daemon.submit("a@sender.test", ["b@hung.test"], "Subject: slow\n\nx\n")
        quick = daemon.submit("a@sender.test", ["b@kept.test"], "Subject: quick\n\nx\n")
        daemon.wait_event("delivered", id=quick)
        check(not daemon.events("delivered", id=slow), "the quick one is first")
        daemon.wait_event("delivered", id=slow)
        check(4 < time.monotonic() - start < 10 * PATIENCE, "how long the slow one waited")


def restarts():
    """the policy outlives a restart, without DNS and without its server"""
    records["kept.test"] = "v=STSv1; id=k1"
    answers["kept.test"] = policy("kept.test")
    equal(sts("kept.test", "--again")["mode"], "enforce", "before")
    before = asked("kept.test")
    daemon.stop()
    answers["kept.test"] = 404, "", TYPE
    daemon.start()
    got = sts("kept.test")
    equal((got["mode"], got["id"], asked("kept.test")), ("enforce", "k1", before), "after")
    del records["kept.test"]
    daemon.stop()
    daemon.start()
    equal(sts("kept.test")["mode"], "enforce", "after, without a record")


def store():
    """an error of Redis, or nonsense in it, costs nothing but a fetch"""
    records["error.test"] = "v=STSv1; id=e1"
    answers["error.test"] = policy("error.test", "testing")
    redis("lpush", "rp:sts:error.test", "x")
    equal(sts("error.test")["mode"], "testing", "beside a key of another type")
    for text in ("", "nonsense", "e1 1 2", "e1 99999999999999 99999999999999\n" + GOOD,
                 "e1" * 100, "e1 -1 99999999999999\n"):
        redis("set", "rp:sts:wrong.test", text)
        equal(sts("wrong.test", "--again")["mode"], "absent", f"{text!r}")
    text = redis("get", "rp:sts:kept.test")
    check(text.startswith("k1 ") and "mode: enforce" in text, text)
    check(0 < int(redis("pttl", "rp:sts:kept.test")) <= 86400000, "its time in Redis")
    daemon.submit("a@sender.test", ["c@error.test"], "Subject: on\n\nx\n")
    until(lambda: any(r.address == "c@error.test" for m in sink.messages for r in m.recipients), what="the mail")


with Authority() as ca, Authority() as other_ca, d.DnsServer(resolve) as dns, \
        Web(ca, ["mta-sts." + n for n in DOMAINS], serve) as web, Sink() as sink, \
        Daemon(dns={"servers": [dns.address]},
               relay={"https": {"ca_file": ca.file, "private_addresses": True,
                                "policy_port": web.port}},
               routes=[{"domain": "*", "port": sink.port, "private_addresses": True}]) as daemon:
    status = cases.run([policies, troubles, changes, mail, restarts, store])
sys.exit(status)
