"""Domains that are added while the server runs: a key that signs once DNS has it, on the
command line and over HTTP; through restarts, without Redis' list, and away again."""
import email
import json
import os

from ringpost_http import Api, add_key, add_listener
from ringpost_live import Daemon, Dns, Sink, free_port, until

ADDRESS = "192.0.2.25"


def publish(dns, *entries):
    for entry in entries:
        for key in entry["keys"]:
            dns.records["txt"][key["record"]["name"]] = key["record"]["value"]
    dns.set()


class World:
    def __init__(self, daemon, sink, dns, port):
        self.daemon, self.sink, self.dns, self.port, self.count = daemon, sink, dns, port, 0

    def signed(self, domain):
        """The selectors of what a message from DOMAIN is signed with."""
        self.count += 1
        mark = f"message {self.count} of {self.daemon.port}"
        self.daemon.submit(f"a@{domain}", ["b@y.test"],
                           f"From: a@{domain}\nTo: b@y.test\nSubject: {mark}\n\nHello\n")
        got = until(lambda: [m for m in self.sink.messages if mark.encode() + b"\r\n" in m.data],
                    what=mark)
        fields = email.message_from_bytes(got[0].data).get_all("DKIM-Signature", [])
        tags = [dict(t.strip().split("=", 1) for t in f.replace("\r\n", "").split(";") if "=" in t)
                for f in fields]
        return sorted(t["s"] for t in tags if t["d"] == domain)


def check_command(world):
    """Added, published, looked at, in force; in the list; refused twice."""
    daemon = world.daemon
    daemon.run("domain", "add", "no domain", status=1)
    made = daemon.run_json("domain", "add", "Bücher.Test", "--type", "both", "--selector", "S1")[0]
    assert made["domain"] == "xn--bcher-kva.test" and not made["signs"], made
    assert [k["selector"] for k in made["keys"]] == ["s1", "s1ed"], made
    assert "PRIVATE" not in str(made)
    assert daemon.run("domain", "add", "bücher.test", status=1).stderr.count("already") == 1
    assert world.signed(made["domain"]) == []
    got = daemon.run("domain", "show", made["domain"], status=1)
    assert "MISSING dkim" in got.stdout and "not signed" in got.stdout, got
    publish(world.dns, made)
    until(lambda: look(daemon, made["domain"])["signs"], what="DNS")
    shown = look(daemon, made["domain"])
    assert all(c["state"] == "good" for c in shown["checks"] if c["check"] == "dkim"), shown
    until(lambda: world.signed(made["domain"]) == ["s1", "s1ed"], what="signatures of all workers")
    rows = daemon.run_json("domain", "list")
    assert [(r["domain"], r["configured"], r["signs"]) for r in rows] == \
        [("conf.test", True, True), (made["domain"], False, True)], rows
    assert "waits" not in daemon.run("domain", "list", status=0).stdout
    daemon.wait_event("domain_signs", domain=made["domain"])
    folder = os.path.join(daemon.state, "dkim")
    assert {f"s1._domainkey.{made['domain']}.pem", f"s1ed._domainkey.{made['domain']}.pem"} == \
        set(os.listdir(folder)) and os.stat(folder).st_mode & 0o777 == 0o700
    return made["domain"]


def look(daemon, domain):
    return json.loads(daemon.run("domain", "show", domain, "--json").stdout)


def check_restart(world, domain):
    """It signs from the first message on, and after a reload."""
    world.daemon.stop()
    world.daemon.start()
    assert world.signed(domain) == ["s1", "s1ed"]
    world.daemon.reload()
    assert world.signed(domain) == ["s1", "s1ed"]


def check_http(world, domain):
    daemon = world.daemon
    apis = {name: Api(world.port, add_key(daemon, name, *options)) for name, *options in (
        ("admin", "--scope", "read,admin", "--sender", "*"), ("few", "--scope", "read,admin"),
        ("acme", "--scope", "read,admin", "--tenant", "acme", "--sender", "@acme.test"))}
    admin, acme, path = apis["admin"], apis["acme"], "/v1/domains"
    apis["few"].post(path, {"domain": "few.test"}, want=403)
    acme.post(path, {"domain": "other.test"}, want=403)
    acme.post(path, {"domain": "sub.acme.test"}, want=403)
    for wrong in ({"domain": "a b"}, {"domain": "a.test", "type": "dsa"}, {},
                  {"domain": "a.test", "selector": "a.b"}, {"domain": "a.test", "tenant": "a/b"}):
        admin.post(path, wrong, want=422)
    admin.post(path, {"domain": "conf.test"}, want=409)
    made = acme.post(path, {"domain": "acme.test"}, want=201)
    assert made["tenant"] == "acme" and made["keys"][0]["selector"].startswith("rp20"), made
    admin.post(path, {"domain": "ACME.test"}, want=409)
    shown = acme.get(path + "/acme.test", want=200)
    dkim = [c for c in shown["checks"] if c["check"] == "dkim"][0]
    assert dkim["state"] == "missing" and dkim["record"] == made["keys"][0]["record"], shown
    assert [d["domain"] for d in acme.get(path, want=200)["items"]] == ["acme.test"]
    assert len(admin.get(path, want=200)["items"]) == 3
    acme.get(path + "/conf.test", want=404)
    acme.delete(path + "/" + domain, want=404)
    assert admin.get(path + "/conf.test", want=200)["configured"]
    assert not admin.get(path + "/none.test", want=200)["signs"]
    admin.delete(path + "/conf.test", want=404)
    publish(world.dns, made)
    until(lambda: acme.get(path + "/acme.test", want=200)["signs"], what="DNS")
    until(lambda: world.signed("acme.test") == [made["keys"][0]["selector"]], what="signatures")
    acme.delete(path + "/acme.test", want=204)
    acme.delete(path + "/acme.test", want=404)
    until(lambda: world.signed("acme.test") == [], what="no signature")
    again = acme.post(path, {"domain": "acme.test"}, want=201)
    assert again["keys"][0]["selector"] != made["keys"][0]["selector"]


def check_removed(world, domain):
    world.daemon.run("domain", "remove", domain, status=0)
    world.daemon.run("domain", "remove", domain, status=1)
    until(lambda: world.signed(domain) == [], what="no signature")
    assert not os.listdir(os.path.join(world.daemon.state, "dkim"))
    assert world.signed("conf.test") == ["c1"]


def main():
    port = free_port()
    dns = Dns(txt={"acme.test": "v=spf1 -all"})
    with Sink() as sink, dns:
        daemon = Daemon(routes=[sink.route("*")], dns={"servers": [dns.address], "timeout": "2s"},
                        gate={"addresses": [ADDRESS]}, workers=2)
        daemon.run("dkim", "create", "conf.test", "--selector", "c1", "--directory",
                   daemon.directory, status=0)
        daemon.config["dkim"] = [{"domain": "conf.test", "selector": "c1",
                                  "key": os.path.join(daemon.directory, "conf.test.c1.pem")}]
        add_listener(daemon, port)
        with daemon:
            world = World(daemon, sink, dns, port)
            domain = check_command(world)
            check_restart(world, domain)
            check_http(world, domain)
            check_removed(world, domain)
    print("domains: good")


if __name__ == "__main__":
    main()
