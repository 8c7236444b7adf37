"""The benchmark of overhead a day ahead: holds what is asked of it, and peeks at nothing."""

from __future__ import annotations

import pytest

from models.overhead.rows import overhead_rows
from tests.house.repository import ROOT
from tools.bench import predict_esif
from tools.bench.shared_data import folder

if not (ROOT.parent / "shared" / "data" / predict_esif.FOLDER).is_dir():
    pytest.skip(
        "../shared absent: days of a real data centre are expected beside the checkout", allow_module_level=True
    )


@pytest.mark.slow
def test_what_is_asked_of_real_days() -> None:
    rows = predict_esif.rows(quick=True)
    found = {row.metric: row.value for row in rows}
    for year in (2020, 2021):
        assert found[f"esif_{year}_ratio_it_given"] <= 1.0
        assert found[f"esif_{year}_ratio"] <= 1.0
        assert 0.86 <= found[f"esif_{year}_coverage_90"] <= 0.94
    assert found["esif_mean_ratio_it_given"] <= 0.95
    assert 0.88 <= found["esif_coverage_90"] <= 0.92
    assert found["esif_interval_score_ratio"] <= 0.90
    later = [row.ratio for row in rows if row.metric.endswith(("_error_weeks_2_to_4", "_error_second_month"))]
    assert len(later) == 18
    assert all(ratio is not None and ratio < 1.08 for ratio in later)
    for step in ("down_50", "down_30", "up_50", "it_doubled", "it_halved"):
        assert found[f"esif_step_{step}_found_in_a_week"] > 0.6


def test_days_that_contradict_themselves_are_left_out() -> None:
    place = folder(predict_esif.FOLDER)
    assert place is not None
    days = overhead_rows(predict_esif.read(place), predict_esif.PARTS)
    assert len(days.refused) > 0
    assert set(days.refused) == {"the power ratio differs from its parts by more than 0.01"}
