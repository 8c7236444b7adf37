"""Every kind of chiller at its rating, in its published range, beyond it, and within its limits."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from models import chiller
from models.air_cooled_chiller import AIR_COOLED
from models.chiller_curves import (
    CENTRIFUGAL,
    SCREW,
    VARIABLE_SPEED,
    WARM_WATER,
    WATER_COOLED,
    ChillerCurves,
    Kind,
    of_kind,
)
from models.chiller_limits import ChillerLimits
from models.cooling import JointState, Mode
from models.nameplate import Chiller, group_chillers
from tests.models.small_plant import load, plant

ALL = [*WATER_COOLED.values(), AIR_COOLED]
BY_NAME = pytest.mark.parametrize("curves", ALL, ids=[curves.name for curves in ALL])


@BY_NAME
def test_the_nameplate_holds_at_the_rated_temperatures(curves: ChillerCurves) -> None:
    power = chiller.power_kw(1000.0, *curves.rated_degc, rated_cooling_kw=1000.0, rated_cop=5.0, curves=curves)
    assert power == pytest.approx(200.0, rel=0.006)  # the published sets are 1 there within half a percent
    assert curves.capacity_ratio(*curves.rated_degc) == pytest.approx(1.0, abs=0.005)


@pytest.mark.parametrize(
    ("curves", "published_cop", "leaving", "entering", "cop"),
    [
        (VARIABLE_SPEED, 7.51, 7.22, 23.89, 7.51),  # the reference point of EnergyPlus' set, back from our rating
        (SCREW, 5.42, 6.67, 29.44, 5.42),
        (AIR_COOLED, 2.99, 6.67, 35.0, 2.99),
    ],
)  # fmt: skip
def test_published_reference_points(
    curves: ChillerCurves, published_cop: float, leaving: float, entering: float, cop: float
) -> None:
    at_rating = published_cop * curves.input_ratio(leaving, entering)  # COP at our rating that the set implies
    capacity = 1000.0 * curves.capacity_ratio(leaving, entering)
    power = chiller.power_kw(
        capacity, leaving, entering, rated_cooling_kw=1000.0, rated_cop=float(at_rating), curves=curves
    )
    assert capacity / power == pytest.approx(cop, rel=0.002)


def test_a_drive_pays_at_part_load_and_low_lift() -> None:
    def saving(entering: float) -> float:
        fixed, driven = (
            chiller.power_kw(400.0, 8.0, entering, rated_cooling_kw=1000.0, curves=curves)
            for curves in (CENTRIFUGAL, VARIABLE_SPEED)
        )
        return float(1 - driven / fixed)

    assert saving(29.4) > 0.15  # 40 % load
    assert saving(18.0) > saving(29.4)


def ashrae_90_1_kadj(leaving_degc: float, entering_degc: float) -> float:
    """Return ASHRAE 90.1-2013 (SI) Kadj, valid to 46.1 degC leaving the condenser and for lifts of 11.1 to 44.4 K."""
    lift = entering_degc + 5.2 - leaving_degc  # the standard rating: 29.4 to 34.6 degC
    a = 1.5318e-6 * lift**4 - 2.02076e-4 * lift**3 + 1.01800e-2 * lift**2 - 0.264958 * lift + 3.930196
    return a * (0.0027 * leaving_degc + 0.982)


def test_kadj_is_one_at_the_standard_rating() -> None:
    assert ashrae_90_1_kadj(6.67, 29.44) == pytest.approx(1.0, abs=0.002)


@pytest.mark.parametrize("leaving", [10.0, 14.0, 18.0])
@pytest.mark.parametrize("entering", [24.0, 29.4, 35.0])
def test_warm_water_follows_ashrae_90_1(leaving: float, entering: float) -> None:
    expected = ashrae_90_1_kadj(*WARM_WATER.rated_degc) / ashrae_90_1_kadj(leaving, entering)
    assert WARM_WATER.input_ratio(leaving, entering) == pytest.approx(expected, rel=0.015)
    assert not WARM_WATER.extrapolated(leaving, entering)


@BY_NAME
def test_warmer_chilled_and_colder_condenser_water_always_help(curves: ChillerCurves) -> None:
    leaving, entering = np.linspace(4.0, 24.0, 81), np.linspace(12.0, 38.0, 79)
    ratio = curves.input_ratio(leaving[:, None], entering)
    lifted = curves.lift_k(leaving[:, None], entering) > curves.least_lift_k
    assert (np.diff(ratio, axis=0)[lifted[1:]] <= 4e-4).all()  # the DOE-2 curve itself is level at its warm, cold edge
    assert (np.diff(ratio, axis=1)[lifted[:, :-1]] >= 0).all()
    assert np.abs(np.diff(ratio, 2, axis=1)).max() < 0.02  # no kink worth the name at the edge of the range
    assert ((ratio > 0.3) & (ratio < 2.2)).all()


def test_a_cold_day_helps_an_air_cooled_chiller_until_its_fans_hold_the_head() -> None:
    cop = 3.0 / AIR_COOLED.input_ratio(7.0, np.array([-10.0, 0.0, 10.0, 20.0, 35.0]))
    assert cop[-1] == pytest.approx(3.0, rel=0.01)
    assert 4.0 < cop[3] < 4.8  # catalogues of air-cooled scrolls at 20 degC outdoors
    assert cop[0] == cop[1] == cop[2] > cop[3]
    assert AIR_COOLED.extrapolated(7.0, 10.0)


def test_surge_rises_with_lift_and_unloading_bounds_it() -> None:
    limits = ChillerLimits(min_part_load_frac=0.15, surge_part_load_frac=0.4)
    least = limits.least_part_load_frac(7.0, np.array([16.0, 24.0, 29.4, 36.0]))
    assert (np.diff(least) > 0).all()
    assert limits.least_part_load_frac(*CENTRIFUGAL.rated_degc) == pytest.approx(0.4)
    assert limits.least_part_load_frac(20.0, 16.0) < 0.3
    assert ChillerLimits(surge_part_load_frac=0.0).least_part_load_frac(7.0, 29.4) == 0.1


def test_limits_of_water_flow_and_starts() -> None:
    limits = ChillerLimits()
    np.testing.assert_array_equal(
        limits.may_run([7.0, 7.0, 25.0, 7.0, 7.0], [24.0, 12.0, 24.0, 24.0, 24.0], [1.0, 1.0, 1.0, 0.2, 1.8]),
        [True, False, False, False, False],
    )
    np.testing.assert_array_equal(limits.may_start([2.0, 6.0, 6.0], [0, 0, 4]), [False, True, False])


@pytest.mark.parametrize("kind", ["variable_speed", "warm_water", "screw"])
def test_the_plant_uses_the_curves_of_its_chillers(kind: Kind) -> None:
    state, today = JointState(Mode.MECHANICAL, 14.0, (21.0,), 1), load(200.0, wet_bulb_degc=22.0)
    machines = tuple(dataclasses.replace(unit, kind=kind) for unit in plant().chillers)
    answer = dataclasses.replace(plant(), chillers=machines).evaluate(state, today)
    usual = plant().evaluate(state, today)
    assert answer.feasible.all()
    assert answer.chiller_kw[0] != pytest.approx(usual.chiller_kw[0], rel=0.01)
    assert answer.extrapolated[0] == (kind != "warm_water")  # 14 degC is inside its range, outside the others'


def test_kinds_are_not_mixed() -> None:
    assert group_chillers([Chiller("a", 1.0, kind="screw"), Chiller("b", 1.0, kind="screw")]).curves is of_kind("screw")
    with pytest.raises(ValueError, match="several kinds cannot act as one: centrifugal, screw"):
        group_chillers([Chiller("a", 1.0), Chiller("b", 1.0, kind="screw")])
