#!/usr/bin/env python3
"""Where mail leaves from: addresses and names, one that is taken away and given back,
proxies that work, refuse us, and go down. In a network of its own where that is allowed."""
import os
import shutil
import subprocess
import sys
import tempfile

from proxies import Header, Socks5
from ringpost_live import Cases, Daemon, Dns, Sink, until

cases = Cases()
check, equal = cases.check, cases.equal
TEXT = "Subject: x\n\nHello\n"
INSIDE = "RINGPOST_OWN_NETWORK"


def send(daemon, count, domain="receiver.test"):
    for i in range(count):
        daemon.submit("a@sender.test", [f"b{i}@{domain}"], TEXT)


def peers(sink):
    return {session.peer[0] for session in sink.sessions}


def password(file, text):
    file.write(text + "\n")
    file.flush()
    return file.name


def addresses_and_names():
    """each source's address and name are what the receiver sees, by weight"""
    sources = [{"name": "one", "address": "127.0.0.2", "ehlo": "one.sender.test"},
               {"name": "two", "address": "127.0.0.3"}]
    pools = [{"name": "both", "members": [{"source": "one", "weight": 3}, {"source": "two"}]}]
    with Sink() as sink, Daemon(routes=[sink.route("*")], sources=sources, pools=pools,
                                relay={"pool": "both"}) as daemon:
        send(daemon, 160)
        sink.wait(160, 60)
        until(lambda: len(daemon.events("delivered")) == 160, what="all delivered")
        by = {name: len(daemon.events("delivered", source=name)) for name in ("one", "two")}
        seen = {(s.peer[0], s.hello) for s in sink.sessions}
        equal(seen, {("127.0.0.2", "one.sender.test"), ("127.0.0.3", "mail.test.example")},
              "addresses and names")
        sites = {s["source"]: s["delivered"] for s in daemon.run_json("sites")}
        equal(sites, by, "each source's site")
        check(85 <= by["one"] <= 155 and sum(by.values()) == 160, f"shares {by}")


def taken_away():
    """an address taken away: the mail leaves by another, or waits, until it is back"""
    address = "198.18.7.1"

    def ip(*words):
        subprocess.run(["ip", "address", *words, address + "/32", "dev", "lo"], check=True)
    sources = [{"name": "here", "address": "127.0.0.2"}, {"name": "there", "address": address}]
    pools = [{"name": "alone", "members": [{"source": "there"}]}]
    ip("add")
    with Sink() as sink, Daemon(
            routes=[sink.route("*"), sink.route("alone.test", pool="alone")],
            sources=sources, pools=pools) as daemon:
        send(daemon, 1, "alone.test")
        sink.wait(1)
        equal(peers(sink), {address}, "from the address")
        ip("del")
        daemon.wait_event("source_out", source="there", address=address)
        send(daemon, 40)
        waits = daemon.submit("a@sender.test", ["b@alone.test"], TEXT)
        sink.wait(41)
        daemon.wait_event("delivered", count=40, source="here")
        equal(daemon.events("deferred"), [], "nothing was tried in vain")
        why = daemon.run("why", waits).stdout
        check("address is not on this machine" in " ".join(why.split()), f"why says so: {why}")
        ip("add")
        daemon.wait_event("source_up", source="there", address=address)
        sink.wait(42)
        daemon.wait_event("delivered", count=2, source="there")


def socks():
    """through SOCKS5 with a login, whose loss is no site's fault"""
    with tempfile.NamedTemporaryFile("w") as secret, \
            Socks5({"me": "se:cret"}, address="127.0.0.9") as proxy, \
            Sink() as sink, Daemon(
            routes=[sink.route("*")],
            sources=[{"name": "far", "ehlo": "far.sender.test",
                      "proxy": f"socks5://me@127.0.0.1:{proxy.port}",
                      "proxy_password_file": password(secret, "se:cret")},
                     {"name": "near", "address": "127.0.0.2"}],
            pools=[{"name": "p", "members": [{"source": "far"}], "overflow": "q"},
                   {"name": "q", "members": [{"source": "near"}]}],
            relay={"pool": "p", "idle": "0"}) as daemon:
        send(daemon, 3)
        sink.wait(3)
        daemon.wait_event("delivered", count=3)  # the reply has come through the proxy, too
        equal(peers(sink), {"127.0.0.9"}, "from the proxy's address")
        equal({s.hello for s in sink.sessions if s.hello}, {"far.sender.test"},
              "with the source's name")
        equal(set(proxy.asked), {("127.0.0.1", sink.port)}, "asked for")
        equal(set(proxy.logins), {("me", "se:cret")}, "logged in")
        proxy.stop()
        send(daemon, 3)
        sink.wait(6)
        out = daemon.wait_event("source_out", source="far")
        check("connect to 127.0.0.1" in out["reason"], out)
        daemon.wait_event("delivered", count=3, source="near")  # by the overflow
        equal(daemon.events("site_down") + daemon.events("deferred"), [], "nobody else's fault")
        proxy.start()

        def comes_back():
            send(daemon, 1)
            return daemon.events("source_up", source="far")
        until(comes_back, 60, "the proxy again", 0.5)
        equal(proxy.trouble, [], "the proxy's own trouble")


