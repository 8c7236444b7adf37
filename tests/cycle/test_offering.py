"""What the demo site would do if the grid asked: offers that rise with the price, an event that is simulated, nothing kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from facility.cli import main
from facility.clock import SystemClock
from facility.environment import open_environment
from facility.errors import InfeasibleError
from facility.history.offer_book import OfferBook, OffersAsked
from facility.offering import Offering, worthwhile
from facility.plan.event_answer import SITE_KW
from facility.site_file import LoadedSite
from facility.state import StateFolder
from tests.cycle.lived_in import DEMO

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.slow  # a plan for each answer


@pytest.fixture(scope="module")
def offering(demo: LoadedSite, lived: Path) -> Iterator[Offering]:
    with open_environment(demo, StateFolder(lived), SystemClock()) as environment:
        yield Offering.of(environment)


def digest(folder: Path) -> str:
    kept = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix not in {".lock", ".db-shm"}:
            kept.update(str(path).encode() + path.read_bytes())
    return kept.hexdigest()


def test_dearer_hours_bring_no_less_and_nothing_is_kept(offering: Offering, lived: Path) -> None:
    before = digest(lived)
    calls = [one for one in offering.calls(12, 2 * HOUR, HOUR) if one.start >= offering.inputs.start + 4 * HOUR][:3]
    found = [offering.offer(one) for one in calls]
    assert [one.price_per_kwh for one in found] == list(offering.prices_per_kwh)
    assert len({one.start for one in calls}) == 1
    given_kwh = [one.expected_kw * ((one.end - one.start - one.ramp) / HOUR) for one in found]
    # Each is the best to within a plan's gap, which at these prices is some kWh.
    assert given_kwh[0] <= given_kwh[1] * 1.05 + 1.0 and given_kwh[1] <= given_kwh[2] * 1.05 + 1.0
    best = found[-1]
    assert best.expected_kw > 50.0  # the battery alone gives some 100 kW
    assert 0.0 <= best.kw < best.expected_kw
    assert sum(best.by_source_kw.values()) >= best.expected_kw - 0.5
    assert digest(lived) == before


def test_offers_that_are_kept_are_for_the_api(
    demo: LoadedSite, lived: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = OfferBook(StateFolder(lived).offers)
    words = ["dr", "offer", str(DEMO), "--state", str(lived), "--hours", "1", "--notice", "30min", "--keep"]
    with book.held():
        assert main(words) == 1 and "another process makes offers" in capsys.readouterr().err
    assert book.kept() is None
    assert main([*words, "--format", "json"]) == 0
    kept, told = book.kept(), json.loads(capsys.readouterr().out)
    assert kept is not None and kept.offers == told["offers"] and kept.asked == OffersAsked(1, 60.0, 30.0)
    assert kept.site_revision == demo.revision and len(kept.offers) + len(kept.without) > 0


def test_calls_begin_with_whole_hours_and_end_with_the_plan(offering: Offering) -> None:
    calls = list(offering.calls(500, 3 * HOUR, HOUR))
    assert all(one.start.minute == 0 and one.start >= offering.inputs.start for one in calls)
    assert max(one.end for one in calls) <= offering.plan.end
    assert len(calls) == 3 * len({one.start for one in calls})


def test_an_event_within_reach_is_delivered_and_one_beyond_it_is_told_or_priced(offering: Offering) -> None:
    start = offering.inputs.start + 5 * HOUR
    given = offering.simulate(40.0, start, start + HOUR, 2 * HOUR, None)
    assert given.asked.baseline_kw is not None and given.inputs.start == start - 2 * HOUR
    assert given.less_kw[given.during].min() >= 40.0 - 0.1
    answered_kw = [given.plan.schedule[SITE_KW][step] for step in given.during]
    assert all(kw <= given.asked.baseline_kw[step] - 39.9 for step, kw in zip(given.during, answered_kw, strict=True))
    with pytest.raises(InfeasibleError, match="event commitment short by"):
        offering.simulate(5000.0, start, start + HOUR, 2 * HOUR, None)
    priced = offering.simulate(5000.0, start, start + HOUR, 2 * HOUR, 1.0)
    (outcome,) = [one for one in priced.plan.commitments if one.id == "event"]
    assert outcome.shortfall_kwh > 4000.0 and outcome.cost == pytest.approx(outcome.shortfall_kwh)


def test_an_offer_that_brings_no_more_for_more_money_is_left_out(offering: Offering) -> None:
    calls = [one for one in offering.calls(12, HOUR, HOUR) if one.start >= offering.inputs.start + 3 * HOUR][:1]
    one = offering.offer(calls[0])
    assert list(worthwhile([one, one])) == [one]


def test_the_commands_tell_it_in_rows(lived: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start = f"{SystemClock().now() + 6 * HOUR:%Y-%m-%dT%H}:00+00:00"
    words = ["--kw", "30", "--start", start, "--duration", "1h", "--payment", "0.5", "--format", "json"]
    assert main(["dr", "simulate", str(DEMO), "--state", str(lived), *words]) == 0
    document = json.loads(capsys.readouterr().out)
    event = document["event"]
    assert event["least_kw"] >= 29.9 and event["delivered_kwh"] == pytest.approx(30.0, abs=0.2)
    assert event["earned"] == pytest.approx(0.5 * event["delivered_kwh"])
    assert event["gain"] == pytest.approx(event["earned"] - event["cost"])
    asked = [row for row in document["course"] if row["asked_kw"] > 0.0]
    assert len(asked) == 4 and all(row["less_kw"] >= 29.9 for row in asked)
    assert main(["dr", "offer", str(DEMO), "--state", str(lived), "--hours", "1", "--format", "csv"]) == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.startswith("start,end,notice_min,price_per_kwh,kw,expected_kw") and rows
