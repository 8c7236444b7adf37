"""Steady states against what a pencil finds: the arithmetic stands beside each, its numbers typed, nothing taken from the code."""

from __future__ import annotations

import pytest

from tests.simulated_site.steady import Nameplate, SteadySite, site_of, steady_site
from tools.simulated_site.airside import SimulatedAirside
from tools.simulated_site.climate import Outdoors
from tools.simulated_site.electrical import SimulatedElectrical
from tools.simulated_site.heat_pump import SimulatedHeatPump
from tools.simulated_site.liquid import SimulatedLoop
from tools.simulated_site.physics.air_cooled import sized_air_cooled
from tools.simulated_site.physics.chiller import ChillerLaw
from tools.simulated_site.physics.dry_cooler import sized_dry_cooler
from tools.simulated_site.physics.exchanger import Supply, sized
from tools.simulated_site.physics.movers import Mover
from tools.simulated_site.physics.tower import TowerLaw
from tools.simulated_site.pumps import Pumps
from tools.simulated_site.setpoints import Setpoints


def test_coil_at_half_its_air() -> None:
    """Sized for 70 % of 6 kW/K against 8 kW/K of water.

    NTU = ln((1 - 0.7 x 0.75) / (1 - 0.7)) / (1 - 0.75) = 1.8381, UA = 6 x 1.8381 = 11.029 kW/K. At 3 kW/K of air the
    resistance is 0.6 x 2^0.7 + 0.4 = 1.3747, UA = 8.0226, NTU = 2.6742, ratio 0.375: 1 - exp(-1.67138) = 0.81201 over
    1 - 0.375 x 0.18799 = 0.92950 gives an effectiveness of 0.8736, and 2.6208 kW/K.
    """
    coil = sized(6.0, 8.0, 0.7)
    assert coil.heat_kwpk(6.0, 8.0) == pytest.approx(4.2)
    assert coil.heat_kwpk(3.0, 8.0) == pytest.approx(2.6208, abs=2e-4)


def test_chiller_at_half_load_and_low_lift() -> None:
    """600 kW, COP 5.5 at 6.67 / 29.4 C; now 300 kW at 12 / 22 C.

    Evaporating 12 - 2 x 0.5 = 11, condensing 22 + 7 x 0.5 = 25.5: a lift of 14.5 K of the rated 29.4 + 7 - 6.67 + 2 = 31.73, a
    head of 0.45698, a speed of 0.676. Flow over speed 0.7396 costs 0.5 x 0.2604^2 = 3.39 %. Carnot 284.15 / 14.5 = 19.597;
    rated Carnot 277.82 / 31.73 = 8.7558, of which 5.5 / 0.985 are 63.77 %. 300 / (19.597 x 0.6377 x 0.9661) = 24.85 kW, and
    1.5 % of 109.09 kW stand by: 26.48 kW, a COP of 11.33.
    """
    assert ChillerLaw(600.0, 5.5, 120.0).power_kw(300.0, 12.0, 22.0) == pytest.approx(26.48, abs=0.01)


def test_air_cooled_chiller_at_its_rating_and_on_a_mild_day() -> None:
    """300 kW, COP 3 with fans, at 7 C and 35 C outdoors: 100 kW, 9 of them fans.

    Half load at 15 C: fans at the root of a half, 0.7071, as cold air would hold the head with 13 x 0.5 / 11 = 0.5909^1.667 =
    0.416: slower, so 0.416 counts. Condensing 15 + 6.5 / 0.416^0.6 = 26 C, the least it may be. Fans 9 x (0.03 + 0.97 x 0.072).
    """
    law = sized_air_cooled(300.0, 3.0, 60.0)
    assert law.power_kw(300.0, 7.0, 35.0) == pytest.approx(100.0, rel=1e-3)
    assert law.condensing_degc(150.0, 15.0) == pytest.approx(26.0, abs=1e-6)
    assert law.fan_kw(150.0, 15.0) == pytest.approx(0.898, abs=2e-3)


