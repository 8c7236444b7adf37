"""Versions on disk: whole or not at all, served by name, pinned by people, damaged ones named with what to do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from facility.errors import ModelError
from facility.learn.changes import note_change, read_changes
from facility.learn.model_store import REPLACED, ModelStore, Pin

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
PIN = Pin("R. Weber", "the new one runs hot", NOW.isoformat())


def save(store: ModelStore, version: str, replaced: str | None = None) -> None:
    store.save(version, {"a.skops": version.encode()}, {"parts": [], REPLACED: replaced}, pictures=b"points")


def test_a_version_is_saved_whole_served_and_read_back(tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "models")
    assert store.serving() is None and list(store.versions()) == []
    save(store, "20261123T180000Z")
    save(store, "20261124T020000Z")
    store.serve("20261123T180000Z")
    assert store.serving() == "20261123T180000Z"
    assert list(store.versions()) == ["20261123T180000Z", "20261124T020000Z"]
    assert store.artefacts("20261124T020000Z") == {"a.skops": b"20261124T020000Z"}
    assert store.pictures("20261124T020000Z") == b"points"
    assert store.card("20261123T180000Z")["parts"] == []
    assert not list(store.folder.glob(".new-*"))


def test_unknown_and_hostile_versions_are_refused(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    with pytest.raises(ModelError, match="there are: none"):
        store.serve("20261123T180000Z")
    for version in ("../elsewhere", "", ".hidden", "a/b"):
        with pytest.raises(ModelError, match="is not a model version"):
            store.card(version)


def test_a_version_is_not_written_over(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    save(store, "v1")
    with pytest.raises(ModelError, match="not written over"):
        save(store, "v1")
    assert list(store.versions()) == ["v1"]


def damaged(version: Path) -> None:
    (version / "a.skops").write_bytes(b"other")


def missing(version: Path) -> None:
    (version / "a.skops").unlink()


def torn_card(version: Path) -> None:
    (version / "card.json").write_text('{"parts": [')


def no_card(version: Path) -> None:
    (version / "card.json").unlink()


@pytest.mark.parametrize("harm", [damaged, missing, torn_card, no_card])
def test_damage_is_named_with_what_to_do(tmp_path: Path, harm: object) -> None:
    store = ModelStore(tmp_path)
    save(store, "v1")
    assert callable(harm)
    harm(tmp_path / "v1")
    with pytest.raises(ModelError, match=r"model v1: .*`facility models rollback` .*train again"):
        store.artefacts("v1")


def test_a_version_of_an_earlier_facility_says_so(tmp_path: Path) -> None:
    (tmp_path / "v1").mkdir()
    (tmp_path / "v1" / "card.json").write_text(json.dumps({"parts": []}))
    with pytest.raises(ModelError, match="earlier facility; train again"):
        ModelStore(tmp_path).artefacts("v1")


def test_a_training_takes_over_unless_pinned_or_overtaken(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    for version in ("v1", "v2", "v3"):
        save(store, version)
    assert store.take_over("v1", instead_of=None)
    assert not store.take_over("v3", instead_of="v2")  # somebody put v1 in service meanwhile
    store.serve("v2", PIN)
    assert (store.serving(), store.pin()) == ("v2", PIN)
    assert not store.take_over("v3", instead_of="v2")
    assert store.release() == "v2"
    assert store.pin() is None
    assert store.take_over("v3", instead_of="v2")
    with pytest.raises(ModelError, match="nothing is pinned"):
        store.release()


def test_old_versions_go_but_not_the_one_in_service_nor_the_one_before(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    save(store, "v00")
    save(store, "v01", replaced="v00")
    for number in range(2, 9):
        save(store, f"v{number:02}", replaced="v01")
    store.serve("v01")
    store.prune(NOW, kept=3)
    assert list(store.versions()) == ["v00", "v01", "v06", "v07", "v08"]
    assert store.before("v01") == "v00"


def test_leavings_of_a_killed_process_go_after_a_day(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    save(store, "v1")
    store.serve("v1")
    (tmp_path / ".new-abc" / "v2").mkdir(parents=True)
    (tmp_path / "v0").mkdir()  # its card is gone: it was being removed
    now = datetime.now(UTC)
    store.prune(now)
    assert (tmp_path / ".new-abc").exists()
    store.prune(now + timedelta(days=1, minutes=1))
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["v1"]


def test_changes_are_kept_the_last_three_of_a_part(tmp_path: Path) -> None:
    days = [NOW + timedelta(days=day) for day in range(4)]
    for day in (days[1], days[0], days[1], days[2], days[3]):
        note_change(tmp_path, "plant-1.chiller", day)
    note_change(tmp_path, "plant-1.tower", NOW)
    assert read_changes(tmp_path) == {"plant-1.chiller": days[1:], "plant-1.tower": [NOW]}
    (tmp_path / "changes.json").write_text("[")
    with pytest.raises(ModelError, match="delete it"):
        read_changes(tmp_path)


WRITER = """
import sys
from pathlib import Path
from facility.learn.model_store import ModelStore
store = ModelStore(Path(sys.argv[1]))
serving = store.serving()
for number in range(10_000):
    version = f"v{len(store.versions()):05}"
    store.save(version, {f"{part}.skops": bytes([part]) * 20_000 for part in range(8)}, {"replaced": serving}, pictures=b"p")
    store.take_over(version, serving)
    serving = version
"""


def test_a_writer_that_is_killed_leaves_whole_versions_only(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    for killed_after_s in (0.35, 0.05, 0.11):
        before = len(store.versions())
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)])
        while len(store.versions()) == before:
            time.sleep(0.01)
        time.sleep(killed_after_s)
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        for version in store.versions():
            assert len(store.artefacts(version)) == 8
        serving = store.serving()
        assert serving is not None
        store.require(serving)
