"""What a VTN tells, of both versions of the standard: only what the site reads; the rest is ignored, as the standard wants it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from facility.respond.openadr.duration import Duration, read_duration

NOW = datetime.min.replace(tzinfo=UTC)  # the standard's beginning of time: a start of 0001-01-01 is "now"
_BEGINNING = ("0001-01-01", "0000-00-00", "0000-01-01")  # 3.0.1 wrote it with zeros
MOST_INTERVALS = 10_000


def _start(value: object) -> object:
    return NOW if isinstance(value, str) and value.startswith(_BEGINNING) else value


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("expected a time with its offset from UTC")
    return value if value == NOW else value.astimezone(UTC)


def _duration(value: object) -> object:
    if isinstance(value, str):
        return read_duration(value.removeprefix("-"))
    return value


Time = Annotated[datetime, BeforeValidator(_start), AfterValidator(_aware)]
Span = Annotated[Duration, BeforeValidator(lambda value: read_duration(value) if isinstance(value, str) else value)]
Shift = Annotated[Duration, BeforeValidator(_duration)]  # its sign says nothing: it is a range to both sides


class Entity(BaseModel):
    """A part of what is told: names in camel case, unknown ones ignored."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True, extra="ignore", arbitrary_types_allowed=True)


class Values(Entity):
    """One kind of value, with its values."""

    type: str
    values: tuple[Any, ...]


class Period(Entity):
    """When an interval begins, and how long it is."""

    start: Time | None = None
    duration: Span | None = None
    randomize_start: Shift | None = None


class Interval(Entity):
    """One interval of an event."""

    id: int
    interval_period: Period | None = None
    payloads: tuple[Values, ...]


class PayloadDescriptor(Entity):
    """What the values of a kind are measured in."""

    payload_type: str
    units: str | None = None
    currency: str | None = None


class ReportDescriptor(Entity):
    """A report that an event asks for."""

    payload_type: str
    reading_type: str | None = None
    units: str | None = None
    targets: tuple[str | Values, ...] | None = None
    aggregate: bool = False
    start_interval: int = -1
    num_intervals: int = -1
    historical: bool = True
    frequency: int = -1
    repeat: int = 1


class Program(Entity):
    """An agreement under which events are sent."""

    id: str
    program_name: str
    payload_descriptors: tuple[PayloadDescriptor, ...] | None = None
    targets: tuple[str | Values, ...] | None = None


class Event(Entity):
    """What is asked, in the standard's words."""

    id: str
    created_date_time: Time | None = None
    modification_date_time: Time | None = None
    program_id: Annotated[str, Field(alias="programID")]
    event_name: str | None = None
    duration: Span | None = None
    priority: Annotated[int, Field(ge=0)] | None = None
    targets: tuple[str | Values, ...] | None = None
    report_descriptors: tuple[ReportDescriptor | dict[str, Any], ...] | None = None  # a wrong one costs no event
    payload_descriptors: tuple[PayloadDescriptor, ...] | None = None
    interval_period: Period | None = None
    intervals: Annotated[tuple[Interval, ...], Field(max_length=MOST_INTERVALS)] | None = None

    @property
    def sent(self) -> datetime | None:
        """When it was made or last changed."""
        return self.modification_date_time or self.created_date_time


class Registered(Entity):
    """A VEN or a resource."""

    id: str
    ven_name: str | None = None
    resource_name: str | None = None
    targets: tuple[str | Values, ...] | None = None


class Callback(Entity):
    """Where a subscriber wants to be told."""

    callback_url: str
    bearer_token: str | None = None


class Subscription(Entity):
    """A wish to be told of changes."""

    id: str
    program_id: Annotated[str | None, Field(alias="programID")] = None
    object_operations: tuple[Callback, ...]

    def token_at(self, url: str) -> str | None:
        """Return with which token an address is called; None where it is not called, or with none."""
        return next((each.bearer_token for each in self.object_operations if each.callback_url == url), None)
