"""Racks that fail to report, by name: whose power was taken from the others', and whose inlet nobody knows."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

_WORTH_NAMING_FRAC = 0.01  # of the time


def stood_in_for(racks: Sequence[str], frame: pd.DataFrame) -> tuple[str, ...]:
    """Return a sentence for each rack whose power is missing now and then: the mean of the others stands in for it.

    Parameters
    ----------
    racks
        Rack ids of a hall.
    frame
        With columns `<rack>.power_kw`; one that is not there is missing all the time.
    """
    missing = frame.reindex(columns=[f"{rack}.power_kw" for rack in racks]).isna().mean()
    return tuple(
        f"{rack}.power_kw is missing for {share:.0%} of the time: the mean of the other racks stands in for it"
        for rack, share in zip(racks, missing, strict=True)
        if share > _WORTH_NAMING_FRAC
    )
