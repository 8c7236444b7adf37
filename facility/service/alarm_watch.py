"""Looks at everything that alarms are derived from, and keeps the alarms: states, delays, what explains what."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta

from facility.alarms.alarm import Alarm
from facility.alarms.judge import judge
from facility.alarms.notice import Channel
from facility.alarms.observation import Delays, Observation
from facility.api.service_health import ServiceHealth
from facility.api.site_view import SiteView
from facility.errors import FacilityError
from facility.history.alarm_book import AlarmBook
from facility.history.alarm_outbox import AlarmOutbox
from facility.history.dispatch_records import LIVE, ApplicationState
from facility.log import get_logger
from facility.ports import WriteLedger
from facility.records import LocalOverride
from facility.service.alarm_sources import SOURCES, Facts, Kept
from facility.site_journal import open_write_ledger

KEPT_FOR = timedelta(minutes=1)  # what is read from the journal, which takes longer than all else
_DRIFT_BACK, _WRITES_BACK = timedelta(days=31), timedelta(days=1)
_ENDED = frozenset(ApplicationState) - frozenset(LIVE)
_log = get_logger(__name__)


class AlarmWatch:
    """The watch over one site; what it remembers is how long things have been so, all else is in the book."""

    def __init__(self, view: SiteView, book: AlarmBook, outbox: AlarmOutbox, channels: Sequence[Channel] = ()) -> None:
        self._view, self._book, self._outbox, self._channels = view, book, outbox, channels
        self._delays = Delays()
        self._kept: tuple[datetime, Kept] | None = None
        self._before: ServiceHealth | None = None
        self._blind: dict[int, str] = {}

    def look(self) -> list[Alarm]:
        """Look once, and return the alarms that changed their state.

        Raises
        ------
        FacilityError
            If the alarms cannot be read or kept; the next look does it.
        """
        now = self._view.clock.now()
        facts = Facts(self._view, self._recent(now), now, self._before)
        seen, looked_for = self._ask(facts)
        self._before = facts.health
        known = {alarm.id: alarm for alarm in self._book.alarms()}
        moved = self._book.observe(judge(seen, looked_for, known, self._delays, now), now, self._channels)
        for alarm in moved:
            _log.warning("alarm" if alarm.active else "alarm over", alarm=alarm.id, state=alarm.state.value,
                         priority=alarm.priority.value, text=alarm.text)  # fmt: skip
        return moved

    def _ask(self, facts: Facts) -> tuple[list[Observation], frozenset[str]]:
        """Return what the sources say, and the conditions of those that could look."""
        seen: list[Observation] = []
        looked_for: frozenset[str] = frozenset()
        for number, source in enumerate(SOURCES):
            try:
                seen += list(source.look(facts))
                looked_for |= source.conditions
                self._blind.pop(number, None)
            except FacilityError as error:
                if self._blind.get(number) != str(error):  # said once, not every look
                    _log.error("alarms stay as they are", conditions=sorted(source.conditions), reason=str(error))
                self._blind[number] = str(error)
        return seen, looked_for

    def _recent(self, now: datetime) -> Kept:
        if self._kept is None or abs(now - self._kept[0]) >= KEPT_FOR:
            journal, book = self._view.journal, self._view.dispatch.book
            self._kept = (
                now,
                Kept(
                    plan=journal.latest_plan(),
                    model_events=journal.events(now - _DRIFT_BACK, "model"),
                    write_events=journal.events(now - _WRITES_BACK, "write"),
                    overrides=self._overrides(now),
                    applications=[*book.applications(_ENDED, since=now - _WRITES_BACK), *book.applications(LIVE)],
                    suspended=book.posture().suspended,
                    ended_lock_outs=book.expired_lock_outs(now),
                    oldest_notice=self._outbox.oldest_waiting(),
                ),
            )
        return self._kept[1]

    def _overrides(self, now: datetime) -> list[LocalOverride]:
        points = [point.id for point in self._view.loaded.points if point.writable is not None]
        if not points:
            return []
        with closing(open_write_ledger(self._view.loaded, self._view.state)) as ledger:
            return _overridden(ledger, points, now)


def _overridden(ledger: WriteLedger, points: Sequence[str], now: datetime) -> list[LocalOverride]:
    standings = (ledger.standing(point, now).override for point in points)
    return [override for override in standings if override is not None]
