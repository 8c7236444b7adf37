"""What may stand in the settings of a VEN, and how the values of each payload are read."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from facility.grid_event import GridEventKind
from facility.respond.openadr.entities import PayloadDescriptor, Values
from facility.respond.openadr.kinds import KINDS, Terms, reader
from facility.respond.openadr.layout import UnreadableEventError
from facility.respond.openadr.settings import VenSettings

GOOD: dict[str, Any] = {
    "name": "utility",
    "vtn": "https://vtn.example.org/openadr3/",
    "client_id": "dc",
    "client_secret": "env:VTN_SECRET",
    "ven_name": "dc-1",
    "resources": ["meter"],
}


def test_settings_that_hold() -> None:
    ven = VenSettings.model_validate({**GOOD, "callback": "https://dc.example.org"})
    assert ven.vtn == "https://vtn.example.org/openadr3"
    assert ven.source == "openadr:utility"
    assert ven.callback_url == "https://dc.example.org/api/v1/openadr/utility/notifications"
    assert VenSettings.model_validate({**GOOD, "vtn": "http://127.0.0.1:8080"}).callback_url is None


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"vtn": "http://vtn.example.org"}, "https"),
        ({"vtn": "https://user:word@vtn.example.org"}, "no user or password"),
        ({"vtn": "ftp://127.0.0.1"}, "https"),
        ({"vtn": "https://vtn.example.org/?a=b"}, "an address such as"),
        ({"token_url": "http://auth.example.org"}, "https"),
        ({"callback": "http://dc.example.org"}, "https"),
        ({"client_secret": "hunter2"}, "env:NAME"),
        ({"standard": "2.0b"}, "3.1.0"),
        ({"resources": []}, "at least 1"),
        ({"poll_s": 0.1}, "greater than or equal to 1"),
        ({"standard": "3.0.1", "targets": ["north"]}, "TYPE=value"),
        ({"standard": "3.0.1", "mqtt": True}, "3.0.1 has no brokers"),
        ({"interval": 5}, "Extra inputs"),
    ],
)
def test_settings_that_do_not(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        VenSettings.model_validate({**GOOD, **wrong})


def numbers(payload: str, values: list[Any], units: str | None = None, **more: Any) -> list[float]:
    descriptor = PayloadDescriptor.model_validate(
        {"payloadType": payload, "units": units, "currency": more.get("currency")}
    )
    return reader(payload, descriptor, Terms("EUR", more.get("relative")))(Values(type=payload, values=tuple(values)))


def test_which_way_a_relative_setpoint_counts_is_agreed() -> None:
    assert numbers("DISPATCH_SETPOINT_RELATIVE", [-50], "KW", relative="change") == [50.0]
    assert numbers("DISPATCH_SETPOINT_RELATIVE", [50], "KW", relative="reduction") == [50.0]
    with pytest.raises(UnreadableEventError, match="relative_setpoint"):
        numbers("DISPATCH_SETPOINT_RELATIVE", [50], "KW")


def test_each_kind_of_the_site_has_its_payload() -> None:
    assert {kind.kind for kind in KINDS.values()} == set(GridEventKind)


@pytest.mark.parametrize(
    ("payload", "values", "units"),
    [
        ("SIMPLE", [], None),
        ("SIMPLE", [1, 2], None),
        ("SIMPLE", [True], None),
        ("SIMPLE", ["1"], None),
        ("SIMPLE", [1.5], None),
        ("SIMPLE", [1], "KW"),
        ("GHG", [float("nan")], None),
        ("GHG", [-1.0], None),
        ("DISPATCH_SETPOINT", [100.0], "KWH"),
        ("DISPATCH_SETPOINT", [float("inf")], "KW"),
        ("IMPORT_CAPACITY_LIMIT", [{"x": 1, "y": 2}], "KW"),
        ("PRICE", [0.1], "KWH"),
        ("CHARGE_STATE_SETPOINT", [1.0], "KWH"),
    ],
)
def test_what_is_not_read(payload: str, values: list[Any], units: str | None) -> None:
    with pytest.raises(UnreadableEventError):
        numbers(payload, values, units)


def test_prices_may_be_negative_and_several() -> None:
    assert numbers("PRICE", [0.1, -0.05], "KWH", currency="EUR") == [0.1, -0.05]
