"""Ten events by chance a month: the same for whoever asks for them, each on its day, and a file that the closed loop reads."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.closed_loop.making import TOY
from tools.closed_loop.grid_calls import read_calls
from tools.closed_loop.random_calls import EVENTS, SHARES, main, random_asks

BERLIN = ZoneInfo("Europe/Berlin")


def test_month_and_seed_choose() -> None:
    july = random_asks(2025, 7, BERLIN)
    assert july == random_asks(2025, 7, BERLIN)
    assert july != random_asks(2025, 7, BERLIN, seed=1)
    assert [one.start.day for one in july] != [one.start.day for one in random_asks(2025, 8, BERLIN)]


@pytest.mark.parametrize("month", [2, 3, 10])
def test_each_is_on_a_day_of_its_own_and_within_it(month: int) -> None:
    asks = random_asks(2024, month, BERLIN)
    assert len({one.start.date() for one in asks}) == EVENTS
    assert all(one.told.date() == one.start.date() == one.end.date() for one in asks)
    assert all(one.told < one.start < one.end <= one.start + timedelta(hours=3) for one in asks)
    assert all(SHARES[0] <= one.share <= SHARES[1] for one in asks)


def test_the_file_is_one_of_events(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(TOY), "2025-07", "--site-kw", "200"]) == 0
    path = tmp_path / "calls.csv"
    path.write_text(capsys.readouterr().out, encoding="utf-8")
    assert read_calls(path) == tuple(one.call(200.0) for one in random_asks(2025, 7, BERLIN))
