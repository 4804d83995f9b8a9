#!/usr/bin/env python3
"""Dovecot beside us: the same commands to both, and what they answer compared.

imap_oracle.py PROBE [SCRIPT …]

A script (imap_oracle_scripts.py) is commands, line by line. What the two say may differ
where a rule (imap_oracle_rules.py) with the section of an RFC that allows it is named
above the command; a difference nobody named fails, and so does a rule that is not needed.
Dovecot runs without its daemon: its `imap` speaks for one user over a pipe.
"""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

from imap_oracle_rules import ALWAYS, RULES
from imap_oracle_torture import torture
from imap_words import Deflated, Session, responses
from probe import Probe

DOVECOT = "/usr/lib/dovecot/imap"
MAIL_USER = "mail" if os.geteuid() == 0 else None
# Root may not read mail there, so it becomes who owns Debian's mail.
CONFIG = """
base_dir = {folder}/run
log_path = {folder}/log
mail_location = sdbox:{folder}/mail/%u
mail_home = {folder}/home/%u
first_valid_uid = 1
ssl = no
namespace inbox {{
  inbox = yes
  separator = /
}}
namespace others {{
  type = shared
  prefix = Other users/%%u/
  separator = /
  location = sdbox:{folder}/mail/%%u
  subscriptions = no
  list = children
}}
mail_attachment_detection_options =
mail_attribute_dict = file:{folder}/notes
plugin {{
  quota = count:User quota
  quota_rule = *:storage=1048576K:messages=1000
  quota_vsizes = yes
  acl = vfile
  acl_anyone = allow
  acl_shared_dict = file:{folder}/shares
}}
protocol imap {{
  mail_plugins = quota imap_quota acl imap_acl
  imap_metadata = yes
}}
"""


class Dovecot:
    name = "Dovecot"

    def __init__(self, folder):
        self.folder = os.path.join(folder, "dovecot")
        self.processes = []
        for sub in ("run", "mail", "home"):
            os.makedirs(os.path.join(self.folder, sub))
        self.config = os.path.join(self.folder, "dovecot.conf")
        with open(self.config, "w") as file:
            file.write(CONFIG.format(folder=self.folder))
            if MAIL_USER:
                file.write(f"mail_uid = {MAIL_USER}\nmail_gid = {MAIL_USER}\n")
        if MAIL_USER:
            for at, _, _ in os.walk(folder):
                shutil.chown(at, MAIL_USER, MAIL_USER)
            os.chmod(folder, 0o755)

    def connect(self, user):
        process = subprocess.Popen(
            [DOVECOT, "-c", self.config], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, cwd="/", env={"USER": user, "TZ": "UTC", "PATH": os.defpath})
        self.processes.append(process)
        session = Session(process.stdout, process.stdin, self.name)
        session.line()
        return session

    def close(self):
        for process in self.processes:
            process.stdin.close()
            process.stdout.close()
            process.stderr.close()
            process.wait(timeout=60)
        self.processes = []


class Ringpost:
    name = "Ringpost"

    def __init__(self, folder, program):
        self.folder = os.path.join(folder, "ringpost")
        os.makedirs(self.folder)
        self.probe = Probe(program, self.folder)
        self.probe.say("port")
        self.port = self.probe.hear()["port"]
        self.sockets = []

    def connect(self, user):
        one = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sockets.append(one)
        session = Session(one.makefile("rb"), one.makefile("wb"), self.name)
        session.line()
        session.say(b"LOGIN " + user.encode() + b" secret")
        if len(self.sockets) % 2:  # every second one is compressed
            said = session.say(b"COMPRESS DEFLATE")
            assert b" OK " in said[-1], said
            session.reads = session.writes = Deflated(one)
        return session

    def close(self):
        for one in self.sockets:
            one.close()
        self.sockets = []

    def end(self):
        self.probe.__exit__(None)


def without_codes(theirs, ours):
    """Codes of NO are there or not (RFC 5530 2): where only one has one. RECENT is said again
    though it is the same, or not (RFC 3501 7.3.2)."""
    if {r[0] for r in theirs} ^ {r[0] for r in ours} == {"RECENT"}:
        theirs, ours = [[r for r in said if r[0] != "RECENT"] for said in (theirs, ours)]
    if theirs and ours and theirs[-1][:2] == ours[-1][:2] == ("end", "NO") and \
            not (theirs[-1][2] and ours[-1][2]):
        return [said[:-1] + [("end", "NO", None)] for said in (theirs, ours)]
    return theirs, ours


