"""Costs worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from facility.site import HeatContract, Tariff
from tests.closed_loop.making import START, case_of, toy_site, truth_at
from tools.closed_loop import money


def test_energy_is_bought_dear_and_sold_cheap() -> None:
    meter, price = np.array([10.0, -4.0]), np.array([0.3, 0.5])
    assert money.energy_cost(Tariff(energy_price_per_kwh=0.2), meter, price) == pytest.approx(3.0)
    sells = Tariff(energy_price_per_kwh=0.2, export_price_per_kwh=0.1)
    assert money.energy_cost(sells, meter, price) == pytest.approx(3.0 - 0.4)


def test_carbon_is_of_what_is_bought() -> None:
    assert money.carbon_kg(np.array([10.0, -4.0]), np.array([300.0, 500.0])) == pytest.approx(3.0)


def test_demand_is_the_mean_of_whole_windows_above_what_is_paid_prorated() -> None:
    case = case_of(days=3)  # 3 of June's 30 days; 8 a kW and month
    minutes = 35  # two windows and a third that is not whole
    ends_s = START.timestamp() + 60.0 * np.arange(1.0, minutes + 1.0, dtype=np.float64)
    power_kw = np.concatenate([np.full(15, 100.0), np.full(5, 180.0), np.full(10, 120.0), np.full(5, 900.0)])
    charge = money.demand_charge(case, ends_s, np.full(minutes, 60.0), power_kw / 60.0, paid_kw=110.0)
    assert charge == pytest.approx(8.0 * (140.0 - 110.0) * 3 / 30)
    assert money.demand_charge(case, ends_s, np.full(minutes, 60.0), power_kw / 60.0, paid_kw=150.0) == 0.0


def test_work_not_done_and_done_late_have_their_prices() -> None:
    begin = truth_at(0, work_asked_server_h=100.0, work_done_server_h=100.0)
    end = truth_at(60, work_asked_server_h=150.0, work_done_server_h=148.0, deadline_misses_kwh=3.0)
    assert money.sla_cost(toy_site().site, begin, end) == pytest.approx(2.0 * 5.0 + 3.0 * 1.0)


def test_heat_not_delivered_costs_what_it_would_have_earned() -> None:
    contract = HeatContract.model_validate(
        {
            "id": "heat-1",
            "heat_pumps": ["hp-1"],
            "demand_kw": 50.0,
            "price_per_kwh": 0.04,
            "shortfall_cost_per_kwh": 0.06,
            "priority": "firm",
        }
    )
    site = toy_site(heat_contracts=(contract,)).site
    end = truth_at(60, heat_asked_kwh=50.0, heat_delivered_kwh=30.0)
    assert money.sla_cost(site, truth_at(0), end) == pytest.approx(20.0 * 0.10)


def test_what_is_left_behind_is_paid_for() -> None:
    site = toy_site().site
    begin = truth_at(0, stored_kwh={"battery-1": 30.0, "thermal_mass": 100.0, "backlog": 5.0})
    end = truth_at(60, stored_kwh={"battery-1": 20.0, "thermal_mass": 110.0, "backlog": 9.0})
    owed_kwh = 10.0 + 10.0 / money.COOLING_COP + 4.0 * 1.3
    assert money.final_state_cost(site, begin, end, price_per_kwh=0.2, pue=1.3) == pytest.approx(0.2 * owed_kwh)


def test_a_store_that_the_site_does_not_have_is_refused() -> None:
    money.check_stores(toy_site().site, {"battery-1": 1.0, "thermal_mass": 1.0, "backlog": 0.0})
    with pytest.raises(ValueError, match="flywheel"):
        money.check_stores(toy_site().site, {"flywheel": 1.0})
