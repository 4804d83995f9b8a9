"""Lines: over a dimension, over percentiles, over what a run recorded as it went."""
import math

from . import figures, text
from .plot import WIDTH, Axis, cut, line, spread_out, svg, thinned, wide, words, x_ticks

HEIGHT, TOP, BOTTOM = 300, 12, 44


def draw(profile, spec, series):
    """The drawing, and the unit of its upright axis."""
    kind = spec.get("kind", "lines")
    metric = profile.metric(spec["y"])
    lines = {"distribution": over_percentiles, "series": over_time}.get(
        kind, over_dimension)(profile, spec, metric, series)
    lines = [entry for entry in lines if entry[1]]
    if sum(len(points) > 1 for _, points in lines) > 1:  # points alone would be in their way
        lines = [entry for entry in lines if len(entry[1]) > 1]
    if not lines:
        return None, ""
    values = [v for _, points in lines for p in points for v in p[1:] if v is not None]
    scale = text.Scale(metric.get("unit"), values, None)
    log = spec.get("log_y")
    if log is None and kind == "distribution":
        above = [v for v in values if v > 0]
        log = bool(above) and max(above) / min(above) > 30
    upright = Axis([v / scale.factor for v in values], HEIGHT - BOTTOM, TOP, log=bool(log))
    ticks = upright.widen()
    names = [text.number(t) for t in ticks]
    left = max(wide(n) for n in names) + 8
    right = min(150, max(wide(one.name) for one, _ in lines) + 17) if len(lines) > 1 or \
        lines[0][0].name else 14
    across, marks = x_axis(profile, spec, lines, left + 6, WIDTH - right)
    parts = []
    for tick, name in zip(ticks, names):
        y = upright.at(tick)
        parts += [line(left, y, WIDTH - right + 6, y, "grid"),
                  words(left - 6, y + 4.5, name, "end", "soft")]
    base = HEIGHT - BOTTOM
    parts.append(line(left, base, WIDTH - right + 6, base, "axis"))
    for x, name in x_ticks([x for x, _ in marks], [n for _, n in marks], left - 14,
                           WIDTH - right + 24):
        parts.append(words(x, base + 18, name, "middle", "soft"))
    title = x_title(profile, spec)
    if title:
        parts.append(words((left + WIDTH - right) / 2, HEIGHT - 6, title, "middle", "soft"))
    parts += strokes(lines, across, upright, scale, WIDTH - right, spec)
    return svg(HEIGHT, parts, spec.get("title") or metric["title"]), scale.unit


# --- What is drawn: [(Series, [(x, y, low, high) …])] -----------------------------------

def over_dimension(profile, spec, metric, series):
    values = profile.values(spec.get("x"))
    numeric = all(map(text.is_number, values))
    found = []
    for one in series:
        points = {}
        for row in one.rows:
            value = figures.hashed(row.at.get(spec.get("x")))
            figure = row.figure(metric["name"])
            if value in values and figure and text.is_number(figure.median):
                points.setdefault(value if numeric else values.index(value),
                                  (figure.median, figure.low, figure.high))
        found.append((one, [(x, *points[x]) for x in sorted(points)]))
    return found


def over_percentiles(profile, spec, metric, series):
    return [(one, [(nines(key), value, None, None)
                   for key, value in row.distribution(metric["name"]).items()])
            for one in series for row in one.rows[:1]]


def over_time(profile, spec, metric, series):
    found = []
    for one in series:
        for row in one.rows[:1]:
            xs, ys = row.series(metric["name"])
            found.append((one, [(x, y, None, None) for x, y in thinned(list(zip(xs, ys)))]))
    return found


def nines(key):
    """Where a percentile stands: every nine is as far from the next."""
    if text.percentile(key) == "most":
        return 99.0
    share = min(max(figures.rank(key), 0) / 100, 1 - 1e-9)
    return -math.log10(1 - share)


# --- The level axis ---------------------------------------------------------------------

