"""Technology cooling loops and their coolant distribution units."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from facility.site.values import Fraction, Id, Named, NonNegative, Number, Positive, need_order


class Cdu(Named):
    """A coolant distribution unit between facility water and a technology loop."""

    rated_heat_kw: Positive
    rated_flow_lps: Positive
    rated_pump_kw: Positive
    approach_k: Positive = 4.0
    min_flow_frac: Fraction = 0.4


class LiquidLoop(Named):
    """A technology cooling loop, its CDUs and its limits."""

    plant: Id
    hall: Id
    cdus: Annotated[tuple[Cdu, ...], Field(min_length=1)]
    supply_min_degc: Number = 18.0
    supply_max_degc: Number = 40.0
    dew_point_margin_k: NonNegative = 2.0
    rate_max_k_per_h: Positive = 10.0
    facility_water_class: Literal["W17", "W27", "W32", "W40", "W45", "W+"] | None = (
        None  # of the water at the CDUs' primary
    )

    @model_validator(mode="after")
    def _order(self) -> LiquidLoop:
        need_order(self, "supply_min_degc", "supply_max_degc")
        return self
