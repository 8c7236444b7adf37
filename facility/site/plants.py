"""Chilled-water plants: chillers, what rejects their heat, pumps, economizer, tank."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from facility.site.values import Fraction, Named, NonNegative, Number, Positive, need_order


class Chiller(Named):
    """A chiller, water-cooled or air-cooled.

    Water-cooled: capacity and COP at 6.67 C leaving chilled and 29.4 C entering condenser water, for the kind `warm_water` at 18
    and 30 C; `kind` chooses the published curves. Air-cooled: at 7 C leaving chilled water and 35 C outdoors, condenser fans
    included; `min_entering_condenser_degc` is then the lowest outdoor temperature.
    """

    condenser: Literal["water", "air"] = "water"
    kind: Literal["centrifugal", "variable_speed", "warm_water", "screw"] = "centrifugal"
    rated_cooling_kw: Positive
    rated_cop: Positive = 5.5
    min_part_load_frac: Fraction = 0.2
    min_entering_condenser_degc: Number = 16.0
    min_evaporator_flow_frac: Fraction = 0.35
    max_leaving_water_degc: Number = 22.0
    max_starts_per_h: Positive = 4.0
    restart_min: NonNegative = 5.0


class Tower(Named):
    """A cooling tower."""

    rated_rejection_kw: Positive
    rated_fan_kw: Positive
    rated_flow_lps: Positive
    min_fan_speed_frac: Fraction = 0.2


class DryCooler(Named):
    """A dry cooler: air over a coil of water or glycol; adiabatic pads, where it has them, wet the air and take water.

    `rated_approach_k` is leaving water minus outdoor air at rated rejection and flow.
    """

    rated_rejection_kw: Positive
    rated_approach_k: Positive = 5.0
    rated_fan_kw: Positive
    rated_flow_lps: Positive
    min_fan_speed_frac: Fraction = 0.15
    adiabatic_effectiveness_frac: Fraction = 0.0  # of the wet-bulb depression; 0: no pads
    adiabatic_min_outdoor_degc: Number = 4.0
    glycol: bool = True  # without it the frost limit is +4 C leaving water


class Pump(Named):
    """A pump group of a plant; `static_head_frac` is the head that flow does not lower."""

    duty: Literal["chilled_water", "condenser_water"]
    rated_flow_lps: Positive
    rated_kw: Positive
    static_head_frac: Fraction = 0.3


class WatersideEconomizer(Named):
    """A plate exchanger between condenser water (of towers or dry coolers) and chilled water.

    Integrated: upstream of the chillers, in series.
    """

    kind: Literal["integrated", "non_integrated"] = "integrated"
    rated_kw: Positive
    approach_k: Positive = 1.5
    min_dwell_min: NonNegative = 20.0


class ChilledWaterTank(Named):
    """A stratified chilled-water tank in parallel with the chillers; `reserve_min` is the ride-through that stays in it.

    `rated_range_k` is the water that comes back minus the water in the tank. Its state of charge counts cold below the warmest
    leaving water of the plant, full at the coldest.
    """

    volume_m3: Positive
    max_flow_lps: Positive
    rated_range_k: Positive = 6.0
    loss_w_per_k: NonNegative = 100.0
    reserve_min: NonNegative = 10.0


class Plant(Named):
    """A plant that makes chilled or facility water: chillers, towers or dry coolers, pumps, economizer, tank."""

    chillers: tuple[Chiller, ...] = ()
    towers: tuple[Tower, ...] = ()
    dry_coolers: tuple[DryCooler, ...] = ()
    pumps: Annotated[tuple[Pump, ...], Field(min_length=1)]
    economizer: WatersideEconomizer | None = None
    tank: ChilledWaterTank | None = None
    leaving_water_min_degc: Number = 6.0
    leaving_water_max_degc: Number = 20.0
    leaving_water_max_step_k: Positive = 2.0

    @model_validator(mode="after")
    def _complete(self) -> Plant:
        need_order(self, "leaving_water_min_degc", "leaving_water_max_degc")
        needs_condenser = self.economizer is not None or any(one.condenser == "water" for one in self.chillers)
        rejecting = self.towers or self.dry_coolers
        if not self.chillers and self.economizer is None:
            raise ValueError("needs chillers, or an economizer that carries it alone")
        if len({one.kind for one in self.chillers if one.condenser == "water"}) > 1:
            raise ValueError("chillers of several kinds share a load unequally: describe them as a plant a kind")
        if len({one.condenser for one in self.chillers}) > 1:
            raise ValueError("water-cooled and air-cooled chillers share a load unequally: describe them as two plants")
        if any(one.kind != "centrifugal" for one in self.chillers if one.condenser == "air"):
            raise ValueError("kind: it chooses among water-cooled chillers; leave it out where condenser is air")
        if needs_condenser and not rejecting:
            raise ValueError("water-cooled chillers and economizers need towers or dry_coolers")
        if self.towers and self.dry_coolers:
            raise ValueError("towers and dry_coolers on one condenser loop: describe them as two plants")
        if rejecting and not needs_condenser:
            raise ValueError("towers or dry_coolers without a water-cooled chiller or an economizer")
        duties = {"chilled_water"} | ({"condenser_water"} if needs_condenser else set())
        missing = duties - {pump.duty for pump in self.pumps}
        if missing:
            raise ValueError(f"pumps: none with duty {' and '.join(sorted(missing))}")
        return self
