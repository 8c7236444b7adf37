"""Servers of one kind: the curve they share, and how far a new one may lie from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.server_power.curve import KNOTS_FRAC, PowerCurve, between_knots

FloatArray = npt.NDArray[np.float64]

# Judgement, as shares of the power between idle and peak; the widths of `_a_server` and the hours below were chosen on the
# earlier halves of three GPU servers' histories.
_LAW_SLOPE, _LAW_SMOOTH, _LAW_STEP = 0.2, 0.1, 0.2
_SERVER_SLOPE, _SERVER_SMOOTH, _SERVER_STEP = 0.11, 0.04, 0.02
_LAW_REACH, _SERVER_REACH = 0.2, 0.1  # how far a smooth deviation reaches, in root utilisation
_NOISE_SHARE = 0.1
_NOISE_ROWS = 5.0  # that the noise above counts for
_INDEPENDENT_H = 12.0  # a job lasts: hours that tell as much as one independent step
_LONE_ROW_H = 1.0


@dataclass(frozen=True, slots=True)
class Nameplate:
    """Power with nothing to do and with all that there is [kW]."""

    idle_kw: float
    peak_kw: float

    @property
    def span_kw(self) -> float:
        """Power between idle and peak."""
        return self.peak_kw - self.idle_kw


@dataclass(frozen=True, slots=True, eq=False)
class ServerFamily:
    """What is known of a server of this kind before it has said anything itself."""

    nameplate: Nameplate
    curve: PowerCurve


@dataclass(frozen=True, slots=True, eq=False)
class ServerRows:
    """Whole rows of one server: utilisation (n,) [-], power (n,) [kW], and how many independent steps each counts for."""

    utilisation_frac: FloatArray
    power_kw: FloatArray
    weight: FloatArray


def server_rows(history: pd.DataFrame) -> ServerRows:
    """Return the rows of a history with columns `utilisation_frac` and `power_kw`, index times; rows with gaps are left out.

    Raises
    ------
    ValueError
        If a utilisation is not within 0..1.
    """
    whole = history[["utilisation_frac", "power_kw"]].dropna().sort_index()
    apart_s = np.diff(pd.DatetimeIndex(whole.index).as_unit("s").asi8)
    step_h = float(np.median(apart_s)) / 3600 if apart_s.size else _LONE_ROW_H
    utilisation = whole["utilisation_frac"].to_numpy(float)
    between_knots(utilisation)  # refuses percent
    weight = np.full(len(whole), min(step_h / _INDEPENDENT_H, 1.0))
    return ServerRows(utilisation, whole["power_kw"].to_numpy(float), weight)


def unmeasured_family(nameplate: Nameplate) -> ServerFamily:
    """Return a family of which only the nameplate is known: a published law with a wide band.

    References
    ----------
    Fan, Weber, Barroso, "Power provisioning for a warehouse-sized computer", ISCA 2007: P = idle + (peak - idle)(2u - u^1.4).

    Raises
    ------
    ValueError
        If the peak is not above idle.
    """
    if not nameplate.peak_kw > nameplate.idle_kw >= 0:
        raise ValueError(
            f"peak power {nameplate.peak_kw} kW must be above idle power {nameplate.idle_kw} kW, and that not negative"
        )
    law = 2 * KNOTS_FRAC - KNOTS_FRAC**1.4
    covariance = _spread(_LAW_SLOPE, _LAW_SMOOTH, _LAW_REACH, _LAW_STEP)
    return ServerFamily(nameplate, PowerCurve(law, covariance, np.full(KNOTS_FRAC.size, _NOISE_SHARE**2)))


def fit_family(nameplate: Nameplate, servers: Sequence[ServerRows]) -> ServerFamily:
    """Return the family of measured servers, each of which counts the same however long it was measured.

    A new server may deviate from the curve by the spread among servers of a kind, and by what few servers leave unknown of it.
    """
    before = unmeasured_family(nameplate)
    measured = [rows for rows in servers if rows.weight.size]
    if not measured:
        return before
    each = sum(float(rows.weight.sum()) for rows in measured) / len(measured)
    utilisation = np.concatenate([rows.utilisation_frac for rows in measured])
    share = (np.concatenate([rows.power_kw for rows in measured]) - nameplate.idle_kw) / nameplate.span_kw
    weight = np.concatenate([rows.weight * each / rows.weight.sum() for rows in measured])
    curve = before.curve.learned(utilisation, share, weight)
    noise_var = _noise_var(utilisation, share - curve.share(utilisation))
    among = _spread(_SERVER_SLOPE, _SERVER_SMOOTH, _SERVER_REACH, _SERVER_STEP) * (1 + 1 / len(measured))
    return ServerFamily(nameplate, PowerCurve(curve.mean, among + curve.covariance, noise_var))


def _spread(slope: float, smooth: float, reach: float, step: float) -> FloatArray:
    """Return the covariance of a deviation that grows with utilisation, one that is smooth, and one a knot has alone."""
    place = np.sqrt(KNOTS_FRAC)  # deviations are as different at idle as over a third of the range at full work
    near = np.exp(-0.5 * ((place[:, None] - place) / reach) ** 2)
    alone = np.eye(KNOTS_FRAC.size)
    return np.asarray(slope**2 * np.outer(KNOTS_FRAC, KNOTS_FRAC) + smooth**2 * near + step**2 * alone)


def _noise_var(utilisation: FloatArray, residual: FloatArray) -> FloatArray:
    weights = between_knots(utilisation)
    total = weights.T @ residual**2 + _NOISE_ROWS * _NOISE_SHARE**2
    return np.asarray(total / (weights.sum(axis=0) + _NOISE_ROWS))
