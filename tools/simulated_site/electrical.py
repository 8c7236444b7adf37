"""From the utility meter to the racks: losses of transformer, UPS and PDUs, life without the utility, what meters see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from facility.site import Electrical, LossCurve
from tools.simulated_site.noise import Hidden, SmoothNoise
from tools.simulated_site.physics.constants import SECONDS_PER_HOUR
from tools.simulated_site.setpoints import Key

HOUSE_KW = 3.5  # lighting, offices, controls: metered by nobody but the utility
GENERATOR_S = 30.0  # from the loss of the utility until the generators carry the site
UPS_AUTONOMY_H = 0.15  # at rated output
UPS_CHARGE_FRAC = 0.08  # of rated output, while its battery is not full
NORMAL_SOURCE, BATTERY_SOURCE = 3.0, 5.0  # RFC 1628
BATTERY_NORMAL, BATTERY_LOW = 2.0, 3.0
LOW_CHARGE_FRAC = 0.3


@dataclass(frozen=True, slots=True)
class Grid:
    """The grid at one moment: frequency, and the voltage of each phase against neutral."""

    frequency_hz: float
    volts: tuple[float, float, float]


@dataclass(slots=True)
class ElectricalState:
    """Powers of the chain now, and every meter's energy counter."""

    ups_output_kw: float = 0.0
    ups_input_kw: float = 0.0
    utility_kw: float = 0.0  # at the meter
    supply_kw: float = 0.0  # from the utility, or from the generators while it is lost
    losses_kw: float = 0.0
    ups_charge_frac: float = 1.0
    ups_charge_kw: float = 0.0  # into its battery; negative while it carries the racks
    lost_s: float = -1.0  # how long the utility has been lost; negative while it is there
    energy_kwh: dict[str, float] = field(default_factory=dict)


