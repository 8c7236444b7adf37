"""Intervals and budgets of writes, from what is seen of the setpoints."""

from __future__ import annotations

import math
from datetime import timedelta

from facility.points import Point
from facility.prepare.setpoint_log import SetpointLog
from facility.site_file import LoadedSite
from tests.prepare.conftest import NOW

AIR = "crah-1.supply_air_temperature_setpoint_degc"
FIVE_MIN = timedelta(minutes=5)


def points(demo: LoadedSite, *names: str) -> list[Point]:
    return [demo.points[name] for name in names]


def test_a_setpoint_that_was_never_seen_to_change_is_free(demo: LoadedSite) -> None:
    log = SetpointLog(demo)
    assert log.wait_s(points(demo, AIR), NOW) == 0.0
    log.saw({AIR: 20.0}, NOW)
    log.saw({AIR: math.nan}, NOW + FIVE_MIN)
    log.saw({AIR: 20.0}, NOW + 2 * FIVE_MIN)
    assert log.wait_s(points(demo, AIR), NOW + 2 * FIVE_MIN) == 0.0


def test_after_a_change_it_rests_for_its_interval_whoever_made_it(demo: LoadedSite) -> None:
    log = SetpointLog(demo)
    log.saw({AIR: 20.0}, NOW)
    log.saw({AIR: 21.0}, NOW + FIVE_MIN)  # written some time in these five minutes
    assert log.wait_s(points(demo, AIR), NOW + FIVE_MIN) == 900.0 - 300.0
    assert log.wait_s(points(demo, AIR, "crah-2.supply_air_temperature_setpoint_degc"), NOW + FIVE_MIN) == 600.0
    assert log.wait_s(points(demo, AIR), NOW + 3 * FIVE_MIN) == 0.0


def test_the_budget_of_a_day_ends_and_comes_back(demo: LoadedSite) -> None:
    log = SetpointLog(demo)
    for number in range(26):  # 25 changes; a point that may wear an EEPROM has 24
        log.saw({AIR: 20.0 + number % 2}, NOW + number * timedelta(minutes=30))
    assert log.wait_s(points(demo, AIR), NOW + timedelta(hours=13)) == math.inf
    assert log.wait_s(points(demo, AIR), NOW + timedelta(hours=23)) == math.inf
    log.saw({AIR: 21.0}, NOW + timedelta(hours=25))
    assert log.wait_s(points(demo, AIR), NOW + timedelta(hours=25)) == 0.0


def test_what_may_not_be_written_is_never_free(demo: LoadedSite) -> None:
    assert SetpointLog(demo).wait_s(points(demo, "utility.power_kw"), NOW) == math.inf
