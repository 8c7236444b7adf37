"""Learned corrections: better than their law, honest when not, monotone, silent outside what they saw."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from models.accuracy import Errors, errors
from models.card import verdict
from models.component_power import ComponentPower

STEPS = 1400


def history(seed: int = 0, noise_kw: float = 0.6, steps: int = STEPS) -> tuple[pd.DataFrame, pd.Series]:
    """A chiller that takes a tenth more than its law, more so when its condenser is warm."""
    generator = np.random.default_rng(seed)
    times = pd.date_range("2026-03-01", periods=steps, freq="15min", tz="UTC")
    prior = 60 + 25 * np.sin(np.arange(steps) / 96 * 2 * np.pi) + generator.normal(0, 8, steps)
    prior = np.clip(prior, 10, None)
    warm = 22 + 4 * np.sin(np.arange(steps) / 700) + generator.normal(0, 1, steps)
    power = prior * (1.1 + 0.012 * (warm - 22)) + generator.normal(0, noise_kw, steps)
    return pd.DataFrame({"prior_kw": prior, "entering": warm}, index=times), pd.Series(power, index=times)


def fitted(**options: float) -> tuple[ComponentPower, pd.DataFrame, pd.Series]:
    rows, power = history(**options)  # type: ignore[arg-type]
    return ComponentPower("chiller", ("entering",)).fit(rows, power), rows, power


def test_it_beats_the_law_and_says_so() -> None:
    model, rows, power = fitted()
    card = model.card_
    assert model.qualified, card.reason
    assert card.test is not None
    assert card.prior_test is not None
    assert card.persistence_test is not None
    assert card.test.rmse < 0.4 * card.prior_test.rmse
    assert card.test.rmse < card.persistence_test.rmse
    assert abs(card.test.nmbe_frac) < 0.02
    assert "beats the prior" in card.reason
    inside = rows["prior_kw"].between(*card.features["prior_kw"]) & rows["entering"].between(*card.features["entering"])
    assert np.abs(model.predict(rows[inside]) / power[inside] - 1).mean() < 0.03


@pytest.mark.parametrize("seed", range(4))
def test_its_interval_covers_out_of_sample(seed: int) -> None:
    model, _, _ = fitted(seed=seed)
    fresh, power = history(seed=seed + 100)
    learned, width, beyond = model.correct(fresh["prior_kw"].to_numpy(), {"entering": fresh["entering"].to_numpy()})
    covered = np.abs(learned - power.to_numpy()) <= width
    assert 0.82 <= covered[beyond == 0.0].mean() <= 0.98


def test_more_law_never_means_less_power() -> None:
    model, _, _ = fitted(noise_kw=6.0)
    (low, coldest), (high, warmest) = model.taught_.seen.low, model.taught_.seen.high
    for warm in np.linspace(coldest, warmest, 7):
        prior = np.linspace(low, high, 200)
        power, _, outside = model.correct(prior, {"entering": np.full(200, warm)})
        assert not outside.any()
        assert (np.diff(power) >= -1e-9).all()


def test_outside_what_it_saw_the_laws_shape_rules_and_the_interval_widens() -> None:
    model, _, _ = fitted()
    power, width, outside = model.correct(
        np.array([60.0, 60.0, 300.0, 310.0]), {"entering": np.array([22.0, 40.0, 22.0, 22.0])}
    )
    assert (outside > 0.0).tolist() == [False, True, True, True]
    assert 10.0 < power[3] - power[2] < 11.0  # as far out as that, the law's own rise and a little of the trend
    nothing, _, _ = model.correct(np.array([0.0]), {"entering": np.array([22.0])})
    assert nothing[0] == 0.0
    assert (width[1:] > 2 * width[0]).all()
    assert (np.abs(power - [60.0, 60.0, 300.0, 310.0])[1:] <= width[1:]).all()  # the bare law stays within the interval


def test_it_says_how_far_from_what_was_seen_a_row_lies() -> None:
    model, _, _ = fitted()
    warmest = float(model.taught_.seen.high[1])
    asked = {"entering": warmest + np.array([0.0, 0.0025, 0.125, 5.0])}
    _, width, beyond = model.correct(np.full(4, 60.0), asked)
    assert beyond[0] == 0.0
    assert 0.0 < beyond[1] < beyond[2] < beyond[3] <= 1.0
    assert (width[1:] > 2 * width[0]).all()  # nothing is proven of what lies outside, however near


def test_a_trend_goes_on_a_little_and_then_stops() -> None:
    """The truth rises with the condenser's warmth: a little beyond the warmest seen the law alone would fall behind."""
    model, _, _ = fitted()
    warmest = float(model.taught_.seen.high[1])
    reach = 0.25 * (warmest - float(model.taught_.seen.low[1]))
    beyond = warmest + np.array([0.0, 0.5, 1.0, 10.0]) * reach
    power, _, _ = model.correct(np.full(4, 60.0), {"entering": beyond})
    truth = 60.0 * (1.1 + 0.012 * (beyond - 22.0))
    assert power[1] > power[0] + 0.2 * (truth[1] - truth[0])
    assert power[3] == pytest.approx(power[2])


