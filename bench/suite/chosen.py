"""Which rows a plot of a profile shows, and how they fall into drawings and series."""
from . import figures, text


class Series:
    """Rows that make one line, or one colour of bars."""

    def __init__(self, name, peer, rows, colour, flushes):
        self.name, self.peer, self.rows = name, peer, rows
        self.colour, self.flushes = colour, flushes


def matches(row, where):
    for name, wanted in (where or {}).items():
        got = row.peer if name == "peer" else row.at.get(name)
        if got not in (wanted if isinstance(wanted, list) else [wanted]):
            return False
    return True


def names_of(spec):
    series = spec.get("series", ["peer"])
    return [series] if isinstance(series, str) else list(series)


def drawings(profile, spec, peers):
    """[(what tells this drawing from the others, [Series …])]: one for each value of the
    dimensions that are neither the plot's x nor its series."""
    metric = spec["y"]
    rows = [r for r in profile.rows if matches(r, spec.get("where")) and r.values(metric)]
    series = names_of(spec)
    used = set(series) | {spec.get("x")}
    apart = [d for d in profile.dimensions if d["name"] not in used
             and len({figures.hashed(r.at.get(d["name"])) for r in rows}) > 1]
    groups = {}
    for row in rows:
        key = tuple(figures.hashed(row.at.get(d["name"])) for d in apart)
        groups.setdefault(key, []).append(row)
    if "peer" not in series and len({r.peer for r in rows}) > 1:
        series = ["peer"] + series
    found = []
    for key, members in groups.items():
        title = " · ".join(text.dimension(d, v) for d, v in zip(apart, key))
        found.append((title, split(profile, members, series, peers,
                                   spec.get("kind", "bars") != "bars")))
    return found


def short(spec, value):
    """A dimension's value at the end of a line: a long title would not fit."""
    words = text.dimension(spec, value)
    return words if len(words) <= 16 or not text.is_number(value) else text.number(value)


def split(profile, rows, names, peers, colour_apart):
    """The Series of some rows, ours first."""
    groups = {}
    others = [n for n in names if n != "peer" and len({figures.hashed(r.at.get(n))
                                                       for r in rows}) > 1]
    for row in rows:
        key = row.peer, tuple(figures.hashed(row.at.get(n)) for n in others)
        groups.setdefault(key, []).append(row)
    several = len({peer for peer, _ in groups}) > 1
    found = []
    order = {p: i for i, p in enumerate(peers.ordered(peer for peer, _ in groups))}
    for n, ((peer, values), members) in enumerate(
            sorted(groups.items(), key=lambda item: order[item[0][0]])):
        words = [peers.title(peer)] if several or not values else []
        words += [short(profile.dimension(name), v)
                  for name, v in zip(others, values) if v is not None]
        colour = peers.colour(peer)
        if colour_apart and not several:  # one peer alone: its lines need to be told apart
            colour = ([colour] + [c for c in (8, 6, 7, 2, 4, 5) if c != colour])[n % 6]
        found.append(Series(", ".join(words), peer, members, colour, peers.flushes(peer)))
    return found
