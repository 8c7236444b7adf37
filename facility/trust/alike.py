"""What readings should be, from their neighbours and from physics: each group gives its points' distance from that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from facility.points import Point
from facility.records import FloatArray
from facility.site import Crah, Hall, LiquidLoop
from facility.site_file import LoadedSite
from facility.trust.verdict import STEPS_AN_HOUR
from models.heat_exchanger import AIR_KJ_PER_M3K

HALF_HOUR = STEPS_AN_HOUR // 2
LEAST_NEIGHBOURS = 4
CALM_RISE_K = (
    9.0  # of the hall's air; above it hot air comes back at the ends of rows, and neighbours are no longer alike
)
CALM_SPREAD_K = 3.0  # of the hall's supply airs; beyond it racks follow the CRAH that they stand next to
AUTHORITY = (0.05, 0.9)  # of a valve that can still go both ways
WATER_KJ_PER_LK = 4.18


@dataclass(frozen=True, slots=True)
class Group:
    """Points that are judged together: when most of them depart, it is the plant that has changed and no sensor.

    `residual` has a column a point: reading less what is expected, NaN where nothing can be said.
    """

    residual: pd.DataFrame
    limit: float  # of a departure
    per_step: float  # of a change within a step, at which it is a jump
    unit: str
    against: str


def inlets(loaded: LoadedSite, frame: pd.DataFrame) -> Iterator[Group]:
    """Yield each hall's rack inlets against their median, while all its CRAHs run and air is plenty."""
    for hall in loaded.site.halls:
        points = _of_racks(loaded, hall, "inlet_temperature_degc")
        if len(points) >= LEAST_NEIGHBOURS:
            measured = frame[points]
            enough = measured.notna().sum(axis=1) >= LEAST_NEIGHBOURS
            apart = measured.sub(measured.median(axis=1), axis=0).where(calm(loaded, frame, hall) & enough, axis=0)
            yield Group(apart, 2.5, 2.0, "K", f"the other racks of {hall.id}")


def humidities(loaded: LoadedSite, frame: pd.DataFrame) -> Iterator[Group]:
    """Yield each hall's rack humidities against the hall's median vapour pressure, at their own and at the median temperature.

    Both must say that a humidity has departed, so that a wrong temperature is not laid at its door.
    """
    for hall in loaded.site.halls:
        pairs = {
            humidity: temperature
            for humidity in _of_racks(loaded, hall, "inlet_relative_humidity_frac")
            if (temperature := humidity.replace("relative_humidity_frac", "temperature_degc")) in loaded.points
        }
        if len(pairs) >= LEAST_NEIGHBOURS:
            own = frame[list(pairs.values())]
            measured = frame[list(pairs)]
            saturated_kpa = saturation_pressure_kpa(own.to_numpy(float))
            typical_kpa = saturation_pressure_kpa(own.median(axis=1).to_numpy(float))[:, None]
            hall_kpa = (measured * saturated_kpa).median(axis=1).to_numpy(float)[:, None]
            apart = both(measured - hall_kpa / saturated_kpa, measured - hall_kpa / typical_kpa)
            apart = apart.where(calm(loaded, frame, hall), axis=0)
            yield Group(apart, 0.10, 0.08, "of saturation", f"the other racks of {hall.id}")


def supply_airs(loaded: LoadedSite, frame: pd.DataFrame) -> Iterator[Group]:
    """Yield each hall's supply air against the setpoint, where a CRAH has held it for a while with its valve half open."""
    for hall in loaded.site.halls:
        crahs = [crah.id for crah in loaded.site.crahs if crah.hall == hall.id]
        held = {point: apart for crah in crahs for point, apart in _held(loaded, frame, crah, "supply_air_temperature")}
        if held:
            yield Group(pd.DataFrame(held), 2.0, 2.0, "K", "its setpoint, which its valve can hold")


