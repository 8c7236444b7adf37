"""Switchback: a change is put on and off in turn, by chance, and chance alone says how sure the difference is.

Blocks come in pairs, one with the change and one without, and a coin decides which of them is first: so weather, work and slow
drift fall on both sides alike, whatever they do. The interval holds every saving that the coins do not contradict at 10 %.

Sources
-------
Bojinov, Simchi-Levi, Zhao, "Design and analysis of switchback experiments", Management Science 69(7), 2023.
Fisher, "The design of experiments" (1935); Ernst, "Permutation methods", Statistical Science 19(4), 2004: intervals by inversion.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy.optimize import brentq

from models.savings.baseline import FloatArray, MeanSaving
from models.savings.timetable import LEAST_PAIRS, Block

_ALL_SIGNS_UP_TO = 12  # pairs; beyond, signs are drawn
_DRAWN = 4000
_CONTRADICTED = 0.10
_RIDGE = 1e-3


def switchback_saving(
    blocks: tuple[Block, ...], time_h: FloatArray, conditions: FloatArray, power_kw: FloatArray, wash_out_h: float
) -> MeanSaving:
    """Return the mean power saved while the change is on, with the 90 % interval that the coins give.

    Parameters
    ----------
    blocks
        As `schedule` made them.
    time_h, conditions, power_kw
        Rows: hours since the schedule's begin (n,), what power depends on whatever is changed (n, k), measured power (n,).
    wash_out_h
        Left out at each block's begin, while the plant still answers the block before.

    Raises
    ------
    ValueError
        If fewer than `LEAST_PAIRS` pairs have rows in both blocks.
    """
    halves = [(time_h >= block.begin_h + wash_out_h) & (time_h < block.end_h) for block in blocks]
    pairs = [
        (index, index + 1) for index in range(0, len(blocks) - 1, 2) if halves[index].any() and halves[index + 1].any()
    ]
    if len(pairs) < LEAST_PAIRS:
        raise ValueError(f"{len(pairs)} pairs of blocks were measured; a switchback needs at least {LEAST_PAIRS}")
    power = _difference(halves, blocks, pairs, power_kw[:, None])[:, 0]
    explained = _difference(halves, blocks, pairs, conditions)
    return _inverted(_adjusted(power, explained))


def _difference(
    halves: list[np.typing.NDArray[np.bool_]], blocks: tuple[Block, ...], pairs: list[tuple[int, int]], of: FloatArray
) -> FloatArray:
    """Return off less on of each pair, (pairs, k)."""
    means = {index: of[halves[index]].mean(axis=0) for pair in pairs for index in pair}
    return np.array(
        [means[second] - means[first] if blocks[first].on else means[first] - means[second] for first, second in pairs]
    )


def _adjusted(power: FloatArray, explained: FloatArray) -> FloatArray:
    """Return differences less what differences of the conditions explain; with few pairs only what the ridge lets through."""
    scaled = explained / np.maximum(np.sqrt(np.mean(explained**2, axis=0)), 1e-9)
    kept = min(scaled.shape[1], len(power) // 4)  # a pair more than four a coefficient, or noise is fitted
    if kept == 0:
        return power
    strongest = np.argsort(-np.abs(scaled.T @ (power - power.mean())))[:kept]
    chosen = scaled[:, strongest] - 0.0
    design = np.column_stack([np.ones(len(power)), chosen])
    ridge = _RIDGE * len(power) * np.diag([0.0, *np.ones(kept)])
    slope = np.linalg.solve(design.T @ design + ridge, design.T @ power)[1:]
    return np.asarray(power - chosen @ slope)


def _inverted(saved: FloatArray) -> MeanSaving:
    """Return the mean with the savings that a test by signs does not contradict."""
    signs = _signs(len(saved))
    centre, reach = float(saved.mean()), 20.0 * float(np.abs(saved - saved.mean()).max()) + 1e-9

    def contradicted(saving_kw: float, side: float) -> float:
        apart = saved - saving_kw
        as_extreme = np.mean(side * (signs @ apart) >= side * apart.sum() - 1e-12)
        return float(as_extreme) - _CONTRADICTED / 2 - 1e-9

    low = brentq(contradicted, centre - reach, centre, args=(1.0,))
    high = brentq(contradicted, centre, centre + reach, args=(-1.0,))
    return MeanSaving(centre, float(low), float(high))


def _signs(pairs: int) -> FloatArray:
    if pairs <= _ALL_SIGNS_UP_TO:
        return np.array(list(product((-1.0, 1.0), repeat=pairs)))
    return np.random.default_rng(0).choice((-1.0, 1.0), (_DRAWN, pairs))
