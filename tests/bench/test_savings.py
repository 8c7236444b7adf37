"""The scores of measured savings: what they say of made-up cases, and two real changes of a simulated site."""

from __future__ import annotations

import pytest

from models.savings.baseline import MeanSaving
from tools.bench.savings import QUICK_SEEDS, QUICK_TRIALS, Scored, rows_of, scored
from tools.bench.savings_cases import BACK, KINDS, NOTHING, SETTLING, cases


def test_scores_are_of_the_true_saving() -> None:
    held, missed = MeanSaving(2.0, 1.0, 3.0), MeanSaving(0.0, -1.0, 1.0)
    found = [
        Scored("demo, as commissioned, Jan", "supply air", 2.5, held, held, missed),
        Scored("liquid_ai, as commissioned, Jan", NOTHING, 0.0, held, missed, missed),
    ]
    rows = {row.metric: row.value for row in rows_of(found)}
    assert rows["savings_coverage_90"] == 0.5
    assert rows["savings_placebo_coverage_90"] == 0.5
    assert rows["savings_option_c_coverage_90"] == 1.0
    assert rows["savings_coverage_90: option C, kind nothing (1)"] == 1.0
    assert rows["savings_bias"] == pytest.approx(0.75)
    assert rows["savings_claimed_of_nothing"] == 1.0
    assert rows["savings_told_from_nothing"] == 1.0
    assert rows["savings_coverage_90: kind nothing (1)"] == 0.0
    assert rows["savings_half_width: site demo"] == 1.0
    assert rows["savings_told_from_nothing: kind supply air"] == 1.0


@pytest.mark.slow
def test_changes_of_a_simulated_site_are_measured() -> None:
    (seed,) = QUICK_SEEDS
    found = list(cases(seed, QUICK_TRIALS))
    for case in found:
        assert case.trial.kind in KINDS
        assert case.trial.ends - case.trial.back >= BACK
        table = case.rows.table
        assert not table.isna().any().any()
        assert table.index[0] - case.trial.begins <= -SETTLING
        said = scored(case)
        if case.trial.kind == NOTHING:
            assert case.true_kw == 0.0, "the same moment, seed and setpoints give the same site"
        assert abs(said.measured.saved_kw - case.true_kw) < 0.02 * table["facility_kw"].mean()
        assert 0 < said.measured.high_kw - said.measured.low_kw < 0.1 * table["facility_kw"].mean()