class Differences:
    def __init__(self):
        self.steps = self.same = self.allowed = self.failed = 0
        self.used = set()

    def fail(self, script, command, theirs, ours, what):
        self.failed += 1
        print(f"\n{script}: {command.decode('latin-1')[:160]}\n  {what}")
        for name, said in (("Dovecot", theirs), ("Ringpost", ours)):
            print(f"  {name}:")
            for one in said:
                print("    ", str(one)[:int(os.environ.get("WIDTH", 600))])

    def compare(self, script, command, names, theirs, ours):
        self.steps += 1
        for rule in ALWAYS:
            theirs, ours = rule(theirs, command), rule(ours, command)
        theirs, ours = without_codes(*(sorted(said[:-1], key=repr) + said[-1:]
                                       for said in (theirs, ours)))
        if theirs == ours and not names:
            self.same += 1
            return
        for name in names:
            before = theirs == ours
            theirs, ours = RULES[name][1](theirs, ours)
            self.used.add(name)
            if before and name != "syntax":
                self.fail(script, command, theirs, ours, f"the rule {name} is not needed")
                return
        if theirs != ours:
            self.fail(script, command, [x for x in theirs if x not in ours] or theirs,
                      [x for x in ours if x not in theirs] or ours, "they differ")
            return
        self.allowed += 1

    def judge(self, name, count, seen, reasons):
        """Of a message: the items SEEN otherwise, out of COUNT."""
        self.steps += count
        self.same += count - len(seen)
        if not reasons:
            for item, theirs, ours in seen:
                self.fail("torture", f"{name}: {item}".encode("utf-8"), theirs, ours, "they differ")
        elif not seen:
            self.fail("torture", name.encode("utf-8"), [], [], f"no difference: {reasons[0]}")
        else:
            self.allowed += len(seen)


class Run:
    """A script on one of them: what came of each command."""
    def __init__(self, server, user):
        self.server, self.user = server, user
        self.sessions, self.known = {}, {}

    def session(self, number):
        if number not in self.sessions:
            self.sessions[number] = self.server.connect(self.user)
        return self.sessions[number]

    def learn(self, lines):
        """What later commands need: {modseq}, {uidvalidity}, {mailboxid}."""
        for line in lines:
            for name, what in (("modseq", rb"HIGHESTMODSEQ (\d+)"),
                               ("uidvalidity", rb"UIDVALIDITY (\d+)"),
                               ("appenduid", rb"APPENDUID \d+ (\d+)"),
                               ("fetched", rb"MODSEQ \((\d+)\)")):
                found = re.findall(what, line)
                if found:
                    self.known[name] = found[-1].decode()

    def say(self, number, command):
        for name, value in self.known.items():
            command = command.replace(b"{%s}" % name.encode(), value.encode())
        lines = self.session(number).say(command)
        self.learn(lines)
        return responses(lines)


def give_up(*_):
    raise EOFError("nothing is said for 2 minutes")


def play(script, servers, differences):
    runs = [Run(server, f"u{script.number}") for server in servers]
    for number, command, names in script.steps():
        said = []
        for run in runs:
            signal.alarm(120)
            try:
                said.append(run.say(number, command))
            except (EOFError, OSError, ValueError) as error:
                said.append([("broken", str(error))])
            signal.alarm(0)
        differences.compare(script.name, command, names, *said)
        if any(one[0][0] == "broken" for one in said if one):
            break
    for server in servers:
        server.close()


def play_torture(servers, differences):
    runs = [Run(server, "torture") for server in servers]

    def say_both(command):
        said = []
        for run in runs:
            signal.alarm(120)
            said.append(run.say(1, command))
            signal.alarm(0)
        for rule in ALWAYS:
            said = [rule(one, command) for one in said]
        return without_codes(*said)

    torture(servers, differences, say_both)
    for server in servers:
        server.close()


def main():
    from imap_oracle_scripts import SCRIPTS
    if not os.access(DOVECOT, os.X_OK):
        print("dovecot-imapd is not installed")
        return 77
    chosen = sys.argv[2:]
    signal.signal(signal.SIGALRM, give_up)
    folder = tempfile.mkdtemp(prefix="ringpost-oracle-")
    differences = Differences()
    theirs, ours = Dovecot(folder), Ringpost(folder, sys.argv[1])
    for script in SCRIPTS:
        if not chosen or script.name in chosen:
            play(script, (theirs, ours), differences)
    if not chosen or "torture" in chosen:
        play_torture((theirs, ours), differences)
    ours.end()
    shutil.rmtree(folder, ignore_errors=True)
    unused = set() if chosen else set(RULES) - differences.used
    for name in unused:
        print(f"the rule {name} is used nowhere")
    print(f"{differences.steps} commands: {differences.same} answered the same, "
          f"{differences.allowed} differ as an RFC allows, {differences.failed} otherwise")
    return 1 if differences.failed or unused else 0


if __name__ == "__main__":
    sys.exit(main())
