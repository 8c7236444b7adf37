"""Models as a site had them at a time: the version in service then, or one trained on nothing but the history before."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from facility.backtest.recorded import Recorded
from facility.errors import NotEnoughDataError
from facility.learn.learned import load_learned
from facility.learn.model_store import REPLACED, ModelStore
from facility.learn.training import train_site
from facility.learn.twin import Learned

TRAINED_EVERY = timedelta(days=7)


@dataclass(slots=True)
class ModelsThen:
    """Ask in the order of time: what is trained for one day serves the following ones, as it would have.

    Attributes
    ----------
    store
        The versions that the site has.
    scratch
        An empty store, for what is trained here and for copies of what was in service.
    """

    recorded: Recorded
    store: ModelStore
    scratch: ModelStore
    _trained: datetime | None = field(default=None, init=False)

    def at(self, at: datetime) -> tuple[Learned, str]:
        """Return what was, or could have been, learned by a time; and in words which of the two."""
        version = self._in_service(at)
        if version is not None:
            if version not in self.scratch.versions():
                self.scratch.save(version, self.store.artefacts(version), self.store.card(version))
            self.scratch.serve(version)
            return load_learned(self.scratch, self.recorded.loaded.site), f"{version}, in service then"
        if self._trained is None or at - self._trained >= TRAINED_EVERY:
            self._train(at)
        if self.scratch.serving() is None:
            return Learned(), "nameplates: history did not teach anything yet"
        learned = load_learned(self.scratch, self.recorded.loaded.site)
        return learned, f"{learned.version}, trained on history before it"

    def _train(self, at: datetime) -> None:
        try:
            train_site(self.recorded.loaded, self.recorded.then(at), self.scratch, at)
        except NotEnoughDataError:
            return  # nameplates serve, as they did then, until there is enough
        self._trained = at

    def _in_service(self, at: datetime) -> str | None:
        """Return the version in service at a time: the one that the next version found there; None if it is gone."""
        made = {
            version: datetime.fromisoformat(self.store.card(version)["trained"]) for version in self.store.versions()
        }
        later = [version for version in made if made[version] > at]
        found = self.store.card(min(later, key=made.__getitem__)).get(REPLACED) if later else self.store.serving()
        return found if found in made and made[found] <= at else None
