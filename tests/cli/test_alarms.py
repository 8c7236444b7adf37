"""`facility alarms` as an engineer uses it: what stands now, who took it on, what is put aside, how many there are."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from facility.alarms.catalogue import CATALOGUE
from facility.alarms.judge import Verdict
from facility.cli import main
from facility.clock import SystemClock
from facility.history.alarm_book import AlarmBook
from facility.site_alarms import open_alarm_book
from facility.site_file import load_site
from facility.state import StateFolder

Console = pytest.CaptureFixture[str]
HUMID, OVERLOAD, DRIFT = "hall_humid:hall-1", "ups_overloaded:ups-1", "model_drift:chiller-1"


class Engineer:
    """Types commands and reads what they print."""

    def __init__(self, site: Path, console: Console) -> None:
        self._site, self._console = site, console

    def types(self, *words: str) -> tuple[int, str, str]:
        self._console.readouterr()
        named, rest = (words[:1], words[1:]) if words and words[0] in ACTIONS else ((), words)
        state = str(self._site.parent / "state")
        code = main(["alarms", *named, str(self._site), *rest, "--state", state])
        said = self._console.readouterr()
        return code, said.out, said.err

    def reads(self, *words: str) -> Any:
        code, out, err = self.types(*words, "--format", "json")
        assert code == 0, err
        return json.loads(out)

    def ids(self, *words: str) -> list[str]:
        return [row["id"] for row in self.reads(*words)]


ACTIONS = ("list", "show", "rates", "ack", "shelve", "unshelve", "out-of-service", "in-service")


@pytest.fixture
def book(example_site: Path) -> Iterator[AlarmBook]:
    loaded = load_site(example_site)
    with closing(open_alarm_book(loaded, StateFolder(example_site.parent / "state"))) as opened:
        tell(opened, HUMID, OVERLOAD, DRIFT)
        yield opened


def tell(book: AlarmBook, *alarms: str, active: bool = True) -> None:
    names = [alarm.partition(":") for alarm in alarms]
    verdicts = [
        Verdict(f"{condition}:{subject}", subject, condition, active, "705 kW of 600 kW", None)
        for condition, _, subject in names
    ]
    book.observe(verdicts, SystemClock().now())


@pytest.fixture
def engineer(example_site: Path, book: AlarmBook, capsys: Console) -> Engineer:
    return Engineer(example_site, capsys)


def test_the_most_urgent_comes_first_and_each_says_what_to_do(engineer: Engineer) -> None:
    assert engineer.ids() == engineer.ids("list") == [OVERLOAD, HUMID, DRIFT]
    overload = engineer.reads()[0]
    assert (overload["priority"], overload["state"], overload["active"]) == ("high", "unacknowledged", True)
    assert overload["text"] == "705 kW of 600 kW"
    assert overload["response"] == CATALOGUE["ups_overloaded"].response
    code, out, _ = engineer.types()
    assert code == 0
    assert out.index("ups_overloaded") < out.index("hall_humid") < out.index("model_drift")
    rows = list(csv.DictReader(io.StringIO(engineer.types("--format", "csv")[1])))
    assert [row["id"] for row in rows] == [OVERLOAD, HUMID, DRIFT]


def test_acknowledging_says_who_and_an_alarm_that_ends_leaves_the_list(engineer: Engineer, book: AlarmBook) -> None:
    (row,) = engineer.reads("ack", HUMID, "--by", "R. Weber", "--reason", "dampers are closed")
    assert (row["state"], row["acknowledged_by"]) == ("acknowledged", "R. Weber")
    assert row["acknowledged_reason"] == "dampers are closed"
    code, _, err = engineer.types("ack", HUMID)
    assert code == 1
    assert f"alarm {HUMID} is acknowledged and cannot be acknowledged" in err
    tell(book, HUMID, active=False)
    assert engineer.ids() == [OVERLOAD, DRIFT]
    assert engineer.ids("--all") == [OVERLOAD, HUMID, DRIFT]
    tell(book, DRIFT, active=False)
    assert engineer.reads()[1]["state"] == "returned_unacknowledged"


def test_shelved_for_a_shift_and_taken_back(engineer: Engineer) -> None:
    (row,) = engineer.reads("shelve", HUMID, "--by", "R. Weber", "--reason", "valve is replaced")
    held = datetime.fromisoformat(row["held_until"]) - datetime.fromisoformat(row["held_at"])
    assert (row["state"], held) == ("shelved", timedelta(hours=8))
    assert HUMID not in engineer.ids()
    assert engineer.ids("--shelved") == [HUMID]
    assert "put aside by" in engineer.types("--shelved")[1]
    (back,) = engineer.reads("unshelve", HUMID, "--by", "R. Weber", "--reason", "done")
    assert back["state"] == "unacknowledged"


def test_out_of_service_until_somebody_returns_it(engineer: Engineer) -> None:
    engineer.reads("out-of-service", DRIFT, OVERLOAD, "--by", "R. Weber", "--reason", "meter is away")
    assert engineer.ids("--shelved") == [OVERLOAD, DRIFT]
    assert {row["held_until"] for row in engineer.reads("--shelved")} == {None}
    code, _, err = engineer.types("shelve", DRIFT, "--reason", "why not")
    assert code == 1
    assert "is out of service and cannot be shelved" in err
    engineer.reads("in-service", DRIFT, "--by", "R. Weber", "--reason", "meter is back")
    assert engineer.ids() == [HUMID, DRIFT]


def test_a_mistyped_id_moves_nothing(engineer: Engineer) -> None:
    code, _, err = engineer.types("ack", HUMID, "hall_humid:hall-7")
    assert code == 1
    assert "no alarm 'hall_humid:hall-7'; `facility alarms SITE --all` shows them" in err
    assert {row["state"] for row in engineer.reads()} == {"unacknowledged"}


@pytest.mark.parametrize(("hours", "said"), [("25", "up to 24 h"), ("0", "up to 24 h"), ("-1", "up to 24 h")])
def test_the_shelf_is_not_for_days(engineer: Engineer, hours: str, said: str) -> None:
    code, _, err = engineer.types("shelve", HUMID, "--reason", "why", f"--hours={hours}")
    assert code == 1
    assert said in err


@pytest.mark.parametrize("action", ["shelve", "unshelve", "out-of-service", "in-service"])
def test_a_reason_is_needed_for_all_but_acknowledging(engineer: Engineer, action: str) -> None:
    with pytest.raises(SystemExit) as caught:
        engineer.types(action, HUMID)
    assert caught.value.code == 2


def test_one_alarm_with_its_history(engineer: Engineer) -> None:
    engineer.reads("ack", HUMID, "--by", "R. Weber", "--reason", "on my way")
    shown = engineer.reads("show", HUMID)
    assert shown["state"] == "acknowledged"
    assert [(move["from"], move["to"], move["by"], move["reason"]) for move in shown["history"]] == [
        ("normal", "unacknowledged", "alarms", ""),
        ("unacknowledged", "acknowledged", "R. Weber", "on my way"),
    ]
    assert "How it came to that" in engineer.types("show", HUMID)[1]


def test_the_figures_of_the_alarm_system(engineer: Engineer, book: AlarmBook) -> None:
    for _ in range(4):
        tell(book, HUMID, active=False)
        tell(book, HUMID)
    found = engineer.reads("rates", "--days", "1")
    assert (found["annunciated"], found["last_ten_minutes"], found["mean_per_day"]) == (7, 7, 7.0)
    assert found["top"][0] == {"id": HUMID, "annunciated": 5}
    assert found["chattering"] == [HUMID]
    assert found["target_share"] == {"high": 0.05, "medium": 0.15, "low": 0.8}
    text = engineer.types("rates")[1]
    assert "ISA-18.2" in text
    assert "chattering" in text
    code, _, err = engineer.types("rates", "--days", "0")
    assert code == 2
    assert "--days 0" in err


def test_a_site_without_alarms(example_site: Path, capsys: Console) -> None:
    engineer = Engineer(example_site, capsys)
    assert engineer.reads() == []
    assert engineer.types()[1] == "No alarms.\n"
    assert engineer.reads("rates")["share"] == {}
    assert "floods" in engineer.types("rates")[1]


def test_an_action_that_there_is_not_is_refused(example_site: Path, capsys: Console) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["alarms", "shelf", str(example_site), HUMID])
    assert caught.value.code == 2
    assert main(["alarms", "shelf"]) == 2
    assert "shelf" in capsys.readouterr().err