def coolants(loaded: LoadedSite, frame: pd.DataFrame) -> Iterator[Group]:
    """Yield each loop's supply against the setpoint of its CDUs, and its returns against the heat that racks give it."""
    for loop in loaded.site.liquid_loops:
        cdus = [cdu.id for cdu in loop.cdus]
        held = {
            point: apart for cdu in cdus for point, apart in _held(loaded, frame, cdu, "secondary_supply_temperature")
        }
        if held:
            yield Group(pd.DataFrame(held), 2.0, 2.0, "K", "its setpoint, which its valve can hold")
        returns = _returns(loaded, frame, loop)
        if returns is not None:
            yield Group(returns, 2.5, 2.0, "K", f"the heat of {loop.id}'s racks in its flow")


def chilled_waters(loaded: LoadedSite, frame: pd.DataFrame) -> Iterator[Group]:
    """Yield the water of each plant that CDUs take, as plant and CDUs measure it, against the median of them."""
    for plant in loaded.site.plants:
        cdus = [cdu.id for loop in loaded.site.liquid_loops if loop.plant == plant.id for cdu in loop.cdus]
        points = [point.id for point in loaded.points.of(plant.id, "leaving_chilled_water_temperature_degc")]
        points += [point.id for cdu in cdus for point in loaded.points.of(cdu, "primary_supply_temperature_degc")]
        if len(points) >= 3:
            measured = frame[points]
            enough = measured.notna().sum(axis=1) >= 3
            apart = measured.sub(measured.median(axis=1), axis=0).where(enough, axis=0)
            yield Group(apart, 2.0, 2.0, "K", f"the same water of {plant.id} elsewhere")


FAMILIES = (supply_airs, inlets, humidities, chilled_waters, coolants)
QUANTITIES_NEEDED = frozenset(
    {
        "inlet_temperature_degc",
        "inlet_relative_humidity_frac",
        "power_kw",
        "supply_air_temperature_degc",
        "supply_air_temperature_setpoint_degc",
        "fan_speed_frac",
        "on_status",
        "valve_position_frac",
        "primary_supply_temperature_degc",
        "secondary_supply_temperature_degc",
        "secondary_supply_temperature_setpoint_degc",
        "secondary_return_temperature_degc",
        "secondary_flow_lps",
        "leaving_chilled_water_temperature_degc",
        "source_heat_kw",
    }
)


def saturation_pressure_kpa(temperature_degc: FloatArray) -> FloatArray:
    """Return the vapour pressure of saturated air [kPa] over water at a temperature [degC]; Magnus form of WMO-No. 8."""
    pressure: FloatArray = 0.6112 * np.exp(17.62 * temperature_degc / (243.12 + temperature_degc))
    return pressure


