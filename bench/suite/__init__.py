"""The benchmark suite: what bench/run does, part by part (bench/README.md)."""
