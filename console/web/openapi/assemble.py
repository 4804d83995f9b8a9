#!/usr/bin/env python3
"""assemble.py VERSION OUTPUT FRAGMENT…: the OpenAPI document out of its fragments, as a
C source that holds it. What fragments may say beside OpenAPI 3.1 is in README.md.
"""
import json
import re
import sys

METHODS = ("get", "put", "post", "delete", "patch")
PROBLEMS = {400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound",
            409: "Conflict", 411: "LengthRequired", 413: "TooLarge", 415: "UnsupportedType",
            422: "Unprocessable", 429: "RateLimited", 503: "Unavailable"}
OF_KEYS = (401, 403, 422, 503)  # wherever a key is asked for
OF_BODIES = (400, 411, 413, 415)  # wherever there is a body


class Wrong(Exception):
    pass


def once(pairs):
    """JSON forgets a name that stands there twice."""
    names = [name for name, _ in pairs]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise Wrong(f"{', '.join(sorted(twice))}: there twice")
    return dict(pairs)


def join_lines(value):
    """A description may be a list of lines; an empty one makes a paragraph."""
    if isinstance(value, list):
        for item in value:
            join_lines(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name == "description" and isinstance(item, list):
                value[name] = re.sub(" ?\n ?", "\n", " ".join(
                    line or "\n\n" for line in item)).strip()
            else:
                join_lines(item)


def merge(whole, part):
    """Nothing that one fragment says may be said by another."""
    for kind in part:
        if kind not in ("tags", "paths", "components"):
            raise Wrong(f"\"{kind}\" belongs in base.json")
    whole["tags"] += part.get("tags", [])
    for path, item in part.get("paths", {}).items():
        there = whole["paths"].setdefault(path, {})
        for name in item:
            if name in there:
                raise Wrong(f"{name} of {path} is there already")
            there[name] = item[name]
    for kind, items in part.get("components", {}).items():
        there = whole["components"].setdefault(kind, {})
        for name in items:
            if name in there:
                raise Wrong(f"components/{kind}/{name} is there already")
            there[name] = items[name]


def complete(where, operation):
    """What all operations of a kind have in common."""
    if "scope" not in operation:
        raise Wrong(f"{where}: \"scope\" is missing: send, read, admin, or null for nobody's")
    scope = operation.pop("scope")
    operation["security"] = [{"key": [scope]}, {"basic": [scope]}] if scope else []
    operation["x-serves"] = operation.pop("serves", "api")
    problems = set(operation.pop("problems", []))
    problems |= set(OF_KEYS if scope else ()) | set(
        OF_BODIES if "requestBody" in operation else ())
    responses = operation.setdefault("responses", {})
    for status in problems:
        if status not in PROBLEMS:
            raise Wrong(f"{where}: no problem {status} is known")
        responses.setdefault(
            str(status), {"$ref": f"#/components/responses/{PROBLEMS[status]}"})
    responses["default"] = {"$ref": "#/components/responses/Problem"}
    operation["responses"] = dict(sorted(responses.items()))


def find(document, reference):
    found = document
    for step in reference.removeprefix("#/").split("/"):
        try:
            found = found[step.replace("~1", "/").replace("~0", "~")]
        except (KeyError, TypeError):
            raise Wrong(f"{reference} leads nowhere") from None
    return found


def close(document, value, seen):
    """Members that are not known are refused: so say the schemas of requests."""
    if isinstance(value, list):
        for item in value:
            close(document, item, seen)
    if not isinstance(value, dict):
        return
    reference = value.get("$ref")
    if reference and reference not in seen:
        seen.add(reference)
        close(document, find(document, reference), seen)
    if isinstance(value.get("properties"), dict) and value.get("type") == "object":
        value.setdefault("additionalProperties", False)
    for name, item in value.items():
        if name not in ("example", "examples"):
            close(document, item, seen)


def check_references(document, value):
    if isinstance(value, list):
        for item in value:
            check_references(document, item)
    elif isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            find(document, value["$ref"])
        for item in value.values():
            check_references(document, item)


def assemble(version, files):
    document = None
    for file in sorted(files, key=lambda file: (not file.endswith("/base.json"), file)):
        try:
            with open(file, encoding="utf-8") as text:
                part = json.load(text, object_pairs_hook=once)
            if document is None:
                document = part
            else:
                merge(document, part)
        except (Wrong, ValueError) as why:
            raise Wrong(f"{file}: {why}") from None
    document["info"]["version"] = version
    join_lines(document)
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                complete(f"{method} {path}", item[method])
    check_references(document, document)
    for item in document["paths"].values():
        for method in METHODS:
            close(document, item.get(method, {}).get("requestBody"), set())
    document["paths"] = dict(sorted(document["paths"].items()))
    return document


def source_of(document):
    """A C source: a text of at most 100 bytes a line."""
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=True)
    lines = (text[at:at + 100].replace("\\", "\\\\").replace("\"", "\\\"").replace("?", "\\?")
             for at in range(0, len(text), 100))
    return ("/* Made of console/web/openapi by assemble.py. */\n"
            "extern const char openapi_text[];\n"
            "extern const unsigned openapi_size;\n\n"
            f"const unsigned openapi_size = {len(text)};\n"
            "const char openapi_text[] =\n\t" +
            "\n\t".join(f"\"{line}\"" for line in lines) + ";\n")


def main():
    version, output, *files = sys.argv[1:]
    try:
        source = source_of(assemble(version, files))
    except Wrong as why:
        sys.exit(f"openapi: {why}")
    with open(output, "w", encoding="utf-8") as into:
        into.write(source)


if __name__ == "__main__":
    main()
