"""Units that a plant cannot do without, on plants of each kind."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from facility.errors import InfeasibleError
from facility.learn.in_service import require_units
from facility.site import Availability, Site
from facility.site_file import load_site

CONFIGS = Path(__file__).parents[2] / "site_configs"
NOW = datetime(2026, 7, 14, 12, tzinfo=UTC)


def site(name: str, *locked_out: str) -> Site:
    entries = tuple(Availability(equipment=one, state="locked_out") for one in locked_out)
    return load_site(CONFIGS / f"{name}.yaml").site.model_copy(update={"availability": entries})


@pytest.mark.parametrize("name", ["demo", "air_economizer", "liquid_ai"])
def test_a_plant_needs_no_machine_of_a_kind_that_it_does_not_have(name: str) -> None:
    require_units(site(name), NOW)


@pytest.mark.parametrize(
    ("name", "locked_out", "missing"),
    [
        ("demo", ["tower-1", "tower-2"], "plant-1: tower"),
        ("air_economizer", ["chiller-1", "chiller-2", "chiller-3"], "plant-1: chiller or economizer"),
        ("liquid_ai", ["cooler-1", "cooler-2", "cooler-3", "cooler-4"], "plant-warm: dry cooler"),
        ("liquid_ai", ["dc-pumps"], "plant-warm: condenser-water pump"),
        ("liquid_ai", ["cdu-1", "cdu-2", "cdu-3"], "loop-1: CDU"),
    ],
)
def test_the_last_unit_of_a_kind_is_missed_by_name(name: str, locked_out: list[str], missing: str) -> None:
    require_units(site(name, *locked_out[:-1]), NOW)
    with pytest.raises(InfeasibleError) as caught:
        require_units(site(name, *locked_out), NOW)
    assert [shortfall.limit for shortfall in caught.value.shortfalls] == [f"{missing} in service"]
