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
from facility.prepare.commissioning import unmoved_setpoints
from facility.prepare.commissioning_done import Outcome, outcomes
from facility.records import Recommendation, RecommendationKind, RecommendationState
from facility.signals.outlook import SiteSignals
from facility.site_file import load_site
from models.card import ModelCard
from models.commissioning.campaign import Campaign
from tests.history.decisions import plan
from tools.bench.commissioning_days import CommissionedSite, Try, constant_days
from tools.bench.predict_commissioning import directions
from tools.closed_loop.ours import PlantClock, open_product

pytestmark = pytest.mark.slow

DEMO = Path(__file__).parents[2] / "site_configs" / "demo.yaml"
FIRST = datetime(2026, 4, 10, tzinfo=UTC)
ROUNDS = 2
SUPPLY_AIR, FAN_SPEED = "supply_air_temperature_setpoint_degc", "fan_speed_setpoint_frac"
LEAVING, CONDENSER = "leaving_chilled_water_temperature_setpoint_degc", "condenser_water_temperature_setpoint_degc"


@dataclass
class Commissioned:
    """What the tests look at: the site, its campaigns and tries, what became of them, and the models before and after."""

    site: CommissionedSite
    still: Sequence[str]  # setpoints that history has still not moved
    cards: tuple[Mapping[str, Any], Mapping[str, Any]]
    trained: Sequence[ModelCard]  # what was trained last, whether it serves or not
    directions_asked: int
    directions_right: int
    campaigns: list[Campaign] = field(default_factory=list)
    tries: list[Recommendation] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def growth(self) -> dict[tuple[str, str], RangeGrowth]:
        return {(one.part, one.feature): one for one in range_growth(*self.cards)}


@pytest.fixture(scope="module")
def commissioned(tmp_path_factory: pytest.TempPathFactory) -> Commissioned:
    loaded = load_site(DEMO)
    found = constant_days(loaded, 1, FIRST)
    begins, folder = found.site.time, tmp_path_factory.mktemp("commissioning")
    campaigns: list[Campaign] = []
    tries: list[Recommendation] = []
    with open_product(loaded, found.readings, SiteSignals(loaded, found.readings), folder, begins) as product:
        assert isinstance(product.clock, PlantClock)
        before = last = train_site(loaded, found.readings, product.models, begins)
        for _ in range(ROUNDS):
            now = product.clock.time = found.site.time
            campaigns.append(plan_at(product, now, now + timedelta(hours=1)))
            approved = approve(product, campaigns[-1], now)
            tries += approved
            found.operator.tries = [
                Try(item.points, item.recommended, item.begins, item.ends)
                for item in approved
                if item.begins and item.ends
            ]
            found.run(campaigns[-1].steps[-1].ends + timedelta(hours=1))
            last = train_site(loaded, found.readings, product.models, found.site.time)
        cards = product.models.card(before.version), product.models.card(last.version)
        right = directions(found, load_learned(product.models, loaded.site))
        still = unmoved_setpoints(loaded, found.readings, found.site.time)
    seen = list(outcomes(loaded, found.readings, tries))
    return Commissioned(found, still, cards, last.cards, right.asked, right.right, campaigns, tries, seen)


def approve(product: Environment, campaign: Campaign, now: datetime) -> Sequence[Recommendation]:
    """Propose a campaign, and approve every step as an engineer would."""
    plans = [dataclasses.replace(plan(number), id=f"plan-{number}-{now:%d%H}", created=now) for number in (1, 2)]
    product.journal.save_plan(plans[0], [], "cycle-1")
    tries = propose(product, campaign, now)
    product.journal.save_plan(plans[1], [], "cycle-2")  # does not replace the tries
    waiting = product.journal.recommendations(RecommendationState.PROPOSED)
    assert {item.id for item in waiting} == {item.id for item in tries}
    for item in waiting:
        assert item.kind is RecommendationKind.COMMISSIONING
        product.journal.transition(item.id, RecommendationState.APPROVED, actor="eve", reason="", at=now)
    return waiting


def test_no_inlet_passes_its_limit(commissioned: Commissioned) -> None:
    assert np.max(commissioned.site.over_k) < 0
    feared = [step for campaign in commissioned.campaigns for step in campaign.steps if step.room is not None]
    assert feared
    for step in feared:
        assert step.room is not None and step.worst_degc is not None
        assert step.risk_k <= 0 or step.worst_degc < step.room.inlet_max_degc


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
            limits = commissioned.site.loaded.points[point].writable
            assert limits is not None and limits.low <= item.recommended <= limits.high


def test_the_second_round_stands_on_what_the_first_reached(commissioned: Commissioned) -> None:
    first, second = commissioned.campaigns
    reached = {step.lever.name: step.value for step in first.steps}
    further = [step for step in second.steps if step.lever.seen != (step.lever.now, step.lever.now)]
    assert further
    for step in further:
        assert any(end == pytest.approx(reached[step.lever.name], abs=1e-6) for end in step.lever.seen)


def test_history_shows_that_the_tries_were_carried_out(commissioned: Commissioned) -> None:
    assert len(commissioned.outcomes) == len(commissioned.tries)
    done = [one for one in commissioned.outcomes if one.done]
    assert len(done) >= 0.9 * len(commissioned.outcomes)
    for one in done:
        assert one.reached == pytest.approx(one.tried.recommended, rel=0.02)


def test_no_card_says_any_more_that_a_setpoint_never_moved(commissioned: Commissioned) -> None:
    assert len(unexcited(commissioned.cards[0])) >= 18
    assert not [note for card in commissioned.trained for note in card.notes if "cannot be learned" in note]
    assert commissioned.still == ()


@pytest.mark.parametrize(
    ("part", "feature", "least"),
    [
        ("hall-1.rack_inlets", "supply_air_degc", 0.4),
        ("hall-2.rack_inlets", "supply_air_degc", 0.9),
        ("hall-3.rack_inlets", "supply_air_degc", 0.4),
        ("hall-2.rack_inlets", "air_rise_k", 0.5),
        ("plant-1.chiller", "leaving_water_degc", 0.9),
        ("plant-1.chiller", "entering_condenser_degc", 0.5),
        ("plant-1.crah_fan.hall-1", "prior_kw", 0.5),
        ("plant-1.cdu_pump.loop-1", "prior_kw", 0.5),
    ],
)
def test_the_range_seen_grew(commissioned: Commissioned, part: str, feature: str, least: float) -> None:
    found = commissioned.growth[(part, feature)]
    assert found.wider_by >= least, found


def test_the_direction_of_every_effect_is_right(commissioned: Commissioned) -> None:
    """Models in service answer with the sign that the plant shows when the same setpoint is moved from the same state."""
    assert commissioned.directions_asked >= 12
    assert commissioned.directions_right == commissioned.directions_asked
