"""What the fast layer says between two plans: setpoints that are to differ from the plan's for now, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facility.records import LimitShortfall


@dataclass(frozen=True, slots=True)
class Correction:
    """Setpoints of one piece of equipment that move as one, the plan's value of now, and the one that is recommended instead."""

    equipment: str  # the battery, work, pool or hall
    quantity: str
    targets: tuple[str, ...]  # `equipment.quantity` of each setpoint
    current: float | None  # in force; None: not measured
    planned: float
    value: float
    unit: str
    reason: str


@dataclass(frozen=True, slots=True)
class Tracking:
    """A plan followed for some minutes.

    `shortfalls` are limits that will be passed although everything was moved that may be; `notes` say what could not be looked at,
    and why the plan was held where a correction did not stand.
    """

    plan_id: str
    at: datetime
    corrections: Sequence[Correction] = ()
    shortfalls: Sequence[LimitShortfall] = ()
    notes: Sequence[str] = ()

    def setpoints(self) -> dict[str, float]:
        """Return the corrected value of each `equipment.quantity`."""
        return {target: one.value for one in self.corrections for target in one.targets}
