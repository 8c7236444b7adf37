"""What a site promises to the grid, and what a plan makes of it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

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

    `delivered_kw` is the highest draw under a cap, the least reduction otherwise.
    """

    id: str
    kind: CommitmentKind
    start: datetime
    end: datetime
    committed_kw: float
    delivered_kw: float
    shortfall_kwh: float
    cost: float
