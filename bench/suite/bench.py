"""What a kind of measurement works with: peers, sinks, sources, groups, ports, progress.

    with bench.sink("smtp-sink") as sink, bench.peer(cell, sink=sink.address) as peer:
        with bench.source("smtp-source", peer.address, messages=1000, sessions=20) as source:
            source.wait(30)

All that is made here is ended when its `with` ends, and at the latest by bench.close().
"""
import contextlib
import os
import shutil
import socket
import subprocess
import tempfile

from . import groups, machine, tools
from .peers import Peer, Unable, facts

__all__ = ["Bench", "Unable"]


class Bench:
    def __init__(self, build, scratch, progress, patience=10):
        """BUILD: folder of the release build; SCRATCH: a folder of ours on a disk;
        PROGRESS: function of a text that says what happens now; PATIENCE: seconds that
        quiet() waits at most."""
        self.build, self.scratch, self.progress = build, scratch, progress
        self.patience = self._patience = patience
        self.ringpost = os.path.join(build, "console", "ringpost")
        self.tool = os.path.join(build, "bench", "ringpost-bench")
        # What a tool writes only to be counted must not use the disk that is measured.
        memory = "/dev/shm"
        self.memory = tempfile.mkdtemp(
            prefix="ringpost-bench-", dir=memory if os.access(memory, os.W_OK) else scratch)
        self.keys = os.path.join(scratch, "keys")
        self.configs = {}  # peer: its configuration as it last ran
        self._groups, self._next, self._given = [], 0, set()
        self._make_keys()

    # --- For kinds ---

    def ports(self, count=1):
        """COUNT free ports of loopback; as a list."""
        found = []
        while len(found) < count:
            with socket.socket() as s:
                s.bind(("127.0.0.1", 0))
                port = s.getsockname()[1]
            if port not in self._given:
                self._given.add(port)
                found.append(port)
        return found

    def group(self, name):
        """A new group of processes (suite/groups.py), closed with the run at the latest."""
        self._next += 1
        group = groups.make(f"{name}-{self._next}")
        self._groups.append(group)
        return group

    def environment(self, name, *, mode="plain", listen=None, sink="127.0.0.1:9", **settings):
        """What a peer's script is told. SETTINGS become variables in capitals; lists and
        tables as JSON would be for the script to read: give text."""
        return {**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin",
                "LISTEN": listen or f"127.0.0.1:{self.ports()[0]}", "SINK": sink, "MODE": mode,
                "DIR": os.path.join(self.scratch, name), "KEYS": self.keys,
                "RINGPOST": self.ringpost, "PEERS": self.peers_folder(),
                **{k.upper(): str(v) for k, v in settings.items() if v is not None}}

    @contextlib.contextmanager
    def peer(self, cell, greeting=b"220", **settings):
        """The cell's peer, started with an empty queue: a Peer (suite/peers.py). SETTINGS:
        sink="host:port", mode="plain", and what its script knows (connections=5, …).
        GREETING: how it greets who connects to listen="host:port"."""
        folder = os.path.join(self.scratch, cell.peer)
        shutil.rmtree(folder, ignore_errors=True)
        peer = Peer(cell.peer, self.group("peer"), self.environment(cell.peer, **settings))
        peer.greeting = greeting
        try:
            peer.start()
            yield peer
        finally:
            if cell.peer not in self.configs:
                self.configs[cell.peer] = facts(cell.peer, peer.environment)["config"]
            peer.stop()
            shutil.rmtree(folder, ignore_errors=True)

    @contextlib.contextmanager
    def sink(self, tool=tools.OURS, address=None, **options):
        """A receiver that runs: "ringpost-bench" with options of its own (rule=[…],
        starttls=True, workers=2), or "smtp-sink"/"smtp-source" for Postfix's."""
        address = address or f"127.0.0.2:{self.ports()[0]}"
        group, sink = self.group("sink"), None
        try:
            if tool == tools.OURS:
                sink = tools.OurSink(group, self.memory, address, self.tool, **options)
            else:
                sink = tools.PostfixSink(group, self.memory, address, **options)
            yield sink
        finally:
            sink.close() if sink else group.close()

    @contextlib.contextmanager
    def source(self, tool, address, **options):
        """A sender that began: "ringpost-bench" with options of its own, or
        "smtp-source" (messages, sessions, size, recipients, sender, to, keep)."""
        group, source = self.group("source"), None
        try:
            if tool == tools.OURS:
                source = tools.OurSource(group, self.memory, address, self.tool, **options)
            else:
                source = tools.PostfixSource(group, self.memory, address, **options)
            yield source
        finally:
            source.close() if source else group.close()

    @contextlib.contextmanager
    def client(self, address, **options):
        """A user of mailboxes that began: ringpost-bench client with options of its own."""
        group, client = self.group("client"), None
        try:
            client = tools.OurClient(group, self.memory, address, self.tool, **options)
            yield client
        finally:
            client.close() if client else group.close()

    def quiet(self):
        """Waits, not for long, until the rest of the machine is idle; whether it is."""
        self.progress("waiting for a quiet machine")
        quiet = machine.wait_quiet(seconds=self._patience)
        # Where it never is, waiting the whole time again and again helps nobody.
        self._patience = self.patience if quiet else self._patience / 2
        self.progress("measuring")
        return quiet

    # --- For who runs kinds ---

    @staticmethod
    def peers_folder():
        """Where peers that are not packages live (bench/run --install-peers)."""
        return os.environ.get("RINGPOST_PEERS", "/var/tmp/ringpost-peers")

    def close_groups(self):
        """Ends whatever a run left."""
        for group in self._groups:
            group.close()
        self._groups.clear()

    def close(self):
        self.close_groups()
        shutil.rmtree(self.memory, ignore_errors=True)

    def _make_keys(self):
        """For tests only: a certificate, DKIM keys of src.test, the account's password."""
        os.makedirs(self.keys, exist_ok=True)

        def openssl(*words):
            subprocess.run(["openssl", *words], cwd=self.keys, check=True, capture_output=True)
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", "tls.key", "-out", "tls.crt", "-days", "30", "-subj", "/CN=relay.test")
        openssl("genrsa", "-traditional", "-out", "rsa.pem", "2048")
        openssl("genpkey", "-algorithm", "ed25519", "-out", "ed25519.pem")
        openssl("dhparam", "-dsaparam", "-out", "dhparams.pem", "2048")
        with open(os.path.join(self.keys, "password"), "w", encoding="utf-8") as file:
            file.write("bench-password\n")
        with open(os.path.join(self.keys, "tls.pem"), "w", encoding="utf-8") as file:
            for part in ("tls.key", "tls.crt"):
                with open(os.path.join(self.keys, part), encoding="utf-8") as one:
                    file.write(one.read())
        for name in os.listdir(self.keys):
            os.chmod(os.path.join(self.keys, name), 0o644)
        for name in ("password", "rsa.pem", "ed25519.pem", "tls.key"):
            os.chmod(os.path.join(self.keys, name), 0o600)
