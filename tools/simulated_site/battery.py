"""A battery behind the utility meter: efficiencies, limits of power and charge."""

from __future__ import annotations

from dataclasses import dataclass

from facility.site import Battery
from tools.simulated_site.control import ramped
from tools.simulated_site.noise import Hidden
from tools.simulated_site.physics.constants import SECONDS_PER_HOUR
from tools.simulated_site.setpoints import Key, Setpoints

EMPTY_FRAC, FULL_FRAC = 0.05, 0.98
RAMP_S = 10.0  # from nothing to full power


@dataclass(slots=True)
class BatteryState:
    """What a battery remembers."""

    charge_kwh: float
    power_kw: float = 0.0  # at its terminals; negative while discharging
    discharged_kwh: float = 0.0  # counter, at its terminals
    working: bool = True


class SimulatedBattery:
    """One battery."""

    def __init__(self, battery: Battery, hidden: Hidden, setpoints: Setpoints) -> None:
        self.battery, self._setpoints = battery, setpoints
        self.capacity_kwh = hidden.around(f"{battery.id}.capacity", battery.energy_kwh * 0.97, 0.02)
        self._charge_frac = min(hidden.around(f"{battery.id}.in", battery.charge_efficiency_frac, 0.01), 1.0)
        self._discharge_frac = min(hidden.around(f"{battery.id}.out", battery.discharge_efficiency_frac, 0.01), 1.0)
        self.state = BatteryState(0.6 * self.capacity_kwh)

    def step(self, dt_s: float) -> None:
        """Follow the setpoint as far as charge and ramp allow."""
        state, hours = self.state, dt_s / SECONDS_PER_HOUR
        wanted_kw = self._setpoints[(self.battery.id, "charge_power_setpoint_kw")]
        room_kwh = max(FULL_FRAC * self.capacity_kwh - state.charge_kwh, 0.0)
        stock_kwh = max(state.charge_kwh - EMPTY_FRAC * self.capacity_kwh, 0.0)
        most_kw = room_kwh / self._charge_frac / hours
        least_kw = -stock_kwh * self._discharge_frac / hours
        ramped_kw = ramped(state.power_kw, wanted_kw, self.battery.power_kw / RAMP_S, dt_s)
        state.power_kw = min(max(ramped_kw, least_kw), most_kw) if state.working else 0.0  # its breaker is open
        gain = self._charge_frac if state.power_kw > 0 else 1.0 / self._discharge_frac
        state.charge_kwh += state.power_kw * gain * hours
        state.discharged_kwh += max(-state.power_kw, 0.0) * hours

    def fail(self, _equipment: str) -> None:
        """Put it out of order."""
        self.state.working = False

    def repair(self, _equipment: str) -> None:
        """Put it back into order."""
        self.state.working = True

    def values(self) -> dict[Key, float]:
        """Return the battery's true values."""
        return {
            (self.battery.id, "state_of_charge_frac"): self.state.charge_kwh / self.capacity_kwh,
            (self.battery.id, "charge_power_kw"): self.state.power_kw,
            (self.battery.id, "fault_status"): float(not self.state.working),
        }
