"""Halls: racks, the envelope of their air, the machines that move and condition it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, model_validator

from facility.site.values import Count, Fraction, Id, Named, NonNegative, Number, Part, Positive, need_order


class Rack(Named):
    """A rack (Brick ICT_Rack). Liquid-cooled racks give `liquid_frac` of their heat to a loop, the rest to the air."""

    row: Count = 1
    position: Count = 1
    rated_kw: Positive
    liquid_loop: Id | None = None
    liquid_frac: Fraction = 0.0

    @model_validator(mode="after")
    def _liquid(self) -> Rack:
        if self.liquid_frac > 0 and self.liquid_loop is None:
            raise ValueError("liquid_frac needs liquid_loop")
        return self


@dataclass(frozen=True, slots=True)
class AllowableAir:
    """What servers of a class bear at their inlets (ASHRAE TC 9.9, 2021)."""

    inlet_min_degc: float
    inlet_max_degc: float
    dew_point_max_degc: float
    relative_humidity_max_frac: float
    dew_point_min_degc: float = -12.0


ALLOWABLE: Mapping[str, AllowableAir] = {
    "A1": AllowableAir(15.0, 32.0, 17.0, 0.80),
    "A2": AllowableAir(10.0, 35.0, 21.0, 0.80),
    "A3": AllowableAir(5.0, 40.0, 24.0, 0.85),
    "A4": AllowableAir(5.0, 45.0, 24.0, 0.90),
    "H1": AllowableAir(15.0, 25.0, 17.0, 0.80),
}


class AirLimits(Part):
    """Envelope at the rack inlets; the defaults are ASHRAE TC 9.9 (2021) recommended, and allowable by class."""

    inlet_max_degc: Number = 27.0
    inlet_min_degc: Number = 18.0
    allowable_class: Literal["A1", "A2", "A3", "A4", "H1"] = "A1"  # what the servers bear in an exception
    dew_point_max_degc: Number = 15.0
    dew_point_min_degc: Number = -9.0
    relative_humidity_max_frac: Fraction = 0.7
    rate_max_k_per_h: Positive = 20.0

    @model_validator(mode="after")
    def _order(self) -> AirLimits:
        need_order(self, "inlet_min_degc", "inlet_max_degc")
        need_order(self, "dew_point_min_degc", "dew_point_max_degc")
        return self

    @property
    def allowable(self) -> AllowableAir:
        """The wider envelope of the servers' class."""
        return ALLOWABLE[self.allowable_class]


class Humidifier(Named):
    """A steam humidifier; its water takes `kwh_per_kg` to evaporate."""

    rated_kg_per_h: Positive
    kwh_per_kg: Positive = 0.75
    dew_point_min_degc: Number = 5.5  # held by its own control


class AirsideEconomizer(Named):
    """Dampers that let outdoor air into a hall through its CRAHs, with relief fans that push as much out.

    Open only while the outdoor air is inside its envelope; smoke, dust and fire inputs close it locally, whatever was set.
    """

    rated_airflow_m3ps: Positive
    rated_relief_fan_kw: NonNegative = 0.0
    min_outdoor_frac: Fraction = 0.02
    outdoor_max_degc: Number = 24.0
    outdoor_dew_point_min_degc: Number = -9.0
    outdoor_dew_point_max_degc: Number = 15.0
    mixed_air_min_degc: Number = 8.0  # frost protection of the coils
    min_dwell_min: NonNegative = 15.0

    @model_validator(mode="after")
    def _order(self) -> AirsideEconomizer:
        need_order(self, "outdoor_dew_point_min_degc", "outdoor_dew_point_max_degc")
        return self


class Hall(Named):
    """A room with racks, cooled by CRAHs."""

    racks: Annotated[tuple[Rack, ...], Field(min_length=1)]
    limits: AirLimits = AirLimits()
    thermal_mass_kwh_per_k: Positive = 5.0
    economizer: AirsideEconomizer | None = None
    humidifier: Humidifier | None = None


class Crah(Named):
    """A computer-room air handler on a chilled-water plant.

    `position` is where along the rows it blows, in rack positions; without one the CRAHs of a hall stand evenly spaced.
    """

    hall: Id
    plant: Id
    position: Positive | None = None
    rated_airflow_m3ps: Positive
    rated_fan_kw: Positive
    rated_cooling_kw: Positive
    coil_effectiveness: Fraction = 0.65  # air side, at rated flows
    min_fan_speed_frac: Fraction = 0.4
    supply_air_min_degc: Number = 16.0
    supply_air_max_degc: Number = 27.0

    @model_validator(mode="after")
    def _order(self) -> Crah:
        need_order(self, "supply_air_min_degc", "supply_air_max_degc")
        return self
