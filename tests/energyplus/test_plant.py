"""The two-zone data centre as a plant: setpoints reach it, it answers as physics says, and its energies add up."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import psutil
import pytest

from facility.errors import ConfigurationError
from facility.site_file import load_site
from tests.energyplus.conftest import START, MakePlant, conditions, copied, edit
from tools.closed_loop.plant import RefusedError, Rewindable, Tabulates
from tools.energyplus.engine import EngineError
from tools.energyplus.plant import EnergyPlusPlant
from tools.energyplus_plant import factory

SUPPLY, FAN = "supply_air_temperature_setpoint_degc", "fan_speed_setpoint_frac"
LEAVING, CONDENSER = "leaving_chilled_water_temperature_setpoint_degc", "condenser_water_temperature_setpoint_degc"
CRAHS = ("crah-east", "crah-west")
METER = """    quantity: power_kw
    scale: 0.001
    noise: 0.1
    of: [{ variable: Facility Total Electricity Demand Rate, key: Whole Building }]
"""
HOUR_S = 3600.0
LIGHTS_KW = 0.6  # of both rooms, all on


@pytest.fixture(scope="module")
def settled(model: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EnergyPlusPlant]:
    """One plant for tests that only move its setpoints; `at_rest` puts them back."""
    plant = factory(load_site(copied(tmp_path_factory.mktemp("site"))), conditions(hours=720), 1, START)
    yield plant
    plant.close()


@pytest.fixture
def at_rest(settled: EnergyPlusPlant) -> EnergyPlusPlant:
    for setting in settled._mapping.settings:
        settled.set(setting.equipment, setting.quantity, setting.initial)
    settled.step(HOUR_S)
    return settled


def after(plant: EnergyPlusPlant, hours: float = 1.0) -> dict[str, float]:
    """Let time pass and return the true values that the tests look at."""
    plant.step(hours * HOUR_S)
    truth, readings = plant.truth(), plant._true.readings
    supply, returned, flow_lps = (
        readings["plant-1", name]
        for name in (
            "leaving_chilled_water_temperature_degc",
            "entering_chilled_water_temperature_degc",
            "chilled_water_flow_lps",
        )
    )
    return {
        "cop": flow_lps * 4.19 * (returned - supply) / max(truth.power_kw["chiller-1"], 1e-9),
        "inlet": float(truth.inlet_degc[0]), "it_kw": truth.it_kw, "cooling_kw": truth.cooling_kw,
        "chiller_kw": truth.power_kw["chiller-1"], "tower_kw": truth.power_kw["tower-1"],
        "fans_kw": sum(truth.power_kw[crah] for crah in CRAHS), "leaving": float(truth.leaving_water_degc[0]),
        "return": readings["crah-east", "return_air_temperature_degc"],
        "condenser": readings["plant-1", "entering_condenser_water_temperature_degc"],
        "rack": readings["e01", "power_kw"], "valve": readings["crah-east", "valve_position_frac"],
    }  # fmt: skip


def test_warmer_supply_air_warms_the_inlets_and_the_servers_take_more(at_rest: EnergyPlusPlant) -> None:
    before = after(at_rest)
    for crah in CRAHS:
        at_rest.set(crah, SUPPLY, 20.0)
    now = after(at_rest)
    assert now["inlet"] == pytest.approx(before["inlet"] + 4.0, abs=0.5)
    assert now["it_kw"] > 1.05 * before["it_kw"]
    assert before["rack"] == pytest.approx(before["it_kw"] / 20.0, rel=0.1)  # ten racks a room


def test_slower_fans_take_less_and_warm_the_return_air(at_rest: EnergyPlusPlant) -> None:
    before = after(at_rest)
    for crah in CRAHS:
        at_rest.set(crah, FAN, 0.5)
    now = after(at_rest)
    assert now["fans_kw"] < 0.8 * before["fans_kw"]
    assert now["return"] > before["return"] + 2.0


def test_warmer_water_helps_the_chiller_a_little_and_costs_the_pumps_more(at_rest: EnergyPlusPlant) -> None:
    """On this model 12 degC raises cooling power, by some 6 %: a plan that follows the rule of thumb loses."""
    before = after(at_rest)
    at_rest.set("plant-1", LEAVING, 12.0)
    now = after(at_rest)
    assert (before["leaving"], now["leaving"]) == pytest.approx((7.0, 12.0), abs=0.05)
    assert now["cop"] > before["cop"]
    assert now["valve"] > 1.5 * before["valve"]
    assert 1.03 * before["cooling_kw"] < now["cooling_kw"] < 1.1 * before["cooling_kw"]


def test_the_colder_the_condenser_water_the_less_the_chiller_and_the_more_the_tower_takes(
    at_rest: EnergyPlusPlant,
) -> None:
    """Down to near the wet bulb, 18.9 degC, where the tower's correlation, as the model has it, gives cold for nothing."""
    found = []
    for degc in (28.0, 26.0, 24.0, 23.0, 22.0, 21.0):
        at_rest.set("plant-1", CONDENSER, degc)
        found.append(after(at_rest, 0.5))
    assert [one["condenser"] for one in found] == pytest.approx([28.0, 26.0, 24.0, 23.0, 22.0, 21.0], abs=0.1)
    assert (np.diff([one["chiller_kw"] for one in found]) < 0.0).all()
    assert (np.diff([one["tower_kw"] for one in found]) > 0.0).all()


