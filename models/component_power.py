"""Power of one component: its physical law as prior, a correction learned on top, monotone in the law.

From a day of data to years: candidates of growing flexibility are rehearsed in time (`models.component.rehearsal`), those near
the best serve together, fitted on all rows. The interval comes from the rehearsal, so that no error in it is of a row that was
seen. The card tells what the same procedure, given the older four fifths, made of the newest fifth.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator

from models.accuracy import coverage_frac, errors, time_split
from models.card import ModelCard, verdict
from models.component.learning import Taught, learn, learn_little
from models.component.rows import MIN_ROWS, TrainingRows, training_rows
from models.component.screening import screen
from models.persistence import a_day_before

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

LEAST_OWN_ROWS = 4  # to be judged by, of a unit whose siblings have taught: an hour of quarters


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
    taught_
        The correction, its range and its spread.
    card_
        The model card.
    """

    def __init__(self, name: str, drivers: tuple[str, ...] = ()) -> None:
        self.name = name
        self.drivers = drivers

    def fit(self, rows: pd.DataFrame, power_kw: pd.Series[float], siblings: Taught | None = None) -> ComponentPower:
        """Fit on rows with columns `prior_kw` and the drivers, index UTC times.

        Rows that must not teach are left out, and the card says which and why (`models.component.screening`).

        Parameters
        ----------
        rows, power_kw
            What the component was asked, and what was measured.
        siblings
            What other units of its kind have taught (`models.component.siblings`), at this unit's rating.

        Raises
        ------
        ValueError
            With fewer than 48 rows that may teach, or with siblings 4; names what was left out.
        """
        screened = screen(rows[self.columns], power_kw)
        taught = training_rows(screened.rows, self.columns)
        least = MIN_ROWS if siblings is None else LEAST_OWN_ROWS
        if len(taught) < least:
            why = "".join(f"; {one}" for one in screened.left_out)
            raise ValueError(f"{self.name}: {len(taught)} whole rows may teach, {least} are needed{why}")
        if siblings is not None and len(taught) < MIN_ROWS:
            test, before = slice(0, len(taught)), siblings
            self.taught_ = learn_little(self.name, taught, siblings)
        else:
            test = time_split(len(taught)).test
            before = learn(self.name, taught.part(slice(0, test.start)), siblings)
            self.taught_ = learn(self.name, taught, siblings)
        self.card_ = self._card(taught, test, before, [str(one) for one in screened.left_out])
        return self

    @property
    def columns(self) -> list[str]:
        """Columns of the rows that it takes, in the order of its features."""
        return ["prior_kw", *self.drivers]

    @property
    def qualified(self) -> bool:
        """Whether it may replace the prior."""
        return bool(self.card_.qualified)

    def predict(self, rows: pd.DataFrame) -> FloatArray:
        """Return corrected power [kW] for rows with columns `prior_kw` and the drivers."""
        return self.taught_.table.power_kw(rows[self.columns].to_numpy(float))

    def correct(
        self, prior_kw: FloatArray, drivers: Mapping[str, FloatArray]
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return power [kW], half-width [kW], and how far the inputs lie outside the range seen; see `Taught.correct`."""
        return self.taught_.correct(self.name, self._features(prior_kw, drivers), self.drivers)

    def corrected_kw(self, prior_kw: FloatArray, drivers: Mapping[str, FloatArray]) -> FloatArray:
        """Return corrected power [kW]."""
        return self.taught_.table.power_kw(self._features(prior_kw, drivers))

    def _features(self, prior_kw: FloatArray, drivers: Mapping[str, FloatArray]) -> FloatArray:
        return np.stack([prior_kw, *(drivers[name] for name in self.drivers)]).T  # column by column in memory: faster

    def _card(self, rows: TrainingRows, test: slice, before: Taught, notes: list[str]) -> ModelCard:
        """Return the card; `before` has seen no row of the test."""
        tested = rows.part(test)
        predicted, width, _ = before.correct(self.name, tested.features, self.drivers)
        model, law = errors(tested.power_kw, predicted), errors(tested.power_kw, tested.features[:, 0])
        if test.start:
            yesterday = errors(tested.power_kw, a_day_before(pd.Series(rows.power_kw, rows.times), test))
            qualified, reason = verdict(model, law, yesterday)
        else:  # all rows are the test: no day is before them
            yesterday, qualified = None, model.rmse < law.rmse
            reason = (
                f"siblings' correction {model.rmse:.3g}, prior {law.rmse:.3g} RMSE on {len(rows)} own rows, new to both"
            )
        seen = self.taught_.seen
        ends = zip(self.columns, seen.low, seen.high, strict=True)
        return ModelCard(
            name=self.name,
            method=f"physical law, {self.taught_.method} on top",
            unit="kW",
            window=(rows.times[0].isoformat(), rows.times[-1].isoformat()),
            features={column: (float(low), float(high)) for column, low, high in ends},
            test=model,
            prior_test=law,
            persistence_test=yesterday,
            half_width=float(np.mean(self.taught_.spread.half_width_kw(rows.power_kw))),
            coverage_frac=coverage_frac(tested.power_kw, predicted, width),
            qualified=qualified,
            reason=reason,
            notes=tuple(notes),
        )
