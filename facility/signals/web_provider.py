"""What providers on the web share: their part of the site file, and the way to their server."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

from facility.signals.http_get import HttpGet


class WebSource(Protocol):
    """A part of the site file that names a server."""

    @property
    def base_url(self) -> str:
        """Where it is."""
        ...

    @property
    def label(self) -> str:
        """Which provider, and what of it."""
        ...


Source = TypeVar("Source", bound=WebSource)


class WebProvider(Generic[Source]):
    """Asks for what a part of the site file names; keeps the connection's validators between questions."""

    def __init__(self, source: Source) -> None:
        self.source, self.http = source, HttpGet(source.base_url)

    @property
    def name(self) -> str:
        """Which provider, and what of it: two with the same name give the same."""
        return self.source.label
