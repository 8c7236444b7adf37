"""Each law at its limits and its rating."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.simulated_site.physics.air import dew_point_degc, saturation_pressure_kpa, wet_bulb_degc
from tools.simulated_site.physics.chiller import ChillerLaw
from tools.simulated_site.physics.exchanger import effectiveness, sized
from tools.simulated_site.physics.movers import Mover
from tools.simulated_site.physics.rejecting import fan_frac_for
from tools.simulated_site.physics.tower import DESIGN_APPROACH_K, DESIGN_WET_BULB_DEGC, sized_tower

CHILLER = ChillerLaw(600.0, 5.5, 120.0)
TOWER = sized_tower(720.0, 30.0, 15.0, 0.2, 101.325)


def test_wet_bulb_of_the_tables() -> None:
    """ASHRAE's chart: 25 C at 50 % has its dew point at 13.9 C and its wet bulb at 17.9 C."""
    vapour_kpa = 0.5 * saturation_pressure_kpa(25.0)
    assert dew_point_degc(vapour_kpa) == pytest.approx(13.9, abs=0.1)
    assert wet_bulb_degc(25.0, 13.9, 101.325) == pytest.approx(17.9, abs=0.2)


@given(st.floats(-15, 40), st.floats(0, 25))
def test_wet_bulb_lies_between_dew_point_and_dry_bulb(dry_degc: float, below_k: float) -> None:
    assert dry_degc - below_k - 1e-3 <= wet_bulb_degc(dry_degc, dry_degc - below_k, 101.325) <= dry_degc + 1e-3


def test_chiller_has_its_rated_cop() -> None:
    assert 600.0 / CHILLER.power_kw(600.0, 6.67, 29.4) == pytest.approx(5.5, rel=0.01)


@given(st.floats(1, 600), st.floats(5, 18), st.floats(14, 32))
def test_chiller_is_monotone_and_below_carnot(heat_kw: float, leaving_degc: float, entering_degc: float) -> None:
    power_kw = CHILLER.power_kw(heat_kw, leaving_degc, entering_degc)
    assert power_kw >= CHILLER.power_kw(heat_kw, leaving_degc + 1.0, entering_degc) - 1e-9
    assert power_kw <= CHILLER.power_kw(heat_kw, leaving_degc, entering_degc + 1.0) + 1e-9
    assert 0.5 < heat_kw / power_kw < 16.0 or heat_kw < CHILLER.min_load_kw


def test_idle_chiller_draws_nothing() -> None:
    assert CHILLER.power_kw(0.0, 7.0, 25.0) == 0.0


def test_tower_has_its_rating() -> None:
    entering_degc = DESIGN_WET_BULB_DEGC + DESIGN_APPROACH_K + 720.0 / (30.0 * 4.186)
    assert TOWER.heat_kw(entering_degc, 30.0, 1.0, DESIGN_WET_BULB_DEGC) == pytest.approx(720.0, rel=0.001)


@given(st.floats(0.2, 1.0), st.floats(-5, 25), st.floats(1, 20))
def test_tower_never_cools_below_the_wet_bulb(fan: float, wet_bulb: float, above_k: float) -> None:
    heat_kw = TOWER.heat_kw(wet_bulb + above_k, 30.0, fan, wet_bulb)
    assert 0.0 <= heat_kw <= 30.0 * 4.186 * above_k + 1e-6
    assert heat_kw <= TOWER.heat_kw(wet_bulb + above_k, 30.0, min(fan + 0.1, 1.0), wet_bulb) + 1e-6


def test_tower_fan_is_found() -> None:
    speed = fan_frac_for(TOWER, 400.0, 30.0, 30.0, 20.0)
    assert 0.2 < speed < 1.0
    assert TOWER.heat_kw(30.0, 30.0, speed, 20.0) == pytest.approx(400.0, rel=0.005)


def test_effectiveness_at_its_limits() -> None:
    assert effectiveness(1.0, 0.0) == pytest.approx(1.0 - math.exp(-1.0))
    assert effectiveness(2.0, 1.0) == pytest.approx(2.0 / 3.0, rel=1e-4)


@given(st.floats(2.0, 12.0), st.floats(0.5, 5.0))
def test_valve_is_found(hot_kwpk: float, heat_kwpk: float) -> None:
    coil = sized(6.6, 12.0, 0.65)
    water_kwpk = 5.0
    for _ in range(12):
        water_kwpk = coil.next_cold_kwpk(heat_kwpk, hot_kwpk, water_kwpk, 15.0)
    most = coil.heat_kwpk(hot_kwpk, 15.0)
    assert coil.heat_kwpk(hot_kwpk, water_kwpk) == pytest.approx(min(heat_kwpk, most), rel=0.02)


def test_movers() -> None:
    pump = Mover(30.0, 11.0, 0.3, 0.3)
    assert pump.power_kw(30.0) == pytest.approx(11.0)
    assert pump.power_kw(0.0) == 0.0
    assert 0.2 < pump.power_kw(15.0) / 11.0 < 0.4  # static head keeps it far above the cube
