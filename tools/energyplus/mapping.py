"""The mapping file of an EnergyPlus model: which actuators and outputs the points of a site are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from facility.site.values import Id, NonNegative, Number, Part, Positive
from facility.yaml_file import KeyPath


class Actuator(Part):
    """An actuator of the model, as its .edd file lists it. It is set to value x scale + offset."""

    type: str  # component type, such as Schedule:Constant
    control: str  # control type, such as Schedule Value
    key: str  # name of the object
    scale: Number = 1.0
    offset: Number = 0.0


class Output(Part):
    """An output variable (of the .rdd file) or a meter (.mdd) of the model."""

    variable: str | None = None
    key: str = ""
    meter: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Output:
        if (self.variable is None) == (self.meter is None):
            raise ValueError("give either variable (with key) or meter")
        if self.variable is not None and not self.key:
            raise ValueError("variable needs key: the object that it belongs to")
        return self


class Source(Part):
    """A value: the sum of outputs x scale + offset; with `on_above` 1 while that is above it, else 0. Or a constant."""

    of: tuple[Output, ...] = ()
    constant: Number | None = None
    scale: Number = 1.0
    offset: Number = 0.0
    on_above: Number | None = None

    @model_validator(mode="after")
    def _one(self) -> Source:
        if bool(self.of) == (self.constant is not None):
            raise ValueError("give either of (a list of outputs) or constant")
        return self


class Reading(Source):
    """What a sensor of the site reads; `noise` is the standard deviation, in the point's unit."""

    equipment: Id
    quantity: str
    noise: NonNegative = 0.0


class Setting(Part):
    """A setpoint of the site: its actuators, the value at the beginning and the values that are accepted.

    Without actuators it is what the model does anyway, such as all of its chillers on: one value, accepted and without effect.
    """

    equipment: Id
    quantity: str
    initial: Number
    low: Number
    high: Number
    actuators: tuple[Actuator, ...] = ()

    @model_validator(mode="after")
    def _order(self) -> Setting:
        if not self.low <= self.initial <= self.high:
            raise ValueError("need low <= initial <= high")
        if not self.actuators and self.low != self.high:
            raise ValueError("needs actuators, or low = high: the one value that the model keeps anyway")
        return self


class Demand(Part):
    """The work asked of a server pool, 0..1, as the model takes it."""

    pool: Id
    actuators: Annotated[tuple[Actuator, ...], Field(min_length=1)]


class Held(Part):
    """An actuator that keeps one value; sizing, which comes before, sees the model's own."""

    value: Number
    actuator: Actuator


class HallAir(Part):
    """The air of a hall, where the racks take it in."""

    hall: Id
    dew_point_degc: Source
    relative_humidity_frac: Source


class Totals(Part):
    """Sums that the judge reads; water as a rate."""

    facility_kw: Source
    it_kw: Source
    cooling_kw: Source
    water_lps: Source = Source(constant=0.0)


class EnergyPlusMapping(Part):
    """A whole mapping file.

    `changes` are laid over the model: object type, object name, field: value; null for an object removes it. Where the
    model has no object of that name, it is added.
    """

    schema_version: Literal[1] = Field(alias="schema")
    model: str
    weather: str
    steps_per_hour: Literal[60, 30, 20, 15, 12, 10, 6, 5, 4, 3, 2, 1] = 60
    warm_up_days: Annotated[int, Field(strict=True, ge=1, le=50)] = 7
    lead_in_h: Positive = 1.0  # run before the asked start: setpoints settle
    changes: Mapping[str, Mapping[str, Mapping[str, Any] | None]] = {}
    settings: tuple[Setting, ...] = ()
    demands: tuple[Demand, ...] = ()
    held: tuple[Held, ...] = ()
    readings: Annotated[tuple[Reading, ...], Field(min_length=1)]
    halls: tuple[HallAir, ...] = ()
    totals: Totals

    def actuators(self) -> Iterator[tuple[KeyPath, Actuator]]:
        """Yield every actuator and where it stands: of settings, demands and what is held."""
        entries: list[tuple[KeyPath, Setting | Demand]] = [
            *((("settings", index), one) for index, one in enumerate(self.settings)),
            *((("demands", index), one) for index, one in enumerate(self.demands)),
        ]
        for where, entry in entries:
            yield from (((*where, "actuators", number), one) for number, one in enumerate(entry.actuators))
        yield from ((("held", index, "actuator"), one.actuator) for index, one in enumerate(self.held))

    def sources(self) -> Iterator[tuple[KeyPath, Source]]:
        """Yield every source and where it stands."""
        yield from ((("readings", index), reading) for index, reading in enumerate(self.readings))
        for index, hall in enumerate(self.halls):
            yield ("halls", index, "dew_point_degc"), hall.dew_point_degc
            yield ("halls", index, "relative_humidity_frac"), hall.relative_humidity_frac
        yield from ((("totals", name), getattr(self.totals, name)) for name in Totals.model_fields)
