#!/usr/bin/env python3
"""Our signatures before other people's verifiers, and theirs before ours.

dkim_python_test.py DKIM_BATCH [MESSAGES]

Makes varied messages (8-bit, long lines, odd and folded headers, empty
bodies, duplicate fields …), signs each with RSA-2048 and Ed25519 in all four
canonical forms, and has dkimpy and opendkim verify them; what dkimpy signs,
we verify; what was tampered with, nobody takes. Exit 77: no dkimpy here.
"""
import base64
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

sys.path[:] = [p for p in sys.path if p not in ("", os.getcwd())]
try:
    import dkim
    import nacl  # noqa: F401, for Ed25519
except ImportError:
    # it may be installed for the system's Python and not for the first in PATH
    if os.path.exists("/usr/bin/python3") and sys.executable != "/usr/bin/python3" \
            and not os.environ.get("DKIM_TEST_AGAIN"):
        os.environ["DKIM_TEST_AGAIN"] = "1"
        os.execv("/usr/bin/python3", ["/usr/bin/python3"] + sys.argv)
    print("SKIP: python3-dkim or python3-nacl is not installed")
    sys.exit(77)

DOMAIN = "example.com"
FORMS = ["relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple"]
failures = []


def fail(text):
    failures.append(text)
    if len(failures) <= 20:
        print("FAILED:", text)


# Messages -----------------------------------------------------------------

def word(rng):
    kinds = [
        lambda: "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(1, 12))),
        lambda: rng.choice(["Grüße", "naïve", "日本語", "🙂", "Ωmega"]),
        lambda: str(rng.randint(0, 10 ** 9)),
        lambda: rng.choice(["=?utf-8?q?caf=C3=A9?=", "<a@b.example>", "\"q;x=y\"", "b=", ";", ":", "--", "."]),
    ]
    return rng.choices(kinds, [10, 1, 2, 1])[0]()


def spaces(rng):
    return rng.choices([" ", "  ", "\t", " \t ", "   "], [20, 1, 1, 1, 1])[0]


def value(rng):
    out = ""
    for i in range(rng.randint(0, 14)):
        if i:
            out += spaces(rng) if rng.random() < 0.9 else "\r\n" + spaces(rng)
        out += word(rng)
    return out + rng.choices(["", " ", "\t", " \t"], [8, 1, 1, 1])[0]


NAMES = ["To", "Cc", "Subject", "Date", "Message-ID", "Reply-To", "MIME-Version", "Content-Type",
         "Content-Transfer-Encoding", "List-Unsubscribe", "List-Unsubscribe-Post", "Sender",
         "In-Reply-To", "References", "List-Id", "Resent-From", "Resent-To", "Received",
         "Return-Path", "X-Mailer", "X-Empty", "Feedback-ID", "Comments", "Bcc"]


def header(rng):
    fields = [("From", rng.choice([" a@example.com", "a@example.com", "\tA B <a@example.com>",
                                   "\r\n a@example.com", " =?utf-8?q?=C3=A4?= <a@example.com> "]))]
    for name in NAMES:
        if rng.random() < (0.2 if name == "Subject" and rng.random() < 0.5 else 0.45):
            fields += [(name, rng.choice([" ", "", "\t", "  "]) + value(rng))
                       for _ in range(rng.choices([1, 2, 3], [12, 2, 1])[0])]
    if rng.random() < 0.05:
        fields.append(("X-Long", " " + "x" * 990))
    if rng.random() < 0.02:
        fields += [("To", f" u{i}@example.net") for i in range(60)]
    rng.shuffle(fields)
    out = ""
    for name, text in fields:
        case = rng.random()
        name = name.upper() if case < 0.1 else name.lower() if case < 0.2 else name
        out += f"{name}:{text}\r\n"
    # a continuation line of nothing but white space ends the header for some
    out = re.sub(r"\r\n[ \t]+(?=\r\n)", "", out)
    return out.encode()


def line(rng):
    kind = rng.random()
    if kind < 0.12:
        return b""
    if kind < 0.16:
        return rng.choice([b" ", b"\t", b"  \t", b"\t\t\t"])
    if kind < 0.22:
        return bytes(rng.choice(b"abc \xe4\xf6\xff\x80\xa0=.") for _ in range(rng.randint(1, 60)))
    if kind < 0.25:
        return b"y" * rng.randint(900, 998)
    text = "".join(word(rng) + spaces(rng) for _ in range(rng.randint(1, 14))).encode()
    return text if rng.random() < 0.2 else text.strip()


