"""What was expected is kept as it was issued, and asking as of a time never sees what came later."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facility.errors import JournalError, SignalError
from facility.records import Forecast
from tests.history.forecasting import NOW, STEP, WARMTH, forecast, open_archive

_HOUSE = Path(__file__).parents[2]
RISING = np.linspace(3.0, 21.0, 192)


def same(one: Forecast | None, other: Forecast | None) -> bool:
    if one is None or other is None:
        return one is other
    values = np.array_equal(one.values, other.values) and list(one.quantiles) == list(other.quantiles)
    return values and (one.issued, one.times, one.source) == (other.issued, other.times, other.source)


def test_what_comes_back_is_what_was_issued(tmp_path: Path, journal_url: str) -> None:
    issued = forecast(NOW, RISING, spread=1.5)
    with open_archive(tmp_path, url=journal_url) as archive:
        archive.keep([issued, forecast(NOW, np.full(4, 0.31), "price_per_kwh")])
    with open_archive(tmp_path, url=journal_url) as archive:
        back = archive.as_of(WARMTH, NOW + STEP)
        price = archive.as_of("price_per_kwh", NOW)
    assert back is not None and price is not None
    assert (back.quantity, back.issued, back.source, list(back.times)) == (WARMTH, NOW, "a test", list(issued.times))
    np.testing.assert_allclose(back.values, RISING, rtol=1e-6)
    np.testing.assert_allclose(back.quantiles[0.95], RISING + 1.5, rtol=1e-6)
    assert not price.quantiles


@settings(max_examples=15)
@given(asked=st.integers(0, 40), later=st.lists(st.floats(-30, 45), min_size=1, max_size=5))
def test_nothing_after_a_time_changes_what_was_known_then(
    tmp_path_factory: pytest.TempPathFactory, asked: int, later: list[float]
) -> None:
    at = NOW + asked * STEP / 4
    root = tmp_path_factory.mktemp("archive")
    with open_archive(root) as archive:
        for number in range(0, 10, 2):
            archive.keep([forecast(NOW + number * STEP, RISING + number)])
        before = archive.as_of(WARMTH, at)
        for number, shift in enumerate(later):
            archive.keep([forecast(at + timedelta(seconds=1 + number), RISING + shift)])
        assert same(archive.as_of(WARMTH, at), before)
    assert before is not None and before.issued <= at


def test_sites_in_one_database_do_not_see_each_other(tmp_path: Path) -> None:
    with open_archive(tmp_path, "north") as north, open_archive(tmp_path, "south") as south:
        north.keep([forecast(NOW, RISING)])
        assert south.as_of(WARMTH, NOW) is None


def test_what_repeats_the_last_is_kept_once_an_hour_and_a_change_at_once(tmp_path: Path) -> None:
    flat = np.full(192, 0.25)
    with open_archive(tmp_path) as archive:
        for number in range(9):
            archive.keep([forecast(NOW + number * STEP, flat)])
        archive.keep([forecast(NOW + 9 * STEP, flat + 0.01)])
        kept = [one.issued for one in archive.issued(WARMTH, NOW, NOW + timedelta(days=1))]
    assert kept == [NOW, NOW + 4 * STEP, NOW + 8 * STEP, NOW + 9 * STEP]


def test_old_ones_are_thinned_and_the_oldest_go(tmp_path: Path) -> None:
    days = 110
    with open_archive(tmp_path, retention=timedelta(days=100)) as archive:
        for number in range(days * 4):  # every six hours, and twice more within the hour
            issued = NOW + number * timedelta(hours=6)
            archive.keep([forecast(issued + minutes * STEP, np.array([float(number + minutes)])) for minutes in (0, 1)])
        end = NOW + timedelta(days=days)
        kept = [one.issued for one in archive.issued(WARMTH, NOW, end)]
    ages = [end - one for one in kept]
    assert timedelta(days=99) < max(ages) < timedelta(days=102)
    assert sum(age <= timedelta(days=13) for age in ages) == 13 * 8
    assert sum(timedelta(days=16) < age <= timedelta(days=86) for age in ages) == 70 * 4


def test_times_without_a_zone_and_uneven_steps_are_refused(tmp_path: Path) -> None:
    naive = datetime(2026, 3, 20, 6)  # noqa: DTZ001 (that is the point)
    uneven = Forecast(WARMTH, NOW, [NOW, NOW + STEP, NOW + 3 * STEP], RISING[:3], "a test")
    with open_archive(tmp_path) as archive:
        for wrong in (forecast(naive, RISING), uneven):
            with pytest.raises(SignalError, match=f"forecast of {WARMTH}"):
                archive.keep([forecast(NOW, RISING), wrong])
        assert archive.as_of(WARMTH, NOW) is None, "all of it or nothing"
        with pytest.raises(SignalError, match="offset from UTC"):
            archive.as_of(WARMTH, naive)


def test_the_zone_of_a_question_does_not_matter(tmp_path: Path) -> None:
    berlin_in_summer = timezone(timedelta(hours=2))
    twice = datetime(2026, 10, 25, 2, 30, tzinfo=berlin_in_summer)  # shown by the wall clock once more an hour later
    with open_archive(tmp_path) as archive:
        archive.keep([forecast(twice, RISING)])
        archive.keep([forecast(twice + timedelta(hours=1), RISING + 1)])
        back = archive.as_of(WARMTH, twice.astimezone(UTC))
    assert back is not None and back.issued == twice


@pytest.mark.parametrize("midnight", [datetime(2026, 3, 29), datetime(2026, 10, 25)])  # noqa: DTZ001 (the zone follows)
def test_steps_are_equally_long_when_the_clock_is_changed(tmp_path: Path, midnight: datetime) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    begin = midnight.replace(tzinfo=berlin)
    times = [(begin.astimezone(UTC) + number * STEP).astimezone(berlin) for number in range(100)]
    with open_archive(tmp_path) as archive:
        archive.keep([Forecast(WARMTH, begin, times, RISING[:100], "a test")])
        back = archive.as_of(WARMTH, begin)
    assert back is not None and list(back.times) == [time.astimezone(UTC) for time in times]


def test_a_damaged_row_is_named(tmp_path: Path) -> None:
    with open_archive(tmp_path) as archive:
        archive.keep([forecast(NOW, RISING)])
        with sqlite3.connect(tmp_path / "journal.sqlite") as database:
            database.execute("UPDATE forecasts SET body = substr(body, 1, 100)")
        database.close()
        with pytest.raises(JournalError, match=rf"forecast 1 of {WARMTH} is damaged"):
            archive.as_of(WARMTH, NOW)


def test_a_writer_that_is_killed_loses_nothing_acknowledged(tmp_path: Path) -> None:
    acknowledged: list[int] = []
    for alive_s in (0.2, 0.5):
        command = [sys.executable, "-m", "tests.history.forecasting", str(tmp_path)]
        with subprocess.Popen(command, cwd=_HOUSE, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            heard = child.stdout.readline()
            time.sleep(alive_s)
            child.kill()
            acknowledged += [int(line) for line in (heard + child.stdout.read()).split("\n")[:-1]]
    with open_archive(tmp_path) as archive:
        kept = [round(float(one.values[0])) for one in archive.issued(WARMTH, NOW, NOW + timedelta(days=300))]
    assert set(acknowledged) <= set(kept)
    assert kept == list(range(len(kept))) and len(kept) <= len(acknowledged) + 2
