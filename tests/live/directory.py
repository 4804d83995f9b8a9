"""Accounts, API keys and templates, over HTTP and on the command line: what is made, seen,
changed and removed; tenants; that a key gives no more than it has; secrets told once."""
import json
import smtplib
import ssl

from ringpost_http import Api, add_key, add_listener
from ringpost_live import Daemon, Sink, free_port, until


def pointers(problem):
    return {error["pointer"] for error in problem["errors"]}


def can_log_in(daemon, name, password):
    context = ssl.create_default_context(cafile=daemon.certificate)
    with smtplib.SMTP_SSL("127.0.0.1", daemon.tls_port, "client.test", timeout=60,
                          context=context) as client:
        try:
            client.login(name, password)
        except smtplib.SMTPAuthenticationError:
            return False
    return True


def check_accounts(daemon, apis):
    admin, acme, path = apis["admin"], apis["acme"], "/v1/accounts"
    made = admin.post(path, {"name": "Ann@X.Test", "password": "s3cret", "quota_bytes": 5000,
                             "addresses": ["sales@x.test", "sales@x.test"]}, want=201)
    assert made["name"] == "Ann@x.test" and made["addresses"] == ["sales@x.test"], made
    assert "s3cret" not in json.dumps(made) and "hash" not in made
    one = path + "/Ann%40x.test"
    assert admin.get(one, want=200) == made == daemon.run_json("user", "show", "Ann@x.test")[0]
    assert can_log_in(daemon, "Ann@x.test", "s3cret")
    assert admin.patch(one, {"password": "other", "messages_per_hour": 7}, want=200)[
        "messages_per_hour"] == 7
    assert can_log_in(daemon, "Ann@x.test", "other")
    admin.post(path, {"name": "Ann@x.test", "password": "x"}, want=409)
    admin.post(path, {"name": "bob@x.test", "password": "x", "addresses": ["sales@x.test"]},
               want=409)
    assert pointers(admin.post(path, {"name": "b"}, want=422)) == {"/password"}
    for wrong, place in (({"senders": ["@"]}, "/senders"), ({"addresses": ["x"]}, "/addresses"),
                         ({"tenant": "a/b"}, "/tenant"), ({"name": "a\u0007"}, "/name"),
                         ({"quota_bytes": "1 GiB"}, "/quota_bytes"), ({"hash": "$y$"}, "/hash")):
        problem = admin.post(path, {"name": "c@x.test", "password": "x", **wrong}, want=422)
        assert pointers(problem) == {place}, problem
    # A tenant's key: nothing but the tenant's is there, and no more is given than it has.
    mine = acme.post(path, {"name": "jo@acme.test", "password": "s3cret"}, want=201)
    assert mine["tenant"] == "acme", mine
    assert [a["name"] for a in acme.get(path, want=200)["items"]] == ["jo@acme.test"]
    assert [a["name"] for a in admin.get(path, want=200)["items"]] == ["Ann@x.test", "jo@acme.test"]
    assert len(admin.get(path, want=200, limit=1)["items"]) == 1
    assert not admin.get(path, want=200, tenant="other")["items"]
    for method, body in (("GET", None), ("PATCH", {"password": "x"}), ("DELETE", None)):
        acme.call(method, one, body, want=404)
    acme.post(one + "/app_passwords", {"label": "x"}, want=404)
    for more in ({"senders": ["*"]}, {"senders": ["@x.test"]}, {"addresses": ["ceo@x.test"]},
                 {"name": "ceo@x.test"}, {"tenant": "other"}):
        assert acme.post(path, {"name": "al@acme.test", "password": "x", **more})[0] == 403, more
    # Who looks on may not take over an account that may more than they may.
    daemon.run("user", "add", "any", "--sender", "*", input="x\n", status=0)
    apis["few"].patch(path + "/any", {"password": "mine"}, want=403)
    apis["few"].post(path + "/any/app_passwords", {"label": "mine"}, want=403)
    made = acme.post(path + "/jo@acme.test/app_passwords", {"label": "phone"}, want=201)
    assert made["scopes"] == ["submit"] and can_log_in(daemon, "jo@acme.test", made["password"])
    assert [a["label"] for a in apis["reader"].get(path + "/jo@acme.test/app_passwords",
                                                   want=200)["items"]] == ["phone"]
    assert made["password"] not in daemon.run("app", "list", "jo@acme.test", "--json").stdout
    acme.post(path + "/jo@acme.test/app_passwords", {"label": "x", "scopes": ["all"]}, want=422)
    acme.delete(path + "/jo@acme.test/app_passwords/phone", want=204)
    acme.delete(path + "/jo@acme.test/app_passwords/phone", want=404)
    admin.delete(one, want=204)
    admin.delete(one, want=404)
    assert daemon.run("user", "show", "Ann@x.test").returncode == 1
    assert "of ours" not in daemon.run("user", "show", "jo@acme.test", status=0).stdout


