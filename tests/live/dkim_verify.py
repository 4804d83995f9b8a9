#!/usr/bin/env python3
"""dkim_verify.py [MESSAGES]: varied messages (8-bit, lines of 998, folded and odd
headers, empty bodies) through the daemon, signed with RSA and Ed25519 in every
canonical form; what arrives is verified by dkimpy and opendkim.
"""
import os
import random
import re
import shutil
import sys
import tempfile

from ringpost_live import PATIENCE, Daemon, Sink
from smtp_raw import Raw, need

need("openssl", "redis-server", modules=["dkim", "nacl"])
sys.path.append(os.path.join(os.path.dirname(__file__), "..", "unit", "dkim"))
from dkim_python_test import (  # noqa: E402
    DOMAIN, FORMS, Keys, dkimpy_verifies, failures, fail, messages, opendkim_conf, opendkim_form,
    opendkim_verifies, tamper)


def submit(daemon, all_messages, first, last):
    """From FIRST up to LAST, over one connection, half of them by BDAT."""
    with Raw(daemon.port) as raw:
        raw.hello()
        for number in range(first, last):
            message = all_messages[number]
            raw.send(f"MAIL FROM:<a@{DOMAIN}> BODY=8BITMIME\r\nRCPT TO:<{number}@receiver.test>"
                     "\r\n")
            codes = [raw.reply().code, raw.reply().code]
            if number % 2:
                raw.send(b"BDAT %d LAST\r\n" % len(message) + message)
            else:
                codes.append(raw.ask("DATA").code)
                if not message.endswith(b"\r\n"):
                    message += b"\r\n"
                raw.send((b"\r\n" + message).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n")
            reply = raw.reply()
            if reply.code != 250:
                fail(f"message {number} is refused: {codes} {reply}")


def split(data):
    """The signatures at the top by algorithm, in order, and what they sign."""
    fields = {}
    while data.startswith(b"DKIM-Signature:"):
        field = re.match(rb"(?s).*?\r\n(?![ \t])", data).group(0)
        name = "rsa-sha256" if b"a=rsa-sha256;" in field else "ed25519-sha256"
        fields[name] = field
        data = data[len(field):]
    return fields, data


def dkimpy_alone(arrived, keys):
    """How many signatures dkimpy verified, by algorithm."""
    rng = random.Random(8463)
    held = dict.fromkeys(ALGORITHMS, 0)
    for number, data in sorted(arrived.items()):
        fields, _ = split(data)
        if sorted(fields) != sorted(ALGORITHMS):
            fail(f"message {number} bears {list(fields)}")
            continue
        for index, name in enumerate(fields):
            result = dkimpy_verifies(data, index, keys)
            if result is True:
                held[name] += 1
            else:
                fail(f"dkimpy, message {number}, {name}: {result}")
        if rng.random() < 0.1 and dkimpy_verifies(tamper(data, rng), 0, keys) is True:
            fail(f"dkimpy takes a tampered message {number}")
    return held


def opendkim_alone(arrived, keys, folder):
    conf = opendkim_conf(folder, keys)
    held = dict.fromkeys(ALGORITHMS, 0)
    for name in ALGORITHMS:
        paths = []
        for number, data in sorted(arrived.items()):
            fields, rest = split(data)
            path = os.path.join(folder, f"m{number}.x.eml")
            with open(path, "wb") as file:
                file.write(fields.get(name, b"") + rest)
            paths.append(path)
            if len(paths) == 100 or number == max(arrived):
                held[name] += opendkim_verifies(OPENDKIM, conf, paths, name)
                paths = []
    return held


ALGORITHMS = ("rsa-sha256", "ed25519-sha256")
OPENDKIM = shutil.which("opendkim") or "/usr/sbin/opendkim"


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    all_messages = [opendkim_form(m, FORMS[4 * n // count])
                    for n, m in enumerate(messages(count))]
    with tempfile.TemporaryDirectory(prefix="dkim_verify.") as folder, Sink() as sink:
        keys = Keys(folder)
        for path in keys.files.values():
            os.chmod(path, 0o600)
        dkim = [{"domain": DOMAIN, "selector": s, "key": p} for s, p in keys.files.items()]
        with Daemon(dkim=dkim, routes=[sink.route("*")], submission={"hops": 1000}) as daemon:
            for turn, form in enumerate(FORMS):
                daemon.write_config(dict(daemon.config, dkim_canonicalization=form))
                daemon.reload()
                first, last = turn * count // 4, (turn + 1) * count // 4
                submit(daemon, all_messages, first, last)
                sink.wait(last, 60 * PATIENCE)
        arrived = {int(m.addresses[0].split("@")[0]): m.data for m in sink.messages}
        held = {"dkimpy": dkimpy_alone(arrived, keys)}
        if os.path.exists(OPENDKIM):
            held["opendkim"] = opendkim_alone(arrived, keys, folder)
        else:
            print("SKIP: opendkim is not installed, dkimpy alone verifies")
    for verifier, numbers in held.items():
        for name, number in numbers.items():
            print(f"{number} {name} signatures of {count} messages verified by {verifier}")
            if number != count:
                fail(f"{verifier} verified {number} of {count} {name} signatures")
    for number, message in enumerate(all_messages):
        if not message.endswith(b"\r\n") and number % 2 == 0:
            message += b"\r\n"
        body = message.partition(b"\r\n\r\n")[2]
        if arrived.get(number, b"").partition(b"\r\n\r\n")[2] != body:
            fail(f"the body of message {number} is another")
    print(f"{len(failures)} failed")
    sys.exit(1 if failures else 0)


main()
