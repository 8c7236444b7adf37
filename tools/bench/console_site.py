"""The site of the console's benchmark: the demo site with racks added to its first hall, a plan of 48 hours, and readings."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from facility.history.telemetry import TelemetryStore
from facility.records import CostBreakdown, Plan, Quality, ReadingBatch
from facility.site_file import LoadedSite, load_site
from facility.site_journal import open_site_journal
from facility.state import StateFolder

DEMO = Path(__file__).parents[2] / "site_configs" / "demo.yaml"
RACK_POINTS, DEMO_POINTS, DEMO_RACKS = 13, 648, 12
RACKS_A_ROW = 24
STEP, STEPS = timedelta(minutes=15), 192
YEAR_POINT = "utility.power_kw"
_SETPOINTS: Mapping[str, Sequence[str]] = {
    "supply_air_temperature_setpoint_degc": [f"crah-{number}" for number in range(1, 9)],
    "fan_speed_setpoint_frac": [f"crah-{number}" for number in range(1, 9)],
    "leaving_chilled_water_temperature_setpoint_degc": ["plant-1"],
    "condenser_water_temperature_setpoint_degc": ["plant-1"],
    "secondary_supply_temperature_setpoint_degc": ["loop-1"],
    "chillers_staged_command": ["plant-1"],
    "charge_power_setpoint_kw": ["battery-1"],
}


def large_site(folder: Path, points: int) -> LoadedSite:
    """Write a site of about so many points, all but the demo's of rack PDUs, and load it."""
    document: dict[str, Any] = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
    racks = DEMO_RACKS - (DEMO_POINTS - max(points, DEMO_POINTS)) // RACK_POINTS
    rows = [f"a{first:03d}..a{min(first + RACKS_A_ROW - 1, racks):03d}" for first in range(1, racks + 1, RACKS_A_ROW)]
    document["halls"][0]["racks"] = [
        {"for_each": row, "id": "{item}", "row": number, "position": "{n}", "rated_kw": 12.0}
        for number, row in enumerate(rows, start=1)
    ]
    document["devices"] = list(_more_devices(document["devices"], f"a001..a{racks:03d}"))
    path = folder / "site.yaml"
    path.write_text(json.dumps(document), encoding="utf-8")  # JSON is YAML
    return load_site(path)


def _more_devices(devices: Sequence[Mapping[str, Any]], racks: str) -> Iterator[Mapping[str, Any]]:
    for device in devices:
        yield {**device, "for_each": racks} if device.get("for_each") == "a01..a12" else device


def store_readings(store: TelemetryStore, loaded: LoadedSite, at: datetime, turn: int) -> None:
    """Append what comes in two seconds of a site polled every ten: a fifth of the points, all of them at first."""
    points = tuple(point.id for point in loaded.points)[turn % 5 :: 5 if turn else 1]
    values = np.array([_middle(point) for point in points]) * (1.0 + 0.01 * np.sin(turn + np.arange(len(points))))
    store.append(_batch(loaded, points, np.full(len(points), _us(at)), values))


def store_year(store: TelemetryStore, loaded: LoadedSite, end: datetime, days: int) -> None:
    """Load some days of one point at 5 minutes: days and weeks, noise, and a spike of one reading each month."""
    times = _us(end) - np.arange(days * 288, 0, -1) * 300 * 10**6
    hours = times / 3.6e9
    noise = np.random.default_rng(1).normal(0.0, 3.0, len(times))
    values = 500.0 + 60.0 * np.sin(hours * math.tau / 24) + 20.0 * np.sin(hours * math.tau / 168) + noise
    values[:: 288 * 30] += 300.0
    store.load([_batch(loaded, (YEAR_POINT,) * len(times), times, values)])


def store_plan(loaded: LoadedSite, state: StateFolder, start: datetime) -> None:
    """Store a plan with as many series as the demo's plans have."""
    day = [math.cos(math.tau * (step / 4 - 3) / 24) for step in range(STEPS)]
    schedule = {
        "site.power_kw": tuple(520 + 40 * each for each in day),
        "site.power_half_width_kw": (14.0,) * STEPS,
        "site.it_power_kw": tuple(400 + 30 * each for each in day),
        "site.price_per_kwh": tuple(0.31 if 17 <= step / 4 % 24 < 20 else 0.18 for step in range(STEPS)),
        "site.carbon_intensity_gco2_per_kwh": tuple(300 + 80 * each for each in day),
    }
    for number, (ending, equipment) in enumerate(_SETPOINTS.items()):
        for each in equipment:
            schedule[f"{each}.{ending}"] = tuple(float(round(10 + number + len(each) * value)) for value in day)
    costs = CostBreakdown(19000.0, 4100.0, 210.0, 5200.0, 150.0, 4.0, -12.5)
    plan = Plan(
        id="plan-1",
        site_id=loaded.site.id,
        site_revision=loaded.revision,
        model_version="nameplate",
        created=start,
        start=start,
        step=STEP,
        schedule=schedule,
        baseline={"site.power_kw": tuple(560 + 45 * each for each in day)},
        modes={"plant-1": tuple("free" if each > 0.5 else "mechanical" for each in day)},
        cost=costs,
        baseline_cost=costs,
        bound=4440.0,
        binding_limits={"inlet temperature": ("a001",)},
    )
    with closing(open_site_journal(loaded, state)) as journal:
        journal.save_plan(plan, [], "bench")


def _middle(point: str) -> float:
    if point.endswith("_frac"):
        return 0.6
    return 23.5 if point.endswith("_degc") else 8.0


def _batch(loaded: LoadedSite, points: tuple[str, ...], times: Any, values: Any) -> ReadingBatch:
    return ReadingBatch(points, times, values, np.full(len(points), Quality.GOOD, np.uint8), loaded.revision)


def _us(at: datetime) -> int:
    return round(at.astimezone(UTC).timestamp() * 1e6)
