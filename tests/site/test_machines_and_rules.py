"""Heat pumps, dry coolers, tanks, economizers, photovoltaics, redundancy and abnormal states in a site file."""

from __future__ import annotations

from pathlib import Path

import pytest

from facility.errors import ConfigurationError
from facility.site import Site
from facility.site_file import load_site

HALL = """  - id: hall-1
    economizer: {id: ase-1, rated_airflow_m3ps: 8.0, rated_relief_fan_kw: 2.0, outdoor_max_degc: 22.0}
    humidifier: {id: hum-1, rated_kg_per_h: 20.0}
    limits: {allowable_class: A2}
"""
PLANT = """  - id: plant-2
    chillers:
      - {for_each: trim-1..trim-2, id: "{item}", rated_cooling_kw: 80.0, max_leaving_water_degc: 34.0}
    dry_coolers:
      - for_each: cooler-1..cooler-3
        id: "{item}"
        rated_rejection_kw: 90.0
        rated_fan_kw: 6.0
        rated_flow_lps: 4.0
        adiabatic_effectiveness_frac: 0.7
    pumps:
      - {id: fw-pumps, duty: chilled_water, rated_flow_lps: 6.0, rated_kw: 5.0}
      - {id: dc-pumps, duty: condenser_water, rated_flow_lps: 8.0, rated_kw: 5.0}
    economizer: {id: hx-2, rated_kw: 200.0}
    tank: {id: tank-1, volume_m3: 20.0, max_flow_lps: 5.0}
    leaving_water_max_degc: 32.0
  - id: plant-3
    chillers:
      - {id: chiller-3, condenser: air, rated_cooling_kw: 80.0, rated_cop: 3.2, min_entering_condenser_degc: -15.0}
    pumps:
      - {id: air-pumps, duty: chilled_water, rated_flow_lps: 6.0, rated_kw: 5.0}

electrical:
"""
LOOP = """  - id: loop-2
    plant: plant-2
    hall: hall-1
    facility_water_class: W32
    cdus:
      - {for_each: cdu-2..cdu-3, id: "{item}", rated_heat_kw: 60.0, rated_flow_lps: 2.0, rated_pump_kw: 1.5}

plants:
"""
REST = """
photovoltaics:
  - {id: pv-1, rated_kw: 50.0, tilt_deg: 10.0, azimuth_deg: 170.0}
heat_pumps:
  - {id: hp-1, source: loop-1, rated_heat_kw: 30.0}
heat_contracts:
  - {id: district, heat_pumps: [hp-1], demand_kw: 25.0, priority: firm, shortfall_cost_per_kwh: 0.2}
redundancy:
  - {of: loop-2, group: cdus}
  - {of: plant-2, group: dry_coolers, spare: 2}
  - {of: plant-2, group: chillers}
abnormal_states:
  - {state: utility_lost, point: utility.power_kw, equals: [0.0]}
  - {state: outdoor_air_quality, point: weather.outdoor_temperature_degc, above: 45.0}
"""


@pytest.fixture
def whole(example_site: Path) -> Path:
    """Return the example site with one of every machine and rule that it lacks."""
    text = example_site.read_text(encoding="utf-8")
    for old, new in (("  - id: hall-1\n", HALL), ("electrical:\n", PLANT), ("plants:\n", LOOP)):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    example_site.write_text(text + REST, encoding="utf-8")
    return example_site


def test_every_part_is_read_and_counted(whole: Path) -> None:
    site = load_site(whole).site
    kinds = dict(site.equipment())
    assert kinds["ase-1"] == "Economizer" and kinds["hum-1"] == "Humidifier"
    assert kinds["cooler-2"] == "Dry_Cooler" and kinds["tank-1"] == "Thermal_Storage*"
    assert kinds["pv-1"] == "PV_Array" and kinds["hp-1"] == "Heat_Pump*" and kinds["district"] == "Heat_Contract*"
    assert site.halls[0].limits.allowable.inlet_max_degc == 35.0
    assert site.plants[2].chillers[0].condenser == "air"


