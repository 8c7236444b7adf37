"""A cooling plant that must bear the loss of units: a state counts only if what is left keeps every limit at its setpoints."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from models import terminals
from models.borne_losses import BorneLoss
from models.cooling import Load, Mode, PlantResponse, Setting, Stage
from models.hall_air import Hall
from models.limits import LimitLog
from models.nameplate import LiquidLoop
from models.plant_model import CoolingPlant, Ends
from models.settings import Settings
from models.what_if import without, worst_units

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


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

    @classmethod
    def of(cls, plant: CoolingPlant, spare: Mapping[str, int]) -> RedundantPlant:
        """Return a plant with units that it must be able to lose; once made it is kept with the plant, and what it has learned."""
        kept: dict[frozenset[tuple[str, int]], RedundantPlant] = plant.__dict__.setdefault("_bearing", {})
        losses = frozenset(spare.items())
        if losses not in kept:
            kept[losses] = cls(**_fields(plant), spare=spare)
        return kept[losses]

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

    @cached_property
    def _settings(self) -> tuple[Setting, ...]:
        """What halls and loops may be held at."""
        return tuple(dict.fromkeys(state.setting for state in self.states()))

    @cached_property
    def _at_racks(self) -> dict[str, BorneLoss]:
        """Losses of a hall or a loop, and what is known of them."""
        columns = (*self.halls, *self.loops)
        return {
            group: BorneLoss(partial(self._bears_at_racks, part), (columns.index(part.id),), self._settings)
            for group, part in self._racks_left.items()
        }

    @cached_property
    def _in_room(self) -> dict[str, BorneLoss]:
        """Losses in the plant room, and what is known of them."""
        heats = tuple(range(len(self.halls) + len(self.loops) + 1))
        return {
            group: BorneLoss(partial(_room_bears, left), heats, self._settings)
            for group, left in self._rooms_left.items()
        }

    def unbearable(self, load: Load) -> Mapping[str, BoolArray]:
        """Return, by group, the rows in which no state would bear its loss; groups whose loss some state bears are left out."""
        # Of a loss at the racks the racks are known: what the plant room has to carry hardly changes with it.
        borne = {group: loss.known(load) for group, loss in (self._at_racks | self._in_room).items()}
        for (group, left), setting in itertools.product(self.left.items(), sorted(self._settings)):
            rows = np.flatnonzero(~borne[group])
            if rows.size:
                borne[group][rows] = _bears(left, Settings((setting,), (rows.size,)), load.at(rows))
        return {group: ~rows for group, rows in borne.items() if not rows.all()}

    def at_racks(self, settings: Settings, load: Load) -> Ends:
        """Return what halls and loops answer; rows in which one could not bear a loss of its own are marked."""
        ends, losses = super().at_racks(settings, load), LimitLog(load.rows)
        self._mark(ends.limits, settings, load, self._at_racks)
        self._mark(losses, settings, load, self._in_room)
        return replace(ends, losses=losses)

    def rejecting(self, stage: Stage, settings: Settings, load: Load, ends: Ends) -> PlantResponse:
        """Return the whole answer of a stage; infeasible where a loss in the plant room would break a limit."""
        response = super().rejecting(stage, settings, load, ends)
        return response if ends.losses is None else _bearing(response, ends.losses)

    def _mark(self, log: LimitLog, settings: Settings, load: Load, losses: Mapping[str, BorneLoss]) -> None:
        for group, loss in losses.items():
            log.require(loss.rows(settings, load), self._loss_of(group))

    def _bears_at_racks(self, part: Hall | LiquidLoop, settings: Settings, load: Load) -> BoolArray:
        at, of_part = self._of_part(part, settings, load)
        halls, loops = ((part,), ()) if isinstance(part, Hall) else ((), (part,))
        log, rise_k = LimitLog(load.wet_bulb_degc.size), self.water_rise_k
        terminals.answer(halls, loops, at, of_part, log, water_rise_k=rise_k, pump_kw=self.chilled_pump_kw)
        return log.feasible

    def _of_part(self, part: Hall | LiquidLoop, settings: Settings, load: Load) -> tuple[Settings, Load]:
        """Return settings and load of one hall or loop."""
        weather, no_air, no_liquid = (
            (load.outdoor_degc, load.wet_bulb_degc),
            load.it_air_kw[:, :0],
            load.it_liquid_kw[:, :0],
        )
        if isinstance(part, LiquidLoop):
            liquid_kw = load.it_liquid_kw[:, [self.loops.index(part.id)]]
            return settings, Load(no_air, liquid_kw, *weather, breathes=load.breathes)
        column = self.halls.index(part.id)
        of_hall = tuple(one._replace(supply_air_degc=(one.supply_air_degc[column],)) for one in settings.each)
        return Settings(of_hall, settings.rows), Load(
            load.it_air_kw[:, [column]], no_liquid, *weather, breathes=load.breathes
        )

    def _loss_of(self, group: str) -> str:
        of, units = group.split(" ")
        return f"{of}: loss of {self.spare[group]} of its {units.replace('_', ' ')}"


def _fields(plant: CoolingPlant) -> dict[str, Any]:
    return {one.name: getattr(plant, one.name) for one in dataclasses.fields(CoolingPlant)}


def _parts(left: CoolingPlant) -> dict[str, Hall | LiquidLoop]:
    return {f"{hall.id} crahs": hall for hall in left.hall_parts} | {
        f"{loop.id} cdus": loop for loop in left.loop_parts
    }


def _bears(left: CoolingPlant, settings: Settings, load: Load) -> BoolArray:
    """Tell where what is left keeps every limit at settings, in some mode and at some stage."""
    return _at_some_stage(left, settings, load, left.at_racks(settings, load))


def _room_bears(left: CoolingPlant, settings: Settings, load: Load) -> BoolArray:
    """Tell where what is left of a plant room bears the heat of halls and loops, whose own limits its loss does not touch.

    They are told by the plant itself, at the weather that is. A grid of heats and weathers has air warm and very dry beside air
    that is neither: outside the envelope of dampers, and no reason to call the loss unbearable between.
    """
    return _at_some_stage(left, settings, load, replace(left.at_racks(settings, load), limits=LimitLog(load.rows)))


def _at_some_stage(left: CoolingPlant, settings: Settings, load: Load, ends: Ends) -> BoolArray:
    kept = np.zeros(load.rows, bool)
    for stage in _stages(left):
        if not kept.all():
            kept |= left.rejecting(stage, settings, load, ends).feasible
    return kept


def _stages(left: CoolingPlant) -> Iterator[Stage]:
    """Yield modes and stages, those first that between them bear most: all chillers, then one."""
    integrated = left.economizer is not None and left.economizer.kind == "integrated"
    modes = (Mode.MECHANICAL, Mode.PARTIAL) if integrated else (Mode.MECHANICAL,)
    count = len(left.chillers)
    stages = [count, *range(1, count)] if count else []
    yield from itertools.starmap(Stage, itertools.product(modes, stages))
    if left.economizer is not None:
        yield Stage(Mode.FREE, 0)


def _bearing(response: PlantResponse, losses: LimitLog) -> PlantResponse:
    """Return an answer, infeasible where a loss would break a limit."""
    if losses.feasible.all():
        return response
    kept = response.feasible & losses.feasible
    limit = np.where(response.feasible, losses.names, response.limit)
    return replace(response, feasible=kept, limit=limit, binding=np.where(kept, response.binding, ""))
