"""CRAHs that do not reach all racks alike: learned where they differ, and which racks suffer when one stands."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rack_inlet import RackInlets
from models.rack_inlet_fit import RackInletModel

FloatArray = npt.NDArray[np.float64]

CRAHS, RACKS = ("c1", "c2", "c3"), ("a1", "a2", "a3", "a4")
REACH = np.array([[2.4, 0.6, 0.0], [1.5, 1.2, 0.3], [0.3, 1.2, 1.5], [0.0, 0.6, 2.4]])  # along the row
OFFSET, SHARE = np.array([0.2, 0.4, 0.3, 0.1]), np.array([0.05, 0.1, 0.1, 0.2])
RATED_M3PS = 5.0


def history(apart_k: float, steps: int = 1500, seed: int = 3) -> tuple[pd.DataFrame, pd.DataFrame]:
    draw = np.random.default_rng(seed)
    clock = np.arange(steps)
    own = np.stack([np.sign(np.sin(clock / period)) for period in (17.0, 29.0, 43.0)], axis=1)
    supply = 21.0 + apart_k * own + draw.normal(0, 0.05, (steps, 3))
    airflow = np.full((steps, 3), 0.7 * RATED_M3PS)
    rise = 9.0 + 2 * np.sin(clock / 96) + draw.normal(0, 0.2, steps)
    law = RackInlets(RACKS, OFFSET, SHARE, np.full(4, 0.5), crahs=CRAHS, reach=REACH)
    inlets = law.inlet_by_crah_degc(supply, airflow, rise) + draw.normal(0, 0.1, (steps, 4))
    times = pd.date_range("2026-05-01", periods=steps, freq="5min", tz="UTC")
    columns = {"supply_air_degc": supply.mean(axis=1), "air_rise_k": rise}
    for index, crah in enumerate(CRAHS):
        columns[f"{crah}.supply_air_temperature_degc"] = supply[:, index]
        columns[f"{crah}.airflow_m3ps"] = airflow[:, index]
    return pd.DataFrame(columns, index=times), pd.DataFrame(inlets, index=times, columns=list(RACKS))


def test_where_each_crahs_air_goes_is_found_again() -> None:
    found = RackInletModel("hall-1", CRAHS).fit(*history(apart_k=1.0)).inlets_
    assert found.crahs == CRAHS
    np.testing.assert_allclose(found.reach, REACH, atol=0.15)
    assert (found.reach >= 0).all()
    np.testing.assert_allclose(found.reach.mean(axis=1), 1.0)  # shares of alike CRAHs add up to all of a rack's air
    assert found.reach[0, 2] < 0.1  # sparse: the far CRAH
    np.testing.assert_allclose(found.recirculation_frac, SHARE, atol=0.03)


def test_crahs_that_never_differ_are_taken_to_reach_all_alike() -> None:
    found = RackInletModel("hall-1", CRAHS).fit(*history(apart_k=0.0)).inlets_
    assert found.crahs == ()
    alike = found.inlet_by_crah_degc([20.0, 21.0, 22.0], [3.0, 3.0, 3.0], 9.0)
    np.testing.assert_allclose(alike, found.inlet_degc(21.0, 9.0))


def test_racks_near_a_crah_that_stands_suffer_most() -> None:
    law = RackInlets(RACKS, OFFSET, SHARE, np.full(4, 0.5), crahs=CRAHS, reach=REACH)
    supply, airflow = np.full(3, 21.0), np.full(3, 3.5)
    warmer = law.without_crah_degc("c1", supply, airflow, 8.0) - law.inlet_by_crah_degc(supply, airflow, 8.0)
    assert np.argmax(warmer) == 0
    assert (np.diff(warmer) < 0).all()  # less and less along the row
    assert warmer[0] > 2.0
    assert warmer[3] == pytest.approx(0.0, abs=1e-9)  # it never had air of this one
    with pytest.raises(ValueError, match="c9: not among the CRAHs"):
        law.without_crah_degc("c9", supply, airflow, 8.0)


def test_what_a_standing_crah_tells_of_its_air_counts_for_nothing() -> None:
    law = RackInlets(RACKS, OFFSET, SHARE, np.full(4, 0.5), crahs=CRAHS, reach=REACH)
    airflow = [3.5, 0.0, 3.5]
    known = law.inlet_by_crah_degc([21.0, 35.0, 21.0], airflow, 8.0)
    np.testing.assert_allclose(law.inlet_by_crah_degc([21.0, np.nan, 21.0], airflow, 8.0), known)


@given(
    st.lists(st.floats(16, 26), min_size=3, max_size=3),
    st.lists(st.floats(1, 6), min_size=3, max_size=3),
    st.integers(0, 2),
    st.floats(2, 20),
)
def test_signs(supply: list[float], airflow: list[float], which: int, rise: float) -> None:
    """Warmer air of any CRAH cools no rack, nor does more power."""
    law = RackInlets(RACKS, OFFSET, SHARE, np.full(4, 0.5), crahs=CRAHS, reach=REACH)
    before = law.inlet_by_crah_degc(supply, airflow, rise)
    warmer = [degc + (index == which) for index, degc in enumerate(supply)]
    assert (law.inlet_by_crah_degc(warmer, airflow, rise) >= before - 1e-9).all()
    assert (law.inlet_by_crah_degc(supply, airflow, 1.1 * rise) >= before).all()


def test_a_year_of_forty_racks_is_learned_in_thirty_seconds() -> None:
    draw = np.random.default_rng(1)
    rows, _ = history(apart_k=1.0, steps=105_120)
    inlets = rows["supply_air_degc"].to_numpy()[:, None] + 0.1 * rows["air_rise_k"].to_numpy()[:, None]
    measured = pd.DataFrame(inlets + draw.normal(0, 0.2, (len(rows), 40)), index=rows.index)
    measured.columns = pd.Index([f"r{index}" for index in range(40)])
    begin = time.process_time()
    RackInletModel("hall-1", CRAHS).fit(rows, measured)
    assert time.process_time() - begin < 30.0
