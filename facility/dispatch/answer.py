"""Has the plant answered as it should? Pure: what was measured before the first write against what is measured now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from facility.dispatch.facts import FRESH_FRAC
from facility.dispatch.watched import Guard
from facility.records import Interval

WORSE_K = 0.5  # over a limit, or further over it than before: 1 % of a span of 50 K, as for alarms (EEMUA 191)
AGAINST_FRAC = 0.25  # of the change that was written: so far the wrong way is no noise
POWER_FRAC = 0.03  # of the site's overhead: meters and weather move it so far by themselves
POWER, IT_POWER = "site.power_kw", "site.it_power_kw"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a write should bring: the quantity it moves, by how much, and what it should save."""

    moves: Mapping[str, float]  # `equipment.quantity` -> the change that was written
    guards: Sequence[Guard]
    saving_kw: Interval
    claims_saving: bool


def limits_broken(answer: Answer, before: Mapping[str, float], now: Mapping[str, float]) -> Iterator[str]:
    """Say which temperatures went over a limit, or further over one; a limit broken before is not held against the write."""
    for guard in answer.guards:
        value, was = now.get(guard.name), before.get(guard.name)
        if value is None:
            continue
        highest = guard.high if was is None else max(guard.high, was)
        lowest = guard.low if was is None else min(guard.low, was)
        if value > highest + WORSE_K:
            yield f"{guard.name} is {value:.1f}, limit {guard.high:g}"
        elif value < lowest - WORSE_K:
            yield f"{guard.name} is {value:.1f}, limit {guard.low:g}"


def went_wrong(answer: Answer, before: Mapping[str, float], now: Mapping[str, float]) -> Iterator[str]:
    """Say what the settled plant did the wrong way: moved against the write, or took more overhead than before.

    The overhead, not the site's power: work comes and goes.
    """
    for name, change in answer.moves.items():
        if name not in before or name not in now or change == 0.0:
            continue
        moved = now[name] - before[name]
        if moved * change < 0 and abs(moved) > AGAINST_FRAC * abs(change):
            yield f"{name} moved by {moved:+.3g}, {change:+.3g} was written"
    if answer.claims_saving and answer.saving_kw.low > 0:
        was, is_ = _overhead_kw(before), _overhead_kw(now)
        if was is not None and is_ is not None and is_ - was > max(POWER_FRAC * was, answer.saving_kw.value):
            yield f"overhead rose from {was:.1f} to {is_:.1f} kW, {answer.saving_kw.value:.1f} kW were to be saved"


def unseen(answer: Answer, before: Mapping[str, float], now: Mapping[str, float]) -> list[str]:
    """Return what was watched before the write and is not measured now, where that is more than a tenth of it."""
    watched = [guard.name for guard in answer.guards if guard.name in before]
    missing = sorted(name for name in watched if name not in now)
    return missing if len(watched) - len(missing) < FRESH_FRAC * len(watched) else []


def _overhead_kw(values: Mapping[str, float]) -> float | None:
    power, it_power = values.get(POWER), values.get(IT_POWER)
    return None if power is None or it_power is None else power - it_power
