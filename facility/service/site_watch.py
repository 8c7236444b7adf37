"""Notices that a site file, or a profile of its own, has changed; a bad change leaves the old site in force."""

from __future__ import annotations

import hashlib
from pathlib import Path

from facility.errors import ConfigurationError
from facility.site_file import LoadedSite, load_site


class SiteWatch:
    """Looks at the content of the files, so that a touched file is no change and a restored one is."""

    def __init__(self, loaded: LoadedSite) -> None:
        self.loaded = loaded
        self._judged = self._seen = self._fingerprint()

    def look(self) -> LoadedSite | None:
        """Return the new site if there is one.

        A change is judged when two looks see the same content: an editor may be halfway through writing it.

        Raises
        ------
        ConfigurationError
            Once for a content that is not a valid site, or that cannot take the place of the present one.
        """
        before, self._seen = self._seen, self._fingerprint()
        if self._seen in (self._judged,) or self._seen != before:
            return None
        self._judged = self._seen
        fresh = load_site(self.loaded.path)
        if fresh.site.id != self.loaded.site.id:
            raise ConfigurationError(
                f"{fresh.path}: id: was {self.loaded.site.id!r}, is {fresh.site.id!r}: another site needs a service of its own"
            )
        if fresh.revision == self.loaded.revision:
            return None
        self.loaded = fresh
        return fresh

    def _fingerprint(self) -> str:
        digest = hashlib.sha256()
        for path in self._files():
            try:
                digest.update(path.read_bytes())
            except OSError as error:
                digest.update(str(error.errno).encode())
            digest.update(b"\0")
        return digest.hexdigest()

    def _files(self) -> list[Path]:
        folder = self.loaded.site.profile_folder
        profiles = sorted((self.loaded.path.parent / folder).glob("*.yaml")) if folder else []
        return [self.loaded.path, *profiles]
