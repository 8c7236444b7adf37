"""Heat pumps that lift waste heat to a network: a share of the ideal cycle, part load, limits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_ZERO_DEGC_K = 273.15
_LEAST_LIFT_K = 10.0


def carnot_cop(evaporating_degc: npt.ArrayLike, condensing_degc: npt.ArrayLike) -> FloatArray:
    """Return the heating COP [-] of the ideal cycle between two temperatures of the refrigerant [degC], lift at least 10 K."""
    cold_k = np.asarray(evaporating_degc, float) + _ZERO_DEGC_K
    hot_k = np.maximum(np.asarray(condensing_degc, float) + _ZERO_DEGC_K, cold_k + _LEAST_LIFT_K)
    cop: FloatArray = hot_k / (hot_k - cold_k)
    return cop


def lorenz_cop(
    source_in_degc: npt.ArrayLike,
    source_out_degc: npt.ArrayLike,
    sink_in_degc: npt.ArrayLike,
    sink_out_degc: npt.ArrayLike,
) -> FloatArray:
    """Return the heating COP [-] of the ideal cycle whose refrigerant glides along both streams [degC], lift at least 10 K.

    It bounds what several stages in series, or a glide of the refrigerant, can gain over `carnot_cop`.

    References
    ----------
    Lorenz, "Die Ausnützung des Temperaturgefälles", Zeitschrift für die gesamte Kälteindustrie 1 (1894): logarithmic mean
    temperatures in place of Carnot's.
    """
    cold_k = _log_mean_k(source_in_degc, source_out_degc)
    hot_k = np.maximum(_log_mean_k(sink_in_degc, sink_out_degc), cold_k + _LEAST_LIFT_K)
    cop: FloatArray = hot_k / (hot_k - cold_k)
    return cop


@dataclass(frozen=True, slots=True)
class HeatPump:
    """A heat pump by its nameplate.

    Attributes
    ----------
    rated_heat_kw
        Heat delivered at full load.
    efficiency_frac
        COP over Carnot's between evaporating and condensing refrigerant [-]; 0.4 to 0.6 for large machines (Arpagaus et al.,
        "High temperature heat pumps", Energy 152, 2018).
    min_part_load_frac
        Least heat without cycling over rated [-].
    evaporator_approach_k, condenser_approach_k
        Leaving source minus evaporating, and condensing minus leaving sink.
    source_leaving_min_degc, sink_leaving_max_degc
        Coldest source and warmest sink that it may reach.
    cycling_coefficient
        EN 14825's Cc of water-based units: at a part load c of the least, cycling keeps c / (Cc c + 1 - Cc) of the COP.
    """

    rated_heat_kw: float
    efficiency_frac: float = 0.5
    min_part_load_frac: float = 0.25
    evaporator_approach_k: float = 3.0
    condenser_approach_k: float = 3.0
    source_leaving_min_degc: float = 8.0
    sink_leaving_max_degc: float = 90.0
    cycling_coefficient: float = 0.9

    def cop(
        self, source_out_degc: npt.ArrayLike, sink_out_degc: npt.ArrayLike, part_load_frac: npt.ArrayLike = 1.0
    ) -> FloatArray:
        """Return the heating COP [-] at leaving source and leaving sink [degC] and heat over rated heat [-]."""
        ideal = carnot_cop(
            np.asarray(source_out_degc, float) - self.evaporator_approach_k,
            np.asarray(sink_out_degc, float) + self.condenser_approach_k,
        )
        of_least = np.clip(np.asarray(part_load_frac, float) / self.min_part_load_frac, 1e-6, 1.0)
        kept = of_least / (self.cycling_coefficient * of_least + 1 - self.cycling_coefficient)
        cop: FloatArray = np.maximum(self.efficiency_frac * ideal * kept, 1e-6)
        return cop

    def power_kw(
        self, heat_kw: npt.ArrayLike, source_out_degc: npt.ArrayLike, sink_out_degc: npt.ArrayLike
    ) -> FloatArray:
        """Return the electrical power [kW] for heat delivered [kW]; 0 for none."""
        heat = np.asarray(heat_kw, float)
        power: FloatArray = heat / self.cop(source_out_degc, sink_out_degc, heat / self.rated_heat_kw)
        return power

    def source_kw(
        self, heat_kw: npt.ArrayLike, source_out_degc: npt.ArrayLike, sink_out_degc: npt.ArrayLike
    ) -> FloatArray:
        """Return the heat taken from the source [kW]: what is delivered, less the electrical power."""
        taken: FloatArray = np.asarray(heat_kw, float) - self.power_kw(heat_kw, source_out_degc, sink_out_degc)
        return taken

    def may_run(
        self, heat_kw: npt.ArrayLike, source_out_degc: npt.ArrayLike, sink_out_degc: npt.ArrayLike
    ) -> BoolArray:
        """Return where heat [kW] and both temperatures [degC] are within the machine's limits."""
        heat = np.asarray(heat_kw, float)
        allowed: BoolArray = (
            (heat <= self.rated_heat_kw)
            & (np.asarray(source_out_degc, float) >= self.source_leaving_min_degc)
            & (np.asarray(sink_out_degc, float) <= self.sink_leaving_max_degc)
        )
        return allowed


def _log_mean_k(one_degc: npt.ArrayLike, other_degc: npt.ArrayLike) -> FloatArray:
    one, other = np.asarray(one_degc, float) + _ZERO_DEGC_K, np.asarray(other_degc, float) + _ZERO_DEGC_K
    apart = np.abs(one - other) > 1e-3
    ratio = np.where(apart, one / other, np.e)
    mean: FloatArray = np.where(apart, (one - other) / np.log(ratio), 0.5 * (one + other))
    return mean
