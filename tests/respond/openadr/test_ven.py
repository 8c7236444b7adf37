"""The VEN against a VTN process: what is asked arrives, is changed and is taken back; what is wrong changes nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from facility.errors import SecretError
from facility.grid_event import GridEventKind, GridEventStanding
from facility.respond.openadr.http_json import VtnError
from tests.respond.openadr.parties import HOUR, SOURCE, BusinessLogic, SiteSide, event


def test_an_event_arrives_is_changed_and_is_taken_back(site: SiteSide, business: BusinessLogic) -> None:
    program = business.add("programs", {"programName": "shed"})
    asked = event(program, site.clock.at + HOUR, 1, 2, priority=3, eventName="hot day")
    name = business.add("events", asked)
    node = site.ven()

    (found,) = node.turn().events
    assert (found.source, found.id, found.program, found.priority) == (SOURCE, f"{name}:SIMPLE", "shed", 3)
    assert (found.kind, found.start, found.end) == (GridEventKind.LEVEL, site.clock.at + HOUR, site.clock.at + 3 * HOUR)
    assert found.reason == "hot day"
    assert site.kept() == {f"{name}:SIMPLE": (0, "standing", [1.0, 2.0])}
    assert node.turn().events == []  # told again, it is no news

    business.change("events", name, event(program, site.clock.at + HOUR, 3, priority=3))
    node.turn()
    assert site.kept() == {f"{name}:SIMPLE": (1, "standing", [3.0])}

    business.remove("events", name)
    node.turn()
    assert site.kept() == {f"{name}:SIMPLE": (2, "cancelled", [3.0])}
    assert node.turn().events == []


def test_an_event_without_any_time_left_is_cancelled(site: SiteSide, business: BusinessLogic) -> None:
    """The guide's other way to cancel: an event of no duration in the past."""
    program = business.add("programs", {"programName": "shed"})
    name = business.add("events", event(program, site.clock.at, 1))
    node = site.ven()
    node.turn()
    over = {"start": "0001-01-01T00:00:00Z", "duration": "PT0S"}
    gone = {**event(program, site.clock.at, 1), "intervalPeriod": over}
    if site.standard == "3.0.1":  # there, no duration is no end: it is deleted, or moved to the past
        gone = event(program, site.clock.at - 5 * HOUR, 1)
    business.change("events", name, gone)
    node.turn()
    assert site.kept()[f"{name}:SIMPLE"][:2] == (1, "cancelled")


def test_an_event_that_was_shortened_while_it_ran_is_over_not_cancelled(
    site: SiteSide, business: BusinessLogic
) -> None:
    """What was delivered until then counts, also where the site hears of its end only afterwards."""
    program, start = business.add("programs", {"programName": "shed"}), site.clock.at
    name = business.add("events", event(program, start, 1, 2))
    node = site.ven()
    node.turn()
    site.clock.at = start + 1.5 * HOUR
    business.change("events", name, event(program, start, 1))
    node.turn()
    assert site.kept() == {f"{name}:SIMPLE": (1, "standing", [1.0])}
    assert node.turn().events == []


def test_after_a_restart_nothing_is_new_and_what_was_missed_is_read(site: SiteSide, business: BusinessLogic) -> None:
    program = business.add("programs", {"programName": "shed"})
    names = [business.add("events", event(program, site.clock.at, level)) for level in (1, 2)]
    site.ven().turn()
    business.remove("events", names[0])
    names.append(business.add("events", event(program, site.clock.at, 3)))
    again = site.ven()
    assert {(each.id, each.standing) for each in again.turn().events} == {
        (f"{names[0]}:SIMPLE", GridEventStanding.CANCELLED),
        (f"{names[2]}:SIMPLE", GridEventStanding.STANDING),
    }
    assert len(business.all("vens")) == 1
    assert [each["venName"] for each in business.all("vens")] == ["dc-1"]


def test_lists_longer_than_a_page_are_read_whole(site: SiteSide, business: BusinessLogic) -> None:
    program = business.add("programs", {"programName": "shed"})
    names = {business.add("events", event(program, site.clock.at, 1)) for _ in range(103)}
    site.ven().turn()
    assert set(site.kept()) == {f"{name}:SIMPLE" for name in names}


