"""Learns `ServerFans` from history: what a hall's IT power did when its inlets warmed and its work did not.

The law's parameters keep their signs and are drawn towards the prior: warmer air never takes less power, and where the inlets
never went the prior's shape stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.accuracy import Errors, errors
from models.card import ModelCard
from models.server_fans_evidence import PRIOR_DEVIATION, Changes, HallHistory, LikelyLaw, law_of, likely_law
from models.servers import ServerFans

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

LEAST_SPAN_K = 2.0  # of inlet temperature, between the quantiles below
LEAST_ROWS = 96
_SPAN_QUANTILES = (0.05, 0.95)
_GAUSSIAN_90 = 1.645
_FORM_FRAC = 0.004  # what four parameters leave of laws of other forms
_DAY_S = 86_400


class InletNeverMovedError(ValueError):
    """History cannot tell: the inlets stayed as warm as they were, or rows are too few; the message says which."""


@dataclass(frozen=True, slots=True, eq=False)
class ServerFansFit:
    """What history says of a hall's server fans.

    Attributes
    ----------
    fans
        The learned law.
    seen_degc
        Lowest and highest inlet temperature that it was learned at.
    half_width_frac
        Half of the 90 % interval of power at the warm end over that at the cold end [-].
    card
        The model card; its errors are of a step given the one before, on every other day, by a law learned on the days between.
    """

    fans: ServerFans
    seen_degc: tuple[float, float]
    half_width_frac: float
    card: ModelCard

    @property
    def qualified(self) -> bool:
        """Whether the learned law beats the prior out of sample."""
        return bool(self.card.qualified)


def fit_server_fans(
    hall: str, rows: pd.DataFrame, prior: ServerFans, work: pd.DataFrame | None = None
) -> ServerFansFit:
    """Learn the law of one hall.

    Parameters
    ----------
    hall
        Id of the hall, for the card.
    rows
        Columns `it_kw` (of the hall) and `inlet_degc` (mean of its racks), equal steps of an hour at most, index UTC times. Rows
        with gaps are left out.
    prior
        The law to begin from.
    work
        What IT power at one inlet temperature is a weighted sum of: awake servers, busy servers, deferrable power. None: the
        hour of the week stands for it, or that of the day while there are less than two weeks.

    Raises
    ------
    InletNeverMovedError
        If the inlets moved less than `LEAST_SPAN_K`, or fewer than `LEAST_ROWS` rows are whole.
    """
    whole = rows[["it_kw", "inlet_degc"]]
    whole = (whole if work is None else whole.join(work)).dropna().sort_index()
    seen = _seen(hall, whole["inlet_degc"])
    history = HallHistory.of(whole)
    law = likely_law(history, history.steps, prior)
    days = pd.DatetimeIndex(whole.index).as_unit("s").asi8[history.steps] // _DAY_S
    half_width_frac = _half_width_frac(law, seen)
    half_width_kw = half_width_frac * float(whole["it_kw"].mean())
    card = _card(hall, whole, seen, half_width_kw, _out_of_sample(history, prior, days % 2 == 1))
    return ServerFansFit(law.fans, seen, half_width_frac, card)


def _seen(hall: str, inlet_degc: pd.Series[float]) -> tuple[float, float]:
    if len(inlet_degc) < LEAST_ROWS:
        count = len(inlet_degc)
        raise InletNeverMovedError(f"{hall}: {count} whole rows of IT power, inlet and work; {LEAST_ROWS} are needed")
    low, high = (float(inlet_degc.quantile(q)) for q in _SPAN_QUANTILES)
    if high - low < LEAST_SPAN_K:
        raise InletNeverMovedError(
            f"{hall}: the mean inlet stayed within {low:.1f}..{high:.1f} degC; "
            f"it must move by {LEAST_SPAN_K:g} K to show the server fans"
        )
    return low, high


def _half_width_frac(law: LikelyLaw, seen: tuple[float, float]) -> float:
    moves = np.diag(1e-3 * PRIOR_DEVIATION)
    up, down = (np.array([_ratio(law.parameters + sign * move, seen) for move in moves]) for sign in (1, -1))
    slope = (up - down) / (2e-3 * PRIOR_DEVIATION)
    return float(np.hypot(_GAUSSIAN_90 * np.sqrt(slope @ law.covariance @ slope), _FORM_FRAC))


def _ratio(parameters: FloatArray, seen: tuple[float, float]) -> float:
    """Return power at the warm end over that at the cold end."""
    cold, warm = 1 + law_of(parameters).extra_frac(np.array(seen))
    return float(warm / cold)


def _out_of_sample(history: HallHistory, prior: ServerFans, odd: BoolArray) -> tuple[Errors, Errors]:
    """Return the errors of the law on each half of the days, learned on the other, and those of the prior; `odd` (steps,)."""
    measured, by_law, by_prior = [], [], []
    for half, other in ((odd, ~odd), (~odd, odd)):
        law = likely_law(history, history.steps[other], prior)
        changes = Changes(history, history.steps[half], law.changes.memory)
        measured.append(history.it_kw[history.steps[half]])
        by_law.append(changes.unexplained_kw(law.fans))
        by_prior.append(changes.unexplained_kw(prior))
    kw = np.concatenate(measured)
    return errors(kw, kw - np.concatenate(by_law)), errors(kw, kw - np.concatenate(by_prior))


def _card(
    hall: str, whole: pd.DataFrame, seen: tuple[float, float], half_width_kw: float, scored: tuple[Errors, Errors]
) -> ModelCard:
    test, prior_test = scored
    better = test.rmse < prior_test.rmse
    return ModelCard(
        name=f"{hall}.server_fans",
        method=f"server fans and leakage, work by {'its measurements' if whole.shape[1] > 2 else 'the hour'}",
        unit="kW",
        window=(whole.index[0].isoformat(), whole.index[-1].isoformat()),
        features={"inlet_degc": seen},
        test=test,
        prior_test=prior_test,
        persistence_test=None,
        half_width=half_width_kw,
        coverage_frac=None,
        qualified=better,
        reason=f"{'beats' if better else 'does not beat'} the prior on days that it was not learned on "
        f"(RMSE of a step {test.rmse:.3g} against {prior_test.rmse:.3g})",
    )
