"""What is known of a loss: at which settings, heats and weathers what is left of a plant bears it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.cooling import Load, Setting
from models.settings import Settings

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Bears = Callable[[Settings, Load], BoolArray]  # which rows bear the loss: those of the load under each setting in turn

_GRID, _LEAST_SPAN = (17, 3, 3), 1e-9  # heats, outdoor temperatures, wet bulbs
_NODES = math.prod(_GRID)
_WIDER_FRAC, _WIDER_K = 0.03, 1.0  # than the loads asked about: the next plan's lie nearby


@dataclass(eq=False)
class BorneLoss:
    """A loss, and what was found when it was asked about.

    Attributes
    ----------
    bears
        Tells which rows bear it.
    columns
        The columns of heat that matter to it: halls, loops, direct heat.
    usual
        Settings that will be asked about: all at once costs little more than one.
    """

    bears: Bears
    columns: tuple[int, ...]
    usual: Sequence[Setting]

    def __post_init__(self) -> None:
        self._box: _Box | None = None
        self._usual = frozenset(self.usual)
        self._cells: dict[Setting, BoolArray | None] = {}  # cells of the box that bear it; None where all do
        self._asked: set[Setting] = set()  # at the corners
        self._beyond = 0  # rows asked about that lay beyond the box

    def rows(self, settings: Settings, load: Load) -> BoolArray:
        """Return which rows bear it: what is known from a box of loads, and where it is not, what the plant answers."""
        box = self._box_for(load)
        at, asked = box.cells(load, self.columns), ~box.inside(load)
        blocks = list(zip(settings.each, settings.blocks, strict=True))
        unclear = self._unclear(box, settings)
        often = {setting for setting, rows in blocks if setting in unclear and rows.stop - rows.start > _NODES}
        if often:
            self._learn(box, [one for one in unclear if one in often or one in self._usual])
        borne = np.ones(load.rows, bool)
        for setting, rows in blocks:
            if setting not in self._cells:
                asked[rows] = True
                continue
            cells = self._cells[setting]
            if cells is not None:
                borne[rows] = cells[tuple(axis[rows] for axis in at)]
        if asked.any():
            borne[asked] = self.bears(settings.at(asked), load.at(np.flatnonzero(asked)))
        return borne

    def known(self, load: Load) -> BoolArray:
        """Return which rows are known to be borne at some setting."""
        if self._box is None or not self._cells:
            return np.zeros(load.rows, bool)
        inside = self._box.inside(load)
        if any(cells is None for cells in self._cells.values()):
            return inside
        borne = np.logical_or.reduce([cells for cells in self._cells.values() if cells is not None])
        return np.asarray(inside & borne[self._box.cells(load, self.columns)])

    def _box_for(self, load: Load) -> _Box:
        """Return the box; what is known of it is given up for a wider one once many rows lay beyond."""
        if self._box is not None:
            self._beyond += int((~self._box.inside(load)).sum())
        if self._box is None or self._beyond > _NODES:
            new = _Box.of(load)
            self._box, self._beyond = new if self._box is None else self._box.joined(new), 0
            self._cells.clear()
            self._asked.clear()
        return self._box

    def _unclear(self, box: _Box, settings: Settings) -> Sequence[Setting]:
        """Return settings of which nothing is known; those that bear it at all corners of the box are known to from now on."""
        if any(one not in self._asked for one in settings.each):
            alike = [one for one in self.usual if one.dampers_open == settings.dampers_open]
            new = [one for one in dict.fromkeys([*settings.each, *alike]) if one not in self._asked]
            self._asked |= set(new)
            for setting, rows in zip(new, self._ask(new, box.corners()), strict=True):
                if rows.all():
                    self._cells[setting] = None
        return [one for one in self._asked if one not in self._cells and one.dampers_open == settings.dampers_open]

    def _learn(self, box: _Box, settings: Sequence[Setting]) -> None:
        """Ask about the nodes of the grid; a cell bears the loss if its corners do."""
        for setting, rows in zip(settings, self._ask(settings, box.grid()), strict=True):
            cells = rows.reshape(_GRID)
            for axis in range(cells.ndim):
                cells = cells & np.roll(cells, -1, axis)  # the last of each axis begins no cell
            self._cells[setting] = cells

    def _ask(self, settings: Sequence[Setting], load: Load) -> Sequence[BoolArray]:
        """Return which rows of one load bear it, setting by setting."""
        if not settings:
            return []
        alike = Settings(tuple(settings), (load.rows,) * len(settings))
        return np.split(self.bears(alike, Load.of([load] * len(settings))), len(settings))


@dataclass(frozen=True, slots=True, eq=False)
class _Box:
    """Ends of loads (halls, loops, direct heat) and of weather; what is borne at its corners is taken as borne within."""

    low: FloatArray
    high: FloatArray
    halls: int

    @classmethod
    def of(cls, load: Load) -> _Box:
        table = load.table
        low, high = table.min(axis=0), table.max(axis=0)
        more = np.append(_WIDER_FRAC * np.abs(table[:, :-2]).max(axis=0), [_WIDER_K, _WIDER_K])
        return cls(low - more, high + more, load.it_air_kw.shape[1])

    def inside(self, load: Load) -> BoolArray:
        """Return which rows lie within."""
        table = load.table
        return np.asarray(((table >= self.low) & (table <= self.high)).all(axis=1))

    def joined(self, other: _Box) -> _Box:
        """Return the least box that holds both."""
        return _Box(np.minimum(self.low, other.low), np.maximum(self.high, other.high), self.halls)

    def corners(self) -> Load:
        """Return the most and the least heat in the warmest and the coldest weather, (4,)."""
        return self._load([(heat, weather, weather) for heat, weather in itertools.product((1.0, 0.0), repeat=2)])

    def grid(self) -> Load:
        """Return all heats with all weathers of a grid, by heat, outdoor temperature and wet bulb."""
        return self._load(list(itertools.product(*(np.linspace(0.0, 1.0, size) for size in _GRID))))

    def cells(self, load: Load, columns: tuple[int, ...]) -> tuple[npt.NDArray[np.int_], ...]:
        """Return in which cell of the grid each row lies, by the heat of some columns, outdoor temperature and wet bulb."""
        table, heats = load.table, list(columns)
        ends = (
            (self.low[heats].sum(), self.high[heats].sum(), table[:, heats].sum(axis=1)),
            *zip(self.low[-2:], self.high[-2:], table[:, -2:].T, strict=True),
        )
        return tuple(
            np.clip(((value - low) / max(high - low, _LEAST_SPAN) * (size - 1)).astype(int), 0, size - 2)
            for (low, high, value), size in zip(ends, _GRID, strict=True)
        )

    def _load(self, places: list[tuple[float, float, float]]) -> Load:
        heat, outdoor, wet_bulb = np.array(places).T
        part = np.column_stack([np.repeat(heat[:, None], self.low.size - 2, axis=1), outdoor, wet_bulb])
        table = self.low + part * (self.high - self.low)
        air, liquid = table[:, : self.halls], table[:, self.halls : -3]
        return Load(air, liquid, outdoor_degc=table[:, -2], wet_bulb_degc=table[:, -1], direct_kw=table[:, -3])
