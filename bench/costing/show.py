"""Prints costs, of one measurement or of two beside each other."""
FUNCTIONS = 25
SAME = 0.005  # share within which two figures are called the same


def number(value):
    if value is None:
        return "–"
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    digits = 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:.{digits}f}"


def table(rows, heads):
    """Lines of a table: the first column left, the others right."""
    rows = [heads, *rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(heads))]
    for n, row in enumerate(rows):
        yield "  " + "  ".join(cell.ljust(w) if i == 0 else cell.rjust(w)
                               for i, (cell, w) in enumerate(zip(row, widths))).rstrip()
        if n == 0:
            yield "  " + "  ".join("-" * w for w in widths)


def figures(data):
    """[(section, unit, {name: number})] of a measurement, in the order they are shown."""
    found = []
    cost = data.get("instructions")
    if cost:
        found.append(("Instructions a message, user space", "", {
            "all": cost["instructions"], **cost["layers"]}))
        found.append(("Calls a message", "", {
            "allocations": cost["allocations"], "memcpy, memmove": cost["copies"],
            "fiber switches": cost["fiber_switches"],
            **({"function calls in Redis": cost["redis_calls"]}
               if "redis_calls" in cost else {})}))
        if "idle_a_second" in cost:
            found.append(("Instructions while idle", "", {"a second": cost["idle_a_second"]}))
        found.append(("Functions, own instructions a message", "", {
            f"{f['name']} ({f['layer']})": f["instructions"]
            for f in cost["functions"]}))
    cpu = data.get("cpu")
    if cpu:
        us = cpu["us"]
        found.append(("CPU a message, µs", "", {
            "all": sum(sum(us[name].values()) for name in us),
            **{f"{name}, {kind}": us[name][kind] for name in us for kind in us[name]}}))
        for name, process in sorted(cpu["processes"].items(),
                                    key=lambda item: -item[1]["samples"]):
            if process["samples"] < 20:
                continue
            found.append((f"Share of the CPU of {name}", "%", {
                "user space": process["user"], "kernel": process["kernel"],
                **{"kernel: " + what: v for what, v in process["kernel_of"].items()}}))
            found.append((f"Functions of {name} by samples", "%", process["leaves"]))
    calls = data.get("system_calls")
    for name in ("daemon", "redis") if calls else ():
        found.append((f"System calls a message of the {name}", "", {
            "all": sum(calls[name].values()), **calls[name]}))
    return found


def about(data):
    return (f"{data['version']}, {data['mode']}, {data['sessions']} sessions, "
            f"{data['size']:,} bytes, {data.get('recipients', 1)} recipients, {data['tools']}")


def one(data):
    yield about(data)
    for title, unit, values in figures(data):
        yield f"\n{title}"
        most = FUNCTIONS if "unction" in title else len(values)
        shown = [(k, v) for k, v in list(values.items())[:most] if v]
        if unit == "%":
            yield from table([[k, f"{100 * v:.1f} %"] for k, v in shown], ["", "share"])
        else:
            whole = values.get("all")
            yield from table([[k, number(v), f"{100 * v / whole:.0f} %" if whole else ""]
                              for k, v in shown], ["", "a message" if "idle" not in title else "", ""])


def change(before, after):
    if not before or after is None:
        return "new" if not before and after else ""
    if abs(after / before - 1) < SAME:
        return "="
    return f"{100 * (after / before - 1):+.0f} %"


def two(before, after):
    """Lines that lay two measurements side by side; functions that changed most first."""
    yield "before: " + about(before)
    yield "after:  " + about(after)
    for key in ("mode", "sessions", "size", "tools"):
        if before[key] != after[key]:
            yield f"NOTE: not the same {key}: {before[key]} and {after[key]}"
    old = {title: values for title, _, values in figures(before)}
    for title, unit, values in figures(after):
        was = old.get(title)
        if was is None:
            continue
        scale, sign = (100, " %") if unit == "%" else (1, "")
        names = list(dict.fromkeys([*values, *was]))
        if "unction" in title:
            names.sort(key=lambda k: -abs(values.get(k, 0) - was.get(k, 0)))
            names = [k for k in names[:FUNCTIONS] if values.get(k, 0) != was.get(k, 0)]
        rows = []
        for name in names:
            a, b = was.get(name, 0) * scale, values.get(name, 0) * scale
            if a or b:
                rows.append([name, number(a) + sign, number(b) + sign,
                             f"{b - a:+,.{0 if abs(b - a) >= 100 else 2}f}", change(a, b)])
        if rows:
            yield f"\n{title}"
            yield from table(rows, ["", "before", "after", "difference", ""])
