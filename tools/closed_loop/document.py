"""A comparison as JSON: the keys of `docs/closed_loop.md`, the same for every arm."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from tools.closed_loop import arms
from tools.closed_loop.arm_run import ArmRun
from tools.closed_loop.comparison import Outcome


def as_json(outcomes: Sequence[Outcome]) -> str:
    """Return one object for one case, an array for several."""
    documents = [document(outcome) for outcome in outcomes]
    return json.dumps(documents[0] if len(documents) == 1 else documents, indent=1, allow_nan=False)


def document(outcome: Outcome) -> dict[str, Any]:
    """Return a case as an object; an arm that was not run is null."""
    found, case = outcome.comparison, outcome.setting.case
    return {
        "site": found.site,
        "start": found.start,
        "days": found.days,
        "seed": found.seed,
        "captured_share": found.captured_share,
        "cooling_only_captured_share": found.cooling_only_captured_share,
        "lower_bound_cost": found.lower_bound_cost,
        "runs": {arm: _arm(outcome.runs, arm) for arm in arms.MAIN},
        "cooling_only_runs": {
            arm: _arm(outcome.runs, arms.COOLING_ONLY + arm) for arm in (arms.FACILITY, arms.REFERENCE)
        },
        "plant": case.plant,
        "currency": case.loaded.site.currency,
        "different_work": list(outcome.different_work),
        "failed": dict(outcome.failed),
        "notes": list(found.notes),
    }


def _arm(runs: Mapping[str, ArmRun], arm: str) -> dict[str, Any] | None:
    run = runs.get(arm)
    if run is None:
        return None
    figures = asdict(run.result)
    parts = figures.pop("cost")
    said: dict[str, Any] = {"plan_failures": list(run.plan_failures), "notes": list(run.notes)}
    said |= {"delivered": [asdict(one) for one in run.delivered]}
    return {name: _finite(value) for name, value in {"cost": run.result.cost.cost, **parts, **figures}.items()} | said


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
