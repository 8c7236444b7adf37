"""The whole site: everything in one frozen value."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from facility.site.devices import Device, WritablePoint
from facility.site.electrical import Battery, Electrical, Photovoltaics
from facility.site.halls import Crah, Hall
from facility.site.heat import HeatContract, HeatPump
from facility.site.liquid import LiquidLoop
from facility.site.plants import Plant
from facility.site.rules import AbnormalInput, Availability, HistoryStore, JournalStore, Planning, Redundancy
from facility.site.servers import DeferrableWork, ServerPool
from facility.site.signals import Carbon, Tariff, Water, Weather
from facility.site.snmp import Traps
from facility.site.values import Id, Number, Part


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
    photovoltaics: tuple[Photovoltaics, ...] = ()
    heat_pumps: tuple[HeatPump, ...] = ()
    heat_contracts: tuple[HeatContract, ...] = ()
    tariff: Tariff
    carbon: Carbon = Carbon()
    water: Water = Water()
    weather: Weather = Weather()
    devices: Annotated[tuple[Device, ...], Field(min_length=1)]
    writable: tuple[WritablePoint, ...] = ()
    traps: Traps | None = None  # None: nothing listens
    availability: tuple[Availability, ...] = ()
    redundancy: tuple[Redundancy, ...] = ()
    abnormal_states: tuple[AbnormalInput, ...] = ()
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
            if hall.economizer is not None:
                yield hall.economizer.id, "Economizer"
            if hall.humidifier is not None:
                yield hall.humidifier.id, "Humidifier"
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
        yield from ((array.id, "PV_Array") for array in self.photovoltaics)
        yield from ((pump.id, "Heat_Pump*") for pump in self.heat_pumps)
        for contract in self.heat_contracts:
            yield contract.id, "Heat_Contract*"
            if contract.buffer is not None:
                yield contract.buffer.id, "Thermal_Storage*"
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
    yield from ((cooler.id, "Dry_Cooler") for cooler in plant.dry_coolers)
    yield from ((pump.id, "Water_Pump") for pump in plant.pumps)
    if plant.economizer is not None:
        yield plant.economizer.id, "Heat_Exchanger"
    if plant.tank is not None:
        yield plant.tank.id, "Thermal_Storage*"
