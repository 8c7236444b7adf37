"""Overhead ahead: better than the row before, honest about its width, over a rebuilt plant within a month."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from models.overhead.forecaster import OverheadForecaster, new_forecaster
from models.overhead.replay import known_rows, replay
from models.overhead.rows import OverheadRows, overhead_rows
from models.serialise import dump_model, load_model
from models.uncertainty.scores import coverage_frac
from tests.models.overhead.plants import PARTS, daily, hourly

FloatArray = npt.NDArray[np.float64]
DAY_S = 86400.0


def replayed(frame: pd.DataFrame, step_s: float = DAY_S, ahead: int = 1, drivers: tuple[str, ...] = ()) -> pd.DataFrame:
    rows = overhead_rows(frame, PARTS, drivers)
    return replay(new_forecaster(step_s, len(PARTS), len(drivers), ahead), rows)


def error_kw(frame: pd.DataFrame, said: pd.DataFrame, where: slice) -> float:
    truth = frame[list(PARTS)].sum(axis=1)
    return float((said["mean_kw"] - truth).abs().iloc[where].mean())


def before_kw(frame: pd.DataFrame, where: slice, ahead: int = 1) -> float:
    truth = frame[list(PARTS)].sum(axis=1)
    return float(truth.diff(ahead).abs().iloc[where].mean())


def test_days_are_better_than_persistence_and_covered() -> None:
    frame, late = daily(900, 1), slice(200, None)
    said = replayed(frame)
    assert error_kw(frame, said, late) < 0.8 * before_kw(frame, late)
    truth = frame[list(PARTS)].sum(axis=1)[late]
    assert 0.87 <= coverage_frac(truth, said["low_kw"][late], said["high_kw"][late]) <= 0.93


@pytest.mark.parametrize("ahead", [1, 4])
def test_hours_with_weather_are_better_than_without_and_than_persistence(ahead: int) -> None:
    frame, late = hourly(50, 2), slice(600, None)
    without = error_kw(frame, replayed(frame, 3600.0, ahead), late)
    said = replayed(frame, 3600.0, ahead, ("wet_bulb_degc",))
    assert error_kw(frame, said, late) < 0.95 * without
    assert error_kw(frame, said, late) < 0.7 * before_kw(frame, late, ahead)
    truth = frame[list(PARTS)].sum(axis=1)[late]
    assert 0.86 <= coverage_frac(truth, said["low_kw"][late], said["high_kw"][late]) <= 0.94


def test_a_physical_prior_is_used_for_what_it_is_worth() -> None:
    frame, late = daily(500, 3), slice(200, None)
    truth = frame[list(PARTS)].sum(axis=1)
    noise = np.random.default_rng(4).normal(0, 0.3, len(frame))
    good = error_kw(frame, replayed(frame.assign(prior_kw=0.7 * truth + noise)), late)
    useless = error_kw(frame, replayed(frame.assign(prior_kw=20 + 10 * noise)), late)
    without = error_kw(frame, replayed(frame), late)
    assert good < 0.5 * without
    assert useless < 1.03 * without


@pytest.mark.parametrize("step_frac", [-0.5, -0.3, 0.3, 0.5])
def test_a_rebuilt_plant_is_found_and_learned_within_a_month(step_frac: float) -> None:
    frame, calm = daily(500, 5, step_frac, begin=400), daily(500, 5)
    forecaster = new_forecaster(DAY_S, len(PARTS))
    said = replay(forecaster, overhead_rows(frame, PARTS))
    begin_s = frame.index[400].timestamp()
    assert [abs(change.at_s - begin_s) <= DAY_S for change in forecaster.changes] == [True]
    assert forecaster.changes[0].found_at_s - begin_s <= 7 * DAY_S
    after, size = slice(410, 440), 1 + step_frac
    assert error_kw(frame, said, after) / size < 1.15 * error_kw(calm, replayed(calm), after)


@pytest.mark.parametrize("it_frac", [-0.5, 1.0])
def test_it_power_that_steps_is_dated_and_is_no_other_plant(it_frac: float) -> None:
    frame = daily(260, 10)
    frame.iloc[200:, 0] *= 1 + it_frac
    forecaster = new_forecaster(DAY_S, len(PARTS))
    replay(forecaster, overhead_rows(frame, PARTS))
    begin_s = frame.index[200].timestamp()
    (change,) = (each for each in forecaster.it_changes if each.at_s >= begin_s)
    assert change.at_s == begin_s
    assert change.found_at_s - begin_s <= 7 * DAY_S
    assert change.size_frac == pytest.approx(it_frac, abs=0.15 * (1 + it_frac))


def test_a_bad_day_costs_a_day() -> None:
    bad = daily(500, 6)
    bad.iloc[400, 1:] *= 3
    calm = daily(500, 6)
    later = slice(403, 430)
    assert error_kw(bad, replayed(bad), later) < 1.2 * error_kw(calm, replayed(calm), later)


def test_a_prediction_uses_nothing_of_its_own_row_or_later() -> None:
    frame = daily(120, 7)
    other = frame.copy()
    other.iloc[100:, 1:] *= 9
    for ahead in (1, 5):
        same = slice(0, 100 + ahead)
        pd.testing.assert_frame_equal(replayed(frame, ahead=ahead)[same], replayed(other, ahead=ahead)[same])


def taught(forecaster: OverheadForecaster, rows: OverheadRows) -> list[float]:
    means = []
    for known, parts_kw in zip(known_rows(rows, DAY_S), rows.parts_kw, strict=True):
        if len(forecaster.course.past):
            means.append(forecaster.predict(known).mean_kw)
        forecaster.update(known, parts_kw)
    return means


def test_service_says_what_replay_says_also_after_a_restart() -> None:
    rows = overhead_rows(daily(120, 8), PARTS)
    whole = replay(new_forecaster(DAY_S, len(PARTS)), rows)["mean_kw"].dropna().tolist()
    forecaster = new_forecaster(DAY_S, len(PARTS))
    known = known_rows(rows, DAY_S)
    for row in range(60):
        forecaster.update(known[row], rows.parts_kw[row])
    again: OverheadForecaster = load_model(dump_model(forecaster))
    assert again.predict(known[60]).mean_kw == whole[59]
    assert taught(new_forecaster(DAY_S, len(PARTS)), rows) == whole


def test_what_cannot_be_learned_is_refused() -> None:
    rows = overhead_rows(daily(5, 9), PARTS)
    known, forecaster = known_rows(rows, DAY_S)[0], new_forecaster(DAY_S, len(PARTS))
    with pytest.raises(ValueError, match="update with a first row"):
        forecaster.predict(known)
    for parts_kw in ([np.nan, 1.0], [-1.0, 2.0]):
        with pytest.raises(ValueError, match="needs power"):
            forecaster.update(known, np.array(parts_kw))
    with pytest.raises(ValueError, match="within a second and a day"):
        new_forecaster(7 * DAY_S)
    with pytest.raises(ValueError, match="at least one step"):
        new_forecaster(DAY_S, ahead=0)
