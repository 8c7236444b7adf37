"""Candidates rehearsed in time: each stretch of the rows is predicted by what was fitted on the rows before it.

What serves is the mean of those that come close to the best: which of near equals was best is luck, and they err differently.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.component.candidates import CANDIDATES, CARRIED, CARRIED_FRAC, LEAST_LOOKS
from models.component.cloud import cloud_of
from models.component.ratio_table import Ratio
from models.component.rows import TrainingRows

FloatArray = npt.NDArray[np.float64]

ORIGINS_FRAC = (0.4, 0.6, 0.8)  # of the rows: what follows each is predicted from what came before
_CLOSE_FRAC = 0.1  # to the best error


@dataclass(frozen=True, slots=True, eq=False)
class Rehearsal:
    """How candidates did on rows that they had not seen.

    Attributes
    ----------
    names
        Of those that came close to the best, which serve together.
    rows
        The rows that were predicted.
    predicted_kw
        What those that serve said of them together (n,).
    """

    names: tuple[str, ...]
    rows: TrainingRows
    predicted_kw: FloatArray

    @property
    def residual_kw(self) -> FloatArray:
        """Measured less predicted (n,)."""
        return self.rows.power_kw - self.predicted_kw

    @property
    def rmse_kw(self) -> float:
        """Error of those that serve, together."""
        return float(np.sqrt(np.mean(self.residual_kw**2)))

    def fit(self, rows: TrainingRows, law_sd_frac: float) -> Ratio:
        """Return power over the law by those that serve, fitted on rows."""
        ratios = [fitted(name, rows, law_sd_frac) for name in self.names]
        return lambda features: np.asarray(np.mean([ratio(features) for ratio in ratios], axis=0))


def fitted(name: str, rows: TrainingRows, law_sd_frac: float) -> Ratio:
    """Return power over the law by a candidate, with what was known before; each held where it knows no further."""
    over_base, base = CANDIDATES[name](rows, law_sd_frac), rows.base
    known, cloud = rows.seen.widened(CARRIED_FRAC if name in CARRIED else 0.0), cloud_of(rows)
    return lambda features: base(features) * over_base(cloud.held(features, known))


def rehearse(rows: TrainingRows, law_sd_frac: float) -> Rehearsal:
    """Try the candidates that the rows are enough for.

    Parameters
    ----------
    rows
        In time order.
    law_sd_frac
        Standard deviation of how far the law is usually off, over its power.
    """
    starts = [int(len(rows) * frac) for frac in ORIGINS_FRAC]
    names = [name for name, least in LEAST_LOOKS.items() if rows.part(slice(0, starts[0])).looks >= least]
    said = []
    for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
        before, then = rows.part(slice(0, start)), rows.part(slice(start, end))
        reach = before.seen.widened(CARRIED_FRAC)
        ratios = [fitted(name, before, law_sd_frac) for name in names]
        said.append(np.stack([reach.power_kw(ratio, then.features) for ratio in ratios], axis=1))
    predicted, later = np.concatenate(said), rows.part(slice(starts[0], len(rows)))
    rmse = np.sqrt(np.mean((predicted - later.power_kw[:, None]) ** 2, axis=0))
    close = rmse <= (1.0 + _CLOSE_FRAC) * rmse.min()
    return Rehearsal(tuple(np.array(names)[close].tolist()), later, predicted[:, close].mean(axis=1))
