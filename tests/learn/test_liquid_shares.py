"""What liquid takes of racks' power in the life of models: learned by loop, put in place of the site file, or refused."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from facility.learn.acceptance import KEPT, NAMEPLATE, NEW
from facility.learn.candidates import Candidate
from facility.learn.equipment import equipment_of
from facility.learn.liquid_frac import as_learned, liquid_frac_of
from facility.learn.liquid_shares import learn_liquid_shares
from facility.learn.twin import Learned, plant_models
from facility.learn.version import InService, decide, fresh_part
from facility.points import PointIndex
from facility.site_file import LoadedSite, load_site
from models.liquid_share import LiquidShare
from tools.closed_loop.memory_telemetry import MemoryTelemetry

START = datetime(2026, 3, 2, tzinfo=UTC)
TRUE, DESCRIBED, OTHER = 0.7, 0.85, 0.78
PART, KJ_PER_LK, TAKEN_KW, PUMP_KW, FLOW_LPS = "loop-1.liquid_share", 4.186, 120.0, 0.7, 4.0


@pytest.fixture(scope="module")
def liquid() -> LoadedSite:
    return load_site(Path(__file__).parents[2] / "site_configs" / "liquid_ai.yaml")


def lived(liquid: LoadedSite, days: float, share: float = TRUE, since: float = np.inf) -> MemoryTelemetry:
    """Readings with noise of a loop that takes a share, and from some day on another; one return probe is 3 K off."""
    random, readings = np.random.default_rng(5), MemoryTelemetry(liquid.points, liquid.site.id)
    racks, cdus = liquid.site.halls[0].racks, liquid.site.liquid_loops[0].cdus
    for step in range(round(days * 96)):
        rack_kw = 35.0 + 5.0 * np.sin(step / 96 * 2 * np.pi)
        heat_kw = (OTHER if step >= since * 96 else share) * rack_kw * len(racks)
        rise_k = (heat_kw - TAKEN_KW + 3 * PUMP_KW) / (KJ_PER_LK * FLOW_LPS * len(cdus))
        said = {(rack.id, "power_kw"): rack_kw * random.normal(1.0, 0.003) for rack in racks}
        said[("hp-1", "source_heat_kw")] = TAKEN_KW * random.normal(1.0, 0.005)
        for number, cdu in enumerate(cdus):
            said[(cdu.id, "pump_power_kw")] = PUMP_KW
            said[(cdu.id, "secondary_flow_lps")] = FLOW_LPS * random.normal(1.0, 0.003)
            said[(cdu.id, "secondary_supply_temperature_degc")] = 32.0 + random.normal(0.0, 0.03)
            said[(cdu.id, "secondary_return_temperature_degc")] = (
                32.0 + rise_k + (3.0 if number == 1 else 0.0) + random.normal(0.0, 0.03)
            )
        readings.record(START + timedelta(minutes=15 * step), said)
    return readings


def learned(liquid: LoadedSite, readings: MemoryTelemetry, days: float, since: float | None = None) -> Candidate:
    changes = {} if since is None else {PART: [START + timedelta(days=since)]}
    (found,) = learn_liquid_shares(liquid, readings, START + timedelta(days=days), changes)
    return found


def taken_of(liquid: LoadedSite, one: Candidate, serving: InService) -> str:
    return decide([one], serving, liquid.site, {})[PART].taken


def test_a_loop_that_takes_less_than_its_racks_nameplate_is_learned(liquid: LoadedSite) -> None:
    found = learned(liquid, lived(liquid, 3), 3)
    assert isinstance(found.model, LiquidShare) and found.may_serve
    assert set(found.model.liquid_frac) == {rack.id for rack in liquid.site.halls[0].racks}
    assert all(abs(share - TRUE) < 0.02 for share in found.model.liquid_frac.values())
    assert "the site file says 0.85" in found.card.notes[0]
    assert taken_of(liquid, found, InService()) == NEW


def test_a_morning_teaches_nothing_and_the_nameplate_stays(liquid: LoadedSite) -> None:
    found = learned(liquid, lived(liquid, 0.4), 0.4)
    assert found.model is None and "96 are needed" in found.card.reason
    assert taken_of(liquid, found, InService()) == NAMEPLATE


def test_a_loop_whose_heat_pump_is_not_measured_is_not_guessed(liquid: LoadedSite) -> None:
    points = PointIndex([point for point in liquid.points if point.quantity != "source_heat_kw"])
    found = learned(dataclasses.replace(liquid, points=points), lived(liquid, 2), 2)
    assert found.model is None and found.card.reason == "not measured: hp-1.source_heat_kw"


def test_since_it_changed_the_rows_since_then_teach(liquid: LoadedSite) -> None:
    found = learned(liquid, lived(liquid, 6, since=4), 6, since=4)
    assert isinstance(found.model, LiquidShare)
    assert found.model.liquid_frac["l01"] == pytest.approx(OTHER, abs=0.02)
    assert "when it changed" in " ".join(found.card.notes)


def test_what_serves_is_kept_until_one_is_better(liquid: LoadedSite) -> None:
    readings = lived(liquid, 8, since=4)
    first = learned(liquid, readings, 3)
    decision = decide([first], InService(), liquid.site, {})[PART]
    serving = InService("v1", {PART: fresh_part("v1", first, decision, liquid.site)})
    assert taken_of(liquid, learned(liquid, readings, 3.9), serving) == KEPT
    assert taken_of(liquid, learned(liquid, readings, 8, since=4), serving) == NEW


def test_the_site_as_learned_gives_the_air_what_the_loop_leaves(liquid: LoadedSite) -> None:
    shares = liquid_frac_of([learned(liquid, lived(liquid, 2), 2).model, None])
    ours = as_learned(liquid, shares)
    assert {rack.id: rack.liquid_frac for rack in ours.site.halls[0].racks} == shares
    assert ours.site.halls[1] == liquid.site.halls[1] and ours.points is liquid.points
    assert as_learned(ours, shares).site == ours.site
    assert as_learned(liquid, {}) is liquid
    _, cold = plant_models(ours, Learned(liquid_frac=shares), None, {})
    assert cold.hall_parts[0].it_over_air == pytest.approx(1.0 / (1.0 - TRUE), rel=0.03)


def test_the_share_is_of_the_racks_that_feed_the_loop(liquid: LoadedSite) -> None:
    assert set(equipment_of(liquid.site, PART)) == {rack.id for rack in liquid.site.halls[0].racks}
