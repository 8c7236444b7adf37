"""Wrong inputs are refused by name before anything is solved."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from facility.errors import PlanError, SignalError
from tests.plan.toy import POOL, toy_inputs, toy_site


def test_prices_that_end_too_early_are_named_with_their_end() -> None:
    with pytest.raises(SignalError, match=r"price_per_kwh ends at 2026-04-14 10:00 UTC; .* until 2026-04-14 12:00 UTC"):
        toy_inputs(toy_site(6.0), price_per_kwh=np.full(4, 0.2))


def test_a_gap_is_named_with_its_time_and_not_filled() -> None:
    load = np.array([200.0, np.nan, 200.0, 200.0])
    with pytest.raises(SignalError, match="it_power_kw of hall-1 has no value at 2026-04-14 07:00 UTC"):
        toy_inputs(toy_site(4.0), it_power_kw={"hall-1": load})


def test_a_series_too_long_is_not_cut_in_silence() -> None:
    with pytest.raises(SignalError, match="wet_bulb_degc has 5 values; the plan has 4 steps"):
        toy_inputs(toy_site(4.0), wet_bulb_degc=np.full(5, 6.0))


def test_naive_times_are_refused() -> None:
    with pytest.raises(PlanError, match="start must be an aware time in UTC"):
        toy_inputs(toy_site(4.0), start=datetime(2026, 4, 14, 6))  # noqa: DTZ001


def test_a_plant_without_measured_setpoints_is_named() -> None:
    with pytest.raises(PlanError, match="plants_now lacks plant-1"):
        toy_inputs(toy_site(4.0), plants_now={})


def test_export_never_pays_more_than_import_costs() -> None:
    site = toy_site(3.0, tariff={"energy_price_per_kwh": 0.2, "export_price_per_kwh": 0.15})
    inputs = toy_inputs(site, price_per_kwh=np.array([0.3, 0.1, -0.1]))
    assert inputs.export_price_per_kwh is not None
    np.testing.assert_allclose(inputs.export_price_per_kwh, [0.15, 0.1, -0.1])


def test_carbon_price_turns_intensity_into_money() -> None:
    inputs = toy_inputs(toy_site(2.0, carbon={"price_per_tonne": 100.0}), price_per_kwh=np.array([0.1, 0.2]))
    np.testing.assert_allclose(inputs.full_price_per_kwh, [0.13, 0.23])  # 300 g/kWh at 100 a tonne is 0.03 a kWh


def test_unknown_pools_need_their_work() -> None:
    inputs = toy_inputs(toy_site(4.0, server_pools=[POOL]))
    with pytest.raises(PlanError, match="busy_servers lacks pool-1"):
        replace(inputs, busy_servers={})


def test_steps_are_counted_from_the_start_in_utc() -> None:
    inputs = toy_inputs(toy_site(2.0, step_min=15))
    assert inputs.steps == 8
    assert inputs.times[-1] == datetime(2026, 4, 14, 7, 45, tzinfo=UTC)
