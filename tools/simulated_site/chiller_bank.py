"""The chillers of a plant side by side: how they share the water, and what leaves them together."""

from __future__ import annotations

from dataclasses import dataclass

from facility.site import Plant
from tools.simulated_site.chillers import MOST_FLOW_FRAC, Machine, Surroundings
from tools.simulated_site.noise import Hidden
from tools.simulated_site.plant_parts import hidden_chiller


@dataclass(frozen=True, slots=True)
class Waters:
    """What flows to the chillers in a step."""

    chilled_kwpk: float  # through the plant
    entering_degc: float
    setpoint_degc: float
    supply_degc: float
    condenser_kwpk: float
    condenser_degc: float
    outdoor_degc: float


class ChillerBank:
    """Chillers in parallel; what is more than they bear flows past them."""

    def __init__(self, plant: Plant, hidden: Hidden, chilled_kwpk: float, condenser_kwpk: float) -> None:
        rated_kw = sum(one.rated_cooling_kw for one in plant.chillers) or 1.0
        wet_kw = sum(one.rated_cooling_kw for one in plant.chillers if one.condenser == "water") or 1.0
        self.machines = [
            Machine(
                one,
                hidden_chiller(plant, index, hidden),
                chilled_kwpk * one.rated_cooling_kw / rated_kw,
                condenser_kwpk * one.rated_cooling_kw / wet_kw if one.condenser == "water" else 0.0,
            )
            for index, one in enumerate(plant.chillers)
        ]

    @property
    def running(self) -> list[Machine]:
        """The machines that run."""
        return [one for one in self.machines if one.state.running]

    @property
    def cooling_kw(self) -> float:
        """What they take out of the chilled water."""
        return sum([one.state.cooling_kw for one in self.machines])

    @property
    def compressor_kw(self) -> float:
        """What their compressors put into the refrigerant."""
        return sum([one.state.compressor_kw for one in self.machines])

    def least_kwpk(self, called: list[int]) -> float:
        """Return the chilled water that the evaporators of running and called machines need."""
        return sum([one.least_kwpk for index, one in enumerate(self.machines) if one.state.running or index in called])

    def least_kw(self) -> float:
        """Return the cooling under which running machines would have to stop."""
        return sum([one.law.min_load_kw for one in self.running])

    def to_condensers_kw(self) -> float:
        """Return the heat that goes into condenser water."""
        return sum([one.state.cooling_kw + one.state.compressor_kw for one in self.machines if one.water_cooled])

    def to_air_kw(self) -> float:
        """Return the heat that air-cooled machines give to the outdoors."""
        return sum([one.state.cooling_kw + one.state.compressor_kw for one in self.machines if not one.water_cooled])

    def step(self, dt_s: float, called: list[int], waters: Waters) -> None:
        """Start, stop and run the machines for a step."""
        last = max((index for index, one in enumerate(self.machines) if one.state.running), default=-1)
        for index, machine in enumerate(self.machines):
            flow_kwpk = machine.state.flow_kwpk if machine.state.running else waters.chilled_kwpk
            machine.switch(dt_s, index in called, self._around(machine, waters, flow_kwpk, index == last))
        shares_kwpk = self._shares_kwpk(waters.chilled_kwpk)
        for machine, flow_kwpk in zip(self.machines, shares_kwpk, strict=True):
            machine.run(dt_s, self._around(machine, waters, flow_kwpk, False))

    def _shares_kwpk(self, chilled_kwpk: float) -> list[float]:
        """Return the flow through each evaporator: by rating and valve, no more than the tubes bear."""
        weights = [one.state.valve_frac * one.rated_kwpk for one in self.machines]
        total = sum(weights) or 1.0
        most = [MOST_FLOW_FRAC * one.rated_kwpk for one in self.machines]
        return [min(chilled_kwpk * weight / total, limit) for weight, limit in zip(weights, most, strict=True)]

    def _around(self, machine: Machine, waters: Waters, flow_kwpk: float, last_to_run: bool) -> Surroundings:
        running_kwpk = sum([one.rated_condenser_kwpk for one in self.machines if one.state.running]) or 1.0
        return Surroundings(
            entering_degc=waters.entering_degc,
            target_degc=machine.target_degc(waters.setpoint_degc),
            supply_degc=waters.supply_degc,
            sink_degc=waters.condenser_degc if machine.water_cooled else waters.outdoor_degc,
            flow_kwpk=flow_kwpk,
            condenser_kwpk=waters.condenser_kwpk * machine.rated_condenser_kwpk / running_kwpk,
            last_to_run=last_to_run,
        )
