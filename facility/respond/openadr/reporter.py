"""Makes the reports that events ask for, when they are due, and tells whether the site takes part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from facility.log import get_logger
from facility.respond.openadr.client import Json, VtnClient
from facility.respond.openadr.entities import Event, ReportDescriptor
from facility.respond.openadr.http_json import VtnError
from facility.respond.openadr.layout import Laid, UnreadableEventError, implied
from facility.respond.openadr.listing import Listing
from facility.respond.openadr.measures import OPERATING_STATE, Measures, can_report
from facility.respond.openadr.reading import event_id_of
from facility.respond.openadr.report_body import (
    OPTED_OUT,
    RUNNING,
    TAKES_PART,
    opt_name,
    report_body,
    report_name,
    state_body,
)
from facility.respond.openadr.report_schedule import Due, schedule
from facility.respond.openadr.settings import VenSettings

LATE = timedelta(days=2)  # a report that could not be made for so long is not made any more
_log = get_logger(__name__)


class Reporter:
    """The reports of one VEN. Which are made already is asked of the VTN once, and remembered from then on."""

    def __init__(self, ven: VenSettings, client: VtnClient, measures: Mapping[str, Measures]) -> None:
        self._ven, self._client, self._measures = ven, client, measures
        self._made: dict[str, Json] | None = None
        self._refused: set[str] = set()

    def report(self, listing: Listing, answers: Mapping[str, bool], now: datetime) -> int:
        """Make what is due, and return how many reports were made or changed.

        Raises
        ------
        VtnError
            If the VTN does not answer; a report that it refuses is logged and left.
        """
        if self._made is None:
            self._made = self._there()
        opts = _by_event(answers)
        count = 0
        for event_id, event in listing.events.items():
            laid = listing.told[event_id].laid
            if event_id in opts:
                count += self._tell(event, laid, now, takes_part=opts[event_id])
            for number, wanted in enumerate(event.report_descriptors or ()):
                if isinstance(wanted, ReportDescriptor) and can_report(wanted):
                    for due in self._due(event, laid, wanted, now):
                        count += self._make(event, number, wanted, due, _state(opts.get(event_id)))
        return count

    def _there(self) -> dict[str, Json]:
        found = self._client.all("/reports", {"clientName": self._ven.ven_name})
        return {str(each.get("reportName")): each for each in found if isinstance(each.get("id"), str)}

    def _due(self, event: Event, laid: Sequence[Laid], wanted: ReportDescriptor, now: datetime) -> Iterable[Due]:
        in_round = len(event.intervals or ())
        if not in_round:
            in_round = max(1, wanted.num_intervals)
            try:
                laid = implied(event, now, in_round)
            except UnreadableEventError:
                return []
        due = list(schedule(laid, wanted, in_round, now - LATE, now))
        return due if wanted.historical else due[-1:]  # a forecast of yesterday is of no use

    def _make(self, event: Event, number: int, wanted: ReportDescriptor, due: Due, state: str) -> int:
        name = report_name(event, number, due)
        if wanted.payload_type == OPERATING_STATE:
            return self._send(name, state_body(self._ven, event, due.laid, name, state))
        return self._send(name, report_body(self._ven, event, wanted, due=due, name=name, measures=self._measures))

    def _tell(self, event: Event, laid: Sequence[Laid], now: datetime, *, takes_part: bool) -> int:
        """Tell whether the site takes part; another answer changes the report that is there."""
        coming = [each for each in laid if each.end > now]
        if not coming:
            return 0
        state, name = TAKES_PART if takes_part else OPTED_OUT, opt_name(event)
        body = state_body(self._ven, event, coming, name, state)
        assert self._made is not None
        before = self._made.get(name)
        if before is None:
            return self._send(name, body)
        if _state_in(before) == state:
            return 0
        self._made[name] = self._client.put(f"/reports/{before['id']}", body)
        return 1

    def _send(self, name: str, body: Json) -> int:
        assert self._made is not None
        if name in self._made or name in self._refused:
            return 0
        try:
            self._made[name] = self._client.post("/reports", body)
        except VtnError as error:
            if error.status is None or error.status >= 500:
                raise
            self._refused.add(name)  # the same would be refused again
            _log.warning("VTN refuses a report", ven=self._ven.name, report=name, reason=str(error))
            return 0
        return 1


def _by_event(answers: Mapping[str, bool]) -> dict[str, bool]:
    """Return the answers by the VTN's ids; an event of which one part is declined is declined."""
    found: dict[str, bool] = {}
    for record, takes_part in answers.items():
        found[event_id_of(record)] = takes_part and found.get(event_id_of(record), True)
    return found


def _state(takes_part: bool | None) -> str:
    return RUNNING if takes_part is None else TAKES_PART if takes_part else OPTED_OUT


def _state_in(report: Json) -> object:
    try:
        return report["resources"][0]["intervals"][0]["payloads"][0]["values"][0]
    except (LookupError, TypeError):
        return None
