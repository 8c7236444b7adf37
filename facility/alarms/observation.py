"""What a source says of the plant or the service, and when that counts as an alarm: deadband, on-delay and off-delay.

Deadbands are EEMUA 191's starting points, in the share of a sensor's span: 1 % of temperature, 2 % of pressure and level, 5 % of
flow. Delays are of the catalogue. Both keep an alarm from chattering; neither hides one that stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from facility.alarms.alarm import alarm_id


@dataclass(frozen=True, slots=True)
class Observation:
    """A condition of a thing now.

    `present` is whether it is the case, `persists` whether it still is for an alarm that is active already (the deadband); None
    where nobody can tell: an alarm then stays as it is. `under` are ids of alarms that explain this one while they are active.
    """

    condition: str
    subject: str
    equipment: str
    present: bool | None
    text: str = ""
    persists: bool | None = None  # None: as `present`
    under: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Of its alarm."""
        return alarm_id(self.condition, self.subject)

    def counts(self, active: bool) -> bool | None:
        """Return whether it is the case, as seen from an alarm that is active or not."""
        return self.persists if active and self.persists is not None else self.present


def above(value: float | None, limit: float, deadband: float) -> tuple[bool | None, bool | None]:
    """Return `present` and `persists` of a value above a limit."""
    return (None, None) if value is None else (value > limit, value > limit - deadband)


def below(value: float | None, limit: float, deadband: float) -> tuple[bool | None, bool | None]:
    """Return `present` and `persists` of a value below a limit."""
    return (None, None) if value is None else (value < limit, value < limit + deadband)


class Delays:
    """How long each condition has been otherwise than its alarm; in memory: a restart begins to count anew."""

    def __init__(self) -> None:
        self._turning: dict[str, datetime] = {}

    def active(self, alarm: str, active: bool, counts: bool | None, delay: timedelta, at: datetime) -> bool:
        """Return whether an alarm is active after a look: it turns when it has been otherwise for the delay."""
        if counts is None or counts == active:
            self._turning.pop(alarm, None)
            return active
        since = self._turning.setdefault(alarm, at)
        if at < since:  # the clock was put back
            since = self._turning[alarm] = at
        if at - since < delay:
            return active
        del self._turning[alarm]
        return counts

    def forget_but(self, alarms: Iterable[str]) -> None:
        """Forget what is no longer looked at, so that a later look begins anew."""
        kept = set(alarms)
        self._turning = {alarm: since for alarm, since in self._turning.items() if alarm in kept}