def test_powers_add_up(at_rest: EnergyPlusPlant) -> None:
    for _ in range(10):
        at_rest.step(600.0)
        truth = at_rest.truth()
        racks_kw = sum(power for name, power in truth.power_kw.items() if name[0] in "ew" and name[1:].isdigit())
        machines_kw = sum(truth.power_kw[one] for one in (*CRAHS, "chiller-1", "tower-1", "chw-pumps", "cw-pumps"))
        assert racks_kw == pytest.approx(truth.it_kw)
        assert machines_kw == pytest.approx(truth.cooling_kw)
        assert 0.0 <= truth.facility_kw - truth.it_kw - truth.cooling_kw <= LIGHTS_KW


def test_what_it_does_not_accept_is_refused_and_the_old_value_stays(at_rest: EnergyPlusPlant) -> None:
    for equipment, quantity, value, words in (
        ("crah-east", SUPPLY, 31.0, "crah-east.supply_air_temperature_setpoint_degc: 31 is outside 10..30"),
        ("crah-east", SUPPLY, math.nan, "nan is outside 10..30"),
        ("crah-east", "on_status", 1.0, "crah-east.on_status: the mapping has no such setting"),
        ("plant-1", "chillers_staged_command", 0.0, "0 is outside 1..1"),
    ):
        with pytest.raises(RefusedError, match=words):
            at_rest.set(equipment, quantity, value)
    assert at_rest.measured()["crah-east", SUPPLY] == 16.0


def test_what_it_cannot_do_it_does_not_claim(settled: EnergyPlusPlant) -> None:
    """A run of the engine does not go back, and nobody knows its least power: the bound is null."""
    assert not isinstance(settled, Rewindable)
    assert not isinstance(settled, Tabulates)


@pytest.mark.slow
def test_more_work_and_warmer_air_outside_take_more(make_plant: MakePlant) -> None:
    idle, busy = (after(make_plant(conditions(demand=demand))) for demand in (0.3, 0.8))
    assert busy["it_kw"] > idle["it_kw"] + 30.0
    assert busy["cooling_kw"] > idle["cooling_kw"]
    cold = make_plant(conditions(dry_degc=-5.0, dew_degc=-10.0))
    assert after(cold)["chiller_kw"] == 0.0  # the rooms' economizers do it all
    assert cold.truth().chillers_on.tolist() == [0.0]


def test_the_model_has_the_weather_of_the_loop(make_plant: MakePlant) -> None:
    given = conditions(dry_degc=20.0, dew_degc=12.0, rise_k_per_h=1.0)
    plant = make_plant(given)
    for hours in (0.5, 3.0, 4.5):
        plant.step(hours * HOUR_S)
        read = plant._true.readings
        assert read["weather", "outdoor_temperature_degc"] == pytest.approx(
            given.air(plant.time).dry_bulb_degc, abs=0.02
        )
    assert read["weather", "outdoor_relative_humidity_frac"] == pytest.approx(0.374, abs=0.01)  # 12 of 28 degC, chart


