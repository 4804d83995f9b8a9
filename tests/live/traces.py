"""Traces of messages: the spans that a collector gets, whose they are, what they say;
and that a collector which is slow, dead or unwilling is nothing to mail."""
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request

import receive
from port25 import bring
from ringpost_http import Api, add_key, add_listener
from ringpost_live import Cases, Daemon, Dns, Sink, free_port, until
from ringpost_otlp import Collector, named

cases = Cases()
check, equal = cases.check, cases.equal

TEXT = "From: a@sender.test\r\nSubject: x\r\n\r\nHello\r\n"
ALL = 1000000
CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-%s"


def of(spans, message):
    """The spans of a message, by its entries, behind its root."""
    root = [s for s in named(spans, "accept") if s.attributes["messaging.message.id"] == message]
    if not root:
        return []
    assert len(root) == 1, root
    return [s for s in spans if s.trace == root[0].trace and (s is root[0] or is_below(
        s, root[0], {one.id: one for one in spans}))]


def is_below(span, root, by_id):
    for _ in range(5):
        if span.parent == root.id:
            return True
        span = by_id.get(span.parent)
        if not span:
            return False
    return False


def children(spans, parent):
    return [s for s in spans if s.parent == parent.id]


def one(spans, name, **fields):
    found = named(spans, name, **fields)
    assert len(found) == 1, (name, fields, found)
    return found[0]


def metric(port, name):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
        found = re.search(rf"^{name} (\S+)$", answer.read().decode(), re.M)
    return float(found.group(1)) if found else None


class Rule:
    """later@ is put off once, never@ is refused."""

    def __init__(self):
        self.tried = set()

    def __call__(self, step):
        if step.verb == "RCPT" and step.address.startswith("later"):
            if step.address not in self.tried:
                self.tried.add(step.address)
                return "451 4.7.1 not now"
        if step.verb == "RCPT" and step.address.startswith("never"):
            return "550 5.1.1 no such user"
        return None


def check_delivered(spans, message):
    mine = of(spans, message)
    root, delivery = one(mine, "accept"), one(mine, "delivery")
    queue = one(mine, "queue")
    equal((root.kind, root.parent, root.error), ("SERVER", None, None), "the root")
    equal(root.resource["service.name"], "ringpost", "who traces")
    equal(root.attributes["network.protocol.name"], "smtp", "how it came")
    equal(root.attributes["client.address"], "127.0.0.1", "who sent it")
    equal({s.name for s in children(mine, root)},
          {"checks", "sign", "commit", "queue", "delivery"}, "under the root")
    commit = one(mine, "commit")
    check(commit.ended > commit.began, "a commit takes time")
    check(root.began - 0.01 <= commit.began and commit.ended <= root.ended + 0.01,
          "the commit lies within the root")
    equal({s.name for s in children(mine, queue)}, {"dns"}, "the domain was looked up")
    steps = [s.name for s in sorted(children(mine, delivery), key=lambda s: s.began)]
    equal(set(steps), {"dns", "connect", "tls", "greeting", "ehlo", "mail", "rcpt", "final"},
          "an attempt's steps")
    equal(len(named(mine, "ehlo")), 2, "EHLO, and again under TLS")
    equal((delivery.kind, delivery.error), ("CLIENT", None), "the attempt")
    said = delivery.attributes
    equal(said["ringpost.domain"], "receiver.test", "where to")
    equal(said["server.address"], "mx.receiver.test", "which host")
    equal((said["ringpost.attempt"], said["ringpost.delivered"]), (1, 1), "what came of it")
    equal(said["tls.protocol.version"], "TLSv1.3", "its TLS")
    final = one(mine, "final")
    equal(final.attributes["ringpost.reply.code"], 250, "the last reply")
    for step in children(mine, delivery):
        check(delivery.began - 0.01 <= step.began and step.ended <= delivery.ended + 0.01,
              f"{step} lies within the attempt")
    equal(len({s.id for s in mine}), len(mine), "no id is there twice")
    # Nobody's address is told to the collector.
    check("@" not in json.dumps([s.attributes for s in mine]), "no addresses")


