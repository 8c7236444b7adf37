"""From a VTN's event to the commitment of a plan, by the threads of the service, its real journal and its real readings."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from facility.heartbeat import Heartbeat, read_health
from facility.history.grid_event_book import GridEventBook
from facility.prepare.grid_commitments import Outlook, grid_commitments
from facility.promises import CommitmentKind
from facility.respond.event_state import Answer, GridEventState, Opt, Said
from facility.respond.openadr.ven import Turn, Ven
from facility.respond.settings import settings_path
from facility.service.grid_events import answering_the_grid
from facility.service.worker import Worker
from facility.site_alarms import open_alarm_outbox
from facility.site_file import LoadedSite, load_site
from facility.site_history import open_site_history
from facility.site_journal import open_site_journal
from facility.site_respond import open_grid_event_book
from facility.state import StateFolder
from tests.respond.openadr.parties import HOUR, BusinessLogic, SiteSide, TurnedClock, event
from tests.respond.responding import store_meter

WITHIN_S = 30.0
PROGRAM = {
    "name": "Summer Peak", "levels_kw": {1: 50.0}, "notice_min": 30.0, "baseline": {"method": "meter_before"},
    "accept": {"most_kw": 100.0},
}  # fmt: skip


@pytest.fixture
def loaded(example_site: Path, site: SiteSide) -> LoadedSite:
    found = load_site(example_site)
    ven = {**site.settings(poll_s=1.0).model_dump(mode="json"), "resources": ["dc-1-meter"], "targets": []}
    settings_path(found).write_text(yaml.safe_dump({"programs": [PROGRAM], "openadr": [ven]}))
    return found


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "var")


@pytest.fixture
def book(loaded: LoadedSite, state: StateFolder, clock: TurnedClock) -> Iterator[GridEventBook]:
    """The book of a service that listens, with a day of readings before now."""
    store_meter(loaded, state, clock.at - timedelta(days=1), clock.at, 400.0)
    worker = Worker(state, clock, Heartbeat(state, "alarms", clock), loaded)
    worker.heartbeat.say("watching")
    with (
        closing(open_alarm_outbox(loaded, state)) as outbox,
        closing(open_grid_event_book(loaded, state)) as found,
        answering_the_grid(worker, outbox),
    ):
        yield found


def until(found: Callable[[], Any]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def standing(state: StateFolder, clock: TurnedClock) -> Any:
    (health,) = read_health(state, clock.at)
    (said,) = health.detail["vens"]
    return said


def told(business: BusinessLogic, ending: str = "") -> dict[str, list[Any]]:
    """Return the values of the reports at the VTN whose names end so."""
    return {
        each["reportName"]: [one["payloads"][0]["values"][0] for one in each["resources"][0]["intervals"]]
        for each in business.all("reports")
        if each["reportName"].endswith(ending)
    }


def test_an_event_becomes_a_commitment_and_its_reports_are_made(
    book: GridEventBook, business: BusinessLogic, loaded: LoadedSite, state: StateFolder, clock: TurnedClock
) -> None:
    program, start = business.add("programs", {"programName": "Summer Peak"}), clock.at + HOUR
    asked = [{"payloadType": "USAGE"}, {"payloadType": "BASELINE"}]
    name = business.add("events", event(program, start, 1, reportDescriptors=asked))
    until(book.promised)
    outlook = Outlook([clock.at + index * HOUR for index in range(4)], HOUR, np.full(4, 12.0), clock.at)
    with closing(open_site_history(loaded, state, clock)) as telemetry:
        (found,) = grid_commitments(loaded, telemetry, book, outlook)
    assert (found.kind, found.amount_kw, found.start) == (CommitmentKind.REDUCTION, 50.0, start)
    hour = (clock.at - HOUR).astimezone(loaded.site.zone).hour
    assert found.baseline_kw is not None and found.baseline_kw[1] == pytest.approx(400.0 + 2.0 * hour)
    until(lambda: told(business, "-opt") == {f"{name}-opt": ["RUNNING_CURTAILED"]})
    clock.at = start
    until(lambda: book.events({GridEventState.ACTIVE}))
    store_meter(loaded, state, start, start + HOUR, 300.0)
    clock.at = start + HOUR
    until(lambda: len(told(business)) == 3)
    during = start.astimezone(loaded.site.zone).hour
    measured = [[300.0 + 2.0 * during], [400.0 + 2.0 * hour]]
    assert sorted(told(business, "Z").values()) == [pytest.approx(each) for each in measured]
    until(lambda: book.events({GridEventState.DONE}))


def test_what_is_not_taken_is_told_once_and_named(
    book: GridEventBook, business: BusinessLogic, loaded: LoadedSite, state: StateFolder, clock: TurnedClock
) -> None:
    program = business.add("programs", {"programName": "Summer Peak"})
    business.add("programs", {"programName": "Winter"})
    late = business.add("events", event(program, clock.at + timedelta(minutes=10), 1))
    unnamed = business.add("events", event(program, clock.at + HOUR, 3))
    declined = {f"{late}-opt": ["RUNNING_OPTED_OUT"], f"{unnamed}-opt": ["RUNNING_OPTED_OUT"]}
    until(lambda: told(business, "-opt") == declined)
    first = standing(state, clock)["last_contact"]
    for _ in range(3):  # three more readings
        clock.at += timedelta(seconds=1)
        until(lambda: standing(state, clock)["last_contact"] == clock.at.isoformat(timespec="seconds"))
    assert first != standing(state, clock)["last_contact"] and standing(state, clock)["not_joined"] == ["Winter"]
    business.remove("events", late)
    accepted = business.add("events", event(program, clock.at + 2 * HOUR, 1))
    until(lambda: [one.event.id for one in book.events()] == [f"{accepted}:SIMPLE"])
    with closing(open_site_journal(loaded, state)) as journal:
        refused = [one.subject for one in journal.events(clock.at - HOUR, "dr") if one.kind == "dr.refused"]
    assert sorted(refused) == sorted(f"openadr:utility/{each}:SIMPLE" for each in (late, unnamed))


def test_a_person_opts_out_and_a_vtn_that_fails_is_said(
    book: GridEventBook,
    business: BusinessLogic,
    state: StateFolder,
    clock: TurnedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program = business.add("programs", {"programName": "Summer Peak"})
    name = business.add("events", event(program, clock.at + HOUR, 1))
    until(lambda: told(business, "-opt") == {f"{name}-opt": ["RUNNING_CURTAILED"]})
    (kept,) = book.promised()
    book.answer(kept.number, Answer(Opt.OUT, Said("r.weber", "a pump fails", clock.at)))
    until(lambda: told(business, "-opt") == {f"{name}-opt": ["RUNNING_OPTED_OUT"]})
    monkeypatch.delenv("TEST_VEN_SECRET")
    clock.at += 2 * HOUR  # the token has ended: another is wanted
    until(lambda: "TEST_VEN_SECRET" in (standing(state, clock)["last_error"] or ""))
    assert standing(state, clock)["last_contact"] is not None


def test_a_bug_in_the_listening_is_told_and_ends_it_for_seconds_only(
    book: GridEventBook,
    business: BusinessLogic,
    state: StateFolder,
    clock: TurnedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_: Ven) -> Turn:
        raise KeyError("a bug")

    until(lambda: standing(state, clock)["last_contact"] is not None)
    with monkeypatch.context() as bug:
        bug.setattr(Ven, "turn", broken)
        until(lambda: standing(state, clock)["broke"] == "KeyError: 'a bug'")
        assert "please report it" in standing(state, clock)["last_error"]
    until(lambda: standing(state, clock)["broke"] is standing(state, clock)["last_error"] is None)
    program = business.add("programs", {"programName": "Summer Peak"})
    business.add("events", event(program, clock.at + HOUR, 1))
    until(book.promised)