def x_axis(profile, spec, lines, begin, end):
    """A function from x to its place, and [(place, name) …] of what is named there."""
    kind = spec.get("kind", "lines")
    xs = sorted({p[0] for _, points in lines for p in points})
    if kind == "distribution":
        keys = {}
        for one, _ in lines:
            for key in one.rows[0].distribution(spec["y"]):
                keys[nines(key)] = text.percentile(key)
        inner = [x for x in xs if x != 99.0]
        last = (inner[-1] if inner else 0) + 0.6
        axis = Axis([x if x != 99.0 else last for x in xs], begin, end, zero=False)
        place = lambda x: axis.at(last if x == 99.0 else x)  # noqa: E731
        return place, [(place(x), keys[x]) for x in xs]
    values = profile.values(spec.get("x")) if kind != "series" else xs
    if kind != "series" and not all(map(text.is_number, values)):
        axis = Axis([-0.3, len(values) - 0.7], begin, end, zero=False)
        return axis.at, [(axis.at(i), text.word(v)) for i, v in enumerate(values)]
    axis = Axis(xs, begin, end, log=bool(spec.get("log_x")), zero=kind == "series")
    if kind == "series":
        unit = spec.get("x_unit", "")
        return axis.at, [(axis.at(t), text.quantity(t, unit) if unit else text.number(t))
                         for t in axis.ticks(4) if axis.low <= t <= axis.high * 1.0001]
    unit = profile.dimension(spec["x"]).get("unit", "")
    return axis.at, [(axis.at(x), text.quantity(x, unit)) for x in xs]


def x_title(profile, spec):
    if spec.get("x_title"):
        return spec["x_title"]
    if spec.get("kind") == "distribution":
        return "share of messages that took no longer"
    if not spec.get("x"):
        return ""
    found = profile.dimension(spec["x"])
    return found.get("title") or found["name"]


# --- The lines --------------------------------------------------------------------------

def strokes(lines, across, upright, scale, right, spec):
    up = lambda v: upright.at(v / scale.factor)  # noqa: E731
    ends = [up(points[-1][1]) for _, points in lines]
    # A point that is alone, and not at the end, is named where it is.
    alone = [len(points) == 1 and across(points[0][0]) < right - 60 for _, points in lines]
    places = iter(spread_out([e for e, a in zip(ends, alone) if not a], 15, TOP + 4,
                             HEIGHT - BOTTOM - 2))
    labels = [end - 9 if a else next(places) for end, a in zip(ends, alone)]
    parts = []
    # The first is the one to be seen: it is drawn last.
    for (one, points), end, label, single in reversed(list(zip(lines, ends, labels, alone))):
        parts.append(f'<g style="--c:var(--p{one.colour})">')
        path = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y, *_ in points)
        dashed = "" if one.flushes else " dashed"
        if len(points) > 1:
            parts.append(f'<polyline class="line{dashed}" points="{path}"/>')
        recorded = spec.get("kind") == "series" and len(points) > 1
        for x, y, low, high in points if not recorded and len(points) <= 24 else ():
            if low is not None and low != high:
                parts.append(line(across(x), up(low), across(x), up(high), "span"))
            parts.append(f'<circle class="dot" cx="{across(x):.1f}" cy="{up(y):.1f}" r="3.6">'
                         f"<title>{text.escape(f'{one.name}: {scale.full(y)}')}</title></circle>")
        if one.name and single:
            x = across(points[0][0])
            start = x < wide(one.name) + 50
            parts.append(words(x if start else x + 4, label, one.name,
                               "start" if start else "end"))
        elif one.name:
            x = across(points[-1][0])
            parts.append(f'<polyline class="lead" points="{x + 5:.1f},{end:.1f} '
                         f'{right + 4:.1f},{label:.1f} {right + 9:.1f},{label:.1f}"/>'
                         f'<circle class="dot" cx="{right + 10}" cy="{label:.1f}" r="3"/>'
                         + words(right + 16, label + 4.5, cut(one.name, WIDTH - right - 16)))
        parts.append("</g>")
    return parts
