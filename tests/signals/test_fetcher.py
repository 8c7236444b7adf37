"""Fetching and what a plan is told: kept as issued, bounded, last issue until too old, then the fallback; never silent."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from facility.ports import ForecastArchive
from facility.signals.fetcher import Fetcher, SourceStatus
from facility.signals.outlook import CARBON, PRICE, SiteSignals
from facility.signals.past import past_prices
from facility.signals.series_file import step_times
from facility.signals.sources import sources_of
from facility.site import Site
from facility.site_file import LoadedSite
from facility.site_journal import open_forecast_archive
from facility.state import StateFolder
from tests.closed_loop.making import toy_site
from tests.signals import published_documents as documents
from tests.signals.provider_server import Answer, serving
from tools.closed_loop.memory_telemetry import MemoryTelemetry

NOON = datetime(2026, 10, 24, 12, tzinfo=UTC)
HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)


@dataclass(slots=True)
class Desk:
    """A site with a price source, its archive, and a clock that the test turns."""

    loaded: LoadedSite
    archive: ForecastArchive
    fetcher: Fetcher
    now: datetime = NOON

    def fetch(self) -> SourceStatus:
        (status,) = self.fetcher.fetch_due(self.archive, lambda: self.now)
        return status

    def prices(self, at: datetime, start: datetime, steps: int = 4) -> tuple[np.ndarray, str]:
        signals = SiteSignals(self.loaded, MemoryTelemetry(self.loaded.points, self.loaded.revision), self.archive)
        found = signals.forecast(PRICE, at, start, steps, HOUR)
        return found.values, found.note


def with_source(base_url: str, **more: object) -> LoadedSite:
    toy = toy_site()
    document = toy.site.model_dump(by_alias=True)
    document["tariff"] |= {
        "price_source": {
            "provider": "entsoe", "base_url": base_url, "area": "10Y1001A1001A82H", "key": "env:TOKEN", "oldest_h": 24.0,
            **more,
        }
    }  # fmt: skip
    return replace(toy, site=Site.model_validate(document))


@contextmanager
def desk(tmp_path: Path, base_url: str, **more: object) -> Iterator[Desk]:
    loaded = with_source(base_url, **more)
    with closing(open_forecast_archive(loaded, StateFolder(tmp_path))) as archive:
        yield Desk(loaded, archive, Fetcher(sources_of(loaded.site, tmp_path), 48 * HOUR, random.Random(1)))


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "t")


def two_days(price: float, implausible: int = 0) -> Answer:
    """The market days 24 and 25 October 2026, the second of 25 hours."""
    points = {hour: 9e6 if hour <= implausible else price for hour in range(1, 50)}
    return Answer(documents.entsoe(documents.entsoe_series("2026-10-23T22:00Z", "2026-10-25T23:00Z", points)))


def rising_day(implausible: int = 0) -> Answer:
    """The market day 24 October 2026; each hour a unit a MWh dearer than the one before."""
    points = {hour: 9e6 if hour <= implausible else float(hour) for hour in range(1, 25)}
    return Answer(documents.entsoe(documents.entsoe_series("2026-10-23T22:00Z", "2026-10-24T22:00Z", points)))


def test_what_was_published_is_paid_with_factor_and_adder_and_not_seen_before_it_was_fetched(tmp_path: Path) -> None:
    with (
        serving(lambda _: two_days(100.0)) as server,
        desk(tmp_path, server.base_url, factor=1.19, adder_per_kwh=0.05) as one,
    ):
        status = one.fetch()
        assert (status.state, status.fetched, status.dropped) == ("fresh", NOON, 0)
        values, note = one.prices(NOON, NOON)
        np.testing.assert_allclose(values, 0.1 * 1.19 + 0.05)
        assert note == ""
        before, why = one.prices(NOON - HOUR, NOON)
        tariff = one.loaded.site.tariff
        assert set(before) <= {tariff.energy_price_per_kwh, *(window.price_per_kwh for window in tariff.windows)}
        assert "nothing fetched yet; tariff stands in" in why


def test_beyond_the_published_hours_a_day_before_stands_in_and_the_note_says_from_when(tmp_path: Path) -> None:
    with serving(lambda _: two_days(100.0)) as server, desk(tmp_path, server.base_url) as one:
        one.fetch()
        values, note = one.prices(NOON, datetime(2026, 10, 25, 22, tzinfo=UTC), steps=3)
        np.testing.assert_allclose(values, 0.1)
        assert "has no value at 2026-10-25 23:00 UTC and 1 more steps; there as a day before" in note


def test_before_noon_two_days_before_stand_in_for_the_end_of_a_plan_of_48_hours(tmp_path: Path) -> None:
    """Day-ahead prices then end with the day, 35 hours before the plan does."""
    with serving(lambda _: rising_day()) as server, desk(tmp_path, server.base_url) as one:
        one.now = datetime(2026, 10, 24, 11, tzinfo=UTC)
        one.fetch()
        values, note = one.prices(one.now, one.now, steps=48)
        hour_of_day = (np.arange(48) + 13) % 24  # the day begins at 22:00 UTC
        np.testing.assert_allclose(values, (hour_of_day + 1.0) / 1000.0)
        assert "as a day before" in note


def test_an_hour_that_no_day_of_the_issue_has_is_refused(tmp_path: Path) -> None:
    with serving(lambda _: rising_day(implausible=1)) as server, desk(tmp_path, server.base_url) as one:
        one.now = datetime(2026, 10, 24, 11, tzinfo=UTC)
        one.fetch()
        _, note = one.prices(one.now, one.now, steps=48)
        assert "no value at 2026-10-24 22:00 UTC, nor on a day before; tariff stands in" in note


def test_a_failure_keeps_the_last_issue_until_it_is_too_old_then_falls_back_and_recovers(tmp_path: Path) -> None:
    answers = [two_days(100.0)]
    with serving(lambda _: answers[-1]) as server, desk(tmp_path, server.base_url) as one:
        one.fetch()
        answers.append(Answer("", 503))
        one.now = NOON + 2 * HOUR
        assert (one.fetch().state, one.fetch().failures) == ("failing", 1)  # the second time it is not due
        np.testing.assert_allclose(one.prices(one.now, one.now)[0], 0.1)
        one.now = NOON + 25 * HOUR
        status = one.fetch()
        assert (status.state, status.failures) == ("fallback", 2)
        assert "status 503" in (status.error or "")
        assert "its last issue is 25 h old, allowed are 24" in one.prices(one.now, one.now)[1]
        answers.append(two_days(200.0))
        one.now += HOUR
        status = one.fetch()
        assert (status.state, status.failures, status.error) == ("fresh", 0, None)
        np.testing.assert_allclose(one.prices(one.now, one.now)[0], 0.2)


def test_a_restart_knows_what_was_fetched(tmp_path: Path) -> None:
    with serving(lambda _: two_days(100.0)) as server, desk(tmp_path, server.base_url) as one:
        one.fetch()
        again = Fetcher(one.fetcher.sources, 48 * HOUR)
        (status,) = again.look(one.archive, lambda: NOON + HOUR)
        assert (status.state, status.fetched) == ("fresh", NOON)


def test_pauses_double_with_jitter_and_heed_what_the_provider_asks(tmp_path: Path) -> None:
    answers = [Answer("", 500)]
    with serving(lambda _: answers[-1]) as server, desk(tmp_path, server.base_url, refresh_min=60.0) as one:
        asked_at = []
        for _ in range(60 * 6):
            count = len(server.asked)
            one.fetch()
            asked_at += [one.now] * (len(server.asked) - count)
            one.now += timedelta(seconds=10)
        pauses_s = [(later - first).total_seconds() for first, later in itertools.pairwise(asked_at)]
        for number, pause_s in enumerate(pauses_s):
            assert 0.5 * 30 * 2**number <= pause_s <= 1.5 * 30 * 2**number + 10
        assert len(pauses_s) >= 4
        answers.append(Answer("", 429, {"Retry-After": "7200"}))
        while len(server.asked) == len(asked_at):
            one.now += timedelta(minutes=1)
            one.fetch()
        count, one.now = len(server.asked), one.now + timedelta(seconds=7190)
        one.fetch()
        assert len(server.asked) == count
        one.now += timedelta(seconds=20)
        one.fetch()
        assert len(server.asked) == count + 1


def test_implausible_values_are_dropped_and_counted_and_a_wrong_unit_is_refused(tmp_path: Path) -> None:
    answers = [two_days(100.0, implausible=2)]
    with serving(lambda _: answers[-1]) as server, desk(tmp_path, server.base_url) as one:
        status = one.fetch()
        assert (status.state, status.dropped) == ("fresh", 2)
        values, _ = one.prices(NOON, datetime(2026, 10, 24, 0, tzinfo=UTC))
        np.testing.assert_allclose(values, 0.1)
        answers.append(two_days(100.0, implausible=40))
        one.now += 2 * HOUR
        assert "40 of 49 values of price_per_kwh are outside -1..10" in (one.fetch().error or "")


def test_an_issue_of_another_area_does_not_serve(tmp_path: Path) -> None:
    with serving(lambda _: two_days(100.0)) as server:
        with desk(tmp_path, server.base_url) as one:
            one.fetch()
        with desk(tmp_path, server.base_url, area="10YFR-RTE------C") as other:
            assert "10YFR-RTE------C: nothing fetched yet" in other.prices(NOON, NOON)[1]


def test_hours_that_are_over_cost_what_was_published_last_or_are_refused(tmp_path: Path) -> None:
    answers = [two_days(100.0)]
    with serving(lambda _: answers[-1]) as server, desk(tmp_path, server.base_url) as one:
        one.fetch()
        answers.append(two_days(120.0))  # corrected
        one.now += 3 * HOUR
        one.fetch()
        times = step_times(NOON, 8, QUARTER)
        np.testing.assert_allclose(past_prices(one.loaded, one.archive, times), 0.12)
        with pytest.raises(Exception, match="nothing kept of price_per_kwh at 2026-10-20"):
            past_prices(one.loaded, one.archive, step_times(NOON - timedelta(days=4), 8, QUARTER))


def test_carbon_falls_back_to_the_constant_of_the_site(tmp_path: Path) -> None:
    toy = toy_site()
    document = toy.site.model_dump(by_alias=True)
    document["carbon"] |= {
        "intensity_source": {"provider": "electricity_maps", "zone": "DE", "key": "env:TOKEN"},
        "gco2_per_kwh": 321.0,
        "intensity_file": None,
    }
    loaded = replace(toy, site=Site.model_validate(document))
    with closing(open_forecast_archive(loaded, StateFolder(tmp_path))) as archive:
        signals = SiteSignals(loaded, MemoryTelemetry(loaded.points, loaded.revision), archive)
        found = signals.forecast(CARBON, NOON, NOON, 4, HOUR)
    assert (found.values == 321.0).all()
    assert "electricity_maps DE lifecycle: nothing fetched yet; constant stands in" in found.note
