"""From what all sources say to what each alarm is now: active or not, and explained by another or not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from facility.alarms.alarm import Alarm
from facility.alarms.catalogue import CATALOGUE
from facility.alarms.machine import expired, observed
from facility.alarms.observation import Delays, Observation


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an alarm is after a look."""

    id: str
    equipment: str
    condition: str
    active: bool
    text: str
    suppressed_by: str | None


def judge(
    seen: Sequence[Observation],
    looked_for: Collection[str],
    known: Mapping[str, Alarm],
    delays: Delays,
    at: datetime,
) -> list[Verdict]:
    """Return a verdict on each alarm that is active or known.

    Parameters
    ----------
    seen
        What the sources say.
    looked_for
        Conditions of the sources that could look. Of these an alarm that nobody speaks of is over (its equipment is gone, its
        finding closed); others stay as they are.
    known
        The alarms kept.
    delays
        Of the looks before.
    at
        Now.
    """
    said = {one.id: one for one in (*seen, *_silent(seen, looked_for, known))}
    delays.forget_but(said)
    active = {name: _active(one, known.get(name), delays, at) for name, one in said.items()}
    explains = {name for name in active.keys() | known.keys() if _explains(name, active, known)}
    return [
        Verdict(
            name, one.equipment, one.condition, active[name], one.text, _explained_by(one, known.get(name), explains)
        )
        for name, one in said.items()
        if active[name] or name in known
    ]


def applied(verdict: Verdict, alarm: Alarm | None, at: datetime) -> Alarm:
    """Return an alarm after its verdict; a new one where it is not known."""
    before = alarm or Alarm(verdict.id, verdict.equipment, verdict.condition, CATALOGUE[verdict.condition].priority)
    return observed(expired(before, at), verdict.active, verdict.text, verdict.suppressed_by, at)


def _silent(
    seen: Sequence[Observation], looked_for: Collection[str], known: Mapping[str, Alarm]
) -> Iterator[Observation]:
    """Yield for known alarms that no source spoke of that they are over, or that nobody could look."""
    spoken_of = {one.id for one in seen}
    for name, alarm in known.items():
        if name not in spoken_of:
            subject = name.removeprefix(f"{alarm.condition}:")
            present = False if alarm.condition in looked_for else None
            yield Observation(alarm.condition, subject, alarm.equipment, present)


def _active(one: Observation, alarm: Alarm | None, delays: Delays, at: datetime) -> bool:
    active = alarm is not None and alarm.active
    return delays.active(one.id, active, one.counts(active), CATALOGUE[one.condition].delay(active), at)


def _explains(name: str, active: Mapping[str, bool], known: Mapping[str, Alarm]) -> bool:
    """Tell whether an alarm may suppress others: not while it is held itself, or nobody would be told of either."""
    held = name in known and known[name].held is not None
    return active.get(name, False) and not held


def _explained_by(one: Observation, alarm: Alarm | None, explains: Collection[str]) -> str | None:
    """Return what explains an alarm now; where nobody can tell, what explained it goes on doing so while it can."""
    kept = alarm.suppressed_by if alarm is not None and one.present is None else None
    return next((name for name in (*one.under, kept) if name in explains), None)
