"""The same seed gives the same site, and a site that was stopped goes on as if it had not been."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from facility.site import Site
from facility.site_file import load_site
from tests.simulated_site.conftest import DEMO, WINTER
from tools.simulated_site import SimulatedSite, snapshot
from tools.simulated_site.noise import Hidden
from tools.simulated_site.operators import Operators
from tools.simulated_site.racks import racks_of
from tools.simulated_site.rounding import counts_per_unit
from tools.simulated_site.setpoints import Setpoints
from tools.simulated_site.snapshot import SnapshotError
from tools.simulated_site.surroundings import Synthetic
from tools.simulated_site.workload import Workload


def test_same_seed_same_site(site: Site) -> None:
    first, second, other = (SimulatedSite(site, seed, WINTER) for seed in (8, 8, 9))
    for one in (first, second, other):
        one.step(7200.0)
    assert first.values() == second.values()
    assert first.measured() == second.measured()
    assert first.values() != other.values()


def test_hidden_parameters_differ_from_nameplates_but_not_by_much(site: Site) -> None:
    """One chiller of one site is better than it says, another worse; both are still that chiller."""
    powers = []
    for seed in range(4):
        one = SimulatedSite(site, seed, WINTER)
        one.step(3600.0)
        powers.append(one.mechanical_kw() / float(one.rack_load.it_kw.sum()))
    assert max(powers) - min(powers) > 0.004
    assert all(0.08 < share < 0.40 for share in powers)


def test_resumed_site_goes_on_as_if_never_stopped(site: Site, tmp_path: Path) -> None:
    whole = SimulatedSite(site, 8, WINTER)
    whole.set("crah-2", "fan_speed_setpoint_frac", 0.6)
    whole.step(5000.0)
    snapshot.save(tmp_path / "memory.json", whole.memory())
    resumed = SimulatedSite(site, 8, WINTER + timedelta(days=300))
    resumed.recall(snapshot.load(tmp_path / "memory.json"))
    for one in (whole, resumed):
        one.step(5000.0)
    assert resumed.time == whole.time
    assert resumed.values() == whole.values()
    assert resumed.measured() == whole.measured()
    assert resumed.values()[("crah-2", "fan_speed_setpoint_frac")] == 0.6


@pytest.mark.parametrize("change", [{"seed": 9}, {"format": 0}, {"site": "other"}])
def test_foreign_memory_is_refused(site: Site, tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "memory.json"
    simulation = SimulatedSite(site, 8, WINTER)
    snapshot.save(path, simulation.memory())
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(SnapshotError, match="delete it"):
        simulation.recall(snapshot.load(path))


def test_torn_memory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "memory.json").write_text('{"format": 1, "ti')
    with pytest.raises(SnapshotError, match="not a state file"):
        snapshot.load(tmp_path / "memory.json")


def test_history_keeps_its_times_and_any_step_sees_the_same_weather_and_people(site: Site) -> None:
    coarse, fine = SimulatedSite(site, 8, WINTER), SimulatedSite(site, 8, WINTER)
    until = WINTER + timedelta(hours=4)
    five = timedelta(minutes=5)
    long = list(coarse.history(timedelta(seconds=60), five, until))
    short = list(fine.history(timedelta(seconds=20), five, until))
    assert [moment.time for moment in long] == [WINTER + five * (index + 1) for index in range(48)]
    assert [moment.time for moment in short] == [moment.time for moment in long]
    assert coarse.setpoints.values() == fine.setpoints.values()
    assert coarse.values()[("weather", "outdoor_temperature_degc")] == pytest.approx(
        fine.values()[("weather", "outdoor_temperature_degc")]
    )
    assert coarse.values()[("utility", "power_kw")] == pytest.approx(fine.values()[("utility", "power_kw")], rel=0.01)


def test_people_move_some_setpoints_and_never_others(site: Site) -> None:
    operators, climate = Operators(site, 8), Synthetic(site, Hidden(8))
    hours = [WINTER + timedelta(hours=hour) for hour in range(14 * 24)]
    done = [change for two in pairwise(hours) for change in operators.changes(*two, climate)]
    values = {key: {value for changed, value in done if changed == key} for key, _ in done}
    assert len(values[("crah-1", "supply_air_temperature_setpoint_degc")]) >= 3
    assert len(values[("plant-1", "leaving_chilled_water_temperature_setpoint_degc")]) >= 2
    assert values[("plant-1", "economizer_mode_command")] == {0.0, 1.0}
    assert {equipment for equipment, _ in values} == {"plant-1", *(crah.id for crah in site.crahs)}
    assert ("plant-1", "chillers_staged_command") not in values


def test_people_leave_alone_what_came_over_the_network(site: Site) -> None:
    key = ("crah-1", "fan_speed_setpoint_frac")
    operators, climate = Operators(site, 8), Synthetic(site, Hidden(8))
    hours = [WINTER + timedelta(hours=hour) for hour in range(14 * 24)]
    acted = next(one for one, two in pairwise(hours) if key in dict(operators.changes(one, two, climate)))
    left_alone, written = (SimulatedSite(site, 8, acted - timedelta(minutes=5)) for _ in range(2))
    written.set(*key, 0.61)
    for one in (left_alone, written):
        one.step(3900.0)
    assert left_alone.setpoints[key] != 0.85
    assert written.setpoints[key] == 0.61


def test_every_point_of_the_demo_site_is_simulated() -> None:
    loaded = load_site(DEMO)
    served, known = counts_per_unit(loaded.site), SimulatedSite(loaded.site, 1, WINTER).values()
    keys = {(point.equipment, point.quantity) for point in loaded.points}
    assert keys - set(served) == set()
    assert keys - set(known) == set()
    assert 550 <= len(loaded.points) <= 700
    assert {entry.reversion for entry in loaded.site.writable} == {"device", "bms", "none"}


def test_it_load_of_the_demo_is_half_to_three_quarters(site: Site) -> None:
    hidden = Hidden(11)
    racks = racks_of(site, hidden)
    workload = Workload(site, hidden, Setpoints(site), racks)
    inlet_degc = np.full(len(racks.ids), 22.0)
    week = (WINTER + timedelta(minutes=10 * index) for index in range(7 * 144))
    it_kw = [float(workload.step(600.0, time, inlet_degc).it_kw.sum()) for time in week]
    peak_kw = sum(pool.servers * pool.peak_w for pool in site.server_pools) / 1000.0
    assert 0.5 < sum(it_kw) / len(it_kw) / peak_kw < 0.8
    assert max(it_kw) > 1.1 * min(it_kw)  # the day and the week show