@pytest.mark.slow
@pytest.mark.parametrize("steps_per_hour", [60, 12])
def test_energies_of_truth_and_meter_agree(make_plant: MakePlant, site_file: Path, steps_per_hour: int) -> None:
    """The engine's own meter counts each step's joules; the judge adds up powers at the ends of steps."""
    metered = (
        f'    quantity: power_kw\n    scale: {steps_per_hour / 3.6e6}\n    of: [{{ meter: "Electricity:Facility" }}]\n'
    )
    edit(site_file, (METER, metered), ("steps_per_hour: 60", f"steps_per_hour: {steps_per_hour}"))
    plant = make_plant()
    metered_kwh = judged_kwh = 0.0
    for minute in range(240):
        if minute % 60 == 30:
            plant.set("crah-east", SUPPLY, 16.0 + minute / 60.0)
            plant.set("plant-1", LEAVING, 7.0 + minute / 120.0)
        plant.step(60.0)
        metered_kwh += plant.measured()["utility", "power_kw"] / 60.0
        judged_kwh += plant.truth().facility_kw / 60.0
    assert judged_kwh == pytest.approx(metered_kwh, rel=1e-9 if steps_per_hour == 60 else 1e-3)


def test_counters_begin_with_the_plant_and_go_on_with_time(make_plant: MakePlant) -> None:
    plant = make_plant(start=START + timedelta(hours=3))
    begin = plant.truth()
    assert (begin.water_l, begin.work_done_server_h, begin.chiller_starts) == (0.0, 0.0, 0)
    water_l = 0.0
    for _ in range(60):
        plant.step(60.0)
        water_l += plant._true.readings["plant-1", "makeup_water_lps"] * 60.0
    assert plant.truth().water_l == pytest.approx(water_l)
    assert water_l > 100.0
    assert plant.truth().work_done_server_h == pytest.approx(0.6 * 200.0)


@pytest.mark.slow
def test_sensors_are_noisy_by_a_seed_and_the_truth_is_not(make_plant: MakePlant) -> None:
    one, same, other = (make_plant(seed=seed) for seed in (1, 1, 2))
    key = ("e01", "inlet_temperature_degc")
    series = []
    for plant in (one, same, other):
        errors = []
        for _ in range(60):
            plant.step(60.0)
            errors.append(plant.measured()[key] - float(plant.truth().inlet_degc[0]))
        series.append(errors)
    assert series[0] == series[1]
    assert series[0] != series[2]
    assert np.std(series[0]) == pytest.approx(0.1, rel=0.4)
    assert one.truth().facility_kw == other.truth().facility_kw


def test_values_stand_still_within_a_time_step(make_plant: MakePlant, site_file: Path) -> None:
    edit(site_file, ("steps_per_hour: 60", "steps_per_hour: 4"))
    plant = make_plant(conditions(rise_k_per_h=4.0))
    powers = []
    for _ in range(60):
        plant.step(60.0)
        powers.append(plant.truth().facility_kw)
    assert plant.time == START + timedelta(hours=1)
    assert len(set(powers)) == 4
    assert [len(set(powers[first : first + 15])) for first in (0, 15, 30, 45)] == [1, 1, 1, 1]


@pytest.mark.slow
def test_any_stride_comes_to_the_same(make_plant: MakePlant) -> None:
    whole, parts = make_plant(), make_plant()
    whole.step(1800.0)
    for _ in range(45):
        parts.step(40.0)
    assert whole.time == parts.time
    assert whole.truth().facility_kw == parts.truth().facility_kw
    assert whole.truth().water_l == pytest.approx(parts.truth().water_l)


def test_the_model_keeps_standard_time_through_summer(make_plant: MakePlant, site_file: Path) -> None:
    """A schedule of the model that goes on at 12:00: in Chicago at 18:00 UTC, which is 13:00 on the wall in July."""
    clock = (
        'changes:\n  "Schedule:Compact":\n    Noon: { schedule_type_limits_name: Any Number, data: '
        "[{field: 'Through: 12/31'}, {field: 'For: AllDays'}, {field: 'Until: 12:00'}, {field: 0.0}, "
        "{field: 'Until: 24:00'}, {field: 1.0}] }\n"
    )
    status = "  - { equipment: crah-east, quantity: on_status, constant: 1.0 }\n"
    read = "  - { equipment: crah-east, quantity: on_status, of: [{ variable: Schedule Value, key: Noon }] }\n"
    edit(site_file, ("changes:\n", clock), (status, read))
    plant = make_plant(start=datetime(2025, 7, 7, 17, 50, tzinfo=UTC))
    seen = []
    for _ in range(20):
        plant.step(60.0)
        seen.append(plant._true.readings["crah-east", "on_status"])
    assert seen == [0.0] * 10 + [1.0] * 10


