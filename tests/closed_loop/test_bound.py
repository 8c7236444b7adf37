"""The lower bound by hand on a tiny site, and that a plant which nobody can tabulate has none."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from facility.records import FloatArray
from facility.site import HeatContract, HeatPump
from facility.site_file import LoadedSite
from tests.closed_loop.making import PLANT, START, case_of, toy_site, truth_at
from tests.closed_loop.toy_plant import CONDENSER, SPEED, SUPPLY, WATER, RewindableToyPlant
from tools.closed_loop.appraisal import Stage
from tools.closed_loop.bound import asked_servers, it_range_kw, lower_bound_cost
from tools.closed_loop.bound_program import Given, least_cost
from tools.closed_loop.case import Case
from tools.closed_loop.conditions import Conditions
from tools.closed_loop.happened import Happened, left_alone
from tools.closed_loop.plant import BatteryRange, LeastPower
from tools.closed_loop.prologue import new_plant
from tools.closed_loop.schedule import Schedule

STEPS, PRICE = 96, 0.215  # 0.2 and 15 g of carbon at 50 a tonne
PLAIN_KW = 10.0 + 1.2 * 23.0  # 50 servers at 450 W, 50 asleep at 10 W
NO_DEMAND = 1000.0  # paid for already
AWAKE = "awake_servers_command"


def plain_site(**changes: Any) -> LoadedSite:
    """Return the toy without jobs and batteries."""
    return toy_site(**{"batteries": (), "deferrable_work": ()} | changes)


def least_of(case: Case, **changes: Any) -> LeastPower:
    """Return a plane of 10 kW, and 1.2 kW for a kW of IT; nothing else."""
    steps, one, none = 96 * case.days, np.ones((96 * case.days, 1)), np.zeros(96 * case.days)
    values: dict[str, Any] = {
        "base_kw": np.full(steps, 10.0),
        "per_it": 1.2 * one,
        "per_removed": 0.0 * one,
        "base_lps": none,
        "lps_per_it_kw": 0.0 * one,
        "lps_per_removed_kw": 0.0 * one,
        "takes_up_kwh": np.zeros(1),
        "gives_up_kwh": np.zeros(1),
        "meter_slope": np.ones(1),
        "meter_kw": np.zeros(1),
        "heat_pump_cop": np.zeros((steps, 0)),
        "batteries": {"battery-1": BatteryRange(0.0, 60.0, 1.0, 1.0)},
        "most_kw": 80.0,
    }
    return LeastPower(**(values | changes))


def happened_of(**changes: Any) -> Happened:
    """Return a day on which nothing comes."""
    values: dict[str, Any] = {
        "begin": truth_at(0.0, stored_kwh={"battery-1": 30.0, "thermal_mass": 0.0, "backlog": 0.0}),
        "arrived_kwh": np.zeros(STEPS),
        "heat_asked_kwh": np.zeros(STEPS),
        "solar_kw": np.zeros(STEPS),
    }
    return Happened(**(values | changes))


def cost_of(
    case: Case, least: LeastPower | None = None, happened: Happened | None = None, peak_kw: float = NO_DEMAND
) -> float:
    asked = asked_servers(case)
    assert asked is not None
    return least_cost(Given(case, least or least_of(case), happened or happened_of(), asked, peak_kw))


def test_servers_that_work_does_not_need_sleep_and_the_plane_is_bought() -> None:
    assert cost_of(case_of(plain_site())) == pytest.approx(24.0 * PLAIN_KW * PRICE)


def test_where_nobody_may_send_servers_to_sleep_all_are_awake() -> None:
    case = case_of(plain_site(writable=()))
    assert cost_of(case) == pytest.approx(24.0 * (10.0 + 1.2 * 30.0) * PRICE)
    least_kw, most_kw = it_range_kw(case, np.full((STEPS, 1), 50.0))
    assert least_kw[0, 0] == most_kw[0, 0] == pytest.approx(30.0)


def test_demand_above_what_is_paid_for_costs_the_runs_share_of_the_month() -> None:
    expected = 24.0 * PLAIN_KW * PRICE + 8.0 / 30.0 * (PLAIN_KW - 30.0)
    assert cost_of(case_of(plain_site()), peak_kw=30.0) == pytest.approx(expected)


def test_demand_is_the_mean_of_the_sites_own_windows() -> None:
    loaded = toy_site(batteries=(), deferrable_work=())
    tariff = loaded.site.tariff.model_copy(update={"demand_window_min": 30})
    case = case_of(plain_site(tariff=tariff))
    uneven = least_of(case, base_kw=np.tile([0.0, 20.0], STEPS // 2))
    expected = 24.0 * PLAIN_KW * PRICE + 8.0 / 30.0 * (PLAIN_KW - 30.0)
    assert cost_of(case, uneven, peak_kw=30.0) == pytest.approx(expected)


def test_what_the_meter_adds_is_the_highest_of_its_lines() -> None:
    case = case_of(plain_site())
    least = least_of(case, meter_slope=np.array([1.0, 1.1]), meter_kw=np.array([0.0, -2.0]))
    assert cost_of(case, least) == pytest.approx(24.0 * (1.1 * PLAIN_KW - 2.0) * PRICE)


def test_a_battery_moves_what_pays_for_its_wear_and_its_charge_at_the_end_is_bought_again() -> None:
    """By day 30 kWh are charged at 0.115, in the evening 60 discharged at 0.315, and 30 bought again at the mean price."""
    battery = toy_site().site.batteries
    case = case_of(plain_site(batteries=battery), price_per_kwh=[0.1] * 48 + [0.3] * 48)
    wear = 60.0 * battery[0].wear_cost_per_kwh * (1.0 + 1.0 / 0.95**2)
    moved = 30.0 * 0.115 - 60.0 * 0.315 + 30.0 * PRICE + wear
    assert cost_of(case) == pytest.approx(12.0 * PLAIN_KW * (0.115 + 0.315) + moved)


def test_a_battery_that_nobody_may_move_stands() -> None:
    written = [point for point in toy_site().site.writable if not point.point.startswith("battery-1")]
    case = case_of(
        plain_site(batteries=toy_site().site.batteries, writable=tuple(written)), price_per_kwh=[0.1] * 48 + [0.3]
    )
    assert cost_of(case) == pytest.approx(12.0 * PLAIN_KW * (0.115 + 0.315))


def test_work_that_is_due_within_the_day_is_done_with_servers_woken_for_it() -> None:
    """A kWh takes a server awake for 1/0.3 h, which is 0.14 kW more than asleep."""
    case = case_of(plain_site(deferrable_work=toy_site().site.deferrable_work))
    came = happened_of(arrived_kwh=np.full(STEPS, 10.0))
    expected = 24.0 * PLAIN_KW * PRICE + 10.0 * (1.0 + 0.14 / 0.3) * 1.2 * PRICE
    assert cost_of(case, happened=came) == pytest.approx(expected)


def test_work_that_may_wait_longer_than_the_run_is_left_at_its_own_energy() -> None:
    (jobs,) = toy_site().site.deferrable_work
    case = case_of(plain_site(deferrable_work=(jobs.model_copy(update={"due_within_h": 48.0}),)))
    came = happened_of(arrived_kwh=np.full(STEPS, 10.0))
    assert cost_of(case, happened=came) == pytest.approx(24.0 * PLAIN_KW * PRICE + 10.0 * PRICE)


def test_work_is_done_after_it_came() -> None:
    """Ten kWh come when electricity has become dear; they are due at the end of the run, and cannot be done before."""
    (jobs,) = toy_site().site.deferrable_work
    jobs = jobs.model_copy(update={"due_within_h": 6.0})
    case = case_of(plain_site(deferrable_work=(jobs,)), price_per_kwh=[0.1] * 48 + [0.3])
    came = happened_of(arrived_kwh=np.where(np.arange(STEPS) < 60, 0.0, 10.0))
    expected = 12.0 * PLAIN_KW * (0.115 + 0.315) + 10.0 * (1.0 + 0.14 / 0.3) * 1.2 * 0.315
    assert cost_of(case, happened=came) == pytest.approx(expected)


def heat_site(price_per_kwh: float, **changes: Any) -> LoadedSite:
    pump = HeatPump(id="hp-1", source="plant-1", rated_heat_kw=30.0)
    contract = HeatContract(id="heat", heat_pumps=("hp-1",), demand_kw=20.0, price_per_kwh=price_per_kwh)
    return plain_site(heat_pumps=(pump,), heat_contracts=(contract,), **changes)


@pytest.mark.parametrize(("price", "per_kwh"), [(0.05, 0.05), (0.06, PRICE / 4.0)])
def test_heat_is_delivered_where_that_is_cheaper_than_its_price(price: float, per_kwh: float) -> None:
    case = case_of(heat_site(price))
    least = least_of(case, heat_pump_cop=np.full((STEPS, 1), 4.0))
    asked = happened_of(heat_asked_kwh=np.full(STEPS, 5.0))
    assert cost_of(case, least, asked) == pytest.approx(24.0 * PLAIN_KW * PRICE + 24.0 * 20.0 * per_kwh)


def test_heat_that_a_heat_pump_takes_need_not_be_taken_outside() -> None:
    """Three quarters of what it delivers; 15 kW, at 0.2 kW each."""
    case = case_of(heat_site(0.06))
    least = least_of(case, heat_pump_cop=np.full((STEPS, 1), 4.0), per_removed=np.full((STEPS, 1), 0.2))
    asked = happened_of(heat_asked_kwh=np.full(STEPS, 5.0))
    expected = 24.0 * (PLAIN_KW + 20.0 / 4.0 - 0.2 * 15.0) * PRICE
    assert cost_of(case, least, asked) == pytest.approx(expected)


def test_heat_waits_for_cheap_electricity_and_what_waits_at_the_end_is_cooled_away_later() -> None:
    store: dict[str, Any] = {"per_removed": np.full((STEPS, 1), 0.2), "takes_up_kwh": np.array([50.0])}
    plain = 12.0 * PLAIN_KW * (0.115 + 0.315)
    dear_last = case_of(plain_site(), price_per_kwh=[0.1] * 48 + [0.3])
    assert cost_of(dear_last, least_of(dear_last, **store)) == pytest.approx(plain + 50.0 * (PRICE / 5.0 - 0.2 * 0.315))
    dear_first = case_of(plain_site(), price_per_kwh=[0.3] * 48 + [0.1])
    assert cost_of(dear_first, least_of(dear_first, **store)) == pytest.approx(plain + 50.0 * 0.2 * (0.115 - 0.315))


def test_water_is_paid_for_and_never_earned() -> None:
    case = case_of(plain_site())
    plain = 24.0 * PLAIN_KW * PRICE
    assert cost_of(case, least_of(case, base_lps=np.full(STEPS, 0.01))) == pytest.approx(plain + 0.864 * 2.0)
    assert cost_of(case, least_of(case, base_lps=np.full(STEPS, -0.01))) == pytest.approx(plain)


def test_work_is_not_served_where_that_costs_nothing() -> None:
    (pool,) = toy_site().site.server_pools
    free = pool.model_copy(update={"unserved_cost_per_server_h": 0.0})
    for written in (toy_site().site.writable, ()):
        case = case_of(plain_site(server_pools=(free,), writable=written))
        assert cost_of(case) == pytest.approx(24.0 * 10.0 * PRICE)


def test_work_whose_loss_costs_less_than_its_energy_is_not_counted_on() -> None:
    """A busy server of 450 W is worth 0.1 an hour: what costs a tenth of that is not done, and the plane must hold without it."""
    asked = np.full((STEPS, 1), 50.0)
    for cost, expected in ((5.0, 23.0), (0.01, 0.0)):
        (pool,) = toy_site().site.server_pools
        pools = (pool.model_copy(update={"unserved_cost_per_server_h": cost}),)
        assert it_range_kw(case_of(plain_site(server_pools=pools)), asked)[0][0, 0] == pytest.approx(expected)


def test_negative_prices_pay_for_no_more_than_could_be_drawn() -> None:
    case = case_of(plain_site(), price_per_kwh=-0.1)
    assert cost_of(case) == pytest.approx(24.0 * 80.0 * (-0.1 + 0.015))


def test_what_the_sun_gives_beyond_the_load_is_sold_at_the_export_price() -> None:
    sunny = happened_of(solar_kw=np.full(STEPS, 100.0))
    assert cost_of(case_of(plain_site()), happened=sunny) == pytest.approx(0.0, abs=1e-6)
    tariff = toy_site().site.tariff.model_copy(update={"export_price_per_kwh": 0.05})
    case = case_of(plain_site(tariff=tariff))
    assert cost_of(case, happened=sunny) == pytest.approx(-24.0 * (100.0 - PLAIN_KW) * 0.05)


def test_dearer_electricity_raises_the_bound() -> None:
    works = toy_site().site.deferrable_work
    loaded, came = (
        plain_site(batteries=toy_site().site.batteries, deferrable_work=works),
        np.cumsum(np.full(STEPS, 0.4)),
    )
    courses = [[0.1 * factor] * 48 + [0.3 * factor] * 48 for factor in (1.0, 1.1, 1.3)]
    costs = [cost_of(case_of(loaded, price_per_kwh=one), happened=happened_of(arrived_kwh=came)) for one in courses]
    assert costs == sorted(costs)
    assert costs[0] < costs[-1]


class TabulatingToy(RewindableToyPlant):
    """The toy, which knows its least power: water of 16 C on the coldest condenser water, slowest fans."""

    def tabulate(
        self, dry_bulb_degc: FloatArray, dew_point_degc: FloatArray, least_it_kw: FloatArray, most_it_kw: FloatArray
    ) -> LeastPower:
        coldest_degc = (dry_bulb_degc - (dry_bulb_degc - dew_point_degc) / 3.0).min(axis=1) + 3.0
        cop = 5.0 * (1.0 + 0.03 * (16.0 - 6.67)) * (1.0 - 0.02 * (coldest_degc - 29.4))
        fans_kw, below_kw = 2.0 * 3.0 * 0.4**3, 0.1 + 1.0
        ones = np.ones_like(least_it_kw)
        return LeastPower(
            base_kw=below_kw + fans_kw * (1.0 + 1.0 / cop) + 2.4,
            per_it=(1.02 + 1.0 / cop)[:, None] * ones,
            per_removed=np.zeros((len(cop), 1)),
            base_lps=np.zeros(len(cop)),
            lps_per_it_kw=0.0 * ones,
            lps_per_removed_kw=np.zeros((len(cop), 1)),
            takes_up_kwh=np.full(1, 100.0),
            gives_up_kwh=np.full(1, 100.0),
            meter_slope=np.ones(1),
            meter_kw=np.full(1, 0.5),
            heat_pump_cop=np.zeros((len(cop), 0)),
            batteries={"battery-1": BatteryRange(0.0, 60.0, 0.95, 0.95)},
            most_kw=500.0,
        )


def random_schedule(case: Case, rng: np.random.Generator) -> Schedule:
    """Return setpoints that change every two hours, anywhere within the toy's range."""
    ranges = {("crah-1", SUPPLY): (16.0, 27.0), ("crah-1", SPEED): (0.4, 1.0), ("crah-2", SPEED): (0.4, 1.0)}
    ranges |= {("plant-1", WATER): (6.0, 16.0), ("plant-1", CONDENSER): (10.0, 29.0)}
    ranges |= {("battery-1", "charge_power_setpoint_kw"): (-20.0, 20.0), ("pool-1", AWAKE): (40.0, 100.0)}
    ranges |= {("jobs", "deferrable_power_command_kw"): (0.0, 6.0)}
    values = [np.repeat(rng.uniform(low, high, 12 * case.days), 24) for low, high in ranges.values()]
    return Schedule(case.start, tuple(ranges), np.array(values))


