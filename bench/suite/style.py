"""How the report looks: one style sheet, light and dark, narrow and printed."""

# Told apart by people who see fewer colours; each peer has one (figures.Peers).
LIGHT = ["#0b62a8", "#e08a00", "#00896b", "#4aa8dc", "#b3589a", "#c8501e", "#8f8a2c", "#6b6b80",
         "#3d3d3d"]
DARK = ["#4aa3ea", "#f0a93a", "#2bb891", "#8fd0f5", "#dc8cc4", "#ee7f4d", "#c9c25a", "#a5a5bd",
        "#cfcfcf"]


def variables(colours):
    return "".join(f"--p{i}:{c};" for i, c in enumerate(colours))


CSS = """
:root { color-scheme: light dark; --page:#fbfaf8; --card:#fff; --ink:#1f2328; --soft:#5c636b;
  --faint:#8b929a; --line:#e4e2dd; --grid:#ecebe7; --zebra:#f7f6f3; --good:#0a7a4b; --bad:#b3431e;
  --mark:#8a5a00; --markback:#fdf3dd; %(light)s }
@media (prefers-color-scheme: dark) { :root { --page:#141517; --card:#1c1e21; --ink:#e6e7e9;
  --soft:#a6adb5; --faint:#7d858d; --line:#303338; --grid:#2a2d31; --zebra:#212428; --good:#4cc38a;
  --bad:#f0825a; --mark:#f2c36b; --markback:#3a2f17; %(dark)s } }
@media print { :root { --page:#fff; --card:#fff; --ink:#111; --soft:#444; --faint:#777; --line:#ccc;
  --grid:#e4e4e4; --zebra:#f5f5f5; --good:#0a6a41; --bad:#a03a18; --mark:#6d4700; --markback:#fff;
  %(light)s } }
* { box-sizing:border-box; }
html { -webkit-text-size-adjust:100%%; }
body { margin:0; background:var(--page); color:var(--ink);
  font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif; }
main { max-width:1200px; margin:0 auto; padding:40px 24px 80px; }
h1 { font-size:2.1rem; line-height:1.2; letter-spacing:-.02em; margin:0 0 8px; }
h2 { font-size:1.5rem; letter-spacing:-.01em; margin:72px 0 8px; scroll-margin-top:16px; }
h3 { font-size:1rem; margin:36px 0 10px; }
p { margin:8px 0; max-width:46em; } .lead { color:var(--soft); font-size:1.05rem; }
a { color:inherit; text-decoration-color:var(--faint); text-underline-offset:3px; }
code, pre { font:13px/1.5 ui-monospace,"SF Mono",Menlo,Consolas,monospace; }
pre { background:var(--zebra); border:1px solid var(--line); border-radius:8px; padding:12px 14px;
  overflow-x:auto; margin:10px 0; white-space:pre; }
nav { margin:20px 0 0; display:flex; flex-wrap:wrap; gap:6px 18px; font-size:.92rem; }
.tiles { display:grid; grid-template-columns:repeat(auto-fill,minmax(240px,1fr)); gap:14px;
  margin:28px 0 18px; }
.tile { background:var(--card); border:1px solid var(--line); border-radius:12px; padding:16px 18px;
  break-inside:avoid; }
.tile b small { font-size:.95rem; white-space:nowrap; letter-spacing:0; font-weight:600; }
.tile b { display:block; font-size:2rem; line-height:1.15; letter-spacing:-.02em;
  font-variant-numeric:tabular-nums; }
.tile b.bad { color:var(--bad); }
.tile .name { color:var(--soft); font-size:.85rem; font-weight:600; }
.tile p { margin:6px 0 0; font-size:.9rem; line-height:1.45; color:var(--soft); }
.peers { display:flex; flex-wrap:wrap; gap:6px 20px; margin:18px 0; padding:0; list-style:none;
  font-size:.92rem; }
.peers li { display:flex; align-items:center; gap:8px; }
.swatch { width:22px; height:12px; border-radius:3px; flex:none; }
.mark { background:var(--markback); color:var(--mark); border-radius:4px; padding:1px 6px;
  font-size:.78rem; white-space:nowrap; font-weight:500; }
dl.facts { display:grid; grid-template-columns:max-content 1fr; gap:4px 24px; margin:14px 0; }
dl.facts dt { color:var(--soft); } dl.facts dd { margin:0; overflow-wrap:anywhere; }
.plots { columns:2; column-gap:16px; margin:22px 0 6px; }
figure { margin:0 0 16px; background:var(--card); border:1px solid var(--line); border-radius:12px;
  padding:16px 16px 10px; break-inside:avoid; }
figcaption { font-weight:600; font-size:.95rem; line-height:1.3; margin-bottom:2px; }
figcaption span { display:block; font-weight:400; color:var(--soft); font-size:.83rem; margin-top:2px; }
figure svg { display:block; width:100%%; height:auto; overflow:visible; }
svg text { fill:var(--ink); font:12.5px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;
  font-variant-numeric:tabular-nums; }
svg text.soft { fill:var(--soft); } svg text.strong { font-weight:600; }
svg .grid { stroke:var(--grid); stroke-width:1; } svg .axis { stroke:var(--faint); stroke-width:1; }
svg .bar { fill:var(--c); } svg .range { stroke:var(--ink); stroke-width:1.2; opacity:.55; }
svg .line { fill:none; stroke:var(--c); stroke-width:2.2; stroke-linejoin:round; stroke-linecap:round; }
svg .dashed { stroke-dasharray:5 4; } svg .dot { fill:var(--c); stroke:var(--card); stroke-width:1.2; }
svg .lead { stroke:var(--c); stroke-width:1; opacity:.6; fill:none; stroke-dasharray:1.5 3; }
svg .span { stroke:var(--c); stroke-width:1.4; opacity:.6; }
.scroll { overflow-x:auto; margin:14px 0; border:1px solid var(--line); border-radius:12px;
  background:var(--card); }
table { border-collapse:collapse; width:100%%; font-size:.9rem; font-variant-numeric:tabular-nums; }
th { text-align:left; font-weight:600; color:var(--soft); font-size:.82rem; vertical-align:bottom;
  line-height:1.3; }
th, td { padding:8px 12px; } td { vertical-align:top; border-top:1px solid var(--line); }
tr.place th { border-top:1px solid var(--line); background:var(--zebra); color:var(--ink);
  padding:7px 12px; font-size:.86rem; } tr.place span { position:sticky; left:12px; }
tr.place { break-after:avoid; } table.dense { font-size:.85rem; }
table.dense th, table.dense td { padding:7px 9px; }
tr.place + tr td { border-top:0; } tbody tr:hover td { background:var(--zebra); }
th.n, td.n { text-align:right; white-space:nowrap; }
td.peer { white-space:nowrap; } td.metric { white-space:normal; min-width:9em; }
td.peer.metric small { margin-left:0; width:auto; max-width:30em; } th .said { white-space:normal; }
p.told { font-size:.85rem; color:var(--soft); max-width:none; } p.told b { font-weight:500; }
td.peer i, th i { display:inline-block; width:10px; height:10px;
  border-radius:3px; background:var(--c); margin-right:8px; }
td.peer i.not, th i.not { background:repeating-linear-gradient(45deg,var(--c) 0 2px,transparent 2px 4px);
  outline:1px solid var(--c); outline-offset:-1px; }
td small { display:block; color:var(--faint); font-size:.78rem; line-height:1.3; }
td.ratio { color:var(--soft); font-size:.82rem; padding:8px 6px 8px 0; white-space:nowrap; line-height:1.75; }
.ratio.good { color:var(--good); font-weight:600; } .ratio.bad { color:var(--bad); }
small.ratio { color:var(--soft); } td small.good { color:var(--good); } td small.bad { color:var(--bad); }
td.peer, th.peer { position:sticky; left:0; background:var(--card); }
td.peer .mark { margin-left:18px; font-size:.72rem; padding:0 5px; }
td.peer small { white-space:normal; width:max-content; max-width:16em; margin-left:18px; }
tr.ours td { font-weight:500; } .better { color:var(--faint); font-weight:400; }
.none { color:var(--faint); }
ul.plain { padding-left:1.2em; margin:8px 0; } ul.plain li { margin:3px 0; max-width:60em; }
details { margin:10px 0; border:1px solid var(--line); border-radius:10px; background:var(--card); }
summary { cursor:pointer; padding:10px 14px; font-weight:500; } details > div { padding:0 14px 12px; }
footer { margin-top:64px; color:var(--faint); font-size:.85rem; }
@media screen and (max-width:760px) { main { padding:24px 13px 56px; } h1 { font-size:1.6rem; }
  h2 { font-size:1.25rem; margin-top:52px; } .plots { columns:1; }
  figure { padding:12px 8px 8px; } th, td { padding:7px 10px; } dl.facts { grid-template-columns:1fr; gap:0; }
  dl.facts dd { margin-bottom:8px; } svg text { font-size:14px; } .tile b { font-size:1.6rem; }
  .tiles { grid-template-columns:1fr; }
  td.peer small { max-width:11em; } td.metric { max-width:10.5em; min-width:0;
    overflow-wrap:break-word; } }
@media print { * { print-color-adjust:exact; -webkit-print-color-adjust:exact; }
  main { max-width:none; padding:0; } nav { display:none; } body { font-size:10pt; }
  h1 { font-size:20pt; } h2 { font-size:14pt; margin-top:28px; } details > div { display:block; }
  .tiles { grid-template-columns:repeat(3,1fr); gap:8px; } .tile { padding:10px 12px; }
  .tile b { font-size:16pt; } .plots { column-gap:10px; } figure { padding:10px 10px 6px; margin-bottom:10px; } .scroll { overflow:visible; border:0; } tr { break-inside:avoid; }
  h2 { break-after:avoid; } table { font-size:8.5pt; } th, td { padding:3px 6px; } }
""" % {"light": variables(LIGHT), "dark": variables(DARK)}


def hatches():
    """Patterns for peers that do not flush, for all the page's drawings."""
    patterns = "".join(
        f'<pattern id="not{i}" width="6" height="6" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><rect width="6" height="6" fill="var(--p{i})" '
        f'opacity=".22"/><rect width="2.6" height="6" fill="var(--p{i})"/></pattern>'
        for i in range(len(LIGHT)))
    return f'<svg width="0" height="0" style="position:absolute" aria-hidden="true">' \
           f"<defs>{patterns}</defs></svg>"
