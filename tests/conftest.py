"""Fixtures for tests of more than one package."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parent / "site" / "example"


@pytest.fixture
def example_site(tmp_path: Path) -> Path:
    """A whole small site file with profiles of its own, free to be changed; its devices do not answer."""
    folder = shutil.copytree(EXAMPLE, tmp_path / "site")
    return folder / "site.yaml"
