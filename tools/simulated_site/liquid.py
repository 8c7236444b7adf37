"""A technology loop and its CDUs: racks give heat to the coolant, a plate exchanger gives it to the chilled water.

Energy balance, exact at every step: rack heat to liquid + pump power - exchanger heat = change of the heat stored in the coolant.
"""

from __future__ import annotations

from dataclasses import dataclass

from facility.site import Cdu, LiquidLoop
from tools.simulated_site.control import ramped, settled_frac
from tools.simulated_site.noise import Hidden
from tools.simulated_site.physics.constants import WATER_HEAT_KJPKGK
from tools.simulated_site.physics.exchanger import Exchanger, sized, water_kwpk
from tools.simulated_site.physics.movers import Mover
from tools.simulated_site.setpoints import Key, Setpoints

VALVE_S = 60.0
COOLANT_L_PER_KW = 3.2
PRIMARY_RANGE_K = 8.0


@dataclass(slots=True)
class CduState:
    """What a CDU remembers."""

    return_degc: float
    supply_degc: float
    flow_lps: float
    primary_kwpk: float
    setpoint_degc: float
    primary_supply_degc: float = 8.0
    heat_kw: float = 0.0
    pump_kw: float = 0.0


class SimulatedCdu:
    """One CDU."""

    def __init__(self, cdu: Cdu, loop: LiquidLoop, hidden: Hidden, setpoints: Setpoints) -> None:
        self.cdu, self._loop, self._setpoints = cdu, loop, setpoints
        self._exchanger, self._max_primary_kwpk = _exchanger(cdu, hidden)
        rated_kw = hidden.around(f"{cdu.id}.pump", cdu.rated_pump_kw, 0.06)
        self._pump = Mover(cdu.rated_flow_lps, rated_kw, hidden.between(f"{cdu.id}.static", 0.1, 0.2), 0.04 * rated_kw)
        self.coolant_kjpk = COOLANT_L_PER_KW * cdu.rated_heat_kw * WATER_HEAT_KJPKGK
        self.state = CduState(33.0, 26.0, 0.85 * cdu.rated_flow_lps, 0.3 * self._max_primary_kwpk, 26.0)

    def step(self, dt_s: float, heat_kw: float, chilled_degc: float, dew_point_degc: float) -> None:
        """Advance the loop; its supply stays above the hall's dew point whatever was set."""
        state = self.state
        wanted_lps = self._setpoints[(self.cdu.id, "secondary_flow_setpoint_lps")]
        wanted_lps = max(wanted_lps, self.cdu.min_flow_frac * self.cdu.rated_flow_lps)
        state.flow_lps = ramped(state.flow_lps, wanted_lps, 0.002 * self.cdu.rated_flow_lps, dt_s)
        self._ramp_setpoint(dt_s, dew_point_degc)
        state.primary_supply_degc = chilled_degc
        state.pump_kw = self._pump.power_kw(state.flow_lps)
        hot = water_kwpk(state.flow_lps)
        spread_k = max(state.return_degc - chilled_degc, 0.5)
        needed = max(hot * (state.return_degc - state.setpoint_degc), 0.0) / spread_k
        target = self._exchanger.next_cold_kwpk(needed, hot, state.primary_kwpk, self._max_primary_kwpk)
        state.primary_kwpk += settled_frac(dt_s, VALVE_S) * (target - state.primary_kwpk)
        moved_kwpk = self._exchanger.heat_kwpk(hot, state.primary_kwpk)
        state.heat_kw = moved_kwpk * max(state.return_degc - chilled_degc, 0.0)
        state.supply_degc = state.return_degc - state.heat_kw / hot
        state.return_degc += dt_s * (heat_kw + state.pump_kw - state.heat_kw) / self.coolant_kjpk

    def _ramp_setpoint(self, dt_s: float, dew_point_degc: float) -> None:
        wanted = self._setpoints[(self.cdu.id, "secondary_supply_temperature_setpoint_degc")]
        wanted = max(wanted, dew_point_degc + self._loop.dew_point_margin_k)
        self.state.setpoint_degc = ramped(self.state.setpoint_degc, wanted, self._loop.rate_max_k_per_h / 3600.0, dt_s)

    def values(self) -> dict[Key, float]:
        """Return the CDU's true values."""
        state, cdu = self.state, self.cdu.id
        primary_rise_k = state.heat_kw / max(state.primary_kwpk, 0.2)
        return {
            (cdu, "primary_supply_temperature_degc"): state.primary_supply_degc,
            (cdu, "primary_return_temperature_degc"): state.primary_supply_degc + primary_rise_k,
            (cdu, "secondary_supply_temperature_degc"): state.supply_degc,
            (cdu, "secondary_return_temperature_degc"): state.return_degc,
            (cdu, "secondary_flow_lps"): state.flow_lps,
            (cdu, "pump_power_kw"): state.pump_kw,
            (cdu, "valve_position_frac"): state.primary_kwpk / self._max_primary_kwpk,
            (cdu, "fault_status"): 0.0,
        }


def _exchanger(cdu: Cdu, hidden: Hidden) -> tuple[Exchanger, float]:
    """Return the plate that meets the nameplate approach at rated heat, and the most chilled water its valve lets through."""
    hot = water_kwpk(cdu.rated_flow_lps)
    cold = cdu.rated_heat_kw / PRIMARY_RANGE_K
    approach_k = hidden.around(f"{cdu.id}.approach", cdu.approach_k, 0.1)
    inlet_spread_k = approach_k + cdu.rated_heat_kw / hot
    effectiveness_frac = min(cdu.rated_heat_kw / (min(hot, cold) * inlet_spread_k), 0.97)
    return sized(hot, cold, effectiveness_frac), 1.2 * cold
