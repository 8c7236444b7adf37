"""A site as operated: the parts are learned, what lies outside is marked and goes on in a straight line."""

from __future__ import annotations

import numpy as np
import pytest

from models.serialise import dump_model, load_model
from models.whole.as_operated import ThinRowsError, fit_as_operated
from models.whole.site_rows import site_rows
from tests.models.whole.making import WEATHER, site_frame

PARTS = ("chiller_kw", "fan_kw")


def test_predicts_unseen_days() -> None:
    site = fit_as_operated(site_rows(site_frame("2025-05-01", 20), PARTS, WEATHER))
    later = site_frame("2025-05-21", 5, seed=9)
    truth = (later["facility_kw"] - later["it_kw"]).to_numpy()
    assert np.sqrt(np.mean((site.overhead_kw(later) - truth) ** 2)) < 0.03 * truth.mean()


def test_each_part_is_told_apart() -> None:
    site = fit_as_operated(site_rows(site_frame("2025-05-01", 20), PARTS, WEATHER))
    later = site_frame("2025-05-21", 5, seed=9)
    parts = site.parts_kw(later)
    assert parts["fan_kw"] == pytest.approx(later["fan_kw"].to_numpy(), abs=1.0)
    assert sum(parts.values()) == pytest.approx(site.overhead_kw(later))


def test_beyond_what_was_seen_it_says_so() -> None:
    site = fit_as_operated(site_rows(site_frame("2025-05-01", 20), PARTS, WEATHER))
    much_more = site_frame("2025-05-21", 1, load_kw=800.0, seed=9)
    assert site.unseen(much_more).all()
    assert site.overhead_kw(much_more).mean() > 1.5 * site.overhead_kw(site_frame("2025-05-21", 1, seed=9)).mean()


def test_few_rows_are_refused_with_their_reason() -> None:
    frame = site_frame("2025-05-01", 2)
    frame.loc[frame.index[:120], "fan_kw"] = np.nan
    with pytest.raises(ThinRowsError, match=r"72 whole rows.*120 of 192 rows have gaps: fan_kw in 120"):
        fit_as_operated(site_rows(frame, PARTS, WEATHER))


def test_survives_storage() -> None:
    site = fit_as_operated(site_rows(site_frame("2025-05-01", 5), PARTS, WEATHER))
    frame = site_frame("2025-05-09", 1)
    assert np.array_equal(load_model(dump_model(site)).overhead_kw(frame), site.overhead_kw(frame))