def test_tower() -> None:
    """30 L/s at 30 C, 25 kg/s of air at 20 C wet bulb, a fill constant of 2, at sea level.

    Saturated enthalpies by Magnus: 99.57 and 57.33 kJ/kg, 42.24 over 10 K: 4.224 kJ/kgK. Capacity ratio 25 x 4.224 /
    (30 x 4.186) = 0.8409, NTU 2 x (30 / 25)^0.4 = 2.1513; 1 - exp(-2.1513 x 0.1591) = 0.2898 over 1 - 0.8409 x 0.7102 = 0.4028 is
    0.7195 of 25 x 42.24 = 1056 kW.
    """
    law = TowerLaw(30.0, 25.0, 2.0, Mover(1.0, 15.0, 0.0, 0.3), 0.2, 101.325)
    assert law.heat_kw(30.0, 30.0, 1.0, 20.0) == pytest.approx(759.8, abs=0.5)


def test_tower_evaporates_what_does_not_warm_the_air() -> None:
    """The same tower in air of 20 C, saturated: 759.8 kW / 25 kg/s = 30.39 kJ/kg over 3.770 kJ/kgK (57.33 to 76.18 over 5 K).

    The air leaves 8.06 K warmer and takes 25 x 1.006 x 8.06 = 202.7 kW of it; the other 557.1 kW over 2430 kJ/kg are 0.2292 L/s.
    """
    law = TowerLaw(30.0, 25.0, 2.0, Mover(1.0, 15.0, 0.0, 0.3), 0.2, 101.325)
    assert law.evaporated_lps(759.8, 1.0, 20.0, 20.0) == pytest.approx(0.2292, abs=2e-4)


def test_pump_with_static_head_at_half_its_flow() -> None:
    """30 L/s, 11 kW, 40 % static head, droop 0.25; 15 L/s.

    Head 0.4 + 0.6 / 4 = 0.55, speed sqrt((0.55 + 0.25 / 4) / 1.25) = 0.7, flow over speed 0.7143: 0.7519 of the best flow,
    efficiency 1 - 0.6 x 0.2481^2 = 0.96306, motor 0.7^0.12 = 0.9581. 0.5 x 0.55 x 0.99834 / 0.92271 = 0.29754 of 97 %, and 3 %
    of the drive: 3.505 kW, where the cube law has 1.4.
    """
    pumps = Pumps({"pump": 30.0}, {"pump": 11.0}, 0.4)
    assert pumps.move(15.0 * 4.186) == pytest.approx(15.0 * 4.186)
    assert pumps.state.power_kw == [pytest.approx(3.505, abs=0.001)]
    assert pumps.move(30.0 * 4.186) == pytest.approx(30.0 * 4.186)
    assert pumps.state.power_kw == [pytest.approx(11.0, rel=1e-3)]


def test_dry_cooler_with_and_without_pads() -> None:
    """260 kW at 8 L/s within 6 K of the air: 33.488 kW/K, a range of 7.764 K, an effectiveness of 7.764 / 13.764 = 0.56408.

    Water of 40 C in air of 35 C: 0.56408 x 33.488 x 5 = 94.45 kW. Pads of 75 % at 20 C wet bulb leave 35 - 0.75 x 15 = 23.75 C:
    x 16.25 = 306.96 kW, for 1.3 x 33.488 x 11.25 / 2430 = 0.2016 L/s of water.
    """
    fan = Mover(1.0, 7.8, 0.0, 0.2)
    law = sized_dry_cooler(260.0, 8.0, 6.0, fan=fan, min_fan_frac=0.2, pad_effectiveness_frac=0.75)
    assert law.heat_kw(40.0, 8.0, 1.0, law.coil_air_degc(35.0, 20.0, wet=False)) == pytest.approx(94.45, abs=0.05)
    wetted_degc = law.coil_air_degc(35.0, 20.0, wet=True)
    assert wetted_degc == pytest.approx(23.75)
    assert law.heat_kw(40.0, 8.0, 1.0, wetted_degc) == pytest.approx(306.96, abs=0.1)
    assert law.evaporated_lps(1.0, 35.0, wetted_degc) == pytest.approx(0.2016, abs=1e-4)


