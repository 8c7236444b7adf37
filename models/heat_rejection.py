"""The plant room: chillers, waterside economizer, condenser pumps and towers, with the condenser water chosen best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models import chiller, economizer, fan, pump, tower
from models.cooling import Mode
from models.heat_exchanger import WATER_KJ_PER_LK, HeatExchanger
from models.limits import LimitLog
from models.nameplate import Chiller, Pump, Tower, WatersideEconomizer, group_chillers, group_towers

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MAX_ENTERING_CONDENSER_DEGC = 36.0  # most machines trip on head pressure not far above
_FAN_TRIALS = 11
_FORBIDDEN_KW = 1e7


@dataclass(frozen=True, slots=True, eq=False)
class Rejection:
    """Steady answer of the plant room, (n,)."""

    chiller_kw: FloatArray
    tower_kw: FloatArray
    condenser_pump_kw: FloatArray
    tower_speed_frac: FloatArray
    condenser_water_degc: FloatArray
    entering_condenser_degc: FloatArray
    part_load_frac: FloatArray
    economizer_kw: FloatArray
    rejected_kw: FloatArray
    condenser_flow_lps: FloatArray
    extrapolated: BoolArray
    chiller_extrapolated: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class _Trials:
    """Trials of the tower fans: n rows, g speeds."""

    reached_degc: FloatArray
    economizer_kw: FloatArray
    chiller_kw: FloatArray
    part_load_frac: FloatArray
    rejected_kw: FloatArray


@dataclass(frozen=True, slots=True)
class PlantRoom:
    """Chillers, towers, condenser pumps and economizer in service; `chillers_installed` sizes the pumps' shares."""

    plant_id: str
    chillers: tuple[Chiller, ...]
    towers: tuple[Tower, ...]
    condenser_pump: Pump
    economizer: WatersideEconomizer | None
    chillers_installed: int
    water_rise_k: float

    def answer(
        self,
        mode: Mode,
        chillers_on: int,
        leaving_degc: float,
        heat_kw: FloatArray,
        flow_lps: FloatArray,
        wet_bulb_degc: FloatArray,
        limits: LimitLog,
    ) -> Rejection:
        """Return powers and temperatures for a heat [kW] carried by a chilled-water flow [L/s], all (n,).

        Rows that break a limit are named in `limits`; their numbers are then the nearest that the laws give.
        """
        if mode is Mode.FREE:
            return self._free(leaving_degc, heat_kw, flow_lps, wet_bulb_degc, limits)
        return self._with_chillers(mode, chillers_on, leaving_degc, heat_kw, flow_lps, wet_bulb_degc, limits)

    # With chillers: every fan speed of a grid is tried, the cheapest kept; a minimum of smooth curves stays continuous.

    def _with_chillers(
        self,
        mode: Mode,
        chillers_on: int,
        leaving_degc: float,
        heat_kw: FloatArray,
        flow_lps: FloatArray,
        wet_bulb_degc: FloatArray,
        limits: LimitLog,
    ) -> Rejection:
        group, cells = group_chillers(self.chillers[:chillers_on]), group_towers(self.towers)
        condenser_lps = self.condenser_pump.rated_flow_lps * chillers_on / self.chillers_installed
        return_degc = leaving_degc + heat_kw / (WATER_KJ_PER_LK * flow_lps)
        speeds = np.linspace(cells.min_fan_speed_frac, 1.0, _FAN_TRIALS)
        trials = self._try(
            mode, group, condenser_lps, leaving_degc, heat_kw, return_degc, flow_lps, wet_bulb_degc, speeds
        )
        self._check(limits, mode, trials, group, leaving_degc, return_degc, heat_kw, flow_lps)

        tower_kw = fan.power_kw(speeds, cells.rated_fan_kw * self._wet_share(condenser_lps))
        ok = self._allowed(mode, trials, group, leaving_degc, heat_kw, flow_lps)
        best = np.argmin(trials.chiller_kw + tower_kw + _FORBIDDEN_KW * ~ok, axis=1)[:, None]

        def pick(values: FloatArray) -> FloatArray:
            return np.take_along_axis(values, best, axis=1)[:, 0]

        water_degc = np.maximum(pick(trials.reached_degc), economizer.FROST_BASIN_DEGC)
        if mode is Mode.MECHANICAL:  # the bypass holds what the machine needs
            water_degc = np.maximum(water_degc, group.min_entering_condenser_degc)
        entering_degc = np.maximum(water_degc, group.min_entering_condenser_degc)
        rejected = pick(trials.rejected_kw)
        return Rejection(
            chiller_kw=pick(trials.chiller_kw),
            tower_kw=tower_kw[best[:, 0]],
            condenser_pump_kw=self._pump_kw(np.full_like(heat_kw, condenser_lps)),
            tower_speed_frac=speeds[best[:, 0]],
            condenser_water_degc=water_degc,
            entering_condenser_degc=entering_degc,
            part_load_frac=pick(trials.part_load_frac),
            economizer_kw=pick(trials.economizer_kw),
            rejected_kw=rejected,
            condenser_flow_lps=np.full_like(heat_kw, condenser_lps),
            extrapolated=self._tower_extrapolated(condenser_lps, wet_bulb_degc, rejected),
            chiller_extrapolated=chiller.extrapolated(leaving_degc, entering_degc),
        )

    def _try(
        self,
        mode: Mode,
        group: Chiller,
        condenser_lps: float,
        leaving_degc: float,
        heat_kw: FloatArray,
        return_degc: FloatArray,
        flow_lps: FloatArray,
        wet_bulb_degc: FloatArray,
        speeds: FloatArray,
    ) -> _Trials:
        heat, warm = heat_kw[:, None], return_degc[:, None]
        rejected = heat * (1 + 0.7 / group.rated_cop)
        for _ in range(2):  # compressor heat moves the range by a few tenths of a kelvin: twice is enough
            reached = tower.leaving_water_degc(
                speeds, self._water_ratio(condenser_lps), wet_bulb_degc[:, None], self._range_k(rejected, condenser_lps)
            )
            water = np.maximum(reached, economizer.FROST_BASIN_DEGC)
            entering = np.maximum(water, group.min_entering_condenser_degc)
            capacity = chiller.available_capacity_kw(group.rated_cooling_kw, leaving_degc, entering)
            free_kw = np.zeros_like(water)
            if mode is Mode.PARTIAL:
                least = group.min_part_load_frac * capacity
                free_kw = np.clip(self._economizer_kw(warm, water, flow_lps[:, None], condenser_lps), 0, heat - least)
            power = chiller.power_kw(
                heat - free_kw,
                leaving_degc,
                entering,
                rated_cooling_kw=group.rated_cooling_kw,
                rated_cop=group.rated_cop,
                min_part_load_frac=group.min_part_load_frac,
            )
            rejected = heat + power
        return _Trials(reached, free_kw, power, (heat - free_kw) / capacity, rejected)

    def _allowed(
        self,
        mode: Mode,
        trials: _Trials,
        group: Chiller,
        leaving_degc: float,
        heat_kw: FloatArray,
        flow_lps: FloatArray,
    ) -> BoolArray:
        ok: BoolArray = (
            (trials.part_load_frac <= 1.0 + 1e-9)
            & (trials.part_load_frac >= group.min_part_load_frac - 1e-9)
            & (trials.reached_degc <= MAX_ENTERING_CONDENSER_DEGC)
        )
        if mode is Mode.PARTIAL:
            ok = ok & self._economizer_cools(trials, flow_lps)
        return ok

    def _economizer_cools(self, trials: _Trials, flow_lps: FloatArray) -> BoolArray:
        cooled_k = trials.economizer_kw / (WATER_KJ_PER_LK * flow_lps[:, None])
        return economizer.worth_keeping(-cooled_k, 0.0)

    def _check(
        self,
        limits: LimitLog,
        mode: Mode,
        trials: _Trials,
        group: Chiller,
        leaving_degc: float,
        return_degc: FloatArray,
        heat_kw: FloatArray,
        flow_lps: FloatArray,
    ) -> None:
        cold_enough = trials.reached_degc <= MAX_ENTERING_CONDENSER_DEGC
        limits.require(cold_enough.any(axis=1), f"{self.plant_id}: tower capacity")
        loaded = trials.part_load_frac >= group.min_part_load_frac - 1e-9
        limits.require(loaded.any(axis=1), f"{self.plant_id}: chiller part load min")
        if mode is Mode.PARTIAL:
            limits.require(
                self._economizer_cools(trials, flow_lps).any(axis=1), f"{self.plant_id}: economizer too warm"
            )
        ok = self._allowed(mode, trials, group, leaving_degc, heat_kw, flow_lps)
        limits.require(ok.any(axis=1), f"{self.plant_id}: chiller capacity")

    # Free cooling: the exchanger fixes the condenser water, the fan speed follows from the correlation turned round.

    def _free(
        self,
        leaving_degc: float,
        heat_kw: FloatArray,
        flow_lps: FloatArray,
        wet_bulb_degc: FloatArray,
        limits: LimitLog,
    ) -> Rejection:
        exchanger, rated_lps = self._exchanger()
        cells = group_towers(self.towers)
        condenser_lps = min(rated_lps, self.condenser_pump.rated_flow_lps)
        effectiveness = exchanger.effectiveness_at(flow_lps / rated_lps, condenser_lps / rated_lps)
        return_degc = leaving_degc + heat_kw / (WATER_KJ_PER_LK * flow_lps)
        needed_degc = return_degc - (return_degc - leaving_degc) / effectiveness

        speeds = np.linspace(cells.min_fan_speed_frac, 1.0, _FAN_TRIALS)
        range_k = self._range_k(heat_kw, condenser_lps)
        reached = tower.leaving_water_degc(
            speeds, self._water_ratio(condenser_lps), wet_bulb_degc[:, None], range_k[:, None]
        )
        limits.require(needed_degc >= economizer.FROST_BASIN_DEGC, f"{self.plant_id}: basin frost limit")
        limits.require(reached[:, -1] <= needed_degc, f"{self.plant_id}: economizer too warm")
        speed = _speed_reaching(needed_degc, reached, speeds)
        none = np.zeros_like(heat_kw)
        return Rejection(
            chiller_kw=none,
            tower_kw=fan.power_kw(speed, cells.rated_fan_kw * self._wet_share(condenser_lps)),
            condenser_pump_kw=self._pump_kw(np.full_like(heat_kw, condenser_lps)),
            tower_speed_frac=speed,
            condenser_water_degc=needed_degc,
            entering_condenser_degc=needed_degc,
            part_load_frac=none,
            economizer_kw=heat_kw,
            rejected_kw=heat_kw,
            condenser_flow_lps=np.full_like(heat_kw, condenser_lps),
            extrapolated=self._tower_extrapolated(condenser_lps, wet_bulb_degc, heat_kw),
            chiller_extrapolated=np.zeros(heat_kw.shape, bool),
        )

    def _exchanger(self) -> tuple[HeatExchanger, float]:
        """Return the economizer's exchanger and the rated flow of either side [L/s]."""
        if self.economizer is None:
            raise ValueError(f"{self.plant_id} has no waterside economizer")
        rated_lps = self.economizer.rated_kw / (WATER_KJ_PER_LK * self.water_rise_k)
        return economizer.rated_exchanger(self.economizer.rated_kw, self.economizer.approach_k, rated_lps), rated_lps

    def _economizer_kw(
        self, return_degc: FloatArray, water_degc: FloatArray, flow_lps: FloatArray, condenser_lps: float
    ) -> FloatArray:
        exchanger, rated_lps = self._exchanger()
        return economizer.heat_kw(
            exchanger,
            return_degc=return_degc,
            condenser_degc=water_degc,
            chilled_flow_lps=flow_lps,
            condenser_flow_lps=condenser_lps,
            rated_flow_lps=rated_lps,
        )

    def _water_ratio(self, condenser_lps: float) -> float:
        """Return water over design flow of the wet cells: cells are shut rather than run drier than the correlation knows."""
        return max(self._ratio_of_all(condenser_lps), tower.WATER_RATIO_RANGE[0])

    def _wet_share(self, condenser_lps: float) -> float:
        """Return the share of the cells that are wet, with their fans on."""
        return min(1.0, self._ratio_of_all(condenser_lps) / tower.WATER_RATIO_RANGE[0])

    def _ratio_of_all(self, condenser_lps: float) -> float:
        return condenser_lps / tower.design_flow_lps(group_towers(self.towers).rated_rejection_kw)

    def _range_k(self, rejected_kw: FloatArray, condenser_lps: float) -> FloatArray:
        return rejected_kw / (WATER_KJ_PER_LK * condenser_lps)

    def _pump_kw(self, flow_lps: FloatArray) -> FloatArray:
        group = self.condenser_pump
        return pump.power_kw(flow_lps / group.rated_flow_lps, group.rated_kw, group.static_head_frac)

    def _tower_extrapolated(
        self, condenser_lps: float, wet_bulb_degc: FloatArray, rejected_kw: FloatArray
    ) -> BoolArray:
        range_k = self._range_k(rejected_kw, condenser_lps)
        return tower.extrapolated(self._water_ratio(condenser_lps), wet_bulb_degc, range_k)


def _speed_reaching(needed_degc: FloatArray, reached_degc: FloatArray, speeds: FloatArray) -> FloatArray:
    """Return the fan speed at which each row reaches a water temperature; `reached_degc` (n, g) falls along the speeds."""
    falling = np.minimum.accumulate(reached_degc, axis=1)
    right = np.clip((falling > needed_degc[:, None]).sum(axis=1), 1, speeds.size - 1)
    left = right - 1
    rows = np.arange(needed_degc.size)
    step = np.maximum(falling[rows, left] - falling[rows, right], 1e-9)
    part = np.clip((falling[rows, left] - needed_degc) / step, 0.0, 1.0)
    speed: FloatArray = speeds[left] + part * (speeds[right] - speeds[left])
    return speed
