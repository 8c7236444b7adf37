"""Reads the facts that a recommendation is checked by, and what is watched, from journal, ledger and history.

Where a value stands in for a point, neither it nor what the point measures is leaned on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from facility.acquire.writing.rules import WriteRules
from facility.acquire.writing.writer import rules_of
from facility.dispatch.answer import IT_POWER, POWER
from facility.dispatch.facts import Facts, LeanedOn, PointFacts
from facility.dispatch.watched import answers_of, guards_of
from facility.errors import WriteRefusedError
from facility.history.dispatch_book import DispatchBook
from facility.history.dispatch_records import LockOut, ReversionTest
from facility.history.stand_in_book import StandInBook
from facility.points import Point
from facility.ports import Telemetry, WriteLedger
from facility.prepare.condition import condition_of
from facility.prepare.situation import SHORTEST_STALE, STALE_INTERVALS, fresh_values
from facility.prepare.stood_in import doubted
from facility.records import Reading, Recommendation
from facility.site_file import LoadedSite
from facility.trust.believed import BelievedTelemetry


class FactReader:
    """Reads what holds now for one site."""

    def __init__(
        self, loaded: LoadedSite, book: DispatchBook, ledger: WriteLedger, telemetry: Telemetry, stand_ins: StandInBook
    ) -> None:
        self._loaded, self._book, self._ledger, self._telemetry = loaded, book, ledger, telemetry
        self._stand_ins = stand_ins

    def site_facts(self, now: datetime) -> Facts:
        """Return what holds for the whole site."""
        vetoes, abnormal = self._abnormal(now)
        return Facts(now, self._loaded.revision, self._book.posture(), abnormal, vetoes, self._locked_out(now), (), ())

    def facts(self, recommendation: Recommendation, now: datetime) -> Facts:
        """Return what a recommendation is checked by."""
        latest = self._latest(now)
        vetoes, abnormal = self._abnormal(now)
        tests = self._book.reversion_tests()
        points = [self._loaded.points[name] for name in recommendation.points if name in self._loaded.points]
        return Facts(
            now=now,
            site_revision=self._loaded.revision,
            posture=self._book.posture(),
            abnormal=abnormal,
            vetoes=vetoes,
            lock_outs=self._locked_out(now),
            points=[self._point(point, latest, tests, now) for point in points],
            leaned_on=list(self._leaned_on(recommendation, latest)),
            watched=len(self._fresh([one.name for one in guards_of(self._loaded, recommendation)], latest, now)),
        )

    def measured(self, recommendation: Recommendation, now: datetime) -> dict[str, float]:
        """Return the fresh values of what is watched, by `equipment.quantity`, with the power of the site and its IT."""
        latest, loaded = self._latest(now), self._loaded
        names = [guard.name for guard in guards_of(loaded, recommendation)] + answers_of(loaded, recommendation)
        found = self._fresh(names, latest, now)
        meter = f"{loaded.site.electrical.main_meter}.power_kw"
        racks = [f"{rack.id}.power_kw" for hall in loaded.site.halls for rack in hall.racks]
        powers = self._fresh([meter, *racks], latest, now)
        if meter in powers and set(racks) <= set(powers):  # with one rack silent, IT would seem to have fallen
            found |= {POWER: powers[meter], IT_POWER: sum(powers[name] for name in racks)}
        return found

    def _latest(self, now: datetime) -> Mapping[str, Reading]:
        return BelievedTelemetry(self._telemetry, doubted(self._stand_ins.holding(now))).latest()

    def _fresh(self, names: list[str], latest: Mapping[str, Reading], now: datetime) -> dict[str, float]:
        points = [point for name in names for point in self._loaded.points.of(*name.split(".", 1))]
        return fresh_values(points, latest, now)[0]

    def _abnormal(self, now: datetime) -> tuple[frozenset[str], frozenset[str]]:
        """Return the local veto inputs that are on, and the abnormal states that hold."""
        said = condition_of(self._loaded, self._telemetry, now).abnormal
        vetoes = frozenset(one for one in said if one.startswith("veto "))
        return vetoes, said - vetoes

    def _locked_out(self, now: datetime) -> Mapping[str, LockOut]:
        return self._book.lock_outs(now)

    def _point(
        self, point: Point, latest: Mapping[str, Reading], tests: Mapping[str, ReversionTest], now: datetime
    ) -> PointFacts:
        rules: WriteRules | str
        try:
            rules = rules_of(self._loaded, point)
        except WriteRefusedError as refusal:
            rules = str(refusal)
        reading, writable = latest.get(point.id), point.writable
        return PointFacts(
            point=point.id,
            equipment=point.equipment,
            rules=rules,
            standing=self._ledger.standing(point.id, now),
            present=reading.value if reading is not None and _leaned(point, reading).is_fresh(now) else None,
            reversion="none" if writable is None else writable.reversion,
            test=tests.get(point.id),
        )

    def _leaned_on(self, recommendation: Recommendation, latest: Mapping[str, Reading]) -> Iterator[LeanedOn]:
        loaded = self._loaded
        names = [guard.name for guard in guards_of(loaded, recommendation)] + answers_of(loaded, recommendation)
        points = [point for name in names for point in loaded.points.of(*name.split(".", 1))]
        points += [loaded.points[name] for name in recommendation.points if name in loaded.points]
        yield from (_leaned(point, latest.get(point.id)) for point in points)


def _leaned(point: Point, reading: Reading | None) -> LeanedOn:
    oldest = max(SHORTEST_STALE, STALE_INTERVALS * timedelta(seconds=point.interval_s))
    return LeanedOn(point.id, reading, oldest)
