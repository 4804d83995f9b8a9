"""The command line of bench/run: what to measure, for how long, where the report goes."""
import argparse
import datetime
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from . import install, machine, peers, profile, results
from .bench import Bench
from .runner import Facts, Runner
from .ticker import Ticker, clock

ROOT = os.path.dirname(profile.BENCH)
BUDGET_S = {"quick": 160, "full": 1980, "usual": 900}


def arguments(words):
    parser = argparse.ArgumentParser(
        prog="bench/run", description="Measures Ringpost and the mail servers installed beside "
        "it: same work, same machine, one after the other and over again. Writes report.json "
        "and report.html.")
    add = parser.add_argument
    add("--quick", action="store_true", help="about two minutes: the few rows that matter most")
    add("--full", action="store_true", help="about thirty minutes: everything")
    add("--profile", action="append", metavar="NAME", help="only this one, or a FILE.toml; may "
        "be repeated")
    add("--peers", metavar="A,B", help="only these")
    add("--reps", type=int, metavar="N", help="runs of each row, instead of the profile's")
    add("--minutes", type=float, metavar="M", help="the longest it may take, all together")
    add("--no-wait", action="store_true", help="do not wait for a quiet machine before a run")
    add("--out", metavar="DIR", help="where the report goes (build-bench/results)")
    add("--scratch", metavar="DIR", help="where queues live while they are measured: on the disk "
        "that matters (/var/tmp)")
    add("--build", metavar="DIR", help="a build to measure (build-bench: made, release)")
    add("--install-peers", action="store_true", help="get the other mail servers; as root")
    add("--list", action="store_true", help="profiles, their rows, and peers; measures nothing")
    got = parser.parse_args(words)
    if got.quick and got.full:
        parser.error("--quick and --full exclude each other")
    if got.reps is not None and got.reps < 1:
        parser.error("--reps takes a number from 1")
    got.mode = "quick" if got.quick else "full" if got.full else "usual"
    return got


def chosen_profiles(got):
    """Those asked for; ProfileError for a name there is none of."""
    every = [profile.load(path, got.quick) for path in profile.all_files()]
    if not got.profile:
        return [p for p in every if p.cells]
    by_name = {p.name: p for p in every}
    for name in got.profile:
        if name.endswith(".toml"):
            by_name[name] = profile.load(name, got.quick)
        elif name not in by_name:
            raise profile.ProfileError(f"no profile is called {name}; "
                                       f"there are {', '.join(by_name)}")
    return [by_name[name] for name in by_name if name in got.profile]


def chosen_peers(got):
    names = got.peers.split(",") if got.peers else None
    for name in names or []:
        if name not in peers.names():
            raise profile.ProfileError(f"no peer is called {name}; "
                                       f"there are {', '.join(peers.names())}")
    return names


def build(got):
    """The folder of the programs to measure; made when it is ours to make."""
    if got.build:
        return os.path.abspath(got.build)
    folder = os.path.join(ROOT, "build-bench")
    print("building …", end=" ", flush=True, file=sys.stderr)
    if not os.path.exists(os.path.join(folder, "build.ninja")):
        subprocess.run(["meson", "setup", folder, "-Dbuildtype=release", "-Db_lto=true"],
                       cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    made = subprocess.run(["ninja", "-C", folder, "console/ringpost", "bench/ringpost-bench"],
                          capture_output=True, text=True)
    if made.returncode:
        raise SystemExit("it does not build:\n" + "\n".join(made.stdout.splitlines()[-30:]))
    print("done", file=sys.stderr)
    return folder


def show_list(profiles, facts):
    for p in profiles:
        print(f"{p.name} ({p.kind}): {p.title}; {len(p.cells)} rows, "
              f"{sum(c.reps for c in p.cells)} runs, at most {clock(p.budget_s)}")
        for cell in p.cells:
            print(f"    {cell.text()}")
    print("peers:")
    for name in peers.names():
        said = facts(name)
        print(f"    {name}: {said['title']} {said.get('version', '')}"
              + (f" (cannot run: {said['missing']})" if said["missing"] else ""))


def notes(scratch):
    found = [f"Costs are counted by {results.groups_how()}."]
    if machine.is_memory(scratch):
        found.append(f"{scratch} is in memory: nothing here was flushed to a disk. "
                     "--scratch names a folder on one.")
    load = os.getloadavg()[0]
    if load > 0.5 * machine.CORES:
        found.append(f"The machine was not idle when this began (load {load:.1f}).")
    return found


def share(p, still, left):
    """Seconds for profile P: its own budget, or less where those STILL to come want more
    than what is LEFT."""
    return p.budget_s * min(1.0, left / sum(each.budget_s for each in still))


def measure(got, profiles, names, bench, facts):
    """Runs it all and writes the report, also when interrupted; the exit status."""
    began, wall = time.monotonic(), datetime.datetime.now(datetime.timezone.utc)
    until = began + (got.minutes * 60 if got.minutes else BUDGET_S[got.mode])
    ticker = Ticker(until)
    bench.progress = ticker.say
    data = {"format": 1, "mode": got.mode, "began": wall.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "command": "bench/run " + shlex.join(got.words), "notes": notes(bench.scratch),
            "machine": machine.facts(bench.scratch)}
    runners, status = [], 0
    try:
        for n, p in enumerate(profiles):
            runner = Runner(bench, p, chosen=names, reps=got.reps, ticker=ticker, facts=facts,
                            seconds=share(p, profiles[n:], until - time.monotonic()))
            runners.append(runner)
            ticker.start(p, sum(r.cell.reps for r in runner.rows))
            runner.run()
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # from here it takes a moment only
        ticker.line("interrupted: writing what there is")
        data["notes"].append("It was interrupted; what it had is here.")
        status = 130
    data["took_s"] = round(time.monotonic() - began)
    results.fill(data, runners, bench, facts)
    where = results.write(data, got.out or os.path.join(ROOT, "build-bench", "results"))
    failed = [r for p in data["profiles"] for row in p["rows"] for r in row["runs"] if not r["ok"]]
    skipped = [s for p in data["profiles"] for s in p["skipped"]]
    ticker.line(f"{clock(data['took_s'])} min, {len(skipped)} rows skipped, "
                f"{len(failed)} runs failed: {where}")
    return status or (0 if any(p["rows"] for p in data["profiles"]) else 1)


def main(words=None):
    got = arguments(words)
    got.words = sys.argv[1:] if words is None else words
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    bench = scratch = None
    try:
        if got.install_peers and install.all_peers():
            return 1
        profiles, names = chosen_profiles(got), chosen_peers(got)
        if got.install_peers and not (got.quick or got.full or got.profile):
            return 0
        folder = os.path.join(ROOT, "build-bench") if got.list else build(got)
        scratch = tempfile.mkdtemp(prefix="ringpost-bench-", dir=got.scratch or "/var/tmp")
        os.chmod(scratch, 0o755)  # peers run as users of their own
        bench = Bench(folder, scratch, lambda text: None,
                      patience=0 if got.no_wait else 3 if got.quick else 10)
        if got.list:
            show_list(profiles, Facts(bench))
            return 0
        return measure(got, profiles, names, bench, Facts(bench))
    except (profile.ProfileError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    finally:
        if bench:
            bench.close()
        if scratch:
            shutil.rmtree(scratch, ignore_errors=True)
