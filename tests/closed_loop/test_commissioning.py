"""Commissioning from end to end: constant setpoints, a campaign, an operator who carries it out, and models that know more."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facility.advise.growth import RangeGrowth, range_growth, unexcited
from facility.cli.commission import plan_at, propose
from facility.environment import Environment
from facility.learn.learned import load_learned
from facility.learn.training import train_site
from facility.learn.twin import plant_models
from facility.prepare.commissioning import unmoved_setpoints
from facility.records import Recommendation, RecommendationKind, RecommendationState
from facility.signals.outlook import SiteSignals
from facility.site_file import LoadedSite, load_site
from models import chiller
from models.card import ModelCard
from models.commissioning.campaign import Campaign
from models.nameplate import group_chillers
from models.plant_model import CoolingPlant
from tests.history.decisions import plan
from tools.closed_loop.baselines import as_commissioned
from tools.closed_loop.dispatcher import allowed
from tools.closed_loop.drive import CONTROL_EVERY, Drive
from tools.closed_loop.memory_telemetry import MemoryTelemetry
from tools.closed_loop.ours import PlantClock, open_product
from tools.closed_loop.plant import Key, Truth
from tools.simulated_site.closed_loop_plant import factory, own_conditions

pytestmark = pytest.mark.slow

DEMO = Path(__file__).parents[2] / "site_configs" / "demo.yaml"
FIRST, BEGINS = datetime(2026, 4, 10, tzinfo=UTC), datetime(2026, 4, 15, tzinfo=UTC)
SETTLED = timedelta(days=1)
SUPPLY_AIR, FAN_SPEED = "supply_air_temperature_setpoint_degc", "fan_speed_setpoint_frac"
LEAVING, CONDENSER = "leaving_chilled_water_temperature_setpoint_degc", "condenser_water_temperature_setpoint_degc"


@dataclass
class Operator:
    """Holds the setpoints of the day the plant was handed over, and carries out what is approved, as fast as may be written."""

    loaded: LoadedSite
    readings: MemoryTelemetry
    fixed: Mapping[Key, float]
    approved: Sequence[Recommendation] = ()
    written: dict[Key, tuple[datetime, float]] = field(default_factory=dict)

    def decide(self, time: datetime, measured: Mapping[Key, float]) -> Mapping[Key, float]:
        if time >= FIRST + SETTLED - CONTROL_EVERY:
            self.readings.record(time, measured)
        wanted = dict(self.fixed)
        for item in self.approved:
            if item.begins and item.ends and item.begins <= time < item.ends:
                points = (self.loaded.points[point] for point in item.points)
                wanted |= {(point.equipment, point.quantity): item.recommended for point in points}
        return {key: self._towards(key, value, time) for key, value in wanted.items()}

    def _towards(self, key: Key, value: float, time: datetime) -> float:
        point = self.loaded.points.one(*key)
        last, now = self.written.get(key, (FIRST, self.fixed[key]))
        if point is None or point.writable is None or time - last < timedelta(seconds=point.writable.min_interval_s):
            return now
        target = allowed(point, now, value)
        if target is None or target == now:
            return now
        self.written[key] = (time, target)
        return target


@dataclass
class Inlets:
    """Remembers the hottest rack inlet of every minute."""

    degc: list[float] = field(default_factory=list)

    def saw(self, truth: Truth, seconds: float) -> None:
        self.degc.append(float(np.max(truth.inlet_degc)))

    def wrote(self, time: datetime, key: Key, before: float | None, after: float) -> None:
        """Take no notice."""

    def refused(self, time: datetime, key: Key, value: float, reason: str) -> None:
        raise AssertionError(f"the plant refused {key} = {value}: {reason}")


@dataclass
class Commissioned:
    """What the test looks at."""

    loaded: LoadedSite
    campaign: Campaign
    cards: tuple[Mapping[str, Any], Mapping[str, Any]]
    trained: Sequence[ModelCard]  # what was trained last, whether it serves or not
    still: Sequence[str]  # setpoints that history has still not moved
    plant: CoolingPlant
    hottest_degc: float
    readings: MemoryTelemetry
    tries: Sequence[Recommendation]

    @property
    def growth(self) -> dict[tuple[str, str], RangeGrowth]:
        return {(one.part, one.feature): one for one in range_growth(*self.cards)}


@pytest.fixture(scope="module")
def commissioned(tmp_path_factory: pytest.TempPathFactory) -> Commissioned:
    loaded = load_site(DEMO)
    conditions = own_conditions(loaded, 1, FIRST, FIRST + timedelta(days=12), timedelta(minutes=15))
    site, readings = factory(loaded, conditions, 1, FIRST), MemoryTelemetry(loaded.points, loaded.revision)
    operator, watcher = Operator(loaded, readings, as_commissioned(loaded).setpoints), Inlets()
    drive = Drive(site, operator, [watcher])
    drive.run(BEGINS)
    folder = tmp_path_factory.mktemp("commissioning")
    with open_product(loaded, readings, SiteSignals(loaded, readings), folder, BEGINS) as product:
        before = train_site(loaded, readings, product.models, BEGINS)
        campaign = plan_at(product, BEGINS, BEGINS + timedelta(hours=1))
        tries = approve(product, campaign)
        operator.approved = tries
        drive.run(campaign.steps[-1].ends)
        assert isinstance(product.clock, PlantClock)
        product.clock.time = site.time
        after = train_site(loaded, readings, product.models, site.time)
        cards = product.models.card(before.version), product.models.card(after.version)
        still = unmoved_setpoints(loaded, readings, site.time)
        (plant,) = plant_models(loaded, load_learned(product.models, loaded.site), None, {})
    return Commissioned(loaded, campaign, cards, after.cards, still, plant, max(watcher.degc), readings, tries)


def approve(product: Environment, campaign: Campaign) -> Sequence[Recommendation]:
    """Propose a campaign, and approve every step as an engineer would."""
    product.journal.save_plan(dataclasses.replace(plan(1), created=BEGINS), [], "cycle-1")
    propose(product, campaign, BEGINS)
    product.journal.save_plan(dataclasses.replace(plan(2), created=BEGINS), [], "cycle-2")  # does not replace the tries
    for item in product.journal.recommendations(RecommendationState.PROPOSED):
        assert item.kind is RecommendationKind.COMMISSIONING
        product.journal.transition(item.id, RecommendationState.APPROVED, actor="eve", reason="", at=BEGINS)
    return product.journal.recommendations(RecommendationState.APPROVED)


def test_no_inlet_passes_its_limit(commissioned: Commissioned) -> None:
    limits = {hall.limits.inlet_max_degc for hall in commissioned.loaded.site.halls}
    assert commissioned.hottest_degc < min(limits)
    feared = [step.worst_degc for step in commissioned.campaign.steps if step.worst_degc is not None]
    assert commissioned.hottest_degc < max(feared)


def test_every_setpoint_was_tried_within_what_may_be_written(commissioned: Commissioned) -> None:
    tried = {(item.equipment, item.quantity) for item in commissioned.tries}
    assert {("hall-1", SUPPLY_AIR), ("hall-1", FAN_SPEED), ("plant-1", LEAVING), ("plant-1", CONDENSER)} <= tried
    assert {
        ("loop-1", "secondary_supply_temperature_setpoint_degc"),
        ("loop-1", "secondary_flow_setpoint_lps"),
    } <= tried
    for item in commissioned.tries:
        assert item.points and "history has it" in item.reason
        for point in item.points:
            limits = commissioned.loaded.points[point].writable
            assert limits is not None and limits.low <= item.recommended <= limits.high


def test_no_card_says_any_more_that_a_setpoint_never_moved(commissioned: Commissioned) -> None:
    assert len(unexcited(commissioned.cards[0])) >= 18
    assert not [note for card in commissioned.trained for note in card.notes if "cannot be learned" in note]
    assert commissioned.still == ()


@pytest.mark.parametrize(
    ("part", "feature", "least"),
    [
        ("hall-1.rack_inlets", "supply_air_degc", 0.9),
        ("hall-2.rack_inlets", "supply_air_degc", 0.9),
        ("hall-3.rack_inlets", "supply_air_degc", 0.9),
        ("hall-2.rack_inlets", "air_rise_k", 0.5),
        ("plant-1.chiller", "leaving_water_degc", 0.9),
        ("plant-1.chiller", "entering_condenser_degc", 1.0),
        ("plant-1.crah_fan.hall-1", "prior_kw", 1.0),
        ("plant-1.cdu_pump.loop-1", "prior_kw", 0.5),
    ],
)
def test_the_range_seen_grew(commissioned: Commissioned, part: str, feature: str, least: float) -> None:
    found = commissioned.growth[(part, feature)]
    assert found.wider_by >= least, found


def test_the_direction_of_every_effect_is_right(commissioned: Commissioned) -> None:
    """Models answer with the sign that the plant itself showed while a setpoint was tried."""
    plant = commissioned.plant
    for hall in plant.hall_parts:
        inlet = float(hall.inlets.hottest(19.0, 5.0)[0])
        assert 0.5 < float(hall.inlets.hottest(20.0, 5.0)[0]) - inlet < 1.5
        assert float(hall.inlets.hottest(19.0, 6.0)[0]) > inlet
    assert shown(commissioned, "hall-1", SUPPLY_AIR, "a01.inlet_temperature_degc") > 0.5
    warmer_water = chillers_kw(plant, 10.0, 21.5) - chillers_kw(plant, 8.0, 21.5)
    colder_condenser = chillers_kw(plant, 8.0, 20.0) - chillers_kw(plant, 8.0, 22.5)
    assert warmer_water < 0 and colder_condenser < 0
    assert shown(commissioned, "plant-1", LEAVING, "chiller-1.power_kw") < 0
    assert shown(commissioned, "plant-1", CONDENSER, "chiller-1.power_kw") < 0
    for component, speeds in (("crah_fan.hall-1", (3.5, 6.6)), ("cdu_pump.loop-1", (2.8, 4.5))):
        slow, fast = plant.corrections[component].correct(np.array(speeds), {})[0]
        assert slow < fast
    assert shown(commissioned, "hall-1", FAN_SPEED, "crah-1.fan_power_kw") < 0
    assert shown(commissioned, "loop-1", "secondary_flow_setpoint_lps", "cdu-1.pump_power_kw") < 0


def chillers_kw(plant: CoolingPlant, leaving_degc: float, entering_degc: float) -> float:
    """Return what both chillers draw, as learned, at the site's usual heat."""
    group, heat_kw = group_chillers(plant.chillers), np.array([300.0])
    leaving, entering = np.array([leaving_degc]), np.array([entering_degc])
    law = chiller.power_kw(
        heat_kw, leaving, entering, rated_cooling_kw=group.rated_cooling_kw, rated_cop=group.rated_cop,
        min_part_load_frac=group.min_part_load_frac, curves=group.curves,
    )  # fmt: skip
    capacity = chiller.available_capacity_kw(group.rated_cooling_kw, leaving, entering, group.curves)
    drivers = {
        "part_load_frac": heat_kw / capacity,
        "leaving_water_degc": leaving,
        "entering_condenser_degc": entering,
    }
    return float(plant.corrections["chiller"].correct(law, drivers)[0][0])


def shown(commissioned: Commissioned, equipment: str, quantity: str, point: str) -> float:
    """Return by how much a reading changed in the last hour of the first try of a setpoint, from the hour before it."""
    one = next(item for item in commissioned.tries if (item.equipment, item.quantity) == (equipment, quantity))
    assert one.begins is not None and one.ends is not None
    hour, read = timedelta(hours=1), commissioned.readings.read
    held = read([point], one.ends - hour, one.ends)[point].mean()
    return float(held - read([point], one.begins - hour, one.begins)[point].mean())
