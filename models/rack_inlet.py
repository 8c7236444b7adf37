"""Inlet temperature of each rack: supply air plus a rise that falls with airflow and grows with power.

inlet = supply + offset + recirculation x air rise, where the air rise is what the hall's heat does to the air that its CRAHs
move: IT power / (air heat capacity x airflow). All coefficients are non-negative, so that warmer supply air, less airflow or
more power never cools a rack, whatever the data say.

Servers draw the air that they need. Where CRAHs move less, the rest comes back from the hot aisle: beyond a knee, the air rise
of the servers themselves, every kelvin of the hall's rise is one of the inlets and more at the worst rack. Where history has
seen a greater rise, the knee lies there: up to it the fitted line holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from models.heat_exchanger import AIR_KJ_PER_M3K

FloatArray = npt.NDArray[np.float64]

PRIOR_OFFSET_K = 0.3
PRIOR_RECIRCULATION_FRAC = 0.12  # of the air rise; contained aisles 0.05, open rooms 0.2 and more
PRIOR_MARGIN_K = 1.5
KNEE_RISE_K = 11.0  # of servers: 11 to 14 K at their rating, less at part load
BEYOND_KNEE_FRAC = 1.2  # of the rise beyond the knee that reaches an inlet
LEAST_RISE_K = 2.0  # an air rise below it says nothing about its share


@dataclass(frozen=True, slots=True, eq=False)
class RackInlets:
    """Coefficients of the racks of one hall, one array entry a rack.

    Attributes
    ----------
    racks
        Rack ids.
    offset_k
        Rise at no load [K], >= 0.
    recirculation_frac
        Share of the hall's air rise that reaches the inlet [-], >= 0.
    margin_k
        Upper half of the 90 % interval of the inlet [K].
    seen_rise_k, seen_supply_degc
        Ranges of air rise and supply air in the data; None for a prior.
    """

    racks: tuple[str, ...]
    offset_k: FloatArray
    recirculation_frac: FloatArray
    margin_k: FloatArray
    seen_rise_k: tuple[float, float] | None = None
    seen_supply_degc: tuple[float, float] | None = None

    @classmethod
    def prior(cls, racks: Sequence[str], recirculation_frac: float = PRIOR_RECIRCULATION_FRAC) -> RackInlets:
        """Return what is assumed of racks before the first reading."""
        ones = np.ones(len(racks))
        return cls(tuple(racks), PRIOR_OFFSET_K * ones, recirculation_frac * ones, PRIOR_MARGIN_K * ones)

    def inlet_degc(self, supply_degc: npt.ArrayLike, air_rise_k: npt.ArrayLike) -> FloatArray:
        """Return inlet temperatures [degC], the racks along a new last axis."""
        supply, rise = np.broadcast_arrays(np.asarray(supply_degc, float), np.asarray(air_rise_k, float))
        carried = supply + self._beyond_k(rise)
        inlet: FloatArray = carried[..., None] + self.offset_k + self.recirculation_frac * rise[..., None]
        return inlet

    def mean_degc(self, supply_degc: npt.ArrayLike, air_rise_k: npt.ArrayLike) -> FloatArray:
        """Return the mean inlet temperature of the hall [degC]."""
        rise = np.asarray(air_rise_k, float)
        mean: FloatArray = np.asarray(supply_degc, float) + self.offset_k.mean() + self.recirculation_frac.mean() * rise
        return mean + self._beyond_k(rise)

    def hottest(self, supply_degc: npt.ArrayLike, air_rise_k: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return temperature [degC] and margin [K] of the rack that is nearest to the limit, margin included."""
        inlet = self.inlet_degc(supply_degc, air_rise_k)
        worst = np.argmax(inlet + self.margin_k, axis=-1)
        return np.take_along_axis(inlet, worst[..., None], axis=-1)[..., 0], self.margin_k[worst]

    def greatest_rise_k(self, supply_degc: float, limit_degc: float) -> float:
        """Return the air rise [K] at which the first rack, with its margin, meets a limit; negative if it already does."""
        room = limit_degc - supply_degc - self.offset_k - self.margin_k
        below = room / np.maximum(self.recirculation_frac, 1e-6)
        beyond = (room + BEYOND_KNEE_FRAC * self.knee_k) / (self.recirculation_frac + BEYOND_KNEE_FRAC)
        return float(np.min(np.where(room < 0, room, np.minimum(below, np.maximum(beyond, 0.0)))))

    @property
    def knee_k(self) -> float:
        """Air rise [K] beyond which air comes back from the hot aisle."""
        return KNEE_RISE_K if self.seen_rise_k is None else max(KNEE_RISE_K, self.seen_rise_k[1])

    def _beyond_k(self, air_rise_k: FloatArray) -> FloatArray:
        return np.asarray(BEYOND_KNEE_FRAC * np.maximum(air_rise_k - self.knee_k, 0.0))

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

    def unseen(self, supply_degc: float, air_rise_k: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Return where supply air or air rise lie outside what the data showed; a prior has seen nothing but claims no more."""
        rise = np.asarray(air_rise_k, float)
        if self.seen_rise_k is None or self.seen_supply_degc is None:
            return np.zeros(rise.shape, bool)
        low, high = self.seen_supply_degc
        outside: npt.NDArray[np.bool_] = (rise < self.seen_rise_k[0]) | (rise > self.seen_rise_k[1])
        return outside | (not low <= supply_degc <= high)


def air_rise_k(it_kw: npt.ArrayLike, airflow_m3ps: npt.ArrayLike, density_frac: float = 1.0) -> FloatArray:
    """Return the rise of air [K] that takes up a power [kW] at an airflow [m3/s]; standard air at sea level."""
    rise: FloatArray = np.asarray(it_kw, float) / (
        AIR_KJ_PER_M3K * density_frac * np.maximum(np.asarray(airflow_m3ps, float), 1e-6)
    )
    return rise