def check_keys(daemon, port, apis):
    admin, acme, path = apis["admin"], apis["acme"], "/v1/keys"
    made = admin.post(path, {"name": "shop", "scopes": ["send", "read"], "senders": ["@x.test"],
                             "expires_ms": 4000000000000}, want=201)
    shop = Api(port, made["key"])
    shown = shop.get(path + "/shop", want=200)
    assert shown == daemon.run_json("key", "show", "shop")[0], shown
    assert shown["id"] == made["id"] and made["key"][13:] not in json.dumps(shown)
    assert made["key"][13:] not in daemon.run("key", "list", "--json").stdout
    admin.post(path, {"name": "shop", "senders": ["*"]}, want=409)
    assert pointers(admin.post(path, {"name": "a b", "senders": ["*"]}, want=422)) == {"/name"}
    assert pointers(admin.post(path, {"name": "x"}, want=422)) == {"/senders"}
    assert pointers(admin.post(path, {"name": "x", "scopes": ["all"]}, want=422)) == {"/scopes"}
    assert admin.patch(path + "/shop", {"disabled": True}, want=200)["disabled"]
    shop.get(path, want=401)
    # No more than it has: scopes, senders, tenant, limits, time.
    for more in ({"tenant": "other"}, {"senders": ["*"]}, {"senders": ["@x.test"]},
                 {"messages_per_hour": 101}, {"messages_per_hour": 0}, {"expires_ms": 0},
                 {"expires_ms": 9000000000000}):
        status, answer = acme.post(path, {"name": "more", "senders": ["@acme.test"], **more})
        assert status == 403 and answer["code"] in ("not_allowed", "tenant_key"), (more, answer)
    apis["few"].post(path, {"name": "more", "scopes": ["send"], "senders": ["a@x.test"]}, want=403)
    child = acme.post(path, {"name": "child", "senders": ["jo@acme.test"]}, want=201)
    shown = acme.get(path + "/child", want=200)
    assert (shown["tenant"], shown["messages_per_hour"]) == ("acme", 100), shown
    assert shown["expires_ms"] == acme.get(path + "/acme", want=200)["expires_ms"]
    acme.patch(path + "/child", {"scopes": ["send"], "senders": ["*"]}, want=403)
    acme.patch(path + "/shop", {"disabled": False}, want=404)
    acme.delete(path + "/admin", want=404)
    assert [k["name"] for k in acme.get(path, want=200)["items"]] == ["acme", "child"]
    assert Api(port, child["key"]).post("/v1/messages", {
        "from": "jo@acme.test", "to": "a@y.test", "text": "x"})[0] == 202
    acme.delete(path + "/child", want=204)
    Api(port, child["key"]).post("/v1/messages", {}, want=401)
    events = until(lambda: [e for e in daemon.events("admin_change")
                            if e["command"] == "key remove" and e["outcome"] == "done"],
                   what="the event")
    assert (events[0]["object"], events[0]["key"], events[0]["tenant"]) == ("child", "acme", "acme")
    assert made["key"] not in open(daemon.log).read()


