"""Servers, jobs and storage frozen, as the product is to see it."""

from __future__ import annotations

from dataclasses import replace

from facility.points import PointIndex
from facility.site_file import LoadedSite
from tools.closed_loop.cooling_only import cooling_only_site, has_other_levers
from tools.closed_loop.levers import frozen_keys


def test_what_is_frozen_may_not_be_written_and_is_not_counted_on(toy: LoadedSite) -> None:
    frozen = cooling_only_site(toy)
    writable = {(point.equipment, point.quantity) for point in frozen.points if point.writable is not None}
    assert not writable & frozen_keys(toy.site)
    assert ("plant-1", "leaving_chilled_water_temperature_setpoint_degc") in writable
    assert {point.point for point in frozen.site.writable} == {".".join(key) for key in writable}
    assert not frozen.site.server_pools[0].consolidate
    assert not frozen.site.batteries[0].dispatchable
    assert frozen.site.deferrable_work[0].due_within_h == 0.25
    assert len(frozen.points) == len(toy.points)


def test_the_site_itself_stays_as_it_is(toy: LoadedSite) -> None:
    cooling_only_site(toy)
    assert toy.site.batteries[0].dispatchable
    assert toy.points["battery-1.charge_power_setpoint_kw"].writable is not None


def test_a_site_without_such_points_has_cooling_only(toy: LoadedSite) -> None:
    assert has_other_levers(toy)
    left = [point for point in toy.points if (point.equipment, point.quantity) not in frozen_keys(toy.site)]
    assert not has_other_levers(replace(toy, points=PointIndex(left)))
