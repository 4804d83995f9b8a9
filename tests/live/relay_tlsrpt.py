#!/usr/bin/env python3
"""TLSRPT: sessions counted by policy and result, the report sent by signed mail and
posted over HTTPS, once, with the right counts.
"""
import datetime
import email
import email.policy
import glob
import gzip
import json
import os
import subprocess
import sys

import dkim

import dns_server as d
from ports import free_port
from ringpost_live import Cases, Daemon, Sink, until
from smtp_raw import need
from web import Authority, Web

need("openssl", "redis-server", "redis-cli")
cases = Cases()
check, equal = cases.check, cases.equal

POLICY = "version: STSv1\nmode: {mode}\nmx: {mx}\nmax_age: 86400\n"
# domain: where its mx is; its policy's mode and mx
DOMAINS = {"good.test": ("127.0.0.2", "enforce", "mx.good.test"),
           "test.test": ("127.0.0.3", "testing", "*.test.test"),
           "other.test": ("127.0.0.2", "testing", "elsewhere.other.test"),
           "must.test": ("127.0.0.3", "enforce", "mx.must.test"),
           "fetch.test": ("127.0.0.2", None, None),
           "none.test": ("127.0.0.2", None, None),
           "plain.test": ("127.0.0.4", None, None),
           "quiet.test": ("127.0.0.2", None, None),
           "box.test": ("127.0.0.2", None, None)}
today = datetime.datetime.utcnow().strftime("%Y-%m-%d")
web_status = 200


def resolve(query):
    name, owner = query.name, query.name.partition(".")[2]
    if query.kind == d.TXT:
        if owner in DOMAINS and name.startswith("_mta-sts.") and (
                DOMAINS[owner][1] or owner == "fetch.test"):
            return query.reply([d.txt(name, b"v=STSv1; id=1;", ttl=1)])
        if name.startswith("_smtp._tls.") and name != "_smtp._tls.quiet.test":
            return query.reply([d.txt(name, f"v=TLSRPTv1; rua=mailto:tls%2Breports@box.test,"
                                      f"https://mta-sts.good.test:{web.port}/tlsrpt".encode(),
                                      ttl=1)])
        if name == "rp1._domainkey.sender.test":
            return query.reply([d.txt(name, key_record, ttl=1)])
    if query.kind == d.A and name.startswith("mx.") and owner in DOMAINS:
        return query.reply([d.a(name, DOMAINS[owner][0], ttl=1)])
    if query.kind == d.A and name.startswith("mta-sts."):
        return query.reply([d.a(name, "127.0.0.1", ttl=1)])
    if query.kind == d.MX and name in DOMAINS:
        return query.reply([d.mx(name, 10, "mx." + name, ttl=1)])
    return query.reply(authority=[d.soa("test", 1)])


def serve(request):
    domain = request.host.partition(".")[2].partition(":")[0]
    if request.method == "POST":
        return web_status, "thanks"
    _, mode, mx = DOMAINS[domain]
    if not mode:
        return 404, "none"
    return 200, POLICY.format(mode=mode, mx=mx), {"Content-Type": "text/plain"}


def send(domain, outcome="delivered"):
    """One message over a connection of its own."""
    id = daemon.submit("a@sender.test", [f"b@{domain}"],
                       "From: a@sender.test\nSubject: x\n\nHello\n")
    return daemon.wait_event(outcome, id=id)


def reports(day=None):
    return {line["domain"]: line["report"]
            for line in daemon.run_json("tlsrpt", *(["--day", day] if day else []))}


def groups(report):
    """(type, policy domain): (successes, failures, {result: count})"""
    found = {}
    for group in report["policies"]:
        key = group["policy"]["policy-type"], group["policy"]["policy-domain"]
        details = {}
        for detail in group.get("failure-details", []):
            name = detail["result-type"]
            details[name] = details.get(name, 0) + detail["failed-session-count"]
        found[key] = (group["summary"]["total-successful-session-count"],
                      group["summary"]["total-failure-session-count"], details)
    return found


