from __future__ import annotations

from pathlib import Path

import pytest

from facility.errors import ModelError
from facility.learn.model_store import ModelStore


def test_a_version_is_saved_whole_served_and_read_back(tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "models")
    assert store.serving() is None and list(store.versions()) == []
    store.save("20261123T180000Z", {"chiller-1.skops": b"abc"}, {"qualified": True})
    store.save("20261124T020000Z", {"chiller-1.skops": b"def"}, {"qualified": False})
    store.serve("20261123T180000Z")
    assert store.serving() == "20261123T180000Z"
    assert list(store.versions()) == ["20261123T180000Z", "20261124T020000Z"]
    assert store.artefacts("20261124T020000Z") == {"chiller-1.skops": b"def"}
    assert store.card("20261123T180000Z") == {"qualified": True}
    assert not list(store.folder.glob(".new-*"))


def test_unknown_and_hostile_versions_are_refused(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    with pytest.raises(ModelError, match="there are: none"):
        store.serve("20261123T180000Z")
    for version in ("../elsewhere", "", ".hidden", "a/b"):
        with pytest.raises(ModelError, match="is not a model version"):
            store.card(version)


def test_a_damaged_version_says_what_to_do(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    store.save("v1", {"a.skops": b"x"}, {})
    (tmp_path / "v1" / "card.json").unlink()
    with pytest.raises(ModelError, match="train again"):
        store.card("v1")
