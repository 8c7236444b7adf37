"""Tanks, heat pumps and heat contracts in the problem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from facility.plan.cooling_plant import FixedPlant, PlantCase, RelaxedPlant
from facility.plan.decisions import Decisions
from facility.plan.heat_and_cold import HeatAndCold
from facility.plan.heat_reuse import ContractPlan, HeatPumpPlan
from facility.plan.problem import Problem
from facility.plan.tank import TankPlan
from facility.records import FloatArray
from models.cooling import BoolArray, PlantModel

_NOTHING_KW = 1e-3


class HeatAndColdPlan:
    """Their variables, limits and costs; `integer` with heat pumps on or off, `running` with the steps decided."""

    def __init__(
        self,
        problem: Problem,
        case: HeatAndCold,
        cold_degc: Mapping[str, float],
        *,
        integer: bool,
        running: Mapping[str, FloatArray],
    ) -> None:
        self.case = case
        self.tanks = {name: TankPlan(problem, tank, cold_degc[name]) for name, tank in case.tanks.items()}
        self.pumps = {
            name: HeatPumpPlan(problem, pump, integer=integer, running=running.get(name))
            for name, pump in case.pumps.items()
        }
        self.contracts = [
            ContractPlan(problem, one, sum(self.pumps[name].heat_kw for name in one.contract.heat_pumps))
            for one in case.contracts.values()
        ]

    def added_kw(self, plant: PlantModel) -> Any | None:
        """Return what they add to the heat that a plant room removes; None where it has none of them."""
        added = [tank.charge_kw for tank in self.tanks.values() if tank.case.plant_id == plant.plant_id]
        sources = (plant.plant_id, *plant.loops)
        added += [-pump.source_kw for pump in self.pumps.values() if pump.case.pump.source in sources]
        return sum(added) if added else None

    @property
    def on_or_off(self) -> bool:
        """Whether heat pumps run or do not in every step of the solution; there may be none."""
        return all(pump.on_or_off for pump in self.pumps.values())

    @property
    def ran(self) -> dict[str, FloatArray]:
        """The steps in which heat pumps run in a solution that decides it."""
        return {name: np.round(np.asarray(pump.running.value, dtype=float)) for name, pump in self.pumps.items()}

    def running(
        self, power_price: Mapping[str, FloatArray], heat_price: Mapping[str, FloatArray]
    ) -> dict[str, FloatArray]:
        """Return the steps in which heat pumps run best at the solution's prices, by plant, of power and of heat to remove."""
        plant_of = {loop: plant.plant_id for plant in self.case.inputs.plants for loop in plant.loops}
        found: dict[str, FloatArray] = {}
        for contract in self.contracts:
            left_kw = contract.wanted_kw
            for name in contract.case.contract.heat_pumps:
                pump = self.pumps[name].case
                plant = plant_of.get(pump.pump.source, pump.pump.source)
                cost = pump.running_cost(power_price[plant], heat_price[plant], contract.worth, left_kw)
                found[name] = pump.cheapest_running(cost)
                left_kw = left_kw - found[name] * pump.most_kw
        return found

    def keep_temperatures(
        self, plants: Mapping[str, RelaxedPlant | FixedPlant], cases: Mapping[str, PlantCase]
    ) -> None:
        """Let tanks charge and discharge only at the leaving water that suits."""
        for tank in self.tanks.values():
            water, plant = cases[tank.case.plant_id].features.leaving_water_degc, plants[tank.case.plant_id]
            tank.keep_temperature(plant.share_of(tank.may_charge(water)), plant.share_of(tank.may_discharge(water)))

    def suiting(self, plant: PlantCase, idle: BoolArray) -> BoolArray:
        """Return the states (T, S) at which a plant suits what its tank does in the solution; all where it is `idle` (T,)."""
        water, suits = plant.features.leaving_water_degc, np.ones_like(plant.table.available)
        for tank in self.tanks.values():
            if tank.case.plant_id == plant.plant_id:
                suits &= tank.suits(water) | idle[:, None]
        return suits

    def charged_kw(self, plant_id: str) -> FloatArray:
        """Return what the solution's tanks take of a plant."""
        own = (tank.charge_kw.value for tank in self.tanks.values() if tank.case.plant_id == plant_id)
        return np.asarray(sum(own, np.zeros(self.case.inputs.steps)))

    def decisions(self, idle: BoolArray | None = None) -> Decisions:
        """Return what the solution does with them, within the machines' limits, and nothing else; tanks rest where `idle` (T,)."""
        works = 1.0 if idle is None else ~idle
        cold = {
            name: np.clip(tank.charge_kw.value, -tank.case.power_kw, tank.case.most_charge_kw) * works
            for name, tank in self.tanks.items()
        }
        heat = {name: pump.solved_heat_kw() for name, pump in self.pumps.items()}
        return Decisions({}, {}, {}, {}, cold_kw=cold, heat_kw=heat)
