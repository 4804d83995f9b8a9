"""A flow of messages from a source through a peer to a sink: warmed up, timed, accounted."""
import time

from . import machine

SETTLE_S = 0.6  # after the last arrival: what the peer still has to do is its cost, too


class Failed(Exception):
    """A run that did not do its work: told in the report, and no figure is taken from it."""


def warm(begin, sink, messages, seconds):
    """Sends MESSAGES by BEGIN() (a source to be), waits until the sink has them; messages a
    second."""
    before, began = sink.count(), time.monotonic()
    end = began + min(seconds, 40)
    with begin() as source:
        while time.monotonic() < end:
            if source.ended() and (source.failure() or sink.count() - before >= messages):
                break
            time.sleep(0.005)
        if not source.ended() or source.failure():
            raise Failed(f"warming up: {source.failure() or 'the source did not end in time'}")
        if sink.count() - before < messages:
            raise Failed(f"warming up: {sink.count() - before} of {messages} arrived")
    return messages / (time.monotonic() - began)


def fitting(begin, sink, messages, seconds, limit, step=1):
    """MESSAGES, or as many fewer as can be done in about SECONDS here, by the rate of a
    twentieth of them, a multiple of STEP. BEGIN takes how many."""
    probe = messages // 20 // step * step
    if probe < 20:
        return messages
    rate = warm(lambda: begin(probe), sink, probe, limit)
    return max(probe, min(messages, int(rate * seconds) // step * step))


class Peaks:
    """The most memory a peer had, looked at now and then: looking costs time."""

    def __init__(self, peer, begun):
        self.peer, self.next = peer, begun + 0.7
        self.most = {"pss": 0, "anonymous": 0}

    def look(self, now):
        if now >= self.next:
            for name, value in self.peer.memory().items():
                self.most[name] = max(self.most[name], value)
            self.next = time.monotonic() + 2.0


class Account:
    """What peer, source, sink and the machine used between the making and usage()."""

    def __init__(self, scratch, peer, sink):
        self.scratch, self.peer, self.sink = scratch, peer, sink
        self.cpu = {"peer": peer.cpu() if peer else (0.0, 0.0), "sink": sink.group.cpu()}
        self.machine = machine.Counters(scratch)
        self.then = None

    def stop(self, source):
        """The work is done: what the machine did until now counts for it."""
        self.then = machine.Counters(self.scratch)
        self.used = self._own() + sum(source.group.cpu())

    def _own(self):
        groups = [(self.sink.group, self.cpu["sink"])]
        if self.peer:
            groups.append((self.peer, self.cpu["peer"]))
        return sum(sum(group.cpu()) - sum(before) for group, before in groups)

    def usage(self, source, messages):
        """Metrics, each for one of MESSAGES (or of whatever arrives)."""
        a, b = self.machine, self.then
        seconds = max(b.at - a.at, 1e-6) * machine.CORES

        def each(after, before, scale=1.0, digits=3):
            return None if after is None else round((after - before) * scale / messages, digits)

        def micro(after, before):
            return each(sum(after), sum(before), 1e6, 1)
        found = {"source_us": micro(source.group.cpu(), (0, 0)),
                 "sink_us": micro(self.sink.group.cpu(), self.cpu["sink"]),
                 "busy": round((b.busy - a.busy) / seconds, 3),
                 "disturbed": round(max(0.0, b.busy - a.busy - self.used) / seconds, 3),
                 "switches": each(b.switches, a.switches), "writes": each(b.writes, a.writes),
                 "write_kib": each(b.write_bytes, a.write_bytes, 1 / 1024),
                 "flushes": each(b.flushes, a.flushes)}
        if self.peer:
            after, before = self.peer.cpu(), self.cpu["peer"]
            found.update(cpu_us=micro(after, before),
                         cpu_user_us=each(after[0], before[0], 1e6, 1),
                         cpu_sys_us=each(after[1], before[1], 1e6, 1))
        return {k: v for k, v in found.items() if v is not None}


def _latency(source):
    """The source's own times of a message, where it measures them."""
    times = source.report.get("microseconds", {}).get("message")
    if not times:
        return {}
    return {"latency_us": {name: times["p" + name] for name in ("50", "90", "99", "99.9")}
            | {"max": times["max"]}}


def timed(bench, peer, sink, begin, messages, seconds, arrivals=None):
    """Runs the source that BEGIN() gives until the sink has ARRIVALS (MESSAGES) more, and
    accounts for it all, by arrival. PEER: None for the tools alone. Failed when it takes
    longer than SECONDS."""
    arrivals = arrivals or messages
    before, account = sink.count(), Account(bench.scratch, peer, sink)
    began = time.monotonic()
    peaks, accepted = Peaks(peer, began) if peer else None, None
    with begin() as source:
        while True:
            if accepted is None and source.ended():
                accepted = time.monotonic()
                if source.failure():
                    raise Failed(source.failure())
            got = sink.count() - before
            now = time.monotonic()
            if accepted and got >= arrivals:
                break
            if now - began > seconds:
                raise Failed(f"{got} of {arrivals} arrived in {seconds:.0f} s")
            if peaks:
                peaks.look(now)
            time.sleep(0.004)
        account.stop(source)
        if peer:
            time.sleep(SETTLE_S)
            peaks.look(peaks.next)
        if sink.count() - before > arrivals:
            raise Failed(f"{sink.count() - before} arrived, {arrivals} were sent")
        found = {"rate": round(arrivals / (now - began), 1),
                 "accept_rate": round(messages / (accepted - began), 1),
                 "messages": messages, **account.usage(source, arrivals), **_latency(source)}
        if peaks:
            found["pss_mib"] = round(peaks.most["pss"] / 2**20, 1)
            found["anonymous_mib"] = round(peaks.most["anonymous"] / 2**20, 1)
        return found