def counting():
    """sessions with and without TLS, under no policy and under MTA-STS"""
    for domain, count in (("good.test", 3), ("none.test", 2), ("quiet.test", 1),
                          ("plain.test", 2), ("test.test", 2), ("other.test", 1)):
        for _ in range(count):
            send(domain)
    send("must.test", "deferred")
    send("fetch.test")
    got = reports()
    check("quiet.test" not in got, "who asks for no reports gets none")
    equal(groups(got["good.test"]), {("sts", "good.test"): (3, 0, {})}, "an enforced policy")
    policy = got["good.test"]["policies"][0]["policy"]
    equal((policy["mx-host"], policy["policy-string"][:2]),
          (["mx.good.test"], ["version: STSv1", "mode: enforce"]), "its text")
    equal(groups(got["none.test"]), {("no-policy-found", "none.test"): (2, 0, {})}, "no policy")
    equal(groups(got["plain.test"]), {("no-policy-found", "plain.test"): (
        0, 2, {"starttls-not-supported": 2})}, "no STARTTLS")
    detail = got["plain.test"]["policies"][0]["failure-details"][0]
    equal((detail["receiving-mx-hostname"], detail["receiving-ip"], detail["sending-mta-ip"]),
          ("mx.plain.test", "127.0.0.4", "127.0.0.1"), "where")
    equal(groups(got["test.test"]), {("sts", "test.test"): (
        0, 2, {"certificate-host-mismatch": 2})}, "a policy under test, another name")
    equal(groups(got["other.test"]), {("sts", "other.test"): (
        0, 1, {"validation-failure": 1})}, "a host that the policy does not name")
    equal(groups(got["must.test"]), {("sts", "must.test"): (
        0, 1, {"certificate-host-mismatch": 1})}, "an enforced one, another name")
    equal(groups(got["fetch.test"]).get(("sts", "fetch.test")), (
        0, 1, {"sts-policy-fetch-error": 1}), "a policy that cannot be fetched")
    text = daemon.run("tlsrpt", "--domain", "plain.test", status=0).stdout
    check("2 starttls-not-supported at mx.plain.test[127.0.0.4]" in text, text)


def redis(*words):
    path, = glob.glob(os.path.join(daemon.state, "redis", "*.sock"))
    secret = [line.split()[1] for line in open(os.path.join(daemon.state, "redis", "redis.conf"))
              if line.startswith("requirepass")]
    return subprocess.run(
        ["redis-cli", "-s", path, *(["--no-auth-warning", "-a", secret[0]] if secret else []),
         *map(str, words)], check=True, capture_output=True, text=True).stdout.strip()


def unpack(packed):
    return json.loads(gzip.decompress(packed))


def sending():
    """the report by mail, signed, and by POST: the same, once"""
    global web_status
    day = "2026-01-31"
    redis("rename", f"rp:tlsrpt:{today}::good.test", f"rp:tlsrpt:{day}::good.test")
    redis("rename", f"rp:tlsrpt:{today}::plain.test", f"rp:tlsrpt:{day}::plain.test")
    redis("sadd", f"rp:tlsrpt:{day}", "good.test", "plain.test")
    redis("sadd", f"rp:tlsrpt:{day}:due", "good.test", "plain.test")
    web_status = 500
    line, = daemon.run_json("tlsrpt", "--day", day, "--domain", "plain.test", "--send-now")
    check("the server said 500" in line["outcome"], line)
    daemon.wait_event("tlsrpt_failed", domain="plain.test", day=day)
    equal(redis("sismember", f"rp:tlsrpt:{day}:due", "plain.test"), "1", "it stays due")
    web_status = 200
    for _ in range(2):
        daemon.run_json("tlsrpt", "--day", day, "--send-now")
    until(lambda: sum(r.address == "tls+reports@box.test" for m in sink.messages
                      for r in m.recipients) >= 2, what="two reports by mail")
    equal(redis("scard", f"rp:tlsrpt:{day}:due"), "0", "nobody is due any more")
    daemon.wait_event("tlsrpt_sent", count=4, day=day)
    posts = [r for r in web.requests if r.method == "POST"]
    equal(sorted((r.path, r.headers["Content-Type"]) for r in posts),
          [("/tlsrpt", "application/tlsrpt+gzip")] * 3, "posts, one of them refused")
    mails = [m for m in sink.messages if m.recipients[0].address == "tls+reports@box.test"]
    equal(len(mails), 2, "mails")
    for mail in mails:
        one = email.message_from_bytes(mail.data, policy=email.policy.default)
        domain = one["TLS-Report-Domain"]
        equal((one.get_content_type(), one.get_param("report-type")),
              ("multipart/report", "tlsrpt"), "its type")
        equal((one["TLS-Report-Submitter"], one["TLS-Required"], one["From"]),
              ("sender.test", "No", "tls@sender.test"), "its header")
        check(domain in one["Subject"], one["Subject"])
        words, part = one.iter_parts()
        equal((words.get_content_type(), part.get_content_type()),
              ("text/plain", "application/tlsrpt+gzip"), "its parts")
        begin = int(datetime.datetime(2026, 1, 31, tzinfo=datetime.timezone.utc).timestamp())
        name = part.get_filename().split("!")
        equal(name[:4], ["sender.test", domain, str(begin), str(begin + 86399)], "the file name")
        check(name[4].endswith(".json.gz"), name[4])
        report = unpack(part.get_content())
        equal(report["date-range"], {"start-datetime": "2026-01-31T00:00:00Z",
                                     "end-datetime": "2026-01-31T23:59:59Z"}, "its day")
        equal((report["organization-name"], report["contact-info"]),
              ("Sender Ltd", "tls@sender.test"), "who it is from")
        equal(groups(report), {"good.test": {("sts", "good.test"): (3, 0, {})},
                               "plain.test": {("no-policy-found", "plain.test"): (
                                   0, 2, {"starttls-not-supported": 2})}}[domain], "the counts")
        posted = [unpack(r.body) for r in posts]
        check(report in posted, "the same was posted")
        check(dkim.verify(mail.data, dnsfunc=lambda *_, **__: key_record), "its signature")
        check(b"d=sender.test" in mail.data, "d=")


