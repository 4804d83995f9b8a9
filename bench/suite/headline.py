"""The figures a reader should leave with: one tile and one sentence a profile."""
import statistics

from . import text
from .chosen import matches


class Tile:
    def __init__(self, profile, big, unit, sentence, worse=False):
        self.name, self.title = profile.name, profile.title
        self.big, self.unit, self.sentence, self.worse = big, unit, sentence, worse


def subject_of(profile):
    """Whom a profile is about: ours, if it is there."""
    names = list(dict.fromkeys(r.peer for r in profile.rows))
    ours = [n for n in names if n.startswith("ringpost")]
    others = [n for n in names if n not in profile.bases]
    return (ours or others or names or [None])[0]


def tile(profile, peers):
    """The Tile of a profile, or None where it has nothing to say."""
    wanted = profile.headline
    if wanted.get("show") == "nothing":
        return None
    subject = wanted.get("peer") or subject_of(profile)
    rows = [r for r in profile.rows if r.peer == subject]
    there = [r for r in rows if matches(r, wanted.get("where"))]
    names = [wanted["metric"]] if wanted.get("metric") else \
        [m["name"] for m in profile.metrics]
    for name in names:
        ratio = wanted.get("show") != "value" and (
            against_base(profile, peers, there, name) or
            against_base(profile, peers, rows, name))
        found = ratio or \
            percentiles(profile, peers, there or rows, name) or \
            alone(profile, there or rows, name)
        if found:
            return Tile(profile, *found)
    return None


# --- Each gives what a Tile is made of, or None -----------------------------------------

def against_base(profile, peers, rows, name):
    metric = profile.metric(name)
    better = metric.get("better", "more")
    if better not in ("more", "less"):
        return None
    pairs = [(profile.ratio(r, name), r) for r in rows]
    pairs = [(ratio, r) for ratio, r in pairs if ratio]
    if not pairs:
        return None
    ratios = sorted(r for r, _ in pairs)
    middle, row = min(pairs, key=lambda p: (abs(p[0] - statistics.median(ratios)), p[0]))
    base = profile.base_of(row)
    mine, theirs = row.figure(name), base.figure(name)
    scale = text.Scale(metric.get("unit"), [mine.median, theirs.median],
                       metric.get("digits"))
    sentence = (f"{capital(metric)}: {peers.title(row.peer)} {scale.full(mine.median)}, "
                f"{peers.title(base.peer)} {scale.full(theirs.median)}{place(profile, row)}.")
    if len(ratios) > 1:
        sentence += (f" The middle of {len(ratios)} comparisons: "
                     f"{text.ratio(ratios[0], better)} to {text.ratio(ratios[-1], better)}.")
    worse = metric.get("better") in ("more", "less") and (middle < 1) == (better == "more")
    return text.ratio(middle, better), "", sentence, worse and not 0.9 < middle < 1.1


def percentiles(profile, peers, rows, name):
    metric = profile.metric(name)
    for row in rows:
        found = row.distribution(name)
        key = "99" if "99" in found else next(iter(found), None)
        if key is None:
            continue
        shown = {k: text.quantity(v, metric.get("unit")) for k, v in found.items()}
        rest = text.listed(f"{text.percentile(k)} {shown[k]}" for k in found
                           if k in ("50", "99.9", "max"))
        sentence = f"{capital(metric)}: {text.percentile(key)} took no longer"
        sentence += f"{place(profile, row)}; {rest}." if rest else f"{place(profile, row)}."
        base = profile.base_of(row)
        theirs = base.distribution(name).get(key) if base and base is not row else None
        if theirs:
            sentence += f" {peers.title(base.peer)}: {text.quantity(theirs, metric.get('unit'))}."
        big, _, unit = shown[key].partition(" ")
        return big, unit, sentence
    return None


def alone(profile, rows, name):
    metric = profile.metric(name)
    found = [(r.figure(name), r) for r in rows]
    found = [(f, r) for f, r in found if f]
    if not found or profile.shape(name) != "number":
        return None
    numbers = [(f.median, r) for f, r in found if text.is_number(f.median)]
    if not numbers:
        return text.word(found[0][0].median), "", f"{capital(metric)}" \
            f"{place(profile, found[0][1])}."
    numbers.sort(key=lambda pair: pair[0], reverse=metric.get("better") != "less")
    (best, row), (worst, other) = numbers[0], numbers[-1]
    scale = text.Scale(metric.get("unit"), [best], metric.get("digits"))
    if best == worst and len(numbers) > 1:
        sentence = f"{capital(metric)}; the same in all {len(numbers)} rows."
    elif len(numbers) > 1:
        sentence = (f"{capital(metric)}{place(profile, row)}; "
                    f"{scale.full(worst)}{place(profile, other)}.")
    else:
        sentence = f"{capital(metric)}{place(profile, row)}."
    return scale.text(best), scale.unit, sentence


def capital(metric):
    title = str(metric.get("title") or metric["name"])
    return title[:1].upper() + title[1:]


def place(profile, row):
    """Where a row stands, in brackets; nothing where all rows stand there."""
    words = [text.dimension(d, row.at[d["name"]]) for d in profile.varying()
             if row.at.get(d["name"]) is not None]
    return f" ({', '.join(words)})" if words else ""
