"""What counts as the plant going the wrong way."""

from __future__ import annotations

from facility.dispatch.answer import IT_POWER, POWER, Answer, limits_broken, unseen, went_wrong
from facility.dispatch.watched import Guard
from facility.records import Interval

INLET, SUPPLY = "rack-1.inlet_temperature_degc", "crah-1.supply_air_temperature_degc"
ANSWER = Answer({SUPPLY: 2.0}, [Guard(INLET, 18.0, 27.0)], Interval(5.0, 2.0, 8.0), claims_saving=True)
BEFORE = {INLET: 24.0, SUPPLY: 18.0, POWER: 400.0, IT_POWER: 300.0}


def broken(before_degc: float | None, now_degc: float) -> list[str]:
    before = {} if before_degc is None else {INLET: before_degc}
    return list(limits_broken(ANSWER, before, {INLET: now_degc}))


def wrong(**now: float) -> list[str]:
    names = {"supply": SUPPLY, "power": POWER, "it": IT_POWER}
    return list(went_wrong(ANSWER, BEFORE, BEFORE | {names[name]: value for name, value in now.items()}))


def test_a_limit_newly_broken_counts_and_one_broken_before_only_if_it_is_worse() -> None:
    assert broken(24.0, 27.4) == []  # noise of a sensor
    assert broken(24.0, 27.6) == [f"{INLET} is 27.6, limit 27"]
    assert broken(None, 27.6) != []
    assert broken(28.0, 28.4) == [] and broken(28.0, 28.6) != []
    assert broken(24.0, 17.6) == [] and broken(24.0, 17.4) == [f"{INLET} is 17.4, limit 18"]
    assert broken(17.0, 16.6) == [] and broken(17.0, 16.4) != []


def test_a_quantity_that_moves_against_the_write_counts() -> None:
    assert wrong(supply=20.0) == [] and wrong(supply=17.6) == []
    assert wrong(supply=17.4) == [f"{SUPPLY} moved by -0.6, +2 was written"]


def test_overhead_that_rises_by_more_than_was_to_be_saved_counts_whatever_work_does() -> None:
    assert wrong(power=404.0) == []
    assert wrong(power=506.0, it=400.0) == ["overhead rose from 100.0 to 106.0 kW, 5.0 kW were to be saved"]
    assert wrong(power=506.0, it=404.0) == []
    modest = Answer({}, [], Interval(5.0, -2.0, 8.0), claims_saving=True)
    assert list(went_wrong(modest, BEFORE, BEFORE | {POWER: 500.0})) == []


def test_one_sensor_of_many_that_falls_silent_leaves_the_watch_and_many_do_not() -> None:
    guards = [Guard(f"rack-{number}.inlet_temperature_degc", 18.0, 27.0) for number in range(20)]
    answer, before = Answer({}, guards, Interval(0.0, 0.0, 0.0), claims_saving=False), {g.name: 22.0 for g in guards}
    assert unseen(answer, before, {g.name: 22.0 for g in guards[2:]}) == []
    assert len(unseen(answer, before, {g.name: 22.0 for g in guards[3:]})) == 3
    assert unseen(answer, {}, {}) == []
