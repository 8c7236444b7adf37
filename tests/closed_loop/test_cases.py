"""From arguments to cases: the span of what is needed, files over the plant's own, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from facility.errors import ConfigurationError, SignalError
from tests.closed_loop.making import PLANT, TOY
from tests.closed_loop.weather_writing import write_epw, write_weather
from tools.closed_loop.arguments import Options, parse
from tools.closed_loop.cases import read_settings
from tools.closed_loop.prologue import PlantNameError

MIDNIGHT = datetime(2025, 10, 5, 22, tzinfo=UTC)
BEGIN, END = MIDNIGHT - timedelta(days=4), MIDNIGHT + timedelta(days=3)
WITHOUT_WEATHER = "tests.closed_loop.toy_variants:forgetful"


def asked(*words: str, plant: str = PLANT) -> Options:
    return parse([str(TOY), "--start", "2025-10-06", "--days", "1", "--plant", plant, *words])


def test_a_case_reaches_from_the_settling_day_to_the_last_forecast() -> None:
    (setting,) = read_settings(asked())
    case = setting.case
    assert (case.start, case.end, case.history_start) == (
        MIDNIGHT,
        MIDNIGHT + timedelta(days=1),
        BEGIN + timedelta(days=1),
    )
    assert (case.conditions.times()[0], case.conditions.times()[-1]) == (BEGIN, END - timedelta(minutes=5))
    assert (case.market.start, len(case.market.price_per_kwh)) == (BEGIN, 7 * 96)
    assert setting.name == "toy 2025-10-06 seed 1"


def test_starts_by_seeds_make_cases() -> None:
    options = parse([str(TOY), "--start", "2025-10-06", "2025-01-06", "--seed", "1", "2", "--plant", PLANT])
    names = [setting.name for setting in read_settings(options)]
    assert names == [f"toy {day} seed {seed}" for day in ("2025-10-06", "2025-01-06") for seed in (1, 2)]


def test_weather_of_a_file_replaces_the_plants_own_and_leaves_its_work(tmp_path: Path) -> None:
    own = read_settings(asked())[0].case.conditions
    path = write_weather(tmp_path / "weather.csv", BEGIN, days=7, dry_bulb_degc=3.0)
    (setting,) = read_settings(asked("--weather", str(path)))
    found = setting.case.conditions
    assert set(found.dry_bulb_degc) == {3.0}
    assert found.demand_frac["pool-1"].tolist() == own.demand_frac["pool-1"].tolist()
    typical = read_settings(asked("--weather", str(write_epw(tmp_path / "year.epw", lambda _: 7.0))))[0]
    assert set(typical.case.conditions.dry_bulb_degc) == {7.0}
    assert "by calendar" in typical.notes[0]


def test_load_of_a_file_replaces_demand(tmp_path: Path) -> None:
    rows = [f"{(BEGIN + timedelta(hours=hour)).isoformat()},0.25" for hour in range(7 * 24)]
    path = tmp_path / "load.csv"
    path.write_text("\n".join(["time,load", *rows, ""]), encoding="utf-8")
    (setting,) = read_settings(asked("--load", str(path)))
    assert set(setting.case.conditions.demand_frac["pool-1"]) == {0.25}


def test_failures_are_part_of_the_conditions(tmp_path: Path) -> None:
    path = tmp_path / "failures.csv"
    path.write_text("equipment,kind,begins,ends\ncrah-1,trip,2025-10-06T10:00Z,2025-10-06T12:00Z\n", encoding="utf-8")
    (setting,) = read_settings(asked("--failures", str(path)))
    assert [one.equipment for one in setting.case.conditions.failures] == ["crah-1"]
    assert not setting.notes
    other = parse([str(TOY), "--start", "2025-01-06", "--plant", PLANT, "--failures", str(path)])
    assert "nothing of it happens" in read_settings(other)[0].notes[0]


def test_a_plant_without_weather_of_its_own_needs_a_file(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"--weather is missing: plant tests\.closed_loop\.toy_variants:forgetful"
    ):
        read_settings(asked(plant=WITHOUT_WEATHER))
    path = write_weather(tmp_path / "weather.csv", BEGIN, days=7)
    (setting,) = read_settings(asked("--weather", str(path), plant=WITHOUT_WEATHER))
    assert not setting.case.conditions.demand_frac


def test_a_file_that_is_too_short_says_what_is_needed(tmp_path: Path) -> None:
    path = write_weather(tmp_path / "weather.csv", MIDNIGHT, days=1)
    with pytest.raises(SignalError, match="needed from 2025-10-01 22:00 to 2025-10-08 21:55"):
        read_settings(asked("--weather", str(path)))


@pytest.mark.parametrize(
    ("plant", "said"),
    [
        ("toy", "expected module:factory"),
        ("tests.closed_loop.nothing:factory", "No module named"),
        ("tests.closed_loop.toy_plant:nothing", "has no function 'nothing'"),
    ],
)
def test_plants_that_are_not_there(plant: str, said: str) -> None:
    with pytest.raises(PlantNameError, match=said):
        read_settings(asked(plant=plant))
