"""Benchmarks: `python -m tools.bench NAME [--quick] [--format table|json]`; one module a topic, each with `run(quick)`."""

from tools.bench.rows import Row

__all__ = ["Row"]
