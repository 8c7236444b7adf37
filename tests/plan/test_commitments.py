"""Promises to the grid: kept where they must be, weighed where they have a price, named where they cannot be kept."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from facility.advise.report import plan_document
from facility.errors import InfeasibleError, PlanError
from facility.plan.inputs import PlanInputs
from facility.plan.planner import make_plan
from facility.plan.verify import PlanRejectedError, verify_plan
from facility.promises import Commitment, CommitmentKind
from models.cooling import Mode
from tests.plan.enumeration import cheapest, prepared
from tests.plan.toy import BATTERY, START, ToyPlant, toy_inputs, toy_site

PLANT = ToyPlant(water_degc=(11.0,), modes=(Mode.MECHANICAL,))
HOUR = timedelta(hours=1)


def cap(kw: float, penalty: float | None = None, hours: tuple[float, float] = (2.0, 4.0)) -> Commitment:
    start, end = (START + hour * HOUR for hour in hours)
    return Commitment("dr-1", CommitmentKind.IMPORT_CAP, start, end, kw, penalty_per_kwh=penalty)


def asked(*commitments: Commitment, batteries: bool = True, **changes: Any) -> PlanInputs:
    site = toy_site(5.0, batteries=[BATTERY] if batteries else [])
    plain: dict[str, Any] = {"price_per_kwh": np.full(5, 0.2), "it_power_kw": {"hall-1": np.full(5, 200.0)}}
    return toy_inputs(site, PLANT, commitments=commitments, **(plain | changes))


def drawn_without() -> float:
    return make_plan(asked(batteries=False)).plan.schedule["site.power_kw"][2]


def test_a_firm_cap_binds_and_the_battery_keeps_it() -> None:
    most = drawn_without() - 30.0
    inputs = asked(cap(most))
    plan = make_plan(inputs).plan
    verify_plan(inputs, plan)
    power = np.array(plan.schedule["site.power_kw"])
    assert power[2:4].max() <= most + 0.05
    assert power[[0, 1, 4]].max() > most + 1.0
    assert plan.limit_prices["dr-1 commitment"] > 0.0
    (outcome,) = plan.commitments
    assert outcome.delivered_kw == pytest.approx(power[2:4].max())
    assert outcome.shortfall_kwh <= 0.05 and outcome.cost == 0.0
    assert "dr-1" in plan.binding_limits["commitment"]


def off_the_grid(batteries: list[dict[str, Any]], sun_kw: list[float], charge_frac: float, end: float) -> PlanInputs:
    array = {"id": "pv-1", "rated_kw": 450.0, "curtailable": True}
    return toy_inputs(
        toy_site(5.0, photovoltaics=[array], batteries=batteries), PLANT, commitments=[cap(0.0, hours=(2.0, end))],
        available_kw={"pv-1": np.array(sun_kw)}, state_of_charge_frac={"b-1": charge_frac} if batteries else {},
        it_power_kw={"hall-1": np.array([180.0, 200.0, 220.0, 230.0, 230.0])},
        price_per_kwh=np.array([0.2, 0.2, 0.01, 0.3, 0.3]),
    )  # fmt: skip


@pytest.mark.parametrize("batteries", [[], [BATTERY]])
def test_a_cap_of_nothing_is_kept_by_the_sun_where_nothing_may_flow_out(batteries: list[dict[str, Any]]) -> None:
    inputs = off_the_grid(batteries, [0.0, 300.0, 400.0, 350.0, 0.0], 0.4, 4.0)
    plan = make_plan(inputs).plan
    verify_plan(inputs, plan)
    assert plan.unmet == () and not any("no plan found" in note for note in plan.notes)
    assert plan.schedule["site.power_kw"][2:4] == pytest.approx([0.0, 0.0], abs=0.05)


def test_a_reserve_is_not_said_to_be_short_of_what_a_promise_asks() -> None:
    """A kWh out of the reserve would be one kWh less that the promise is short of."""
    inputs = off_the_grid([{**BATTERY, "charges_from": "photovoltaics"}], [0.0, 1.0, 1.5, 90.0, 400.0], 0.1, 3.5)
    plan = make_plan(inputs).plan
    verify_plan(inputs, plan)
    assert [short.limit for short in plan.unmet] == ["dr-1 commitment"]


def test_a_firm_cap_that_nothing_can_keep_is_named_with_what_is_missing() -> None:
    most = drawn_without() - 25.0
    (unmet,) = make_plan(asked(cap(most), batteries=False)).plan.unmet
    assert re.match(r"dr-1 commitment short by 2[45](\.\d)? kW at 2026-04-14 0[89]:00", str(unmet))
    with pytest.raises(InfeasibleError, match="dr-1 commitment short by"):
        make_plan(asked(cap(most, hours=(1.0, 3.0)), batteries=False))


@pytest.mark.parametrize(("penalty", "keeps"), [(0.5, True), (0.001, False), (0.0, False)])
def test_a_priced_promise_is_kept_as_far_as_it_pays(penalty: float, keeps: bool) -> None:
    """What is taken out of the battery costs its wear, 0.01 a kWh; its charge is worth the price, before and after."""
    inputs = asked(cap(drawn_without() - 30.0, penalty))
    plan = make_plan(inputs).plan
    verify_plan(inputs, plan)
    (outcome,) = plan.commitments
    assert (outcome.shortfall_kwh < 0.1) == keeps
    assert plan.cost.commitment_cost == pytest.approx(penalty * outcome.shortfall_kwh)


@pytest.mark.parametrize("price", [[0.2, 0.2, 0.3, 0.2], [0.1, -0.1, 0.0, 0.2]])
def test_a_binding_promise_with_a_battery_is_the_best_of_a_grid_of_schedules(price: list[float]) -> None:
    promised = (cap(drawn_without() - 20.0, None, (2.0, 3.0)), replace(cap(180.0, 0.1, (1.0, 2.5)), id="dr-2"))
    changes: dict[str, Any] = {"price_per_kwh": np.array(price), "it_power_kw": {"hall-1": np.full(4, 200.0)}}
    site = toy_site(4.0, batteries=[BATTERY])
    inputs = toy_inputs(site, PLANT, commitments=promised, **changes)
    best = cheapest(prepared(inputs), {"b-1": np.linspace(-60.0, 60.0, 7).tolist()})
    plan = make_plan(inputs).plan
    assert plan.cost.total_cost <= best + 1e-6
    assert plan.bound <= best + 1e-6
    assert plan.gap < 2e-3


def test_a_reduction_is_measured_from_its_baseline_and_a_part_of_a_step_counts_as_a_part() -> None:
    base = np.full(5, drawn_without())
    promise = Commitment(
        "dr-3", CommitmentKind.REDUCTION, START + 1.5 * HOUR, START + 3 * HOUR, 40.0, base, penalty_per_kwh=0.3
    )
    inputs = asked(promise, batteries=False)
    plan = make_plan(inputs).plan
    (outcome,) = plan.commitments
    assert outcome.delivered_kw == pytest.approx(0.0, abs=0.1)
    assert outcome.shortfall_kwh == pytest.approx(1.5 * 40.0, rel=0.01)
    assert plan.cost.commitment_cost == pytest.approx(0.3 * outcome.shortfall_kwh)


def test_what_lies_outside_the_horizon_asks_nothing() -> None:
    plan = make_plan(asked(cap(1.0, None, (-3.0, 0.0)), cap(1.0, None, (5.0, 7.0)))).plan
    assert plan.commitments == ()


def test_a_schedule_or_an_outcome_changed_afterwards_is_refused() -> None:
    inputs = asked(cap(drawn_without() - 30.0))
    plan = make_plan(inputs).plan
    idle = {**plan.schedule, "b-1.charge_power_setpoint_kw": (0.0,) * 5}
    with pytest.raises(PlanRejectedError, match="dr-1 commitment short by 30"):
        verify_plan(inputs, replace(plan, schedule=idle))
    better = replace(plan.commitments[0], delivered_kw=100.0)
    with pytest.raises(PlanRejectedError, match="stated outcome of dr-1"):
        verify_plan(inputs, replace(plan, commitments=(better,)))
    with pytest.raises(PlanRejectedError, match="stated outcome of dr-1"):
        verify_plan(inputs, replace(plan, commitments=()))


def test_the_document_of_a_plan_shows_what_was_promised_and_what_comes_of_it() -> None:
    inputs = asked(cap(drawn_without() - 30.0, 0.001))
    plan = make_plan(inputs).plan
    (row,) = plan_document(plan, [], inputs.site.zone, "EUR")["commitments"]
    assert row["id"] == "dr-1" and row["kind"] == "import_cap"
    assert row["shortfall_kwh"] == plan.commitments[0].shortfall_kwh > 1.0
    assert row["delivered_kw"] > row["committed_kw"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"end": START}, "dr-1 ends before it starts"),
        ({"start": START.replace(tzinfo=None)}, "dr-1: start and end must be aware"),
        ({"kind": CommitmentKind.REDUCTION}, "dr-1: a reduction needs baseline_kw"),
        ({"penalty_per_kwh": -0.1}, "dr-1: a negative penalty"),
    ],
)
def test_a_promise_that_makes_no_sense_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanError, match=said):
        asked(replace(cap(100.0), **wrong))
