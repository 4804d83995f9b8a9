#!/usr/bin/env python3
"""The mechanical rules of how Ringpost's code reads (docs/STYLE.md).

tidy.py SOURCE [BUILD]: prints one line for each breach and exits 1 if there
is any. RATCHET names what may be longer than the rules say, and by how much:
it may shrink, never grow.
"""
import os
import re
import subprocess
import sys

# The layers, lowest first, and their folders: as deploy/lib/layers has them.
FOLDERS = dict(re.findall(r"^layer (\w+) (\S+)", open(os.path.join(
    sys.argv[1], "deploy/lib/layers"), encoding="utf-8").read(), re.M))
LAYERS = [name for name in FOLDERS if name != "tests"]

# foreign header: the files that may include it
FOREIGN = {
    r"liburing\.h": r"core/run/ring[a-z_]*\.c",
    r"curl/.*": r"core/io/fetch[a-z_]*\.c",
    r"ares\.h": r"core/io/dns[a-z_]*\.c",
    r"hiredis/.*": r"core/io/re(dis|sp)[a-z_]*\.c",
    r"openssl/.*": r"core/io/tls[a-z_]*\.[ch]|dkim/[a-z_]*\.c|core/account/(totp|app_secret|api_key)\.c|core/feedback/leaving_mac\.c|core/events/signature\.c|bench/.*",
    r"pcre2\.h": r"core/base/pattern\.c",
    r"yaml\.h": r"core/base/config_yaml\.c",
    r"http_parser\.h": r"core/http/parse\.c",
    r"gsasl\.h": r"core/mail/sasl[a-z_]*\.[ch]",
    r"iconv\.h": r"core/mail/mime_charset\.c",
    r"idn2\.h": r"core/mail/[a-z_]*\.c",
    r"sqlite3\.h": r"pickup/store/database\.c",
    r"zstd\.h": r"core/events/(compress|decompress|packed)\.c",
    r"libpsl\.h": r"core/verify/suffix\.c",
    r"crypt\.h": r"core/account/[a-z_]*\.c",
    r"uni(type|case|norm|str)\.h": r"pickup/imap/unicode\.c",
    r"zlib\.h": r"core/io/deflate\.c|core/http/gzip\.c|relay/policy/tlsrpt_gzip\.c",
    r"systemd/.*": r"(console/daemon|core/serve)/[a-z_]*\.c",
}

FORBIDDEN = [
    (r"\b(setjmp|longjmp|alloca|vfork|strtok|gets|strcpy|strcat|sprintf|vsprintf)\s*\(",
     "is not used here"),
    (r"\b(TODO|FIXME|XXX)\b", "finish it"),
    (r"\b(sleep|usleep|nanosleep|gethostbyname|system|popen)\s*\(",
     "blocks or hides a shell"),
]
FILE_MAX, FUNCTION_MAX, HEADER_MAX, README_MAX = 400, 60, 120, 40
RATCHET = {
    # file or file:function -> lines
    "core/base/config.h": 260,
    "core/queue/message.h": 145,
    "core/io/stream.h": 130,
    "core/run/worker.h": 125,
    "core/run/ring.h": 125,
    "bench/README.md": 100,  # two things: the load tools, and the suite
}

breaches = []


def breach(path, line, text):
    breaches.append(f"{path}:{line}: {text}")


def limit(name, usual):
    return RATCHET.get(name, usual)


def layer_of(path):
    here = [layer for layer in LAYERS if path.startswith(FOLDERS[layer] + "/")]
    return max(here, key=lambda layer: len(FOLDERS[layer]), default=None)


def check_includes(path, lines):
    includes = [(n, m.group(1), m.group(2)) for n, line in enumerate(lines, 1)
                if (m := re.match(r'#include ([<"])([^>"]+)[>"]', line))]
    own = layer_of(path)
    if path.endswith(".c") and own and includes:
        header = f"{own}/{os.path.basename(path)[:-2]}.h"
        there = os.path.exists(os.path.join(FOLDERS[own], os.path.basename(header)))
        if there and includes[0][2] != header:
            breach(path, includes[0][0], f"its own header {header} comes first")
    for n, _, name in includes:
        layer = name.split("/")[0]
        if own and layer in LAYERS and LAYERS.index(layer) > LAYERS.index(own):
            breach(path, n, f"{own} may not include upward: {name}")
        for pattern, files in FOREIGN.items():
            if re.fullmatch(pattern, name) and not path.startswith("tests/") \
                    and not re.fullmatch(files, path):
                breach(path, n, f"<{name}> belongs in {files}")