def test_airside_mix() -> None:
    """Return air of 30 C and outdoor air of 10 C make 18 C with 12 / 20 = 60 % of outdoor air."""
    site = site_of("air_economizer")
    assert site.halls[0].economizer is not None
    airside = SimulatedAirside(site.halls[0].economizer, Nameplate(), Setpoints(site))
    air = Outdoors(10.0, 5.0, 0.7, 7.4, 101.325)
    for _ in range(60):
        frac = airside.step(30.0, air, hot_degc=30.0, wanted_degc=18.0, moved_kwpk=15.0, shut=False)
    assert frac == pytest.approx(0.6)
    assert airside.state.mixed_degc == pytest.approx(18.0)
    assert airside.state.damper_frac == pytest.approx(0.6 * 15.0 / (18.0 * 1.19 * 1.006))


def test_heat_pump() -> None:
    """The demo's: 90 kW into 70 C from 30 C, 96 % of half of Carnot's COP.

    The source leaves at 25 C; evaporating at 22 C, condensing at 73 C: 346.15 / 51 K = 6.787, of which 48 % are 3.258. The
    source gives 1 - 1 / 3.258 = 69.31 %: 62.38 kW; 27.62 kW are electric, and 0.9 kW of standing losses.
    """
    site = site_of("demo")
    pump = SimulatedHeatPump(site.heat_pumps[0], Nameplate(), Setpoints(site))
    for _ in range(100):
        pump.step(30.0, 30.0, 500.0, 500.0, site.heat_contracts[0])
    assert pump.state.heat_kw == pytest.approx(90.0)
    assert pump.state.source_kw == pytest.approx(62.38, abs=0.02)
    assert pump.state.power_kw == pytest.approx(28.52, abs=0.02)


def test_cdu_keeps_its_approach() -> None:
    """The demo's two CDUs at their rating: 240 kW each, 7 L/s, 4 K over facility water of 20 C.

    7 x 4.186 = 29.302 kW/K cool by 240 / 29.302 = 8.191 K, from 32.19 C to 24 C; the valve lets the rated 240 / 8 = 30 kW/K
    through, of the 36 that it could. The pumps' own heat comes on top, so it is left out of the racks'.
    """
    site = site_of("demo")
    setpoints = Setpoints(site)
    for cdu in ("cdu-1", "cdu-2"):
        setpoints.set((cdu, "secondary_flow_setpoint_lps"), 7.0)
        setpoints.set((cdu, "secondary_supply_temperature_setpoint_degc"), 24.0)
    loop = SimulatedLoop(site.liquid_loops[0], Nameplate(), setpoints)
    for _ in range(2000):
        loop.step(30.0, 480.0 - sum(loop.state.pump_kw), Supply(20.0), 5.0)
    values = loop.values()
    assert values[("cdu-1", "secondary_supply_temperature_degc")] == pytest.approx(24.0, abs=0.01)
    assert values[("cdu-1", "secondary_return_temperature_degc")] == pytest.approx(32.19, abs=0.01)
    assert values[("cdu-1", "valve_position_frac")] == pytest.approx(30.0 / 36.0, abs=0.005)
    assert values[("cdu-1", "primary_return_temperature_degc")] == pytest.approx(28.0, abs=0.05)


@pytest.fixture(scope="module")
def mild() -> SteadySite:
    return steady_site("demo", 20.0, 12.0, hours=5.0)


def test_hall_return_air_is_warmer_by_its_heat_over_its_air(mild: SteadySite) -> None:
    """Hall 1: what racks and fans give off, over the air that its CRAHs move, at 1.006 kJ/kgK; outdoor leaks count 0.1 K."""
    hall = mild.halls[0]
    flows, values = hall.flows, mild.values()
    supply_degc = sum(values[(crah, "supply_air_temperature_degc")] for crah in ("crah-1", "crah-2", "crah-3")) / 3.0
    rise_k = values[("crah-1", "return_air_temperature_degc")] - supply_degc
    rated_m3ps = 3 * 5.5
    flow_frac = sum(one.flow_frac for one in hall.state.crahs.machines) / 3.0
    moved_kwpk = rated_m3ps * 1.19 * 1.006 * flow_frac
    assert rise_k == pytest.approx(flows.rack_kw / moved_kwpk, rel=0.06)  # each fan is within 6 % of its nameplate
    assert flows.sensible_kw == pytest.approx(flows.rack_kw + flows.fan_kw + flows.outdoor_kw, rel=3e-3)


