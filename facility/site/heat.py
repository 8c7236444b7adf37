"""Heat that is sold rather than thrown away: heat pumps and the contracts they serve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from facility.site.values import Fraction, Id, Named, NonNegative, Number, Positive, need_order

WATER_KWH_PER_M3K = 1.163


class HeatPump(Named):
    """A heat pump that lifts waste heat to a network.

    `source` is the liquid loop whose warm return it cools before the CDUs, or the plant whose return water it cools.
    `efficiency_frac` is its COP over Carnot's, between evaporator and condenser.
    """

    source: Id
    rated_heat_kw: Positive  # delivered
    efficiency_frac: Fraction = 0.5
    min_part_load_frac: Fraction = 0.25
    source_leaving_min_degc: Number = 8.0
    min_run_min: NonNegative = 30.0


class HeatBuffer(Named):
    """A tank of hot water between heat pumps and a network; its state of charge is 1 when all of it is at supply temperature."""

    volume_m3: Positive
    loss_w_per_k: NonNegative = 10.0

    def capacity_kwh(self, supply_degc: float, return_degc: float) -> float:
        """Return the heat that it holds between return and supply temperature."""
        return self.volume_m3 * WATER_KWH_PER_M3K * (supply_degc - return_degc)


class HeatContract(Named):
    """Who takes heat from which heat pumps, at which temperature, for how much.

    Demand is a constant or a file (`time`, `heat_kw`). `firm`: what is short costs `shortfall_cost_per_kwh`.
    """

    heat_pumps: Annotated[tuple[Id, ...], Field(min_length=1)]
    supply_degc: Number = 70.0
    return_degc: Number = 45.0
    demand_kw: NonNegative = 0.0
    demand_file: Path | None = None
    price_per_kwh: Number = 0.0
    shortfall_cost_per_kwh: NonNegative = 0.0
    priority: Literal["firm", "best_effort"] = "best_effort"
    buffer: HeatBuffer | None = None

    @model_validator(mode="after")
    def _order(self) -> HeatContract:
        need_order(self, "return_degc", "supply_degc")
        return self