def test_the_newest_rows_teach_what_serves() -> None:
    """They are left out of the test only: a plant that has only lately run hard is known where it runs."""
    rows, power = history()
    late = slice(int(0.85 * STEPS), STEPS)
    rows.iloc[late, 0] += 100.0
    power.iloc[late] = 1.3 * rows["prior_kw"].iloc[late]
    model = ComponentPower("chiller", ("entering",)).fit(rows, power)
    assert model.taught_.seen.high[0] > 160.0
    at_work, _, outside = model.correct(np.array([170.0]), {"entering": np.array([22.0])})
    assert not outside[0]
    assert at_work[0] == pytest.approx(1.3 * 170.0, rel=0.05)


def test_a_day_of_rows_moves_the_law_and_says_by_how_little_it_is_sure() -> None:
    day, power = history(steps=96)
    model = ComponentPower("chiller", ("entering",)).fit(day, power)
    month, _, _ = fitted()
    fresh, truth = history(seed=11, steps=96)
    law = errors(truth, fresh["prior_kw"]).rmse
    assert errors(truth, model.predict(fresh)).rmse < 0.5 * law
    assert errors(truth, month.predict(fresh)).rmse < errors(truth, model.predict(fresh)).rmse
    at = np.array([60.0])
    assert model.taught_.spread.half_width_kw(at) > 1.5 * month.taught_.spread.half_width_kw(at)


def test_what_must_not_teach_is_named_on_the_card() -> None:
    rows, power = history()
    power.iloc[200:300] *= 1000.0  # for a day in W
    power.iloc[400:404] = np.nan
    model = ComponentPower("chiller", ("entering",)).fit(rows, power)
    assert len(model.card_.notes) == 2
    assert "left out: 4 rows, gaps in power_kw" in model.card_.notes[0]
    assert "left out: 100 rows, 1000 times the usual beside the law, as kW and W are" in model.card_.notes[1]
    clean, _, _ = fitted()
    assert np.abs(model.predict(rows) / clean.predict(rows) - 1).max() < 0.05


def test_errors_that_grow_with_power_make_an_interval_that_does() -> None:
    rows, power = history(noise_kw=0.0)
    random = np.random.default_rng(2)
    loud = power * (1 + random.normal(0, 0.05, STEPS))
    model = ComponentPower("chiller", ("entering",)).fit(rows, loud)
    _, width, _ = model.correct(np.array([30.0, 90.0]), {"entering": np.array([22.0, 22.0])})
    assert width[1] > 2 * width[0]


def test_nothing_jumps_at_the_edge_of_what_was_seen() -> None:
    model, _, _ = fitted()
    for axis, points in enumerate((np.linspace(20, 120, 2001), np.linspace(12, 34, 2001))):
        features = [np.full(2001, 60.0), np.full(2001, 22.0)]
        features[axis] = points
        power, _, outside = model.correct(features[0], {"entering": features[1]})
        assert outside.any()
        assert np.abs(np.diff(power)).max() < 1.0


def test_a_perfect_law_is_kept() -> None:
    rows, _ = history()
    generator = np.random.default_rng(5)
    power = rows["prior_kw"] + generator.normal(0, 0.5, STEPS)
    model = ComponentPower("chiller", ("entering",)).fit(rows, power)
    assert not model.qualified or model.card_.test.rmse < model.card_.prior_test.rmse  # type: ignore[union-attr]
    shifted = power.copy()
    shifted.iloc[int(0.8 * STEPS) :] = rows["prior_kw"].iloc[int(0.8 * STEPS) :]  # the newest rows are the law exactly
    shifted.iloc[: int(0.8 * STEPS)] *= 1.3
    refused = ComponentPower("chiller", ("entering",)).fit(rows, shifted)
    assert not refused.qualified
    assert "does not beat the prior" in refused.card_.reason


def test_where_nothing_moved_a_close_model_serves_although_yesterday_is_as_good() -> None:
    times = pd.date_range("2026-03-01", periods=400, freq="15min", tz="UTC")
    rows = pd.DataFrame({"prior_kw": np.full(400, 5.0)}, index=times)
    model = ComponentPower("chilled_pump").fit(rows, pd.Series(6.0, index=times))
    assert model.qualified
    assert "hardly moved" in model.card_.reason


def test_a_model_that_is_neither_close_nor_better_than_yesterday_does_not_qualify() -> None:
    def of(rmse: float, mean: float = 10.0) -> Errors:
        return Errors(100, rmse, rmse / mean, 0.0)

    assert verdict(of(1.0), of(3.0), of(2.0)) == (
        True,
        "beats the prior (1 against 3) and yesterday's value (2) out of sample",
    )
    qualified, reason = verdict(of(2.0), of(3.0), of(1.0))
    assert not qualified and "yesterday" in reason
    assert verdict(of(0.4), of(3.0), of(0.1))[0]
    assert not verdict(of(0.4), of(0.3), of(0.5))[0]


def test_gaps_and_standstill_are_left_out_and_thin_history_is_refused() -> None:
    rows, power = history()
    power.iloc[::3] = np.nan
    rows.iloc[::7, 0] = 0.0
    assert ComponentPower("chiller", ("entering",)).fit(rows, power).qualified
    with pytest.raises(ValueError, match="chiller: 40 whole rows"):
        ComponentPower("chiller", ("entering",)).fit(*(part.iloc[:40] for part in history()))  # type: ignore[arg-type]


def test_estimator_contract() -> None:
    model = ComponentPower("chiller", ("entering",))
    copy = clone(model)
    assert copy is not model
    assert copy.get_params() == {"name": "chiller", "drivers": ("entering",)}
    assert not [name for name in vars(model) if name.endswith("_")]
