"""Of what equipment a part of the models speaks: when that changes, what was learned of it no longer fits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from facility.site import Named, Site

_HALL_AIR = {"rated_airflow_m3ps"}
_FANS = {"rated_airflow_m3ps", "rated_fan_kw"}
_COILS = {"rated_airflow_m3ps", "rated_cooling_kw", "coil_effectiveness"}
_CDU_PUMPS = {"rated_flow_lps", "rated_pump_kw"}
_SERVERS = {"servers", "peak_w", "fan_power_share_frac"}
_DUTIES = ("chilled", "condenser")
_NO_POWER = {"name", "max_starts_per_h", "restart_min"}


def equipment_of(site: Site, part: str) -> dict[str, str]:
    """Return the units that a part depends on, each with a digest of its nameplate; none for the whole as operated.

    Parameters
    ----------
    site
        The site.
    part
        As on its card: `hall-1.rack_inlets`, `plant-1.chiller`, `plant-1.crah_fan.hall-1`.
    """
    owner, _, component = part.partition(".")
    if component in ("rack_inlets", "liquid_share"):  # of a hall; of a loop, which no CRAH is of
        racks = [rack for hall in site.halls for rack in hall.racks if owner in (hall.id, rack.liquid_loop)]
        crahs = [crah for crah in site.crahs if crah.hall == owner]
        return {**_digests(racks, {"liquid_frac"}), **_digests(crahs, _HALL_AIR)}
    if component == "server_fans":
        return _digests([pool for pool in site.server_pools if pool.hall == owner], _SERVERS)
    kind, _, of = component.partition(".")
    if kind in ("coils", "crah_fan"):
        ours = [crah for crah in site.crahs if crah.plant == owner and of in ("", crah.hall)]
        return _digests(ours, _FANS if of else _COILS)
    if kind == "cdu_pump":
        return _digests([unit for loop in site.liquid_loops if loop.id == of for unit in loop.cdus], _CDU_PUMPS)
    plant = next((plant for plant in site.plants if plant.id == owner), None)
    if plant is None:
        return {}
    pumps = {f"{duty}_pump": [pump for pump in plant.pumps if pump.duty == f"{duty}_water"] for duty in _DUTIES}
    return _digests(
        {"chiller": plant.chillers, "tower": plant.towers, "dry_cooler": plant.dry_coolers, **pumps}.get(kind, ())
    )


def changed_since(then: Mapping[str, str], now: Mapping[str, str]) -> str | None:
    """Return in words how equipment changed, or None where it is the same."""
    said = [f"{unit} added" for unit in now if unit not in then]
    said += [f"{unit} taken out" for unit in then if unit not in now]
    said += [f"nameplate of {unit} changed" for unit in now if unit in then and now[unit] != then[unit]]
    return ", ".join(said) or None


def _digests(units: Iterable[Named], fields: set[str] | None = None) -> dict[str, str]:
    """Return a digest of each unit's nameplate; of some fields where others are limits that people move."""
    plates = {unit.id: unit.model_dump_json(include=fields, exclude=_NO_POWER, exclude_defaults=True) for unit in units}
    return {unit: hashlib.sha256(plate.encode()).hexdigest()[:12] for unit, plate in plates.items()}
