"""Axes and labels of the report's drawings: scales, ticks that do not touch, names at the
ends of lines. What is drawn between them is in plot_bars.py and plot_lines.py.

A drawing is 460 units wide: two stand side by side on a desk, one fills a phone.
"""
import math

from . import text

WIDTH = 460
LETTERS = {**dict.fromkeys("iljI.,;:'|! ", 4.2), **dict.fromkeys("frt()-/", 5.4),
           **dict.fromkeys("mwMW%×→…", 11.5)}  # units they take in a wide typeface


def wide(words):
    return sum(LETTERS.get(c) or (9.2 if c.isupper() else 8.0) for c in str(words))


def cut(words, width):
    """WORDS, shortened until they take no more than WIDTH."""
    if wide(words) <= width:
        return words
    while len(words) > 1 and wide(words + "…") > width:
        words = words[:-1]
    return words.rstrip(" ,·(") + "…"


def svg(height, parts, label):
    return (f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
            f'aria-label="{text.escape(label)}">' + "".join(parts) + "</svg>")


def words(x, y, what, anchor="start", kind=""):
    kind = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{kind}>{text.escape(what)}</text>'


def line(x1, y1, x2, y2, kind):
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


class Axis:
    """Values to places between two ends, linear from zero or by powers."""

    def __init__(self, values, begin, end, log=False, zero=True):
        values = [v for v in values if text.is_number(v)]
        self.log = log and any(v > 0 for v in values)
        self.begin, self.end = begin, end
        if self.log:
            above = [v for v in values if v > 0]
            self.low, self.high = min(above), max(above)
            if self.high / self.low < 1.05:
                self.low, self.high = self.low / 2, self.high * 2
            self.floor = self.low
        else:
            self.low = 0 if zero and min(values, default=0) >= 0 else min(values, default=0)
            self.high = max(values, default=1)
            if self.high == self.low:
                self.high = self.low + (abs(self.low) or 1)

    def at(self, value):
        if self.log:
            value = max(value, self.floor)
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.begin + share * (self.end - self.begin)

    def widen(self, count=5):
        """Ends at round values; returns the ticks."""
        ticks = self.ticks(count)
        if self.log:
            self.low, self.high = min(self.low, ticks[0]), max(self.high, ticks[-1])
            self.floor = self.low
        else:
            self.low, self.high = min(self.low, ticks[0]), max(self.high, ticks[-1])
        return ticks

    def ticks(self, count=5):
        if self.log:
            first, last = math.floor(math.log10(self.low) + 1e-9), math.ceil(
                math.log10(self.high) - 1e-9)
            steps = (1, 2, 5) if last - first <= 2 else (1,)
            found = [s * 10.0 ** e for e in range(first, last + 1) for s in steps]
            below = max((t for t in found if t <= self.low * 1.001), default=found[0])
            above = min((t for t in found if t >= self.high * 0.999), default=found[-1])
            found = [t for t in found if below <= t <= above]
            skip = -(-len(found) // (count + 2))
            return found[::skip] if found[::skip][-1] == found[-1] else \
                found[::skip] + [found[-1]]
        raw = (self.high - self.low) / count
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)
        first = math.floor(self.low / step + 1e-9)
        last = math.ceil(self.high / step - 1e-9)
        return [round(i * step, 12) for i in range(first, last + 1)]


def spread_out(wanted, least, low, high):
    """Places near the WANTED ones, in their order, at least LEAST apart, within bounds."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    if len(order) > 1 and least * (len(order) - 1) > high - low:
        least = (high - low) / (len(order) - 1)
    places = [min(max(wanted[i], low), high) for i in order]
    for _ in range(60):
        moved = False
        for i in range(1, len(places)):
            gap = least - (places[i] - places[i - 1])
            if gap > 0.01:
                places[i - 1] -= gap / 2
                places[i] += gap / 2
                moved = True
        if places:
            shift = max(0, low - places[0]) or min(0, high - places[-1])
            for i in range(len(places)):
                if shift > 0 and places[i] < low + least * i:
                    places[i] = low + least * i
                elif shift < 0 and places[i] > high - least * (len(places) - 1 - i):
                    places[i] = high - least * (len(places) - 1 - i)
        if not moved:
            break
    found = [0.0] * len(wanted)
    for i, place in zip(order, places):
        found[i] = place
    return found


def thinned(points, most=300):
    """Points of a line, so few that nobody sees that some are missing."""
    if len(points) <= most:
        return points
    kept = [points[round(i * (len(points) - 1) / (most - 1))] for i in range(most)]
    low, high = min(points, key=lambda p: p[1]), max(points, key=lambda p: p[1])
    return sorted(set(kept) | {low, high})


def x_ticks(places, names, low, high):
    """Names under an axis; those that would touch their neighbour are left out."""
    parts, end = [], -1e9
    for x, name in zip(places, names):
        half = wide(name) / 2
        left = min(max(x - half, low), high - 2 * half)
        if left < end + 8:
            continue
        end = left + 2 * half
        parts.append((left + half, name))
    return parts
