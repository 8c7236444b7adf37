"""A site whose prices a provider publishes: savings are worth what was published for their hours, and nothing stands in for it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from facility.errors import SignalError
from facility.history.journal import open_journal
from facility.records import Forecast
from facility.savings.collect import collect
from facility.signals.outlook import PRICE
from facility.signals.published import archive_name
from facility.site import Tariff
from facility.site_file import LoadedSite, load_site
from facility.site_journal import open_forecast_archive
from facility.state import StateFolder
from tests.savings.course import APPLIED, NOW, START, applied, telemetry

DEMO = Path(__file__).parents[2] / "site_configs" / "demo.yaml"
HOUR = timedelta(hours=1)


def with_provider() -> LoadedSite:
    loaded = load_site(DEMO)
    source = {"provider": "entsoe", "area": "10Y1001A1001A82H", "key": "env:TOKEN"}
    tariff = Tariff.model_validate(loaded.site.tariff.model_dump(by_alias=True) | {"price_source": source})
    return replace(loaded, site=loaded.site.model_copy(update={"tariff": tariff}))


def test_what_was_saved_is_worth_what_was_published(tmp_path: Path) -> None:
    loaded, state = with_provider(), StateFolder(tmp_path)
    source = loaded.site.tariff.price_source
    assert source is not None
    readings = telemetry(loaded, saved_kw=6.0)
    hours = [APPLIED - 24 * HOUR + count * HOUR for count in range(int((NOW - APPLIED) / HOUR) + 48)]
    with (
        closing(open_journal(None, state)) as journal,
        closing(open_forecast_archive(loaded, state)) as archive,
    ):
        applied(journal, loaded, {"rec-a": APPLIED})
        with pytest.raises(SignalError, match="is not at hand here"):
            collect(loaded, readings, journal, NOW, recommendation="rec-a")
        with pytest.raises(SignalError, match=f"nothing kept of {PRICE}"):
            collect(loaded, readings, journal, NOW, recommendation="rec-a", archive=archive)
        archive.keep([Forecast(archive_name(PRICE), START, hours, np.full(len(hours), 0.5), source.label)])
        archive.keep([Forecast(archive_name(PRICE), APPLIED, hours, np.full(len(hours), 0.25), source.label)])
        (saved,) = collect(loaded, readings, journal, NOW, recommendation="rec-a", archive=archive).savings
        assert saved.saved_cost.value == pytest.approx(0.25 * saved.saved_kwh.value, rel=0.01)
        quarters = [hours[0] + count * HOUR / 4 for count in range(4 * len(hours))]
        each = np.tile([0.1, 0.2, 0.3, 0.4], len(hours))  # 0.25 in the mean of any hour, whenever it begins
        archive.keep([Forecast(archive_name(PRICE), APPLIED + HOUR, quarters, each, source.label)])
        (again,) = collect(loaded, readings, journal, NOW, recommendation="rec-a", archive=archive).savings
    assert again.saved_cost.value == pytest.approx(saved.saved_cost.value, rel=0.01)
