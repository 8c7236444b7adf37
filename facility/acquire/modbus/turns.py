"""Whose turn it is on a line that several units share: one at a time, and those that were silent last.

A unit that does not answer costs the line its whole timeout, so that a few dead ones could take all of it. After each silence the
silent units rest for three times what it cost: together they get at most a quarter of the line. When the rest is over, the
others still go first, unless a silent unit has waited long: if it is never asked, nobody learns that it is back.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

_REST = 3  # times what a silence cost
_LONGEST_WAIT_S = 5.0


class _Waiting(NamedTuple):
    unit: int
    since: float
    turn: asyncio.Future[None]


class Turns:
    """Hands the line from one to the next."""

    def __init__(self) -> None:
        self._taken = False
        self._waiting: list[_Waiting] = []
        self._silent: set[int] = set()
        self._rest_until = 0.0
        self._alarm: asyncio.TimerHandle | None = None

    async def take(self, unit: int) -> None:
        """Wait for the line; whoever has it calls `leave`."""
        if not self._taken and unit not in self._silent:
            self._taken = True  # nobody waits who could have had it
            return
        loop = asyncio.get_running_loop()
        waiting = _Waiting(unit, loop.time(), loop.create_future())
        self._waiting.append(waiting)
        self._pass_on()
        try:
            await waiting.turn
        except asyncio.CancelledError:
            if not waiting.turn.cancelled():
                self.leave()  # it came in the same moment
            raise

    def leave(self) -> None:
        """Pass the line on."""
        self._taken = False
        self._pass_on()

    def answered(self, unit: int) -> None:
        """Count a unit among the well ones again."""
        if unit in self._silent:
            self._silent.discard(unit)
            self._pass_on()

    def silent(self, unit: int, cost_s: float) -> None:
        """Have a unit go last that kept the line for `cost_s` without an answer."""
        self._silent.add(unit)
        self._rest_until = max(self._rest_until, asyncio.get_running_loop().time() + _REST * cost_s)

    def is_silent(self, unit: int) -> bool:
        """Whether a unit left its last question unanswered."""
        return unit in self._silent

    def _pass_on(self) -> None:
        if self._taken or not self._waiting:
            return
        self._waiting = [each for each in self._waiting if not each.turn.done()]
        following = self._following(asyncio.get_running_loop().time())
        if following is not None:
            self._taken = True
            self._waiting.remove(following)
            following.turn.set_result(None)
        elif self._waiting and self._alarm is None:
            self._alarm = asyncio.get_running_loop().call_at(self._rest_until, self._rested)

    def _following(self, now: float) -> _Waiting | None:
        well = next((each for each in self._waiting if each.unit not in self._silent), None)
        if now < self._rest_until:
            return well
        silent = next((each for each in self._waiting if each.unit in self._silent), None)
        if well is None or (silent is not None and now - silent.since > _LONGEST_WAIT_S):
            return silent
        return well

    def _rested(self) -> None:
        self._alarm = None
        self._pass_on()
