"""Draws stacks as a flame graph: one SVG that needs nothing else, darkens with the page."""
import html
import zlib

WIDTH, ROW, LEFT, TOP = 1200, 17, 10, 64
NARROWEST = 0.4  # pixels; what is thinner is left out
SMALL = 6.7      # pixels a letter of the labels takes
DEEPEST = 80     # frames

STYLE = """
svg { background: #fcfcfb; font: 11px ui-monospace, Menlo, Consolas, monospace; }
text { fill: #1d1d1b; pointer-events: none; }
.title { font: 600 17px system-ui, sans-serif; } .about { font: 12px system-ui, sans-serif; fill: #666; }
rect { stroke: #fcfcfb; stroke-width: .6; } g:hover > rect { stroke: #1d1d1b; stroke-width: 1.4; }
.root rect { fill: #d8d8d2; }
.u0 rect { fill: #f2c879; } .u1 rect { fill: #f0b968; } .u2 rect { fill: #efd08e; } .u3 rect { fill: #e9ae5e; }
.k0 rect { fill: #9cc3e6; } .k1 rect { fill: #8ab7e0; } .k2 rect { fill: #b0cfec; } .k3 rect { fill: #7eaedb; }
@media (prefers-color-scheme: dark) {
svg { background: #171716; } rect { stroke: #171716; } .title { fill: #eee; } .about { fill: #aaa; }
g:hover > rect { stroke: #fff; } }
"""


class Node:
    def __init__(self, name, kind):
        self.name, self.kind, self.count, self.below = name, kind, 0, {}

    def add(self, path, count):
        self.count += count
        if path:
            child = self.below.get(path[0])
            if child is None:
                child = self.below[path[0]] = Node(*path[0])
            child.add(path[1:], count)

    def depth(self, least):
        """Rows of it whose count is at least so much."""
        return 0 if self.count < least else \
            1 + max((child.depth(least) for child in self.below.values()), default=0)


def origin(frames):
    """What a stack of the daemon or of Redis begins with, in words."""
    names = {name for name, _ in frames}
    if names & {"switch_entry", "fiber_main"}:
        return "on fibers"
    return "not on a fiber: the worker's loop, the ring, other threads"


def tidied(frames):
    """Without rows of frames nobody can name, and without how a fiber begins."""
    kept = []
    for frame in frames:
        if frame[0] not in ("switch_entry", "fiber_main", "([unknown])") and \
                (not kept or frame != kept[-1]):
            kept.append(frame)
    return kept[:DEEPEST]


def from_samples(stacks):
    """Stacks of perf: {(command, ((function, is_kernel) …, outermost first)): samples}."""
    root = Node("all", "root")
    for (command, frames), count in stacks.items():
        path = [(command, "root")]
        if "ringpost" in command:
            path.append((origin(frames), "root"))
        root.add(path + [(name, "k" if kernel else "u") for name, kernel in tidied(frames)],
                 count)
    return root


def from_cost(cost):
    """Layers and their functions, of instructions a message; no callers, see callgrind.py."""
    root = Node("ringpost, user space", "root")
    for function in cost["functions"]:
        ours = "/" in function["layer"] or function["layer"] in ("submit", "relay", "dkim")
        root.add([(function["layer"], "u" if ours else "k"),
                  (function["name"], "u" if ours else "k")], function["instructions"])
    return root


def draw(root, title, about, unit="samples"):
    height = TOP + ROW * root.depth(root.count * NARROWEST / WIDTH) + 14
    parts = []

    def place(node, x, width, level):
        if width < NARROWEST:
            return
        shade = "" if node.kind == "root" else str(zlib.crc32(node.name.encode()) % 4)
        label = html.escape(node.name)
        share = 100 * node.count / root.count
        y = height - 14 - ROW * (level + 1)
        fits = int((width - 6) / SMALL)
        text = node.name if len(node.name) <= fits else \
            node.name[:fits - 1] + "…" if fits >= 4 else ""
        parts.append(
            f'<g class="{node.kind}{shade}"><title>{label}: {node.count:,.0f} {unit}, '
            f'{share:.1f} %</title><rect x="{x:.1f}" y="{y}" width="{width:.1f}" '
            f'height="{ROW - 1}" rx="1.5"/>'
            + (f'<text x="{x + 4:.1f}" y="{y + 12}">{html.escape(text)}</text>' if text else "")
            + "</g>")
        for child in sorted(node.below.values(), key=lambda n: (n.kind == "k", n.name)):
            share_width = width * child.count / node.count
            place(child, x, share_width, level + 1)
            x += share_width

    if root.count:
        place(root, LEFT, WIDTH - 2 * LEFT, 0)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            f'role="img"><style>{STYLE}</style>'
            f'<text class="title" x="{LEFT}" y="26">{html.escape(title)}</text>'
            f'<text class="about" x="{LEFT}" y="46">{html.escape(about)}</text>'
            + "".join(parts) + "</svg>\n")
