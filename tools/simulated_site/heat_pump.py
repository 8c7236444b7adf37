"""A heat pump between waste heat and a heat network: a share of Carnot's COP between its evaporator and its condenser."""

from __future__ import annotations

from dataclasses import dataclass

from facility.site import HeatContract, HeatPump
from tools.simulated_site.control import ramped
from tools.simulated_site.noise import Hidden
from tools.simulated_site.physics.constants import ICE_POINT_K
from tools.simulated_site.setpoints import Key, Setpoints

EVAPORATOR_RANGE_K = 5.0  # the source cools by so much at full load
EVAPORATOR_APPROACH_K, CONDENSER_APPROACH_K = 3.0, 3.0
LOADING_FRAC_PER_S = 0.5 / 60.0
STANDING_FRAC = 0.01  # of rated heat, as power while it runs: oil pump and controls
LEAST_LIFT_K = 20.0


@dataclass(slots=True)
class HeatPumpState:
    """What a heat pump remembers and does now [kW]."""

    running: bool = False
    since_change_s: float = 1e9
    heat_kw: float = 0.0
    source_kw: float = 0.0
    power_kw: float = 0.0
    source_leaving_degc: float = 20.0
    sink_leaving_degc: float = 20.0
    broken: bool = False


class SimulatedHeatPump:
    """One heat pump."""

    def __init__(self, pump: HeatPump, hidden: Hidden, setpoints: Setpoints) -> None:
        self.pump, self._setpoints = pump, setpoints
        self._efficiency_frac = hidden.around(f"{pump.id}.efficiency", 0.96 * pump.efficiency_frac, 0.04)
        self.state = HeatPumpState()

    def step(
        self, dt_s: float, source_degc: float, available_kw: float, asked_kw: float, contract: HeatContract
    ) -> None:
        """Take heat from its source, as far as there is some and somebody asks for it.

        Parameters
        ----------
        dt_s
            Step [s].
        source_degc
            Water that comes to the evaporator [degC].
        available_kw
            Heat that may be taken from it [kW].
        asked_kw
            What the contract still asks for [kW].
        contract
            Whose network it feeds.
        """
        state, rated_kw = self.state, self.pump.rated_heat_kw
        source_leaving_degc = max(
            source_degc - EVAPORATOR_RANGE_K * state.heat_kw / rated_kw, self.pump.source_leaving_min_degc
        )
        share = 1.0 - 1.0 / self._cop(source_leaving_degc, contract.supply_degc)  # of the heat comes from the source
        cold = source_degc < self.pump.source_leaving_min_degc + 0.5
        most_kw = 0.0 if cold or state.broken else min(rated_kw, available_kw / share)
        wanted_kw = min(self._setpoints[(self.pump.id, "heat_output_setpoint_kw")], asked_kw, most_kw)
        self._switch(dt_s, wanted_kw, most_kw)
        least_kw = self.pump.min_part_load_frac * rated_kw
        target_kw = min(max(wanted_kw, least_kw), most_kw) if state.running else 0.0
        state.heat_kw = min(ramped(state.heat_kw, target_kw, LOADING_FRAC_PER_S * rated_kw, dt_s), most_kw)
        state.source_kw = state.heat_kw * share
        standing_kw = STANDING_FRAC * rated_kw if state.running else 0.0
        state.power_kw = state.heat_kw - state.source_kw + standing_kw
        state.source_leaving_degc, state.sink_leaving_degc = source_leaving_degc, contract.supply_degc
        if not state.running:
            state.sink_leaving_degc = contract.return_degc

    def _switch(self, dt_s: float, wanted_kw: float, most_kw: float) -> None:
        """Start where there is work for it, stop where there is none, each for a least time; without a source stop at once."""
        state = self.state
        state.since_change_s += dt_s
        least_kw = self.pump.min_part_load_frac * self.pump.rated_heat_kw
        rested = state.since_change_s >= 60.0 * self.pump.min_run_min
        starved = most_kw < 0.5 * least_kw
        if state.running and (starved or (rested and wanted_kw < 0.5 * least_kw)):
            state.running, state.since_change_s = False, 0.0
        elif not state.running and rested and wanted_kw >= least_kw:
            state.running, state.since_change_s = True, 0.0

    def _cop(self, source_leaving_degc: float, supply_degc: float) -> float:
        evaporating_k = source_leaving_degc - EVAPORATOR_APPROACH_K + ICE_POINT_K
        condensing_k = supply_degc + CONDENSER_APPROACH_K + ICE_POINT_K
        lift_k = max(condensing_k - evaporating_k, LEAST_LIFT_K)
        return max(self._efficiency_frac * condensing_k / lift_k, 1.05)

    def fail(self, _equipment: str) -> None:
        """Put it out of order."""
        self.state.broken = True

    def repair(self, _equipment: str) -> None:
        """Put it back into order."""
        self.state.broken = False

    def values(self) -> dict[Key, float]:
        """Return the heat pump's true values; electric power is the meters' to tell."""
        state, name = self.state, self.pump.id
        return {
            (name, "heat_output_kw"): state.heat_kw,
            (name, "source_heat_kw"): state.source_kw,
            (name, "source_leaving_temperature_degc"): state.source_leaving_degc,
            (name, "sink_leaving_temperature_degc"): state.sink_leaving_degc,
            (name, "on_status"): float(state.running),
            (name, "fault_status"): float(state.broken),
        }
