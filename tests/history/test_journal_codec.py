"""Records come back from JSON exactly as they went in."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from facility.history.journal_codec import EVENT, PLAN, RECOMMENDATION, Codec
from facility.promises import CommitmentOutcome
from facility.records import CostBreakdown, Event, Interval, LimitShortfall, Plan, Recommendation
from tests.history.decisions import plan

_TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
_TIME = st.datetimes(timezones=st.just(UTC))
_DETAIL = st.none() | st.booleans() | st.integers() | st.floats() | _TEXT
_MAP = st.dictionaries(_TEXT, st.lists(st.floats(), max_size=4).map(tuple), max_size=3)


def _any(kind: type, **given_: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    st.register_type_strategy(str, _TEXT)
    return st.builds(kind, **given_)


_INTERVAL = st.builds(Interval)
_COST = st.builds(CostBreakdown)
_SHORTFALL = st.builds(LimitShortfall, limit=_TEXT, unit=_TEXT, at=st.none() | _TIME, since=st.none() | _TIME)
_OUTCOME = st.builds(
    CommitmentOutcome, id=_TEXT, start=_TIME, end=_TIME, baseline_kw=st.lists(st.floats(), max_size=3).map(tuple)
)
_EVENTS = st.builds(
    Event,
    time=_TIME,
    kind=_TEXT,
    subject=_TEXT,
    actor=_TEXT,
    detail=st.dictionaries(_TEXT, _DETAIL, max_size=4),
    correlation_id=st.none() | _TEXT,
)
_PLANS = _any(
    Plan,
    created=_TIME,
    start=_TIME,
    step=st.timedeltas(),
    schedule=_MAP,
    baseline=_MAP,
    modes=st.dictionaries(_TEXT, st.lists(_TEXT, max_size=3).map(tuple), max_size=3),
    cost=_COST,
    baseline_cost=_COST,
    binding_limits=st.dictionaries(_TEXT, st.lists(_TEXT, max_size=3).map(tuple), max_size=3),
    shortfalls=st.lists(_SHORTFALL, max_size=2).map(tuple),
    unmet=st.lists(_SHORTFALL, max_size=2).map(tuple),
    notes=st.lists(_TEXT, max_size=2).map(tuple),
    commitments=st.lists(_OUTCOME, max_size=2).map(tuple),
    saving_range=st.none() | _INTERVAL,
    limit_prices=st.dictionaries(_TEXT, st.floats(), max_size=2),
)
_RECOMMENDATIONS = _any(
    Recommendation,
    created=_TIME,
    expires=_TIME,
    saving_kw=_INTERVAL,
    saving_cost_per_day=_INTERVAL,
    saving_kgco2_per_day=_INTERVAL,
)


def _same(codec: Codec[Any], record: object) -> None:
    """Equal, with NaN equal to itself, 1 and 1.0 and True told apart, and signs of zero kept."""
    back = codec.load(codec.dump(record))
    assert type(back) is type(record)
    np.testing.assert_equal(_plain(back), _plain(record))


def _plain(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, tuple):
        return [_plain(entry) for entry in value]
    return (type(value).__name__, repr(value) if isinstance(value, float | int) else value)


@settings(max_examples=150)
@given(_EVENTS)
def test_events(event: Event) -> None:
    _same(EVENT, event)


@settings(max_examples=60)
@given(_PLANS)
def test_plans(plan: Plan) -> None:
    _same(PLAN, plan)


@settings(max_examples=60)
@given(_RECOMMENDATIONS)
def test_recommendations(recommendation: Recommendation) -> None:
    _same(RECOMMENDATION, recommendation)


def test_a_plan_kept_before_promises_and_goals_were_known_is_read() -> None:
    before = plan(1)
    known = json.loads(PLAN.dump(before))
    for name in ("commitments", "saving_range", "limit_prices", "goal_weights", "goal_caps"):
        del known[name]
    for cost in (known["cost"], known["baseline_cost"]):
        for name in ("water_m3", "water_cost", "commitment_cost", "peak_kw", "preference_cost"):
            del cost[name]
    assert PLAN.load(json.dumps(known)) == before
