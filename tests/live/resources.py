"""Resources over HTTP that are admin commands: keys and what they may, tenants, lists and
their pages, what is wrong at its place, Redis away, and an event for each change."""
import json
import os
import signal

from ringpost_http import Api, add_key, add_listener
from ringpost_live import Daemon, free_port, until


def pointers(problem):
    return {error["pointer"] for error in problem["errors"]}


def check_rights(daemon, port, apis):
    """Scopes and tenants."""
    path = "/v1/suppressions"
    Api(port).call("GET", path, want=401)
    apis["sender"].call("GET", path, want=403)
    assert apis["reader"].call("POST", path, {"address": "no@x.test"})[0] == 403
    apis["reader"].call("DELETE", path + "/a@x.test", want=403)
    assert apis["acme"].call("GET", path, want=403, tenant="other")["code"] == "tenant_key"
    assert apis["acme"].call("POST", path, {"address": "a@x.test", "tenant": "other"})[0] == 403
    problem = apis["acme"].call("POST", path, {"entries": [
        {"address": "a@x.test"}, {"address": "b@x.test", "tenant": "other"}]}, want=422)
    assert pointers(problem) == {"/entries/1/tenant"}, problem
    assert not apis["admin"].call("GET", path, want=200)["items"]


def check_problems(apis):
    """What is wrong comes all at once, at its place."""
    path = "/v1/suppressions"
    problem = apis["admin"].call("POST", path, {
        "address": "a@x.test", "until_ms": -4, "what": 1, "entries": {}}, want=422)
    assert pointers(problem) == {"/until_ms", "/what", "/entries"}, problem
    problem = apis["admin"].call("POST", path, {"address": "no address"}, want=422)
    assert pointers(problem) == {"/address"}, problem
    problem = apis["admin"].call("POST", path, {"entries": [
        {"address": "a@x.test", "reason": "mood"}, {"address": "b@x.test"},
        {"address": "c@x.test", "until_ms": 1}]}, want=422)
    assert pointers(problem) == {"/entries/0/reason", "/entries/2/until_ms"}, problem
    problem = apis["admin"].call("GET", path, want=422, limit="many", colour="red")
    assert pointers(problem) == {"/limit", "/colour"}, problem
    for limit in (0, 1001):
        apis["admin"].call("GET", path, want=422, limit=limit)
    assert apis["admin"].call("POST", path, "[1]", want=400)["code"] == "malformed"
    apis["admin"].call("POST", path, "[" * 100000, want=400)
    apis["admin"].call("POST", path, "a=b", want=415,
                       headers={"Content-Type": "application/x-www-form-urlencoded"})
    apis["admin"].call("PUT", path, {}, want=405)
    apis["admin"].call("POST", path, "{\"address\":\"" + "a" * 3000000 + "\"}", want=413)


def pages(api, path, limit, cursor=None, **query):
    """The addresses of all pages, sorted."""
    seen = []
    while True:
        page = api.call("GET", path, want=200, limit=limit, cursor=cursor, **query)
        assert len(page["items"]) <= limit
        seen += [item["address"] for item in page["items"]]
        cursor = page.get("next")
        if not cursor:
            return sorted(seen)


def check_suppressions(daemon, apis):
    path = "/v1/suppressions"
    admin, acme = apis["admin"], apis["acme"]
    assert admin.call("POST", path, {"address": "Jo@X.test", "detail": "asked"}, want=201) == \
        {"added": 1}
    assert acme.call("POST", path, {"entries": [
        {"address": f"p{i}@x.test", "reason": "complaint"} for i in range(25)]},
        want=201) == {"added": 25}
    one = apis["reader"].call("GET", path + "/jo@x.test", want=200)
    assert one["suppressed"] and one["entries"][0]["detail"] == "asked", one
    assert not apis["reader"].call("GET", path + "/p1@x.test", want=200)["suppressed"]
    assert acme.call("GET", path + "/p1%40x.test", want=200)["suppressed"]
    # Everybody's entry holds for the tenant's mail, too; but it is not his to take away.
    assert acme.call("GET", path + "/jo@x.test", want=200)["suppressed"]
    acme.call("DELETE", path + "/jo@x.test", want=404)
    assert pages(acme, path, 10) == sorted(f"p{i}@x.test" for i in range(25))
    # So many that Redis has them in no order; what goes meanwhile takes nothing along.
    many = [f"m{i}@x.test" for i in range(1300)]
    assert admin.call("POST", path, {"tenant": "big", "entries": [
        {"address": address} for address in many]}, want=201) == {"added": 1300}
    assert pages(admin, path, 170, tenant="big") == sorted(many)
    first = admin.call("GET", path, want=200, limit=170, tenant="big")
    gone = [item["address"] for item in first["items"]][-20:]
    for address in gone:
        admin.call("DELETE", f"{path}/{address}", want=204, tenant="big")
    rest = pages(admin, path, 1000, first["next"], tenant="big")
    assert sorted(rest + [item["address"] for item in first["items"]]) == sorted(many)
    for cursor in ("x", "0-zz", "0-" + "61" * 1000, "-"):
        problem = admin.call("GET", path, limit=10, cursor=cursor)
        assert problem[0] == 200 if cursor == "-" else pointers(problem[1]) == {"/cursor"}, problem
    # A stream of the tenant's, not of another's.
    acme.call("POST", path, {"address": "s@x.test", "tenant": "acme/news"}, want=201)
    assert acme.call("GET", path + "/s@x.test", want=200, tenant="acme/news")["suppressed"]
    acme.call("DELETE", path + "/s@x.test", want=403, tenant="acmes/news")
    acme.call("DELETE", path + "/s@x.test", want=204, tenant="acme/news")
    assert len(admin.call("GET", path, want=200, reason="manual", tenant="")["items"]) == 1
    daemon.run("suppression", "check", "p1@x.test", "--tenant", "acme", status=1)
    assert admin.exchange("DELETE", path + "/jo@x.test").text == ""
    admin.call("DELETE", path + "/jo@x.test", want=404)
    acme.call("DELETE", path + "/p1@x.test", want=204)


