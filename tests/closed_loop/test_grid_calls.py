"""What the grid asks in a comparison: its file, how the product hears of it, and how delivery is judged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from facility.errors import ConfigurationError
from facility.history.grid_event_book import GridEventBook
from facility.history.journal_database import open_database
from facility.respond.event_state import GridEventState
from facility.respond.frozen_baseline import FROZEN, FrozenBaseline
from facility.state import StateFolder
from tools.closed_loop.case import NOMINATED
from tools.closed_loop.delivered import Delivered, delivered
from tools.closed_loop.grid_calls import GridCall, GridEar, call_settings, read_calls

NOON = datetime(2025, 7, 15, 12, 0, tzinfo=UTC)
HOUR, FIVE = timedelta(hours=1), timedelta(minutes=5)
CALL = GridCall(NOON - 2 * HOUR, NOON, NOON + 2 * HOUR, 100.0, 5.0)
HEAD = "told,start,end,kw,penalty_per_kwh\n"


@pytest.fixture
def book(tmp_path: Path) -> Iterator[GridEventBook]:
    engine = open_database(None, StateFolder(tmp_path))
    with closing(GridEventBook(engine, "demo", call_settings(NOMINATED), ZoneInfo("Europe/Berlin"))) as opened:
        yield opened


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text(HEAD + "2025-07-15T12:00+02:00,2025-07-15T14:00+02:00,2025-07-15T16:00+02:00,100,5\n")
    assert read_calls(path) == (CALL,)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("told,start,end,kw\n", "no column penalty_per_kwh"),
        (HEAD + "2025-07-15T12:00,2025-07-15T14:00,2025-07-15T16:00,100,5\n", "calls.csv:2: told .* has no offset"),
        (HEAD + "2025-07-15T15:00Z,2025-07-15T14:00Z,2025-07-15T16:00Z,100,5\n", "calls.csv:2: expected told <= start"),
        (HEAD + "2025-07-15T12:00Z,2025-07-15T14:00Z,2025-07-15T16:00Z,-1,5\n", "calls.csv:2: kw -1"),
    ],
)
def test_a_wrong_file_is_refused_with_line_and_reason(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "calls.csv"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=said):
        read_calls(path)


def test_the_product_hears_of_a_call_once_its_time_has_come_and_accepts(book: GridEventBook) -> None:
    ear = GridEar(book, (CALL,))
    heard = [ear.hear(CALL.told + number * HOUR) for number in range(-1, 6)]
    assert heard == [False, True, False, False, False, False, False]
    (kept,) = book.events()
    assert kept.noticed == CALL.told and kept.state is GridEventState.DONE
    assert ear.baselines() == [[]]
    frozen = FrozenBaseline("as_planned", CALL.told, CALL.start, (400.0,) * 24)
    book.freeze(kept.number, FROZEN.dump_json(frozen).decode())
    assert ear.baselines() == [[frozen]]


def judged(course: list[float]) -> Delivered:
    baseline = FrozenBaseline("as_planned", CALL.told, CALL.start, (400.0,) * 24)
    index = pd.date_range(pd.Timestamp(CALL.start), periods=len(course), freq=FIVE)
    (one,) = delivered(pd.Series(course, index=index), [CALL], [[baseline]], timedelta(minutes=15))
    return one


def test_what_is_above_the_target_counts_and_what_is_below_makes_up_for_nothing() -> None:
    """The first three of 24 steps are the ramp; of 21 one is 40 kW above the target of 300, one 30 below."""
    one = judged([400.0] * 3 + [340.0] + [300.0] * 19 + [270.0] + [450.0] * 12)
    assert one.excess_most_share == pytest.approx(0.1)
    assert one.excess_p95_share == pytest.approx(0.0)
    assert one.near_share == pytest.approx(20 / 21)
    assert one.mean_less_kw == pytest.approx((60.0 + 19 * 100.0 + 130.0) / 21)
    assert one.delivered_share == pytest.approx((20 * 100.0 + 60.0) / 2100.0)
    assert one.over_kwh == pytest.approx(30.0 / 12.0)
    assert (one.peak_kw, one.peak_after_kw) == (340.0, 450.0)
    assert (one.hours, one.asked_kw, one.baseline_kw) == (2.0, 100.0, 400.0)


def test_a_call_that_was_never_planned_for_is_not_judged() -> None:
    series = pd.Series([300.0], index=pd.DatetimeIndex([CALL.start]))
    assert delivered(series, [CALL], [[]], timedelta(0)) == []
