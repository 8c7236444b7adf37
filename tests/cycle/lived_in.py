"""A demo site with some days of simulated history that end now, in a state folder of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from facility.site_file import LoadedSite, load_site
from facility.state import StateFolder
from tools.demo.backfill import backfill
from tools.simulated_site import SimulatedSite

DEMO = Path(__file__).parents[2] / "site_configs" / "demo.yaml"
SEED = 5


def live(loaded: LoadedSite, state: StateFolder, days: float) -> None:
    """Let the simulated site live for some days up to now, and keep what its devices measured."""
    simulation = SimulatedSite(loaded.site, SEED, datetime.now(UTC) - timedelta(days=days))
    backfill(loaded, simulation, state, lambda _time: None)


def changed_site(folder: Path, changes: Mapping[str, Any]) -> Path:
    """Write the demo's site file with some top-level keys changed; mappings are merged."""
    text = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
    for key, value in changes.items():
        text[key] = {**text.get(key, {}), **value} if isinstance(value, Mapping) else value
    path = folder / "site.yaml"
    path.write_text(yaml.safe_dump(text, sort_keys=False), encoding="utf-8")
    load_site(path)  # a change that is no valid site would test something else
    return path
