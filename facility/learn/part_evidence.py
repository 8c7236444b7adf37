"""Rows of history by part of the models: what each was measured at, and what was measured."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

import pandas as pd

from facility.errors import NotEnoughDataError
from facility.learn.hall_load import halls_with_pools, read_hall_load
from facility.learn.liquid_frac import as_learned
from facility.learn.loop_heat import loops_with_racks, not_measured, read_loop_heat
from facility.learn.site_frame import read_site_frame
from facility.learn.twin import described_server_fans
from facility.ports import Telemetry
from facility.site import Hall as SiteHall
from facility.site import LiquidLoop
from facility.site_file import LoadedSite
from models.coil_rows import coil_columns, coil_rows
from models.evidence import (
    Evidence,
    coil_evidence,
    component_evidence,
    inlet_evidence,
    liquid_share_evidence,
    server_fans_evidence,
    whole_evidence,
)
from models.hall_air import Hall
from models.history_rows import component_rows, hall_rows
from models.plant_model import CoolingPlant
from models.site_fit import crah_columns

_Making = tuple[str, Callable[[], Evidence | None]]  # a part, and what makes its rows; None where it never ran


def plant_evidence(
    loaded: LoadedSite,
    plant: CoolingPlant,
    frame: pd.DataFrame,
    asked: Collection[str] | None = None,
    *,
    inputs_may_rest: bool = False,
) -> dict[str, Evidence]:
    """Return the rows of each part of a plant, by the name on its card; parts that are not measured, or never run, are left out.

    `asked` names the parts that are wanted; None: all.
    """
    making = _plant_parts(loaded, plant, frame, inputs_may_rest=inputs_may_rest)
    found = {part: make() for part, make in making if asked is None or part in asked}
    return {part: evidence for part, evidence in found.items() if len(evidence)}


def _plant_parts(
    loaded: LoadedSite, plant: CoolingPlant, frame: pd.DataFrame, *, inputs_may_rest: bool
) -> Iterator[tuple[str, Callable[[], Evidence]]]:
    """Yield the parts that are measured, and what makes their rows."""
    liquid = {rack.id: rack.liquid_frac for hall in loaded.site.halls for rack in hall.racks}
    for hall in plant.hall_parts:
        if set(crah_columns(hall)) <= set(frame.columns):
            yield f"{hall.id}.rack_inlets", partial(_inlets, hall, frame, liquid)
    needed = {*coil_columns(plant), *(column for hall in plant.hall_parts for column in crah_columns(hall))}
    if plant.hall_parts and needed <= set(frame.columns):
        yield f"{plant.plant_id}.coils", lambda: coil_evidence(plant, coil_rows(plant, frame, liquid))
    for name, rows in component_rows(plant, frame, loaded.site.weather.station).items():
        yield f"{plant.plant_id}.{name}", partial(component_evidence, rows, inputs_may_rest=inputs_may_rest)


def _inlets(hall: Hall, frame: pd.DataFrame, liquid_frac: Mapping[str, float]) -> Evidence:
    return inlet_evidence(*hall_rows(hall, frame, liquid_frac))


def _loops(loaded: LoadedSite, telemetry: Telemetry, start: datetime, until: datetime) -> Iterator[_Making]:
    def make(loop: LiquidLoop) -> Evidence | None:
        rows, _ = read_loop_heat(loaded, telemetry, loop, start, until)
        return liquid_share_evidence(rows) if len(rows) else None

    for loop in loops_with_racks(loaded.site):
        if not not_measured(loaded, loop):
            yield f"{loop.id}.liquid_share", partial(make, loop)


def _halls(loaded: LoadedSite, telemetry: Telemetry, start: datetime, until: datetime) -> Iterator[_Making]:
    def make(hall: SiteHall) -> Evidence | None:
        table = read_hall_load(loaded, telemetry, hall, start, until).table()
        return server_fans_evidence(table, described_server_fans(loaded.site, hall)) if len(table) else None

    for hall in halls_with_pools(loaded.site):
        yield f"{hall.id}.server_fans", partial(make, hall)


def _whole(loaded: LoadedSite, telemetry: Telemetry, start: datetime, until: datetime) -> _Making:
    def make() -> Evidence | None:
        try:
            whole = read_site_frame(loaded, telemetry, start, until).rows()
        except NotEnoughDataError:
            return None  # a site without a main meter is learned by its parts
        return whole_evidence(whole) if len(whole.table) else None

    return f"{loaded.site.id}.whole", make


def site_evidence(
    loaded: LoadedSite,
    telemetry: Telemetry,
    plants: Sequence[CoolingPlant],
    frame: pd.DataFrame,
    until: datetime,
    *,
    liquid_frac: Mapping[str, float],
    asked: Collection[str] | None = None,
) -> dict[str, Evidence]:
    """Return the rows that the parts of a site, and its whole, are judged by; `frame` as `training_frame` reads it, up to a time.

    `liquid_frac` is what liquid takes of racks' power by the version that is judged, where it learned that; `asked` names the
    parts that are wanted, None: all.
    No part is to learn from them: they may hold a change of the plant while its inputs rest (`models.component.screening`).
    """
    counted = as_learned(loaded, liquid_frac)
    plant_rows = (plant_evidence(counted, plant, frame, asked, inputs_may_rest=True) for plant in plants)
    found = {part: rows for one in plant_rows for part, rows in one.items()}
    if len(frame):
        span = frame.index[0].to_pydatetime(), until
        making = [
            *_loops(loaded, telemetry, *span),
            *_halls(loaded, telemetry, *span),
            _whole(loaded, telemetry, *span),
        ]
        made = {part: make() for part, make in making if asked is None or part in asked}
        found |= {part: rows for part, rows in made.items() if rows is not None}
    return found
