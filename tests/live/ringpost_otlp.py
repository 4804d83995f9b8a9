"""A collector of OpenTelemetry traces for tests: OTLP over HTTP in JSON, read strictly.

    with Collector() as collector, Daemon(traces={"endpoint": collector.url}) as daemon:
        spans = collector.wait(lambda spans: named(spans, "delivery"))

What is posted must be an ExportTraceServiceRequest as opentelemetry-proto and the JSON
mapping of the OTLP specification have it: no member that is not known, ids in
hexadecimal, 64-bit numbers as strings, enumerations as numbers. What is wrong stands in
`collector.faults`, and is answered 400.
"""
import json
import re

from ringpost_live import until
from web import Web

KINDS = {0: "UNSPECIFIED", 1: "INTERNAL", 2: "SERVER", 3: "CLIENT", 4: "PRODUCER",
         5: "CONSUMER"}


class Fault(Exception):
    pass


def need(held, where, what):
    if not held:
        raise Fault(f"{where}: {what}")


def text(value, where):
    need(isinstance(value, str), where, f"{value!r} is no string")
    value.encode()  # no lone surrogates
    return value


def hex_id(digits):
    def check(value, where):
        need(re.fullmatch(f"[0-9a-f]{{{digits}}}", text(value, where)), where,
             f"{value!r} is no id of {digits} digits")
        need(set(value) != {"0"}, where, "an id of zeroes")
    return check


def number(bits, signed):
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)

    def check(value, where):
        if bits == 64:
            need(re.fullmatch(r"-?\d+", text(value, where)), where, f"{value!r} is no number")
            value = int(value)
        need(isinstance(value, int) and not isinstance(value, bool), where, "no whole number")
        need(low <= value <= high, where, f"{value} is out of range")
    return check


def enumeration(known):
    def check(value, where):
        need(isinstance(value, int) and value in known, where, f"{value!r} is not known")
    return check


def truth(value, where):
    need(isinstance(value, bool), where, f"{value!r} is no truth")


def listed(check_one):
    def check(value, where):
        need(isinstance(value, list), where, "no list")
        for at, one in enumerate(value):
            check_one(one, f"{where}[{at}]")
    return check


def message(members, required=(), one_of=False):
    def check(value, where):
        need(isinstance(value, dict), where, "no object")
        for name, one in value.items():
            need(name in members, where, f"{name} is not known")
            members[name](one, f"{where}.{name}")
        for name in required:
            need(name in value, where, f"{name} is missing")
        need(not one_of or len(value) == 1, where, "not just one value")
    return check


any_value = message({"stringValue": text, "boolValue": truth, "intValue": number(64, True)},
                    one_of=True)
attributes = listed(message({"key": text, "value": any_value}, ("key", "value")))
dropped = number(32, False)
link = message({"traceId": hex_id(32), "spanId": hex_id(16), "traceState": text,
                "attributes": attributes, "droppedAttributesCount": dropped, "flags": dropped},
               ("traceId", "spanId"))
status = message({"code": enumeration((0, 1, 2)), "message": text})
span = message({
    "traceId": hex_id(32), "spanId": hex_id(16), "traceState": text, "parentSpanId": hex_id(16),
    "flags": dropped, "name": text, "kind": enumeration(KINDS),
    "startTimeUnixNano": number(64, False), "endTimeUnixNano": number(64, False),
    "attributes": attributes, "droppedAttributesCount": dropped,
    "links": listed(link), "droppedLinksCount": dropped, "status": status},
    ("traceId", "spanId", "name", "kind", "startTimeUnixNano", "endTimeUnixNano"))
scope = message({"name": text, "version": text, "attributes": attributes,
                 "droppedAttributesCount": dropped})
scope_spans = message({"scope": scope, "spans": listed(span), "schemaUrl": text}, ("spans",))
resource = message({"attributes": attributes, "droppedAttributesCount": dropped})
resource_spans = message({"resource": resource, "scopeSpans": listed(scope_spans),
                          "schemaUrl": text}, ("scopeSpans",))
request = message({"resourceSpans": listed(resource_spans)}, ("resourceSpans",))


def no_twice(pairs):
    names = [name for name, _ in pairs]
    need(len(set(names)) == len(names), "object", f"a member twice: {names}")
    return dict(pairs)


class Span:
    """A span, its attributes as a dictionary, its times in seconds."""

    def __init__(self, value, of):
        self.trace, self.id, self.name = value["traceId"], value["spanId"], value["name"]
        self.parent = value.get("parentSpanId")
        self.kind = KINDS[value["kind"]]
        self.began = int(value["startTimeUnixNano"]) / 1e9
        self.ended = int(value["endTimeUnixNano"]) / 1e9
        need(self.ended >= self.began, self.name, "it ends before it began")
        self.error = value["status"]["message"] if "status" in value else None
        need(self.error is None or value["status"]["code"] == 2, self.name, "no error's status")
        self.links = value.get("links", [])
        self.resource = of
        self.attributes = values(value.get("attributes", []))

    def __repr__(self):
        return f"<{self.name} {self.attributes}>"


def values(listed_attributes):
    found = {}
    for one in listed_attributes:
        (kind, value), = one["value"].items()
        need(one["key"] not in found, one["key"], "an attribute twice")
        found[one["key"]] = int(value) if kind == "intValue" else value
    return found


def read(body):
    """The spans of a request's body; Fault where it is not as it must be."""
    value = json.loads(body.decode("utf-8"), object_pairs_hook=no_twice)
    request(value, "request")
    spans = []
    for one in value["resourceSpans"]:
        of = values(one["resource"]["attributes"])
        for scoped in one["scopeSpans"]:
            need(scoped["spans"], "scopeSpans", "a request with no spans")
            spans += [Span(s, of) for s in scoped["spans"]]
    return spans


class Collector(Web):
    """ANSWER(request) may answer otherwise than with success: None is that."""

    def __init__(self, answer=None, **options):
        self.spans, self.faults, self.other = [], [], answer
        super().__init__(None, ["collector.test"], self._answer, tls=False, **options)
        self.url = f"http://127.0.0.1:{self.port}/v1/traces"

    def _answer(self, got):
        try:
            need((got.method, got.path) == ("POST", "/v1/traces"), "request", got.path)
            need(got.headers.get("Content-Type") == "application/json", "request",
                 "its type is not application/json")
            spans = read(got.body)
        except (Fault, ValueError, KeyError) as fault:
            self.faults.append(fault)
            return 400, "{}"
        other = self.other(got) if self.other else None
        if other:
            return other
        self.spans += spans
        return 200, '{"partialSuccess":{}}', {"Content-Type": "application/json"}

    def wait(self, condition, what="spans"):
        """The spans so far, once CONDITION holds of them."""
        def there():
            assert not self.faults, self.faults
            spans = list(self.spans)
            return spans if condition(spans) else None
        return until(there, 20, what)


def named(spans, name, **fields):
    """Those of that name, and of these attributes ('_' for '.') of ringpost's."""
    return [s for s in spans if s.name == name and all(
        s.attributes.get("ringpost." + k.replace("_", ".")) == v for k, v in fields.items())]
