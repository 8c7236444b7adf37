"""Why a plan is as it is: prices of limits against planning anew, what else there was, what a loss would bring, what moved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from facility.explanation import Explanation, SinceLast
from facility.history.journal_codec import PLAN
from facility.plan.baseline import baseline
from facility.plan.case import ItCase
from facility.plan.inputs import PlanInputs
from facility.plan.planner import PlanResult, make_plan
from facility.plan.simulate import simulate
from facility.records import Plan
from models.cooling import Mode
from tests.plan.test_calm import WORK_KW, with_later_price
from tests.plan.toy import BATTERY, ToyPlant, toy_inputs, toy_site
from tools.bench.plan_instance import demo_inputs

MODE = "economizer_mode_command"


def explained(plan: Plan) -> Explanation:
    assert plan.explanation is not None
    return plan.explanation


def since(plan: Plan) -> SinceLast:
    found = explained(plan).since_last
    assert found is not None
    return found


def with_import_limit(limit_kw: float) -> PlanResult:
    part = toy_site(6.0).electrical.model_dump() | {"import_limit_kw": limit_kw}
    site = toy_site(6.0, batteries=[BATTERY], electrical=part)
    load = np.array([200.0, 200.0, 240.0, 200.0, 200.0, 200.0])
    return make_plan(toy_inputs(site, ToyPlant(modes=(Mode.MECHANICAL,)), it_power_kw={"hall-1": load}))


def test_the_price_of_a_limit_is_what_planning_with_a_looser_one_saves() -> None:
    tight, loose = with_import_limit(285.0), with_import_limit(286.0)
    (price,) = [one for one in explained(tight.plan).limit_prices if one.limit == "import limit"]
    saved_per_day = (tight.plan.cost.total_cost - loose.plan.cost.total_cost) * 24.0 / 6.0
    assert price.unit == "kW"
    assert price.price_per_day == pytest.approx(saved_per_day, rel=0.2)


def test_the_other_mode_is_priced_by_the_plant_model_or_the_limit_is_named() -> None:
    cold = make_plan(toy_inputs(toy_site(4.0), wet_bulb_degc=np.full(4, 5.0))).plan
    (other,) = [one for one in explained(cold).alternatives if one.quantity == MODE]
    heat, water = (
        cold.schedule["plant-1.heat_kw"][0],
        cold.schedule["plant-1.leaving_chilled_water_temperature_setpoint_degc"][0],
    )
    slope = 0.2 - 0.01 * (water - 10.0) - 0.02  # of mechanical over free cooling, from the toy's law
    assert other.value == Mode.MECHANICAL
    assert other.extra_kw == pytest.approx(12.0 - 4.0 + slope * heat)
    warm = make_plan(toy_inputs(toy_site(4.0), wet_bulb_degc=np.full(4, 15.0))).plan
    (other,) = [one for one in explained(warm).alternatives if one.quantity == MODE]
    assert (other.extra_kw, other.limit) == (None, "free cooling wet bulb")


@pytest.fixture(scope="module")
def demo() -> Plan:
    return make_plan(demo_inputs(6.0)).plan


def test_inlets_stay_below_their_limit_with_the_interval(demo: Plan) -> None:
    risks = explained(demo).inlets
    assert [risk.hall for risk in risks] == ["hall-1", "hall-2", "hall-3"]
    for risk in risks:
        assert risk.inlet_degc < risk.upper_degc <= risk.limit_degc + 1e-6
        assert risk.inlet_degc == max(demo.schedule[f"{risk.hall}.inlet_max_degc"])


def test_the_loss_of_the_worst_unit_of_each_group_is_told(demo: Plan) -> None:
    losses = {loss.group: loss for loss in explained(demo).losses}
    crahs = {f"hall-{number} crahs" for number in (1, 2, 3)}
    assert set(losses) == {*crahs, "loop-1 cdus", "plant-1 chillers", "plant-1 towers"}
    for loss in losses.values():
        assert (loss.short_h == 0.0) == (loss.limit == "")
        assert 0.0 <= loss.short_h <= 6.0
    hall = losses["hall-2 crahs"]
    assert hall.inlet_max_degc is not None and hall.inlet_max_degc < 32.0


def test_a_price_that_turned_the_plan_is_named() -> None:
    said = make_plan(with_later_price(0.25)).plan
    found = since(make_plan(replace(with_later_price(0.12), in_force=said)).plan)
    assert found.plan_id == said.id
    assert WORK_KW in [change.name for change in found.decisions]
    worth = {one.name: one.worth for one in found.inputs}
    assert worth["forecast of IT load"] == worth["forecast of the wet bulb"] == pytest.approx(0.0)
    assert (worth["energy price"] or 0.0) > 0.0
    assert found.because.startswith("energy price")


def free_for(wet_bulb_degc: float) -> PlanInputs:
    return toy_inputs(toy_site(6.0), wet_bulb_degc=np.full(6, wet_bulb_degc))


def test_weather_that_forbids_what_was_said_is_named() -> None:
    said = make_plan(free_for(5.0)).plan
    assert set(said.modes["plant-1"]) == {"free"}
    found = since(make_plan(replace(free_for(15.0), in_force=said)).plan)
    assert "would now break a limit: plant-1 free cooling wet bulb" in found.because
    (wet_bulb,) = [one for one in found.inputs if one.name == "forecast of the wet bulb"]
    assert wet_bulb.change == wet_bulb.largest == 10.0


def test_weather_put_back_reaches_the_plants() -> None:
    it = ItCase.of(free_for(5.0))
    held, value = baseline(it)
    run = simulate(it.under(free_for(15.0)), held.decisions, value)
    assert run.plants["plant-1"].load.wet_bulb_degc.tolist() == [15.0] * 6


def test_where_nothing_changed_that_is_said() -> None:
    said = make_plan(free_for(5.0)).plan
    found = since(make_plan(replace(free_for(5.0), in_force=said)).plan)
    assert (found.decisions, found.because) == ((), "nothing of the coming hours has changed")
    assert explained(said).since_last is None


def test_an_explanation_survives_the_journal_and_older_plans_load_without_one(demo: Plan) -> None:
    assert PLAN.load(PLAN.dump(demo)) == demo
    older = PLAN.dump(replace(demo, explanation=None)).replace(',"explanation":null', "")
    assert '"explanation"' not in older
    assert PLAN.load(older).explanation is None
