"""No part of the simulated site, and no run of it, draws less than its least power says."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from facility.records import FloatArray
from facility.site_file import load_site
from tools.closed_loop.plant import LeastPower, Tabulates
from tools.simulated_site import SimulatedSite
from tools.simulated_site.closed_loop_plant import ClosedLoopPlant, factory, own_conditions
from tools.simulated_site.faults import Fault
from tools.simulated_site.least_power.boxes import Box, boxes_of
from tools.simulated_site.least_power.cells import FLOW_PRICES, HEAT_PRICES, CostTable
from tools.simulated_site.least_power.chain_least import least_chain
from tools.simulated_site.least_power.chilling_least import least_specific_kw
from tools.simulated_site.least_power.crahs_least import least_crahs, lower_hull
from tools.simulated_site.least_power.heat_pumps_least import best_cop
from tools.simulated_site.least_power.plant_least import water_cells
from tools.simulated_site.least_power.pumps_least import least_pump_kw, pump_line
from tools.simulated_site.least_power.rejection_least import BASIN, FlowOption, LeastRejection
from tools.simulated_site.least_power.stores_least import store_kwh
from tools.simulated_site.least_power.water_least import water_line
from tools.simulated_site.physics.constants import SECONDS_PER_HOUR, WATER_HEAT_KJPKGK

CONFIGS = Path(__file__).parents[2] / "site_configs"
QUARTER_S, STEP_S = 900.0, 30.0
QUARTER = timedelta(seconds=QUARTER_S)


def box_at(dry_degc: float, dew_degc: float, pressure_kpa: float = 101.0) -> Box:
    return boxes_of(np.array([[dry_degc]]), np.array([[dew_degc]]), pressure_kpa)[0]


def test_the_wet_bulb_of_a_box_is_that_of_its_corners() -> None:
    moments = np.array([[10.0, 12.0, 11.0]]), np.array([[5.0, 4.0, 8.0]])
    box = boxes_of(*moments, 101.0)[0]
    each = [box_at(dry, dew).wet_low_degc for dry, dew in zip(moments[0][0], moments[1][0], strict=True)]
    assert box.wet_low_degc <= min(each)
    assert box.wet_high_degc >= max(each)
    assert (box.dry_low_degc, box.dew_high_degc) == (10.0, 8.0)


def test_the_lower_hull_bridges_what_is_not_convex() -> None:
    points, values = np.array([0.0, 1.0, 2.0]), np.array([0.0, 5.0, 4.0])
    assert [lower_hull(points, values, at) for at in (0.0, 0.5, 1.0, 2.0)] == pytest.approx([0.0, 1.0, 2.0, 4.0])


def test_a_cost_table_is_never_above_the_minimum_that_it_was_made_of() -> None:
    rng = np.random.default_rng(0)
    power, heat, flow = rng.uniform(0.0, 5.0, 40), rng.uniform(0.0, 50.0, 40), rng.uniform(0.0, 20.0, 40)

    def least_kw(per_heat: FloatArray, per_flow: FloatArray) -> FloatArray:
        return np.asarray((power + per_heat[..., None] * heat + per_flow[..., None] * flow).min(axis=-1))

    table = CostTable(least_kw(HEAT_PRICES[:, None], FLOW_PRICES[None, :])[:, :, None])
    per_heat, per_flow = rng.uniform(0.0, 1.2, 500), rng.uniform(0.0, 20.0, 500)
    water = np.zeros(500, dtype=np.intp)
    assert (table.at(per_heat, per_flow, water) <= least_kw(per_heat, per_flow) + 1e-9).all()
    grid = table.at(HEAT_PRICES, np.zeros(len(HEAT_PRICES)), np.zeros(len(HEAT_PRICES), dtype=np.intp))
    np.testing.assert_allclose(grid, table.kw[:, 0, 0])


def test_fans_at_any_speeds_draw_no_less_than_the_least_for_their_air(settled_in_winter: SimulatedSite) -> None:
    rng = np.random.default_rng(1)
    for hall in deepcopy(settled_in_winter).halls:
        machines = hall._machines
        least = least_crahs(machines, 1.0, may_stand=False)
        for _ in range(20):
            for machine in machines.machines:
                machine.state.fan_frac = rng.uniform(machine.crah.min_fan_speed_frac, 1.0)
            for _ in range(40):  # the plenum settles
                air = [one.blow(0.0, 1.0, machines.state.plenum, protecting=False) for one in machines.machines]
                machines.state.plenum = (sum(air) / machines.rated_kwpk) ** 2
            cell = int(np.searchsorted(least.air_kwpk.high, sum(air)))
            assert sum(air) >= least.air_kwpk.low[0] - 1e-6
            fan_kw = sum(one.state.fan_kw for one in machines.machines)
            assert least.fan_kw[cell] <= fan_kw
            assert least.fan_kw[cell] > 0.5 * fan_kw * (sum(air) / max(air) / len(air)) ** 3


def test_coils_take_no_less_water_than_the_least_for_their_heat(settled_in_winter: SimulatedSite) -> None:
    rng = np.random.default_rng(2)
    for hall in settled_in_winter.halls:
        machines = hall._machines.machines
        least = least_crahs(hall._machines, 1.0, may_stand=False)
        for _ in range(50):
            air = [one.rated_kwpk * rng.uniform(0.4, 1.0) for one in machines]
            water = [one._coil.most_water_kwpk * rng.uniform(0.02, 1.0) for one in machines]
            moved = sum(one._coil.exchanger.heat_kwpk(*flows) for one, *flows in zip(machines, air, water, strict=True))
            cell = min(int(np.searchsorted(least.air_kwpk.high, sum(air))), len(least.air_kwpk) - 1)
            assert float(least.water_kwpk(cell, np.array(moved))) <= sum(water) + 1e-9


def test_pumps_draw_no_less_than_their_line(settled_in_winter: SimulatedSite) -> None:
    for plant in settled_in_winter.plants:
        for pumps in (plant.chilled, plant.condenser):
            assert pumps is not None
            line = pump_line(pumps, 0.1, may_stand=False)
            for frac in np.linspace(0.1, 1.0, 30).tolist():
                drawn_kw = pumps.power_kw(frac * pumps.rated_kwpk)
                assert least_pump_kw(pumps, frac) <= drawn_kw + 1e-9
                assert line.base_kw + line.per_kwpk * frac * pumps.rated_kwpk <= drawn_kw + 1e-9
            assert line.base_kw > 0.0
            assert pump_line(pumps, 0.1, may_stand=True).base_kw == 0.0


def test_chillers_take_no_less_for_a_kilowatt_at_any_load(settled_in_summer: SimulatedSite) -> None:
    plant = settled_in_summer.plants[0]
    rng, water = np.random.default_rng(3), water_cells(plant)
    specific = least_specific_kw(plant.bank.machines, water, BASIN)
    for _ in range(300):
        cell, sink = rng.integers(len(water)), rng.integers(len(BASIN) - 1)
        leaving = rng.uniform(water.low[cell], water.high[cell])
        entering = rng.uniform(BASIN.low[sink], BASIN.high[sink])
        machine = plant.bank.machines[rng.integers(2)]
        load_kw = machine.law.rated_cooling_kw * rng.uniform(0.2, 1.2)
        drawn_kw = machine.law.compressor_kw(load_kw, leaving, entering)
        assert specific[cell, sink] * load_kw <= drawn_kw


@pytest.mark.parametrize(
    ("name", "dry_degc", "dew_degc"), [("demo", 24.0, 15.0), ("demo", 2.0, -1.0), ("liquid_ai", 30.0, 16.0)]
)
def test_fans_that_reject_a_heat_draw_no_less_than_the_least(name: str, dry_degc: float, dew_degc: float) -> None:
    plant = SimulatedSite(load_site(CONFIGS / f"{name}.yaml").site, 4, datetime(2026, 7, 1, tzinfo=UTC)).plants[0]
    loop, rng, box = plant.outside, np.random.default_rng(4), box_at(dry_degc, dew_degc)
    assert loop is not None
    assert plant.condenser is not None
    flow_kwpk = 0.6 * plant.condenser.rated_kwpk
    least = LeastRejection(loop, [FlowOption(flow_kwpk, 5.0)])
    cells, sink_degc = loop._cells_on(flow_kwpk), least._sink_degc(box)
    for _ in range(100):
        entering, fan = sink_degc + rng.uniform(1.0, 20.0), rng.uniform(0.2, 1.0)
        heat_kw = sum(
            loop._laws[index].heat_kw(entering, flow_kwpk / WATER_HEAT_KJPKGK * share, fan, sink_degc)
            for index, share in zip(cells, loop._shares(cells), strict=True)
        )
        basin = int(np.searchsorted(BASIN.high, entering - heat_kw / flow_kwpk))
        drawn_kw = sum(loop._laws[index].fan.power_kw(fan) for index in cells)
        found_kw = float(least.power_kw(box, np.array([heat_kw - 5.0]))[0, basin])
        assert found_kw <= drawn_kw + 5.0


def test_the_chain_loses_no_less_than_its_planes(settled_in_winter: SimulatedSite) -> None:
    chain, rng = deepcopy(settled_in_winter.metering.chain), np.random.default_rng(5)
    names = [hall.hall_id for hall in settled_in_winter.halls]
    typical = np.array([80.0, 55.0, 200.0])
    least = least_chain(chain, names, typical, may_lose=False)
    for _ in range(50):
        hall_kw, mechanical_kw, own_kw = (
            typical * rng.uniform(0.4, 1.4, 3),
            rng.uniform(0.0, 100.0),
            rng.uniform(-700.0, 200.0),
        )
        chain.step(STEP_S, dict(zip(names, hall_kw.tolist(), strict=True)), mechanical_kw, own_kw)
        behind_kw = chain.state.ups_input_kw + chain.house_kw
        assert least.base_kw + float((1.0 + least.per_it) @ hall_kw) <= behind_kw + 1e-9
        lines = least.meter_slope * (behind_kw + mechanical_kw + own_kw) + least.meter_kw
        assert 0.0 <= chain.state.supply_kw - lines.max() < 0.3
    chain.step(STEP_S, dict(zip(names, typical.tolist(), strict=True)), 0.0, 0.0)
    touching = least.base_kw + float((1.0 + least.per_it) @ typical)
    assert touching == pytest.approx(chain.state.ups_input_kw + chain.house_kw)


def test_towers_use_up_no_less_water_than_the_line(settled_in_summer: SimulatedSite) -> None:
    site, rng = settled_in_summer, np.random.default_rng(6)
    loop = site.plants[0].outside
    assert loop is not None
    tower, cycles = loop._towers[0], site.site.water.cycles_of_concentration
    for _ in range(200):
        dry, dew = rng.uniform(-5.0, 35.0), rng.uniform(-10.0, 20.0)
        box, heat_kw, fan = box_at(dry, min(dew, dry)), rng.uniform(10.0, 700.0), rng.uniform(0.0, 1.0)
        used_lps = tower.evaporated_lps(heat_kw, fan, box.wet_low_degc, dry) * cycles / (cycles - 1.0)
        line = water_line(site.plants[0], box)
        assert line.base_lps + line.per_kw * heat_kw <= used_lps + 1e-9


def test_a_heat_pump_delivers_no_more_than_its_best_cop(settled_in_winter: SimulatedSite) -> None:
    site = deepcopy(settled_in_winter)
    pump, contract = site.heat_pumps[0], site.site.heat_contracts[0]
    site.setpoints.book[(pump.pump.id, "heat_output_setpoint_kw")] = pump.pump.rated_heat_kw
    for asked_kw in np.linspace(pump.pump.min_part_load_frac, 1.0, 8) * pump.pump.rated_heat_kw:
        for _ in range(240):
            pump.step(STEP_S, 42.0, 1000.0, float(asked_kw), contract)
        assert pump.state.heat_kw == pytest.approx(float(asked_kw))
        assert pump.state.heat_kw <= best_cop(pump, contract, 42.0) * pump.state.power_kw
    assert best_cop(pump, None, 42.0) == 1.0


@dataclass(frozen=True)
class Met:
    """What a site did in a quarter of an hour: means, and what was left of heat."""

    behind_kw: float
    it_kw: FloatArray
    removed_kw: FloatArray
    water_lps: float


def stored_kwh(site: SimulatedSite) -> FloatArray:
    """Return the heat in each plant's halls, loops, pipes and tank."""
    found = []
    for plant in site.plants:
        kj = plant.stored_kj() + sum(one.stored_kj() for one in site.halls if one.crahs[0].plant == plant.plant.id)
        found.append(kj + sum(one.stored_kj() for one in site.loops if one.loop.plant == plant.plant.id))
    return np.array(found) / SECONDS_PER_HOUR


