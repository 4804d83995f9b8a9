"""Whether a document is a good OpenAPI 3.1 one: its structure (the specification's tables of
fields, as a JSON schema of our own), JSON schemas in it that are such, references, parameters
that stand in paths, examples that are what they are examples of; and what this API wants of
each operation besides.

    faults(document) -> ["get /x: …", …]
"""
import re

import jsonschema

from ringpost_openapi import METHODS, Fault

TEXT = {"type": "string"}
LINE = {"type": "string", "minLength": 1}
TRUTH = {"type": "boolean"}
SCHEMA = {"type": ["object", "boolean"]}


def of(name):
    return {"$ref": "#/$defs/" + name}


def map_of(item, names=r"^[A-Za-z0-9._-]+$"):
    return {"type": "object", "patternProperties": {names: item}, "additionalProperties": False}


def list_of(item, **more):
    return {"type": "array", "items": item, **more}


def fields(needed=(), /, **members):
    """An object of the specification: these fields, and extensions."""
    return {"type": "object", "required": list(needed), "additionalProperties": False,
            "properties": {name.replace("__", "$"): item
                           for name, item in members.items()},
            "patternProperties": {"^x-": {}}}


def or_reference(item):
    return {"if": {"type": "object", "required": ["$ref"]},
            "then": fields(["$ref"], __ref=TEXT, summary=TEXT, description=TEXT), "else": item}


ANY = map_of({}, "")
EXAMPLE = or_reference(fields(summary=TEXT, description=TEXT, value={}, externalValue=TEXT))
DEFS = {
    "info": fields(["title", "version"], title=LINE, summary=TEXT, description=TEXT,
                   termsOfService=TEXT, version=LINE,
                   contact=fields(name=TEXT, url=TEXT, email=TEXT),
                   license=fields(["name"], name=LINE, identifier=TEXT, url=TEXT)),
    "server": fields(["url"], url=LINE, description=TEXT, variables=ANY),
    "tag": fields(["name"], name=LINE, description=TEXT, externalDocs=of("docs")),
    "docs": fields(["url"], url=LINE, description=TEXT),
    "security": map_of(list_of(TEXT)),
    "path": fields(__ref=TEXT, summary=TEXT, description=TEXT, servers=list_of(of("server")),
                   parameters=list_of(or_reference(of("parameter"))),
                   **{method: of("operation") for method in
                      (*METHODS, "head", "options", "trace")}),
    "operation": fields(
        ["responses"], tags=list_of(LINE), summary=LINE, description=LINE, operationId=LINE,
        externalDocs=of("docs"), parameters=list_of(or_reference(of("parameter"))),
        requestBody=or_reference(of("body")), responses=of("responses"), callbacks=ANY,
        deprecated=TRUTH, security=list_of(of("security")), servers=list_of(of("server"))),
    "responses": {"minProperties": 1, **map_of(
        or_reference(of("response")), r"^([1-5](\d\d|XX)|default|x-.*)$")},
    "response": fields(["description"], description=LINE, content=of("content"),
                       headers=map_of(or_reference(of("header"))),
                       links=map_of(or_reference(of("link")))),
    "link": {"oneOf": [{"required": ["operationId"]}, {"required": ["operationRef"]}],
             **fields(operationId=TEXT, operationRef=TEXT, parameters=ANY, requestBody={},
                      description=TEXT, server=of("server"))},
    "body": fields(["content"], description=TEXT, content=of("content"), required=TRUTH),
    "content": {"minProperties": 1, **map_of(of("media"), r"^[^/ ]+/[^/ ]+$")},
    "media": fields(schema=SCHEMA, example={}, examples=map_of(EXAMPLE), encoding=ANY),
    "header": fields(description=TEXT, required=TRUTH, deprecated=TRUTH, schema=SCHEMA,
                     example={}, examples=map_of(EXAMPLE), style={"const": "simple"},
                     explode=TRUTH, content=of("content")),
    "parameter": {
        "oneOf": [{"required": ["schema"]}, {"required": ["content"]}],
        "if": {"properties": {"in": {"const": "path"}}},
        "then": {"required": ["required"], "properties": {"required": {"const": True}}},
        **fields(["name", "in"], name=LINE, description=TEXT, required=TRUTH, deprecated=TRUTH,
                 schema=SCHEMA, example={}, examples=map_of(EXAMPLE), style=TEXT, explode=TRUTH,
                 allowReserved=TRUTH, allowEmptyValue=TRUTH, content=of("content"),
                 **{"in": {"enum": ["query", "header", "path", "cookie"]}})},
    "scheme": or_reference(fields(
        ["type"], type={"enum": ["apiKey", "http", "mutualTLS", "oauth2", "openIdConnect"]},
        description=TEXT, name=TEXT, scheme=LINE, bearerFormat=TEXT, flows=ANY,
        openIdConnectUrl=TEXT, **{"in": {"enum": ["query", "header", "cookie"]}})),
    "components": fields(
        schemas=map_of(SCHEMA), responses=map_of(or_reference(of("response"))),
        parameters=map_of(or_reference(of("parameter"))), examples=map_of(EXAMPLE),
        requestBodies=map_of(or_reference(of("body"))), headers=map_of(or_reference(of("header"))),
        securitySchemes=map_of(of("scheme")), links=map_of(or_reference(of("link"))),
        callbacks=ANY, pathItems=map_of(of("path"))),
}
STRUCTURE = {
    "$defs": DEFS,
    **fields(["openapi", "info", "paths"], openapi={"type": "string", "pattern": r"^3\.1\.\d+$"},
             info=of("info"), jsonSchemaDialect=TEXT, servers=list_of(of("server")),
             paths=map_of(of("path"), "^(/|x-)"), webhooks=map_of(of("path"), ""),
             components=of("components"), security=list_of(of("security")),
             tags=list_of(of("tag")), externalDocs=of("docs")),
}


