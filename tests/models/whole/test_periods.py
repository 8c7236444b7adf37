"""PUE of twelve months, interim figures of less, gaps counted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.whole.periods import months, ratio_of, twelve_months


def _frame(begin: str, days: int) -> pd.DataFrame:
    times = pd.date_range(begin, periods=24 * days, freq="1h", tz="UTC")
    it = np.where(times.month == 7, 200.0, 100.0)
    return pd.DataFrame({"it_kw": it, "facility_kw": it * np.where(times.month == 7, 1.5, 1.2)}, index=times)


def test_a_year_is_a_ratio_of_energies_and_called_pue() -> None:
    frame = _frame("2024-01-01", 500)
    found = twelve_months(frame, pd.Timestamp("2025-01-01", tz="UTC"))
    july, others = 31 * 24 * 200.0, 335 * 24 * 100.0
    assert found.value == pytest.approx((1.5 * july + 1.2 * others) / (july + others))
    assert (found.name, found.measured_frac) == ("PUE", 1.0)


def test_less_is_interim() -> None:
    found = twelve_months(_frame("2025-03-01", 60), pd.Timestamp("2025-04-30", tz="UTC"))
    assert found.name == "interim PUE"
    assert found.begin == pd.Timestamp("2025-03-01", tz="UTC")


def test_a_year_with_a_hole_is_not_pue() -> None:
    frame = _frame("2024-01-01", 366)
    frame.loc["2024-03", "facility_kw"] = np.nan
    found = twelve_months(frame, pd.Timestamp("2025-01-01", tz="UTC"))
    assert found.name == "interim PUE"
    assert found.measured_frac == pytest.approx(1 - 31 / 366, abs=1e-3)


def test_months_follow_the_wall_clock() -> None:
    found = months(_frame("2025-02-15", 60), "Europe/Berlin")
    assert [one.begin.month for one in found] == [2, 3, 4]
    assert (found[1].end - found[1].begin) == pd.Timedelta(days=31) - pd.Timedelta(hours=1)  # summer time begins
    assert found[1].measured_frac == pytest.approx(1.0)


def test_one_step_has_no_length() -> None:
    with pytest.raises(ValueError, match="at least two steps"):
        ratio_of(
            _frame("2025-01-01", 1).iloc[:1], pd.Timestamp("2025-01-01", tz="UTC"), pd.Timestamp("2025-01-02", tz="UTC")
        )
