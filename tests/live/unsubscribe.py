#!/usr/bin/env python3
"""Links to leave a list: what mail gets one, and what DKIM signs; the page; the POST as
Gmail sends it; who gets no more, of what, and how soon; what is no link of ours."""
import base64
import email
import email.policy
import hashlib
import json
import re
import threading
import time

from ringpost_http import Api, add_key, add_listener
from ringpost_live import Daemon, Sink, free_port, until

URL = "https://mail.test.example/x"
ONE_CLICK = b"List-Unsubscribe=One-Click"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PARTS = (b"--b1\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n"
         b"One-Click\r\n--b1--\r\n")


class Place:
    """A daemon with links, an API key and a place its mail goes to."""

    def __init__(self, daemon, port, sink, key):
        self.daemon, self.port, self.sink, self.key = daemon, port, sink, key

    def call(self, method, path, body=None, headers=None):
        """Status, text, fields: each on a connection of its own."""
        got = Api(self.port).exchange(method, path, body, headers)
        return got.status, got.text, got.headers

    def send(self, **message):
        return Api(self.port, self.key).post(
            "/v1/messages", {"from": "a@sender.test", "text": "x", **message})

    def message_to(self, recipient, count=1):
        got = until(lambda: len(mine := [m for m in self.sink.messages if recipient in
                                         m.addresses]) >= count and mine, what=recipient)
        return email.message_from_bytes(got[-1].data, policy=email.policy.compat32)

    def link(self, recipient, count=1):
        """The path that a message to RECIPIENT names."""
        message = self.message_to(recipient, count)
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click", message
        links = re.findall(r"<([^>]+)>", message["List-Unsubscribe"])
        assert links[0].startswith(URL + "/u/"), links
        return links[0][len(URL):]

    def smtp(self, recipients, *fields):
        text = "".join(f + "\r\n" for f in ("From: a@sender.test", *fields)) + "\r\nx\r\n"
        with self.daemon.connect() as client:
            client.ehlo()
            client.mail("a@sender.test")
            codes = [client.rcpt(r)[0] for r in recipients]
            return codes, client.data(text.encode())


def check_api(place):
    status, answer = place.send(to="al@x.test", list_unsubscribe=True)
    assert status == 202, answer
    message = place.message_to("al@x.test")
    links = re.findall(r"<([^>]+)>", message["List-Unsubscribe"])
    token = links[0].rsplit("/", 1)[1]
    # Nobody takes mail here: it is for whoever reads that one address.
    assert links[1] == "mailto:leave@sender.test?subject=" + token, links
    assert len(links[0]) < 140, links[0]
    assert message["X-Ringpost-Unsubscribe"] is None
    signed = re.sub(r"\s", "", message["DKIM-Signature"]).lower()
    h = signed.split(";h=")[1].split(";")[0].split(":")
    assert "list-unsubscribe" in h and "list-unsubscribe-post" in h, h
    status, answer = place.send(to=["b@x.test", "c@x.test"], list_unsubscribe=True)
    assert status == 422 and answer["errors"][0]["pointer"] == "/list_unsubscribe", answer
    # Each of many has its own.
    status, answer = place.send(list_unsubscribe=True, recipients=[
        {"to": f"many{i}@x.test"} for i in range(3)])
    assert status == 202 and answer["accepted"] == 3, answer
    assert len({place.link(f"many{i}@x.test") for i in range(3)}) == 3
    status, _ = place.send(to="own@x.test", list_unsubscribe="https://sender.test/u")
    assert status == 202
    assert place.message_to("own@x.test")["List-Unsubscribe"] == "<https://sender.test/u>"
    status, _ = place.send(to="no@x.test", stream="bulk", list_unsubscribe=False)
    assert status == 202 and place.message_to("no@x.test")["List-Unsubscribe"] is None
    raw = base64.b64encode(b"From: a@sender.test\n\nraw\n").decode()
    assert place.send(to="raw@x.test", raw=raw, text=None, list_unsubscribe=True)[0] == 202
    place.link("raw@x.test")


