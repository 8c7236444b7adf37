"""Small cases and truths with round numbers, to check by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from facility.records import FloatArray
from facility.site_file import LoadedSite, load_site
from tools.closed_loop.case import HORIZON, Case, Market
from tools.closed_loop.conditions import Conditions
from tools.closed_loop.plant import Truth
from tools.closed_loop.result import Cost, RunResult

TOY = Path(__file__).parent / "toy_site" / "toy.yaml"
PLANT = "tests.closed_loop.toy_plant:factory"
START = datetime(2025, 6, 2, tzinfo=UTC)  # a Monday; June has 30 days
QUARTER = timedelta(minutes=15)
BEFORE = timedelta(days=4)  # what a case needs of the past


def toy_site(**changes: Any) -> LoadedSite:
    """Return the toy site, with parts of it replaced."""
    loaded = load_site(TOY)
    return replace(loaded, site=loaded.site.model_copy(update=changes)) if changes else loaded


def case_of(
    loaded: LoadedSite | None = None,
    *,
    days: int = 1,
    price_per_kwh: float | Sequence[float] = 0.2,
    gco2_per_kwh: float = 300.0,
    seed: int = 1,
) -> Case:
    """Return a case of the toy in mild, constant weather with half the servers asked for; prices a quarter from `START` on."""
    span = BEFORE + timedelta(days=days) + HORIZON
    count = round(span / QUARTER)
    prices = np.full(count, 0.2)
    first = round(BEFORE / QUARTER)
    given = np.atleast_1d(np.asarray(price_per_kwh, dtype=float))
    prices[:] = given[-1]
    prices[first : first + len(given)] = given
    market = Market(START - BEFORE, QUARTER, prices, np.full(count, gco2_per_kwh))
    hours = round(span / timedelta(hours=1)) + 1
    conditions = Conditions(
        START - BEFORE, timedelta(hours=1), np.full(hours, 15.0), np.full(hours, 9.0), {"pool-1": np.full(hours, 0.5)}
    )
    return Case(loaded or toy_site(), PLANT, START, days, seed, conditions, market)


def truth_at(minute: float, **changes: Any) -> Truth:
    """Return a truth of the toy: 100 kW at the meter, 70 of them IT, four racks at 22 C, one hall, one plant."""
    values: dict[str, Any] = {
        "time": START + timedelta(minutes=minute),
        "facility_kw": 100.0,
        "it_kw": 70.0,
        "cooling_kw": 20.0,
        "inlet_degc": np.full(4, 22.0),
        "dew_point_degc": np.array([10.0]),
        "relative_humidity_frac": np.array([0.45]),
        "loop_supply_degc": np.zeros(0),
        "chillers_on": np.ones(1),
        "economizer_mode": np.zeros(1),
    }
    return Truth(**(values | changes))


def result_of(cost: float = 100.0, **changes: Any) -> RunResult:
    """Return a run's figures: all cost is energy, a fifth of it cooling."""
    values: dict[str, Any] = {
        name: 0 for name in RunResult.__dataclass_fields__ if name not in {"plan_seconds_mean", "plan_seconds_max"}
    }
    values |= {
        "cost": Cost(cost, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
        "energy_kwh": 500.0,
        "cooling_energy_kwh": 100.0,
        "it_energy_kwh": 380.0,
        "pue": 1.3,
        "work_done_share": 1.0,
        "work_done_server_h": 1000.0,
        "deferrable_kwh": 48.0,
    }
    return RunResult(**(values | changes))


def quarters(start: datetime, count: int) -> pd.DatetimeIndex:
    """Return times a quarter of an hour apart."""
    return pd.date_range(start, periods=count, freq=QUARTER)


def column(values: Sequence[float]) -> FloatArray:
    """Return one column of values."""
    return np.array(values, dtype=float).reshape(-1, 1)
