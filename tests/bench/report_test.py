#!/usr/bin/python3
"""The page of a report, its Markdown, and two reports compared: of report.json beside this
file, and of what is missing, hostile or broken off."""
import contextlib
import copy
import html.parser
import importlib.machinery
import importlib.util
import io
import json
import os
import re
import sys
import tempfile
import unittest
import xml.etree.ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
BENCH = os.path.join(os.path.dirname(os.path.dirname(HERE)), "bench")
sys.dont_write_bytecode = True
sys.path.insert(0, BENCH)

from suite import compare, figures, headline, markdown, plot, report, results, table, text  # noqa: E402

loader = importlib.machinery.SourceFileLoader("report_main", os.path.join(BENCH, "report"))
main = importlib.util.module_from_spec(importlib.util.spec_from_loader("report_main", loader))
loader.exec_module(main)

VOID = {"meta", "br", "rect", "line", "circle", "polyline"}


def sample():
    with open(os.path.join(HERE, "report.json"), encoding="utf-8") as file:
        return json.load(file)


class Page(html.parser.HTMLParser):
    """Reads a page strictly: every element is ended in its turn."""

    def __init__(self, source):
        super().__init__()
        self.open, self.texts, self.tags, self.ids, self.links = [], [], [], set(), set()
        self.feed(source)
        self.close()
        assert not self.open, f"never ended: {self.open}"

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        given = dict(attributes)
        if given.get("id"):
            assert given["id"] not in self.ids, f"id {given['id']} twice"
            self.ids.add(given["id"])
        if (given.get("href") or "").startswith("#"):
            self.links.add(given["href"][1:])
        for name in ("src", "href"):
            assert not re.match(r"(https?:)?//", given.get(name) or ""), given
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self.open and self.open[-1] == tag, f"</{tag}> in {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return " ".join(self.texts)


def excerpt(source, words):
    at = source.find(words)
    return source[max(0, at - 120):at + 60]


def tables(source):
    """The table rows of a page, as lists of the words of their cells."""
    return [[re.sub(r"<[^>]*>", " ", cell) for cell in re.findall(r"<td.*?</td>", row)]
            for row in re.findall(r"<tr.*?</tr>", source)]


class Whole(unittest.TestCase):
    def setUp(self):
        self.data = sample()
        self.source = report.page(self.data)
        self.page = Page(self.source)

    def test_well_formed(self):
        self.assertLessEqual(self.page.links, self.page.ids)
        for svg in re.findall(r"<svg.*?</svg>", self.source):
            xml.etree.ElementTree.fromstring(svg)
        self.assertNotIn("nan", re.findall(r'="([^"]*)"', self.source))
        self.assertEqual(re.findall(r'="[^"]*\b(?:nan|inf)\b', self.source), [])

    def test_needs_nothing_else(self):
        self.assertNotIn("link", self.page.tags)
        self.assertNotIn("script", self.page.tags)
        self.assertFalse("@import" in self.source)
        self.assertEqual(set(re.findall(r"url\((.)", self.source)), {"#"})

    def test_every_median_is_there(self):
        rows = tables(self.source)
        count = 0
        for profile in map(figures.Profile, self.data["profiles"]):
            for column in table.columns(profile):
                for row in profile.rows:
                    words = text.escape(column.median(row))
                    self.assertTrue(any(words in cell for cells in rows for cell in cells),
                                    (profile.name, column.name, words))
                    count += 1
        self.assertGreater(count, 60)

    def test_escaped(self):
        self.assertTrue("&lt;script&gt;alert(1)&lt;/script&gt;" in self.source)
        self.assertTrue("a &lt;fast&gt; one &amp; &quot;quoted&quot;" in self.source)
        self.assertTrue("29,998 of 30,000 <after 30 s>" in self.page.text)

    def test_says_what_matters(self):
        for words in ["Ringpost, Postfix, OpenSMTPD and Haraka", "does not flush",
                      "no DKIM in this build", "refuses more than 1,000 connections",
                      "bench/run --full", "3.7.11", "1 of 3 runs failed",
                      "only 1,024 descriptors are allowed", "Nothing was measured"]:
            self.assertTrue(words in self.page.text, words)

    def test_drawings(self):
        drawn = re.findall(r'<svg viewBox.*?</svg>', self.source)
        self.assertEqual(len(drawn), 7)  # of 8 plots: one profile has no rows
        self.assertTrue(any("url(#not" in svg for svg in drawn))
        self.assertTrue(any("dashed" in svg for svg in drawn))

    def test_written(self):
        with tempfile.TemporaryDirectory() as folder:
            path = report.write(self.data, folder)
            self.assertEqual(os.path.basename(path), "report.html")
            other = report.write(self.data, os.path.join(folder, "other.html"))
            with open(path) as one, open(other) as two:
                self.assertEqual(one.read(), two.read())


