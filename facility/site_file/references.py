"""Do the ids of a site fit together: each used once, and every reference to something that is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import BaseModel

from facility.site import Crah, Device, LiquidLoop, Named, Site
from facility.site_file.electrical_references import electrical_faults
from facility.site_file.findings import Fault, unknown
from facility.site_file.heat_references import heat_faults
from facility.site_file.line_references import line_faults
from facility.site_file.redundancy_references import redundancy_faults
from facility.yaml_file import KeyPath


def reference_faults(site: Site, folder: Path) -> Iterator[Fault]:
    """Yield what does not fit, with its key path; `folder` is where the site's own files are looked for."""
    yield from _duplicate_ids(site)
    yield from _cooling_faults(site)
    yield from electrical_faults(site)
    yield from heat_faults(site)
    yield from _server_faults(site)
    yield from _device_faults(site)
    yield from line_faults(site)
    yield from redundancy_faults(site)
    yield from _file_faults(site, folder)
    yield from _currency_faults(site)


def _duplicate_ids(site: Site) -> Iterator[Fault]:
    first: dict[str, KeyPath] = {}
    for where, identifier in _equipment_ids(site):
        if identifier in first:
            yield where, f"id {identifier!r} is used by {_dotted(first[identifier])} too; ids are unique in a site"
        first.setdefault(identifier, where)


def _equipment_ids(site: Site) -> Iterator[tuple[KeyPath, str]]:
    for name in type(site).model_fields:
        if name != "devices":  # devices have ids of their own
            yield from _ids_in(getattr(site, name), (name,))
    yield ("electrical", "main_meter"), site.electrical.main_meter
    yield ("weather", "station"), site.weather.station


def _ids_in(value: object, where: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(value, Named):
        yield (*where, "id"), value.id
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _ids_in(getattr(value, name), (*where, name))
    elif isinstance(value, tuple):
        for index, entry in enumerate(value):
            yield from _ids_in(entry, (*where, index))


def _cooling_faults(site: Site) -> Iterator[Fault]:
    halls, plants = {hall.id for hall in site.halls}, {plant.id for plant in site.plants}
    loops = {loop.id for loop in site.liquid_loops}
    cooled: tuple[tuple[str, Sequence[Crah | LiquidLoop]], ...] = (
        ("crahs", site.crahs),
        ("liquid_loops", site.liquid_loops),
    )
    for group, parts in cooled:
        for index, part in enumerate(parts):
            yield from unknown((group, index, "hall"), part.hall, halls, "hall")
            yield from unknown((group, index, "plant"), part.plant, plants, "plant")
    for number, hall in enumerate(site.halls):
        for index, rack in enumerate(hall.racks):
            if rack.liquid_loop is not None:
                where = ("halls", number, "racks", index, "liquid_loop")
                yield from unknown(where, rack.liquid_loop, loops, "liquid loop")


def _server_faults(site: Site) -> Iterator[Fault]:
    racks = {hall.id: {rack.id for rack in hall.racks} for hall in site.halls}
    pools = {pool.id for pool in site.server_pools}
    for index, pool in enumerate(site.server_pools):
        yield from unknown(("server_pools", index, "hall"), pool.hall, set(racks), "hall")
        for position, rack in enumerate(pool.racks):
            where = ("server_pools", index, "racks", position)
            yield from unknown(where, rack, racks.get(pool.hall, set()), f"rack in hall {pool.hall}:")
        for position, entry in enumerate(pool.members):
            own = racks.get(pool.hall, set()) & set(pool.racks or racks.get(pool.hall, set()))
            key = ("server_pools", index, "members", position, "rack")
            yield from unknown(key, entry.rack, own, f"rack of pool {pool.id}:")
    for index, work in enumerate(site.deferrable_work):
        yield from unknown(("deferrable_work", index, "pool"), work.pool, pools, "server pool")
    for index, pdu in enumerate(site.electrical.pdus):
        yield from unknown(("electrical", "pdus", index, "hall"), pdu.hall, set(racks), "hall")


def _device_faults(site: Site) -> Iterator[Fault]:
    equipment = {identifier for identifier, _ in site.equipment()}
    devices: set[str] = set()
    for index, device in enumerate(site.devices):
        if device.id in devices:
            yield ("devices", index, "id"), f"device id {device.id!r} is used more than once"
        devices.add(device.id)
        for where, target in _targets(device):
            yield from unknown(("devices", index, *where), target, equipment, "equipment")
    yield from _repeated(("writable",), "point", [entry.point for entry in site.writable])
    yield from _repeated(("availability",), "equipment", [entry.equipment for entry in site.availability])
    for index, entry in enumerate(site.availability):
        yield from unknown(("availability", index, "equipment"), entry.equipment, equipment, "equipment")


def _targets(device: Device) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(device.equipment, str):
        yield ("equipment",), device.equipment
    else:
        yield from ((("equipment", slot), target) for slot, target in device.equipment.items())


def _repeated(where: KeyPath, key: str, names: Sequence[str]) -> Iterator[Fault]:
    for index, name in enumerate(names):
        if name in names[:index]:
            yield (*where, index, key), f"{name!r} stands here twice; keep one"


def _file_faults(site: Site, folder: Path) -> Iterator[Fault]:
    files: Sequence[tuple[KeyPath, Path | None]] = (
        (("tariff", "price_file"), site.tariff.price_file),
        (("carbon", "intensity_file"), site.carbon.intensity_file),
        (("weather", "forecast_file"), site.weather.forecast_file),
        *((("heat_contracts", n, "demand_file"), one.demand_file) for n, one in enumerate(site.heat_contracts)),
    )
    for where, path in files:
        if path is not None and not (folder / path).is_file():
            yield where, f"no file {folder / path}; paths are relative to the site file"
    weather = site.weather.source
    if weather is not None and weather.provider == "epw" and not (folder / weather.file).is_file():
        yield ("weather", "source", "file"), f"no file {folder / weather.file}; paths are relative to the site file"
    if site.profile_folder is not None and not (folder / site.profile_folder).is_dir():
        yield ("profile_folder",), f"no folder {folder / site.profile_folder}; paths are relative to the site file"


def _currency_faults(site: Site) -> Iterator[Fault]:
    source = site.tariff.price_source
    if source is not None and source.price_currency != site.currency:
        yield (
            ("tariff", "price_source", "factor"),
            f"{source.label} has prices in {source.price_currency}, the site's currency is {site.currency}; nothing converts "
            "them: give both the same currency, or use a price_file",
        )


def _dotted(where: KeyPath) -> str:
    return ".".join(str(part) for part in where)
