"""What the scripts of peers share: a class to fill in, and the commands it answers.

    NAME start    bring it up, listening on $LISTEN, all mail to $SINK, an empty queue in $DIR;
                  ends when it runs
    NAME stop     take it down
    NAME queued   print how many messages it holds
    NAME again    bring it up with the queue that a killed one left in $DIR
    NAME list     print how many seconds its operator waits for the first page of the queue, or all
    NAME count    the same for how much there is
    NAME flush    have everything tried now
    NAME facts    print what it is, as JSON; "missing" says why it cannot run here
    NAME install  get it (as root)

$MODE is plain, or of tls, dkim-rsa, dkim-ed25519, dkim-both those that hold, joined by "+".
$KEYS holds tls.crt, tls.key, tls.pem (both), rsa.pem, ed25519.pem, dhparams.pem, password.
"""
import json
import os
import shutil
import subprocess
import sys
import time

ACCOUNT = "user@relay.test"
DOMAIN, SELECTOR = "src.test", "s1"  # whose mail is signed


class Cannot(Exception):
    """Why this peer cannot do what it was asked for."""


class Peer:
    title, durable, settings = "", True, ()

    def __init__(self):
        env = os.environ
        self.address, self.port = self.split(env.get("LISTEN", "")) or ("", "")
        self.sinks = [self.split(s) for s in env.get("SINK", "").split(",") if s]
        self.modes = set(env.get("MODE", "plain").split("+"))
        self.folder, self.keys = env.get("DIR", ""), env.get("KEYS", "")
        self.peers = env.get("PEERS", "")

    # --- A peer says these ---

    def missing(self):
        """Why it cannot run here; empty: it can."""
        return ""

    def complete(self):
        """Why some of its rows could not be measured; empty: all is there."""
        return self.missing()

    def version(self):
        return ""

    def start(self):
        raise NotImplementedError

    def stop(self):
        raise NotImplementedError

    def queued(self):
        raise NotImplementedError

    def again(self):
        raise Cannot("it is not known how to start it with the queue it has")

    def list(self):
        raise Cannot("it is not known how its queue is listed")

    def count_all(self):
        raise Cannot("it does not say how much it has")

    def flush(self):
        raise Cannot("it is not known how its queue is flushed")

    def install(self):
        raise Cannot("there is nothing to install")

    def config(self):
        """The text of its configuration, once it was started."""
        return ""

    def beside(self):
        """Versions of what it stands on."""
        return {}

    # --- For their use ---

    @staticmethod
    def split(address):
        host, _, port = address.rpartition(":")
        return (host, port) if port else None

    def setting(self, name, usual=None):
        """A setting of this run, as text."""
        return os.environ.get(name.upper(), usual)

    @property
    def tls(self):
        return "tls" in self.modes

    @property
    def dkim(self):
        """Key files to sign with: of rsa, ed25519, none."""
        return [name for name in ("rsa", "ed25519")
                if {f"dkim-{name}", "dkim-both"} & self.modes]

    def key(self, name):
        return os.path.join(self.keys, name)

    def password(self):
        with open(self.key("password"), encoding="utf-8") as file:
            return file.read().strip()

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def read(self, name):
        try:
            with open(self.path(name), encoding="utf-8", errors="replace") as file:
                return file.read()
        except OSError:
            return ""

    def count(self, *folders, suffix=""):
        """Files in FOLDERS and below whose names end in SUFFIX."""
        return sum(name.endswith(suffix) for folder in folders
                   for _, _, names in os.walk(self.path(folder)) for name in names)

    def background(self, argv, log, **options):
        """Starts ARGV, which outlives this script; writes its process id to DIR/pid."""
        with open(self.path(log), "wb") as out:
            child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                     start_new_session=True, **options)
        self.write("pid", f"{child.pid}\n")
        return child

    def signal_pid(self, name="pid", number=15):
        try:
            os.kill(int(self.read(name)), number)
        except (OSError, ValueError):
            pass

    @staticmethod
    def until(condition, seconds, what):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise Cannot(f"{what} did not come about in {seconds} s")
            time.sleep(0.02)

    @staticmethod
    def output(*argv):
        """What ARGV prints, both streams; empty if it cannot run."""
        try:
            got = subprocess.run(argv, capture_output=True, text=True, timeout=20,
                                 stdin=subprocess.DEVNULL)
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return got.stdout + got.stderr

    @staticmethod
    def need_root():
        return "" if os.geteuid() == 0 else "it takes root"

    @staticmethod
    def lacks(*programs):
        """The first of PROGRAMS that is not there, as a reason; empty."""
        return next((f"{p} is not installed" for p in programs if not shutil.which(p)), "")


POLICY = "/usr/sbin/policy-rc.d"


def apt(*packages, download=None, seed=None):
    """Installs PACKAGES, or only gets them into the folder DOWNLOAD; starts nothing."""
    if os.geteuid() != 0:
        raise Cannot("installing takes root: apt-get install " + " ".join(packages))
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    ours = not os.path.exists(POLICY)
    try:
        if ours:
            with open(POLICY, "w", encoding="utf-8") as file:
                file.write("#!/bin/sh\nexit 101\n")
            os.chmod(POLICY, 0o755)
        if seed:
            subprocess.run(["debconf-set-selections"], input=seed + "\n", text=True, check=True)
        words = ["download"] if download else ["install", "-y", "--no-install-recommends"]
        for attempt in ("with the lists there are", "with new lists"):
            got = subprocess.run(["apt-get", "-qq", *words, *packages], env=environment,
                                 cwd=download, capture_output=True, text=True)
            if got.returncode == 0:
                return
            if attempt == "with the lists there are":
                subprocess.run(["apt-get", "-qq", "update"], env=environment, capture_output=True)
        last = (got.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise Cannot(f"apt-get could not get {' '.join(packages)}: {last}")
    finally:
        if ours and os.path.exists(POLICY):
            os.unlink(POLICY)


def facts(peer):
    missing = peer.missing()
    return {"title": peer.title, "durable": peer.durable, "settings": list(peer.settings),
            "version": "" if missing else peer.version(), "missing": missing,
            "incomplete": missing or peer.complete(),
            "config": "" if missing else peer.config(),
            "beside": {} if missing else peer.beside()}


def main(kind):
    """Does what the command line says with a peer of class KIND."""
    peer = kind()
    command = sys.argv[1] if len(sys.argv) == 2 else ""
    try:
        if command == "facts":
            print(json.dumps(facts(peer)))
        elif command == "queued":
            print(peer.queued())
        elif command in ("list", "count"):
            began = time.monotonic()
            (peer.list if command == "list" else peer.count_all)()
            print(round(time.monotonic() - began, 6))
        elif command in ("start", "stop", "again", "flush", "install"):
            getattr(peer, command)()
        else:
            print(__doc__, file=sys.stderr)
            sys.exit(2)
    except (Cannot, OSError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        sys.exit(1)
