"""Signed zones, as they are in the world: zones with keys and signatures (ldns), a
server that has them (nsd), a resolver that validates (unbound), which trusts the key
of a root of our own and nothing else.

    with SignedServers(Zone("receiver.test", "@ MX 10 mx", "mx A 127.0.0.1"),
                       Zone("open.test", …, signed=False)) as servers:
        servers.address             # the resolver's

A Zone's lines are of a zone file. The root holds a DS for each zone that is signed and
proves that there is none for the others. CHANGE gets the signed file's lines and gives
others: what one who has no key can do. OPTIONS are of ldns-signzone.
"""
import os
import shutil
import socket
import struct
import subprocess
import tempfile

import dns_server as d
from ports import free_port
from ringpost_live import until

TOOLS = ("nsd", "unbound", "ldns-keygen", "ldns-signzone")
HEAD = """\
$ORIGIN {name}
$TTL 300
@ SOA ns root 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
"""
NSD = """\
server:
    ip-address: 127.0.0.1@{port}
    username: ""
    chroot: ""
    zonesdir: "{directory}"
    pidfile: "{directory}/nsd.pid"
    database: ""
    zonelistfile: "{directory}/zone.list"
    xfrdfile: "{directory}/xfrd.state"
    xfrdir: "{directory}"
    server-count: 1
    rrl-ratelimit: 0
remote-control:
    control-enable: no
"""
NSD_ZONE = """\
zone:
    name: "{name}"
    zonefile: "{file}"
"""
# The domain test. is nobody's, which unbound would say by itself.
UNBOUND = """\
server:
    interface: 127.0.0.1
    port: {port}
    directory: "{directory}"
    chroot: ""
    username: ""
    pidfile: "{directory}/unbound.pid"
    use-syslog: no
    do-daemonize: no
    do-ip6: no
    do-not-query-localhost: no
    infra-keep-probing: yes
    module-config: "validator iterator"
    trust-anchor-file: "{anchor}"
    val-log-level: 2
    local-zone: "test." nodefault
remote-control:
    control-enable: no
"""
UNBOUND_ZONE = """\
stub-zone:
    name: "{name}"
    stub-addr: 127.0.0.1@{port}
"""


class Zone:
    def __init__(self, name, *lines, signed=True, options=(), change=None):
        self.name, self.lines, self.signed = name.rstrip(".") + ".", lines, signed
        self.options, self.change = options, change


class SignedServers:
    def __init__(self, *zones):
        self.zones = zones
        self.server_port, self.port = free_port(), free_port()
        self.processes = []

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def __enter__(self):
        self.held = tempfile.TemporaryDirectory(prefix="ringpost-signed-")
        self.directory = self.held.name
        try:
            self._start()
        except BaseException:
            self.__exit__(True)
            raise
        return self

    def __exit__(self, trouble=None, *_):
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if trouble:
            for name in ("nsd", "unbound"):
                print(self.said(name))
        self.held.cleanup()

    def said(self, name):
        """What nsd or unbound wrote."""
        try:
            with open(self._path(name + ".log")) as file:
                return f"--- {name}\n" + file.read()
        except FileNotFoundError:
            return ""

    def _path(self, name):
        return os.path.join(self.directory, name)

    def _write(self, name, text):
        with open(self._path(name), "w") as file:
            file.write(text)
        return self._path(name)

    # --- Zones ---

    def _tool(self, *words):
        got = subprocess.run(words, cwd=self.directory, text=True, capture_output=True)
        if got.returncode:
            raise RuntimeError(f"{' '.join(words)}: {got.stdout}{got.stderr}")
        return got.stdout

    def _sign(self, zone):
        """The zone's file; and the DS of its key."""
        file = self._write(f"zone-{zone.name}", HEAD.format(name=zone.name)
                           + "".join(line + "\n" for line in zone.lines))
        if not zone.signed:
            return file, ""
        # One for keys, which the parent or the resolver knows; one for the rest.
        keys = [self._tool("ldns-keygen", *kind, "-a", "ECDSAP256SHA256", zone.name).strip()
                for kind in (["-k"], [])]
        self._tool("ldns-signzone", *zone.options, "-o", zone.name, "-f", file + ".signed",
                   file, *keys)
        if zone.change:
            with open(file + ".signed") as signed:
                lines = signed.read().splitlines()
            self._write(f"zone-{zone.name}.signed", "\n".join(zone.change(lines)) + "\n")
        with open(self._path(keys[0] + ".ds")) as ds:
            return file + ".signed", ds.read().strip()

    def _sign_all(self):
        """(name, file) of each zone, and the file of the root's key."""
        files, root = [], []
        for zone in self.zones:
            file, ds = self._sign(zone)
            files.append((zone.name, file))
            root += [f"{zone.name} NS ns.{zone.name}", f"ns.{zone.name} A 127.0.0.1", ds]
        file, anchor = self._sign(Zone(".", *root))
        return files + [(".", file)], self._write("anchor", anchor + "\n")

    # --- Servers ---

    def _program(self, name):
        """NAME's file; where AppArmor would keep it to its own folders, a copy."""
        program = shutil.which(name)
        try:
            with open("/sys/module/apparmor/parameters/enabled") as file:
                confined = file.read(1) == "Y"
        except OSError:
            confined = False
        return shutil.copy(program, self.directory) if confined else program

    def _run(self, name, port, *words):
        with open(self._path(name + ".log"), "w") as log:
            process = subprocess.Popen(
                [self._program(name), *words], cwd=self.directory,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.processes.append(process)

        def answers():
            if process.poll() is not None:
                raise RuntimeError(f"{name} ended with {process.returncode}")
            return self._flags(port)
        return until(answers, 20, f"an answer of {name}")

    @staticmethod
    def _flags(port):
        """Of the answer to a question for the root's SOA; None without one in time."""
        question = struct.pack(">HHHHHH", 1, 0x0120, 1, 0, 0, 0) + b"\0" \
            + struct.pack(">HH", d.SOA, 1)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.settimeout(2)
            try:
                one.connect(("127.0.0.1", port))
                one.send(question)
                return struct.unpack(">H", one.recv(4096)[2:4])[0]
            except OSError:
                return None

    def _start(self):
        files, anchor = self._sign_all()
        self._run("nsd", self.server_port, "-d", "-c", self._write("nsd.conf", NSD.format(
            directory=self.directory, port=self.server_port) + "".join(
                NSD_ZONE.format(name=name, file=file) for name, file in files)))
        flags = self._run("unbound", self.port, "-d", "-p", "-c", self._write(
            "unbound.conf", UNBOUND.format(
                directory=self.directory, port=self.port, anchor=anchor) + "".join(
                    UNBOUND_ZONE.format(name=name, port=self.server_port)
                    for name, _ in files)))
        if flags & 0x2f != 0x20:
            raise RuntimeError(f"unbound does not validate: flags {flags:04x}")
