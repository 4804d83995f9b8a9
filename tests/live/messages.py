"""Messages as their senders see them: listed, looked up, taken back, put off, followed;
from the command line and over HTTP."""
import json
import sys
import time

import ringpost_live as live
from ringpost_live import Daemon, Sink, free_port, until

cases = live.Cases()
check, equal = cases.check, cases.equal
TEXT = "From: a@sender.test\nTo: b@receiver.test\nSubject: x\n\nHello\n"


def rule(step):
    """later.test says later, never@… never, slow.test takes its time over the content"""
    if step.verb == "RCPT" and step.address.endswith("@later.test"):
        return "451 4.3.0 not now"
    if step.verb == "RCPT" and step.address.startswith("never@"):
        return "550 5.1.1 no such user"
    return None


def states(message):
    return {r["address"]: r["state"] for r in message["recipients"]}


def show(daemon, one):
    return json.loads(daemon.run("message", "show", one, "--json", status=0).stdout)


def done(daemon, one):
    """What show says when all is over; files are written a little later."""
    got = daemon.run("message", "show", one, "--json")
    message = json.loads(got.stdout) if got.returncode == 0 else {"state": None}
    return message if message["state"] == "done" else None


def kinds(events):
    return [e["event"] for e in events]


def listed():
    """List: filters, pages that are complete and without doubles"""
    with Sink(rule=rule) as sink:
        daemon = Daemon(routes=[sink.route("*")], relay={"retry": ["1h"]}, workers=2,
                        events={"stream": True})
        with daemon:
            ids = {daemon.submit("a@sender.test" if n % 2 else "b@other.test",
                                 [f"{n}@later.test", f"{n}@receiver.test"], TEXT): n
                   for n in range(30)}
            until(lambda: len(daemon.run_json("queue", "list", "--state", "deferred",
                                              "--limit", "0")) == 30, what="30 that wait")
            got = daemon.run_json("message", "list")
            equal({m["id"] for m in got}, set(ids), "all")
            for m in got:
                equal((m["recipients"], m["states"], m["recipient_count"]),
                      ([f"{ids[m['id']]}@later.test"], {"deferred": 1}, 1), "what waits")
            check("451 4.3.0 not now" in got[0]["last"]["answer"], got[0])
            for words, count in ((["--sender", "@sender.test"], 15),
                                 (["--recipient", "7@later.test"], 1),
                                 (["--recipient", "@LATER.test", "--limit", "7"], 7),
                                 (["--domain", "later.test"], 30), (["--domain", "x.test"], 0),
                                 (["--state", "held"], 0), (["--since", "1h"], 30),
                                 (["--since", "2026-01-01T00:00Z", "--until", "1h"], 0)):
                equal(len(daemon.run_json("message", "list", *words)), count, words)
            text = daemon.run("message", "list", "--limit", "10", status=0).stdout
            seen, cursor = [line.split()[0] for line in text.splitlines()[1:11]], None
            check("--cursor " + seen[-1] in text, text)
            for _ in range(2):
                cursor = seen[-1]
                page = daemon.run_json("message", "list", "--limit", "10", "--cursor", cursor)
                seen += [m["id"] for m in page]
            equal((len(seen), set(seen)), (30, set(ids)), "three pages")
            equal(daemon.run("message", "list", "--cursor", "x").returncode, 1, "no cursor")
            equal(daemon.run("message", "list", "--since", "x").returncode, 2, "no time")


def story():
    """Show and events: what waits, from the queue; what is over, from the stream, from the
    file, from the log; what nobody knows"""
    with Sink(rule=rule) as sink:
        daemon = Daemon(routes=[sink.route("*")], relay={"retry": ["1h"]},
                        events={"stream": True})
        with daemon:
            one = daemon.submit("a@sender.test", ["fine@receiver.test", "never@receiver.test",
                                                  "b@later.test"], TEXT)

            def settled():
                got = show(daemon, one)
                return got if len(got["destinations"]) == 1 and set(
                    states(got).values()) == {"delivered", "bounced", "deferred"} else None
            got = until(settled, what="all three outcomes")
            equal(states(got), {"fine@receiver.test": "delivered",
                                "never@receiver.test": "bounced", "b@later.test": "deferred"},
                  "their states")
            equal((got["state"], got["sources"], got["whole"], got["recipient_count"],
                   got["from"], [d["domain"] for d in got["destinations"]]),
                  ("queued", ["queue", "stream"], True, 3, "a@sender.test", ["later.test"]),
                  "the message")
            by = {r["address"]: r for r in got["recipients"]}
            equal((by["never@receiver.test"]["last"]["answer"],
                   by["never@receiver.test"]["last"]["category"],
                   by["b@later.test"]["attempts"], by["b@later.test"]["source"]),
                  ("550 5.1.1 no such user", "bad-mailbox", 1, "queue"), "last answers")
            check(by["b@later.test"]["next_attempt_ms"] > time.time() * 1000 + 600000, by)
            events = daemon.run_json("message", "events", one)
            equal((kinds(events)[0], sorted(kinds(events)[1:])),
                  ("accepted", ["bounced", "delayed", "delivered"]), "its events")
            text = daemon.run("message", "show", one, status=0).stdout
            check("451 4.3.0 not now" in text and "Known from: queue, stream." in text, text)
            check("b@later.test" in daemon.run("message", "events", one, status=0).stdout,
                  "as text")
            equal(daemon.run("message", "show", "1m7ynm3ch015wm76").returncode, 1, "unknown")
            equal(daemon.run("message", "show", "x").returncode, 1, "no id")
            equal(daemon.run("message", "events", "1m7ynm3ch015wm76").returncode, 1, "unknown")
            equal(daemon.run("message", "show", one, "--tenant", "x").returncode, 1,
                  "another tenant's")
            daemon.run("message", "cancel", one, status=0)
            equal((show(daemon, one)["state"], states(show(daemon, one))["b@later.test"]),
                  ("done", "dropped"), "canceled")
            # The stream goes: the file, then the log know it.
            daemon.config["events"] = {"file": daemon.directory + "/applications.jsonl"}
            daemon.write_config()
            check(daemon.reload(), "reloaded")
            two = daemon.submit("a@sender.test", ["fine@receiver.test"], TEXT)
            until(lambda: (done(daemon, two) or {"sources": None})["sources"] == ["file"],
                  what="its end, from the file")
            del daemon.config["events"]
            daemon.write_config()
            check(daemon.reload(), "reloaded")
            three = daemon.submit("a@sender.test", ["fine@receiver.test", "never@x.test"], TEXT)
            got = until(lambda: done(daemon, three), what="its end")
            equal((got["sources"], states(got), got["size"] > 0, got["client"]),
                  (["log"], {"fine@receiver.test": "delivered", "never@x.test": "bounced"},
                   True, "127.0.0.1"), "from the log")
            equal(sorted(kinds(daemon.run_json("message", "events", three))),
                  ["accepted", "bounced", "delivered"], "its events from the log")


