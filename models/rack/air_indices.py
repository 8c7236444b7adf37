"""How well a hall's air is led: what mixes into the inlets, and what passes the servers by."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

SERVER_RISE_K = 12.0  # across servers of today at usual load; 11 to 14 K at their rating


def supply_heat_index(inlet_above_supply_k: npt.ArrayLike, air_rise_k: npt.ArrayLike) -> float:
    """Return the share of heat that air has taken up before it enters a rack [-]: 0 without recirculation, under 0.2 is good.

    Parameters
    ----------
    inlet_above_supply_k
        Mean inlet above supply air [K].
    air_rise_k
        Rise from supply to return air [K].

    References
    ----------
    Sharma, Bash, Patel, "Dimensionless parameters for evaluation of thermal design and performance of large-scale data
    centers", AIAA 2002-3091; the exhaust taken as the return air.
    """
    above, rise = np.asarray(inlet_above_supply_k, float), np.asarray(air_rise_k, float)
    return float(np.sum(above) / np.maximum(np.sum(rise), 1e-9))


def return_temperature_index(air_rise_k: npt.ArrayLike, server_rise_k: npt.ArrayLike = SERVER_RISE_K) -> float:
    """Return the rise of the CRAHs' air over that of the servers [-]: under 1 air passes by, over 1 it comes back.

    References
    ----------
    Herrlin, "Airflow and cooling performance of data centers: two performance metrics", ASHRAE Transactions 114(2), 2008.
    """
    return float(np.mean(np.asarray(air_rise_k, float)) / np.mean(np.asarray(server_rise_k, float)))
