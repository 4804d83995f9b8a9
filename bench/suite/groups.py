"""Groups of processes and what they cost: cgroup v2, cgroup v1, or /proc for who may not
make groups. What a group's processes start belongs to it, however they detach."""
import ctypes
import os
import signal
import subprocess
import time

HZ = os.sysconf("SC_CLK_TCK")
CGROUPS = "/sys/fs/cgroup"
OURSELVES = f"ringpost-bench-{os.getpid()}"


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def memory_of(pid):
    """(proportional set, its anonymous part) in bytes; zeroes for who is gone."""
    total = anonymous = 0
    try:
        for line in read(f"/proc/{pid}/smaps_rollup").splitlines():
            if line.startswith("Pss:"):
                total = int(line.split()[1]) * 1024
            elif line.startswith("Pss_Anon:"):
                anonymous = int(line.split()[1]) * 1024
    except (OSError, IndexError, ValueError):
        pass
    return total, anonymous


class Group:
    """What all ways of grouping share. A subclass says _enter, pids, cpu, _remove."""

    def __init__(self, name):
        self.name = name
        self.children = []

    def spawn(self, argv, **options):
        """subprocess.Popen of ARGV inside the group, in a session of its own."""
        options.setdefault("stdin", subprocess.DEVNULL)
        child = subprocess.Popen(self._enter([str(a) for a in argv]), start_new_session=True,
                                 **options)
        self.children.append(child)
        return child

    def memory(self):
        """{"pss": bytes, "anonymous": bytes} of all its processes now."""
        sums = [memory_of(pid) for pid in self.pids()]
        return {"pss": sum(s[0] for s in sums), "anonymous": sum(s[1] for s in sums)}

    def memory_by_name(self):
        """{name of a program: pss bytes now of its processes}."""
        sums = {}
        for pid in self.pids():
            try:
                name = read(f"/proc/{pid}/comm").strip()
            except OSError:
                continue
            sums[name] = sums.get(name, 0) + memory_of(pid)[0]
        return sums

    def signal(self, number):
        for pid in self.pids():
            try:
                os.kill(pid, number)
            except OSError:
                pass

    def wait_empty(self, seconds):
        """Whether all its processes ended within SECONDS."""
        end = time.monotonic() + seconds
        while True:
            for child in self.children:
                child.poll()
            if not self.pids():
                return True
            if time.monotonic() > end:
                return False
            time.sleep(0.02)

    def close(self, patience=0):
        """Ends what is left of it, asked first if there is PATIENCE (seconds)."""
        if patience:
            self.signal(signal.SIGTERM)
        tries = 0
        while not self.wait_empty(0.2 if tries else patience) and tries < 50:
            self.signal(signal.SIGKILL)  # again and again: who dies may have been forking
            tries += 1
        self._remove()

    def _enter(self, argv):
        return argv

    def _remove(self):
        pass


class ControlGroup(Group):
    """A cgroup: FOLDERS in each hierarchy that counts."""

    def __init__(self, name, parent):
        super().__init__(name)
        self.folder = os.path.join(parent, f"{OURSELVES}-{name}")
        os.makedirs(self.folder, exist_ok=True)

    def _enter(self, argv):
        return ["sh", "-c", 'echo $$ >"$0" && exec "$@"',
                os.path.join(self.folder, "cgroup.procs"), *argv]

    def pids(self):
        try:
            return [int(p) for p in read(os.path.join(self.folder, "cgroup.procs")).split()]
        except OSError:
            return []

    def _remove(self):
        try:
            os.rmdir(self.folder)
        except OSError:
            pass


class GroupV1(ControlGroup):
    def cpu(self):
        """(user, system) seconds of all that ever ran in it."""
        user, system, total = (int(read(os.path.join(self.folder, "cpuacct.usage" + kind))) / 1e9
                               for kind in ("_user", "_sys", ""))
        # The parts are guessed by ticks; the whole is exact.
        share = user / (user + system) if user + system else 0.5
        return total * share, total * (1 - share)


class GroupV2(ControlGroup):
    def cpu(self):
        """(user, system) seconds of all that ever ran in it."""
        fields = dict(line.split() for line in
                      read(os.path.join(self.folder, "cpu.stat")).splitlines())
        return int(fields["user_usec"]) / 1e6, int(fields["system_usec"]) / 1e6


class ProcessTree(Group):
    """Descendants of what was started, by /proc. Orphans come to us (a subreaper), and are
    taken for those of the group that was made last: only a peer leaves any."""

    groups = []

    def __init__(self, name):
        super().__init__(name)
        self.roots, self.seen, self.baseline = set(), {}, (0.0, 0.0)
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
        ProcessTree.groups.append(self)

    def spawn(self, argv, **options):
        child = super().spawn(argv, **options)
        self.roots.add(child.pid)
        return child

    @staticmethod
    def _processes():
        """pid: (parent, user, system, whether it is dead) of everything."""
        table = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    text = read(f"/proc/{entry}/stat")
                except OSError:
                    continue
                f = text[text.rindex(")") + 2:].split()
                table[int(entry)] = (int(f[1]), (int(f[11]) + int(f[13])) / HZ,
                                     (int(f[12]) + int(f[14])) / HZ, f[0] in "ZX")
        return table

    def _members(self):
        table = self._processes()
        others = set().union(*(g.roots for g in self.groups if g is not self)) \
            if len(self.groups) > 1 else set()
        peer = next((g for g in reversed(self.groups) if g.name.startswith("peer")), None)
        mine = {p for p in self.roots if p in table}
        if peer is self:
            mine |= {p for p, row in table.items()
                     if row[0] == os.getpid() and p not in others}
        grown = True
        while grown:
            more = {p for p, row in table.items() if row[0] in mine} - mine
            mine |= more
            grown = bool(more)
        return {p: table[p] for p in mine}

    def pids(self):
        members = self._members()
        for pid, row in members.items():
            if row[3] and row[0] == os.getpid() and pid not in self.roots:
                try:
                    os.waitpid(pid, os.WNOHANG)
                except OSError:
                    pass
        return [p for p, row in members.items() if not row[3]]

    def cpu(self):
        """(user, system) seconds of who lives, of whom they waited for, and of roots as
        last seen."""
        members = self._members()
        self.seen.update({p: row for p, row in members.items() if p in self.roots})
        rows = list(members.values()) + [r for p, r in self.seen.items() if p not in members]
        return sum(r[1] for r in rows), sum(r[2] for r in rows)

    def _remove(self):
        if self in self.groups:
            self.groups.remove(self)


def _ways():
    """(class, parent folder) of each way this system has, the better first."""
    if os.path.exists(f"{CGROUPS}/cgroup.controllers"):
        own = next((line[3:] for line in read("/proc/self/cgroup").splitlines()
                    if line.startswith("0::")), "/")
        yield GroupV2, CGROUPS + own
    for name in ("cpuacct", "cpu,cpuacct"):
        if os.path.exists(f"{CGROUPS}/{name}/cpuacct.usage_user"):
            yield GroupV1, f"{CGROUPS}/{name}"


def make(name):
    """A new group, counted as well as this system and this user can."""
    for way, parent in _ways():
        try:
            group = way(name, parent)
            group.cpu()
            return group
        except (OSError, KeyError):
            continue
    return ProcessTree(name)


def how():
    """One line for the report: how processes are counted here."""
    group = make("probe")
    group.close()
    return {GroupV1: "cgroup v1 (cpuacct)", GroupV2: "cgroup v2 (cpu.stat)",
            ProcessTree: "/proc (no cgroups of our own: short-lived processes are missed)",
            }[type(group)]
