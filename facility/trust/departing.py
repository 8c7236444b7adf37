"""Readings that leave what neighbours and physics say: slowly (drifting) or within minutes (jump)."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from facility.records import Finding
from facility.site_file import LoadedSite
from facility.trust.alike import FAMILIES, Group, needed
from facility.trust.departure import Departure, departure
from facility.trust.electrical import meters_of
from facility.trust.meters import meters
from facility.trust.verdict import Verdict, hours_text, without

MOST_FRAC = 0.2  # of a group that may depart for sensors to be at fault; one always may


def points_departing(loaded: LoadedSite) -> list[str]:
    """Return the points of all groups."""
    lines = [point for meter in meters_of(loaded) for point in meter.points if point not in meter.outlets]
    return list(dict.fromkeys([*needed(loaded), *lines]))


def find_departing(loaded: LoadedSite, frame: pd.DataFrame) -> Verdict:
    """Return the points that depart from their groups; what is found in one group is left out of the next."""
    findings: list[Finding] = []
    right: set[str] = set()
    for family in (*FAMILIES, meters):
        believed = without(frame, findings)
        for group in family(loaded, believed):
            verdict = judge(group, believed)
            findings += verdict.findings
            right |= verdict.right
    return Verdict(tuple(findings), frozenset(right))


def judge(group: Group, frame: pd.DataFrame) -> Verdict:
    """Return what the points of a group show; nothing when too many of them depart at once."""
    seen = {str(point): departure(group.residual[point], group.limit) for point in group.residual}
    judged: Mapping[str, Departure] = {point: one for point, one in seen.items() if one is not None}
    wrong = {point: one for point, one in judged.items() if one.wrong}
    if len(wrong) > max(1.0, MOST_FRAC * len(seen)):
        return Verdict((), frozenset())
    return Verdict(
        tuple(_finding(point, one, group, frame) for point, one in wrong.items()),
        frozenset(point for point, one in judged.items() if one.right),
    )


def _finding(point: str, seen: Departure, group: Group, frame: pd.DataFrame) -> Finding:
    jumped = seen.sudden and abs(seen.amount) >= group.per_step
    value = frame[point].dropna().iloc[-1]
    how = "at once" if jumped else f"within {hours_text(seen.since, frame.index[-1])}"
    evidence = (
        f"{point} reads {value:.4g}; against {group.against} it has moved by {seen.amount:+.2g} {group.unit} {how} "
        f"(usual distance {seen.usual:+.2g}, now {seen.now:+.2g}, limit {seen.limit:.2g} {group.unit})"
    )
    return Finding(point, "jump" if jumped else "drifting", seen.since.to_pydatetime(), evidence)
