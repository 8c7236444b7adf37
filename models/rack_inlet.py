"""Inlet temperature of each rack: supply air plus a rise that falls with airflow and grows with power.

inlet = supply + offset + recirculation x air rise, where the air rise is what the hall's heat does to the air that its CRAHs
move: IT power / (air heat capacity x airflow). No coefficient but the offset may be negative, so that warmer supply air, less
airflow or more power never cools a rack, whatever the data say.

Servers draw the air that they need. Where CRAHs move less, the rest comes back from the hot aisle: beyond a knee, every kelvin
of the hall's rise is one of the inlets and more at the worst rack. Where history has gone beyond the knee, knee and steepness
are learned; where it has not, the knee is put no nearer than what history has seen.

CRAHs do not reach all racks alike. `reach` says how much of a CRAH's air comes to a rack, 1 being the same as everywhere; with
it each rack has its own supply air and its own air rise, and a CRAH that stands shows which racks suffer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from models.heat_exchanger import AIR_KJ_PER_M3K

FloatArray = npt.NDArray[np.float64]

PRIOR_OFFSET_K = 0.3
PRIOR_RECIRCULATION_FRAC = 0.12  # of the air rise; contained aisles 0.05, open rooms 0.2 and more
PRIOR_MARGIN_K = 1.5
PROBE_ACCURACY_K = 0.3  # of a rack's inlet probe: a plan never comes nearer to a limit
KNEE_RISE_K = 11.0  # of servers: 11 to 14 K at their rating, less at part load
BEYOND_KNEE_FRAC = 1.2  # of the rise beyond the knee that reaches an inlet
LEAST_RISE_K = 2.0  # an air rise below it says nothing about its share
_MOST_RISE_K, _RISES = 50.0, 201
_LEAST_AIR_FRAC = 0.1  # of its usual air: a rack gets some from its neighbours whatever stands


@dataclass(frozen=True, slots=True, eq=False)
class RackInlets:
    """Coefficients of the racks of one hall, one array entry a rack.

    Attributes
    ----------
    racks
        Rack ids.
    offset_k
        Rise at no load [K], with what the probe was off by in the last days of the data; below zero where it reads low.
    recirculation_frac
        Share of the hall's air rise that reaches the inlet [-], >= 0.
    margin_k
        What a plan keeps free above the inlet [K]: the upper half of the 90 % interval, at least the accuracy of a probe.
    seen_rise_k, seen_supply_degc
        Ranges of air rise and supply air in the data; None for a prior.
    knee_k
        Air rise [K] beyond which air comes back from the hot aisle.
    beyond_frac
        Share of the rise beyond the knee that reaches the inlet as well [-], >= 0.
    crahs, reach
        CRAH ids, and how much of each one's air comes to each rack over the hall's mean [-], (racks, CRAHs) >= 0; none: all alike.
    interval_k
        Lower and upper half of the 90 % interval [K], (2, racks); NaN for a prior.
    """

    racks: tuple[str, ...]
    offset_k: FloatArray
    recirculation_frac: FloatArray
    margin_k: FloatArray
    seen_rise_k: tuple[float, float] | None = None
    seen_supply_degc: tuple[float, float] | None = None
    knee_k: float = KNEE_RISE_K
    beyond_frac: FloatArray = field(default_factory=lambda: np.array(BEYOND_KNEE_FRAC))
    crahs: tuple[str, ...] = ()
    reach: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))
    interval_k: FloatArray = field(default_factory=lambda: np.full((2, 1), np.nan))

    @classmethod
    def prior(cls, racks: Sequence[str], recirculation_frac: float = PRIOR_RECIRCULATION_FRAC) -> RackInlets:
        """Return what is assumed of racks before the first reading."""
        ones = np.ones(len(racks))
        return cls(tuple(racks), PRIOR_OFFSET_K * ones, recirculation_frac * ones, PRIOR_MARGIN_K * ones)

    def inlet_degc(self, supply_degc: npt.ArrayLike, air_rise_k: npt.ArrayLike) -> FloatArray:
        """Return inlet temperatures [degC] where all CRAHs run alike, the racks along a new last axis."""
        supply, rise = np.broadcast_arrays(np.asarray(supply_degc, float), np.asarray(air_rise_k, float))
        return self._inlet_degc(supply[..., None], rise[..., None])

    def inlet_by_crah_degc(
        self, supply_degc: npt.ArrayLike, airflow_m3ps: npt.ArrayLike, air_rise_k: npt.ArrayLike
    ) -> FloatArray:
        """Return inlet temperatures [degC] under CRAHs that differ; a CRAH that stands has no airflow.

        Parameters
        ----------
        supply_degc, airflow_m3ps
            Of each CRAH [degC, m3/s], in the order of `crahs`, (..., CRAHs).
        air_rise_k
            Air rise of the hall over all its airflow [K], (...).

        Returns
        -------
        FloatArray
            (..., racks).
        """
        supply, airflow = np.asarray(supply_degc, float), np.asarray(airflow_m3ps, float)
        rise = np.asarray(air_rise_k, float)[..., None]
        reach = self.reach if self.reach.size else np.ones((len(self.racks), supply.shape[-1]))
        warmth = np.where(airflow > 0, airflow * supply, 0.0)  # a CRAH that stands may tell any temperature
        given = airflow @ reach.T
        own_supply = warmth @ reach.T / np.maximum(given, 1e-9)
        over_mean = given / np.maximum(airflow.sum(axis=-1, keepdims=True), 1e-9)
        return self._inlet_degc(own_supply, rise / np.maximum(over_mean, _LEAST_AIR_FRAC))

    def without_crah_degc(
        self, crah: str, supply_degc: npt.ArrayLike, airflow_m3ps: npt.ArrayLike, air_rise_k: npt.ArrayLike
    ) -> FloatArray:
        """Return inlet temperatures [degC] with one CRAH stopped and the others as they are; see `inlet_by_crah_degc`.

        Raises
        ------
        ValueError
            If the model knows no such CRAH.
        """
        if crah not in self.crahs:
            raise ValueError(f"{crah}: not among the CRAHs of this model ({', '.join(self.crahs) or 'none are known'})")
        airflow = np.array(airflow_m3ps, float)
        before = airflow.sum(axis=-1)
        airflow[..., self.crahs.index(crah)] = 0.0
        left = np.maximum(airflow.sum(axis=-1) / before, _LEAST_AIR_FRAC)
        return self.inlet_by_crah_degc(supply_degc, airflow, np.asarray(air_rise_k, float) / left)

    def mean_degc(self, supply_degc: npt.ArrayLike, air_rise_k: npt.ArrayLike) -> FloatArray:
        """Return the mean inlet temperature of the hall [degC]."""
        rise = np.asarray(air_rise_k, float)
        offset_k, recirculation_frac, beyond_frac = _means(self)
        mean: FloatArray = np.asarray(supply_degc, float) + offset_k + recirculation_frac * rise
        return mean + beyond_frac * np.maximum(rise - self.knee_k, 0.0)

    def hottest(self, supply_degc: npt.ArrayLike, air_rise_k: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return temperature [degC] and margin [K] of the rack that is nearest to the limit, margin included."""
        inlet = self.inlet_degc(supply_degc, air_rise_k)
        worst = np.argmax(inlet + self.margin_k, axis=-1)
        return np.take_along_axis(inlet, worst[..., None], axis=-1)[..., 0], self.margin_k[worst]

    def greatest_rise_k(self, supply_degc: float, limit_degc: float) -> float:
        """Return the air rise [K] at which the first rack, with its margin, meets a limit; negative if it already does."""
        room = limit_degc - supply_degc - self.offset_k - self.margin_k
        below = room / np.maximum(self.recirculation_frac, 1e-6)
        steep = np.maximum(self.recirculation_frac + self.beyond_frac, 1e-6)
        beyond = (room + self.beyond_frac * self.knee_k) / steep
        return float(np.min(np.where(room < 0, room, np.where(below <= self.knee_k, below, beyond))))

    def coldest_degc(self, supply_degc: npt.ArrayLike, air_rise_k: npt.ArrayLike) -> FloatArray:
        """Return the temperature [degC] that no inlet is surely below; a prior is sure of the supply air alone."""
        supply, rise = np.broadcast_arrays(np.asarray(supply_degc, float), np.asarray(air_rise_k, float))
        if self.seen_rise_k is None:
            return supply
        return np.asarray(supply + np.interp(rise, *_coldest_above_k(self)))

    @property
    def known_rise_k(self) -> float:
        """Air rise [K] up to which the knee is known not to lie; infinite where the knee itself is known, or nothing at all.

        Beyond a knee servers that take in warm air draw yet more of it, so that inlets jump: no place to find out by a plan.
        """
        if self.seen_rise_k is None or self.seen_rise_k[1] > self.knee_k:
            return np.inf
        return self.knee_k

    def _inlet_degc(self, supply_degc: FloatArray, rise_k: FloatArray) -> FloatArray:
        beyond = self.beyond_frac * np.maximum(rise_k - self.knee_k, 0.0)
        return np.asarray(supply_degc + self.offset_k + self.recirculation_frac * rise_k + beyond)

    def raised_to(self, supply_degc: FloatArray, air_rise_k: FloatArray, measured_degc: FloatArray) -> RackInlets:
        """Return coefficients under which no measured inlet lies above its prediction and margin.

        Parameters
        ----------
        supply_degc, air_rise_k
            Supply air [degC] and air rise [K], (n,); NaN for gaps.
        measured_degc
            Inlets [degC], (n, racks); NaN for gaps.
        """
        rise = np.where(air_rise_k > LEAST_RISE_K, air_rise_k, np.nan)
        excess_k = measured_degc - self.inlet_degc(supply_degc, rise) - self.margin_k
        per_k = np.nan_to_num(excess_k / rise[:, None], nan=0.0)
        more = np.maximum(per_k, 0.0).max(axis=0, initial=0.0)
        return replace(self, recirculation_frac=self.recirculation_frac + more)

    def unseen(self, supply_degc: npt.ArrayLike, air_rise_k: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Return where supply air or air rise lie outside what the data showed; a prior has seen nothing but claims no more."""
        rise = np.asarray(air_rise_k, float)
        if self.seen_rise_k is None or self.seen_supply_degc is None:
            return np.zeros(rise.shape, bool)
        (low, high), supply = self.seen_supply_degc, np.asarray(supply_degc, float)
        outside: npt.NDArray[np.bool_] = (rise < self.seen_rise_k[0]) | (rise > self.seen_rise_k[1])
        return outside | (supply < low) | (supply > high)


@lru_cache(maxsize=64)  # of halls that are asked often
def _means(inlets: RackInlets) -> tuple[float, float, float]:
    """Return the means over the racks of offset, recirculation and what comes beyond the knee."""
    return float(inlets.offset_k.mean()), float(inlets.recirculation_frac.mean()), float(inlets.beyond_frac.mean())


@lru_cache(maxsize=64)
def _coldest_above_k(inlets: RackInlets) -> tuple[FloatArray, FloatArray]:
    """Return air rises, and how far above the supply air the coldest inlet surely is at each [K]: asked of all rows alike."""
    rise_k = np.linspace(0.0, _MOST_RISE_K, _RISES)
    surely_k = inlets.inlet_degc(0.0, rise_k) - np.maximum(inlets.interval_k[0], PROBE_ACCURACY_K)
    return rise_k, np.maximum(surely_k.min(axis=-1), 0.0)


def air_rise_k(it_kw: npt.ArrayLike, airflow_m3ps: npt.ArrayLike, density_frac: float = 1.0) -> FloatArray:
    """Return the rise of air [K] that takes up a power [kW] at an airflow [m3/s]; standard air at sea level."""
    rise: FloatArray = np.asarray(it_kw, float) / (
        AIR_KJ_PER_M3K * density_frac * np.maximum(np.asarray(airflow_m3ps, float), 1e-6)
    )
    return rise
