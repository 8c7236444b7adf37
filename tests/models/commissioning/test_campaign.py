"""Campaigns teach much at little risk: small steps first, one setpoint at a time, never near a limit."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from models.commissioning.campaign import LEAST_HOLD, plan_campaign
from models.commissioning.lever import Lever
from models.commissioning.room import Room
from models.rack_inlet import RackInlets

BEGINS = datetime(2026, 4, 15, tzinfo=UTC)
SHARE = {"crah-1": 1 / 3, "crah-2": 1 / 3, "crah-3": 1 / 3}
ROOM = Room("hall-1", RackInlets.prior(["a1", "a2"]), 19.0, 7.0, 20.5, 19.2, 18.0, 27.0, SHARE)
AIR = Lever(
    "hall-1", "supply_air_temperature_setpoint_degc", "degC", ("crah-1.supply_air_temperature_setpoint_degc",),
    now=19.0, low=17.0, high=25.0, cheaper=1, seen=(19.0, 19.0), resolution=0.3, step=1.0, moves_per_h=4.0,
    settling_s=1200.0, warming={"hall-1": 1.0},
)  # fmt: skip
FANS = dataclasses.replace(
    AIR, quantity="fan_speed_setpoint_frac", unit="frac", now=0.85, low=0.4, high=1.0, cheaper=-1,
    seen=(0.85, 0.85), resolution=0.0255, step=0.085, warming={}, moves_air_of="hall-1",
)  # fmt: skip
TOWER = dataclasses.replace(AIR, equipment="plant-1", quantity="condenser", now=24.0, seen=(24.0, 24.0), warming={})


def test_each_is_tried_once_and_the_riskless_first() -> None:
    campaign = plan_campaign([AIR, FANS, TOWER], [ROOM], BEGINS)
    names = [step.lever.quantity for step in campaign.steps]
    assert names[0] == "condenser"
    assert sorted(names) == sorted(lever.quantity for lever in (AIR, FANS, TOWER))


def test_a_step_stands_on_what_history_has_held_and_on_no_other_step() -> None:
    (first,) = plan_campaign([AIR], [ROOM], BEGINS).steps
    assert first.value == 20.0
    (again,) = plan_campaign([AIR], [ROOM], BEGINS).steps  # nobody did it: nothing is built on it
    assert again.value == 20.0
    (next_one,) = plan_campaign([dataclasses.replace(AIR, seen=(19.0, 19.6))], [ROOM], BEGINS).steps
    assert next_one.value == pytest.approx(20.6)


def test_steps_follow_each_other() -> None:
    steps = plan_campaign([AIR, FANS, TOWER], [ROOM], BEGINS).steps
    for before, after in itertools.pairwise(steps):
        assert after.begins == before.ends
    for step in steps:
        assert step.begins < step.held_from and step.ends > step.back_at
        assert step.back_at - step.held_from >= LEAST_HOLD + timedelta(minutes=20)
        moved = abs(step.value - step.lever.now)
        assert (step.held_from - step.begins) / timedelta(hours=1) >= moved / step.lever.moves_per_h - 1e-6


def test_what_the_plant_does_not_follow_is_not_tried() -> None:
    campaign = plan_campaign([dataclasses.replace(TOWER, followed=False)], [ROOM], BEGINS)
    assert campaign.steps == ()
    (refusal,) = campaign.refused
    assert "does not follow" in refusal.reason and refusal.value == 25.0


def test_the_loss_of_a_crah_during_a_try_is_feared() -> None:
    fans = dataclasses.replace(FANS, step=0.17)
    (bold,) = plan_campaign([fans], [ROOM], BEGINS).steps
    assert bold.value == pytest.approx(0.68)
    careful = plan_campaign([fans], [dataclasses.replace(ROOM, spare=1)], BEGINS)
    (refusal,) = careful.refused
    assert "if a CRAH stopped" in refusal.reason and refusal.value == pytest.approx(0.68)
    (step,) = careful.steps  # the other way shows the effect as well
    assert step.value == 1.0 and step.risk_k <= 0


def test_half_a_step_is_taken_where_a_whole_one_is_too_far() -> None:
    campaign = plan_campaign([AIR], [dataclasses.replace(ROOM, hottest_degc=23.9)], BEGINS)
    assert [step.value for step in campaign.steps] == [19.5]
    assert [refusal.value for refusal in campaign.refused] == [20.0]


@pytest.mark.parametrize("hottest", [20.5, 23.0, 24.5, 26.0, 28.0])
def test_no_step_could_bring_an_inlet_to_its_limit(hottest: float) -> None:
    room = dataclasses.replace(ROOM, hottest_degc=hottest)
    campaign = plan_campaign([AIR, FANS], [room], BEGINS)
    warmer = [step for step in campaign.steps if step.risk_k > 0]
    assert all(step.worst_degc is not None and step.worst_degc < 27.0 for step in warmer)
    if hottest >= 26.0:
        assert all(step.lever.quantity != AIR.quantity for step in warmer)
        (refusal,) = [one for one in campaign.refused if one.lever.quantity == AIR.quantity]
        assert "an inlet could reach" in refusal.reason and "of 27 °C" in refusal.reason


def test_inlets_stay_above_their_lower_limit() -> None:
    room = dataclasses.replace(ROOM, coldest_degc=18.3, hottest_degc=26.5)
    assert plan_campaign([AIR], [room], BEGINS).steps == ()
    (step,) = plan_campaign([AIR], [dataclasses.replace(room, coldest_degc=19.2)], BEGINS).steps
    assert step.value == 18.0


def test_what_has_moved_enough_is_not_tried() -> None:
    moved = dataclasses.replace(AIR, seen=(18.0, 22.0), history_spread=40.0)
    assert plan_campaign([moved], [ROOM], BEGINS).steps == ()
    assert moved.teaches(23.0) < AIR.teaches(20.0) / 5


def test_the_time_for_all_of_it_is_kept() -> None:
    campaign = plan_campaign([AIR, FANS, TOWER], [ROOM], BEGINS, most=timedelta(hours=8))
    assert campaign.steps and campaign.steps[-1].ends <= BEGINS + timedelta(hours=8)


def test_fear_covers_both_the_prior_and_what_was_learned() -> None:
    steep = dataclasses.replace(ROOM.inlets, recirculation_frac=3.0 * ROOM.inlets.recirculation_frac)
    learned = dataclasses.replace(ROOM, inlets=steep)
    assert learned.worst_degc(airflow_frac=0.8) > ROOM.worst_degc(airflow_frac=0.8) > ROOM.worst_degc()
    flat = dataclasses.replace(ROOM, inlets=dataclasses.replace(ROOM.inlets, recirculation_frac=0.0 * steep.offset_k))
    assert flat.worst_degc(airflow_frac=0.8) == pytest.approx(ROOM.worst_degc(airflow_frac=0.8))


def test_a_loss_is_worse_the_fewer_crahs_there_are_and_less_where_history_tells_whose_air_goes_where() -> None:
    three = dataclasses.replace(ROOM, spare=1)
    two = dataclasses.replace(ROOM, spare=1, crah_share={"crah-1": 0.5, "crah-2": 0.5})
    assert two.worst_degc(lost=True) > three.worst_degc(lost=True) > three.worst_degc()
    assert ROOM.worst_degc(lost=True) == ROOM.worst_degc()  # nothing must be spare
    known = dataclasses.replace(ROOM.inlets, crahs=tuple(SHARE), reach=np.ones((2, 3)))
    learned = dataclasses.replace(three, inlets=known)
    assert three.worst_degc() < learned.worst_degc(lost=True) < three.worst_degc(lost=True)
