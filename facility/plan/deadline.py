"""How long a plan may take: by the clock on the wall where somebody waits, by the work done where results have to repeat.

And whether it is still wanted: what is planned with may change meanwhile.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

Timer = Callable[[], float]  # seconds since whenever
Overtaken = Callable[[], bool]  # whether what is planned with has changed since


class OvertakenError(Exception):
    """Internal to a cycle: a plan was given up, because what it was made with has changed."""


def never() -> bool:
    """Tell that nothing has changed."""
    return False


class Deadline:
    """The end of a budget of seconds, as a timer counts them.

    Beside other work a process gets a part of a processor. A plan that counts its own CPU seconds (`time.process_time`) may do as
    much then as alone; solvers, which know the clock on the wall only, are given as much longer as the plan has taken so far.

    Each look at what is left raises `OvertakenError` once what is planned with has changed.
    """

    def __init__(self, budget_s: float, timer: Timer = time.perf_counter, overtaken: Overtaken = never) -> None:
        self._timer, self._began_s, self._began_wall_s = timer, timer(), time.perf_counter()
        self._budget_s, self._overtaken = budget_s, overtaken

    def check(self) -> None:
        """Raise `OvertakenError` if what is planned with has changed."""
        if self._overtaken():
            raise OvertakenError

    @property
    def left_s(self) -> float:
        """Seconds of the timer that are left; below nought when it is over."""
        self.check()
        return self._budget_s - (self._timer() - self._began_s)

    def part(self, of_left_frac: float) -> Deadline:
        """Return a deadline at the end of a part of what is left."""
        return Deadline(self.left_s * of_left_frac, self._timer, self._overtaken)

    def solver_s(self, most_s: float = math.inf) -> float:
        """Return what a solver may take by the clock on the wall, at most so many seconds of the timer."""
        worked_s, wall_s = self._timer() - self._began_s, time.perf_counter() - self._began_wall_s
        pace = max(wall_s / worked_s, 1.0) if worked_s > 0.0 else 1.0
        return min(self.left_s, most_s) * pace
