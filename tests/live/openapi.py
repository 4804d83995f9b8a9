#!/usr/bin/env python3
"""The OpenAPI document: that it is a good one, that it is what is served, that routes and
paths are the same, that keys open what it says, and that its examples work when they are
sent to a real daemon."""
import copy
import json
import re
import sys
import time
import urllib.parse

import openapi_rules
from ringpost_http import Api, add_key, add_listener
from ringpost_live import Cases, Daemon, Dns, Sink, free_port, until
from ringpost_openapi import Document, Fault

cases = Cases()


def of_json(value):
    return Document(json.dumps(value))


def rules():
    """It is valid OpenAPI 3.1, and what is not is found"""
    document = Document.of_program()
    for fault in openapi_rules.faults(document):
        cases.check(False, fault)
    send = ("paths", "/v1/messages", "post")
    for path, value in (
            (("openapi",), "3.0.3"), (("info", "title"), None), (("paths", "x"), {}),
            ((*send, "responses"), {}), ((*send, "responses", "2020"), {"description": "x"}),
            ((*send, "unknown"), 1), ((*send, "summary"), None), ((*send, "operationId"), "showHealth"),
            ((*send, "tags"), ["Other"]), ((*send, "parameters", 0), {"name": "x", "in": "path"}),
            ((*send, "parameters", 0), {"$ref": "#/components/parameters/X"}),
            ((*send, "requestBody", "content", "application/json", "examples", "one", "value", "to"), 7),
            ((*send, "responses", "202", "content", "application/json", "examples", "one"), {"value": {}}),
            (("components", "schemas", "Tags", "type"), "list"),
            (("components", "schemas", "Other"), {"type": "string"}),
            (("components", "securitySchemes", "key", "type"), "token")):
        wrong = copy.deepcopy(document.json)
        place = wrong
        for step in path[:-1]:
            place = place[step]
        if value is None:
            del place[path[-1]]
        else:
            place[path[-1]] = value
        cases.check(openapi_rules.faults(of_json(wrong)), f"{'/'.join(map(str, path))} is found")


class World:
    """A daemon, keys of each scope, and what examples gave for others' parameters."""

    def __init__(self, daemon, port, sink, dns):
        self.daemon, self.port, self.sink, self.dns = daemon, port, sink, dns
        self.document = Document.of_program()
        # Who administers gives no more than he has.
        self.keys = {scope: add_key(daemon, scope, "--scope", scopes, "--sender", "*")
                     for scope, scopes in (("send", "send"), ("read", "read"),
                                           ("admin", "send,read,admin"))}
        self.keys["stranger"] = add_key(daemon, "stranger", "--scope", "send,read,admin",
                                        "--sender", "*", "--tenant", "stranger")
        self.given = {}  # (operation, parameter): value

    def api(self, scope):
        return Api(self.port, self.keys[scope] if scope else None)

    def path_of(self, operation):
        path = operation.path
        for p in operation.parameters("path"):
            value = self.given.get((operation.id, p["name"]), p["example"])
            path = path.replace("{%s}" % p["name"], urllib.parse.quote(str(value), safe=""))
        return path

    def keep_links(self, answer, body):
        """What the answer's links give to other operations."""
        for link in answer.get("links", {}).values():
            link = self.document.resolve(link)
            for name, source in link.get("parameters", {}).items():
                value = body
                for step in source.removeprefix("$response.body#/").split("/"):
                    value = value[int(step) if isinstance(value, list) else step]
                self.given[(link["operationId"], name)] = value


def served(world):
    """What is served is what the program has"""
    got = world.api(None).exchange("GET", "/v1/openapi.json")
    cases.equal((got.status, got.headers["content-type"]), (200, "application/json"), "served")
    cases.check(got.text == world.document.text, "the same document")
    routes = {(r["method"], r["path"], r["serves"]) for r in world.daemon.run_json("api", "routes")}
    paths = {(o.method, o.path, o.serves) for o in world.document.operations}
    cases.equal(sorted(routes - paths), [], "routes that are not documented")
    cases.equal(sorted(paths - routes), [], "paths that have no route")
    listed = [(r["method"], r["path"]) for r in world.daemon.run_json("api")]
    cases.equal(sorted(listed), sorted(p[:2] for p in paths), "ringpost api")
    cases.check("/v1/messages" in world.daemon.run("api", status=0).stdout, "ringpost api's table")


def keys(world):
    """Each key opens what the document says, and no more"""
    for operation in world.document.operations:
        path = world.path_of(operation)
        body = b"{}" if operation.request_media()[0] else None
        status, _ = world.api(None).call(operation.method, path, body)
        if not operation.scope:
            cases.check(status != 401, f"{operation} asks nobody for a key, {status}")
            continue
        cases.equal(status, 401, f"{operation} without a key")
        wrong = "read" if operation.scope != "read" else "send"
        status, answer = world.api(wrong).call(operation.method, path, body)
        cases.equal((status, answer.get("code")), (403, "scope_missing"),
                    f"{operation} with a key for {wrong}")


def order(operation):
    """What makes things first, what takes them away last, the deepest ahead."""
    depth = operation.path.count("/")
    stage = {"POST": 0 if "{" not in operation.path else 2, "PUT": 1, "DELETE": 4}.get(
        operation.method, 3)
    return stage, -depth if operation.method == "DELETE" else depth, operation.path


