"""Redundancy in a plan: losses are borne, waived with a reason where nothing could bear them, never in silence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from facility.plan.inputs import PlanInputs
from facility.plan.planner import make_plan
from facility.plan.verify import PlanRejectedError, verify_plan
from facility.site import Availability, Redundancy
from models.plant_model import CoolingPlant
from models.what_if import without
from tools.bench.plan_instance import demo_inputs

INPUTS = demo_inputs(6.0)


def with_site(**change: Any) -> PlanInputs:
    return replace(INPUTS, site=INPUTS.site.model_copy(update=change))


def hotter(factor: float) -> PlanInputs:
    return replace(INPUTS, it_power_kw={hall: factor * kw for hall, kw in INPUTS.it_power_kw.items()})


def test_every_loss_that_the_site_asks_for_is_borne_and_costs_little() -> None:
    plan, bare = make_plan(INPUTS).plan, make_plan(with_site(redundancy=())).plan
    assert plan.explanation is not None and bare.explanation is not None
    assert plan.spare_waived == {}
    assert {loss.group: loss.short_h for loss in plan.explanation.losses} == dict.fromkeys(
        (loss.group for loss in plan.explanation.losses), 0.0
    )
    verify_plan(INPUTS, plan)
    assert bare.cost.total_cost <= plan.cost.total_cost <= 1.01 * bare.cost.total_cost


def test_a_schedule_that_leaves_too_little_is_refused_by_name() -> None:
    strict = with_site(redundancy=(Redundancy(of="hall-1", group="crahs", spare=2),))
    with pytest.raises(PlanRejectedError, match="hall-1 loss of 2 of its crahs"):
        verify_plan(strict, make_plan(INPUTS).plan)


def test_a_loss_that_nothing_bears_is_waived_in_words() -> None:
    hot = hotter(1.7)
    plan = make_plan(hot).plan
    assert plan.spare_waived
    assert any(note.startswith("no spare is kept of ") for note in plan.notes)
    verify_plan(hot, plan)


def test_what_is_out_of_service_was_the_spare() -> None:
    away = Availability(equipment="chiller-2", state="locked_out")
    inputs = with_site(availability=(*INPUTS.site.availability, away))
    plants = [without(plant, "chiller-2") for plant in INPUTS.plants if isinstance(plant, CoolingPlant)]
    plan = make_plan(replace(inputs, plants=plants)).plan
    assert plan.spare_waived == {}
    assert not any("chillers" in note for note in plan.notes)


def test_waivers_travel_with_the_plan() -> None:
    plan = make_plan(INPUTS).plan
    strict = with_site(redundancy=(Redundancy(of="hall-1", group="crahs", spare=2),))
    with pytest.raises(PlanRejectedError):
        verify_plan(strict, plan)
    verify_plan(strict, replace(plan, spare_waived={"hall-1 crahs": "because"}))
