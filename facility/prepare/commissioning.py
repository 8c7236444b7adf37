"""What commissioning has to know: how the halls stand, which setpoints history has moved, and how far each may go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from facility.errors import NotEnoughDataError
from facility.learn.liquid_frac import as_learned
from facility.learn.training import WINDOW, training_frame
from facility.learn.twin import LEAVING_WATER, SECONDARY_SUPPLY, Learned, plant_models
from facility.points import Point
from facility.ports import Telemetry
from facility.prepare.commissioning_history import reached
from facility.prepare.commissioning_levers import SETTLING_S, Settable, settables
from facility.prepare.situation import Situation, dew_points_degc, read_situation
from facility.site import Site
from facility.site_file import LoadedSite
from models.commissioning.campaign import LEAST_HOLD, Campaign, plan_campaign
from models.commissioning.lever import Lever
from models.commissioning.room import Room
from models.cooling import JointState, Load, Mode
from models.hall_air import Hall
from models.history_rows import hall_rows
from models.plant_model import CoolingPlant
from models.sufficiency import check_history, held_range
from models.what_if import without, worst_units

LOOK_BACK = timedelta(days=1)  # of which the highest load and the hottest inlet count
FOLLOWED_FRAC = 0.5  # of the last hours in which the plant must have been where the setpoint wanted it
SPARE_WATER_K = 1.0  # kept below the warmest water with which coils and CDUs still do their work
_WATER_STEP_K = 0.5
_ANY_DEGC = 15.0
_OF_WATER = frozenset(
    {"coil capacity", "CDU capacity", "secondary supply max", "chilled-water flow max", "chiller leaving water max"}
)


def campaign_at(loaded: LoadedSite, telemetry: Telemetry, learned: Learned, at: datetime, begins: datetime) -> Campaign:
    """Return the steps that would teach a site's models what its history has not.

    Raises
    ------
    NotEnoughDataError
        If the halls' inlets, supply air or loads of the last day are not there: by name.
    """
    loaded = as_learned(loaded, learned.liquid_frac)
    situation = read_situation(loaded, telemetry, at)
    plants = plant_models(loaded, learned, at, dew_points_degc(loaded, situation))
    lately = training_frame(loaded, telemetry, plants, at, LOOK_BACK)
    known = _Known(loaded, telemetry, situation, plants, lately)
    rooms = [_room(loaded, hall, lately) for plant in plants for hall in plant.hall_parts]
    found = (_lever(known, settable) for settable in settables(loaded.site, plants))
    return plan_campaign([lever for lever in found if lever is not None], rooms, begins)


def unmoved_setpoints(loaded: LoadedSite, telemetry: Telemetry, at: datetime) -> tuple[str, ...]:
    """Return a sentence for each setpoint that may be written and that history has never moved."""
    found = [
        point
        for settable in settables(loaded.site, plant_models(loaded, Learned(), None, {}))
        for point in settable.points(loaded)
    ]
    frame = telemetry.read([point.id for point in found], at - WINDOW, at, loaded.site.step)
    frame = frame.set_axis([f"{point.equipment}.{point.quantity}" for point in found], axis=1)
    return check_history(frame.dropna(how="all"), (), list(frame.columns)).unexcited


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """What levers are made of: the site, its history, what is so now, its plants, and its last day by step."""

    loaded: LoadedSite
    telemetry: Telemetry
    situation: Situation
    plants: Sequence[CoolingPlant]
    lately: pd.DataFrame


def _room(loaded: LoadedSite, hall: Hall, lately: pd.DataFrame) -> Room:
    crahs = [f"{crah.id}.{q}" for crah in hall.crahs for q in ("supply_air_temperature_degc", "fan_speed_frac")]
    missing = [f"{column} of the last day" for column in crahs if column not in lately or lately[column].isna().all()]
    if missing:
        raise NotEnoughDataError(missing)
    liquid = {rack.id: rack.liquid_frac for one in loaded.site.halls for rack in one.racks}
    rows, inlets = hall_rows(hall, lately, liquid)
    known = [
        (rows["supply_air_degc"], "supply air"),
        (rows["air_rise_k"], "rack power"),
        (inlets.stack(), "rack inlets"),
    ]
    missing = [f"{what} of {hall.id} in the last day" for values, what in known if values.dropna().empty]
    if missing:
        raise NotEnoughDataError(missing)
    airflow = {crah.id: float(rows[f"{crah.id}.airflow_m3ps"].median()) for crah in hall.crahs}
    return Room(
        id=hall.id,
        inlets=hall.inlets,
        supply_degc=float(rows["supply_air_degc"].median()),
        air_rise_k=float(rows["air_rise_k"].max()),
        hottest_degc=float(inlets.max().max()),
        coldest_degc=float(inlets.min().min()),
        inlet_min_degc=hall.inlet_min_degc,
        inlet_max_degc=hall.inlet_max_degc,
        crah_share={crah: flow / sum(airflow.values()) for crah, flow in airflow.items()},
        spare=_spare(loaded.site, hall.id, "crahs", len(airflow)),
    )


def _spare(site: Site, of: str, group: str, units: int) -> int:
    """Return how many of a group's units must be spare by the site's rules; one always stays."""
    return min(
        max((rule.spare for rule in site.redundancy if (rule.of, rule.group) == (of, group)), default=0), units - 1
    )


def _lever(known: _Known, settable: Settable) -> Lever | None:
    """Return a setpoint as it stands; None where it is unknown, or nobody may write it."""
    loaded, situation = known.loaded, known.situation
    points = settable.points(loaded)
    values = [situation.value(point.equipment, point.quantity) for point in points]
    if not points or None in values:
        return None
    now = float(np.mean([value for value in values if value is not None]))
    low, high = _allowed(known, settable, points)
    share = now if settable.of_its_value else 1.0
    within, rows_a_hold = settable.within * share, round(LEAST_HOLD / loaded.site.step)
    history = reached(loaded, known.telemetry, points, situation.at - WINDOW, situation.at, within=within)
    held = np.asarray(history.dropna(), dtype=float)
    seen = held_range(held, rows_a_hold // 2) if held.size else (now, now)
    return Lever(
        equipment=settable.equipment,
        quantity=settable.quantity,
        unit=points[0].unit,
        columns=tuple(f"{point.equipment}.{point.quantity}" for point in points),
        now=now,
        low=min(low, now),
        high=max(high, now),
        cheaper=settable.cheaper,
        seen=(min(seen[0], now), max(seen[1], now)),
        resolution=settable.resolution * share,
        step=settable.step * share,
        moves_per_h=min(settable.rate_per_h, *(_writes_per_h(point) for point in points)),
        settling_s=SETTLING_S,
        history_spread=float(held.size * held.var() / rows_a_hold) if held.size else 0.0,
        warming=settable.warming,
        moves_air_of=settable.moves_air_of,
        followed=bool(history.iloc[-rows_a_hold:].notna().mean() >= FOLLOWED_FRAC),
    )


def _writes_per_h(point: Point) -> float:
    assert point.writable is not None
    step, interval_s = point.writable.max_step, point.writable.min_interval_s
    return np.inf if step is None or interval_s <= 0 else step * 3600.0 / interval_s


def _allowed(known: _Known, settable: Settable, points: Sequence[Point]) -> tuple[float, float]:
    """Return what may be tried: what may be written, no loop near its dew point, no water too warm for the coils."""
    limits = [point.writable for point in points if point.writable is not None]
    low, high = max(limit.low for limit in limits), min(limit.high for limit in limits)
    if settable.quantity == SECONDARY_SUPPLY:
        loop = next(part for plant in known.plants for part in plant.loop_parts if part.id == settable.equipment)
        low, high = max([low, loop.dew_point_degc + loop.dew_point_margin_k]), min(high, loop.supply_max_degc)
    if settable.quantity == LEAVING_WATER:
        plant = next(one for one in known.plants if one.plant_id == settable.equipment)
        high = min([high, *_warmest_water_degc(known, plant)])
    return low, high


def _warmest_water_degc(known: _Known, plant: CoolingPlant) -> Iterator[float]:
    """Yield the warmest leaving water with which coils and CDUs do their work at the last day's highest load, less a spare.

    Once for the plant as it is, and once for each hall and loop without the units that it must be able to lose.
    """
    now = known.situation.value(plant.plant_id, LEAVING_WATER)
    if now is None:
        return
    load = _highest_load(known, plant)
    supply = tuple(_supply_degc(hall, known.lately) for hall in plant.hall_parts)
    for left in (plant, *_after_losses(known.loaded.site, plant)):
        warmest = now
        for water in np.arange(now, plant.leaving_water_max_degc + SPARE_WATER_K, _WATER_STEP_K):
            state = JointState(Mode.MECHANICAL, float(water), supply, len(plant.chillers))
            if str(left.evaluate(state, load).limit[0]).rpartition(": ")[2] in _OF_WATER:
                break
            warmest = float(water)
        yield max(now, warmest - SPARE_WATER_K)


def _after_losses(site: Site, plant: CoolingPlant) -> Iterator[CoolingPlant]:
    """Yield the plant without the spare CRAHs of one hall, or the spare CDUs of one loop: the ones that cool most."""
    spare = {f"{hall.id} crahs": _spare(site, hall.id, "crahs", len(hall.crahs)) for hall in plant.hall_parts}
    spare |= {f"{loop.id} cdus": _spare(site, loop.id, "cdus", len(loop.cdus)) for loop in plant.loop_parts}
    yield from (without(plant, *units) for units in worst_units(plant, spare).values())


def _highest_load(known: _Known, plant: CoolingPlant) -> Load:
    """Return the highest load of each rack in the last day, all at once; coils and CDUs do not ask for the weather."""
    racks = [rack for hall in known.loaded.site.halls for rack in hall.racks]
    peak_kw = known.lately.reindex(columns=[f"{rack.id}.power_kw" for rack in racks]).max().fillna(0.0)
    drawn = {rack.id: (rack, float(kw)) for rack, kw in zip(racks, peak_kw, strict=True)}
    air = [
        sum(kw * (1 - rack.liquid_frac) for rack, kw in (drawn[one] for one in hall.inlets.racks))
        for hall in plant.hall_parts
    ]
    liquid = [
        sum(kw * rack.liquid_frac for rack, kw in drawn.values() if rack.liquid_loop == loop) for loop in plant.loops
    ]
    return Load(np.array([air]), np.array([liquid]), np.array([_ANY_DEGC]), np.array([_ANY_DEGC]))


def _supply_degc(hall: Hall, lately: pd.DataFrame) -> float:
    return float(lately[[f"{crah.id}.supply_air_temperature_degc" for crah in hall.crahs]].mean(axis=1).median())