def pools_kw(site: SimulatedSite) -> FloatArray:
    """Return the power of each pool at the reference inlet."""
    found, state = [], site.workload.state
    for pool in site.site.server_pools:
        awake = state.awake[pool.id]
        watts = awake * (pool.idle_w + (pool.peak_w - pool.idle_w) * state.utilisation[pool.id])
        watts += (pool.servers - awake) * pool.sleep_w
        jobs_kw = sum(one.state.power_kw for one in site.workload.queues.values() if one.work.pool == pool.id)
        found.append(watts / 1000.0 + jobs_kw)
    return np.array(found)


def quarter(site: SimulatedSite) -> Met:
    """Let a quarter of an hour pass."""
    before, water_l, rows = stored_kwh(site), site.water_l, []
    plant_of = {loop.loop.id: loop.loop.plant for loop in site.loops}
    for _ in range(round(QUARTER_S / STEP_S)):
        site.step(STEP_S)
        chain = site.metering.chain
        behind_kw = chain.state.ups_input_kw + site.metering.cooling_kw + chain.house_kw
        taken = [
            sum(
                one.state.source_kw
                for one in site.heat_pumps
                if plant_of.get(one.pump.source, one.pump.source) == plant.plant.id
            )
            for plant in site.plants
        ]
        rows.append(np.concatenate([[behind_kw], taken, pools_kw(site)]))
    mean = np.array(rows).mean(axis=0)
    plants = len(site.plants)
    gained_kw = (stored_kwh(site) - before) * SECONDS_PER_HOUR / QUARTER_S
    water_lps = (site.water_l - water_l) / QUARTER_S
    return Met(mean[0], mean[1 + plants :], -gained_kw - mean[1 : 1 + plants], water_lps)


