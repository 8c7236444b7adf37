"""Delays, deadbands, and alarms explained by others."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.alarms.alarm import Alarm, AlarmState, Priority, Said
from facility.alarms.catalogue import CATALOGUE
from facility.alarms.judge import applied, judge
from facility.alarms.machine import shelve
from facility.alarms.observation import Delays, Observation, above, below

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
HUMID, SILENT, STALE = "hall_humid", "device_silent", "readings_stale"


class Room:
    """A small alarm system in memory."""

    def __init__(self) -> None:
        self.known: dict[str, Alarm] = {}
        self.delays = Delays()
        self.now = NOW

    def look(self, *seen: Observation, after_s: float = 10.0, looked_for: frozenset[str] | None = None) -> None:
        self.now += timedelta(seconds=after_s)
        conditions = frozenset(CATALOGUE) if looked_for is None else looked_for
        for verdict in judge(seen, conditions, self.known, self.delays, self.now):
            self.known[verdict.id] = applied(verdict, self.known.get(verdict.id), self.now)

    def states(self) -> dict[str, AlarmState]:
        return {name: alarm.state for name, alarm in self.known.items()}


def humid(present: bool | None, persists: bool | None = None) -> Observation:
    return Observation(HUMID, "hall-1", "hall-1", present, "damp", persists)


def test_an_alarm_waits_for_its_on_delay_and_its_off_delay() -> None:
    room = Room()
    for _ in range(6):
        room.look(humid(True))
    assert room.known == {}
    room.look(humid(True))  # 60 s after the first
    assert room.states() == {"hall_humid:hall-1": AlarmState.UNACKNOWLEDGED}
    for _ in range(6):
        room.look(humid(False))
    assert room.known["hall_humid:hall-1"].active
    room.look(humid(False))
    assert room.states() == {"hall_humid:hall-1": AlarmState.RETURNED}


def test_a_condition_that_comes_and_goes_within_the_delay_raises_nothing() -> None:
    room = Room()
    for index in range(100):
        room.look(humid(index % 5 != 0))
    assert room.known == {}


def test_an_active_alarm_stays_while_its_condition_persists_or_is_unknown() -> None:
    room = Room()
    for _ in range(7):
        room.look(humid(True))
    for _ in range(20):
        room.look(humid(False, persists=True))
        room.look(humid(None))
    assert room.known["hall_humid:hall-1"].active
    room.look(looked_for=frozenset(), after_s=3600)
    room.look(looked_for=frozenset(), after_s=3600)
    assert room.known["hall_humid:hall-1"].active, "nobody could look"
    room.look()
    room.look(after_s=60)
    assert not room.known["hall_humid:hall-1"].active, "looked for, and nobody speaks of it"


def test_a_silent_device_explains_its_missing_readings_until_it_is_shelved() -> None:
    room = Room()
    silent = Observation(SILENT, "gw", "gw", True, "no answer")
    stale = Observation(STALE, "crah-1", "crah-1", True, "old", under=(silent.id,))
    for _ in range(40):
        room.look(silent, stale)
    assert room.states() == {silent.id: AlarmState.UNACKNOWLEDGED, stale.id: AlarmState.SUPPRESSED}
    said = Said("R. Weber", "replaced today", room.now, room.now + timedelta(hours=2))
    room.known[silent.id] = shelve(room.known[silent.id], said)
    room.look(silent, stale)
    assert room.states() == {silent.id: AlarmState.SHELVED, stale.id: AlarmState.UNACKNOWLEDGED}
    room.look(silent, stale, after_s=7200)
    assert room.states() == {silent.id: AlarmState.UNACKNOWLEDGED, stale.id: AlarmState.UNACKNOWLEDGED}
    room.look(silent, stale)
    assert room.states()[stale.id] is AlarmState.SUPPRESSED


def test_what_explained_an_alarm_goes_on_doing_so_while_nobody_can_tell() -> None:
    room = Room()
    silent = Observation(SILENT, "gw", "gw", True, "no answer")
    stale = Observation(STALE, "crah-1", "crah-1", True, "old", under=(silent.id,))
    for _ in range(40):
        room.look(silent, stale)
    unknown = replace(stale, present=None, under=())
    room.look(replace(silent, present=None), unknown)
    assert room.states()[stale.id] is AlarmState.SUPPRESSED
    for _ in range(8):
        room.look(replace(silent, present=False), unknown)
    assert room.states()[stale.id] is AlarmState.UNACKNOWLEDGED


def test_a_clock_that_is_put_back_delays_by_no_more_than_the_delay() -> None:
    room = Room()
    room.look(humid(True))
    room.look(humid(True), after_s=-3600)
    for _ in range(6):
        room.look(humid(True))
    assert room.known["hall_humid:hall-1"].active


@given(st.floats(-50, 50), st.floats(-50, 50), st.floats(0, 5))
def test_a_deadband_only_ever_prolongs(value: float, limit: float, deadband: float) -> None:
    for present, persists in (above(value, limit, deadband), below(value, limit, deadband)):
        assert persists or not present
    assert above(limit, limit, 1.0) == below(limit, limit, 1.0) == (False, True)


def test_an_unknown_value_tells_nothing() -> None:
    assert above(None, 1.0, 0.1) == below(None, 1.0, 0.1) == (None, None)


@pytest.mark.parametrize("condition", CATALOGUE)
def test_every_condition_says_what_to_do(condition: str) -> None:
    one = CATALOGUE[condition]
    assert one.condition == condition
    assert len(one.response) > 15
    assert one.response.endswith(".")
    assert 0 <= one.on_delay_s <= 600
    assert 0 <= one.off_delay_s <= 600
    assert one.priority in Priority
