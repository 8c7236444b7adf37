"""Intervals from blocks cover as they say, also where blocks go together."""

from __future__ import annotations

import numpy as np
import pytest

from models.saving import LEAST_BLOCKS, block_half_widths

REPEATS = 2000


def drawn(blocks: int, memory: float) -> np.ndarray:
    """Return errors (REPEATS, blocks) with a standard deviation of one; each holds so much of the one before."""
    random = np.random.default_rng(4)
    errors = random.normal(size=(REPEATS, blocks))
    for block in range(1, blocks):
        errors[:, block] = memory * errors[:, block - 1] + np.sqrt(1 - memory**2) * errors[:, block]
    return errors


@pytest.mark.parametrize("blocks", [5, 10, 60])
def test_independent_blocks_are_covered(blocks: int) -> None:
    seen, new = drawn(2 * blocks, 0.0).reshape(REPEATS, 2, blocks).swapaxes(0, 1)
    widths = np.array([block_half_widths(errors) for errors in seen])
    one = (np.abs(new[:, 0]) <= widths[:, 0]).mean()
    together = (np.abs(new.sum(axis=1)) <= widths[:, 1]).mean()
    assert 0.88 < one < 0.93
    assert 0.88 < together < 0.97


def test_blocks_that_go_together_widen_the_sum_and_not_the_one() -> None:
    widths = {
        memory: np.mean([block_half_widths(one) for one in drawn(60, memory)[:300]], axis=0) for memory in (0.0, 0.6)
    }
    assert widths[0.6][1] > 1.3 * widths[0.0][1]
    assert widths[0.6][0] == pytest.approx(widths[0.0][0], rel=0.1)


def test_the_mean_does_not_count_and_scale_does() -> None:
    errors = np.array([1.0, -2.0, 0.5, 3.0, -1.0, 0.0])
    one, together = block_half_widths(errors)
    assert block_half_widths(errors + 100.0) == pytest.approx((one, together))
    assert block_half_widths(10 * errors) == pytest.approx((10 * one, 10 * together))
    assert together >= np.sqrt(6) * one * (1 - 1e-12)


def test_too_few_blocks_are_refused() -> None:
    with pytest.raises(ValueError, match=f"at least {LEAST_BLOCKS}"):
        block_half_widths(np.zeros(LEAST_BLOCKS - 1))
