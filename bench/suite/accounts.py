"""The ledger's part of a run with faults: how our source and sink keep accounts, what is killed
when, whether mail is taken, and the verdict of `ringpost-bench audit`. Also for tests/crash."""
import json
import os
import socket
import subprocess

# Sizes of a mix that has all ways a body can take: one record, several, beyond a batch.
SOURCE = {"sessions": 20, "persist": True, "size": "2k:8,20k:1,200k:1", "recipients": 2,
          "domains": 20}


class NoVerdict(Exception):
    """The audit could not be made; the text is what it said."""


def words(options):
    """SOURCE as words of a command line."""
    found = []
    for name, value in options.items():
        found += [f"--{name.replace('_', '-')}"] + ([] if value is True else [str(value)])
    return found


def targets_of(names, kills, chance):
    """What to kill, KILLS times: each of NAMES once, the rest by CHANCE (random.Random)."""
    chosen = [chance.choice(names) for _ in range(max(0, kills - len(names)))]
    chosen += chance.sample(names, min(len(names), kills))
    chance.shuffle(chosen)
    return chosen


def takes_mail(address, timeout=5, recipient="probe@probe.test"):
    """Whether a message handed in at ADDRESS (host:port) gets its 250 now."""
    host, port = address.rsplit(":", 1)
    try:
        with socket.create_connection((host, int(port)), timeout) as s:
            file = s.makefile("rwb")

            def reply():
                while True:
                    line = file.readline()
                    if line[3:4] != b"-":
                        return line[:3]
            if reply() != b"220":
                return False
            for line in (b"EHLO probe.test", b"MAIL FROM:<probe@x.test>",
                         b"RCPT TO:<" + recipient.encode() + b">", b"DATA",
                         b"Subject: probe\r\n\r\n."):
                file.write(line + b"\r\n")
                file.flush()
                if reply()[:1] not in (b"2", b"3"):
                    return False
            return True
    except OSError:
        return False


def audit(program, folder, source, sink, faults, *, within="3s", late="60s"):
    """(exit status, its table as text, its verdict) of the ledgers SOURCE and SINK: paths;
    FAULTS: when something was killed, in seconds since 1970. FOLDER is for its files."""
    at, verdict = os.path.join(folder, "faults"), os.path.join(folder, "audit.json")
    with open(at, "w", encoding="ascii") as file:
        file.writelines(f"{fault:.3f}\n" for fault in faults)
    got = subprocess.run([program, "audit", source, sink, "--faults", at, "--within", within,
                          "--late", late, "--json", verdict], capture_output=True, text=True)
    try:
        with open(verdict, encoding="utf-8") as file:
            return got.returncode, got.stdout + got.stderr, json.load(file)
    except (OSError, ValueError):
        raise NoVerdict(f"no audit: {got.stdout}{got.stderr}") from None
