"""From an accepted event to the commitments of a plan and to its settlement, on a real history and a real journal."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facility.cli import main
from facility.grid_event import GridEvent, GridEventKind
from facility.history.grid_event_book import GridEventBook
from facility.prepare.grid_commitments import Outlook, baseline_of, grid_commitments
from facility.prepare.settle_event import settle_event
from facility.promises import CommitmentKind
from facility.respond.event_state import Answer, GridEventError, GridEventState, Opt, Said
from facility.respond.frozen_baseline import NoBaselineError
from facility.site_file import LoadedSite
from facility.site_history import open_site_history
from facility.site_journal import open_site_journal
from facility.site_respond import open_grid_event_book
from facility.state import StateFolder
from tests.api.records_for_tests import FixedClock
from tests.respond.grid_events import NOW, START, grid_event
from tests.respond.responding import responding_site, store_meter

STEPS, STEP = 48, timedelta(minutes=15)
OUTLOOK = Outlook([NOW + index * STEP for index in range(STEPS)], STEP, np.full(STEPS, 12.0), NOW)


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "var")


@pytest.fixture
def loaded(example_site: Path, state: StateFolder) -> LoadedSite:
    """Three weeks of 400 kW before the notice, and 330 kW from the beginning of the event; 2 kW more each hour of the clock."""
    site = responding_site(example_site)
    store_meter(site, state, NOW - timedelta(days=21), START, 400.0)
    store_meter(site, state, START, START + timedelta(hours=2), 330.0)
    return site


@pytest.fixture
def book(loaded: LoadedSite, state: StateFolder) -> Iterator[GridEventBook]:
    with closing(open_grid_event_book(loaded, state)) as opened:
        yield opened


def promise(loaded: LoadedSite, state: StateFolder, book: GridEventBook, *events: GridEvent) -> Any:
    book.receive(events, NOW)
    with closing(open_site_history(loaded, state, FixedClock(NOW))) as telemetry:
        return grid_commitments(loaded, telemetry, book, OUTLOOK)


def test_an_accepted_reduction_is_a_commitment_with_its_baseline(
    loaded: LoadedSite, state: StateFolder, book: GridEventBook
) -> None:
    found, second = promise(loaded, state, book, grid_event((80.0, 80.0)), grid_event(name="asked", program="asked"))
    assert (found.id, found.kind, found.start) == ("dr-1.1", CommitmentKind.REDUCTION, START)
    assert (found.amount_kw, found.penalty_per_kwh) == (80.0, 1.0)
    hour = START.astimezone(loaded.site.zone).hour
    first = (START - NOW) // STEP
    assert found.baseline_kw[first : first + 4] == pytest.approx([400.0 + 2.0 * hour] * 4)
    assert second.baseline_kw[first + 4 : first + 8] == pytest.approx([400.0 + 2.0 * (hour + 1)] * 4)


def test_each_part_of_an_event_is_a_commitment_of_its_own(
    loaded: LoadedSite, state: StateFolder, book: GridEventBook
) -> None:
    found = promise(
        loaded,
        state,
        book,
        grid_event((0.0, 1.0, 2.0), kind=GridEventKind.LEVEL),
        grid_event(name="far", start=NOW + timedelta(days=3)),
    )
    assert [(one.id, one.amount_kw) for one in found] == [("dr-1.1", 50.0), ("dr-1.2", 100.0)]


def test_a_cap_needs_no_baseline(loaded: LoadedSite, state: StateFolder, book: GridEventBook) -> None:
    book.receive([grid_event((350.0,), kind=GridEventKind.IMPORT_CAP)], NOW)
    assert promise(loaded, state, book) == ()  # how much that takes is for a person
    book.answer(1, Answer(Opt.IN, Said("r.weber", "it suits us", NOW)))
    (found,) = promise(loaded, state, book)
    assert (found.kind, found.amount_kw, found.baseline_kw) == (CommitmentKind.IMPORT_CAP, 350.0, None)


def test_what_may_be_drawn_is_subscribed_and_granted_capacity(
    loaded: LoadedSite, state: StateFolder, book: GridEventBook
) -> None:
    """It holds by contract, at the program's penalty; a grant alone says nothing, and another program's adds nothing."""
    granted = grid_event((50.0,), name="more", kind=GridEventKind.IMPORT_RESERVED, start=START + timedelta(hours=1))
    assert promise(loaded, state, book, granted) == ()
    other = grid_event((70.0,), name="other", kind=GridEventKind.IMPORT_RESERVED, program="asked")
    found = promise(
        loaded, state, book, other, grid_event((400.0, 400.0, 300.0), name="all", kind=GridEventKind.IMPORT_SUBSCRIBED)
    )
    assert [(one.id, one.kind, one.amount_kw, one.penalty_per_kwh) for one in found] == [
        ("dr-3.1", CommitmentKind.IMPORT_CAP, 400.0, 1.0),
        ("dr-3.2", CommitmentKind.IMPORT_CAP, 450.0, 1.0),
        ("dr-3.3", CommitmentKind.IMPORT_CAP, 300.0, 1.0),
    ]
    assert [one.start for one in found] == [START + timedelta(hours=hour) for hour in range(3)]
    assert book.event(3).state is GridEventState.OPTED_IN and book.baseline(3) is None


def test_the_baseline_stays_as_it_was_frozen(loaded: LoadedSite, state: StateFolder, book: GridEventBook) -> None:
    promise(loaded, state, book, grid_event())
    with closing(open_site_history(loaded, state, FixedClock(NOW))) as telemetry:
        before = baseline_of(loaded, telemetry, book, book.event(1))
    store_meter(loaded, state, NOW - timedelta(days=40), NOW - timedelta(days=21), 900.0)
    with closing(open_site_history(loaded, state, FixedClock(NOW))) as telemetry:
        assert baseline_of(loaded, telemetry, book, book.event(1)) == before


def test_an_event_without_a_baseline_is_not_planned_for_and_says_so(
    example_site: Path, state: StateFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded = responding_site(example_site)
    with closing(open_grid_event_book(loaded, state)) as book:
        assert promise(loaded, state, book, grid_event()) == promise(loaded, state, book) == ()
        assert "0 like days" in str(book.event(1).not_planned)
        assert main(["dr", "show", str(loaded.path), "1", "--state", str(state.root)]) == 0
        assert "No plan holds it" in capsys.readouterr().out
        with closing(open_site_journal(loaded, state)) as journal:
            assert [one.kind for one in journal.events(NOW, "dr")].count("dr.not_planned") == 1
        with (
            closing(open_site_history(loaded, state, FixedClock(NOW))) as telemetry,
            pytest.raises(NoBaselineError, match="0 like days"),
        ):
            baseline_of(loaded, telemetry, book, book.event(1))
        store_meter(loaded, state, NOW - timedelta(days=21), NOW, 400.0)
        assert [one.amount_kw for one in promise(loaded, state, book)] == [80.0, 80.0]
        assert book.event(1).not_planned is None


def test_where_events_of_a_source_overlap_the_more_urgent_is_planned_for_and_settled(
    loaded: LoadedSite, state: StateFolder, book: GridEventBook
) -> None:
    urgent = replace(grid_event((30.0,), name="urgent", start=START + timedelta(hours=1)), priority=0)
    first, second = promise(loaded, state, book, grid_event((80.0, 80.0)), urgent)
    middle, over = START + timedelta(hours=1), START + timedelta(hours=2)
    assert [(one.id, one.start, one.end, one.amount_kw) for one in (first, second)] == [
        ("dr-1", START, middle, 80.0),
        ("dr-2", middle, over, 30.0),
    ]
    with closing(open_site_history(loaded, state, FixedClock(over))) as telemetry:
        sums = [settle_event(loaded, telemetry, book, book.event(number), over).settlement for number in (1, 2)]
        assert [one.committed_kwh for one in sums] == pytest.approx([80.0, 30.0])
        book.receive([replace(urgent, id="whole", intervals=grid_event((10.0, 10.0)).intervals, sent=NOW + STEP)], NOW)
        with pytest.raises(GridEventError, match="a more urgent one"):
            settle_event(loaded, telemetry, book, book.event(1), over)


def test_the_settlement_is_what_was_reckoned_by_hand(
    loaded: LoadedSite, state: StateFolder, book: GridEventBook
) -> None:
    """The meter fell by 70 kW where 80 kW were promised, for two hours."""
    promise(loaded, state, book, grid_event((80.0, 80.0)))
    over = START + timedelta(hours=3)
    with closing(open_site_history(loaded, state, FixedClock(over))) as telemetry:
        with pytest.raises(GridEventError, match="has not begun"):
            settle_event(loaded, telemetry, book, book.event(1), NOW)
        sums = settle_event(loaded, telemetry, book, book.event(1), over).settlement
        half = settle_event(loaded, telemetry, book, book.event(1), START + timedelta(minutes=30))
    assert sums.delivered_kw == pytest.approx([70.0] * 24)
    assert (sums.committed_kwh, sums.credited_kwh, sums.short_kwh) == pytest.approx((160.0, 140.0, 20.0))
    assert (sums.performance, sums.payment, sums.penalty, sums.missing_h) == pytest.approx((0.875, 70.0, 20.0, 0.0))
    assert half.settlement.committed_kwh == pytest.approx(40.0) and not half.final


def test_the_command_settles_as_table_csv_json_and_page(
    loaded: LoadedSite, state: StateFolder, book: GridEventBook, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The clock of the command is the real one: these events were long ago."""
    promise(loaded, state, book, grid_event((80.0, 80.0)))
    site, page = ["dr", "settle", str(loaded.path), "1", "--state", str(state.root)], tmp_path / "page.html"
    assert main([*site, "--format", "json", "--page", str(page)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["credited_kwh"], document["payment"], len(document["steps"])) == (
        pytest.approx(140.0),
        pytest.approx(70.0),
        24,
    )
    assert main([*site, "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [float(row["delivered_kw"]) for row in rows] == pytest.approx([70.0] * 24)
    assert main(site) == 0 and "performance" in capsys.readouterr().out
    text = page.read_text()
    assert "<svg" in text and "<script" not in text and "http" not in text and "140.00" in text
    assert main(["dr", "show", str(loaded.path), "1", "--state", str(state.root)]) == 0
    assert "reduction 80 kW" in capsys.readouterr().out
    assert (
        main(
            [
                "dr",
                "answer",
                str(loaded.path),
                "1",
                "--opt",
                "out",
                "--reason",
                "x",
                "--by",
                "me",
                "--state",
                str(state.root),
            ]
        )
        == 1
    )
    assert "is over" in capsys.readouterr().err
    assert main(["dr", "events", str(loaded.path), "--state", str(state.root), "--format", "csv"]) == 0
    assert "reduction 80 kW" in capsys.readouterr().out
