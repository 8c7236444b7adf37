"""What solving took: seconds by stage, rounds, and the surrogate's own cost beside the bound."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(eq=False)
class SolveStatistics:
    """Filled while planning; `surrogate_cost` is what the solver thinks the plan costs, before re-simulation.

    The stages together are all the time that a plan takes.
    """

    bound: float = float("-inf")
    surrogate_cost: float = float("nan")
    rounds: int = 0
    states: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    _stage: str | None = None
    _since: tuple[float, float] = (0.0, 0.0)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time spent inside to a stage; what is spent in a stage within counts there alone."""
        outer = self._go_on_with(name)
        try:
            yield
        finally:
            self._go_on_with(outer)

    def _go_on_with(self, name: str | None) -> str | None:
        """Count the time since the last change to the stage that it was spent in, and return that stage."""
        before, now = self._stage, (time.perf_counter(), time.process_time())
        if before is not None:
            for spent, begin, end in zip((self.seconds, self.cpu_seconds), self._since, now, strict=True):
                spent[before] = spent.get(before, 0.0) + end - begin
        self._stage, self._since = name, now
        return before