@pytest.mark.slow
@pytest.mark.parametrize(
    "start", [datetime(2025, 3, 9, 7, tzinfo=UTC), datetime(2024, 2, 29, 7, tzinfo=UTC), datetime(2025, 12, 31, 7, tzinfo=UTC)]
)  # fmt: skip
def test_days_that_clocks_and_calendars_make_odd_pass_like_others(make_plant: MakePlant, start: datetime) -> None:
    """Spring forward, a leap day that weather files do not have, and the turn of the year."""
    given = conditions(dry_degc=-2.0, dew_degc=-8.0, rise_k_per_h=0.25)
    given = type(given)(start, given.step, given.dry_bulb_degc, given.dew_point_degc, given.demand_frac)
    plant = make_plant(given, start=start)
    plant.step(26.0 * HOUR_S)
    assert plant.time == start + timedelta(hours=26)
    outdoor_degc = plant._true.readings["weather", "outdoor_temperature_degc"]
    assert outdoor_degc == pytest.approx(given.air(plant.time).dry_bulb_degc, abs=0.02)


def test_a_closed_plant_leaves_nothing_and_says_that_it_is_closed(make_plant: MakePlant) -> None:
    plant = make_plant()
    process_id, folder = plant.engine.process_id, Path(plant.engine._folder.name)
    plant.step(60.0)
    plant.close()
    assert not psutil.pid_exists(process_id)
    assert not folder.exists()
    with pytest.raises(EngineError, match="is gone"):
        plant.step(60.0)


LACKS = "the model has no such"
WRONG_NAMES = {  # what stands in the mapping, what it becomes, what is said
    "actuator": (
        "Schedule Value, key: West Supply Air",
        "Schedule Value, key: West Supply Aire",
        f"actuators.0: {LACKS} actuator; did you mean 'Schedule:Constant, Schedule Value, WEST SUPPLY AIR'?",
    ),
    "key": (
        "Fan Electricity Rate, key: West Zone Supply Fan",
        "Fan Electricity Rate, key: West Supply Fan",
        f"of.0: {LACKS} output; did you mean 'WEST ZONE SUPPLY FAN'?",
    ),
    "keys": (
        "Fan Electricity Rate, key: West Zone Supply Fan",
        "Fan Electricity Rate, key: B2",
        f"of.0: {LACKS} output; its keys are EAST ZONE SUPPLY FAN, WEST ZONE SUPPLY FAN",
    ),
    "variable": (
        "Fan Electricity Rate, key: West Zone Supply Fan",
        "Fan Electric Rate, key: West Zone Supply Fan",
        f"of.0: {LACKS} output; did you mean 'Fan Electricity Rate, WEST ZONE SUPPLY FAN'?",
    ),
    "meter": (
        "variable: Facility Total HVAC Electricity Demand Rate, key: Whole Building",
        'meter: "Electricity:HVACs"',
        f"totals.cooling_kw.of.0: {LACKS} output; did you mean 'Electricity:HVAC'?",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", WRONG_NAMES)
def test_a_name_that_the_model_lacks_is_told_with_its_line_and_the_nearest(
    model: None, site_file: Path, name: str
) -> None:
    old, new, expected = WRONG_NAMES[name]
    path = edit(site_file, (old, new))
    line = path.read_text(encoding="utf-8").partition(new)[0].count("\n") + 1
    with pytest.raises(ConfigurationError) as caught:
        factory(load_site(site_file), conditions(), 1, START)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert expected in str(caught.value)
    assert "python -m tools.energyplus lists what there is" in str(caught.value)


def test_a_change_that_the_model_does_not_bear_is_told_in_the_engines_words(model: None, site_file: Path) -> None:
    removed = "    CondenserControl SetpointManager: "
    edit(site_file, (f"{removed}null\n", f"{removed}{{ control_variable: Warmth }}\n"))
    with pytest.raises(EngineError, match="Warmth"):
        factory(load_site(site_file), conditions(), 1, START)


def test_a_time_without_a_zone_is_refused(model: None, site_file: Path) -> None:
    with pytest.raises(ValueError, match="aware"):
        factory(load_site(site_file), conditions(), 1, START.replace(tzinfo=None))