HOSTILE = '"><script>x</script>\'&'


class Broken(unittest.TestCase):
    def test_nearly_nothing(self):
        for data in [{}, {"profiles": []}, {"profiles": [{}]},
                     {"profiles": [{"name": "x", "rows": [{"peer": "p"}]}]},
                     {"peers": None, "machine": None, "profiles": None},
                     {"profiles": [{"rows": [{"peer": "p", "at": None, "runs": None}],
                                    "plots": [{"y": "rate"}], "skipped": [{}]}]}]:
            with self.subTest(data=data):
                Page(report.page(data))
                list(markdown.lines(data))
                list(compare.lines(data, data))

    def test_every_value_replaced(self):
        """Whatever is in place of any value of the report, there is a page, and it is sound."""
        def places(node, path=()):
            if isinstance(node, dict):
                for key, value in node.items():
                    yield path + (key,)
                    yield from places(value, path + (key,))
            elif isinstance(node, list):
                for i, value in enumerate(node[:2]):
                    yield path + (i,)
                    yield from places(value, path + (i,))
        data = sample()
        data["profiles"] = data["profiles"][1:4]
        for profile in data["profiles"]:
            profile["rows"] = profile["rows"][:2]
            for row in profile["rows"]:
                row["runs"] = row["runs"][:1]
            profile["plots"] = profile["plots"][:2]
        for path in places(data):
            if "runs" not in path and "machine" not in path and "peers" not in path \
                    and "note" not in path and "versions" not in path:
                continue
            for value in (None, HOSTILE, float("nan"), -1e300):
                changed = copy.deepcopy(data)
                node = changed
                for step in path[:-1]:
                    node = node[step]
                node[path[-1]] = value
                with self.subTest(path=path, value=value):
                    source = report.page(changed)
                    self.assertFalse("<script>" in source, excerpt(source, "<script>"))
                    self.assertFalse(re.findall(r'="[^"]*\b(?:nan|inf)\b', source))
                if value == HOSTILE:
                    Page(source)

    def test_hostile_names(self):
        data = sample()
        for profile in data["profiles"]:
            profile["title"] = profile["what"] = profile["name"] + HOSTILE
            for metric in profile["metrics"]:
                metric["title"] = metric["unit"] = HOSTILE
            for row in profile["rows"]:
                row["peer"] = row["note"] = HOSTILE
                row["at"] = {key: HOSTILE for key in row["at"]}
            for spec in profile["plots"]:
                spec["title"] = HOSTILE
                spec.pop("where", None)
        source = report.page(data)
        self.assertFalse("<script>" in source, excerpt(source, "<script>"))
        Page(source)

    def test_one_run(self):
        data = sample()
        for profile in data["profiles"]:
            for row in profile["rows"]:
                row["runs"] = row["runs"][:1]
        page = Page(report.page(data))
        self.assertTrue("Every figure is of one run" in page.text)


