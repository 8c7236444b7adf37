"""A memory taken from a plant of the closed loop brings it back exactly: here, in another plant, and in another process."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from facility.errors import ConfigurationError
from facility.site_file import load_site
from tests.simulated_site.steady import CONFIGS, SITES, START
from tools.closed_loop.conditions import Conditions, Failure
from tools.simulated_site.closed_loop_plant import ClosedLoopPlant, factory, own_conditions
from tools.simulated_site.recollection import ForeignMemoryError

HOUR = timedelta(hours=1)


def plant(name: str, *, seed: int = 3, start: datetime = START, failures: tuple[Failure, ...] = ()) -> ClosedLoopPlant:
    loaded = load_site(CONFIGS / f"{name}.yaml")
    own = own_conditions(loaded, seed, START - HOUR, START + 48 * HOUR, timedelta(minutes=15))
    given = Conditions(own.start, own.step, own.dry_bulb_degc, own.dew_point_degc, own.demand_frac, failures=failures)
    return factory(loaded, given, seed, start)


def failures() -> tuple[Failure, ...]:
    """What is broken when the memory is taken, and what breaks and is mended afterwards."""
    return (
        Failure("crah-1", "trip", START + 1 * HOUR, START + 4 * HOUR),
        Failure("crah-2.supply_air_temperature_degc", "stuck", START + 1 * HOUR, START + 5 * HOUR),
        Failure("crah-2.fan_power_kw", "drift", START + 1 * HOUR, START + 9 * HOUR),
        Failure("chiller-1", "trip", START + 4 * HOUR, START + 5 * HOUR),
    )


def future(one: ClosedLoopPlant) -> list[Any]:
    """Return everything that is measured, true and counted in the next hours, some setpoints being moved."""
    rows: list[Any] = []
    for step in range(12):
        one.set("crah-3", "fan_speed_setpoint_frac", 0.6 + 0.02 * step)
        one.step(1800.0)
        truth = one.truth()
        rows.append([one.measured(), one.site.values(), truth.stored_kwh, truth.facility_kw, truth.work_done_server_h])
    return rows


@pytest.fixture(scope="module", params=SITES)
def past(request: pytest.FixtureRequest) -> Mapping[str, Any]:
    """A plant with a past, what it remembered then, and what came of it."""
    one = plant(request.param, failures=failures())
    one.step(2.5 * 3600.0)
    one.measured()  # the stuck sensor has spoken
    memory = one.memory()
    return {"name": request.param, "plant": one, "memory": memory, "future": future(one)}


def test_the_same_plant_goes_back(past: Mapping[str, Any]) -> None:
    for _ in range(2):  # taking back does not use the memory up
        past["plant"].recall(past["memory"])
        assert past["plant"].time == START + 2.5 * HOUR
        assert future(past["plant"]) == past["future"]


def test_another_plant_that_began_elsewhere_takes_it_over(past: Mapping[str, Any]) -> None:
    other = plant(past["name"], start=START + 20 * HOUR, failures=failures())
    other.step(600.0)
    other.recall(pickle.loads(pickle.dumps(past["memory"])))
    assert future(other) == past["future"]


def test_another_process_takes_it_over(past: Mapping[str, Any], tmp_path: Path) -> None:
    (tmp_path / "memory.pickle").write_bytes(pickle.dumps(past["memory"]))
    code = (
        "import pickle, sys; from pathlib import Path; from tests.simulated_site.test_recollection import *; "
        "folder = Path(sys.argv[2]); one = plant(sys.argv[1], failures=failures()); "
        "one.recall(pickle.loads((folder / 'memory.pickle').read_bytes())); "
        "(folder / 'future.pickle').write_bytes(pickle.dumps(future(one)))"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code, past["name"], str(tmp_path)], check=True, cwd=root)
    assert pickle.loads((tmp_path / "future.pickle").read_bytes()) == past["future"]


def test_a_memory_is_small_and_knows_its_site(past: Mapping[str, Any]) -> None:
    assert len(pickle.dumps(past["memory"])) < 200_000
    foreign = next(name for name in SITES if name != past["name"])
    with pytest.raises(ForeignMemoryError, match="another site file"):
        plant(foreign).recall(past["memory"])


def test_failures_of_the_conditions_happen() -> None:
    """A trip, a stuck sensor and one that drifts, each from its beginning to its end."""
    one, healthy = plant("demo", failures=failures()), plant("demo")
    key = ("crah-2", "supply_air_temperature_degc")
    on, stuck, drifted_kw, chiller = [], [], [], []
    for _ in range(20):
        for each in (one, healthy):
            each.step(1800.0)
            each.set("crah-2", "supply_air_temperature_setpoint_degc", 19.0 + each.time.hour % 5)
        on.append(one.measured()[("crah-1", "on_status")])
        stuck.append(one.measured()[key])
        drifted_kw.append(one.measured()[("crah-2", "fan_power_kw")] - one.site.values()[("crah-2", "fan_power_kw")])
        chiller.append(one.site.values()[("chiller-1", "fault_status")])
    assert on == [1.0] + [0.0] * 6 + [1.0] * 13
    assert len(set(stuck[1:9])) == 1
    assert len(set(stuck[9:])) > 5
    assert drifted_kw[10] > 2.0 > abs(drifted_kw[18]) * 10.0
    assert chiller == [0.0] * 7 + [1.0] * 2 + [0.0] * 11
    assert healthy.measured()[("crah-1", "on_status")] == 1.0
    assert len(set(healthy.truth().units_available_kw["hall-1/crahs"])) == 1


@pytest.mark.parametrize(
    ("equipment", "kind"), [("a01", "trip"), ("crah-1", "stuck"), ("crah-1.power_kw", "drift"), ("crah-1", "melt")]
)
def test_a_failure_that_cannot_be_is_refused(equipment: str, kind: str) -> None:
    with pytest.raises(ConfigurationError):
        plant("demo", failures=(Failure(equipment, kind, START, START + HOUR),))
