"""What stands in for a sensor is nothing to lean on when something is written: neither the value, nor the sensor."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import pytest

from facility.errors import WriteRefusedError
from facility.history.dispatch_records import Said
from facility.history.stand_in_book import new_stand_in
from facility.site_journal import open_stand_in_book
from tests.dispatch.living_site import LivingSite

INLET = "inlet_temperature_degc"


def test_nothing_is_written_by_values_that_people_have_entered(living: LivingSite) -> None:
    inlets = [
        point.id for rack in living.loaded.site.halls[0].racks for point in living.loaded.points.of(rack.id, INLET)
    ]
    said = Said("S. Kim", "the gateway is to be exchanged", living.clock.now())
    with living.desk() as desk, closing(open_stand_in_book(living.loaded, living.state)) as book:
        living.allow(desk)
        name = living.recommend(desk, living.held() + 1.0)
        for point in inlets:
            book.begin(new_stand_in(point, said, said.at + timedelta(hours=8), value=22.0))
        living.live(60.0)
        with pytest.raises(WriteRefusedError, match=f"of {INLET} must be fresh"):
            desk.apply(name, "R. Weber", "a mild night")
        for point in inlets:
            book.end(point, Said("S. Kim", "it is exchanged", living.clock.now()))
        assert desk.apply(name, "R. Weber", "a mild night").id == name
