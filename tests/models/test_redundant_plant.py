"""A plant that must bear the loss of units, against the plants that are left after each loss."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.airside import Airside
from models.cooling import JointState, Load, Mode, answers_for
from models.plant_model import CoolingPlant
from models.redundant_plant import RedundantPlant
from models.what_if import groups
from tests.models.small_plant import load, plant
from tests.models.test_airside import DAMPERS, OPEN, breathing_plant, weather

AIR_KW = np.linspace(60.0, 420.0, 13)
STATES = plant().states()


def left_bears(left: CoolingPlant, state: JointState, asked: Load) -> np.ndarray:
    """Whether any mode and stage of what is left holds the setpoints, asked one by one."""
    kept = np.zeros(asked.heat_kw.size, bool)
    for other in left.states():
        if (other.leaving_water_degc, other.supply_air_degc) == (state.leaving_water_degc, state.supply_air_degc):
            kept |= left.evaluate(other, asked).feasible
    return kept


@pytest.mark.parametrize("group", ["hall-1 crahs", "plant-1 chillers", "plant-1 towers"])
@pytest.mark.parametrize("wet_bulb_degc", [2.0, 24.0])
def test_a_state_is_feasible_where_what_is_left_holds_its_setpoints(group: str, wet_bulb_degc: float) -> None:
    whole, asked = plant(), load(AIR_KW, 200.0, wet_bulb_degc)
    must_bear = RedundantPlant.of(whole, {group: 1})
    (left,) = must_bear.left.values()
    refused = 0
    for place, answer in answers_for(must_bear, STATES[::7], asked):
        state = STATES[::7][place]
        alone = whole.evaluate(state, asked)
        assert np.array_equal(answer.feasible, alone.feasible & left_bears(left, state, asked))
        lost = alone.feasible & ~answer.feasible
        refused += int(lost.sum())
        assert all("loss of 1 of its" in name for name in answer.limit[lost])
        assert np.array_equal(answer.overhead_kw, alone.overhead_kw)
    assert refused > 0 or group != "hall-1 crahs"


def test_what_is_known_to_be_borne_does_not_change_the_answer() -> None:
    must_bear = RedundantPlant.of(plant(), {"hall-1 crahs": 1, "plant-1 chillers": 1})
    for state in STATES[::11]:
        for asked in (load(AIR_KW[4:6]), load(AIR_KW), load(AIR_KW[::-1]), load(AIR_KW[5:7], wet_bulb_degc=10.0)):
            fresh = RedundantPlant.of(plant(), must_bear.spare).evaluate(state, asked)
            assert np.array_equal(must_bear.evaluate(state, asked).limit, fresh.limit)


@pytest.mark.parametrize("group", ["hall-1 crahs", "plant-1 chillers"])
def test_many_rows_are_answered_from_a_grid_that_allows_nothing_more_and_little_less(group: str) -> None:
    """From next to no heat to more than there are machines for: neither end of the box is borne, its middle is."""
    heat_kw = np.linspace(5.0, 700.0, 400)
    asked = load(heat_kw, 0.3 * heat_kw, np.linspace(14.0, 18.0, 400))
    state = JointState(Mode.MECHANICAL, 10.0, (20.0,), 1)
    whole = plant(economizer=None)
    must_bear = RedundantPlant.of(whole, {group: 1})
    exact = np.concatenate(
        [must_bear.evaluate(state, asked.at(np.arange(at, at + 50))).feasible for at in range(0, 400, 50)]
    )
    many = RedundantPlant.of(whole, {group: 1}).evaluate(state, asked).feasible
    assert not (many & ~exact).any()
    assert exact.any() and many.sum() > 0.75 * exact.sum()


def test_losses_that_no_state_bears_are_told_with_their_rows() -> None:
    must_bear = RedundantPlant.of(plant(), {"plant-1 chillers": 1, "hall-1 crahs": 1})
    short = must_bear.unbearable(load(np.array([150.0, 420.0]), np.array([150.0, 300.0]), 26.0))
    assert set(short) == {"plant-1 chillers", "hall-1 crahs"} or set(short) == {"plant-1 chillers"}
    assert list(short["plant-1 chillers"]) == [False, True]


def test_a_plant_that_must_bear_nothing_answers_as_it_is_and_stays_one_through_replace() -> None:
    whole, asked = plant(), load(AIR_KW)
    state = JointState(Mode.MECHANICAL, 12.0, (21.0,), 2)
    assert np.array_equal(RedundantPlant.of(whole, {}).evaluate(state, asked).limit, whole.evaluate(state, asked).limit)
    must_bear = replace(RedundantPlant.of(whole, {"plant-1 chillers": 1}), cycles=4.0)
    assert list(must_bear.left) == ["plant-1 chillers"]
    assert must_bear.plain == replace(whole, cycles=4.0)
    assert set(groups(whole)) >= {"hall-1 crahs", "loop-1 cdus", "plant-1 chillers", "plant-1 chilled_water_pumps"}


def test_cold_days_leave_open_dampers_bearable() -> None:
    """Corners of their weather that never were, warm and very dry, lie outside the dampers' envelope: no word on the chillers."""
    days = Load.of([weather(150.0, dry, dew) for dry in np.linspace(-12.0, 8.0, 15) for dew in (dry - 9.0, dry)])
    envelope = replace(DAMPERS, outdoor_dew_point_min_degc=-15.0)
    whole = breathing_plant(Airside(envelope))
    must_bear = RedundantPlant.of(whole, {"plant-1 chillers": 1})
    many = Load.of([days] * 12)  # enough rows that the grid is asked
    alone, answer = (one.evaluate(OPEN, many) for one in (whole, must_bear))
    assert 0 < alone.feasible.sum() < many.rows
    assert np.array_equal(answer.feasible, alone.feasible)


def test_losses_known_to_be_borne_are_told_as_if_they_were_asked_anew() -> None:
    """What was found at tabulating spares the question whether any state bears a loss; beyond it, and too much, is asked."""
    spare = {"hall-1 crahs": 1, "plant-1 chillers": 1}
    known = RedundantPlant.of(plant(), spare)
    for _ in answers_for(known, known.states(), load(np.linspace(60.0, 200.0, 200))):
        pass
    assert any(loss.known(load([100.0])).all() for loss in known._in_room.values())
    for heats_kw in ([100.0, 150.0], [100.0, 2000.0], [30.0, 900.0]):
        anew = RedundantPlant.of(plant(), spare).unbearable(load(heats_kw))
        told = known.unbearable(load(heats_kw))
        assert {group: rows.tolist() for group, rows in told.items()} == {
            group: rows.tolist() for group, rows in anew.items()
        }
