"""From a history frame (columns `equipment.quantity`, index UTC times) to the rows that the fits take.

Each component's rows hold what its law gives for the measured inputs (`prior_kw`) and the drivers of its correction.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models import cdu, chiller, fan
from models.chilled_by_machine import entering_degc
from models.dry_cooler_bank import DryCoolers
from models.free_cooling import speed_reaching
from models.hall_air import Hall
from models.heat_exchanger import WATER_KJ_PER_LK
from models.nameplate import DryCooler, LiquidLoop, Tower, group_chillers
from models.outside import Outside, Weather
from models.plant_model import CoolingPlant
from models.rack_inlet import air_rise_k

FloatArray = npt.NDArray[np.float64]

_ON_KW_FRAC = 0.01  # of rated power: below it a chiller only keeps its oil warm
_LEAST_RANGE_K = 0.3
_LEAST_FLOW_LPS = 1e-3
_MOST_SILENT_FRAC = 0.1  # of a hall's racks; one rack in any case


@dataclass(frozen=True, slots=True, eq=False)
class ComponentRows:
    """Rows for one `ComponentPower`: `prior_kw` and the drivers; the measured power beside it."""

    rows: pd.DataFrame
    power_kw: pd.Series[float]

    @property
    def drivers(self) -> tuple[str, ...]:
        """Names of the drivers."""
        return tuple(str(column) for column in self.rows.columns if column != "prior_kw")


def needed_columns(plant: CoolingPlant, weather: str = "weather") -> dict[str, tuple[str, ...]]:
    """Return the columns that each component's rows are made of."""
    here = plant.plant_id
    flow, leaving = f"{here}.chilled_water_flow_lps", f"{here}.leaving_chilled_water_temperature_degc"
    chillers = [unit.id for unit in plant.chillers]
    powers = [f"{unit}.power_kw" for unit in chillers]
    columns: dict[str, tuple[str, ...]] = {}
    if chillers:
        entering = (f"{unit}.entering_chilled_water_temperature_degc" for unit in chillers)
        columns["chiller"] = (flow, leaving, _condenser_column(plant, weather), *powers, *entering)
    if plant.has_condenser_water and not any(unit.air_cooled for unit in plant.chillers):
        columns[plant.room.outside.component] = (
            flow, leaving, f"{here}.entering_condenser_water_temperature_degc",
            f"{here}.entering_chilled_water_temperature_degc", f"{here}.condenser_water_flow_lps",
            f"{weather}.outdoor_wet_bulb_degc", *((_outdoor(weather),) if plant.dry_coolers else ()),
            *powers, *(f"{unit.id}.power_kw" for unit in _units_outside(plant)),
            *(f"{unit}.adiabatic_status" for unit in _padded(plant)),
        )  # fmt: skip
    columns["chilled_pump"] = (flow, *_pumps(plant, "chilled_water"))
    if plant.has_condenser_water:
        columns["condenser_pump"] = (f"{here}.condenser_water_flow_lps", *_pumps(plant, "condenser_water"))
    for hall in plant.hall_parts:
        quantities = ("fan_speed_frac", "fan_power_kw")
        columns[f"crah_fan.{hall.id}"] = tuple(f"{crah.id}.{q}" for crah in hall.crahs for q in quantities)
    for loop in plant.loop_parts:
        quantities = ("secondary_flow_lps", "pump_power_kw")
        columns[f"cdu_pump.{loop.id}"] = tuple(f"{unit.id}.{q}" for unit in loop.cdus for q in quantities)
    return columns


def _condenser_column(plant: CoolingPlant, weather: str) -> str:
    """Return the column of what enters the chillers' condensers."""
    by_air = any(unit.air_cooled for unit in plant.chillers)
    return _outdoor(weather) if by_air else f"{plant.plant_id}.entering_condenser_water_temperature_degc"


def component_rows(plant: CoolingPlant, frame: pd.DataFrame, weather: str = "weather") -> dict[str, ComponentRows]:
    """Return rows of every component whose columns the frame has."""
    needed = needed_columns(plant, weather)
    have = set(frame.columns)
    rows: dict[str, ComponentRows] = {}
    for name, columns in needed.items():
        if set(columns) <= have:
            rows[name] = _rows_of(name, plant, frame, weather)
    return rows


def _rows_of(name: str, plant: CoolingPlant, frame: pd.DataFrame, weather: str) -> ComponentRows:
    kind, _, part = name.partition(".")
    if kind == "crah_fan":
        return _fan_rows(next(hall for hall in plant.hall_parts if hall.id == part), frame)
    if kind == "cdu_pump":
        return _cdu_rows(next(loop for loop in plant.loop_parts if loop.id == part), frame)
    if kind == "chiller":
        return _chiller_rows(plant, frame, weather)
    if kind == plant.room.outside.component:
        return _outside_rows(plant, frame, weather)
    return _pump_rows(plant, frame, "chilled_water" if kind == "chilled_pump" else "condenser_water")


