"""What a call is held against: a method by its name, or a program of the site's settings."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from facility.errors import ConfigurationError
from facility.respond.settings import Adjustment
from facility.site_file import LoadedSite, load_site
from tests.closed_loop.making import TOY
from tools.closed_loop.call_baselines import METHODS, terms_of

SETTINGS = """programs:
  - {name: summer, baseline: {method: high_five_of_ten, adjustment: {hours: 2}}}
  - {name: roof, baseline: {method: metered_generation, generation_points: [battery-1.charge_power_kw]}}
"""


@pytest.fixture
def settled(tmp_path: Path) -> LoadedSite:
    shutil.copy(TOY, tmp_path / "toy.yaml")
    (tmp_path / "toy.respond.yaml").write_text(SETTINGS, encoding="utf-8")
    return load_site(tmp_path / "toy.yaml")


def test_methods_of_days_are_adjusted_to_the_day(toy: LoadedSite) -> None:
    assert [terms_of(name, toy).method for name in METHODS] == list(METHODS)
    adjusted = [name for name in METHODS if terms_of(name, toy).adjustment is not None]
    assert adjusted == ["ten_of_ten", "high_five_of_ten"]


def test_a_program_brings_its_terms(settled: LoadedSite) -> None:
    found = terms_of("summer", settled)
    assert (found.method, found.adjustment) == ("high_five_of_ten", Adjustment(hours=2.0))


@pytest.mark.parametrize(
    ("name", "said"), [("winter", "expected one of as_planned, .*, summer, roof"), ("roof", "meters generation")]
)
def test_what_cannot_be_held_against_is_refused(settled: LoadedSite, name: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=f"--baseline {name}: .*{said}"):
        terms_of(name, settled)
