"""Rows that must not teach are left out by name; those that may are left alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.component.screening import screen

ROWS = 400
TIMES = pd.date_range("2026-03-01", periods=ROWS, freq="15min", tz="UTC")


def clean() -> tuple[pd.DataFrame, pd.Series]:
    random = np.random.default_rng(4)
    law = 40.0 + 20.0 * np.sin(np.arange(ROWS) / 96 * 2 * np.pi) + random.normal(0, 1.0, ROWS)
    power = 1.2 * law + random.normal(0, 1.0, ROWS)
    return pd.DataFrame({"prior_kw": law, "entering": 25.0}, index=TIMES), pd.Series(power, index=TIMES)


def reasons(rows: pd.DataFrame, power: pd.Series) -> dict[str, int]:
    return {one.reason: one.rows for one in screen(rows, power).left_out}


def test_good_rows_all_teach() -> None:
    rows, power = clean()
    screened = screen(rows.iloc[::-1], power.iloc[::-1])
    assert screened.left_out == ()
    assert screened.rows.index.equals(TIMES)


def test_gaps_are_named_by_what_is_missing() -> None:
    rows, power = clean()
    rows.iloc[10:13, 1], power.iloc[12:20] = np.nan, np.nan
    (one,) = screen(rows, power).left_out
    assert (one.reason, one.rows) == ("gaps in entering, power_kw", 10)
    assert (one.first, one.last) == (TIMES[10].isoformat(), TIMES[19].isoformat())
    assert str(one).startswith("left out: 10 rows, gaps in entering, power_kw, 2026-03-01T02:30")


def test_a_start_does_not_teach_but_what_follows_a_gap_does() -> None:
    rows, power = clean()
    power.iloc[100:110] = 0.0
    power.iloc[200:210] = np.nan
    power.iloc[110] *= 2.0  # pulling its water down
    found = reasons(rows, power)
    assert found == {"standing": 10, "within 20 min of a start": 1, "gaps in power_kw": 10}


@pytest.mark.parametrize(
    ("factor", "named"),
    [(1000.0, "kW and W"), (0.001, "kW and MW"), (3.517, "kW and tons"), (0.1, "whole and tenths")],
)
def test_another_unit_is_named(factor: float, named: str) -> None:
    rows, power = clean()
    power.iloc[150:250] *= factor
    screened = screen(rows, power)
    named_rows = sum(one.rows for one in screened.left_out if named in one.reason)
    assert named_rows >= 60  # where the law is low, what is a tenth of it is no more than unusual
    assert not screened.rows["power_kw"].gt(150.0).any()
    if factor > 1:
        assert named_rows == 100


def test_a_few_wild_values_are_spikes() -> None:
    rows, power = clean()
    power.iloc[[50, 90]] = 6000.0
    power.iloc[60] = -3.0
    assert reasons(rows, power) == {"negative power": 1, "more than 2.5 times off the usual beside the law": 2}


def test_a_law_that_hardly_holds_has_no_outliers() -> None:
    """What a tower's fans take, beside what its law makes of a noisy temperature."""
    rows, power = clean()
    loose = rows.assign(prior_kw=rows["prior_kw"] * np.exp(np.random.default_rng(6).normal(0, 0.7, ROWS)))
    assert reasons(loose, power) == {}


def test_power_at_rest_while_its_law_moves_is_stuck_and_a_steady_machine_is_not() -> None:
    rows, power = clean()
    power.iloc[120:160] = power.iloc[120]
    assert reasons(rows, power) == {"power or its inputs rested while the other moved": 40}
    rows, power = clean()
    rows.iloc[120:160, 0] = float(rows["prior_kw"].iloc[120])  # what the law is computed from has stopped
    assert reasons(rows, power) == {"power or its inputs rested while the other moved": 40}
    steady = pd.DataFrame({"prior_kw": np.full(ROWS, 5.0)}, index=TIMES)
    assert reasons(steady, pd.Series(6.0, index=TIMES)) == {}


def test_where_drift_is_looked_for_inputs_may_rest_and_power_may_not() -> None:
    """A fan at one speed that draws a third more from an hour on: it looks like a sensor of speed that is stuck."""
    rows, power = clean()
    rows.iloc[120:200, 0] = 45.0
    power.iloc[120:200] = np.where(np.arange(80) < 40, 54.0, 72.0) + np.random.default_rng(5).normal(0, 0.1, 80)
    assert reasons(rows, power) == {"power or its inputs rested while the other moved": 80}
    assert screen(rows, power, inputs_may_rest=True).left_out == ()
    power.iloc[300:340] = power.iloc[300]
    (one,) = screen(rows, power, inputs_may_rest=True).left_out
    assert one.rows == 40


def test_a_law_may_rest_where_its_drivers_move() -> None:
    """The fans of a tower at full speed, by the law, while the wet bulb rises."""
    rows, power = clean()
    rows.iloc[90:110, 0] = float(rows["prior_kw"].iloc[100])
    rows["entering"] = 25.0 + np.linspace(0.0, 3.0, ROWS)
    assert reasons(rows, power) == {}


def test_coarse_registers_may_rest() -> None:
    """A fan of 0.3 kW in steps of 0.1 kW: a fifth more is less than a step."""
    rows, _ = clean()
    law = 0.2 + 0.002 * rows["prior_kw"]
    assert reasons(pd.DataFrame({"prior_kw": law}), law.round(1)) == {}


def test_one_time_counts_once() -> None:
    rows, power = clean()
    twice = pd.concat([rows, rows.iloc[5:8]])
    assert reasons(twice, pd.concat([power, power.iloc[5:8]])) == {"twice at the same time": 3}


def test_nothing_to_screen() -> None:
    rows, power = clean()
    assert len(screen(rows.iloc[:0], power.iloc[:0]).rows) == 0
    assert reasons(rows, power * np.nan) == {"gaps in power_kw": ROWS}
