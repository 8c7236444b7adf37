"""What the models say that each setpoint does by itself, the others held: power at the meter and the hottest inlet of each hall."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from facility.errors import NotEnoughDataError
from facility.learn.liquid_frac import as_learned
from facility.learn.metered import joined_feeds, scaled_total
from facility.learn.twin import Learned, plant_models
from facility.plan.electrical import electrical_chain
from facility.ports import Telemetry
from facility.prepare.commissioning_history import measured_quantity
from facility.prepare.commissioning_levers import Settable, settables
from facility.prepare.situation import dew_points_degc, read_situation
from facility.site import Rack
from facility.site_file import LoadedSite
from models.commissioning.held_plant import SECONDARY_FLOW, SECONDARY_SUPPLY, Held, HeldAnswer, held_answer
from models.cooling import Load, Mode
from models.heat_exchanger import WATER_KJ_PER_LK
from models.heat_pump import HeatPump
from models.plant_model import CoolingPlant

LATELY = timedelta(hours=1)  # over which the present state is averaged
_MOSTLY = 0.5  # of that time


@dataclass(frozen=True, slots=True)
class Effect:
    """What one step of a setpoint does, towards cheaper cooling, once it has settled.

    Attributes
    ----------
    equipment, quantity, unit
        Whose setpoint, which one, and its unit.
    points
        Ids of the points that move together.
    before, after
        What is measured of it now, and after the step.
    facility_kw
        By how much power at the meter changes [kW].
    hottest_k
        By how much the hottest inlet of each hall changes [K].
    """

    equipment: str
    quantity: str
    unit: str
    points: tuple[str, ...]
    before: float
    after: float
    facility_kw: float
    hottest_k: Mapping[str, float]


def effects_at(loaded: LoadedSite, telemetry: Telemetry, learned: Learned, at: datetime) -> list[Effect]:
    """Return the effect of each setpoint that may be tried, from the mean state of the last hour.

    Raises
    ------
    NotEnoughDataError
        If a setpoint, a load or the weather of the last hour is not there: by name.
    """
    return [
        _effect(loaded, settable, state)
        for state in held_states(loaded, telemetry, learned, at)
        for settable in settables(loaded.site, [state.plant])
        if settable.points(loaded)
    ]


def held_states(loaded: LoadedSite, telemetry: Telemetry, learned: Learned, at: datetime) -> list[HeldState]:
    """Return each plant as it was held in the last hour, and what it had to cool.

    Raises
    ------
    NotEnoughDataError
        If a setpoint, a load or the weather of the last hour is not there: by name.
    """
    loaded = as_learned(loaded, learned.liquid_frac)
    plants = plant_models(loaded, learned, at, dew_points_degc(loaded, read_situation(loaded, telemetry, at)))
    return [_state(loaded, _Means(loaded, telemetry, at), plant) for plant in plants]


@dataclass(frozen=True, slots=True, eq=False)
class HeldState:
    """A plant as it was in the last hour; `pumped_kw` is the heat that each heat pump on one of its loops delivers."""

    plant: CoolingPlant
    held: Held
    load: Load
    pumped_kw: Mapping[str, float]


def _effect(loaded: LoadedSite, settable: Settable, state: HeldState) -> Effect:
    points, key = settable.points(loaded), (settable.equipment, settable.quantity)
    now = state.held.setpoints[key]
    after = now + settable.cheaper * settable.step * (now if settable.of_its_value else 1.0)
    moved = replace(state, held=state.held.moved(*key, after))
    was, becomes = (held_answer(one.plant, one.held, one.load) for one in (state, moved))
    return Effect(
        equipment=settable.equipment,
        quantity=settable.quantity,
        unit=points[0].unit,
        points=tuple(point.id for point in points),
        before=now,
        after=after,
        facility_kw=_site_kw(loaded, moved, becomes) - _site_kw(loaded, state, was),
        hottest_k={hall: float((becomes.hottest_degc[hall] - degc)[0]) for hall, degc in was.hottest_degc.items()},
    )


def _site_kw(loaded: LoadedSite, state: HeldState, answer: HeldAnswer) -> float:
    """Return power at the meter as far as a plant and what it cools decide it."""
    halls = {loop.id: loop.hall for loop in loaded.site.liquid_loops}
    drawn = {hall: state.load.it_air_kw[:, i] + answer.server_fan_kw[hall] for i, hall in enumerate(state.plant.halls)}
    for j, loop in enumerate(state.plant.loops):
        drawn[halls[loop]] = drawn.get(halls[loop], 0.0) + state.load.it_liquid_kw[:, j]
    other_kw = answer.cooling_kw + sum(_heat_pumps_kw(loaded, state))
    return float(electrical_chain(loaded.site.electrical).power(drawn, other_kw).site_kw[0])


def _heat_pumps_kw(loaded: LoadedSite, state: HeldState) -> Iterator[float]:
    """Yield what heat pumps draw for the heat they deliver; they leave a loop's return as the CDUs find it."""
    sinks = {pump: contract.supply_degc for contract in loaded.site.heat_contracts for pump in contract.heat_pumps}
    for pump in loaded.site.heat_pumps:
        if pump.id not in state.pumped_kw:
            continue
        index = state.plant.loops.index(pump.source)
        flow_lps = len(state.plant.loop_parts[index].cdus) * state.held.setpoints[pump.source, SECONDARY_FLOW]
        rise_k = state.load.it_liquid_kw[0, index] / (WATER_KJ_PER_LK * flow_lps)
        law = HeatPump(pump.rated_heat_kw, pump.efficiency_frac, pump.min_part_load_frac)
        source_degc = state.held.setpoints[pump.source, SECONDARY_SUPPLY] + rise_k
        yield float(law.power_kw(state.pumped_kw[pump.id], source_degc, sinks[pump.id]))


