"""A plan expects no rack cooler than the last day measured it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from facility.history.telemetry import TelemetryStore
from facility.learn.twin import Learned, plant_models
from facility.prepare.hot_racks import remembering_hot_racks
from facility.records import Finding
from facility.site_file import LoadedSite
from facility.trust.believed import BelievedTelemetry
from tests.prepare.conftest import NOW, write

FIVE_MIN = timedelta(minutes=5)


def test_a_rack_that_was_hot_is_remembered(demo: LoadedSite, store: TelemetryStore) -> None:
    hall = demo.site.halls[0]
    crahs = [crah.id for crah in demo.site.crahs if crah.hall == hall.id]
    readings = {f"{crah}.supply_air_temperature_degc": 21.0 for crah in crahs}
    readings |= {f"{crah}.fan_speed_frac": 0.4 for crah in crahs}
    readings |= {f"{rack.id}.power_kw": 9.0 for rack in hall.racks}
    readings |= {f"{rack.id}.inlet_temperature_degc": 22.0 for rack in hall.racks} | {
        "a01.inlet_temperature_degc": 28.0
    }
    write(store, readings, NOW - timedelta(hours=2), NOW, FIVE_MIN)
    plants = plant_models(demo, Learned(), NOW, {})
    before = plants[0].hall_parts[0]
    after, *others = remembering_hot_racks(demo, store, NOW, plants)[0].hall_parts
    rise_k = 12 * 9.0 / (1.2 * 1.006 * 0.4 * sum(crah.rated_airflow_m3ps for crah in before.crahs))
    assert after.inlets.inlet_degc(21.0, rise_k)[0] + after.inlets.margin_k[0] == pytest.approx(28.0, abs=0.1)
    assert np.array_equal(after.inlets.recirculation_frac[1:], before.inlets.recirculation_frac[1:])
    for hall_after, hall_before in zip(others, plants[0].hall_parts[1:], strict=True):
        assert np.array_equal(hall_after.inlets.recirculation_frac, hall_before.inlets.recirculation_frac)


def test_a_probe_that_is_not_believed_is_not_remembered(demo: LoadedSite, store: TelemetryStore) -> None:
    """It is stuck high; the plan must not cool the whole hall for it."""
    hall, wrong = demo.site.halls[0], "a01.inlet_temperature_degc"
    crahs = [crah.id for crah in demo.site.crahs if crah.hall == hall.id]
    readings = {f"{crah}.supply_air_temperature_degc": 21.0 for crah in crahs}
    readings |= {f"{crah}.fan_speed_frac": 0.4 for crah in crahs}
    readings |= {f"{rack.id}.power_kw": 9.0 for rack in hall.racks}
    readings |= {f"{rack.id}.inlet_temperature_degc": 22.0 for rack in hall.racks} | {wrong: 41.0}
    write(store, readings, NOW - timedelta(hours=2), NOW, FIVE_MIN)
    plants = plant_models(demo, Learned(), NOW, {})
    finding = Finding(wrong, "stuck", NOW - timedelta(hours=2), "it has read 41 without moving")
    after = remembering_hot_racks(demo, BelievedTelemetry(store, [finding]), NOW, plants)[0].hall_parts[0]
    assert np.array_equal(after.inlets.recirculation_frac, plants[0].hall_parts[0].inlets.recirculation_frac)


def test_what_racks_were_while_supply_air_fell_is_not_remembered(demo: LoadedSite, store: TelemetryStore) -> None:
    """After an hour without cooling the racks are still hot when the supply air is cold again: no recirculation does that."""
    hall = demo.site.halls[0]
    crahs = [crah.id for crah in demo.site.crahs if crah.hall == hall.id]
    settled = {f"{rack.id}.power_kw": 9.0 for rack in hall.racks} | {f"{crah}.fan_speed_frac": 0.4 for crah in crahs}
    outage, back = NOW - timedelta(hours=3), NOW - timedelta(hours=2)
    for since, until, supply_degc, inlet_degc in (
        (outage, back, 36.0, 36.5),
        (back, back + timedelta(minutes=40), 21.0, 30.0),
        (back + timedelta(minutes=40), NOW, 21.0, 22.0),
    ):
        readings = settled | {f"{crah}.supply_air_temperature_degc": supply_degc for crah in crahs}
        readings |= {f"{rack.id}.inlet_temperature_degc": inlet_degc for rack in hall.racks}
        write(store, readings, since, until, FIVE_MIN)
    plants = plant_models(demo, Learned(), NOW, {})
    after = remembering_hot_racks(demo, store, NOW, plants)[0].hall_parts[0]
    assert np.array_equal(after.inlets.recirculation_frac, plants[0].hall_parts[0].inlets.recirculation_frac)


def test_a_rack_that_was_hot_makes_no_rack_surely_warm(demo: LoadedSite, store: TelemetryStore) -> None:
    hall = plant_models(demo, Learned(), NOW, {})[0].hall_parts[0]
    seen = replace(hall.inlets, seen_rise_k=(5.0, 14.0), interval_k=np.full((2, 1), 0.3))
    racks = len(seen.racks)
    raised = seen.raised_to(np.array([21.0]), np.array([10.0]), np.full((1, racks), 32.0))
    remembering = replace(hall, inlets=raised, inlets_learned=seen)
    assert float(remembering.coldest_degc(18.0, 10.0)) == float(seen.coldest_degc(18.0, 10.0))
    assert float(raised.coldest_degc(18.0, 10.0)) > float(seen.coldest_degc(18.0, 10.0)) + 5.0
    assert remembering.supply_range_degc[0] == replace(hall, inlets=seen).supply_range_degc[0]