def check_templates(daemon, sink, apis):
    admin, acme, path = apis["admin"], apis["acme"], "/v1/templates"
    texts = {"subject": "Hello {{name}}", "text": "Dear {{ name }}, {{offer}}\n",
             "html": "<p>{{name}} {{{offer}}}</p>"}
    made = admin.post(path, {"name": "hello", **texts}, want=201)
    assert made["variables"] == ["name", "offer"], made
    assert acme.post(path, {"name": "hello", "text": "acme {{x}}"}, want=201)["tenant"] == "acme"
    admin.post(path, {"name": "hello", "text": "x"}, want=409)
    shown = apis["reader"].get(path + "/hello", want=200)
    assert {k: shown[k] for k in texts} == texts, shown
    assert [(t["name"], t.get("tenant")) for t in admin.get(path, want=200)["items"]] == \
        [("hello", None), ("hello", "acme")]
    assert acme.get(path + "/hello", want=200)["text"] == "acme {{x}}"
    assert admin.get(path + "/hello", want=200, tenant="acme")["text"] == "acme {{x}}"
    problem = admin.post(path, {"name": "a/b", "html": "x"}, want=422)
    assert pointers(problem) == {"/name"}, problem
    problem = admin.post(path, {"name": "x", "subject": "{{#if a}}", "text": "{{a", "html":
                                "{{> part}}\n{{a | b}}"}, want=422)
    assert [e["pointer"] for e in problem["errors"]] == ["/subject", "/text", "/html", "/html"]
    admin.post(path, {"name": "x", "text": "x" * 262145}, want=422)
    admin.post(path, {"name": "large", "text": "\u00e9" * 131072}, want=201)
    assert len(admin.get(path + "/large", want=200)["text"]) == 131072
    # What it says, ahead and in a message.
    variables = {"name": "<Jo>", "offer": "<b>1</b>"}
    got = apis["reader"].post(path + "/hello/render", {"variables": variables}, want=200)
    assert got == {"subject": "Hello <Jo>", "text": "Dear <Jo>, <b>1</b>\n",
                   "html": "<p>&lt;Jo&gt; <b>1</b></p>"}, got
    admin.post(path + "/hello/render", {"variables": {"name": "x"}}, want=422)
    admin.post(path + "/hello/render", {}, want=422)
    admin.post(path + "/hello/render", {"variables": {"name": "a\nb", "offer": ""}}, want=422)
    admin.post("/v1/messages", {"from": "jo@x.test", "to": "a@y.test", "template": "hello",
                                "variables": variables}, want=202)
    message = until(lambda: [m for m in sink.messages if b"Hello" in m.data], what="the message")
    assert b"&lt;Jo&gt;" in message[0].data
    status, problem = admin.post("/v1/messages", {
        "from": "jo@x.test", "to": "a@y.test", "template": "hello"})
    assert status == 422, problem
    assert admin.patch(path + "/hello", {"html": "", "subject": "Bye"}, want=200)["subject"] == "Bye"
    assert "html" not in admin.get(path + "/hello", want=200)
    admin.patch(path + "/none", {"text": "x"}, want=404)
    acme.delete(path + "/hello", want=204)
    acme.get(path + "/hello", want=404)
    admin.get(path + "/hello", want=200)


def check_command(daemon):
    """`ringpost template …` is the same."""
    file = daemon.directory + "/text"
    with open(file, "w") as out:
        out.write("Dear {{name}}\n")
    daemon.run("template", "add", "cli", "--text", file, "--subject", "S {{n}}", "--tenant", "Acme",
               status=0)
    got = daemon.run("template", "render", "cli", "--tenant", "acme", "--set", "name=Jo",
                     "--variables", "-", "--part", "text", input='{"n": 1}', status=0)
    assert got.stdout == "Dear Jo\n", got
    got = daemon.run("template", "render", "cli", "--tenant", "acme", status=1)
    assert "there is no variable for {{n}}" in got.stderr, got
    got = daemon.run("template", "change", "cli", "--tenant", "acme", "--html", "-",
                     input="{{each}}{{#each}}", status=1)
    assert "html: line 1" in got.stderr, got
    daemon.run("template", "change", "cli", "--tenant", "acme", "--subject", "", status=0)
    assert "Variables: name\n" in daemon.run("template", "show", "cli", "--tenant", "acme").stdout
    rows = daemon.run_json("template", "list")
    assert [(r["name"], r.get("tenant")) for r in rows] == \
        [("hello", None), ("large", None), ("cli", "acme")], rows
    assert "256 KiB" in daemon.run("template", "list", status=0).stdout
    daemon.run("template", "remove", "cli", "--tenant", "acme", status=0)
    daemon.run("template", "remove", "cli", "--tenant", "acme", status=1)
    daemon.run("template", "add", "none", status=2)


def main():
    port = free_port()
    with Sink() as sink:
        daemon = Daemon(tls=True, routes=[sink.route("*")])
        add_listener(daemon, port)
        with daemon:
            apis = {name: Api(port, add_key(daemon, name, *options)) for name, *options in (
                ("admin", "--scope", "send,read,admin", "--sender", "*"),
                ("acme", "--scope", "send,read,admin", "--tenant", "acme", "--sender",
                 "@acme.test", "--messages-per-hour", "100", "--days", "3"),
                ("few", "--scope", "read,admin"), ("reader", "--scope", "read"))}
            check_accounts(daemon, apis)
            check_keys(daemon, port, apis)
            check_templates(daemon, sink, apis)
            check_command(daemon)
    print("directory: good")


if __name__ == "__main__":
    main()