def check_webhooks(daemon, apis):
    path, admin, acme = "/v1/webhooks", apis["admin"], apis["acme"]
    new = {"name": "shop", "url": "https://127.0.0.1:9/x", "events": ["delivered"]}
    problem = admin.call("POST", path, {**new, "url": "http://x.test/"}, want=422)
    assert pointers(problem) == {"/url"}, problem
    problem = admin.call("POST", path, {**new, "events": ["nothing"]}, want=422)
    assert pointers(problem) == {"/events"}, problem
    assert pointers(admin.call("POST", path, {}, want=422)) == {"/name", "/url"}
    made = admin.call("POST", path, new, want=201)
    assert len(made["secret"]) == 48 and made["events"] == ["delivered"], made
    admin.call("POST", path, new, want=409)
    # A tenant's own: not elsewhere, not beside us, and nobody else's.
    acme.call("POST", path, {**new, "name": "own", "private_addresses": True}, want=403)
    acme.call("POST", path, {**new, "name": "own", "tenants": ["other"]}, want=403)
    acme.call("POST", path, new, want=409)
    assert acme.call("POST", path, {**new, "name": "own"}, want=201)["tenants"] == ["acme"]
    assert [hook["name"] for hook in acme.call("GET", path, want=200)["items"]] == ["own"]
    assert len(admin.call("GET", path, want=200)["items"]) == 2
    for method, part, body in (("GET", "", None), ("PATCH", "", {}), ("DELETE", "", None),
                               ("POST", "/test", None), ("GET", "/dead", None),
                               ("POST", "/redeliver", None)):
        acme.call(method, path + "/shop" + part, body, want=404)
        assert method == "GET" or apis["reader"].call(method, path + "/shop" + part, body)[0] == 403
    changed = admin.call("PATCH", path + "/shop", {"disabled": True, "events": []}, want=200)
    assert changed["disabled"] and not changed["events"] and "secret" not in changed, changed
    renewed = admin.call("PATCH", path + "/shop", {"new_secret": True}, want=200)
    assert renewed["secret"] != made["secret"] and renewed["disabled"]
    shown = admin.exchange("GET", path + "/shop")
    assert made["secret"] not in shown.text and renewed["secret"] not in shown.text
    assert shown.json["url"] == new["url"] and shown.json["dead_letters"] == 0
    # The address is of a private network: it is not even tried.
    assert not acme.call("POST", path + "/own/test", want=200)["taken"]
    assert admin.call("POST", path + "/shop/redeliver", want=200) == {"letters": 0, "events": 0}
    # The same on the command line.
    shown = json.loads(daemon.run("webhook", "show", "own", "--json", status=0).stdout)
    assert shown["tenants"] == ["acme"], shown
    daemon.run("webhook", "change", "own", "--event", "bounced", "--disable", status=0)
    assert acme.call("GET", path + "/own", want=200)["events"] == ["bounced"]
    assert "bounced" in daemon.run("webhook", "show", "own", status=0).stdout
    secret = daemon.run("webhook", "change", "own", "--new-secret", status=0).stdout.strip()
    assert len(secret) == 48, secret
    daemon.run("webhook", "change", "none", "--disable", status=1)
    acme.call("DELETE", path + "/own", want=204)
    acme.call("DELETE", path + "/own", want=404)
    daemon.run("webhook", "remove", "shop", status=0)
    with open(daemon.log, "rb") as log:
        text = log.read()
    assert made["secret"].encode() not in text and secret.encode() not in text


