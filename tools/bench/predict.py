"""Prediction: errors, coverage and cost of the learned models on real measurements and on plants that we did not write."""

from __future__ import annotations

import importlib
from pathlib import Path

from tools.bench.rows import Row

_PREFIX = "predict_"


def run(quick: bool) -> list[Row]:
    """Return the rows of each part; those whose data are absent say so on stderr and add none."""
    parts = sorted(path.stem for path in Path(__file__).parent.glob(f"{_PREFIX}*.py"))
    rows: list[Row] = []
    for part in parts:
        rows += importlib.import_module(f"tools.bench.{part}").rows(quick)
    return rows
