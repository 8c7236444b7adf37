"""What is kept of a switchback: a change that goes on and off by a timetable that coins have made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from facility.history.dispatch_records import Said
from models.savings.timetable import Block, schedule


@dataclass(frozen=True, slots=True)
class Switchback:
    """A trial of one recommendation; the same seed gives the same blocks, so that these are not kept.

    Attributes
    ----------
    by_hand
        A person switches, by the timetable; else dispatch does.
    reached
        By block number: when all points held what the block asks for. Dispatch sees that; of a switchback by hand nothing does.
    """

    id: str
    recommendation: str
    begins: datetime
    pairs: int
    block_h: float
    wash_out_h: float  # left out at each block's begin, while the plant still answers the block before
    seed: int
    by_hand: bool
    started: Said
    stopped: Said | None = None  # also by itself, and at its end
    reached: Mapping[int, datetime] = field(default_factory=dict)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The timetable, in hours since the begin."""
        return schedule(self.pairs, self.block_h, self.seed)

    @property
    def ends(self) -> datetime:
        """When it is over: at its timetable's end, or when it was stopped."""
        planned = self.begins + 2 * self.pairs * timedelta(hours=self.block_h)
        return planned if self.stopped is None else min(planned, self.stopped.at)

    def span(self, block: Block) -> tuple[datetime, datetime]:
        """Return when a block begins and ends."""
        return self.begins + timedelta(hours=block.begin_h), self.begins + timedelta(hours=block.end_h)

    def over(self, now: datetime) -> list[int]:
        """Return the numbers of the blocks that are over, whole: what it says changes only with them."""
        until = min(now, self.ends)
        return [number for number, block in enumerate(self.blocks) if self.span(block)[1] <= until]

    def number_at(self, time: datetime) -> int | None:
        """Return which block it is at a time; None where it is over."""
        if time >= self.ends:
            return None
        return int((time - self.begins) / timedelta(hours=self.block_h))

    def block_id(self, number: int) -> str:
        """Return the id of the recommendation that dispatch writes for a block with the change."""
        return f"{self.id}-{number}"

    def made(self, recommendation: str) -> bool:
        """Tell whether a recommendation was made for one of its blocks."""
        return recommendation.rpartition("-")[0] == self.id
