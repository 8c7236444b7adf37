"""Says once when points of a device turn invalid, and once when all have been valid for a while; flicker is one message."""

from __future__ import annotations

from collections.abc import Collection

import structlog

_CALM_POLLS = 30
_NAMED = 8

log = structlog.get_logger(__name__)


class QualityLog:
    """Remembers which points of a device were already complained about."""

    def __init__(self, device: str) -> None:
        self._log = log.bind(device=device)
        self._known: set[str] = set()
        self._calm = 0

    def observe(self, invalid: Collection[str]) -> None:
        """Take the points that one answered poll found bad or out of range."""
        fresh = sorted(set(invalid) - self._known)
        if fresh:
            self._known.update(fresh)
            more = f" and {len(fresh) - _NAMED} more" if len(fresh) > _NAMED else ""
            self._log.warning("points without a valid value", points=", ".join(fresh[:_NAMED]) + more)
        self._calm = 0 if invalid else self._calm + 1
        if self._known and self._calm >= _CALM_POLLS:
            self._log.info("points are valid again", points=len(self._known))
            self._known.clear()