def body(rng):
    kind = rng.random()
    if kind < 0.06:
        return b""
    if kind < 0.10:
        return b"\r\n" * rng.randint(1, 300)
    if kind < 0.12:
        return rng.choice([b" \r\n", b"\t\r\n \r\n", b".\r\n", b"\r\n \r\nx\r\n"])
    out = b"".join(line(rng) + b"\r\n" for _ in range(rng.choices([3, 20, 400], [4, 10, 1])[0]))
    if rng.random() < 0.15:
        out += b"\r\n" * rng.randint(1, 1000)
    if rng.random() < 0.1:
        out = b"\r\n" * rng.randint(1, 5) + out
    return out


def messages(count):
    rng = random.Random(6376)
    return [header(rng) + b"\r\n" + body(rng) for _ in range(count)]


# Keys ---------------------------------------------------------------------

class Keys:
    def __init__(self, folder, domain=DOMAIN):
        self.files, self.records, self.raw = {}, {}, {}
        for selector, algorithm in (("rsa", "RSA"), ("ed", "ED25519")):
            path = os.path.join(folder, selector + ".pem")
            more = ["-pkeyopt", "rsa_keygen_bits:2048"] if selector == "rsa" else []
            subprocess.run(["openssl", "genpkey", "-algorithm", algorithm, "-out", path] + more,
                           check=True, stderr=subprocess.DEVNULL)
            der = subprocess.run(["openssl", "pkey", "-in", path, "-pubout", "-outform", "DER"],
                                 check=True, stdout=subprocess.PIPE).stdout
            private = subprocess.run(["openssl", "pkey", "-in", path, "-outform", "DER"],
                                     check=True, stdout=subprocess.PIPE).stdout
            public = base64.b64encode(der if selector == "rsa" else der[-32:]).decode()
            kind = "rsa" if selector == "rsa" else "ed25519"
            self.files[selector] = path
            self.records[f"{selector}._domainkey.{domain}"] = f"v=DKIM1; k={kind}; p={public}"
            self.raw[selector] = open(path, "rb").read() if selector == "rsa" \
                else base64.b64encode(private[-32:])

    def dns(self, name, timeout=5):
        text = self.records.get(name.decode().rstrip("."))
        return text.encode() if text else None


# Our program --------------------------------------------------------------