def test_defaults_leave_a_site_without_them_as_it_was(example_site: Path) -> None:
    site = load_site(example_site).site
    assert not (site.plants[0].dry_coolers or site.heat_pumps or site.photovoltaics or site.redundancy)
    assert site.plants[0].tank is None and site.halls[0].economizer is None and site.water.price_per_m3 == 0.0


# What stands in the file, what a hurried engineer writes instead, the key and the help that must be named.
MISTAKES = {
    "no source": ("source: loop-1", "source: loop-9", "heat_pumps.0.source", "no liquid loop or plant 'loop-9'"),
    "no heat pump": (
        "heat_pumps: [hp-1]",
        "heat_pumps: [hp-2]",
        "heat_contracts.0.heat_pumps.0",
        "did you mean 'hp-1'",
    ),
    "heat for nobody": (
        "{id: hp-1, source: loop-1, rated_heat_kw: 30.0}",
        "{id: hp-1, source: loop-1, rated_heat_kw: 30.0}\n  - {id: hp-2, source: plant-1, rated_heat_kw: 30.0}",
        "heat_pumps.1.id",
        "name it in a heat contract",
    ),
    "heat pump twice": (
        "heat_pumps: [hp-1]",
        "heat_pumps: [hp-1, hp-1]",
        "heat_contracts.0.heat_pumps.1",
        "stands here twice",
    ),
    "two contracts": (
        "redundancy:",
        "  - {id: pool-heat, heat_pumps: [hp-1], demand_kw: 5.0}\nredundancy:",
        "heat_contracts.1.heat_pumps.0",
        "one contract a heat pump",
    ),
    "no demand": ("demand_kw: 25.0, ", "", "heat_contracts.0.demand_kw", "give demand_kw or demand_file"),
    "no demand file": (
        "demand_kw: 25.0",
        "demand_file: heat.csv",
        "heat_contracts.0.demand_file",
        "relative to the site file",
    ),
    "firm for nothing": (
        ", shortfall_cost_per_kwh: 0.2",
        "",
        "heat_contracts.0.priority",
        "give shortfall_cost_per_kwh",
    ),
    "return above supply": ("demand_kw: 25.0", "demand_kw: 25.0, return_degc: 75.0", "heat_contracts.0", "return_degc"),
    "water too warm for the class": (
        "facility_water_class: W32",
        "facility_water_class: W27",
        "liquid_loops.1.facility_water_class",
        "may deliver water of 32 C, but W27 bears 27 C",
    ),
    "no such class": (
        "facility_water_class: W32",
        "facility_water_class: W30",
        "liquid_loops.1.facility_water_class",
        "did you mean",
    ),
    "rule for nobody": ("{of: loop-2, group: cdus}", "{of: loop-3, group: cdus}", "redundancy.0.of", "owner of cdus"),
    "rule for another's group": (
        "{of: loop-2, group: cdus}",
        "{of: plant-2, group: cdus}",
        "redundancy.0.of",
        "no owner of cdus 'plant-2'",
    ),
    "rule for what is not there": (
        "{of: plant-2, group: chillers}",
        "{of: plant-2, group: towers}",
        "redundancy.2.group",
        "plant-2 has no towers; it has chillers, dry_coolers",
    ),
    "all are spare": (
        "dry_coolers, spare: 2",
        "dry_coolers, spare: 3",
        "redundancy.1.spare",
        "3 spare leaves none to run",
    ),
    "rule twice": (
        "{of: plant-2, group: chillers}",
        "{of: plant-2, group: dry_coolers}",
        "redundancy.2.of",
        "stand here twice",
    ),
    "no such group": ("group: cdus", "group: cdu", "redundancy.0.group", "did you mean 'cdus'"),
    "no such input": (
        "point: utility.power_kw",
        "point: utility.powr_kw",
        "abnormal_states.0.point",
        "did you mean 'utility.power_kw'",
    ),
    "never equal": ("equals: [0.0]", "equals: [0.0, 9999.0]", "abnormal_states.0.equals.1", "is never 9999"),
    "never above": ("above: 45.0", "above: 450.0", "abnormal_states.1.above", "is never above 450"),
    "two tests": ("above: 45.0", "above: 45.0, equals: [1.0]", "abnormal_states.1", "give either equals or above"),
    "no such state": (
        "state: utility_lost",
        "state: utility_los",
        "abnormal_states.0.state",
        "did you mean 'utility_lost'",
    ),
    "towers and dry coolers": (
        "    tank: {id: tank-1",
        "    towers: [{id: t-9, rated_rejection_kw: 9.0, rated_fan_kw: 1.0, rated_flow_lps: 1.0}]\n    tank: {id: tank-1",
        "plants.1",
        "describe them as two plants",
    ),
    "water-cooled without a tower": (
        "condenser: air",
        "condenser: water",
        "plants.2",
        "need towers or dry_coolers",
    ),
    "chillers of two kinds": (
        "{for_each: trim-1..trim-2,",
        "{id: trim-9, kind: screw, rated_cooling_kw: 80.0}\n      - {for_each: trim-1..trim-2,",
        "plants.1",
        "describe them as a plant a kind",
    ),
    "kind of an air-cooled chiller": (
        "condenser: air,",
        "condenser: air, kind: screw,",
        "plants.2",
        "leave it out where condenser is air",
    ),
    "no such kind": (
        "{for_each: trim-1..trim-2,",
        "{for_each: trim-1..trim-2, kind: scroll,",
        "plants.1.chillers.0.kind",
        "expected",
    ),
    "no pump for the condensers": (
        "      - {id: dc-pumps, duty: condenser_water, rated_flow_lps: 8.0, rated_kw: 5.0}\n",
        "",
        "plants.1",
        "none with duty condenser_water",
    ),
    "pads better than water": (
        "adiabatic_effectiveness_frac: 0.7",
        "adiabatic_effectiveness_frac: 1.7",
        "plants.1.dry_coolers.0.adiabatic_effectiveness_frac",
        "less than or equal to 1",
    ),
    "dew points upside down": (
        "outdoor_max_degc: 22.0",
        "outdoor_max_degc: 22.0, outdoor_dew_point_min_degc: 16.0",
        "halls.0.economizer",
        "outdoor_dew_point_min_degc < outdoor_dew_point_max_degc",
    ),
    "no such servers": ("allowable_class: A2", "allowable_class: B2", "halls.0.limits.allowable_class", "expected"),
    "id of a machine twice": (
        "{id: pv-1",
        "{id: tank-1",
        "photovoltaics.0.id",
        "used by plants.1.tank.id too",
    ),
}


