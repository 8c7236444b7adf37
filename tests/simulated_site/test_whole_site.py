"""Nothing is lost: in every part of every example site, in frost, heat and damp, and through the loss of the utility.

All electricity that a site uses ends as heat outside, heat sold, or a change of the heat stored.
"""

from __future__ import annotations

import pytest

from tests.simulated_site.accounts import Account, Books
from tests.simulated_site.steady import SITES, SteadySite, steady_site
from tools.simulated_site.physics.constants import VAPORISATION_KJPKG

CLOSED = 1e-6
CHILLED = "leaving_chilled_water_temperature_setpoint_degc"


def assert_closed(accounts: dict[str, Account]) -> None:
    gaps = {name: account.gap_frac for name, account in accounts.items() if account.gap_frac > CLOSED}
    assert not gaps


@pytest.mark.parametrize("name", SITES)
@pytest.mark.parametrize(("dry_bulb_degc", "dew_point_degc"), [(-14.0, -14.5), (12.0, 7.0), (31.0, 22.0)])
def test_every_account_closes(name: str, dry_bulb_degc: float, dew_point_degc: float) -> None:
    site = steady_site(name, 18.0, 10.0, hours=0.5)
    site.steady.weather(dry_bulb_degc, dew_point_degc)
    site.steady.demand_frac = 0.7
    for plant in site.plants:
        site.set(plant.plant.id, CHILLED, plant.plant.leaving_water_max_degc)
        site.set(plant.plant.id, "economizer_mode_command", 2.0)
    accounts = Books(site).run(120, 30.0)
    assert_closed(accounts)
    assert max(abs(account.stored_kj) for account in accounts.values()) > 1000.0  # it was no steady state
    assert accounts["site"].into_kj > 3600.0 * 100.0


@pytest.mark.parametrize("name", SITES)
def test_every_account_closes_through_a_utility_loss(name: str) -> None:
    site = steady_site(name, 25.0, 15.0, hours=0.5)
    books = Books(site)
    site.break_("utility")
    books.run(18, 5.0)
    site.mend("utility")
    accounts = books.run(120, 30.0)
    assert_closed(accounts)
    assert accounts["site"].into_kj > 3600.0 * 100.0


def test_tank_and_heat_pump_are_in_the_accounts() -> None:
    """Charging and discharging, while heat is sold and pads evaporate water in the dry coolers' air."""
    site = steady_site("liquid_ai", 33.0, 15.0, 0.9, hours=1.0)
    books = Books(site)
    for charge_kw, steps in ((100.0, 480), (-80.0, 60)):
        site.set("tank-1", "charge_power_setpoint_kw", charge_kw)
        books.run(steps, 30.0)
    assert_closed(books.accounts)
    tank = site.plants[1].tank
    assert tank is not None
    assert tank.state.charge_kw < 0.0
    assert site.heat_pumps[0].state.heat_kw > 100.0


def test_makeup_water_is_evaporation_drift_and_blowdown() -> None:
    """At 4 cycles blowdown is a third of evaporation, less what drifts away anyhow; evaporation carries most of the heat."""
    site = steady_site("demo", 26.0, 14.0)
    outside = site.plants[0].outside
    assert outside is not None
    state, before_l, made_up_l = outside.state, site.water_l, 0.0
    for _ in range(60):
        site.step(30.0)
        made_up_l += 30.0 * (state.evaporated_lps + state.drift_lps + state.blowdown_lps)
    assert site.water_l - before_l == pytest.approx(made_up_l, rel=1e-9)
    assert state.drift_lps == pytest.approx(5e-5 * site.values()[("plant-1", "condenser_water_flow_lps")], rel=1e-6)
    assert state.blowdown_lps == pytest.approx(state.evaporated_lps / 3.0 - state.drift_lps, rel=1e-9)
    assert 0.7 < state.evaporated_lps * VAPORISATION_KJPKG / state.rejected_kw < 1.1


def test_humidifier_water_is_counted() -> None:
    site = steady_site("air_economizer", 2.0, -14.0, hours=1.0)
    before_l, steam_l = site.water_l, 0.0
    for _ in range(60):
        site.step(30.0)
        steam_l += 30.0 * sum(hall.flows.steam_kgps for hall in site.halls)
    assert steam_l > 1.0
    assert site.water_l - before_l == pytest.approx(steam_l, rel=1e-9)


def test_battery_keeps_what_its_efficiencies_leave() -> None:
    """Every step: what goes in is multiplied by one efficiency, what comes out divided by the other."""
    site = steady_site("demo", 15.0, 8.0, hours=0.2)
    battery = site.batteries[0]
    gains = {}
    for power_kw in (120.0, -120.0):
        site.set("battery-1", "charge_power_setpoint_kw", power_kw)
        site.run(2)
        before_kwh = battery.state.charge_kwh
        site.run(30)
        gains[power_kw] = (battery.state.charge_kwh - before_kwh) / (power_kw * 0.5)
    nameplate = battery.battery
    assert gains[120.0] == pytest.approx(nameplate.charge_efficiency_frac, rel=0.011)
    assert gains[-120.0] == pytest.approx(1.0 / nameplate.discharge_efficiency_frac, rel=0.011)
    assert gains[120.0] < 1.0 < gains[-120.0]


def carried_kwh(site: SteadySite, seconds: float) -> float:
    """Return what racks and their PDUs and UPS, and CDU pumps, take over some seconds."""
    kwh = 0.0
    for _ in range(round(seconds)):
        site.step(1.0)
        state = site.metering.chain.state
        assert site.values()[("utility", "power_kw")] == 0.0
        kwh += (state.ups_input_kw - state.ups_charge_kw + site.mechanical_kw()) / 3600.0
    return kwh


def test_the_ups_gives_what_the_racks_take_and_gets_it_back() -> None:
    site = steady_site("demo", 15.0, 8.0, hours=0.5)
    state, full_kwh = site.metering.chain.state, 0.15 * 600.0
    site.break_("utility")
    site.step(1.0)
    before_frac = state.ups_charge_frac
    given_kwh = carried_kwh(site, 28.0)
    assert state.supply_kw == pytest.approx(0.0, abs=1e-9)
    assert (before_frac - state.ups_charge_frac) * full_kwh == pytest.approx(given_kwh, rel=1e-9)
    assert given_kwh > 2.0
    site.step(2.0)
    assert state.supply_kw > 350.0  # the generators carry the site, and the utility delivers nothing
    assert state.utility_kw == 0.0
    charged_kwh = 0.0
    for _ in range(240):
        site.step(15.0)
        charged_kwh += state.ups_charge_kw * 15.0 / 3600.0
    assert state.ups_charge_frac == pytest.approx(1.0)
    assert charged_kwh == pytest.approx(given_kwh, rel=0.1)
