"""The cards of the models over the API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from httpx import Client

from facility.learn.changes import note_change
from facility.learn.model_store import ModelStore, Pin
from facility.learn.range_now import Condition
from facility.learn.sample import Sample, pack
from facility.state import StateFolder
from tests.api.serving import refused

OLD, NEW = "20260301T020000Z", "20260302T020000Z"
WINDOW = ["2026-02-01T00:00:00+00:00", "2026-03-01T00:00:00+00:00"]
PART: Mapping[str, Any] = {
    "name": "plant-1.chiller",
    "method": "a law corrected",
    "unit": "kW",
    "window": WINDOW,
    "features": {"part_load_frac": [0.2, 0.8]},
    "test": {"rows": 100, "rmse": 1.5, "cv_rmse_frac": 0.02, "nmbe_frac": -0.01},
    "prior_test": {"rows": 100, "rmse": 6.0, "cv_rmse_frac": 0.08, "nmbe_frac": 0.05},
    "persistence_test": None,
    "half_width": 2.5,
    "coverage_frac": 0.91,
    "qualified": True,
    "reason": "beats the prior",
    "notes": ["two rows are doubtful"],
    "trained_in": NEW,
    "decision": {"reason": "better than the one before"},
    "fitted_until": WINDOW[1],
}
SAMPLE = Sample(
    np.array(["2026-02-28T00:00:00", "2026-02-28T00:15:00"], dtype="datetime64[s]"),
    np.array([40.0, 41.0]),
    np.array([40.5, np.nan]),
    {"part_load_frac": np.array([0.5, 0.6])},
)


@pytest.fixture
def models(tmp_path: Path) -> ModelStore:
    """Two versions, the older in service and pinned."""
    store = ModelStore(StateFolder(tmp_path).models)
    for version in (OLD, NEW):
        card = {
            "version": version,
            "trained": "2026-03-02T02:00:00+00:00",
            "why": "night",
            "reason": "better",
            "site_revision": "abc",
            "parts": [{**PART, "trained_in": version}],
        }
        store.save(version, {}, card, pack({"plant-1.chiller": SAMPLE}))
    store.serve(OLD, Pin("R. Weber", "the new one runs hot", "2026-03-02T08:00:00+00:00"))
    return store


def test_versions_and_which_serves(client: Client, models: ModelStore) -> None:
    found = client.get("/api/v1/models").json()
    assert found["serving"] == OLD
    assert [(one["version"], one["in_service"], one["pinned_by"]) for one in found["versions"]] == [
        (OLD, True, "R. Weber"),
        (NEW, False, None),
    ]
    assert found["versions"][0]["learned"] == 1


def test_a_card_tells_what_its_parts_are_worth(client: Client, models: ModelStore) -> None:
    note_change(models.folder, "plant-1.chiller", datetime(2026, 2, 20, tzinfo=UTC))  # has been learned since
    found = client.get(f"/api/v1/models/{NEW}").json()
    assert found["standing"] == f"Not in service: {OLD} is."
    (part,) = found["parts"]
    assert (part["answers"], part["unit"], part["rows"]) == ("learned", "kW", 100)
    assert (part["rmse"], part["bias_frac"], part["nameplate_rmse"], part["yesterday_rmse"]) == (1.5, -0.01, 6.0, None)
    assert (part["half_width"], part["coverage_frac"]) == (2.5, 0.91)
    assert [datetime.fromisoformat(time) for time in part["window"]] == [
        datetime.fromisoformat(time) for time in WINDOW
    ]
    assert part["conditions"] == [{"name": "part_load_frac", "low": 0.2, "high": 0.8, "now": None, "outside": False}]
    assert part["drifted_since"] is None


def test_drift_after_the_window_stays_on_the_card(client: Client, models: ModelStore) -> None:
    note_change(models.folder, "plant-1.chiller", datetime(2026, 3, 5, tzinfo=UTC))
    (part,) = client.get(f"/api/v1/models/{NEW}").json()["parts"]
    assert part["drifted_since"] == "2026-03-05T00:00:00Z"


def test_what_is_asked_now_is_null_where_nothing_was_read(client: Client, models: ModelStore) -> None:
    found = client.get(f"/api/v1/models/{OLD}").json()
    assert "pinned by R. Weber" in found["standing"]
    assert [one["now"] for one in found["parts"][0]["conditions"]] == [None]
    assert client.get(f"/api/v1/models/{NEW}").json()["asked_now"] == "not in service"


def test_a_mean_beyond_the_range_is_outside() -> None:
    inside, above, below = (Condition("x", 1.0, 2.0, now).outside for now in (2.0, 2.1, 0.9))
    assert (inside, above, below) == (False, True, True)


def test_points_of_a_picture(client: Client, models: ModelStore) -> None:
    found = client.get(f"/api/v1/models/{NEW}/points", params={"part": "plant-1.chiller"}).json()
    assert found["times"] == ["2026-02-28T00:00:00Z", "2026-02-28T00:15:00Z"]
    assert (found["measured"], found["predicted"]) == ([40.0, 41.0], [40.5, None])
    assert found["conditions"] == {"part_load_frac": [0.5, 0.6]}
    assert "plant-9" in refused(client.get(f"/api/v1/models/{NEW}/points", params={"part": "plant-9.pump"}), 404)


def test_what_there_is_none_of(client: Client) -> None:
    assert client.get("/api/v1/models").json() == {"serving": None, "versions": []}
    for hostile in ("20990101T000000Z", "..%2Fother"):
        assert client.get(f"/api/v1/models/{hostile}").status_code == 404
    assert "nameplates" in refused(client.get(f"/api/v1/models/{NEW}"), 404)
