#!/usr/bin/env python3
"""The ledger: what was acknowledged against what arrived, over kills at random.

ledger.py [--kills N] [--rate R] [--targets daemon,redis,sink] [--ahead N] [--seed S]
          [--json FILE]

ringpost-bench's source sends at a rate through Ringpost to its sink, each with a
ledger; in between, one of the processes is killed (-9) and started again. When all
has drained, the audit must find nothing lost, nothing made up, nothing damaged, and
no copy too many but of messages whose reply a kill cut off. With --ahead the source
sends so many on a connection before it has heard what became of the first.
"""
import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(os.path.dirname(HERE), "live"))
sys.path.append(os.path.join(os.path.dirname(os.path.dirname(HERE)), "bench"))
from ringpost_live import PATIENCE, PROGRAM, Daemon, free_port, until  # noqa: E402
from smtp_raw import need  # noqa: E402
from suite import accounts  # noqa: E402

BENCH = os.environ.get("RINGPOST_BENCH") or os.path.join(
    os.path.dirname(os.path.dirname(PROGRAM)), "bench", "ringpost-bench")
READY_S, DRAINED_S = 10, 30
SINK_HOST = "127.0.0.2"
# A quarter of the mail has to wait in the queue, some of it comes back.
RULES = [f'rcpt 451 4.7.1 "greylisted" first-try 2s domain d{n}.test' for n in range(1, 6)] + [
    'rcpt 550 5.1.1 "no such user" domain d6.test']


class World:
    """Daemon, sink and source; what is killed comes back."""

    def __init__(self, folder, options, **config):
        self.folder, self.options = folder, options
        self.port = free_port(SINK_HOST)
        self.daemon = Daemon(
            directory=folder, log={"level": "info"}, shutdown_limit="10s",
            relay={"retry": ["500ms", "1s", "2s"], "connections": 20},
            routes=[{"domain": "probe.test", "discard": True},
                    {"domain": "*", "host": f"[{SINK_HOST}]", "port": self.port,
                     "private_addresses": True}], **config)
        self.sink = self.source = None
        self.faults, self.ready_after = [], []

    def path(self, name):
        return os.path.join(self.folder, name)

    def start_sink(self):
        log = open(self.path("sink.log"), "ab")
        self.sink = subprocess.Popen(
            [BENCH, "sink", f"{SINK_HOST}:{self.port}", "--ledger", self.path("sink.ledger"),
             "--quiet", *(word for rule in RULES for word in ("--rule", rule))], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def start_source(self, duration):
        log = open(self.path("source.log"), "ab")
        ahead = ["--chunking", "--ahead", str(self.options.ahead)] if self.options.ahead else []
        self.source = subprocess.Popen(
            [BENCH, "source", f"127.0.0.1:{self.daemon.port}", *accounts.words(accounts.SOURCE),
             *ahead, "--rate", str(self.options.rate), "--duration", f"{duration}s",
             "--ledger", self.path("source.ledger"), "--json", self.path("source.json"),
             "--quiet"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def accepts(self):
        if self.daemon.process.poll() is not None:
            raise AssertionError("the daemon has ended")
        return accounts.takes_mail(f"127.0.0.1:{self.daemon.port}", 5 * PATIENCE)

    def wait_ready(self, what):
        start = time.monotonic()
        until(self.accepts, 60, f"readiness after {what}", pause=0.05)
        return time.monotonic() - start

    def fault(self, target):
        """Kills it and sees to its return; the seconds until mail is taken again."""
        self.faults.append(time.time())
        if target in ("daemon", "both"):
            self.daemon.process.kill()
        if target in ("redis", "both"):
            self.daemon.kill_redis()
        if target == "sink":
            self.sink.kill()
            self.sink.wait()
            time.sleep(0.3)
            self.start_sink()
        if target in ("daemon", "both"):
            self.daemon.process.wait()
            self.daemon.process = None
            self.daemon.start(wait=False)
        took = self.wait_ready(target)
        self.ready_after.append((target, round(took, 2)))
        print(f"  killed {target:6}  takes mail again after {took:.2f} s", flush=True)

    def queued(self):
        """Entries in the queue; -1 while that cannot be known."""
        got = self.daemon.run("queue", "count", "--json")
        try:
            return sum(json.loads(got.stdout)["states"].values())
        except (ValueError, KeyError):
            return -1

    def stop(self):
        for process in (self.source, self.sink):
            if process and process.poll() is None:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def play(world, options):
    """The load, the kills, the drain; seconds it took to drain."""
    chance = random.Random(options.seed)
    world.start_sink()
    world.daemon.start(wait=False)
    world.wait_ready("the start")
    world.start_source(duration=int(3 + options.kills * 6))
    for target in accounts.targets_of(options.targets.split(","), options.kills, chance):
        time.sleep(chance.uniform(2.0, 5.0))
        if world.source.poll() is not None:
            raise AssertionError("the source has ended before the last kill")
        world.fault(target)
    world.source.wait(120 * PATIENCE)
    start = time.monotonic()
    until(lambda: world.queued() == 0, 60, "an empty queue", pause=0.2)
    return time.monotonic() - start


def arguments(targets, kills=3):
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=kills)
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--targets", default=targets)
    parser.add_argument("--ahead", type=int, default=0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--json")
    return parser.parse_args()


def judge_world(world, options):
    """The exit status; nothing of the world is left."""
    print(f"seed {options.seed}, {options.rate} messages a second, kills of {options.targets}")
    try:
        return play_and_judge(world, options)
    finally:
        world.stop()
        world.daemon.kill()
        world.daemon.kill_redis()
        if os.environ.get("KEEP"):
            print("kept:", world.folder)
        else:
            shutil.rmtree(world.folder, ignore_errors=True)


def main():
    options = arguments("daemon,redis,sink")
    need("redis-server", "redis-check-aof", BENCH)
    world = World(tempfile.mkdtemp(prefix="ringpost-ledger-"), options)
    sys.exit(judge_world(world, options))


def play_and_judge(world, options):
    try:
        drained = play(world, options)
        status = world.daemon.stop()
    except Exception:
        print(world.daemon.story()[-4000:], file=sys.stderr)
        raise
    world.stop()
    unclean, told, verdict = accounts.audit(
        BENCH, world.folder, world.path("source.ledger"), world.path("sink.ledger"),
        world.faults, late=f"{DRAINED_S * PATIENCE:g}s")
    print(told, end="")
    slow = [t for _, t in world.ready_after if t > READY_S * PATIENCE]
    print(f"drained after {drained:.1f} s; ready again after {world.ready_after}")
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"seed": options.seed, "rate": options.rate, "faults": world.faults,
                       "ready_after_s": world.ready_after, "drained_s": round(drained, 2),
                       "exit_status": status, "audit": verdict}, file, indent=1)
    failed = [what for what, bad in [
        ("the audit", unclean != 0), ("the exit status", status != 0),
        (f"ready within {READY_S} s", slow), (f"drained within {DRAINED_S} s",
                                              drained > DRAINED_S * PATIENCE)] if bad]
    print("not clean: " + ", ".join(failed) if failed else "clean")
    return 1 if failed else 0


if __name__ == "__main__":
    main()
