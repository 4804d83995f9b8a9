"""The OpenAPI document as tests read it: which operation a request is, and whether
requests and answers are what it says.

    document = Document.of_program()
    operation = document.find("GET", "/v1/messages/1m8…")
    operation.check_answer(status, headers, text)

What an answer holds and the document does not say is a fault: schemas of answers are
closed here, though a client must be ready for more.
"""
import json
import re
import subprocess
import urllib.parse

import jsonschema

from ringpost_live import PROGRAM

METHODS = ("get", "put", "post", "delete", "patch")
# What the server answers before any operation is asked: the document's "default".
OF_THE_SERVER = (400, 404, 405, 408, 414, 417, 431, 501, 505)
FORMATS = jsonschema.FormatChecker()


@FORMATS.checks("date-time")
def is_date_time(text):
    return not isinstance(text, str) or re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", text) is not None


class Fault(AssertionError):
    pass


def pointer(path):
    return "".join("/" + str(step) for step in path)


def closed(value):
    """The schema, with no more members than it names."""
    if isinstance(value, list):
        return [closed(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {name: item if name in ("example", "examples", "const", "enum") else closed(item)
             for name, item in value.items()}
    if isinstance(value.get("properties"), dict) and value.get("type") == "object":
        found.setdefault("additionalProperties", False)
    return found


class Document:
    def __init__(self, text):
        self.text = text
        self.json = json.loads(text)
        self.closed = closed(self.json)
        self.operations = [
            Operation(self, method.upper(), path, item[method])
            for path, item in self.json["paths"].items() for method in METHODS if method in item]
        self.resolver = jsonschema.RefResolver("", self.closed)

    @classmethod
    def of_program(cls):
        return cls(subprocess.run([PROGRAM, "api", "--document"], check=True, text=True,
                                  capture_output=True).stdout)

    def find(self, method, path):
        """The operation of a request's path, one that is named before a {parameter}."""
        fitting = [o for o in self.operations if o.method == method and o.fits(path)]
        return min(fitting, key=lambda o: o.path.count("{"), default=None)

    def named(self, identity):
        return next(o for o in self.operations if o.id == identity)

    def resolve(self, item):
        while "$ref" in item:
            found = self.json
            for step in item["$ref"].removeprefix("#/").split("/"):
                found = found[step.replace("~1", "/").replace("~0", "~")]
            item = found
        return item

    def check(self, schema, value, what):
        """Whether VALUE is of SCHEMA, and has no more than that."""
        validator = jsonschema.Draft202012Validator(
            closed(schema), resolver=self.resolver, format_checker=FORMATS)
        wrong = sorted(validator.iter_errors(value), key=lambda error: -len(error.path))
        if wrong:
            best = jsonschema.exceptions.best_match(wrong)
            raise Fault(f"{what}, at \"{pointer(best.absolute_path)}\": {best.message}"[:600])


class Operation:
    def __init__(self, document, method, path, json_):
        self.document, self.method, self.path, self.json = document, method, path, json_
        self.id = json_["operationId"]
        self.serves = json_["x-serves"]
        self.scope = json_["security"][0]["key"][0] if json_["security"] else None
        self.pattern = re.compile("".join(
            "[^/]+" if part.startswith("{") else re.escape(part)
            for part in re.split(r"(\{[^}]*\})", path)))

    def __str__(self):
        return f"{self.method} {self.path}"

    def fits(self, path):
        return self.pattern.fullmatch(path) is not None

    def parameters(self, place=None):
        item = self.document.json["paths"][self.path]
        every = [self.document.resolve(p) for p in
                 item.get("parameters", []) + self.json.get("parameters", [])]
        return [p for p in every if place in (None, p["in"])]

    def request_media(self):
        """(type, media) of the body; (None, None) where there is none."""
        body = self.json.get("requestBody")
        if not body:
            return None, None
        return next(iter(self.document.resolve(body)["content"].items()))

    def answer(self, status):
        """What the document says of a status; None: nothing."""
        responses = self.json["responses"]
        found = responses.get(str(status))
        if not found and status in OF_THE_SERVER:
            found = responses["default"]
        return found and self.document.resolve(found)

    def successes(self):
        return {int(status): self.document.resolve(answer) for status, answer in
                self.json["responses"].items() if status.startswith("2")}

    def check_request(self, query, headers, body):
        """A request that was taken, so the document had to know all of it."""
        names = {p["name"]: p for p in self.parameters("query")}
        for name, value in urllib.parse.parse_qsl(query, keep_blank_values=True):
            if name not in names:
                raise Fault(f"{self}: the query's {name} is not documented")
            self.document.check(names[name]["schema"], self.typed(names[name], value),
                                f"{self}: the query's {name}")
        for p in self.parameters("header"):
            if p["name"].lower() in headers:
                self.document.check(p["schema"], headers[p["name"].lower()],
                                    f"{self}: {p['name']}")
        kind, media = self.request_media()
        if body is not None and body != {} and not kind:
            raise Fault(f"{self}: a body is not documented")
        if body is not None and kind == "application/json":
            self.document.check(media["schema"], without_nulls(body), f"{self}: the request")

    def typed(self, parameter, text):
        """A number of the query is text on its way."""
        types = self.document.resolve(parameter["schema"]).get("type", "string")
        if types == "integer" and re.fullmatch(r"-?\d+", text):
            return int(text)
        if types == "boolean" and text in ("true", "false"):
            return text == "true"
        return text

    def check_answer(self, status, headers, text):
        """HEADERS by their names in lower case. Gives the body: parsed, if it is JSON."""
        what = f"{self}: {status}"
        answer = self.answer(status)
        if answer is None:
            raise Fault(f"{what} is not documented; it came with {text[:300]!r}")
        for name, header in answer.get("headers", {}).items():
            header = self.document.resolve(header)
            value = headers.get(name.lower())
            if value is None and header.get("required"):
                raise Fault(f"{what}: {name} is missing")
            if value is not None:
                self.document.check(header["schema"], self.typed(header, value),
                                    f"{what}, {name}")
        content = answer.get("content")
        if not content or not text:
            if bool(content) != bool(text):
                raise Fault(f"{what}: a body is {'not ' if text else ''}documented, {text[:300]!r}")
            return None
        kind = headers.get("content-type", "").split(";")[0]
        if kind not in content:
            raise Fault(f"{what}: {kind} is not documented")
        value = json.loads(text) if kind.endswith("json") else text
        self.document.check(content[kind].get("schema", {}), value, what)
        if kind == "application/problem+json" and value["status"] != status:
            raise Fault(f"{what}: the problem says {value['status']}")
        return value


def without_nulls(value):
    """Null is as if it were not there."""
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value
