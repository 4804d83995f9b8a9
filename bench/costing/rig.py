"""A daemon to be measured, with what it needs: a source, a sink, a Redis, a folder.

    with Rig(binary, tools, mode="plain", redis="own") as rig:
        rig.start(wrapper=["valgrind", …])
        rig.load(4000)          # returns when all of them were delivered

Everything listens on loopback, on free ports; everything ends with the `with`.
"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

MODES = ["plain", "dkim-rsa", "dkim-ed25519", "tls", "http"]
READY_S, LOAD_S, END_S = 60, 240, 20


class Failed(Exception):
    """It could not be measured; the text says why."""


def free_port(address="127.0.0.1"):
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def until(condition, seconds, what):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Failed(f"{what} did not come about in {seconds} s")
        time.sleep(0.02)


def listens(address, port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((address, port)) == 0


class Rig:
    SINK = "127.0.0.2"

    def __init__(self, binary, bench, options, redis="embedded"):
        """OPTIONS: .mode, .size, .sessions, .own_tools; REDIS: "embedded", or "own" for one
        beside the daemon (valgrind does not know what an embedded one is started with)."""
        self.binary, self.bench, self.options, self.redis = binary, bench, options, redis
        self.children = []
        self.daemon = self.redis_pid = None
        self.delivered = self.read = 0

    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix="ringpost-cost-")
        self.log = os.path.join(self.directory, "events.jsonl")
        self.port, self.sink_port = free_port(), free_port(self.SINK)
        self.key = os.path.join(self.directory, "key")
        return self

    def __exit__(self, *_):
        for child in reversed(self.children):
            self.end(child)
        shutil.rmtree(self.directory, ignore_errors=True)

    @staticmethod
    def end(child):
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(END_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def spawn(self, name, command):
        with open(os.path.join(self.directory, name + ".out"), "wb") as out:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                     stderr=subprocess.STDOUT)
        self.children.append(child)
        return child

    def said(self, name, most=600):
        with open(os.path.join(self.directory, name + ".out"), errors="replace") as file:
            return file.read()[-most:].strip()

    # --- Its parts ---

    def start(self, wrapper=()):
        """Starts them all; the daemon as the last words of the command WRAPPER."""
        config = self._config()
        for section, values in getattr(self.options, "config", {}).items():
            if isinstance(values, dict):
                values = {**config.get(section, {}), **values}
            config[section] = values
        if self.redis == "own":
            config["queue"] = {"redis": self._start_redis(), "bodies": "spool"}
        self._start_sink()
        file = os.path.join(self.directory, "ringpost.yaml")
        with open(file, "w") as out:
            json.dump(config, out, indent=1)
        self.daemon = self.spawn("daemon", [*wrapper, self.binary, "run", "-c", file])

        def ready():
            if self.daemon.poll() is not None:
                raise Failed(f"the daemon ended at once: {self.said('daemon')}")
            return os.path.exists(self.log) and '"event":"ready"' in open(self.log).read()
        until(ready, READY_S, "the daemon's start")
        if config["tls"]:
            subprocess.run([self.binary, "user", "add", "cost@relay.test", "--sender", "*",
                            "-c", file], input=b"cost\n", check=True, capture_output=True)
        if self.options.mode == "http":
            with open(self.key, "wb") as out:
                subprocess.run([self.binary, "key", "add", "cost", "--sender", "*", "-c", file],
                               check=True, stdout=out)
        if self.redis == "embedded":
            self.redis_pid = self._child_named("redis-server")

    def _config(self):
        config = {
            "hostname": "relay.test",
            "state_directory": os.path.join(self.directory, "state"),
            "listeners": [{"address": f"127.0.0.1:{self.port}", "role": "submission",
                           "tls": "none", "require_auth": False,
                           "networks": ["127.0.0.0/8"]}],
            "routes": [{"domain": "*", "host": f"[{self.SINK}]", "port": self.sink_port,
                        "tls": "none", "private_addresses": True,
                        "messages_per_connection": 0}],
            "log": {"file": self.log},
            "queue": {"redis": "embedded"}, "tls": [], "dkim": [],
        }
        if os.geteuid() == 0:
            config["user"] = "root"
        mode, directory = self.options.mode, self.directory
        if mode == "tls":
            pair = [os.path.join(directory, x) for x in ("tls.crt", "tls.key")]
            self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                          "-nodes", "-days", "2", "-subj", "/CN=relay.test", "-out", pair[0],
                          "-keyout", pair[1])
            config["tls"] = [{"certificate": pair[0], "key": pair[1]}]
            config["listeners"][0] = {"address": f"127.0.0.1:{self.port}",
                                      "role": "submission", "tls": "starttls"}
        if mode == "http":
            config["listeners"][0] = {"address": f"127.0.0.1:{self.port}", "role": "http",
                                      "tls": "none"}
        if mode.startswith("dkim"):
            key = os.path.join(directory, "dkim.pem")
            kind = ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"] if mode == "dkim-rsa" \
                else ["ed25519"]
            self._openssl("genpkey", "-algorithm", *kind, "-out", key)
            config["dkim"] = [{"domain": "source.test", "selector": "s1", "key": key}]
        return config

    @staticmethod
    def _openssl(*words):
        got = subprocess.run(["openssl", *words], capture_output=True, text=True)
        if got.returncode:
            raise Failed(f"openssl {words[0]}: {got.stderr.strip()}")
        for word in words:
            if word.endswith((".pem", ".key")):
                os.chmod(word, 0o600)

    def _start_redis(self):
        port = free_port()
        folder = os.path.join(self.directory, "redis")
        os.mkdir(folder)
        child = self.spawn("redis", [
            "redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", folder,
            "--appendonly", "yes", "--appendfsync", "always", "--save", "",
            "--maxmemory-policy", "noeviction"])
        until(lambda: listens("127.0.0.1", port), READY_S, "redis-server's start")
        self.redis_pid, self.redis_port = child.pid, port
        return f"redis://127.0.0.1:{port}"

    def _start_sink(self):
        where = f"{self.SINK}:{self.sink_port}"
        if self.options.own_tools:
            command = [self.bench, "sink", where, "--quiet"]
        else:
            user = ["-u", "nobody"] if os.geteuid() == 0 else []
            command = ["smtp-sink", *user, "-m", "2000", where, "4000"]
        child = self.spawn("sink", command)

        def listening():
            if child.poll() is not None:
                raise Failed(f"{command[0]}: {self.said('sink')}")
            return listens(self.SINK, self.sink_port)
        until(listening, READY_S, "the sink's start")

    def _child_named(self, name):
        for entry in os.listdir("/proc"):
            try:
                with open(f"/proc/{entry}/stat") as file:
                    head, rest = file.read().rsplit(")", 1)
            except (OSError, ValueError):
                continue
            if head.split("(", 1)[1] == name and int(rest.split()[1]) == self.daemon.pid:
                return int(entry)
        raise Failed(f"the daemon has no child {name}")

    # --- Work ---

    def load(self, messages):
        """Sends so many; returns seconds it took until all were delivered."""
        began = time.monotonic()
        wanted = self.delivered + messages * self.options.recipients
        child = self.spawn("source", self._source(messages))
        try:
            status = child.wait(LOAD_S)
        except subprocess.TimeoutExpired:
            raise Failed(f"the source did not end in {LOAD_S} s: {self.said('source')}")
        if status:
            raise Failed(f"the source failed: {self.said('source')}")
        until(lambda: self._delivered() >= wanted, LOAD_S, f"{wanted} deliveries")
        took = time.monotonic() - began
        time.sleep(0.3)  # the last settlement
        return took

    def _source(self, messages):
        options, to = self.options, f"127.0.0.1:{self.port}"
        if not options.own_tools:
            return ["smtp-source", "-d", "-s", str(options.sessions), "-m", str(messages),
                    "-l", str(options.size), "-r", str(options.recipients),
                    "-f", "a@source.test", "-t", "b@sink.test", to]
        command = [self.bench, "source", to, "--sessions", str(options.sessions), "--messages",
                   str(messages), "--size", str(options.size), "--from", "a@source.test",
                   "--to", "b%d@sink.test", "--recipients", str(options.recipients), "--quiet"]
        if options.mode == "http":
            command[2] = "http://" + to
            command += ["--key-file", self.key]
        if options.mode == "tls":
            password = os.path.join(self.directory, "password")
            with open(password, "w") as file:
                file.write("cost\n")
            command += ["--starttls", "--user", "cost@relay.test", "--password-file", password]
        return command

    def _delivered(self):
        """Lines of the daemon's log that tell a delivery."""
        with open(self.log, "rb") as file:
            file.seek(self.read)
            new = file.read()
        end = new.rfind(b"\n") + 1
        self.read += end
        self.delivered += new[:end].count(b'"event":"delivered"')
        return self.delivered

    def redis_calls(self):
        """Function calls that the Redis of its own has answered so far."""
        with socket.create_connection(("127.0.0.1", self.redis_port), 10) as connection:
            connection.sendall(b"INFO commandstats\r\nQUIT\r\n")
            told = b""
            while piece := connection.recv(65536):
                told += piece
        return sum(map(int, re.findall(rb"cmdstat_fcall(?:_ro)?:calls=(\d+)", told)))

    def cpu(self):
        """{"daemon": (user s, system s), "redis": …} so far, by clock ticks."""
        found = {}
        for name, pid in (("daemon", self.daemon.pid), ("redis", self.redis_pid)):
            with open(f"/proc/{pid}/stat") as file:
                words = file.read().rsplit(")", 1)[1].split()
            tick = os.sysconf("SC_CLK_TCK")
            found[name] = int(words[11]) / tick, int(words[12]) / tick
        return found

    def interrupt(self, child, seconds=END_S):
        """Ends a tool that writes what it saw when it is interrupted."""
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failed(f"{child.args[0]} did not end in {seconds} s")
