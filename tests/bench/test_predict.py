"""The prediction benchmarks that are the whole site's: a plant that we did not write, and what training costs."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from tests.house.repository import ROOT
from tools.bench import predict_energyplus, predict_training, shared_data
from tools.bench.rows import Row


def _values(rows: list[Row]) -> dict[str, float]:
    return {row.metric: row.value for row in rows}


@pytest.mark.slow
def test_energyplus_a_week_ahead() -> None:
    if find_spec("pyenergyplus") is None:
        pytest.skip("EnergyPlus extra absent: python -m pip install -c constraints.txt '.[energyplus]'")
    if not (ROOT.parent / "shared" / "data" / "energyplus").is_dir():
        pytest.skip("../shared absent: the two-zone model is expected beside the checkout")
    found = _values(predict_energyplus.rows(quick=True))
    assert found["energyplus_cv_rmse"] <= predict_energyplus.MOST
    assert 0.7 < found["energyplus_coverage_90"] <= 1.0


@pytest.mark.slow
def test_training_is_measured_in_a_process_of_its_own() -> None:
    found = _values(predict_training.rows(quick=True))
    assert found["train_readings"] > 1_000_000
    assert found["train_cpu_seconds"] > 1.0
    assert found["train_peak_mb"] > 100.0


def test_absent_data_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert shared_data.folder("no_such_data") is None
    assert "no_such_data: skipped, ../shared absent" in capsys.readouterr().err
