from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from facility.errors import ConfigurationError, UnknownPointError
from facility.site_file import LoadedSite, load_site

Change = Callable[[str, str], Path]


@pytest.fixture
def change(example_site: Path) -> Change:
    """Replace a text that the example must hold, and return the file."""

    def replace(old: str, new: str) -> Path:
        text = example_site.read_text(encoding="utf-8")
        assert text.count(old) >= 1, old
        example_site.write_text(text.replace(old, new, 1), encoding="utf-8")
        return example_site

    return replace


def refusal(path: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_site(path)
    return str(caught.value)


def line_of(path: Path, text: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


def test_the_example_is_read_whole(example_site: Path) -> None:
    loaded = load_site(example_site)
    assert len(loaded.points) == 15
    assert [rack.id for rack in loaded.site.halls[0].racks] == [f"rack-0{n}" for n in range(1, 6)]
    assert [rack.position for rack in loaded.site.halls[0].racks][:4] == [1, 2, 3, 4]
    assert [device.snmp.port for device in loaded.site.devices if device.snmp] == [16101, 16102, 16103, 16104, 16105]
    assert loaded.site.tariff.windows[0].start == time(17)
    assert loaded.site.availability[0].until == date(2026, 12, 24)


def test_points_follow_from_devices_and_profiles(example_site: Path) -> None:
    points = load_site(example_site).points
    power = points["rack-02.feed-a.power_kw"]
    assert (power.equipment, power.device, power.key, power.unit) == ("rack-02", "pdu-rack-02", "power_kw", "kW")
    setpoint = points["crah-1.supply_air_temperature_setpoint_degc"]
    assert setpoint.writable is not None
    assert (setpoint.writable.low, setpoint.writable.high, setpoint.writable.reversion) == (18.0, 25.0, "bms")
    assert points.one("weather", "outdoor_temperature_degc") in points.of_device("gateway-1")
    with pytest.raises(UnknownPointError, match="rack-99"):
        points["rack-99.power_kw"]


def test_equipment_out_of_service_until_the_end_of_its_last_day_in_site_time(example_site: Path) -> None:
    site = load_site(example_site).site
    assert not site.in_service("hx-1", datetime(2026, 12, 24, 22, 59, tzinfo=UTC))
    assert site.in_service("hx-1", datetime(2026, 12, 24, 23, 1, tzinfo=UTC))
    assert site.in_service("chiller-1", datetime(2026, 12, 24, tzinfo=UTC))


# Each case: what stands in the example, what a hurried engineer writes instead, the key and the help that must be named.
MISTAKES = {
    "unknown key": (
        "rated_fan_kw: 5.0",
        "rated_fan_power: 5.0",
        "crahs.0.rated_fan_power",
        "did you mean 'rated_fan_kw'",
    ),
    "missing key": ("    rated_cooling_kw: 100.0\n", "", "crahs.0.rated_cooling_kw", "required"),
    "text for a number": ("rated_fan_kw: 5.0", "rated_fan_kw: 5 kW", "crahs.0.rated_fan_kw", "number; got '5 kW'"),
    "quoted number": ("rated_fan_kw: 5.0", "rated_fan_kw: '5.0'", "crahs.0.rated_fan_kw", "number; got '5.0'"),
    "yes is no number": ("rated_fan_kw: 5.0", "rated_fan_kw: true", "crahs.0.rated_fan_kw", "number; got True"),
    "not a number": ("rated_fan_kw: 5.0", "rated_fan_kw: .nan", "crahs.0.rated_fan_kw", "number"),
    "infinite": ("rated_fan_kw: 5.0", "rated_fan_kw: 1e999", "crahs.0.rated_fan_kw", "finite"),
    "below the range": ("rated_fan_kw: 5.0", "rated_fan_kw: -5.0", "crahs.0.rated_fan_kw", "greater than 0; got -5"),
    "nothing": ("rated_fan_kw: 5.0", "rated_fan_kw:", "crahs.0.rated_fan_kw", "got nothing"),
    "wrong word": ("days: weekdays", "days: weekday", "tariff.windows.0.days", "did you mean 'weekdays'"),
    "wrong kind": (
        "duty: chilled_water",
        "duty: chiled_water",
        "plants.0.pumps.0.duty",
        "did you mean 'chilled_water'",
    ),
    "capital id": ("- id: crah-1", "- id: CRAH-1", "crahs.0.id", "pattern"),
    "no such hall": (
        "    hall: hall-1\n    plant",
        "    hall: hall-2\n    plant",
        "crahs.0.hall",
        "did you mean 'hall-1'",
    ),
    "no such plant": ("    plant: plant-1\n    rated", "    plant: p1\n    rated", "crahs.0.plant", "no plant 'p1'"),
    "no such loop": (
        "liquid_loop: loop-1",
        "liquid_loop: loop-2",
        "halls.0.racks.4.liquid_loop",
        "did you mean 'loop-1'",
    ),
    "no such rack of a pool": (
        "servers: 100, idle_w",
        "servers: 1, members: [{rack: rack-09, servers: [s-1]}], idle_w",
        "server_pools.0.members.0.rack",
        "no rack of pool pool-1: 'rack-09'",
    ),
    "no such pool": ("pool: pool-1", "pool: pool-2", "deferrable_work.0.pool", "did you mean 'pool-1'"),
    "no such equipment": ("equipment: utility", "equipment: utilty", "devices.0.equipment", "did you mean 'utility'"),
    "no such slot": ("{crah: crah-1,", "{craah: crah-1,", "devices.1.equipment.craah", "did you mean 'crah'"),
    "slots needed": (
        "{crah: crah-1, weather: weather}",
        "crah-1",
        "devices.1.equipment",
        "slots to equipment: crah, weather",
    ),
    "no such profile": (
        "profile: test_meter",
        "profile: test_metre",
        "devices.0.profile",
        "no device profile 'test_metre'",
    ),
    "path as profile": ("profile: test_meter", "profile: ../secret", "devices.0.profile", "pattern"),
    "other protocol": (
        "modbus: {host: 127.0.0.1, port: 15020}",
        "snmp: {host: h, community: env:C}",
        "devices.0.snmp",
        "speaks modbus",
    ),
    "no such point": (
        "point: crah-1.supply_air_temperature_s",
        "point: crah-1.supply_temperature_s",
        "writable.0.point",
        "did you mean",
    ),
    "not writable": (
        "point: crah-1.supply_air_temperature_setpoint_degc",
        "point: utility.power_kw",
        "writable.0.point",
        "cannot be written",
    ),
    "writable too wide": ("low: 18.0, high: 25.0", "low: 5.0, high: 25.0", "writable.0", "10 to 35 degC"),
    "writable upside down": ("low: 18.0, high: 25.0", "low: 25.0, high: 18.0", "writable.0", "need low < high"),
    "same id twice": ("id: chiller-1", "id: tower-1", "plants.0.towers.0.id", "plants.0.chillers.0.id"),
    "same device twice": ("id: gateway-1", "id: meter-1", "devices.1.id", "more than once"),
    "same point twice": ("    equipment: rack-05\n", "    equipment: rack-04\n", "devices.6", "give one a tag"),
    "wrong zone": ("Europe/Berlin", "Europe/Berlinn", "time_zone", "IANA time zone"),
    "folder as zone": ("Europe/Berlin", "Europe", "time_zone", "IANA time zone"),
    "wrong currency": ("currency: EUR", "currency: Euro", "currency", "pattern"),
    "hour 24": ("end: 20:00", "end: 24:00", "tariff.windows.0.end", "06:00, from 00:00 to 23:59"),
    "hour as a number": ("end: 20:00", "end: 20", "tariff.windows.0.end", "time of day such as 06:00"),
    "impossible date": ("2026-12-24", "2026-02-30", "availability.0.until", "expected a date such as"),
    "date as a number": ("2026-12-24", "1785000000", "availability.0.until", "expected a date such as"),
    "work too big for a day": (
        "energy_kwh_per_day: 60.0",
        "energy_kwh_per_day: 600.0",
        "deferrable_work.0",
        "cannot be done in a day",
    ),
    "file is not there": (
        "energy_price_per_kwh: 0.18",
        "energy_price_per_kwh: 0.18\n  price_file: p.csv",
        "tariff.price_file",
        "no file",
    ),
    "user in a host": (
        "host: 127.0.0.1, port: 15020",
        "host: 'me:pw@h', port: 1",
        "devices.0.modbus.host",
        "no user or password",
    ),
    "wrong schema": ("schema: 1", "schema: 2", "schema", "expected 1"),
    "list for a mapping": (
        "economizer: {id: hx-1, rated_kw: 120.0}",
        "economizer: [hx-1]",
        "plants.0.economizer",
        "mapping",
    ),
    "word for a mapping": (
        "economizer: {id: hx-1, rated_kw: 120.0}",
        "economizer: hx-1",
        "plants.0.economizer",
        "mapping",
    ),
}


@pytest.mark.parametrize(("old", "new", "key", "help_"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_named_with_its_line_key_and_fix(change: Change, old: str, new: str, key: str, help_: str) -> None:
    path = change(old, new)
    message = refusal(path)
    first = next((line for line in message.splitlines() if f": {key}: " in line), "")
    assert help_ in first, message
    line = int(first.removeprefix(f"{path}:").split(":")[0])
    # The mistake stands on the named line, or the line is where the part begins that lacks a key.
    near = "".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[line - 1 : line + 6])
    written = new.strip().splitlines()[0] if new.strip() else "id: crah-1"
    assert written in near or key.split(".")[-1] in near, (line, near)


def test_a_mistake_in_a_repeated_part_is_said_once(change: Change) -> None:
    path = change("name: Rack {n}", "nam: Rack {n}")
    assert (
        refusal(path) == f"{path}:{line_of(path, 'nam: Rack')}: halls.0.racks.0.nam: no such key; did you mean 'name'?"
    )


def test_all_mistakes_are_said_at_once(change: Change) -> None:
    change("rated_fan_kw: 5.0", "rated_fan_kw: lots")
    path = change("currency: EUR", "currency: euro")
    assert [line.split(": ")[1] for line in refusal(path).splitlines()] == ["currency", "crahs.0.rated_fan_kw"]


FOR_EACH = {
    "downwards": "rack-04..rack-01",
    "two prefixes": "rack-01..crate-04",
    "empty": "[]",
    "numbers": "[1, 2]",
    "no range": "rack-01",
    "a number": "4",
}


@pytest.mark.parametrize("spec", FOR_EACH.values(), ids=FOR_EACH.keys())
def test_a_wrong_for_each_is_named(change: Change, spec: str) -> None:
    path = change("for_each: rack-01..rack-04\n        id", f"for_each: {spec}\n        id")
    assert refusal(path).startswith(f"{path}:{line_of(path, 'for_each')}: halls.0.racks.0.for_each: expected a list")


def test_a_range_without_end_is_refused_quickly(change: Change) -> None:
    path = change("for_each: rack-01..rack-04\n        id", "for_each: rack-000001..rack-999999\n        id")
    assert "more than 10,000 items" in refusal(path)


@pytest.fixture
def loaded(example_site: Path) -> LoadedSite:
    return load_site(example_site)


def test_revision_ignores_comments_order_and_defaults(change: Change, loaded: LoadedSite) -> None:
    change("currency: EUR\n", "")
    change("schema: 1\n", "currency: EUR   # moved\n\nschema: 1\n")
    path = change(
        "{id: chiller-1, rated_cooling_kw: 150.0}", "{rated_cooling_kw: 150.0, rated_cop: 5.5, id: chiller-1}"
    )
    assert load_site(path).revision == loaded.revision


def test_revision_follows_content(change: Change, loaded: LoadedSite) -> None:
    changed = load_site(change("rated_fan_kw: 5.0", "rated_fan_kw: 5.1")).revision
    assert changed != loaded.revision


def test_revision_follows_the_profiles_of_the_site(example_site: Path, loaded: LoadedSite) -> None:
    profile = example_site.parent / "profiles" / "test_meter.yaml"
    profile.write_text(profile.read_text(encoding="utf-8").replace("unit: W,", "unit: kW,"), encoding="utf-8")
    assert load_site(example_site).revision != loaded.revision


PROFILE_MISTAKES = {
    "unknown unit": ("unit: Wh", "unit: Watt", "points.energy_kwh.unit", "unknown unit 'Watt'"),
    "unit of another quantity": (
        "unit: Wh",
        "unit: W",
        "(top)",
        "points.energy_kwh: unit W is kW, but energy_kwh is in kWh",
    ),
    "unknown quantity": ("energy_kwh:", "energy:", "(top)", "'energy' is not a quantity"),
    "range upside down": ("range: [0, 5000]", "range: [5000, 0]", "points.power_kw", "first value must be below"),
    "unknown key": ("type: float32, unit", "typ: float32, unit", "points.power_kw.typ", "did you mean 'type'"),
    "wrong name": ("profile: test_meter", "profile: other", "profile", "expected 'test_meter'"),
    "not a mapping": ("profile: test_meter", "- profile", "", "not valid YAML"),
}


@pytest.mark.parametrize(("old", "new", "key", "help_"), PROFILE_MISTAKES.values(), ids=PROFILE_MISTAKES.keys())
def test_a_mistake_in_a_profile_is_named_in_its_file(
    example_site: Path, old: str, new: str, key: str, help_: str
) -> None:
    profile = example_site.parent / "profiles" / "test_meter.yaml"
    text = profile.read_text(encoding="utf-8")
    assert old in text
    profile.write_text(text.replace(old, new, 1), encoding="utf-8")
    message = refusal(example_site)
    assert f"{profile}:" in message
    assert f"{key}: " in message
    assert help_ in message


def test_ranges_within_ranges_cannot_grow_without_end(change: Change) -> None:
    inner = "{for_each: b0001..b9999, id: '{item}', rated_kw: 1.0}"
    path = change("halls:\n", f"halls:\n  - {{for_each: h0001..h9999, id: '{{item}}', racks: [{inner}]}}\n")
    assert "too many values after for_each" in refusal(path)
