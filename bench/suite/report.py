"""Writes a report as one page that needs nothing else: write(data, where).

DATA is what report.json holds. Words and figures of it are escaped, whatever they are;
what is missing is left out. A profile may say what its tile at the top shows:
headline = {metric = "rate", where = {work = "plain"}, peer = "ringpost"}.
"""
import os

from . import chosen, figures, headline, plot_bars, plot_lines, style, table, text
from .figures import Peers, Profile
from .text import escape

FLUSH = "does not flush"
MOST_DRAWINGS = 12  # of one plot


def write(data, where):
    """Writes the page to WHERE, a file or a folder; returns its path."""
    path = os.path.join(where, "report.html") if os.path.isdir(where) else where
    with open(path, "w", encoding="utf-8") as file:
        file.write(page(data))
    return path


def page(data):
    peers = Peers(data)
    profiles = [Profile(p) for p in text.items(data.get("profiles")) if isinstance(p, dict)]
    machine = text.table(data.get("machine"))
    title = "What mail relays do" + (
        f" on {machine['cores']} cores" if machine.get("cores") else "")
    parts = [
        "<!doctype html>\n", '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{style.CSS}</style></head><body>",
        style.hatches(), "<main>", top(data, title, peers, profiles), setting(data, machine)]
    parts += [section(profile, peers) for profile in profiles]
    parts += [appendix(data, peers), "</main></body></html>\n"]
    return "".join(parts)


# --- The top --------------------------------------------------------------------------

def top(data, title, peers, profiles):
    present = [n for n in peers.ordered(r.peer for p in profiles for r in p.rows)
               if not peers.is_tool(n)]
    names = [peers.title(n) for n in present]
    when = str(data.get("began") or "").replace("T", " ").replace("Z", " UTC")
    facts = [f"measured {when}" if when else "", text.duration(data.get("took_s")) + " long"
             if text.is_number(data.get("took_s")) else "",
             f"mode {data['mode']}" if data.get("mode") else ""]
    parts = [f"<h1>{escape(title)}</h1>",
             f'<p class="lead">{escape(text.listed(names))}'
             f'{": the same work" if len(names) > 1 else ""}, on the same machine, in turn. '
             f'{escape(capital(", ".join(f for f in facts if f)))}.</p>' if names else
             '<p class="lead">Nothing was measured.</p>']
    parts.append(legend(peers, present))
    tiles = [headline.tile(p, peers) for p in profiles]
    parts.append('<div class="tiles">' + "".join(
        f'<a class="tile" href="#{escape(t.name)}" style="text-decoration:none">'
        f'<span class="name">{escape(t.title)}</span><b{" class=bad" if t.worse else ""}>{escape(t.big)}'
        + (f" <small>{escape(t.unit)}</small>" if t.unit else "") + "</b>"
        f"<p>{escape(t.sentence)}</p></a>" for t in tiles if t) + "</div>")
    if any(p.bases for p in profiles):
        bases = " or ".join(dict.fromkeys(peers.title(b) for p in profiles for b in p.bases
                                          if not peers.is_tool(b))) or "the first"
        parts.append(f'<p class="lead">11× means eleven times as much as {escape(bases)} in the '
                     "same place, 1/22 a twenty-second of it. Figures are medians of several "
                     "runs, with the least and the most beneath.</p>")
    parts += bullets(data.get("notes"))
    parts.append("<nav>" + "".join(f'<a href="#{escape(p.name)}">{escape(p.title)}</a>'
                                   for p in profiles)
                 + '<a href="#appendix">Versions and settings</a></nav>')
    return "".join(parts)


def capital(words):
    return words[:1].upper() + words[1:]


def legend(peers, names):
    parts = ['<ul class="peers">']
    for name in names:
        colour, flushes = peers.colour(name), peers.flushes(name)
        fill = f"background:var(--p{colour})" if flushes else (
            f"background:repeating-linear-gradient(45deg,var(--p{colour}) 0 3px,transparent "
            f"3px 6px);outline:1px solid var(--p{colour});outline-offset:-1px")
        parts.append(f'<li><span class="swatch" style="{fill}"></span>'
                     f"{escape(peers.title(name))}"
                     + ("" if flushes else f'<span class="mark">{FLUSH}</span>') + "</li>")
    parts.append("</ul>")
    lax = [peers.title(n) for n in names if not peers.flushes(n)]
    if lax:
        verb = "answer" if len(lax) > 1 else "answers"
        parts.append(f"<p>{escape(text.listed(lax))} {verb} “accepted” before the message is on "
                     "the disk: a power cut may lose what was accepted. Bars of such peers are "
                     "hatched, their lines dashed. All others flush first.</p>")
    elif names:
        parts.append("<p>All of them put a message on the disk before they answer “accepted”.</p>")
    return "".join(parts)


def bullets(notes):
    notes = [str(n) for n in text.items(notes) if n]
    return ['<ul class="plain">' + "".join(f"<li>{escape(n)}</li>" for n in notes) + "</ul>"] \
        if notes else []


