"""What a backtest says of its days together: both ends of what cannot be told apart, and days that go together."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from facility.backtest.judge import DayJudged
from facility.backtest.outcome import BY_DAYS, BY_MODELS, DayLeftOut, Outcome
from facility.backtest.signals_then import Basis
from facility.cli.backtest_tables import day_rows, document
from models.saving import block_half_widths
from tests.closed_loop.making import toy_site
from tests.history.decisions import plan

DAY = timedelta(days=1)
BEYOND_KWH = (10.0, 14.0, 8.0, 12.0, 11.0)


def day(number: int, **changes: Any) -> DayJudged:
    made = replace(plan(number), start=plan(0).start + number * DAY)
    values: dict[str, Any] = {
        "plan": made,
        "end": made.start + DAY,
        "measured_kwh": 1000.0 + BEYOND_KWH[number % 5],
        "as_done_kwh": 1000.0,
        "beyond_kwh": BEYOND_KWH[number % 5],
        "saving_kwh": 40.0,
        "saving_cost": 9.0,
        "saving_kgco2": 12.0,
        "extrapolated_frac": 0.0,
        "extrapolated_saving_kwh": 0.0,
        "extrapolated_half_width_kwh": 0.0,
        "own_half_width_kwh": 20.0,
        "cost_per_kwh": 0.2,
        "kgco2_per_kwh": 0.3,
        "plan_outside": 0,
        "done_outside": 0,
        "shortfalls": (),
        "models": "m1",
        "basis": {"price_per_kwh": Basis.ASKED_AGAIN},
        "notes": (),
    }
    return DayJudged(**(values | changes))


def outcome(days: list[DayJudged], left_out: tuple[DayLeftOut, ...] = ()) -> Outcome:
    return Outcome(days, left_out, "m2", {})


def test_the_interval_reaches_from_models_that_read_low_to_fans_that_were_run_too_fast() -> None:
    found = outcome([day(number) for number in range(5)])
    one, together = block_half_widths(np.array(BEYOND_KWH) / 24.0)
    total = found.total().kwh
    assert total.value == pytest.approx(200.0)
    assert total.low == pytest.approx(200.0 - 24.0 * together)
    assert total.high == pytest.approx(200.0 + sum(BEYOND_KWH) + 24.0 * together)
    first = found.saving_of(found.days[0]).kwh
    assert (first.low, first.high) == pytest.approx((40.0 - 24.0 * one, 40.0 + 10.0 + 24.0 * one))
    assert found.interval_basis == BY_DAYS


def test_models_that_read_high_lower_the_other_end() -> None:
    found = outcome([day(number, beyond_kwh=-10.0 - number) for number in range(5)]).total().kwh
    assert found.high - found.value < found.value - found.low
    assert found.value - found.low > 60.0


def test_where_plans_leave_what_was_seen_days_err_together() -> None:
    inside = outcome([day(number) for number in range(5)]).total().kwh
    beyond = outcome([day(number, extrapolated_half_width_kwh=30.0) for number in range(5)]).total().kwh
    assert beyond.value - beyond.low > 150.0 > inside.value - inside.low


def test_few_days_have_the_models_own_interval() -> None:
    found = outcome([day(0), day(1)])
    assert found.interval_basis == BY_MODELS
    assert found.total().kwh.low == pytest.approx(80.0 - 40.0)


def test_money_and_carbon_have_the_width_of_the_energy_at_its_price() -> None:
    found = outcome([day(0)]).total()
    assert found.cost.value - found.cost.low == pytest.approx(0.2 * (found.kwh.value - found.kwh.low))
    assert found.kgco2.high - found.kgco2.value == pytest.approx(0.3 * (found.kwh.high - found.kwh.value))


def test_an_interval_with_zero_in_it_is_not_distinguishable() -> None:
    assert not outcome([day(0, saving_kwh=15.0)]).total().distinguishable
    assert outcome([day(0, saving_kwh=25.0)]).total().distinguishable
    assert outcome([day(0, saving_kwh=-60.0)]).total().distinguishable


def test_a_day_left_out_is_in_every_form_with_its_reason() -> None:
    left = DayLeftOut(plan(0).start + DAY, plan(0).start + 2 * DAY, "no reading of the weather")
    found = outcome([day(0), day(2)], (left,))
    rows = day_rows(found)
    assert [row["reason"] for row in rows] == ["", "no reading of the weather", ""]
    assert len({tuple(row) for row in rows}) == 1, "the same columns"
    total = document(toy_site().site, found)["total"]
    assert (total["days"], total["left_out"]) == (2, 1)
    assert document(toy_site().site, outcome([], (left,)))["total"] is None
