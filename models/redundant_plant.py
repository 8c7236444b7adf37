"""A cooling plant that must bear the loss of units: a state counts only if what is left keeps every limit at its setpoints."""

from __future__ import annotations

import dataclasses
import itertools
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
_GRID = 33
_What = tuple[str, float, tuple[float, ...], bool]  # racks or room, at a setting


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
    _borne: dict[_What, _Box] = field(default_factory=dict, init=False, repr=False, compare=False)

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
        asked = {group: partial(self._bears_at_racks, part, state) for group, part in self._racks_left.items()}
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
        """Tell which rows a hall or loop bears; of many, without outdoor air, a grid is asked: between two borne heats all are."""
        at, of_part = self._of_part(part, state, load)
        heat_kw = of_part.heat_kw
        if heat_kw.size <= _GRID or (isinstance(part, Hall) and part.airside):
            return self._keeps_limits(part, at, of_part)
        grid_kw = np.linspace(heat_kw.min(), heat_kw.max(), _GRID)
        shape = (_GRID, of_part.it_air_kw.shape[1]), (_GRID, of_part.it_liquid_kw.shape[1])
        air_kw, liquid_kw = (np.broadcast_to(grid_kw[:, None], one) for one in shape)
        weather = (np.full(_GRID, of[0]) for of in (load.outdoor_degc, load.wet_bulb_degc))
        borne = self._keeps_limits(part, at, Load(air_kw, liquid_kw, *weather))
        above = np.searchsorted(grid_kw, heat_kw)
        return np.asarray(borne[above] & borne[np.maximum(above - 1, 0)])

    def _keeps_limits(self, part: Hall | LiquidLoop, state: JointState, load: Load) -> BoolArray:
        halls, loops = ((part,), ()) if isinstance(part, Hall) else ((), (part,))
        log, rise_k = LimitLog(load.wet_bulb_degc.size), self.water_rise_k
        terminals.answer(halls, loops, state, load, log, water_rise_k=rise_k, pump_kw=self.chilled_pump_kw)
        return log.feasible

    def _room_losses(self, state: JointState, load: Load) -> LimitLog:
        """Name the first loss in the plant room that each row could not bear."""
        log = LimitLog(load.wet_bulb_degc.size)
        asked = {group: partial(_bears, left, state) for group, left in self._rooms_left.items()}
        self._mark(log, ("room", *_setting(state)), load, asked)
        return log

    def _mark(self, log: LimitLog, what: _What, load: Load, asked: Mapping[str, Callable[[Load], BoolArray]]) -> None:
        """Mark rows that do not bear some loss; what lies within loads that are known to bear all is not asked again."""
        box, known = _Box.of(load), self._borne.get(what)
        if known is not None and known.holds(box):
            return
        for tried in (box if known is None else known.joined(box), box):
            if all(bears(tried.corners()).all() for bears in asked.values()):
                self._borne[what] = tried
                return
        for group, bears in asked.items():
            corners = bears(box.corners())
            if not corners.all():
                log.require(
                    bears(load) if corners.any() else np.zeros(len(load.wet_bulb_degc), bool), self._loss_of(group)
                )

    def _loss_of(self, group: str) -> str:
        of, units = group.split(" ")
        return f"{of}: loss of {self.spare[group]} of its {units.replace('_', ' ')}"


@dataclass(frozen=True, slots=True, eq=False)
class _Box:
    """Ends of loads (halls, loops, direct heat) and of weather; what is borne at its corners is taken as borne within."""

    low: FloatArray
    high: FloatArray
    halls: int

    @classmethod
    def of(cls, load: Load) -> _Box:
        direct_kw = np.zeros(load.outdoor_degc.size) if load.direct_kw is None else load.direct_kw
        table = np.column_stack([load.it_air_kw, load.it_liquid_kw, direct_kw, load.outdoor_degc, load.wet_bulb_degc])
        return cls(table.min(axis=0), table.max(axis=0), load.it_air_kw.shape[1])

    def holds(self, other: _Box) -> bool:
        """Tell whether another box lies within."""
        return bool((self.low <= other.low).all() and (other.high <= self.high).all())

    def joined(self, other: _Box) -> _Box:
        """Return the least box that holds both."""
        return _Box(np.minimum(self.low, other.low), np.maximum(self.high, other.high), self.halls)

    def corners(self) -> Load:
        """Return the most and the least heat in the warmest and the coldest weather, (4,)."""
        ends = self.high, self.low
        table = np.array([np.append(heat[:-2], weather[-2:]) for heat, weather in itertools.product(ends, ends)])
        air, liquid = table[:, : self.halls], table[:, self.halls : -3]
        return Load(air, liquid, outdoor_degc=table[:, -2], wet_bulb_degc=table[:, -1], direct_kw=table[:, -3])


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
    integrated = left.economizer is not None and left.economizer.kind == "integrated"
    modes = (Mode.MECHANICAL, Mode.PARTIAL) if integrated else (Mode.MECHANICAL,)
    yield from itertools.product(modes, range(len(left.chillers), 0, -1))
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
