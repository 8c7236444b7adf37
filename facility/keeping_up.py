"""Plans that keep up with what is promised to the grid: when that changes while one is made, it is begun again.

What was measured and expected stays, and so do the corners at which solvers ended. But a promise that waits already would wait
longer for the sake of the newest. So a plan with one that waits is begun again only while the older would then have waited no
longer than the newest would otherwise; later it is made to its end, and the newest is in the next. So promises without end still
end in plans.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from facility.log import get_logger
from facility.plan.bases import Bases
from facility.plan.deadline import OvertakenError, Timer
from facility.plan.inputs import PlanInputs
from facility.plan.planner import PlanResult, make_plan

_log = get_logger(__name__)


class Promises(Protocol):
    """What is promised to the grid, as far as it changes."""

    def remember(self) -> None:
        """Take what is promised now for what is planned with."""
        ...

    def changed(self) -> bool:
        """Tell whether something else is promised than at the last look."""
        ...


class NoPromises:
    """Nothing is promised to anybody."""

    def remember(self) -> None:
        """Do nothing."""

    def changed(self) -> bool:
        """Tell that nothing has changed."""
        return False


@dataclass(eq=False)
class KeepingUp:
    """Makes the plans of one process.

    Attributes
    ----------
    usual_s
        What a cycle takes that is not begun again, as the last one did.
    waits_since_s
        Since when, by the monotonic clock, the oldest promise waits that no plan holds; None: there is none.
    """

    promises: Promises
    usual_s: float = 10.0
    waits_since_s: float | None = None

    def changed(self) -> bool:
        """Tell whether something else is promised than at the last look: from now on it waits."""
        if not self.promises.changed():
            return False
        if self.waits_since_s is None:
            self.waits_since_s = time.monotonic()
        return True

    def plan(
        self, inputs_now: Callable[[], PlanInputs], bases: Bases | None, timer: Timer, measured_s: float
    ) -> PlanResult:
        """Return the plan of what `inputs_now` gave last; measuring took `measured_s` before. Raises as `make_plan`."""
        bases = Bases() if bases is None else bases
        while True:
            began_s = time.monotonic()
            self.promises.remember()  # before they are read: what changes meanwhile is read again
            try:
                result = make_plan(inputs_now(), bases, timer, self._overtaken(self._begun_again_until_s(began_s)))
            except OvertakenError:
                _log.info("planning anew: what is promised to the grid has changed")
                continue
            self.usual_s, self.waits_since_s = measured_s + time.monotonic() - began_s, None
            return result

    def _begun_again_until_s(self, began_s: float) -> float:
        """Return until when a plan that was begun then may be given up.

        At a time t the oldest has waited t - waits_since_s, and the plan has taken t - began_s. Begun again, it makes the oldest
        wait a whole plan more; made to its end, it makes the newest wait for that end and a cycle more.
        """
        return math.inf if self.waits_since_s is None else (self.usual_s + self.waits_since_s + began_s) / 2.0

    def _overtaken(self, until_s: float) -> Callable[[], bool]:
        return lambda: time.monotonic() < until_s and self.changed()
