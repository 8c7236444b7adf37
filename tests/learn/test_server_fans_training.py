"""Server fans in the life of models: learned where inlets moved, drawn, kept, taken by the plan; refused by name elsewhere."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from facility.cli.models_tables import part_rows
from facility.learn.acceptance import KEPT
from facility.learn.card_page import card_page
from facility.learn.drift_watch import find_drift
from facility.learn.learned import load_learned
from facility.learn.model_store import ModelStore
from facility.learn.sample import unpack
from facility.learn.server_fans import learn_server_fans
from facility.learn.training import train_site
from facility.learn.twin import Learned, described_server_fans, plant_models
from facility.learn.version import decide, in_service
from facility.site_file import LoadedSite, load_site
from models.evidence import held_out
from models.server_fans_fit import ServerFansFit
from models.servers import ServerFans
from tests.cycle.lived_in import DEMO
from tests.learn.changed_plant import ChangedPlant
from tools.bench.predict_server_fans import simulated_law
from tools.bench.supply_air_steps import END, START, UNMOVED, stepped
from tools.closed_loop.memory_telemetry import MemoryTelemetry
from tools.simulated_site import closed_loop_plant

pytestmark = pytest.mark.slow
HALLS = ("hall-1", "hall-2", "hall-3")
SEED = 1
INLETS = np.arange(19.0, 25.1, 0.5)


@pytest.fixture(scope="module")
def demo() -> LoadedSite:
    return load_site(DEMO)


@pytest.fixture(scope="module")
def readings(demo: LoadedSite) -> MemoryTelemetry:
    return stepped(demo, closed_loop_plant.factory, closed_loop_plant.own_conditions, SEED)


@pytest.fixture(scope="module")
def models(demo: LoadedSite, readings: MemoryTelemetry, tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    """A store with the version of the first five days."""
    store = ModelStore(tmp_path_factory.mktemp("fans") / "models")
    assert train_site(demo, readings, store, END - timedelta(days=1)).serves
    return store


def entries(models: ModelStore) -> dict[str, Any]:
    version = models.serving()
    assert version is not None
    return {part["name"]: part for part in models.card(version)["parts"]}


def worst_error(fans: ServerFans, fan_share_frac: float) -> float:
    ours, truth = 1 + fans.extra_frac(INLETS), simulated_law(fan_share_frac)(INLETS)
    return float(np.abs(ours / ours[0] / (truth / truth[0]) - 1).max())


def test_each_hall_has_its_fans_in_service_and_the_plan_takes_them(demo: LoadedSite, models: ModelStore) -> None:
    learned = load_learned(models, demo.site)
    assert set(learned.server_fans) == set(HALLS)
    halls = {hall.id: hall for plant in plant_models(demo, learned, None, {}) for hall in plant.hall_parts}
    for hall in demo.site.halls:
        described = described_server_fans(demo.site, hall)
        assert halls[hall.id].server_fans == learned.server_fans[hall.id] != described
        before, after = (
            worst_error(fans, described.fan_power_share_frac) for fans in (described, learned.server_fans[hall.id])
        )
        assert after < 0.01
        assert after < 0.5 * before


def test_the_card_says_what_warm_air_costs_and_its_page_draws_it(demo: LoadedSite, models: ModelStore) -> None:
    version = models.serving()
    assert version is not None
    card, samples = models.card(version), unpack(models.pictures(version))
    assert {f"{hall}.server_fans" for hall in HALLS} <= {row["part"] for row in part_rows(card)}
    page = card_page(demo.site, card, samples, "In service.")
    for hall in HALLS:
        part = entries(models)[f"{hall}.server_fans"]
        assert part["qualified"] and part["test"]["rmse"] < part["prior_test"]["rmse"]
        assert "degC take +" in part["notes"][0] and "(90 %)" in part["notes"][0]
        assert part["equipment"] and part["usual_miss"]["half_width"] > 0
        section = page.partition(f'<section id="{hall}.server_fans">')[2].partition("</section>")[0]
        assert section.count("<svg") == 3  # over prediction, time and inlet


def test_rows_beyond_what_was_seen_are_no_drift(
    demo: LoadedSite, readings: MemoryTelemetry, models: ModelStore
) -> None:
    drifting = [one.part for one in find_drift(demo, readings, models, END)]
    assert not any(part.endswith("server_fans") for part in drifting)


def test_after_a_change_the_rows_since_then_alone_teach(demo: LoadedSite, readings: MemoryTelemetry) -> None:
    """Busy servers of one hall are counted otherwise from a day on."""
    since = START + timedelta(days=2)
    changed = ChangedPlant(readings, ["pool-air-2.utilisation_frac"], since, 0.5)
    found = {one.card.name: one.card for one in learn_server_fans(demo, changed, END, {"hall-2.server_fans": [since]})}
    assert found["hall-2.server_fans"].window == (since.isoformat(), (END - demo.site.step).isoformat())
    assert "when it changed" in found["hall-2.server_fans"].notes[-1]


def test_a_sibling_that_has_not_seen_the_newest_rows_beats_the_site_file_on_them(
    demo: LoadedSite, readings: MemoryTelemetry
) -> None:
    for candidate in learn_server_fans(demo, readings, END, {}):
        assert isinstance(candidate.model, ServerFansFit) and candidate.evidence is not None
        newest, said = held_out(candidate.model, candidate.evidence, candidate.evidence.newest_fifth)
        assert newest.nameplate is not None
        assert newest.errors_of(said).rmse < 0.8 * newest.errors_of(newest.nameplate).rmse


def test_some_hours_teach_nothing_yet_and_what_is_in_service_stays(
    demo: LoadedSite, readings: MemoryTelemetry, models: ModelStore
) -> None:
    little = learn_server_fans(demo, readings, START + timedelta(hours=20), {})
    assert len(little) == len(HALLS)
    for candidate, decision in zip(little, decide(little, in_service(models), demo.site, {}).values(), strict=True):
        assert candidate.model is None
        assert "96 are needed" in candidate.card.reason
        assert decision.taken == KEPT


def test_a_day_teaches_where_work_is_measured(demo: LoadedSite, readings: MemoryTelemetry) -> None:
    """The inlets move by what the racks do, four kelvin in that day."""
    for hall, candidate in zip(demo.site.halls, learn_server_fans(demo, readings, START + UNMOVED, {}), strict=True):
        assert isinstance(candidate.model, ServerFansFit)
        share_frac = described_server_fans(demo.site, hall).fan_power_share_frac
        assert worst_error(candidate.model.ahead.law.fans, share_frac) < 0.01


def test_a_hall_without_described_servers_has_no_such_part(demo: LoadedSite, readings: MemoryTelemetry) -> None:
    pools = tuple(pool for pool in demo.site.server_pools if pool.hall != "hall-3")
    site = demo.site.model_copy(update={"server_pools": pools})
    parts = [one.card.name for one in learn_server_fans(dataclasses.replace(demo, site=site), readings, END, {})]
    assert parts == ["hall-1.server_fans", "hall-2.server_fans"]
    hall = demo.site.halls[2]
    bare = plant_models(dataclasses.replace(demo, site=site), Learned(), None, {})
    assert next(part.server_fans for plant in bare for part in plant.hall_parts if part.id == hall.id) == ServerFans()
