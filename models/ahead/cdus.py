"""Liquid loops in the next hour: supply and return of each CDU under the setpoints that are planned.

Supply is what its setpoint asks, but no colder than the facility water lets it be with the valve open. Return is the mixed
supply warmed by the loop's heat over its flow, one temperature for all CDUs of a loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models import cdu
from models.ahead.inlets import HORIZON_S
from models.ahead.innovation import Forecast, Innovation, calibrated
from models.ahead.lagged import lagged, step_share
from models.ahead.planned import planned_from
from models.heat_exchanger import WATER_KJ_PER_LK
from models.nameplate import Cdu
from models.rack.features import step_s

FloatArray = npt.NDArray[np.float64]

SUPPLY, RETURN = "secondary_supply_temperature_degc", "secondary_return_temperature_degc"
FLOW = "secondary_flow_lps"
LAGS_S = (0.0, 120.0, 300.0, 600.0, 900.0)
RATED_WATER_RISE_K = 8.0  # of the facility water at a CDU's rated heat
_OLDER_FRAC = 2 / 3
_LEAST_FLOW_LPS = 1e-3
_LEAST_APPROACH_K = 0.5
_NEAREST_QUANTILE = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class CdusAhead:
    """Forecasts of the CDUs of one loop.

    `reach_frac` is the nearest that each CDU has brought its supply to the facility water over what its nameplate says, at most
    1; `knows_plan` says whether setpoints of later rows are what is planned.
    """

    cdus: tuple[Cdu, ...]
    reach_frac: FloatArray
    innovation: Innovation
    knows_plan: bool

    def forecast(self, rows: pd.DataFrame) -> Forecast:
        """Return what would have been forecast at each row for each step of the next hour.

        Parameters
        ----------
        rows
            At equal steps, columns `cdu_columns`. Rows at the end may hold setpoints alone: they are the plan.

        Returns
        -------
        Forecast
            Channels: secondary supply of each CDU, then secondary return of each [degC].
        """
        steps = self.innovation.kept_frac.size
        steady, ahead = _steady(self.cdus, self.reach_frac, rows, steps, knows_plan=self.knows_plan)
        return self.innovation.forecast(steady, ahead, _measured(self.cdus, rows))


def cdu_columns(cdus: Sequence[Cdu]) -> tuple[str, ...]:
    """Return the columns that forecasts of a loop are made of."""
    quantities = (
        SUPPLY, RETURN, FLOW, "primary_supply_temperature_degc",
        "secondary_supply_temperature_setpoint_degc", "secondary_flow_setpoint_lps",
    )  # fmt: skip
    return tuple(f"{unit.id}.{quantity}" for unit in cdus for quantity in quantities)


def fit_cdus_ahead(loop: str, rows: pd.DataFrame, cdus: Sequence[Cdu], *, knows_plan: bool = True) -> CdusAhead:
    """Fit on rows at equal steps of one to five minutes: the lag on the older two thirds, the interval on the newest third.

    Raises
    ------
    ValueError
        With columns missing, too few rows, or rows longer than the horizon.
    """
    missing = [column for column in cdu_columns(cdus) if column not in rows.columns]
    if missing:
        raise ValueError(f"{loop}: {', '.join(missing)} not in the history")
    step = step_s(rows.index)
    steps = round(HORIZON_S / step) if step else 0
    if steps < 1:
        raise ValueError(f"{loop}: rows every {step:.0f} s; an hour ahead needs steps of at most an hour, and two rows")
    older = int(len(rows) * _OLDER_FRAC)
    reach_frac = _reach_frac(cdus, rows[:older])
    steady, ahead = _steady(cdus, reach_frac, rows, steps, knows_plan=knows_plan)
    measured = _measured(cdus, rows)
    lag_s = min(LAGS_S, key=lambda lag: _unevenness(measured[:older] - lagged(steady[:older], step_share(step, lag))))
    supplies_and_returns = np.repeat(np.arange(2), len(cdus))
    innovation = calibrated((step, lag_s), steady[older:], ahead[older:], measured[older:], supplies_and_returns)
    return CdusAhead(tuple(cdus), _reach_frac(cdus, rows), innovation, knows_plan)


def _steady(
    cdus: Sequence[Cdu], reach_frac: FloatArray, rows: pd.DataFrame, steps: int, *, knows_plan: bool
) -> tuple[FloatArray, FloatArray]:
    """Return supplies and returns for what is measured, (n, 2 C), and for what is planned, (n, H, 2 C)."""
    flow, primary, wanted = (
        _by_cdu(rows, cdus, name)
        for name in (FLOW, "primary_supply_temperature_degc", "secondary_supply_temperature_setpoint_degc")
    )
    planned = planned_from(wanted, steps, knows_plan=knows_plan)
    flows = planned_from(_by_cdu(rows, cdus, "secondary_flow_setpoint_lps"), steps, knows_plan=knows_plan)
    heat_kw = _heat_kw(cdus, rows)
    now = _answer((cdus, reach_frac), wanted_degc=wanted, flow_lps=flow, primary_degc=primary, heat_kw=heat_kw)
    ahead_degc, ahead_lps = wanted[:, None] + planned.above_now, flow[:, None] * flows.over_now
    return now, _answer(
        (cdus, reach_frac),
        wanted_degc=ahead_degc,
        flow_lps=ahead_lps,
        primary_degc=primary[:, None],
        heat_kw=heat_kw[:, None],
    )


def _answer(
    units: tuple[Sequence[Cdu], FloatArray],
    *,
    wanted_degc: FloatArray,
    flow_lps: FloatArray,
    primary_degc: FloatArray,
    heat_kw: FloatArray,
) -> FloatArray:
    """Return steady supplies and returns, (..., 2 C), of CDUs, with their reach, that share a loop's heat by their flows."""
    cdus, reach_frac = units
    total = np.maximum(flow_lps.sum(axis=-1), _LEAST_FLOW_LPS)
    drop_k = np.maximum(heat_kw, 0.0) / (WATER_KJ_PER_LK * total)
    supply = np.maximum(wanted_degc, primary_degc + reach_frac * _approach_k(cdus, drop_k, flow_lps))
    mixed = (supply * flow_lps).sum(axis=-1) / total
    back = np.broadcast_to((mixed + drop_k)[..., None], supply.shape)
    return np.concatenate([supply, back], axis=-1)