class SimulatedElectrical:
    """The electrical chain of a site."""

    def __init__(self, electrical: Electrical, hidden: Hidden) -> None:
        self._electrical, self._hidden = electrical, hidden
        self.house_kw = hidden.around("house", HOUSE_KW, 0.3)
        curves = (*electrical.pdus, electrical.ups, electrical.transformer)
        self._ageing = {curve.id: hidden.around(f"{curve.id}.loss", 1.05, 0.08) for curve in curves}
        key = f"{hidden.seed}/grid"
        self._volts = [SmoothNoise(f"{key}/{phase}", 900.0) for phase in (1, 2, 3)]
        self._frequency = SmoothNoise(f"{key}/frequency", 120.0)
        self._battery_degc = SmoothNoise(f"{key}/battery", 20_000.0)
        self._shares: dict[str, tuple[float, float, float]] = {}
        self.state = ElectricalState()

    @property
    def utility_lost(self) -> bool:
        """Whether the utility delivers nothing."""
        return self.state.lost_s >= 0.0

    @property
    def motors_powered(self) -> bool:
        """Whether anything but what the UPS carries has power."""
        return not 0.0 <= self.state.lost_s < GENERATOR_S

    def watch(self, dt_s: float, *, lost: bool) -> None:
        """Take in whether the utility is there in this step."""
        state = self.state
        state.lost_s = (state.lost_s + dt_s if state.lost_s >= 0.0 else 0.0) if lost else -1.0

    def step(self, dt_s: float, it_kw: Mapping[str, float], mechanical_kw: float, own_kw: float) -> None:
        """Find what the utility delivers.

        Parameters
        ----------
        dt_s
            Step [s].
        it_kw
            IT power by hall.
        mechanical_kw
            Everything that hangs on the mechanical boards.
        own_kw
            What the site's own sources take (batteries that charge) less what they give (photovoltaics).
        """
        state, racks_kw = self.state, sum(it_kw.values())
        pdu_loss_kw = sum(self._loss_kw(pdu, pdu.id, it_kw.get(pdu.hall, 0.0)) for pdu in self._electrical.pdus)
        ups = self._electrical.ups
        state.ups_output_kw = racks_kw + pdu_loss_kw
        carried_kw = state.ups_output_kw + self._loss_kw(ups, ups.id, state.ups_output_kw)
        self._charge_ups(dt_s, carried_kw, mechanical_kw)
        state.ups_input_kw = carried_kw + state.ups_charge_kw
        house_kw = self.house_kw if self.motors_powered else 0.0
        behind_kw = state.ups_input_kw + mechanical_kw + own_kw + house_kw
        transformer = self._electrical.transformer
        loss_kw = self._loss_kw(transformer, transformer.id, abs(behind_kw)) if self.motors_powered else 0.0
        state.supply_kw = behind_kw + loss_kw
        state.utility_kw = 0.0 if self.utility_lost else state.supply_kw
        used_kw = racks_kw + mechanical_kw + own_kw + house_kw + state.ups_charge_kw
        state.losses_kw = state.supply_kw - used_kw
        self.count(self._electrical.main_meter, state.utility_kw, dt_s)

    def _charge_ups(self, dt_s: float, carried_kw: float, mechanical_kw: float) -> None:
        """Let the UPS carry the racks, and whatever else still runs, while nothing comes in; fill its battery up afterwards."""
        state, rated_kw = self.state, self._electrical.ups.rated_kw
        full_kwh = UPS_AUTONOMY_H * rated_kw
        hours = dt_s / SECONDS_PER_HOUR
        if not self.motors_powered:
            state.ups_charge_kw = -carried_kw - mechanical_kw  # CDU pumps and what little has no contactor
        else:
            short_kwh = (1.0 - state.ups_charge_frac) * full_kwh
            state.ups_charge_kw = min(UPS_CHARGE_FRAC * rated_kw, short_kwh / hours)
        state.ups_charge_frac = max(state.ups_charge_frac + state.ups_charge_kw * hours / full_kwh, 0.0)

    def count(self, equipment: str, power_kw: float, dt_s: float) -> None:
        """Advance a meter's energy counter."""
        counted = self.state.energy_kwh.get(equipment)
        if counted is None:
            counted = self._hidden.between(f"{equipment}.counter", 2e4, 9e5)
        self.state.energy_kwh[equipment] = counted + max(power_kw, 0.0) * dt_s / SECONDS_PER_HOUR

    def _loss_kw(self, curve: LossCurve, name: str, load_kw: float) -> float:
        nameplate_kw = (
            curve.no_load_kw + curve.proportional_frac * load_kw + curve.square_frac * load_kw**2 / curve.rated_kw
        )
        return nameplate_kw * self._ageing[name]

    def grid(self, time_s: float) -> Grid:
        """Return frequency and phase voltages at a time."""
        first, second, third = (231.0 + 1.2 * noise.at(time_s) for noise in self._volts)
        return Grid(50.0 + 0.02 * self._frequency.at(time_s), (first, second, third))

    def meter_values(self, equipment: str, power_kw: float, grid: Grid, power_factor: float) -> dict[Key, float]:
        """Return what a three-phase meter sees of a power."""
        first_v, second_v, third_v = grid.volts
        first, second, third = self._phase_shares(equipment)
        real_va = 1000.0 * power_kw / power_factor
        return {
            (equipment, "power_kw"): power_kw,
            (equipment, "energy_kwh"): self.state.energy_kwh.get(equipment, 0.0),
            (equipment, "power_factor"): power_factor,
            (equipment, "apparent_power_kva"): power_kw / power_factor,
            (equipment, "frequency_hz"): grid.frequency_hz,
            (equipment, "voltage_l1_v"): first_v,
            (equipment, "voltage_l2_v"): second_v,
            (equipment, "voltage_l3_v"): third_v,
            (equipment, "current_l1_a"): real_va * first / first_v,
            (equipment, "current_l2_a"): real_va * second / second_v,
            (equipment, "current_l3_a"): real_va * third / third_v,
        }

    def _phase_shares(self, equipment: str) -> tuple[float, float, float]:
        shares = self._shares.get(equipment)
        if shares is None:
            first = self._hidden.between(f"{equipment}.l1", 0.32, 0.347)
            second = self._hidden.between(f"{equipment}.l2", 0.32, 0.347)
            self._shares[equipment] = shares = (first, second, 1.0 - first - second)
        return shares

    def status_values(self) -> dict[Key, float]:
        """Return what tells of the utility and the generators."""
        meter = self._electrical.main_meter
        running = self.utility_lost and self.motors_powered
        return {(meter, "utility_status"): float(self.utility_lost), (meter, "generator_status"): float(running)}

    def ups_values(self, time_s: float) -> dict[Key, float]:
        """Return the UPS's true values."""
        state, ups = self.state, self._electrical.ups.id
        load_frac = state.ups_output_kw / self._electrical.ups.rated_kw
        runtime_min = 60.0 * UPS_AUTONOMY_H * state.ups_charge_frac / max(load_frac, 0.05)
        low = state.ups_charge_frac < LOW_CHARGE_FRAC
        return {
            (ups, "input_power_kw"): state.ups_input_kw,
            (ups, "output_power_kw"): state.ups_output_kw,
            (ups, "load_frac"): load_frac,
            (ups, "state_of_charge_frac"): state.ups_charge_frac,
            (ups, "runtime_remaining_min"): runtime_min,
            (ups, "time_on_battery_min"): 0.0 if self.motors_powered else state.lost_s / 60.0,
            (ups, "alarms_present"): float(low) + float(not self.motors_powered),
            (ups, "battery_status"): BATTERY_LOW if low else BATTERY_NORMAL,
            (ups, "battery_temperature_degc"): 23.5 + 0.6 * self._battery_degc.at(time_s),
            (ups, "output_source"): NORMAL_SOURCE if self.motors_powered else BATTERY_SOURCE,
            (ups, "frequency_hz"): 50.0,
            **{(ups, f"voltage_l{phase}_v"): 230.0 for phase in (1, 2, 3)},
            **{(ups, f"current_l{phase}_a"): state.ups_output_kw / 3.0 / 0.230 for phase in (1, 2, 3)},
        }
