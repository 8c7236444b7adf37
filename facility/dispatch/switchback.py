"""Carries switchbacks out: a block with the change is an order like another, at its end what was written is put back.

Each block with the change writes a recommendation of its own, the same but for its id and expiry, so that it passes the second
check, goes in steps and is watched as any other. Nothing is remembered here: a pass looks at what is held, and at the timetable.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from facility.dispatch.answer import Answer, limits_broken
from facility.dispatch.check import check_start
from facility.dispatch.orders import DISPATCH, Orders
from facility.dispatch.reading import FactReader
from facility.dispatch.refusal import RefusalKind
from facility.dispatch.watched import guards_of
from facility.errors import ConfigurationError, JournalError, WriteRefusedError
from facility.history.dispatch_book import DispatchBook
from facility.history.dispatch_records import LIVE, TIMETABLE, Application, ApplicationState, Said, TargetState
from facility.history.journal import SqlJournal
from facility.history.switchback_book import SwitchbackBook
from facility.history.switchback_records import Switchback
from facility.log import get_logger
from facility.ports import Clock
from facility.records import Recommendation, RecommendationKind, RecommendationState
from facility.site_file import LoadedSite
from models.savings.timetable import schedule

HOLDING = (*LIVE, ApplicationState.VERIFIED)
_ALL_WRITTEN = (ApplicationState.WATCHING, ApplicationState.VERIFIED)
_MAY_START = (RecommendationState.APPROVED, RecommendationState.APPLIED, RecommendationState.VERIFIED)
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Timetable:
    """What an engineer asks for. Without a seed chance finds one: whoever chooses it could choose the coins."""

    pairs: int
    block: timedelta
    wash_out: timedelta
    by_hand: bool = False
    seed: int | None = None


class Switchbacks:
    """Starts, carries out and ends the switchbacks of one site."""

    def __init__(
        self, loaded: LoadedSite, *, kept: SwitchbackBook, book: DispatchBook, journal: SqlJournal,
        orders: Orders, reader: FactReader, clock: Clock,
    ) -> None:  # fmt: skip
        self._loaded, self.kept, self._book, self._journal = loaded, kept, book, journal
        self._orders, self._reader, self._clock = orders, reader, clock

    def start(self, name: str, asked: Timetable, said: Said) -> Switchback:
        """Start a switchback of a recommendation that was approved or applied; what is held of it is put back first.

        Raises
        ------
        ConfigurationError
            If the timetable makes no sense.
        WriteRefusedError
            If dispatch may not carry it out, with every reason.
        JournalError
            If there is no such recommendation, or another switchback runs.
        """
        _check(asked)
        recommendation = self._book.recommendation(name)
        held = [one for one in self._held() if one.id == name]
        objections = list(self._objections(recommendation, asked, bool(held)))
        if objections:
            raise WriteRefusedError("\n".join(objections))
        seed = secrets.randbelow(2**31) if asked.seed is None else asked.seed
        block_h, wash_out_h = asked.block / timedelta(hours=1), asked.wash_out / timedelta(hours=1)
        made = Switchback(
            f"sb{secrets.token_hex(4)}", name, said.at, asked.pairs, block_h, wash_out_h, seed, asked.by_hand, said
        )
        self.kept.start(made)
        self._begin_without(recommendation, made, held)
        return made

    def stop(self, name: str, said: Said) -> Switchback:
        """End a switchback; what it holds is put back by the next pass."""
        return self.kept.stop(name, said)

    def step(self) -> None:
        """Make one pass: end what must end, put back what the timetable wants off, order what it wants on."""
        running = self.kept.running()
        if running is not None:
            why = self._over(running)
            if why is not None:
                _log.warning("switchback ends", switchback=running.id, reason=why)
                running = self.kept.stop(running.id, self._said(why))
        self._put_back(running)
        if running is not None and running.stopped is None and not running.by_hand:
            self._carry_out(running)

    def now_wanted(self, one: Switchback) -> bool:
        """Tell whether the change is to be in force now."""
        number = one.number_at(self._clock.now())
        return number is not None and one.blocks[number].on

    def _objections(self, recommendation: Recommendation, asked: Timetable, held: bool) -> Iterator[str]:
        now = self._clock.now()
        if recommendation.kind is not RecommendationKind.PLAN or recommendation.state not in _MAY_START:
            yield (
                f"{recommendation.id}: only what a plan saves and was approved or applied is tried; it is a "
                f"{recommendation.kind} that is {recommendation.state}"
            )
        yield from self._limits_broken(recommendation)
        if asked.by_hand:
            return
        if recommendation.state in (RecommendationState.APPLIED, RecommendationState.VERIFIED) and not held:
            yield f"{recommendation.id} was applied by hand: dispatch does not know what was before; switch it by hand"
        if held:
            yield from map(str, check_start(self._reader.site_facts(now), automatic=False))
        else:
            first = replace(recommendation, state=RecommendationState.APPROVED, expires=now + asked.block)
            yield from map(str, self._orders.refusals(first, automatic=False))

    def _begin_without(self, recommendation: Recommendation, one: Switchback, held: list[Application]) -> None:
        """Bring all back to what it was before, so that the change is in force only where the timetable says so."""
        for application in held:
            self._withdraw(application, one)
        if not held and recommendation.state in (RecommendationState.APPLIED, RecommendationState.VERIFIED):
            self._journal.transition(
                recommendation.id, RecommendationState.ROLLED_BACK, actor=one.started.by,
                reason=f"{TIMETABLE} of {one.id}", at=one.started.at,
            )  # fmt: skip

    def _over(self, one: Switchback) -> str | None:
        """Say why it must end, if it must."""
        if one.number_at(self._clock.now()) is None:
            return "its timetable is at its end"
        facts = self._reader.site_facts(self._clock.now())
        wrong = [
            str(refusal)
            for refusal in check_start(facts, automatic=False)
            if not (one.by_hand and refusal.kind is RefusalKind.MODE)
        ]
        recommendation = self._book.recommendation(one.recommendation)
        if recommendation.site_revision != self._loaded.revision:
            wrong.append(f"the site file is not the one that {recommendation.id} was made for")
        wrong += self._limits_broken(recommendation)
        wrong += [] if one.by_hand else self._went_wrong(one)
        return "; ".join(wrong) or None

    def _went_wrong(self, one: Switchback) -> Iterator[str]:
        """Say which of its blocks dispatch rolled back by itself, and what somebody else holds."""
        for application in self._book.applications(since=one.begins):
            if not one.made(application.id):
                continue
            turned = application.state in (ApplicationState.ROLLING_BACK, ApplicationState.ROLLED_BACK)
            if turned and not application.why.startswith(TIMETABLE):
                yield f"{application.id} was rolled back: {application.why}"
            for target in application.targets:
                if target.state is TargetState.LEFT and target.before is not None:
                    yield f"{target.point} was not put back: {target.note}"

    def _limits_broken(self, recommendation: Recommendation) -> Iterator[str]:
        """Say which temperatures are over a limit, with the change or without it."""
        measured = self._reader.measured(recommendation, self._clock.now())
        guards = guards_of(self._loaded, recommendation)
        return limits_broken(Answer({}, guards, recommendation.saving_kw, claims_saving=False), {}, measured)

    def _put_back(self, running: Switchback | None) -> None:
        kept = {one.id: one for one in self.kept.all()}
        for application in self._held():
            owner = kept.get(application.id.rpartition("-")[0])
            if owner is None and running is not None and application.id == running.recommendation:
                owner = running  # a kill came before it was put back
            if owner is not None and not self.now_wanted(owner):
                self._withdraw(application, owner)

    def _carry_out(self, one: Switchback) -> None:
        now = self._clock.now()
        number = one.number_at(now)
        if number is None:
            return
        block, held = one.blocks[number], [application for application in self._held() if one.made(application.id)]
        if block.on and not held:
            self._order(one, number)
        there = any(application.state in _ALL_WRITTEN for application in held) if block.on else not held
        if there and number not in one.reached:
            self.kept.reach(one.id, number, on=block.on, at=now, by=DISPATCH)

    def _order(self, one: Switchback, number: int) -> None:
        """Order what a block with the change writes; what forbids it now may pass, and a block that comes too late is left out."""
        name = one.block_id(number)
        _, expires = one.span(one.blocks[number])
        pattern = self._book.recommendation(one.recommendation)
        copy = replace(pattern, id=name, created=self._clock.now(), expires=expires, state=RecommendationState.APPROVED)
        refusals = self._orders.refusals(copy, automatic=False)
        if refusals:
            _log.info("block waits", switchback=one.id, block=number, reason="; ".join(map(str, refusals)))
            return
        said = replace(one.started, at=self._clock.now())
        try:
            self._book.recommendation(name)
        except JournalError:  # else a kill came before it was ordered
            self._journal.add_approved(copy, one.id, actor=said.by, reason=f"switchback {one.id} of {pattern.id}")
        self._orders.order(name, replace(said, reason=f"switchback {one.id}: {said.reason}"))

    def _held(self) -> list[Application]:
        return self._book.applications(HOLDING)

    def _withdraw(self, application: Application, one: Switchback) -> None:
        if application.state is ApplicationState.ROLLING_BACK:
            return
        said = self._said(f"{TIMETABLE} of {one.id}")
        self._book.keep(replace(application, state=ApplicationState.ROLLING_BACK, since=said.at, why=said.reason), said)

    def _said(self, reason: str) -> Said:
        return Said(DISPATCH, reason, self._clock.now())


def _check(asked: Timetable) -> None:
    try:
        schedule(asked.pairs, asked.block / timedelta(hours=1), 0)
    except ValueError as error:
        raise ConfigurationError(f"{asked.pairs} pairs: {error}") from error
    if not timedelta(0) <= asked.wash_out <= asked.block / 2:
        raise ConfigurationError("the wash-out takes at most half of a block: make blocks longer")
