"""A report's tables as Markdown, for documents."""
from . import table, text
from .figures import Peers, Profile


def cell(words):
    return str(words).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;") \
        .replace("\n", " ")


def lines(data):
    peers = Peers(data)
    machine = text.table(data.get("machine"))
    about = [f"{machine['cpu']}" if machine.get("cpu") else "",
             f"{machine['cores']} cores" if machine.get("cores") else "",
             str(machine.get("disk") or ""), str(data.get("began") or "")[:10]]
    yield ", ".join(cell(a) for a in about if a)
    for raw in text.items(data.get("profiles")):
        profile = Profile(raw)
        yield f"\n### {cell(profile.title)}\n"
        same = [f"{d.get('title') or d['name']} {text.quantity(v, d.get('unit', ''))}"
                for d, v in profile.constant()]
        if same:
            yield f"{cell(', '.join(same))}\n"
        if not profile.rows:
            yield "Nothing was measured."
            continue
        yield from rows(profile, peers)


def rows(profile, peers):
    shown, dimensions = table.columns(profile), profile.varying()
    measured = table.apart(profile, shown)
    if measured:
        yield from by_metric(profile, peers, measured)
        return
    heads = [d.get("title") or d["name"] for d in dimensions] + [""] + [
        column.title + (f", {column.unit}" if column.unit else "") for column in shown]
    yield "| " + " | ".join(map(cell, heads)) + " |"
    yield "|" + "---|" * (len(dimensions) + 1) + "---:|" * len(shown)
    for at, members in profile.cells():
        order = peers.ordered(r.peer for r in members)
        for row in sorted(members, key=lambda r: order.index(r.peer)):
            words = [text.quantity(at.get(d["name"]), d.get("unit", "")) for d in dimensions]
            words.append(peers.title(row.peer) + ("" if peers.flushes(row.peer)
                                                  else " (does not flush)"))
            words += [figure(column, row) for column in shown]
            yield "| " + " | ".join(map(cell, words)) + " |"


def by_metric(profile, peers, lines):
    """A line for each metric of each place, a column for each peer."""
    order = list(dict.fromkeys(peers.ordered(r.peer for r in profile.rows)))
    yield "| " + " | ".join(["", "", *(cell(peers.title(p)) for p in order)]) + " |"
    yield "|---|---|" + "---:|" * len(order)
    for at, column, measured in lines:
        place = ", ".join(text.quantity(at.get(d["name"]), d.get("unit", ""))
                          for d in profile.varying())
        words = [place, column.title + (f", {column.unit}" if column.unit else "")]
        words += [figure(column, measured[p]) if p in measured else text.NOTHING for p in order]
        yield "| " + " | ".join(map(cell, words)) + " |"


def figure(column, row):
    spread, ratio = column.spread(row), column.ratio(row)[1]
    return (column.median(row) + (f" ({spread})" if spread else "")
            + (f" **{ratio}**" if ratio else ""))
