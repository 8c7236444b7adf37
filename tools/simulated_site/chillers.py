"""Chillers with the controls their makers put into them: ramps, least load, starts per hour, and the cut-outs that trip them."""

from __future__ import annotations

from dataclasses import dataclass, field

from facility.site import Chiller
from tools.simulated_site.control import settled_frac
from tools.simulated_site.physics.chiller import Chilling

NO_TRIP, LOW_FLOW, COLD_CONDENSER, HOT_CONDENSER, FROST = range(5)
LOADING_S = 90.0  # how fast the capacity control follows
LOADING_FRAC_PER_S = 0.25 / 60.0  # of rated cooling
UNLOADING_FRAC_PER_S = 0.6 / 60.0
VALVE_S = 180.0  # an isolation valve opens: no neighbour may lose its flow at a stroke
LEAST_LEAVING_DEGC = 4.0  # the machine unloads to stay above
FROST_DEGC = 3.0  # and trips here
MOST_FLOW_FRAC = 1.4  # of the rated evaporator flow; more would erode the tubes
HEAD_GRACE_S = 300.0  # after a start, until the refrigerant's head has to be there
BROKEN_LIMIT_S = 120.0  # a head outside its limits for so long trips
HEAD_TOLERANCE_K = 0.5
MIXING_RISES = (
    6.0  # a head-pressure valve recirculates 6/7 of the condenser's water at most: so many rises of that water
)
START_BELOW_K = 12.0  # condenser water this far under its least is warm enough to start on: it has the grace to warm up
MOST_CONDENSING_DEGC = 60.0
LEAST_CONDENSER_FLOW_FRAC = 0.3  # less does not carry the heat away
STOP_K, RESTART_K = 1.5, 2.0  # leaving water under its target, supply over it
STOP_S = 120.0
NEAR_LEAST = 1.1
LEAST_RUN_S = 300.0
LONG_S = 1e9


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a machine finds at its flanges in a step."""

    entering_degc: float  # chilled water
    target_degc: float
    supply_degc: float  # of the plant
    sink_degc: float  # condenser water or outdoor air
    flow_kwpk: float  # through the evaporator
    condenser_kwpk: float
    last_to_run: bool  # of several, the last one stops first when the load is low


@dataclass(slots=True)
class MachineState:
    """What a machine remembers."""

    running: bool = False
    broken: bool = False
    trip: int = NO_TRIP
    resting: bool = False  # stopped by itself on low load, starts again by itself
    starts: int = 0
    since_start_s: float = LONG_S
    since_stop_s: float = LONG_S
    wrong_s: float = 0.0
    cold_s: float = 0.0
    valve_frac: float = 0.0  # of the evaporator's isolation valve
    cooling_kw: float = 0.0
    compressor_kw: float = 0.0
    fan_kw: float = 0.0
    entering_condenser_degc: float = 25.0
    condenser_rise_k: float = 0.0
    leaving_degc: float = 12.0
    flow_kwpk: float = 0.0


@dataclass(slots=True)
class Machine:
    """One chiller."""

    nameplate: Chiller
    law: Chilling
    rated_kwpk: float  # its evaporator's share of the pumps' rated flow
    rated_condenser_kwpk: float  # and its condenser's; 0 where air takes its heat
    state: MachineState = field(default_factory=MachineState)

    @property
    def able(self) -> bool:
        """Whether the sequence may count on it."""
        return not self.state.broken and self.state.trip == NO_TRIP

    @property
    def least_kwpk(self) -> float:
        """The least flow through its evaporator."""
        return self.nameplate.min_evaporator_flow_frac * self.rated_kwpk

    @property
    def water_cooled(self) -> bool:
        """Whether condenser water takes its heat."""
        return self.nameplate.condenser == "water"

    @property
    def _least_start_degc(self) -> float:
        """The coldest water or air at its condenser on which it starts."""
        return self.nameplate.min_entering_condenser_degc - (START_BELOW_K if self.water_cooled else 0.0)

    @property
    def overheated(self) -> bool:
        """Whether it tripped on a hot condenser: water goes on through it until it may start again."""
        return self.water_cooled and self.state.trip == HOT_CONDENSER

    def target_degc(self, setpoint_degc: float) -> float:
        """Return the leaving water it aims for: never warmer than its compressor bears."""
        return min(setpoint_degc, self.nameplate.max_leaving_water_degc)

    def switch(self, dt_s: float, called: bool, around: Surroundings) -> None:
        """Start, stop and trip."""
        state = self.state
        state.since_start_s = min(state.since_start_s + dt_s, LONG_S)
        state.since_stop_s = min(state.since_stop_s + dt_s, LONG_S)
        self._reset(around)
        if state.running:
            self._watch(dt_s, around)
            if not called or not self.able or state.resting:
                self._stop()
        elif called and self.able and self._may_start(around):
            self._start()
        if state.running:
            state.valve_frac = min(state.valve_frac + dt_s / VALVE_S, 1.0)
        if not called:
            state.resting = False

    def run(self, dt_s: float, around: Surroundings) -> None:
        """Cool for a step: towards the target, as fast as the capacity control moves, as far as the machine reaches."""
        state = self.state
        state.flow_kwpk, state.entering_condenser_degc = around.flow_kwpk, self._entering_condenser_degc(around)
        if not state.running:
            state.leaving_degc = around.entering_degc
            state.cooling_kw = state.compressor_kw = state.fan_kw = state.condenser_rise_k = 0.0
            return
        state.cooling_kw = self._next_cooling_kw(dt_s, around)
        state.leaving_degc = around.entering_degc - state.cooling_kw / max(around.flow_kwpk, 1e-6)
        sink_degc = state.entering_condenser_degc
        state.compressor_kw = self.law.compressor_kw(state.cooling_kw, state.leaving_degc, sink_degc)
        state.fan_kw = self.law.fan_kw(state.cooling_kw, sink_degc)
        if self.water_cooled:
            state.condenser_rise_k = (state.cooling_kw + state.compressor_kw) / max(around.condenser_kwpk, 1e-6)
        if state.leaving_degc < FROST_DEGC:
            self._trip(FROST)

    def _entering_condenser_degc(self, around: Surroundings) -> float:
        """Return the sink as the condenser feels it: a valve mixes leaving water in, as far as it has warmth to mix."""
        if not self.water_cooled or not self.state.running:
            return around.sink_degc
        missing_k = max(self.nameplate.min_entering_condenser_degc - around.sink_degc, 0.0)
        return around.sink_degc + min(missing_k, MIXING_RISES * self.state.condenser_rise_k)

    def _next_cooling_kw(self, dt_s: float, around: Surroundings) -> float:
        cooling_kw, rated_kw = self.state.cooling_kw, self.law.rated_cooling_kw
        most_kw = self.law.capacity_kw(around.target_degc, self.state.entering_condenser_degc)
        needed_kw = around.flow_kwpk * (around.entering_degc - around.target_degc)
        wanted_kw = min(max(needed_kw, self.law.min_load_kw), most_kw)
        found_kw = cooling_kw + settled_frac(dt_s, LOADING_S) * (wanted_kw - cooling_kw)
        found_kw = min(found_kw, cooling_kw + LOADING_FRAC_PER_S * rated_kw * dt_s)
        freezing_kw = max(around.flow_kwpk * (around.entering_degc - LEAST_LEAVING_DEGC), 0.0)
        unloaded_kw = cooling_kw - UNLOADING_FRAC_PER_S * rated_kw * dt_s
        return max(min(found_kw, freezing_kw), unloaded_kw, 0.0)

    def _watch(self, dt_s: float, around: Surroundings) -> None:
        """Trip on a flow or a head outside the machine's limits; rest where the load is less than its least."""
        state = self.state
        if state.valve_frac >= 1.0 and around.flow_kwpk < 0.9 * self.least_kwpk:
            self._trip(LOW_FLOW)
        wrong = self._wrong_head(around)
        state.wrong_s = state.wrong_s + dt_s if wrong != NO_TRIP else 0.0
        if state.wrong_s > BROKEN_LIMIT_S:
            self._trip(wrong)
        least = state.cooling_kw < NEAR_LEAST * self.law.min_load_kw  # colder water alone is a control that overshoots
        idle = least and state.leaving_degc < around.target_degc - STOP_K
        state.cold_s = state.cold_s + dt_s if idle and around.last_to_run else 0.0
        state.resting = state.cold_s > STOP_S and state.since_start_s > LEAST_RUN_S

    def _wrong_head(self, around: Surroundings) -> int:
        state = self.state
        if around.condenser_kwpk < LEAST_CONDENSER_FLOW_FRAC * self.rated_condenser_kwpk:
            return HOT_CONDENSER
        least_degc = self.nameplate.min_entering_condenser_degc - HEAD_TOLERANCE_K
        if state.since_start_s > HEAD_GRACE_S and state.entering_condenser_degc < least_degc:
            return COLD_CONDENSER
        condensing_degc = self.law.condensing_degc(state.cooling_kw, state.entering_condenser_degc)
        return HOT_CONDENSER if condensing_degc > MOST_CONDENSING_DEGC else NO_TRIP

    def _may_start(self, around: Surroundings) -> bool:
        """Tell whether timers, condenser and water let it start."""
        state, nameplate = self.state, self.nameplate
        if (
            state.since_stop_s < 60.0 * nameplate.restart_min
            or state.since_start_s < 3600.0 / nameplate.max_starts_per_h
        ):
            return False
        if around.flow_kwpk < 0.9 * self.least_kwpk:
            return False
        if around.sink_degc < self._least_start_degc:
            return False
        return not state.resting or around.supply_degc > around.target_degc + RESTART_K

    def _reset(self, around: Surroundings) -> None:
        """Clear a trip whose cause is gone once the restart delay is over."""
        state = self.state
        if state.trip == NO_TRIP or state.since_stop_s < 60.0 * self.nameplate.restart_min:
            return
        still = {
            LOW_FLOW: around.flow_kwpk < 0.9 * self.least_kwpk,
            COLD_CONDENSER: around.sink_degc < self._least_start_degc,
            HOT_CONDENSER: self.law.condensing_degc(0.5 * self.law.rated_cooling_kw, around.sink_degc)
            > MOST_CONDENSING_DEGC,
            FROST: around.entering_degc < LEAST_LEAVING_DEGC + 1.0,
        }
        if not still[state.trip]:
            state.trip = NO_TRIP

    def _start(self) -> None:
        state = self.state
        state.running, state.resting, state.starts = True, False, state.starts + 1
        state.since_start_s = state.wrong_s = state.cold_s = state.valve_frac = 0.0

    def _stop(self) -> None:
        state = self.state
        state.running = False
        state.since_stop_s = state.valve_frac = state.cooling_kw = state.compressor_kw = state.fan_kw = 0.0

    def _trip(self, cause: int) -> None:
        self.state.trip = cause
        self._stop()
