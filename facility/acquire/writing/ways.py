"""The way to a value in steps, and whether a point is ours to put back. Pure, as the rules are."""

from __future__ import annotations

import math

from facility.acquire.writing.rules import WriteRules
from facility.errors import WriteRefusedError
from facility.records import PointStanding


def next_step(rules: WriteRules, present: float, value: float) -> float:
    """Return how far towards a value one write may go."""
    if rules.max_step is None or abs(value - present) <= rules.max_step:
        return value
    return present + math.copysign(rules.max_step, value - present)


def check_ours(rules: WriteRules, standing: PointStanding) -> None:
    """Refuse a point whose value is not ours: never written, or somebody else has changed it since."""
    last, override = standing.last, standing.override
    if override is not None:
        raise WriteRefusedError(
            f"{rules.point} is overridden: somebody changed {rules.says(override.expected)} to {rules.says(override.found)}; "
            "it is left as it is"
        )
    if last is None or (standing.cleared_at is not None and last.at <= standing.cleared_at):
        raise WriteRefusedError(f"{rules.point}: what it holds is not of our writing; it is left as it is")
