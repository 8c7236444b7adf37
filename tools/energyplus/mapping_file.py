"""Mapping files are read, and checked against the site that they are for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import ValidationError

from facility.errors import ConfigurationError
from facility.faults import explain, nearest, refusal
from facility.site_file import LoadedSite
from facility.site_file.for_each import expand
from facility.yaml_file import KeyPath, YamlFile, read_yaml
from tools.energyplus.mapping import EnergyPlusMapping, Reading, Setting


def mapping_path(site_file: Path) -> Path:
    """Return where the mapping of a site file is: `foo.energyplus.yaml` beside `foo.yaml`."""
    return site_file.with_name(f"{site_file.stem}.energyplus.yaml")


def load_mapping(path: Path, loaded: LoadedSite) -> tuple[EnergyPlusMapping, YamlFile]:
    """Read a mapping file and check it against the site that it is for; the file is returned for later complaints.

    Raises
    ------
    ConfigurationError
        With every fault found: `file:line: key: what is wrong`.
    """
    file = expand(read_yaml(path))
    try:
        mapping = EnergyPlusMapping.model_validate(file.data)
    except ValidationError as error:
        raise refusal(file, explain(error, EnergyPlusMapping)) from None
    faults = list(_faults(mapping, loaded))
    if faults:
        raise refusal(file, faults)
    return mapping, file


def _faults(mapping: EnergyPlusMapping, loaded: LoadedSite) -> Iterator[tuple[KeyPath, str]]:
    site = loaded.site
    yield from _point_faults("settings", mapping.settings, loaded)
    yield from _point_faults("readings", mapping.readings, loaded)
    measured = {(one.equipment, one.quantity) for one in mapping.readings}
    for rack in (rack.id for hall in site.halls for rack in hall.racks):
        if (rack, "inlet_temperature_degc") not in measured:
            yield ("readings",), f"no inlet_temperature_degc of rack {rack}: the judge needs it"
    pools, halls = {pool.id for pool in site.server_pools}, {hall.id for hall in site.halls}
    for index, demand in enumerate(mapping.demands):
        if demand.pool not in pools:
            yield (
                ("demands", index, "pool"),
                f"the site has no server pool {demand.pool!r}{nearest(demand.pool, pools)}",
            )
    for index, air in enumerate(mapping.halls):
        if air.hall not in halls:
            yield ("halls", index, "hall"), f"the site has no hall {air.hall!r}{nearest(air.hall, halls)}"


def _point_faults(kind: str, entries: Sequence[Setting | Reading], loaded: LoadedSite) -> Iterator[tuple[KeyPath, str]]:
    equipment = dict(loaded.site.equipment())
    seen: set[tuple[str, str]] = set()
    for index, entry in enumerate(entries):
        point = (entry.equipment, entry.quantity)
        if entry.equipment not in equipment:
            near = nearest(entry.equipment, equipment)
            yield (kind, index, "equipment"), f"the site has no equipment {entry.equipment!r}{near}"
        elif not loaded.points.of(*point):
            known = [one.quantity for one in loaded.points if one.equipment == entry.equipment]
            near = nearest(entry.quantity, known)
            yield (kind, index, "quantity"), f"{entry.equipment} has no point {entry.quantity!r}{near}"
        if point in seen:
            yield (kind, index), f"{point[0]}.{point[1]} stands here twice; keep one"
        seen.add(point)


def need_mapping(path: Path) -> None:
    """Refuse a site without a mapping beside it."""
    if not path.exists():
        raise ConfigurationError(
            f"{path}: an EnergyPlus plant needs this mapping file beside the site file: docs/energyplus.md"
        )
