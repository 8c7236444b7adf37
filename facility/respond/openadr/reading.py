"""An event of a VTN as the site's own records: one for each type of its values that the site can act on. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from facility.grid_event import GridEvent, GridEventInterval
from facility.respond.openadr.entities import Event, PayloadDescriptor, Program, ReportDescriptor, Values
from facility.respond.openadr.kinds import KINDS, Terms, reader
from facility.respond.openadr.layout import Laid, UnreadableEventError, lay_out
from facility.respond.openadr.measures import can_report
from facility.respond.openadr.settings import VenSettings

SEPARATOR = ":"  # no id of the standard has one


@dataclass(frozen=True, slots=True)
class Unread:
    """What was told and is not acted on, and why."""

    event_id: str
    payload: str
    why: str


@dataclass(frozen=True, slots=True)
class Told:
    """What an event is to the site. Its records are of revision 0: what revision they are is found beside those kept."""

    events: Sequence[GridEvent] = ()
    unread: Sequence[Unread] = ()
    laid: Sequence[Laid] = ()


def read_event(event: Event, program: Program, ven: VenSettings, currency: str, now: datetime) -> Told:
    """Return what an event is to the site."""
    try:
        laid = lay_out(event, now, who=ven.ven_name, zero_is_endless=ven.standard == "3.0.1")
    except UnreadableEventError as error:
        return Told(unread=[Unread(event.id, "", str(error))])
    terms = Terms(currency, ven.relative_setpoint)
    found: list[GridEvent] = []
    unread = [Unread(event.id, "report", why) for why in _not_reported(event)]
    for payload in dict.fromkeys(values.type for interval in laid for values in interval.payloads):
        try:
            intervals = _intervals(payload, laid, _descriptor(payload, event, program), terms)
        except UnreadableEventError as error:
            unread.append(Unread(event.id, payload, str(error)))
            continue
        found.append(_record(event, payload, intervals, program, ven))
    return Told(found, unread, laid)


def event_id_of(record_id: str) -> str:
    """Return what the VTN calls the event that a record is of."""
    return record_id.partition(SEPARATOR)[0]


def _not_reported(event: Event) -> list[str]:
    """Return why reports that an event asks for are not made."""
    return [
        f"the site makes no reports of {wanted.payload_type} in {wanted.units or 'the usual unit'}"
        if isinstance(wanted, ReportDescriptor)
        else "what report is asked for cannot be read"
        for wanted in event.report_descriptors or ()
        if not (isinstance(wanted, ReportDescriptor) and can_report(wanted))
    ]


def _record(
    event: Event, payload: str, intervals: Sequence[GridEventInterval], program: Program, ven: VenSettings
) -> GridEvent:
    return GridEvent(
        source=ven.source,
        id=f"{event.id}{SEPARATOR}{payload}",
        revision=0,
        program=program.program_name,
        kind=KINDS[payload].kind,
        intervals=tuple(intervals),
        sent=event.sent or intervals[0].start,
        priority=event.priority,
        reason=event.event_name or "",
    )


def _descriptor(payload: str, event: Event, program: Program) -> PayloadDescriptor | None:
    """Return what the values are measured in: by the event, or else by its program."""
    described = (*(event.payload_descriptors or ()), *(program.payload_descriptors or ()))
    return next((each for each in described if each.payload_type == payload), None)


def _intervals(
    payload: str, laid: Sequence[Laid], descriptor: PayloadDescriptor | None, terms: Terms
) -> list[GridEventInterval]:
    read = reader(payload, descriptor, terms)
    found: list[GridEventInterval] = []
    for interval in laid:
        for values in interval.payloads:
            if values.type == payload:
                found += _split(interval, values, read(values))
    found.sort(key=lambda each: each.start)
    if any(later.start < earlier.end for earlier, later in pairwise(found)):
        raise UnreadableEventError(f"{payload}: intervals of the event overlap")
    return found


def _split(interval: Laid, values: Values, numbers: Sequence[float]) -> list[GridEventInterval]:
    """Share an interval equally between several values of one payload."""
    part = (interval.end - interval.start) / len(numbers)
    edges = [*(interval.start + part * number for number in range(len(numbers))), interval.end]
    if part.total_seconds() < 1:
        raise UnreadableEventError(f"{values.type}: values of less than a second")
    return [GridEventInterval(start, end, value) for (start, end), value in zip(pairwise(edges), numbers, strict=True)]
