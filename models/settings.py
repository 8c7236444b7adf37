"""Settings of halls and loops in rows: many are answered at once, as numpy asks for few calls on long arrays."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.cooling import JointState, Load, Setting, Stage
from models.rows import Rows

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int_]
Asked = Sequence[tuple[JointState, Load]]

_BLOCK_ROWS = 8192  # answered at once: enough for the calls not to count, few enough for a core's cache


@dataclass(frozen=True, slots=True, eq=False)
class Settings:
    """Settings of alike dampers and the number of rows that each is held for, one after the other."""

    each: tuple[Setting, ...]
    rows: tuple[int, ...]

    @property
    def dampers_open(self) -> bool:
        """Whether dampers may let outdoor air in."""
        return self.each[0].dampers_open

    @property
    def leaving_water_degc(self) -> FloatArray:
        """Leaving water, a row each."""
        return np.repeat([one.leaving_water_degc for one in self.each], self.rows)

    def supply_air_degc(self, hall: int) -> FloatArray:
        """Supply air of a hall, a row each."""
        return np.repeat([one.supply_air_degc[hall] for one in self.each], self.rows)

    @property
    def blocks(self) -> Sequence[slice]:
        """The rows of each setting."""
        ends = np.cumsum([0, *self.rows]).tolist()
        return [slice(begin, end) for begin, end in itertools.pairwise(ends)]

    def rows_of(self, places: Sequence[int]) -> Rows:
        """Return the rows of some of its settings, whose places rise: a slice where they lie side by side."""
        blocks = self.blocks
        if places[-1] - places[0] == len(places) - 1:
            return slice(blocks[places[0]].start, blocks[places[-1]].stop)
        return np.concatenate([np.arange(blocks[one].start, blocks[one].stop) for one in places])

    def some(self, places: Sequence[int]) -> Settings:
        """Return some of its settings with all their rows."""
        return Settings(tuple(self.each[one] for one in places), tuple(self.rows[one] for one in places))

    def at(self, kept: BoolArray) -> Settings:
        """Return some of the rows."""
        return Settings(self.each, tuple(int(kept[rows].sum()) for rows in self.blocks))


def alike_at_racks(settings: Settings, load: Load) -> tuple[BoolArray, IntArray]:
    """Mark rows unlike all before to halls and loops, (n,), and tell which of those each row is like, (n,).

    They know nothing of direct heat, which differs from row to row, nor of stages, of which each may be asked at other rows.
    """
    own = np.ones(load.rows, dtype=bool)
    again = len(set(settings.each)) < len(settings.each)
    if not load.rows or (load.direct_kw is None and not again):
        return own, np.arange(load.rows)
    number = {setting: place for place, setting in enumerate(settings.each)}
    table = np.column_stack([np.repeat([number[one] for one in settings.each], settings.rows), load.at_racks])
    own[1:] = (np.diff(table, axis=0) != 0.0).any(axis=1)
    like = np.cumsum(own) - 1
    if again:
        places: dict[bytes, int] = {}
        of_own = np.array([places.setdefault(row.tobytes(), len(places)) for row in table[own]])
        first = np.flatnonzero(own)[np.unique(of_own, return_index=True)[1]]
        own, like = np.isin(np.arange(load.rows), first), of_own[like]
    return own, like


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Settings of a block that a stage is asked about at, and the places of those questions."""

    stage: Stage
    settings: Sequence[int]  # their places in the block, rising
    places: Sequence[int]


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """A block of settings and loads, which halls and loops answer at once, and what the stages are asked of it."""

    settings: Settings
    load: Load
    parts: Sequence[Part]


def together(asked: Asked) -> Iterator[Together]:
    """Yield what may be answered at once: halls and loops, the same for all modes and stages, are then asked once."""
    at: dict[tuple[Setting, int, int], dict[Stage, int]] = {}
    times: Counter[tuple[JointState, int]] = Counter()
    for place, (state, load) in enumerate(asked):
        again = times[state, id(load)]  # the same question once more is a question of its own
        at.setdefault((state.setting, id(load), again), {})[state.stage] = place
        times[state, id(load)] += 1
    # Settings of the same stages side by side: the rows of a stage then are a slice, which copies nothing.
    alike: dict[bool, dict[tuple[Stage, ...], list[dict[Stage, int]]]] = {}
    for (setting, *_), places in at.items():
        alike.setdefault(setting.dampers_open, {}).setdefault(tuple(places), []).append(places)
    for by_stages in alike.values():
        for block in _blocks(asked, itertools.chain.from_iterable(by_stages.values())):
            firsts = [asked[next(iter(places.values()))] for places in block]
            loads = [load for _, load in firsts]
            yield Together(
                Settings(tuple(state.setting for state, _ in firsts), tuple(load.rows for load in loads)),
                loads[0] if len(loads) == 1 else Load.of(loads),
                _parts(block),
            )


def _parts(block: Sequence[Mapping[Stage, int]]) -> list[Part]:
    asked_at: dict[Stage, list[int]] = {}
    for setting, places in enumerate(block):
        for stage in places:
            asked_at.setdefault(stage, []).append(setting)
    return [Part(stage, at, [block[setting][stage] for setting in at]) for stage, at in asked_at.items()]


def _blocks(asked: Asked, of_settings: Iterable[dict[Stage, int]]) -> Iterator[list[dict[Stage, int]]]:
    """Yield as many as make up a block of rows."""
    block: list[dict[Stage, int]] = []
    rows = 0
    for places in of_settings:
        block.append(places)
        rows += asked[next(iter(places.values()))][1].rows
        if rows >= _BLOCK_ROWS:
            yield block
            block, rows = [], 0
    if block:
        yield block
