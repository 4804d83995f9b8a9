"""Reads a callgrind profile: instructions by source line's file, calls by function.

Only a function's own instructions are added up. Inclusive ones mean nothing here: fibers
switch stacks, so a caller in the profile is not always who called.
"""
import collections
import re

NAMES = re.compile(r"(fl|fi|fe|fn|ob|cfi|cfl|cfn|cob)=\((\d+)\)(?: (.*))?$")
KIND = {"fl": "file", "fi": "file", "fe": "file", "cfi": "file", "cfl": "file",
        "fn": "name", "cfn": "name", "ob": "object", "cob": "object"}


class Profile:
    """instructions: {(object, file, function, its own file): number}, file being that of the
    line, so what is inlined counts where it was written; calls: {(object, function): how
    often it was called}."""

    def __init__(self):
        self.instructions = collections.Counter()
        self.calls = collections.Counter()
        self.total = 0


def plain(name):
    """A function's name without marks of recursion and of a symbol's version."""
    return re.sub(r"('\d+|@@?[\w.]+|\.(constprop|part|isra|cold|lto_priv)(\.\d+)*)+$", "", name)


def read(lines):
    profile = Profile()
    known = {"file": {}, "name": {}, "object": {}}
    here = {"ob": "", "fl": "", "fn": "", "home": ""}
    callee = {"cob": None, "cfn": ""}
    events, skip = ["Ir"], False
    for line in lines:
        line = line.rstrip("\n")
        first = line[:1]
        if first.isdigit() or first in "+-*" and first:
            if skip:  # what a call cost inclusively
                skip = False
                continue
            words = line.split()
            if len(words) > 1:
                key = here["ob"], here["fl"], here["fn"], here["home"]
                profile.instructions[key] += int(words[1])
            continue
        named = NAMES.match(line)
        if named:
            what, number, text = named.groups()
            table = known[KIND[what]]
            if text is not None:
                table[number] = text
            value = table.get(number, "?")
            if what in ("cob", "cfn"):
                callee[what] = value
            elif what in ("fl", "fi", "fe"):
                here["fl"] = value
            elif what == "ob":
                here["ob"] = value
            elif what == "fn":
                here["fn"], here["home"] = value, here["fl"]
        elif line.startswith("calls="):
            count = int(line[6:].split()[0])
            profile.calls[callee["cob"] or here["ob"], plain(callee["cfn"])] += count
            callee = {"cob": None, "cfn": ""}
            skip = True
        elif line.startswith("events:"):
            events = line[7:].split()
            if events[:1] != ["Ir"]:
                raise ValueError(f"a profile of {' '.join(events)}, not of instructions")
    profile.total = sum(profile.instructions.values())
    return profile


# --- Whose a line is -------------------------------------------------------------------

LAYERS = ["core/base", "core/run", "core/io", "core/mail", "core/queue", "core/serve",
          "core/events", "submit", "relay", "dkim", "pickup", "console", "bench"]
LIBRARIES = [  # part of an object's file name: what it is called
    ("libcrypto", "OpenSSL"), ("libssl", "OpenSSL"), ("libhiredis", "hiredis"),
    ("libjansson", "jansson"), ("libcares", "c-ares"), ("liburing", "liburing"),
    ("libgsasl", "GNU SASL"), ("libidn2", "libidn2"), ("libsystemd", "libsystemd"),
    ("libyaml", "libyaml"), ("libzstd", "zstd"), ("libcrypt", "libcrypt"),
    ("ld-linux", "dynamic linker"), ("vdso", "clock (vdso)")]
LIBC = [  # how a function of libc begins: its kind
    (r"_*(mem(cpy|move|set|chr|rchr|cmp|mem|pcpy)|str|stpcpy|rawmemchr)", "libc: memcpy, memchr, strlen"),
    (r"(__libc_)?_*(int_)?(malloc|free|calloc|realloc|memalign|posix_memalign|aligned_alloc)|"
     r"malloc_|_mid_memalign|unlink_chunk|sysmalloc|systrim|tcache|arena_get|alloc_perturb|"
     r"sysmalloc|brk|sbrk", "libc: malloc"),
    (r"_*(v?f?s?n?printf|printf|itoa|_itoa|_IO_|IO_|vfprintf|vsnprintf|fwrite|fputs)",
     "libc: printf"),
]
ALLOCATIONS = {"malloc", "calloc", "realloc", "memalign", "posix_memalign", "aligned_alloc"}
COPIES = re.compile(r"_*(memcpy|memmove|mempcpy)(_|$)")


def folder(file):
    """The layer a source file lies in, or None."""
    linked = re.search(r"/include/\w+/(\w+)/[^/]+$", file)  # an include folder of links
    if linked:
        return next((x for x in LAYERS if x.split("/")[-1] == linked.group(1)), None)
    return next((x for x in LAYERS if re.search(r"(^|/)%s/[^/]+$" % x, file)), None)


def layer(object_name, file, function, home):
    """The layer an instruction belongs to. A line of a system's header counts for the
    function it was inlined into."""
    ours = folder(file) or folder(home)
    if ours:
        return ours
    base = object_name.rsplit("/", 1)[-1]
    for part, title in LIBRARIES:
        if part in base:
            return title
    if re.match(r"libc[.-]", base) or "libpthread" in base:
        for pattern, title in LIBC:
            if re.match(pattern, plain(function)):
                return title
        return "libc: rest"
    return "rest"


def without(profile, idle, share):
    """PROFILE less SHARE of what IDLE says: what is done by the second, not by the message."""
    found = Profile()
    for mine, theirs, left in ((profile.instructions, idle.instructions, found.instructions),
                               (profile.calls, idle.calls, found.calls)):
        for key, count in mine.items():
            rest = count - share * theirs.get(key, 0)
            if rest > 0:
                left[key] = rest
    found.total = sum(found.instructions.values())
    return found


def cost(profile, messages):
    """What a message costs, from a profile of so many: instructions by layer, the functions
    (their own instructions and calls), allocations, copies, fiber switches."""
    layers = collections.Counter()
    functions = collections.Counter()
    for (of, file, function, home), count in profile.instructions.items():
        where = layer(of, file, function, home)
        layers[where] += count
        functions[where, plain(function)] += count
    calls = collections.Counter()
    allocations = copies = switches = 0
    for (of, function), count in profile.calls.items():
        calls[function] += count
        in_libc = re.match(r"libc[.-]", of.rsplit("/", 1)[-1]) is not None
        allocations += count if in_libc and function in ALLOCATIONS else 0
        copies += count if in_libc and COPIES.match(function) else 0
        switches += count if function == "switch_stacks" else 0
    each = lambda n, digits=0: round(n / messages, digits)  # noqa: E731
    return {
        "messages": messages,
        "instructions": each(profile.total),
        "layers": {k: each(v) for k, v in layers.most_common()},
        "functions": [{"layer": of, "name": name, "instructions": each(count, 1),
                       "calls": each(calls[name], 2)}
                      for (of, name), count in functions.most_common(400)
                      if count / messages >= 1],
        "allocations": each(allocations, 2), "copies": each(copies, 2),
        "fiber_switches": each(switches, 2),
    }
