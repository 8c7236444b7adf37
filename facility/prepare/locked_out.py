"""Equipment that people have locked out in dispatch: to a plan as if the site file said so, as long as it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from facility.history.dispatch_records import LockOut
from facility.site import Availability
from facility.site_file import LoadedSite


def with_lock_outs(loaded: LoadedSite, lock_outs: Mapping[str, LockOut], at: datetime) -> LoadedSite:
    """Return the site with what is locked out at a time out of service, whatever its file says of it.

    Availability ends with a day, a lock-out at an hour: until then a plan counts on nothing, and when it ends there is a new plan.
    """
    holding = {name: one for name, one in lock_outs.items() if one.holds(at)}
    if not holding:
        return loaded
    zone = loaded.site.zone
    kept = [entry for entry in loaded.site.availability if entry.equipment not in holding]
    found = [
        Availability(equipment=name, state="locked_out", by=one.said.by, until=one.until.astimezone(zone).date())
        for name, one in holding.items()
    ]
    return replace(loaded, site=loaded.site.model_copy(update={"availability": (*kept, *found)}))
