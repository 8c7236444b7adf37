"""What history cannot teach is said by name."""

from __future__ import annotations

import numpy as np
import pandas as pd

from models.sufficiency import check_history

SETPOINT = "crah-1.supply_air_temperature_setpoint_degc"


def frame(days: float = 14) -> pd.DataFrame:
    times = pd.date_range("2026-02-01", periods=int(days * 96), freq="15min", tz="UTC")
    moving = 20 + np.sin(np.arange(len(times)) / 50)
    return pd.DataFrame({SETPOINT: 22.0, "crah-1.fan_power_kw": moving, "crah-2.fan_speed_frac": 0.6}, index=times)


def test_a_constant_setpoint_is_named_with_value_and_span() -> None:
    found = check_history(frame(), ["crah-1.fan_power_kw"], [SETPOINT])
    assert found.enough
    assert found.unexcited == (
        "supply_air_temperature_setpoint_degc of crah-1 constant at 22 °C for 14 days: its effect cannot be learned",
    )


def test_a_setpoint_that_moved_is_not() -> None:
    history = frame()
    history.iloc[600:, 0] = 23.0
    assert check_history(history, [], [SETPOINT]).unexcited == ()


def test_two_hours_at_another_value_count_in_a_year_too_and_a_glitch_does_not() -> None:
    history = frame(days=365)
    history.iloc[900:908, 0] = 23.0
    assert check_history(history, [], [SETPOINT]).unexcited == ()
    history.iloc[902:908, 0] = 22.0
    assert len(check_history(history, [], [SETPOINT]).unexcited) == 1


def test_what_is_missing_is_named() -> None:
    history = frame(days=1)
    history.iloc[:60, 1] = np.nan
    found = check_history(history, ["crah-1.fan_power_kw", "crah-9.fan_power_kw"])
    assert not found.enough
    assert found.missing == (
        "crah-9.fan_power_kw is not in the history",
        "history spans 1 days, at least 3 days are needed",
        "crah-1.fan_power_kw is missing for 62% of the time",
    )


def test_three_days_of_rows_are_three_days() -> None:
    assert check_history(frame(days=3), ["crah-1.fan_power_kw"]).enough
    short = check_history(frame(days=3).iloc[:-1], ["crah-1.fan_power_kw"])
    assert short.missing == ("history spans 2.99 days, at least 3 days are needed",)


def test_an_empty_history() -> None:
    found = check_history(frame().iloc[:0], ["crah-1.fan_power_kw"], [SETPOINT])
    assert found.missing == ("history spans 0 hours, at least 3 days are needed",)
    assert found.unexcited == ()
