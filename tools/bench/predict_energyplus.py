"""A plant that nobody here wrote: its power a week ahead, given the weather, after thirty days."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec

import numpy as np
import pandas as pd

from facility.learn.site_frame import read_site_frame
from facility.site_file import LoadedSite, load_site
from models.whole.ahead import fit_ahead
from models.whole.site_rows import FACILITY
from tools.bench.rows import Row
from tools.bench.shared_data import energyplus_site, folder
from tools.closed_loop.baselines import GoodPractice
from tools.closed_loop.drive import Drive
from tools.closed_loop.memory_telemetry import MemoryTelemetry
from tools.closed_loop.plant import Key
from tools.energyplus.model import FOLDERS
from tools.energyplus_plant import factory, own_conditions

MONTHS = (1, 4, 7, 10)
SEED = 0
LEARNED, AHEAD, SETTLING = timedelta(days=30), timedelta(days=7), timedelta(days=1)
MOST = 0.03


@dataclass(slots=True)
class _Kept:
    """Good practice at the plant, and what its sensors said from a time on."""

    practice: GoodPractice
    readings: MemoryTelemetry
    begin: datetime

    def decide(self, time: datetime, measured: Mapping[Key, float]) -> Mapping[Key, float]:
        if time >= self.begin:
            self.readings.record(time, measured)
        return self.practice.decide(time, measured)


def rows(quick: bool) -> list[Row]:
    """Measure four months (`quick`: one) and report the worst, each beside the figure that is asked."""
    data = folder("energyplus")
    if data is None:
        return []
    if find_spec("pyenergyplus") is None:
        sys.stderr.write("energyplus: skipped, EnergyPlus extra absent\n")
        return []
    os.environ.setdefault(FOLDERS, str(data))
    loaded = load_site(energyplus_site())
    found = {month: _month(loaded, month) for month in (MONTHS[-1:] if quick else MONTHS)}
    errors = [error for error, _ in found.values()]
    by_month = [
        Row(f"energyplus_cv_rmse: month {month}", error, "", MOST, error / MOST) for month, (error, _) in found.items()
    ]
    coverage = float(np.mean([covered for _, covered in found.values()]))
    return [
        Row("energyplus_cv_rmse", max(errors), "", MOST, max(errors) / MOST),
        *by_month,
        Row("energyplus_coverage_90", coverage, "", 0.9, coverage / 0.9),
    ]


def _month(loaded: LoadedSite, month: int) -> tuple[float, float]:
    """Return CV(RMSE) of the hourly means of a week, and the share of steps inside the 90 % interval."""
    start = datetime(2025, month, 1, 6, tzinfo=UTC)
    issued, end = start + LEARNED, start + LEARNED + AHEAD
    readings = _lived(loaded, start, end)
    past = read_site_frame(loaded, readings, start, issued).rows()
    came = read_site_frame(loaded, readings, issued, end).table
    step = loaded.site.step
    model = fit_ahead(past, round(step / timedelta(minutes=1)), len(came))
    recent = past.table[past.table.index >= pd.Timestamp(issued) - pd.Timedelta(days=1)]
    ahead = model.forecast(pd.Timestamp(issued), recent, came[list(past.conditions)])
    missed = pd.Series(came[FACILITY].to_numpy(float) - ahead.facility_kw, index=came.index)
    hourly = missed.resample("1h").mean()
    inside = np.abs(missed.to_numpy(float)) <= ahead.facility_half_width_kw
    return float(np.sqrt(np.mean(hourly**2)) / came[FACILITY].mean()), float(inside.mean())


def _lived(loaded: LoadedSite, start: datetime, end: datetime) -> MemoryTelemetry:
    """Let the plant live under good practice; its weather is the model's own, its load follows day and week."""
    conditions = own_conditions(loaded, SEED, start - SETTLING, end + SETTLING, timedelta(minutes=5))
    readings = MemoryTelemetry(loaded.points, loaded.revision)
    plant = factory(loaded, conditions, SEED, start - SETTLING)
    try:
        Drive(plant, _Kept(GoodPractice(loaded), readings, start), []).run(end)
    finally:
        plant.close()
    return readings
