"""Server fans from history: right within a hundredth of power though load and setpoints move together, and refused by name."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from models.serialise import dump_model, load_model
from models.server_fans_fit import InletNeverMovedError, fit_server_fans
from models.server_fans_step import hall_table
from models.servers import ServerFans

PRIOR = ServerFans(fan_power_share_frac=0.1)
INLETS = np.arange(19.0, 29.1, 0.5)
STEPS = 7 * 96


def truth(inlet_degc: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Servers of another form than the law: two slopes that meet at 24 degC."""
    return np.asarray(1 + 0.006 * (inlet_degc - 18) + 0.02 * np.maximum(inlet_degc - 24, 0))


def hall(seed: int = 0, wander_frac: float = 0.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A week in which the inlets go up by day with the load, as operators do it, and in steps besides."""
    random = np.random.default_rng(seed)
    times = pd.date_range("2026-03-02", periods=STEPS, freq="15min", tz="UTC")
    day = np.sin((np.arange(STEPS) / 96 - 0.3) * 2 * np.pi)
    busy = 200 + 60 * day + np.repeat(random.normal(0, 3, STEPS // 4), 4)
    steps = np.repeat(random.choice([-4.0, -2.0, 0.0, 2.0], STEPS // 16), 16)
    inlet = 24 + day + steps + random.normal(0, 0.1, STEPS)
    wander = wander_frac * pd.Series(random.normal(0, 1, STEPS)).ewm(halflife=24).mean().to_numpy() * 4
    it_kw = (30 + 0.3 * busy) * (1 + wander) * truth(inlet) * (1 + random.normal(0, 0.001, STEPS))
    rows = pd.DataFrame({"it_kw": it_kw, "inlet_degc": inlet}, index=times)
    return rows, pd.DataFrame({"awake": 400.0, "busy": busy}, index=times)


def worst_error(fans: ServerFans) -> float:
    ours, true = 1 + fans.extra_frac(INLETS), truth(INLETS)
    middle = INLETS.size // 2
    return float(np.abs(ours / ours[middle] / (true / true[middle]) - 1).max())


@pytest.mark.parametrize("seed", range(3))
def test_with_work_measured_it_is_right_within_a_hundredth_where_inlets_went(seed: int) -> None:
    rows, work = hall(seed)
    fit = fit_server_fans("hall-1", hall_table(rows, work), PRIOR)
    assert worst_error(PRIOR) > 0.03
    assert worst_error(fit.fans) < 0.01
    assert fit.qualified, fit.card.reason
    assert fit.half_width_frac < 0.02
    low, high = fit.seen_degc
    assert low < 20
    assert high > 26


@pytest.mark.parametrize("seed", range(3))
def test_with_work_unmeasured_the_hour_and_the_step_before_stand_for_it(seed: int) -> None:
    rows, _ = hall(seed, wander_frac=0.05)
    fit = fit_server_fans("hall-1", hall_table(rows), PRIOR)
    assert worst_error(fit.fans) < 0.5 * worst_error(PRIOR)
    assert "by the hour" in fit.card.method


def test_extra_power_that_does_not_follow_the_work_is_told_from_that_which_does() -> None:
    rows, work = hall()
    follows = rows["it_kw"] / truth(rows["inlet_degc"].to_numpy())
    extra = truth(rows["inlet_degc"].to_numpy()) - 1
    steady = rows.assign(it_kw=follows + extra * float(follows.mean()))
    fits = [fit_server_fans("hall-1", hall_table(each, work), PRIOR) for each in (rows, steady)]
    assert fits[0].ahead.law.steady_frac < 0.2
    assert fits[1].ahead.law.steady_frac > 0.8
    assert max(worst_error(fit.fans) for fit in fits) < 0.01


def test_a_step_is_predicted_from_the_one_before_and_a_gap_from_nothing() -> None:
    rows, work = hall()
    table = hall_table(rows, work)
    ahead = fit_server_fans("hall-1", table, PRIOR).ahead
    later = table.drop(table.index[100:110])
    said = ahead.predict_kw(later)
    assert np.flatnonzero(np.isnan(said)).tolist() == [0, 100]
    measured = later["it_kw"].to_numpy()
    assert np.nanmax(np.abs(said / measured - 1)) < 0.03
    unlike = later.assign(it_kw=np.where(np.arange(len(later)) == 200, 2 * measured, measured))
    assert ahead.predict_kw(unlike)[200] == said[200]  # a step's own power is not looked at
    assert ahead.predict_kw(later.drop(columns="busy"))[300] != said[300]
    assert ahead.predict_kw(later.iloc[:0]).size == 0


def test_warmer_never_takes_less_whatever_the_data_say() -> None:
    rows, work = hall()
    rows["it_kw"] /= truth(rows["inlet_degc"].to_numpy()) ** 2
    fans = fit_server_fans("hall-1", hall_table(rows, work), PRIOR).fans
    assert np.all(np.diff(fans.extra_frac(np.arange(18.0, 40.0, 0.5))) >= 0)


def test_the_less_the_data_say_the_wider_the_interval() -> None:
    rows, work = hall()
    noisy = rows.assign(it_kw=rows["it_kw"] * (1 + np.random.default_rng(1).normal(0, 1.0, STEPS)))
    learned, vague = (fit_server_fans("hall-1", hall_table(each, work), PRIOR) for each in (rows, noisy))
    assert vague.half_width_frac > 3 * learned.half_width_frac
    for fit in (learned, vague):
        cold, warm = truth(np.array(fit.seen_degc))
        ours_cold, ours_warm = 1 + fit.fans.extra_frac(fit.seen_degc)
        assert abs(ours_warm / ours_cold - warm / cold) < fit.half_width_frac


def test_gaps_are_left_out_and_change_little() -> None:
    rows, work = hall()
    rows.iloc[100:150, 0] = np.nan
    work.iloc[300:340, 1] = np.nan
    assert worst_error(fit_server_fans("hall-1", hall_table(rows.drop(rows.index[500:530]), work), PRIOR).fans) < 0.01


def test_inlets_that_never_moved_are_refused_by_name() -> None:
    rows, work = hall()
    with pytest.raises(InletNeverMovedError, match=r"hall-1: the mean inlet stayed within 23\.\d\.\.24\.\d degC"):
        fit_server_fans("hall-1", hall_table(rows.assign(inlet_degc=24 + 0.1 * (rows["inlet_degc"] - 24)), work), PRIOR)
    with pytest.raises(InletNeverMovedError, match="hall-1: 50 whole rows"):
        fit_server_fans("hall-1", hall_table(rows.iloc[:50], work), PRIOR)
    with pytest.raises(InletNeverMovedError, match="hall-1: rows of one day"):
        fit_server_fans("hall-1", hall_table(rows.iloc[:96]), PRIOR)


@pytest.mark.parametrize("seed", range(3))
def test_two_hours_in_colder_air_teach_what_three_days_at_one_temperature_could_not(seed: int) -> None:
    """A plan goes down by a kelvin a quarter of an hour and stays; work is measured, and comes and goes besides."""
    times = pd.date_range("2026-03-02", periods=3 * 96 + 14, freq="15min", tz="UTC")
    random = np.random.default_rng(seed)
    busy = 200 + 60 * np.sin(np.arange(len(times)) / 96 * 2 * np.pi)
    inlet = np.concatenate([np.full(3 * 96, 25.0), np.arange(24.0, 19.9, -1.0), np.full(9, 20.0)])
    inlet += random.normal(0, 0.03, len(times))
    it_kw = (30 + 0.3 * busy) * truth(inlet) * (1 + random.normal(0, 0.001, len(times)))
    rows = pd.DataFrame({"it_kw": it_kw, "inlet_degc": inlet}, index=times)
    table = hall_table(rows, pd.DataFrame({"awake": 400.0, "busy": busy}, index=times))
    with pytest.raises(InletNeverMovedError, match="stayed within"):
        fit_server_fans("hall-1", table.iloc[: 3 * 96], PRIOR)
    fit = fit_server_fans("hall-1", table, PRIOR)
    assert fit.qualified, fit.card.reason
    cold, warm = truth(np.array([20.0, 25.0]))
    ours, priors = ((1 + fans.extra_frac(25.0)) / (1 + fans.extra_frac(20.0)) for fans in (fit.fans, PRIOR))
    assert abs(ours - warm / cold) < min(0.01, 0.5 * abs(priors - warm / cold))


def test_it_is_stored_without_pickles() -> None:
    rows, work = hall()
    fit = fit_server_fans("hall-1", hall_table(rows, work), PRIOR)
    again = load_model(dump_model(fit))
    assert again.fans == fit.fans
    assert again.card.reason == fit.card.reason
