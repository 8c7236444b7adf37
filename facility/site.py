"""The one configuration schema: a site, its equipment, devices, prices and limits.

`facility.site_file.load_site` reads it from strict YAML; everything here is frozen. Names end in their unit. Percentages are
fractions. Ids are stable and appear in point ids, so they are lower case, short and never reused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=40, description="stable id")]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Positive = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
Fraction = Annotated[float, Field(strict=True, ge=0, le=1)]
Count = Annotated[int, Field(strict=True, ge=1)]
Reversion = Literal["device", "bms", "none"]


_REFERENCE = r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:\S.*)$"
_CLOCK_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


def _secret_reference(value: object) -> str:
    # Never repeats the value: an engineer who writes a secret here must not find it in a log.
    if isinstance(value, str) and re.match(_REFERENCE, value):
        return value
    raise ValueError("expected env:NAME or file:PATH; a secret itself never stands in a site file")


def _clock_time(value: object) -> time:
    if isinstance(value, time):
        return value
    if isinstance(value, str) and re.match(_CLOCK_TIME, value):
        return time.fromisoformat(value)
    raise ValueError("expected a time of day such as 06:00, from 00:00 to 23:59")


def _calendar_date(value: object) -> date:
    if isinstance(value, date):
        return value
    try:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            return date.fromisoformat(value)
    except ValueError:  # the thirtieth of February
        pass
    raise ValueError("expected a date such as 2026-03-31")


def _without_user(value: object) -> object:
    if isinstance(value, str) and "@" in value:
        raise ValueError("no user or password here; credentials come from the environment")
    return value


def _described(pattern: str, description: str) -> Any:
    # For the exported schema only: a failing pattern in the field itself would repeat the value in its message.
    return Field(description=description, json_schema_extra={"pattern": pattern})


SecretRef = Annotated[
    str, BeforeValidator(_secret_reference), _described(_REFERENCE, "env:NAME or file:PATH, never the secret")
]
ClockTime = Annotated[time, BeforeValidator(_clock_time), _described(_CLOCK_TIME, "HH:MM in site time")]
CalendarDate = Annotated[date, BeforeValidator(_calendar_date)]
Host = Annotated[
    str, BeforeValidator(_without_user), Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.:_-]*$|^::[0-9a-f:]*$", max_length=253)
]
Uri = Annotated[str, BeforeValidator(_without_user), Field(min_length=1)]


class Part(BaseModel):
    """A part of the schema: unknown keys refused, values frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Named(Part):
    """A part with a stable id and an optional display name."""

    id: Id
    name: str = ""


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


def _need_order(part: Part, *names: str) -> None:
    for lower, upper in pairwise(names):
        if not getattr(part, lower) < getattr(part, upper):
            raise ValueError(f"need {' < '.join(names)}")


class AirLimits(Part):
    """Envelope at the rack inlets; the defaults are ASHRAE TC 9.9 (2021) recommended."""

    inlet_max_degc: Number = 27.0
    inlet_min_degc: Number = 18.0
    dew_point_max_degc: Number = 15.0
    dew_point_min_degc: Number = -9.0
    relative_humidity_max_frac: Fraction = 0.7
    rate_max_k_per_h: Positive = 20.0

    @model_validator(mode="after")
    def _order(self) -> AirLimits:
        _need_order(self, "inlet_min_degc", "inlet_max_degc")
        _need_order(self, "dew_point_min_degc", "dew_point_max_degc")
        return self


class Hall(Named):
    """A room with racks, cooled by CRAHs."""

    racks: Annotated[tuple[Rack, ...], Field(min_length=1)]
    limits: AirLimits = AirLimits()
    thermal_mass_kwh_per_k: Positive = 5.0


class Crah(Named):
    """A computer-room air handler on a chilled-water plant."""

    hall: Id
    plant: Id
    rated_airflow_m3ps: Positive
    rated_fan_kw: Positive
    rated_cooling_kw: Positive
    coil_effectiveness: Fraction = 0.65  # air side, at rated flows
    min_fan_speed_frac: Fraction = 0.4
    supply_air_min_degc: Number = 16.0
    supply_air_max_degc: Number = 27.0

    @model_validator(mode="after")
    def _order(self) -> Crah:
        _need_order(self, "supply_air_min_degc", "supply_air_max_degc")
        return self


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

    @model_validator(mode="after")
    def _order(self) -> LiquidLoop:
        _need_order(self, "supply_min_degc", "supply_max_degc")
        return self


