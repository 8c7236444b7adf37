"""The two-zone data centre, copied to be changed; skips where the engine or the model file is absent."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from facility.site_file import load_site
from tests.house.repository import ROOT
from tools.closed_loop.conditions import Conditions
from tools.energyplus.model import FOLDERS
from tools.energyplus.plant import EnergyPlusPlant
from tools.energyplus_plant import factory

MODELS = ROOT / "tools" / "energyplus_models"
MODEL_FOLDER = ROOT.parent / "shared" / "data" / "energyplus"
START = datetime(2025, 7, 7, 7, tzinfo=UTC)  # an hour after the model's midnight in Chicago: nearly no lead-in
POOLS = ("pool-east", "pool-west")

MakePlant = Callable[..., EnergyPlusPlant]


@pytest.fixture(scope="session")
def engine() -> None:
    """Need EnergyPlus."""
    if find_spec("pyenergyplus") is None:
        pytest.skip("EnergyPlus extra absent: python -m pip install -c constraints.txt '.[energyplus]'")


@pytest.fixture(scope="module")
def model(engine: None) -> Iterator[None]:
    """Need EnergyPlus and the model file of the two-zone data centre."""
    if not MODEL_FOLDER.is_dir():
        pytest.skip("../shared absent: the two-zone model is expected beside the checkout")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDERS, str(MODEL_FOLDER))
        yield


@pytest.fixture
def site_file(tmp_path: Path) -> Path:
    """The site with its mapping, free to be changed."""
    return copied(tmp_path)


def copied(folder: Path) -> Path:
    """Copy the site with its mapping; one day of warm-up is enough here."""
    for name in ("two_zone.yaml", "two_zone.energyplus.yaml"):
        shutil.copy(MODELS / name, folder)
    path = folder / "two_zone.yaml"
    edit(path, ("steps_per_hour: 60\n", "steps_per_hour: 60\nwarm_up_days: 1\n"))
    return path


def edit(site_file: Path, *changes: tuple[str, str]) -> Path:
    """Replace text that stands once in the mapping; return the mapping's path."""
    path = site_file.with_name("two_zone.energyplus.yaml")
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return path


def conditions(
    *, dry_degc: float = 28.0, dew_degc: float = 14.0, demand: float = 0.6, rise_k_per_h: float = 0.0, hours: int = 72
) -> Conditions:
    """Weather and work of three days around `START`; the weather may warm steadily."""
    course = np.arange(hours)
    return Conditions(
        START - timedelta(hours=24), timedelta(hours=1), np.asarray(dry_degc + rise_k_per_h * (course - 24.0), np.float64),
        np.full(hours, dew_degc), {pool: np.full(hours, demand) for pool in POOLS},
    )  # fmt: skip


@pytest.fixture
def make_plant(model: None, site_file: Path) -> Iterator[MakePlant]:
    """Makes plants, and closes them at the end."""
    made: list[EnergyPlusPlant] = []

    def make(given: Conditions | None = None, *, seed: int = 1, start: datetime = START) -> EnergyPlusPlant:
        made.append(factory(load_site(site_file), given or conditions(), seed, start))
        return made[-1]

    yield make
    for plant in made:
        plant.close()