def at_random(site: SimulatedSite, rng: np.random.Generator) -> None:
    """Put most setpoints somewhere in the range that their controllers accept."""
    whole = ("economizer_mode_command", "chillers_staged_command", "adiabatic_enable_command")
    for key, accepted in site.setpoints._accepted.items():
        low, high = accepted.low, accepted.high
        if key[1] == "supply_air_temperature_setpoint_degc":
            low, high = 14.0, 26.0
        value = rng.uniform(low, high)
        if rng.random() < 0.7:
            site.setpoints.set(key, round(value) if key[1] in whole else value)


def planes_of(plant: ClosedLoopPlant, quarters: int) -> LeastPower:
    """Return the least power of some hours, whatever servers and jobs do."""
    site = plant.site
    moments = [
        [site.time + step * QUARTER + minute * timedelta(minutes=3) for minute in range(6)] for step in range(quarters)
    ]
    air = [[site._surroundings.outdoors(at) for at in row] for row in moments]
    dry, dew = (
        np.array([[getattr(one, name) for one in row] for row in air])
        for name in ("temperature_degc", "dew_point_degc")
    )
    pools = site.site.server_pools
    least = np.array([pool.servers * pool.idle_w / 1000.0 * 0.3 for pool in pools])
    most = np.array([pool.servers * pool.peak_w / 1000.0 for pool in pools])
    return plant.tabulate(dry, dew, np.tile(least, (quarters, 1)), np.tile(most, (quarters, 1)))


