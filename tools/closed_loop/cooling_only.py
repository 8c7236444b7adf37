"""Facility with servers, jobs and storage left alone: a battery must not hide a plant that nobody looks after."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from facility.points import PointIndex
from facility.site import Site
from facility.site_file import LoadedSite
from tools.closed_loop.levers import frozen_keys


def has_other_levers(loaded: LoadedSite) -> bool:
    """Tell whether the site has anything to set besides cooling; if not, cooling only is all there is."""
    return any(loaded.points.one(*key) is not None for key in frozen_keys(loaded.site))


def cooling_only_site(loaded: LoadedSite) -> LoadedSite:
    """Return the site as facility is to see it when it may move cooling only.

    Servers, jobs and storage are not writable, and the plan does not count on them: pools do not consolidate, batteries stand
    by, and work that could wait is due when it comes, as the plant's own controls do it.
    """
    site, frozen = loaded.site, frozen_keys(loaded.site)
    names = {".".join(key) for key in frozen}
    changes: dict[str, Any] = {
        "writable": tuple(point for point in site.writable if point.point not in names),
        "server_pools": tuple(pool.model_copy(update={"consolidate": False}) for pool in site.server_pools),
        "batteries": tuple(battery.model_copy(update={"dispatchable": False}) for battery in site.batteries),
        "deferrable_work": tuple(
            work.model_copy(update={"due_within_h": site.planning.step_min / 60.0}) for work in site.deferrable_work
        ),
    }
    changed: Site = site.model_copy(update=changes)
    points = [
        replace(point, writable=None) if (point.equipment, point.quantity) in frozen else point
        for point in loaded.points
    ]
    return replace(loaded, site=changed, points=PointIndex(points))
