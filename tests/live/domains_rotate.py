"""Other DKIM keys for domains that were added: the new one signs in all nodes once every
server of DNS has it, the old one until then; through restarts and without Redis."""
import json
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from domains import World as Signing, look, publish
from ringpost_http import Api, add_key, add_listener
from ringpost_live import Daemon, Dns, Sink, free_port, until
from ringpost_redis import Redis

DOMAIN, DAY = "shop.test", 86400000


class World:
    """Two nodes with one Redis, and two servers of DNS: NODES ask both."""

    def __init__(self, nodes, sink, servers):
        self.nodes = [Signing(node, sink, servers[0], None) for node in nodes]
        self.servers = servers

    @property
    def one(self):
        return self.nodes[0].daemon

    def signed(self, *selectors, nodes=1):
        """By the first node; by both, once the other has found it in Redis (in 10 seconds)."""
        for node in self.nodes[:nodes]:
            until(lambda: all(node.signed(DOMAIN) == sorted(selectors) for _ in range(3)),
                  what=f"signatures of {selectors}")


def selectors(entry, state):
    return [k["selector"] for k in entry["keys"] if k["state"] == state]


def check_first(world):
    """What is not published yet, or not there, or of the configuration, is not rotated."""
    daemon = world.one
    for name in (DOMAIN, "conf.test", "no domain"):
        daemon.run("domain", "rotate", name, status=1)
    made = daemon.run_json("domain", "add", DOMAIN, "--selector", "k1")[0]
    assert selectors(made, "waits") == ["k1"] and "old_keys" not in made, made
    assert "waits" in daemon.run("domain", "rotate", DOMAIN, status=1).stderr
    publish(world.servers[0], made)
    # One of two servers is not all of them.
    look(daemon, DOMAIN)
    assert not look(daemon, DOMAIN)["signs"]
    publish(world.servers[1], made)
    until(lambda: look(daemon, DOMAIN)["signs"], what="DNS")
    world.signed("k1")


def check_waiting(world):
    """A new key waits; asked again it is the same; another is not made beside it."""
    daemon = world.one
    daemon.run("domain", "rotate", DOMAIN, "--selector", "K1", status=1)
    made = daemon.run_json("domain", "rotate", DOMAIN, "--selector", "k2", "--type", "both")[0]
    assert (selectors(made, "signs"), selectors(made, "waits")) == (["k1"], ["k2", "k2ed"]), made
    assert made["signs"] and "PRIVATE" not in str(made)
    assert daemon.run_json("domain", "rotate", DOMAIN)[0] == made
    daemon.run("domain", "rotate", DOMAIN, "--type", "rsa", status=1)
    said = daemon.run("domain", "rotate", DOMAIN, status=0).stdout
    assert "k2._domainkey.shop.test" in said and "\nk1._" not in said, said
    assert "k2 (waits for DNS)" in daemon.run("domain", "list", status=0).stdout
    said = until(lambda: [text for text in (daemon.run("domain", "show", DOMAIN, status=1).stdout,)
                          if "MISSING dkim    k2._domainkey" in text], what="DNS")[0]
    assert "Another key" in said, said
    return made


def check_cancel(world):
    daemon = world.one
    assert "signed with k1" in daemon.run("domain", "rotate", DOMAIN, "--cancel", status=0).stdout
    daemon.run("domain", "rotate", DOMAIN, "--cancel", status=1)
    assert selectors(look(daemon, DOMAIN), "waits") == []


def check_servers(world, made):
    """It signs when the last server has it, with the old one until then."""
    daemon = world.one
    publish(world.servers[0], made)
    until(lambda: [c["check"] for c in look(daemon, DOMAIN)["checks"] if c["state"] == "missing"
                   and world.servers[1].address in c["why"]] == ["dkim", "dkim"],
          what="that the other server has no record")
    shown = look(daemon, DOMAIN)
    assert selectors(shown, "signs") == ["k1"], shown
    world.signed("k1")
    publish(world.servers[1], made)
    until(lambda: selectors(look(daemon, DOMAIN), "signs") == ["k2", "k2ed"], what="DNS")
    shown = look(daemon, DOMAIN)
    old, = shown["old_keys"]
    assert (old["selector"], old["name"]) == ("k1", f"k1._domainkey.{DOMAIN}"), shown
    # As long as mail is tried (5 days), held (7), and two days more.
    left = old["until_ms"] - time.time() * 1000
    assert 13 * DAY < left < 14.1 * DAY, left
    # By whichever node saw it first, once.
    event, = until(lambda: [e for node in world.nodes
                            for e in node.daemon.events("domain_rotated")], what="the event")
    assert (event["selector"], event["old_selector"]) == ("k2", "k1"), event
    assert event["until_ms"] == old["until_ms"]
    assert "k1 (old)" in daemon.run("domain", "list", status=0).stdout
    assert "Take it out of DNS after" in daemon.run("domain", "show", DOMAIN).stdout
    world.signed("k2", "k2ed", nodes=2)
    for node in world.nodes:
        folder = os.path.join(node.daemon.state, "dkim")
        assert set(os.listdir(folder)) == {f"{s}._domainkey.{DOMAIN}.pem" for s in ("k2", "k2ed")}


