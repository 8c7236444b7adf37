"""Learns `RackInlets` from history: coefficients for all racks of a hall at once, intervals from later rows.

Three fifths of the history, one after the other, are predicted by coefficients that have seen only what came before; how far off
these are is the interval, which so holds for a fifth of the history ahead. What serves is fitted on all rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator

from models.accuracy import Errors, errors
from models.card import ModelCard, verdict
from models.persistence import a_day_before
from models.rack.air_indices import return_temperature_index, supply_heat_index
from models.rack.interval import interval_k
from models.rack.learning import MIN_ROWS, LearnedInlets, learn_inlets, steady_degc
from models.rack_inlet import PRIOR_MARGIN_K, PROBE_ACCURACY_K, RackInlets

FloatArray = npt.NDArray[np.float64]

_ORIGINS_FRAC = (0.4, 0.6, 0.8)  # of the rows: what comes after each is predicted from what came before


class RackInletModel(BaseEstimator):  # type: ignore[misc]
    """Inlet temperature of each rack of a hall.

    Parameters
    ----------
    hall
        Id of the hall, for the card.
    crahs
        Its CRAHs, where rows tell them apart; see `models.rack.features.rack_features`.

    Attributes
    ----------
    inlets_
        The coefficients with their intervals: what a plant model takes.
    lag_s_
        Time constant [s] behind which inlets follow supply air and load.
    card_
        The model card; errors are over all racks together.
    """

    def __init__(self, hall: str, crahs: Sequence[str] = ()) -> None:
        self.hall = hall
        self.crahs = crahs

    def fit(self, rows: pd.DataFrame, inlets: pd.DataFrame) -> RackInletModel:
        """Fit on rows with columns `supply_air_degc` and `air_rise_k`, and measured inlets, one column a rack.

        A rack with fewer than 48 readings is named on the card and takes the coefficients of the hall's hottest rack.

        Raises
        ------
        ValueError
            With fewer than 48 whole rows, or without a rack that has as many readings.
        """
        rows = rows.sort_index()
        measured = inlets.reindex(rows.index)
        learned = learn_inlets(self.hall, rows, measured, self.crahs)
        starts = [int(len(rows) * share) for share in _ORIGINS_FRAC]
        rehearsals = [
            self._miss(rows, measured, start, end) for start, end in zip(starts, [*starts[1:], len(rows)], strict=True)
        ]
        self.inlets_ = _with_intervals(learned, rehearsals)
        self.lag_s_ = learned.lag_s
        self.card_ = self._card(rows, measured, rehearsals, learned)
        return self

    @property
    def qualified(self) -> bool:
        """Whether it may replace the prior."""
        return bool(self.card_.qualified)

    def predict(self, rows: pd.DataFrame) -> FloatArray:
        """Return steady inlet temperatures [degC], one row a time, one column a rack."""
        return steady_degc(self.inlets_, rows)

    def _miss(self, rows: pd.DataFrame, measured: pd.DataFrame, start: int, end: int) -> FloatArray:
        """Return measured minus predicted inlets of some rows, by what came before; NaN where that is too little."""
        try:
            before = learn_inlets(self.hall, rows.iloc[:start], measured.iloc[:start], self.crahs)
        except ValueError:
            return np.full((end - start, measured.shape[1]), np.nan)
        known = [str(rack) not in before.left_out for rack in measured.columns]
        miss = measured.iloc[start:end].to_numpy(float) - steady_degc(before.inlets, rows.iloc[start:end])
        return np.where(known, miss, np.nan)

    def _card(
        self, rows: pd.DataFrame, measured: pd.DataFrame, rehearsals: Sequence[FloatArray], learned: LearnedInlets
    ) -> ModelCard:
        *earlier, newest = rehearsals
        there = np.isfinite(newest)
        below, above = _with_intervals(learned, earlier).interval_k
        inside = (newest >= -below) & (newest <= above)
        model, prior, persistence = self._errors(rows, measured, newest)
        qualified, reason = verdict(model, prior, persistence)
        inlets = self.inlets_
        return ModelCard(
            name=f"{self.hall}.rack_inlets",
            method="supply air plus a non-negative rise with a knee, in the hall's air rise, one curve a rack"
            + (", each fed by the CRAHs that reach it" if inlets.crahs else ""),
            unit="degC",
            window=(rows.index[0].isoformat(), rows.index[-1].isoformat()),
            features={
                "supply_air_degc": inlets.seen_supply_degc or (np.nan, np.nan),
                "air_rise_k": inlets.seen_rise_k or (np.nan, np.nan),
            },
            test=model,
            prior_test=prior,
            persistence_test=persistence,
            half_width=float(inlets.interval_k.mean()),
            coverage_frac=float(inside[there].mean()) if there.any() else None,
            qualified=qualified,
            reason=reason,
            notes=(*_left_out_notes(learned.left_out), *_air_notes(rows, inlets)),
        )

    def _errors(self, rows: pd.DataFrame, measured: pd.DataFrame, miss_k: FloatArray) -> tuple[Errors, Errors, Errors]:
        """Return the errors of the model, of the prior and of yesterday's value on the newest rows, which it missed by that."""
        test = slice(len(rows) - len(miss_k), len(rows))
        there = np.isfinite(miss_k)
        truth = measured.iloc[test].to_numpy(float)
        prior = steady_degc(RackInlets.prior(self.inlets_.racks), rows.iloc[test])
        yesterday = np.column_stack([a_day_before(measured[rack].ffill(), test) for rack in measured.columns])
        there &= np.isfinite(yesterday)
        model, from_prior, persistence = (
            errors(truth[there], guess[there]) for guess in (truth - miss_k, prior, yesterday)
        )
        return model, from_prior, persistence


def _with_intervals(learned: LearnedInlets, rehearsals: Sequence[FloatArray]) -> RackInlets:
    """Return the inlets with intervals, and margins by their upper half; a silent rack keeps the prior's."""
    found = interval_k(rehearsals)
    ends = np.where(np.isfinite(found), found, PRIOR_MARGIN_K)
    return replace(learned.inlets, interval_k=ends, margin_k=np.maximum(ends[1], PROBE_ACCURACY_K))


def _left_out_notes(racks: Sequence[str]) -> list[str]:
    return [
        f"{rack}: fewer than {MIN_ROWS} inlet readings; left out, and taken to be as warm as the hall's hottest rack"
        for rack in racks
    ]


def _air_notes(rows: pd.DataFrame, inlets: RackInlets) -> list[str]:
    rise = rows["air_rise_k"].dropna().to_numpy(float)
    above = (inlets.inlet_degc(0.0, rise)).mean(axis=1)
    index = return_temperature_index(float(np.median(rise)))
    kind = "the rest passes the servers by" if index < 1 else "what is over comes back to them"
    return [
        f"supply heat index {supply_heat_index(above, rise):.2f}: share of the heat that air has taken up before it enters a rack",
        f"return temperature index about {index:.2f}: {kind} (the servers' own rise is assumed)",
    ]
