"""A plant at its best: which water, which condenser water, economizer, chillers or both, and how fast its fans turn.

All of it is for one moment that lasts: halls and machines share the temperature of the water, and what arises is taken outside, but
for a shift that masses take up or give up. Over shifts the least power is not convex; the plane touches its lower hull.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facility.records import FloatArray
from tools.simulated_site.chillers import FROST_DEGC
from tools.simulated_site.least_power.boxes import Box
from tools.simulated_site.least_power.cells import Cells, CostTable, cells
from tools.simulated_site.least_power.chilling_least import least_specific_kw
from tools.simulated_site.least_power.pumps_least import least_pump_kw, pump_line
from tools.simulated_site.least_power.rejection_least import BASIN, FlowOption, LeastRejection
from tools.simulated_site.plant import SimulatedPlant
from tools.simulated_site.sequences import SHORT_K

LAG_K = 0.25  # by which the water that halls feel and that machines make may differ in passing
WATER_CELL_K, COARSE_CELL_K, FINE_SPAN_K = 0.25, 1.0, 8.0
WITHOUT_CHILLERS_DEGC = 60.0
SHIFTS = np.array([-0.5, -0.3, -0.15, 0.0, 0.15, 0.3, 0.5])  # heat taken outside beyond what arises, over what arises
PARTS = np.array([0.0, 0.5, 1.0])  # of the chillers' price for heat
STEEPEST, SLOPES = 0.5, 101
SINK_STEP_K = 0.25


@dataclass(frozen=True, slots=True)
class Plane:
    """Least power of a plant with its halls and loops in a step, and kW for a kW taken outside beyond what arises."""

    power_kw: float
    per_removed: float


def water_cells(plant: SimulatedPlant) -> Cells:
    """Return the cells of a plant's water. Where chillers are called when it is too warm, it is no warmer for long."""
    warmest_degc = plant.plant.leaving_water_max_degc + SHORT_K
    first_fine = max(warmest_degc - FINE_SPAN_K, FROST_DEGC)
    coarse = np.arange(FROST_DEGC, first_fine, COARSE_CELL_K)
    fine = np.arange(first_fine, warmest_degc, WATER_CELL_K)
    beyond = [] if plant.plant.chillers else np.arange(warmest_degc + 4.0, WITHOUT_CHILLERS_DEGC, 4.0).tolist()
    return cells(np.concatenate([coarse, fine, [warmest_degc, *beyond]]))


