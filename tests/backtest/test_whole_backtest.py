"""A backtest of the toy: what it claims against what following its plans really saves, and days that cannot be planned."""

from __future__ import annotations

from pathlib import Path

import pytest

from facility.backtest.origins import windows
from facility.backtest.outcome import Outcome
from facility.backtest.run import Backtest
from facility.backtest.signals_then import Basis
from facility.cli.backtest_tables import tables
from tests.backtest.toy_days import DAY, ToyDays, environment
from tests.closed_loop.making import START, toy_site

HISTORY, DAYS = 8, 5  # as in conftest


@pytest.fixture(scope="module")
def outcome(toy_days: ToyDays, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp("backtest")
    first, end = START + HISTORY * DAY, START + (HISTORY + DAYS) * DAY
    with environment(toy_days, folder / "state", end) as here:
        return Backtest(here, folder / "scratch", lambda _text: None).run(windows(first, end, DAY, here.loaded.site))


@pytest.mark.slow
def test_the_saving_that_is_claimed_is_the_one_there_is(toy_days: ToyDays, outcome: Outcome) -> None:
    assert not outcome.left_out, outcome.left_out
    assert [day.start for day in outcome.days] == [START + number * DAY for number in range(HISTORY, HISTORY + DAYS)]
    true_kwh = [toy_days.true_saving_kwh(day.plan) for day in outcome.days]
    claimed = outcome.total().kwh
    assert claimed.low < sum(true_kwh) < claimed.high
    assert claimed.value == pytest.approx(sum(true_kwh), rel=0.2)
    for day, true in zip(outcome.days, true_kwh, strict=True):
        found = outcome.saving_of(day)
        assert found.kwh.low < true < found.kwh.high
        assert day.measured_kwh == pytest.approx(toy_days.midnights[day.start].meter.kwh, rel=0.01)
    assert outcome.total().distinguishable


@pytest.mark.slow
def test_it_says_what_it_was_planned_with_and_what_lies_outside_what_was_seen(outcome: Outcome) -> None:
    for day in outcome.days:
        assert "trained on history before it" in day.models
        assert set(day.basis.values()) == {Basis.ASKED_AGAIN}
        assert 0.0 <= day.extrapolated_frac <= 1.0
    text = "\n".join(str(one) for one in tables(toy_site().site, outcome)[1:])
    assert "judged by models" in text and "the site's source, asked as of then on 5 days" in text


def test_days_that_cannot_be_planned_are_named_with_the_reason(toy_days: ToyDays, tmp_path: Path) -> None:
    first = START - 3 * DAY
    with environment(toy_days, tmp_path / "state", START + DAY) as here:
        said: list[str] = []
        spans = windows(first, first + 2 * DAY, DAY, here.loaded.site)
        found = Backtest(here, tmp_path / "scratch", said.append).run(spans)
    assert not found.days
    assert [(one.start, one.end) for one in found.left_out] == spans
    assert all("not enough data" in one.reason for one in found.left_out)
    assert said == [
        "2025-05-30 02:00: planning, 1 of 2",
        "2025-05-31 02:00: planning, 2 of 2",
    ]
