"""Machines that say themselves that they are out of order: to a plan they are as if they were locked out.

Many a controller has one register for faults and for alarms: a CDU whose water is too warm pumps on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from facility.ports import Telemetry
from facility.prepare.situation import fresh_values
from facility.site import Availability
from facility.site_file import LoadedSite

REPORTED = "its own fault status"
_FAULT = "fault_status"
_RUNS = (
    "on_status",
    "secondary_flow_lps",
    "fan_speed_frac",
)  # the first of them that is measured tells whether it runs


def as_reported(loaded: LoadedSite, telemetry: Telemetry, at: datetime) -> LoadedSite:
    """Return the site with what reports a fault and does not run locked out; one that runs on with a fault counts.

    What the site file says of a machine stays; a silent one is as the file has it.
    """
    found = tuple(
        Availability(equipment=name, state="locked_out", by=REPORTED) for name in out_of_order(loaded, telemetry, at)
    )
    if not found:
        return loaded
    return replace(loaded, site=loaded.site.model_copy(update={"availability": (*loaded.site.availability, *found)}))


def out_of_order(loaded: LoadedSite, telemetry: Telemetry, at: datetime) -> list[str]:
    """Return the equipment that reports a fault and does not run, but for what the site file says the availability of."""
    known = {entry.equipment for entry in loaded.site.availability}
    asked = [name for name, _ in loaded.site.equipment() if name not in known]
    points = [point for name in asked for quantity in (_FAULT, *_RUNS) for point in loaded.points.of(name, quantity)]
    values, _ = fresh_values(points, telemetry.latest(), at, loaded.site.step)
    return [name for name in asked if values.get(f"{name}.{_FAULT}", 0.0) > 0.0 and not _runs(name, values)]


def _runs(name: str, values: Mapping[str, float]) -> bool:
    known = (values[key] for quantity in _RUNS if (key := f"{name}.{quantity}") in values)
    return next(known, 0.0) > 0.0
