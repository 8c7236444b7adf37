"""The rules that a write must pass before anything is sent. Pure: no device, no journal, no clock.

Many controllers keep every write in EEPROM, which bears about 1e5 of them: at 24 writes a day it lasts eleven years
(100,000 / 24 / 365). Where the profile says that a write is volatile, one a minute is the limit: faster is not a setpoint.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from facility.acquire.encode import resolution
from facility.errors import WriteRefusedError
from facility.points import Point
from facility.profile import ProfilePoint
from facility.records import PointStanding, Quality, Reading

EEPROM_WRITES_PER_DAY = 24
VOLATILE_WRITES_PER_DAY = 1_440
_ROUNDING = 1e-6  # relative; a float32 on the wire is exact to 6e-8


@dataclass(frozen=True, slots=True)
class WriteRules:
    """What holds for one point, in its canonical unit."""

    point: str
    unit: str
    low: float
    high: float
    max_step: float | None
    deadband: float
    min_interval_s: float
    writes_per_day: int
    budget_from: str  # where the budget comes from
    resolution: float  # what the device can tell apart; 0: a floating-point number

    def alike(self, one: float, other: float) -> bool:
        """Tell whether the device cannot tell two values apart, but for rounding."""
        return abs(one - other) <= self.resolution / 2 + _ROUNDING * max(1.0, abs(one), abs(other))

    def says(self, value: float) -> str:
        """Return a value with its unit."""
        return f"{value:.6g} {self.unit}"


def write_rules(point: Point, spec: ProfilePoint, site_file: str) -> WriteRules:
    """Return the rules of a point.

    Raises
    ------
    WriteRefusedError
        If the site file does not let it be written, or its profile does not.
    """
    allowed = point.writable
    if allowed is None:
        raise WriteRefusedError(f"{point.id} is not writable; list it under `writable` in {site_file}")
    if not spec.writable:
        raise WriteRefusedError(f"{point.id} is not writable: its profile does not say `writable: true`")
    low, high = spec.write_range or spec.range
    budget, source = _budget(allowed.writes_per_day, spec)
    return WriteRules(
        point=point.id,
        unit=point.unit,
        low=max(low, allowed.low),
        high=min(high, allowed.high),
        max_step=allowed.max_step,
        deadband=allowed.deadband,
        min_interval_s=allowed.min_interval_s,
        writes_per_day=budget,
        budget_from=source,
        resolution=resolution(spec),
    )


def _budget(given: int | None, spec: ProfilePoint) -> tuple[int, str]:
    if given is not None:
        return given, "writes_per_day in the site file"
    if spec.volatile == "yes":
        return VOLATILE_WRITES_PER_DAY, "the limit of a volatile point"
    return EEPROM_WRITES_PER_DAY, "to spare its EEPROM: the profile does not say `volatile: yes`"


def check_value(rules: WriteRules, value: float) -> None:
    """Refuse a value outside the range; NaN lies in none."""
    if not rules.low <= value <= rules.high:
        raise WriteRefusedError(
            f"{rules.point}: {rules.says(value)} lies outside the allowed {rules.low:g} to {rules.high:g}; "
            "choose a value inside, or widen low and high in the site file"
        )


def check_leave(rules: WriteRules, standing: PointStanding, now: datetime) -> None:
    """Refuse a point that no engineer has allowed, or that somebody else has changed."""
    permit, override = standing.permit, standing.override
    if permit is None or not permit.holds(now):
        ended = (
            ""
            if permit is None or permit.until is None
            else f" since {_iso(permit.until)}, when {permit.actor}'s leave ended"
        )
        raise WriteRefusedError(
            f"{rules.point}: no engineer allows writing it{ended}; an engineer allows it under Points that may be written, "
            f"on Dispatch, or with `facility writes allow SITE {rules.point} --reason WHY`"
        )
    if override is not None:
        raise WriteRefusedError(
            f"{rules.point} is overridden since {_iso(override.at)}: somebody changed {rules.says(override.expected)} to "
            f"{rules.says(override.found)}; find out why, then accept it under Points that may be written, on Dispatch, or with "
            f"`facility writes clear SITE {rules.point} --reason WHY`"
        )


def present_value(rules: WriteRules, found: Reading) -> float:
    """Return what the device reports now; refuse to write blindly."""
    if found.quality is Quality.GOOD and math.isfinite(found.value):
        return found.value
    raise WriteRefusedError(
        f"{rules.point}: the device reports no usable present value ({found.quality.name.lower()}); "
        "nothing is written blindly, look at the device"
    )


def is_unchanged(rules: WriteRules, present: float, value: float) -> bool:
    """Tell whether a change is too small to be sent: within the deadband, or less than the device can tell apart."""
    return rules.alike(present, value) or abs(value - present) < rules.deadband * (1 - 1e-9)


def check_step(rules: WriteRules, present: float, value: float) -> None:
    """Refuse a step from the present value that is too large."""
    step = abs(value - present)
    if rules.max_step is None or step <= rules.max_step * (1 + 1e-9):
        return
    nearest = present + math.copysign(rules.max_step, value - present)
    way = f"write {rules.says(nearest)} first" if rules.low <= nearest <= rules.high else "set it by hand first"
    raise WriteRefusedError(
        f"{rules.point}: a step of {step:.6g} from {rules.says(present)} is more than max_step {rules.max_step:g}; {way}"
    )


def check_pace(rules: WriteRules, standing: PointStanding, now: datetime) -> None:
    """Refuse what comes too soon after the last write, or is one too many in 24 hours."""
    if standing.last is not None:
        since_s = (now - standing.last.at).total_seconds()
        if since_s < rules.min_interval_s:
            raise WriteRefusedError(
                f"{rules.point}: the last write was {since_s:.0f} s ago and min_interval_s is {rules.min_interval_s:g}; "
                f"wait {math.ceil(rules.min_interval_s - since_s)} s"
            )
    if standing.writes_last_day >= rules.writes_per_day:
        raise WriteRefusedError(
            f"{rules.point}: {standing.writes_last_day} writes in 24 hours, and {rules.writes_per_day} are allowed "
            f"({rules.budget_from}); wait, or set writes_per_day in the site file"
        )


def _iso(time: datetime) -> str:
    return time.isoformat(timespec="seconds")
