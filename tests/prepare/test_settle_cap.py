"""Caps and levels that act as caps are settled by the meter, without a baseline."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from facility.cli import main
from facility.grid_event import GridEventKind
from facility.history.grid_event_book import GridEventBook
from facility.prepare.settle_cap import CapSettlement, settle_cap
from facility.respond.event_state import Answer, GridEventError, Opt, Said
from facility.site_file import LoadedSite
from facility.site_history import open_site_history
from facility.site_respond import open_grid_event_book
from facility.state import StateFolder
from tests.api.records_for_tests import FixedClock
from tests.respond.grid_events import NOW, START, grid_event
from tests.respond.responding import responding_site, store_meter

HOUR = timedelta(hours=1)


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "var")


@pytest.fixture
def loaded(example_site: Path) -> LoadedSite:
    return responding_site(example_site, levels_are="import_cap", levels_kw={1: 400.0, 2: 350.0})


@pytest.fixture
def book(loaded: LoadedSite, state: StateFolder) -> Iterator[GridEventBook]:
    with closing(open_grid_event_book(loaded, state)) as book:
        yield book


def settled(loaded: LoadedSite, state: StateFolder, book: GridEventBook, number: int, hours: float) -> CapSettlement:
    now = START + hours * HOUR
    with closing(open_site_history(loaded, state, FixedClock(now))) as telemetry:
        return settle_cap(loaded, telemetry, book, book.event(number), now)


def drawn(loaded: LoadedSite, state: StateFolder, *above_kw: float) -> None:
    """Store so much above 350 kW, one value for each quarter of an hour."""
    for count, each in enumerate(above_kw):
        begins = START + count * HOUR / 4
        by_clock_kw = 2.0 * begins.astimezone(loaded.site.zone).hour
        store_meter(loaded, state, begins, begins + HOUR / 4, 350.0 - by_clock_kw + each)


def test_a_cap_is_settled_by_the_minutes_and_the_energy_above_it(
    loaded: LoadedSite, state: StateFolder, book: GridEventBook
) -> None:
    """An hour: a quarter below it, one 12 kW above, one at it, one silent. Of the program a kWh short costs 1."""
    drawn(loaded, state, -30.0, 12.0, 0.0)
    book.receive([grid_event((350.0,), kind=GridEventKind.IMPORT_CAP)], NOW)
    with pytest.raises(GridEventError, match="has not begun"):
        settled(loaded, state, book, 1, 0.0)
    found = settled(loaded, state, book, 1, 2.0)
    assert (60.0 * found.course.above_h, found.course.above_kwh, found.course.most_above_kw) == pytest.approx(
        (15.0, 3.0, 12.0)
    )
    assert (found.penalty, found.course.missing_h) == pytest.approx((3.0, 0.25)) and found.final
    assert not settled(loaded, state, book, 1, 0.5).final


def test_levels_may_be_caps(loaded: LoadedSite, state: StateFolder, book: GridEventBook) -> None:
    """Level 0, then 2, which caps at 350 kW: what is drawn before it does not count, and no person is passed by."""
    drawn(loaded, state, 90.0, 90.0, 90.0, 90.0, 8.0, 0.0, 0.0, 0.0)
    (told,) = book.receive([grid_event((0.0, 2.0), kind=GridEventKind.LEVEL)], NOW)
    book.answer(1, Answer(Opt.IN, Said("r.weber", "it suits us", NOW)))
    found = settled(loaded, state, book, 1, 2.0)
    assert (60.0 * found.course.above_h, found.course.above_kwh) == pytest.approx((15.0, 2.0))
    assert told.outcome.value == "new" and found.kept.event.kind is GridEventKind.LEVEL


def test_a_reduction_is_no_cap(loaded: LoadedSite, state: StateFolder, book: GridEventBook) -> None:
    book.receive([grid_event()], NOW)
    with pytest.raises(GridEventError, match="caps nothing"):
        settled(loaded, state, book, 1, 1.0)


def test_the_command_tells_it_as_table_csv_json_and_page(
    loaded: LoadedSite, state: StateFolder, book: GridEventBook, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn(loaded, state, -30.0, 12.0, 0.0, 0.0)
    book.receive([grid_event((350.0,), kind=GridEventKind.IMPORT_CAP)], NOW)
    site, page = ["dr", "settle", str(loaded.path), "1", "--state", str(state.root)], tmp_path / "page.html"
    assert main([*site, "--format", "json", "--page", str(page)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["above_min"], document["above_kwh"], len(document["steps"])) == (15.0, pytest.approx(3.0), 12)
    assert main([*site, "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [float(row["above_kw"]) for row in rows] == pytest.approx([0.0] * 3 + [12.0] * 3 + [0.0] * 6)
    assert main(site) == 0 and "above kwh" in capsys.readouterr().out
    assert "cap (dashed)" in page.read_text()
