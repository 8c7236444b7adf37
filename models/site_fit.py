"""Learns a plant from history: rack inlets and component powers, each with its card, those that qualify put to work."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from models.card import ModelCard, unfitted_card
from models.coil_fit import CoilFit, fit_coils
from models.coil_rows import coil_columns, coil_rows
from models.component.learning import Taught
from models.component.siblings import Unit, taught_by_siblings
from models.component_power import ComponentPower
from models.hall_air import Hall
from models.history_rows import ComponentRows, component_rows, hall_rows, needed_columns
from models.plant_model import CoolingPlant
from models.rack.silent import stood_in_for
from models.rack_inlet_fit import RackInletModel
from models.sufficiency import COMPONENT_SPAN, MAX_MISSING_FRAC, check_history


@dataclass(frozen=True, slots=True, eq=False)
class PlantFit:
    """What history taught of one plant.

    Attributes
    ----------
    inlets
        Fitted inlet models by hall, qualified or not.
    components
        Fitted component models by component name, qualified or not.
    cards
        A card for every part, fitted or not.
    coils
        The coils of its CRAHs, qualified or not.
    """

    inlets: Mapping[str, RackInletModel]
    components: Mapping[str, ComponentPower]
    cards: tuple[ModelCard, ...]
    coils: CoilFit | None = None

    def apply_to(self, plant: CoolingPlant) -> CoolingPlant:
        """Return the plant with the parts that qualified; everything else stays nameplate."""
        halls = tuple(
            dataclasses.replace(hall, inlets=self.inlets[hall.id].inlets_)
            if hall.id in self.inlets and self.inlets[hall.id].qualified
            else hall
            for hall in plant.hall_parts
        )
        if self.coils is not None and self.coils.qualified:
            halls = tuple(self.coils.apply_to(hall) for hall in halls)
        qualified = {name: model for name, model in self.components.items() if model.qualified}
        return dataclasses.replace(plant, hall_parts=halls, corrections=qualified)


def fit_plant(
    plant: CoolingPlant,
    frame: pd.DataFrame,
    *,
    liquid_frac: Mapping[str, float] | None = None,
    weather: str = "weather",
) -> PlantFit:
    """Fit everything that history allows; never raises for thin data, the cards say what is missing.

    Parameters
    ----------
    plant
        Nameplates of all units whose history this is, in service then.
    frame
        Steps of equal length (15 min suits), columns `equipment.quantity`, index UTC times, NaN for gaps. Columns used:
        `models.history_rows.needed_columns` and, by hall, `hall_columns`.
    liquid_frac
        Share of each rack's heat that liquid takes, by rack id.
    weather
        Equipment id of the weather station.
    """
    inlets, components, cards = {}, {}, []
    for hall_id in plant.halls:
        hall_model, card = _fit_hall(plant, hall_id, frame, liquid_frac or {})
        cards.append(card)
        if hall_model is not None:
            inlets[hall_id] = hall_model
    coils, coil_card = _fit_coils(plant, frame, liquid_frac or {})
    cards += [] if coil_card is None else [coil_card]
    rows = component_rows(plant, frame, weather)
    siblings = _siblings(plant, rows)
    for name, needed in needed_columns(plant, weather).items():
        title = f"{plant.plant_id}.{name}"
        may_miss = 1.0 if name in siblings else MAX_MISSING_FRAC  # an hour is enough where siblings have taught
        enough = check_history(
            frame, needed, _setpoints(plant, name), min_span=COMPONENT_SPAN, max_missing_frac=may_miss
        )
        if not enough.enough:
            cards.append(unfitted_card(title, "kW", "; ".join(enough.missing), enough.unexcited))
            continue
        model = ComponentPower(name, rows[name].drivers)
        try:
            model.fit(rows[name].rows, rows[name].power_kw, siblings.get(name))
        except ValueError as error:
            cards.append(unfitted_card(title, "kW", str(error), enough.unexcited))
            continue
        components[name] = model
        notes = (*enough.unexcited, *model.card_.notes)
        cards.append(dataclasses.replace(model.card_, name=title, notes=notes))
    return PlantFit(inlets, components, tuple(cards), coils)


def _siblings(plant: CoolingPlant, rows: Mapping[str, ComponentRows]) -> dict[str, Taught]:
    """Return what the fans of the other halls, and the pumps of the other loops, teach those of each."""
    rated_kw = {f"crah_fan.{hall.id}": sum(crah.rated_fan_kw for crah in hall.crahs) for hall in plant.hall_parts}
    rated_kw |= {f"cdu_pump.{loop.id}": sum(cdu.rated_pump_kw for cdu in loop.cdus) for loop in plant.loop_parts}
    found: dict[str, Taught] = {}
    for kind in ("crah_fan", "cdu_pump"):
        alike = [name for name in rated_kw if name in rows and name.startswith(f"{kind}.")]
        units = {name: Unit(rows[name].rows, rows[name].power_kw, rated_kw[name]) for name in alike}
        found |= taught_by_siblings(kind, units)
    return found


def hall_columns(plant: CoolingPlant, hall_id: str) -> tuple[str, ...]:
    """Return the columns that a hall's inlet model is fitted on."""
    hall = next(hall for hall in plant.hall_parts if hall.id == hall_id)
    racks = (f"{rack}.{q}" for rack in hall.inlets.racks for q in ("power_kw", "inlet_temperature_degc"))
    return (*crah_columns(hall), *racks)


