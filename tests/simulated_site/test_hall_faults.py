"""What goes wrong in a hall: a CRAH that fails, air that runs short, frost, smoke, a leak; and what the local controls do."""

from __future__ import annotations

import numpy as np
import pytest

from facility.records import FloatArray
from tests.simulated_site.steady import START, STEP_S, Nameplate, Steady, SteadySite, site_of, steady_site
from tools.simulated_site.air_paths import air_paths
from tools.simulated_site.faults import Fault
from tools.simulated_site.racks import racks_of

FAN, SUPPLY = "fan_speed_setpoint_frac", "supply_air_temperature_setpoint_degc"
HALL_1 = ("crah-1", "crah-2", "crah-3")


def inlets(site: SteadySite) -> list[FloatArray]:
    return [hall.true_inlet_degc.copy() for hall in site.halls]


@pytest.mark.parametrize("seed", [5, 6])
@pytest.mark.parametrize(("crah", "near"), [("crah-1", range(4)), ("crah-2", range(4, 8)), ("crah-3", range(8, 12))])
def test_a_crah_that_fails_warms_the_racks_near_it(seed: int, crah: str, near: range) -> None:
    """Three CRAHs stand along twelve racks, so that each blows at four of them; with fans this slow it is missed."""
    slow = {(one.id, FAN): 0.65 for one in site_of("demo").crahs}
    site = steady_site("demo", 22.0, 14.0, 0.6, hours=1.0, seed=seed, settings=slow)
    before = inlets(site)
    site.break_(crah)
    site.run(8)
    warmer = [now - then for now, then in zip(inlets(site), before, strict=True)]
    at_it = warmer[0][list(near)]
    elsewhere = np.delete(warmer[0], list(near))
    assert at_it.mean() > 1.5
    assert at_it.mean() > 3.0 * elsewhere.mean()
    assert warmer[0].argmax() in near
    assert np.abs(np.concatenate(warmer[1:])).max() < 0.1  # other halls do not notice
    values = site.values()
    assert values[(crah, "on_status")] == 0.0
    assert values[(crah, "fault_status")] == 1.0
    assert values[(crah, "fan_power_kw")] == 0.0


def test_a_crah_that_is_mended_cools_again() -> None:
    site = steady_site("demo", 22.0, 14.0, hours=1.0)
    before = inlets(site)
    site.break_("crah-2")
    site.run(20)
    site.mend("crah-2")
    site.run(90)
    assert np.abs(inlets(site)[0] - before[0]).max() < 0.2
    assert site.values()[("crah-2", "fault_status")] == 0.0


def test_racks_short_of_air_breathe_hot_air_and_ends_of_rows_more() -> None:
    """All racks alike: as the floor gives less, all draw hot air, those at the ends round the corner as well."""
    site, hidden = site_of("demo"), Nameplate()
    racks = racks_of(site, hidden)
    crahs = tuple(crah for crah in site.crahs if crah.hall == "hall-1")
    paths = air_paths(racks, racks.where_hall("hall-1"), crahs, hidden)
    drawn_kwpk = 0.65 * racks.rated_air_kwpk[racks.where_hall("hall-1")]

    def inlet_degc(given_over_drawn: float) -> FloatArray:
        each_kwpk = given_over_drawn * float(drawn_kwpk.sum()) / 3.0
        given_kwpk, given_degc = paths.supplied([each_kwpk] * 3, [18.0] * 3, [0.0] * 3)
        cold_frac, cold_degc = paths.cold_air(given_kwpk, given_degc, drawn_kwpk)
        return paths.inlet_degc(cold_frac, cold_degc, 32.0, np.full(12, 36.0), 0.8)

    plenty, short = inlet_degc(1.5), inlet_degc(0.8)
    assert plenty.max() < 19.5
    assert (short > plenty + 2.0).all()
    warmer = short - plenty
    assert min(warmer[0], warmer[-1]) > warmer[1:-1].max()


def test_slow_fans_raise_inlets_and_server_power() -> None:
    site = steady_site("demo", 22.0, 14.0, 0.8, hours=1.0)
    before, it_kw = inlets(site)[0], site.metering.it_kw
    for crah in HALL_1:
        site.set(crah, SUPPLY, 24.0)
    site.run(60)
    warm = inlets(site)[0]
    for crah in HALL_1:
        site.set(crah, FAN, 0.4)
    site.run(30)
    assert (inlets(site)[0] > warm).all()
    assert (inlets(site)[0] - warm).max() > 1.0
    assert warm.mean() - before.mean() == pytest.approx(5.0, abs=0.5)
    assert site.metering.it_kw > 1.004 * it_kw  # their own fans and leakage