def test_chilled_water_carries_the_heat(mild: SteadySite) -> None:
    """Flow x 4.186 kJ/kgK x (return - leaving) is the heat of the halls and the loop and of the pumps: the chillers take all."""
    plant, values = mild.plants[0], mild.values()
    flow_kwpk = values[("plant-1", "chilled_water_flow_lps")] * 4.186
    entering_degc = values[("plant-1", "entering_chilled_water_temperature_degc")]
    cooled_kw = flow_kwpk * (entering_degc - values[("plant-1", "leaving_chilled_water_temperature_degc")])
    halls_kw = sum(sum(one.coil_kw for one in hall.state.crahs.machines) for hall in mild.halls)
    loop_kw = sum(mild.loops[0].state.heat_kw)
    assert cooled_kw == pytest.approx(halls_kw + loop_kw + plant.chilled.state.total_kw, rel=0.005)
    assert values[("plant-1", "leaving_chilled_water_temperature_degc")] == pytest.approx(8.0, abs=0.05)


def test_condenser_water_carries_it_outside(mild: SteadySite) -> None:
    """Chillers' heat and power warm the condenser water by (Q + P) / (flow x 4.186), and the towers reject it with the pump's."""
    values, outside = mild.values(), mild.plants[0].outside
    assert outside is not None
    heat_kw = sum(values[(one, "load_frac")] * 600.0 + values[(one, "power_kw")] for one in ("chiller-1", "chiller-2"))
    flow_kwpk = values[("plant-1", "condenser_water_flow_lps")] * 4.186
    entering_degc = values[("plant-1", "entering_condenser_water_temperature_degc")]
    running = [one for one in ("chiller-1", "chiller-2") if values[(one, "on_status")]]
    rise_k = values[(running[0], "leaving_condenser_water_temperature_degc")] - entering_degc
    assert rise_k == pytest.approx(heat_kw / flow_kwpk, rel=0.02)
    rejected_kw = heat_kw + values[("cw-pumps", "power_kw")]
    assert outside.state.rejected_kw == pytest.approx(rejected_kw, rel=0.01)


def test_losses_of_the_electrical_chain() -> None:
    """The demo's, with every loss curve 5 % above its nameplate, at 90, 60 and 200 kW of IT in its halls, 100 kW of motors.

    PDUs: 0.3 + 0.012 x 8100 / 150 = 0.948, 0.2 + 0.012 x 3600 / 100 = 0.632, 0.7 + 0.012 x 40000 / 330 = 2.1545: 3.9213 kW.
    UPS at 353.92 kW: 7 + 0.012 x 353.92 + 0.022 x 353.92^2 / 600 = 15.8398, 16.6318 kW. Transformer at 353.92 + 16.63 + 100 + 3.5
    = 474.05 kW: 1.7 + 0.009 x 474.05^2 / 1000 = 3.7225, 3.9087 kW.
    """
    chain = SimulatedElectrical(site_of("demo").electrical, Nameplate())
    chain.step(30.0, {"hall-1": 90.0, "hall-2": 60.0, "hall-3": 200.0}, 100.0, 0.0)
    assert chain.state.ups_output_kw == pytest.approx(353.921, abs=0.001)
    assert chain.state.ups_input_kw == pytest.approx(353.921 + 16.632, abs=0.002)
    assert chain.state.utility_kw == pytest.approx(474.053 + 3.909, abs=0.003)
    assert chain.state.losses_kw == pytest.approx(3.921 + 16.632 + 3.909, abs=0.003)