def taken_back():
    """Cancel, reschedule: which recipients; what is over cannot be; nothing of it is sent"""
    with Sink(rule=rule) as sink:
        daemon = Daemon(routes=[sink.route("*")], relay={"retry": ["1h"]},
                        events={"stream": True}, submission={"future_release": "2d"})
        with daemon:
            def later(*to):
                return daemon.submit("a@sender.test", to, TEXT,
                                     mail_options=["HOLDFOR=3600"])

            def act(*words):
                return json.loads(daemon.run("message", *words, "--json", status=0).stdout)
            one, two, three = later("a@x.test", "b@y.test"), later("c@x.test"), \
                later("d@x.test", "e@y.test")
            equal(states(show(daemon, one)), {"a@x.test": "held", "b@y.test": "held"}, "held")
            at = show(daemon, one)["recipients"][0]["next_attempt_ms"] / 1000
            check(abs(at - time.time() - 3600) < 600, f"until when: {at}")
            got = act("cancel", one)
            equal((sorted(got["canceled"]), got["in_delivery"]), (["a@x.test", "b@y.test"], []),
                  "canceled")
            again = daemon.run("message", "cancel", one)
            check(again.returncode == 1 and "nothing of it is left" in again.stderr, again)
            unknown = daemon.run("message", "cancel", "1m7ynm3ch015wm76")
            check(unknown.returncode == 1 and "is not kept" in unknown.stderr, unknown)
            # Another time, and expires later by as much; then now.
            before = show(daemon, two)["expires_ms"]
            got = act("reschedule", two, "--for", "1d")
            equal(got["rescheduled"], ["c@x.test"], "rescheduled")
            moved = show(daemon, two)
            check(abs(moved["recipients"][0]["next_attempt_ms"] / 1000 - time.time() - 86400)
                  < 600 and moved["expires_ms"] - before > 80000000, moved)
            equal(daemon.run("message", "reschedule", two, "--for", "9d").returncode, 1,
                  "too far")
            # It survives the server and its Redis.
            daemon.kill()
            daemon.kill_redis()
            daemon.start()
            check(show(daemon, two)["recipients"][0]["next_attempt_ms"] ==
                  moved["recipients"][0]["next_attempt_ms"], "after a crash")
            equal(act("reschedule", two, "--now")["rescheduled"], ["c@x.test"], "now")
            equal([m.addresses for m in sink.wait(1)], [["c@x.test"]], "what is sent")
            until(lambda: done(daemon, two), what="its end")
            over = daemon.run("message", "reschedule", two, "--for", "1h")
            check(over.returncode == 1 and "nothing of it waits" in over.stderr, over)
            equal(kinds(daemon.run_json("message", "events", two)),
                  ["accepted", "held", "held", "released", "delivered"], "its events")
            # By hand is by hand.
            equal(daemon.run_json("queue", "hold", three), [{"changed": 2}], "held by hand")
            equal([r.get("next_attempt_ms") for r in show(daemon, three)["recipients"]],
                  [None, None], "until somebody releases it")
            by_hand = daemon.run("message", "reschedule", three, "--now")
            check(by_hand.returncode == 1 and "nothing of it waits" in by_hand.stderr, by_hand)
            daemon.run("queue", "release", three, status=0)
            sink.wait(3)
            equal(len(sink.messages), 3, "nothing that was canceled")
            canceled = [e for e in daemon.run_json("message", "events", one)
                        if e["event"] == "dropped"]
            equal([(e["rcpt"], e["reason"]) for e in canceled],
                  [("a@x.test", "sender"), ("b@y.test", "sender")], "what applications hear")
            changes = daemon.events("admin_change", command="message cancel", outcome="done")
            equal([e["object"] for e in changes], [one], "the change is told")


if __name__ == "__main__":
    sys.exit(cases.run([listed, story, taken_back]))
