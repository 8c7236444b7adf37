"""What states bear beside what their tables say: tables know the split of heat that was forecast, a plan may make another.

Jobs and servers may fill one hall more than the others, a tank may charge while the racks are hot. Where that is beyond a state,
the plant model is asked how much of it the state bears: that becomes a limit of later rounds, in that step and state.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from facility.plan.simulate import PlantRun, evaluate_state, named_limit
from facility.plan.vertices import IntArray
from facility.records import FloatArray
from models.cooling import BoolArray, Load, PlantModel
from models.scaled_loads import loads_at
from models.surrogate import StateTable

Signed = tuple[str, float]  # equipment, and 1.0 for its heat or -1.0 for less of it
_PARTS = np.linspace(0.0, 1.0, 17)  # of the way from what the table knows to what was asked
_LEAST_KW = 0.01  # by which a limit must fall to be worth another try


@dataclass(eq=False)
class Borne:
    """Limits of one plant's heat, found so far; `forecast` has the split that the table knows.

    `most_kw` (T, S), infinite where nothing is known, is by equipment (a hall, or the plant) and sign: of the heat, or of less
    than no heat.
    """

    model: PlantModel
    table: StateTable
    forecast: Load
    most_kw: dict[Signed, FloatArray] = field(default_factory=dict)

    def along(self, path: IntArray) -> dict[Signed, FloatArray]:
        """Return the limits of a path (T,)."""
        return {heat: most[np.arange(len(path)), path] for heat, most in self.most_kw.items()}

    def known(self, load: Load) -> Load:
        """Return a load with the same IT heat as tables know it: split as was forecast, nothing direct."""
        return replace(self._spread(load), direct_kw=None if load.direct_kw is None else np.zeros_like(load.direct_kw))

    def _spread(self, load: Load) -> Load:
        it_kw = load.it_air_kw.sum(axis=1) + load.it_liquid_kw.sum(axis=1)
        return replace(loads_at(self.forecast, it_kw[:, None]), direct_kw=load.direct_kw)

    def learn(self, run: PlantRun, path: IntArray) -> BoolArray:
        """Take from a run what its states bear; return the infeasible steps of which nothing is learned."""
        left, spread = ~run.response.feasible, self._spread(run.load)
        for step in np.flatnonzero(left).tolist():
            name, _ = named_limit(self.model.plant_id, str(run.response.limit[step]))
            known = self._known(name, run.load.at([step]), spread.at([step]))
            if known is not None:
                left[step] = not self._learned(name, step, int(path[step]), known, run.load.at([step]))
        return left

    def _known(self, name: str, asked: Load, spread: Load) -> Load | None:
        """Return a load that a state bears by its table, on the way to which another was asked of the same hall, or tank."""
        if name in self.model.halls:
            return spread
        charged = name == self.model.plant_id and asked.direct_kw is not None
        return replace(asked, direct_kw=np.zeros(1)) if charged else None

    def _learned(self, name: str, step: int, state: int, known: Load, asked: Load) -> bool:
        feasible = evaluate_state(self.model, self.table.states[state], _between(known, asked)).feasible
        part = _PARTS[max(int(np.argmin(feasible)) - 1, 0)]
        first, last = self._heat_kw(name, known), self._heat_kw(name, asked)
        sign = 1.0 if last > first else -1.0
        most = self.most_kw.setdefault((name, sign), np.full(self.table.available.shape, np.inf))
        fallen = sign * (first + part * (last - first))
        if not feasible[0] or fallen > most[step, state] - _LEAST_KW:
            return False
        most[step, state] = fallen
        return True

    def _heat_kw(self, name: str, load: Load) -> float:
        if name in self.model.halls:
            return float(load.it_air_kw[0, self.model.halls.index(name)])
        return float(load.heat_kw[0])


def _between(known: Load, asked: Load) -> Load:
    """Return the loads on the way from one to the other, a row each."""

    def way(first: FloatArray, last: FloatArray) -> FloatArray:
        parts = _PARTS.reshape(-1, *[1] * (first.ndim - 1))
        return np.asarray(first + parts * (last - first))

    direct = None
    if known.direct_kw is not None and asked.direct_kw is not None:
        direct = way(known.direct_kw, asked.direct_kw)
    rows = [0] * len(_PARTS)
    air, liquid = way(known.it_air_kw, asked.it_air_kw), way(known.it_liquid_kw, asked.it_liquid_kw)
    breathes = None if asked.breathes is None else asked.breathes[rows]
    return Load(air, liquid, asked.outdoor_degc[rows], asked.wet_bulb_degc[rows], direct, breathes)
