"""What an operator suspends stays in the queue, on a real daemon: at once, over
restarts, until its time; it is not lost, not tried, and still expires.
"""
import json
import sys

import ringpost_live as live
from ringpost_live import Daemon, Dns, Sink, until
from ringpost_redis import Redis

cases = live.Cases()
check, equal = cases.check, cases.equal
TEXT = "From: a@sender.test\nTo: b@receiver.test\nSubject: %s\n\nHello\n"


def send(daemon, to, subject="x"):
    return daemon.submit("a@sender.test", [to], TEXT % subject)


def subjects(sink):
    return sorted(m.text.split("Subject: ")[1].split("\n")[0] for m in sink.messages)


def queued(daemon):
    return len(daemon.run_json("queue", "list"))


def by_domain():
    """a domain: put off at once, explained, kept over a restart and a kill, resumed"""
    with Sink() as sink, Daemon(routes=[sink.route("*")], workers=2) as daemon:
        got = daemon.run("suspend", "--domain", "Stop.test", "--for", "2h", "--reason",
                         "they asked", status=0)
        check("domain Stop.test is suspended until" in got.stdout, got.stdout)
        ids = [send(daemon, "b@stop.test", f"stop{i}") for i in range(10)]
        send(daemon, "b@go.test", "go")
        sink.wait(1)
        equal(subjects(sink), ["go"], "what went out")
        why = daemon.run("why", ids[0], status=0).stdout
        check("suspended by operator until" in " ".join(why.split())
              and "because they asked" in " ".join(why.split()), why)
        listed = json.loads(daemon.run("suspensions", "--json", status=0).stdout)
        equal([(s["scope"], s["name"], s["reason"]) for s in listed],
              [("domain", "stop.test", "they asked")], "the list")
        check("they asked" in daemon.run("suspensions", status=0).stdout, "the table")
        daemon.wait_event("suspended", scope="domain", what="stop.test", by="operator")
        daemon.stop()
        daemon.start()
        send(daemon, "b@stop.test", "stop10")
        send(daemon, "b@go.test", "again")
        sink.wait(2)
        equal(subjects(sink), ["again", "go"], "after a restart")
        until(lambda: queued(daemon) == 11, 20, "what was delivered to be settled")
        daemon.kill()
        daemon.kill_redis()
        daemon.start()
        send(daemon, "b@go.test", "killed")
        sink.wait(3)
        equal(subjects(sink), ["again", "go", "killed"], "after a kill")
        until(lambda: queued(daemon) == 11, 20, "what waits")
        check(all(e["attempts"] == 0 for e in daemon.run_json("queue", "list")),
              "no attempt was made")
        got = daemon.run("resume", "--domain", "stop.test", status=0)
        sink.wait(14)
        equal(len(subjects(sink)), 14, "all of it")
        until(lambda: queued(daemon) == 0, 20, "an empty queue")
        daemon.wait_event("resumed", scope="domain", what="stop.test", by="operator")
        got = daemon.run("resume", "--domain", "stop.test")
        check(got.returncode == 1 and "was not suspended" in got.stderr, got.stderr)


def in_hand():
    """what waits for a connection when its domain is suspended goes back, too"""
    slow = {"on": True}

    def rule(step):
        if step.verb == "CONNECT" and slow["on"]:
            return (3600, None)
        return None
    with Sink(rule=rule) as sink, Daemon(routes=[sink.route("*", connections=1)]) as daemon:
        ids = [send(daemon, "b@below.stop.test", f"m{i}") for i in range(5)]
        until(lambda: daemon.run_json("sites"), 20, "a site")
        daemon.run("suspend", "--domain", ".stop.test", status=0)
        until(lambda: "suspended by operator" in " ".join(
            daemon.run("why", ids[-1]).stdout.split()), 20, "why")
        until(lambda: sum(e["state"] == "deferred" for e in daemon.run_json("queue", "list"))
              >= 4, 20, "four that were put back")
        slow["on"] = False
        equal(queued(daemon), 5, "none is lost")
        daemon.run("resume", "--domain", ".stop.test", status=0)
        until(lambda: sum(e["state"] != "deferred" or e["due_ms"] < 0
                          for e in daemon.run_json("queue", "list")) >= 1, 20, "due again")