def test_local_control_overrides_while_a_rack_overheats() -> None:
    site = steady_site("demo", 22.0, 14.0, 0.9, hours=1.0)
    for crah in HALL_1:
        site.set(crah, SUPPLY, 30.0)
        site.set(crah, FAN, 0.3)
    hall, seen = site.halls[0], []
    for _ in range(240):
        site.step(STEP_S)
        seen.append((hall.state.protecting, float(hall.state.inlet_degc.max())))
    began = next(index for index, (protecting, _) in enumerate(seen) if protecting)
    assert seen[began - 1][1] <= 29.0 + 0.2
    over = [degc for _, degc in seen]
    assert max(over[began:]) < 32.0  # caught
    ended = next(index for index, (protecting, _) in enumerate(seen) if index > began and not protecting)
    assert seen[ended - 1][1] < 26.5  # well below the recommended limit before the setpoints count again
    values = site.values()
    assert all(values[(crah, SUPPLY)] == 30.0 for crah in HALL_1)  # what is set stays set


def cold_mix(*, low_limit_degc: float) -> SteadySite:
    """Return the air-economizer site with a ventilation rate that its dampers never go below, in bitter frost."""
    site = site_of("air_economizer")
    economizer = site.halls[0].economizer
    assert economizer is not None
    changed = economizer.model_copy(update={"mixed_air_min_degc": low_limit_degc, "min_outdoor_frac": 0.7})
    halls = (site.halls[0].model_copy(update={"economizer": changed}), *site.halls[1:])
    steady = Steady(site, -12.0, -13.0, 0.5)
    found = SteadySite(site.model_copy(update={"halls": halls}), 5, START, surroundings=steady, operators=False)
    found.steady = steady
    return found


def test_frost_trips_the_coils_and_they_thaw() -> None:
    """A low limit that was set too low: the mixed air freezes the coils, which trip, close the dampers, thaw and start again."""
    site = cold_mix(low_limit_degc=-5.0)
    hall, states = site.halls[0], site.halls[0].state.crahs.machines
    assert hall.state.airside is not None
    frozen_after = thawed_after = 0
    for step in range(1, 120):
        site.step(15.0)
        if not frozen_after and any(one.frozen for one in states):
            frozen_after = step
            assert hall.state.airside.mixed_degc < 5.0
            name = next(crah.id for crah, one in zip(hall.crahs, states, strict=True) if one.frozen)
            assert site.values()[(name, "fault_status")] == 2.0
        if frozen_after and step == frozen_after + 1:
            assert hall.state.airside.damper_frac == 0.0
        if frozen_after and not thawed_after and not any(one.frozen for one in states):
            thawed_after = step
    assert frozen_after > 4  # a minute of frost, once the dampers have opened
    assert (thawed_after - frozen_after) * 15.0 >= 300.0  # and five minutes of warmth


def test_the_low_limit_of_the_mixed_air_keeps_coils_from_freezing() -> None:
    site = cold_mix(low_limit_degc=8.0)
    hall = site.halls[0]
    assert hall.state.airside is not None
    for _ in range(120):
        site.step(15.0)
        assert hall.state.airside.mixed_degc > 7.0
        assert not any(one.frozen for one in hall.state.crahs.machines)


def test_smoke_closes_the_dampers() -> None:
    site = steady_site("air_economizer", 8.0, 2.0, hours=1.0)
    open_frac = [hall.state.airside.damper_frac for hall in site.halls if hall.state.airside]
    assert min(open_frac) > 0.1
    site.break_("hall-1", Fault.SMOKE)
    site.step(STEP_S)
    values = site.values()
    assert values[("ase-1", "outdoor_air_damper_frac")] == 0.0
    assert values[("ase-1", "economizer_mode")] == 0.0
    assert values[("ase-2", "outdoor_air_damper_frac")] > 0.1
    assert values[("hall-1", "smoke_status")] == 1.0
    assert values[("hall-2", "smoke_status")] == 0.0
    site.run(20)
    assert site.values()[("ase-1", "outdoor_air_damper_frac")] == 0.0
    assert inlets(site)[0].max() < 27.0  # chilled water carries the hall
    site.mend("hall-1")
    site.run(40)
    assert site.values()[("ase-1", "outdoor_air_damper_frac")] > 0.1


def test_a_leak_is_only_said() -> None:
    site = steady_site("demo", 22.0, 14.0, hours=0.2)
    site.break_("hall-2", Fault.LEAK)
    site.step(STEP_S)
    values = site.values()
    assert values[("hall-2", "leak_status")] == 1.0
    assert values[("hall-2", "smoke_status")] == values[("hall-1", "leak_status")] == 0.0


def test_dampers_are_locked_out_by_heat_and_by_damp() -> None:
    site = steady_site("air_economizer", 20.0, 8.0, hours=1.0)
    assert site.values()[("ase-1", "economizer_mode")] == 1.0
    for dry_degc, dew_degc in ((30.0, 8.0), (20.0, 15.0)):
        site.steady.weather(dry_degc, dew_degc)
        site.run(60)
        assert site.values()[("ase-1", "economizer_mode")] == 0.0
        site.steady.weather(20.0, 8.0)
        site.run(60)
        assert site.values()[("ase-1", "economizer_mode")] == 1.0
