"""Learns `RackInlets` from history, by regression with non-negative coefficients, drawn towards the prior."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import nnls
from sklearn.base import BaseEstimator

from models.accuracy import conformal_half_width, coverage_frac, errors, time_split
from models.card import ModelCard, verdict
from models.persistence import a_day_before
from models.rack_inlet import PRIOR_MARGIN_K, PRIOR_OFFSET_K, PRIOR_RECIRCULATION_FRAC, RackInlets

FloatArray = npt.NDArray[np.float64]

MIN_ROWS = 48
_PRIOR_WEIGHT = 0.02  # of the rows: the prior decides only where the data do not move
_LEAST_MARGIN_K = 0.3  # accuracy of a rack probe
_SEEN_QUANTILES = (0.005, 0.995)


class RackInletModel(BaseEstimator):  # type: ignore[misc]
    """Inlet temperature of each rack of a hall.

    Parameters
    ----------
    hall
        Id of the hall, for the card.

    Attributes
    ----------
    inlets_
        The coefficients with their margins: what a plant model takes.
    card_
        The model card; errors are over all racks together.
    """

    def __init__(self, hall: str) -> None:
        self.hall = hall

    def fit(self, rows: pd.DataFrame, inlets: pd.DataFrame) -> RackInletModel:
        """Fit on rows with columns `supply_air_degc` and `air_rise_k`, and measured inlets, one column a rack.

        Raises
        ------
        ValueError
            With fewer than 48 whole rows, or a rack without any.
        """
        known = rows[["supply_air_degc", "air_rise_k"]].dropna().sort_index()
        measured = inlets.reindex(known.index)
        self._refuse_thin(known, measured)
        split = time_split(len(known))
        fitted = [self._fit_rack(known, measured[rack], split.train, split.calibration) for rack in measured.columns]
        train = known.iloc[split.train]
        self.inlets_ = RackInlets(
            racks=tuple(str(rack) for rack in measured.columns),
            offset_k=np.array([offset for offset, _, _ in fitted]),
            recirculation_frac=np.array([slope for _, slope, _ in fitted]),
            margin_k=np.array([margin for _, _, margin in fitted]),
            seen_rise_k=_seen(train["air_rise_k"]),
            seen_supply_degc=_seen(train["supply_air_degc"]),
        )
        self.card_ = self._card(known, measured, split.test)
        return self

    @property
    def qualified(self) -> bool:
        """Whether it may replace the prior."""
        return bool(self.card_.qualified)

    def predict(self, rows: pd.DataFrame) -> FloatArray:
        """Return inlet temperatures [degC], one row a time, one column a rack."""
        return self.inlets_.inlet_degc(rows["supply_air_degc"].to_numpy(float), rows["air_rise_k"].to_numpy(float))

    def _refuse_thin(self, known: pd.DataFrame, measured: pd.DataFrame) -> None:
        if len(known) < MIN_ROWS:
            raise ValueError(f"{self.hall}: {len(known)} whole rows of supply air and air rise, {MIN_ROWS} are needed")
        thin = [str(rack) for rack in measured.columns if measured[rack].notna().sum() < MIN_ROWS]
        if thin:
            raise ValueError(f"{self.hall}: fewer than {MIN_ROWS} inlet readings of {', '.join(thin)}")

    def _fit_rack(
        self, known: pd.DataFrame, inlet: pd.Series[float], train: slice, calibration: slice
    ) -> tuple[float, float, float]:
        """Return offset [K], recirculation [-] and margin [K] of a rack."""
        rise = known["air_rise_k"].to_numpy(float)
        above = inlet.to_numpy(float) - known["supply_air_degc"].to_numpy(float)
        offset, slope = _towards_prior(rise[train], above[train])
        residual = (above - offset - slope * rise)[calibration]
        residual = residual[np.isfinite(residual)]
        if residual.size == 0:  # a probe silent in the calibration rows keeps the prior's margin
            return offset, slope, PRIOR_MARGIN_K
        return offset, slope, max(conformal_half_width(residual), _LEAST_MARGIN_K)

    def _card(self, known: pd.DataFrame, measured: pd.DataFrame, test: slice) -> ModelCard:
        truth = measured.iloc[test].to_numpy(float)
        there = np.isfinite(truth)
        predicted = self.predict(known.iloc[test])
        prior = RackInlets.prior(self.inlets_.racks).inlet_degc(
            known["supply_air_degc"].to_numpy(float)[test], known["air_rise_k"].to_numpy(float)[test]
        )
        yesterday = np.column_stack([a_day_before(measured[rack].ffill(), test) for rack in measured.columns])
        model = errors(truth[there], predicted[there])
        prior_errors, persistence = errors(truth[there], prior[there]), errors(truth[there], yesterday[there])
        qualified, reason = verdict(model, prior_errors, persistence)
        margin = np.broadcast_to(self.inlets_.margin_k, truth.shape)
        return ModelCard(
            name=f"{self.hall}.rack_inlets",
            method="supply air plus a non-negative rise, linear in the hall's air rise, one line a rack",
            unit="degC",
            window=(known.index[0].isoformat(), known.index[-1].isoformat()),
            features={
                "supply_air_degc": self.inlets_.seen_supply_degc or (np.nan, np.nan),
                "air_rise_k": self.inlets_.seen_rise_k or (np.nan, np.nan),
            },
            test=model,
            prior_test=prior_errors,
            persistence_test=persistence,
            half_width=float(self.inlets_.margin_k.mean()),
            coverage_frac=coverage_frac(truth[there], predicted[there], margin[there]),
            qualified=qualified,
            reason=reason,
        )


def _towards_prior(rise: FloatArray, above: FloatArray) -> tuple[float, float]:
    """Return non-negative offset and slope; a weak pull towards the prior decides what the data leave open."""
    there = np.isfinite(above)
    pull = np.sqrt(_PRIOR_WEIGHT * max(there.sum(), 1))
    spread = float(np.std(rise[there])) + 1.0
    design = np.vstack([np.column_stack([np.ones(there.sum()), rise[there]]), [[pull, 0.0], [0.0, pull * spread]]])
    target = np.concatenate([above[there], [pull * PRIOR_OFFSET_K, pull * spread * PRIOR_RECIRCULATION_FRAC]])
    (offset, slope), _ = nnls(design, target)
    return float(offset), float(slope)


def _seen(column: pd.Series[float]) -> tuple[float, float]:
    low, high = np.quantile(column.to_numpy(float), _SEEN_QUANTILES)
    return float(low), float(high)
