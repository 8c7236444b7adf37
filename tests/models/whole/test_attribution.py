"""Why the ratio changed: the cause that was made is the cause that is found, and all causes add up."""

from __future__ import annotations

import pandas as pd
import pytest

from models.whole.attribution import Attribution, attribute
from models.whole.site_rows import site_rows
from tests.models.whole.making import SETPOINT, WEATHER, site_frame

PARTS = ("chiller_kw", "fan_kw")
GROUPS = {"weather": WEATHER, "setpoints": (SETPOINT,)}


def _why(after: pd.DataFrame) -> Attribution:
    first, second = (site_rows(one, PARTS, (*WEATHER, SETPOINT)) for one in (site_frame("2025-05-01", 28), after))
    found = attribute(first, second, GROUPS)
    assert sum(found.causes.values()) == pytest.approx(found.change, abs=1e-9)
    assert found.causes["hours measured"] == pytest.approx(0.0, abs=1e-9)  # whole days
    return found


def _largest(found: Attribution) -> str:
    return max(found.causes, key=lambda cause: abs(found.causes[cause]))


def test_weather() -> None:
    found = _why(site_frame("2025-06-01", 28, warmer_k=2.0, seed=2))
    assert _largest(found) == "weather"
    assert found.causes["weather"] == pytest.approx(found.change, abs=0.003)


def test_setpoints() -> None:
    found = _why(site_frame("2025-06-01", 28, supply_degc=20.4, seed=2))
    assert found.causes["setpoints"] == pytest.approx(-0.03 * 0.4 * 0.10 * 0.46, abs=4e-4)


def test_load() -> None:
    found = _why(site_frame("2025-06-01", 28, load_kw=430.0, seed=2))
    fixed_kw = 12.0 + 8.0
    assert found.causes["load"] == pytest.approx(fixed_kw / 430.0 - fixed_kw / 400.0, abs=1.5e-3)


def test_equipment_whose_meter_shows_it() -> None:
    after = site_frame("2025-06-01", 28, seed=2)
    after[["chiller_kw", "facility_kw"]] += 6.0  # a fouled condenser
    found = _why(after)
    assert _largest(found) == "chiller_kw"
    assert found.causes["chiller_kw"] == pytest.approx(6.0 / 400.0, abs=1.5e-3)
    assert found.causes["chiller_kw"] > found.half_width


def test_what_no_meter_shows_is_unexplained() -> None:
    after = site_frame("2025-06-01", 28, seed=2)
    after["facility_kw"] += 6.0
    found = _why(after)
    assert found.causes["unexplained"] == pytest.approx(6.0 / 400.0, abs=1e-3)


def test_nothing_happened() -> None:
    found = _why(site_frame("2025-06-01", 28, seed=2))
    for cause in (*PARTS, "unexplained"):
        assert abs(found.causes[cause]) < max(2 * found.half_width, 1e-3)


def test_unseen_conditions_are_counted() -> None:
    assert _why(site_frame("2025-06-01", 28, warmer_k=15.0, seed=2)).unseen_frac > 0.5
