"""Writes what was ordered, point by point and step by step, watches what follows, and puts it back where that goes wrong.

What belongs together is written, watched and put back as one: what cools more goes first, on the way there and back.

All that must survive a kill is in the journal before it happens: a pass begins with what is kept there, so that a restart goes on
where the last process died. What a process remembers itself is only how long something has been missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from facility.acquire.writing.writer import PointWriter
from facility.dispatch.answer import Answer, limits_broken, unseen, went_wrong
from facility.dispatch.check import check
from facility.dispatch.orders import DISPATCH
from facility.dispatch.patience import Patience
from facility.dispatch.put_back import HELD, PutBack
from facility.dispatch.reading import FactReader
from facility.dispatch.refusal import Refusal, RefusalKind
from facility.dispatch.together import as_group, cools_more, together
from facility.dispatch.watched import ANSWERS, guards_of
from facility.errors import DeviceError, JournalError, WriteRefusedError
from facility.history.dispatch_book import DispatchBook
from facility.history.dispatch_records import LIVE, Application, ApplicationState, Said, Target, TargetState
from facility.history.journal import SqlJournal
from facility.log import get_logger
from facility.ports import Clock, WriteLedger
from facility.records import Recommendation, RecommendationKind, RecommendationState
from facility.site_file import LoadedSite

SETTLE = timedelta(minutes=20)  # air and water loops take 5 to 20 minutes
BLIND_FOR = timedelta(minutes=5)  # so long may what is watched be missing
UNANSWERED_FOR = timedelta(minutes=2)  # so long is a device asked that does not answer
ORDER_STANDS = timedelta(minutes=15)  # an order that nobody began is not carried out hours later
STARTS = frozenset({RefusalKind.MODE, RefusalKind.SUSPENDED, RefusalKind.VETO, RefusalKind.ABNORMAL})
_log = get_logger(__name__)
Group = Sequence[tuple[Application, Recommendation]]  # what belongs together, with the saving of all


class Applier:
    """Brings the applications of one site forward, a pass at a time."""

    def __init__(
        self,
        loaded: LoadedSite,
        *,
        book: DispatchBook,
        journal: SqlJournal,
        ledger: WriteLedger,
        reader: FactReader,
        writer: PointWriter,
        clock: Clock,
        settle: timedelta = SETTLE,
    ) -> None:
        self._loaded, self._book, self._journal, self._ledger = loaded, book, journal, ledger
        self._reader, self._writer, self._clock = reader, writer, clock
        self._settle = settle
        self._patience = Patience(clock)
        self._put_back = PutBack(book, journal, writer, clock)

    async def step(self) -> None:
        """Make one pass over all that is under way, group by group."""
        for group in self._groups():
            if any(one.state is ApplicationState.ROLLING_BACK for one, _ in group):
                await self._all_back(group)
            elif any(one.state is ApplicationState.WRITING for one, _ in group):
                await self._write_group(group)
            else:
                self._watch(group)

    def _groups(self) -> list[Group]:
        """Return what is under way as it was ordered: what belongs together was ordered at once."""
        found: dict[tuple[str, datetime], list[tuple[Application, Recommendation]]] = {}
        live = {one.id: one for one in self._book.applications(LIVE)}
        for members in together(self._loaded.site, [self._book.recommendation(name) for name in live]):
            for one in as_group(members):
                application = live[one.id]
                found.setdefault((members[0].id, application.ordered.at), []).append((application, one))
        return list(found.values())

    async def _all_back(self, group: Group) -> None:
        """Turn back all of a group of which one is, since alone none is what was planned; first what then cools more."""
        first = next(one for one, _ in group if one.state is ApplicationState.ROLLING_BACK)
        turned = [
            one
            if one.state is ApplicationState.ROLLING_BACK
            else self._turn_back(one, f"{first.equipment} {first.quantity} went back: {first.why}")
            for one, _ in sorted(group, key=_cools_more)
        ]
        if self._may_put_back():
            for application in turned:
                await self._put_back.step(application)

    async def _write_group(self, group: Group) -> None:
        """Write what cools more, and when that has arrived what cools less; watch when all is written."""
        begun = any(target.state in HELD for one, _ in group for target in one.targets)
        written: list[Application] = []
        for more in (True, False):
            for application, recommendation in group:
                if _cools_more((application, recommendation)) is more:
                    written.append(await self._write(application, recommendation, begun=begun))
            if not all(_is_written(one) for one in written):
                return
        for application in written:
            self._move(application, ApplicationState.WATCHING, "all is written")

    def _may_put_back(self) -> bool:
        """Tell whether points may be put back: not in an abnormal state, nor after one until a person resumes.

        A return to local control suspends too, and it is what a person asked for: then what is still held goes back.
        """
        facts = self._reader.site_facts(self._clock.now())
        posture = facts.posture
        after_abnormal = posture.suspended is not None and posture.suspended.by == DISPATCH
        return not (after_abnormal or posture.vetoed or facts.abnormal or facts.vetoes)

    async def _write(self, application: Application, recommendation: Recommendation, *, begun: bool) -> Application:
        """Bring one application forward by a step of each of its points; `begun`: something of its group is written."""
        if not begun and self._clock.now() - application.ordered.at > ORDER_STANDS:
            return self._turn_back(application, f"nobody began within {ORDER_STANDS / timedelta(minutes=1):g} minutes")
        wrong = [str(one) for one in self._objections(application, recommendation)]
        wrong += self._limits_broken(application, recommendation) if begun else []
        if wrong:
            return self._turn_back(application, "; ".join(wrong))
        if not self._claimed(application, recommendation) or self._is_blind(application, recommendation):
            return application
        for target in application.targets:
            if target.state is not TargetState.WRITTEN and application.state is ApplicationState.WRITING:
                application = await self._advance(application, target)
        return application

    def _limits_broken(self, application: Application, recommendation: Recommendation) -> list[str]:
        values = self._reader.measured(recommendation, self._clock.now())
        return list(limits_broken(self._answer(application, recommendation), application.measured, values))

    def _objections(self, application: Application, recommendation: Recommendation) -> list[Refusal]:
        """Return what ends a write that was begun: all that the check says, but for what is only missing or over by now."""
        automatic = application.ordered.by == DISPATCH
        found = check(recommendation, self._reader.facts(recommendation, self._clock.now()), automatic=automatic)
        passing = {RefusalKind.FRESHNESS, RefusalKind.RATE}
        return [one for one in found if one.kind not in passing]

    def _claimed(self, application: Application, recommendation: Recommendation) -> bool:
        """Move the recommendation before the first write; whoever was quicker has it."""
        if recommendation.state is RecommendationState.APPLIED:
            return True
        ordered = application.ordered
        reason = f"ordered by {ordered.by}: {ordered.reason}"
        try:
            self._journal.transition(
                application.id, RecommendationState.APPLIED, actor=DISPATCH, reason=reason, at=self._clock.now()
            )
        except JournalError as error:
            self._turn_back(application, str(error))
            return False
        return True

    def _is_blind(self, application: Application, recommendation: Recommendation) -> bool:
        """Tell whether what is to be watched is not measured; after a while that ends the application."""
        values = self._reader.measured(recommendation, self._clock.now())
        missing = unseen(self._answer(application, recommendation), application.measured, values)
        if not missing:
            self._patience.over(application.id, "blind")
            return False
        if self._patience.lasts(application.id, "blind") > BLIND_FOR:
            self._turn_back(application, f"{len(missing)} of what is watched is not measured, first {missing[0]}")
        return True

    async def _advance(self, application: Application, target: Target) -> Application:
        """Send one step of one point, if it is due."""
        if not self._is_due(target.point):
            return application
        try:
            if target.before is None:
                before = await self._writer.present(target.point)
                application, target = self._note(application, replace(target, before=before, state=TargetState.MOVING))
            done = await self._writer.write(
                target.point,
                application.value,
                actor=application.ordered.by,
                in_steps=True,
                reason=_reason(application),
            )
        except WriteRefusedError as refusal:
            return self._fail(application, target, str(refusal))
        except DeviceError as error:
            if self._patience.lasts(application.id, target.point) > UNANSWERED_FOR:
                return self._fail(application, target, str(error))
            return self._note(application, replace(target, note=str(error)))[0]
        self._patience.over(application.id, target.point)
        arrived = not done.sent or self._writer.rules(target.point).alike(done.requested, application.value)
        state = TargetState.WRITTEN if arrived else TargetState.MOVING
        return self._note(application, replace(target, state=state, note=""))[0]

    def _is_due(self, point: str) -> bool:
        now = self._clock.now()
        last = self._ledger.standing(point, now).last
        return last is None or (now - last.at).total_seconds() >= self._writer.rules(point).min_interval_s

    def _fail(self, application: Application, target: Target, why: str) -> Application:
        overridden = self._ledger.standing(target.point, self._clock.now()).override is not None
        state = TargetState.LEFT if overridden or target.before is None else target.state
        application, target = self._note(application, replace(target, state=state, note=why))
        return self._turn_back(application, why)

    def _watch(self, group: Group) -> None:
        """Turn back what went wrong, and the rest of its group with the next pass; verify all when all have settled."""
        wrong = {one.id: self._wrong(one, recommendation) for one, recommendation in group}
        if any(wrong.values()):
            for application, _ in group:
                if wrong[application.id]:
                    self._turn_back(application, "; ".join(wrong[application.id]))
            return
        blind = [self._is_blind(*member) for member in group]
        if not any(blind) and all(self._has_settled(one) for one, _ in group):
            for application, recommendation in group:
                self._verified(application, recommendation)

    def _wrong(self, application: Application, recommendation: Recommendation) -> list[str]:
        wrong = [str(one) for one in self._objections(application, recommendation) if one.kind in STARTS]
        wrong += [f"{point} was changed by somebody else" for point in self._taken_over(application)]
        wrong += self._limits_broken(application, recommendation)
        if self._has_settled(application):
            values = self._reader.measured(recommendation, self._clock.now())
            wrong += went_wrong(self._answer(application, recommendation), application.measured, values)
        return wrong

    def _has_settled(self, application: Application) -> bool:
        return self._clock.now() - application.since >= self._settle

    def _taken_over(self, application: Application) -> Iterable[str]:
        now = self._clock.now()
        points = (target.point for target in application.targets)
        return [point for point in points if self._ledger.standing(point, now).override is not None]

    def _verified(self, application: Application, recommendation: Recommendation) -> None:
        why = f"no limit broken, nothing moved the wrong way in {self._settle / timedelta(minutes=1):g} minutes"
        if recommendation.state is not RecommendationState.VERIFIED:  # it is after a kill in between
            self._journal.transition(
                application.id, RecommendationState.VERIFIED, actor=DISPATCH, reason=why, at=self._clock.now()
            )
        self._move(application, ApplicationState.VERIFIED, why)

    def _answer(self, application: Application, recommendation: Recommendation) -> Answer:
        moves = {}
        for target in application.targets:
            point = self._loaded.points[target.point]
            if target.before is not None and point.quantity in ANSWERS:
                moves[f"{point.equipment}.{ANSWERS[point.quantity]}"] = application.value - target.before
        claims = recommendation.kind is RecommendationKind.PLAN
        return Answer(moves, guards_of(self._loaded, recommendation), application.saving_kw, claims)

    def _turn_back(self, application: Application, why: str) -> Application:
        _log.warning("rolling back", recommendation=application.id, reason=why)
        return self._move(application, ApplicationState.ROLLING_BACK, why)

    def _move(self, application: Application, state: ApplicationState, why: str) -> Application:
        now = self._clock.now()
        application = replace(application, state=state, since=now, why=why)
        self._book.keep(application, Said(DISPATCH, why, now))
        return application

    def _note(self, application: Application, target: Target) -> tuple[Application, Target]:
        application = noted(application, target)
        self._book.keep(application, self._said())
        return application, target

    def _said(self) -> Said:
        return Said(DISPATCH, "", self._clock.now())


def noted(application: Application, target: Target) -> Application:
    """Return an application with one of its points changed."""
    targets = tuple(target if one.point == target.point else one for one in application.targets)
    return replace(application, targets=targets)


def _reason(application: Application) -> str:
    return f"recommendation {application.id}: {application.ordered.reason}"


def _is_written(application: Application) -> bool:
    live = application.state in (ApplicationState.WRITING, ApplicationState.WATCHING)
    return live and all(target.state is TargetState.WRITTEN for target in application.targets)


def _cools_more(member: tuple[Application, Recommendation]) -> bool:
    """Tell whether an application makes its equipment cool more; not where nobody knows what it held before."""
    application, recommendation = member
    before = next((one.before for one in application.targets if one.before is not None), recommendation.current)
    return before is not None and cools_more(application.quantity, application.value - before)
