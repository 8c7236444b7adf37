"""What rows teach of a component: a ratio over its law, and how far it may be off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.component.candidates import CARRIED_FRAC, SCALE
from models.component.ratio_table import Range, RatioTable, tabulate
from models.component.rehearsal import fitted, rehearse
from models.component.rows import TrainingRows, far_apart
from models.component.spread import Spread, conformal_spread
from models.prior_width import half_width_kw, law_sd_frac

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

AMONG_SIBLINGS_FRAC = 0.5  # how far units of a kind lie apart, over how far their law may be off


@dataclass(frozen=True, slots=True, eq=False)
class Taught:
    """A learned correction.

    Attributes
    ----------
    table
        Power over the law's, by the law's power and the drivers, as far as a trend is carried.
    seen
        The range seen.
    spread
        Half of the 90 % interval inside the range seen.
    method
        What was learned, in words.
    """

    table: RatioTable
    seen: Range
    spread: Spread
    method: str

    def scaled(self, factor: float) -> Taught:
        """Return it for a unit that is rated a factor more."""
        by_law = np.append(factor, np.ones(self.seen.low.size - 1))
        axes, seen = (Range(of.low * by_law, of.high * by_law) for of in (self.table.axes, self.seen))
        spread = Spread(self.spread.constant_kw * factor, self.spread.share_frac)
        return Taught(RatioTable(axes, self.table.values), seen, spread, self.method)

    def correct(
        self, component: str, features: FloatArray, drivers: tuple[str, ...] = ()
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return power [kW], half-width [kW], and how far the features lie outside the range seen: 0 within, 1 far from it.

        Out there the law's shape rules. The width then holds both what the law may be off by and how far the data already were
        from it.
        """
        power, outside = self.table.power_kw(features), self.seen.outside(features)
        width, beyond = self.spread.half_width_kw(power), np.zeros(len(power))
        beyond[outside] = np.minimum(self.seen.beyond(features[outside], self._far(drivers)), 1.0)
        unseen_kw = power[outside]
        law_kw = half_width_kw(component, unseen_kw, np.ones(unseen_kw.size, bool))
        apart_kw = np.abs(unseen_kw - features[outside, 0])
        width[outside] = np.maximum(width[outside], np.maximum(law_kw, apart_kw))
        return power, width, beyond

    def _far(self, drivers: tuple[str, ...]) -> FloatArray:
        """Return how far from what was seen nothing of it counts any more: as much power again, and so much of each driver."""
        return np.array([self.seen.high[0], *far_apart(drivers)])


def learn(component: str, rows: TrainingRows, siblings: Taught | None = None) -> Taught:
    """Return what rows teach; the interval comes from rows that were predicted before they were fitted.

    Parameters
    ----------
    component
        Name, for how far its law is usually off.
    rows
        Enough for stretches of them to be predicted by the rows before.
    siblings
        What units of its kind have taught: where that helps to predict, the rows correct it instead of the bare law.
    """
    law_sd = law_sd_frac(component)
    tried = [(rehearse(rows, law_sd), rows, law_sd, "")]
    if siblings is not None:
        over, among_sd = rows.over(siblings.table.at), AMONG_SIBLINGS_FRAC * law_sd
        tried.append((rehearse(over, among_sd), over, among_sd, " over what its siblings taught"))
    rehearsed, taken, sd_frac, over_what = min(tried, key=lambda one: one[0].rmse_kw)
    spread = conformal_spread(rehearsed.predicted_kw, rehearsed.residual_kw, rehearsed.rows.looks)
    table = tabulate(rehearsed.fit(taken, sd_frac), rows.seen.widened(CARRIED_FRAC))
    return Taught(table, rows.seen, spread, ", ".join(rehearsed.names) + over_what)


def learn_little(component: str, rows: TrainingRows, siblings: Taught) -> Taught:
    """Return what siblings have taught, at a level that a few own rows have moved; range and interval are the siblings'."""
    level = fitted(SCALE, rows.over(siblings.table.at), AMONG_SIBLINGS_FRAC * law_sd_frac(component))
    return Taught(
        tabulate(level, siblings.table.axes), siblings.seen, siblings.spread, "what its siblings taught, scaled"
    )
