"""What a site promises to the grid, and what a plan makes of it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt


class CommitmentKind(enum.StrEnum):
    """What is promised to the grid."""

    IMPORT_CAP = "import_cap"  # to draw no more than so much
    REDUCTION = "reduction"  # to draw so much less than a baseline


@dataclass(frozen=True, slots=True, eq=False)
class Commitment:
    """A promise to the grid from `start` until `end`, in each step that this touches.

    What is paid for keeping it is settled elsewhere; a price per kWh delivered is the same as a penalty per kWh short.

    Attributes
    ----------
    amount_kw
        The cap, or the reduction.
    baseline_kw
        Of a reduction: what the site would have drawn, one value a step of the plan.
    penalty_per_kwh
        What falling short costs; None: it must not.
    """

    id: str
    kind: CommitmentKind
    start: datetime
    end: datetime
    amount_kw: float
    baseline_kw: npt.NDArray[np.float64] | None = None
    penalty_per_kwh: float | None = None


@dataclass(frozen=True, slots=True)
class CommitmentOutcome:
    """What a plan makes of a commitment, in the steps that it covers.

    `delivered_kw` is the highest draw under a cap, the least reduction otherwise. `baseline_kw` is of a reduction: what the site
    would have drawn, one value for each step of the plan that it touches; empty of a cap.
    """

    id: str
    kind: CommitmentKind
    start: datetime
    end: datetime
    committed_kw: float
    delivered_kw: float
    shortfall_kwh: float
    cost: float
    baseline_kw: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """How much less a site can draw from `start` until `end`, if it is told `notice` before.

    Attributes
    ----------
    price_per_kwh
        What a kWh less is worth at most: the site gives what costs it no more.
    kw
        Held in each step after the ramp, with a confidence of nine in ten.
    expected_kw
        Held in each step after the ramp, if load and models are as expected.
    cost
        What it costs over the whole horizon beside the reward: energy bought at other hours, wear, comfort of the plan given up.
    ramp
        From `start` until the reduction is there.
    by_source_kw
        Mean reduction after the ramp, by what gives it: `it`, `cooling`, `losses`, `battery`, `other`.
    recovery_peak_kw
        How much higher the site's power gets in the hours after than it would have been; never negative.
    recovery_kwh
        How much more it draws in these hours.
    """

    start: datetime
    end: datetime
    notice: timedelta
    price_per_kwh: float
    kw: float
    expected_kw: float
    cost: float
    ramp: timedelta
    by_source_kw: Mapping[str, float]
    recovery_peak_kw: float
    recovery_kwh: float
