"""The choice of states: the plant is asked of few, and which of them it is asked of first changes no path."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from facility.plan.calm import Said
from facility.plan.case import SiteCase
from facility.plan.choose import Chooser
from facility.plan.cooling_plant import StatePath
from facility.plan.in_force import decisions_in_force
from facility.plan.inputs import PlanInputs
from facility.plan.planner import make_plan
from models.cooling import JointState
from tests.plan.enumeration import prepared
from tests.plan.toy import ToyPlant, toy_inputs, toy_site

PLANT = ToyPlant(water_degc=(10.0, 11.0, 12.0))


@pytest.fixture(scope="module")
def inputs() -> PlanInputs:
    return toy_inputs(toy_site(12.0), PLANT)


@pytest.fixture(scope="module")
def case(inputs: PlanInputs) -> SiteCase:
    return prepared(inputs)


def chosen(case: SiteCase, chooser: Chooser) -> tuple[StatePath, list[JointState]]:
    """Choose at the forecast's heat; return the path and what the plant was asked of."""
    it, plant = case.it, case.plants["plant-1"]
    load = it.heat.load(PLANT, it.heat.base_kw())
    PLANT.asked.clear()
    suits = np.ones_like(plant.table.available)
    path = chooser.choose(load.heat_kw, load.heat_kw, load, np.full(it.inputs.steps, 0.2), suits)
    assert path is not None
    return path, list(PLANT.asked)


def chooser_of(case: SiteCase, likely: set[int]) -> Chooser:
    return Chooser(case.plants["plant-1"], PLANT, case.it.inputs.step_h, likely=likely)


def test_what_is_asked_first_changes_no_path(case: SiteCase) -> None:
    alone, few = chosen(case, chooser_of(case, set()))
    states = case.plants["plant-1"].table.states
    knowing, every = chosen(case, chooser_of(case, set(range(len(states)))))
    assert knowing.tolist() == alone.tolist()
    assert len(few) < len(every) == len(states)


def test_what_was_good_is_asked_at_once_the_next_time(case: SiteCase) -> None:
    chooser = chooser_of(case, set())
    first, asked = chosen(case, chooser)
    again, once_more = chosen(case, chooser)
    states = case.plants["plant-1"].table.states
    assert again.tolist() == first.tolist()
    assert once_more == [states[place] for place in sorted(chooser.likely)]
    assert set(once_more) == set(asked) >= {states[place] for place in first}


def test_the_states_of_the_plan_in_force_are_those_that_the_table_has(inputs: PlanInputs, case: SiteCase) -> None:
    decisions = decisions_in_force(replace(inputs, in_force=make_plan(inputs).plan))
    assert decisions is not None
    unknown = replace(decisions.states["plant-1"][0], leaving_water_degc=10.7)
    said = Said(replace(decisions, states={"plant-1": (unknown, *decisions.states["plant-1"])}), 2)
    plant = case.plants["plant-1"]
    assert {plant.table.states[place] for place in said.states_of(plant)} == set(decisions.states["plant-1"])
