"""What else each lever of a plant could be set to in the coming hour, and what that would cost; the plant models' own answer."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from facility.explanation import Alternative
from facility.plan import decisions as names
from facility.plan.case import ItCase
from facility.plan.simulate import Path, PlantRun, Simulation, evaluate_paths
from facility.records import FloatArray
from models.cooling import PlantModel, PlantResponse

COMING_H = 1.0
Options = Sequence[Path]  # of which the cheapest counts


def alternatives(it: ItCase, run: Simulation) -> tuple[Alternative, ...]:
    """Return the next values of every lever of the plants: other modes, one chiller more or less, the next water and air."""
    return tuple(one for plant in it.inputs.plants for one in _Hour(it, plant, run.plants[plant.plant_id]).all())


class _Hour:
    """The coming hour of a plant at the plan's heat."""

    def __init__(self, it: ItCase, plant: PlantModel, run: PlantRun) -> None:
        steps = np.arange(min(max(1, round(COMING_H / it.inputs.step_h)), it.inputs.steps))
        self._plant, self._states, self._load = plant, run.states[: len(steps)], run.load.at(steps)
        self._dampers = names.dampers_of(it.inputs, plant)
        self._price: FloatArray = it.inputs.full_price_per_kwh[steps]
        self._planned_kw: FloatArray = run.response.overhead_kw[steps]

    def all(self) -> Iterator[Alternative]:
        """Yield the alternatives of the plant and of its halls."""
        others = list(self._others())
        paths = [path for *_, options in others for path in options]
        answers = evaluate_paths(self._plant, paths, [self._load] * len(paths))
        for equipment, quantity, value, unit, options in others:
            yield self._told(equipment, quantity, value, unit, list(itertools.islice(answers, len(options))))

    def _others(self) -> Iterator[tuple[str, str, float, str, Options]]:
        """Yield other values, and the states with them."""
        name, now, known = self._plant.plant_id, self._states[0], self._plant.states()
        for mode in sorted({state.mode for state in known} - {now.mode}):
            counts = sorted({state.chillers_on for state in known if state.mode is mode})
            options = [tuple(replace(one, mode=mode, chillers_on=count) for one in self._states) for count in counts]
            yield name, names.MODE, float(mode), "enum", options
        for count in _beside({float(one.chillers_on) for one in known if one.mode is now.mode}, now.chillers_on):
            path = tuple(replace(one, chillers_on=round(count)) for one in self._states)
            yield name, names.CHILLERS, count, "count", [path]
        for water in _beside({state.leaving_water_degc for state in known}, now.leaving_water_degc):
            path = tuple(replace(one, leaving_water_degc=water) for one in self._states)
            yield name, names.LEAVING_WATER, water, "degC", [path]
        for dampers in self._dampers[:1]:
            path = tuple(replace(one, dampers_open=not now.dampers_open) for one in self._states)
            yield dampers, names.DAMPERS, float(not now.dampers_open), "enum", [path]
        for index, hall in enumerate(self._plant.halls):
            for air in _beside({state.supply_air_degc[index] for state in known}, now.supply_air_degc[index]):
                path = tuple(
                    replace(one, supply_air_degc=(*one.supply_air_degc[:index], air, *one.supply_air_degc[index + 1 :]))
                    for one in self._states
                )
                yield hall, names.SUPPLY_AIR, air, "degC", [path]

    def _told(
        self, equipment: str, quantity: str, value: float, unit: str, answers: Sequence[PlantResponse]
    ) -> Alternative:
        """Return the cheapest of some answers that is possible through the hour, or why none is."""
        possible = [answer.overhead_kw - self._planned_kw for answer in answers if answer.feasible.all()]
        if not possible:
            limit = next(str(name) for name in answers[-1].limit if name)
            return Alternative(equipment, quantity, value, unit, None, None, limit)
        extra_kw = min(possible, key=lambda kw: float(kw @ self._price))
        cost = float(np.mean(extra_kw * self._price))
        return Alternative(equipment, quantity, value, unit, float(extra_kw.mean()), cost)


def _beside(levels: set[float], now: float) -> Iterator[float]:
    """Yield the next level below and the next above."""
    below, above = [one for one in levels if one < now - 1e-6], [one for one in levels if one > now + 1e-6]
    yield from [*([max(below)] if below else []), *([min(above)] if above else [])]
