"""From the utility meter to the racks: losses, batteries, photovoltaics."""

from __future__ import annotations

from typing import Literal

from facility.site.values import Fraction, Id, Named, NonNegative, Part, Positive


class LossCurve(Part):
    """Losses in kW at load L kW: no_load_kw + proportional_frac L + square_frac L^2 / rated_kw."""

    rated_kw: Positive
    no_load_kw: NonNegative
    proportional_frac: Fraction = 0.0
    square_frac: Fraction = 0.0


class Ups(Named, LossCurve):
    """An uninterruptible power supply (system of modules)."""


class Transformer(Named, LossCurve):
    """A transformer ahead of the UPS."""


class Pdu(Named, LossCurve):
    """Distribution between the UPS and the racks, as one curve a hall."""

    hall: Id


class Photovoltaics(Named):
    """A photovoltaic array behind the main meter; azimuth clockwise from north."""

    rated_kw: Positive
    tilt_deg: NonNegative = 15.0
    azimuth_deg: NonNegative = 180.0
    inverter_efficiency_frac: Fraction = 0.97
    curtailable: bool = False  # whether a plan may hold its power down


class Electrical(Part):
    """The chain from the utility meter to the racks."""

    transformer: Transformer
    ups: Ups
    pdus: tuple[Pdu, ...] = ()
    main_meter: Id = "utility"
    import_limit_kw: Positive | None = None
    export_limit_kw: NonNegative | None = None  # None: as the tariff allows


class Battery(Named):
    """A battery; dispatchable only if its maker says that it may work with the grid."""

    energy_kwh: Positive
    power_kw: Positive
    charge_efficiency_frac: Fraction = 0.95
    discharge_efficiency_frac: Fraction = 0.95
    reserve_min: NonNegative = 10.0  # minutes at the present critical load that stay in it
    wear_cost_per_kwh: NonNegative = 0.02
    dispatchable: bool = False
    charges_from: Literal["any", "photovoltaics"] = "any"  # photovoltaics: but for its reserve
