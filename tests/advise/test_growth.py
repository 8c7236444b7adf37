"""How the range seen grew, from the cards of two versions."""

from __future__ import annotations

from typing import Any

from facility.advise.growth import range_growth, unexcited

NOTE = "supply_air_temperature_setpoint_degc of crah-1 constant at 19 °C for 4 days: its effect cannot be learned"


def card(features: dict[str, Any], *notes: str) -> dict[str, Any]:
    return {"parts": [{"name": "hall-1.rack_inlets", "features": features, "notes": list(notes)}]}


def test_ranges_are_put_side_by_side() -> None:
    before, after = card({"supply_air_degc": [18.9, 19.1], "old": [0.0, 1.0]}), card({"supply_air_degc": [18.9, 21.1]})
    supply, old = range_growth(before, after)
    assert (supply.part, supply.feature) == ("hall-1.rack_inlets", "supply_air_degc")
    assert supply.before == (18.9, 19.1) and round(supply.wider_by, 6) == 2.0
    assert old.after is None and old.wider_by == -1.0


def test_a_part_that_was_not_there_saw_nothing() -> None:
    (new,) = range_growth({"parts": []}, card({"supply_air_degc": [18.0, 20.0]}))
    assert new.before is None and new.wider_by == 2.0


def test_setpoints_that_never_moved_are_named_once() -> None:
    twice = {"parts": card({}, NOTE, "something else")["parts"] * 2}
    assert unexcited(twice) == (NOTE,)
