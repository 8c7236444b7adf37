"""The figures of a run as they are shown: label, unit, decimals, and whether less is better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal

from tools.closed_loop.result import RunResult

ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a `RunResult`; `unit` empty stands for the site's currency."""

    name: str  # path of the attribute
    label: str
    unit: str
    decimals: int = 0
    wanted: Literal["less", "more", ""] = "less"

    def value(self, result: RunResult) -> float | None:
        """Return it; None where the run has none."""
        found: float | None = attrgetter(self.name)(result)
        return found

    def shown(self, value: float) -> str:
        """Return it as text."""
        return f"{value:,.{self.decimals}f}"

    def verdict(self, value: float, other: float, noticeable: float) -> Literal["better", "worse", ""]:
        """Tell whether a value is better or worse than another by more than a share of it."""
        if not self.wanted or abs(value - other) <= max(noticeable * abs(other), ROUNDING):
            return ""
        return "better" if (value < other) == (self.wanted == "less") else "worse"


FIGURES: Mapping[str, Sequence[Figure]] = {
    "money": (
        Figure("cost.cost", "cost", "", 2),
        Figure("cost.energy_cost", "energy", "", 2),
        Figure("cost.demand_charge_cost", "demand", "", 2),
        Figure("cost.carbon_cost", "carbon", "", 2),
        Figure("cost.water_cost", "water", "", 2),
        Figure("cost.wear_cost", "wear", "", 2),
        Figure("cost.sla_cost", "work and heat not delivered", "", 2),
        Figure("cost.final_state_cost", "final state", "", 2),
    ),
    "energy": (
        Figure("energy_kwh", "at the meter", "kWh"),
        Figure("it_energy_kwh", "IT, server fans included", "kWh", wanted=""),
        Figure("cooling_energy_kwh", "cooling", "kWh"),
        Figure("pue", "PUE", "1", 4),
        Figure("carbon_kgco2", "carbon", "kgCO2"),
        Figure("water_l", "water", "L"),
        Figure("heat_delivered_kwh", "heat delivered", "kWh", wanted="more"),
    ),
    "limits": (
        Figure("recommended_degree_minutes", "racks above recommended", "K min", 1),
        Figure("below_recommended_degree_minutes", "racks below recommended", "K min", 1),
        Figure("allowable_minutes", "racks outside allowable", "min"),
        Figure("dew_point_minutes", "dew point and humidity", "min"),
        Figure("ramp_violations", "racks that change too fast", "quarters"),
        Figure("liquid_limit_minutes", "technology loops", "min"),
        Figure("n_plus_1_minutes", "without spare", "min"),
        Figure("sla_violations", "work without a server", "min"),
        Figure("work_done_share", "work done", "1", 5, wanted="more"),
        Figure("deadline_misses", "work done late", "kWh", 2),
    ),
    "wear": (
        Figure("setpoint_moves", "setpoint moves", "1"),
        Figure("writes_per_point_day_max", "writes of the busiest point", "1/day"),
        Figure("mode_changes", "changes of mode", "1"),
        Figure("chiller_starts", "chiller starts", "1"),
        Figure("refused_writes", "refused writes", "1"),
    ),
    "planning": (
        Figure("plan_seconds_mean", "a plan, mean", "s", 2, wanted=""),
        Figure("plan_seconds_max", "a plan, longest", "s", 2, wanted=""),
        Figure("plans_failed", "plans not found", "1"),
    ),
}