@dataclass(frozen=True, slots=True)
class _Means:
    """Means of the last hour."""

    loaded: LoadedSite
    telemetry: Telemetry
    at: datetime

    def of(self, equipment: Sequence[str], quantity: str) -> pd.Series:
        """Return a quantity of several machines; NaN where it was not measured."""
        points = {one: self.loaded.points.of(one, quantity) for one in equipment}
        ids = [point.id for found in points.values() for point in found]
        frame = self.telemetry.read(ids, self.at - LATELY, self.at, self.loaded.site.step)
        return pd.Series(
            {one: joined_feeds(frame, found).mean() if found else np.nan for one, found in points.items()}, dtype=float
        )

    def one(self, equipment: Sequence[str], quantity: str) -> float:
        """Return the mean over machines.

        Raises
        ------
        NotEnoughDataError
            If none was measured.
        """
        value = float(self.of(equipment, quantity).mean())
        if np.isnan(value):
            raise NotEnoughDataError([f"{quantity} of {', '.join(equipment)} in the last hour"])
        return value

    def heat_kw(self, racks: Sequence[Rack], share: Mapping[str, float]) -> float:
        """Return a share of each rack's power; a few silent racks count like the others."""
        counted = [rack for rack in racks if share[rack.id] > 0]
        power = self.of([rack.id for rack in counted], "power_kw") * pd.Series(share)
        total = scaled_total(power.dropna().to_frame().T, {rack.id: rack.rated_kw * share[rack.id] for rack in counted})
        if total.isna().any():
            raise NotEnoughDataError([f"power of {racks[0].id}..{racks[-1].id} in the last hour"])
        return float(total.iloc[0])


def _state(loaded: LoadedSite, means: _Means, plant: CoolingPlant) -> HeldState:
    here, station = [plant.plant_id], [loaded.site.weather.station]
    held = Held(
        mode=Mode.MECHANICAL if plant.economizer is None else Mode(round(means.one(here, "economizer_mode"))),
        chillers_on=round(means.one(here, "chillers_staged")),
        setpoints={
            (one.equipment, one.quantity): means.one(one.members, measured_quantity(one.quantity))
            for one in settables(loaded.site, [plant])
        },
        wetted_frac=_wetted_frac(means, plant),
        dampers_open=_dampers_open(means, plant),
    )
    outdoor, wet_bulb = (
        np.array([means.one(station, quantity)]) for quantity in ("outdoor_temperature_degc", "outdoor_wet_bulb_degc")
    )
    air, liquid = list(_air_kw(loaded, means, plant)), list(_liquid_kw(loaded, means, plant))
    pumps = [pump.id for pump in loaded.site.heat_pumps if pump.source in plant.loops]
    pumped_kw = {pump: means.one([pump], "heat_output_kw") for pump in pumps}
    return HeldState(plant, held, Load(np.array([air]), np.array([liquid]), outdoor, wet_bulb), pumped_kw)


def _wetted_frac(means: _Means, plant: CoolingPlant) -> float:
    """Return the share of the time that the pads of dry coolers were wet."""
    padded = [unit.id for unit in plant.dry_coolers if unit.adiabatic_effectiveness_frac > 0]
    return means.one(padded, "adiabatic_status") if padded else 0.0


def _dampers_open(means: _Means, plant: CoolingPlant) -> bool:
    """Return whether some hall breathed outdoor air most of the time."""
    units = [hall.airside.economizer.id for hall in plant.hall_parts if hall.airside]
    return bool(units) and bool(means.of(units, "economizer_mode").max() >= _MOSTLY)


def _air_kw(loaded: LoadedSite, means: _Means, plant: CoolingPlant) -> Iterator[float]:
    """Yield what the racks of each hall give to the air, brought to the reference inlet."""
    racks = {hall.id: hall.racks for hall in loaded.site.halls}
    for hall in plant.hall_parts:
        drawn_kw = means.heat_kw(racks[hall.id], {rack.id: 1 - rack.liquid_frac for rack in racks[hall.id]})
        inlet_degc = means.one([rack.id for rack in racks[hall.id]], "inlet_temperature_degc")
        yield float(hall.server_fans.at_reference_kw(drawn_kw, inlet_degc))


def _liquid_kw(loaded: LoadedSite, means: _Means, plant: CoolingPlant) -> Iterator[float]:
    """Yield what is left for the CDUs of each loop, after heat pumps took theirs."""
    for loop in plant.loops:
        racks = [rack for hall in loaded.site.halls for rack in hall.racks if rack.liquid_loop == loop]
        taken = means.of([pump.id for pump in loaded.site.heat_pumps if pump.source == loop], "source_heat_kw").sum()
        yield max(means.heat_kw(racks, {rack.id: rack.liquid_frac for rack in racks}) - float(taken), 0.0)
