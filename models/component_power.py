"""Power of one component: its physical law as prior, a monotone correction learned on top.

Two corrections are tried on the oldest rows: one scale factor, and gradient-boosted trees, made to rise with the prior. The better
one on the next rows is kept, its interval taken there; whether it qualifies is decided on the newest rows. Trees are tabulated
and interpolated linearly: steps would make jagged power curves, and a table answers a hundred thousand rows in milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.interpolate import RegularGridInterpolator
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from models.accuracy import TimeSplit, conformal_half_width, coverage_frac, errors, time_split
from models.card import ModelCard, verdict
from models.persistence import a_day_before
from models.prior_width import half_width_kw

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MIN_ROWS = 48
_MIN_ROWS_FOR_TREES = 300
_GRID = {"prior": 25, "driver": 9}
_SEEN_QUANTILES = (0.005, 0.995)


class ComponentPower(BaseEstimator):  # type: ignore[misc]
    """Corrects the power of one component.

    Parameters
    ----------
    name
        Component, as in `CoolingPlant.corrections`; also selects the prior's width.
    drivers
        Names of what, beside the prior's power, the correction may depend on.

    Attributes
    ----------
    axes_, table_
        Grid of prior power and drivers, and corrected power on it [kW].
    seen_
        Lowest and highest prior power and drivers in the rows fitted, (1 + drivers, 2).
    half_width_kw_
        Half of the 90 % interval inside the range seen [kW].
    card_
        The model card.
    """

    def __init__(self, name: str, drivers: tuple[str, ...] = ()) -> None:
        self.name = name
        self.drivers = drivers

    def fit(self, rows: pd.DataFrame, power_kw: pd.Series[float]) -> ComponentPower:
        """Fit on rows with columns `prior_kw` and the drivers, index UTC times; only rows in which the component is on.

        Raises
        ------
        ValueError
            With fewer than 48 rows without gaps.
        """
        columns = ["prior_kw", *self.drivers]
        whole = rows[columns].assign(power_kw=power_kw).dropna().sort_index()
        whole = whole[(whole["prior_kw"] > 0) & (whole["power_kw"] > 0)]
        if len(whole) < MIN_ROWS:
            raise ValueError(f"{self.name}: {len(whole)} whole rows with the component on, {MIN_ROWS} are needed")
        features, target = whole[columns].to_numpy(float), whole["power_kw"].to_numpy(float)
        split = time_split(len(whole))
        self.seen_ = np.quantile(features[split.train], _SEEN_QUANTILES, axis=0).T
        self.axes_ = self._axes()
        self._choose(features, target, split)
        self.half_width_kw_ = conformal_half_width(
            target[split.calibration] - self._inside(features[split.calibration])
        )
        self.card_ = self._card(whole, features, split)
        return self

    @property
    def qualified(self) -> bool:
        """Whether it may replace the prior."""
        return bool(self.card_.qualified)

    def predict(self, rows: pd.DataFrame) -> FloatArray:
        """Return corrected power [kW] for rows with columns `prior_kw` and the drivers."""
        power, _, _ = self.correct(
            rows["prior_kw"].to_numpy(float), {name: rows[name].to_numpy(float) for name in self.drivers}
        )
        return power

    def correct(
        self, prior_kw: FloatArray, drivers: Mapping[str, FloatArray]
    ) -> tuple[FloatArray, FloatArray, BoolArray]:
        """Return power [kW], half-width [kW], and where the inputs lie outside the range seen.

        Out there the prior's shape rules, moved to meet what was learned at the edge (above by a constant, below by a factor),
        with the wider interval. The bare prior would jump at the edge: a plan would chase the nameplate's optimism where
        nobody has measured (tabulated states missed the model by 8 to 12 kW).
        """
        features = np.column_stack([prior_kw, *(drivers[name] for name in self.drivers)])
        outside = ((features < self.seen_[:, 0] - 1e-9) | (features > self.seen_[:, 1] + 1e-9)).any(axis=1)
        at_edge_kw = np.clip(prior_kw, *self.seen_[0])
        learned = self._inside(features)
        power = np.where(prior_kw > at_edge_kw, learned + prior_kw - at_edge_kw, learned * prior_kw / at_edge_kw)
        everywhere = np.ones(outside.shape, bool)
        # The width then holds both what the law may be off by and how far the data already were from it.
        wide = np.maximum(half_width_kw(self.name, power, everywhere), np.abs(power - prior_kw))
        wide = np.maximum(wide, self.half_width_kw_)
        return power, np.where(outside, wide, self.half_width_kw_), outside

    def _axes(self) -> tuple[FloatArray, ...]:
        sizes = [_GRID["prior"]] + [_GRID["driver"]] * len(self.drivers)
        return tuple(
            np.linspace(low, max(high, low + 1e-6), size) for (low, high), size in zip(self.seen_, sizes, strict=True)
        )

    def _inside(self, features: FloatArray) -> FloatArray:
        """Return the table's power, inputs held at the edge of the range seen."""
        held = np.clip(features, [axis[0] for axis in self.axes_], [axis[-1] for axis in self.axes_])
        return np.asarray(RegularGridInterpolator(self.axes_, self.table_)(held))

    def _choose(self, features: FloatArray, target: FloatArray, split: TimeSplit) -> None:
        """Set `table_` and `method_` to the candidate that does best on the calibration rows."""
        grid = np.stack(np.meshgrid(*self.axes_, indexing="ij"), axis=-1)
        candidates = {"scale": self._scale_table(features[split.train], target[split.train], grid)}
        if len(target) >= _MIN_ROWS_FOR_TREES:
            candidates["monotone trees"] = _tree_table(features[split.train], target[split.train], grid)
        best = np.inf
        for method, table in candidates.items():
            self.table_ = table
            error = errors(target[split.calibration], self._inside(features[split.calibration])).rmse
            if error < best:
                best, self.method_, kept = error, method, table
        self.table_ = kept

    def _scale_table(self, features: FloatArray, target: FloatArray, grid: FloatArray) -> FloatArray:
        prior = features[:, 0]
        return np.asarray(grid[..., 0] * float(prior @ target / (prior @ prior)))

    def _card(self, whole: pd.DataFrame, features: FloatArray, split: TimeSplit) -> ModelCard:
        target, prior = whole["power_kw"].to_numpy(float)[split.test], features[split.test, 0]
        predicted = self.predict(whole.iloc[split.test])
        model = errors(target, predicted)
        yesterday = a_day_before(whole["power_kw"], split.test)
        qualified, reason = verdict(model, errors(target, prior), errors(target, yesterday))
        _, width, _ = self.correct(prior, {n: whole[n].to_numpy(float)[split.test] for n in self.drivers})
        return ModelCard(
            name=self.name,
            method=f"physical law, {self.method_} on top",
            unit="kW",
            window=(whole.index[0].isoformat(), whole.index[-1].isoformat()),
            features={
                column: (float(low), float(high))
                for column, (low, high) in zip(["prior_kw", *self.drivers], self.seen_, strict=True)
            },
            test=model,
            prior_test=errors(target, prior),
            persistence_test=errors(target, yesterday),
            half_width=self.half_width_kw_,
            coverage_frac=coverage_frac(target, predicted, width),
            qualified=qualified,
            reason=reason,
        )


def _tree_table(features: FloatArray, target: FloatArray, grid: FloatArray) -> FloatArray:
    """Return power on a grid: the law times a ratio from gradient-boosted trees, made to rise with the law.

    The trees learn the ratio, so that in gaps of the data (one chiller, two chillers, nothing between) the law's shape stays;
    rows weigh by the law's power squared, which makes squared errors those of power.
    """
    trees = HistGradientBoostingRegressor(
        max_iter=150,
        learning_rate=0.08,
        max_leaf_nodes=15,
        min_samples_leaf=max(10, len(target) // 100),
        early_stopping=False,
        random_state=0,
    )
    prior = features[:, 0]
    with threadpool_limits(limits=1, user_api="openmp"):  # small data: more threads only wait for each other
        trees.fit(features, target / prior, sample_weight=(prior / prior.mean()) ** 2)
        ratio = trees.predict(grid.reshape(-1, features.shape[1]))
    return np.maximum.accumulate(grid[..., 0] * ratio.reshape(grid.shape[:-1]), axis=0)