def check_server(daemon, apis):
    """What belongs to no tenant."""
    admin = apis["admin"]
    for path in ("/v1/status", "/v1/queue", "/v1/sites", "/v1/sites/x.test", "/v1/sources",
                 "/v1/suspensions"):
        apis["reader"].call("GET", path, want=200)
        assert apis["acme"].call("GET", path, want=403)["code"] == "tenant_key"
    assert admin.call("GET", "/v1/status", want=200)["accepting"]
    apis["reader"].call("POST", "/v1/reload", want=403)
    assert admin.call("POST", "/v1/reload", want=200)["reloaded"]
    with open(daemon.file) as file:
        good = file.read()
    with open(daemon.file, "w") as file:
        file.write("hostname: 7\nwhat: is this\n")
    assert "what" in admin.call("POST", "/v1/reload", want=409)["detail"]
    with open(daemon.file, "w") as file:
        file.write(good)
    path = "/v1/suspensions/domain/y.test"
    problem = admin.call("PUT", path, {"until_ms": 5, "reason": "x"}, want=422)
    assert pointers(problem) == {"/until_ms"}, problem
    assert admin.call("PUT", path, {"reason": "they asked"}, want=200)["name"] == "y.test"
    assert [item["reason"] for item in admin.call("GET", "/v1/suspensions", want=200)["items"]] \
        == ["they asked"]
    daemon.wait_event("suspended", what="y.test")
    admin.call("PUT", "/v1/suspensions/planet/mars", {}, want=422)
    admin.call("DELETE", path, want=204)
    admin.call("DELETE", path, want=404)
    daemon.wait_event("admin_change", command="reload", outcome="refused")


def check_changes(daemon, apis):
    """ringpost changes, for both doors."""
    admin = apis["admin"]
    daemon.wait_event("admin_change", command="resume")
    first = admin.call("GET", "/v1/changes", want=200, limit=2)
    assert len(first["items"]) == 2 and not first["cut"], first
    then = admin.call("GET", "/v1/changes", want=200, limit=2, cursor=first["next"])
    times = [item["at"] for item in first["items"] + then["items"]]
    assert times == sorted(times, reverse=True), times
    for item in admin.call("GET", "/v1/changes", want=200, of="webhook", by="acme")["items"]:
        assert item["command"].startswith("webhook ") and item["key"] == "acme", item
    refused = admin.call("GET", "/v1/changes", want=200, outcome="refused", object="own")["items"]
    assert refused and all(item["reason"] for item in refused), refused
    theirs = apis["acme"].exchange("GET", "/v1/changes?limit=1000").json["items"]
    assert theirs and all(item["tenant"] == "acme" for item in theirs)
    assert not admin.call("GET", "/v1/changes", want=200, since_ms=2000000000000)["items"]
    apis["reader"].call("GET", "/v1/changes", want=403)
    lines = daemon.run_json("changes", "--command", "suppression add", "--by", "acme")
    assert [line["object"] for line in lines if line["outcome"] == "done"] == ["s@x.test", "25 entries"], lines
    text = daemon.run("changes", "--since", "1h", status=0).stdout
    assert "key acme" in text and "webhook add" in text and "refused" in text, text
    assert len(daemon.run_json("changes", "--limit", "3")) == 3
    daemon.run("changes", "--since", "never", status=2)


def check_events(daemon):
    """One for each change that was tried, none for looking."""
    changes = until(lambda: [e for e in daemon.events("admin_change")
                             if e["object"] == "p1@x.test"] and daemon.events("admin_change"))
    removed = [e for e in changes if e["object"] == "p1@x.test"]
    assert len(removed) == 1 and removed[0]["command"] == "suppression remove", removed
    assert removed[0]["tenant"] == "acme" and removed[0]["outcome"] == "done"
    assert removed[0]["by"].startswith("key ") and removed[0]["key"] == "acme"
    assert removed[0]["client"] == "127.0.0.1"
    assert any(e["command"] == "key add" and e["by"] == f"uid {os.geteuid()}" for e in changes)
    assert not [e for e in changes if e["command"] in ("suppression list", "suppression check")]
    assert [e["object"] for e in changes if e["command"] == "suppression add"
            and e["outcome"] == "done"] == ["Jo@X.test", "25 entries", "1300 entries", "s@x.test"], changes


def check_redis_away(daemon, apis):
    """What needs it is 503, and works again when it is back."""
    pid = json.loads(daemon.run("status", "--json", status=0).stdout)["redis"]["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        got = apis["reader"].exchange("GET", "/v1/suppressions/a@x.test")
        assert got.status == 503 and got.headers["retry-after"], got
    finally:
        os.kill(pid, signal.SIGCONT)
    until(lambda: apis["reader"].call("GET", "/v1/suppressions")[0] == 200, what="Redis again")


def main():
    port = free_port()
    daemon = Daemon(http={"request_timeout": "8s"}, events={"stream": True})
    add_listener(daemon, port)
    with daemon:
        apis = {name: Api(port, add_key(daemon, name, *options)) for name, *options in (
            ("admin", "--scope", "read,admin"), ("reader", "--scope", "read"),
            ("sender", "--sender", "*"), ("acme", "--scope", "read,admin", "--tenant", "acme"))}
        check_rights(daemon, port, apis)
        check_problems(apis)
        check_suppressions(daemon, apis)
        check_events(daemon)
        check_webhooks(daemon, apis)
        check_server(daemon, apis)
        check_changes(daemon, apis)
        check_redis_away(daemon, apis)
    print("resources: good")


if __name__ == "__main__":
    main()
