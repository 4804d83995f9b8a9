"""report.json: what was run and what came of it, put together; and the page made of it."""
import importlib
import json
import os
import statistics
import subprocess
import sys

from . import groups
from .profile import BENCH

TOOLS = {"smtp-source": "smtp-source to smtp-sink (Postfix)",
         "ringpost-bench": "ringpost-bench source to sink"}
NEAR = 0.6  # of what the tools do alone: sender, server and receiver share the processors


def groups_how():
    return groups.how()


def commit():
    """The commit that is measured, "+" when files differ from it; empty if unknown."""
    def git(*words):
        return subprocess.run(["git", "-C", BENCH, *words], capture_output=True, text=True)
    try:
        name = git("rev-parse", "--short", "HEAD").stdout.strip()
        changed = git("status", "--porcelain", "--untracked-files=no").stdout.strip()
    except OSError:
        return ""
    return name + ("+" if changed else "") if name else ""


def fill(data, runners, bench, facts):
    """Adds profiles, peers and versions to DATA."""
    data["profiles"] = [runner.as_json() for runner in runners]
    data["peers"], data["versions"] = {}, {}
    for runner in runners:
        for row in runner.rows:
            name = row.cell.peer
            if name in data["peers"]:
                continue
            if name in TOOLS:
                data["peers"][name] = {"title": TOOLS[name], "durable": False, "tool": True,
                                       "settings": [], "config": ""}
                continue
            said = facts(name)
            data["peers"][name] = {"title": said["title"], "durable": said.get("durable"),
                                   "settings": said.get("settings", []),
                                   "config": bench.configs.get(name, "")}
            if said.get("version"):
                data["versions"][name] = said["version"]
    data["notes"] += doubts(data)
    tell_ceilings(data)
    if "ringpost" in data["versions"] and commit():
        data["versions"]["ringpost"] += f" ({commit()})"
    for name, version in facts("ringpost").get("beside", {}).items():
        data["versions"].setdefault(name, version)


def doubts(data):
    """Notes on peers that say they flush, and were not seen to (profile flushes)."""
    for p in data["profiles"]:
        for row in p["rows"] if p["kind"] == "flushes" else []:
            peer = data["peers"][row["peer"]]
            run = next(r for r in row["runs"] if r["ok"])
            if peer["durable"] and run["calls"] < 1 and not run["dsync_files"]:
                yield (f"{peer['title']} is held to flush before it accepts, but asked for "
                       f"{run['calls']} flushes a message.")


def tell_ceilings(data):
    """Notes at rows that came near what their tools do alone (profile ceiling)."""
    alone = {(row["peer"], row["at"]["sessions"], row["at"]["size"]): middle(row)
             for p in data["profiles"] if p["kind"] == "ceiling" for row in p["rows"]}
    for p in data["profiles"]:
        for row in p["rows"] if p["kind"] == "relay" else []:
            at, run = row["at"], next(r for r in row["runs"] if r["ok"])
            most = alone.get((run.get("tools"), at.get("sessions", 20), at.get("size", 4096)), 0)
            most *= run.get("receivers", 1)
            if most and middle(row) > NEAR * most:
                row["note"] = "; ".join(filter(None, [
                    row["note"], f"the tools alone do {most:,.0f}/s here: they hold it back"]))


def middle(row):
    """The median rate of a row's good runs."""
    return statistics.median(run["rate"] for run in row["runs"] if run["ok"])


def replace(data, more):
    """What was measured anew (MORE) takes the place of DATA's profiles of that name."""
    anew = {p["name"]: p for p in more["profiles"]}
    data["profiles"] = [anew.pop(p["name"], p) for p in data["profiles"]] + list(anew.values())
    for key in ("peers", "versions"):
        data[key] = {**more[key], **data[key]}
    titles = ", ".join(p["title"] for p in more["profiles"])
    data["notes"].append(f"Measured by itself, {more['began']}, Ringpost "
                         f"{more['versions'].get('ringpost', '?')}: {titles}.")


def write_json(data, path):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(data, file, indent=1, ensure_ascii=False)
        file.write("\n")


def write(data, folder):
    """Writes report.json, and report.html where there is a module for it; names the best."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "report.json")
    write_json(data, path)
    try:
        report = importlib.import_module("suite.report")
    except ModuleNotFoundError as error:
        print(f"no page: {error}", file=sys.stderr)
        return path
    try:
        return report.write(data, folder)
    except Exception as error:  # the figures are safe in the JSON
        print(f"the page could not be made: {type(error).__name__}: {error}", file=sys.stderr)
        return path
