"""The exceptions of facility, drawn as a tree.

FacilityError                 whatever a caller did or met; its message says what to do
├── ConfigurationError        a site file, profile or setting is wrong (file, line, key, fix)
│   └── SecretError           a secret reference cannot be resolved, or its file is too open
├── DeviceError               a device does not answer, or refuses a request
├── WriteRefusedError         a write that the site does not allow, or that the device did not take
├── HistoryError              the store cannot be opened, or a write was not acknowledged
│   ├── StorageFullError      no space left: nothing acknowledged was lost, polling goes on
│   └── UnknownPointError     a point id that the site does not have
├── JournalError              the journal refuses: unknown record, or a transition not allowed
├── NotEnoughDataError        what is missing before a model or a plan can be made
├── SignalError               a forecast, price or carbon source is missing or ends too early
├── ModelError                a stored model cannot be loaded or does not fit this site
└── PlanError                 no plan
    ├── InfeasibleError       proven: these named limits cannot be met, by these amounts
    └── NoPlanFoundError      none found in time; nothing is proven

Bad readings are never exceptions: they carry a quality flag (`facility.records.Quality`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facility.records import LimitShortfall


class FacilityError(Exception):
    """Base of everything facility raises on purpose."""


class ConfigurationError(FacilityError):
    """A site file, profile or setting is wrong."""


class SecretError(ConfigurationError):
    """A secret reference cannot be resolved, or its file is open to others."""


class DeviceError(FacilityError):
    """A device does not answer, or refuses a request."""


class WriteRefusedError(FacilityError):
    """A write that the site does not allow, that cannot be encoded, or that the device did not take."""


class NotTheWriterError(FacilityError):
    """Another machine writes to the devices of the site; nothing was sent."""


class HistoryError(FacilityError):
    """The history cannot be opened, or a write was not acknowledged."""


class StorageFullError(HistoryError):
    """No space left on the device that holds the history."""


class UnknownPointError(HistoryError):
    """A point id that the site does not have."""


class JournalError(FacilityError):
    """The journal refuses: unknown record, or a transition that is not allowed."""


class NotEnoughDataError(FacilityError):
    """History is too short or too thin; `missing` names what is needed, one entry each."""

    def __init__(self, missing: Sequence[str]) -> None:
        self.missing = tuple(missing)
        super().__init__("not enough data: " + "; ".join(self.missing))


class SignalError(FacilityError):
    """A forecast, price or carbon source is missing or ends too early."""


class ModelError(FacilityError):
    """A stored model cannot be loaded or does not fit this site."""


class PlanError(FacilityError):
    """No plan could be made."""


class InfeasibleError(PlanError):
    """Proven: these named limits cannot be met, by these amounts."""

    def __init__(self, shortfalls: Sequence[LimitShortfall]) -> None:
        self.shortfalls = tuple(shortfalls)
        super().__init__("no plan can meet: " + "; ".join(str(shortfall) for shortfall in self.shortfalls))


class NoPlanFoundError(PlanError):
    """No plan was found in time; that none exists is not proven."""
