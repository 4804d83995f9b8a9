#!/usr/bin/python3
"""bench/cost: its command line, and how it reads what callgrind, strace and perf say."""
import contextlib
import importlib.machinery
import importlib.util
import io
import json
import os
import sys
import tempfile
import unittest
import xml.etree.ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
BENCH = os.path.join(os.path.dirname(os.path.dirname(HERE)), "bench")
sys.dont_write_bytecode = True
sys.path.insert(0, BENCH)

from costing import callgrind, duel, flame, show, tools  # noqa: E402

loader = importlib.machinery.SourceFileLoader("cost", os.path.join(BENCH, "cost"))
cost = importlib.util.module_from_spec(importlib.util.spec_from_loader("cost", loader))
loader.exec_module(cost)

STRACE = """% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 98.21    1.234567          20      1600           io_uring_enter
  1.79    0.022500          22       100        12 futex
------ ----------- ----------- --------- --------- ----------------
100.00    1.257067          21      1700        12 total
"""
PERF = """ringpost 
\tffffffff81a7c0d4 tcp_sendmsg_locked+0x12 ([kernel.kallsyms])
\tffffffff81a7c0d4 tcp_sendmsg ([kernel.kallsyms])
\t    7f0e1d8b2a4c [unknown] (/usr/lib/x86_64-linux-gnu/liburing.so.2.3)

ringpost 
\t    55d0c0a81234 check (/src/build/console/ringpost)
\t    55d0c0a81fff smtp_data.part.0 (/src/build/console/ringpost)
\t    55d0c0a81ffe switch_entry (/src/build/console/ringpost)

redis-server
\tffffffff8120d0d4 do_fsync ([kernel.kallsyms])
"""


def small():
    with open(os.path.join(HERE, "small.callgrind")) as file:
        return callgrind.cost(callgrind.read(file), 10)


def measured(**more):
    return {"format": 1, "version": "ringpost 1 (abc)", "mode": "plain", "sessions": 100,
            "size": 4096, "tools": "smtp-source, smtp-sink", "instructions": small(), **more}


def refused(*words):
    with contextlib.redirect_stderr(io.StringIO()) as said:
        try:
            cost.arguments(words)
        except SystemExit as end:
            return end.code == 2 and said.getvalue()
    return ""


class Arguments(unittest.TestCase):
    def test_defaults(self):
        options = cost.arguments([])
        self.assertEqual((options.mode, options.sessions, options.size, options.messages,
                          options.own_tools, options.perf), ("plain", 100, 4096, 4000, False,
                                                            False))

    def test_tls_needs_our_source(self):
        self.assertTrue(cost.arguments(["--mode", "tls"]).own_tools)

    def test_refused(self):
        for words, why in [(["--mode", "pigeon"], "invalid choice"),
                           (["--sessions", "0"], "--sessions"), (["--messages", "3"], "least 8"),
                           (["--no-callgrind"], "nothing is left"),
                           (["--no-callgrind", "--strace", "--flame", "x.svg"], "--flame"),
                           (["--compare", "a.json"], "2 arguments")]:
            self.assertIn(why, refused(*words), words)


class Callgrind(unittest.TestCase):
    def test_layers(self):
        got = small()
        self.assertEqual(got["instructions"], 205)
        self.assertEqual(got["layers"], {
            "libc: malloc": 80, "core/serve": 49, "core/io": 26,
            "libc: memcpy, memchr, strlen": 25, "core/base": 15, "OpenSSL": 10})

    def test_calls(self):
        got = small()
        self.assertEqual((got["allocations"], got["copies"], got["fiber_switches"]), (2, 3, 1))

    def test_functions(self):
        functions = {f["name"]: f for f in small()["functions"]}
        self.assertEqual(functions["malloc"]["instructions"], 50)
        self.assertEqual(functions["stream_facts"]["calls"], 0.5)
        self.assertIn("stream_read", functions)

    def test_what_idling_costs_is_taken_off(self):
        with open(os.path.join(HERE, "small.callgrind")) as file:
            busy = callgrind.read(file)
        half = callgrind.cost(callgrind.without(busy, busy, 0.5), 10)
        self.assertEqual((half["instructions"], half["allocations"]), (102, 1))
        self.assertEqual(callgrind.without(busy, busy, 2).total, 0)

    def test_names(self):
        for raw, name in [("f'2", "f"), ("memcpy@@GLIBC_2.14", "memcpy"),
                          ("f.constprop.0", "f"), ("f.isra.0.cold", "f"), ("f", "f")]:
            self.assertEqual(callgrind.plain(raw), name)

    def test_another_event(self):
        with self.assertRaises(ValueError):
            callgrind.read(["events: Cycles"])


