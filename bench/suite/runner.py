"""Runs cells interleaved (every row once, then every row again) within a budget of time."""
import importlib
import time
import traceback

from . import peers
from .flow import Failed
from .peers import Unable
from .tools import ToolError

DISTURBED = 0.15   # of the machine, taken by others: such a run is done once more
FIRST_GUESS_S = 9  # what a run takes, before one was seen
NO_TIME = "no time was left for it"
LEAST_S = 4        # with less time left no run is begun


class Row:
    """A cell and what its runs gave."""

    def __init__(self, cell):
        self.cell, self.runs, self.why, self.took = cell, [], "", 0.0

    def as_json(self):
        return {"peer": self.cell.peer, "at": self.cell.at, "note": self.cell.note,
                "runs": self.runs}

    def skipped(self):
        return {"peer": self.cell.peer, "at": self.cell.at, "why": self.why}


class Runner:
    """One profile's runs. CHOSEN: peers to measure, None for all; SECONDS: for all of it."""

    def __init__(self, bench, profile, *, chosen, reps, seconds, ticker, facts):
        self.bench, self.profile, self.ticker, self.facts = bench, profile, ticker, facts
        kind = importlib.import_module(f"suite.kinds.{profile.kind}")
        self.measure, self.tools_only = kind.measure, getattr(kind, "TOOLS", False)
        self.until = time.monotonic() + seconds
        cells = [c for c in profile.cells
                 if self.tools_only or not chosen or c.peer in chosen]
        for cell in cells:
            cell.quick, cell.reps = profile.quick, reps or cell.reps
        # Should time run out, it does so for who is neither us nor compared with.
        if not self.tools_only:
            cells.sort(key=lambda c: c.peer not in ("ringpost", profile.base))
        self.rows = [Row(c) for c in cells]

    def left(self):
        return self.until - time.monotonic()

    def expected(self):
        """Seconds the runs still to come should take, as far as can be told."""
        known = [r.took for r in self.rows if r.took]
        guess = sum(known) / len(known) if known else FIRST_GUESS_S
        return sum((r.took or guess) * max(0, r.cell.reps - len(r.runs))
                   for r in self.rows if not r.why)

    def run(self):
        """All of it, or what time allows; KeyboardInterrupt passes through."""
        for rep in range(max((r.cell.reps for r in self.rows), default=0)):
            for row in self.rows:
                if rep < row.cell.reps and not row.why:
                    self._one(row, rep)

    def _missing(self, row):
        return "" if self.tools_only else self.facts(row.cell.peer)["missing"]

    def _one(self, row, rep):
        row.why = row.why or self._missing(row)
        if row.why:
            self.ticker.line(f"{row.cell.text()}: skipped, {row.why}")
            return
        if self.left() < max(LEAST_S, row.took * 1.1):
            if not row.runs:
                row.why = NO_TIME
            return
        self.ticker.begin(self, row, rep)
        began = time.monotonic()
        run = self._measure(row)
        row.took = time.monotonic() - began
        if run and run.get("disturbed", 0) >= DISTURBED:
            run = self._again(row, run)
        if run:
            row.runs.append(run)
        self.ticker.end(row, run)

    def _again(self, row, run):
        """The better of RUN and another one, if there is time and the machine is calmer."""
        self.bench.progress(f"others took {run['disturbed']:.0%}: waiting to do it once more")
        if self.left() < row.took * 1.2 or not self.bench.quiet():
            return run
        again = self._measure(row)
        row.why = ""
        better = again and again["ok"] and again.get("disturbed", 0) < run["disturbed"]
        return again if better else run

    def _measure(self, row):
        """A run as the report has it; None, and row.why, when this row cannot be."""
        row.cell.deadline, at = max(1.0, self.left()), row.cell.at
        try:
            return {"ok": True, **self.measure(self.bench, row.cell)}
        except (Unable, ToolError) as error:
            row.why = str(error)
        except Failed as error:
            if self.left() < 1:  # it had less time than it may take: no fault of its own
                row.why = "" if row.runs else NO_TIME
                return None
            return {"ok": False, "why": str(error)}
        except Exception as error:  # the other rows are worth measuring
            traceback.print_exc()
            return {"ok": False, "why": f"{type(error).__name__}: {error}"}
        finally:
            row.cell.at = at
            self.bench.close_groups()
        return None

    def as_json(self):
        """The profile as report.json has it."""
        p = self.profile
        measured = [r for r in self.rows if any(run["ok"] for run in r.runs)]
        for row in self.rows:
            if row not in measured:
                row.why = row.why or next((r["why"] for r in row.runs), "was not begun")
        return {"name": p.name, "title": p.title, "what": p.what, "kind": p.kind, "base": p.base,
                "dimensions": p.dimensions, "metrics": p.metrics, "plots": p.plots,
                "headline": p.headline,
                "rows": [r.as_json() for r in measured],
                "skipped": [r.skipped() for r in self.rows if r not in measured]}


class Facts:
    """What peers say of themselves, asked once each."""

    def __init__(self, bench):
        self.bench, self.known = bench, {}

    def __call__(self, name):
        if name not in self.known:
            try:
                self.known[name] = peers.facts(name, self.bench.environment(name))
            except Unable as error:
                self.known[name] = {"title": name, "missing": str(error)}
        return self.known[name]
