"""Learns `ServerFans` from history: what a hall's IT power did when its inlets warmed and its work did not.

The law's parameters keep their signs and are drawn towards the prior: warmer air never takes less power, and where the inlets
never went the prior's shape stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.accuracy import conformal_half_width, coverage_frac, errors
from models.card import ModelCard
from models.server_fans_evidence import PRIOR_DEVIATION, LikelyLaw, fans_of, likely_law, step_ahead
from models.server_fans_step import INLET, HallHistory, StepAhead, by_the_hour
from models.servers import ServerFans

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

LEAST_SPAN_K = 2.0  # of inlet temperature, between its coldest and its warmest rows, as follows
LEAST_ROWS = 96
_END_FRAC, _END_ROWS = 0.05, 4  # of the rows, but no more than these: an hour in which a plan has gone there
_GAUSSIAN_90 = 1.645
_FORM_FRAC = 0.004  # what the parameters leave of laws of other forms
_DAY_S = 86_400


class InletNeverMovedError(ValueError):
    """History cannot tell: the inlets stayed as warm as they were, or rows or days are too few; the message says which."""


@dataclass(frozen=True, slots=True, eq=False)
class ServerFansFit:
    """What history says of a hall's server fans.

    Attributes
    ----------
    ahead
        The learned law, and what it leaves of a step, given the one before.
    prior
        The law that it began from.
    seen_degc
        Lowest and highest inlet temperature that it was learned at.
    half_width_frac
        Half of the 90 % interval of power at the warm end over that at the cold end [-].
    card
        The model card; its errors are of a step given the one before, on every other step, by a law learned on the steps between;
        where no work is measured, and load and inlets may go up together by chance, on every other day.
    """

    ahead: StepAhead
    prior: ServerFans
    seen_degc: tuple[float, float]
    half_width_frac: float
    card: ModelCard

    @property
    def fans(self) -> ServerFans:
        """The learned law at usual work: what a plant model takes."""
        return self.ahead.law.fans

    @property
    def qualified(self) -> bool:
        """Whether the learned law beats the prior out of sample."""
        return bool(self.card.qualified)


def fit_server_fans(hall: str, table: pd.DataFrame, prior: ServerFans) -> ServerFansFit:
    """Learn the law of one hall.

    Parameters
    ----------
    hall
        Id of the hall, for the card.
    table
        Its rows, as `models.server_fans_step.hall_table` returns them.
    prior
        The law to begin from.

    Raises
    ------
    InletNeverMovedError
        If the inlets moved less than `LEAST_SPAN_K`, or there are fewer than `LEAST_ROWS` rows, or, where no work is
        measured, those of one day only.
    """
    seen = _seen(hall, table[INLET])
    history = HallHistory.of(table)
    every_other = _every_other(hall, table, history)
    law = likely_law(history, history.steps, prior)
    half_width_frac = _half_width_frac(law, seen)
    card = _card(hall, table, seen, _tested(table, history, prior, every_other), _said(law, seen, half_width_frac))
    return ServerFansFit(law.ahead, prior, seen, half_width_frac, card)


def _seen(hall: str, inlet_degc: pd.Series[float]) -> tuple[float, float]:
    if len(inlet_degc) < LEAST_ROWS:
        count = len(inlet_degc)
        raise InletNeverMovedError(f"{hall}: {count} whole rows of IT power, inlet and work; {LEAST_ROWS} are needed")
    end_frac = min(_END_FRAC, _END_ROWS / len(inlet_degc))
    low, high = (float(inlet_degc.quantile(q)) for q in (end_frac, 1 - end_frac))
    if high - low < LEAST_SPAN_K:
        raise InletNeverMovedError(
            f"{hall}: the mean inlet stayed within {low:.1f}..{high:.1f} degC; "
            f"it must move by {LEAST_SPAN_K:g} K to show the server fans"
        )
    return low, high


def _half_width_frac(law: LikelyLaw, seen: tuple[float, float]) -> float:
    moves = np.diag(1e-3 * PRIOR_DEVIATION)
    up, down = (np.array([_ratio(fans_of(law.parameters + sign * move), seen) for move in moves]) for sign in (1, -1))
    slope = (up - down) / (2e-3 * PRIOR_DEVIATION)
    return float(np.hypot(_GAUSSIAN_90 * np.sqrt(slope @ law.covariance @ slope), _FORM_FRAC))


def _ratio(fans: ServerFans, seen: tuple[float, float]) -> float:
    """Return power at the warm end over that at the cold end."""
    cold, warm = 1 + fans.extra_frac(seen)
    return float(warm / cold)


def _said(law: LikelyLaw, seen: tuple[float, float], half_width_frac: float) -> str:
    more = _ratio(law.law.fans, seen) - 1
    return (
        f"servers at {seen[1]:.1f} degC take {more:+.1%} of what they take at {seen[0]:.1f} degC, within "
        f"{half_width_frac:.1%} (90 %); {law.law.steady_frac:.0%} of it whatever their work"
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Tested:
    """Steps of one half: measured power [kW], and what it missed by laws learned on the other half."""

    measured_kw: FloatArray
    law_missed_kw: FloatArray
    prior_missed_kw: FloatArray


def _every_other(hall: str, table: pd.DataFrame, history: HallHistory) -> BoolArray:
    """Return which steps are of one half. Where work is measured, a plan's first move to other inlets may be in both halves."""
    if not by_the_hour(table):
        return np.asarray(np.arange(len(history.steps)) % 2 == 1)
    times = pd.DatetimeIndex(table.index[history.steps]).as_unit("s").asi8
    days, of_day = np.unique(times // _DAY_S, return_inverse=True)
    if len(days) < 2:
        raise InletNeverMovedError(
            f"{hall}: rows of one day; two are needed, one to learn from and one to be tested on"
        )
    return np.asarray(of_day % 2 == 1)


def _tested(table: pd.DataFrame, history: HallHistory, prior: ServerFans, every_other: BoolArray) -> list[_Tested]:
    found = []
    for half in (every_other, ~every_other):
        rows, other = history.steps[half], history.steps[~half]
        kw = history.it_kw[rows]
        rivals = (likely_law(history, other, prior).ahead, step_ahead(history, other, prior))
        found.append(_Tested(kw, *(kw - rival.predict_kw(table)[rows] for rival in rivals)))
    return found


def _card(
    hall: str, table: pd.DataFrame, seen: tuple[float, float], halves: list[_Tested], said: str
) -> ModelCard:  # fmt: skip
    measured = np.concatenate([half.measured_kw for half in halves])
    missed = np.concatenate([half.law_missed_kw for half in halves])
    test = errors(measured, measured - missed)
    prior_test = errors(measured, measured - np.concatenate([half.prior_missed_kw for half in halves]))
    better = test.rmse < prior_test.rmse
    work = "the hour" if by_the_hour(table) else "its measurements"
    return ModelCard(
        name=f"{hall}.server_fans",
        method=f"server fans and leakage by the inlet, work by {work}, a step ahead",
        unit="kW",
        window=(table.index[0].isoformat(), table.index[-1].isoformat()),
        features={INLET: seen},
        test=test,
        prior_test=prior_test,
        persistence_test=None,
        half_width=conformal_half_width(missed),
        coverage_frac=coverage_frac(halves[1].law_missed_kw, 0.0, conformal_half_width(halves[0].law_missed_kw)),
        qualified=better,
        reason=f"{'beats' if better else 'does not beat'} the prior on steps that it was not learned on "
        f"(RMSE of a step {test.rmse:.3g} against {prior_test.rmse:.3g})",
        notes=(said,),
    )
