"""Orders: what passes the second check is opened for writing, with what belongs to it; all is void while the plant is abnormal."""

from __future__ import annotations

from collections.abc import Sequence

from facility.dispatch.check import check
from facility.dispatch.reading import FactReader
from facility.dispatch.refusal import Refusal, RefusalKind
from facility.dispatch.together import as_group, together
from facility.errors import JournalError, WriteRefusedError
from facility.history.dispatch_book import DispatchBook
from facility.history.dispatch_records import LIVE, Application, ApplicationState, Mode, Said, Target
from facility.history.journal import SqlJournal
from facility.history.switchback_book import SwitchbackBook
from facility.log import get_logger
from facility.ports import Clock
from facility.records import Recommendation, RecommendationKind, RecommendationState
from facility.site import Site

DISPATCH = "dispatch"  # who acts where nobody has
RULE = "Auto: it passes the second check"
_log = get_logger(__name__)


class Orders:
    """Opens recommendations for writing, by a person's order or by the rule of Auto."""

    def __init__(
        self,
        site: Site,
        *,
        book: DispatchBook,
        journal: SqlJournal,
        reader: FactReader,
        clock: Clock,
        trials: SwitchbackBook,
    ) -> None:
        self._site, self._book, self._journal, self._reader, self._clock = site, book, journal, reader, clock
        self._trials = trials

    def refusals(self, recommendation: Recommendation, *, automatic: bool) -> tuple[Refusal, ...]:
        """Return what forbids writing a recommendation now."""
        now = self._clock.now()
        found = check(recommendation, self._reader.facts(recommendation, now), automatic=automatic)
        return (*found, *self._busy(recommendation), *self._on_trial(recommendation))

    def groups(self) -> list[list[Recommendation]]:
        """Return what is open, approved first, with what belongs together: each with the saving of its group."""
        states = RecommendationState.APPROVED, RecommendationState.PROPOSED
        found = [one for state in states for one in self._journal.recommendations(state)]
        trial = self._trials.running()
        blocks = [one for one in found if trial is not None and trial.made(one.id)]  # of a switchback: each on its own
        found = [one for one in found if one not in blocks]
        return [*([one] for one in blocks), *(as_group(members) for members in together(self._site, found))]

    def order(self, name: str, said: Said) -> Application:
        """Have an approved recommendation written, by a person's order, with those that belong to it: all or none.

        Raises
        ------
        WriteRefusedError
            If the second check forbids one of them; the message says every reason.
        JournalError
            If there is no such recommendation, or it was ordered already.
        """
        group = self._group_of(name)
        refusals = [self._unapproved(one, name) for one in group if one.state is not RecommendationState.APPROVED]
        refusals += [refusal for one in group for refusal in self.refusals(one, automatic=False)]
        if refusals:
            raise WriteRefusedError("\n".join(str(one) for one in refusals))
        return next(one for one in self._open(group, said) if one.id == name)

    def order_by_rule(self) -> list[Application]:
        """In Auto: drop what is of low confidence, approve and open what passes the check; leave the rest to people.

        What belongs together is written all or none: one that is left to people leaves the others to them.
        """
        if self._book.posture().mode is not Mode.AUTO:
            return []
        opened: list[Application] = []
        for group in self.groups():
            refusals = {one.id: self.refusals(one, automatic=True) for one in group}
            if not any(refusals.values()) and all(self._approve(one) for one in group):
                opened += self._open(group, self._said(RULE))
            for one in group:
                if refusals[one.id] and one.state is RecommendationState.PROPOSED:
                    self._drop(one, refusals[one.id])
        return opened

    def void(self, reasons: Sequence[str]) -> None:
        """Reject what is proposed or approved: it was made for another plant."""
        for state in (RecommendationState.PROPOSED, RecommendationState.APPROVED):
            for one in self._journal.recommendations(state):
                self._move(one, RecommendationState.REJECTED, f"void: {', '.join(reasons)}")

    def _group_of(self, name: str) -> list[Recommendation]:
        found = next((group for group in self.groups() if any(one.id == name for one in group)), None)
        return found or [self._book.recommendation(name)]

    def _unapproved(self, one: Recommendation, ordered: str) -> Refusal:
        belongs = "" if one.id == ordered else f"; {one.equipment} {one.quantity} belongs to {ordered}"
        return Refusal(RefusalKind.STATE, one.id, "only what is approved is written",
                       f"it is {one.state}{belongs}", "approve it first")  # fmt: skip

    def _busy(self, recommendation: Recommendation) -> list[Refusal]:
        if recommendation.kind is RecommendationKind.COMMISSIONING:
            return [Refusal(RefusalKind.STATE, recommendation.id, "dispatch writes what stays",
                            "a try goes back by a timetable", "carry it out by hand")]  # fmt: skip
        taken = {target.point: one.id for one in self._book.applications(LIVE) for target in one.targets}
        return [
            Refusal(RefusalKind.STATE, point, "one recommendation at a time", f"{taken[point]} is under way",
                    "wait until it is verified or rolled back")
            for point in recommendation.points
            if point in taken
        ]  # fmt: skip

    def _on_trial(self, recommendation: Recommendation) -> list[Refusal]:
        """Refuse what a running switchback holds for itself: it would measure something else."""
        trial = self._trials.running()
        if trial is None or trial.made(recommendation.id):
            return []
        points = set(self._book.recommendation(trial.recommendation).points)
        return [
            Refusal(RefusalKind.STATE, point, "nothing else is written that a switchback tries", f"{trial.id} runs",
                    f"wait until {trial.ends:%Y-%m-%d %H:%M} UTC, or stop it: on Savings, or `facility switchback stop`")
            for point in recommendation.points
            if point in points
        ]  # fmt: skip

    def _approve(self, one: Recommendation) -> bool:
        return one.state is RecommendationState.APPROVED or self._move(one, RecommendationState.APPROVED, RULE)

    def _drop(self, one: Recommendation, refusals: Sequence[Refusal]) -> None:
        for refusal in refusals:
            if refusal.kind is RefusalKind.CONFIDENCE:
                self._move(one, RecommendationState.REJECTED, f"dropped: {refusal}")
                return

    def _move(self, one: Recommendation, to: RecommendationState, reason: str) -> bool:
        try:
            self._journal.transition(one.id, to, actor=DISPATCH, reason=reason, at=self._clock.now())
        except JournalError as error:  # somebody was quicker
            _log.info("recommendation not moved", recommendation=one.id, to=to.value, reason=str(error))
            return False
        return True

    def _open(self, group: Sequence[Recommendation], said: Said) -> list[Application]:
        """Open first, move the recommendations after: after a kill in between, the applications move them."""
        applications = [
            Application(
                id=one.id,
                equipment=one.equipment,
                quantity=one.quantity,
                value=one.recommended,
                unit=one.unit,
                saving_kw=one.saving_kw,
                ordered=said,
                state=ApplicationState.WRITING,
                since=said.at,
                measured=self._reader.measured(one, said.at),
                targets=tuple(Target(point) for point in one.points),
            )
            for one in group
        ]
        self._book.open(applications)
        return applications

    def _said(self, reason: str) -> Said:
        return Said(DISPATCH, reason, self._clock.now())
