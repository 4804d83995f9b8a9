"""Kinds of measurements: each module has measure(bench, cell), see suite/bench.py."""
