"""Bars that lie, with their names before and their figures behind them."""
from . import figures, text
from .plot import WIDTH, Axis, cut, line, svg, wide, words

BAR, STEP, GAP, TITLE = 17, 23, 12, 22
BESIDE, NAME = 160, 18  # names longer than that stand above their bars, in a row so high


def groups_of(profile, name, series):
    """[(value of the dimension NAME, [(Series, its row) …])]; one group without a NAME."""
    if not name or name == "peer":
        return [(None, [(s, row) for s in series for row in s.rows])]
    found = []
    for value in profile.values(name):
        rows = [(s, row) for s in series for row in s.rows
                if figures.hashed(row.at.get(name)) == value]
        if rows:
            found.append((value, rows))
    return found


def draw(profile, spec, series):
    """The drawing, and the unit its figures are in."""
    metric = profile.metric(spec["y"])
    name = spec.get("x")
    groups = groups_of(profile, name, series)
    shown = [(s, row, row.figure(metric["name"])) for _, rows in groups for s, row in rows]
    shown = [x for x in shown if x[2] and text.is_number(x[2].median)]
    if not shown:
        return None, ""
    scale = text.Scale(metric.get("unit"), [f.median for _, _, f in shown],
                       metric.get("digits"))
    labels = {id(row): behind(profile, row, metric, f, scale) for _, row, f in shown}
    left = max(wide(s.name) for s, _, _ in shown) + 10
    above = left > BESIDE
    left = 1 if above else left
    right = max(wide(x) for x in labels.values()) + 10
    axis = Axis([f.high for _, _, f in shown], left, max(left + 60, WIDTH - right),
                log=bool(spec.get("log_y")))
    if axis.log:
        axis.widen()
        axis.low /= 2  # the least of bars is still one
        axis.floor = axis.low
    parts, y = [], 4
    for value, rows in groups:
        rows = [(s, r) for s, r in rows if id(r) in labels]
        if not rows:
            continue
        if value is not None:
            parts.append(words(0, y + 13, text.dimension(profile.dimension(name), value),
                               kind="strong"))
            y += TITLE
        top = y
        for one, row in rows:
            if above:
                parts.append(words(0, y + 12, cut(one.name, WIDTH)))
                y += NAME
            parts += bar(one, row.figure(metric["name"]), axis, y, labels[id(row)], scale)
            if not above:
                parts.append(words(left - 7, y + BAR / 2 + 4.5, one.name, "end"))
            y += STEP
        if not above:
            parts.append(line(left, top - 2, left, y - STEP + BAR + 2, "axis"))
        y += GAP
    return svg(y - GAP + 4, parts, spec.get("title") or metric["title"]), scale.unit


def behind(profile, row, metric, figure, scale):
    ratio = text.ratio(profile.ratio(row, metric["name"]), metric.get("better", "more"))
    return scale.text(figure.median) + (f" · {ratio}" if ratio else "")


def bar(one, figure, axis, y, label, scale):
    left = axis.begin
    end = max(axis.at(figure.median), left + 1)
    middle = y + BAR / 2
    fill = "" if one.flushes else f' fill="url(#not{one.colour})"'
    kind = ' class="bar"' if one.flushes else ""
    known = f"{one.name}: {scale.full(figure.median)}" + (
        f" ({scale.text(figure.low)} to {scale.text(figure.high)}, {figure.runs} runs)"
        if figure.spread else "")
    parts = [f'<g style="--c:var(--p{one.colour})"><title>{text.escape(known)}</title>'
             f'<rect{kind}{fill} x="{left:.1f}" y="{y}" width="{end - left:.1f}" '
             f'height="{BAR}" rx="2"/>']
    most = end
    if figure.spread:
        low, most = axis.at(figure.low), max(end, axis.at(figure.high))
        parts += [line(low, middle, axis.at(figure.high), middle, "range")]
        parts += [line(x, middle - 3, x, middle + 3, "range")
                  for x in (low, axis.at(figure.high))]
    parts += [words(most + 6, middle + 4.5, label), "</g>"]
    return parts
