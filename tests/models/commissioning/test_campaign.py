"""Campaigns teach much at little risk: small steps first, one setpoint at a time, never near a limit."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import UTC, datetime, timedelta

import pytest

from models.commissioning.campaign import LEAST_HOLD, plan_campaign
from models.commissioning.lever import Lever
from models.commissioning.room import Room
from models.rack_inlet import RackInlets

BEGINS = datetime(2026, 4, 15, tzinfo=UTC)
ROOM = Room("hall-1", RackInlets.prior(["a1", "a2"]), 19.0, 7.0, 20.5, 18.0, 27.0)
AIR = Lever(
    "hall-1", "supply_air_temperature_setpoint_degc", "degC", ("crah-1.supply_air_temperature_setpoint_degc",),
    now=19.0, low=17.0, high=25.0, wanted=(19.0, 25.0), seen=(19.0, 19.0), resolution=0.3, step=1.0, moves_per_h=4.0,
    settling_s=1200.0, warming={"hall-1": 1.0},
)  # fmt: skip
FANS = dataclasses.replace(
    AIR, quantity="fan_speed_setpoint_frac", unit="frac", now=0.85, low=0.4, high=1.0, wanted=(0.4, 0.85),
    seen=(0.85, 0.85), resolution=0.0255, step=0.085, warming={}, moves_air_of="hall-1",
)  # fmt: skip
TOWER = dataclasses.replace(AIR, equipment="plant-1", quantity="condenser", now=24.0, seen=(24.0, 24.0), warming={})


def test_each_is_tried_before_any_is_tried_again_and_the_riskless_first() -> None:
    campaign = plan_campaign([AIR, FANS, TOWER], [ROOM], BEGINS)
    names = [step.lever.quantity for step in campaign.steps]
    assert names[0] == "condenser"
    assert sorted(names[:3]) == sorted(lever.quantity for lever in (AIR, FANS, TOWER))
    assert sorted(names[3:6]) == sorted(names[:3])


def test_steps_grow_from_what_was_seen_and_follow_each_other() -> None:
    steps = plan_campaign([AIR, FANS], [ROOM], BEGINS).steps
    assert [step.value for step in steps if step.lever.quantity == AIR.quantity] == [20.0, 21.0, 22.0]
    assert [step.lever.seen[1] for step in steps if step.lever.quantity == AIR.quantity] == [19.0, 20.0, 21.0]
    for before, after in itertools.pairwise(steps):
        assert after.begins == before.ends
    for step in steps:
        assert step.begins < step.held_from and step.ends > step.back_at
        assert step.back_at - step.held_from >= LEAST_HOLD + timedelta(minutes=20)
        assert (step.held_from - step.begins) / timedelta(hours=1) >= abs(step.value - step.lever.now) / 4.0 - 1e-6


@pytest.mark.parametrize("hottest", [20.5, 23.0, 24.5, 26.0, 28.0])
def test_no_step_could_bring_an_inlet_to_its_limit(hottest: float) -> None:
    room = dataclasses.replace(ROOM, hottest_degc=hottest)
    campaign = plan_campaign([AIR, FANS], [room], BEGINS)
    warmer = [step for step in campaign.steps if step.risk_k > 0]
    assert all(step.worst_degc is not None and step.worst_degc < 27.0 for step in warmer)
    if hottest >= 24.5:
        assert all(step.lever.quantity != AIR.quantity for step in warmer)
        (refusal,) = [one for one in campaign.refused if one.lever.quantity == AIR.quantity and one.value == 20.0]
        assert "an inlet could reach" in refusal.reason and "of 27 °C" in refusal.reason


def test_supply_air_stays_above_the_lower_limit_of_the_inlets() -> None:
    room = dataclasses.replace(ROOM, supply_degc=18.5, hottest_degc=26.5)
    campaign = plan_campaign([AIR], [room], BEGINS)
    assert campaign.steps == ()
    assert {refusal.value for refusal in campaign.refused} == {18.0, 20.0}


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