def structure(document):
    validator = jsonschema.Draft202012Validator(STRUCTURE)
    return ["/".join(map(str, error.absolute_path)) + ": " + error.message[:300]
            for error in validator.iter_errors(document.json)]


def walk(value, path=()):
    yield path, value
    if isinstance(value, dict):
        for name, item in value.items():
            yield from walk(item, (*path, name))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from walk(item, (*path, i))


def is_data(path):
    """What stands below these is any JSON, and not the document's."""
    return any(step in ("example", "examples", "value", "const", "enum") and
               (not i or path[i - 1] != "properties") for i, step in enumerate(path))


def schemas_and_references(document):
    found = []
    for path, value in walk(document.json):
        if is_data(path) or not isinstance(value, dict):
            continue
        if isinstance(value.get("$ref"), str):
            try:
                document.resolve(value)
            except (KeyError, RecursionError):
                found.append(f"{'/'.join(map(str, path))}: {value['$ref']} leads nowhere")
        if path[-1:] == ("schema",) or path[:2] == ("components", "schemas") and len(path) == 3:
            try:
                jsonschema.Draft202012Validator.check_schema(value)
            except jsonschema.SchemaError as error:
                found.append(f"{'/'.join(map(str, path))}: no JSON schema: {error.message[:300]}")
        if "allOf" in value:
            found.append(f"{'/'.join(map(str, path))}: allOf: members could not be closed")
    return found


def unused(document):
    """Components that nobody refers to, but for the problems there can be."""
    used = {value["$ref"] for _, value in walk(document.json)
            if isinstance(value, dict) and isinstance(value.get("$ref"), str)}
    return [f"components/{kind}/{name}: nobody refers to it"
            for kind, items in document.json["components"].items()
            if kind not in ("securitySchemes", "responses")
            for name in items if f"#/components/{kind}/{name}" not in used]


def one_operation(document, operation):
    """What is wrong with one operation."""
    json_ = operation.json
    for name in ("operationId", "summary", "tags"):
        if not json_.get(name):
            yield f"{name} is missing"
    if json_.get("summary", "").endswith("."):
        yield "the summary is no sentence: no full stop"
    for tag in json_.get("tags", []):
        if tag not in {t["name"] for t in document.json.get("tags", [])}:
            yield f"tag {tag} is not among the document's"
    named = [p["name"] for p in operation.parameters("path")]
    if sorted(named) != sorted(re.findall(r"\{(.*?)\}", operation.path)):
        yield f"parameters of the path: {named}"
    for parameter in operation.parameters():
        if "description" not in parameter:
            yield f"{parameter['name']} has no description"
        if parameter["in"] == "path" and "example" not in parameter:
            yield f"{parameter['name']} has no example"
        yield from examples(document, parameter, f"parameter {parameter['name']}", False)
    if not operation.successes():
        yield "no answer of success"
    kind, media = operation.request_media()
    if media:
        yield from examples(document, media, f"the request, {kind}", True)
    for status in json_["responses"]:
        answer = document.resolve(json_["responses"][status])
        for kind, media in answer.get("content", {}).items():
            yield from examples(document, media, f"{status}, {kind}", status[0] == "2")
        for name, link in answer.get("links", {}).items():
            if document.resolve(link)["operationId"] not in {o.id for o in document.operations}:
                yield f"link {name} leads to no operation"


def examples(document, media, what, needed):
    """Examples there are, and they are what the schema says."""
    given = {name: document.resolve(e).get("value") for name, e in
             media.get("examples", {}).items()}
    if "example" in media:
        given["example"] = media["example"]
    if needed and not given:
        yield f"{what}: an example is missing"
    for name, value in given.items():
        try:
            document.check(media.get("schema", {}), value, f"{what}, example {name}")
        except Fault as fault:
            yield str(fault)


def faults(document):
    found = structure(document)
    if found:  # the rest would stumble over it
        return found
    found = schemas_and_references(document)
    if found:
        return found
    found = unused(document)
    seen = {}
    for operation in document.operations:
        if operation.id in seen:
            found.append(f"{operation}: {operation.id} is {seen[operation.id]}, too")
        seen[operation.id] = operation
        found += [f"{operation}: {fault}" for fault in one_operation(document, operation)]
    return found