@pytest.mark.parametrize(("old", "new", "key", "help_"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_named_with_its_line_key_and_fix(whole: Path, old: str, new: str, key: str, help_: str) -> None:
    text = whole.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    whole.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_site(whole)
    found = [line for line in str(caught.value).splitlines() if f": {key}: " in line]
    assert found and help_ in found[0], str(caught.value)
    line = int(found[0].removeprefix(f"{whole}:").split(":")[0])
    begins = text[: text.index(old)].count("\n") + 1
    assert begins - 15 <= line <= begins + new.count("\n") + 1


@pytest.mark.parametrize("name", [path.stem for path in (Path(__file__).parents[2] / "site_configs").glob("*.yaml")])
def test_the_example_sites_are_valid_and_keep_their_rules(name: str) -> None:
    site: Site = load_site(Path(__file__).parents[2] / "site_configs" / f"{name}.yaml").site
    assert site.redundancy and site.abnormal_states and site.writable and site.water.price_per_m3 > 0.0
    ruled = {(rule.of, rule.group) for rule in site.redundancy}
    assert ruled >= {(hall.id, "crahs") for hall in site.halls}
    assert ruled >= {(loop.id, "cdus") for loop in site.liquid_loops}
    moved = {entry.point.split(".")[0] for entry in site.writable}
    assert moved >= {crah.id for crah in site.crahs} | {plant.id for plant in site.plants}
    assert moved >= {cdu.id for loop in site.liquid_loops for cdu in loop.cdus}
