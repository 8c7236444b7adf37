"""A cooling plant that must bear the loss of units: a state counts only if what is left keeps every limit at its setpoints."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from models import terminals
from models.cooling import JointState, Load, Mode, PlantResponse
from models.hall_air import Hall
from models.limits import LimitLog
from models.nameplate import LiquidLoop
from models.plant_model import CoolingPlant, Ends
from models.what_if import without, worst_units

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
_Setting = tuple[float, tuple[float, ...], bool]
_GRID, _LEAST_SPAN = (17, 3, 3), 1e-9  # heats, outdoor temperatures, wet bulbs
_What = tuple[str, float, tuple[float, ...], bool]  # racks or room, at a setting
_Key = tuple[str, float, tuple[float, ...], bool, str]  # and the group lost


@dataclass(frozen=True)
class RedundantPlant(CoolingPlant):
    """A plant whose states must bear the loss of spare units, one group at a time; implements `models.cooling.PlantModel`.

    After a loss, water and air are held where they were; fans and pumps answer, chillers left are staged in another way, the
    economizer may be left.

    Attributes
    ----------
    spare
        Units that may be lost, by group (`models.what_if.groups`): those that take or move most.
    """

    spare: Mapping[str, int] = field(default_factory=dict)
    _known: dict[_Key, _Known] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, plant: CoolingPlant, spare: Mapping[str, int]) -> RedundantPlant:
        """Return a plant with units that it must be able to lose."""
        return cls(**_fields(plant), spare=spare)

    @property
    def plain(self) -> CoolingPlant:
        """The plant without anything that it must bear."""
        return CoolingPlant(**_fields(self))

    @cached_property
    def left(self) -> Mapping[str, CoolingPlant]:
        """What is left after each loss, by group."""
        return {group: without(self, *units) for group, units in worst_units(self, self.spare).items()}

    @cached_property
    def _racks_left(self) -> Mapping[str, Hall | LiquidLoop]:
        """Halls and loops after a loss of theirs, by group."""
        of = {group: _parts(left) for group, left in self.left.items()}
        return {group: parts[group] for group, parts in of.items() if group in parts}

    @cached_property
    def _rooms_left(self) -> Mapping[str, CoolingPlant]:
        """The plant after each loss in the plant room, by group."""
        return {group: left for group, left in self.left.items() if group not in self._racks_left}

    def unbearable(self, load: Load) -> Mapping[str, BoolArray]:
        """Return, by group, the rows in which no state would bear its loss; groups whose loss some state bears are left out."""
        coldest_first = sorted(self.states(), key=lambda state: state.leaving_water_degc)
        settings = {_setting(state): state for state in coldest_first}
        borne = {group: np.zeros(load.wet_bulb_degc.size, bool) for group in self.left}
        for (group, left), state in itertools.product(self.left.items(), settings.values()):
            rows = np.flatnonzero(~borne[group])
            if rows.size:
                borne[group][rows] = _bears(left, state, load.at(rows))
        return {group: ~rows for group, rows in borne.items() if not rows.all()}

    def evaluate(self, state: JointState, load: Load) -> PlantResponse:
        """Return the steady answer; infeasible where a loss would break a limit."""
        return next(self.evaluate_all([state], load))

    def evaluate_all(self, states: Iterable[JointState], load: Load) -> Iterator[PlantResponse]:
        """Yield the answers to states in turn; what a loss in the plant room would do is asked once for all modes and stages."""
        asked = tuple(states)
        losses: dict[_Setting, LimitLog] = {}
        for state, response in zip(asked, super().evaluate_all(asked, load), strict=True):
            setting = _setting(state)
            if setting not in losses and response.feasible.any():
                losses[setting] = self._room_losses(state, load)
            yield _bearing(response, losses[setting]) if setting in losses else response

    def at_racks(self, state: JointState, load: Load) -> Ends:
        """Return what halls and loops answer; rows in which one could not bear a loss of its own are marked."""
        ends = super().at_racks(state, load)
        columns = (*self.halls, *self.loops)
        asked = {
            group: _Asked(partial(self._bears_at_racks, part, state), (columns.index(part.id),))
            for group, part in self._racks_left.items()
        }
        self._mark(ends.limits, ("racks", *_setting(state)), load, asked)
        return ends

    def _of_part(self, part: Hall | LiquidLoop, state: JointState, load: Load) -> tuple[JointState, Load]:
        """Return the state and the load of one hall or loop."""
        weather = load.outdoor_degc, load.wet_bulb_degc
        if isinstance(part, LiquidLoop):
            column = self.loops.index(part.id)
            of_part = Load(load.it_air_kw[:, :0], load.it_liquid_kw[:, [column]], *weather)
            return replace(state, supply_air_degc=()), of_part
        column = self.halls.index(part.id)
        of_part = Load(load.it_air_kw[:, [column]], load.it_liquid_kw[:, :0], *weather)
        return replace(state, supply_air_degc=(state.supply_air_degc[column],)), of_part

    def _bears_at_racks(self, part: Hall | LiquidLoop, state: JointState, load: Load) -> BoolArray:
        at, of_part = self._of_part(part, state, load)
        halls, loops = ((part,), ()) if isinstance(part, Hall) else ((), (part,))
        log, rise_k = LimitLog(load.wet_bulb_degc.size), self.water_rise_k
        terminals.answer(halls, loops, at, of_part, log, water_rise_k=rise_k, pump_kw=self.chilled_pump_kw)
        return log.feasible

    def _room_losses(self, state: JointState, load: Load) -> LimitLog:
        """Name the first loss in the plant room that each row could not bear."""
        log = LimitLog(load.wet_bulb_degc.size)
        heats = tuple(range(len(self.halls) + len(self.loops) + 1))
        asked = {group: _Asked(partial(_bears, left, state), heats) for group, left in self._rooms_left.items()}
        self._mark(log, ("room", *_setting(state)), load, asked)
        return log

    def _mark(self, log: LimitLog, what: _What, load: Load, asked: Mapping[str, _Asked]) -> None:
        """Mark rows that do not bear some loss; what was asked of wider loads before is not asked again."""
        box = _Box.of(load)
        for group, one in asked.items():
            known = self._known.get((*what, group))
            if known is None or not known.box.holds(box):
                known = one.over(box if known is None else known.box.joined(box), load)
                if known is not None:
                    self._known[(*what, group)] = known
            if known is None:
                log.require(one.bears(load), self._loss_of(group))
            elif known.cells is not None:
                log.require(known.rows(load, one.columns), self._loss_of(group))

    def _loss_of(self, group: str) -> str:
        of, units = group.split(" ")
        return f"{of}: loss of {self.spare[group]} of its {units.replace('_', ' ')}"


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """A loss, as the question which rows bear it, and the columns of heat that matter to it."""

    bears: Callable[[Load], BoolArray]
    columns: tuple[int, ...]

    def over(self, box: _Box, load: Load) -> _Known | None:
        """Return what is borne in a box; None where only some of it is, and the load has fewer rows than a grid."""
        if self.bears(box.corners()).all():
            return _Known(box, None)
        if load.wet_bulb_degc.size <= math.prod(_GRID):
            return None
        cells = self.bears(box.grid()).reshape(_GRID)
        for axis in range(cells.ndim):
            cells = cells & np.roll(cells, -1, axis)  # the last of each axis begins no cell
        return _Known(box, cells)


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """Which cells of a box bear a loss, by heat, outdoor temperature and wet bulb: those whose corners do; None where all do."""

    box: _Box
    cells: BoolArray | None

    def rows(self, load: Load, columns: tuple[int, ...]) -> BoolArray:
        """Return which rows lie in such cells."""
        places = zip(self.box.places(load, columns), _GRID, strict=True)
        at = tuple(np.minimum((place * (size - 1)).astype(int), size - 2) for place, size in places)
        return np.ones(len(at[0]), bool) if self.cells is None else np.asarray(self.cells[at])


@dataclass(frozen=True, slots=True, eq=False)
class _Box:
    """Ends of loads (halls, loops, direct heat) and of weather; what is borne at its corners is taken as borne within."""

    low: FloatArray
    high: FloatArray
    halls: int

    @classmethod
    def of(cls, load: Load) -> _Box:
        table = _table(load)
        return cls(table.min(axis=0), table.max(axis=0), load.it_air_kw.shape[1])

    def holds(self, other: _Box) -> bool:
        """Tell whether another box lies within."""
        return bool((self.low <= other.low).all() and (other.high <= self.high).all())

    def joined(self, other: _Box) -> _Box:
        """Return the least box that holds both."""
        return _Box(np.minimum(self.low, other.low), np.maximum(self.high, other.high), self.halls)

    def corners(self) -> Load:
        """Return the most and the least heat in the warmest and the coldest weather, (4,)."""
        return self._load([(heat, weather, weather) for heat, weather in itertools.product((1.0, 0.0), repeat=2)])

    def grid(self) -> Load:
        """Return all heats with all weathers of a grid, by heat, outdoor temperature and wet bulb."""
        return self._load(list(itertools.product(*(np.linspace(0.0, 1.0, size) for size in _GRID))))

    def places(self, load: Load, columns: tuple[int, ...]) -> Iterator[FloatArray]:
        """Yield where rows lie between low and high (0 to 1): the heat of some columns, outdoor temperature, wet bulb."""
        table, heats = _table(load), list(columns)
        for low, high, value in (
            (self.low[heats].sum(), self.high[heats].sum(), table[:, heats].sum(axis=1)),
            *zip(self.low[-2:], self.high[-2:], table[:, -2:].T, strict=True),
        ):
            yield (value - low) / max(high - low, _LEAST_SPAN)

    def _load(self, places: list[tuple[float, float, float]]) -> Load:
        heat, outdoor, wet_bulb = np.array(places).T
        part = np.column_stack([np.repeat(heat[:, None], self.low.size - 2, axis=1), outdoor, wet_bulb])
        table = self.low + part * (self.high - self.low)
        air, liquid = table[:, : self.halls], table[:, self.halls : -3]
        return Load(air, liquid, outdoor_degc=table[:, -2], wet_bulb_degc=table[:, -1], direct_kw=table[:, -3])


def _table(load: Load) -> FloatArray:
    """Return heat by hall and loop, direct heat, outdoor temperature and wet bulb, (n, h + l + 3)."""
    direct_kw = np.zeros(load.outdoor_degc.size) if load.direct_kw is None else load.direct_kw
    return np.column_stack([load.it_air_kw, load.it_liquid_kw, direct_kw, load.outdoor_degc, load.wet_bulb_degc])


def _fields(plant: CoolingPlant) -> dict[str, Any]:
    return {one.name: getattr(plant, one.name) for one in dataclasses.fields(CoolingPlant)}


def _parts(left: CoolingPlant) -> dict[str, Hall | LiquidLoop]:
    return {f"{hall.id} crahs": hall for hall in left.hall_parts} | {
        f"{loop.id} cdus": loop for loop in left.loop_parts
    }


def _bears(left: CoolingPlant, state: JointState, load: Load) -> BoolArray:
    """Tell where what is left keeps every limit at a state's setpoints, in some mode and at some stage."""
    ends, kept = left.at_racks(state, load), np.zeros(load.wet_bulb_degc.size, bool)
    for mode, chillers_on in _stages(left):
        if not kept.all():
            staged = replace(state, mode=mode, chillers_on=chillers_on)
            kept |= left.rejecting(staged, load, ends).feasible
    return kept


def _stages(left: CoolingPlant) -> Iterator[tuple[Mode, int]]:
    """Yield modes and stages, those first that between them bear most: all chillers, then one."""
    integrated = left.economizer is not None and left.economizer.kind == "integrated"
    modes = (Mode.MECHANICAL, Mode.PARTIAL) if integrated else (Mode.MECHANICAL,)
    count = len(left.chillers)
    stages = [count, *range(1, count)] if count else []
    yield from itertools.product(modes, stages)
    if left.economizer is not None:
        yield Mode.FREE, 0


def _setting(state: JointState) -> _Setting:
    return state.leaving_water_degc, state.supply_air_degc, state.dampers_open


def _bearing(response: PlantResponse, losses: LimitLog) -> PlantResponse:
    """Return an answer, infeasible where a loss would break a limit."""
    if losses.feasible.all():
        return response
    kept = response.feasible & losses.feasible
    limit = np.where(response.feasible, losses.names, response.limit)
    return replace(response, feasible=kept, limit=limit, binding=np.where(kept, response.binding, ""))
