"""Where real measurements lie that benchmarks are scored on: beside the project, never part of it."""

from __future__ import annotations

import sys
from pathlib import Path

_DATA = Path(__file__).parents[3] / "shared" / "data"


def folder(name: str) -> Path | None:
    """Return the folder of a data set; where it is absent say so on stderr, and return None."""
    found = _DATA / name
    if found.is_dir():
        return found
    sys.stderr.write(f"{name}: skipped, ../shared absent\n")
    return None
