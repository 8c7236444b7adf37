"""From the utility meter to the racks: losses of transformer, UPS and PDUs, and the phases that meters see."""

from __future__ import annotations

from dataclasses import dataclass, field

from facility.site import Electrical, LossCurve
from tools.simulated_site.noise import Hidden, smooth_noise
from tools.simulated_site.physics.constants import SECONDS_PER_HOUR
from tools.simulated_site.setpoints import Key

HOUSE_KW = 3.5  # lighting, offices, controls: metered by nobody but the utility


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
    utility_kw: float = 0.0
    losses_kw: float = 0.0
    energy_kwh: dict[str, float] = field(default_factory=dict)


class SimulatedElectrical:
    """The electrical chain of a site."""

    def __init__(self, electrical: Electrical, hidden: Hidden) -> None:
        self._electrical, self._hidden = electrical, hidden
        self._house_kw = hidden.around("house", HOUSE_KW, 0.3)
        self._key = f"{hidden.seed}/grid"
        self.state = ElectricalState()

    def step(self, dt_s: float, it_kw: dict[str, float], mechanical_kw: float, battery_kw: float) -> None:
        """Take IT power by hall, mechanical power and battery charging, and find what the utility delivers."""
        pdu_loss_kw = 0.0
        for pdu in self._electrical.pdus:
            pdu_loss_kw += self._loss_kw(pdu.id, pdu, it_kw.get(pdu.hall, 0.0))
        state = self.state
        state.ups_output_kw = sum(it_kw.values()) + pdu_loss_kw
        ups = self._electrical.ups
        state.ups_input_kw = state.ups_output_kw + self._loss_kw(ups.id, ups, state.ups_output_kw)
        behind_kw = state.ups_input_kw + mechanical_kw + battery_kw + self._house_kw
        transformer = self._electrical.transformer
        state.utility_kw = behind_kw + self._loss_kw(transformer.id, transformer, abs(behind_kw))
        state.losses_kw = state.utility_kw - sum(it_kw.values()) - mechanical_kw - battery_kw - self._house_kw
        self.count(self._electrical.main_meter, state.utility_kw, dt_s)

    def count(self, equipment: str, power_kw: float, dt_s: float) -> None:
        """Advance a meter's energy counter."""
        counted = self.state.energy_kwh.get(equipment, self._hidden.between(f"{equipment}.counter", 2e4, 9e5))
        self.state.energy_kwh[equipment] = counted + max(power_kw, 0.0) * dt_s / SECONDS_PER_HOUR

    def _loss_kw(self, name: str, curve: LossCurve, load_kw: float) -> float:
        nameplate = (
            curve.no_load_kw + curve.proportional_frac * load_kw + curve.square_frac * load_kw**2 / curve.rated_kw
        )
        return nameplate * self._hidden.around(f"{name}.loss", 1.05, 0.08)

    @property
    def house_kw(self) -> float:
        """What the building draws besides IT and cooling."""
        return self._house_kw

    def grid(self, time_s: float) -> Grid:
        """Return frequency and phase voltages at a time."""
        volts = [231.0 + 1.2 * smooth_noise(f"{self._key}/{phase}", time_s, 900.0) for phase in (1, 2, 3)]
        return Grid(50.0 + 0.02 * smooth_noise(f"{self._key}/frequency", time_s, 120.0), (volts[0], volts[1], volts[2]))

    def meter_values(self, equipment: str, power_kw: float, grid: Grid, power_factor: float) -> dict[Key, float]:
        """Return what a three-phase meter sees of a power."""
        found: dict[Key, float] = {
            (equipment, "power_kw"): power_kw,
            (equipment, "energy_kwh"): self.state.energy_kwh.get(equipment, 0.0),
            (equipment, "power_factor"): power_factor,
            (equipment, "apparent_power_kva"): power_kw / power_factor,
            (equipment, "frequency_hz"): grid.frequency_hz,
        }
        shares = self._phase_shares(equipment)
        for phase, (share, volt) in enumerate(zip(shares, grid.volts, strict=True), start=1):
            found[(equipment, f"voltage_l{phase}_v")] = volt
            found[(equipment, f"current_l{phase}_a")] = 1000.0 * power_kw * share / (volt * power_factor)
        return found

    def _phase_shares(self, equipment: str) -> tuple[float, float, float]:
        first = self._hidden.between(f"{equipment}.l1", 0.32, 0.347)
        second = self._hidden.between(f"{equipment}.l2", 0.32, 0.347)
        return first, second, 1.0 - first - second

    def ups_values(self, time_s: float) -> dict[Key, float]:
        """Return the UPS's true values; it holds its own battery full."""
        ups = self._electrical.ups.id
        load_frac = self.state.ups_output_kw / self._electrical.ups.rated_kw
        return {
            (ups, "input_power_kw"): self.state.ups_input_kw,
            (ups, "output_power_kw"): self.state.ups_output_kw,
            (ups, "load_frac"): load_frac,
            (ups, "state_of_charge_frac"): 1.0,
            (ups, "runtime_remaining_min"): 9.0 / max(load_frac, 0.05),
            (ups, "battery_status"): 2.0,
            (ups, "battery_temperature_degc"): 23.5 + 0.6 * smooth_noise(f"{self._key}/battery", time_s, 20_000.0),
            (ups, "output_source"): 3.0,
            (ups, "frequency_hz"): 50.0,
            **{(ups, f"voltage_l{phase}_v"): 230.0 for phase in (1, 2, 3)},
            **{(ups, f"current_l{phase}_a"): self.state.ups_output_kw / 3.0 / 0.230 for phase in (1, 2, 3)},
        }
