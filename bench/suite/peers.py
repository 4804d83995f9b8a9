"""Peers: the scripts in bench/peers, started and stopped; what they say of themselves."""
import glob
import json
import os
import signal
import subprocess

from . import tools

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "peers")


class Unable(Exception):
    """This peer cannot do this row; the text is the reason the report gives."""


def names():
    return sorted(os.path.basename(f) for f in glob.glob(FOLDER + "/*")
                  if os.path.isfile(f) and os.access(f, os.X_OK))


def script(name):
    path = os.path.join(FOLDER, name)
    if name not in names():
        raise Unable(f"there is no bench/peers/{name}")
    return path


def facts(name, environment):
    """{"title", "durable", "settings", "config", "version", "missing"} of a peer: MISSING
    says why it cannot run here, empty if it can."""
    got = subprocess.run([script(name), "facts"], env=environment, capture_output=True,
                         text=True, timeout=30, stdin=subprocess.DEVNULL)
    try:
        return json.loads(got.stdout)
    except ValueError:
        why = (got.stderr.strip().splitlines() or ["it says nothing"])[-1]
        return {"title": name, "durable": None, "settings": [], "config": "", "version": "",
                "missing": f"bench/peers/{name} facts failed: {why}"}


class Peer:
    """A peer that runs: made by bench.peer()."""

    def __init__(self, name, group, environment):
        self.name, self.group, self.environment = name, group, environment
        self.address, self.folder = environment["LISTEN"], environment["DIR"]
        self.greeting = b"220"  # of what listens there
        self.running = False

    def start(self, seconds=60):
        """Starts it with an empty queue; Unable with what it says when it does not come up."""
        self._start("start", seconds)

    def again(self, seconds=60):
        """Starts it with the queue that is there, after kill()."""
        self._start("again", seconds)

    def kill(self):
        """kill -9 of all its processes at once."""
        self.group.signal(signal.SIGKILL)
        self.group.wait_empty(10)

    def ask(self, command, seconds=60):
        """What COMMAND of its script prints; Unable with what it says when it cannot."""
        got = subprocess.run([script(self.name), command], env=self.environment, text=True,
                             capture_output=True, timeout=seconds, stdin=subprocess.DEVNULL)
        if got.returncode:
            raise Unable(f"{self.name} {command}: {got.stderr.strip() or got.returncode}")
        return got.stdout

    def _start(self, command, seconds):
        log = os.path.join(os.path.dirname(self.folder), f"{self.name}.start")
        with open(log, "wb") as out:
            child = self.group.spawn([script(self.name), command], env=self.environment,
                                     stdout=out, stderr=out)
        self.running = True
        try:
            status = child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Unable(f"{self.name} did not start in {seconds} s") from None
        with open(log, encoding="utf-8", errors="replace") as file:
            said = file.read().strip().splitlines()
        if status:
            raise Unable(f"{self.name} does not start: {said[-1] if said else status}")
        if not tools.wait_smtp(self.address, 20, greeting=self.greeting):
            raise Unable(f"{self.name} does not answer on {self.address}"
                         + (f": {said[-1]}" if said else ""))

    def cpu(self):
        """(user, system) seconds so far of all its processes, the ended ones too."""
        return self.group.cpu()

    def memory(self):
        """{"pss", "anonymous"}: bytes now, of all its processes."""
        return self.group.memory()

    def queued(self):
        """Messages it holds now; None if it cannot say."""
        got = subprocess.run([script(self.name), "queued"], env=self.environment, text=True,
                             capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
        try:
            return int(got.stdout)
        except ValueError:
            return None

    def stop(self, patience=15):
        """Stops it; what is left after PATIENCE seconds is killed."""
        if self.running:
            self.running = False
            try:
                subprocess.run([script(self.name), "stop"], env=self.environment, timeout=patience,
                               stdin=subprocess.DEVNULL, capture_output=True)
            except subprocess.TimeoutExpired:
                pass
            self.group.wait_empty(patience)
        self.group.close()