def socks_refusals():
    """a target that the proxy cannot reach is the site's fault, a login refused its own"""
    with Socks5({"me": "right"}) as proxy, Sink() as sink, Daemon(
            routes=[{"domain": "closed.test", "host": "[127.0.0.1]", "port": 1,
                     "private_addresses": True}, sink.route("*")],
            sources=[{"name": "far", "proxy": f"socks5://me:right@127.0.0.1:{proxy.port}"}],
            relay={"retry": ["1h"]}) as daemon:
        send(daemon, 1, "closed.test")
        later = daemon.wait_event("deferred", source="far")
        check("SOCKS5 proxy says: connection refused" in later["reply"], later)
        equal(daemon.events("source_out"), [], "the source is not to blame")
        proxy.users = {"me": "other"}
        send(daemon, 1)
        out = daemon.wait_event("source_out", source="far")
        check("does not take our user" in out["reason"] and "right" not in out["reason"], out)
        equal(len(daemon.events("site_down")), 1, "nor is the site")
        proxy.users = {"me": "right"}
        sink.wait(1, 60)


def header():
    """with a PROXY header: who we are and where it goes"""
    with Header() as proxy, Sink() as sink, Daemon(
            routes=[sink.route("*")],
            sources=[{"name": "far", "address": "127.0.0.8",
                      "proxy": f"haproxy://127.0.0.1:{proxy.port}"}]) as daemon:
        send(daemon, 3)
        sink.wait(3)
        equal(peers(sink), {"127.0.0.8"}, "from the address in the header")
        equal(set(proxy.sources), {"127.0.0.8"}, "in the header")
        equal(set(proxy.asked), {("127.0.0.1", sink.port)}, "the target in the header")
        equal(proxy.trouble, [], "the proxy's own trouble")


def warming():
    """a warming source sends what its day allows, over a restart, and the command says so"""
    sources = [{"name": "cold", "address": "127.0.0.2",
                "warmup": [{"messages": [7, 20], "spread": 0}]},
               {"name": "gone", "address": "198.51.100.7"}]
    pools = [{"name": "p", "members": [{"source": "cold"}]}]
    with Sink() as sink, Daemon(routes=[sink.route("*")], sources=sources, pools=pools,
                                relay={"pool": "p"}, workers=2) as daemon:
        send(daemon, 5)
        sink.wait(5)
        daemon.stop()
        daemon.start()
        send(daemon, 5)
        sink.wait(7)
        cold, gone = until(lambda: [s for s in [daemon.run_json("sources")]
                                    if s[0]["warmup"][0]["shut_until_ms"]],
                           what="the day's end")[0]
        equal({k: cold["warmup"][0][k] for k in ("day", "days", "sent", "allowed")},
              {"day": 1, "days": 2, "sent": 7, "allowed": 7}, "as the command says")
        equal((cold["source"], cold["pools"], cold["trouble"]), ("cold", ["p"], ""), "cold")
        check("not on this machine" in gone["trouble"], gone)
        equal(len(sink.messages), 7, "no more than that")
        text = daemon.run("sources", status=0).stdout
        check("day 1 of 2, 7 of 7 sent" in " ".join(text.split()), text)


def checked_beforehand():
    """`ringpost check` says what receivers will see of a source's address"""
    sources = [{"name": "good", "address": "198.51.100.7", "ehlo": "good.sender.test"},
               {"name": "bad", "address": "198.51.100.8", "ehlo": "bad.sender.test"}]
    with Dns(a={"good.sender.test": ["198.51.100.7"], "bad.sender.test": ["198.51.100.1"],
                "mail.test.example": ["198.51.100.1"]},
             ptr={"7.100.51.198.in-addr.arpa": "good.sender.test",
                  "8.100.51.198.in-addr.arpa": "other.sender.test"}) as dns:
        daemon = Daemon(sources=sources, dns={"servers": [dns.address]})
        try:
            found = daemon.run("check").stderr
        finally:
            shutil.rmtree(daemon.directory)
    for part in ("198.51.100.7: not on this machine",
                 "198.51.100.8: its EHLO name does not have this address in DNS: bad.sender",
                 "198.51.100.8: its reverse DNS names another than its EHLO name"):
        check(part in found, f"check says {part}: {found}")
    equal(found.count("198.51.100.7"), 1, f"nothing else of the good one: {found}")


def own_network():
    """False: not allowed here."""
    if os.environ.get(INSIDE):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return True
    tried = subprocess.run(["unshare", "--net", "ip", "link", "set", "lo", "up"],
                           capture_output=True)
    if tried.returncode == 0:
        os.environ[INSIDE] = "1"
        os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])
    return False


if __name__ == "__main__":
    inside = own_network()
    sys.exit(cases.run([addresses_and_names, *([taken_away] if inside else []), socks,
                        socks_refusals, header, warming, checked_beforehand]))