def _fit_hall(
    plant: CoolingPlant, hall_id: str, frame: pd.DataFrame, liquid_frac: Mapping[str, float]
) -> tuple[RackInletModel | None, ModelCard]:
    hall = next(hall for hall in plant.hall_parts if hall.id == hall_id)
    setpoints = [
        f"{crah.id}.{q}"
        for crah in hall.crahs
        for q in ("supply_air_temperature_setpoint_degc", "fan_speed_setpoint_frac")
    ]
    enough = check_history(frame, crah_columns(hall), setpoints)
    title = f"{hall_id}.rack_inlets"
    if not enough.enough:
        return None, unfitted_card(title, "degC", "; ".join(enough.missing), enough.unexcited)
    notes = (*enough.unexcited, *stood_in_for(hall.inlets.racks, frame))
    model = RackInletModel(hall_id, [crah.id for crah in hall.crahs])
    try:
        model.fit(*hall_rows(hall, frame, liquid_frac))
    except ValueError as error:
        return None, unfitted_card(title, "degC", str(error), notes)
    return model, dataclasses.replace(model.card_, notes=(*notes, *model.card_.notes))


def _fit_coils(
    plant: CoolingPlant, frame: pd.DataFrame, liquid_frac: Mapping[str, float]
) -> tuple[CoilFit | None, ModelCard | None]:
    """Return the coils of a plant and their card; none for a plant without halls."""
    if not plant.hall_parts:
        return None, None
    title = f"{plant.plant_id}.coils"
    columns = (*coil_columns(plant), *(column for hall in plant.hall_parts for column in crah_columns(hall)))
    enough = check_history(frame, columns, [], min_span=COMPONENT_SPAN)
    if not enough.enough:
        return None, unfitted_card(title, "L/s", "; ".join(enough.missing))
    try:
        model = fit_coils(plant, coil_rows(plant, frame, liquid_frac))
    except ValueError as error:
        return None, unfitted_card(title, "L/s", str(error))
    return model, model.card


def crah_columns(hall: Hall) -> tuple[str, ...]:
    """Return the columns of what a hall's CRAHs blow, which its inlets and coils are learned from."""
    return tuple(f"{crah.id}.{q}" for crah in hall.crahs for q in ("supply_air_temperature_degc", "fan_speed_frac"))


def _setpoints(plant: CoolingPlant, component: str) -> list[str]:
    """Return the setpoints whose effect a component's model should know."""
    if component in ("chiller", "chilled_pump"):
        return [f"{plant.plant_id}.leaving_chilled_water_temperature_setpoint_degc"]
    if component in ("tower", "dry_cooler"):
        return [f"{plant.plant_id}.condenser_water_temperature_setpoint_degc"]
    return []
