"""Readings that rest while what must move them does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from facility.records import Finding, FloatArray
from facility.site_file import LoadedSite
from facility.trust.electrical import Meter, meter_kva, meters_of, power_factor
from facility.trust.verdict import STEPS_AN_HOUR, Verdict, hours_text
from facility.trust.witnesses import Caused, Driven, Peers, caused, driven, peers

LEAST_STEPS = 2 * STEPS_AN_HOUR  # at rest; less says nothing
SETTLING = STEPS_AN_HOUR // 2
AT_REST = 1e-9  # of the value: what averaging equal readings leaves
PEERS_FRAC = 0.75  # of the peers must have moved
AWAY_FRAC = 0.1  # of the load, by which a meter's parts must have come apart
LEAST_KVA = 0.3  # below it the steps of the registers are too coarse


def points_stuck(loaded: LoadedSite) -> list[str]:
    """Return the points that may be stuck, and what shows it."""
    points = [point for group in peers(loaded) for point in group.points]
    for follower in driven(loaded):
        points += [follower.point, follower.setpoint, *([follower.running] if follower.running else [])]
    points += [point for effect in caused(loaded) for point in (effect.point, effect.cause)]
    points += [point for meter in meters_of(loaded) for point in meter.points if point not in meter.outlets]
    return list(dict.fromkeys(points))


def find_stuck(loaded: LoadedSite, frame: pd.DataFrame) -> Verdict:
    """Return the points at rest whose witnesses are not; those that move are right."""
    rests = {str(point): rest_steps(frame[point].to_numpy(float)) for point in frame}
    resting = {point: steps for point, steps in rests.items() if steps >= LEAST_STEPS}
    judged = {point for point, steps in rests.items() if 0 < steps < LEAST_STEPS}
    found: dict[str, Finding] = {}
    for finding in _witnessed(loaded, frame, resting):
        found.setdefault(finding.point, finding)
    return Verdict(tuple(found.values()), frozenset(judged))


def rest_steps(values: FloatArray) -> int:
    """Return for how many steps up to the last a course has not moved; 0 where it has no value in the last hour."""
    known = np.flatnonzero(np.isfinite(values))
    if not len(known) or len(values) - known[-1] > STEPS_AN_HOUR:
        return 0
    last = values[known[-1]]
    moved = np.flatnonzero(np.abs(values[known] - last) > AT_REST * max(abs(last), 1.0))
    began = known[moved[-1] + 1] if len(moved) else known[0]
    return len(values) - int(began)


def swing(values: FloatArray) -> float:
    """Return how far a course has moved: between its 5 % and 95 % quantiles, NaN without values."""
    known = values[np.isfinite(values)]
    return float(np.subtract(*np.quantile(known, [0.95, 0.05]))) if len(known) else np.nan


def _witnessed(loaded: LoadedSite, frame: pd.DataFrame, resting: dict[str, int]) -> Iterator[Finding]:
    for group in peers(loaded):
        yield from _among_peers(frame, resting, group)
    for follower in driven(loaded):
        if follower.point in resting:
            yield from _left_behind(frame.iloc[-resting[follower.point] :], follower)
    for effect in caused(loaded):
        if effect.point in resting:
            yield from _without_effect(frame.iloc[-resting[effect.point] :], effect)
    for meter in meters_of(loaded):
        yield from _within_meter(frame, resting, meter)


def _among_peers(frame: pd.DataFrame, resting: dict[str, int], group: Peers) -> Iterator[Finding]:
    for point in [point for point in group.points if point in resting]:
        rest = frame.iloc[-resting[point] :]
        swings = np.array([swing(rest[other].to_numpy(float)) for other in group.points if other != point])
        known = swings[np.isfinite(swings)]
        moved = known[known >= group.swing]
        if len(moved) >= max(3, PEERS_FRAC * len(known)):
            shown = f"{len(moved)} of {len(known)} others of {group.of} moved by {np.median(moved):.2g} {group.unit}"
            yield _finding(rest, point, shown)


def _left_behind(rest: pd.DataFrame, follower: Driven) -> Iterator[Finding]:
    """Yield a follower that was at its setpoint when its rest began, and has not gone with it."""
    value = float(rest[follower.point].iloc[-1])
    distance = (rest[follower.setpoint] - value).to_numpy(float)
    ends = distance[:SETTLING], distance[-SETTLING:]
    if not all(np.isfinite(end).any() for end in ends):
        return  # nobody knows where its setpoint was
    began, lately = (float(np.nanmedian(end)) for end in ends)
    stopped = follower.running is not None and not (rest[follower.running] > 0.5).all()
    # Upwards only: its own control may keep a machine warmer than asked (dew point, lack of cold), never colder.
    if not stopped and abs(began) < 0.5 and lately >= follower.moved and distance[-SETTLING:].min() >= follower.moved:
        yield _finding(rest, follower.point, f"its setpoint moved by {lately - began:+.2g} {follower.unit}")


def _without_effect(rest: pd.DataFrame, effect: Caused) -> Iterator[Finding]:
    cause = rest[effect.cause].to_numpy(float)
    moved, mean = swing(cause), float(np.nanmean(np.abs(cause))) if np.isfinite(cause).any() else np.nan
    if mean > 0 and moved >= max(effect.share * mean, effect.swing):
        yield _finding(rest, effect.point, f"{effect.cause} moved by {moved:.3g} about {mean:.3g}")


def _within_meter(frame: pd.DataFrame, resting: dict[str, int], meter: Meter) -> Iterator[Finding]:
    """Yield a power or current at rest, where it has come apart from all else that its meter says of the same load.

    Voltages and power factors rest by nature: their steps are coarse, and what they are hardly moves.
    """
    parts = _parts(meter)
    for point in [point for point in parts if point in resting]:
        rest = frame.iloc[-resting[point] :]
        others = [other for other in parts if other != point and meter.power in (point, other)]
        ratios = _ratios(rest, meter, of_power=point == meter.power)
        if ratios and min(ratios) > AWAY_FRAC and _moves(rest, others):
            yield _finding(rest, point, f"power and lines of {meter.name} came apart by {min(ratios):.0%}")


def _ratios(rest: pd.DataFrame, meter: Meter, *, of_power: bool) -> list[float]:
    """Return how far power (or the lines, for a current) has moved against each thing that it should follow."""
    lines_kva = meter_kva(rest, meter)
    if meter.power is None or lines_kva is None:
        return []
    loads = [rest[meter.power] / power_factor(rest, meter), *([rest[meter.apparent]] if meter.apparent else [])]
    pairs = (
        [(loads[0], other) for other in (lines_kva, *loads[1:])] if of_power else [(lines_kva, one) for one in loads]
    )
    return [swing((one / other.where(other > LEAST_KVA)).to_numpy(float)) for one, other in pairs]


def _moves(rest: pd.DataFrame, points: Sequence[str]) -> bool:
    return any(rest_steps(rest[point].to_numpy(float)) < LEAST_STEPS for point in points)


def _parts(meter: Meter) -> list[str]:
    """Return power and currents of a meter."""
    return [point for point in (meter.power, *meter.currents.values()) if point is not None]


def _finding(rest: pd.DataFrame, point: str, shown: str) -> Finding:
    since, until = rest.index[0], rest.index[-1]
    value = float(rest[point].dropna().iloc[-1])
    evidence = f"{point} has read {value:.4g} for {hours_text(since, until)} without moving, while {shown}"
    return Finding(point, "stuck", since.to_pydatetime(), evidence)
