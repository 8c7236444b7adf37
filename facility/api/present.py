"""What is measured now, as rows, and which of them changed since the last look; what did not change costs next to nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from facility.api.page.key_values import key_values
from facility.api.shown import Shown, ShownValue
from facility.api.site_view import SiteView
from facility.points import Point
from facility.prepare.situation import is_fresh
from facility.site_file import LoadedSite

# Point, value, quality, and the time of the reading in seconds of Unix.
Row = tuple[str, float | None, str, int | None]


class Present:
    """The rows of a site; only one thread may look at a time."""

    def __init__(self, view: SiteView) -> None:
        self._view = view
        self._loaded: LoadedSite | None = None
        self._last: Shown | None = None
        self.rows: Mapping[str, Row] = {}  # replaced, never changed: others may read it meanwhile
        self.figures: list[dict[str, Any]] = []
        self.at = view.clock.now()

    def look(self) -> tuple[list[Row], bool]:
        """Read, and return the rows that changed; and whether these are all, because the site is another one than before."""
        loaded, newest, now = self._view.loaded, self._view.latest(), self._view.clock.now()
        shown = Shown(loaded.points, newest, self._view.standing_in(now), now)
        anew = loaded is not self._loaded
        if anew:
            self._loaded, self.rows = loaded, {}
        may_have = [_row(point, shown.of(point)) for point in loaded.points if self._may_have_changed(point, shown)]
        changed = [row for row in may_have if row != self.rows.get(row[0])]
        self.rows = {**self.rows, **{row[0]: row for row in changed}}
        self._last, self.at = shown, now
        self.figures = [asdict(figure) for figure in key_values(loaded, newest, now)]
        return changed, anew

    def _may_have_changed(self, point: Point, shown: Shown) -> bool:
        row, reading = self.rows.get(point.id), shown.newest.get(point.id)
        if row is None or self._last is None or reading is not self._last.newest.get(point.id):
            return True
        if point.id in shown.standing_in or point.id in self._last.standing_in:
            return True
        return row[2] == "good" and not is_fresh(point, reading, shown.now)  # nobody confirmed it


def _row(point: Point, shown: ShownValue) -> Row:
    number = None if shown.value is None else float(f"{shown.value:.6g}")  # devices tell no more
    return point.id, number, shown.quality, None if shown.time is None else int(shown.time.timestamp())