def check_deferred(spans, message):
    mine = of(spans, message)
    first, second = (one(mine, "delivery", attempt=n) for n in (1, 2))
    equal((first.error, first.attributes["ringpost.deferred"]), ("deferred", 1), "put off")
    equal((first.attributes["ringpost.reply.code"], first.attributes["ringpost.reply.status"],
           first.attributes["ringpost.stage"]), (451, "4.7.1", "RCPT"), "and why")
    rcpt, = [s for s in children(mine, first) if s.name == "rcpt"]
    equal((rcpt.error, rcpt.attributes["ringpost.reply.code"]), ("refused", 451), "that step")
    equal((second.error, second.attributes["ringpost.delivered"]), (None, 1), "then delivered")
    waited = one(mine, "queue", attempt=2)
    check(abs(waited.began - first.ended) < 0.1 and abs(waited.ended - second.began) < 0.01,
          "it waited from the one to the other")


def check_bounced(spans, message):
    mine = of(spans, message)
    delivery, bounce = one(mine, "delivery"), one(mine, "bounce")
    equal((delivery.error, delivery.attributes["ringpost.bounced"]), ("bounced", 1), "refused")
    equal((bounce.parent, bounce.kind), (delivery.id, "PRODUCER"), "its notification")
    notice = of(spans, bounce.attributes["ringpost.notice"])
    equal([link["traceId"] for link in bounce.links], [one(notice, "accept").trace],
          "leads to the notification's own trace")
    equal([link["spanId"] for link in bounce.links], [one(notice, "accept").id], "its root")
    return bool(named(notice, "delivery"))


def story():
    """Delivered, put off, bounced: a tree of spans each"""
    with Collector() as collector, Dns(
            mx={"receiver.test": [(10, "mx.receiver.test")],
                "sender.test": [(10, "mx.receiver.test")]},
            a={"mx.receiver.test": ["127.0.0.1"]}) as dns:
        daemon = Daemon(tls=True, dns={"servers": [dns.address]}, relay={"retry": ["300ms"]},
                        traces={"endpoint": collector.url, "per_million": ALL,
                                "headers": ["Authorization: Bearer s3cret"]})
        key = os.path.join(daemon.directory, "dkim.key")
        subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-out", key], check=True,
                       capture_output=True)
        daemon.config["dkim"] = [{"domain": "sender.test", "selector": "s1", "key": key}]
        with Sink(rule=Rule(), certificate=daemon.certificate, key=daemon.key) as sink:
            daemon.config["routes"] = [sink.mx_route("*")]
            daemon.write_config()
            with daemon:
                fine = daemon.submit("a@sender.test", ["fine@receiver.test"], TEXT)
                spans = collector.wait(lambda s: named(of(s, fine), "delivery"))
                check_delivered(spans, fine)
                equal(daemon.wait_event("received", id=fine)["trace"],
                      one(of(spans, fine), "accept").trace, "which the log names")
                later = daemon.submit("a@sender.test", ["later@receiver.test"], TEXT)
                never = daemon.submit("a@sender.test", ["never@receiver.test"], TEXT)
                collector.wait(lambda s: named(of(s, later), "delivery", attempt=2))
                spans = collector.wait(lambda s: named(of(s, never), "bounce"))
                check_deferred(spans, later)
                until(lambda: check_bounced(list(collector.spans), never), what="a notice")
                equal({r.headers.get("Authorization") for r in collector.requests},
                      {"Bearer s3cret"}, "the headers of the configuration")


def callers():
    """A caller's trace goes on, over a restart, too; and it is the caller who chose"""
    taken = []
    port = free_port()
    with Collector() as collector, Sink(rule=lambda step: "451 4.7.1 not now" if
                                        step.verb == "RCPT" and not taken else None) as sink:
        daemon = Daemon(relay={"retry": ["500ms"]}, routes=[sink.route("*")],
                        traces={"endpoint": collector.url, "per_million": 0})
        add_listener(daemon, port, "api", "metrics")
        with daemon:
            api = Api(port, add_key(daemon, "shop", "--sender", "*"))

            def send(flags=None):
                body = {"from": "a@sender.test", "to": "b@receiver.test", "subject": "x",
                        "text": "Hello"}
                headers = {"traceparent": CALLER % flags} if flags else {}
                return api.post("/v1/messages", body, want=202, headers=headers)["id"]
            first = send("01")
            others = [send("00"), send()]
            collector.wait(lambda s: named(of(s, first), "delivery", attempt=1))
            daemon.stop()
            taken.append(True)
            daemon.start()
            spans = collector.wait(lambda s: [
                one for one in named(of(s, first), "delivery")
                if one.attributes.get("ringpost.delivered")])
            mine = of(spans, first)
            root = one(mine, "accept")
            equal({s.trace for s in mine}, {CALLER[3:35]}, "one trace")
            equal(root.parent, CALLER[36:52], "its root is the caller's child")
            equal(root.attributes["network.protocol.name"], "http", "how it came")
            until(lambda: len(sink.messages) == 3, what="all of them")
            equal([of(spans, other) for other in others], [[], []], "nobody chose those")