def setting(data, machine):
    facts = []
    if machine.get("cpu"):
        facts.append(("processor", f"{machine['cpu']}" + (
            f", {machine['cores']} cores" if machine.get("cores") else "")))
    if text.is_number(machine.get("memory_gib")):
        facts.append(("memory", f"{text.number(machine['memory_gib'])} GiB"))
    for name in ("system", "kernel", "disk"):
        if machine.get(name):
            facts.append((name, str(machine[name])))
    flush = machine.get("fdatasync_us")
    if isinstance(flush, dict) and flush:
        facts.append(("a write to the disk, flushed", ", ".join(
            f"{size}: {text.quantity(us, 'µs')}" for size, us in flush.items())))
    known = {"cpu", "cores", "memory_gib", "system", "kernel", "disk", "fdatasync_us"}
    facts += [(str(k).replace("_", " "), value if isinstance(value, str) else text.number(value))
              for k, value in machine.items() if k not in known
              and not isinstance(value, (dict, list)) and value is not None]
    return "<h2>The machine</h2>" + pairs(facts) if facts else ""


def pairs(facts):
    return '<dl class="facts">' + "".join(
        f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts) + "</dl>"


# --- A profile ------------------------------------------------------------------------

def section(profile, peers):
    parts = [f'<section><h2 id="{escape(profile.name)}">{escape(profile.title)}</h2>']
    parts += [f"<p>{escape(' '.join(p.split()))}</p>"
              for p in profile.what.split("\n\n") if p.strip()]
    same = [f"{d.get('title') or d['name']}: "
            f"{text.quantity(v, d.get('unit', '')) if text.is_number(v) else text.word(v)}"
            for d, v in profile.constant()]
    if same:
        parts.append(f'<p class="lead">Everywhere: {escape(", ".join(same))}.</p>')
    drawn = [f for spec in profile.plots for f in drawings(profile, spec, peers)]
    if drawn:
        parts.append('<div class="plots">' + "".join(drawn) + "</div>")
    parts.append(table.html(profile, peers))
    if profile.rows and table.all_once(profile):
        parts.append('<p class="lead">Every figure is of one run.</p>')
    parts += bullets(profile.notes)
    parts.append(skipped(profile, peers))
    return "".join(parts) + "</section>"


def drawings(profile, spec, peers):
    groups = chosen.drawings(profile, spec, peers)
    metric = profile.metric(spec["y"])
    found = []
    for where, series in groups[:MOST_DRAWINGS]:
        kind = spec.get("kind", "bars")
        xs = {figures.hashed(r.at.get(spec.get("x"))) for s in series for r in s.rows}
        single = kind == "lines" and len(xs) < 2  # there is no line through one value
        module = plot_bars if kind == "bars" or single else plot_lines
        drawing, unit = module.draw(profile, spec, series)
        if not drawing:
            continue
        aim = {"more": "more is better", "less": "less is better"}.get(metric.get("better"), "")
        below = [metric.get("title") or metric["name"], unit, aim]
        for mark, sign in (("url(#not", "hatched: "), (" dashed", "dashed: ")):
            if mark in drawing:
                below.append(sign + FLUSH)
        below.append(spec.get("note"))
        title = (spec.get("title") or metric.get("title") or metric["name"]) + (
            f" · {where}" if where else "")
        found.append(f"<figure><figcaption>{escape(title)}<span>"
                     f"{escape(', '.join(str(b) for b in below if b))}</span></figcaption>"
                     f"{drawing}</figure>")
    if len(groups) > MOST_DRAWINGS:
        found.append(f"<p>{len(groups) - MOST_DRAWINGS} more of these are in the table.</p>")
    return found


def skipped(profile, peers):
    """What was not measured, by peer and reason."""
    groups = {}
    for entry in profile.skipped:
        key = str(entry.get("peer", "?")), str(entry.get("why") or "no reason given")
        groups.setdefault(key, []).append(text.table(entry.get("at")))
    if not groups:
        return ""
    lines = []
    for (peer, why), places in groups.items():
        named = [" · ".join(text.dimension(profile.dimension(k), v) for k, v in at.items())
                 for at in places]
        named = [n for n in named if n]
        where = f" ({'; '.join(named)})" if 0 < len(named) <= 3 else (
            f" ({len(places)} rows)" if len(places) > 1 else "")
        lines.append(f"<li>{escape(peers.title(peer))}: {escape(why)}"
                     f'<span class="better">{escape(where)}</span></li>')
    return '<h3>Not measured</h3><ul class="plain">' + "".join(lines) + "</ul>"


# --- The end --------------------------------------------------------------------------

def appendix(data, peers):
    parts = ['<section><h2 id="appendix">Versions and settings</h2>']
    versions = data.get("versions")
    if isinstance(versions, dict) and versions:
        parts.append(pairs([(peers.title(k), v) for k, v in versions.items()]))
    for name in peers.ordered(peers.known):
        known = peers.known[name]
        mark = "" if peers.flushes(name) else f' <span class="mark">{FLUSH}</span>'
        inside = "".join(bullets(known.get("settings")))
        if known.get("config"):
            inside += f"<pre>{escape(known['config'])}</pre>"
        if inside:
            parts.append(f"<details><summary>{escape(peers.title(name))}{mark}</summary>"
                         f"<div>{inside}</div></details>")
    parts.append("<h3>How to run it again</h3>"
                 f"<pre>{escape(data.get('command') or 'bench/run')}</pre>"
                 "<p>In a checkout of Ringpost. It builds what it measures, uses peers that are "
                 "installed (<code>--install-peers</code> gets them) and writes this page and "
                 "<code>report.json</code>, from which <code>bench/report</code> makes it again."
                 "</p></section><footer>Made by Ringpost’s bench/run.</footer>")
    return "".join(parts)
