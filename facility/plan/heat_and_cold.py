"""Tanks, heat pumps and heat contracts together: what they make of the plants' heat, what they draw, what they cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from facility.plan.decisions import HEAT, Decisions
from facility.plan.heat_reuse import ContractCase, HeatPumpCase, held_heat_kw, planned_contracts
from facility.plan.inputs import PlanInputs
from facility.plan.it_heat import MOST_TAKEN_FRAC, ItHeat
from facility.plan.tank import TankCase
from facility.records import FloatArray, LimitShortfall
from facility.site import HeatPump
from models.cooling import Load, PlantModel
from models.heat_exchanger import WATER_KJ_PER_LK

RETURN_RISE_K = 5.0  # of a plant's water, as the source of a heat pump


@dataclass(frozen=True, slots=True, eq=False)
class HeatAndCold:
    """What is known of them before solving."""

    inputs: PlanInputs
    heat: ItHeat
    tanks: Mapping[str, TankCase]
    pumps: Mapping[str, HeatPumpCase]
    contracts: Mapping[str, ContractCase]

    @classmethod
    def of(cls, inputs: PlanInputs, heat: ItHeat) -> HeatAndCold:
        """Prepare what is in service and measured."""
        tanks, pumps = {}, {}
        for plant in inputs.site.plants:
            tank = plant.tank
            if tank is not None and tank.id in inputs.tanks_now and inputs.site.in_service(tank.id, inputs.start):
                model = inputs.plant(plant.id)
                tanks[tank.id] = TankCase(inputs, model, tank, heat.load(model, heat.base_kw()))
        contracts = planned_contracts(inputs)
        by_id = {pump.id: pump for pump in inputs.site.heat_pumps}
        for contract in contracts:
            for name in contract.heat_pumps:
                source = _source(inputs, heat, by_id[name])
                pumps[name] = HeatPumpCase(inputs, by_id[name], contract, *source)
        return cls(inputs, heat, tanks, pumps, {one.id: ContractCase(inputs, one) for one in contracts})

    def load(
        self, plant: PlantModel, power_kw: Mapping[str, FloatArray], decisions: Decisions, *, lines: bool = False
    ) -> Load:
        """Return a plant's load when sources of IT heat run at their power, tanks and heat pumps as decided.

        With `lines`, heat pumps take what the problem thinks that they do.
        """
        taken = {loop: np.zeros(self.inputs.steps) for loop in plant.loops}
        direct = np.zeros(self.inputs.steps)
        for name, heat_kw in decisions.heat_kw.items():
            case = self.pumps[name]
            if case.pump.source in taken:
                taken[case.pump.source] += case.source_kw(heat_kw, lines=lines)
            elif case.pump.source == plant.plant_id:
                direct -= case.source_kw(heat_kw, lines=lines)
        for name, charge_kw in decisions.cold_kw.items():
            if self.tanks[name].plant_id == plant.plant_id:
                direct += charge_kw
        return self.heat.load(plant, power_kw, taken, direct if self.direct(plant) else None)

    def direct(self, plant: PlantModel) -> bool:
        """Tell whether heat reaches or leaves the plant's water beside coils and CDUs."""
        own = any(case.plant_id == plant.plant_id for case in self.tanks.values())
        return own or any(case.pump.source == plant.plant_id for case in self.pumps.values())

    def plant_range_kw(self, plant: PlantModel) -> tuple[FloatArray, FloatArray]:
        """Return the least and most that they add to the plant's heat."""
        low, high = np.zeros(self.inputs.steps), np.zeros(self.inputs.steps)
        for case in self.tanks.values():
            if case.plant_id == plant.plant_id:
                low, high = low - case.power_kw, high + case.most_charge_kw
        for pump in self.pumps.values():
            if pump.pump.source in (plant.plant_id, *plant.loops):
                low = low - pump.source_kw(pump.most_kw)
        return low, high

    def drawn_kw(self, decisions: Decisions, *, lines: bool = False) -> FloatArray:
        """Return the power of heat pumps; as the problem has it, with `lines`."""
        powers = (
            self.pumps[name].line_kw(kw) if lines else self.pumps[name].power_kw(kw)
            for name, kw in decisions.heat_kw.items()
        )
        return np.asarray(sum(powers, np.zeros(self.inputs.steps)))

    def contract_heat_kw(self, contract: str, decisions: Decisions) -> FloatArray:
        """Return what the pumps of a contract deliver, to it or its buffer."""
        pumps = self.contracts[contract].contract.heat_pumps
        return np.asarray(sum((decisions.heat_kw[name] for name in pumps), np.zeros(self.inputs.steps)))

    def delivered_kw(self, decisions: Decisions) -> FloatArray:
        """Return the heat that leaves the site."""
        heats = (case.delivered_kw(self.contract_heat_kw(name, decisions))[0] for name, case in self.contracts.items())
        return np.asarray(sum(heats, np.zeros(self.inputs.steps)))

    def wear_cost(self, decisions: Decisions) -> float:
        """Return the wear of starts and swings."""
        swings = sum(self.tanks[name].wear_cost(kw) for name, kw in decisions.cold_kw.items())
        return swings + sum(self.pumps[name].wear_cost(kw) for name, kw in decisions.heat_kw.items())

    def left_cost(self, decisions: Decisions) -> float:
        """Return what is taken out of tanks and buffers until the end, at its named value."""
        cold = sum(self.tanks[name].left_cost(kw) for name, kw in decisions.cold_kw.items())
        return cold + sum(
            case.left_cost(self.contract_heat_kw(name, decisions)) for name, case in self.contracts.items()
        )

    def income(self, decisions: Decisions) -> float:
        """Return what heat sold earns."""
        return sum(case.income(self.contract_heat_kw(name, decisions)) for name, case in self.contracts.items())

    def shortfall_cost(self, decisions: Decisions) -> float:
        """Return what heat owed and not delivered costs."""
        return sum(case.shortfall_cost(self.contract_heat_kw(name, decisions)) for name, case in self.contracts.items())

    def held_cold_kw(self) -> dict[str, FloatArray]:
        """Return tanks left idle."""
        return {name: np.zeros(self.inputs.steps) for name in self.tanks}

    def held_heat_kw(self) -> dict[str, FloatArray]:
        """Return what heat pumps deliver at their present setpoints."""
        found: dict[str, FloatArray] = {}
        for contract in self.contracts.values():
            found |= held_heat_kw(self.pumps, contract, self.inputs.setpoints_now, HEAT)
        return found

    def shortfalls(self) -> list[LimitShortfall]:
        """Name measured states outside their limits."""
        return [one for case in self.tanks.values() for one in case.shortfalls()]

    def notes(self) -> Iterator[str]:
        """Name what is left as it is, and why."""
        for pump in self.inputs.site.heat_pumps:
            if pump.id not in self.pumps:
                yield f"{pump.id}: not measured, not in service or without a contract; expected to run as the day before"
        for plant in self.inputs.site.plants:
            if plant.tank is not None and plant.tank.id not in self.tanks:
                yield f"{plant.tank.id}: state of charge not measured, or not in service; left idle"


def _source(inputs: PlanInputs, heat: ItHeat, pump: HeatPump) -> tuple[FloatArray, FloatArray]:
    """Return the temperature of a heat pump's source, and the most heat that it may take from there."""
    for plant in inputs.plants:
        load = heat.load(plant, heat.base_kw())
        water_degc = inputs.plants_now[plant.plant_id].leaving_water_degc
        if pump.source == plant.plant_id:
            return np.full(inputs.steps, water_degc + RETURN_RISE_K), MOST_TAKEN_FRAC * load.heat_kw
        if pump.source in plant.loops:
            index = plant.loops.index(pump.source)
            state = min(plant.states(), key=lambda one: abs(one.leaving_water_degc - water_degc))
            answer, heat_kw = plant.evaluate(state, load), load.it_liquid_kw[:, index]
            flow_kw_per_k = answer.secondary_flow_lps[:, index] * WATER_KJ_PER_LK
            return answer.secondary_supply_degc[:, index] + heat_kw / flow_kw_per_k, MOST_TAKEN_FRAC * heat_kw
    raise ValueError(f"{pump.id}: {pump.source} is no loop or plant of the inputs")
