"""Why to train now: no model, a night, equipment that has changed, a part that has left its model, ground that none has seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from facility.errors import ModelError
from facility.learn.learned import equipment_changes
from facility.learn.model_store import ModelStore
from facility.service.night import next_night
from facility.site_file import LoadedSite

RETRY = timedelta(hours=1)  # while there is no model: history grows
DRIFT_EVERY = timedelta(hours=1)


@dataclass(slots=True)
class Reasons:
    """Why to train, asked again and again as time goes on.

    Attributes
    ----------
    models
        Whose version in service is looked at.
    notice_drift
        Looks for drift, keeps what it finds, and returns it in words; nothing where there is none.
    find_new_ground
        Returns in words where the plant is now and no version of the models has been; nothing where there is no such place.
    """

    models: ModelStore
    notice_drift: Callable[[], str]
    find_new_ground: Callable[[], str]
    night: datetime | None = None
    retry: datetime | None = None
    drift_due: datetime | None = None
    site: LoadedSite | None = None  # the last one that was looked at
    ground: str = ""  # the last that was told: a training that does not help is not repeated

    def due(self, loaded: LoadedSite, now: datetime) -> str:
        """Return why to train now, in words; nothing where there is no reason."""
        if self.models.serving() is None:
            if self.retry is not None and now < self.retry:
                return ""
            self.retry = now + RETRY
            return "no model yet"
        if self.night is None or now >= self.night:
            first, self.night = self.night is None, next_night(now.astimezone(loaded.site.zone))
            if not first:
                drift = self.notice_drift()
                return f"night, and drift of {drift}" if drift else "night"
        if loaded is not self.site:
            self.site = loaded
            if why := _unfit(self.models, loaded):
                return why
        if self.drift_due is None or now >= self.drift_due:
            self.drift_due = now + DRIFT_EVERY
            return self._looked()
        return ""

    def _looked(self) -> str:
        if drift := self.notice_drift():
            return f"drift of {drift}"
        before, self.ground = self.ground, self.find_new_ground()
        return f"beyond what models have seen: {self.ground}" if self.ground not in ("", before) else ""


def _unfit(models: ModelStore, loaded: LoadedSite) -> str:
    """Return in words why the version in service cannot serve the site as it is; empty where it can."""
    try:
        changed = equipment_changes(models, loaded.site)
    except ModelError as error:
        return str(error)
    return f"equipment changed: {changed}" if changed else ""
