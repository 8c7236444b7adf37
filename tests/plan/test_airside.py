"""Halls that breathe outdoor air in the plan: the best of all paths, few changes, humidity kept, tampering refused."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.advise.wording import recommended
from facility.errors import InfeasibleError
from facility.plan.alternatives import alternatives
from facility.plan.calm import Said
from facility.plan.case import ItCase
from facility.plan.decisions import decisions_of
from facility.plan.humidity import HallAir, excesses
from facility.plan.inputs import PlanInputs, PlantNow
from facility.plan.moves import MOST_MODE_CHANGES, changes_beyond
from facility.plan.planner import make_plan
from facility.plan.simulate import simulate
from facility.plan.verify import PlanRejectedError, verify_plan, violations
from facility.records import Interval, Plan, Recommendation
from models import psychrometrics
from models.airside import Airside
from models.cooling import JointState, Load, Mode, PlantResponse
from models.nameplate import AirsideEconomizer
from models.plant_model import CoolingPlant
from tests.models.small_plant import hall, plant
from tests.plan.enumeration import cheapest, prepared
from tests.plan.toy import BATTERY, START, toy_inputs, toy_plant_part, toy_site

DAMPERS = {"id": "ase-1", "rated_airflow_m3ps": 33.0, "rated_relief_fan_kw": 4.0, "min_dwell_min": 120.0}
COMMAND = "ase-1.economizer_mode_command"
SHUT = JointState(Mode.MECHANICAL, 12.0, (20.0,), 1)
OPEN = dataclasses.replace(SHUT, dampers_open=True)
DAMP = 17.0  # a dew point that the hall does not allow


@dataclass(frozen=True)
class FewStates:
    """A plant with the laws of the real one and few states, so that all paths can be tried."""

    plant: CoolingPlant
    few: tuple[JointState, ...] = (SHUT, OPEN)
    plant_id: str = "plant-1"
    halls: tuple[str, ...] = ("hall-1",)
    loops: tuple[str, ...] = ()

    def states(self) -> tuple[JointState, ...]:
        return self.few

    def evaluate(self, state: JointState, load: Load) -> PlantResponse:
        return self.plant.evaluate(state, load)


def breathing_plant() -> CoolingPlant:
    nameplate = AirsideEconomizer("ase-1", 33.0, 4.0)
    towers = plant(economizer=None, halls=(dataclasses.replace(hall(), airside=Airside(nameplate)),))
    return dataclasses.replace(towers, loop_parts=())


def breathing_inputs(
    dry_degc: Sequence[float], dew_degc: Sequence[float] | float = 5.0, *, open_now: bool = False, **changes: object
) -> PlanInputs:
    """Return inputs at an hour a step whose plant has two states: dampers shut or open."""
    racks = [{"id": f"a{i:02d}", "rated_kw": 15.0} for i in range(1, 25)]
    site = toy_site(
        float(len(dry_degc)),
        halls=[{"id": "hall-1", "racks": racks, "economizer": DAMPERS}],
        plants=[toy_plant_part(economizer=None)],
        batteries=changes.pop("batteries", []),
    )
    dry = np.asarray(dry_degc, dtype=float)
    humidity = psychrometrics.relative_humidity_frac(dry, np.broadcast_to(np.asarray(dew_degc, float), dry.shape))
    inputs = toy_inputs(
        site,
        FewStates(breathing_plant()),  # type: ignore[arg-type]
        plants_now={"plant-1": PlantNow(Mode.MECHANICAL, 12.0, (20.0,), 1, dampers_open=open_now)},
        outdoor_degc=dry,
        wet_bulb_degc=psychrometrics.wet_bulb_degc(dry, humidity),
        dampers_open={"ase-1": open_now},
        dew_point_degc={"hall-1": 8.0},
    )
    return replace(inputs, **changes)  # type: ignore[arg-type]


def opened(plan: Plan) -> list[int]:
    return [round(value) for value in plan.schedule[COMMAND]]


@pytest.mark.parametrize(
    "dry_degc", [[12.0, 16.0, 25.0, 14.0, 10.0], [26.0, 18.0, 18.0, 27.0, 27.0], [10.0, 30.0, 10.0, 30.0, 10.0]]
)
@pytest.mark.parametrize("price", [0.2, 0.0])
def test_the_plan_is_the_best_of_all_paths(dry_degc: list[float], price: float) -> None:
    inputs = breathing_inputs(dry_degc, price_per_kwh=np.full(5, price))
    best = cheapest(prepared(inputs))
    result = make_plan(inputs)
    assert result.plan.cost.total_cost == pytest.approx(best, rel=2e-4, abs=1e-6)
    assert result.plan.bound <= best + 1e-6 * max(best, 1.0)
    verify_plan(inputs, result.plan)


def test_negative_prices_keep_it_verified_and_near_the_best() -> None:
    inputs = breathing_inputs([12.0, 16.0, 25.0, 14.0, 10.0], price_per_kwh=np.array([0.2, -0.1, -0.1, 0.2, 0.2]))
    best = cheapest(prepared(inputs))
    assert make_plan(inputs).plan.cost.total_cost == pytest.approx(best, rel=1e-3)


def test_dampers_and_a_battery_are_planned_together() -> None:
    inputs = breathing_inputs([10.0] * 8, batteries=[BATTERY])
    plan = make_plan(inputs).plan
    assert opened(plan) == [1] * 8
    assert plan.modes["hall-1"] == ("full",) * 8
    assert plan.modes["plant-1"] == ("mechanical",) * 8
    assert "b-1.charge_power_setpoint_kw" in plan.schedule
    verify_plan(inputs, plan)


def test_the_lever_says_what_open_dampers_save() -> None:
    lever = next(
        one for one in make_plan(breathing_inputs([10.0] * 6)).levers if one.quantity == "outdoor_air_dampers_command"
    )
    assert (lever.equipment, lever.targets, lever.current, lever.recommended) == ("ase-1", (COMMAND,), 0.0, 1.0)
    assert lever.saving_kw.value > 10.0
    nothing = Interval(0.0, 0.0, 0.0)
    said = Recommendation(
        "r", "p", "s", START, START, lever.equipment, lever.quantity, (), 0.0, 1.0, "enum",
        nothing, nothing, nothing, None, "",
    )  # fmt: skip
    assert recommended(said) == "open"


@pytest.mark.parametrize("open_now", [True, False])
def test_air_at_the_edge_stays_in_where_it_is_in(open_now: bool) -> None:
    """What dampers have let in stays in up to the edge of their envelope; what is shut out waits for a kelvin."""
    edge = [AirsideEconomizer("ase-1", 33.0, 4.0).outdoor_max_degc - 0.5]
    inputs = breathing_inputs([*edge, 10.0, 10.0, 10.0, *edge, *edge], open_now=open_now)
    plan = make_plan(inputs).plan
    assert opened(plan) == [int(open_now), 1, 1, 1, 1, 1]
    verify_plan(inputs, plan)
    locked_out = make_plan(breathing_inputs([10.0, 10.0, 26.0, *edge, *edge, 10.0], open_now=open_now)).plan
    assert opened(locked_out) == [1, 1, 0, 0, 0, 1]


def test_humid_air_stays_outdoors() -> None:
    plan = make_plan(breathing_inputs([18.0] * 6, [5.0, 5.0, DAMP, DAMP, 5.0, 5.0])).plan
    assert opened(plan) == [1, 1, 0, 0, 1, 1]
    assert max(plan.schedule["hall-1.dew_point_degc"]) <= 15.0
    assert max(plan.schedule["hall-1.relative_humidity_frac"]) <= 0.7


def test_dwell_time_and_the_day_keep_changes_few() -> None:
    hours = np.arange(48)
    inputs = breathing_inputs([30.0 if odd else 10.0 for odd in hours // 2 % 2])
    plan = make_plan(inputs).plan
    assert -2 <= changes_beyond(np.array([0.0, *opened(plan)]), (), 1.0) <= 0
    lively = tuple(OPEN if one else SHUT for one in hours // 2 % 2 == 0)
    it, decisions = ItCase.of(inputs), verify_plan(inputs, plan).decisions
    run = simulate(it, replace(decisions, states={"plant-1": lively}), 0.0)
    assert {broken.limit for broken in violations(it, run)} == {"plant-1 mode changes in a day"}


def test_changes_of_the_past_day_count() -> None:
    mild = [14.0] * 4 + [30.0] * 2 + [14.0] * 18
    fresh = breathing_inputs(mild, open_now=True)
    assert opened(make_plan(fresh).plan)[-1] == 1
    now = replace(fresh.plants_now["plant-1"], mode_changed_h=(1.0, 2.5, 4.0))
    busy = make_plan(replace(fresh, plants_now={"plant-1": now})).plan
    assert opened(busy)[4:20] == [0] * 16  # a fifth change only when the first of them is a day old
    verify_plan(fresh, busy)


@given(st.lists(st.integers(0, 2), min_size=2, max_size=60))
def test_changes_are_counted_within_any_day(modes: list[int]) -> None:
    at = [step for step, (one, other) in enumerate(itertools.pairwise(modes)) if one != other]
    worst = max((sum(begin <= step < begin + 24 for step in at) for begin in at), default=0)
    assert changes_beyond(np.array(modes, float), (), 1.0) == worst - MOST_MODE_CHANGES


def test_opening_against_the_weather_is_refused_by_name() -> None:
    inputs = breathing_inputs([10.0, 10.0, 30.0, 30.0, 30.0, 30.0])
    plan = make_plan(inputs).plan
    assert opened(plan) == [1, 1, 0, 0, 0, 0]
    tampered = replace(plan, schedule={**plan.schedule, COMMAND: (1.0,) * 6})
    with pytest.raises(PlanRejectedError, match="hall-1 outdoor air envelope"):
        verify_plan(inputs, tampered)


def test_a_schedule_that_does_not_know_of_dampers_counts_them_as_shut() -> None:
    inputs = breathing_inputs([10.0] * 4)
    plan = make_plan(inputs).plan
    lacking = {key: series for key, series in plan.schedule.items() if key != COMMAND}
    assert not any(one.dampers_open for one in decisions_of(inputs, lacking).states["plant-1"])
    with pytest.raises(PlanRejectedError, match="stated site power"):
        verify_plan(inputs, replace(plan, schedule=lacking))


def test_dampers_that_nobody_measures_count_as_shut_and_are_named() -> None:
    inputs = replace(breathing_inputs([10.0] * 4), dampers_open={})
    sealed = dataclasses.replace(breathing_plant(), hall_parts=(hall(),))
    plan = make_plan(replace(inputs, plants=[FewStates(sealed, (SHUT,))])).plan
    assert COMMAND not in plan.schedule
    assert any(note.startswith("ase-1: dampers not measured") for note in plan.notes)


def test_a_hall_measured_too_humid_comes_back() -> None:
    inputs = breathing_inputs([14.0] * 4, dew_point_degc={"hall-1": 19.0}, open_now=True)
    plan = make_plan(inputs).plan
    dew = plan.schedule["hall-1.dew_point_degc"]
    assert dew[0] < 19.0 and (np.diff(dew) <= 1e-9).all()
    verify_plan(inputs, plan)


def test_humidity_out_of_its_envelope_is_named_and_measured() -> None:
    inputs = breathing_inputs([14.0] * 3)
    air = HallAir(
        np.array([[14.0], [15.5], [-10.0]]), np.array([[0.5], [0.72], [0.2]]), np.array([14.0]), np.full((3, 1), True)
    )
    worst = {name: float(excess.max()) for name, excess, _ in excesses(inputs, inputs.plants[0], air)}
    assert worst["hall-1 dew point max"] == pytest.approx(0.5)
    assert worst["hall-1 dew point min"] == pytest.approx(1.0)
    assert worst["hall-1 relative humidity max"] == pytest.approx(0.02)
    shut = replace(air, dampers_open=np.full((3, 1), False))
    assert not any(excess.any() for _, excess, _ in excesses(inputs, inputs.plants[0], shut))


def test_a_plant_that_cannot_carry_a_hot_day_shut_says_so() -> None:
    inputs = breathing_inputs([30.0] * 4, it_power_kw={"hall-1": np.full(4, 700.0)})
    with pytest.raises(InfeasibleError):
        make_plan(inputs)


def test_what_was_said_of_dampers_stays_where_leaving_it_gains_next_to_nothing() -> None:
    """A price of states by their modes: dampers as they were said to be cost nothing, the others something."""
    inputs = breathing_inputs([14.0] * 4)
    decisions = verify_plan(inputs, make_plan(inputs).plan).decisions
    case = prepared(inputs)
    prices = Said.of(inputs, decisions, inputs.steps).state_prices(case.plants["plant-1"], inputs)
    said = [case.plants["plant-1"].table.states.index(state) for state in decisions.states["plant-1"]]
    assert prices[0, said[0]] == 0.0
    assert prices[0, 1 - said[0]] > 0.0


def test_shutting_the_dampers_is_an_alternative_with_its_price_or_what_forbids_it() -> None:
    for dry_degc, opens in ((14.0, True), (30.0, False)):
        inputs = breathing_inputs([dry_degc] * 4)
        told = {
            one.quantity: one for one in alternatives(ItCase.of(inputs), verify_plan(inputs, make_plan(inputs).plan))
        }
        dampers = told["outdoor_air_dampers_command"]
        assert (dampers.equipment, dampers.value) == ("ase-1", float(not opens))
        assert dampers.limit == ("" if opens else "hall-1: outdoor air envelope")
        assert dampers.extra_kw is None or dampers.extra_kw > 10.0
