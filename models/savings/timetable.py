"""The timetable of a switchback: blocks in pairs, one with the change and one without, a coin for which is first.

So weather, work and slow drift fall on both sides alike, whatever they do, and nobody chooses when the change is in force.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

LEAST_PAIRS = (
    5  # 2 of 32 outcomes are as extreme as the most extreme: with fewer, no saving at all could be told from nothing
)


@dataclass(frozen=True, slots=True)
class Block:
    """Hours from the schedule's begin, and whether the change is in force then."""

    begin_h: float
    end_h: float
    on: bool


def schedule(pairs: int, block_h: float, seed: int) -> tuple[Block, ...]:
    """Return pairs of blocks, in each of them one with the change, which one by a coin; the same seed gives the same.

    Raises
    ------
    ValueError
        If there are fewer than `LEAST_PAIRS` pairs, or a block takes no time.
    """
    if pairs < LEAST_PAIRS or block_h <= 0:
        raise ValueError(f"a switchback needs at least {LEAST_PAIRS} pairs of blocks that take some time")
    coins = random.Random(f"switchback/{seed}")  # noqa: S311 - not a secret
    order = [on for _ in range(pairs) for on in ((True, False) if coins.random() < 0.5 else (False, True))]
    return tuple(Block(index * block_h, (index + 1) * block_h, on) for index, on in enumerate(order))
