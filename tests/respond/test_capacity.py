"""What a site is authorised to draw: subscribed capacity, and what is granted beside it."""

from __future__ import annotations

from datetime import timedelta

from facility.grid_event import GridEventInterval, GridEventKind
from facility.respond.capacity import authorised
from tests.respond.grid_events import START, changed, grid_event

HOUR = timedelta(hours=1)
SUBSCRIBED = grid_event((400.0, 400.0), name="all", kind=GridEventKind.IMPORT_SUBSCRIBED)
GRANTED = grid_event((50.0,), name="more", kind=GridEventKind.IMPORT_RESERVED)


def test_a_grant_counts_while_it_holds() -> None:
    half = START + HOUR / 2
    granted = changed(GRANTED, intervals=(GridEventInterval(half, half + HOUR, 50.0),))
    found = [
        ((one.start - START) / HOUR, (one.end - START) / HOUR, one.value) for one in authorised([SUBSCRIBED, granted])
    ]
    assert found == [(0.0, 0.5, 400.0), (0.5, 1.5, 450.0), (1.5, 2.0, 400.0)]


def test_a_grant_alone_authorises_nothing_known() -> None:
    assert list(authorised([GRANTED])) == []
    assert [one.value for one in authorised([SUBSCRIBED])] == [400.0]


def test_of_several_subscriptions_the_more_urgent_holds() -> None:
    urgent = changed(grid_event((250.0,), name="less", kind=GridEventKind.IMPORT_SUBSCRIBED), priority=0)
    assert [one.value for one in authorised([SUBSCRIBED, urgent, GRANTED])] == [300.0, 400.0]