class Chiller(Named):
    """A water-cooled chiller; COP at 6.67 C leaving chilled and 29.4 C entering condenser water."""

    rated_cooling_kw: Positive
    rated_cop: Positive = 5.5
    min_part_load_frac: Fraction = 0.2
    min_entering_condenser_degc: Number = 16.0


class Tower(Named):
    """A cooling tower."""

    rated_rejection_kw: Positive
    rated_fan_kw: Positive
    rated_flow_lps: Positive
    min_fan_speed_frac: Fraction = 0.2


class Pump(Named):
    """A pump group of a plant; `static_head_frac` is the head that flow does not lower."""

    duty: Literal["chilled_water", "condenser_water"]
    rated_flow_lps: Positive
    rated_kw: Positive
    static_head_frac: Fraction = 0.3


class WatersideEconomizer(Named):
    """A plate exchanger between condenser and chilled water; integrated: upstream of the chillers, in series."""

    kind: Literal["integrated", "non_integrated"] = "integrated"
    rated_kw: Positive
    approach_k: Positive = 1.5
    min_dwell_min: NonNegative = 20.0


class Plant(Named):
    """A chilled-water plant."""

    chillers: Annotated[tuple[Chiller, ...], Field(min_length=1)]
    towers: Annotated[tuple[Tower, ...], Field(min_length=1)]
    pumps: Annotated[tuple[Pump, ...], Field(min_length=2)]
    economizer: WatersideEconomizer | None = None
    leaving_water_min_degc: Number = 6.0
    leaving_water_max_degc: Number = 20.0
    leaving_water_max_step_k: Positive = 2.0

    @model_validator(mode="after")
    def _duties(self) -> Plant:
        missing = {"chilled_water", "condenser_water"} - {pump.duty for pump in self.pumps}
        if missing:
            raise ValueError(f"pumps: none with duty {' and '.join(sorted(missing))}")
        _need_order(self, "leaving_water_min_degc", "leaving_water_max_degc")
        return self


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


class Electrical(Part):
    """The chain from the utility meter to the racks."""

    transformer: Transformer
    ups: Ups
    pdus: tuple[Pdu, ...] = ()
    main_meter: Id = "utility"
    import_limit_kw: Positive | None = None


class ServerPool(Named):
    """Alike servers that share work; power is linear in utilisation between idle and peak."""

    hall: Id
    racks: tuple[Id, ...] = ()  # empty: all racks of the hall
    servers: Count
    idle_w: Positive
    peak_w: Positive
    sleep_w: NonNegative = 10.0
    wake_min: NonNegative = 5.0
    min_awake_min: NonNegative = 30.0
    headroom_frac: Fraction = 0.2  # spare awake capacity kept above the upper load quantile
    consolidate: bool = True
    fan_power_share_frac: Fraction = 0.1  # of server power at 25 C inlet; rises with the inlet temperature

    @model_validator(mode="after")
    def _order(self) -> ServerPool:
        _need_order(self, "sleep_w", "idle_w", "peak_w")
        return self


class DeferrableWork(Named):
    """A class of work that may wait: so much energy a day, arriving evenly between two hours, due within a delay."""

    pool: Id
    energy_kwh_per_day: Positive
    max_power_kw: Positive
    arrives_from: ClockTime = time(0)
    arrives_until: ClockTime = time(0)  # the same as arrives_from: all day
    due_within_h: Positive = 12.0

    @model_validator(mode="after")
    def _fits_in_a_day(self) -> DeferrableWork:
        if self.energy_kwh_per_day > 24 * self.max_power_kw:
            raise ValueError("energy_kwh_per_day cannot be done in a day at max_power_kw")
        return self


class Battery(Named):
    """A battery; dispatchable only if its maker says that it may work with the grid."""

    energy_kwh: Positive
    power_kw: Positive
    charge_efficiency_frac: Fraction = 0.95
    discharge_efficiency_frac: Fraction = 0.95
    reserve_min: NonNegative = 10.0  # minutes at the present critical load that stay in it
    wear_cost_per_kwh: NonNegative = 0.02
    dispatchable: bool = False


