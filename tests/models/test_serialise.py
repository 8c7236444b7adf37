"""Stored models come back the same; nothing executable is ever loaded."""

from __future__ import annotations

import ast
import dataclasses
import hashlib
import importlib
import inspect
import pickle
from pathlib import Path

import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LinearRegression

from models.card import ModelCard
from models.load_forecast import LoadForecaster
from models.rack_inlet_fit import RackInletModel
from models.serialise import FORMAT, TRUSTED, UntrustedModelError, dump_model, load_model
from tests.models.test_component_power import fitted
from tests.models.test_load_forecast import weeks
from tests.models.test_rack_inlet import history

SHAPE = "dcd5bffd72ab"  # of what format 5 stores


class Intruder:
    """A type that is not on the list."""

    def __init__(self) -> None:
        self.armed = True


def test_a_component_comes_back_the_same() -> None:
    model, rows, _ = fitted()
    again = load_model(dump_model(model))
    np.testing.assert_array_equal(again.predict(rows), model.predict(rows))
    assert isinstance(again.card_, ModelCard)
    assert again.card_.as_dict() == model.card_.as_dict()


def test_inlets_and_forecaster_come_back_the_same() -> None:
    rows, inlets = history()
    model = RackInletModel("hall-1").fit(rows, inlets)
    np.testing.assert_array_equal(load_model(dump_model(model)).predict(rows), model.predict(rows))
    load = weeks(3)
    forecaster = LoadForecaster().fit(load)
    before = forecaster.predict(load.index[-1], load.iloc[-8:], 96)
    after = load_model(dump_model(forecaster)).predict(load.index[-1], load.iloc[-8:], 96)
    np.testing.assert_array_equal(before.values, after.values)


def test_a_pickle_is_refused_without_being_run(tmp_path: Path) -> None:
    witness = tmp_path / "ran"

    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str, ...]]:
            return (Path.touch, (str(witness),))

    with pytest.raises(UntrustedModelError, match="not a stored model"):
        load_model(pickle.dumps(Bomb()))
    assert not witness.exists()


def test_a_foreign_type_is_refused_by_name() -> None:
    model, _, _ = fitted()
    model.extra_ = Intruder()
    data = skops.io.dumps(model)
    with pytest.raises(UntrustedModelError, match="Intruder"):
        load_model(data)
    with pytest.raises(UntrustedModelError, match="Intruder"):
        dump_model(model)


def test_a_torn_file_is_refused() -> None:
    data = dump_model(fitted()[0])
    with pytest.raises(UntrustedModelError):
        load_model(data[: len(data) // 2])
    with pytest.raises(UntrustedModelError):
        load_model(b"")


def test_the_list_names_our_own_types_only() -> None:
    assert all(name.startswith("models.") for name in TRUSTED)
    line = LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0])
    assert np.allclose(load_model(skops.io.dumps({"format": FORMAT, "model": line})).coef_, 2.0)


def test_a_model_of_another_release_is_refused() -> None:
    model = fitted()[0]
    for stored in (model, {"format": FORMAT - 1, "model": model}, {"model": model}):
        with pytest.raises(UntrustedModelError, match="train again"):
            load_model(skops.io.dumps(stored))


def test_the_format_goes_up_with_what_is_stored() -> None:
    shape = "; ".join(f"{name}: {' '.join(sorted(_kept_by(name)))}" for name in TRUSTED)
    assert hashlib.sha256(shape.encode()).hexdigest()[:12] == SHAPE, (
        "raise models.serialise.FORMAT, then note the new shape here"
    )


def _kept_by(name: str) -> set[str]:
    """Return the attributes of a class: its fields, or what its methods assign to self."""
    module, _, qualified = name.rpartition(".")
    found = getattr(importlib.import_module(module), qualified)
    if dataclasses.is_dataclass(found):
        return {field.name for field in dataclasses.fields(found)}
    tree = ast.parse(inspect.getsource(found))
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self"
    }
