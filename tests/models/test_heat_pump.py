"""Heat pumps: ideal cycles, published figures, energy balance, limits."""

from __future__ import annotations

import numpy as np
import pytest

from models.heat_pump import HeatPump, carnot_cop, lorenz_cop


def test_ideal_cycles() -> None:
    assert carnot_cop(30.0, 70.0) == pytest.approx(343.15 / 40)
    assert carnot_cop(30.0, 31.0) == pytest.approx(313.15 / 10)  # a lift of 10 K at least
    # a glide of 30 to 20 against 45 to 70 degC: logarithmic means of 298.12 and 330.49 K
    assert lorenz_cop(30.0, 20.0, 45.0, 70.0) == pytest.approx(330.49 / (330.49 - 298.12), rel=1e-3)
    assert lorenz_cop(30.0, 20.0, 45.0, 70.0) > carnot_cop(20.0, 70.0)
    assert lorenz_cop(25.0, 25.0, 70.0, 70.0) == pytest.approx(float(carnot_cop(25.0, 70.0)))


@pytest.mark.parametrize(
    ("sink", "low", "high"),
    [(70.0, 3.0, 5.2), (130.0, 1.55, 2.45)],  # from a 30 degC source, between the refrigerant's temperatures
)
def test_published_band(sink: float, low: float, high: float) -> None:
    poor, good = (
        HeatPump(500.0, share, evaporator_approach_k=0.0, condenser_approach_k=0.0).cop(30.0, sink)
        for share in (0.4, 0.6)
    )
    assert low < poor < good < high


def test_approaches_cost_what_they_add_to_the_lift() -> None:
    bare = HeatPump(500.0, evaporator_approach_k=0.0, condenser_approach_k=0.0)
    assert HeatPump(500.0).cop(30.0, 70.0) == pytest.approx(float(bare.cop(27.0, 73.0)))


def test_what_is_delivered_is_source_and_power() -> None:
    pump, heat = HeatPump(500.0), np.array([0.0, 60.0, 125.0, 300.0, 500.0])
    power, source = pump.power_kw(heat, 25.0, 65.0), pump.source_kw(heat, 25.0, 65.0)
    np.testing.assert_allclose(source + power, heat)
    assert power[0] == 0.0
    assert (np.diff(power) > 0).all()
    assert power[4] == pytest.approx(500 / float(pump.cop(25.0, 65.0)))


def test_cycling_below_the_least_load() -> None:
    pump = HeatPump(500.0, min_part_load_frac=0.25)
    full = pump.cop(25.0, 65.0)
    assert pump.cop(25.0, 65.0, 0.25) == full
    assert pump.cop(25.0, 65.0, 0.125) == pytest.approx(full * 0.5 / (0.9 * 0.5 + 0.1))  # EN 14825


def test_directions_and_limits() -> None:
    pump = HeatPump(500.0, source_leaving_min_degc=10.0, sink_leaving_max_degc=80.0)
    assert (np.diff(pump.cop(np.linspace(10, 40, 7), 70.0)) > 0).all()
    assert (np.diff(pump.cop(25.0, np.linspace(50, 80, 7))) < 0).all()
    np.testing.assert_array_equal(
        pump.may_run([400.0, 600.0, 400.0, 400.0], [20.0, 20.0, 8.0, 20.0], [70.0, 70.0, 70.0, 85.0]),
        [True, False, False, False],
    )
