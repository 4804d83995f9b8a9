"""Kind idle: what a session costs that says nothing, and what many of them cost those that do.

Active sessions send alone first, as fast as it goes; then idle ones are opened and kept (our
source, --hold), and the active ones send again. Dimensions it understands: work (plain, tls),
idle (sessions).
"""
import json
import os
import resource
import time

from suite import flow, groups
from suite.bench import Unable
from suite.tools import OURS

# active: sessions that send, messages: how many; each_source: idle sessions a source of ours
# holds; open_s: the longest their opening may take; rest_s: after it, until memory is read;
# settings: what the peer is told.
OPTIONS = ("active", "messages", "each_source", "open_s", "rest_s", "settings")
TARGETS = 8  # addresses of the listener: 28,000 ports are all there are towards one
SPARE_FILES = 2000


def allow_files(sessions):
    """Descriptors for SESSIONS in what is started from now on; Unable if that is forbidden."""
    wanted = sessions * 4 // 3 + SPARE_FILES  # Ringpost gives three quarters to sessions
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(hard, wanted)))
    except (ValueError, OSError):
        raise Unable(f"{wanted} descriptors are needed, {hard} are allowed") from None


def established(port):
    """Connections that the listener on PORT has."""
    suffix = f":{port:04X}"
    with open("/proc/net/tcp", encoding="ascii") as file:
        next(file)
        return sum(f[3] == "01" and f[1].endswith(suffix) for f in map(str.split, file))


def kernel_bytes():
    """What the kernel holds for sockets and processes: their objects, buffers, stacks."""
    total = 0
    for line in groups.read("/proc/meminfo").splitlines():
        name, value = line.split(":")
        if name in ("SUnreclaim", "KernelStack", "PageTables"):
            total += int(value.split()[0]) * 1024
    for line in groups.read("/proc/net/sockstat").splitlines():
        words = line.split()
        if words[0] == "TCP:":
            total += int(words[words.index("mem") + 1]) * os.sysconf("SC_PAGE_SIZE")
    return total


class Idle:
    """Idle sessions, held by sources of ours."""

    def __init__(self, bench, cell, port):
        self.bench, self.cell, self.port, self.sources = bench, cell, port, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for source in self.sources:
            source.__exit__(None, None, None)

    def open(self, count):
        """Seconds until COUNT are there and their dialogues have come to rest."""
        began = time.monotonic()
        most, limit = self.cell.option("each_source", 2000), self.cell.option("open_s", 40)
        groups_ = []
        while count > 0:
            part, before = min(most, count), established(self.port)
            host = f"127.0.0.{1 + len(self.sources) % TARGETS}:{self.port}"
            held = self.bench.source(OURS, host, sessions=part, hold=True, duration="1h",
                                     starttls=self.cell.at["work"] == "tls")
            groups_.append(held.__enter__().group)
            self.sources.append(held)
            while established(self.port) - before < part:
                if time.monotonic() - began > limit:
                    raise flow.Failed(f"{established(self.port)} sessions were opened in "
                                      f"{limit} s")
                time.sleep(0.05)
            count -= part
            self.bench.progress(f"{count:,} sessions are still to be opened")
        self._rest(groups_, began + limit)
        return time.monotonic() - began

    @staticmethod
    def _rest(groups_, until):
        """Handshakes and greetings are done when the sources use no processor any more."""
        def used():
            return sum(sum(g.cpu()) for g in groups_)
        before = used()
        while time.monotonic() < until:
            time.sleep(0.4)
            now = used()
            if now - before < 0.02:
                return
            before = now


def active(bench, cell, peer, sink):
    options = {"messages": cell.option("messages", 20000), "sessions": cell.option("active", 20),
               "size": 4096, "from": "bench+%i@src.test", "to": "user%d@dst.test",
               "lockstep": True}
    if cell.at["work"] == "tls":
        options.update(starttls=True, user="user@relay.test", mechanism="PLAIN",
                       password_file=f"{bench.keys}/password")
    return flow.timed(bench, peer, sink,
                      lambda: bench.source(OURS, peer.address, **options),
                      options["messages"], min(40, cell.deadline))


def settings(cell, listen):
    """What the peer is told, so that it may have so many."""
    idle, tls = cell.at["idle"], cell.at["work"] == "tls"
    given = dict(cell.option("settings", {}))
    if cell.peer == "ringpost":
        more = {"submission": {"sessions": idle + 1000, "messages_per_session": 0,
                               "sessions_per_account": idle + 1000},
                "listeners": [{"address": listen, "role": "submission",
                               "tls": "starttls" if tls else "none", "require_auth": tls,
                               "networks": ["127.0.0.0/8"], "sessions": idle + 1000}]}
        given["more"] = json.dumps(more)
    elif cell.peer == "postfix":
        given["processes"] = idle + 300
        given["more"] = "smtpd_timeout = 600s"
    return given


def measure(bench, cell):
    idle, tls = cell.at["idle"], cell.at["work"] == "tls"
    allow_files(idle)
    port = bench.ports()[0]
    listen = f"0.0.0.0:{port}"
    with bench.sink(OURS) as sink, \
            bench.peer(cell, sink=sink.address, mode="tls" if tls else "plain", listen=listen,
                       **settings(cell, listen)) as peer, \
            Idle(bench, cell, port) as sessions:
        peer.address = f"127.0.0.1:{port}"
        bench.progress("active sessions alone")
        alone = active(bench, cell, peer, sink)
        time.sleep(1)
        memory, kernel = peer.memory()["pss"], kernel_bytes()
        opened_s = sessions.open(idle)
        bench.progress(f"{idle:,} sessions idle")
        time.sleep(cell.option("rest_s", 6))
        held = {"bytes_each": round((peer.memory()["pss"] - memory) / idle),
                "peer_mib": round(peer.memory()["pss"] / 2**20, 1)}
        if kernel_bytes() > kernel:  # else others let go of more than these took
            held["kernel_each"] = round((kernel_bytes() - kernel) / idle)
        cpu = sum(peer.cpu())
        time.sleep(1.5)
        held["idle_cpu"] = round((sum(peer.cpu()) - cpu) / 1.5, 4)
        bench.progress("active sessions beside them")
        beside = active(bench, cell, peer, sink)
        left = established(port)
    if left < idle:
        raise flow.Failed(f"{left} of {idle} idle sessions were left")
    return {**held, "opened_s": round(opened_s, 2), "open_rate": round(idle / opened_s, 1),
            "rate_alone": alone["rate"], "rate": beside["rate"],
            "rate_kept": round(beside["rate"] / alone["rate"], 3),
            "p99_alone_us": alone["latency_us"]["99"], "p99_us": beside["latency_us"]["99"],
            "latency_us": beside["latency_us"],
            "disturbed": max(alone["disturbed"], beside["disturbed"])}
