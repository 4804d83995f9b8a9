"""Two reports side by side: what changed, and whether by more than the runs differ."""
from . import table, text
from .figures import Peers, Profile

ONE_RUN = 0.10  # share by which single runs differ without meaning anything


def changes(before, after):
    """[(profile, place, peer, Column, before, after, verdict)] of figures that both have;
    verdict: "better", "worse", "changed" or "" (within the spread)."""
    old = {p.name: p for p in map(Profile, text.items(before.get("profiles")))}
    found = []
    for raw in text.items(after.get("profiles")):
        profile = Profile(raw)
        was = old.get(profile.name)
        if was is None:
            continue
        former = {(row.peer, key(row)): row for row in was.rows}
        for row in profile.rows:
            other = former.get((row.peer, key(row)))
            if other is None:
                continue
            for column in table.columns(profile):
                a, b = other.figure(column.name), row.figure(column.name)
                if a and b and text.is_number(a.median) and text.is_number(b.median):
                    found.append((profile, row, column, a, b, verdict(column, a, b)))
    return found


def key(row):
    return tuple(sorted((str(k), str(v)) for k, v in row.at.items()))


def verdict(column, a, b):
    if a.median == b.median or not exceeds(a, b):
        return ""
    if column.better not in ("more", "less"):
        return "changed"
    return "better" if (b.median > a.median) == (column.better == "more") else "worse"


def exceeds(a, b):
    """Whether no run of the one lies among those of the other."""
    if min(a.runs, b.runs) < 2:
        return not a.median or abs(b.median / a.median - 1) > ONE_RUN
    return a.low > b.high or b.low > a.high


def lines(before, after):
    peers = Peers(after)
    found = changes(before, after)
    for name, data in (("before", before), ("after", after)):
        version = text.table(data.get("versions")).get("ringpost", "")
        yield f"{name}: {' '.join(x for x in (str(data.get('began') or ''), version) if x)}"
    if not found:
        yield "\nThe two have no figure in common."
        return
    counts = {what: sum(1 for c in found if c[-1] == what) for what in
              ("better", "worse", "changed", "")}
    yield (f"{len(found)} figures in both: {counts['better']} better, {counts['worse']} worse"
           + (f", {counts['changed']} changed" if counts["changed"] else "")
           + f", {counts['']} within the spread of their runs")
    for name in dict.fromkeys(c[0].name for c in found):
        mine = [c for c in found if c[0].name == name]
        yield f"\n{mine[0][0].title}"
        yield from laid_out([["", "", "", "before", "after", "ratio", ""]] + [
            described(c, peers) for c in mine])


def described(change, peers):
    profile, row, column, a, b, what = change
    scale = text.Scale(column.metric.get("unit"), [a.median, b.median],
                       column.metric.get("digits"))
    words = [text.dimension(d, row.at.get(d["name"])) for d in profile.varying()]
    return [" · ".join(w for w in words if w != text.NOTHING), peers.title(row.peer),
            column.title, scale.text(a.median), scale.full(b.median),
            f"{b.median / a.median:.2f}×" if a.median else "", what]


def laid_out(rows):
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    for row in rows:
        yield ("  " + "  ".join(c.rjust(w) if 3 <= i <= 5 else c.ljust(w)
                                for i, (c, w) in enumerate(zip(row, widths)))).rstrip()
