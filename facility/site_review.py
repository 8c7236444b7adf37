"""Opens what people decide about a site's recommendations, and the plans these are of, in the database of its journal."""

from __future__ import annotations

from sqlalchemy import Engine

from facility.history.journal_database import open_database
from facility.history.plan_archive import PlanArchive
from facility.history.review_book import ReviewBook
from facility.secrets import resolve_secret
from facility.site_file import LoadedSite
from facility.state import StateFolder


def open_review_book(loaded: LoadedSite, state: StateFolder) -> ReviewBook:
    """Open the recommendations with their decisions and comments."""
    return ReviewBook(_engine(loaded, state), loaded.site.id)


def open_plan_archive(loaded: LoadedSite, state: StateFolder) -> PlanArchive:
    """Open the plans as they were made."""
    return PlanArchive(_engine(loaded, state), loaded.site.id)


def _engine(loaded: LoadedSite, state: StateFolder) -> Engine:
    url = loaded.site.journal.url
    return open_database(resolve_secret(url).get_secret_value() if url else None, state)
