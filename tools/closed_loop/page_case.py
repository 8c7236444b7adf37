"""What a page shows of one comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from facility.site import Site
from tools.closed_loop.page_style import ARMS
from tools.closed_loop.result import Comparison


@dataclass(frozen=True, slots=True, eq=False)
class PageCase:
    """A comparison, its site, and by arm what a `recorder.Recorder` kept of its course; frames may be missing.

    The site gives currency, time zone, limits, and which machine belongs to which hall.
    """

    comparison: Comparison
    site: Site
    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = [arm for arm in (*self.comparison.runs, *self.frames) if arm not in ARMS]
        if unknown:
            raise ValueError(f"no such arm: {', '.join(unknown)}; known: {', '.join(ARMS)}")
        extra = [arm for arm in self.frames if arm not in self.comparison.runs]
        if extra:
            raise ValueError(f"frames without a result: {', '.join(extra)}")

    @property
    def title(self) -> str:
        """Which comparison it is."""
        one = self.comparison
        return f"{one.site}, {one.start}, {one.days} day{'s' if one.days != 1 else ''}, seed {one.seed}"
