"""What a comparison comes to, as JSON by the contract, and as tables that say losses as plainly as wins."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from facility.points import PointIndex
from tests.closed_loop.making import START, case_of, result_of, toy_site
from tools.closed_loop.arm_run import ArmRun
from tools.closed_loop.cases import Setting
from tools.closed_loop.comparison import Outcome, compare
from tools.closed_loop.course_files import MarketCourse
from tools.closed_loop.document import as_json, document
from tools.closed_loop.forecast_error import ForecastWithError
from tools.closed_loop.levers import frozen_keys
from tools.closed_loop.result import RunResult
from tools.closed_loop.schedule import Schedule
from tools.closed_loop.tables import tables

# The contract of `--format json`, key by key.
CASE_KEYS = [
    "site",
    "start",
    "days",
    "seed",
    "captured_share",
    "cooling_only_captured_share",
    "lower_bound_cost",
    "runs",
]
ARMS = ["as_commissioned", "good_practice", "facility", "reference"]
COST_KEYS = [
    "energy_cost",
    "demand_charge_cost",
    "carbon_cost",
    "water_cost",
    "wear_cost",
    "sla_cost",
    "final_state_cost",
]
RUN_KEYS = [
    *["energy_kwh", "it_energy_kwh", "cost", *COST_KEYS, "carbon_kgco2", "water_l", "pue", "work_done_share"],
    *["deadline_misses", "heat_delivered_kwh", "recommended_degree_minutes", "below_recommended_degree_minutes"],
    *["allowable_minutes", "dew_point_minutes", "ramp_violations", "liquid_limit_minutes", "n_plus_1_minutes"],
    *["sla_violations", "setpoint_moves", "writes_per_point_day_max", "mode_changes", "chiller_starts"],
    *["plan_seconds_mean", "plan_seconds_max"],
]


def setting_of(case: Any = None) -> Setting:
    case = case or case_of(days=3)
    return Setting(case, ForecastWithError.of(case, MarketCourse(case.market)), ("a note of the weather",))


def run_of(result: RunResult, failures: tuple[str, ...] = ()) -> ArmRun:
    times = pd.DatetimeIndex([START + timedelta(minutes=5)], name="time")
    schedule = Schedule(START, (), np.zeros((0, 864)))
    return ArmRun(result, schedule, pd.DataFrame({"power_kw": [1.0]}, index=times), failures)


def outcome_of(bound: float | None = 80.0, **changes: Any) -> Outcome:
    results = {
        "as_commissioned": result_of(130.0),
        "good_practice": result_of(100.0),
        "facility": result_of(94.0, plan_seconds_mean=1.5, plan_seconds_max=3.0),
        "reference": result_of(90.0),
        "cooling_only_facility": result_of(99.0),
        "cooling_only_reference": result_of(98.0),
    }
    return compare(setting_of(), {arm: run_of(result) for arm, result in (results | changes).items()}, bound)


def shown(*outcomes: Outcome) -> str:
    console = Console(width=200, record=True, file=None, quiet=False, no_color=True)
    with console.capture() as capture:
        for table in tables(outcomes):
            console.print(table)
    return capture.get()


def test_json_has_the_keys_of_the_contract() -> None:
    found = json.loads(as_json([outcome_of()]))
    assert list(found)[: len(CASE_KEYS)] == CASE_KEYS
    assert list(found["runs"]) == ARMS
    for run in found["runs"].values():
        assert set(RUN_KEYS) <= set(run)
        assert run["cost"] == pytest.approx(sum(run[key] for key in COST_KEYS))
    assert (found["site"], found["start"], found["days"], found["seed"]) == ("toy", "2025-06-02T02:00:00+02:00", 3, 1)
    assert found["captured_share"] == pytest.approx(0.6)
    assert found["cooling_only_captured_share"] == pytest.approx(0.5)
    assert found["lower_bound_cost"] == 80.0
    assert found["runs"]["facility"]["plan_seconds_max"] == 3.0
    assert found["runs"]["good_practice"]["plan_seconds_mean"] is None


def test_json_of_several_cases_is_an_array_and_has_no_numbers_that_are_none() -> None:
    odd = outcome_of(good_practice=result_of(100.0, pue=float("nan")))
    first, second = json.loads(as_json([outcome_of(), odd]))
    assert first["runs"]["good_practice"]["pue"] == 1.3
    assert second["runs"]["good_practice"]["pue"] is None


def test_without_a_bound_bound_and_shares_are_null() -> None:
    found = document(outcome_of(bound=None))
    assert found["lower_bound_cost"] is found["captured_share"] is found["cooling_only_captured_share"] is None
    assert any("facility wins 60.0 %" in note for note in found["notes"])
    assert any("does not say with how little" in note for note in found["notes"])
    failed = document(compare(setting_of(), outcome_of().runs, None, {"lower_bound": "it broke"}))
    assert not any("does not say with how little" in note for note in failed["notes"])


def test_arms_that_were_not_run_are_null() -> None:
    runs = {"good_practice": run_of(result_of(100.0))}
    found = document(compare(setting_of(), runs, None, {"facility": "it broke"}))
    assert [arm for arm in ARMS if found["runs"][arm] is None] == ["as_commissioned", "facility", "reference"]
    assert found["failed"] == {"facility": "it broke"}
    assert document(compare(setting_of(), {}, None))["different_work"] == []


def test_the_cheaper_of_both_references_is_the_reference() -> None:
    outcome = outcome_of(cooling_only_reference=result_of(85.0))
    assert outcome.comparison.runs["reference"].cost.cost == 85.0
    assert any("stands for both" in note for note in outcome.comparison.notes)


def test_bounds_and_references_that_are_none_are_said() -> None:
    notes = outcome_of(bound=92.0, facility=result_of(89.0)).comparison.notes
    assert any("facility costs 89.00, below the lower bound of 92.00" in note for note in notes)
    assert any("facility is 1.00 cheaper than its reference" in note for note in notes)
    assert not any("cheaper" in note for note in outcome_of(facility=result_of(89.7)).comparison.notes)


def test_where_there_is_only_cooling_all_levers_are_cooling_only() -> None:
    loaded = toy_site()
    cooled = [point for point in loaded.points if (point.equipment, point.quantity) not in frozen_keys(loaded.site)]
    case = case_of(replace(loaded, points=PointIndex(cooled)), days=3)
    runs = {
        arm: run_of(result_of(cost))
        for arm, cost in (("good_practice", 100.0), ("facility", 94.0), ("reference", 90.0))
    }
    outcome = compare(setting_of(case), runs, 80.0)
    assert outcome.comparison.cooling_only_captured_share == pytest.approx(0.6)
    assert "cooling only facility" not in shown(outcome)


def test_other_work_is_said() -> None:
    outcome = outcome_of(facility=result_of(94.0, work_done_server_h=900.0))
    assert outcome.different_work == ("facility: work done 900.0 server h, good_practice 1,000.0 server h",)
    assert "not the same work: facility" in shown(outcome)


def test_tables_say_wins_and_losses() -> None:
    win, loss = shown(outcome_of()), shown(outcome_of(facility=result_of(103.0, allowable_minutes=7.0)))
    assert "facility costs 6.00 % less than good practice" in win
    assert "facility costs 27.69 % less than as commissioned" in win
    assert "captured: 60.0 %" in win
    assert "facility costs 3.00 % MORE than good practice" in loss
    assert "worse than good practice in racks outside allowable: 7 against 0" in loss
    assert "a note of the weather" in win


def test_plans_that_failed_are_shown_with_their_reasons() -> None:
    outcome = outcome_of()
    runs = dict(outcome.runs) | {"facility": run_of(result_of(94.0), tuple(f"1{n}:00 no water" for n in range(7)))}
    said = shown(replace(outcome, runs=runs))
    assert "facility: no plan at 10:00 no water" in said
    assert "facility: 2 more plans failed" in said


def test_several_cases_have_a_summary() -> None:
    said = shown(outcome_of(), outcome_of(facility=result_of(103.0)))
    assert "2 cases; costs in EUR" in said
    assert "+6.00 %" in said
    assert "-3.00 %" in said