def test_no_run_of_a_plant_costs_less() -> None:
    case, rng = case_of(price_per_kwh=[0.1] * 68 + [0.4] * 12 + [0.15]), np.random.default_rng(3)
    stage = Stage(case, lambda: tabulating(case.loaded, case.conditions, 1, START), month_peak_kw=20.0)
    bound = lower_bound_cost(case, tabulating(case.loaded, case.conditions, 1, START), 20.0)
    assert bound is not None
    costs = [stage.appraise(random_schedule(case, rng)).result.cost.cost for _ in range(3)]
    assert 0.5 * min(costs) < bound < min(costs)


def tabulating(loaded: LoadedSite, conditions: Conditions, seed: int, start: datetime) -> TabulatingToy:
    return TabulatingToy(loaded, conditions, seed, start)


def test_what_happens_is_the_same_whatever_is_set() -> None:
    case = case_of()
    calm, busy = (new_plant(case, START) for _ in range(2))
    busy.set("jobs", "deferrable_power_command_kw", 0.0)
    arrived = [left_alone(case, plant).arrived_kwh for plant in (calm, busy)]
    np.testing.assert_allclose(arrived[0], arrived[1], atol=1e-9)
    np.testing.assert_allclose(np.diff(arrived[0]), 0.5)


def test_a_plant_that_does_not_tabulate_has_no_bound() -> None:
    case = case_of()
    assert case.plant == PLANT
    assert lower_bound_cost(case, new_plant(case, START), 0.0) is None


def test_work_that_only_the_plant_knows_has_no_bound() -> None:
    case = case_of()
    unknown = replace(case, conditions=replace(case.conditions, demand_frac={}))
    assert lower_bound_cost(unknown, tabulating(case.loaded, unknown.conditions, 1, START), 0.0) is None
