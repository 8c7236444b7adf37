"""Asks an agent for instances: requests planned once and kept encoded, split or changed where the agent needs it."""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt
import structlog

from facility.acquire.decode import number_in
from facility.acquire.requests import SnmpGroup, halve_snmp
from facility.acquire.snmp.ber import Raw
from facility.acquire.snmp.layout import SnmpQuestion, SnmpReading
from facility.acquire.snmp.pdu import NO_SUCH_NAME, TOO_BIG, Pdu, Request, error_name
from facility.errors import DeviceError
from facility.records import FloatArray

log = structlog.get_logger(__name__)
_PLAN_AGAIN_S = 3600.0  # a firmware or a card may have been exchanged
_NONSENSE = math.inf  # in place of a number: not merely absent
Ask = Callable[[Request], Awaitable[Pdu]]


class SnmpFetch:
    """The instances of some places at one agent."""

    def __init__(self, ask: Ask, reading: SnmpReading, in_flight: int) -> None:
        self._ask = ask
        self._reading = reading
        self._in_flight = in_flight
        self._questions = reading.questions
        self._absent: set[int] = set()  # instances that a v1 agent says it has not; not asked for again for a while
        self._planned_at = time.monotonic()

    async def __call__(self, raw: FloatArray, answered: npt.NDArray[np.bool_]) -> None:
        """Ask for every instance; what the agent made us split, change or leave out stays so for an hour."""
        if time.monotonic() - self._planned_at >= _PLAN_AGAIN_S:
            self._questions, self._absent, self._planned_at = self._reading.questions, set(), time.monotonic()
        numbers = np.empty(len(self._reading.instances))
        numbers.fill(math.nan)
        heard = np.zeros(len(numbers), np.bool_)
        if self._absent:
            heard[list(self._absent)] = True
        try:
            await self._ask_all(numbers, heard)
        finally:
            self._gather(numbers, heard, raw, answered)

    async def _ask_all(self, numbers: FloatArray, heard: npt.NDArray[np.bool_]) -> None:
        todo, done, changed = deque(self._questions), [], False
        while todo:
            taken = [todo.popleft() for _ in range(min(self._in_flight, len(todo)))]
            for question, pdu in zip(taken, await self._answers(taken), strict=True):
                instead = self._instead(question, pdu)
                if instead:
                    changed = True
                    todo.extendleft(reversed(instead))
                    continue
                heard[question.at] = True
                if pdu.error_status == NO_SUCH_NAME:
                    changed = True
                    self._absent.update(question.at.tolist())
                    continue
                numbers[question.at] = self._numbers(question, pdu)
                done.append(question)
        if changed and done:  # a device of which nothing is left to ask would never be found dead
            self._questions = tuple(done)

    async def _answers(self, questions: Sequence[SnmpQuestion]) -> Sequence[Pdu]:
        if len(questions) == 1:
            return [await self._ask(questions[0].request)]
        under_way = [asyncio.ensure_future(self._ask(question.request)) for question in questions]
        try:
            return await asyncio.gather(*under_way)
        finally:
            for each in under_way:  # where one failed, the others are not waited for
                each.cancel()

    def _instead(self, question: SnmpQuestion, pdu: Pdu) -> list[SnmpQuestion]:
        """Return what to ask instead; nothing if this answer is all there is to have."""
        groups = _after_error(question.group, pdu) if pdu.error_status else _after_bulk(question, pdu)
        return [self._reading.question(group) for group in groups]

    def _numbers(self, question: SnmpQuestion, pdu: Pdu) -> FloatArray:
        if pdu.error_status:  # asked alone, and refused
            return np.full(len(question.at), _NONSENSE)
        values: Sequence[float | None]
        if self._reading.texts or bytes in set(map(type, pdu.values)):  # rare
            texts = [at in self._reading.texts for at in question.at.tolist()]
            values = list(map(_number, pdu.values, texts))
        else:
            values = cast(list[int | None], pdu.values)
        return np.array(values, np.float64)  # None becomes NaN

    def _gather(
        self, numbers: FloatArray, heard: npt.NDArray[np.bool_], raw: FloatArray, answered: npt.NDArray[np.bool_]
    ) -> None:
        """Bring instances to their places: a missing one makes its place bad, but a further one that is not there adds nothing."""
        raw[:] = numbers[self._reading.first]
        answered[:] = heard[self._reading.first]
        for at, members, invalid in self._reading.sums:
            parts = numbers[members]
            answered[at] = heard[members].all()
            raw[at] = _NONSENSE if np.isin(parts, invalid).any() else parts[0] + np.nansum(parts[1:])


def _number(value: Raw, text: bool) -> float | None:
    if isinstance(value, bytes):
        return number_in(value) if text else _NONSENSE
    return value


def _after_error(group: SnmpGroup, pdu: Pdu) -> tuple[SnmpGroup, ...]:
    if pdu.error_status == TOO_BIG:
        return halve_snmp(group)
    if group.columns:
        return (SnmpGroup(group.oids),)  # an agent that does not know GETBULK, or fails on it
    if not 1 <= pdu.error_index <= len(group.oids):
        raise DeviceError(f"the agent answers {error_name(pdu.error_status)} to the whole request")
    culprit = pdu.error_index - 1
    rest = group.oids[:culprit] + group.oids[culprit + 1 :]
    return (SnmpGroup((group.oids[culprit],)), SnmpGroup(rest)) if rest else ()


def _after_bulk(question: SnmpQuestion, pdu: Pdu) -> tuple[SnmpGroup, ...]:
    """Return what replaces a GETBULK: less at once where the agent answers less, GETs where it has other rows."""
    group, expected = question.group, question.request.names
    if pdu.names == expected:
        return ()
    same = next(
        (at for at, (got, name) in enumerate(zip(pdu.names, expected, strict=False)) if got != name), len(pdu.names)
    )
    whole = same // group.columns * group.columns
    if whole and same == len(pdu.names):
        return (SnmpGroup(group.oids[:whole], group.columns), SnmpGroup(group.oids[whole:], group.columns))
    return (SnmpGroup(group.oids),)
