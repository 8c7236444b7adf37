"""Limits counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from facility.site_file import LoadedSite
from tests.closed_loop.making import column, toy_site
from tools.closed_loop.limits import (
    RackLimits,
    condensing_minutes,
    degree_minutes_above,
    degree_minutes_below,
    humid_minutes,
    liquid_minutes,
    minutes_outside,
    ramp_violations,
)

MINUTE = np.ones(3)
RATE = np.array([20.0])


def test_degree_minutes_are_summed_over_racks_and_time() -> None:
    inlets = np.array([[27.0, 28.0], [29.5, 26.0], [17.0, 27.0]])
    most, least = np.array([27.0, 27.0]), np.array([18.0, 18.0])
    assert degree_minutes_above(inlets, most, MINUTE) == pytest.approx(1.0 + 2.5)
    assert degree_minutes_below(inlets, least, 2.0 * MINUTE) == pytest.approx(2.0)


def test_a_minute_outside_counts_once_a_rack_and_a_touch_does_not() -> None:
    inlets = np.array([[32.0, 33.0], [14.9, 40.0], [15.0, 20.0]])
    assert minutes_outside(inlets, np.full(2, 15.0), np.full(2, 32.0), MINUTE) == 3.0


def test_limits_are_those_of_the_site_file() -> None:
    racks = RackLimits.of(toy_site().site)
    assert racks.recommended_max_degc.tolist() == [27.0] * 4
    assert (racks.allowable_min_degc[0], racks.allowable_max_degc[0]) == (15.0, 32.0)


def test_a_quick_quarter_is_a_violation_and_a_slow_rise_is_none() -> None:
    slow = column(np.linspace(20.0, 24.0, 31).tolist())  # 2 K a quarter
    assert ramp_violations(slow, RATE) == 0
    jump = column(
        [20.0] * 5 + [26.0] * 26
    )  # 6 K within the first quarter; seen until it is 15 minutes old, in the second
    assert ramp_violations(jump, RATE) == 2


def test_the_hour_counts_even_where_each_quarter_is_slow() -> None:
    steady = column((np.arange(61) * 4.5 / 15.0).tolist())  # 4.5 K a quarter, 18 K an hour
    assert ramp_violations(steady, np.array([20.0])) == 0
    assert ramp_violations(steady, np.array([13.0])) == 2  # 13.5 K after three quarters, 18 K after four


def test_less_than_a_quarter_cannot_be_judged() -> None:
    assert ramp_violations(column([20.0, 40.0]), RATE) == 0


def test_damp_dry_and_humid_halls() -> None:
    site = toy_site().site  # dew point -9..15 C, humidity at most 70 %
    minutes = humid_minutes(site, column([10.0, 15.1, -9.5]), column([0.71, 0.5, 0.2]), MINUTE)
    assert minutes == 3.0


def test_loops_condense_below_dew_point_and_margin_and_have_a_range(site_with_loop: LoadedSite) -> None:
    site = site_with_loop.site  # one CDU; 18..40 C, margin 2 K, 10 K an hour
    supply = column([18.0, 17.9, 22.0])
    assert condensing_minutes(site, supply, column([16.0, 16.0, 16.0]), MINUTE) == 1.0
    assert liquid_minutes(site, supply, MINUTE) == 1.0
    assert (
        liquid_minutes(site, column([20.0, 31.0, 31.0]), MINUTE) == 2.0
    )  # 11 K within the hour, for as long as that is seen


def test_sites_without_loops_break_no_limit_of_loops() -> None:
    nothing = np.zeros((3, 0))
    assert liquid_minutes(toy_site().site, nothing, MINUTE) == 0.0
    assert condensing_minutes(toy_site().site, nothing, column([10.0] * 3), MINUTE) == 0.0
