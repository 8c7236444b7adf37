"""What a plan can be for besides money: its goals as numbers, and what weights make of them."""

from __future__ import annotations

from typing import Any

from facility.records import CostBreakdown
from facility.site import Weights

COST, CARBON, WATER, ENERGY, PEAK = "cost", "carbon", "water", "energy", "peak"
WEIGHED = (CARBON, WATER, ENERGY, PEAK)
UNITS = {COST: "", CARBON: "kg", WATER: "m3", ENERGY: "kWh", PEAK: "kW"}


def goal_value(cost: CostBreakdown, goal: str) -> float:
    """Return what a schedule comes to in one goal."""
    values = {
        COST: cost.money_cost,
        CARBON: cost.carbon_kg,
        WATER: cost.water_m3,
        ENERGY: cost.energy_kwh,
        PEAK: cost.peak_kw,
    }
    return values[goal]


def weight_of(weights: Weights, goal: str) -> float:
    """Return what a unit of a goal is worth beside its price; cost is the measure itself."""
    of_goals = {
        CARBON: weights.carbon_per_kg,
        WATER: weights.water_per_m3,
        ENERGY: weights.energy_per_kwh,
        PEAK: weights.peak_per_kw,
    }
    return of_goals[goal]


def weighed(weights: Weights, values: dict[str, Any]) -> Any:
    """Return the weighted sum of goals, numbers or expressions; those without a weight are left out."""
    return sum(weight_of(weights, goal) * value for goal, value in values.items() if weight_of(weights, goal) > 0.0)
