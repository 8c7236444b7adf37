"""The loop that carries heat outside: towers or dry coolers, the water in their basins and pipes, fans, pads, heaters, make-up.

Energy balance, exact at every step: heat gained + heater - heat rejected = change of the heat stored in the water.
Water balance: make-up = evaporation + drift + blowdown.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from facility.site import Plant
from tools.simulated_site.climate import Outdoors
from tools.simulated_site.control import settled_frac
from tools.simulated_site.noise import Hidden
from tools.simulated_site.physics.constants import WATER_HEAT_KJPKGK
from tools.simulated_site.physics.dry_cooler import DryCoolerLaw
from tools.simulated_site.physics.rejecting import fan_frac_for
from tools.simulated_site.physics.tower import TowerLaw
from tools.simulated_site.plant_parts import hidden_dry_cooler, hidden_tower
from tools.simulated_site.setpoints import Setpoints

RESIDENCE_S = 75.0  # of the rated flow in basins and pipes
FAN_S = 45.0
FAN_DWELL_S = 180.0  # belts and starters want this much between switching
URGENT_FRAC = 1.5  # asked to reject so much more than comes in, fans start whatever the dwell says
FROST_DEGC = 5.0  # what a loop without glycol aims for at least
HEATER_DEGC = 4.5
HEATER_FRAC = 0.012  # of rated rejection: holds the basins in the hardest frost
IDLE_LOSS_PER_K = 0.0004  # of rated rejection, through walls and the still water's surface
MIN_WET_FRAC = 0.5  # of a cell's rated flow: with less the fill dries in streaks, and scales
DRIFT_FRAC = 5e-5
PADS_ON_FRAC, PADS_OFF_FRAC = 0.9, 0.6  # of the fans' speed
PADS_DWELL_S = 600.0


@dataclass(slots=True)
class CondenserState:
    """What the loop remembers."""

    basin_degc: float = 22.0
    fan_frac: float = 0.5
    fans_on: bool = True
    fans_since_s: float = 1e9
    pads_on: bool = False
    pads_since_s: float = 1e9
    rejected_kw: float = 0.0
    heater_kw: float = 0.0
    evaporated_lps: float = 0.0
    drift_lps: float = 0.0
    blowdown_lps: float = 0.0
    cells_wet: int = 0
    broken: list[str] = field(default_factory=list)

    @property
    def makeup_lps(self) -> float:
        """Water that replaces what is lost."""
        return self.evaporated_lps + self.drift_lps + self.blowdown_lps


class CondenserLoop:
    """Towers or dry coolers of one plant."""

    def __init__(self, plant: Plant, hidden: Hidden, setpoints: Setpoints, pressure_kpa: float, cycles: float) -> None:
        self.nameplates = plant.towers or plant.dry_coolers
        self.wet = bool(plant.towers)
        self._glycol = bool(plant.dry_coolers) and all(one.glycol for one in plant.dry_coolers)
        self._pads_min_degc = max((one.adiabatic_min_outdoor_degc for one in plant.dry_coolers), default=0.0)
        self._setpoints, self._cycles = setpoints, cycles
        count = range(len(self.nameplates))
        self._towers = [hidden_tower(plant, index, hidden, pressure_kpa) for index in count if self.wet]
        self._coolers = [hidden_dry_cooler(plant, index, hidden) for index in count if not self.wet]
        self._laws: list[TowerLaw | DryCoolerLaw] = [*self._towers, *self._coolers]
        self._rated_kw = sum(one.rated_rejection_kw for one in self.nameplates)
        rated_lps = sum(pump.rated_flow_lps for pump in plant.pumps if pump.duty == "condenser_water")
        self.water_kjpk = RESIDENCE_S * rated_lps * WATER_HEAT_KJPKGK
        self.state = CondenserState()

    @property
    def least_degc(self) -> float:
        """The coldest water to aim for."""
        return -10.0 if self._glycol else FROST_DEGC

    def step(self, dt_s: float, outdoors: Outdoors, gained_kw: float, flow_kwpk: float, target_degc: float) -> None:
        """Take up heat and give it to the outdoors, aiming for a water temperature."""
        state = self.state
        target_degc = max(target_degc, self.least_degc)
        cells = self._cells_on(flow_kwpk)
        excess_kw = self.water_kjpk * (state.basin_degc - target_degc) / 300.0
        target_kw = max(gained_kw + excess_kw, 0.0)
        if cells:
            asked = {"flow_kwpk": flow_kwpk, "gained_kw": gained_kw, "target_kw": target_kw}
            rejected_kw = self._reject(dt_s, outdoors, cells, **asked)
        else:
            rejected_kw = self._stand()
        idle_kw = IDLE_LOSS_PER_K * self._rated_kw * (state.basin_degc - outdoors.temperature_degc)
        state.rejected_kw = rejected_kw + idle_kw
        state.heater_kw = self._heater_kw(gained_kw - state.rejected_kw)
        state.drift_lps = DRIFT_FRAC * flow_kwpk / WATER_HEAT_KJPKGK if self.wet and cells else 0.0
        state.blowdown_lps = max(state.evaporated_lps / (self._cycles - 1.0) - state.drift_lps, 0.0)
        state.basin_degc += dt_s * (gained_kw + state.heater_kw - state.rejected_kw) / self.water_kjpk

    def fan_kw(self) -> dict[str, float]:
        """Return the power of each tower or cooler: its fan, and its share of the basin heater."""
        state, laws = self.state, self._laws
        on = set(self.working()[: state.cells_wet])
        heater_kw = state.heater_kw / len(laws)
        return {
            one.id: (law.fan.power_kw(state.fan_frac) if index in on else 0.0) + heater_kw
            for index, (one, law) in enumerate(zip(self.nameplates, laws, strict=True))
        }

    def working(self) -> list[int]:
        """Return the cells that are in order."""
        return [index for index, one in enumerate(self.nameplates) if one.id not in self.state.broken]

    def _cells_on(self, flow_kwpk: float) -> list[int]:
        """Return the cells that get water: as many as stay wet, since many slow fans beat few fast ones."""
        working = self.working()
        if flow_kwpk <= 1e-3:
            return []
        if self.wet:
            cell_lps = sum([self.nameplates[index].rated_flow_lps for index in working]) / max(len(working), 1)
            wet = int(flow_kwpk / WATER_HEAT_KJPKGK / max(MIN_WET_FRAC * cell_lps, 1e-9))
            working = working[: max(wet, 1)]
        return working

    def _reject(
        self, dt_s: float, outdoors: Outdoors, cells: list[int], *, flow_kwpk: float, gained_kw: float, target_kw: float
    ) -> float:
        state = self.state
        state.cells_wet = len(cells)
        entering_degc = state.basin_degc + gained_kw / flow_kwpk
        first, law = cells[0], self._laws[cells[0]]
        shares = self._shares(cells)
        cell_lps = flow_kwpk / WATER_HEAT_KJPKGK * shares[0]
        sink_degc = self._sink_degc(first, outdoors)
        wanted = fan_frac_for(law, target_kw * shares[0], entering_degc, cell_lps, sink_degc)
        self._switch_fans(dt_s, wanted, law.min_fan_frac, urgent=target_kw > URGENT_FRAC * gained_kw)
        self._switch_pads(dt_s, cells, outdoors, wanted)
        rejected_kw = self._heat_kw(cells, flow_kwpk, entering_degc, state.fan_frac, outdoors)
        if not state.fans_on:  # a bypass valve keeps the water from overcooling
            rejected_kw = min(rejected_kw, target_kw)
        state.evaporated_lps = self._evaporated_lps(cells, rejected_kw, outdoors)
        return rejected_kw

    def _stand(self) -> float:
        state = self.state
        state.cells_wet, state.fan_frac, state.fans_on, state.pads_on, state.evaporated_lps = 0, 0.0, False, False, 0.0
        return 0.0

    def _shares(self, cells: list[int]) -> list[float]:
        rated = [self.nameplates[index].rated_flow_lps for index in cells]
        return [one / sum(rated) for one in rated]

    def _sink_degc(self, index: int, outdoors: Outdoors) -> float:
        """Return the wet bulb for a tower, the air at the coil for a dry cooler."""
        if self.wet:
            return outdoors.wet_bulb_degc
        cooler = self._coolers[index]
        return cooler.coil_air_degc(outdoors.temperature_degc, outdoors.wet_bulb_degc, self.state.pads_on)

    def _heat_kw(
        self, cells: list[int], flow_kwpk: float, entering_degc: float, fan_frac: float, outdoors: Outdoors
    ) -> float:
        flow_lps, found = flow_kwpk / WATER_HEAT_KJPKGK, 0.0
        for index, share in zip(cells, self._shares(cells), strict=True):
            sink_degc = self._sink_degc(index, outdoors)
            found += self._laws[index].heat_kw(entering_degc, flow_lps * share, fan_frac, sink_degc)
        return found

    def _switch_fans(self, dt_s: float, wanted: float, least: float, *, urgent: bool) -> None:
        """Start, stop and turn the fans."""
        state = self.state
        state.fans_since_s += dt_s
        if (wanted > 0.0) != state.fans_on and (state.fans_since_s >= FAN_DWELL_S or (urgent and wanted > 0.0)):
            state.fans_on, state.fans_since_s = wanted > 0.0, 0.0
        target = max(wanted, least) if state.fans_on else 0.0
        state.fan_frac += settled_frac(dt_s, FAN_S) * (target - state.fan_frac)
        if not state.fans_on and state.fan_frac < 0.5 * least:
            state.fan_frac = 0.0

    def _switch_pads(self, dt_s: float, cells: list[int], outdoors: Outdoors, wanted: float) -> None:
        """Wet the pads while they are allowed and the fans alone are near their end."""
        state = self.state
        if self.wet:
            return
        state.pads_since_s += dt_s
        allowed = outdoors.temperature_degc >= self._pads_min_degc and any(
            self._coolers[index].pad_effectiveness_frac > 0.0
            and self._setpoints[(self.nameplates[index].id, "adiabatic_enable_command")] >= 0.5
            for index in cells
        )
        useful = wanted > (PADS_OFF_FRAC if state.pads_on else PADS_ON_FRAC)
        change = (allowed and useful) != state.pads_on
        if change and (not allowed or state.pads_since_s >= PADS_DWELL_S):
            state.pads_on, state.pads_since_s = allowed and useful, 0.0

    def _evaporated_lps(self, cells: list[int], rejected_kw: float, outdoors: Outdoors) -> float:
        dry_degc, fan_frac = outdoors.temperature_degc, self.state.fan_frac
        if self.wet:
            share_kw = rejected_kw / len(cells)
            wet_degc = outdoors.wet_bulb_degc
            return sum([self._towers[one].evaporated_lps(share_kw, fan_frac, wet_degc, dry_degc) for one in cells])
        if not self.state.pads_on:
            return 0.0
        return sum(
            [self._coolers[one].evaporated_lps(fan_frac, dry_degc, self._sink_degc(one, outdoors)) for one in cells]
        )

    def _heater_kw(self, surplus_kw: float) -> float:
        """Return what keeps basins without glycol from freezing."""
        if self._glycol or self.state.basin_degc >= HEATER_DEGC:
            return 0.0
        missing_kw = self.water_kjpk * (HEATER_DEGC - self.state.basin_degc) / 300.0 - surplus_kw
        return min(max(missing_kw, 0.0), HEATER_FRAC * self._rated_kw)
