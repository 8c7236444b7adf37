"""The benchmark of rack inlets: one seed holds what the full one is asked for."""

from __future__ import annotations

import pytest

from tools.bench.predict_inlets import rows


@pytest.mark.slow
def test_one_simulated_site() -> None:
    found = {row.metric: row for row in rows(quick=True)}
    inlet = found["inlet_1h_rmse_k"]
    assert inlet.value <= 0.4
    assert inlet.ratio is not None
    assert inlet.ratio < 0.6  # of persistence
    assert 0.85 <= found["inlet_coverage_90"].value <= 0.95
    assert found["inlet_interval_score_ratio"].value < 0.6
    assert found["hot_spots"].value > 0
    assert found["hot_spot_recall"].value > 0.5
    assert found["cdu_supply_1h_rmse_k"].value <= 0.4
    assert found["setpoint_directions"].value >= 6
    assert found["setpoint_directions_right_frac"].value == 1.0
