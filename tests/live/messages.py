"""Messages as their senders see them: listed, looked up, taken back, put off, followed;
from the command line and over HTTP."""
import base64
import concurrent.futures
import http.client
import json
import sys
import time

import ringpost_live as live
from ringpost_http import Api, add_key, add_listener
from ringpost_live import Daemon, Sink, free_port, until
from ringpost_redis import Redis

cases = live.Cases()
check, equal = cases.check, cases.equal
TEXT = "From: a@sender.test\nTo: b@receiver.test\nSubject: x\n\nHello\n"


def rule(step):
    """later.test says later, never@… never, slow.test takes its time over the content"""
    if step.verb == "RCPT" and step.address.endswith("@later.test"):
        return "451 4.3.0 not now"
    if step.verb == "END" and step.message.addresses[0].endswith("@slow.test"):
        return 5, "451 4.3.0 not now" if "fails" in step.message.addresses[0] else None
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
            equal(states(until(lambda: done(daemon, one), what="its end"))["b@later.test"],
                  "dropped", "canceled")
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
            daemon.wait_event("admin_change", command="message cancel", outcome="done",
                              object=one)


def key_of(daemon, name, *options):
    return add_key(daemon, name, "--sender", "*", *options)


def watch(api, cursor):
    """Until there is an event behind the cursor."""
    got = {"items": [], "next": cursor}
    while not got["items"]:
        got = api.call("GET", "/v1/events", want=200, cursor=got["next"], wait_ms=20000,
                       kinds="released")
    return got["items"]