class PriceWindow(Part):
    """An energy price for some hours, in site time. Later windows win over earlier ones."""

    days: Literal["all", "weekdays", "weekend"] = "all"
    start: ClockTime
    end: ClockTime  # 00:00 means midnight at the end of the day
    price_per_kwh: Number


class Tariff(Part):
    """What energy costs: a flat price, windows above it, or a file of hourly prices (`time`, `price_per_kwh`)."""

    energy_price_per_kwh: Number
    windows: tuple[PriceWindow, ...] = ()
    price_file: Path | None = None
    export_price_per_kwh: Number | None = None  # None: no export allowed
    demand_charge_per_kw_month: NonNegative = 0.0
    demand_window_min: Literal[15, 30, 60] = 15


class Carbon(Part):
    """Grid carbon intensity: a constant, or a file (`time`, `gco2_per_kwh`), and the price the site puts on it."""

    gco2_per_kwh: NonNegative = 400.0
    intensity_file: Path | None = None
    signal: Literal["average", "marginal"] = "average"
    price_per_tonne: NonNegative = 0.0


class Weather(Part):
    """Where outdoor conditions are measured (equipment id) and forecast.

    `persistence`: the last days' hour-of-day course, shifted to the present reading. `file`: columns `issued`, `time`,
    `outdoor_temperature_degc`, `outdoor_relative_humidity_frac`.
    """

    station: Id = "weather"
    forecast: Literal["persistence", "file"] = "persistence"
    forecast_file: Path | None = None

    @model_validator(mode="after")
    def _file(self) -> Weather:
        if (self.forecast == "file") != (self.forecast_file is not None):
            raise ValueError("forecast: file needs forecast_file, and only then")
        return self


class ModbusAddress(Part):
    """A Modbus TCP server and the unit behind it."""

    host: Host
    port: Annotated[int, Field(strict=True, ge=1, le=65535)] = 502
    unit_id: Annotated[int, Field(strict=True, ge=0, le=255)] = 1


class SnmpV3(Part):
    """SNMPv3 user-based security; no privacy key means authNoPriv."""

    user: str
    auth_protocol: Literal["SHA1", "SHA224", "SHA256", "SHA384", "SHA512"] = "SHA256"
    auth_key: SecretRef
    priv_protocol: Literal["AES128", "AES256"] = "AES128"
    priv_key: SecretRef | None = None


class SnmpAddress(Part):
    """An SNMP agent; either a v2c community or v3 credentials, always by reference."""

    host: Host
    port: Annotated[int, Field(strict=True, ge=1, le=65535)] = 161
    community: SecretRef | None = None
    v3: SnmpV3 | None = None

    @model_validator(mode="after")
    def _one_version(self) -> SnmpAddress:
        if (self.community is None) == (self.v3 is None):
            raise ValueError("give either community (v2c) or v3")
        return self


def _one_or_slots(value: object) -> str:
    return "<slots>" if isinstance(value, Mapping) else "<id>"


class Device(Named):
    """A thing with an address, read through a profile; `equipment` is what it measures or sets.

    One equipment id, or a map from the profile's slots to equipment ids. `tag` tells apart devices that measure the same.
    """

    profile: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    modbus: ModbusAddress | None = None
    snmp: SnmpAddress | None = None
    equipment: Annotated[
        Annotated[Id, Tag("<id>")] | Annotated[Mapping[str, Id], Tag("<slots>")], Discriminator(_one_or_slots)
    ]
    tag: Id | None = None
    interval_s: Positive = 10.0

    @model_validator(mode="after")
    def _one_protocol(self) -> Device:
        if (self.modbus is None) == (self.snmp is None):
            raise ValueError("give either modbus or snmp")
        return self


class WritablePoint(Part):
    """A point that facility may set, once an engineer switches writes on; in the point's canonical unit."""

    point: str
    low: Number
    high: Number
    max_step: Positive | None = None
    min_interval_s: Positive = 900.0
    reversion: Reversion = "none"

    @model_validator(mode="after")
    def _order(self) -> WritablePoint:
        _need_order(self, "low", "high")
        return self


class Availability(Part):
    """Equipment that is not simply in service."""

    equipment: Id
    state: Literal["in_service", "standby", "locked_out"]
    by: str = ""
    until: CalendarDate | None = None


