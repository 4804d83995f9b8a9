#!/usr/bin/env python3
"""Every event of the code is in docs/EVENTS.md with its level, and no other is.

events.py SOURCE: prints one line for each difference and exits 1 if there is
any. An event's name may reach event_begin or event_note through parameters of
functions in the same file; it is followed to the string literals.
"""
import os
import re
import sys

FOLDERS = ["core", "dkim", "submit", "relay", "pickup", "console", "bench"]
NOT_EVENTS = ["core/base/event.c"]  # the functions themselves
FIELDS = r"\bevent_(?:text|number|truth|seconds|texts|raw)\("
LEVELS = "debug|info|warning|error"
DEEPEST = 4  # functions a name is handed through


def arguments(text, at):
    """The arguments of a call whose ( is at AT - 1."""
    depth, found, begin = 0, [], at
    while at < len(text):
        c = text[at]
        if c == '"':
            at = re.compile(r'"(?:\\.|[^"\\])*"').match(text, at).end()
            continue
        if c == "'":
            at = re.compile(r"'(?:\\.|[^'\\])*'").match(text, at).end()
            continue
        if c in ",)" and depth == 0:
            found.append(text[begin:at].strip())
            if c == ")":
                return found
            begin = at + 1
        depth += (c in "([{") - (c in ")]}")
        at += 1
    return found


class File:
    def __init__(self, root, name):
        self.name = name
        with open(os.path.join(root, name), encoding="utf-8") as file:
            text = file.read()
        # Comments go; lines stay where they are.
        self.text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), text,
                           flags=re.S)
        # name, parameters, where its body begins and ends
        self.functions = []
        for m in re.finditer(r"^[a-z][^\n;{}=#]*?\b(\w+)\(([^;{}]*)\)\n\{(.*?)^\}",
                             self.text, re.M | re.S):
            parameters = [re.findall(r"\w+", p)[-1:] for p in m.group(2).split(",")]
            self.functions.append((m.group(1), [p[0] if p else "" for p in parameters],
                                   m.start(3), m.end(3)))

    def enclosing(self, at):
        return next((f for f in self.functions if f[2] <= at < f[3]), None)

    def calls(self, name):
        """(where, arguments) of the calls of NAME in the bodies of functions."""
        for m in re.finditer(r"\b%s\(" % name, self.text):
            if self.enclosing(m.start()):
                yield m.start(), arguments(self.text, m.end())

    def resolve(self, at, level, name, depth=0):
        """The (level, name) pairs the two expressions stand for at AT."""
        names = re.findall(r'"([^"]*)"', name)
        levels = re.findall(r"\bEVENT_([A-Z]+)\b", level)
        if names and levels:
            if len(names) == len(levels):
                return set(zip(levels, names))
            return {(a, b) for a in levels for b in names}
        function = self.enclosing(at)
        wanted = [x for x in (level, name) if not re.search(r'"|\bEVENT_', x)]
        if depth == DEEPEST or not function or \
                any(x not in function[1] for x in wanted):
            return set()
        pairs = set()
        for where, given in self.calls(function[0]):
            pairs |= self.resolve(where, *(given[function[1].index(x)] if x in wanted
                                           else x for x in (level, name)), depth + 1)
        return pairs


def from_code(root, trouble):
    events, fields = {}, {}
    for folder in FOLDERS:
        for directory, _, files in os.walk(os.path.join(root, folder)):
            for plain in sorted(files):
                name = os.path.relpath(os.path.join(directory, plain), root)
                if not plain.endswith(".c") or name in NOT_EVENTS:
                    continue
                file = File(root, name)
                sites = [(at, given[1], given[2]) for at, given in
                         file.calls("event_begin")]
                sites += [(at, given[0], given[1]) for at, given in
                          file.calls("event_note")]
                for at, level, event in sites:
                    pairs = file.resolve(at, level, event)
                    line = file.text.count("\n", 0, at) + 1
                    if not pairs:
                        trouble.append(f"{name}:{line}: cannot tell the name of this event")
                    for of, named in pairs:
                        events.setdefault(named, [set(), f"{name}:{line}"])[0].add(of.lower())
                for m in re.finditer(FIELDS, file.text):
                    for field in re.findall(r'"(\w+)"', arguments(file.text, m.end())[1]):
                        fields[field] = name
    return events, fields


def from_manual(root):
    with open(os.path.join(root, "docs", "EVENTS.md"), encoding="utf-8") as file:
        text = file.read()
    events = {m.group(1): set(re.findall(r"\w+", m.group(2))) for m in
              re.finditer(r"^\| `([a-z_-]+)` \| ((?:%s)(?:, (?:%s))*) \|" % (LEVELS, LEVELS),
                          text, re.M)}
    return events, set(re.findall(r"`(\w+)`", text))


def main(root):
    trouble = []
    events, fields = from_code(root, trouble)
    written, words = from_manual(root)
    for name, (levels, where) in sorted(events.items()):
        if name not in written:
            trouble.append(f"{where}: event {name} is not in docs/EVENTS.md")
        elif written[name] != levels:
            trouble.append(f"{where}: event {name} is {', '.join(sorted(levels))}, in "
                           f"docs/EVENTS.md it is {', '.join(sorted(written[name]))}")
    for name in sorted(set(written) - set(events)):
        trouble.append(f"docs/EVENTS.md: no code writes event {name}")
    for field, where in sorted(fields.items()):
        if field not in words:
            trouble.append(f"{where}: field {field} is not in docs/EVENTS.md")
    print("\n".join(trouble) or f"{len(events)} events, {len(fields)} fields, all described")
    return bool(trouble)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "."))
