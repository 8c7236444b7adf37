"""Each provider against a server on loopback that answers in its published format, with the values computed by hand."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facility.errors import FacilityError, SignalError
from facility.signals.provider import Issue, Provider, Window
from facility.signals.providers.caiso import Caiso
from facility.signals.providers.electricity_maps import ElectricityMaps
from facility.signals.providers.entsoe import Entsoe, day_ahead_prices
from facility.signals.providers.epw import Epw
from facility.signals.providers.open_meteo import OpenMeteo
from facility.signals.providers.watttime import WattTime
from facility.site import (
    CaisoPrices,
    ElectricityMapsCarbon,
    EntsoePrices,
    EpwWeather,
    OpenMeteoWeather,
    WattTimeCarbon,
)
from tests.signals import published_documents as documents
from tests.signals.provider_server import Answer, Asked, serving

AREA = "10Y1001A1001A82H"
WINDOW = Window(datetime(2026, 10, 24, tzinfo=UTC), datetime(2026, 10, 27, tzinfo=UTC))
BERLIN, PACIFIC = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Los_Angeles")


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOKEN", "WT_USER", "WT_PASSWORD"):
        monkeypatch.setenv(name, f"{name.lower()} of a test")


def entsoe_source(base_url: str = "https://web-api.tp.entsoe.eu") -> EntsoePrices:
    return EntsoePrices(provider="entsoe", base_url=base_url, area=AREA, key="env:TOKEN")


def one_series(end: str, points: dict[int, float], resolution: str = "PT60M", currency: str = "EUR") -> str:
    return documents.entsoe(documents.entsoe_series("2026-10-24T22:00Z", end, points, resolution, currency=currency))


def fetched(make: Callable[[str], Provider], *answers: Answer | str | bytes) -> tuple[list[Issue], list[Asked]]:
    """Fetch once from a server that gives these answers one after another."""
    waiting = [one if isinstance(one, Answer) else Answer(one) for one in answers]
    with serving(lambda _: waiting.pop(0)) as server:
        issues = list(make(server.base_url).fetch(WINDOW))
    return issues, server.asked


def test_entsoe_takes_the_day_ahead_auction_whatever_the_order_and_fills_left_out_points() -> None:
    """The 25-hour day: market day 25 October 2026 in Berlin, 22:00Z to 23:00Z."""
    day = ("2026-10-24T22:00Z", "2026-10-25T23:00Z")
    other = documents.entsoe_series(*day, {1: 999.0}, auction=2)
    wanted = documents.entsoe_series(*day, {1: 80.0, 4: 60.5, 25: -12.0})
    (issue,), (asked,) = fetched(lambda url: Entsoe(entsoe_source(url)), documents.entsoe(other, wanted))
    series = issue.series
    assert len(series) == 25
    assert series.index[0].tz_convert(BERLIN).isoformat() == "2026-10-25T00:00:00+02:00"
    # 02:00 comes twice; the fourth hour of the day is the second of them.
    assert series.index[3].tz_convert(BERLIN).isoformat() == "2026-10-25T02:00:00+01:00"
    np.testing.assert_allclose(series.iloc[[0, 2, 3, 23, 24]], [0.08, 0.08, 0.0605, 0.0605, -0.012])
    assert asked.path == "/api"
    assert asked.query == {
        "securityToken": "token of a test", "documentType": "A44", "in_Domain": AREA, "out_Domain": AREA,
        "periodStart": "202610240000", "periodEnd": "202610270000",
    }  # fmt: skip


def test_entsoe_has_23_hours_on_the_short_day_and_mixes_steps() -> None:
    short = documents.entsoe_series("2026-03-28T23:00Z", "2026-03-29T22:00Z", {1: 40.0, 23: 50.0}, auction=None)
    quarters = documents.entsoe_series("2026-03-29T22:00Z", "2026-03-29T23:00Z", {1: 10.0, 2: 20.0, 4: 40.0}, "PT15M")
    issue = day_ahead_prices(documents.entsoe(short, quarters).encode(), entsoe_source(), "entsoe")
    assert len(issue.series) == 23 * 4 + 4
    np.testing.assert_allclose(issue.series.iloc[-8:], [0.05] * 4 + [0.01, 0.02, 0.02, 0.04])


def test_entsoe_does_not_fill_what_curve_a01_leaves_out() -> None:
    gap = documents.entsoe_series("2026-10-24T22:00Z", "2026-10-25T01:00Z", {1: 40.0, 3: 50.0}, curve="A01")
    series = day_ahead_prices(documents.entsoe(gap).encode(), entsoe_source(), "entsoe").series
    assert np.isnan(series.iloc[1])
    assert series.iloc[2] == 0.05


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (documents.entsoe_acknowledgement("999", "No matching data found"), "999: No matching data found"),
        (Answer(documents.entsoe_acknowledgement("401", "Unauthorized"), 401), "status 401: 401: Unauthorized"),
        (Answer("busy", 503, {"Retry-After": "120"}), "status 503"),
        (Answer("", 302, {"Location": "http://elsewhere.example/"}), "status 302"),
        (documents.entsoe(), "no day-ahead prices"),
        (one_series("2026-10-24T23:00Z", {1: 1.0}, currency="PLN"), "PLN per MWH"),
        (one_series("2026-10-24T23:00Z", {2: 1.0}), "point 2 of 1"),
        (one_series("2026-10-24T22:30Z", {1: 1.0}), "no whole steps"),
        (one_series("2026-10-24T23:00Z", {1: 1.0}, "P1Y"), "resolution P1Y"),
        ('<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', "document type"),
        ("<a><b></a>", "no XML"),
        ("<other/>", "answered with a other"),
        (Answer("<a/>", headers={"Content-Length": "9000"}), "IncompleteRead|broke off"),
    ],
)  # fmt: skip
def test_entsoe_tells_what_it_was_refused_or_cannot_read(answer: Answer | str, message: str) -> None:
    with pytest.raises(SignalError, match=message) as told:
        fetched(lambda url: Entsoe(entsoe_source(url)), answer)
    assert "token of a test" not in str(told.value)


def test_caiso_reads_the_gmt_hours_of_the_25_hour_day_and_only_the_whole_price() -> None:
    start = datetime(2026, 11, 1, 7, tzinfo=UTC)  # midnight in California, still daylight saving time
    prices = [20.0 + hour for hour in range(25)]
    source = {"provider": "caiso", "node": "TH_SP15_GEN-APND"}
    (issue,), (asked,) = fetched(
        lambda url: Caiso(CaisoPrices.model_validate(source | {"base_url": url})),
        documents.caiso(start, prices, "2026-11-01"),
    )
    np.testing.assert_allclose(issue.series, np.array(prices) / 1000.0)
    assert issue.series.index[0].tz_convert(PACIFIC).isoformat() == "2026-11-01T00:00:00-07:00"
    assert issue.series.index[24].tz_convert(PACIFIC).isoformat() == "2026-11-01T23:00:00-08:00"
    assert (asked.query["startdatetime"], asked.query["market_run_id"]) == ("20261024T00:00-0000", "DAM")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (documents.caiso_refusal("1000", "No data returned for the specified selection"), "1000: No data returned"),
        (b"<html>", "no zip"),
        (documents.zipped("a.csv", "A,B\n1,2\n"), "no column INTERVALSTARTTIME_GMT"),
        (documents.caiso(WINDOW.start, [1.0], "2026-10-24", node="OTHER"), "no values"),
        (documents.zipped("a.csv", "x" * (17 << 20)), "more than 16 MB"),
    ],
)
def test_caiso_tells_what_it_was_refused_or_cannot_read(answer: bytes, message: str) -> None:
    source = {"provider": "caiso", "node": "TH_SP15_GEN-APND"}
    with pytest.raises(SignalError, match=message):
        fetched(lambda url: Caiso(CaisoPrices.model_validate(source | {"base_url": url})), answer)


def maps(url: str) -> ElectricityMaps:
    return ElectricityMaps(ElectricityMapsCarbon(provider="electricity_maps", base_url=url, zone="DE", key="env:TOKEN"))


def test_electricity_maps_joins_what_was_with_what_is_forecast() -> None:
    now = datetime(2026, 10, 25, 12, tzinfo=UTC)
    past = documents.electricity_maps(now - timedelta(hours=24), [400.0] * 23 + [None, 410.0], "history")
    ahead = documents.electricity_maps(now, [380.0, 370.0, 360.0], "forecast")
    (issue,), asked = fetched(maps, past, ahead)
    assert issue.series.index[0].to_pydatetime() == now - timedelta(hours=24)
    np.testing.assert_allclose(issue.series.iloc[[22, 23, 24, 25, 26]], [400.0, np.nan, 410.0, 370.0, 360.0])
    assert [one.path for one in asked] == ["/v3/carbon-intensity/history", "/v3/carbon-intensity/forecast"]
    assert all(one.headers["auth-token"] == "token of a test" for one in asked)
    assert issue.issued == now


def test_electricity_maps_refuses_another_zone_and_other_factors() -> None:
    now = datetime(2026, 10, 25, 12, tzinfo=UTC)
    ahead = documents.electricity_maps(now, [380.0], "forecast")
    with pytest.raises(SignalError, match="zone FR"):
        fetched(maps, documents.electricity_maps(now, [60.0], "history", zone="FR"), ahead)
    with pytest.raises(SignalError, match="direct emission factors"):
        fetched(maps, documents.electricity_maps(now, [60.0], "history", factors="direct"), ahead)


def watt(url: str) -> WattTime:
    names = {"provider": "watttime", "region": "CAISO_NORTH", "username": "env:WT_USER", "password": "env:WT_PASSWORD"}
    return WattTime(WattTimeCarbon.model_validate(names | {"base_url": url}))


def test_watttime_logs_in_converts_pounds_and_takes_a_new_token_when_the_old_one_is_refused() -> None:
    forecast = documents.watttime(datetime(2026, 10, 25, tzinfo=UTC), [1000.0, 500.0])
    answers = [
        Answer('{"token": "one"}'),
        Answer(forecast),
        Answer("{}", 401),
        Answer('{"token": "two"}'),
        Answer(forecast),
    ]
    with serving(lambda _: answers.pop(0)) as server:
        provider = watt(server.base_url)
        (issue,) = provider.fetch(WINDOW)
        provider.fetch(WINDOW)
    np.testing.assert_allclose(issue.series, [453.59237, 226.796185])
    assert [one.path for one in server.asked] == ["/login", "/v3/forecast", "/v3/forecast", "/login", "/v3/forecast"]
    basic = server.asked[0].headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(basic).decode() == "wt_user of a test:wt_password of a test"
    assert [server.asked[n].headers["authorization"] for n in (1, 2, 4)] == ["Bearer one", "Bearer one", "Bearer two"]
    assert issue.issued == datetime(2026, 10, 25, tzinfo=UTC)


def test_watttime_refuses_other_units_and_a_wrong_password_once() -> None:
    with pytest.raises(SignalError, match="lbs_co2_per_mwh"):
        fetched(watt, '{"token": "one"}', documents.watttime(WINDOW.start, [1.0], units="kg_co2_per_mwh"))
    with serving(lambda _: Answer("{}", 401)) as server, pytest.raises(SignalError, match="status 401") as told:
        watt(server.base_url).fetch(WINDOW)
    assert len(server.asked) == 1
    assert "password of a test" not in str(told.value)


def meteo(url: str) -> OpenMeteo:
    place = {"provider": "open_meteo", "latitude_deg": 52.52, "longitude_deg": 13.42}
    return OpenMeteo(OpenMeteoWeather.model_validate(place | {"base_url": url}))


def test_open_meteo_reads_arrays_with_their_units() -> None:
    (dry, humidity), (asked,) = fetched(meteo, documents.open_meteo(WINDOW.start, [1.5, None, 3.0], [90.0, 80.0, 70.0]))
    assert (dry.quantity, humidity.quantity) == ("outdoor_temperature_degc", "outdoor_relative_humidity_frac")
    np.testing.assert_allclose(dry.series, [1.5, np.nan, 3.0])
    np.testing.assert_allclose(humidity.series, [0.9, 0.8, 0.7])
    assert dry.series.index[0].to_pydatetime() == WINDOW.start
    assert (asked.query["start_date"], asked.query["end_date"]) == ("2026-10-24", "2026-10-26")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer('{"error":true,"reason":"Latitude must be in range"}', 400), "status 400: Latitude must be in range"),
        (documents.open_meteo(WINDOW.start, [1.0, 2.0], [90.0, 80.0], unit="°F"), "is in °F, expected °C"),
        (documents.open_meteo(WINDOW.start, [1.0, 2.0], [90.0]), "1 of relative_humidity_2m for 2 times"),
        ("[]", "JSON that is no object"),
        ("{", "no JSON"),
    ],
)
def test_open_meteo_tells_what_it_cannot_read(answer: Answer | str, message: str) -> None:
    with pytest.raises(SignalError, match=message):
        fetched(meteo, answer)


def test_an_answer_that_is_unchanged_is_not_sent_again() -> None:
    body = documents.open_meteo(WINDOW.start, [1.0, 2.0], [90.0, 80.0])

    def answer(asked: Asked) -> Answer:
        unchanged = asked.headers.get("if-none-match") == '"v1"'
        return Answer("", 304) if unchanged else Answer(body, headers={"ETag": '"v1"'})

    with serving(answer) as server:
        provider = meteo(server.base_url)
        first, again = provider.fetch(WINDOW), provider.fetch(WINDOW)
    assert [one.headers.get("if-none-match") for one in server.asked] == [None, '"v1"']
    for one, other in zip(first, again, strict=True):
        assert one.series.equals(other.series)


def test_epw_hours_begin_an_hour_before_their_number_in_standard_time(tmp_path: Path) -> None:
    lines = ["LOCATION,Golden,CO,USA,TMY3,724666,39.74,-105.18,-7.0,1829.0", *["HEADER"] * 7]
    for day in range(24, 28):
        for hour in range(1, 25):
            humidity = 999 if (day, hour) == (25, 1) else 40 + hour
            lines.append(f"1999,10,{day},{hour},0,?9,{day + hour / 100:.2f},1.0,{humidity},82000")
    (tmp_path / "year.epw").write_text("\n".join(lines))
    dry, humid = Epw(EpwWeather(provider="epw", file=Path("year.epw")), tmp_path).fetch(
        Window(datetime(2026, 10, 24, 7, tzinfo=UTC), datetime(2026, 10, 25, 9, tzinfo=UTC))
    )
    assert dry.series.iloc[0] == 24.01  # 07:00 UTC is 00:00 at UTC-7, where hour 1 begins
    assert np.isnan(humid.series.iloc[24])
    assert humid.series.iloc[25] == 0.42
    with pytest.raises(SignalError, match="no hour 0 of 23 October"):
        Epw(EpwWeather(provider="epw", file=Path("year.epw")), tmp_path).fetch(
            Window(datetime(2026, 10, 23, 7, tzinfo=UTC), datetime(2026, 10, 23, 9, tzinfo=UTC))
        )


DAMAGED = [
    documents.entsoe(documents.entsoe_series("2026-10-24T22:00Z", "2026-10-25T23:00Z", {1: 80.0, 4: 60.5})).encode(),
    documents.open_meteo(WINDOW.start, [1.5, 2.0, 3.0], [90.0, 80.0, 70.0]).encode(),
    documents.watttime(WINDOW.start, [1000.0, 500.0]).encode(),
    documents.electricity_maps(WINDOW.start, [400.0, 410.0], "history").encode(),
    documents.caiso(WINDOW.start, [20.0, 30.0], "2026-10-24"),
]


@settings(max_examples=150, deadline=None)
@given(
    which=st.sampled_from(range(len(DAMAGED))),
    at=st.integers(0, 5000),
    put=st.binary(max_size=6),
    cut=st.integers(0, 9),
)
def test_a_damaged_answer_is_read_or_refused_and_never_ends_the_fetcher(
    which: int, at: int, put: bytes, cut: int
) -> None:
    body = DAMAGED[which]
    at %= len(body)
    damaged = body[:at] + put + body[at + cut :]
    source = {"provider": "caiso", "node": "TH_SP15_GEN-APND"}
    makers: list[Callable[[str], Provider]] = [
        lambda url: Entsoe(entsoe_source(url)), meteo, watt, maps,
        lambda url: Caiso(CaisoPrices.model_validate(source | {"base_url": url})),
    ]  # fmt: skip
    answers = [b'{"token": "t"}', damaged] if makers[which] is watt else [damaged, damaged]
    with pytest.MonkeyPatch.context() as patch:
        for name in ("TOKEN", "WT_USER", "WT_PASSWORD"):
            patch.setenv(name, "secret")
        try:
            issues, _ = fetched(makers[which], *answers)
        except FacilityError:
            return
    assert all(len(one.series) > 0 for one in issues)
