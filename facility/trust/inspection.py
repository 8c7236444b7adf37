"""One look at a site: every check over its own window, each leaving out what the checks before it have found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from facility.ports import Telemetry
from facility.records import Finding
from facility.site_file import LoadedSite
from facility.trust.departing import find_departing, points_departing
from facility.trust.readings import Readings
from facility.trust.scale import find_scale, points_scale
from facility.trust.stuck import find_stuck, points_stuck
from facility.trust.verdict import Check, without

DAY = timedelta(hours=24)
CHECKS = (
    Check({"scale", "unit"}, timedelta(hours=3), points_scale, find_scale, hears_impossible=True),
    Check({"stuck"}, None, points_stuck, find_stuck),
    Check({"drifting", "jump"}, None, points_departing, find_departing),
)


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found at a time, and which points were seen to be right, by kind of finding; of the rest nothing is known."""

    at: datetime
    findings: tuple[Finding, ...]
    right: frozenset[tuple[str, str]]  # (point, kind)


def inspect(
    loaded: LoadedSite, telemetry: Telemetry, at: datetime, known: Sequence[Finding] = (), window: timedelta = DAY
) -> Inspection:
    """Return the findings of a site from its readings before `at`.

    Parameters
    ----------
    loaded, telemetry
        The site and its readings.
    at
        The time of the inspection.
    known
        Findings that are open: their points are read although they are flagged, and compared with what they were before.
    window
        How far the checks that compare with the past may look back.
    """
    findings: list[Finding] = []
    right: set[tuple[str, str]] = set()
    for check in CHECKS:
        mine = [finding for finding in known if finding.kind in check.kinds]
        others = [finding for finding in known if finding.kind not in check.kinds]
        readings = Readings(telemetry, check.points(loaded), mine, check.hears_impossible)
        frame = readings.window(at, check.window or window)
        verdict = check.find(loaded, without(frame, [*others, *findings]))
        findings += verdict.findings
        right |= {(point, kind) for point in verdict.right for kind in check.kinds}
    return Inspection(at, tuple(findings), frozenset(right))
