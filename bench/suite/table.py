"""A profile's figures as columns, and as a table of the page."""
from . import text
from .text import escape

ROOMY = 4  # metrics, at most, for a table of wide rows
TURNED = 7, 6  # so many metrics and at most so many rows: metrics go down, rows across

class Column:
    """A metric in a table: one figure a row, with its ratio; or percentiles in a line."""

    def __init__(self, profile, metric):
        self.profile, self.metric, self.name = profile, metric, metric["name"]
        self.shape = profile.shape(self.name)
        self.better = metric.get("better")
        self.aim = {"more": "↑", "less": "↓"}.get(self.better, "")
        self.note = str(metric.get("note") or "")
        self.keys = []
        if self.shape == "distribution":
            found = {}
            for row in profile.rows:
                found.update(row.distribution(self.name))
            self.keys = sorted(found, key=_rank)
            values = [v for row in profile.rows for v in row.distribution(self.name).values()]
            self.scale = text.Scale(metric.get("unit"), values)
        else:
            values = [f.median for f in (r.figure(self.name) for r in profile.rows) if f]
            self.scale = text.Scale(metric.get("unit"), values, metric.get("digits"))

    @property
    def title(self):
        return str(self.metric.get("title") or self.name)

    @property
    def unit(self):
        words = self.scale.unit
        if self.keys:
            words += ": " + " / ".join(map(text.percentile, self.keys))
        return words

    def median(self, row):
        """The words for a row's median; a dash where nothing was measured."""
        if self.shape == "distribution":
            found = row.distribution(self.name)
            return " / ".join(self.scale.text(found.get(k)) for k in self.keys) \
                if found else text.NOTHING
        if self.shape == "series":
            xs, ys = row.series(self.name)
            if not ys:
                return text.NOTHING
            return f"{self.scale.text(ys[0])} … {self.scale.text(ys[-1])}"
        figure = row.figure(self.name)
        return self.scale.text(figure.median) if figure else text.NOTHING

    def spread(self, row):
        """"least–most", or nothing."""
        figure = row.figure(self.name)
        if self.shape != "number" or not figure or not figure.spread:
            return ""
        low, high = self.scale.text(figure.low), self.scale.text(figure.high)
        return f"{low}–{high}" if low != high else ""

    def ratio(self, row):
        """(number, words), or (None, "")."""
        if self.shape != "number":
            return None, ""
        found = self.profile.ratio(row, self.name)
        return found, text.ratio(found, self.better or "more")

    def verdict(self, ratio):
        """"good", "bad" or "": how a ratio compares with the base."""
        if ratio is None or self.better not in ("more", "less") or 0.9 < ratio < 1.1:
            return ""
        return "good" if (ratio > 1) == (self.better == "more") else "bad"


def _rank(key):
    try:
        return float(key)
    except ValueError:
        return 101.0


def columns(profile):
    return [Column(profile, m) for m in profile.metrics if profile.shape(m["name"])]


def remarks(row):
    """What has to be said beside a row's figures."""
    found = [row.note] if row.note else []
    if row.failed:
        why = sorted({str(r.get("why") or r.get("error") or "") for r in row.failed} - {""})
        found.append(f"{len(row.failed)} of {len(row.failed) + len(row.good)} runs failed"
                     + (": " + "; ".join(why) if why else ""))
    if row.disturbed > 0.1:
        found.append(f"others took {100 * row.disturbed:.0f} % of the machine")
    if len(row.good) == 1 and not row.failed:
        found.append("one run")
    return found


def all_once(profile):
    return all(len(r.good) <= 1 for r in profile.rows)


def apart(profile, shown):
    """Where each place has metrics of its own: [(place, column, {peer: row})] in the order of
    places; else None."""
    lines = []
    for at, rows in profile.cells():
        for column in shown:
            measured = {r.peer: r for r in rows if r.values(column.name)}
            if measured:
                lines.append((at, column, measured))
    names = [column.name for _, column, _ in lines]
    several = len(profile.cells()) > 1 and len(shown) >= TURNED[0]
    return lines if several and len(names) == len(set(names)) else None


def html(profile, peers):
    """The table of a profile, for the page: the peers of a place under its name, or, where
    each place has one row, a line for each."""
    if not profile.rows:
        return '<p class="none">Nothing was measured.</p>'
    shown = columns(profile)
    if len(shown) >= TURNED[0] and len(profile.rows) <= TURNED[1]:
        return _turned(profile, peers, shown)
    lines = apart(profile, shown)
    if lines:
        return _apart(profile, peers, lines)
    # Ratios have a column each while there is room, and stand under the figures after that.
    for column in shown:
        column.compared = len(shown) <= ROOMY and any(
            column.ratio(r)[1] for r in profile.rows)
    dense = ' class="dense"' if len(shown) > ROOMY else ""
    parts = [f'<div class="scroll"><table{dense}><thead><tr><th class="peer"></th>']
    for column in shown:
        wide = " colspan=2" if column.compared else ""
        parts.append(f'<th class="n"{wide}>{escape(column.title)}<br><span class="better">'
                     f"{escape(column.unit)} {column.aim}</span></th>")
    parts.append("</tr></thead><tbody>")
    cells = profile.cells()
    grouped = any(len(rows) > 1 for _, rows in cells)
    several = len({r.peer for r in profile.rows}) > 1
    across = 1 + sum(2 if column.compared else 1 for column in shown)
    for at, rows in cells:
        place = _place(profile, at)
        if grouped and place:
            parts.append(f'<tr class="place"><th colspan="{across}"><span>{escape(place)}'
                         "</span></th></tr>")
        order = peers.ordered(r.peer for r in rows)
        for row in sorted(rows, key=lambda r: order.index(r.peer)):
            names = [] if grouped else [place]
            if grouped or several or not place:
                names.append(peers.title(row.peer))
            parts.append(_row(profile, peers, row, shown, ", ".join(n for n in names if n)))
    parts.append("</tbody></table></div>")
    told = [f"<b>{escape(c.title)}</b>: {escape(c.note)}" for c in shown if c.note]
    parts.append(f'<p class="told">{". ".join(told)}.</p>' if told else "")
    return "".join(parts)


