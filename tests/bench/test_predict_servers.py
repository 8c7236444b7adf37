"""What servers and their load do, on real measurements and on plants that step: as good as is asked, and better than references."""

from __future__ import annotations

import pytest

from tests.house.repository import ROOT
from tools.bench import predict_gpu, predict_load, predict_server_fans
from tools.bench.rows import Row

DATA = ROOT.parent / "shared" / "data"


@pytest.fixture
def data() -> None:
    """Need the real measurements."""
    if not DATA.is_dir():
        pytest.skip("../shared absent: real measurements are expected beside the checkout")


def values(rows: list[Row]) -> dict[str, float]:
    return {row.metric: row.value for row in rows}


@pytest.mark.slow
@pytest.mark.usefixtures("data")
def test_power_of_a_server_that_nobody_has_seen_and_of_one_seen_for_a_week() -> None:
    found = values(predict_gpu.rows(quick=True))
    assert found["gpu_bias_share"] <= 0.10
    assert found["gpu_error_ratio"] <= 1.15
    assert 0.87 <= found["gpu_coverage_90_lowest"] <= found["gpu_coverage_90_highest"] <= 0.93


@pytest.mark.slow
@pytest.mark.usefixtures("data")
def test_load_forecasts_beat_the_best_of_three_references_on_every_series() -> None:
    found = values(predict_load.rows(quick=False))
    ratios = {name: value for name, value in found.items() if name.startswith("load_pinball_ratio")}
    assert len(ratios) == 6
    assert max(ratios.values()) < 1.0, ratios
    assert 0.88 <= found["load_coverage_90"] <= 0.92


@pytest.mark.slow
def test_server_fans_are_learned_within_a_hundredth() -> None:
    found = values(predict_server_fans.rows(quick=True))
    assert found["server_fan_error_frac"] <= 0.01
    assert found["server_fan_error_frac_by_hour"] <= 0.01