class LeastPlant:
    """One plant."""

    def __init__(self, plant: SimulatedPlant, water: Cells, may_stand: frozenset[str]) -> None:
        self._plant, self.water = plant, water
        pumps_may_stand = any(name in may_stand for name in plant.chilled.ids)
        self.pump = pump_line(plant.chilled, _least_flow_frac(plant, may_stand), may_stand=pumps_may_stand)
        self._dry = [one for one in plant.bank.machines if not one.water_cooled]
        self._lagging = _made(plant, water)
        self._rejection = None
        if plant.outside is not None:
            wet = [one for one in plant.bank.machines if one.water_cooled]
            self._rejection = LeastRejection(plant.outside, _flow_options(plant, may_stand))
            self._specific = least_specific_kw(wet, self._lagging, BASIN)
        self._free = plant.plant.economizer is not None or not plant.plant.chillers
        self._dry_specific: dict[float, FloatArray] = {}

    def plane(self, carriers: CostTable, box: Box, heat_kw: float, *, damped_kw: float, lost_kw: float) -> Plane:
        """Return the plane of a step.

        Parameters
        ----------
        carriers
            What halls and loops cost together.
        box
            The weather.
        heat_kw
            What arises at least.
        damped_kw
            How much of it dampers may take outside.
        lost_kw
            Heat that may leave without the plant: through walls, by leaks and humidifiers.
        """
        shifts_kw = SHIFTS * heat_kw
        if self._rejection is None:
            found = self._dry_kw(carriers, box, shifts_kw, lost_kw)
        else:
            found = self._wet_kw(carriers, box, shifts_kw, heat_kw - damped_kw, lost_kw)
        return _supported(found + self.pump.base_kw, shifts_kw)

    def _dry_kw(self, carriers: CostTable, box: Box, shifts_kw: FloatArray, lost_kw: float) -> FloatArray:
        """Return the least power (shifts,) where air takes the chillers' heat; what dampers take costs them nothing."""
        price = PARTS[:, None] * self._specific_to_air(box)
        water = np.broadcast_to(np.arange(len(self.water)), price.shape)
        table = carriers.at(price, np.full(price.shape, self.pump.per_kwpk), water)
        removed_kw = (shifts_kw + self.pump.base_kw - lost_kw)[:, None, None]
        return np.asarray((table + price * removed_kw).max(axis=1).min(axis=1))

    def _wet_kw(
        self, carriers: CostTable, box: Box, shifts_kw: FloatArray, heat_kw: float, lost_kw: float
    ) -> FloatArray:
        """Return the least power (shifts,) where condenser water takes the heat, and air-cooled chillers some of it."""
        assert self._rejection is not None
        specific, outside_heat_kw = self._specific, heat_kw + self.pump.base_kw - lost_kw + shifts_kw
        if self._dry:
            specific = np.minimum(specific, self._specific_to_air(box)[:, None])
            outside_heat_kw = np.zeros(len(shifts_kw))
        outside_kw = self._rejection.power_kw(box, outside_heat_kw)
        able = np.isfinite(specific)
        specific = np.where(able, specific, 0.0)
        water = np.arange(len(self.water))[:, None] + np.zeros(len(BASIN), dtype=np.intp)
        per_flow = np.full(water.shape, self.pump.per_kwpk)
        together = np.full(water.shape, np.inf)
        if self._free:
            # What the economizer leaves: the flow of water from the basin's temperature down to that of the supply.
            left_k = np.maximum(BASIN.low - self._lagging.high[:, None], 0.0)
            cost = carriers.at(0.0 * specific, per_flow + left_k * specific, water)
            together = np.where(able | (left_k <= 0.0), cost, np.inf)
        alone = np.where(able, carriers.at(specific, per_flow, water), np.inf)
        removed_kw = shifts_kw + self.pump.base_kw - lost_kw
        both = [np.minimum(together, alone + specific * removed) for removed in removed_kw.tolist()]
        return np.array([float((cost + out).min()) for cost, out in zip(both, outside_kw, strict=True)])

    def _specific_to_air(self, box: Box) -> FloatArray:
        sink_degc = float(SINK_STEP_K * np.floor(box.dry_low_degc / SINK_STEP_K))
        if sink_degc not in self._dry_specific:
            air = Cells(np.array([sink_degc]), np.array([sink_degc]))
            self._dry_specific[sink_degc] = least_specific_kw(self._dry, self._lagging, air)[:, 0]
        return self._dry_specific[sink_degc]


def _made(plant: SimulatedPlant, water: Cells) -> Cells:
    """Return the water that machines make while halls feel that of the cells; out of a tank it may be any colder one."""
    if plant.tank is not None:
        return Cells(np.full(len(water), water.low[-1]), np.full(len(water), water.high[-1]))
    return Cells(water.low + LAG_K, water.high + LAG_K)


def _supported(least_kw: FloatArray, shifts_kw: FloatArray) -> Plane:
    """Return the line under the least power over shifts of heat that is highest where nothing shifts."""
    slopes = np.linspace(0.0, STEEPEST, SLOPES)
    lows = (least_kw[:, None] - slopes * shifts_kw[:, None]).min(axis=0)
    best = int(lows.argmax())
    return Plane(float(lows[best]), float(slopes[best]))


def _least_flow_frac(plant: SimulatedPlant, may_stand: frozenset[str]) -> float:
    """Return the chilled water that flows at least: where an economizer may do all, or chillers may fail, none."""
    machines = plant.bank.machines
    if plant.plant.economizer is not None or not machines or any(one.nameplate.id in may_stand for one in machines):
        return 0.0
    return min(one.least_kwpk for one in machines) / plant.chilled.rated_kwpk


def _flow_options(plant: SimulatedPlant, may_stand: frozenset[str]) -> list[FlowOption]:
    """Return the flows of condenser water that the plant's own control chooses between."""
    pumps, machines = plant.condenser, [one for one in plant.bank.machines if one.water_cooled]
    assert pumps is not None
    total = sum(one.rated_condenser_kwpk for one in machines) or 1.0
    sums = {0.0}
    for machine in machines:
        sums |= {one + machine.rated_condenser_kwpk / total for one in sums}
    free = min(plant.chilled.rated_kwpk / pumps.rated_kwpk, 1.0)
    flows = {max(one, free) for one in sums} if plant.plant.economizer is not None else set()
    flows = {round(min(one, 1.0), 6) for one in flows | (sums - {0.0})}
    stands = bool({*pumps.ids, *(one.nameplate.id for one in machines)} & may_stand)
    return [
        FlowOption(frac * pumps.rated_kwpk, 0.0 if stands else least_pump_kw(pumps, frac)) for frac in sorted(flows)
    ]