def both(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Return the smaller of two departures that agree in sign, 0 where they do not, NaN where one is not known."""
    one, other = first.to_numpy(float), second.to_numpy(float)
    agreed = np.where(np.sign(one) == np.sign(other), np.sign(one) * np.minimum(np.abs(one), np.abs(other)), 0.0)
    known = np.isfinite(one) & np.isfinite(other)
    return pd.DataFrame(np.where(known, agreed, np.nan), index=first.index, columns=first.columns)


def needed(loaded: LoadedSite) -> list[str]:
    """Return the points that the groups look at."""
    return [point.id for point in loaded.points if point.quantity in QUANTITIES_NEEDED]


def calm(loaded: LoadedSite, frame: pd.DataFrame, hall: Hall) -> pd.Series:
    """Return when a hall's CRAHs have all run for half an hour, alike and with enough air, as far as that is measured."""
    crahs = [crah for crah in loaded.site.crahs if crah.hall == hall.id]
    running = _first(loaded, frame, [crah.id for crah in crahs], "on_status")
    settled = (running.fillna(0.0) > 0.5).all(axis=1).rolling(HALF_HOUR, min_periods=1).min() > 0.5
    supply = _first(loaded, frame, [crah.id for crah in crahs], "supply_air_temperature_degc")
    settled &= ~(supply.max(axis=1) - supply.min(axis=1) > CALM_SPREAD_K)
    rise_k = air_rise_k(loaded, frame, hall, crahs)
    return settled if rise_k is None else settled & (rise_k < CALM_RISE_K)


def air_rise_k(loaded: LoadedSite, frame: pd.DataFrame, hall: Hall, crahs: Sequence[Crah]) -> pd.Series | None:
    """Return the rise of a hall's air [K], from IT power and fan speeds; None where these have no points."""
    speeds = _first(loaded, frame, [crah.id for crah in crahs], "fan_speed_frac")
    powers = _first(loaded, frame, [rack.id for rack in hall.racks], "power_kw")
    if speeds.shape[1] < len(crahs) or powers.empty or not crahs:
        return None
    airflow = speeds.mul([crah.rated_airflow_m3ps for crah in crahs]).sum(axis=1, skipna=False)
    to_air = [1.0 - rack.liquid_frac for rack in hall.racks if loaded.points.of(rack.id, "power_kw")]
    heat_kw = len(hall.racks) * powers.mul(to_air).mean(axis=1)  # a rack without a reading counts like the others
    return heat_kw / (AIR_KJ_PER_M3K * airflow.clip(lower=0.1))


def _of_racks(loaded: LoadedSite, hall: Hall, quantity: str) -> list[str]:
    return [point.id for rack in hall.racks for point in loaded.points.of(rack.id, quantity)]


def _first(loaded: LoadedSite, frame: pd.DataFrame, equipment: Sequence[str], quantity: str) -> pd.DataFrame:
    """Return a quantity of some equipment, feeds added up, a column each; those without a point have none."""
    feeds = {one: points for one in equipment if (points := loaded.points.of(one, quantity))}
    if all(len(points) == 1 for points in feeds.values()):
        return frame[[points[0].id for points in feeds.values()]].set_axis(list(feeds), axis=1)
    return pd.DataFrame({one: _joined(frame, points) for one, points in feeds.items()}, index=frame.index, dtype=float)


def _joined(frame: pd.DataFrame, points: Sequence[Point]) -> pd.Series:
    values = frame[[point.id for point in points]]
    return values.sum(axis=1, skipna=False) if points[0].unit == "kW" else values.mean(axis=1)


def _held(loaded: LoadedSite, frame: pd.DataFrame, equipment: str, quantity: str) -> Iterator[tuple[str, pd.Series]]:
    """Yield a controlled temperature less its setpoint, where control has had time and room to bring them together."""
    measured, setpoint, valve, running = (
        loaded.points.one(equipment, name)
        for name in (f"{quantity}_degc", f"{quantity}_setpoint_degc", "valve_position_frac", "on_status")
    )
    if measured is None or setpoint is None or valve is None:
        return
    steady = frame[setpoint.id].diff().abs().rolling(HALF_HOUR).max() < 0.05
    free = frame[valve.id].between(*AUTHORITY).rolling(HALF_HOUR).min() > 0.5
    if running is not None:
        free &= frame[running.id].rolling(HALF_HOUR).min() > 0.5
    yield measured.id, (frame[measured.id] - frame[setpoint.id]).where(steady & free)


def _returns(loaded: LoadedSite, frame: pd.DataFrame, loop: LiquidLoop) -> pd.DataFrame | None:
    """Return each CDU's return water less what the mixed supply becomes on the heat of the racks; None without the points."""
    cdus = [cdu.id for cdu in loop.cdus]
    flow, supply, back = (
        _first(loaded, frame, cdus, f"secondary_{name}")
        for name in ("flow_lps", "supply_temperature_degc", "return_temperature_degc")
    )
    racks = [rack for hall in loaded.site.halls for rack in hall.racks if rack.liquid_loop == loop.id]
    powers = _first(loaded, frame, [rack.id for rack in racks], "power_kw")
    if len(cdus) < 2 or min(part.shape[1] for part in (flow, supply, back)) < len(cdus) or powers.empty:
        return None
    measured = [rack for rack in racks if rack.id in powers.columns]
    heat_kw = powers.mul([rack.liquid_frac for rack in measured]).mean(axis=1) * len(racks)
    pumps = [pump.id for pump in loaded.site.heat_pumps if pump.source == loop.id]
    heat_kw = heat_kw - _first(loaded, frame, pumps, "source_heat_kw").sum(axis=1)
    total = flow.sum(axis=1, skipna=False).clip(lower=0.1)
    expected = (flow * supply).sum(axis=1, skipna=False) / total + heat_kw / (WATER_KJ_PER_LK * total)
    ids = {one: loaded.points.of(one, "secondary_return_temperature_degc")[0].id for one in cdus}
    return back.sub(expected, axis=0).rename(columns=ids)
