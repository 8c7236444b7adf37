"""Reports at a VTN: on the schedule that an event asks for, once, also over a restart; and whether the site takes part."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from facility.respond.openadr.entities import ReportDescriptor
from facility.respond.openadr.layout import Laid
from facility.respond.openadr.report_schedule import schedule
from tests.respond.openadr.parties import HOUR, BusinessLogic, SiteSide, at, event, steady

START = datetime.fromisoformat("2026-03-01T00:00:00+00:00")
LAID = [Laid(place, place, START + place * HOUR, START + (place + 1) * HOUR, ()) for place in range(6)]


def scheduled(count: int, **wanted: Any) -> list[tuple[int, list[int]]]:
    descriptor = ReportDescriptor.model_validate({"payloadType": "USAGE", **wanted})
    due = schedule(LAID[:count], descriptor, count, START - HOUR, START + timedelta(days=30))
    return [(round((each.at - START) / HOUR), [laid.id for laid in each.laid]) for each in due]


@pytest.mark.parametrize(
    ("count", "wanted", "expected"),
    [  # the guide's figures, 7.5
        (4, {}, [(4, [0, 1, 2, 3])]),
        (4, {"historical": False}, [(0, [0, 1, 2, 3])]),
        (5, {"startInterval": 1, "numIntervals": 3}, [(4, [1, 2, 3])]),
        (
            6,
            {"startInterval": 1, "numIntervals": 2, "frequency": 2, "repeat": 3},
            [(2, [0, 1]), (4, [2, 3]), (6, [4, 5])],
        ),
        (
            5,
            {"startInterval": 0, "numIntervals": 3, "frequency": 1, "repeat": 3, "historical": False},
            [(0, [0, 1, 2]), (1, [1, 2, 3]), (2, [2, 3, 4])],
        ),
        (3, {"startInterval": 0, "numIntervals": 1, "repeat": -1}, [(1, [0]), (2, [1]), (3, [2])]),
        (3, {"frequency": 0}, []),
        (0, {}, []),
    ],
)
def test_reports_are_due_as_the_guide_draws_them(count: int, wanted: dict[str, Any], expected: list[Any]) -> None:
    assert scheduled(count, **wanted) == expected


def reports(business: BusinessLogic) -> dict[str, list[dict[str, Any]]]:
    return {each["reportName"]: each["resources"][0]["intervals"] for each in business.all("reports")}


def first_values(intervals: list[dict[str, Any]]) -> list[Any]:
    return [interval["payloads"][0]["values"][0] for interval in intervals]


def test_reports_are_made_when_they_are_due_and_once(site: SiteSide, business: BusinessLogic) -> None:
    program = business.add("programs", {"programName": "shed"})
    asked = [
        {"payloadType": "USAGE", "readingType": "DIRECT_READ", "units": "KWH"},
        {"payloadType": "BASELINE", "units": "KW", "startInterval": 0, "numIntervals": 1, "repeat": -1},
        {"payloadType": "DELTA_USAGE"},
        {"payloadType": "OPERATING_STATE"},
        {"payloadType": "USAGE", "units": "THERMS"},
        {"payloadType": "STORAGE_CHARGE_LEVEL"},
    ]
    name = business.add("events", event(program, site.clock.at, 1, 2, reportDescriptors=asked))
    node = site.ven()
    assert node.turn().reports == 0
    site.clock.at += HOUR
    assert node.turn().reports == 1
    (baseline,) = reports(business).values()
    assert (first_values(baseline), baseline[0]["intervalPeriod"]["start"]) == ([500.0], at(site.clock.at - HOUR))
    site.clock.at += HOUR
    assert node.turn().reports == 4
    assert node.turn().reports == 0
    assert site.ven().turn().reports == 0  # after a restart
    made = {each["reportName"].split("-")[1]: each for each in business.all("reports") if "T" in each["reportName"]}
    assert all(each["eventID"] == name for each in made.values())
    assert first_values(made["0"]["resources"][0]["intervals"]) == [400.0, 400.0]
    assert first_values(made["2"]["resources"][0]["intervals"]) == [-100.0, -100.0]
    assert first_values(made["3"]["resources"][0]["intervals"]) == ["RUNNING_NORMAL", "RUNNING_NORMAL"]


def test_what_is_not_known_is_said_to_be_missing(site: SiteSide, business: BusinessLogic) -> None:
    program = business.add("programs", {"programName": "shed"})
    business.add("events", event(program, site.clock.at - HOUR, 1, reportDescriptors=[{"payloadType": "USAGE"}]))
    site.measures.clear()
    site.ven().turn()
    assert site.ven().turn().reports == 0
    ((interval,),) = reports(business).values()
    assert interval["payloads"] == [{"type": "DATA_QUALITY", "values": ["MISSING"]}]


def test_several_resources_apart_and_together(site: SiteSide, business: BusinessLogic) -> None:
    program = business.add("programs", {"programName": "shed"})
    asked = [{"payloadType": "DEMAND"}, {"payloadType": "DEMAND", "aggregate": True}]
    business.add("events", event(program, site.clock.at - HOUR, 1, reportDescriptors=asked))
    site.measures["annex"] = steady(100.0)
    site.ven(resources=["dc-1-meter", "annex"]).turn()
    apart, together = business.all("reports")
    assert [each["resourceName"] for each in apart["resources"]] == ["dc-1-meter", "annex"]
    assert [each["resourceName"] for each in together["resources"]] == ["AGGREGATED_REPORT"]
    assert first_values(together["resources"][0]["intervals"]) == [500.0]


def test_whether_the_site_takes_part_is_told_and_changed(site: SiteSide, business: BusinessLogic) -> None:
    program = business.add("programs", {"programName": "shed"})
    name = business.add("events", event(program, site.clock.at + HOUR, 1))
    node = site.ven()
    assert node.turn().reports == 0  # nobody has answered
    for takes_part, state in ((True, "RUNNING_CURTAILED"), (False, "RUNNING_OPTED_OUT")):
        site.book.given[f"{name}:SIMPLE"] = takes_part
        assert node.turn().reports == 1
        assert node.turn().reports == 0
        assert {key: first_values(told) for key, told in reports(business).items()} == {f"{name}-opt": [state]}
    assert site.ven().turn().reports == 0
