"""Do the redundancy rules of a site name groups that are there, and leave something in them to run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from facility.site import Plant, Site
from facility.site_file.findings import Fault, unknown


def redundancy_faults(site: Site) -> Iterator[Fault]:
    """Yield what does not fit, with its key path."""
    owners = _owners(site)
    seen: set[tuple[str, str]] = set()
    for index, rule in enumerate(site.redundancy):
        where = ("redundancy", index)
        known = {owner for owner, groups in owners.items() if rule.group in groups}
        yield from unknown((*where, "of"), rule.of, known, f"owner of {rule.group}")
        count = owners.get(rule.of, {}).get(rule.group)
        if count == 0:
            there = ", ".join(group for group, number in owners[rule.of].items() if number)
            yield (*where, "group"), f"{rule.of} has no {rule.group}; it has {there or 'none of the groups'}"
        elif count is not None and count <= rule.spare:
            yield (*where, "spare"), f"{rule.of} has {count} of {rule.group}: {rule.spare} spare leaves none to run"
        if (rule.of, rule.group) in seen:
            yield (*where, "of"), f"{rule.group} of {rule.of!r} stand here twice; keep one"
        seen.add((rule.of, rule.group))


def _owners(site: Site) -> dict[str, Mapping[str, int]]:
    """Return how many units each hall, loop and plant has, by group."""
    owners: dict[str, Mapping[str, int]] = {
        hall.id: {"crahs": sum(crah.hall == hall.id for crah in site.crahs)} for hall in site.halls
    }
    owners |= {loop.id: {"cdus": len(loop.cdus)} for loop in site.liquid_loops}
    return owners | {plant.id: _groups(plant) for plant in site.plants}


def _groups(plant: Plant) -> Mapping[str, int]:
    return {
        "chillers": len(plant.chillers),
        "towers": len(plant.towers),
        "dry_coolers": len(plant.dry_coolers),
        "chilled_water_pumps": sum(pump.duty == "chilled_water" for pump in plant.pumps),
        "condenser_water_pumps": sum(pump.duty == "condenser_water" for pump in plant.pumps),
    }
