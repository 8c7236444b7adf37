"""The example sites: valid, as their head comments say, and with rules for what can fail."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from facility import cli
from facility.site import Device, Site
from tests.site.examples import CONFIGS, NAMES, SITES, each


@each
def test_check_accepts_it(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(CONFIGS / f"{name}.yaml")]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert SITES[name].site.name in captured.out


@each
def test_its_comment_counts_its_points(name: str) -> None:
    head = (CONFIGS / f"{name}.yaml").read_text(encoding="utf-8").split("schema:")[0].replace("\n# ", " ")
    said = re.findall(r"about ([0-9]+) points", head)
    assert len(said) == 1
    assert int(said[0]) == pytest.approx(len(SITES[name].points), abs=6)


SHOWN: dict[str, list[Callable[[Site], object]]] = {
    "demo": [
        lambda site: [rack.liquid_loop for hall in site.halls for rack in hall.racks].count("loop-1") == 8,
        lambda site: site.plants[0].towers and not site.plants[0].dry_coolers,
        lambda site: all(chiller.condenser == "water" for chiller in site.plants[0].chillers),
        lambda site: site.plants[0].economizer and site.plants[0].economizer.kind == "integrated",
        lambda site: site.batteries[0].dispatchable,
        lambda site: site.heat_pumps[0].source == "loop-1" and 40.0 <= site.heat_contracts[0].demand_kw <= 90.0,
        lambda site: {entry.reversion for entry in site.writable} == {"device", "bms", "none"},
    ],
    "air_economizer": [
        lambda site: all(hall.economizer and hall.humidifier for hall in site.halls),
        lambda site: all(one.condenser == "air" for plant in site.plants for one in plant.chillers),
        lambda site: not any(plant.towers or plant.dry_coolers or plant.economizer for plant in site.plants),
        lambda site: site.photovoltaics and site.tariff.export_price_per_kwh is None,
        lambda site: site.altitude_m > 500.0,
    ],
    "liquid_ai": [
        lambda site: len(site.plants) == 2 and site.plants[1].tank,
        lambda site: site.liquid_loops[0].facility_water_class == "W32",
        lambda site: all(cooler.adiabatic_effectiveness_frac > 0.5 for cooler in site.plants[0].dry_coolers),
        lambda site: site.plants[0].economizer and len(site.plants[0].chillers) == 2,
        lambda site: site.heat_contracts[0].priority == "firm",
        lambda site: (
            {work.pool for work in site.deferrable_work}
            == {pool.id for pool in site.server_pools if pool.peak_w > 5000.0 and not pool.consolidate}
        ),
    ],
}


@pytest.mark.parametrize(("name", "shows"), [(name, one) for name, shown in SHOWN.items() for one in shown])
def test_it_shows_what_its_comment_says(name: str, shows: Callable[[Site], object]) -> None:
    assert shows(SITES[name].site)


def test_every_example_says_what_it_shows() -> None:
    assert set(SHOWN) == set(NAMES)


def test_no_two_devices_share_an_address() -> None:
    """Also between the sites: all may be served side by side."""
    places = [_place(device) for loaded in SITES.values() for device in loaded.site.devices]
    assert len(set(places)) == len(places) > 100
    assert all(1024 < port < 32768 for _, port in places)  # what a user may bind, below the ports that are handed out


def _place(device: Device) -> tuple[str, int]:
    if device.modbus is not None:
        return "tcp", device.modbus.port
    assert device.snmp is not None
    return "udp", device.snmp.port


@each
def test_its_rules_cover_what_can_fail(name: str) -> None:
    site = SITES[name].site
    ruled = {(rule.of, rule.group) for rule in site.redundancy}
    groups = {"chillers": "chillers", "towers": "towers", "dry_coolers": "dry_coolers"}
    for plant in site.plants:
        assert ruled >= {(plant.id, group) for group, part in groups.items() if len(getattr(plant, part)) > 1}
    told = {(entry.state, entry.point.split(".")[0]) for entry in site.abnormal_states}
    meter, ups = site.electrical.main_meter, site.electrical.ups.id
    assert told >= {("utility_lost", meter), ("generator_running", meter), ("ups_on_battery", ups)}
    assert told >= {(state, hall.id) for hall in site.halls for state in ("smoke", "leak")}
    assert told >= {("chiller_trip", one.id) for plant in site.plants for one in plant.chillers}


@each
def test_setpoints_that_nobody_takes_back_are_few_and_every_range_leaves_room(name: str) -> None:
    site = SITES[name].site
    for entry in site.writable:
        assert entry.low < entry.high
        if entry.reversion == "none":
            quantity = entry.point.split(".")[1]
            assert quantity.endswith(("_command", "_command_kw")), entry.point  # modes, stages and work; no temperature
    ranges = {entry.point: (entry.low, entry.high) for entry in site.writable}
    for plant in site.plants:
        low, high = ranges[f"{plant.id}.leaving_chilled_water_temperature_setpoint_degc"]
        assert plant.leaving_water_min_degc <= low < high <= plant.leaving_water_max_degc