class Figures(unittest.TestCase):
    def test_medians_and_ratios(self):
        profile = figures.Profile({"base": "b", "metrics": [{"name": "m"}], "rows": [
            {"peer": "a", "at": {"s": 1}, "runs": [{"ok": True, "m": v} for v in (9, 30, 12)]},
            {"peer": "b", "at": {"s": 1}, "runs": [{"ok": True, "m": 4},
                                                   {"ok": False, "m": 999}]},
            {"peer": "a", "at": {"s": 2}, "runs": [{"ok": True, "m": 5}]}]})
        first = profile.rows[0].figure("m")
        self.assertEqual((first.median, first.low, first.high, first.runs), (12, 9, 30, 3))
        self.assertEqual(profile.ratio(profile.rows[0], "m"), 3)
        self.assertIsNone(profile.ratio(profile.rows[1], "m"))
        self.assertIsNone(profile.ratio(profile.rows[2], "m"))

    def test_metrics_of_their_own(self):
        """Places that share no metric: a line for each, a column for each peer."""
        metrics = [{"name": f"m{n}", "title": f"Metric {n}", "unit": "1/s"} for n in range(8)]
        rows = [{"peer": peer, "at": {"part": part}, "runs": [
            {"ok": True, **{f"m{n}": 10 * n + scale for n in range(first, first + 4)}}]}
            for peer, scale in (("ringpost", 2), ("dovecot", 1))
            for part, first in (("one", 0), ("two", 4))]
        profile = {"name": "p", "base": "dovecot", "metrics": metrics, "rows": rows,
                   "dimensions": [{"name": "part", "title": "part"}]}
        data = {"format": 1, "profiles": [profile]}
        lines = [line for line in markdown.lines(data) if line.startswith("| ")]
        self.assertEqual(len(lines), 9)
        self.assertIn("| two | Metric 5, 1/s |", lines[6])
        page = Page(report.page(data))
        self.assertIn("Metric 7", page.text)
        profile["rows"][0]["runs"][0]["m5"] = 3  # now two places share one
        self.assertIsNone(table.apart(figures.Profile(profile),
                                      table.columns(figures.Profile(profile))))

    def test_plot_of_several_metrics(self):
        profile = figures.Profile({"plots": [{"kind": "bars", "y": ["a", "b"]}]})
        self.assertEqual([p["y"] for p in profile.plots], ["a", "b"])

    def test_first_base_there(self):
        profile = figures.Profile({"base": ["x", "b"], "rows": [
            {"peer": "a", "runs": [{"m": 8}]}, {"peer": "b", "runs": [{"m": 4}]}]})
        self.assertEqual(profile.ratio(profile.rows[0], "m"), 2)

    def test_a_peer_keeps_its_colour(self):
        few = figures.Peers({"peers": {"haraka": {}}})
        many = figures.Peers({"peers": {"a": {}, "ringpost": {}, "haraka": {}, "z": {}}})
        self.assertEqual(few.colour("haraka"), many.colour("haraka"))
        self.assertEqual(len({many.colour(n) for n in ("a", "ringpost", "haraka", "z")}), 4)

    def test_headline(self):
        data = sample()
        profile = figures.Profile(next(p for p in data["profiles"]
                                       if p["name"] == "accept-and-relay"))
        profile.headline = {"metric": "cpu_us", "where": {"work": "plain", "sessions": 100}}
        tile = headline.tile(profile, figures.Peers(data))
        self.assertRegex(tile.big, r"^1/\d\d$")
        self.assertRegex(tile.sentence, r"^CPU a message: Ringpost \d\d µs, Postfix 1,\d{3} µs")
        profile.headline["show"] = "value"
        self.assertRegex(headline.tile(profile, figures.Peers(data)).big, r"^\d\d$")
        profile.headline["show"] = "nothing"
        self.assertIsNone(headline.tile(profile, figures.Peers(data)))

    def test_measured_anew(self):
        data, more = sample(), sample()
        more["profiles"] = [dict(more["profiles"][0], title="Anew"),
                            dict(more["profiles"][0], name="other")]
        before = [p["name"] for p in data["profiles"]]
        results.replace(data, more)
        self.assertEqual([p["name"] for p in data["profiles"]], before + ["other"])
        self.assertEqual(data["profiles"][0]["title"], "Anew")
        self.assertIn("Anew", data["notes"][-1])


