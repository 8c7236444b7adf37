"""Commissioning: whether the models know which way every setpoint works once it has been tried, and whether the tries were safe."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from facility.learn.learned import load_learned
from facility.learn.model_store import ModelStore
from facility.learn.twin import Learned
from facility.prepare.commissioning_effects import effects_at
from facility.site_file import load_site
from tools.bench.commissioning_days import CommissionedSite, commission, true_effects
from tools.bench.inlet_directions import Directions
from tools.bench.rows import Row, compared

SITE = Path(__file__).parents[2] / "site_configs" / "demo.yaml"
SEEDS = 10
FIRST, APART = datetime(2026, 1, 10, tzinfo=UTC), timedelta(days=36)  # the seeds go through a year
# A plant that moves less shows no direction: its protection holds it, a valve is open already, or machines make up for each other.
LEAST_KW, LEAST_K = 0.1, 0.05
_NONE = Directions(0, 0)


def rows(quick: bool) -> list[Row]:
    """Return the rows; `quick` takes one seed."""
    learned = nameplate = _NONE
    sites = []
    for seed in range(1, 2 if quick else SEEDS + 1):
        with tempfile.TemporaryDirectory() as folder:
            models = ModelStore(Path(folder))
            found = commission(load_site(SITE), seed, FIRST + (seed - 1) * APART, models)
            learned += directions(found, load_learned(models, found.loaded.site))
        nameplate += directions(found, Learned())
        sites.append(found)
    steps = [step for found in sites for campaign in found.rounds for step in campaign.steps]
    lost, untried = (
        [over for found in sites for over in getattr(found, name)] for name in ("lost_over_k", "lost_untried_over_k")
    )
    return [
        compared("commissioning_direction_right_frac", _share(learned), "frac", _share(nameplate)),
        Row("commissioning_directions", learned.asked, "count"),
        Row("commissioning_limit_breaks", sum(int((np.array(found.over_k) > 0).sum()) for found in sites), "count"),
        Row("commissioning_limit_breaks: a CRAH stops during a try", sum(over > 0 for over in lost), "count"),
        Row("commissioning_tries that warm a hall", len(lost), "count"),
        Row(
            "commissioning_limit_breaks: a CRAH stops and nothing is tried", sum(over > 0 for over in untried), "count"
        ),
        Row("commissioning_tries", len(steps) / len(sites), "count"),
        Row("commissioning_days", sum(found.days for found in sites) / len(sites), "d"),
        *_growth(sites),
    ]


def directions(found: CommissionedSite, learned: Learned) -> Directions:
    """Return how many effects of setpoints the plant shows clearly, and in how many the models have its sign."""
    halls, total = [hall.id for hall in found.loaded.site.halls], _NONE
    effects = effects_at(found.loaded, found.readings, learned, found.site.time)
    for effect, true_kw, true_k in true_effects(found, effects):
        total += _direction(true_kw, effect.facility_kw, LEAST_KW)
        for hall, kelvin in zip(halls, true_k, strict=True):
            total += _direction(float(kelvin), effect.hottest_k.get(hall, 0.0), LEAST_K)
    return total


def _direction(truth: float, model: float, least: float) -> Directions:
    clear = abs(truth) >= least
    return Directions(int(clear), int(clear and truth * model > 0))


def _share(found: Directions) -> float:
    return found.right / max(found.asked, 1)


def _growth(sites: list[CommissionedSite]) -> Iterator[Row]:
    """Yield by how much tries widened what history had held, by kind of setpoint; mean of halls, loops and seeds."""
    widths: dict[str, list[float]] = {}
    for found in sites:
        tried: dict[tuple[str, str], list[float]] = {}
        for step in (step for campaign in found.rounds for step in campaign.steps):
            tried.setdefault((step.lever.equipment, step.lever.quantity), [step.lever.now]).append(step.value)
        for (_, quantity), values in tried.items():
            widths.setdefault(quantity, []).append(max(values) - min(values))
    for quantity, found_widths in sorted(widths.items()):
        name, _, unit = quantity.replace("_setpoint", "").rpartition("_")
        yield Row(f"commissioning_range_grown: {name}", float(np.mean(found_widths)), "K" if unit == "degc" else unit)