class HistoryStore(Part):
    """Where readings are kept, and for how long."""

    table_uri: Uri | None = None  # None: in the state folder
    raw_retention_days: Count = 730
    flush_interval_s: Positive = 300.0


class JournalStore(Part):
    """Where the journal is kept: a database URL by reference, or SQLite in the state folder."""

    url: SecretRef | None = None


class Planning(Part):
    """How far and how often to plan."""

    horizon_h: Positive = 48.0
    step_min: Literal[5, 10, 15, 30, 60] = 15
    interval_min: Positive = 15.0
    time_limit_s: Positive = 60.0

    @model_validator(mode="after")
    def _whole_steps(self) -> Planning:
        if self.horizon_h * 60 % self.step_min or self.horizon_h > 24 * 14:
            raise ValueError("horizon_h: expected a whole number of steps, at most two weeks")
        return self


class Site(Part):
    """A site: everything facility knows about it before the first reading."""

    schema_version: Literal[1] = Field(alias="schema")
    id: Id
    name: str
    time_zone: str
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    altitude_m: Number = 0.0
    halls: Annotated[tuple[Hall, ...], Field(min_length=1)]
    crahs: Annotated[tuple[Crah, ...], Field(min_length=1)]
    liquid_loops: tuple[LiquidLoop, ...] = ()
    plants: Annotated[tuple[Plant, ...], Field(min_length=1)]
    electrical: Electrical
    server_pools: tuple[ServerPool, ...] = ()
    deferrable_work: tuple[DeferrableWork, ...] = ()
    batteries: tuple[Battery, ...] = ()
    tariff: Tariff
    carbon: Carbon = Carbon()
    weather: Weather = Weather()
    devices: Annotated[tuple[Device, ...], Field(min_length=1)]
    writable: tuple[WritablePoint, ...] = ()
    availability: tuple[Availability, ...] = ()
    history: HistoryStore = HistoryStore()
    journal: JournalStore = JournalStore()
    planning: Planning = Planning()
    profile_folder: Path | None = None

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder, or one that is too long
            raise ValueError(f"{zone!r} is not an IANA time zone, such as Europe/Berlin") from None
        return zone

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def step(self) -> timedelta:
        """The length of a planning step."""
        return timedelta(minutes=self.planning.step_min)

    def equipment(self) -> Iterator[tuple[str, str]]:
        """Yield every piece of equipment as (id, kind in Brick's words)."""
        for hall in self.halls:
            yield hall.id, "Data_Hall*"
            yield from ((rack.id, "ICT_Rack") for rack in hall.racks)
        yield from ((crah.id, "CRAH") for crah in self.crahs)
        for loop in self.liquid_loops:
            yield loop.id, "Liquid_Loop*"
            yield from ((cdu.id, "CDU*") for cdu in loop.cdus)
        for plant in self.plants:
            yield from _plant_equipment(plant)
        yield self.electrical.transformer.id, "Transformer"
        yield self.electrical.ups.id, "UPS*"
        yield from ((pdu.id, "PDU*") for pdu in self.electrical.pdus)
        yield self.electrical.main_meter, "Building_Electrical_Meter"
        yield from ((pool.id, "Server_Pool*") for pool in self.server_pools)
        yield from ((work.id, "Deferrable_Work*") for work in self.deferrable_work)
        yield from ((battery.id, "Battery") for battery in self.batteries)
        yield self.weather.station, "Weather_Station"

    def in_service(self, equipment: str, at: datetime) -> bool:
        """Tell whether a piece of equipment may be counted on at a time."""
        return not any(
            entry.equipment == equipment
            and entry.state != "in_service"
            and (entry.until is None or at.astimezone(self.zone).date() <= entry.until)
            for entry in self.availability
        )


def _plant_equipment(plant: Plant) -> Iterator[tuple[str, str]]:
    yield plant.id, "Chilled_Water_System"
    yield from ((chiller.id, "Chiller") for chiller in plant.chillers)
    yield from ((tower.id, "Cooling_Tower") for tower in plant.towers)
    yield from ((pump.id, "Water_Pump") for pump in plant.pumps)
    if plant.economizer is not None:
        yield plant.economizer.id, "Heat_Exchanger"
