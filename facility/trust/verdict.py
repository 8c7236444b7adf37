"""What a check says after it has looked at a window of readings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from facility.records import Finding
from facility.site_file import LoadedSite

STEP = timedelta(minutes=5)  # of the means that all checks look at
STEPS_AN_HOUR = round(timedelta(hours=1) / STEP)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong, and which points were seen to be right; of the others the check cannot tell."""

    findings: tuple[Finding, ...]
    right: frozenset[str]


@dataclass(frozen=True, slots=True)
class Check:
    """One way to find readings that cannot be believed.

    Attributes
    ----------
    kinds
        The kinds of finding that it makes, and may see to be over.
    window
        The past that it looks at; None for as much as an inspection is given.
    points
        The points that it needs.
    find
        From the site and means over `STEP` (a column a point; NaN where there is none) to a verdict.
    hears_impossible
        Whether it also takes values out of range, of points that are often without a good one: a wrong scale may be why.
    """

    kinds: Collection[str]
    window: timedelta | None
    points: Callable[[LoadedSite], Sequence[str]]
    find: Callable[[LoadedSite, pd.DataFrame], Verdict]
    hears_impossible: bool = False


def hours_text(since: pd.Timestamp, until: pd.Timestamp) -> str:
    """Return a length of time for a sentence."""
    hours = (until - since) / pd.Timedelta(hours=1)
    return f"{60.0 * hours:.0f} min" if hours < 1.5 else f"{hours:.1f} h"


def without(frame: pd.DataFrame, findings: Sequence[Finding]) -> pd.DataFrame:
    """Return the frame without what findings took away: a point's readings from the time since when it is not believed."""
    touched = [finding for finding in findings if finding.point in frame]
    if not touched:
        return frame
    left = frame.copy()
    for finding in touched:
        left.loc[left.index >= finding.since, finding.point] = np.nan
    return left