def _turned(profile, peers, shown):
    """A table of few rows and many metrics: each metric is a line."""
    rows = []
    for _, members in profile.cells():
        order = peers.ordered(r.peer for r in members)
        rows += sorted(members, key=lambda r: order.index(r.peer))
    parts = ['<div class="scroll"><table><thead><tr><th class="peer"></th>']
    for row in rows:
        name = f"{peers.title(row.peer)}"
        said = [_place(profile, row.at)] + [
            r for r in remarks(row) if not (r == "one run" and all_once(profile))]
        parts.append(f'<th class="n" style="--c:var(--p{peers.colour(row.peer)})">'
                     f'{_swatch(peers, row)}{escape(name)}{_mark(peers, row)}<br>'
                     f'<span class="better said">{escape("; ".join(s for s in said if s))}</span></th>')
    parts.append("</tr></thead><tbody>")
    for column in shown:
        parts.append(f'<tr><td class="peer metric">{escape(column.title)} <span class="better">'
                     f"{escape(column.unit)} {column.aim}</span>"
                     + (f"<small>{escape(column.note)}</small>" if column.note else "")
                     + "</td>")
        parts += [_cell(column, row, True) for row in rows]
        parts.append("</tr>")
    return "".join(parts) + "</tbody></table></div>"


def _apart(profile, peers, lines):
    """A line for each metric of each place, a column for each peer."""
    order = peers.ordered(r.peer for r in profile.rows)
    order = list(dict.fromkeys(order))
    parts = ['<div class="scroll"><table><thead><tr><th class="peer"></th>']
    parts += [f'<th class="n" style="--c:var(--p{peers.colour(peer)})">{escape(peers.title(peer))}'
              "</th>" for peer in order]
    parts.append("</tr></thead><tbody>")
    before = None
    for at, column, rows in lines:
        place = _place(profile, at)
        if place != before:
            said = sorted({s for r in rows.values() for s in remarks(r) if s != "one run"})
            parts.append(f'<tr class="place"><th colspan="{len(order) + 1}"><span>'
                         f'{escape("; ".join([place, *said]))}</span></th></tr>')
        before = place
        parts.append(f'<tr><td class="peer metric">{escape(column.title)} <span class="better">'
                     f"{escape(column.unit)} {column.aim}</span>"
                     + (f"<small>{escape(column.note)}</small>" if column.note else "") + "</td>")
        parts += [_cell(column, rows[p], True) if p in rows else
                  f'<td class="n"><span class=none>{text.NOTHING}</span></td>' for p in order]
        parts.append("</tr>")
    return "".join(parts) + "</tbody></table></div>"


def _swatch(peers, row):
    return f'<i{"" if peers.flushes(row.peer) else " class=not"}></i>'


def _mark(peers, row):
    return "" if peers.flushes(row.peer) else '<br><span class="mark">does not flush</span>'


def _cell(column, row, with_ratio):
    """A figure, its ratio if WITH_RATIO, its least and most."""
    median, spread = column.median(row), column.spread(row)
    ratio, words = column.ratio(row)
    return (f'<td class="n"><span{" class=none" if median == text.NOTHING else ""}>'
            f"{escape(median)}</span>"
            + (f'<small class="ratio {column.verdict(ratio)}">{escape(words)}</small>'
               if words and with_ratio else "")
            + (f"<small>{escape(spread)}</small>" if spread else "") + "</td>")


def _place(profile, at):
    return " · ".join(text.dimension(d, at[d["name"]]) for d in profile.varying()
                      if at.get(d["name"]) is not None)


def _row(profile, peers, row, shown, name):
    said = [r for r in remarks(row) if not (r == "one run" and all_once(profile))]
    parts = ['<tr class="ours">' if row.peer.startswith("ringpost") else "<tr>",
             f'<td class="peer" style="--c:var(--p{peers.colour(row.peer)})">'
             f"{_swatch(peers, row)}{escape(name)}" + _mark(peers, row)
             + (f"<small>{escape('; '.join(said))}</small>" if said else "") + "</td>"]
    for column in shown:
        parts.append(_cell(column, row, not column.compared))
        if column.compared:
            ratio, words = column.ratio(row)
            parts.append(f'<td class="ratio {column.verdict(ratio)}">{escape(words)}</td>')
    return "".join(parts) + "</tr>"
