"""The course of an event on the meter, before it begins, while it runs and when it is over."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from facility.grid_event import GridEventKind
from facility.history.grid_event_book import GridEventBook
from facility.prepare.event_course import EventCourse, event_course
from facility.respond.event_state import GridEventError
from facility.site_file import LoadedSite
from facility.site_history import open_site_history
from facility.site_respond import open_grid_event_book
from facility.state import StateFolder
from tests.api.records_for_tests import FixedClock
from tests.prepare.test_grid_commitments import book, loaded, promise, state
from tests.respond.grid_events import NOW, START, grid_event
from tests.respond.responding import METER, responding_site

__all__ = ["book", "loaded", "state"]
BEFORE, EVENT = slice(None, 12), slice(12, None)  # an hour, then two


def course(loaded: LoadedSite, state: StateFolder, book: GridEventBook, now: datetime) -> EventCourse:
    with closing(open_site_history(loaded, state, FixedClock(now))) as telemetry:
        return event_course(loaded, telemetry, book, book.event(1), now)


def test_a_running_event_is_known_until_now(loaded: LoadedSite, state: StateFolder, book: GridEventBook) -> None:
    """The meter fell by 70 kW where 80 kW were promised at 1 a kWh: of 80 kWh of the last hour all may be lost still."""
    promise(loaded, state, book, grid_event((80.0, 80.0)))
    found = course(loaded, state, book, START + timedelta(hours=1))
    would = 400.0 + 2.0 * START.astimezone(loaded.site.zone).hour
    assert found.times[12] == START and len(found.times) == 36
    assert np.isnan(found.baseline_kw[BEFORE]).all() and np.isnan(found.target_kw[BEFORE]).all()
    assert found.baseline_kw[12:24] == pytest.approx([would] * 12)
    assert found.target_kw[EVENT] == pytest.approx(found.baseline_kw[EVENT] - 80.0)
    assert found.meter_kw[BEFORE] == pytest.approx([would - 2.0] * 12)
    assert found.delivered_kw[12:24] == pytest.approx([70.0] * 12)
    assert np.isnan(found.meter_kw[24:]).all()
    assert found.penalty_at_most == pytest.approx(10.0 + 80.0)
    assert found.note == ""


def test_before_it_begins_all_may_be_lost_and_afterwards_what_was(
    loaded: LoadedSite, state: StateFolder, book: GridEventBook
) -> None:
    promise(loaded, state, book, grid_event((80.0, 80.0)))
    early = course(loaded, state, book, START - timedelta(hours=3))
    assert np.isnan(early.meter_kw).all() and early.penalty_at_most == pytest.approx(160.0)
    assert course(loaded, state, book, START + timedelta(hours=4)).penalty_at_most == pytest.approx(20.0)


def test_no_baseline_is_frozen_by_looking(loaded: LoadedSite, state: StateFolder, book: GridEventBook) -> None:
    book.receive([grid_event()], NOW)
    found = course(loaded, state, book, NOW)
    assert np.isnan(found.baseline_kw).all() and "no baseline is frozen yet" in found.note
    assert book.baseline(1) is None


def test_the_target_of_a_cap_is_the_cap(loaded: LoadedSite, state: StateFolder, book: GridEventBook) -> None:
    book.receive([grid_event((350.0, 300.0), kind=GridEventKind.IMPORT_CAP)], NOW)
    found = course(loaded, state, book, START + timedelta(hours=1))
    assert found.target_kw[EVENT] == pytest.approx([350.0] * 12 + [300.0] * 12)
    assert not np.isnan(found.meter_kw[12:24]).any()
    assert (found.penalty_at_most, found.note) == (None, "")


def test_metered_generation_needs_no_baseline(example_site: Path, loaded: LoadedSite, state: StateFolder) -> None:
    """The meter stands for a generator here."""
    site = responding_site(example_site, baseline={"method": "metered_generation", "generation_points": [METER]})
    with closing(open_grid_event_book(site, state)) as book:
        book.receive([grid_event((80.0, 80.0))], NOW)
        found = course(site, state, book, START + timedelta(hours=1))
    assert found.delivered_kw[12:24] == pytest.approx(found.meter_kw[12:24])
    assert found.penalty_at_most == pytest.approx(80.0) and found.note == ""


def test_what_asks_nothing_has_no_course(loaded: LoadedSite, state: StateFolder, book: GridEventBook) -> None:
    book.receive([grid_event(kind=GridEventKind.PRICE)], NOW)
    with pytest.raises(GridEventError, match="asks for nothing"):
        course(loaded, state, book, NOW)
