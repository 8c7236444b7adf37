"""Which points belong to one meter: by equipment and tag, its outlets included."""

from __future__ import annotations

import dataclasses

from facility.points import QUANTITIES, Point, PointIndex
from facility.site_file import LoadedSite
from facility.trust.electrical import meters_of
from tests.trust.watched import demo


def site_with(*ids: str) -> LoadedSite:
    return dataclasses.replace(demo(), points=PointIndex([_point(one) for one in ids]))


def _point(identifier: str) -> Point:
    quantity = QUANTITIES[identifier.rpartition(".")[2]]
    equipment = identifier.partition(".")[0]
    return Point(
        identifier, identifier, equipment, quantity.key, quantity.brick, quantity.unit, "d", "k", 10.0, 0.0, 1e6
    )


def test_feeds_of_a_rack_are_meters_of_their_own() -> None:
    loaded = site_with(
        "r1.a.power_kw",
        "r1.a.current_l1_a",
        "r1.a.voltage_l1_v",
        "r1.a.outlet-7.outlet_power_kw",
        "r1.a.outlet-8.outlet_power_kw",
        "r1.b.power_kw",
        "r1.b.power_factor",
        "r1.inlet_temperature_degc",
        "r2.current_l1_a",
    )
    first, second = meters_of(loaded)  # r2 measures no power: nothing to compare
    assert (first.name, first.power, first.lines) == ("r1.a", "r1.a.power_kw", [1])
    assert first.outlets == ["r1.a.outlet-7.outlet_power_kw", "r1.a.outlet-8.outlet_power_kw"]
    assert (second.name, second.power, second.factor, second.lines) == (
        "r1.b",
        "r1.b.power_kw",
        "r1.b.power_factor",
        [],
    )


def test_a_ups_has_its_input_beside_its_output() -> None:
    (meter,) = meters_of(site_with("u.output_power_kw", "u.input_power_kw", "u.current_l1_a"))
    assert (meter.power, meter.input) == ("u.output_power_kw", "u.input_power_kw")
    assert set(meter.points) == {"u.output_power_kw", "u.input_power_kw", "u.current_l1_a"}
