"""Every module of the product can be imported, and exports what it says."""

from __future__ import annotations

import importlib

import pytest

from tests.house.repository import tracked_files

MODULES = [
    name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    for name in tracked_files("facility", "models")
    if name.endswith(".py") and "/migrations/" not in name and not name.endswith("__main__.py")
]


@pytest.mark.parametrize("name", MODULES)
def test_module_imports_and_exports(name: str) -> None:
    module = importlib.import_module(name)
    assert (module.__doc__ or "").strip()
    assert [export for export in getattr(module, "__all__", ()) if not hasattr(module, export)] == []


def test_the_two_packages_name_themselves() -> None:
    assert {"facility", "models"} <= set(MODULES)
