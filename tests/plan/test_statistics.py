"""The stages of a plan are all that it takes."""

from __future__ import annotations

import time

import pytest

from facility.plan.planner import make_plan
from facility.plan.statistics import SolveStatistics
from tests.plan.toy import toy_inputs, toy_site


def test_the_stages_are_all_the_cpu_of_a_plan() -> None:
    inputs = toy_inputs(toy_site(3.0))
    began_s = time.process_time()
    statistics = make_plan(inputs).statistics
    took_s = time.process_time() - began_s
    assert 0.95 * took_s < sum(statistics.cpu_seconds.values()) <= took_s


def test_a_stage_within_another_counts_once() -> None:
    statistics, began_s = SolveStatistics(), time.perf_counter()
    with statistics.stage("outer"):
        time.sleep(0.02)
        with pytest.raises(ValueError, match="from within"), statistics.stage("inner"):
            time.sleep(0.05)
            raise ValueError("from within")
    took_s = time.perf_counter() - began_s
    inner_s, outer_s = statistics.seconds["inner"], statistics.seconds["outer"]
    assert inner_s >= 0.05
    assert outer_s >= 0.02
    assert inner_s + outer_s <= took_s
