"""A history without what must not teach: readings in doubt become gaps, and the doubts are named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.raw_history.clocks import find_shifted_clocks
from models.raw_history.doubt import Doubt
from models.raw_history.gaps import find_gaps
from models.raw_history.resting import find_resting
from models.raw_history.units import find_units


@dataclass(frozen=True, slots=True, eq=False)
class ScreenedHistory:
    """History with NaN where readings are in doubt, and every doubt in the order it was found."""

    frame: pd.DataFrame
    doubts: tuple[Doubt, ...]

    def about(self, columns: Sequence[str]) -> tuple[str, ...]:
        """Return the doubts about any of some columns as lines for a card."""
        wanted = set(columns)
        return tuple(str(doubt) for doubt in self.doubts if wanted & set(doubt.columns))


def screen_history(frame: pd.DataFrame, partners: Mapping[str, Sequence[str]] | None = None) -> ScreenedHistory:
    """Leave out what cannot be believed. Nothing is put in its place.

    Units come first: a spell in another unit would hide what the other checks look for.

    Parameters
    ----------
    frame
        Columns `equipment.quantity`, index UTC times in rows of equal length, NaN for gaps.
    partners
        For `find_shifted_clocks`: what columns move with at the same moment; None: others of their quantity.
    """
    gaps = list(find_gaps(frame)) if len(frame) else []
    kept, doubts = frame, gaps
    for find in (find_units, find_resting):
        found = list(find(kept)) if len(frame) else []
        kept, doubts = _without(kept, found), doubts + found
    shifted = list(find_shifted_clocks(kept, partners)) if len(frame) else []
    return ScreenedHistory(_without(kept, shifted), tuple(doubts + shifted))


def _without(frame: pd.DataFrame, doubts: Sequence[Doubt]) -> pd.DataFrame:
    if not doubts:
        return frame
    kept = frame.copy()
    for doubt in doubts:
        kept.loc[doubt.first : doubt.last, list(doubt.columns)] = np.nan
    return kept
