"""A client of the HTTP API that holds every answer, and every request that was taken,
against the OpenAPI document (ringpost_openapi.py).

    api = Api(port, key)
    status, answer = api.post("/v1/messages", {"from": …})
    answer = api.get("/v1/messages", want=200, state="deferred")   # want: the status

A status, a header or a member that the document does not know is a failure of the test.
"""
import collections
import http.client
import json
import urllib.parse

from ringpost_live import PATIENCE
from ringpost_openapi import Document, Fault

Answer = collections.namedtuple("Answer", "status json headers text")


def add_key(daemon, name, *options):
    """`ringpost key add`: the key."""
    return daemon.run("key", "add", name, *options, status=0).stdout.strip()


def add_listener(daemon, port, *serves):
    """Gives a daemon that has not begun a listener for HTTP."""
    daemon.config["listeners"].append({"address": f"127.0.0.1:{port}", "role": "http",
                                       "tls": "none", "serves": list(serves or ["api"])})
    daemon.write_config()


class Api:
    document = None  # of all clients: it is the program's

    def __init__(self, port, key=None):
        Api.document = Api.document or Document.of_program()
        self.port, self.key = port, key
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=40 * PATIENCE)

    def exchange(self, method, target, body=None, headers=None):
        """BODY: bytes, text, or what is sent as JSON. HEADERS are added; one that is None
        is not sent. Gives an Answer."""
        said = {"Authorization": f"Bearer {self.key}" if self.key else None,
                "Content-Type": None if body is None else "application/json", **(headers or {})}
        said = {name: value for name, value in said.items() if value is not None}
        sent = body if body is None or isinstance(body, (str, bytes)) else json.dumps(body)
        self.connection.request(method, target, sent.encode() if isinstance(sent, str) else sent,
                                said)
        got = self.connection.getresponse()
        fields = {name.lower(): value for name, value in got.getheaders()}
        text = got.read().decode("utf-8", "surrogateescape")
        return self._held(method, target, said, body,
                          Answer(got.status, None, fields, text))

    def _held(self, method, target, said, body, answer):
        path, _, query = target.partition("?")
        operation = self.document.find(method, path)
        if operation is None:
            if answer.status not in (204, 404, 405):
                raise Fault(f"{method} {path} is not documented, and gave {answer.status}")
            return answer._replace(json=json.loads(answer.text) if answer.text else None)
        if answer.status < 300:
            said = {name.lower(): value for name, value in said.items()}
            operation.check_request(query, said, None if isinstance(body, bytes) else
                                    json.loads(body) if isinstance(body, str) else body)
        value = operation.check_answer(answer.status, answer.headers, answer.text)
        return answer._replace(json=value)

    def call(self, method, path, body=None, *, want=None, headers=None, **query):
        """(status, JSON); with WANT the JSON alone of an answer with that status. QUERY
        is added to the path; "from_" says "from"."""
        query = {name.rstrip("_"): value for name, value in query.items() if value is not None}
        target = path + ("?" + urllib.parse.urlencode(query, doseq=True) if query else "")
        got = self.exchange(method, target, body, headers)
        if want is None:
            return got.status, got.json
        if got.status != want:
            raise AssertionError(f"{method} {target} gave {got.status}, not {want}: {got.text[:600]}")
        return got.json

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.call("POST", path, body, **options)

    def put(self, path, body=None, **options):
        return self.call("PUT", path, body, **options)

    def patch(self, path, body=None, **options):
        return self.call("PATCH", path, body, **options)

    def delete(self, path, **options):
        return self.call("DELETE", path, **options)
