"""A run judged from its truth, against figures worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from tests.closed_loop.making import START, case_of, toy_site, truth_at
from tools.closed_loop.judge import Judge
from tools.closed_loop.plant import Truth
from tools.closed_loop.result import RunResult

WATER = ("plant-1", "leaving_chilled_water_temperature_setpoint_degc")


def judged(truths: list[Truth], **case: Any) -> RunResult:
    judge = Judge(case_of(**case), month_peak_kw=0.0)
    for truth in truths[1:]:
        judge.saw(truth, 60.0)
    return judge.result(begin=truths[0], end=truths[-1])


def test_energy_and_its_cost() -> None:
    result = judged([truth_at(minute) for minute in range(61)])
    assert result.energy_kwh == pytest.approx(100.0)
    assert result.it_energy_kwh == pytest.approx(70.0)
    assert result.cooling_energy_kwh == pytest.approx(20.0)
    assert result.pue == pytest.approx(100.0 / 70.0)
    assert result.cost.energy_cost == pytest.approx(100.0 * 0.2)
    assert result.carbon_kgco2 == pytest.approx(30.0)
    assert result.cost.carbon_cost == pytest.approx(0.030 * 50.0)
    assert result.cost.demand_charge_cost == pytest.approx(8.0 * 100.0 / 30.0)


def test_prices_are_those_of_the_minute_that_begins() -> None:
    result = judged([truth_at(minute) for minute in range(31)], price_per_kwh=[0.1, 0.5])
    assert result.cost.energy_cost == pytest.approx(25.0 * 0.1 + 25.0 * 0.5)


def test_cost_is_the_sum_of_its_parts() -> None:
    end = truth_at(1, water_l=1000.0, work_asked_server_h=2.0, work_done_server_h=1.0, chiller_starts=1)
    cost = judged([truth_at(0), end]).cost
    parts = (cost.energy_cost, cost.demand_charge_cost, cost.carbon_cost, cost.water_cost)
    assert cost.cost == pytest.approx(sum((*parts, cost.wear_cost, cost.sla_cost, cost.final_state_cost)))
    assert cost.water_cost == pytest.approx(2.0)
    assert cost.sla_cost == pytest.approx(5.0)
    # A start is 0.002 h of 90 kW, at 0.2 and 0.015 of carbon.
    assert cost.wear_cost == pytest.approx(0.002 * 90.0 * 0.215)


def test_counters_and_stores_count_by_their_difference() -> None:
    begin = truth_at(0, chiller_starts=7, deferrable_kwh=5.0, stored_kwh={"backlog": 4.0}, heat_delivered_kwh=9.0)
    end = truth_at(1, chiller_starts=9, deferrable_kwh=8.0, stored_kwh={"backlog": 1.0}, heat_delivered_kwh=10.0)
    result = judged([begin, end])
    assert (result.chiller_starts, result.deferrable_kwh, result.backlog_gained_kwh) == (2, 3.0, -3.0)
    assert result.heat_delivered_kwh == 1.0


def test_work_that_no_server_took_is_counted_by_the_minute() -> None:
    truths = [
        truth_at(0, work_asked_server_h=10.0, work_done_server_h=10.0),
        truth_at(1, work_asked_server_h=11.0, work_done_server_h=11.0),
        truth_at(2, work_asked_server_h=12.0, work_done_server_h=11.5),
        truth_at(3, work_asked_server_h=13.0, work_done_server_h=12.5),
    ]
    result = judged(truths)
    assert result.sla_violations == 1.0
    assert result.work_done_share == pytest.approx(2.5 / 3.0)


def test_spare_units_are_those_that_are_left_without_the_largest() -> None:
    enough = {"units_available_kw": {"hall-1/crahs": [60.0, 60.0]}, "units_needed_kw": {"hall-1/crahs": 60.0}}
    short = {"units_available_kw": {"hall-1/crahs": [60.0, 50.0]}, "units_needed_kw": {"hall-1/crahs": 51.0}}
    result = judged([truth_at(0), truth_at(1, **enough), truth_at(2, **short), truth_at(3)])
    assert result.n_plus_1_minutes == 1.0


def test_what_swings_around_what_is_left_has_its_spare_and_what_stays_above_has_not() -> None:
    group, units = "hall-1/crahs", {"units_available_kw": {"hall-1/crahs": [60.0, 60.0]}}

    def minutes(needed_kw: Sequence[float]) -> float:
        begin = truth_at(0, **units, units_needed_kw={group: 55.0})
        later = [truth_at(1 + at, **units, units_needed_kw={group: kw}) for at, kw in enumerate(needed_kw)]
        return judged([begin, *later]).n_plus_1_minutes

    assert minutes([55.0, 50.0, 64.0, 66.0, 58.0, 50.0, 49.0]) == 0.0
    assert minutes([55.0, 55.0, 55.0, 55.0, 64.0, 64.0, 64.0, 64.0, 64.0]) == 3.0


def test_modes_change_from_what_they_were_at_the_beginning() -> None:
    modes = [1.0, 0.0, 0.0, 2.0]
    result = judged([truth_at(minute, economizer_mode=np.array([mode])) for minute, mode in enumerate(modes)])
    assert result.mode_changes == 2


def test_moves_are_writes_after_the_first() -> None:
    judge = Judge(case_of(), month_peak_kw=0.0)
    judge.saw(truth_at(1), 60.0)
    judge.wrote(START, WATER, None, 8.0)
    judge.wrote(START + timedelta(hours=1), WATER, 8.0, 10.0)
    judge.wrote(START + timedelta(days=1), WATER, 10.0, 9.0)
    judge.refused(START, WATER, 99.0, "too warm")
    result = judge.result(begin=truth_at(0), end=truth_at(1), plan_seconds=[1.0, 4.0], plans_failed=3)
    assert (result.setpoint_moves, result.writes_per_point_day_max, result.refused_writes) == (2, 2.0, 1)
    # 3 K at 0.0001 h of 90 kW each.
    assert result.cost.wear_cost == pytest.approx(3.0 * 0.0001 * 90.0 * 0.215)
    assert (result.plan_seconds_mean, result.plan_seconds_max, result.plans_failed) == (2.5, 4.0, 3)


def test_what_a_battery_passes_on_wears_it() -> None:
    result = judged([truth_at(0), truth_at(1, battery_throughput_kwh=10.0)])
    # 0.02 a kWh, of what came out and of what had to go in for it.
    assert result.cost.wear_cost == pytest.approx(0.02 * 10.0 * (1.0 + 1.0 / 0.95**2))


def test_an_array_that_a_plant_uses_again_is_copied() -> None:
    inlets = np.full(4, 30.0)
    judge = Judge(case_of(), month_peak_kw=0.0)
    judge.saw(truth_at(1, inlet_degc=inlets), 60.0)
    inlets[:] = 20.0
    judge.saw(truth_at(2, inlet_degc=inlets), 60.0)
    assert judge.result(begin=truth_at(0), end=truth_at(2)).recommended_degree_minutes == pytest.approx(12.0)


def test_a_judge_who_saw_nothing_gives_no_figures() -> None:
    with pytest.raises(ValueError, match="saw nothing"):
        Judge(case_of(), 0.0).result(begin=truth_at(0), end=truth_at(1))


def test_panels_behind_the_meter_do_not_make_pue_better() -> None:
    array = {"id": "pv-1", "rated_kw": 50.0}
    loaded = toy_site()
    site = type(loaded.site).model_validate(loaded.site.model_dump(by_alias=True) | {"photovoltaics": [array]})
    truths = [truth_at(minute, facility_kw=70.0, power_kw={"pv-1": -30.0}) for minute in range(61)]
    assert judged(truths, loaded=replace(loaded, site=site)).pue == pytest.approx(100.0 / 70.0)
