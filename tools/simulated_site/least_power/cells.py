"""Settings and states cut into cells, and what carrying heat costs over the cells of a plant's water."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facility.records import FloatArray

HEAT_PRICES = np.array([0.0, 0.01, 0.025, 0.05, 0.08, 0.12, 0.17, 0.24, 0.34, 0.5, 0.8])  # kW for a kW of heat
FLOW_PRICES = np.array([0.0, 0.05, 0.12, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0])  # kW for a kW/K of chilled water


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Cells of one quantity, from their low to their high ends."""

    low: FloatArray
    high: FloatArray

    def __len__(self) -> int:
        return len(self.low)


def cells(edges: FloatArray) -> Cells:
    """Return the cells between edges."""
    return Cells(edges[:-1], edges[1:])


@dataclass(frozen=True, slots=True, eq=False)
class CostTable:
    """The least that heat carriers (halls, loops) cost together, by the prices of their heat and their water.

    `kw[h, f, w]`: own power, and heat and flow at `HEAT_PRICES[h]` and `FLOW_PRICES[f]`, at cell w of the plant's water. Each entry
    is a minimum of what is linear in both prices, hence concave in them: between four points the cost is at least their mean.
    Beyond the last point the last value holds, for heat and flow are never less than nothing.
    """

    kw: FloatArray

    def at(self, heat_price: FloatArray, flow_price: FloatArray, water: NDArray[np.intp]) -> FloatArray:
        """Return the cost at prices and water cells, arrays of one shape."""
        heat, more_heat = _place(HEAT_PRICES, heat_price)
        flow, more_flow = _place(FLOW_PRICES, flow_price)
        found = (1.0 - more_heat) * (1.0 - more_flow) * self.kw[heat, flow, water]
        found = found + more_heat * (1.0 - more_flow) * self.kw[heat + 1, flow, water]
        found = found + (1.0 - more_heat) * more_flow * self.kw[heat, flow + 1, water]
        return np.asarray(found + more_heat * more_flow * self.kw[heat + 1, flow + 1, water])


def carried_by(costs_kw: list[FloatArray], water: Cells) -> CostTable:
    """Return what several halls and loops cost together."""
    none = np.zeros((len(HEAT_PRICES), len(FLOW_PRICES), len(water)))
    return CostTable(sum(costs_kw, none))


def _place(points: FloatArray, prices: FloatArray) -> tuple[NDArray[np.intp], FloatArray]:
    """Return the point below each price, and how far on the way to the next it is."""
    place = np.clip(np.searchsorted(points, prices, side="right") - 1, 0, len(points) - 2)
    return place, np.clip((prices - points[place]) / (points[place + 1] - points[place]), 0.0, 1.0)