def check_smtp(place):
    assert place.smtp(["s1@x.test"], "X-Ringpost-Unsubscribe: yes")[1][0] == 250
    place.link("s1@x.test")
    codes, (code, said) = place.smtp(["s2@x.test", "s3@x.test"], "X-Ringpost-Unsubscribe: yes")
    assert code == 550 and b"one recipient" in said, said
    assert place.smtp(["s2@x.test"], "X-Ringpost-Unsubscribe: maybe")[1][0] == 550
    # By its stream; not where it brings its own, nor for others.
    assert place.smtp(["s4@x.test"], "X-Ringpost-Stream: bulk")[1][0] == 250
    place.link("s4@x.test")
    own = "<https://other.test/1>"
    assert place.smtp(["s5@x.test"], "List-Unsubscribe: " + own,
                      "List-Unsubscribe-Post: List-Unsubscribe=One-Click")[1][0] == 250
    assert place.message_to("s5@x.test")["List-Unsubscribe"] == own
    assert place.smtp(["s6@x.test", "s7@x.test"], "X-Ringpost-Stream: bulk")[1][0] == 250
    assert place.smtp(["s8@x.test"])[1][0] == 250
    for who in ("s6@x.test", "s8@x.test"):
        assert place.message_to(who)["List-Unsubscribe"] is None


def check_page(place):
    """It shows, and does nothing; nothing in it comes from elsewhere."""
    path = place.link("al@x.test")
    for _ in range(3):
        status, page, answer = place.call("GET", path)
        assert status == 200 and answer["content-type"].startswith("text/html")
    assert page.count("<button") == 1 and 'method="post"' in page and "al@x.test" in page
    assert not re.search(r"(src|href|action|url\(|<script|http)", page, re.I), page
    style = re.search(r"<style>(.*?)</style>", page, re.S).group(1)
    hashed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = answer.get("content-security-policy")
    assert policy == (f"default-src 'none'; style-src 'sha256-{hashed}'; form-action 'self'; "
                      "base-uri 'none'; frame-ancestors 'none'"), policy
    assert answer.get("referrer-policy") == "no-referrer"
    assert answer.get("cache-control") == "no-store"
    assert place.call("DELETE", path)[0] == 405
    assert place.send(to="al@x.test", stream="bulk")[0] == 202


def check_leaving(place):
    daemon, path = place.daemon, place.link("al@x.test")
    began = time.monotonic()
    status, page, _ = place.call("POST", path, ONE_CLICK, FORM)
    status_then, answer = place.send(to="al@x.test", stream="bulk")
    took = time.monotonic() - began
    assert status == 200 and "al@x.test" in page and "<button" not in page, page
    assert status_then == 422 and "550 5.7.1" in json.dumps(answer), answer
    assert took < 20, took
    print(f"left, and the next message refused, after {took * 1000:.1f} ms")
    # Once more does no harm, and says the same; in parts, without a body.
    assert place.call("POST", path, ONE_CLICK, FORM)[:2] == (200, page)
    assert place.call("POST", path, PARTS, {
        "Content-Type": "multipart/form-data; boundary=b1"})[:2] == (200, page)
    assert place.call("POST", path)[:2] == (200, page)
    # Other streams of the sender's still come, also to somebody left with others.
    assert place.send(to="al@x.test", stream="transactional")[0] == 202
    until(lambda: len([m for m in place.sink.messages if "al@x.test" in m.addresses]) == 3,
          what="the receipt")
    codes, (code, _) = place.smtp(["al@x.test", "bo@x.test"], "X-Ringpost-Stream: bulk")
    assert codes == [250, 250] and code == 250
    place.message_to("bo@x.test")
    daemon.wait_event("suppressed", rcpt="al@x.test", action="recorded")
    assert len([m for m in place.sink.messages if "al@x.test" in m.addresses]) == 3
    entered = daemon.wait_event("suppression_entered", address="al@x.test")
    assert entered["reason"] == "unsubscribe" and entered["tenant"] == "/bulk", entered
    assert daemon.run("suppression", "check", "al@x.test", "--tenant", "/bulk").returncode == 1
    assert daemon.run("suppression", "check", "al@x.test").returncode == 0
    told = until(lambda: [e for line in daemon.run("events", "--json").stdout.splitlines()
                          if (e := json.loads(line))["event"] == "unsubscribed"], what="it told")
    assert len(told) == 1 and told[0]["rcpt"] == "al@x.test", told
    assert told[0]["message"] == entered["id"], told
    assert daemon.run("suppression", "remove", "al@x.test", "--tenant", "/bulk").returncode == 0
    assert place.send(to="al@x.test", stream="bulk")[0] == 202


def check_waiting(place):
    """What waits in the queue is stopped, too."""
    status, answer = place.send(to="wait@x.test", stream="bulk", send_at=int(time.time()) + 7)
    assert status == 202, answer
    assert place.send(to="wait@x.test", stream="bulk")[0] == 202
    assert place.call("POST", place.link("wait@x.test"), ONE_CLICK, FORM)[0] == 200
    stopped = place.daemon.wait_event("suppressed", rcpt="wait@x.test", action="stopped")
    assert stopped["id"] == answer["id"], stopped


