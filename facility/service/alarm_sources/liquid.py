"""Liquid loops: too warm, too cold, and so cold that water would condense on them."""

from __future__ import annotations

from collections.abc import Iterator

from facility.alarms.alarm import alarm_id
from facility.alarms.observation import Observation, above, below
from facility.service.alarm_sources.facts import Facts
from facility.site import LiquidLoop

CONDITIONS = frozenset({"loop_too_warm", "loop_too_cold", "loop_condensing"})
_SUPPLY = "secondary_supply_temperature_degc"
TEMPERATURE_K = 0.5


def look(facts: Facts) -> Iterator[Observation]:
    """Say how the water of each loop is, by its warmest and its coldest CDU."""
    for loop in facts.loaded.site.liquid_loops:
        supplies = facts.of_each((cdu.id for cdu in loop.cdus), _SUPPLY)
        warmest, coldest = max(supplies.values(), default=None), min(supplies.values(), default=None)
        too_warm = above(warmest, loop.supply_max_degc, TEMPERATURE_K)
        too_cold = below(coldest, loop.supply_min_degc, TEMPERATURE_K)
        condensing = _condensing(loop, coldest, facts.dew_points_degc.get(loop.hall))
        yield condensing
        yield _of(loop, "loop_too_warm", too_warm, f"{_degc(warmest)}, limit {loop.supply_max_degc:g}")
        worse = (alarm_id("loop_condensing", loop.id),)
        yield _of(loop, "loop_too_cold", too_cold, f"{_degc(coldest)}, limit {loop.supply_min_degc:g}", worse)


def _condensing(loop: LiquidLoop, coldest: float | None, dew: float | None) -> Observation:
    if dew is None:
        return _of(loop, "loop_condensing", (None, None), "")
    told = below(coldest, dew + loop.dew_point_margin_k, TEMPERATURE_K)
    text = f"{_degc(coldest)}, dew point of {loop.hall} {dew:.1f} degC, margin {loop.dew_point_margin_k:g} K"
    return _of(loop, "loop_condensing", told, text)


def _of(
    loop: LiquidLoop, condition: str, told: tuple[bool | None, bool | None], text: str, under: tuple[str, ...] = ()
) -> Observation:
    return Observation(condition, loop.id, loop.id, told[0], f"supply {text}", told[1], under)


def _degc(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1f} degC"