def over_http():
    """Over HTTP: whose it is, which scope it takes, what is wrong at its place"""
    port = free_port()
    with Sink(rule=rule) as sink:
        daemon = Daemon(routes=[sink.route("*")], relay={"retry": ["1h"]}, workers=2,
                        events={"stream": True}, tenants=[{"name": "shop"}, {"name": "other"}])
        add_listener(daemon, port)
        with daemon:
            admin, shop, mate, other = (Api(port, key_of(daemon, *words)) for words in (
                ("admin", "--scope", "send,read,admin"),
                ("shop", "--scope", "send,read", "--tenant", "shop"),
                ("mate", "--scope", "send,read", "--tenant", "shop"),
                ("other", "--scope", "send,read,admin", "--tenant", "other")))
            soon = int(time.time()) + 3600

            def send(api, **more):
                return api.call("POST", "/v1/messages", {
                    "from": "a@sender.test", "to": ["b@x.test", "c@y.test"], "text": "x",
                    "tags": ["welcome"], "metadata": {"order": 7}, **more}, want=202)["id"]
            one, two = send(shop, send_at=soon), send(mate, send_at=soon)
            path = "/v1/messages/" + one
            for api, ids in ((admin, {one, two}), (shop, {one, two}), (other, set())):
                equal({m["id"] for m in api.call("GET", "/v1/messages", want=200)["items"]}, ids,
                      "whose list")
            page = shop.call("GET", "/v1/messages", want=200, limit=1, state="held",
                             tag="welcome", recipient="c@Y.test", since=soon - 7200)
            rest = shop.call("GET", "/v1/messages", want=200, limit=1, cursor=page["next"])
            equal({m["id"] for m in page["items"] + rest["items"]}, {one, two}, "two pages")
            check("next" not in rest, "there is no third")
            equal((page["items"][0]["metadata"], page["items"][0]["next_attempt_ms"]),
                  ({"order": "7"}, soon * 1000), "what is told")
            for query in ({"state": "x"}, {"since": "x"}, {"cursor": "x"}, {"limit": 0}):
                equal(shop.call("GET", "/v1/messages", **query)[0], 422, query)
            got = shop.call("GET", path, want=200)
            equal((got["state"], got["account"], got["tenant"], states(got)),
                  ("queued", "api:shop", "shop", {"b@x.test": "held", "c@y.test": "held"}),
                  "shown")
            for method, more in (("GET", ""), ("GET", "/events"), ("GET", "/body"),
                                 ("DELETE", ""), ("POST", "/retry"), ("POST", "/hold")):
                other.call(method, path + more, want=404)
            other.call("PATCH", path, {"send_at": soon}, want=404)
            mate.call("DELETE", path, want=404)
            for more in ("/retry", "/hold", "/release"):
                equal(shop.call("POST", path + more)[1]["code"], "scope_missing", more)
            shop.call("GET", path + "/body", want=403)
            octets = base64.b64decode(admin.call("GET", path + "/body", want=200)["bytes"])
            check(one.encode() in octets and octets.endswith(b"\r\n\r\nx\r\n"), octets)
            part = admin.call("GET", path + "/body", want=200, offset=100)
            equal((base64.b64decode(part["bytes"]), part["end"]), (octets[100:], True), "a window")
            # Another time.
            got = shop.call("PATCH", path, {"send_at": soon + 60}, want=200)
            equal((sorted(got["rescheduled"]), got["send_at_ms"]),
                  (["b@x.test", "c@y.test"], soon * 1000 + 60000), "rescheduled")
            for at in ("soon", "", -1, 1.5, soon + 9 * 86400, None, {}, []):
                problem = shop.call("PATCH", path, {"send_at": at}, want=422)
                equal([e["pointer"] for e in problem["errors"]], ["/send_at"], at)
            equal(sorted(admin.call("POST", path + "/hold", want=200)["held"]),
                  ["b@x.test", "c@y.test"], "held")
            admin.call("POST", path + "/hold", want=409)
            shop.call("PATCH", path, {"send_at": 0}, want=409)
            admin.call("POST", path + "/retry", want=409)
            # Sent, and heard of.
            with concurrent.futures.ThreadPoolExecutor() as pool:
                end = shop.call("GET", "/v1/events", want=200, cursor="end")
                equal(end["items"], [], "nothing behind the end")
                heard = pool.submit(watch, Api(port, shop.key), end["next"])
                equal(len(admin.call("POST", path + "/release", want=200)["released"]), 2, "released")
                equal(heard.result()[0]["event"], "released", "what was waited for")
            sink.wait(2)
            until(lambda: shop.call("GET", path, want=200)["state"] == "done", what="its end")
            events = shop.call("GET", path + "/events", want=200)
            equal((events["source"], events["whole"], kinds(events["items"])[-2:]),
                  ("stream", True, ["delivered", "delivered"]), "its events")
            for method in ("DELETE", "PATCH"):
                equal(shop.call(method, path, {"send_at": 0} if method == "PATCH" else None)[0],
                      409, "too late")
            # The stream: only one's own, of a kind, page by page.
            seen, cursor = [], None
            while True:
                page = shop.call("GET", "/v1/events", want=200, cursor=cursor, limit=3,
                                 kinds="delivered,accepted")
                seen += page["items"]
                cursor = page["next"]
                if not page["items"]:
                    break
            equal((sorted(kinds(seen)), {e["tenant"] for e in seen}),
                  (["accepted"] * 2 + ["delivered"] * 2, {"shop"}), "the stream")
            equal(other.call("GET", "/v1/events", want=200)["items"], [], "not another's")
            equal(len(admin.call("GET", "/v1/events", want=200, message=two)["items"]), 3, "of one")
            shop.call("GET", "/v1/events", want=422, kinds="nonsense")
            shop.call("GET", "/v1/events", want=422, cursor="x.y")
            # Taken back, once.
            got = mate.call("DELETE", "/v1/messages/" + two, want=200)
            equal((sorted(got["canceled"]), got["in_delivery"]), (["b@x.test", "c@y.test"], []),
                  "canceled")
            mate.call("DELETE", "/v1/messages/" + two, want=409)
            mate.call("DELETE", "/v1/messages/1m7ynm3ch015wm76", want=404)
            mate.call("GET", "/v1/messages/nonsense", want=404)
            daemon.wait_event("admin_change", command="message cancel", outcome="done",
                              object=two, tenant="shop", key="mate")
        equal(len(sink.messages), 2, "what was sent")


