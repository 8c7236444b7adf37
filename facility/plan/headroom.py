"""How many servers must be able to take work: load quantiles by service tier, headroom above them, a reserve for failures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import NormalDist

import numpy as np

from facility.plan.inputs import PlanInputs
from facility.records import FloatArray
from facility.site import ServerPool, ServiceTier

UPPER_QUANTILE = 0.95  # of `busy_servers`


def expected_busy(inputs: PlanInputs, pool: str) -> FloatArray:
    """Return the work that is expected of a pool: its median, or what is known of it."""
    return busy_at(inputs, pool, 0.5)


def busy_at(inputs: PlanInputs, pool: str, quantile: float) -> FloatArray:
    """Return a quantile of a pool's work [servers].

    Between two quantiles of the forecast it is interpolated; beyond the outermost it goes on as a normal distribution would.
    """
    known = inputs.busy_quantiles.get(pool)
    if not known:
        return np.asarray(inputs.busy_servers.get(pool, np.zeros(inputs.steps)), dtype=float)
    probabilities = sorted(known)
    if quantile <= probabilities[-1]:
        return _between(known, probabilities, quantile)
    outer = probabilities[-1]
    normal = NormalDist()
    spread = (known[outer] - _between(known, probabilities, 0.5)) / normal.inv_cdf(outer)
    return np.asarray(known[outer] + spread * (normal.inv_cdf(quantile) - normal.inv_cdf(outer)))


def needed_servers(inputs: PlanInputs, pool: ServerPool) -> FloatArray:
    """Return the capacity to keep ready [servers at full speed]: every tier's quantile with its headroom, and the reserve."""
    return np.asarray(_with_headroom(pool, lambda tier: _tier_busy(inputs, pool, tier)))


def kept_ready(pool: ServerPool, busy: float) -> float:
    """Return the capacity to keep ready while the work is known: every tier's headroom, and the reserve."""
    return float(_with_headroom(pool, lambda _tier: busy))


def _with_headroom(pool: ServerPool, busy: Callable[[ServiceTier], float | FloatArray]) -> float | FloatArray:
    tiers = pool.tiers or (
        ServiceTier(id="all", share_frac=1.0, quantile=UPPER_QUANTILE, headroom_frac=pool.headroom_frac),
    )
    need = sum(tier.share_frac * (1.0 + tier.headroom_frac) * busy(tier) for tier in tiers)
    return need + np.maximum(pool.failure_reserve_servers, pool.failure_reserve_frac * need)


def _tier_busy(inputs: PlanInputs, pool: ServerPool, tier: ServiceTier) -> FloatArray:
    if not pool.tiers:
        return np.asarray(inputs.busy_servers[pool.id], dtype=float)
    return np.minimum(busy_at(inputs, pool.id, tier.quantile), float(pool.servers))


def _between(known: Mapping[float, FloatArray], probabilities: list[float], quantile: float) -> FloatArray:
    """Interpolate between the quantiles on either side; below the lowest, the lowest."""
    above = int(np.searchsorted(probabilities, quantile))
    if above == 0:
        return np.asarray(known[probabilities[0]], dtype=float)
    low, high = probabilities[above - 1], probabilities[above]
    part = (quantile - low) / (high - low)
    return np.asarray((1.0 - part) * known[low] + part * known[high])