def check_restart(world):
    """Nodes that are asked at once make one key; it waits still after a restart."""
    with ThreadPoolExecutor() as pool:
        got = list(pool.map(lambda node: node.daemon.run("domain", "rotate", DOMAIN, "--json"),
                            world.nodes * 2))
    done = [json.loads(one.stdout) for one in got if one.returncode == 0]
    assert all("somebody else" in one.stderr for one in got if one.returncode), got
    made = done[0]
    assert all(one == made for one in done) and len(selectors(made, "waits")) == 2, done
    for node in world.nodes:
        node.daemon.stop()
        node.daemon.start()
    world.signed("k2", "k2ed", nodes=2)
    shown = look(world.one, DOMAIN)
    assert selectors(shown, "waits") == selectors(made, "waits"), shown
    assert [k["selector"] for k in shown["old_keys"]] == ["k1"], shown


def check_http(world, port):
    daemon, path = world.one, f"/v1/domains/{DOMAIN}/rotate"
    admin = Api(port, add_key(daemon, "admin", "--scope", "read,admin", "--sender", "*"))
    few = Api(port, add_key(daemon, "few", "--scope", "read,admin"))
    acme = Api(port, add_key(daemon, "acme", "--scope", "admin", "--tenant", "acme",
                             "--sender", "*"))
    few.post(path, {}, want=403)
    acme.post(path, {}, want=404)
    made = admin.post(path, {}, want=200)
    assert len(selectors(made, "waits")) == 2, made
    admin.post(path, {"type": "rsa"}, want=409)
    admin.post(path, {"cancel": True}, want=200)
    admin.post(path, {"cancel": True}, want=409)
    for wrong in ({"type": "dsa"}, {"selector": "a.b"}, {"selector": "k2"}, {"selector": "k1"}):
        admin.post(path, wrong, want=422)
    made = admin.post(path, {"type": "ed25519", "selector": "k3"}, want=200)
    assert selectors(made, "waits") == ["k3"], made
    admin.post("/v1/domains/none.test/rotate", {}, want=404)
    admin.post("/v1/domains/conf.test/rotate", {}, want=404)
    for server in world.servers:
        publish(server, made)
    until(lambda: selectors(admin.get(f"/v1/domains/{DOMAIN}", want=200), "signs") == ["k3"],
          what="DNS")
    changes = daemon.events("admin_change", command="domain rotate")
    assert {e["outcome"] for e in changes} >= {"done", "refused"}, changes[:3]


def check_lost(world, redis):
    """A node whose Redis forgot its domains signs with what it has, from its start on."""
    world.signed("k3")
    subprocess.run(["redis-cli", "-s", redis.socket, "del", "rp:domains", "rp:domains:changes"],
                   check=True, stdout=subprocess.DEVNULL)
    node = world.nodes[0]
    node.daemon.stop()
    node.daemon.start()
    assert node.signed(DOMAIN) == ["k3"]
    assert os.listdir(os.path.join(node.daemon.state, "dkim")) == [f"k3._domainkey.{DOMAIN}.pem"]


def main():
    port = free_port()
    with Sink() as sink, Dns() as first, Dns() as second, Redis() as redis:
        shared = {"routes": [sink.route("*")], "workers": 2,
                  "dns": {"servers": [first.address, second.address], "timeout": "2s"},
                  "queue": {"redis": "unix:" + redis.socket}}
        one, other = Daemon(**shared), Daemon(**shared)
        one.run("dkim", "create", "conf.test", "--selector", "c1", "--directory",
                one.directory, status=0)
        one.config["dkim"] = [{"domain": "conf.test", "selector": "c1",
                               "key": os.path.join(one.directory, "conf.test.c1.pem")}]
        add_listener(one, port)
        with one, other:
            world = World([one, other], sink, [first, second])
            check_first(world)
            check_waiting(world)
            check_cancel(world)
            check_servers(world, check_waiting(world))
            check_restart(world)
            check_http(world, port)
            check_lost(world, redis)
    print("domains_rotate: good")


if __name__ == "__main__":
    main()
