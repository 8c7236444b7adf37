"""Where real measurements lie that benchmarks are scored on: beside the project, never part of it."""

from __future__ import annotations

import sys
from pathlib import Path

_DATA = Path(__file__).parents[3] / "shared" / "data"
_MAPPINGS = Path(__file__).parents[1] / "energyplus_models"


def folder(name: str) -> Path | None:
    """Return the folder of a data set; where it is absent say so on stderr, and return None."""
    found = _DATA / name
    if found.is_dir():
        return found
    sys.stderr.write(f"{name}: skipped, ../shared absent\n")
    return None


def energyplus_site() -> Path:
    """Return the site file of the EnergyPlus model that has a mapping here; the model itself is a data set."""
    mapping = min(_MAPPINGS.glob("*.energyplus.yaml"))
    return mapping.with_name(mapping.name.replace(".energyplus", ""))
