"""Settings of halls and loops in rows: many are answered at once, as numpy asks for few calls on long arrays."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.cooling import JointState, Load, Setting, Stage

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
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

    def at(self, kept: BoolArray) -> Settings:
        """Return some of the rows."""
        return Settings(self.each, tuple(int(kept[rows].sum()) for rows in self.blocks))


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """Settings and loads to answer at once for some stages; `places` are those of the states asked about, by stage."""

    settings: Settings
    load: Load
    places: Mapping[Stage, Sequence[int]]


def together(asked: Asked) -> Iterator[Together]:
    """Yield what may be answered at once: halls and loops, the same for all modes and stages, are then asked once."""
    at: dict[tuple[Setting, int, int], dict[Stage, int]] = {}
    times: Counter[tuple[JointState, int]] = Counter()
    for place, (state, load) in enumerate(asked):
        again = times[state, id(load)]  # the same question once more is a question of its own
        at.setdefault((state.setting, id(load), again), {})[state.stage] = place
        times[state, id(load)] += 1
    alike: dict[tuple[bool, tuple[Stage, ...]], list[dict[Stage, int]]] = {}
    for (setting, *_), places in at.items():
        alike.setdefault((setting.dampers_open, tuple(places)), []).append(places)
    for (_, stages), of_settings in alike.items():
        for some in _blocks(asked, of_settings, stages[0]):
            firsts = [asked[places[stages[0]]] for places in some]
            loads = [load for _, load in firsts]
            yield Together(
                Settings(tuple(state.setting for state, _ in firsts), tuple(load.rows for load in loads)),
                loads[0] if len(loads) == 1 else Load.of(loads),
                {stage: [places[stage] for places in some] for stage in stages},
            )


def _blocks(asked: Asked, of_settings: list[dict[Stage, int]], stage: Stage) -> Iterator[list[dict[Stage, int]]]:
    """Yield as many as make up a block of rows."""
    block: list[dict[Stage, int]] = []
    rows = 0
    for places in of_settings:
        block.append(places)
        rows += asked[places[stage]][1].rows
        if rows >= _BLOCK_ROWS:
            yield block
            block, rows = [], 0
    if block:
        yield block