def requests_of(operation, document):
    """(name, query, body): what the document's examples send."""
    kind, media = operation.request_media()
    bodies = {name: document.resolve(e)["value"] for name, e in
              (media or {}).get("examples", {}).items()}
    if media and "example" in media:
        bodies["example"] = media["example"]
    asked = {p["name"]: p["example"] for p in operation.parameters("query") if p.get("required")}
    for name, body in (bodies or {"": None}).items():
        yield name, asked, body
    for p in operation.parameters("query"):
        if "example" in p and not p.get("required"):
            yield f"?{p['name']}", {**asked, p["name"]: p["example"]}, next(iter(bodies.values()), None)


def prepare_link(world):
    """A link to leave a list, out of a message that has one."""
    world.api("send").post("/v1/messages", {
        "from": "a@sender.test", "to": "leaves@x.test", "text": "x", "list_unsubscribe": True},
        want=202)
    got = until(lambda: [m for m in world.sink.messages if "leaves@x.test" in m.addresses],
                what="the message with a link")[0]
    token = re.search(r"/u/([\w-]+)", got.text).group(1)
    for operation in ("showLeaving", "leave"):
        world.given[(operation, "token")] = token


def waiting(operation):
    """A message that waits for its time is what OPERATION is about."""
    def prepare(world):
        _, sent = world.api("send").call("POST", "/v1/messages", {
            "from": "shop@example.com", "to": "jo@waits.example", "text": "x",
            "send_at": int(time.time()) + 3600})
        cases.check("id" in sent, f"a message for {operation}: {sent}")
        world.given[(operation, "id")] = sent.get("id")
    return prepare


def untried(world):
    """One that would be sent, were its domain not left alone."""
    world.daemon.run("suspend", "--domain", "waits.example", status=0)
    waiting("retryMessage")(world)
    world.daemon.run("queue", "release", world.given[("retryMessage", "id")], status=0)


def signed(world):
    """A domain whose key DNS has."""
    path = "/v1/domains/example.com"
    for key in world.api("admin").get(path, want=200)["keys"]:
        world.dns.set(txt={key["record"]["name"]: key["record"]["value"]})
    until(lambda: world.api("admin").get(path, want=200)["signs"], what="its DKIM key")


# Paths that a tenant may use, though what is there is everybody's: what holds for its mail.
OF_EVERYBODY = ("showSuppression",)


def stranger(world, operation, path, query, body):
    """A key of a tenant that has nothing sees and changes nothing of what the others have."""
    status, got = world.api("stranger").call(operation.method, path, body, **query)
    if operation.id in OF_EVERYBODY:
        return
    if "{" in operation.path:
        cases.check(status in (403, 404), f"{operation} for another tenant: {status} {got}")
    elif operation.method == "GET" and status != 403:
        others = [i for i in got.get("items", [got]) if i.get("tenant") != "stranger"]
        cases.check(status == 422 or not others, f"{operation} for a tenant: {others}")


def mistaken(world):
    """Requests that are wrong are refused, by a problem that is documented"""
    for operation in world.document.operations:
        if not operation.scope:
            continue
        api, path = world.api(operation.scope), world.path_of(operation)
        body = b"{}" if operation.request_media()[0] else None
        wrong = [(path + "?nonsense=1", body, None, (400, 404, 409, 415, 422))]
        if "{" in operation.path:
            for name in ("%00", "%0d%0a", "x" * 3000, "%2e%2e%2f", "%ff", "*"):
                wrong.append((operation.path.split("{")[0] + name, body, None, None))
        if body:
            for text in (b"{", b"[]", b"7", b'{"nonsense":1}', b"{\"a\":" * 200, b"\xff\xfe"):
                wrong.append((path, text, None, (400, 404, 409, 422)))
            wrong.append((path, b"{}", {"Content-Type": "text/plain"}, (404, 415)))
            wrong.append((path, b"x", {"Content-Encoding": "gzip"}, (400, 404, 422)))
        for target, text, headers, statuses in wrong:
            try:
                got = api.exchange(operation.method, target, text, headers)
            except Fault as fault:
                cases.check(False, f"{target[:80]} {text}: {fault}")
                continue
            cases.check(got.status < 500 and (not statuses or got.status in statuses),
                        f"{operation.method} {target[:80]} {text}: {got.status} {got.text[:300]}")


# What has to be there before an operation's examples are sent: operationId: f(world).
PREPARE = {operation: waiting(operation) for operation in (
    "showMessage", "rescheduleMessage", "cancelMessage", "listMessageEvents", "readMessage",
    "holdMessage", "releaseMessage")}
PREPARE |= {"retryMessage": untried, "leave": prepare_link, "rotateDomain": signed}


def examples(world):
    """Its examples are sent, and succeed"""
    for operation in sorted(world.document.operations, key=order):
        PREPARE.get(operation.id, lambda world: None)(world)
        for name, query, body in requests_of(operation, world.document):
            path = world.path_of(operation)
            if operation.scope and (operation.method == "GET" or "{" in operation.path):
                stranger(world, operation, path, query, body)
            status, got = world.api(operation.scope).call(operation.method, path, body, **query)
            if cases.check(status in operation.successes(),
                           f"{operation}, example {name or '-'}: {status} {str(got)[:500]}"):
                world.keep_links(operation.successes()[status], got)


def main():
    port = free_port()
    with Sink() as sink, Dns() as dns:
        daemon = Daemon(routes=[sink.route("*")], events={"stream": True},
                        dns={"servers": [dns.address]},
                        unsubscribe={"url": "https://mail.test.example"})
        add_listener(daemon, port, "api", "metrics", "unsubscribe")
        with daemon:
            world = World(daemon, port, sink, dns)

            def live(function):
                def case():
                    function(world)
                case.__doc__, case.__name__ = function.__doc__, function.__name__
                return case
            return cases.run([rules, live(served), live(keys), live(mistaken), live(examples)])


if __name__ == "__main__":
    sys.exit(main())
