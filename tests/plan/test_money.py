"""Prices: negative ones, demand charges, export, terminal values; and invariants of batteries and work under any of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from facility.plan.case import ItCase
from facility.plan.grid import demand_months
from facility.plan.inputs import PlanInputs
from facility.plan.jobs import REST_KWH
from facility.plan.peak_charges import PeakCharge
from facility.plan.planner import make_plan
from facility.plan.verify import verify_plan
from tests.plan.toy import BATTERY, POOL, WORK, ToyPlant, toy_inputs, toy_site

PRICES = st.lists(st.floats(-0.3, 0.6).map(lambda price: round(price, 3)), min_size=8, max_size=8)


def with_prices(prices: list[float], **changes: Any) -> PlanInputs:
    site = toy_site(8.0, batteries=[BATTERY], server_pools=[POOL], deferrable_work=[WORK], **changes)
    return toy_inputs(site, ToyPlant(water_degc=(11.0,)), price_per_kwh=np.array(prices))


@pytest.mark.slow
@settings(max_examples=10, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow])
@given(prices=PRICES, charge=st.floats(0.05, 1.0), backlog=st.floats(0.0, 40.0))
def test_whatever_the_prices_battery_and_work_keep_their_laws(
    prices: list[float], charge: float, backlog: float
) -> None:
    site = toy_site(8.0, batteries=[BATTERY], server_pools=[POOL], deferrable_work=[WORK])
    inputs = toy_inputs(
        site, ToyPlant(water_degc=(11.0,)), price_per_kwh=np.array(prices),
        state_of_charge_frac={"b-1": charge}, backlog_kwh={"batch": backlog},
    )  # fmt: skip
    plan = make_plan(inputs).plan
    verify_plan(inputs, plan)
    power = np.array(plan.schedule["b-1.charge_power_setpoint_kw"])
    stored = np.array(plan.schedule["b-1.state_of_charge_frac"])
    assert (np.abs(power) <= 60.0 + 1e-6).all()
    assert (stored <= 1.0 + 1e-4).all()
    gained = np.where(power > 0, power * 0.95, power / 0.95) / 200.0
    np.testing.assert_allclose(np.diff(np.concatenate([[charge], stored])), gained, atol=1e-9)
    done = np.cumsum(plan.schedule["batch.deferrable_power_command_kw"])
    arrived = backlog + 10.0 * np.arange(1, 9)
    assert (done <= arrived + 1e-2).all()
    assert (done[3:] >= arrived[:5] - 10.0 - 1e-2).all()  # four hours later at the latest
    assert (
        plan.shortfalls or plan.cost.total_cost <= plan.baseline_cost.total_cost + 1e-6
    )  # present operation may break limits


def test_negative_prices_are_bounded_and_nothing_charges_and_discharges_at_once() -> None:
    prices = [0.2, -0.3, -0.3, -0.3, 0.2, 0.4, 0.4, 0.2]
    result = make_plan(with_prices(prices))
    assert np.isfinite(result.plan.bound)
    assert result.plan.gap < 0.02
    charged = np.array(result.plan.schedule["b-1.charge_power_setpoint_kw"])
    assert charged[1:4].sum() * 0.95 <= 200.0 * 0.5 / 0.95 + 60.0  # no more goes in than it holds and lets out again
    verify_plan(with_prices(prices), result.plan)


def test_the_demand_charge_shaves_only_above_the_peak_already_paid() -> None:
    tariff = {"energy_price_per_kwh": 0.2, "demand_charge_per_kw_month": 10.0, "demand_window_min": 60}
    load = {"hall-1": np.array([200.0, 200.0, 320.0, 200.0])}
    site = toy_site(4.0, batteries=[BATTERY], tariff=tariff)
    flat: dict[str, Any] = {"price_per_kwh": np.full(4, 0.2), "it_power_kw": load}
    new = make_plan(toy_inputs(site, **flat)).plan
    paid = make_plan(toy_inputs(site, **flat, month_peak_kw=600.0)).plan
    expected = make_plan(toy_inputs(site, **flat, expected_peak_kw=600.0)).plan
    assert new.schedule["b-1.charge_power_setpoint_kw"][2] < -30.0
    assert paid.cost.demand_cost == expected.cost.demand_cost == 0.0
    assert paid.schedule["b-1.charge_power_setpoint_kw"][2] > -1e-3


def test_a_horizon_over_the_end_of_the_month_starts_the_next_month_without_its_peak() -> None:
    start = datetime(2026, 4, 30, 20, 0, tzinfo=UTC)
    tariff = {"energy_price_per_kwh": 0.2, "demand_charge_per_kw_month": 10.0}
    inputs = toy_inputs(toy_site(8.0, tariff=tariff), start=start, month_peak_kw=500.0, expected_peak_kw=300.0)
    april, may = demand_months(inputs)
    assert (april.floor_kw, may.floor_kw) == (500.0, 300.0)
    assert april.windows[:, :4].sum() == 4.0 and april.windows[:, 4:].sum() == 0.0


def test_demand_windows_longer_than_a_step_are_means() -> None:
    tariff = {"energy_price_per_kwh": 0.2, "demand_charge_per_kw_month": 10.0, "demand_window_min": 60}
    (month,) = demand_months(toy_inputs(toy_site(2.0, step_min=15, tariff=tariff)))
    assert month.windows.shape == (2, 8)
    np.testing.assert_allclose(month.windows.sum(axis=1), 1.0)


@pytest.mark.parametrize(("so_far_kw", "to_come_kw"), [(0.0, 0.0), (600.0, 0.0), (0.0, 600.0)])
def test_a_charge_on_demand_in_some_hours_shaves_in_those_alone(so_far_kw: float, to_come_kw: float) -> None:
    tariff = {"energy_price_per_kwh": 0.2, "demand_window_min": 60}
    load = {"hall-1": np.array([320.0, 200.0, 320.0, 200.0])}
    site, prices = toy_site(4.0, batteries=[BATTERY], tariff=tariff), np.full(4, 0.2)
    on_peak = PeakCharge(10.0, np.array([False, False, True, True]), so_far_kw, to_come_kw)
    plan = make_plan(toy_inputs(site, price_per_kwh=prices, it_power_kw=load, peak_charges={"on-peak": on_peak})).plan
    drawn_kw, charged_kw = (np.array(plan.schedule[name]) for name in ("site.power_kw", "b-1.charge_power_setpoint_kw"))
    floor_kw = max(so_far_kw, to_come_kw)
    assert plan.cost.demand_cost == pytest.approx(10.0 * max(drawn_kw[2:].max() - floor_kw, 0.0))
    assert charged_kw[0] > -1e-3, "nothing is charged on the demand of this hour"
    assert (charged_kw[2] < -30.0) == (floor_kw == 0.0)


def test_a_window_is_in_the_hours_of_its_first_step_and_a_month_without_such_hours_is_left_out() -> None:
    start = datetime(2026, 4, 30, 22, 0, tzinfo=UTC)
    tariff = {"energy_price_per_kwh": 0.2, "demand_charge_per_kw_month": 5.0, "demand_window_min": 60}
    holds = np.arange(16) < 6  # until 23:30
    inputs = toy_inputs(
        toy_site(4.0, step_min=15, tariff=tariff),
        start=start,
        peak_charges={"late": PeakCharge(3.0, holds, 250.0, 240.0)},
    )
    april, may, late = demand_months(inputs)
    assert [month.price_per_kw for month in (april, may, late)] == [5.0, 5.0, 3.0]
    assert late.floor_kw == 250.0
    np.testing.assert_array_equal(late.windows, april.windows)


def test_what_a_plan_draws_in_the_hours_counts_for_one_that_begins_later() -> None:
    charge = PeakCharge(3.0, np.array([True, True, False, True]), 100.0, 50.0)
    later = charge.after(np.array([90.0, 130.0, 400.0]))
    assert (later.so_far_kw, later.to_come_kw, list(later.holds)) == (130.0, 50.0, [True])
    assert list(charge.until(2).holds) == [True, True]


def test_energy_is_sold_only_where_export_is_priced() -> None:
    big = {**BATTERY, "energy_kwh": 3000.0, "power_kw": 900.0, "wear_cost_per_kwh": 0.0, "reserve_min": 0.0}
    prices = np.array([0.1, 0.1, 0.9, 0.1])
    for export, lowest in ((None, 0.0), (0.8, -100.0)):
        tariff = {"energy_price_per_kwh": 0.2} | ({} if export is None else {"export_price_per_kwh": export})
        site = toy_site(4.0, batteries=[big], tariff=tariff)
        plan = make_plan(toy_inputs(site, price_per_kwh=prices)).plan
        least = min(plan.schedule["site.power_kw"])
        assert least >= -0.05 if export is None else least < lowest


def test_stored_energy_and_unfinished_work_have_terminal_values_not_hidden_ends() -> None:
    inputs = with_prices([0.2] * 8)
    plan = make_plan(inputs).plan
    value = plan.schedule["b-1.terminal_value_per_kwh"][0]
    assert value == pytest.approx(0.2 * 0.95)
    stored = plan.schedule["b-1.state_of_charge_frac"][-1] * 200.0
    left = plan.schedule["batch.deferrable_backlog_kwh"][-1]
    work_value = plan.schedule["site.unfinished_work_value_per_kwh"][0]
    assert plan.cost.terminal_cost == pytest.approx(value * (100.0 - stored) + work_value * left)


@given(backlog=st.floats(0.0, 300.0), due_h=st.floats(0.5, 30.0), hour=st.integers(0, 23), length=st.integers(1, 24))
@settings(max_examples=60)
def test_work_curves_are_consistent(backlog: float, due_h: float, hour: int, length: int) -> None:
    until = (hour + length) % 24
    work = {**WORK, "due_within_h": due_h, "arrives_from": f"{hour:02}:00", "arrives_until": f"{until:02}:00"}
    inputs = toy_inputs(toy_site(24.0, server_pools=[POOL], deferrable_work=[work]), backlog_kwh={"batch": backlog})
    case = ItCase.of(inputs).works["batch"]
    assert case.available_kwh[-1] == pytest.approx(backlog + 240.0)
    assert (np.diff(case.available_kwh) >= -1e-9).all() and (np.diff(case.required_kwh) >= -1e-9).all()
    assert (case.required_kwh <= case.available_kwh + 1e-9).all()
    assert (np.cumsum(case.soonest_kw) >= case.required_kwh - 1e-9).all()
    assert (case.late_kwh <= case.due_kwh - case.required_kwh + 1e-9)[case.late_kwh > 1e-3].all()
    assert bool(case.shortfalls()) == bool((case.late_kwh > 1e-3).any())


def test_equal_prices_do_not_make_a_battery_pulse() -> None:
    """Within a cheap night any split of the charge costs the same energy; swings wear, so it charges once and steadily."""
    prices = np.where(np.arange(24) < 12, 0.10, 0.40)
    inputs = toy_inputs(
        toy_site(24.0, batteries=[BATTERY]), price_per_kwh=prices, state_of_charge_frac={BATTERY["id"]: 0.5}
    )
    plan = make_plan(inputs).plan
    charge = np.asarray(plan.schedule[f"{BATTERY['id']}.charge_power_setpoint_kw"])
    assert charge.max() > 1.0 and charge.min() < -1.0
    swings_kw = np.abs(np.diff(charge)).sum()
    assert swings_kw <= 4.5 * np.abs(charge).max()  # up and down once to charge, and hardly more than once to discharge


def test_work_that_waits_is_due_by_when_it_was_measured_to_come() -> None:
    """20 kWh came evenly from three to two hours ago, and nothing since: due in four hours, less an hour's margin."""
    site = toy_site(8.0, server_pools=[POOL], deferrable_work=[WORK])
    measured = np.array([0.0, 0.0, 0.0, 20.0, 0.0, 0.0])
    inputs = toy_inputs(site, backlog_kwh={"batch": 20.0}, arrived_kwh={"batch": measured})
    due = ItCase.of(inputs).works["batch"].due_kwh
    assert due[0] == pytest.approx(20.0 + REST_KWH, abs=1e-6)
    assert due[1] == pytest.approx(20.0 + REST_KWH, abs=1e-6)
    assert due[2] == pytest.approx(20.0 + REST_KWH, abs=1e-6)