def by_itself():
    """it ends at its time, and what waited goes out then; a new end replaces the old"""
    with Sink() as sink, Daemon(routes=[sink.route("*")]) as daemon:
        daemon.run("suspend", "--domain", "stop.test", status=0)
        send(daemon, "b@stop.test", "one")
        until(lambda: queued(daemon) == 1, 20, "one that waits")
        equal(sink.messages, [], "nothing yet")
        daemon.run("suspend", "--domain", "stop.test", "--for", "3s", status=0)
        sink.wait(1)
        daemon.wait_event("resumed", by="time", what="stop.test")
        equal(json.loads(daemon.run("suspensions", "--json").stdout), [], "none is left")
        equal(len(daemon.events("suspended")), 2, "told of both")
        first = daemon.events("suspended", scope="domain")[1]
        daemon.wait_event("delivered")
        check(daemon.events("delivered")[0]["at"] >= first["at"], "not before")


def expires():
    """suspended mail is returned when its time is over"""
    with Sink() as sink, Daemon(
            routes=[sink.route("*")], relay={"expire": "4s", "retry": ["1s"]}) as daemon:
        daemon.run("suspend", "--domain", "stop.test", status=0)
        send(daemon, "b@stop.test", "late")
        message, = sink.wait(1)
        equal(message.sender, "", "a notification")
        check("4.4.7" in message.text or "could not be delivered in time" in message.text,
              message.text)
        equal(message.addresses, ["a@sender.test"], "to the sender")
        daemon.wait_event("bounced", rcpt="b@stop.test")
        until(lambda: queued(daemon) == 0, 20, "an empty queue")


def by_provider():
    """a provider of the shaping rules: its sites, and no others"""
    with Dns(mx={"one.test": [(10, "mx1.big.test")], "two.test": [(10, "mx2.big.test")],
                 "other.test": [(10, "mx.other.test")]},
             a={"mx1.big.test": ["127.0.0.1"], "mx2.big.test": ["127.0.0.1"],
                "mx.other.test": ["127.0.0.1"]}) as dns, Sink() as sink:
        daemon = Daemon(routes=[sink.mx_route("*")], dns={"servers": [dns.address]},
                        shaping={"file": "shaping.yaml"})
        with open(daemon.directory + "/shaping.yaml", "w") as file:
            file.write('providers:\n  - { name: big, mx: ["*.big.test"] }\n')
        with daemon:
            daemon.run("suspend", "--provider", "big", "--reason", "trouble", status=0)
            ids = [send(daemon, f"b@{d}.test", d) for d in ("one", "two", "other")]
            sink.wait(1)
            until(lambda: queued(daemon) == 2, 20, "two that wait")
            equal(subjects(sink), ["other"], "the others' mail goes")
            check("provider big is suspended" in " ".join(
                daemon.run("why", ids[0]).stdout.split()), "why")
            daemon.run("resume", "--provider", "big", status=0)
            sink.wait(3)
            equal(subjects(sink), ["one", "other", "two"], "all of it")


def by_source():
    """a source: the others of its pool send; alone, its mail waits"""
    sources = [{"name": "first", "address": "127.0.0.1"},
               {"name": "second", "address": "127.0.0.2"}]
    with Sink() as sink, Daemon(routes=[sink.route("*")], sources=sources) as daemon:
        got = daemon.run("suspend", "--source", "third")
        check(got.returncode == 1 and 'no source "third"' in got.stderr, got.stderr)
        daemon.run("suspend", "--source", "first", status=0)
        for i in range(4):
            send(daemon, "b@go.test", f"m{i}")
        sink.wait(4)
        equal({s.peer[0] for s in sink.sessions}, {"127.0.0.2"}, "from the other one")
        daemon.run("suspend", "--source", "second", status=0)
        send(daemon, "b@go.test", "waits")
        until(lambda: queued(daemon) == 1, 20, "one that waits")
        daemon.run("resume", "--source", "first", status=0)
        sink.wait(5)
        equal(sink.messages[-1].session.peer[0], "127.0.0.1", "from the first again")


