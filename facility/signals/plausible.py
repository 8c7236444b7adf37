"""What values a signal can have at all; what is beyond is dropped and counted, and an issue full of it is refused."""

from __future__ import annotations

import pandas as pd

from facility.errors import SignalError
from facility.signals.carbon import PLAUSIBLE_GCO2_PER_KWH
from facility.signals.outlook import CARBON, PRICE
from facility.signals.provider import Issue
from facility.signals.weather import OUTDOOR

BOUNDS = {
    # European markets clear within -0.5..5 EUR/kWh, American ones within -0.15..9 USD/kWh; cents or MWh for kWh are beyond.
    PRICE: (-1.0, 10.0),
    CARBON: PLAUSIBLE_GCO2_PER_KWH,
    OUTDOOR[0]: (-70.0, 60.0),
    OUTDOOR[1]: (0.0, 1.0),
}
_MOST_DROPPED_FRAC = 0.1  # more is no outlier but a wrong unit


def within_bounds(issue: Issue, source: str) -> tuple[Issue, int]:
    """Return an issue without implausible values, and how many those were.

    Raises
    ------
    SignalError
        If they are too many to be outliers, or nothing is left.
    """
    low, high = BOUNDS[issue.quantity]
    known = issue.series.dropna()
    wrong = known[~known.between(low, high)]
    if known.empty:
        raise SignalError(f"{source}: all values of {issue.quantity} are missing")
    if len(wrong) > _MOST_DROPPED_FRAC * len(known):
        raise SignalError(
            f"{source}: {len(wrong)} of {len(known)} values of {issue.quantity} are outside {low:g}..{high:g}, "
            f"such as {wrong.iloc[0]:g}; is the unit right?"
        )
    kept: pd.Series = issue.series.where(issue.series.between(low, high))
    return Issue(issue.quantity, kept, issue.issued), len(wrong)