class Tools(unittest.TestCase):
    def test_strace(self):
        self.assertEqual(tools.read_strace(STRACE), {"io_uring_enter": 1600, "futex": 100})
        self.assertEqual(tools.read_strace(""), {})

    def test_perf(self):
        found, stacks = tools.shares(tools.read_samples(PERF.splitlines()))
        self.assertEqual(found["ringpost"]["kernel"], 0.5)
        self.assertEqual(found["ringpost"]["kernel_of"], {"send to network": 0.5})
        self.assertEqual(found["redis-server"]["kernel_of"], {"write and sync files": 1})
        self.assertIn(("ringpost", (("switch_entry", False), ("smtp_data", False),
                                    ("check", False))), stacks)


class Shown(unittest.TestCase):
    def test_one(self):
        text = "\n".join(show.one(measured(system_calls={
            "messages": 10, "daemon": {"io_uring_enter": 0.5}, "redis": {"fdatasync": 0.03}})))
        for part in ["core/serve", "malloc (libc: malloc)", "io_uring_enter", "0.500", "205"]:
            self.assertIn(part, text)

    def test_two(self):
        before, after = measured(), measured(sessions=20)
        after["instructions"]["layers"]["core/io"] = 13
        text = "\n".join(show.two(before, after))
        self.assertIn("-50 %", text)
        self.assertIn("not the same sessions: 100 and 20", text)

    def test_compare_by_command(self):
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "a.json")
            with open(file, "w") as out:
                json.dump(measured(), out)
            with contextlib.redirect_stdout(io.StringIO()) as said:
                self.assertEqual(cost.main(["--compare", file, file]), 0)
            self.assertIn("after:", said.getvalue())
            with open(file, "w") as out:
                out.write("[]")
            with contextlib.redirect_stderr(io.StringIO()) as said:
                self.assertEqual(cost.main(["--compare", file, file]), 1)
            self.assertIn("is not what", said.getvalue())


class Duel(unittest.TestCase):
    def test_ratio_of_rounds(self):
        found = [[{"messages/s": v, "at": 0} for v in values]
                 for values in ((100, 200, 300), (150, 280, 450))]
        text = "\n".join(duel.lines(found))
        self.assertIn("3 rounds", text)
        self.assertRegex(text, r"messages/s +200 \(100–300\) +280 \(150–450\) +1\.500× +1\.40–1\.50")


class Flame(unittest.TestCase):
    def labels(self, svg):
        tree = xml.etree.ElementTree.fromstring(svg)
        return [e.text for e in tree.iter() if e.tag.endswith("}title")]

    def test_samples(self):
        _, stacks = tools.shares(tools.read_samples(PERF.splitlines()))
        labels = self.labels(flame.draw(flame.from_samples(stacks), "a <b> & c", "about"))
        self.assertTrue(any(x.startswith("on fibers: 1 samples, 33.3 %") for x in labels), labels)
        self.assertTrue(any(x.startswith("check: 1 ") for x in labels))
        self.assertFalse(any(x.startswith("switch_entry") for x in labels))

    def test_layers(self):
        labels = self.labels(flame.draw(flame.from_cost(small()), "t", "a", "instructions"))
        self.assertTrue(any(x.startswith("core/serve: 49 instructions") for x in labels), labels)

    def test_nothing(self):
        self.labels(flame.draw(flame.from_samples({}), "t", "a"))


unittest.main()
