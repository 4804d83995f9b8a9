"""Profiles: bench/profiles/NN-name.toml read, checked, and made into cells."""
import glob
import importlib
import importlib.util
import itertools
import os
import tomllib

BENCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# What may stand where; an unknown key is an error, not a silence.
PROFILE = {"name": str, "title": str, "what": str, "kind": str, "base": str, "dimensions": list,
           "metrics": list, "headline": dict, "plot": list, "cell": list, "budget_s": dict, "defaults": dict}
NEEDED = ("name", "title", "what", "kind", "base", "dimensions", "metrics", "cell")
DIMENSION = {"name": str, "title": str, "unit": str}
METRIC = {"name": str, "title": str, "unit": str, "better": str, "digits": int, "note": str}
PLOT = {"kind": str, "title": str, "x": str, "y": (str, list), "series": list, "where": dict,
        "log_x": bool, "log_y": bool, "note": str, "x_title": str, "x_unit": str}
CELL = {"peers": list, "reps": int, "quick": bool, "quick_reps": int, "note": str}
HEADLINE = {"metric": str, "where": dict, "peer": str, "show": str}
PLOT_KINDS = ("bars", "lines", "distribution", "series")


class ProfileError(Exception):
    """A profile that says what cannot be; the text names file, place and remedy."""


def _place(name, value, unit):
    """A value of a dimension in words: 4 KiB, 20 sessions, plain."""
    if isinstance(value, str):
        return value
    if unit == "bytes":
        step = next(s for s in (2**20, 2**10, 1) if value % s == 0)
        return f"{value // step} " + {2**20: "MiB", 2**10: "KiB", 1: "bytes"}[step]
    return f"{value} {unit or name}"


class Cell:
    """One row to measure: a peer, where it stands in the dimensions, options of the kind."""

    def __init__(self, profile, peer, at, options, reps, note):
        self.profile, self.peer, self.at, self.options = profile, peer, at, options
        self.reps, self.note = reps, note
        self.quick = False     # set by who runs it
        self.deadline = 60.0   # seconds left for this run, likewise

    def option(self, name, default=None):
        """An option of the kind; {peer = value, other = value} gives this peer's, or else
        that of "other"."""
        value = self.options.get(name, default)
        if isinstance(value, dict) and (self.peer in value or "other" in value):
            return value.get(self.peer, value.get("other", default))
        return value

    def most_s(self, usual):
        """The longest that the measured part should take; less for --quick."""
        return min(self.option("most_s", usual), 4 if self.quick else 600)

    def text(self):
        """The peer and its place, for a person."""
        units = {d["name"]: d.get("unit", "") for d in self.profile.dimensions}
        return ", ".join([self.peer, *(_place(k, v, units.get(k)) for k, v in self.at.items())])


class Profile:
    def __init__(self, path, data, quick):
        self.path, self.quick = path, quick
        self.name, self.title, self.what = data["name"], data["title"], data["what"].strip()
        self.kind, self.base = data["kind"], data["base"]
        self.dimensions, self.metrics = data["dimensions"], data["metrics"]
        self.plots, self.headline = data.get("plot", []), data.get("headline", {})
        self.budget_s = data.get("budget_s", {}).get("quick" if quick else "full", 300)
        self.cells = list(self._cells(data["cell"], data.get("defaults", {})))

    def _cells(self, tables, defaults):
        names = [d["name"] for d in self.dimensions]
        for table in tables:
            if self.quick and not table.get("quick", False):
                continue
            options = {**defaults, **{k: v for k, v in table.items()
                                      if k not in CELL and k not in names}}
            reps = options.pop("reps", 3)
            quick_reps = options.pop("quick_reps", 1)
            reps = table.get("quick_reps", quick_reps) if self.quick else table.get("reps", reps)
            lists = [v if isinstance(v, list) else [v]
                     for v in (table[name] for name in names)]
            for values in itertools.product(*lists):
                for peer in table["peers"]:
                    yield Cell(self, peer, dict(zip(names, values)), options, reps,
                               table.get("note", ""))


