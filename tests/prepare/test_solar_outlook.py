from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from facility.history.telemetry import TelemetryStore
from facility.prepare.solar_outlook import SolarOutlook
from facility.site_file import LoadedSite, load_site
from tests.prepare.conftest import NOW, write

AIR = Path(__file__).parents[2] / "site_configs" / "air_economizer.yaml"
START = NOW.replace(minute=0)
STEPS = 96


@pytest.fixture(scope="module")
def air() -> LoadedSite:
    return load_site(AIR)


def curtailable(loaded: LoadedSite) -> LoadedSite:
    (array,) = loaded.site.photovoltaics
    changed = array.model_copy(update={"curtailable": True})
    return replace(loaded, site=loaded.site.model_copy(update={"photovoltaics": (changed,)}))


def noon(time: datetime) -> float:
    """A clear day in Oregon: 100 kW at 20:00 UTC."""
    return float(max(100.0 * np.cos((time.hour + time.minute / 60.0 - 20.0) / 12.0 * 2.0 * np.pi), 0.0))


def test_clear_days_are_followed_by_a_clear_day(air: LoadedSite, store: TelemetryStore) -> None:
    write(store, {"pv-1.power_kw": noon}, START - timedelta(days=5), NOW, timedelta(minutes=15))
    outlook = SolarOutlook(air, store, NOW, START, STEPS)
    produced = outlook.produced_kw()
    assert produced.max() == pytest.approx(100.0, rel=0.03)
    assert produced[(20 - START.hour) * 4] == pytest.approx(100.0, rel=0.03)
    assert outlook.available_kw() == {}


def test_what_a_plan_may_hold_down_stands_apart(air: LoadedSite, store: TelemetryStore) -> None:
    write(store, {"pv-1.power_kw": noon}, START - timedelta(days=5), NOW, timedelta(minutes=15))
    outlook = SolarOutlook(curtailable(air), store, NOW, START, STEPS)
    assert outlook.available_kw()["pv-1"].max() == pytest.approx(100.0, rel=0.03)
    assert outlook.produced_kw().tolist() == [0.0] * STEPS


def test_an_array_beyond_its_rating_is_not_believed(air: LoadedSite, store: TelemetryStore) -> None:
    write(
        store, {"pv-1.power_kw": lambda time: 5.0 * noon(time)}, START - timedelta(days=3), NOW, timedelta(minutes=15)
    )
    assert SolarOutlook(air, store, NOW, START, STEPS).produced_kw().max() == 120.0
