"""The command line: dates of the site, spans, and one line for what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from facility.errors import ConfigurationError
from tools.closed_loop.arguments import parse, parse_start

BERLIN = ZoneInfo("Europe/Berlin")


def test_what_is_not_given() -> None:
    options = parse(["site.yaml", "--start", "2025-10-06"])
    assert (options.days, options.seeds, options.replan) == (3, (1,), timedelta(hours=1))
    assert options.plant == "tools.simulated_site.closed_loop_plant:factory"
    assert options.folder == Path("var/closed_loop")
    assert (options.form, options.resume, options.reference_cpu_s) == ("table", False, 150.0)
    assert len(options.arms) == 6
    assert options.jobs >= 1


def test_several_starts_and_seeds_each_once() -> None:
    words = "--start 2025-01-06 2025-07-07 2025-01-06 --seed 1 2 --days 2 --replan 30min --arms facility good_practice"
    options = parse(["site.yaml", *words.split()])
    assert options.starts == ("2025-01-06", "2025-07-07")
    assert options.seeds == (1, 2)
    assert options.replan == timedelta(minutes=30)
    assert options.arms == ("good_practice", "facility")


def test_a_date_is_midnight_at_the_site() -> None:
    assert parse_start("2025-10-06", BERLIN) == datetime(2025, 10, 5, 22, tzinfo=UTC)
    assert parse_start("2025-01-06", BERLIN) == datetime(2025, 1, 5, 23, tzinfo=UTC)
    assert parse_start("2025-10-06T06:15+00:00", BERLIN) == datetime(2025, 10, 6, 6, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2025-10-06T06:00", "has no offset from UTC"),
        ("2025-13-01", "month must be"),
        ("monday", "expected a date of the site"),
        ("2025-10-06T06:07+00:00", "whole quarter"),
    ],
)
def test_starts_that_are_none(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as caught:
        parse_start(text, BERLIN)
    assert str(caught.value).startswith(f"--start {text}: ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "--start"),
        ("--start 2025-10-06 --days 0", "--days"),
        ("--start 2025-10-06 --days 400", "at most 366"),
        ("--start 2025-10-06 --seed -1", "--seed"),
        ("--start 2025-10-06 --seed one", "'one'"),
        ("--start 2025-10-06 --replan 7min", "no multiple of 5 min"),
        ("--start 2025-10-06 --replan soon", "no time span"),
        ("--start 2025-10-06 --reference-cpu-s 0", "no positive number"),
        ("--start 2025-10-06 --arms best", "best"),
        ("--start 2025-10-06 --colour red", "--colour"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(words: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(["site.yaml", *words.split()])
    error = capsys.readouterr().err
    assert caught.value.code == 2
    assert said in error
    assert len(error.splitlines()) == 1
