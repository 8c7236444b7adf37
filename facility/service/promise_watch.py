"""Whether what the site has promised to the grid has changed since the last plan."""

from __future__ import annotations

from facility.errors import FacilityError
from facility.history.grid_event_book import GridEventBook
from facility.log import get_logger
from facility.service.worker import Worker
from facility.site_file import LoadedSite
from facility.site_respond import open_grid_event_book

_log = get_logger(__name__)


class PromiseWatch:
    """Looks into the book of events; while that cannot be read, nothing is taken for changed."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._opened: tuple[LoadedSite, GridEventBook] | None = None
        self._newest = -1
        self._promises: list[tuple[int, int]] = []  # the number and revision of each event

    def remember(self) -> None:
        """Take what is promised now for what is planned with."""
        self._look()

    def changed(self) -> bool:
        """Tell whether something else is promised than at the last look."""
        before = self._promises
        self._look()
        return self._promises != before

    def _look(self) -> None:
        try:
            book = self._book()
            newest = book.newest_move()
            if newest != self._newest:
                self._promises = [(one.number, one.event.revision) for one in book.promised()]
                self._newest = newest
        except FacilityError as error:
            _log.error("what is promised to the grid cannot be read now", reason=str(error))

    def _book(self) -> GridEventBook:
        loaded = self._worker.loaded
        if self._opened is not None and self._opened[0] is loaded:
            return self._opened[1]
        if self._opened is not None:
            self._opened[1].close()
            self._opened = None
        book = open_grid_event_book(loaded, self._worker.state)
        self._opened = loaded, book
        return book