def _approach_k(cdus: Sequence[Cdu], drop_k: FloatArray, flow_lps: FloatArray) -> FloatArray:
    """Return how near each CDU's nameplate brings its supply to the facility water [K], valve open, (..., C)."""
    near = []
    for index, unit in enumerate(cdus):
        water_kw_per_k = unit.rated_heat_kw / RATED_WATER_RISE_K
        exchanger = cdu.rated_exchanger(unit.rated_heat_kw, unit.rated_flow_lps, unit.approach_k, water_kw_per_k)
        near.append(cdu.approach_k(exchanger, drop_k, 1.0, flow_lps[..., index] / unit.rated_flow_lps))
    return np.stack(near, axis=-1)


def _reach_frac(cdus: Sequence[Cdu], rows: pd.DataFrame) -> FloatArray:
    flow, supply, primary = (_by_cdu(rows, cdus, name) for name in (FLOW, SUPPLY, "primary_supply_temperature_degc"))
    total = np.maximum(flow.sum(axis=1), _LEAST_FLOW_LPS)
    approach = _approach_k(cdus, np.maximum(_heat_kw(cdus, rows), 0.0) / (WATER_KJ_PER_LK * total), flow)
    nearest = [
        float(np.quantile(ratio[np.isfinite(ratio)], _NEAREST_QUANTILE)) if np.isfinite(ratio).any() else 1.0
        for ratio in ((supply - primary) / np.maximum(approach, _LEAST_APPROACH_K)).T
    ]
    return np.clip(nearest, 0.0, 1.0)


def _heat_kw(cdus: Sequence[Cdu], rows: pd.DataFrame) -> FloatArray:
    flow, supply, back = (_by_cdu(rows, cdus, name) for name in (FLOW, SUPPLY, RETURN))
    return np.asarray(WATER_KJ_PER_LK * (flow * (back - supply)).sum(axis=1))


def _measured(cdus: Sequence[Cdu], rows: pd.DataFrame) -> FloatArray:
    return np.concatenate([_by_cdu(rows, cdus, name) for name in (SUPPLY, RETURN)], axis=1)


def _by_cdu(rows: pd.DataFrame, cdus: Sequence[Cdu], quantity: str) -> FloatArray:
    return rows[[f"{unit.id}.{quantity}" for unit in cdus]].to_numpy(float)


def _unevenness(error: FloatArray) -> float:
    return float(np.nansum(np.nanvar(error, axis=0)))
