"""The CRAHs of a hall at their best: how little their fans draw for a flow of air, how little water their coils take for a heat.

Alike machines that share the air evenly are best, for fan power is convex and coils are concave in the flow. Machines that are not
alike are taken for so many of the best of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from facility.records import FloatArray
from tools.simulated_site.crahs import SimulatedCrahs
from tools.simulated_site.least_power.cells import Cells, cells
from tools.simulated_site.physics.exchanger import Exchanger
from tools.simulated_site.physics.turbo import Curve

AIR_CELLS = 14
STANDING_FRAC = 0.03  # of the rated flow: what is left where CRAHs may stand
WATER_POINTS = 40
CONVEX_POINTS = 60


@dataclass(frozen=True, slots=True, eq=False)
class LeastCrahs:
    """A hall's CRAHs together.

    Attributes
    ----------
    air_kwpk
        Cells of the air that they move.
    fan_kw
        (cells,) Least power at the low end of each.
    coil_kwpk
        (cells + 1,) Most heat for a kelvin between air and water, at the ends of the cells.
    """

    air_kwpk: Cells
    fan_kw: FloatArray
    coil_kwpk: FloatArray
    _water_kwpk: FloatArray
    _moved_kwpk: FloatArray  # (cells, points) at the high end of each cell

    def water_kwpk(self, cell: int, heat_kwpk: FloatArray) -> FloatArray:
        """Return the least water that moves so much heat for a kelvin; all of it where nothing does."""
        return np.interp(heat_kwpk, self._moved_kwpk[cell], self._water_kwpk)


def least_crahs(hall: SimulatedCrahs, density_frac: float, *, may_stand: bool) -> LeastCrahs:
    """Return the CRAHs of a hall in air of a density over that at sea level.

    Parameters
    ----------
    may_stand
        Whether some of them may stand still for a time, whatever is set.
    """
    curve = hall.machines[0]._curve
    least_speed = min(one.crah.min_fan_speed_frac for one in hall.machines)
    least_frac = STANDING_FRAC if may_stand else _flow_frac(curve, least_speed)
    edges = np.geomspace(least_frac, _flow_frac(curve, 1.0), AIR_CELLS + 1)
    air = cells(density_frac * hall.rated_kwpk * edges)
    per_kwpk = min(one._rated_fan_kw / one.rated_kwpk for one in hall.machines)
    fan_kw = density_frac * per_kwpk * hall.rated_kwpk * _least_fan_power(curve, edges[:-1])
    coil, most_kwpk = _best_coil(hall)
    water_kwpk = np.concatenate([[0.0], np.geomspace(0.005, 1.0, WATER_POINTS) * most_kwpk])
    moved = np.array(
        [[coil.heat_kwpk(high, water) if water else 0.0 for water in water_kwpk.tolist()] for high in air.high.tolist()]
    )
    ends = np.append(air.low, air.high[-1])
    return LeastCrahs(
        air, fan_kw, np.array([coil.heat_kwpk(one, most_kwpk) for one in ends.tolist()]), water_kwpk, moved
    )


def _flow_frac(curve: Curve, speed: float) -> float:
    """Return the flow of all machines at one speed over rated: the plenum is then what they build up themselves."""
    over = (1.0 + curve.droop) * speed**2 - curve.static_frac
    return math.sqrt(max(over, 1e-6) / (curve.droop + 1.0 - curve.static_frac))


def _least_fan_power(curve: Curve, mean_frac: FloatArray) -> FloatArray:
    """Return power over rated at a mean flow: the lower convex hull of a fan's power at the plenum of that flow."""
    flows = np.linspace(0.0, 1.6, CONVEX_POINTS)
    found = []
    for mean in mean_frac.tolist():
        powers = np.array([curve.power(flow, mean**2) for flow in flows.tolist()])
        found.append(lower_hull(flows, powers, mean))
    return np.array(found)


def lower_hull(points: FloatArray, values: FloatArray, at: float) -> float:
    """Return the lower convex hull of a course at a point between its ends."""
    left, right = points <= at, points >= at
    span = np.maximum(points[right][None, :] - points[left][:, None], 1e-12)
    weight = (at - points[left][:, None]) / span
    chords = (1.0 - weight) * values[left][:, None] + weight * values[right][None, :]
    return float(chords.min())


def _best_coil(hall: SimulatedCrahs) -> tuple[Exchanger, float]:
    """Return one coil as large as all, as good as the best for its air, and the most water through it."""
    coils = [one._coil for one in hall.machines]
    air = sum(one.exchanger.rated_hot_kwpk for one in coils)
    conductance = max(one.exchanger.rated_ua_kwpk / one.exchanger.rated_hot_kwpk for one in coils)
    water = min(one.exchanger.rated_cold_kwpk / one.exchanger.rated_hot_kwpk for one in coils)
    most = max(one.most_water_kwpk / one.exchanger.rated_hot_kwpk for one in coils)
    return Exchanger(air, air * water, air * conductance, coils[0].exchanger.hot_share), air * most
