"""Switchback: its coins are fair and repeatable, and its interval holds the truth although weather and drift go on."""

from __future__ import annotations

import numpy as np
import pytest

from models.savings.baseline import MeanSaving
from models.savings.switchback import switchback_saving
from models.savings.timetable import LEAST_PAIRS, schedule

BLOCK_H, WASH_OUT_H = 4.0, 1.0


def measured(seed: int, pairs: int, saved_kw: float) -> MeanSaving:
    """Measure a change of a site that drifts and follows the day; the plant takes an hour to answer."""
    blocks, draw = schedule(pairs, BLOCK_H, seed), np.random.default_rng(seed)
    time_h = np.arange(0.125, 2 * pairs * BLOCK_H, 0.25)
    load = 100 + 15 * np.cos(time_h / 24 * 2 * np.pi) + draw.normal(0, 2, time_h.size)
    on = np.array([blocks[int(at // BLOCK_H)].on for at in time_h])
    before = np.array([blocks[int(max(at - WASH_OUT_H, 0) // BLOCK_H)].on for at in time_h])
    drift = np.cumsum(draw.normal(0, 0.3, time_h.size))
    power = 20 + 1.2 * load + drift - saved_kw * (on & before)
    return switchback_saving(blocks, time_h, load[:, None], power, WASH_OUT_H)


def test_the_coins_are_repeatable_and_each_pair_has_both() -> None:
    blocks = schedule(20, 6.0, 4)
    assert blocks == schedule(20, 6.0, 4) != schedule(20, 6.0, 5)
    assert all(first.on != second.on for first, second in zip(blocks[::2], blocks[1::2], strict=True))
    assert {first.on for first in blocks[::2]} == {True, False}
    assert [(block.begin_h, block.end_h) for block in blocks[:2]] == [(0.0, 6.0), (6.0, 12.0)]


@pytest.mark.parametrize("pairs", [6, 14])
def test_nine_of_ten_intervals_hold_the_truth(pairs: int) -> None:
    found = [measured(seed, pairs, 4.0) for seed in range(60)]
    held = [one.low_kw <= 4.0 <= one.high_kw for one in found]
    assert 0.8 <= np.mean(held) <= 0.99  # binomial, 60 trials
    assert abs(np.mean([one.saved_kw for one in found]) - 4.0) < 1.0


def test_nothing_is_seldom_told_from_nothing() -> None:
    claims = [measured(seed, 8, 0.0).distinguishable for seed in range(60)]
    assert np.mean(claims) <= 0.2


def test_without_wash_out_the_saving_is_diluted() -> None:
    blocks = schedule(8, BLOCK_H, 1)
    time_h = np.arange(0.125, 64.0, 0.25)
    on = np.array([blocks[int(at // BLOCK_H)].on for at in time_h])
    late = np.array([blocks[int(max(at - 1.0, 0) // BLOCK_H)].on for at in time_h])
    power, nothing = 100.0 - 5.0 * (on & late), np.zeros((time_h.size, 1))
    washed, raw = (switchback_saving(blocks, time_h, nothing, power, wash) for wash in (1.0, 0.0))
    assert washed.saved_kw == pytest.approx(5.0)
    assert raw.saved_kw < 4.9


def test_too_few_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 5"):
        schedule(LEAST_PAIRS - 1, 4.0, 1)
    blocks = schedule(LEAST_PAIRS, 4.0, 1)
    time_h = np.arange(0.5, 30.0)
    with pytest.raises(ValueError, match="3 pairs"):
        switchback_saving(blocks, time_h[:24], np.zeros((24, 1)), np.zeros(24), 0.0)
