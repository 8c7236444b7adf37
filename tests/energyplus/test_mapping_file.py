"""Mapping files: every fault is named with its file, line and key, and what to write instead."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from facility.errors import ConfigurationError
from facility.site_file import load_site
from facility.site_file.for_each import expand
from facility.yaml_file import read_yaml
from tests.energyplus.conftest import START, edit
from tests.house.repository import ROOT
from tools.closed_loop.baselines import GoodPractice, as_commissioned
from tools.energyplus.mapping import EnergyPlusMapping
from tools.energyplus.mapping_file import load_mapping, mapping_path, need_mapping

SUPPLY_EAST = """  - equipment: crah-east
    quantity: supply_air_temperature_setpoint_degc
    initial: 16.0
    low: 10.0
    high: 30.0
    actuators: [{ type: "Schedule:Constant", control: Schedule Value, key: East Supply Air }]
"""
METER = """    of: [{ variable: Facility Total Electricity Demand Rate, key: Whole Building }]
  - equipment: weather
"""
INLET_EAST = """  - for_each: e01..e10
    equipment: "{item}"
    quantity: inlet_temperature_degc
"""

# What is written, what it becomes, and the message; `@` marks the line that it must name.
FAULTS = {
    "equipment": (
        SUPPLY_EAST,
        SUPPLY_EAST.replace("equipment: crah-east", "@equipment: crah-eastt"),
        "settings.0.equipment: the site has no equipment 'crah-eastt'; did you mean 'crah-east'?",
    ),
    "quantity": (
        SUPPLY_EAST,
        SUPPLY_EAST.replace("quantity: supply_air_temperature_setpoint", "@quantity: supply_air_temperature_set"),
        "settings.0.quantity: crah-east has no point 'supply_air_temperature_set_degc'; did you mean",
    ),
    "given twice": (
        SUPPLY_EAST,
        SUPPLY_EAST + SUPPLY_EAST.replace("equipment:", "@equipment:"),
        "settings.1: crah-east.supply_air_temperature_setpoint_degc stands here twice; keep one",
    ),
    "pool": (
        "  - { pool: pool-west,",
        "  - @{ pool: pool-wets,",
        "demands.1.pool: the site has no server pool 'pool-wets'; did you mean 'pool-west'?",
    ),
    "hall": (
        "  - hall: west\n",
        "  - @hall: wset\n",
        "halls.1.hall: the site has no hall 'wset'; did you mean 'west'?",
    ),
    "order": (
        SUPPLY_EAST,
        SUPPLY_EAST.replace("low: 10.0", "low: 20.0").replace("equipment:", "@equipment:"),
        "settings.0: need low <= initial <= high",
    ),
    "no actuators": (
        SUPPLY_EAST,
        SUPPLY_EAST[: SUPPLY_EAST.index("    actuators")].replace("equipment:", "@equipment:"),
        "settings.0: needs actuators, or low = high: the one value that the model keeps anyway",
    ),
    "variable and meter": (
        METER,
        METER.replace("{ variable", "@{ meter: A, variable"),
        "give either variable (with key) or meter",
    ),
    "no key": (
        METER,
        METER.replace(", key: Whole Building", "").replace("{ variable", "@{ variable"),
        "variable needs key: the object that it belongs to",
    ),
    "nothing to read": (METER, "  - equipment: weather\n", "give either of (a list of outputs) or constant"),
    "misspelled": ("steps_per_hour: 60", "@step_per_hour: 60", "step_per_hour: "),
    "steps": ("steps_per_hour: 60", "@steps_per_hour: 7", "steps_per_hour: "),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_file_line_key_and_what_to_write(site_file: Path, fault: str) -> None:
    old, new, expected = FAULTS[fault]
    path = edit(site_file, (old, new.replace("@", "")))
    with pytest.raises(ConfigurationError) as caught:
        load_mapping(path, load_site(site_file))
    message = next((line for line in str(caught.value).splitlines() if expected in line), str(caught.value))
    assert expected in message
    assert message.startswith(f"{path}:")
    if "@" in new:
        before = path.read_text(encoding="utf-8").partition(new.replace("@", ""))[0] + new.partition("@")[0]
        assert message.startswith(f"{path}:{before.count(chr(10)) + 1}: ")


def test_all_faults_are_told_at_once(site_file: Path) -> None:
    path = edit(
        site_file, ("  - { pool: pool-west,", "  - { pool: nobody,"), ("  - hall: west\n", "  - hall: nowhere\n")
    )
    with pytest.raises(ConfigurationError) as caught:
        load_mapping(path, load_site(site_file))
    assert "demands.1.pool" in str(caught.value)
    assert "halls.1.hall" in str(caught.value)


def test_every_rack_needs_an_inlet_temperature(site_file: Path) -> None:
    path = edit(site_file, (INLET_EAST, INLET_EAST.replace("e01..e10", "e01..e09")))
    with pytest.raises(
        ConfigurationError, match=r"readings: no inlet_temperature_degc of rack e10: the judge needs it"
    ):
        load_mapping(path, load_site(site_file))


def test_a_site_without_a_mapping_says_which_file_is_missing(tmp_path: Path) -> None:
    path = mapping_path(tmp_path / "hall.yaml")
    assert path == tmp_path / "hall.energyplus.yaml"
    with pytest.raises(
        ConfigurationError, match=r"hall\.energyplus\.yaml: an EnergyPlus plant needs this mapping file"
    ):
        need_mapping(path)


def test_the_two_zone_mapping_takes_all_that_the_baselines_and_engineers_may_write(site_file: Path) -> None:
    """Else a baseline would be refused what it asks for, and be none."""
    loaded = load_site(site_file)
    mapping, _ = load_mapping(mapping_path(site_file), loaded)
    accepted = {(one.equipment, one.quantity): one for one in mapping.settings}
    start = as_commissioned(loaded).setpoints
    assert set(GoodPractice(loaded).decide(START, {})) == set(start)
    assert [key for key, value in start.items() if not accepted[key].low <= value <= accepted[key].high] == []
    for entry in loaded.site.writable:
        equipment, _, quantity = entry.point.partition(".")
        one = accepted[equipment, quantity]
        assert one.low <= entry.low < entry.high <= one.high


def test_the_documents_table_has_all_keys_and_its_example_is_a_mapping(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "energyplus.md").read_text(encoding="utf-8")
    table = text.partition("## Keys")[2].partition("An entry of `settings`")[0]
    fields = EnergyPlusMapping.model_fields
    assert re.findall(r"^\| `(\w+)` \|", table, flags=re.MULTILINE) == [fields[name].alias or name for name in fields]
    example = tmp_path / "my_hall.energyplus.yaml"
    example.write_text(text.partition("```yaml\n")[2].partition("```")[0], encoding="utf-8")
    assert len(EnergyPlusMapping.model_validate(expand(read_yaml(example)).data).readings) == 13
