"""The example sites, loaded once for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from facility.site_file import load_site

CONFIGS = Path(__file__).parents[2] / "site_configs"
NAMES = sorted(path.stem for path in CONFIGS.glob("*.yaml"))
SITES = {name: load_site(CONFIGS / f"{name}.yaml") for name in NAMES}

each = pytest.mark.parametrize("name", NAMES)