def hall_rows(hall: Hall, frame: pd.DataFrame, liquid_frac: Mapping[str, float]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return rows for `RackInletModel.fit` and `fit_inlets_ahead`, and measured inlets, one column a rack.

    Uses `<crah>.supply_air_temperature_degc`, `<crah>.fan_speed_frac`, `<rack>.power_kw` and `<rack>.inlet_temperature_degc`;
    `liquid_frac` is the share of each rack's heat that liquid takes (0 if not given). A rack that fails to report, or one in
    ten, is taken as the mean of the others; `models.rack.silent.stood_in_for` names them.

    Columns of the rows: `supply_air_degc` (by airflow) and `air_rise_k`; by CRAH `supply_air_temperature_degc` and
    `airflow_m3ps`, and where the frame has setpoints, `supply_air_temperature_setpoint_degc` and `airflow_setpoint_m3ps`.
    """
    place = {str(column): number for number, column in enumerate(frame.columns)}
    measured = frame.to_numpy(float).T  # a pandas column at a time takes ten times as long
    by_crah = {
        f"{crah.id}.{name}": measured[place[f"{crah.id}.{source}"]] * factor
        for crah in hall.crahs
        for name, source, factor in (
            ("supply_air_temperature_degc", "supply_air_temperature_degc", 1.0),
            ("airflow_m3ps", "fan_speed_frac", crah.rated_airflow_m3ps),
            ("supply_air_temperature_setpoint_degc", "supply_air_temperature_setpoint_degc", 1.0),
            ("airflow_setpoint_m3ps", "fan_speed_setpoint_frac", crah.rated_airflow_m3ps),
        )
        if f"{crah.id}.{source}" in place
    }
    airflow, warmth = np.zeros(len(frame)), np.zeros(len(frame))
    for crah in hall.crahs:
        airflow = airflow + by_crah[f"{crah.id}.airflow_m3ps"]
        warmth = warmth + by_crah[f"{crah.id}.airflow_m3ps"] * by_crah[f"{crah.id}.supply_air_temperature_degc"]
    moving = np.where(airflow > 0, airflow, np.nan)
    racks, gap = hall.inlets.racks, np.full(len(frame), np.nan)
    power_kw, inlets = (
        np.array([measured[place[name]] if (name := f"{rack}.{quantity}") in place else gap for rack in racks])
        for quantity in ("power_kw", "inlet_temperature_degc")
    )
    to_air_kw = power_kw * np.array([[1 - liquid_frac.get(rack, 0.0)] for rack in racks])
    rise = air_rise_k(_whole_hall_kw(to_air_kw), moving, hall.density_frac)
    rows = pd.DataFrame({"supply_air_degc": warmth / moving, "air_rise_k": rise, **by_crah}, index=frame.index)
    return rows, pd.DataFrame(inlets.T, index=frame.index, columns=list(racks))


def _whole_hall_kw(rack_kw: FloatArray) -> FloatArray:
    """Return the power of all racks (racks, n), those that are silent taken as the mean of the others; NaN where too many are."""
    silent = np.isnan(rack_kw)
    count = len(rack_kw)
    told = count - silent.sum(axis=0)
    enough = (count - told <= max(1, _MOST_SILENT_FRAC * count)) & (told > 0)
    mean_kw = np.where(silent, 0.0, rack_kw).sum(axis=0) / np.maximum(told, 1)
    return np.where(enough, mean_kw * count, np.nan)


def _fan_rows(hall: Hall, frame: pd.DataFrame) -> ComponentRows:
    prior = sum(fan.power_kw(frame[f"{crah.id}.fan_speed_frac"], crah.rated_fan_kw) for crah in hall.crahs)
    return _rows(frame, np.asarray(prior), [f"{crah.id}.fan_power_kw" for crah in hall.crahs])


def _cdu_rows(loop: LiquidLoop, frame: pd.DataFrame) -> ComponentRows:
    prior = sum(
        cdu.pump_kw(frame[f"{unit.id}.secondary_flow_lps"] / unit.rated_flow_lps, unit.rated_pump_kw)
        for unit in loop.cdus
    )
    return _rows(frame, np.asarray(prior), [f"{unit.id}.pump_power_kw" for unit in loop.cdus])


def _pumps(plant: CoolingPlant, duty: str) -> list[str]:
    return [f"{group.id}.power_kw" for group in plant.pumps if group.duty == duty]


def _pump_rows(plant: CoolingPlant, frame: pd.DataFrame, duty: str) -> ComponentRows:
    if duty == "chilled_water":
        prior = plant.chilled_pump_kw(frame[f"{plant.plant_id}.chilled_water_flow_lps"].to_numpy(float))
    else:
        prior = plant.room.condenser_pump_kw(frame[f"{plant.plant_id}.condenser_water_flow_lps"].to_numpy(float))
    return _rows(frame, prior, _pumps(plant, duty))


def _chiller_rows(plant: CoolingPlant, frame: pd.DataFrame, weather: str) -> ComponentRows:
    """Heat is flow x (entering the chillers that run - leaving the plant): behind an economizer the two entering differ."""
    leaving = frame[f"{plant.plant_id}.leaving_chilled_water_temperature_degc"].to_numpy(float)
    power = frame[[f"{unit.id}.power_kw" for unit in plant.chillers]].to_numpy(float)
    rated_kw = np.array([unit.rated_cooling_kw / unit.rated_cop for unit in plant.chillers])
    on = power > _ON_KW_FRAC * rated_kw
    entering = frame[[f"{unit.id}.entering_chilled_water_temperature_degc" for unit in plant.chillers]].to_numpy(float)
    mean_entering = np.where(on, entering, 0.0).sum(axis=1) / np.maximum(on.sum(axis=1), 1)
    flow = frame[f"{plant.plant_id}.chilled_water_flow_lps"].to_numpy(float)
    heat = np.where(on.any(axis=1), WATER_KJ_PER_LK * flow * np.maximum(mean_entering - leaving, 0.0), 0.0)
    group = group_chillers(plant.chillers)
    measured = frame[_condenser_column(plant, weather)].to_numpy(float)
    condenser = entering_degc(group, measured, measured)
    rated = np.where(on, [unit.rated_cooling_kw for unit in plant.chillers], 0.0).sum(axis=1)
    rated = np.where(rated > 0, rated, group.rated_cooling_kw)
    prior = chiller.power_kw(
        heat, leaving, condenser,
        rated_cooling_kw=rated, rated_cop=group.rated_cop, min_part_load_frac=group.min_part_load_frac,
        curves=group.curves,
    )  # fmt: skip
    drivers = {
        "part_load_frac": heat / chiller.available_capacity_kw(rated, leaving, condenser, curves=group.curves),
        "leaving_water_degc": leaving,
        "entering_condenser_degc": condenser,
    }
    return _rows(frame, prior, [f"{unit.id}.power_kw" for unit in plant.chillers], drivers)


def _outside_rows(plant: CoolingPlant, frame: pd.DataFrame, weather: str) -> ComponentRows:
    """The law turned round: the fan power that the measured condenser water needs at this heat, flow and weather."""
    here = plant.plant_id
    chilled_drop = (
        frame[f"{here}.entering_chilled_water_temperature_degc"]
        - frame[f"{here}.leaving_chilled_water_temperature_degc"]
    ).to_numpy(float)
    compressors = frame[[f"{unit.id}.power_kw" for unit in plant.chillers]].to_numpy(float).sum(axis=1)
    rejected = WATER_KJ_PER_LK * frame[f"{here}.chilled_water_flow_lps"].to_numpy(float) * chilled_drop + compressors
    flow = frame[f"{here}.condenser_water_flow_lps"].to_numpy(float)
    some_flow = np.maximum(flow, _LEAST_FLOW_LPS)
    least_kw = _LEAST_RANGE_K * WATER_KJ_PER_LK * some_flow
    wet_bulb = frame[f"{weather}.outdoor_wet_bulb_degc"]
    outdoor = frame.get(_outdoor(weather), wet_bulb)  # which towers do not ask for
    air = Weather(outdoor.to_numpy(float), wet_bulb.to_numpy(float))
    outside = _outside(plant, frame)
    reached = outside.reached_degc(outside.fan_speeds[:, None], some_flow, air)(np.maximum(rejected, least_kw))
    condenser = frame[f"{here}.entering_condenser_water_temperature_degc"].to_numpy(float)
    prior = outside.fan_kw(speed_reaching(condenser, reached, outside.fan_speeds), some_flow)
    prior = np.where(flow <= _LEAST_FLOW_LPS, 0.0, prior)
    powers = [f"{unit.id}.power_kw" for unit in _units_outside(plant)]
    return _rows(frame, prior, powers, {outside.sink: outside.sink_degc(air)})


def _outside(plant: CoolingPlant, frame: pd.DataFrame) -> Outside:
    """Return what is outdoors, its pads as measured."""
    outside, padded = plant.room.outside, _padded(plant)
    if isinstance(outside, DryCoolers) and padded:
        wetted = frame[[f"{unit}.adiabatic_status" for unit in padded]].mean(axis=1).to_numpy(float)
        return dataclasses.replace(outside, wetted_frac=wetted)
    return outside


def _units_outside(plant: CoolingPlant) -> tuple[Tower, ...] | tuple[DryCooler, ...]:
    return plant.towers or plant.dry_coolers


def _padded(plant: CoolingPlant) -> list[str]:
    return [unit.id for unit in plant.dry_coolers if unit.adiabatic_effectiveness_frac > 0]


def _outdoor(weather: str) -> str:
    return f"{weather}.outdoor_temperature_degc"


def _rows(
    frame: pd.DataFrame, prior_kw: FloatArray, powers: Sequence[str], drivers: Mapping[str, FloatArray] | None = None
) -> ComponentRows:
    power = frame[list(powers)].sum(axis=1, min_count=len(powers))
    return ComponentRows(pd.DataFrame({"prior_kw": prior_kw, **(drivers or {})}, index=frame.index), power)
