"""What the meters say of the whole: power of the facility, of IT, and of the kinds of cooling equipment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import pandas as pd

from facility.points import Point, PointIndex
from facility.ports import Telemetry
from facility.site import Site
from facility.site_file import LoadedSite

LEAST_MEASURED_FRAC = 0.9  # of a group of racks, by rating; the others are counted at the mean of these, per rated kW


def facility_kw(loaded: LoadedSite, telemetry: Telemetry, start: datetime, end: datetime) -> pd.Series | None:
    """Return the main meter's power by step, less what batteries and heat pumps take, with what photovoltaics deliver.

    Stored energy is not consumed, and the others are neither IT nor cooling. None where no meter is read.
    """
    site, points = loaded.site, loaded.points
    meters = [point.id for point in points.of(site.electrical.main_meter, "power_kw")]
    if not meters:
        return None
    batteries = [point.id for one in site.batteries for point in points.of(one.id, "charge_power_kw")]
    pumps = [point.id for one in site.heat_pumps for point in points.of(one.id, "power_kw")]
    arrays = [point.id for one in site.photovoltaics for point in points.of(one.id, "power_kw")]
    read = telemetry.read(meters + batteries + pumps + arrays, start, end, site.step)
    taken = read[batteries + pumps].sum(axis=1, skipna=False)
    delivered = read[arrays].sum(axis=1, skipna=False)
    return read[meters].sum(axis=1, skipna=False) - taken + delivered


def it_kw(loaded: LoadedSite, telemetry: Telemetry, start: datetime, end: datetime) -> pd.Series:
    """Return the power of all racks by step, NaN where too few of them are measured."""
    racks = [rack for hall in loaded.site.halls for rack in hall.racks]
    feeds = {rack.id: [point.id for point in loaded.points.of(rack.id, "power_kw")] for rack in racks}
    frame = telemetry.read([point for ids in feeds.values() for point in ids], start, end, loaded.site.step)
    return scaled_total(joined(frame, feeds), {rack.id: rack.rated_kw for rack in racks})


def joined(frame: pd.DataFrame, feeds: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Return power by piece of equipment, its feeds added up; one without any is left out."""
    known = {name: list(ids) for name, ids in feeds.items() if ids}
    if all(len(ids) == 1 for ids in known.values()):
        return frame[[ids[0] for ids in known.values()]].set_axis(list(known), axis=1)
    return pd.DataFrame({name: frame[ids].sum(axis=1, skipna=False) for name, ids in known.items()})


def joined_feeds(frame: pd.DataFrame, points: Sequence[Point]) -> pd.Series:
    """Return a quantity of several feeds as one: the sum of powers, the mean of anything else."""
    if len(points) == 1:
        alone: pd.Series = frame[points[0].id]
        return alone
    feeds = frame[[point.id for point in points]]
    return feeds.sum(axis=1, skipna=False) if points[0].unit == "kW" else feeds.mean(axis=1)


def scaled_total(power: pd.DataFrame, rated: Mapping[str, float]) -> pd.Series:
    """Return the sum over racks; where a few are missing, the rest scaled up by rating; NaN where too many are."""
    ratings = pd.Series(rated)
    measured = power.notna().mul(ratings[power.columns]).sum(axis=1) / ratings.sum()
    return (power.sum(axis=1) / measured).where(measured >= LEAST_MEASURED_FRAC)


def equipment_points(site: Site, points: PointIndex) -> dict[str, dict[str, Sequence[str]]]:
    """Return, by part of the overhead and by unit of it, the points that measure its power; a unit without any has none."""
    units = {
        "chiller_kw": ([one.id for plant in site.plants for one in plant.chillers], "power_kw"),
        "tower_kw": ([one.id for plant in site.plants for one in plant.towers], "power_kw"),
        "dry_cooler_kw": ([one.id for plant in site.plants for one in plant.dry_coolers], "power_kw"),
        "pump_kw": ([one.id for plant in site.plants for one in plant.pumps], "power_kw"),
        "crah_fan_kw": ([one.id for one in site.crahs], "fan_power_kw"),
        "cdu_pump_kw": ([one.id for loop in site.liquid_loops for one in loop.cdus], "pump_power_kw"),
    }
    return {
        part: {unit: [point.id for point in points.of(unit, quantity)] for unit in ids}
        for part, (ids, quantity) in units.items()
        if ids
    }
