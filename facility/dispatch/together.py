"""Which recommendations of a plan belong together, and which of them is to be written first. Pure.

Some settings follow others: the fans of a hall its supply air, condenser water and the technology loops the state of their plant.
What these save is counted with what they follow, so neither is worth anything without the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from facility.records import Interval, Recommendation, RecommendationKind
from facility.site import Site

# Whether more of it cools more (1) or less (-1); what is not here moves with what cools less.
COOLS: Mapping[str, int] = {
    "supply_air_temperature_setpoint_degc": -1,
    "fan_speed_setpoint_frac": 1,
    "leaving_chilled_water_temperature_setpoint_degc": -1,
    "condenser_water_temperature_setpoint_degc": -1,
    "chillers_staged_command": 1,
    "secondary_supply_temperature_setpoint_degc": -1,
    "secondary_flow_setpoint_lps": 1,
}


def together(site: Site, recommendations: Iterable[Recommendation]) -> list[tuple[Recommendation, ...]]:
    """Return recommendations in groups: those of one plan that follow others with these, all else alone."""
    found: dict[tuple[str, str], list[Recommendation]] = {}
    for one in recommendations:
        at = _anchor(site, one) if one.kind is RecommendationKind.PLAN else None
        found.setdefault((one.plan_id, at or f"{one.equipment}.{one.quantity}"), []).append(one)
    groups: list[tuple[Recommendation, ...]] = []
    for members in found.values():
        joined = any(map(follows, members)) and not all(map(follows, members))
        groups += [tuple(members)] if joined else [(one,) for one in members]
    return groups


def belonging(site: Site, recommendations: Iterable[Recommendation]) -> dict[str, tuple[str, ...]]:
    """Return by id the others that belong to a recommendation: they are decided as one, and written all or none."""
    groups = [[one.id for one in members] for members in together(site, recommendations)]
    return {name: tuple(other for other in names if other != name) for names in groups for name in names}


def follows(one: Recommendation) -> bool:
    """Tell whether a setting has no saving of its own."""
    saving = one.saving_cost_per_day
    return one.kind is RecommendationKind.PLAN and saving.low == saving.value == saving.high == 0.0


def as_group(members: Sequence[Recommendation]) -> list[Recommendation]:
    """Return the members of a group, each with the saving of all: errors of models are taken to add up."""
    if len(members) == 1:
        return list(members)
    names = ("saving_kw", "saving_cost_per_day", "saving_kgco2_per_day")
    kw, cost, carbon = (_sum([getattr(one, name) for one in members]) for name in names)
    return [replace(one, saving_kw=kw, saving_cost_per_day=cost, saving_kgco2_per_day=carbon) for one in members]


def cools_more(quantity: str, change: float) -> bool:
    """Tell whether a change of a setpoint makes its equipment cool more: it goes first, so that nothing gets warm in between."""
    return COOLS.get(quantity, 0) * change > 0.0


def _anchor(site: Site, one: Recommendation) -> str | None:
    """Return the hall or plant in whose state a setting has its part; none for what stands alone."""
    if one.quantity not in COOLS and not one.quantity.startswith(("economizer_mode", "adiabatic")):
        return None
    plants = {plant.id: plant.id for plant in site.plants}
    plants |= {cooler.id: plant.id for plant in site.plants for cooler in plant.dry_coolers}
    loops = {name: loop.plant for loop in site.liquid_loops for name in (loop.id, *(cdu.id for cdu in loop.cdus))}
    halls = {hall.id: hall.id for hall in site.halls}
    return {**halls, **plants, **loops}.get(one.equipment)


def _sum(savings: Sequence[Interval]) -> Interval:
    return Interval(
        sum(one.value for one in savings), sum(one.low for one in savings), sum(one.high for one in savings)
    )
