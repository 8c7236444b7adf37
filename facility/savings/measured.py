"""A measured saving beside its promise: power, energy, money and carbon with 90 % intervals, and what it is measured against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from facility.records import Interval

NOTHING = "not distinguishable from nothing"


@dataclass(frozen=True, slots=True)
class MeasuredSaving:
    """What was saved over the hours of a change, or of a month with changes.

    Attributes
    ----------
    name
        The ids of the recommendations, or the month.
    begins, ends
        The window; `hours` of it were measured and counted.
    promised_kw
        What was promised for these hours; it tells of the coming hour, and was not made for later ones.
    saved_kw, saved_kwh, saved_cost, saved_kgco2
        Over the counted hours; what is only deferred is not saved.
    deferred_kwh
        What is owed at the window's end and was taken off.
    against
        What it is measured against, in words.
    option
        `B` or `C` of IPMVP, or `switchback`.
    """

    name: str
    begins: datetime
    ends: datetime
    hours: int
    promised_kw: Interval
    saved_kw: Interval
    saved_kwh: Interval
    saved_cost: Interval
    saved_kgco2: Interval
    deferred_kwh: float
    against: str
    option: str
    notes: tuple[str, ...]

    @property
    def promised_kwh(self) -> Interval:
        """The promise over the counted hours, beside `saved_kwh`."""
        promise = self.promised_kw
        return Interval(*(self.hours * value for value in (promise.value, promise.low, promise.high)))

    @property
    def distinguishable(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.saved_kw.low > 0.0 or self.saved_kw.high < 0.0

    @property
    def verdict(self) -> str:
        """Say what the interval allows to say."""
        if not self.distinguishable:
            return NOTHING
        return "saved" if self.saved_kw.low > 0.0 else "cost more"
