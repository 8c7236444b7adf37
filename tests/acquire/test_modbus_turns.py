"""Whose turn it is on a shared line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from facility.acquire.modbus.turns import Turns


def play(scene: Callable[[Turns, list[int]], Awaitable[None]]) -> list[int]:
    """Run a scene; return the units in the order in which they had the line."""
    order: list[int] = []

    async def run() -> None:
        await scene(Turns(), order)

    asyncio.run(run())
    return order


async def use(turns: Turns, unit: int, order: list[int], for_s: float = 0.0) -> None:
    await turns.take(unit)
    order.append(unit)
    await asyncio.sleep(for_s)
    turns.leave()


def test_one_at_a_time_in_the_order_of_coming() -> None:
    at_once = 0

    async def one(turns: Turns, unit: int, order: list[int]) -> None:
        nonlocal at_once
        await turns.take(unit)
        at_once += 1
        assert at_once == 1
        order.append(unit)
        await asyncio.sleep(0.001)
        at_once -= 1
        turns.leave()

    async def scene(turns: Turns, order: list[int]) -> None:
        await asyncio.gather(*(one(turns, unit, order) for unit in range(20)))

    assert play(scene) == list(range(20))


def test_silent_units_rest_and_then_go_last() -> None:
    async def scene(turns: Turns, order: list[int]) -> None:
        turns.silent(9, cost_s=0.05)
        clock = asyncio.get_running_loop().time
        started = clock()
        await asyncio.gather(use(turns, 9, order), *(use(turns, unit, order, 0.06) for unit in (1, 2, 3, 4)))
        assert clock() - started >= 0.15

    assert play(scene) == [1, 2, 3, 4, 9]


def test_silent_units_rest_although_nobody_else_asks() -> None:
    async def scene(turns: Turns, order: list[int]) -> None:
        clock = asyncio.get_running_loop().time
        turns.silent(9, cost_s=0.05)
        turns.silent(8, cost_s=0.01)  # does not shorten the rest
        started = clock()
        await asyncio.gather(use(turns, 8, order), use(turns, 9, order))
        assert clock() - started >= 0.15

    assert play(scene) == [8, 9]


def test_a_unit_that_answers_is_well_at_once() -> None:
    async def scene(turns: Turns, order: list[int]) -> None:
        turns.silent(9, cost_s=100.0)
        waiting = asyncio.create_task(use(turns, 9, order))
        await asyncio.sleep(0.01)
        assert turns.is_silent(9)
        turns.answered(9)
        assert not turns.is_silent(9)
        await waiting

    assert play(scene) == [9]


def test_a_silent_unit_that_waited_long_is_asked_although_the_line_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facility.acquire.modbus.turns._LONGEST_WAIT_S", 0.05)

    async def scene(turns: Turns, order: list[int]) -> None:
        turns.silent(9, cost_s=0.001)
        others = [asyncio.create_task(use(turns, unit, order, 0.02)) for unit in range(8)]
        await use(turns, 9, order)
        assert len(order) < 8
        await asyncio.gather(*others)

    assert 9 in play(scene)


@pytest.mark.parametrize("patience_s", [0.0, 0.01])
def test_one_who_gives_up_while_waiting_keeps_nobody_waiting(patience_s: float) -> None:
    async def scene(turns: Turns, order: list[int]) -> None:
        await turns.take(1)
        waiting = [asyncio.create_task(use(turns, unit, order)) for unit in (2, 3, 4)]
        await asyncio.sleep(0.001)
        waiting[0].cancel()
        await asyncio.sleep(patience_s)
        turns.leave()
        waiting[1].cancel()  # it has just been handed the line
        await asyncio.wait(waiting)
        await use(turns, 5, order)

    assert play(scene) == [4, 5]