class Words(unittest.TestCase):
    def test_number(self):
        for value, digits, wanted in [
                (12618.4, 0, "12,618"), (0.0213, None, "0.0213"), (83.42, None, "83.4"),
                (5, None, "5"), (0, 0, "0"), (0.4, 0, "0.400"), (1e6, None, "1,000,000"),
                (None, 0, "–"), (float("nan"), None, "–"), (True, None, "yes"), (-0.0, 2, "0"),
                (1.5, 0, "1.50"), (99.96, None, "100.0")]:
            self.assertEqual(text.number(value, digits), wanted, (value, digits))

    def test_units(self):
        for unit, values, wanted in [("us", [12000, 40000, 90000], "ms"), ("us", [800], "µs"),
                                     ("bytes", [5 << 20, 9 << 20], "MiB"),
                                     ("messages/s", [1e6], "messages/s"), (None, [], "")]:
            self.assertEqual(text.Scale(unit, values).unit, wanted)
        for value, unit, wanted in [(4096, "bytes", "4 KiB"), (26214400, "bytes", "25 MiB"),
                                    (100, "ms", "100 ms"), (4653, "us", "4.65 ms"),
                                    ("any", "ms", "any"), (1000, "bytes", "1,000 bytes")]:
            self.assertEqual(text.quantity(value, unit), wanted)

    def test_ratio(self):
        for value, better, wanted in [(18.84, "more", "18.8×"), (0.0454, "less", "1/22"),
                                      (0.83, "less", "0.83×"), (1234.5, "more", "1,234×"),
                                      (None, "more", ""), (0, "less", "0×")]:
            self.assertEqual(text.ratio(value, better), wanted)

    def test_ticks(self):
        self.assertEqual(plot.Axis([0, 11800], 0, 1).widen(), [0, 2500, 5000, 7500, 10000, 12500])
        self.assertEqual(plot.Axis([3, 4100], 0, 1, log=True).widen(), [1, 10, 100, 1000, 10000])
        for values in ([], [0], [5, 5], [1e-9, 2e-9], [-3, 7], [1e300, 1e301]):
            for log in (False, True):
                ticks = plot.Axis(values, 0, 1, log=log).widen()
                self.assertEqual(ticks, sorted(ticks))
                self.assertLess(len(ticks), 12, values)

    def test_names_do_not_touch(self):
        for wanted in ([5, 5, 5], [0, 100, 101], [99, 98, 100], list(range(30))):
            places = plot.spread_out(wanted, 15, 0, 400)
            inner = sorted(places)
            least = min(15, 400 / (len(wanted) - 1))
            self.assertTrue(all(b - a > least - 1 for a, b in zip(inner, inner[1:])), places)
            self.assertTrue(-1 <= inner[0] and inner[-1] <= 401, places)


class Compared(unittest.TestCase):
    def changed(self, factor):
        before, after = sample(), sample()
        profile = next(p for p in after["profiles"] if p["name"] == "accept-and-relay")
        for run in profile["rows"][0]["runs"]:
            run["rate"] = run["rate"] * factor
        return before, after, profile["rows"][0]["peer"]

    def test_verdicts(self):
        for factor, wanted in [(1, ""), (1.001, ""), (2, "better"), (0.5, "worse")]:
            before, after, peer = self.changed(factor)
            found = [c for c in compare.changes(before, after)
                     if c[0].name == "accept-and-relay" and c[2].name == "rate"]
            self.assertEqual(found[0][-1], wanted, factor)
            self.assertTrue(all(c[-1] == "" for c in found[1:]))

    def test_printed(self):
        before, after, _ = self.changed(2)
        text_ = "\n".join(compare.lines(before, after))
        self.assertIn("1 better, 0 worse", text_)
        self.assertRegex(text_, r"end to end .* 2\.00×  better")

    def test_nothing_in_common(self):
        self.assertIn("no figure in common", "\n".join(compare.lines(sample(), {"format": 1})))


class Command(unittest.TestCase):
    def run_it(self, *words):
        with contextlib.redirect_stdout(io.StringIO()) as out, \
                contextlib.redirect_stderr(io.StringIO()) as err:
            try:
                status = main.main(list(words))
            except SystemExit as end:
                status = end.code
        return status, out.getvalue(), err.getvalue()

    def test_all(self):
        source = os.path.join(HERE, "report.json")
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "page.html")
            self.assertEqual(self.run_it(source, out)[0], 0)
            with open(out, encoding="utf-8") as file:
                Page(file.read())
            broken = os.path.join(folder, "broken.json")
            with open(broken, "w") as file:
                file.write("[1]")
            self.assertIn("not a report", self.run_it(broken)[2])
            status, printed, _ = self.run_it("--compare", source, source)
            self.assertEqual(status, 0)
            self.assertIn("0 better, 0 worse", printed)
            self.assertEqual(self.run_it("--compare", source)[0], 2)

    def test_markdown(self):
        status, printed, _ = self.run_it("--markdown", os.path.join(HERE, "report.json"))
        self.assertEqual(status, 0)
        for block in re.findall(r"(?:^\|.*\n)+", printed, re.M):
            widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
            self.assertEqual(len(widths), 1, block)
        self.assertIn("Haraka (does not flush)", printed)
        self.assertRegex(printed, r"\*\*1[0-9]\.[0-9]×\*\*")


unittest.main()