class Batch:
    def __init__(self, program, *arguments):
        self.process = subprocess.Popen([program, *arguments], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def send(self, form, message):
        self.process.stdin.write(f"{form} {len(message)}\n".encode() + message)
        self.process.stdin.flush()

    def sign(self, form, message):
        self.send(form, message)
        return self.process.stdout.read(int(self.process.stdout.readline()))

    def verify(self, message):
        self.send("-", message)
        return self.process.stdout.readline().decode().rstrip("\n")

    def close(self):
        self.process.stdin.close()
        if self.process.wait() != 0:
            fail("dkim_batch ended with an error")


def split_fields(text):
    return [f for f in re.split(rb"(?m)^(?=DKIM-Signature:)", text) if f]


def check_layout(fields):
    for one in fields:
        for text in one.split(b"\r\n")[:-1]:
            if len(text) > 76 or text.strip() == b"":
                fail(f"a line of the signature has {len(text)} columns: {text}")


# Tests --------------------------------------------------------------------

def dkimpy_verifies(message, index, keys):
    try:
        return dkim.DKIM(message).verify(idx=index, dnsfunc=keys.dns)
    except dkim.DKIMException as error:
        return error


def tamper(message, rng):
    """Changes one letter of the body, or of From."""
    head, _, rest = message.partition(b"\r\n\r\n")
    places = [i for i, c in enumerate(rest) if chr(c).isalpha() and c < 128]
    if places and rng.random() < 0.5:
        at = rng.choice(places)
        return head + b"\r\n\r\n" + rest[:at] + (b"Q" if rest[at:at + 1] != b"Q" else b"R") + rest[at + 1:]
    return re.sub(rb"(?i)a@example", b"e@example", head, count=1) + b"\r\n\r\n" + rest


def ours_before_dkimpy(program, keys, all_messages):
    batch = Batch(program, "sign", DOMAIN, "rsa", keys.files["rsa"], "ed", keys.files["ed"])
    rng = random.Random(8463)
    count = 0
    for number, message in enumerate(all_messages):
        for form in FORMS:
            text = batch.sign(form, message)
            fields = split_fields(text)
            if len(fields) != 2:
                fail(f"message {number} has {len(fields)} signatures")
                continue
            check_layout(fields)
            for index, name in enumerate(("rsa", "ed25519")):
                result = dkimpy_verifies(text + message, index, keys)
                if result is not True:
                    fail(f"dkimpy, message {number}, {name} {form}: {result}")
            if rng.random() < 0.05:
                for index in (0, 1):
                    if dkimpy_verifies(text + tamper(message, rng), index, keys) is True:
                        fail(f"dkimpy takes a tampered message {number}, {form}")
            count += len(fields)
    batch.close()
    print(f"{count} signatures of {len(all_messages)} messages verified by dkimpy")


def theirs_before_us(program, keys, all_messages):
    names = [text for pair in keys.records.items() for text in pair]
    batch = Batch(program, "verify", "4000000000", *names)
    rng = random.Random(2045)
    count = 0
    for number, message in enumerate(all_messages):
        form = FORMS[number % 4].encode().split(b"/")
        for selector, algorithm in (("rsa", b"rsa-sha256"), ("ed", b"ed25519-sha256")):
            text = dkim.sign(message, selector.encode(), DOMAIN.encode(), keys.raw[selector],
                             canonicalize=tuple(form), signature_algorithm=algorithm)
            answer = batch.verify(text + message)
            if answer != "pass ":
                fail(f"we, message {number}, {algorithm.decode()} {FORMS[number % 4]}: {answer}")
            answer = batch.verify(text + tamper(message, rng))
            if not answer.startswith("fail "):
                fail(f"we take a tampered message {number}: {answer}")
            count += 1
    batch.close()
    print(f"{count} signatures by dkimpy verified by us, and as many tampered ones refused")


def opendkim_form(message, form):
    """Its test mode, like a milter of old, puts one space behind each colon
    whatever was there: for simple header forms the message has to have that."""
    if not form.startswith("simple/"):
        return message
    head, _, rest = message.partition(b"\r\n\r\n")
    head = re.sub(rb"(?m)^([!-9;-~]+):(?:[ \t]|\r\n[ \t])*", rb"\1: ", head + b"\r\n")
    return head + b"\r\n" + rest


def opendkim_conf(folder, keys):
    conf = os.path.join(folder, "opendkim.conf")
    with open(os.path.join(folder, "keys"), "w") as out:
        for name, record in keys.records.items():
            out.write(f"{name} {record}\n")
    with open(conf, "w") as out:
        out.write(f"Mode v\nTestPublicKeys {folder}/keys\nTemporaryDirectory {folder}\n"
                  "Syslog no\n")
    return conf


def ours_before_opendkim(program, folder, keys, all_messages):
    opendkim = shutil.which("opendkim") or "/usr/sbin/opendkim"
    if not os.path.exists(opendkim):
        print("SKIP: opendkim is not installed")
        return
    conf = opendkim_conf(folder, keys)
    version = subprocess.run([opendkim, "-V"], stdout=subprocess.PIPE).stdout
    for selector, algorithm in (("rsa", "rsa-sha256"), ("ed", "ed25519-sha256")):
        if algorithm.encode() not in version:
            print(f"SKIP: this opendkim does not know {algorithm}")
            continue
        batch = Batch(program, "sign", DOMAIN, selector, keys.files[selector])
        count, paths = 0, []
        for number, message in enumerate(all_messages):
            for form in FORMS:
                text = opendkim_form(message, form)
                path = os.path.join(folder, f"m{number}.{form.replace('/', '-')}.eml")
                with open(path, "wb") as out:
                    out.write(batch.sign(form, text) + text)
                paths.append(path)
            if len(paths) >= 100 or number + 1 == len(all_messages):
                count += opendkim_verifies(opendkim, conf, paths, algorithm)
                paths = []
        batch.close()
        print(f"{count} {algorithm} signatures verified by opendkim")


def opendkim_verifies(opendkim, conf, paths, algorithm):
    run = subprocess.run([opendkim, "-x", conf, "-t", ",".join(paths)],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = run.stdout.decode(errors="replace")
    good = set(re.findall(r"(m\d+\.\S+?\.eml): verification \([^)]*\) succeeded", output))
    for path in paths:
        name = os.path.basename(path)
        if name not in good:
            why = [t for t in output.split("\n") if name in t]
            fail(f"opendkim, {algorithm}, {name}: {why}")
        os.unlink(path)
    return len(good)


def main():
    program = os.path.abspath(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    all_messages = messages(count)
    with tempfile.TemporaryDirectory(prefix="dkim_test.") as folder:
        keys = Keys(folder)
        ours_before_dkimpy(program, keys, all_messages)
        theirs_before_us(program, keys, all_messages)
        ours_before_opendkim(program, folder, keys, all_messages)
    print(f"{len(failures)} failed")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
