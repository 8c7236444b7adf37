"""Coefficients of all racks of a hall from rows: time constant, knee and lines by least squares; thin racks left out by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.rack.features import FIRST_CRAH, FIRST_KNEE, KNEES_K, OFFSET, SLOPE, RackFeatures, rack_features
from models.rack.regression import Drawn, Products, products, solve
from models.rack_inlet import BEYOND_KNEE_FRAC, KNEE_RISE_K, PRIOR_MARGIN_K, RackInlets

FloatArray = npt.NDArray[np.float64]

MIN_ROWS = 48
LAGS_S = (0.0, 120.0, 240.0, 360.0, 480.0, 600.0, 900.0)
_MOST_ROWS = 20_000  # of a longer history every so many rows are taken
_PRIOR_WEIGHT_FRAC = 0.02  # the prior decides only where the data do not move
_KNEE_ROWS_FRAC = 0.05  # of the rows must lie beyond a knee that is learned
_KNEE_GAIN_FRAC = 0.02  # by which a knee must lower the squared error
_RARE_FRAC, _RARE_ROWS = (
    0.005,
    4.0,
)  # at either end, whichever is less: in a year, hours at a setpoint that was tried count
_LEVEL_S = (
    7 * 86400.0
)  # over which the error of a probe is averaged: the days of a week differ, and probes drift over months
_LEAST_OFFSET_K = -0.5  # two probes that disagree: no rack breathes air colder than what is blown
_LEAST_REACH = 0.05  # of the usual: a rack that no CRAH reaches is a misfit


@dataclass(frozen=True, slots=True, eq=False)
class LearnedInlets:
    """Coefficients without intervals; the time constant [s] behind which inlets follow; racks with too few readings."""

    inlets: RackInlets
    lag_s: float
    left_out: tuple[str, ...]


def learn_inlets(hall: str, rows: pd.DataFrame, measured: pd.DataFrame, crahs: Sequence[str] = ()) -> LearnedInlets:
    """Return the coefficients that rows teach; see `RackInletModel.fit`."""
    features = rack_features(rows, crahs)
    whole = np.isfinite(features.columns).all(axis=1)
    if whole.sum() < MIN_ROWS:
        raise ValueError(f"{hall}: {whole.sum()} whole rows of supply air and air rise, {MIN_ROWS} are needed")
    truth = measured.to_numpy(float)
    enough = np.isfinite(truth[whole]).sum(axis=0) >= MIN_ROWS
    if not enough.any():
        raise ValueError(f"{hall}: no rack has {MIN_ROWS} inlet readings")
    taken = np.flatnonzero(whole)[:: max(1, int(whole.sum()) // _MOST_ROWS)]
    rise = features.columns[taken, SLOPE]
    drawn = features.drawn(float(np.std(rise)))
    best: tuple[float, FloatArray, float | None, float] | None = None
    for lag_s in LAGS_S:
        supply, columns = features.behind(lag_s)
        sums = products(columns[taken], truth[np.ix_(taken, enough)] - supply[taken, None])
        found, knee_k, error = _with_knee(sums, drawn, features, rise)
        if best is None or error < best[0]:
            best = (error, found, knee_k, lag_s)
    assert best is not None
    _, found, knee_k, lag_s = best
    inlets = _inlets_of(found, knee_k, features, tuple(str(rack) for rack in measured.columns[enough]))
    inlets = replace(inlets, seen_rise_k=_seen(rise), seen_supply_degc=_seen(features.supply_degc[taken]))
    if knee_k is None:
        inlets = replace(inlets, knee_k=max(KNEE_RISE_K, _seen(rise)[1]))
    inlets = _as_of_late(inlets, rows, truth[:, enough])
    racks = tuple(str(rack) for rack in measured.columns)
    left_out = tuple(rack for rack, known in zip(racks, enough, strict=True) if not known)
    return LearnedInlets(_spread_to(inlets, racks, float(np.median(rise))), lag_s, left_out)


def steady_degc(inlets: RackInlets, rows: pd.DataFrame) -> FloatArray:
    """Return steady inlets [degC] of rows, (n, racks); by CRAH where the model tells them apart."""
    rise = rows["air_rise_k"].to_numpy(float)
    if not inlets.crahs:
        return inlets.inlet_degc(rows["supply_air_degc"].to_numpy(float), rise)
    supply = rows[[f"{crah}.supply_air_temperature_degc" for crah in inlets.crahs]].to_numpy(float)
    airflow = rows[[f"{crah}.airflow_m3ps" for crah in inlets.crahs]].to_numpy(float)
    return inlets.inlet_by_crah_degc(supply, airflow, rise)


def _with_knee(
    sums: Products, drawn: Drawn, features: RackFeatures, rise_k: FloatArray
) -> tuple[FloatArray, float | None, float]:
    """Return coefficients (offset, slope, beyond, CRAHs), the knee where one is worth it, and the squared error."""
    crahs = range(FIRST_CRAH, FIRST_CRAH + len(features.crahs))
    line, least = solve(sums, [OFFSET, SLOPE, *crahs], drawn, _PRIOR_WEIGHT_FRAC)
    best = np.insert(line, 2, BEYOND_KNEE_FRAC, axis=1)
    knee_k: float | None = None
    least *= 1.0 - _KNEE_GAIN_FRAC
    for index, candidate_k in enumerate(KNEES_K):
        if np.mean(rise_k > candidate_k) < _KNEE_ROWS_FRAC:
            break
        found, error = solve(sums, [OFFSET, SLOPE, FIRST_KNEE + index, *crahs], drawn, _PRIOR_WEIGHT_FRAC)
        if error < least:
            best, knee_k, least = found, candidate_k, error
    return best, knee_k, least if knee_k is not None else least / (1.0 - _KNEE_GAIN_FRAC)


def _inlets_of(found: FloatArray, knee_k: float | None, features: RackFeatures, racks: tuple[str, ...]) -> RackInlets:
    reach = found[:, 3:]
    if features.crahs:
        total = (reach @ features.airflow_share)[:, None]
        reach = np.where(total > _LEAST_REACH, reach / np.maximum(total, _LEAST_REACH), 1.0)
    return RackInlets(
        racks=racks,
        offset_k=found[:, 0],
        recirculation_frac=found[:, 1],
        margin_k=np.full(len(racks), PRIOR_MARGIN_K),
        knee_k=KNEE_RISE_K if knee_k is None else knee_k,
        beyond_frac=found[:, 2],
        crahs=features.crahs,
        reach=reach if features.crahs else np.zeros((0, 0)),
    )


def _spread_to(inlets: RackInlets, racks: tuple[str, ...], rise_k: float) -> RackInlets:
    """Return coefficients for all racks: those that taught nothing take the ones of the hottest rack."""
    hottest = int(np.argmax(inlets.inlet_degc(0.0, rise_k)))
    from_rack = [inlets.racks.index(rack) if rack in inlets.racks else hottest for rack in racks]
    return replace(
        inlets,
        racks=racks,
        offset_k=inlets.offset_k[from_rack],
        recirculation_frac=inlets.recirculation_frac[from_rack],
        beyond_frac=inlets.beyond_frac[from_rack],
        margin_k=inlets.margin_k[from_rack],
        reach=inlets.reach[from_rack] if inlets.crahs else inlets.reach,
    )


def _as_of_late(inlets: RackInlets, rows: pd.DataFrame, truth: FloatArray) -> RackInlets:
    """Return coefficients with the offsets of the last days: what a probe is off by, below zero too, changes over months."""
    age_s = (rows.index[-1] - rows.index).total_seconds().to_numpy(float)
    miss_k = truth - steady_degc(inlets, rows)
    weight = np.where(np.isfinite(miss_k), np.exp(-age_s / _LEVEL_S)[:, None], 0.0)
    late_k = (weight * np.nan_to_num(miss_k)).sum(axis=0) / weight.sum(axis=0)
    return replace(inlets, offset_k=np.maximum(inlets.offset_k + late_k, _LEAST_OFFSET_K))


def _seen(column: FloatArray) -> tuple[float, float]:
    rare = min(_RARE_FRAC, _RARE_ROWS / column.size)
    low, high = np.quantile(column, (rare, 1.0 - rare))
    return float(low), float(high)
