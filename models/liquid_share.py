"""Learns what share of its racks' power a liquid loop takes: a nameplate says what cold plates cover, not what the fans blow away.

All shares of a loop's racks are scaled by one factor, heat measured at its CDUs over heat by the site file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.accuracy import conformal_half_width, coverage_frac, errors, time_split
from models.card import ModelCard
from models.heat_exchanger import WATER_KJ_PER_LK

FloatArray = npt.NDArray[np.float64]

NOMINAL, HEAT, RISE = "nominal_kw", "heat_kw", "rise_k"
LEAST_ROWS = 96  # a day of quarters of an hour
_LEAST_RISE_K = 2.0  # below it, probes are off by too much of it
_STEADY_K = 0.5  # of the coolant from row to row: it stores what it warms by
_LEAST_FLOW_LPS = 1e-3
_LEAST_FACTOR = 0.5  # with less, it is a meter that is wrong
_PROBE_K, _METER_FRAC = 0.1, 0.01  # standard deviations of what instruments are off by for good
_GAUSSIAN_90 = 1.645


@dataclass(frozen=True, slots=True, eq=False)
class LiquidShare:
    """What a loop takes of its racks' power, by history.

    Attributes
    ----------
    loop
        Id of the loop.
    described_frac
        By rack: its share by the site file.
    factor
        Of all of them: heat measured over heat by the site file [-].
    half_width_frac
        Half of the 90 % interval of the factor: how days differ, and what probes and meters may be off by all the time [-].
    card
        The model card; its errors are of the newest fifth of the rows, by what the older ones taught.
    """

    loop: str
    described_frac: Mapping[str, float]
    factor: float
    half_width_frac: float
    card: ModelCard

    @property
    def qualified(self) -> bool:
        """Whether it beats the site file out of sample."""
        return bool(self.card.qualified)

    @property
    def liquid_frac(self) -> dict[str, float]:
        """Share of each rack's power that the loop takes."""
        return {rack: min(self.factor * frac, 1.0) for rack, frac in self.described_frac.items()}

    def predict_kw(self, rows: pd.DataFrame) -> FloatArray:
        """Return the heat that the loop takes [kW] for rows of `loop_rows`."""
        heat: FloatArray = self.factor * rows[NOMINAL].to_numpy(float)
        return heat


def loop_rows(
    cdus: Sequence[str],
    frame: pd.DataFrame,
    nominal_kw: pd.Series[float],
    taken_kw: pd.Series[float],
    pump_kw: pd.Series[float],
) -> pd.DataFrame:
    """Return the rows that tell what racks give to a loop, those in which its coolant warms or cools left out.

    Parameters
    ----------
    cdus
        Ids of the loop's CDUs: coolant comes back to all of them alike, so that one wrong probe among three is outvoted.
    frame
        Columns `<cdu>.secondary_flow_lps`, `<cdu>.secondary_supply_temperature_degc` and
        `<cdu>.secondary_return_temperature_degc`, in steps of equal length, NaN for gaps. Coolant counts as water.
    nominal_kw
        What racks give to the loop by the site file.
    taken_kw
        What heat pumps take from the return ahead of the CDUs.
    pump_kw
        What the CDUs' pumps draw, which ends in the coolant.

    Returns
    -------
    pandas.DataFrame
        `nominal_kw`, `heat_kw` as measured, and `rise_k` of the coolant at the CDUs.
    """
    flow, supply, back = (
        np.stack([frame[f"{cdu}.secondary_{name}"].to_numpy(float) for cdu in cdus])
        for name in ("flow_lps", "supply_temperature_degc", "return_temperature_degc")
    )
    moving = ~(flow < _LEAST_FLOW_LPS)
    entering = pd.DataFrame(np.where(moving, back, np.nan).T).median(axis=1).to_numpy(float)
    kw_per_k = WATER_KJ_PER_LK * np.where(moving, flow, 0.0)
    water_kw = np.where(moving, kw_per_k * (entering - supply), 0.0).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        rise = water_kw / kw_per_k.sum(axis=0)
    rows = pd.DataFrame({NOMINAL: nominal_kw, HEAT: water_kw + taken_kw - pump_kw, RISE: rise}, index=frame.index)
    leaving = pd.Series(entering - rise, index=frame.index)
    steady = (leaving.diff().abs() < _STEADY_K) & (pd.Series(entering, index=frame.index).diff().abs() < _STEADY_K)
    return rows[steady & (rows[RISE] > _LEAST_RISE_K) & (rows[NOMINAL] > 0.0)].dropna()