def check_wrong(place):
    """All that is no link of ours is answered alike, and not for ever."""
    path = place.link("s4@x.test")
    pages = set()
    for wrong in (path[:-1], path + "A", path[:-1] + ("A" if path[-1] != "A" else "B"),
                  path[:20] + ("A" if path[20] != "A" else "B") + path[21:], "/u/x", "/u/%41",
                  "/u/" + "A" * 2000, "/u/..", "/u/%ff%fe", "/u/" + path[3:] + "%3d"):
        for method in ("GET", "POST"):
            status, page, _ = place.call(method, wrong, ONE_CLICK if method == "POST" else None)
            assert status == 404, (wrong, status)
            pages.add(page)
    assert len(pages) == 1, pages
    status, _, answer = place.call("GET", "/u/nothing")
    assert status == 429 and answer.get("retry-after") == "60", status
    assert place.call("GET", path)[0] == 200
    assert place.call("GET", "/u/%0a")[0] == 400 and place.call("GET", "/u/")[0] == 404
    place.daemon.wait_event("unsubscribe_refused", reason="unsigned")
    assert place.send(to="s4@x.test", stream="bulk")[0] == 202


def check_away(place):
    """Redis away: not done, said so, and done when it is back."""
    path = place.link("many0@x.test")
    place.daemon.kill_redis(19)  # SIGSTOP
    try:
        status, page, answer = place.call("POST", path, ONE_CLICK, FORM)
        assert status == 503 and answer.get("retry-after"), page
    finally:
        place.daemon.kill_redis(18)
    until(lambda: place.daemon.run("suppression", "check", "many0@x.test", "--tenant",
                                   "/bulk").returncode == 1, what="it is written then")
    until(lambda: "many0@x.test" in place.daemon.run("events", "--json", "--event",
                                                     "unsubscribed").stdout, what="it is told")


def check_many(place):
    """A hundred at a time, all of them in."""
    status, answer = place.send(list_unsubscribe=True, recipients=[
        {"to": f"c{i}@x.test"} for i in range(100)])
    assert status == 202, answer
    paths = [place.link(f"c{i}@x.test") for i in range(100)]
    answers = []

    def post(some):
        for path in some:
            answers.append(place.call("POST", path, ONE_CLICK, FORM)[0])

    began = time.monotonic()
    threads = [threading.Thread(target=post, args=(paths[i::10],)) for i in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 100, answers
    print(f"100 at a time: {(time.monotonic() - began) * 10:.1f} ms each")
    status, answer = place.send(stream="bulk", recipients=[
        {"to": f"c{i}@x.test"} for i in range(100)])
    assert answer["accepted"] == 0, answer


def check_config(daemon, port):
    got = daemon.run("check", "--config", daemon.file)
    assert "no listener has the role receive: who writes" in got.stderr + got.stdout, got
    daemon.config["unsubscribe"]["valid"] = "1h"
    daemon.config["suppression"]["unsubscribes"] = "everybody"
    del daemon.config["unsubscribe"]["url"]
    daemon.write_config()
    got = daemon.run("check", "--config", daemon.file)
    assert got.returncode == 78 and "mailto: there are no links" in got.stderr + got.stdout, got


def main():
    port = free_port()
    with Sink() as sink:
        daemon = Daemon(routes=[sink.route("*")], events={"stream": True},
                        unsubscribe={"url": URL + "/", "streams": ["bulk"],
                                     "mailto": "leave@sender.test"})
        made = daemon.run("dkim", "create", "sender.test", "--selector", "s1", "--type",
                          "ed25519", "--directory", daemon.directory)
        assert made.returncode == 0, made
        daemon.config["dkim"] = [{"domain": "sender.test", "selector": "s1",
                                  "key": daemon.directory + "/sender.test.s1.pem"}]
        add_listener(daemon, port, "api", "unsubscribe")
        with daemon:
            key = add_key(daemon, "shop", "--sender", "*")
            place = Place(daemon, port, sink, key)
            for check in (check_api, check_smtp, check_page, check_leaving, check_waiting,
                          check_many, check_wrong, check_away):
                began = time.monotonic()
                check(place)
                print(f"{check.__name__}: good, {time.monotonic() - began:.1f} s", flush=True)
            check_config(daemon, port)
    print("unsubscribe: good")


if __name__ == "__main__":
    main()
