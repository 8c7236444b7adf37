"""The few numbers an engineer looks for first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from facility.prepare.situation import fresh_values
from facility.records import Reading
from facility.site_file import LoadedSite

_LOOKED_AT = frozenset({"power_kw", "inlet_temperature_degc", "outdoor_temperature_degc", "outdoor_wet_bulb_degc"})


@dataclass(frozen=True, slots=True)
class KeyValue:
    """A number with its unit; `note` says where it is from, or why there is none."""

    name: str
    value: str | None
    unit: str
    note: str = ""
    abnormal: bool = False


def key_values(loaded: LoadedSite, newest: Mapping[str, Reading], at: datetime) -> list[KeyValue]:
    """Return power, interim power ratio, the hottest rack inlet and the weather; only from fresh readings."""
    values, _ = fresh_values((point for point in loaded.points if point.quantity in _LOOKED_AT), newest, at)
    site = loaded.site
    facility_kw = values.get(f"{site.electrical.main_meter}.power_kw")
    it_kw, missing = _it_power(loaded, values)
    ratio = None if facility_kw is None or not it_kw else facility_kw / it_kw
    why = missing or ("" if facility_kw is not None else "main meter not read")
    return [
        _number("Facility power", facility_kw, "kW", ".1f", "main meter not read"),
        _number("IT power", it_kw, "kW", ".1f", missing),
        _number("Interim power ratio", ratio, "", ".3f", why),
        _hottest_inlet(loaded, values),
        _number("Outdoor air", values.get(f"{site.weather.station}.outdoor_temperature_degc"), "°C", ".1f", "not read"),
        _number("Wet bulb", values.get(f"{site.weather.station}.outdoor_wet_bulb_degc"), "°C", ".1f", "not read"),
    ]


def _it_power(loaded: LoadedSite, values: Mapping[str, float]) -> tuple[float | None, str]:
    metered = [rack.id for hall in loaded.site.halls for rack in hall.racks if loaded.points.of(rack.id, "power_kw")]
    unread = [rack for rack in metered if f"{rack}.power_kw" not in values]
    if unread or not metered:
        return None, f"{len(unread)} of {len(metered)} racks not read" if metered else "no rack is metered"
    return sum(values[f"{rack}.power_kw"] for rack in metered), ""


def _hottest_inlet(loaded: LoadedSite, values: Mapping[str, float]) -> KeyValue:
    inlets = [
        (values[key], rack.id, hall.limits.inlet_max_degc)
        for hall in loaded.site.halls
        for rack in hall.racks
        if (key := f"{rack.id}.inlet_temperature_degc") in values
    ]
    if not inlets:
        return KeyValue("Hottest rack inlet", None, "°C", "no inlet read")
    value, rack, limit = max(inlets, key=lambda inlet: inlet[0] - inlet[2])
    relation = "above its limit" if value > limit else "limit"
    note = f"{rack}, {relation} {limit:g} °C"
    return KeyValue("Hottest rack inlet", f"{value:.1f}", "°C", note, abnormal=value > limit)


def _number(name: str, value: float | None, unit: str, form: str, reason: str) -> KeyValue:
    return KeyValue(name, None, unit, reason) if value is None else KeyValue(name, format(value, form), unit)
