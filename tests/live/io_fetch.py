#!/usr/bin/env python3
"""io/fetch against real web servers over TLS, good ones and bad ones.

io_fetch.py PROBE
"""
import socket
import sys
import threading
import time

import dns_server as d
from probe import Probe, check, equal, run
from web import Authority, Web

PROGRAM = sys.argv[1]
ADDRESSES = {"web.test": "127.0.0.1", "other.test": "127.0.0.1", "inner.test": "10.1.2.3",
             "meta.test": "169.254.169.254"}


def resolve(query):
    if query.name == "broken.test":
        return query.reply(rcode=d.SERVFAIL)
    if query.name not in ADDRESSES:
        return query.reply(rcode=d.NXDOMAIN, authority=[d.soa("test", 60)])
    if query.kind == d.A:
        return query.reply([d.a(query.name, ADDRESSES[query.name])])
    return query.reply(authority=[d.soa("test", 60)])


class Client(Probe):
    next = 0

    def start(self, url, deadline=60000, most=100000, redirects=0, flags="p", address="-",
              body=None):
        self.next += 1
        words = ["get" if body is None else "post", self.next, url, deadline, most,
                 redirects, flags, address]
        self.say(*words, *([] if body is None else [body.hex()]))
        return self.next

    def ask(self, *words, **options):
        return self.hear_for(self.start(*words, **options))

    def figures(self):
        self.say("figures")
        while True:
            one = self.hear()
            if "requests" in one:
                return one
            self.seen.append(one)


def answer(request):
    path = request.path.split("?")[0]
    if path == "/big":
        return 200, b"x" * 200000
    if path == "/liar":
        return 200, b"x" * 10, {"length": 10**12}
    if path == "/drip":
        return 200, b"y" * 1000, {"slowly": 0.2}
    if path == "/heads":
        return 200, "", {f"X-{i}": "z" * 1000 for i in range(60)}
    if path == "/away":
        return 302, "", {"Location": f"https://other.test:{other_port}/there"}
    if path == "/plain":
        return 302, "", {"Location": "http://web.test/there"}
    if path == "/inside":
        return 302, "", {"Location": "https://inner.test/there"}
    if path == "/file":
        return 302, "", {"Location": "file:///etc/passwd"}
    if path == "/loop":
        return 302, "", {"Location": "/loop"}
    if path == "/echo":
        return 201, request.body, {"Content-Type": "application/octet-stream"}
    return (200, "hello") if path == "/" else (404, "no such page")


def talk():
    """GET and POST, statuses, types, what was sent"""
    got = client.ask(f"https://web.test:{web.port}/")
    equal((got.get("status"), got.get("body"), got.get("type")),
          (200, "hello", "text/plain"), "an answer")
    equal(web.requests[-1].host, f"web.test:{web.port}", "the Host field")
    check(web.requests[-1].headers.get("User-Agent", "").startswith("Ringpost/"), "our name")
    equal(client.ask(f"https://web.test:{web.port}/x?y=z")["status"], 404, "a status")
    equal(web.requests[-1].path, "/x?y=z", "the target")
    got = client.ask(f"https://web.test:{web.port}/echo", body=b"bytes \x7f", flags="pa")
    equal((got["status"], got["body"]), (201, "bytes \x7f"), "a POST")
    equal(web.requests[-1].headers.get("Authorization"), "secret", "a field")
    equal(client.ask(f"https://named.test:{web.port}/", address="::ffff:127.0.0.1").get(
        "failure"), "tls", "a name that is not in the certificate")
    equal(client.ask(f"https://given.test:{web.port}/", address="::ffff:127.0.0.1").get(
        "status"), 200, "a given address")


def guard():
    """what leads to no public address is refused, named or redirected to"""
    for url in (f"https://web.test:{web.port}/", "https://inner.test/", "https://meta.test/",
                f"https://127.0.0.1:{web.port}/", f"https://[::1]:{web.port}/",
                f"https://[::ffff:127.0.0.1]:{web.port}/", f"https://localhost:{web.port}/",
                "https://169.254.169.254/latest"):
        before = len(web.requests)
        got = client.ask(url, flags="-")
        equal((got.get("failure"), "no public address" in got.get("text", "")),
              ("network", True), url)
        equal(len(web.requests), before, "requests that came")
    for url in ("https://2130706433/", "https://127.1/", "http://web.test/", "file:///etc/passwd"):
        equal(client.ask(url, flags="-").get("failure"), "data", url)
    got = client.ask("https://web.test/", flags="-", address="::ffff:10.0.0.1")
    equal(got.get("failure"), "network", "a given private address")


