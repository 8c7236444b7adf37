"""What is tried on top of a law, from one factor to trees: each takes rows and returns power over what was known before.

The factor and the least squares are drawn towards the law by how far laws are usually off, so that a day of rows moves them
a little and a month decides. All are fitted to errors in kW: a row weighs by its law squared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from models.component.ratio_table import Ratio
from models.component.rows import TrainingRows, far_apart
from models.component.thinning import thinned

FloatArray = npt.NDArray[np.float64]
Candidate = Callable[[TrainingRows, float], Ratio]

SCALE, STRAIGHT, CURVED, TREES = "scale", "straight refit", "curved refit", "trees"
LEAST_LOOKS: Mapping[str, int] = {SCALE: 1, STRAIGHT: 4, CURVED: 12, TREES: 24}  # before what they are tried on
CARRIED = (STRAIGHT,)  # trends that go on beyond the range seen; curves would run away
CARRIED_FRAC = 0.25  # of that range
_NOISE_PASSES, _SURE_SDS, _FAR_OFF = 3, 2.0, 3.0  # a law that is off by more times its usual size is no guide to noise
_TERM_SD_FRAC = 0.5  # of the law's own deviation: what a condition may change, beside its level, where it is another
_ROUNDS, _RATE, _LEAVES, _LEAF_FRAC, _LEAST_LEAF, _BINS = 100, 0.05, 6, 0.025, 20, 63


def scale(rows: TrainingRows, law_sd_frac: float) -> Ratio:
    """Return one factor, drawn towards 1."""
    level = _level(rows, law_sd_frac)
    return lambda features: np.full(len(features), level)


def straight(rows: TrainingRows, law_sd_frac: float) -> Ratio:
    """Return the least-squares ratio that is linear in law and drivers, with a power that flows whatever the law says."""
    return _refit(rows, law_sd_frac, squares=False)


def curved(rows: TrainingRows, law_sd_frac: float) -> Ratio:
    """Return the least-squares ratio with squares and products too, as the EIR curves of a chiller have them."""
    return _refit(rows, law_sd_frac, squares=True)


def trees(rows: TrainingRows, law_sd_frac: float) -> Ratio:
    """Return gradient-boosted trees of the ratio, few and shallow: what no smooth term can say, such as a stage."""
    level = _level(rows, law_sd_frac)
    taken, weight = thinned(rows.features)
    base_kw = rows.base_kw[taken]
    boosted = HistGradientBoostingRegressor(
        max_iter=_ROUNDS,
        learning_rate=_RATE,
        max_leaf_nodes=_LEAVES,
        min_samples_leaf=max(_LEAST_LEAF, int(_LEAF_FRAC * taken.size)),
        max_bins=_BINS,
        early_stopping=False,
        random_state=0,
    )
    with threadpool_limits(limits=1, user_api="openmp"):  # small data: more threads only wait for each other
        boosted.fit(
            rows.features[taken], rows.power_kw[taken] / base_kw / level, weight * (base_kw / base_kw.mean()) ** 2
        )

    def ratio(features: FloatArray) -> FloatArray:
        with threadpool_limits(limits=1, user_api="openmp"):
            return np.asarray(level * boosted.predict(features))

    return ratio


CANDIDATES: Mapping[str, Candidate] = {SCALE: scale, STRAIGHT: straight, CURVED: curved, TREES: trees}


def _level(rows: TrainingRows, law_sd_frac: float) -> float:
    (beyond_one,) = _drawn(rows.base_kw[:, None], rows, np.array([law_sd_frac]))
    return 1.0 + float(beyond_one)


def _refit(rows: TrainingRows, law_sd_frac: float, *, squares: bool) -> Ratio:
    centre, spread = rows.features.mean(axis=0), np.maximum(rows.features.std(axis=0), 1e-9)
    # A driver that hardly moved, as a setpoint at rest, moved with others: a trend along it would be theirs.
    spread[1:] = np.maximum(spread[1:], far_apart(rows.drivers) / 2.0)  # a deviation to either side
    mean_kw = float(rows.base_kw.mean())

    def terms(features: FloatArray) -> FloatArray:
        z = (features - centre) / spread
        first, second = np.triu_indices(z.shape[1])
        products = z[:, first] * z[:, second] if squares else z[:, :0]
        whatever = mean_kw / np.maximum(features[:, :1], 0.05 * mean_kw) - 1.0
        return np.hstack([np.ones((len(z), 1)), z, products, whatever])

    columns = terms(rows.features)
    sd_frac = np.append(law_sd_frac, np.full(columns.shape[1] - 1, _TERM_SD_FRAC * law_sd_frac))
    found = _drawn(columns * rows.base_kw[:, None], rows, sd_frac)
    return lambda features: np.asarray(1.0 + terms(features) @ found)


def _drawn(columns_kw: FloatArray, rows: TrainingRows, sd_frac: FloatArray) -> FloatArray:
    """Return the coefficients of what power is beyond the law, drawn towards 0 as their usual sizes say.

    Where power is surely further off than usual, the law says as much less of its shape, and the usual sizes grow by it.
    """
    beyond_kw = rows.power_kw - rows.base_kw
    squares = float(rows.base_kw @ rows.base_kw)
    level = float(rows.base_kw @ rows.power_kw) / squares
    least_kw = 1e-6 * float(rows.base_kw.mean())
    noise_kw = float(np.std(rows.power_kw - level * rows.base_kw)) + least_kw
    rows_a_look = len(rows) / rows.looks
    surely_off = abs(level - 1.0) - _SURE_SDS * noise_kw * float(np.sqrt(rows_a_look / squares))
    times_off = max(1.0, surely_off / float(sd_frac[0]))
    sizes = sd_frac * (times_off if times_off > _FAR_OFF else 1.0)
    found = np.zeros(len(sizes))
    for _ in range(_NOISE_PASSES if times_off > _FAR_OFF else 1):
        towards_law = np.diag(noise_kw**2 * rows_a_look / sizes**2)
        found = np.asarray(np.linalg.solve(columns_kw.T @ columns_kw + towards_law, columns_kw.T @ beyond_kw), float)
        noise_kw = float(np.std(beyond_kw - columns_kw @ found)) + least_kw
    return found
