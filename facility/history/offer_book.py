"""The offers that were made last, in a file of the state folder; one process at a time makes some."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from facility.errors import HistoryError
from facility.history.whole_file import held, replace_whole


@dataclass(frozen=True, slots=True)
class OffersAsked:
    """For how many of the coming hours, of which length, told how long before."""

    hours: int
    duration_min: float
    notice_min: float


@dataclass(frozen=True, slots=True)
class KeptOffers:
    """Offers as rows of a report, when they were made, and the hours without one: when, and why."""

    asked: OffersAsked
    made: datetime
    site_revision: str
    offers: Sequence[Mapping[str, Any]]
    without: Sequence[tuple[datetime, str]]


_KEPT = TypeAdapter(KeptOffers)


class OfferBook:
    """The file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def kept(self) -> KeptOffers | None:
        """Return what was made last; None where nothing ever was.

        Raises
        ------
        HistoryError
            If the file is damaged.
        """
        try:
            return _KEPT.validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            raise HistoryError(f"{self._path} is damaged ({error}); remove it, and make offers anew") from error

    def keep(self, offers: KeptOffers) -> None:
        """Replace what is kept."""
        replace_whole(self._path, _KEPT.dump_json(offers, indent=1).decode() + "\n")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the book while offers are made.

        Raises
        ------
        HistoryError
            If another process makes some.
        """
        with held(self._path, "another process makes offers of this site; wait for it"):
            yield
