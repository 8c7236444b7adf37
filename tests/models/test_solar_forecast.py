"""The sun of the coming days from that of the last: against doing as yesterday, on an array that this code does not know."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from facility.site_file import load_site
from models.solar_forecast import solar_forecast
from tools.simulated_site.noise import Hidden
from tools.simulated_site.photovoltaics import SimulatedPhotovoltaics

SITE = load_site(Path(__file__).parents[2] / "site_configs" / "air_economizer.yaml").site
STEP, DAY = pd.Timedelta(minutes=15), pd.Timedelta(days=1)
STEPS = 192


@cache
def measured(begin: str, seed: int) -> pd.Series:
    (array,) = SITE.photovoltaics
    simulated = SimulatedPhotovoltaics(array, SITE, Hidden(seed))
    times = pd.date_range(begin, periods=26 * 96, freq=STEP, tz="UTC")
    power = []
    for time in times:
        simulated.step((time + STEP / 2).to_pydatetime(), 15.0)
        power.append(simulated.state.power_kw)
    return pd.Series(power, index=times)


def error_frac(begin: str, seed: int, *, ours: bool, until: int) -> float:
    course, errors, powers = measured(begin, seed), [], []
    for day in range(15, 24):
        for hour in (8, 14, 17, 20):
            start = course.index[0] + day * DAY + hour * pd.Timedelta(hours=1)
            expected = solar_forecast(course[course.index < start], start, STEPS, STEP)
            as_before = np.resize(course.reindex(pd.date_range(start - DAY, periods=96, freq=STEP)).to_numpy(), STEPS)
            came = course.reindex(pd.date_range(start, periods=until, freq=STEP)).to_numpy()
            errors.append(np.abs((expected if ours else as_before)[:until] - came).mean())
            powers.append(came.mean())
    return float(np.sum(errors) / np.sum(powers))


def test_it_errs_less_than_doing_as_yesterday() -> None:
    cases = [(begin, seed) for begin in ("2026-01-05", "2026-04-01", "2026-07-01") for seed in (1, 2)]
    ours, before, soon, soon_before = (
        np.mean([error_frac(*case, ours=which, until=until) for case in cases])
        for until in (STEPS, 8)
        for which in (True, False)
    )
    assert ours < 0.8 * before
    assert soon < 0.3 * soon_before


def test_night_is_dark_and_no_history_is_no_power() -> None:
    course = measured("2026-04-01", 1)
    start = course.index[20 * 96]
    ever = course.to_numpy(float).reshape(-1, 96).max(axis=0)
    expected = solar_forecast(course[course.index < start], start, STEPS, STEP)
    assert expected[np.tile(ever, 2) == 0.0].max() == 0.0
    assert expected.max() > 0.2 * ever.max()
    assert solar_forecast(course[:0], start, STEPS, STEP).tolist() == [0.0] * STEPS


def test_a_gap_and_what_comes_later_change_nothing_much() -> None:
    course = measured("2026-04-01", 1)
    start = course.index[20 * 96]
    whole = solar_forecast(course, start, STEPS, STEP)  # peeks at nothing after its start
    assert whole.tolist() == solar_forecast(course[course.index < start], start, STEPS, STEP).tolist()
    gappy = course[course.index < start].drop(course.index[17 * 96 : 18 * 96])
    assert np.abs(solar_forecast(gappy, start, STEPS, STEP) - whole).max() < 0.25 * whole.max()


def test_a_dim_morning_dims_the_afternoon_and_not_the_day_after_tomorrow() -> None:
    times = pd.date_range("2026-04-01", periods=15 * 96, freq=STEP, tz="UTC")
    sun = np.maximum(np.sin((times.hour + times.minute / 60.0 - 6.0) / 12.0 * np.pi), 0.0) * 100.0
    course = pd.Series(np.asarray(sun), index=times)
    start = pd.Timestamp("2026-04-15 11:00", tz="UTC")
    past = course[course.index < start].copy()
    past[past.index >= start.floor("D")] *= 0.3
    expected = solar_forecast(past, start, STEPS, STEP)
    clear = course.reindex(pd.date_range("2026-04-14 11:00", periods=1, freq=STEP, tz="UTC")).iloc[0]
    assert expected[0] < 0.45 * clear
    assert expected[96 + 4] > 0.8 * 100.0
