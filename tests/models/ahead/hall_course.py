"""A hall whose inlets follow supply air and fans behind a lag, for the tests that lie beside."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.ahead.lagged import lagged, step_share
from models.rack_inlet import RackInlets

FloatArray = npt.NDArray[np.float64]

CRAHS, RACKS = ("c1", "c2"), ("a1", "a2", "a3")
LAW = RackInlets(RACKS, np.array([0.2, 0.5, 0.1]), np.array([0.05, 0.12, 0.2]), np.full(3, 0.5))
RATED_M3PS, HEAT_KW_PER_M3PS_K = 5.0, 1.2


def hall_course(rows: int = 864, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return rows as `models.history_rows.hall_rows` gives them, and measured inlets, every five minutes."""
    draw = np.random.default_rng(seed)
    clock = np.arange(rows)
    wanted = np.repeat(21.0 + draw.choice([-1.0, 0.0, 1.0], rows // 24 + 1), 24)[:rows]
    speed = np.repeat(0.6 + 0.1 * draw.choice([-1.0, 0.0, 1.0], rows // 36 + 1), 36)[:rows]
    supply = wanted - 0.1 + draw.normal(0, 0.05, rows)
    heat_kw = 60 + 3 * np.sin(clock / 288 * 2 * np.pi)
    rise = heat_kw / (HEAT_KW_PER_M3PS_K * 2 * RATED_M3PS * speed)
    inlets = lagged(LAW.inlet_degc(supply, rise), step_share(300.0, 360.0)) + draw.normal(0, 0.08, (rows, 3))
    columns = {"supply_air_degc": supply, "air_rise_k": rise}
    for crah in CRAHS:
        columns |= {
            f"{crah}.supply_air_temperature_degc": supply,
            f"{crah}.airflow_m3ps": RATED_M3PS * speed,
            f"{crah}.supply_air_temperature_setpoint_degc": wanted,
            f"{crah}.airflow_setpoint_m3ps": RATED_M3PS * speed,
        }
    times = pd.date_range("2026-05-01", periods=rows, freq="5min", tz="UTC")
    return pd.DataFrame(columns, index=times), pd.DataFrame(inlets, index=times, columns=list(RACKS))


def with_plan(rows: pd.DataFrame, **setpoints: float) -> pd.DataFrame:
    """Return rows with an hour more, in which all CRAHs have these setpoints and nothing is measured."""
    times = pd.date_range(rows.index[-1], periods=13, freq="5min")[1:]
    plan = pd.DataFrame(np.nan, index=times, columns=rows.columns)
    for crah in CRAHS:
        for name, value in setpoints.items():
            plan[f"{crah}.{name}"] = value
    return pd.concat([rows, plan])
