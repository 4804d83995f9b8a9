"""What the runs of a report say: medians, their least and most, ratios to the base peer.

Everything a report lacks or has wrong becomes "nothing here", never an error: a measurement
that broke off still makes a page.
"""
import math
import statistics

from . import text


class Figure:
    """A scalar metric of one row: median, least and most of its good runs."""

    def __init__(self, values):
        numbers = [v for v in values if text.is_number(v)]
        self.runs = len(values)
        if numbers:
            self.median = statistics.median(numbers)
            self.low, self.high = min(numbers), max(numbers)
        else:  # words and truths: the one most often said
            self.median = statistics.mode(values)
            self.low = self.high = None

    @property
    def spread(self):
        """Whether least and most say more than the median."""
        return self.low is not None and self.low != self.high


class Row:
    def __init__(self, raw):
        self.peer = str(raw.get("peer", "?"))
        self.at = {k: v if isinstance(v, list) else v if not isinstance(v, dict) else str(v)
                   for k, v in text.table(raw.get("at")).items()}
        self.note = str(raw.get("note") or "")
        runs = [r for r in text.items(raw.get("runs")) if isinstance(r, dict)]
        self.good = [r for r in runs if r.get("ok", True)]
        self.failed = [r for r in runs if not r.get("ok", True)]

    def values(self, metric):
        return [run[metric] for run in self.good if run.get(metric) is not None and not (
            isinstance(run[metric], float) and not math.isfinite(run[metric]))]

    def figure(self, metric):
        """A Figure, or None where nothing was measured."""
        values = [v for v in self.values(metric) if not isinstance(v, (dict, list))]
        return Figure(values) if values else None

    def distribution(self, metric):
        """{percentile: median over the runs}, in their order; {} where there is none."""
        found = {}
        for value in self.values(metric):
            if isinstance(value, dict) and "x" not in value:
                for key, v in value.items():
                    if text.is_number(v):
                        found.setdefault(str(key), []).append(v)
        return {key: statistics.median(found[key]) for key in sorted(found, key=rank)}

    def series(self, metric):
        """([x …], [y …]) of the run in the middle; ([], [])."""
        runs = []
        for value in self.values(metric):
            if isinstance(value, dict) and isinstance(value.get("x"), list):
                pairs = [(x, y) for x, y in zip(value["x"], text.items(value.get("y")))
                         if text.is_number(x) and text.is_number(y)]
                if pairs:
                    runs.append(pairs)
        if not runs:
            return [], []
        runs.sort(key=lambda pairs: statistics.fmean(y for _, y in pairs))
        return tuple(zip(*runs[len(runs) // 2]))

    @property
    def disturbed(self):
        shares = [r["disturbed"] for r in self.good if text.is_number(r.get("disturbed"))]
        return statistics.median(shares) if shares else 0


def rank(key):
    """Where a percentile stands: the most last."""
    try:
        return float(key)
    except ValueError:
        return 101.0


def hashed(value):
    return tuple(value) if isinstance(value, list) else value


class Profile:
    def __init__(self, raw):
        self.name = str(raw.get("name", "?"))
        self.title = str(raw.get("title") or self.name)
        self.what = str(raw.get("what") or "").strip()
        self.base = raw.get("base")  # a peer, or several: the first that is in a place
        self.bases = [self.base] if isinstance(self.base, str) else text.items(self.base)
        self.metrics = [m for m in text.items(raw.get("metrics")) if m.get("name")]
        # A plot of several metrics is a drawing of each.
        self.plots = [{**p, "y": str(y)} for p in text.items(raw.get("plots")) if p.get("y")
                      for y in (p["y"] if isinstance(p["y"], list) else [p["y"]])]
        self.headline = text.table(raw.get("headline"))
        self.notes = [str(n) for n in text.items(raw.get("notes"))]
        self.skipped = [s for s in text.items(raw.get("skipped")) if isinstance(s, dict)]
        self.rows = [Row(r) for r in text.items(raw.get("rows")) if isinstance(r, dict)]
        self.dimensions = [d for d in text.items(raw.get("dimensions")) if d.get("name")]
        known = {d["name"] for d in self.dimensions}
        for row in self.rows:  # what a row has and nobody announced
            for name in row.at:
                if name not in known:
                    known.add(name)
                    self.dimensions.append({"name": name, "title": name})
        self.places = {self.place(row.at): i for i, row in reversed(
            list(enumerate(self.rows)))}

    def place(self, at):
        """What rows that can be compared have in common."""
        return tuple(hashed(at.get(d["name"])) for d in self.dimensions)

    def metric(self, name):
        return next((m for m in self.metrics if m["name"] == name), None) or {
            "name": name, "title": name}

    def dimension(self, name):
        return next((d for d in self.dimensions if d["name"] == name), None) or {
            "name": name, "title": name}

    def shape(self, metric):
        """"number", "distribution", "series", or None where no run has it."""
        for row in self.rows:
            for value in row.values(metric):
                if isinstance(value, dict):
                    return "series" if "x" in value else "distribution"
                return "number"
        return None

    def values(self, name):
        """The values of a dimension, in the order they come; numbers sorted."""
        found = list(dict.fromkeys(hashed(r.at[name]) for r in self.rows if name in r.at))
        return sorted(found) if all(map(text.is_number, found)) else found

    def varying(self):
        """Dimensions that tell rows apart."""
        return [d for d in self.dimensions if len({hashed(r.at.get(d["name"]))
                                                   for r in self.rows}) > 1]

    def constant(self):
        varying = {d["name"] for d in self.varying()}
        return [(d, self.rows[0].at[d["name"]]) for d in self.dimensions
                if self.rows and d["name"] not in varying and d["name"] in self.rows[0].at]

    def cells(self):
        """[(place's dimensions, [row of each peer …])], in the order of the report."""
        groups = {}
        for row in self.rows:
            groups.setdefault(self.place(row.at), []).append(row)
        return [(rows[0].at, rows) for _, rows in
                sorted(groups.items(), key=lambda item: self.places[item[0]])]

    def base_of(self, row):
        """The base peer's row in the same place, or None."""
        place = self.place(row.at)
        return next((r for base in self.bases for r in self.rows if r.peer == base
                     and self.place(r.at) == place), None)

    def ratio(self, row, metric):
        """Median over the base's median in the same place; None for the base itself."""
        base = self.base_of(row)
        if base is None or base is row:
            return None
        mine, theirs = row.figure(metric), base.figure(metric)
        if not mine or not theirs or not text.is_number(mine.median) or \
                not text.is_number(theirs.median) or not theirs.median:
            return None
        return mine.median / theirs.median


class Peers:
    """Names, marks and colours of the peers: each always has the same colour."""

    FIXED = ["ringpost", "postfix", "opensmtpd", "haraka", "exim", "postfix-opendkim"]
    COLOURS = 9

    def __init__(self, data):
        self.known = {str(k): text.table(v) for k, v in text.table(data.get("peers")).items()}
        names = list(self.known)
        for profile in text.items(data.get("profiles")):
            names += [str(r.get("peer", "?")) for r in text.items(profile.get("rows"))]
        self.names = list(dict.fromkeys(names))
        self.colour_of = {name: i for i, name in enumerate(self.FIXED)}
        free = len(self.FIXED)
        for name in sorted(self.names):
            if name not in self.colour_of:
                self.colour_of[name] = free if free < self.COLOURS else \
                    len(self.FIXED) + free % (self.COLOURS - len(self.FIXED))
                free += 1

    def colour(self, name):
        return self.colour_of.get(name, self.COLOURS - 1)

    def title(self, name):
        return str(self.known.get(name, {}).get("title") or name)

    def is_tool(self, name):
        """Whether it is no server but a source that talks to a sink."""
        return bool(self.known.get(name, {}).get("tool"))

    def flushes(self, name):
        """False where the peer is known to accept before the message is on the disk."""
        return self.is_tool(name) or self.known.get(name, {}).get("durable") is not False

    def ordered(self, names):
        """Ours first, then as the report lists them."""
        order = {name: i for i, name in enumerate(self.names)}
        return sorted(set(names), key=lambda n: (not n.startswith("ringpost"),
                                                 order.get(n, len(order)), n))
