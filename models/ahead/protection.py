"""A site's own protection in forecasts: while a rack overheats it drives CRAHs beyond their setpoints, then lets go again.

Under a plan that is too bold the two alternate within minutes. Nobody can tell an hour ahead whose turn it will be; but where
inlets stay meanwhile is known as soon as it has been seen: about where they stayed. So a forecast is a mixture: of the plan's own
answer, and of what racks went through under the protection, by how likely the plan's answer would call it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr

from models.ahead.crah_habits import AIRFLOW, AIRFLOW_SETPOINT, by_crah
from models.ahead.innovation import END_SPREADS, Forecast
from models.ahead.lagged import held, step_share

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

TAIL_FRAC = 0.05  # beyond either end of a 90 % interval
_FASTER_FRAC = 1.1  # of the airflow that is asked for
_REST_S = 1200.0  # the longest between two turns
_REMEMBERED_S = 3600.0
_BEGINS_SHARE = 0.5  # by which a new beginning counts beside those before
_LEAST_SPREAD_K = 0.6  # of what calls it: a probe's accuracy, and that few readings fall on the moment
_UNLIKELY = 0.005  # a call so unlikely moves no end
_HALVINGS = 20  # of six widths: a thousandth of a kelvin is less


@dataclass(frozen=True, slots=True, eq=False)
class Protection:
    """What had been seen of the protection by each row.

    Attributes
    ----------
    acting
        Whether it drives CRAHs or did so within `_REST_S`, (n,).
    begins_degc
        Hottest inlet at which it steps in, (n,); NaN as long as it never has.
    stays_degc, strays_k
        Mean of each inlet while it acts and rests in turn, and the standard deviation around it, (n, racks).
    """

    acting: BoolArray
    begins_degc: FloatArray
    stays_degc: FloatArray
    strays_k: FloatArray

    def apart_from(self, measured: FloatArray) -> FloatArray:
        """Return inlets (n, racks) without those of its turns, which say nothing of the plan's own answer."""
        return np.where(self.acting[:, None], np.nan, measured)

    def mixed(self, plan: Forecast) -> Forecast:
        """Return the forecasts (n, H, racks) of the plan alone mixed with what the protection makes of them."""
        hottest = plan.mean.max(axis=2)
        spread = (plan.high - plan.mean).max(axis=2) / END_SPREADS
        above = (hottest - self.begins_degc[:, None]) / np.hypot(spread, _LEAST_SPREAD_K)
        turning = np.nan_to_num(ndtr(above))
        called, stays, strays = np.broadcast_arrays(
            turning[..., None], self.stays_degc[:, None], self.strays_k[:, None], plan.mean
        )[:3]
        low, high = plan.low.copy(), plan.high.copy()
        some = called > _UNLIKELY
        alone = Forecast(plan.mean[some], plan.low[some], plan.high[some])
        for end, tail in ((low, TAIL_FRAC), (high, 1.0 - TAIL_FRAC)):
            end[some] = _quantile(tail, alone, called[some], stays[some], strays[some])
        return Forecast(plan.mean + called * (stays - plan.mean), low, high, turning)


def protected(rows: pd.DataFrame, crahs: Sequence[str]) -> BoolArray:
    """Return where a CRAH is driven faster than its setpoint asks, (n,); columns as `models.history_rows.hall_rows` names them."""
    airflow, wanted = (by_crah(rows, crahs, name) for name in (AIRFLOW, AIRFLOW_SETPOINT))
    return np.asarray((airflow > _FASTER_FRAC * wanted).any(axis=1))


def seen_protection(driven: BoolArray, measured: FloatArray, step_s: float) -> Protection:
    """Return what each row had seen.

    Parameters
    ----------
    driven
        From `protected`, (n,).
    measured
        Inlets [degC], (n, racks); NaN for gaps.
    step_s
        Between rows [s].
    """
    rows, rest = np.arange(len(driven)), round(_REST_S / step_s)
    acting = rows - np.maximum.accumulate(np.where(driven, rows, -rest - 1)) <= rest
    if not acting.any():
        nothing = np.zeros(measured.shape)
        return Protection(acting, np.full(len(driven), np.nan), nothing, nothing)
    stays = _recent_mean(np.where(acting[:, None], measured, np.nan), step_s)
    square = _recent_mean(np.where(acting[:, None], (measured - stays) ** 2, np.nan), step_s)
    at_once = np.fmax.reduce(measured, axis=1)
    hottest = np.fmax(at_once, np.append(np.nan, at_once[:-1]))
    first = driven & ~np.concatenate([[False], driven[:-1]])
    begins = held(np.where(first, hottest, np.nan)[:, None], _BEGINS_SHARE)[:, 0]
    return Protection(acting, np.where(np.logical_or.accumulate(driven), begins, np.nan), stays, np.sqrt(square))


def _recent_mean(values: FloatArray, step_s: float) -> FloatArray:
    """Return the mean of what each row has seen, the last hour before all; 0 before the first."""
    recent = pd.DataFrame(values).ewm(alpha=step_share(step_s, _REMEMBERED_S), ignore_na=True).mean()
    return np.asarray(np.nan_to_num(recent.to_numpy(float)))


def _quantile(tail: float, alone: Forecast, called: FloatArray, stays: FloatArray, strays: FloatArray) -> FloatArray:
    """Return a quantile [degC] of mixtures (m,), by halving the range that holds it."""
    below, above = alone.mean - alone.low, alone.high - alone.mean
    wide = 3.0 * END_SPREADS * strays
    low = np.minimum(alone.mean - 3.0 * below, stays - wide)
    high = np.maximum(alone.mean + 3.0 * above, stays + wide)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        off = middle - alone.mean
        under_plan = ndtr(off * END_SPREADS / np.maximum(np.where(off < 0, below, above), 1e-6))
        under = under_plan + called * (ndtr((middle - stays) / np.maximum(strays, 1e-3)) - under_plan)
        low, high = np.where(under < tail, middle, low), np.where(under < tail, high, middle)
    return np.asarray((low + high) / 2)
