"""The figures a reader should leave with: one tile and one sentence a profile."""
import statistics

from . import text
from .chosen import matches


class Tile:
    def __init__(self, name, title, big, sentence):
        self.name, self.title, self.big, self.sentence = name, title, big, sentence


def subject_of(profile):
    """Whom a profile is about: ours, if it is there."""
    names = list(dict.fromkeys(r.peer for r in profile.rows))
    ours = [n for n in names if n.startswith("ringpost")]
    return (ours or [n for n in names if n != profile.base] or names or [None])[0]


def tile(profile, peers):
    """The Tile of a profile, or None where it has nothing to say."""
    wanted = profile.headline
    subject = wanted.get("peer") or subject_of(profile)
    rows = [r for r in profile.rows if r.peer == subject
            and matches(r, wanted.get("where"))]
    names = [wanted["metric"]] if wanted.get("metric") else \
        [m["name"] for m in profile.metrics]
    for name in names:
        found = against_base(profile, peers, rows, name) or alone(profile, rows, name)
        if found:
            return Tile(profile.name, profile.title, *found)
    return None


def against_base(profile, peers, rows, name):
    metric = profile.metric(name)
    better = metric.get("better", "more")
    pairs = [(profile.ratio(r, name), r) for r in rows]
    pairs = [(ratio, r) for ratio, r in pairs if ratio]
    if not pairs:
        return None
    ratios = sorted(r for r, _ in pairs)
    middle = min(pairs, key=lambda p: (abs(p[0] - statistics.median(ratios)), p[0]))
    row = middle[1]
    base = profile.base_of(row)
    mine, theirs = row.figure(name), base.figure(name)
    scale = text.Scale(metric.get("unit"), [mine.median, theirs.median],
                       metric.get("digits"))
    sentence = (f"{capital(metric)}: {peers.title(row.peer)} {scale.full(mine.median)}, "
                f"{peers.title(base.peer)} {scale.full(theirs.median)}{place(profile, row)}.")
    if len(ratios) > 1:
        sentence += (f" Over {len(ratios)} comparisons {text.ratio(ratios[0], better)} to "
                     f"{text.ratio(ratios[-1], better)}.")
    return text.ratio(middle[0], better), sentence


def alone(profile, rows, name):
    metric = profile.metric(name)
    shape = profile.shape(name)
    if shape == "distribution":
        return percentiles(profile, metric, rows)
    found = [(r.figure(name), r) for r in rows]
    found = [(f, r) for f, r in found if f]
    if not found or shape != "number":
        return None
    numbers = [(f, r) for f, r in found if text.is_number(f.median)]
    if not numbers:
        return text.word(found[0][0].median), f"{capital(metric)}{place(profile, found[0][1])}."
    best = (min if metric.get("better") == "less" else max)(
        numbers, key=lambda x: x[0].median)
    scale = text.Scale(metric.get("unit"), [best[0].median], metric.get("digits"))
    sentence = f"{capital(metric)}{place(profile, best[1])}"
    if len(numbers) > 1:
        ends = sorted(f.median for f, _ in numbers)
        other = ends[-1] if metric.get("better") == "less" else ends[0]
        sentence += f"; {scale.full(other)} where it is "
        sentence += "most" if metric.get("better") == "less" else "least"
    return scale.full(best[0].median), sentence + "."


def percentiles(profile, metric, rows):
    for row in rows:
        found = row.distribution(metric["name"])
        key = "99" if "99" in found else next(iter(found), None)
        if key is not None:
            scale = text.Scale(metric.get("unit"), [found[key]])
            rest = [f"{text.percentile(k)} {scale.full(v)}" for k, v in found.items()
                    if k in ("50", "99.9", "max")]
            return scale.full(found[key]), (
                f"{capital(metric)}, {text.percentile(key)} of them no longer"
                f"{place(profile, row)} ({', '.join(rest)}).")
    return None


def capital(metric):
    title = str(metric.get("title") or metric["name"])
    return title[:1].upper() + title[1:]


def place(profile, row):
    words = [text.dimension(d, row.at[d["name"]]) for d in profile.varying()
             if row.at.get(d["name"]) is not None]
    return f" ({', '.join(words)})" if words else ""
