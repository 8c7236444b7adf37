"""Benchmarks: `python -m tools.bench NAME [--quick] [--format table|json]`; one module a topic, each with `run(quick)`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measured number; `reference` is what it is compared with, in the same unit, and `ratio` value / reference."""

    metric: str
    value: float
    unit: str
    reference: float | None = None
    ratio: float | None = None