def strip(text):
    """Comments and strings blanked, lines kept."""
    def blank(m):
        return re.sub(r"[^\n]", " ", m.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text,
                  flags=re.S)


def check_functions(path, text):
    lines = strip(text).split("\n")
    start = name = None
    for n, line in enumerate(lines, 1):
        if line == "{":
            head = " ".join(l.strip() for l in lines[max(0, n - 8):n - 1])
            m = re.findall(r"(\w+)\s*\(", head)
            start, name = n, m[-1] if m else "?"
            back = [x for x in m if not x.isupper()]
            name = back[-1] if back else name
        elif line.startswith("}") and start:
            size = n - start
            if size > limit(f"{path}:{name}", FUNCTION_MAX):
                breach(path, start, f"{name} has {size} lines, {FUNCTION_MAX} at most")
            start = None


def check_deadlines(path, text):
    for m in re.finditer(r"\(([^(){};]*\bstruct deadline\b[^(){};]*)\)", strip(text)):
        inside = m.group(1).split(",")
        places = [i for i, p in enumerate(inside) if re.search(r"\bstruct deadline\s+\w*$", p.strip())]
        if places and places[-1] != len(inside) - 1 and len(places) == 1:
            line = text[:m.start()].count("\n") + 1
            breach(path, line, "struct deadline is the last parameter of what suspends")


def check_header_alone(path, build):
    layer = layer_of(path)
    include = os.path.join(build, "include", layer)
    got = subprocess.run(["gcc", "-std=gnu11", "-D_GNU_SOURCE", "-fsyntax-only", "-x", "c",
                          "-I", include, path], capture_output=True, text=True)
    if got.returncode:
        breach(path, 1, "does not compile alone: " + got.stderr.split("\n")[0])


def check_file(path, build):
    text = open(path, encoding="utf-8").read()
    lines = text.split("\n")
    most = HEADER_MAX if path.endswith(".h") else FILE_MAX
    if len(lines) - 1 > limit(path, most) and not path.startswith("tests/"):
        breach(path, 1, f"has {len(lines) - 1} lines, {limit(path, most)} at most")
    if not text.lstrip().startswith("/*"):
        breach(path, 1, "opens with a sentence that says what it does")
    for n, line in enumerate(strip(text).split("\n"), 1):
        for pattern, why in FORBIDDEN:
            if (m := re.search(pattern, line)) and not path.startswith("tests/"):
                breach(path, n, f"{m.group(0)}: {why}")
    check_includes(path, lines)
    check_deadlines(path, text)
    if path.endswith(".c") and not path.startswith("tests/"):
        check_functions(path, text)
    if path.endswith(".h") and build and layer_of(path):
        check_header_alone(path, build)


def main():
    build = os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 else None
    os.chdir(sys.argv[1])
    for folder, folders, files in os.walk("."):
        folders[:] = sorted(f for f in folders
                            if not f.startswith((".", "build")) and f != "__pycache__")
        for name in sorted(files):
            if name.endswith((".c", ".h")):
                check_file(os.path.normpath(os.path.join(folder, name)), build)
    for layer in LAYERS:
        folder = FOLDERS[layer]
        readme = os.path.join(folder, "README.md")
        if os.path.isdir(folder) and any(f.endswith(".c") for f in os.listdir(folder)):
            if not os.path.exists(readme):
                breach(folder, 1, "has no README.md")
            elif len(open(readme, encoding="utf-8").readlines()) > limit(readme, README_MAX):
                breach(readme, 1, f"has more than {limit(readme, README_MAX)} lines")
    print("\n".join(breaches) or "tidy")
    sys.exit(1 if breaches else 0)


main()
