"""What is asked of valgrind, strace and perf, and how their answers are read."""
import collections
import os
import re
import subprocess
import time

from . import callgrind
from .rig import Failed, Rig, until

TOOL_S = 60
IDLE_S = 5  # how long the daemon is watched while it has nothing to do


def quiet(command, **more):
    got = subprocess.run(command, capture_output=True, text=True, timeout=TOOL_S, **more)
    if got.returncode:
        raise Failed(f"{' '.join(command[:3])}: {(got.stderr or got.stdout).strip()[-400:]}")
    return got.stdout


# --- Instructions ----------------------------------------------------------------------

def instructions(binary, bench, options, say):
    with Rig(binary, bench, options, redis="own") as rig:
        out = os.path.join(rig.directory, "callgrind.out")
        rig.start(["valgrind", "--tool=callgrind", "--callgrind-out-file=" + out])
        pid = str(rig.daemon.pid)
        say(f"callgrind: {options.messages // 4} messages to warm up")
        rig.load(options.messages // 4)
        quiet(["callgrind_control", "-z", pid])
        say(f"callgrind: {options.messages} messages")
        began, calls = time.monotonic(), rig.redis_calls()
        rig.load(options.messages)
        calls = rig.redis_calls() - calls
        busy = dump(out, pid, 1)
        took = time.monotonic() - began
        time.sleep(IDLE_S)
        idle = dump(out, pid, 2)
        found = callgrind.cost(callgrind.without(busy, idle, took / IDLE_S), options.messages)
        return {**found, "idle_a_second": round(idle.total / IDLE_S),
                "redis_calls": round(calls / options.messages, 3)}


def dump(out, pid, number):
    """The profile since the one before it."""
    quiet(["callgrind_control", "-d", pid])
    name = f"{out}.{number}"
    until(lambda: os.path.exists(name), TOOL_S, "callgrind's profile")
    with open(name, errors="replace") as file:
        return callgrind.read(file)


# --- System calls ----------------------------------------------------------------------

def read_strace(text):
    """{call: how often} of strace -c's table."""
    calls = {}
    for line in text.splitlines():
        found = re.match(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)(?:\s+\d+)?\s+(\w+)$", line)
        if found and found.group(2) != "total":
            calls[found.group(2)] = int(found.group(1))
    return calls


def system_calls(binary, bench, options, say):
    with Rig(binary, bench, options) as rig:
        rig.start()
        rig.load(options.messages // 4)
        tracers = {}
        for name, pid in (("daemon", rig.daemon.pid), ("redis", rig.redis_pid)):
            out = os.path.join(rig.directory, name + ".strace")
            tracers[name] = rig.spawn("strace-" + name, ["strace", "-f", "-c", "-o", out,
                                                         "-p", str(pid)])
            until(lambda: "attached" in rig.said("strace-" + name), 10, "strace's start")
        say(f"strace: {options.messages} messages")
        rig.load(options.messages)
        found = {"messages": options.messages}
        for name, tracer in tracers.items():
            rig.interrupt(tracer)
            with open(os.path.join(rig.directory, name + ".strace")) as file:
                calls = read_strace(file.read())
            found[name] = {call: round(n / options.messages, 4) for call, n in
                           sorted(calls.items(), key=lambda item: -item[1])}
    return found


# --- CPU, kernel and user --------------------------------------------------------------

KERNEL = [  # what a stack in the kernel is about, by a function in it; the first that fits
    ("receive from network", r"io_recv|tcp_recvmsg|sock_recvmsg|__sys_recv|sock_read_iter"),
    ("send to network", r"io_send|tcp_sendmsg|sock_sendmsg|__sys_send|sock_write_iter"),
    ("write and sync files", r"io_write|vfs_write|fsync|fdatasync|blk_|ext4_|xfs_|btrfs_|"
                             r"overlayfs|ovl_|generic_file"),
    ("accept, connect, close", r"accept|connect|inet_release|tcp_close|sock_close|__fput"),
    ("wait and switch", r"schedule|io_cqring_wait|epoll_wait|do_futex"),
    ("interrupts", r"^(asm_)?(sysvec|common_interrupt|__irq|irq_exit)|softirq"),
    ("page faults, memory", r"page_fault|handle_mm|__alloc_pages|brk|mmap|munmap"),
    ("io_uring's own", r"io_uring|io_submit|io_issue|io_req"),
]
FRAME = re.compile(r"\s+([0-9a-f]+) (.*?)(?:\+0x[0-9a-f]+)? \((.*?)\)$")


def read_samples(lines):
    """[(command, [(function, object, is_kernel) …, the leaf first])] of perf script."""
    command, frames = None, []
    for line in lines:
        if not line.strip():
            if command is not None:
                yield command, frames
            command, frames = None, []
        elif line[0] not in " \t" or command is None:
            command, frames = line.rsplit(None, 1)[0].strip() or line.strip(), []
        else:
            found = FRAME.match(line)
            if found:
                address, name, of = found.groups()
                kernel = int(address, 16) >= 1 << 63 or "[kernel" in of or "[guest.k" in of
                frames.append((callgrind.plain(name), of.rsplit("/", 1)[-1], kernel))
    if command is not None:
        yield command, frames


def about(frames):
    """What the kernel was busy with in a stack."""
    for title, pattern in KERNEL:
        if any(kernel and re.search(pattern, name) for name, _, kernel in frames):
            return title
    return "other in the kernel"


def shares(samples):
    """{process: {"samples", "kernel": share, "user", "kernel_of": {what: share},
    "leaves": {function: share}}}, and the stacks, outermost first, for a flame graph."""
    counts, doing, leaves = (collections.defaultdict(collections.Counter) for _ in range(3))
    stacks = collections.Counter()
    for command, frames in samples:
        if not frames:
            continue
        leaf, of, kernel = frames[0]
        leaf = leaf if leaf != "[unknown]" else f"({of})"
        counts[command]["kernel" if kernel else "user"] += 1
        leaves[command][leaf] += 1
        if kernel:
            doing[command][about(frames)] += 1
        named = tuple((name if name != "[unknown]" else f"({of})", kernel)
                      for name, of, kernel in reversed(frames))
        stacks[(command, named)] += 1
    found = {}
    for command, count in counts.items():
        total = sum(count.values())
        part = lambda table, most=None: {k: round(v / total, 4)  # noqa: E731
                                         for k, v in table.most_common(most)}
        found[command] = {"samples": total, **{k: round(count[k] / total, 4)
                                               for k in ("kernel", "user")},
                          "kernel_of": part(doing[command]), "leaves": part(leaves[command], 40)}
    return found, stacks


def cpu(binary, bench, options, say):
    """CPU a message by /proc/PID/stat in one run, the shares by perf in another: sampling
    costs CPU itself. Returns (figures, stacks)."""
    with Rig(binary, bench, options) as rig:
        rig.start()
        rig.load(options.messages)
        say("cpu: %d messages a round" % (options.messages * 5))
        rounds = []
        for _ in range(3):
            before, began = rig.cpu(), time.monotonic()
            rig.load(options.messages * 5)
            after, took = rig.cpu(), time.monotonic() - began - 0.3
            each = 1e6 / (options.messages * 5)
            rounds.append({"rate": options.messages * 5 / took, **{
                name: [(b - a) * each for a, b in zip(before[name], after[name])]
                for name in after}})
        data = os.path.join(rig.directory, "perf.data")
        perf = rig.spawn("perf", ["perf", "record", "-q", "-e", "cpu-clock", "-F", "1999", "-g",
                                  "-o", data, "-p", f"{rig.daemon.pid},{rig.redis_pid}"])
        time.sleep(1)
        if perf.poll() is not None:
            raise Failed(f"perf: {rig.said('perf')}")
        say(f"perf: {options.messages * 5} messages")
        rig.load(options.messages * 5)
        rig.interrupt(perf, TOOL_S)
        text = quiet(["perf", "script", "--no-inline", "-i", data, "-F", "comm,ip,sym,dso"],
                     errors="replace")
    found, stacks = shares(read_samples(text.splitlines()))
    middle = lambda values: round(sorted(values)[len(values) // 2], 1)  # noqa: E731
    return {
        "messages": options.messages * 5, "rate": middle([r["rate"] for r in rounds]),
        "us": {name: {"user": middle([r[name][0] for r in rounds]),
                      "system": middle([r[name][1] for r in rounds])}
               for name in ("daemon", "redis")},
        "processes": found}, stacks
