"""Two programs in turn on the same machine: what else it does then hits both alike."""
import statistics
import time

from .rig import Rig
from .show import number, table


def one_round(rig, messages):
    """{figure: value} of so many messages through a running daemon."""
    before, began = rig.cpu(), time.monotonic()
    took = rig.load(messages)
    after = rig.cpu()
    each = 1e6 / messages
    us = {f"{name}, {kind}": (after[name][i] - before[name][i]) * each
          for name in after for i, kind in enumerate(("user", "system"))}
    return {"messages/s": messages / took, "CPU, µs a message": sum(us.values()),
            **{f"{k}, µs": v for k, v in us.items()}, "at": began}


def fight(sides, options, say):
    """[[figures of a round …] of each side]: SIDES is [(daemon, load tool)], who begins changes."""
    with Rig(*sides[0], options) as one, Rig(*sides[1], options) as other:
        rigs = [one, other]
        for rig in rigs:
            rig.start()
            rig.load(options.messages)
        found = [[], []]
        for n in range(options.rounds):
            for side in (0, 1) if n % 2 == 0 else (1, 0):
                found[side].append(one_round(rigs[side], options.messages * 5))
            say(f"round {n + 1} of {options.rounds}: " + ", ".join(
                f"{rounds[-1]['messages/s']:,.0f}/s {rounds[-1]['CPU, µs a message']:.1f} µs"
                for rounds in found))
    return found


def lines(found):
    """What is printed of it: medians with least and most, and the median of the rounds' ratios."""
    rows = []
    for figure in found[0][0]:
        if figure == "at":
            continue
        values = [[r[figure] for r in rounds] for rounds in found]
        ratios = [b / a for a, b in zip(*values) if a]
        middle = statistics.median(ratios) if ratios else None
        rows.append([figure, *(
            f"{number(statistics.median(v))} ({number(min(v))}–{number(max(v))})"
            for v in values), f"{middle:.3f}×" if middle is not None else "",
            f"{min(ratios):.2f}–{max(ratios):.2f}" if ratios else ""])
    yield f"\n{len(found[0])} rounds in turn"
    yield from table(rows, ["median (least–most)", "the other", "this", "ratio", ""])