def by_mark():
    """a tag, a stream, a tenant: others' mail goes, and retries keep their time"""
    def rule(step):
        return "450 4.2.0 later" if step.verb == "RCPT" and "grey" in step.address else None
    with Sink(rule=rule) as sink, Daemon(
            routes=[sink.route("*")], relay={"retry": ["1h"]},
            submission={"trusted_networks": ["127.0.0.1"], "trusted_tenant": "acme"}) as daemon:
        def marked(to, subject, **fields):
            lines = "".join(f"X-Ringpost-{k}: {v}\n" for k, v in fields.items())
            return daemon.submit("a@sender.test", [to], lines + TEXT % subject)
        for scope, name in (("tag", "spring"), ("stream", "bulk")):
            daemon.run("suspend", "--" + scope, name, "--reason", "why not", status=0)
        grey = marked("grey@go.test", "grey", Stream="transactional")
        daemon.wait_event("deferred", rcpt="grey@go.test")
        ids = [marked("b@go.test", "tagged", Tags="winter spring", Stream="transactional"),
               marked("b@go.test", "bulk", Stream="bulk")]
        marked("b@go.test", "free", Tags="winter", Stream="transactional")
        sink.wait(1)
        until(lambda: queued(daemon) == 3, 20, "three that wait")
        equal(subjects(sink), ["free"], "what went out")
        why = [" ".join(daemon.run("why", i).stdout.split()) for i in ids]
        check("tag spring is suspended" in why[0] and "stream bulk is suspended" in why[1], why)

        def due():
            return [e["due_ms"] for e in daemon.run_json("queue", "list")
                    if e["message"] == grey]
        before = due()
        daemon.run("resume", "--tag", "spring", status=0)
        sink.wait(2)
        equal(subjects(sink), ["free", "tagged"], "the tag's")
        daemon.run("resume", "--stream", "bulk", status=0)
        sink.wait(3)
        equal(due(), before, "a retry has its time")
        daemon.run("suspend", "--tenant", "acme", status=0)
        marked("b@go.test", "tenant", Stream="bulk")
        until(lambda: queued(daemon) == 2, 20, "the tenant's")
        equal(len(sink.messages), 3, "which waits")
        daemon.run("suspend", "--tenant", "acme", "--for", "2s", status=0)
        sink.wait(4)


def two_nodes():
    """what one node is told the other keeps to, with the same queue"""
    with Redis() as redis, Sink() as sink:
        options = {"queue": {"redis": "unix:" + redis.socket}, "routes": [sink.route("*")]}
        with Daemon(**options) as one, Daemon(**options) as two:
            one.run("suspend", "--domain", "stop.test", "--reason", "moving", status=0)
            check("moving" in two.run("suspensions", status=0).stdout, "the other's list")
            # It looks each second.
            until(lambda: "suspended by operator" in " ".join(two.run(
                "why", send(two, "b@stop.test", "probe")).stdout.split()), 20, "the other")
            went = len(sink.messages)
            for node in (one, two):
                for i in range(3):
                    send(node, "b@stop.test", "waits")
                send(node, "b@go.test", "goes")
            sink.wait(went + 2)
            equal(subjects(sink).count("waits"), 0, "neither sends")
            total = sum(queued(d) for d in (one, two))
            two.run("resume", "--domain", "stop.test", status=0)
            sink.wait(went + 2 + total)
            equal(subjects(sink).count("waits"), 6, "both go on")


def refusals():
    """what is not understood"""
    daemon = Daemon()
    for words, said in (
            (("suspend",), "which mail?"),
            (("suspend", "--domain", "a.test", "--tag", "x"), "goes without"),
            (("suspend", "--domain", "a.test", "--for", "soon"), "--for"),
            (("suspend", "--domain", "a.test", "--until", "soon"), "--until"),
            (("suspend", "--domain", "a.test", "--until", "2099-01-01", "--for", "1h"),
             "--for goes without --until"),
            (("resume", "--domain", "a.test", "--for", "1h"), "no option --for")):
        got = daemon.run(*words)
        check(got.returncode == 2 and said in got.stderr, f"{words}: {got.stderr}")
    with daemon:
        for words, said in (
                (("suspend", "--domain", "a..test"), "is no domain"),
                (("suspend", "--domain", "a.test", "--until", "2020-01-01"), "over already"),
                (("suspend", "--tag", "two words"), "which mail?")):
            got = daemon.run(*words)
            check(got.returncode == 1 and said in got.stderr, f"{words}: {got.stderr}")


sys.exit(cases.run([by_domain, in_hand, by_itself, expires, by_provider, by_source, by_mark,
                    two_nodes, refusals]))