def unwilling():
    """A collector that is not there, too busy, in doubt, says no: mail goes on"""
    port, web = free_port(), free_port()
    answers = []
    with Sink() as sink:
        daemon = Daemon(routes=[sink.route("*")], traces={
            "endpoint": f"http://127.0.0.1:{port}/v1/traces", "per_million": ALL,
            "timeout": "2s"})
        add_listener(daemon, web, "metrics")

        def send(count):
            ids = [daemon.submit("a@sender.test", ["b@receiver.test"], TEXT)
                   for _ in range(count)]
            for message in ids:
                daemon.wait_event("delivered", id=message)
            return ids
        with daemon:
            ids = send(5)
            until(lambda: metric(web, "ringpost_traces_failures_total"), what="failures")
            equal(metric(web, "ringpost_traces_sent_total"), 0, "sent to nobody")
            answers.append((503, "", {"Retry-After": "1"}))
            with Collector(answer=lambda _: answers.pop(0) if answers else None,
                           port=port) as collector:
                collector.wait(lambda s: all(named(of(s, m), "delivery") for m in ids))
                equal(len({s.id for s in collector.spans}), len(collector.spans), "each once")
                equal(answers, [], "it was asked again")
                until(lambda: metric(web, "ringpost_traces_sent_total") ==
                      metric(web, "ringpost_traces_spans_total"), what="all of them sent")
                equal(metric(web, "ringpost_traces_waiting_bytes"), 0, "none wait")
                answers.append((200, json.dumps({"partialSuccess": {
                    "rejectedSpans": "2", "errorMessage": "too \"old\""}})))
                send(1)
                until(lambda: metric(web, "ringpost_traces_refused_total") == 2,
                      what="a refusal in part")
                event = daemon.wait_event("traces_lost")
                equal((event["spans"], event["reason"]),
                      (2, "it refused some: too \"old\""), "told")
                before = metric(web, "ringpost_traces_spans_total")
                answers.append((400, "{}"))
                send(1)
                until(lambda: metric(web, "ringpost_traces_refused_total") > 2,
                      what="a refusal")
                check(metric(web, "ringpost_traces_spans_total") > before, "they are counted")
                equal(metric(web, "ringpost_traces_dropped_total"), 0, "none for want of room")
                off_and_on(daemon, collector, send)


def off_and_on(daemon, collector, send):
    traces = daemon.config.pop("traces")
    daemon.write_config()
    check(daemon.reload(), "a configuration without")
    quiet, = send(1)
    daemon.config["traces"] = dict(traces, per_million=ALL)
    daemon.write_config()
    check(daemon.reload(), "and with them again")
    loud, = send(1)
    spans = collector.wait(lambda s: named(of(s, loud), "delivery"))
    equal(of(spans, quiet), [], "nothing of what came meanwhile")


def port25():
    """What strangers bring: checks that ask DNS, a seal"""
    with tempfile.TemporaryDirectory(prefix="traces-") as folder, Collector() as collector:
        key = os.path.join(folder, "key.pem")
        with open(key, "wb") as file:
            file.write(receive.PEM)
        with receive.world(receive={"arc_seal": "local.test"},
                           dkim=[{"domain": "local.test", "selector": "rp1", "key": key}],
                           traces={"endpoint": collector.url, "per_million": ALL}
                           ) as (daemon, _):
            code, said = bring(daemon, "a@good.test", ["bob@local.test"],
                               receive.signed("a@good.test"), receive.GOOD)
            equal(code, 250, said)
            message = daemon.wait_event("received")["id"]
            spans = collector.wait(lambda s: named(of(s, message), "delivery"))
            mine = of(spans, message)
            root, checks = one(mine, "accept"), one(mine, "checks")
            equal({s.name for s in children(mine, root)},
                  {"checks", "sign", "commit", "queue", "delivery"}, "under the root")
            check(checks.ended > checks.began, "DNS takes time")
            equal(root.attributes["client.address"], receive.GOOD, "the stranger")


if __name__ == "__main__":
    sys.exit(cases.run([story, callers, unwilling, port25]))
