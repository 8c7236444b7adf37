"""CDUs an hour ahead: setpoints and flows that are planned, facility water that is too warm."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from models.ahead.cdus import CdusAhead, cdu_columns, fit_cdus_ahead
from models.heat_exchanger import WATER_KJ_PER_LK
from models.nameplate import Cdu
from models.serialise import dump_model, load_model

CDUS = (Cdu("cdu-1", 300.0, 8.0, 4.0), Cdu("cdu-2", 300.0, 8.0, 4.0))
NOW = -13


def loop_course(rows: int = 600, seed: int = 1) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    wanted = np.repeat(30.0 + draw.choice([-1.0, 0.0, 1.0], rows // 24 + 1), 24)[:rows]
    flow = np.repeat(5.0 + draw.choice([-0.5, 0.0, 0.5], rows // 36 + 1), 36)[:rows]
    heat_kw = 250 + 20 * np.sin(np.arange(rows) / 288 * 2 * np.pi)
    supply = wanted + 0.05
    back = supply + heat_kw / (WATER_KJ_PER_LK * 2 * flow)
    columns: dict[str, npt.NDArray[np.float64]] = {}
    for unit in CDUS:
        columns |= {
            f"{unit.id}.secondary_supply_temperature_degc": supply + draw.normal(0, 0.03, rows),
            f"{unit.id}.secondary_return_temperature_degc": back + draw.normal(0, 0.03, rows),
            f"{unit.id}.secondary_flow_lps": flow,
            f"{unit.id}.primary_supply_temperature_degc": np.full(rows, 18.0),
            f"{unit.id}.secondary_supply_temperature_setpoint_degc": wanted,
            f"{unit.id}.secondary_flow_setpoint_lps": flow,
        }
    return pd.DataFrame(columns, index=pd.date_range("2026-05-01", periods=rows, freq="5min", tz="UTC"))


def with_plan(frame: pd.DataFrame, setpoint: str, value: float) -> pd.DataFrame:
    plan = pd.DataFrame(
        np.nan, index=pd.date_range(frame.index[-1], periods=13, freq="5min")[1:], columns=frame.columns
    )
    for unit in CDUS:
        plan[f"{unit.id}.{setpoint}"] = value
    return pd.concat([frame, plan])


@pytest.fixture(scope="module")
def model() -> CdusAhead:
    return fit_cdus_ahead("loop-1", loop_course(), CDUS)


def test_supply_and_return_an_hour_ahead(model: CdusAhead) -> None:
    frame = loop_course(seed=2)
    forecast = model.forecast(frame)
    for channel, quantity in ((0, "secondary_supply_temperature_degc"), (2, "secondary_return_temperature_degc")):
        truth = frame[f"cdu-1.{quantity}"].to_numpy()
        assert np.sqrt(np.mean((truth[12:] - forecast.mean[:-12, -1, channel]) ** 2)) < 0.25
        assert np.sqrt(np.mean((truth[12:] - truth[:-12]) ** 2)) > 0.4
        covered = (truth[12:] >= forecast.low[:-12, -1, channel]) & (truth[12:] <= forecast.high[:-12, -1, channel])
        assert covered.mean() > 0.85


def test_setpoints_have_their_direction(model: CdusAhead) -> None:
    frame = loop_course(seed=3)
    warm, cold = (
        model.forecast(with_plan(frame, "secondary_supply_temperature_setpoint_degc", degc)).mean[NOW, -1]
        for degc in (32.0, 30.0)
    )
    np.testing.assert_allclose(warm - cold, 2.0, atol=0.05)  # supply and return alike
    fast, slow = (
        model.forecast(with_plan(frame, "secondary_flow_setpoint_lps", lps)).mean[NOW, -1] for lps in (6.0, 4.0)
    )
    np.testing.assert_allclose(fast[:2], slow[:2], atol=0.01)
    assert (fast[2:] < slow[2:] - 2.0).all()


def test_no_supply_is_foreseen_colder_than_the_facility_water_allows(model: CdusAhead) -> None:
    frame = loop_course(seed=3)
    for unit in CDUS:
        frame.loc[frame.index[-1], f"{unit.id}.primary_supply_temperature_degc"] = 30.0
    asked = with_plan(frame, "secondary_supply_temperature_setpoint_degc", 24.0)
    assert (model.forecast(asked).mean[NOW, -1, :2] > 29.9).all()


def test_what_is_missing_is_named() -> None:
    frame = loop_course().drop(columns="cdu-2.secondary_flow_lps")
    with pytest.raises(ValueError, match=r"loop-1: cdu-2\.secondary_flow_lps not in the history"):
        fit_cdus_ahead("loop-1", frame, CDUS)
    assert set(cdu_columns(CDUS)) == set(loop_course().columns)


def test_it_comes_back_the_same_from_its_bytes(model: CdusAhead) -> None:
    frame = loop_course(rows=60, seed=4)
    again = load_model(dump_model(model))
    np.testing.assert_array_equal(again.forecast(frame).high, model.forecast(frame).high)
