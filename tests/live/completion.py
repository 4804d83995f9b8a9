"""The tabulator in bash and zsh: real shells with the files of deploy/completion; manual
pages, through groff.

completion.py PROGRAM SOURCE
"""
import glob
import json
import os
import pty
import select
import subprocess
import sys
import tempfile
import time

import ringpost_live as live
from ringpost_live import Daemon

os.environ["RINGPOST"] = live.PROGRAM = os.path.abspath(sys.argv[1])
FOLDER = os.path.join(sys.argv[2], "deploy", "completion")

cases = live.Cases()
check, equal = cases.check, cases.equal


def in_bash(*words, folder=None, program=live.PROGRAM):
    """What bash offers for the last of WORDS."""
    line = " ".join(["ringpost", *words])
    script = f"""
        PATH={os.path.dirname(program)}:$PATH
        [ ! -e /usr/share/bash-completion/bash_completion ] ||
            . /usr/share/bash-completion/bash_completion
        . {FOLDER}/ringpost.bash
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE={line!r} COMP_POINT={len(line)}
        compopt() {{ :; }}
        _ringpost
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    return subprocess.run(["bash", "--norc", "-c", script, "bash", "ringpost", *words],
                          capture_output=True, text=True, timeout=60, cwd=folder).stdout.split()


def bash():
    """names of commands, options, choices, files"""
    check({"queue", "status", "mailbox"} <= set(in_bash("")), "commands")
    check("complete" not in in_bash("c"), "what is for programs is not offered")
    equal(in_bash("queue", "li"), ["list"], "the second word")
    equal(in_bash("dkim", "create", "x.test", "--type", "ed"), ["ed25519"], "a choice")
    check("--dry-run" in in_bash("queue", "drop", "--"), "options")
    with tempfile.TemporaryDirectory() as folder:
        open(os.path.join(folder, "list of.csv"), "w").close()
        got = in_bash("suppression", "import", "li", folder=folder)
        equal(" ".join(got), "list of.csv", "a file")


def names():
    """accounts are asked of the running server"""
    with Daemon() as daemon:
        daemon.run("user", "add", "ann@sender.test", input="secret-word\n")
        daemon.run("user", "add", "bob@sender.test", input="secret-word\n")
        got = in_bash("-c", daemon.file, "")  # no command yet: nothing is asked
        equal(got, [], "an option ahead of the command")
        equal(in_bash("user", "remove", "-c", daemon.file, "a"), ["ann@sender.test"], "a name")


def in_zsh(line, folder):
    """What the screen shows once the tabulator was pressed twice behind LINE."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ.update(TERM="dumb", PATH=os.path.dirname(live.PROGRAM) + ":" + os.environ["PATH"],
                          ZDOTDIR=folder)
        os.execvp("zsh", ["zsh", "-i"])
    seen = b""

    def read_until(what, seconds=60):
        nonlocal seen
        end = time.monotonic() + seconds
        while what not in seen and time.monotonic() < end:
            if select.select([terminal], [], [], 0.2)[0]:
                seen += os.read(terminal, 65536)
        return what in seen

    try:
        check(read_until(b"ready> "), "zsh starts")
        seen = b""
        os.write(terminal, line.encode() + b"\t\t\x01echo \x05 :end\r")
        read_until(b" :end\r\n")
        return seen.decode(errors="replace")
    finally:
        os.write(terminal, b"\x03exit\r")
        os.close(terminal)
        os.waitpid(pid, 0)


def zsh():
    """the same through compinit, with a line on what each is"""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, ".zshrc"), "w") as file:
            file.write(f"fpath=({FOLDER} $fpath)\nautoload -U compinit\ncompinit -u -d {folder}/dump\n"
                       "PROMPT='ready> '\nunsetopt zle_bracketed_paste 2>/dev/null\n")
        check("ringpost statu" in (got := in_zsh("ringpost st", folder)) or "stop" in got,
              "several are listed: " + got)
        check("ringpost queue list" in (got := in_zsh("ringpost queue li", folder)), got)
        check("Throw queued mail away" in (got := in_zsh("ringpost queue ", folder)), got)


def manual():
    """every command has its page, and groff finds nothing to say about any"""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([os.path.join(sys.argv[2], "deploy", "lib", "manpages"), live.PROGRAM,
                        sys.argv[2], folder], check=True, timeout=120)
        text = ""
        for page in sorted(glob.glob(f"{folder}/man[15]/*")):
            got = subprocess.run(["groff", "-man", "-Kutf8", "-Tutf8", "-ww", "-P-cbou", page],
                                 capture_output=True, text=True, timeout=60)
            equal((got.returncode, got.stderr), (0, ""), os.path.basename(page))
            text += got.stdout
    words = " ".join(text.split())
    said = subprocess.run([live.PROGRAM, "help", "--json"], capture_output=True, text=True).stdout
    for command in json.loads(said):
        check(f"ringpost {command['name']}" in words, f"a synopsis of {command['name']}")
    check("ringpost complete" not in words, "what is for programs is not there")
    check("starttls" in words and "state_directory: /var/lib/ringpost" in words, "ringpost.yaml(5)")


sys.exit(cases.run([bash, names, zsh, manual]))