def waiting():
    """counts wait while Redis is away, and go there when the daemon ends"""
    before = groups(reports()["none.test"])
    send("none.test")
    daemon.stop()
    daemon.start()
    got = groups(reports()["none.test"])[("no-policy-found", "none.test")]
    equal(got[0], before[("no-policy-found", "none.test")][0] + 1, "after a restart")
    equal(daemon.run("tlsrpt", "--day", "2026-02-30").returncode, 1, "no such day")
    equal(daemon.run("tlsrpt", "--domain", "a..b").returncode, 1, "no domain")


def daily():
    """yesterday's report goes out by itself, once its moment has come"""
    now = datetime.datetime.utcnow()
    if now.hour < 5:
        return  # reports of yesterday are spread until 04:10
    day = (now - datetime.timedelta(1)).strftime("%Y-%m-%d")
    redis("rename", f"rp:tlsrpt:{today}::test.test", f"rp:tlsrpt:{day}::test.test")
    redis("sadd", f"rp:tlsrpt:{day}", "test.test")
    redis("sadd", f"rp:tlsrpt:{day}:due", "test.test")
    posts = sum(r.method == "POST" for r in web.requests)
    daemon.stop()
    daemon.start()
    daemon.wait_event("tlsrpt_sent", timeout=40, count=2, domain="test.test", day=day)
    until(lambda: redis("sismember", f"rp:tlsrpt:{day}:due", "test.test") == "0",
          what="nobody who is due")
    equal(redis("exists", f"rp:tlsrpt:{day}::test.test:lease"), "1", "the lease")
    equal(sum(r.method == "POST" for r in web.requests), posts + 1, "posts")
    equal(len(daemon.events("tlsrpt_sent", day=day)), 2, "reports of the day")
    equal(groups(unpack([r for r in web.requests if r.method == "POST"][-1].body)),
          {("sts", "test.test"): (0, 2, {"certificate-host-mismatch": 2})}, "the counts")


def off():
    """a reporter without a key is warned of; without relay.tlsrpt.from nothing is counted"""
    config = json.loads(json.dumps(daemon.config))
    config["relay"]["tlsrpt"]["from"] = "tls@unsigned.test"
    daemon.write_config(config)
    got = daemon.run("check")
    check("unsigned.test has no DKIM key" in got.stdout + got.stderr, got)
    del config["relay"]["tlsrpt"]
    daemon.write_config(config)
    check(daemon.reload(), "a reload")
    send("none.test")
    got = daemon.run("tlsrpt")
    check(got.returncode and "relay.tlsrpt.from" in got.stderr, got.stderr)


with Authority() as ca, d.DnsServer(resolve) as dns:
    key = os.path.join(ca.folder, "dkim.pem")
    subprocess.run(["openssl", "genrsa", "-traditional", "-out", key, "2048"], check=True,
                   capture_output=True)
    os.chmod(key, 0o600)
    public = subprocess.run(["openssl", "rsa", "-in", key, "-pubout"], check=True,
                            capture_output=True, text=True).stdout
    key_record = b"v=DKIM1; k=rsa; p=" + "".join(public.split("\n")[1:-2]).encode()
    good = ca.issue(["mx." + n for n in DOMAINS])
    wrong = ca.issue(["another.name.test"])
    port = free_port("127.0.0.2", "127.0.0.3", "127.0.0.4")
    with Web(ca, ["mta-sts." + n for n in DOMAINS], serve) as web, \
            Sink(host="127.0.0.2", port=port, certificate=good[0], key=good[1]) as sink, \
            Sink(host="127.0.0.3", port=port, certificate=wrong[0], key=wrong[1]), \
            Sink(host="127.0.0.4", port=port), \
            Daemon(dns={"servers": [dns.address]},
                   dkim=[{"domain": "sender.test", "selector": "rp1", "key": key}],
                   relay={"idle": "0s", "retry": ["1h"],
                          "https": {"ca_file": ca.file, "private_addresses": True,
                                    "policy_port": web.port},
                          "tlsrpt": {"from": "tls@sender.test", "organization": "Sender Ltd"}},
                   routes=[{"domain": "*", "port": port, "private_addresses": True}],
                   environment={"SSL_CERT_FILE": ca.file}) as daemon:
        status = cases.run([counting, sending, waiting, daily, off])
sys.exit(status)