def fit_liquid_share(loop: str, rows: pd.DataFrame, described_frac: Mapping[str, float], cdus: int) -> LiquidShare:
    """Learn the share of one loop.

    Parameters
    ----------
    loop
        Its id.
    rows
        As `loop_rows` returns them, in time order.
    described_frac
        By rack: its share by the site file.
    cdus
        How many CDUs measure the heat.

    Raises
    ------
    ValueError
        With fewer than `LEAST_ROWS` rows, or where the heat is more than racks draw or less than half of what the site file says:
        then it is a meter that is wrong.
    """
    if len(rows) < LEAST_ROWS:
        raise ValueError(f"{loop}: {len(rows)} steady rows of rack power and of heat at CDUs; {LEAST_ROWS} are needed")
    factor, described = likely_factor(rows), float(np.mean(list(described_frac.values())))
    if not (factor >= _LEAST_FACTOR and factor * described <= 1.0):
        raise ValueError(
            f"{loop} seems to take {factor * described:.2f} of its racks' power; the site file says {described:.2f}: "
            f"look at its flows, temperatures and rack powers"
        )
    half_width = _half_width_frac(rows, cdus)
    said = (
        f"{loop} takes {factor * described:.3f} of its racks' power, within {half_width * described:.3f} (90 %); "
        f"the site file says {described:.2f}"
    )
    return LiquidShare(loop, dict(described_frac), factor, half_width, _card(loop, rows, half_width, said))


def likely_factor(rows: pd.DataFrame) -> float:
    """Return heat measured over heat by the site file: the median, which spells of wrong readings do not move."""
    return float((rows[HEAT] / rows[NOMINAL]).median())


def _half_width_frac(rows: pd.DataFrame, cdus: int) -> float:
    ratio = rows[HEAT] / rows[NOMINAL]
    by_day = ratio.groupby(pd.DatetimeIndex(ratio.index).floor("D")).median()
    days = float(by_day.std()) if len(by_day) > 1 else 0.0
    probes = np.sqrt(2.0) * _PROBE_K / float(rows[RISE].median())
    return float(_GAUSSIAN_90 * np.hypot(days, likely_factor(rows) * np.hypot(probes, _METER_FRAC) / np.sqrt(cdus)))


def _card(loop: str, rows: pd.DataFrame, half_width_frac: float, said: str) -> ModelCard:
    cut = time_split(len(rows)).test.start
    older, newest = rows.iloc[:cut], rows.iloc[cut:]
    measured, nominal = newest[HEAT].to_numpy(float), newest[NOMINAL].to_numpy(float)
    predicted = likely_factor(older) * nominal
    test, prior_test = errors(measured, predicted), errors(measured, nominal)
    unexplained = conformal_half_width(rows[HEAT] - likely_factor(rows) * rows[NOMINAL])
    # At another flow instruments that are off for good are off by another amount: that is no drift of the loop.
    half_width = float(np.hypot(unexplained, half_width_frac * rows[NOMINAL].mean()))
    better = test.rmse < prior_test.rmse
    return ModelCard(
        name=f"{loop}.liquid_share",
        method="share of its racks' power that a loop takes, by the heat at its CDUs",
        unit="kW",
        window=(rows.index[0].isoformat(), rows.index[-1].isoformat()),
        features={NOMINAL: (float(rows[NOMINAL].min()), float(rows[NOMINAL].max()))},
        test=test,
        prior_test=prior_test,
        persistence_test=None,
        half_width=half_width,
        coverage_frac=coverage_frac(measured, predicted, half_width),
        qualified=better,
        reason=f"{'beats' if better else 'does not beat'} the site file on the newest rows "
        f"(RMSE {test.rmse:.3g} against {prior_test.rmse:.3g} kW)",
        notes=(said,),
    )
