"""Reports as the VTN takes them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from facility.respond.openadr.dialect import report_keys
from facility.respond.openadr.entities import Event, ReportDescriptor
from facility.respond.openadr.layout import Laid
from facility.respond.openadr.measures import OPERATING_STATE, Measures, unit
from facility.respond.openadr.report_schedule import Due
from facility.respond.openadr.settings import VenSettings
from facility.respond.openadr.targets import flat

Json = dict[str, Any]
AGGREGATED = "AGGREGATED_REPORT"
RUNNING = "RUNNING_NORMAL"
TAKES_PART = "RUNNING_CURTAILED"
OPTED_OUT = "RUNNING_OPTED_OUT"


def report_name(event: Event, descriptor: int, due: Due) -> str:
    """Return by what a report is known again: after a restart it is not made twice."""
    return f"{event.id}-{descriptor}-{due.at:%Y%m%dT%H%M%SZ}"


def opt_name(event: Event) -> str:
    """Return the name of the report that tells whether we take part."""
    return f"{event.id}-opt"


def report_body(
    ven: VenSettings, event: Event, wanted: ReportDescriptor, *, due: Due, name: str, measures: Mapping[str, Measures]
) -> Json:
    """Return a report of measured or expected values, of each resource that is asked for or of all together."""
    asked = {target.rpartition("=")[2] for target in flat(wanted.targets)}
    names = [resource for resource in ven.resources if not asked or resource in asked] or list(ven.resources)
    groups = {AGGREGATED: names} if wanted.aggregate else {resource: [resource] for resource in names}
    described: Json = {"payloadType": wanted.payload_type, "units": unit(wanted)}
    if wanted.reading_type is not None:
        described["readingType"] = wanted.reading_type
    told = {
        resource: [_measured(laid, wanted, [measures.get(each) for each in group]) for laid in due.laid]
        for resource, group in groups.items()
    }
    return _report(ven, event, name, described, told)


def state_body(ven: VenSettings, event: Event, laid: Sequence[Laid], name: str, state: str) -> Json:
    """Return what the site does in an event: whether it takes part has no other word in the standard."""
    told = [_interval(each, OPERATING_STATE, state) for each in laid]
    return _report(ven, event, name, {"payloadType": OPERATING_STATE}, dict.fromkeys(ven.resources, told))


def _measured(laid: Laid, wanted: ReportDescriptor, measures: Sequence[Measures | None]) -> Json:
    values = [None if each is None else each.value(wanted, laid.start, laid.end) for each in measures]
    known = [value for value in values if value is not None]
    if len(known) < len(values):  # no value is invented
        return _interval(laid, "DATA_QUALITY", "MISSING")
    return _interval(laid, wanted.payload_type, round(sum(known), 6))


def _report(ven: VenSettings, event: Event, name: str, described: Json, told: Mapping[str, Sequence[Json]]) -> Json:
    return {
        **report_keys(ven.standard, event.program_id, event.id),
        "clientName": ven.ven_name,
        "reportName": name,
        "payloadDescriptors": [{"objectType": "REPORT_PAYLOAD_DESCRIPTOR", **described}],
        "resources": [{"resourceName": resource, "intervals": list(intervals)} for resource, intervals in told.items()],
    }


def _interval(laid: Laid, payload: str, value: float | str) -> Json:
    seconds = round((laid.end - laid.start).total_seconds())
    return {
        "id": laid.id,
        "intervalPeriod": {"start": f"{laid.start:%Y-%m-%dT%H:%M:%SZ}", "duration": f"PT{seconds}S"},
        "payloads": [{"type": payload, "values": [value]}],
    }