def plant_of(name: str, start: datetime, seed: int) -> ClosedLoopPlant:
    loaded = load_site(CONFIGS / f"{name}.yaml")
    conditions = own_conditions(loaded, seed, start, start + timedelta(days=1), timedelta(minutes=15))
    return factory(loaded, conditions, seed, start)


@pytest.mark.parametrize("month", [1, 4, 7])
@pytest.mark.parametrize("name", ["demo", "air_economizer", "liquid_ai"])
def test_no_quarter_of_an_hour_draws_less_than_its_plane(name: str, month: int) -> None:
    """Settings that change at random about every hour, transients and all; and the planes are not far below."""
    plant, rng, quarters = plant_of(name, datetime(2026, month, 16, tzinfo=UTC), 3), np.random.default_rng(month), 48
    assert isinstance(plant, Tabulates)
    site = plant.site
    for _ in range(8):
        quarter(site)
    least, shares = planes_of(plant, quarters), []
    for step in range(quarters):
        if rng.random() < 0.25:
            at_random(site, rng)
        met = quarter(site)
        plane_kw = least.base_kw[step] + least.per_it[step] @ met.it_kw + least.per_removed[step] @ met.removed_kw
        water_lps = least.base_lps[step] + least.lps_per_it_kw[step] @ met.it_kw
        assert plane_kw <= met.behind_kw
        assert water_lps + least.lps_per_removed_kw[step] @ met.removed_kw <= met.water_lps + 1e-6
        shares.append(plane_kw / met.behind_kw)
    assert max(shares) > 0.85


