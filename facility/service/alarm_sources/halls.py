"""Air at the racks: above what servers bear, outside the site's own limits, too damp, too dry."""

from __future__ import annotations

from collections.abc import Iterator

from facility.alarms.alarm import alarm_id
from facility.alarms.observation import Observation, above, below
from facility.prepare.situation import INLET_HUMIDITY, INLET_TEMPERATURE
from facility.service.alarm_sources.facts import Facts
from facility.site import Hall

CONDITIONS = frozenset({"inlet_above_allowable", "inlet_above_limit", "inlet_below_limit", "hall_humid", "hall_dry"})
TEMPERATURE_K = 0.5  # EEMUA 191: 1 % of a span, here of 50 K
HUMIDITY_FRAC = 0.02


def look(facts: Facts) -> Iterator[Observation]:
    """Say how the air of each hall is; a hall is one alarm, but what threatens servers is one a rack."""
    for hall in facts.loaded.site.halls:
        inlets = facts.of_each((rack.id for rack in hall.racks), INLET_TEMPERATURE)
        yield from _allowable(hall, inlets)
        yield from _limits(hall, inlets)
        yield _humid(facts, hall)
        yield _dry(facts, hall)


def _allowable(hall: Hall, inlets: dict[str, float]) -> Iterator[Observation]:
    highest = hall.limits.allowable.inlet_max_degc
    for rack in hall.racks:
        value = inlets.get(rack.id)
        present, persists = above(value, highest, TEMPERATURE_K)
        text = f"{rack.id} in {hall.id}: {_degc(value)} at the inlet, {hall.limits.allowable_class} allows {highest:g}"
        yield Observation("inlet_above_allowable", rack.id, rack.id, present, text, persists)


def _limits(hall: Hall, inlets: dict[str, float]) -> Iterator[Observation]:
    highest, lowest = hall.limits.inlet_max_degc, hall.limits.inlet_min_degc
    hot = max(inlets, key=inlets.__getitem__, default=None)
    cold = min(inlets, key=inlets.__getitem__, default=None)
    warmest, coldest = (None if rack is None else inlets[rack] for rack in (hot, cold))
    many = sum(value > highest for value in inlets.values()), sum(value < lowest for value in inlets.values())
    worse = tuple(alarm_id("inlet_above_allowable", rack.id) for rack in hall.racks)
    text = f"{many[0]} of {len(hall.racks)} inlets above {highest:g} degC, {hot} at {_degc(warmest)}"
    present, persists = above(warmest, highest, TEMPERATURE_K)
    yield Observation("inlet_above_limit", hall.id, hall.id, present, text, persists, worse)
    text = f"{many[1]} of {len(hall.racks)} inlets below {lowest:g} degC, {cold} at {_degc(coldest)}"
    present, persists = below(coldest, lowest, TEMPERATURE_K)
    yield Observation("inlet_below_limit", hall.id, hall.id, present, text, persists)


def _humid(facts: Facts, hall: Hall) -> Observation:
    dew, limits = facts.dew_points_degc.get(hall.id), hall.limits
    humidities = facts.of_each((rack.id for rack in hall.racks), INLET_HUMIDITY)
    humidity = max(humidities.values(), default=None)
    by_dew = above(dew, limits.dew_point_max_degc, TEMPERATURE_K)
    by_humidity = above(humidity, limits.relative_humidity_max_frac, HUMIDITY_FRAC)
    present, persists = (_either(*pair) for pair in zip(by_dew, by_humidity, strict=True))
    text = f"dew point {_degc(dew)}, limit {limits.dew_point_max_degc:g}; "
    text += "no rack tells its humidity" if humidity is None else f"dampest rack {humidity:.0%}"
    text += f", limit {limits.relative_humidity_max_frac:.0%}"
    return Observation("hall_humid", hall.id, hall.id, present, text, persists)


def _dry(facts: Facts, hall: Hall) -> Observation:
    dew, lowest = facts.dew_points_degc.get(hall.id), hall.limits.dew_point_min_degc
    present, persists = below(dew, lowest, TEMPERATURE_K)
    return Observation("hall_dry", hall.id, hall.id, present, f"dew point {_degc(dew)}, limit {lowest:g}", persists)


def _either(one: bool | None, other: bool | None) -> bool | None:
    """Return whether one of two is the case; unknown where neither is known."""
    known = [each for each in (one, other) if each is not None]
    return any(known) if known else None


def _degc(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1f} degC"
