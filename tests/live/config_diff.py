#!/usr/bin/env python3
"""`ringpost config diff`: keys, which of them wait for a restart, and what would hold for
the mail that is queued; what is wrong is refused, and nothing is changed."""
import json
import os
import re

from ringpost_live import Daemon, Sink, until
import yaml

TEXT = "From: a@sender.test\nSubject: x\n\nHello\n"


def diff(daemon, config, status=0):
    """(lines about keys, lines about mail, answer)"""
    path = os.path.join(daemon.directory, "new.yaml")
    with open(path, "w") as file:
        file.write(config if isinstance(config, str) else yaml.safe_dump(config))
    got = daemon.run("config", "diff", path, "--json", status=status)
    if status:
        return got
    lines = [json.loads(line) for line in got.stdout.splitlines()]
    return ({l["key"]: l for l in lines if "key" in l}, [l for l in lines if "domain" in l],
            lines[-1])


def main():
    def later(step):
        return "450 4.2.1 Later" if step.verb == "RCPT" else None

    with Sink(later) as sink, Daemon(routes=[sink.route("x.test"), sink.route("*")],
                                     relay={"retry": ["1h"]}) as daemon:
        for i in range(3):
            daemon.submit("a@sender.test", [f"b{i}@x.test"], TEXT)
        daemon.submit("a@sender.test", ["b@y.test", "c@z.test"], TEXT)
        until(lambda: len(daemon.events("deferred")) >= 5, what="all of it waits")
        config = yaml.safe_load(open(daemon.file))
        keys, mail, answer = diff(daemon, config)
        assert not keys and not mail and answer["queued"] == 5, (keys, mail, answer)

        config["routes"] = [{**sink.route("*"), "connections": 3}]
        config["relay"]["retry"] = ["1m", "2m"]
        config["queue"]["shards"] = 32
        config["streams"] = [{"name": "fast", "urgent": True}]
        keys, mail, answer = diff(daemon, config)
        assert keys["queue.shards"]["when"] == "restart", keys
        assert keys["relay.retry"] == {"key": "relay.retry", "was": "1h", "is": "1m, 2m",
                                       "when": "reload"}, keys
        assert "is" not in keys["routes[x.test]"] and "was" in keys["routes[x.test]"], keys
        assert keys["routes[*].connections"]["is"] == "3", keys
        assert "was" not in keys["streams[fast]"], keys
        found = {(l["domain"], l["what"]): (l["queued"], l["was"], l["is"]) for l in mail}
        assert found[("x.test", "route")] == (3, "x.test", "*"), found
        assert found[("y.test", "connections")][2] == "3", found
        assert ("y.test", "route") not in found and ("x.test", "goes to") not in found, found
        assert (answer["queued"], answer["queued_changed"], answer["domains_changed"]) == \
            (5, 5, 3), answer
        text = daemon.run("config", "diff", os.path.join(daemon.directory, "new.yaml"), status=0)
        assert re.search(r"^restart +queue\.shards +\S+ +32$", text.stdout, re.M), text.stdout
        assert "5 of 5 queued entries" in text.stdout, text.stdout
        print(text.stdout)
        # Nothing of it is in force; two files need no server.
        assert not diff(daemon, yaml.safe_load(open(daemon.file)))[0]
        assert not daemon.events("reloaded")
        two = daemon.run("config", "diff", daemon.file, daemon.file, status=0)
        assert two.stdout == "Nothing would change.\n", two
        # What a reload would refuse is refused, in the same words.
        config["relay"]["retri"] = 1
        got = diff(daemon, config, status=78)
        assert re.search(r"new\.yaml:\d+:\d+: .*retri.*perhaps \"retry\"", got.stderr), got
        del config["relay"]["retri"]
        config["dkim"] = [{"domain": "a.test", "selector": "s", "key": "/nowhere"}]
        got = diff(daemon, config, status=78)
        assert "/nowhere" in got.stderr and not got.stdout, got
        assert daemon.run("config", "diff", "/nowhere", status=1).stderr
    print("config_diff: good")


if __name__ == "__main__":
    main()
