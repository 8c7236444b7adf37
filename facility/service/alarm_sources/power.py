"""Electrical equipment above its rating, and the site above what its connection allows."""

from __future__ import annotations

from collections.abc import Iterator

from facility.alarms.observation import Observation, above
from facility.service.alarm_sources.facts import Facts
from facility.site import Hall

CONDITIONS = frozenset({"ups_overloaded", "pdu_overloaded", "import_above_limit"})
DEADBAND_FRAC = 0.02


def look(facts: Facts) -> Iterator[Observation]:
    """Say how each rating stands."""
    electrical = facts.loaded.site.electrical
    ups = electrical.ups
    yield _rated("ups_overloaded", ups.id, _ups_kw(facts), ups.rated_kw)
    halls = {hall.id: hall for hall in facts.loaded.site.halls}
    for pdu in electrical.pdus:
        yield _rated("pdu_overloaded", pdu.id, _hall_kw(facts, halls[pdu.hall], pdu.rated_kw), pdu.rated_kw)
    if electrical.import_limit_kw is not None:
        meter = electrical.main_meter
        yield _rated("import_above_limit", meter, facts.value(meter, "power_kw"), electrical.import_limit_kw)


def _rated(condition: str, equipment: str, value_kw: float | None, rated_kw: float) -> Observation:
    present, persists = above(value_kw, rated_kw, DEADBAND_FRAC * rated_kw)
    text = "" if value_kw is None else f"{value_kw:.0f} kW of {rated_kw:g} kW"
    return Observation(condition, equipment, equipment, present, text, persists)


def _ups_kw(facts: Facts) -> float | None:
    """Return what a UPS delivers, by its own meter or by the load that it tells."""
    ups = facts.loaded.site.electrical.ups
    power, load = facts.value(ups.id, "output_power_kw"), facts.value(ups.id, "load_frac")
    return power if power is not None or load is None else load * ups.rated_kw


def _hall_kw(facts: Facts, hall: Hall, rated_kw: float) -> float | None:
    """Return what a hall's racks take; those that are known are too much already, or all must be known."""
    known = facts.of_each((rack.id for rack in hall.racks), "power_kw")
    total = sum(known.values())
    return total if len(known) == len(hall.racks) or total > rated_kw else None
