"""The psychrometric chart of a hall over the API: known points of moist air, envelopes, and what is measured now."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from httpx import Client

from facility.api.routes.psychrometrics import PsychrometricsAnswer, read_psychrometrics
from facility.api.site_view import SiteView
from facility.history.telemetry import open_telemetry
from facility.records import Quality
from facility.site_file import LoadedSite, load_site
from facility.state import StateFolder
from tests.api.records_for_tests import NOW, FixedClock, batch
from tests.api.serving import refused
from tests.cycle.lived_in import DEMO

AIR_SIDE = DEMO.with_name("air_economizer.yaml")


def chart(loaded: LoadedSite, state: Path, values: dict[str, float]) -> PsychrometricsAnswer:
    rows = [(point, NOW - timedelta(seconds=1), value, Quality.GOOD) for point, value in values.items()]
    with open_telemetry(StateFolder(state), table_uri=None, raw_retention_days=30, clock=FixedClock()) as telemetry:
        if rows:
            telemetry.append(batch(loaded, rows))
    view = SiteView(loaded, StateFolder(state), FixedClock())
    try:
        return read_psychrometrics(view, loaded.site.halls[0].id)
    finally:
        view.close()


def test_saturated_air_is_that_of_the_tables(client: Client) -> None:
    found = client.get("/api/v1/halls/hall-1/psychrometrics").json()
    line = found["saturation"]
    at_20 = float(np.interp(20.0, line["dry_bulb_degc"], line["humidity_g_per_kg"]))
    assert found["altitude_m"] == 0.0
    # 2.3389 kPa saturates air of 20 degC (ASHRAE Fundamentals 2017, chapter 1, table 3); air is taken as an ideal gas, as plans do.
    assert at_20 == pytest.approx(621.945 * 2.3389 / (101.325 - 2.3389), abs=0.01)
    dry = next(one for one in found["humidity_lines"] if one["name"] == "40%")
    assert np.interp(20.0, dry["dry_bulb_degc"], dry["humidity_g_per_kg"]) == pytest.approx(
        621.945 * 0.4 * 2.3389 / (101.325 - 0.4 * 2.3389), abs=0.01
    )


def test_envelopes_close_and_lie_within_each_other(client: Client) -> None:
    found = client.get("/api/v1/halls/hall-1/psychrometrics").json()
    inner, outer = found["recommended"], found["allowable"]
    for edge in (inner, outer):
        ends = [(edge["dry_bulb_degc"][n], edge["humidity_g_per_kg"][n]) for n in (0, -1)]
        assert ends[0] == ends[1]
    assert min(inner["dry_bulb_degc"]) > min(outer["dry_bulb_degc"])
    assert max(inner["humidity_g_per_kg"]) < max(outer["humidity_g_per_kg"])
    assert outer["name"] == "allowable, class A1"
    assert found["economizer"] is None
    assert found["states"] == []
    assert found["unread"] > 0


def test_states_of_now(tmp_path: Path) -> None:
    loaded = load_site(DEMO)
    rack, crah, station = "a01", "crah-1", loaded.site.weather.station
    values = {
        f"{rack}.inlet_temperature_degc": 20.0,
        f"{rack}.inlet_relative_humidity_frac": 0.5,
        f"{crah}.return_air_temperature_degc": 30.0,
        f"{crah}.return_air_relative_humidity_frac": 0.3,
        f"{crah}.supply_air_temperature_degc": 5.0,
        f"{station}.outdoor_temperature_degc": 10.0,
        f"{station}.outdoor_relative_humidity_frac": 1.0,
    }
    found = {one.kind: one for one in chart(loaded, tmp_path, values).states}
    assert set(found) == {"rack", "return", "supply", "outdoor"}
    assert found["rack"].dew_point_degc == pytest.approx(9.27, abs=0.05)
    assert found["outdoor"].dew_point_degc == pytest.approx(10.0, abs=0.01)
    assert found["supply"].relative_humidity_frac == pytest.approx(1.0)  # colder than the return air's dew point
    assert found["supply"].humidity_g_per_kg < found["return"].humidity_g_per_kg


def test_a_hall_with_dampers_has_their_region(tmp_path: Path) -> None:
    loaded = load_site(AIR_SIDE)
    rules = next(hall.economizer for hall in loaded.site.halls if hall.economizer)
    region = chart(loaded, tmp_path, {}).economizer
    assert rules is not None and region is not None
    assert max(region.dry_bulb_degc) == rules.outdoor_max_degc


def test_an_unknown_hall(client: Client) -> None:
    assert "topology" in refused(client.get("/api/v1/halls/hall-9/psychrometrics"), 404)
