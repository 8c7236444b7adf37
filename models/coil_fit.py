"""Learns how well the coils of a plant move heat, from the chilled water that they took: fouled, or rated otherwise than said.

It decides how warm the water comes back, and so what an economizer can take of it. Two parameters keep the law's shape where
nothing was measured; both are drawn towards the nameplate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import least_squares

from models.accuracy import conformal_half_width, coverage_frac, errors, time_split
from models.card import STEADY_CV_RMSE_FRAC, ModelCard
from models.coil import AIR_SHARE
from models.coil_rows import AIR, FLOW, LIQUID, NEEDED
from models.hall_air import Hall, coils_of
from models.heat_exchanger import HeatExchanger
from models.plant_model import CoolingPlant

FloatArray = npt.NDArray[np.float64]

LEAST_ROWS = 96
_MOST_ROWS = 2000
_PRIOR_SD = np.array([0.25, 0.1])  # of the logarithm of the conductance, and of the air side's share of the resistance
_LEAST, _MOST = np.array([-1.2, 0.4]), np.array([0.7, 0.95])
_LOOK = "2h"  # rows of one load and one weather tell as much as one
_LEAST_NOISE = 0.005  # of the flow: what a meter resolves


@dataclass(frozen=True, slots=True, eq=False)
class CoilFit:
    """What the coils of a plant are, by history.

    Attributes
    ----------
    plant
        Id of the plant.
    conductance_frac
        Conductance over that of the nameplates [-].
    air_share
        Share of the thermal resistance on the air side, at rated flows [-].
    coils
        By hall: its coils as one, by the nameplates, and their rated water [L/s].
    card
        The model card; its errors are of the newest fifth of the rows, by what the older ones taught.
    """

    plant: str
    conductance_frac: float
    air_share: float
    coils: Mapping[str, tuple[HeatExchanger, float]]
    card: ModelCard

    @property
    def qualified(self) -> bool:
        """Whether it beats the nameplates out of sample."""
        return bool(self.card.qualified)

    def apply_to(self, hall: Hall) -> Hall:
        """Return a hall whose coils are as learned."""
        return replace(hall, coil_conductance_frac=self.conductance_frac, coil_air_share=self.air_share)

    def predict_lps(self, rows: pd.DataFrame) -> FloatArray:
        """Return chilled-water flow [L/s] for rows of `models.coil_rows`."""
        return flow_lps(self.coils, rows, np.array([np.log(self.conductance_frac), self.air_share]))


def fit_coils(plant: CoolingPlant, rows: pd.DataFrame) -> CoilFit:
    """Learn the coils of a plant.

    Parameters
    ----------
    plant
        Nameplates of all units.
    rows
        As `models.coil_rows.coil_rows` returns them, in time order.

    Raises
    ------
    ValueError
        With fewer than `LEAST_ROWS` rows.
    """
    if len(rows) < LEAST_ROWS:
        raise ValueError(f"{len(rows)} whole rows of coils and chilled water; {LEAST_ROWS} are needed")
    coils = {hall.id: coils_of(hall, plant.water_rise_k) for hall in plant.hall_parts}
    cut = time_split(len(rows)).test.start
    older, newest = rows.iloc[:cut], rows.iloc[cut:]
    found = likely(coils, rows)
    said = flow_lps(coils, newest, likely(coils, older))
    return CoilFit(
        plant.plant_id, float(np.exp(found[0])), float(found[1]), coils, _card(plant, coils, rows, newest, said)
    )


def likely(coils: Mapping[str, tuple[HeatExchanger, float]], rows: pd.DataFrame) -> FloatArray:
    """Return the most probable parameters: logarithm of the conductance over the nameplate's, and the air side's share."""
    taken = rows.iloc[:: max(1, len(rows) // _MOST_ROWS)]
    prior, measured = np.array([0.0, AIR_SHARE]), np.log(taken[FLOW].to_numpy(float))
    looks = pd.DatetimeIndex(taken.index).floor(_LOOK).nunique()
    noise, found = 0.05, prior
    for _ in range(2):
        weight = np.sqrt(looks / len(taken)) / noise

        def misses(parameters: FloatArray, weight: float = weight) -> FloatArray:
            unexplained = (np.log(flow_lps(coils, taken, parameters)) - measured) * weight
            return np.append(np.tanh(unexplained / 6.0) * 6.0, (parameters - prior) / _PRIOR_SD)

        found = np.asarray(least_squares(misses, found, bounds=(_LEAST, _MOST), diff_step=[1e-3, 1e-3]).x, float)
        noise = max(float(np.std(np.log(flow_lps(coils, taken, found)) - measured)), _LEAST_NOISE)
    return found


def flow_lps(
    coils: Mapping[str, tuple[HeatExchanger, float]], rows: pd.DataFrame, parameters: FloatArray
) -> FloatArray:
    """Return chilled-water flow [L/s] of coils and loops together."""
    total = rows[LIQUID].to_numpy(float)
    for hall, (exchanger, rated_lps) in coils.items():
        learned = replace(exchanger, conductance_frac=float(np.exp(parameters[0])), hot_share=float(parameters[1]))
        air, needed = (rows[f"{hall}.{name}"].to_numpy(float) for name in (AIR, NEEDED))
        total = total + learned.cold_flow_for(air, needed) * rated_lps
    return total


def nameplate_lps(plant: CoolingPlant, rows: pd.DataFrame) -> FloatArray:
    """Return the flow [L/s] by the nameplates alone."""
    coils = {hall.id: coils_of(hall, plant.water_rise_k) for hall in plant.hall_parts}
    return flow_lps(coils, rows, np.array([0.0, AIR_SHARE]))


def _card(
    plant: CoolingPlant,
    coils: Mapping[str, tuple[HeatExchanger, float]],
    rows: pd.DataFrame,
    newest: pd.DataFrame,
    said_lps: FloatArray,
) -> ModelCard:
    measured = newest[FLOW].to_numpy(float)
    test, prior_test = errors(measured, said_lps), errors(measured, nameplate_lps(plant, newest))
    found = likely(coils, rows)
    half_width = conformal_half_width(rows[FLOW].to_numpy(float) - flow_lps(coils, rows, found))
    steady = errors(measured, np.full(measured.size, rows[FLOW].iloc[: len(rows) - len(newest)].mean()))
    better = test.rmse < prior_test.rmse and (test.rmse < steady.rmse or test.cv_rmse_frac < STEADY_CV_RMSE_FRAC)
    needed = [f"{hall}.{NEEDED}" for hall in coils]
    ends = ((column, np.quantile(rows[column], (0.01, 0.99))) for column in needed)
    return ModelCard(
        name=f"{plant.plant_id}.coils",
        method="conductance and air-side share of the coils, by the chilled water they took",
        unit="L/s",
        window=(rows.index[0].isoformat(), rows.index[-1].isoformat()),
        features={column: (float(low), float(high)) for column, (low, high) in ends},
        test=test,
        prior_test=prior_test,
        persistence_test=None,
        half_width=half_width,
        coverage_frac=coverage_frac(measured, said_lps, half_width),
        qualified=better,
        reason=f"{'beats' if better else 'does not beat'} the nameplates and one flow on the newest rows "
        f"(RMSE {test.rmse:.3g} against {prior_test.rmse:.3g} and {steady.rmse:.3g} L/s)",
        notes=(f"the coils move {np.exp(found[0]):.0%} of what their nameplates say per kelvin",),
    )