def _check(path, place, table, known, needed=()):
    if not isinstance(table, dict):
        raise ProfileError(f"{path}: {place} has to be a table")
    for key, value in table.items():
        if key not in known:
            raise ProfileError(f"{path}: {place} has an unknown key \"{key}\"; "
                               f"known are {', '.join(sorted(known))}")
        if not isinstance(value, known[key]):
            raise ProfileError(f"{path}: {key} of {place} is of the wrong type")
    for key in needed:
        if key not in table:
            raise ProfileError(f"{path}: {place} lacks \"{key}\"")


def _check_plot(path, place, plot, dimensions, metrics):
    _check(path, place, plot, PLOT, ("kind", "title", "y"))
    if plot["kind"] not in PLOT_KINDS:
        raise ProfileError(f"{path}: {place} is of an unknown kind \"{plot['kind']}\"; "
                           f"known are {', '.join(PLOT_KINDS)}")
    ys = plot["y"] if isinstance(plot["y"], list) else [plot["y"]]
    for name in ys:
        if name not in metrics:
            raise ProfileError(f"{path}: {place} plots \"{name}\", which is no metric")
    for name in [plot.get("x", "peer"), *plot.get("series", []), *plot.get("where", {})]:
        if name not in dimensions and name != "peer":
            raise ProfileError(f"{path}: {place} names \"{name}\", which is no dimension")


def kinds():
    """The names of all kinds of measurements there are."""
    folder = os.path.join(BENCH, "suite", "kinds")
    return sorted(os.path.basename(f)[:-3] for f in glob.glob(folder + "/[a-z]*.py"))


def _options_of(kind):
    """OPTIONS of the kind's module, without running what it imports: a set of names, or
    None where it does not say."""
    spec = importlib.util.find_spec(f"suite.kinds.{kind}")
    if spec is None:
        return None
    return getattr(importlib.import_module(f"suite.kinds.{kind}"), "OPTIONS", None)


def load(path, quick=False):
    """The profile in the file PATH; ProfileError."""
    short = os.path.relpath(path)
    try:
        with open(path, "rb") as file:
            data = tomllib.load(file)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"{short}: {error}") from None
    _check(short, "the profile", data, PROFILE, NEEDED)
    if data["kind"] not in kinds():
        raise ProfileError(f"{short}: kind \"{data['kind']}\" is unknown; "
                           f"known are {', '.join(kinds())}")
    for n, dimension in enumerate(data["dimensions"], 1):
        _check(short, f"dimension {n}", dimension, DIMENSION, ("name", "title"))
    for n, metric in enumerate(data["metrics"], 1):
        _check(short, f"metric {n}", metric, METRIC, ("name", "title"))
        if metric.get("better", "more") not in ("more", "less", "none"):
            raise ProfileError(f"{short}: better of metric {n} is more, less or none")
    dimensions = [d["name"] for d in data["dimensions"]]
    metrics = [m["name"] for m in data["metrics"]]
    for n, plot in enumerate(data.get("plot", []), 1):
        _check_plot(short, f"plot {n}", plot, dimensions, metrics)
    _check(short, "headline", data.get("headline", {}), HEADLINE)
    if data.get("headline", {}).get("metric", metrics[0]) not in metrics:
        raise ProfileError(f"{short}: the headline's metric is no metric")
    options = _options_of(data["kind"])
    known = {**CELL, **{name: object for name in dimensions}}
    for n, cell in enumerate(data["cell"], 1):
        _check(short, f"cell {n}", cell,
               {**known, **{k: object for k in (cell if options is None else options)}},
               ("peers", *dimensions))
    if options is not None:
        _check(short, "defaults", data.get("defaults", {}),
               {"reps": int, "quick_reps": int, **{k: object for k in options}})
    return Profile(path, data, quick)


def all_files():
    return sorted(glob.glob(os.path.join(BENCH, "profiles", "*.toml")))