def test_a_plant_that_may_lose_machines_may_draw_less() -> None:
    whole = plant_of("demo", datetime(2026, 4, 16, tzinfo=UTC), 3)
    failing = plant_of("demo", datetime(2026, 4, 16, tzinfo=UTC), 3)
    for target in ("crah-1", "chiller-1", "cw-pumps", "cdu-1", "utility"):
        failing.site.faults.call(target, Fault.TRIP, now_s=failing.time.timestamp())
    planes = [planes_of(plant, 2).base_kw for plant in (whole, failing)]
    assert (planes[1] < planes[0]).all()


def test_warmer_weather_takes_no_less() -> None:
    plant = plant_of("demo", datetime(2026, 7, 16, tzinfo=UTC), 3)
    dry = np.array([[-5.0], [5.0], [12.0], [18.0], [24.0], [30.0], [36.0]])
    it_kw = np.tile([70.0, 45.0, 200.0], (len(dry), 1))
    least = plant.tabulate(dry, dry - 6.0, it_kw, it_kw)
    power_kw = least.base_kw + (least.per_it * it_kw).sum(axis=1)
    assert (np.diff(power_kw) >= -0.05).all()
    assert power_kw[-1] > power_kw[0] + 15.0


def test_masses_take_up_and_give_up_what_their_temperatures_leave(settled_in_winter: SimulatedSite) -> None:
    site = deepcopy(settled_in_winter)
    before = store_kwh(site, site.plants[0])
    site.plants[0].state.return_degc += 1.0
    after = store_kwh(site, site.plants[0])
    per_k = site.plants[0].header_kjpk / SECONDS_PER_HOUR
    assert (before[0] - after[0], after[1] - before[1]) == pytest.approx((per_k, per_k))
    assert min(before) > 50.0