def redirects():
    """redirects only as often as asked, only over https, each checked anew"""
    url = f"https://web.test:{web.port}"
    got = client.ask(url + "/away")
    equal((got["status"], got["location"]), (302, f"https://other.test:{other.port}/there"),
          "not followed")
    got = client.ask(url + "/away", redirects=1, flags="pa")
    equal((got.get("status"), got.get("body")), (404, "no such page"), "followed")
    equal(other.requests[-1].headers.get("Authorization"), None, "fields to another host")
    equal(client.ask(url + "/plain", redirects=1).get("failure"), "data", "to plain http")
    equal(client.ask(url + "/file", redirects=1).get("failure"), "data", "to a file")
    before = len(web.requests)
    equal(client.ask(url + "/loop", redirects=3)["status"], 302, "a loop")
    equal(len(web.requests) - before, 4, "requests in the loop")
    equal(client.ask(url + "/away", redirects=1, body=b"x")["status"], 302, "a POST")


def limits():
    """caps on the body, the header and the time; the liar and the drip"""
    url = f"https://web.test:{web.port}"
    equal(client.ask(url + "/big").get("failure"), "limit", "a long body")
    equal(client.ask(url + "/big", most=200000).get("status"), 200, "as long as it may be")
    equal(client.ask(url + "/liar").get("failure"), "limit", "an announced one")
    equal(client.ask(url + "/heads").get("failure"), "limit", "a long header")
    start = time.monotonic()
    equal(client.ask(url + "/drip", deadline=1000).get("failure"), "timeout", "a slow body")
    check(time.monotonic() - start < 20, "its time")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        equal(client.ask(f"https://web.test:{silent.getsockname()[1]}/", deadline=500).get(
            "failure"), "timeout", "one that says nothing")


def trust():
    """certificates: unknown authority, expired, wrong name; no TLS at all"""
    url = f"https://web.test:{web.port}/"
    equal(client.ask(url, flags="ps").get("failure"), "tls", "an unknown authority")
    with Web(ca, ["web.test"], answer, expired=True) as old:
        equal(client.ask(f"https://web.test:{old.port}/").get("failure"), "tls", "expired")
    with Web(ca, [], answer, tls=False) as bare:
        equal(client.ask(f"https://web.test:{bare.port}/").get("failure"), "tls", "no TLS")
        equal(client.ask(f"http://web.test:{bare.port}/").get("failure"), "data",
              "plain, not allowed")
        equal(client.ask(f"http://web.test:{bare.port}/", flags="ph").get("status"), 200,
              "plain, allowed")


def names():
    """DNS: no such name, no answer; a closed port"""
    equal(client.ask("https://nowhere.test/").get("failure"), "network", "no such name")
    equal(client.ask("https://broken.test/").get("failure"), "dns", "no answer")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    equal(client.ask(f"https://web.test:{port}/").get("failure"), "network", "refused")


def many():
    """200 at once, some given up, hung ones beside them; what is kept"""
    url = f"https://web.test:{web.port}"
    with socket.create_server(("127.0.0.1", 0), backlog=200) as silent:
        hung = [client.start(f"https://web.test:{silent.getsockname()[1]}/", deadline=60000)
                for _ in range(30)]
        wanted = [client.start(url + "/") for _ in range(200)]
        left = [client.start(url + "/drip") for _ in range(20)]
        for number in left[:10]:
            client.say("cancel", number)
        equal({client.hear_for(n).get("status") for n in wanted}, {200}, "beside hung ones")
        for number in hung + left[10:]:
            client.say("cancel", number)
        equal({client.hear_for(n).get("failure") for n in hung + left}, {"cancelled"},
              "given up")
    end = time.monotonic() + 60
    while client.figures()["pending"] and time.monotonic() < end:
        time.sleep(0.05)
    equal(client.figures()["pending"], 0, "left in the thread")
    before = web.connections
    for _ in range(5):
        equal(client.ask(url + "/")["status"], 200, "one after the other")
    check(web.connections - before <= 1, "over one connection")


with Authority() as ca, d.DnsServer(resolve) as dns, \
        Web(ca, ["web.test", "given.test"], answer) as web, \
        Web(ca, ["other.test"], answer) as other:
    other_port = other.port
    with Client(PROGRAM, dns.address, ca.file) as client:
        status = run([talk, guard, redirects, limits, trust, names, many])
    # A worker's end with requests under way.
    with Client(PROGRAM, dns.address, ca.file) as client:
        for _ in range(20):
            client.start(f"https://web.test:{web.port}/drip")
        time.sleep(0.5)
sys.exit(status or int(client.process.returncode != 0))
