"""The state machine against the diagram of ISA-18.2, written down a second time as a table of its letters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from facility.alarms import machine
from facility.alarms.alarm import Alarm, AlarmState, Priority, Said
from facility.errors import JournalError

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
LETTERS = {
    AlarmState.NORMAL: "A",
    AlarmState.UNACKNOWLEDGED: "B",
    AlarmState.ACKNOWLEDGED: "C",
    AlarmState.RETURNED: "D",
    AlarmState.SHELVED: "F",
    AlarmState.SUPPRESSED: "G",
    AlarmState.OUT_OF_SERVICE: "H",
}
# What a look at the plant makes of each state: in alarm, normal, in alarm and explained by another.
LOOK = {"A": "BAG", "B": "BDG", "C": "CAG", "D": "BDG", "F": "FFF", "G": "BAG", "H": "HHH"}
ACKNOWLEDGED = {"B": "C", "D": "A"}
FRESH = Alarm("hall_humid:hall-1", "hall-1", "hall_humid", Priority.MEDIUM)
Move = Callable[[Alarm, Said], Alarm]


def said(at: datetime, hours: float | None = None) -> Said:
    return Said("R. Weber", "works on it", at, None if hours is None else at + timedelta(hours=hours))


def look(alarm: Alarm, active: bool, explained: bool, at: datetime = NOW) -> Alarm:
    return machine.observed(alarm, active, "humid", "other:1" if explained else None, at)


class AlarmOverTime(RuleBasedStateMachine):
    """Anything that can happen, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.alarm, self.letter, self.now = FRESH, "A", NOW
        self.plant, self.until = "normal", NOW

    def unheld(self) -> str:
        return {"alarm": "B", "normal": "A", "explained": "G"}[self.plant]

    @rule(plant=st.sampled_from(["alarm", "normal", "explained"]))
    def look(self, plant: str) -> None:
        self.plant = plant
        self.alarm = look(self.alarm, plant != "normal", plant == "explained", self.now)
        self.letter = LOOK[self.letter][("alarm", "normal", "explained").index(plant)]

    @rule(hours=st.floats(0.5, 30))
    def time_passes(self, hours: float) -> None:
        self.now += timedelta(hours=hours)
        self.alarm = machine.expired(self.alarm, self.now)
        if self.letter == "F" and self.now >= self.until:
            self.letter = self.unheld()

    @rule()
    def acknowledge(self) -> None:
        self.person(machine.acknowledge, ACKNOWLEDGED.get(self.letter))

    @rule(hours=st.floats(0.5, 24))
    def shelve(self, hours: float) -> None:
        before = self.letter
        self.person(machine.shelve, None if before == "H" else "F", hours)
        self.until = self.until if before == "H" else self.now + timedelta(hours=hours)

    @rule()
    def unshelve(self) -> None:
        self.person(machine.unshelve, self.unheld() if self.letter == "F" else None)

    @rule()
    def out_of_service(self) -> None:
        self.person(machine.take_out_of_service, None if self.letter == "H" else "H")

    @rule()
    def return_to_service(self) -> None:
        self.person(machine.return_to_service, self.unheld() if self.letter == "H" else None)

    def person(self, move: Move, letter: str | None, hours: float | None = None) -> None:
        if letter is None:
            with pytest.raises(JournalError, match="cannot be"):
                move(self.alarm, said(self.now, hours))
            return
        self.alarm, self.letter = move(self.alarm, said(self.now, hours)), letter

    @invariant()
    def is_in_the_state_of_the_diagram(self) -> None:
        assert LETTERS[self.alarm.state] == self.letter

    @invariant()
    def names_who_holds_and_who_acknowledged(self) -> None:
        assert (self.alarm.hold is None) == (self.letter not in "FH")
        assert self.letter != "C" or self.alarm.acknowledged is not None
        assert self.letter != "B" or self.alarm.acknowledged is None
        assert self.alarm.awaits == (self.letter in "BD")


TestAlarmOverTime = AlarmOverTime.TestCase
TestAlarmOverTime.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)


def in_state(letter: str) -> Alarm:
    raised = look(FRESH, active=True, explained=False)
    return {
        "A": FRESH,
        "B": raised,
        "C": machine.acknowledge(raised, said(NOW)),
        "D": look(raised, active=False, explained=False),
        "F": machine.shelve(raised, said(NOW, 8)),
        "G": look(FRESH, active=True, explained=True),
        "H": machine.take_out_of_service(raised, said(NOW)),
    }[letter]


@pytest.mark.parametrize("letter", LOOK)
def test_a_look_from_every_state(letter: str) -> None:
    assert LETTERS[in_state(letter).state] == letter
    looks = [(True, False), (False, False), (True, True)]
    after = [LETTERS[look(in_state(letter), *each).state] for each in looks]
    assert "".join(after) == LOOK[letter]


@pytest.mark.parametrize("hours", [0.0, -1.0, 24.1])
def test_shelving_has_an_end_within_a_day(hours: float) -> None:
    with pytest.raises(JournalError, match="up to 24 h; longer: out-of-service"):
        machine.shelve(in_state("B"), said(NOW, hours))


@pytest.mark.parametrize("move", [machine.shelve, machine.take_out_of_service])
def test_what_is_put_aside_needs_a_reason(move: Move) -> None:
    with pytest.raises(JournalError, match="say why"):
        move(in_state("B"), Said("R. Weber", " ", NOW, NOW + timedelta(hours=1)))


def test_raised_again_it_says_what_is_wrong_now_and_since_when() -> None:
    later = NOW + timedelta(hours=2)
    again = machine.observed(in_state("D"), True, "more humid", None, later)
    assert (again.text, again.since, again.acknowledged) == ("more humid", later, None)
    still = machine.observed(again, True, "even more", None, later + timedelta(hours=1))
    assert (still.text, still.since) == ("more humid", later)