def in_delivery():
    """What is being delivered is canceled if that fails, and not if it does not"""
    port = free_port()
    with Sink(rule=rule) as sink:
        daemon = Daemon(routes=[sink.route("*")], relay={"retry": ["1s"]},
                        events={"stream": True})
        add_listener(daemon, port)
        with daemon:
            api = Api(port, key_of(daemon, "admin", "--scope", "send,read,admin"))
            ids = [daemon.submit("a@sender.test", [to], TEXT)
                   for to in ("fails@slow.test", "works@slow.test")]
            until(lambda: len(sink.lines("DATA") + sink.lines("BDAT")) >= 2,
                  what="both under way", pause=0.005)
            for one in ids:
                got = api.call("DELETE", "/v1/messages/" + one, want=200)
                equal((got["canceled"], len(got["in_delivery"])), ([], 1), "in delivery")
            ends = [until(lambda: (lambda m: m if m["state"] == "done" else None)(
                api.call("GET", "/v1/messages/" + one, want=200)), what="its end")
                for one in ids]
            equal([m["recipients"][0]["state"] for m in ends], ["dropped", "delivered"],
                  "what became of them")
            equal([kinds(api.call("GET", f"/v1/messages/{one}/events", want=200)["items"])
                   for one in ids],
                  [["accepted", "delayed", "dropped"], ["accepted", "delivered"]], "as told")


def crashes():
    """Killed with its Redis amid cancels and reschedules: what was answered holds, the rest
    is as it was, or as was asked"""
    port = free_port()
    with Sink(rule=rule) as sink:
        daemon = Daemon(routes=[sink.route("*")], workers=2, events={"stream": True})
        add_listener(daemon, port)
        with daemon:
            api = Api(port, key_of(daemon, "admin", "--scope", "send,read,admin"))
            soon = int(time.time()) + 7200
            ids = [m["id"] for m in api.call("POST", "/v1/messages", {
                "from": "a@sender.test", "text": "x", "send_at": soon, "recipients": [
                    {"to": f"{n}@x.test"} for n in range(200)]}, want=202)["messages"]]
            said = {}

            def ask():
                client = Api(port, api.key)
                for n, one in enumerate(ids):
                    try:
                        if n % 2:
                            client.call("PATCH", "/v1/messages/" + one, {"send_at": soon + n},
                                        want=200)
                        else:
                            client.call("DELETE", "/v1/messages/" + one, want=200)
                    except (OSError, http.client.HTTPException):
                        return
                    said[one] = True
            with concurrent.futures.ThreadPoolExecutor() as pool:
                asking = pool.submit(ask)
                until(lambda: len(said) > 40 or asking.done(), what="some answers", pause=0.002)
                daemon.kill()
                daemon.kill_redis()
                asking.result()
            daemon.start()
            left = {}

            def there():
                left.update({m["id"]: m["next_attempt_ms"] // 1000 - soon
                             for m in daemon.run_json("message", "list", "--limit", "0")})
                return all(one in left for one in ids[1::2])
            until(there, what="the queue")
            for n, one in enumerate(ids):
                wanted = (None, 0) if n % 2 == 0 else (0, n)
                if one in said:
                    wanted = (None,) if n % 2 == 0 else (n,)
                check(left.get(one) in wanted, f"message {n}, {one in said}: {left.get(one)}")
        equal(sink.messages, [], "nothing was sent")


def two_nodes():
    """Each node has a part of the queue, and says so of the other's"""
    with Redis() as redis, Sink(rule=rule) as sink:
        options = {"queue": {"redis": "unix:" + redis.socket}, "routes": [sink.route("*")],
                   "events": {"stream": True}}
        with Daemon(**options) as one, Daemon(**options) as two:
            # It has some shards, which have room for mail, once the first gives them up.
            def of_two():
                sent = two.run("message", "show", two.submit(
                    "a@sender.test", ["b@x.test"], TEXT, mail_options=["HOLDFOR=3600"]),
                    "--json", status=0)
                return json.loads(sent.stdout)["id"]
            its = until(of_two, what="the second node's message")
            shown = show(one, its)
            equal((shown.get("elsewhere"), shown["state"], states(shown)),
                  (True, "unknown", {"b@x.test": "held"}), "seen from the first")
            got = one.run("message", "cancel", its)
            check(got.returncode == 1 and "another node" in got.stderr, got)
            check(its not in [m["id"] for m in one.run_json("message", "list")], "its list")
            equal(json.loads(two.run("message", "cancel", its, "--json", status=0).stdout)[
                "canceled"], ["b@x.test"], "there")


if __name__ == "__main__":
    sys.exit(cases.run([listed, story, taken_back, over_http, in_delivery, crashes, two_nodes]))