def test_only_programs_that_the_site_has_joined_and_events_that_mean_it(
    site: SiteSide, business: BusinessLogic
) -> None:
    joined = business.add("programs", {"programName": "shed"})
    other = business.add("programs", {"programName": "not ours"})
    business.add("events", event(other, site.clock.at, 1))
    ours, theirs = (["north"], ["south"])
    if site.standard == "3.0.1":
        ours, theirs = ([{"type": "GROUP", "values": [each]}] for each in ("north", "south"))  # type: ignore[assignment]
    node = site.ven(programs=["shed"])
    if site.standard == "3.1.0":  # the VTN grants the label
        grant = {"objectType": "BL_VEN_REQUEST", "clientID": "ven-client", "venName": "dc-1", "targets": ["north"]}
        business.add("vens", grant)
    else:
        node = site.ven(programs=["shed"], targets=["GROUP=north"])
    business.add("events", event(joined, site.clock.at, 1, targets=theirs))
    wanted = business.add("events", event(joined, site.clock.at, 2, targets=ours))
    node.turn()
    assert set(site.kept()) == {f"{wanted}:SIMPLE"}
    assert len(business.all("vens")) == 1


def test_the_site_registers_its_resources_once(site: SiteSide, business: BusinessLogic) -> None:
    for _ in range(2):
        site.ven(resources=["dc-1-meter", "dc-1-battery"]).turn()
    (us,) = business.all("vens")
    path = "resources" if site.standard == "3.1.0" else f"vens/{us['id']}/resources"
    assert [each["resourceName"] for each in business.all(path)] == ["dc-1-meter", "dc-1-battery"]


@pytest.mark.parametrize("token_s", [2.0])
def test_a_token_is_renewed_before_it_ends_and_when_it_is_refused(site: SiteSide, business: BusinessLogic) -> None:
    node = site.ven()
    node.turn()
    node.turn()
    mine = business.tokens_given()
    assert mine == 2  # the business logic's, and one of the site's for all its requests
    site.clock.at += HOUR
    node.turn()
    assert business.tokens_given() == mine + 1
    business.client.get("/test/revoke")
    node.turn()
    assert business.tokens_given() == mine + 2


def test_a_wrong_secret_or_none_is_said_and_changes_nothing(site: SiteSide, monkeypatch: pytest.MonkeyPatch) -> None:
    node = site.ven()
    monkeypatch.setenv("TEST_VEN_SECRET", "guessed")
    with pytest.raises(VtnError, match="auth/token") as refusal:
        node.turn()
    assert refusal.value.status in (401, 403)
    assert "guessed" not in str(refusal.value)
    monkeypatch.delenv("TEST_VEN_SECRET")
    with pytest.raises(SecretError, match="TEST_VEN_SECRET is not set"):
        node.turn()
    assert site.book.kept == {}


def test_a_vtn_that_is_away_cancels_nothing(site: SiteSide, business: BusinessLogic) -> None:
    program = business.add("programs", {"programName": "shed"})
    business.add("events", event(program, site.clock.at, 1))
    site.ven().turn()
    before = dict(site.book.kept)
    with pytest.raises(VtnError):
        replace(site, vtn="http://127.0.0.1:9").ven().turn()
    assert site.book.kept == before


def test_what_cannot_be_acted_on_is_said_and_the_rest_is_taken(site: SiteSide, business: BusinessLogic) -> None:
    program = business.add("programs", {"programName": "shed"})
    odd = business.add("events", event(program, site.clock.at, 7))
    alert = business.add("events", event(program, site.clock.at, 1, payload="ALERT_WIND"))
    unitless = business.add("events", event(program, site.clock.at, 250, payload="IMPORT_CAPACITY_LIMIT"))
    described = [{"objectType": "EVENT_PAYLOAD_DESCRIPTOR", "payloadType": "IMPORT_CAPACITY_LIMIT", "units": "KW"}]
    good = business.add(
        "events", event(program, site.clock.at, 250, payload="IMPORT_CAPACITY_LIMIT", payloadDescriptors=described)
    )
    turn = site.ven().turn()
    assert {(each.event_id, each.payload): each.why for each in turn.unread} == {
        (odd, "SIMPLE"): "SIMPLE: expected one of 0, 1, 2, 3",
        (alert, "ALERT_WIND"): "the site does nothing with ALERT_WIND",
        (unitless, "IMPORT_CAPACITY_LIMIT"): "IMPORT_CAPACITY_LIMIT in no unit; expected KW",
    }
    assert [each.id for each in turn.events] == [f"{good}:IMPORT_CAPACITY_LIMIT"]


def test_over_events_are_no_news(site: SiteSide, business: BusinessLogic) -> None:
    program = business.add("programs", {"programName": "shed"})
    business.add("events", event(program, site.clock.at - 3 * HOUR, 1, 2))
    running = business.add("events", event(program, site.clock.at - HOUR, 1, 2))
    assert [each.id for each in site.ven().turn().events] == [f"{running}:SIMPLE"]
