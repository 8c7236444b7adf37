from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from facility.prepare.plan_course import PlanCourse
from tests.prepare.following import QUARTER, START, plan_of

KEY = "site.power_kw"
FIVE_MIN = timedelta(minutes=5)


def test_a_plan_is_read_at_any_time_and_goes_on_after_its_end() -> None:
    plan = plan_of()
    plan = replace(plan, schedule={KEY: (100.0, 200.0, 300.0)})
    course = PlanCourse(plan, START + timedelta(minutes=10), FIVE_MIN, 4)
    assert course.values(KEY).tolist() == [100.0, 200.0, 200.0, 200.0]
    assert course.value(KEY, START - QUARTER) == 100.0
    assert course.value(KEY, START + timedelta(hours=9)) == 300.0
    assert course.done_kwh(KEY, START - QUARTER) == 0.0
    assert course.done_kwh(KEY, START + 1.5 * QUARTER) == pytest.approx(25.0 + 25.0)
    assert course.done_kwh(KEY, START + timedelta(hours=9)) == pytest.approx(150.0)


def test_a_stock_runs_from_what_it_was_to_what_each_step_leaves() -> None:
    plan = replace(plan_of(), schedule={"tank": (10.0, 30.0)})
    course = PlanCourse(plan, START, FIVE_MIN, 1)
    times = (START, START + 0.5 * QUARTER, START + 1.5 * QUARTER, START + timedelta(hours=9))
    assert [course.after_step("tank", time, 0.0) for time in times] == pytest.approx([0.0, 5.0, 20.0, 30.0])
