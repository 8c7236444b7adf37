"""What of the possible was captured, and whether the arms did the same work."""

from __future__ import annotations

import pytest

from tests.closed_loop.making import result_of
from tools.closed_loop.captured import captured, controllable_cost, same_work


def test_captured_is_the_share_of_what_the_reference_wins() -> None:
    assert captured(result_of(100.0), result_of(97.0), result_of(95.0)) == pytest.approx(0.6)
    assert captured(result_of(100.0), result_of(102.0), result_of(95.0)) == pytest.approx(-0.4)


def test_nothing_is_captured_where_there_is_nothing_to_win() -> None:
    assert controllable_cost(result_of(100.0)) == pytest.approx(20.0)  # a fifth is cooling
    assert captured(result_of(100.0), result_of(99.0), result_of(99.81)) is None
    assert captured(result_of(100.0), result_of(99.0), result_of(99.79)) is not None


def test_the_same_work_is_the_same_within_what_lumps_make() -> None:
    same = {"good_practice": result_of(), "facility": result_of(work_done_server_h=999.5, deferrable_kwh=48.2)}
    assert same_work(same) == []


def test_waiting_work_is_not_lost_work() -> None:
    waits = result_of(deferrable_kwh=20.0, backlog_gained_kwh=28.0)
    assert same_work({"good_practice": result_of(), "facility": waits}) == []
    lost = result_of(deferrable_kwh=20.0)
    (said,) = same_work({"good_practice": result_of(), "facility": lost})
    assert said == "facility: deferrable work 20.0 kWh, good_practice 48.0 kWh"


def test_heat_that_is_not_sold_is_paid_for_and_no_other_work() -> None:
    assert same_work({"good_practice": result_of(), "facility": result_of(heat_delivered_kwh=100.0)}) == []


def test_every_difference_is_said() -> None:
    other = result_of(work_done_server_h=900.0, deferrable_kwh=20.0)
    assert len(same_work({"good_practice": result_of(), "reference": other})) == 2
