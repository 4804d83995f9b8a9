"""Numbers and names as a reader wants them: separated, sensible digits, units that fit."""
import html
import math

STEPS = {  # unit: (factor to the next larger, its name)
    "µs": (1000, "ms"), "ms": (1000, "s"),
    "bytes": (1024, "KiB"), "KiB": (1024, "MiB"), "MiB": (1024, "GiB"),
}
SAME = {"us": "µs", "B": "bytes", "byte": "bytes", "percent": "%"}
NOTHING = "–"


def escape(text):
    return html.escape(str(text), quote=True)


def is_number(value):
    """Whether it is one to be drawn: neither a truth nor beyond all measure."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) \
        and math.isfinite(value) and abs(value) < 1e18


def items(value):
    """VALUE if it is a list, or none: what reports hold may be anything."""
    return value if isinstance(value, (list, tuple)) else []


def table(value):
    return value if isinstance(value, dict) else {}


def number(value, digits=None):
    """12,618; 83.4; 0.0213. DIGITS behind the point, if they leave anything of it."""
    if not is_number(value):
        return NOTHING if value is None or isinstance(value, float) else word(value)
    size = abs(value)
    if size and (digits is None or size < 10 ** (1 - digits) and value != int(value)):
        natural = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 \
            else min(8, 2 - math.floor(math.log10(size)))
        if value == int(value):
            natural = 0
        digits = natural if digits is None else max(digits, natural)
    text = f"{value:,.{digits or 0}f}"
    return "0" if text.strip("-0.") == "" else text


def word(value):
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


class Scale:
    """The unit a set of values is shown in, and how one of them is written."""

    def __init__(self, unit, values, digits=None):
        self.unit = SAME.get(unit or "", unit or "")
        self.factor, self.digits = 1, digits
        sizes = sorted(abs(v) for v in values if is_number(v) and v)
        middle = sizes[len(sizes) // 2] if sizes else 0
        while self.unit in STEPS:
            step, larger = STEPS[self.unit]
            if middle / self.factor < (2 if self.unit in ("KiB", "MiB") else 10) * step or sizes[0] / self.factor < step / 20:
                break
            self.factor, self.unit, self.digits = self.factor * step, larger, None

    def text(self, value):
        return number(value / self.factor, self.digits) if is_number(value) else number(value)

    def full(self, value):
        return self.text(value) + (" " + self.unit if self.unit else "")


def quantity(value, unit=""):
    """One value with the unit that suits it: 4 KiB, 25 MiB, 100 ms."""
    unit = SAME.get(unit or "", unit or "")
    if not is_number(value):
        return word(value)
    while unit in STEPS and abs(value) >= STEPS[unit][0] and \
            (unit in ("µs", "ms") or value % STEPS[unit][0] == 0 or value >= 10 * STEPS[unit][0]):
        value, unit = value / STEPS[unit][0], STEPS[unit][1]
    return number(value) + (" " + unit if unit else "")


def dimension(spec, value):
    """A dimension's value as words: 20 sessions, 4 KiB, plain."""
    if is_number(value):
        if spec.get("unit"):
            return quantity(value, spec["unit"])
        title = spec.get("title") or spec["name"]
        if value == 1 and title.endswith("s"):
            title = title[:-1]
        return f"{number(value)} {title}"
    return word(value)


def ratio(value, better="more"):
    """A ratio to the base: 11.2×, 0.83×, 1/22."""
    if not is_number(value) or value < 0:
        return ""
    if value == 0:
        return "0×"
    if better == "less" and value <= 0.5:
        return "1/" + plain(1 / value)
    return plain(value) + "×"


def plain(value):
    return f"{value:,.0f}" if value >= 20 else f"{value:.1f}" if value >= 2 else f"{value:.2f}"


def percentile(key):
    return "most" if key in ("max", "100") else f"{key} %"


def duration(seconds):
    if not is_number(seconds):
        return NOTHING
    seconds = round(seconds)
    if seconds < 120:
        return f"{seconds} s"
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min" + (f" {rest} s" if rest and minutes < 10 else "")


def listed(words):
    words = list(words)
    return ", ".join(words[:-1]) + " and " + words[-1] if len(words) > 1 else "".join(words)
