"""A technology loop: racks give heat to one shared coolant, CDUs in parallel give it to the facility water.

Energy balance, exact at every step: rack heat to liquid + pump power - heat of the CDUs - heat taken by a heat pump = change of
the heat stored in the coolant.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from facility.records import FloatArray
from facility.site import Cdu, LiquidLoop
from tools.simulated_site.control import ramped, settled_frac
from tools.simulated_site.noise import Hidden
from tools.simulated_site.physics.constants import SECONDS_PER_HOUR, WATER_HEAT_KJPKGK
from tools.simulated_site.physics.exchanger import CLOSED_KWPK, Exchanger, Supply, sized, water_kwpk
from tools.simulated_site.physics.turbo import Curve
from tools.simulated_site.setpoints import Key, Setpoints

VALVE_S = 60.0
COOLANT_L_PER_KW = 3.2
PRIMARY_RANGE_K = 8.0
SPEED_UP_FRAC_PER_S = 0.002
TRIP_S = 3.0  # a pump that trips has stopped within seconds
HOT_K = 2.0  # supply this far above its limit: pumps to full
NEEDED_FLOW_FRAC = 0.25  # of all CDUs' flow at their minimum; cold plates below it lose their servers
CLASS_MAX_DEGC = {"W17": 17.0, "W27": 27.0, "W32": 32.0, "W40": 40.0, "W45": 45.0}
FAILED, WATER_TOO_WARM, FLOW_LOST, DEW_POINT_STALE = 1.0, 2.0, 3.0, 4.0  # fault_status


@dataclass(slots=True)
class LoopState:
    """What a loop remembers; lists hold one value a CDU."""

    return_degc: float
    supply_degc: list[float]
    setpoint_degc: list[float]
    flow_lps: list[float]
    primary_kwpk: list[float]
    heat_kw: list[float]
    pump_kw: list[float]
    failed: list[bool]
    primary_supply_degc: float = 8.0
    entering_degc: float = 33.0  # what reaches the CDUs, behind a heat pump
    floor_degc: float = -50.0  # no supply below it: dew point and margin
    dew_point_known: bool = True
    needed_kw: float = 0.0


class SimulatedLoop:
    """A loop with its CDUs."""

    def __init__(self, loop: LiquidLoop, hidden: Hidden, setpoints: Setpoints) -> None:
        self.loop, self._setpoints = loop, setpoints
        self._cdus = [_cdu(cdu, hidden) for cdu in loop.cdus]
        self._class_max_degc = CLASS_MAX_DEGC.get(loop.facility_water_class or "", math.inf)
        self._rated_lps = sum(cdu.rated_flow_lps for cdu in loop.cdus)
        self._needed_lps = NEEDED_FLOW_FRAC * sum(cdu.min_flow_frac * cdu.rated_flow_lps for cdu in loop.cdus)
        rated_kw = sum(cdu.rated_heat_kw for cdu in loop.cdus)
        self.coolant_kjpk = COOLANT_L_PER_KW * rated_kw * WATER_HEAT_KJPKGK
        start_degc = min(loop.supply_min_degc + 8.0, loop.supply_max_degc)
        count = len(loop.cdus)
        self.state = LoopState(
            return_degc=start_degc + 7.0,
            supply_degc=[start_degc] * count,
            setpoint_degc=[start_degc] * count,
            flow_lps=[0.85 * cdu.rated_flow_lps for cdu in loop.cdus],
            primary_kwpk=[0.3 * one.most_primary_kwpk for one in self._cdus],
            heat_kw=[0.0] * count,
            pump_kw=[0.0] * count,
            failed=[False] * count,
        )

    def step(self, dt_s: float, heat_kw: float, supply: Supply, dew_point_degc: float, taken_kw: float = 0.0) -> None:
        """Advance the loop.

        Parameters
        ----------
        dt_s
            Step [s].
        heat_kw, taken_kw
            What racks give to the coolant, and what a heat pump takes from its return ahead of the CDUs [kW].
        supply
            Facility water that reaches the CDUs.
        dew_point_degc
            Of the hall's air as the controller knows it [degC]; NaN while its sensor is stale.
        """
        state = self.state
        state.primary_supply_degc, state.needed_kw = supply.degc, max(heat_kw - taken_kw, 0.0)
        self._watch_dew_point(dew_point_degc)
        self._pump(dt_s)
        state.entering_degc = state.return_degc - taken_kw / max(water_kwpk(sum(state.flow_lps)), CLOSED_KWPK)
        for index in range(len(self._cdus)):
            self._cool(dt_s, index, supply)
        gained_kw = heat_kw + sum(state.pump_kw) - sum(state.heat_kw) - taken_kw
        state.return_degc += dt_s * gained_kw / self.coolant_kjpk

    def _watch_dew_point(self, dew_point_degc: float) -> None:
        """Keep the supply above the dew point; without one, let nothing become colder than it is."""
        state = self.state
        state.dew_point_known = math.isfinite(dew_point_degc)
        if state.dew_point_known:
            state.floor_degc = dew_point_degc + self.loop.dew_point_margin_k
        else:
            state.floor_degc = max(state.floor_degc, *state.setpoint_degc)

    def _pump(self, dt_s: float) -> None:
        """Move the coolant: CDUs in order make up for those that are not, as far as their pumps reach."""
        state = self.state
        common = (sum(state.flow_lps) / self._rated_lps) ** 2
        wanted = [self._wanted_lps(cdu) for cdu in self.loop.cdus]
        lost_lps = sum(lps for lps, out in zip(wanted, state.failed, strict=True) if out)
        working_lps = sum(lps for lps, out in zip(wanted, state.failed, strict=True) if not out)
        more = 1.0 + lost_lps / working_lps if working_lps else 1.0
        for index, (one, cdu) in enumerate(zip(self._cdus, self.loop.cdus, strict=True)):
            rated_lps = cdu.rated_flow_lps
            if state.failed[index]:
                state.flow_lps[index] *= math.exp(-dt_s / TRIP_S)
                state.pump_kw[index] = 0.0
                continue
            target_lps = min(more * wanted[index], one.pump.most_flow(common) * rated_lps)
            state.flow_lps[index] = ramped(state.flow_lps[index], target_lps, SPEED_UP_FRAC_PER_S * rated_lps, dt_s)
            state.pump_kw[index] = one.rated_pump_kw * one.pump.power(state.flow_lps[index] / rated_lps, common)

    def _wanted_lps(self, cdu: Cdu) -> float:
        """Return the flow as set, not under the minimum; the full flow while the coolant or the facility water is too warm."""
        state = self.state
        hottest_degc = max(state.supply_degc)
        if hottest_degc > self.loop.supply_max_degc + HOT_K or state.primary_supply_degc > self._class_max_degc:
            return cdu.rated_flow_lps
        wanted_lps = self._setpoints[(cdu.id, "secondary_flow_setpoint_lps")]
        return max(wanted_lps, cdu.min_flow_frac * cdu.rated_flow_lps)

    def _cool(self, dt_s: float, index: int, supply: Supply) -> None:
        """Move a CDU's valve towards what its supply setpoint needs, and take the heat it then takes."""
        state, one = self.state, self._cdus[index]
        hot = water_kwpk(state.flow_lps[index])
        self._ramp_setpoint(dt_s, index)
        if state.failed[index] or hot < CLOSED_KWPK:
            state.primary_kwpk[index], state.heat_kw[index] = CLOSED_KWPK, 0.0
            state.supply_degc[index] = state.entering_degc
            return
        spread_k = max(state.entering_degc - supply.degc, 0.5)
        needed = max(hot * (state.entering_degc - state.setpoint_degc[index]), 0.0) / spread_k
        now = state.primary_kwpk[index]
        target = supply.next_valve_kwpk(
            one.exchanger, needed, hot_kwpk=hot, valve_kwpk=now, most_kwpk=one.most_primary_kwpk
        )
        state.primary_kwpk[index] = now + settled_frac(dt_s, VALVE_S) * (target - now)
        moved_kwpk = one.exchanger.heat_kwpk(hot, state.primary_kwpk[index] * supply.delivered_frac)
        state.heat_kw[index] = moved_kwpk * max(state.entering_degc - supply.degc, 0.0)
        state.supply_degc[index] = state.entering_degc - state.heat_kw[index] / hot

    def _ramp_setpoint(self, dt_s: float, index: int) -> None:
        state, loop = self.state, self.loop
        wanted = self._setpoints[(loop.cdus[index].id, "secondary_supply_temperature_setpoint_degc")]
        wanted = max(min(max(wanted, loop.supply_min_degc), loop.supply_max_degc), state.floor_degc)
        most_kps = loop.rate_max_k_per_h / SECONDS_PER_HOUR
        state.setpoint_degc[index] = ramped(state.setpoint_degc[index], wanted, most_kps, dt_s)

    @property
    def return_degc(self) -> float:
        """The coolant that comes back from the racks."""
        return self.state.return_degc

    @property
    def supply_degc(self) -> FloatArray:
        """The coolant that leaves each CDU."""
        return np.array(self.state.supply_degc)

    @property
    def throttled_frac(self) -> float:
        """How much of their work the loop's servers must drop because too little coolant flows: 0 all is well, 1 all."""
        return min(max(1.0 - sum(self.state.flow_lps) / self._needed_lps, 0.0), 1.0)

    def demand(self) -> tuple[float, float]:
        """Return the facility water the CDUs take, as a capacity rate [kW/K], and the heat in it [kW]."""
        return sum(self.state.primary_kwpk), sum(self.state.heat_kw)

    def pump_kw(self) -> dict[str, float]:
        """Return the power of each CDU's pump."""
        return {cdu.id: kw for cdu, kw in zip(self.loop.cdus, self.state.pump_kw, strict=True)}

    def stored_kj(self) -> float:
        """Return the heat stored above 0 C, for balances."""
        return self.coolant_kjpk * self.state.return_degc

    def fail(self, equipment: str) -> None:
        """Put a CDU out of order."""
        self.state.failed[self._index(equipment)] = True

    def repair(self, equipment: str) -> None:
        """Put a CDU back into order."""
        self.state.failed[self._index(equipment)] = False

    def _index(self, equipment: str) -> int:
        return [cdu.id for cdu in self.loop.cdus].index(equipment)

    def units(self) -> tuple[list[float], float]:
        """Return the heat [kW] that each CDU in order could carry, and what the present load takes [kW]."""
        able = [cdu.rated_heat_kw for cdu, out in zip(self.loop.cdus, self.state.failed, strict=True) if not out]
        return able, self.state.needed_kw

    def values(self) -> dict[Key, float]:
        """Return the CDUs' true values."""
        state = self.state
        found: dict[Key, float] = {}
        for index, (cdu, one) in enumerate(zip(self.loop.cdus, self._cdus, strict=True)):
            rise_k = state.heat_kw[index] / max(state.primary_kwpk[index], CLOSED_KWPK)
            found |= {
                (cdu.id, "primary_supply_temperature_degc"): state.primary_supply_degc,
                (cdu.id, "primary_return_temperature_degc"): state.primary_supply_degc + rise_k,
                (cdu.id, "secondary_supply_temperature_degc"): state.supply_degc[index],
                (cdu.id, "secondary_return_temperature_degc"): state.entering_degc,
                (cdu.id, "secondary_flow_lps"): state.flow_lps[index],
                (cdu.id, "pump_power_kw"): state.pump_kw[index],
                (cdu.id, "valve_position_frac"): state.primary_kwpk[index] / one.most_primary_kwpk,
                (cdu.id, "fault_status"): self._fault(index),
            }
        return found

    def _fault(self, index: int) -> float:
        state = self.state
        if state.failed[index]:
            return FAILED
        if self.throttled_frac > 0.0:
            return FLOW_LOST
        if state.primary_supply_degc > self._class_max_degc:
            return WATER_TOO_WARM
        return 0.0 if state.dew_point_known else DEW_POINT_STALE


@dataclass(frozen=True, slots=True)
class _Machine:
    exchanger: Exchanger
    most_primary_kwpk: float  # what the valve lets through when open
    pump: Curve
    rated_pump_kw: float


def _cdu(cdu: Cdu, hidden: Hidden) -> _Machine:
    """Return the machine behind a nameplate: its plate meets the nameplate approach at rated heat."""
    hot = water_kwpk(cdu.rated_flow_lps)
    cold = cdu.rated_heat_kw / PRIMARY_RANGE_K
    approach_k = hidden.around(f"{cdu.id}.approach", cdu.approach_k, 0.1)
    inlet_spread_k = approach_k + cdu.rated_heat_kw / hot
    effectiveness_frac = min(cdu.rated_heat_kw / (min(hot, cold) * inlet_spread_k), 0.97)
    return _Machine(
        exchanger=sized(hot, cold, effectiveness_frac),
        most_primary_kwpk=1.2 * cold,
        pump=Curve(droop=0.35, static_frac=hidden.between(f"{cdu.id}.static", 0.05, 0.12), shared_frac=0.4),
        rated_pump_kw=hidden.around(f"{cdu.id}.pump", cdu.rated_pump_kw, 0.06),
    )
