"""Versions of the models as rows, the same in the terminal and over the API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from facility.errors import ModelError
from facility.learn.model_store import ModelStore


def version_rows(models: ModelStore) -> list[dict[str, Any]]:
    """Return one row a version; one whose card cannot be read is listed with the reason."""
    return [_version_row(models, version) for version in models.versions()]


def standing(models: ModelStore, version: str) -> str:
    """Return in a sentence whether a version is in service."""
    serving = models.serving()
    if version != serving:
        return f"Not in service: {serving or 'the nameplates'} {'is' if serving else 'are'}."
    pin = models.pin()
    return f"In service, pinned by {pin.actor} since {pin.at[:16]} ({pin.reason})." if pin else "In service."


def _version_row(models: ModelStore, version: str) -> dict[str, Any]:
    serving, pin = models.serving() == version, models.pin()
    try:
        card: Mapping[str, Any] = models.card(version)
    except ModelError as error:
        card = {"reason": str(error)}
    parts = Counter("learned" if "fitted_until" in entry else "nameplate" for entry in card.get("parts", ()))
    return {
        "version": version,
        "trained": datetime.fromisoformat(card["trained"]) if "trained" in card else None,
        "because": card.get("why"),
        "in_service": serving,
        "pinned_by": pin.actor if serving and pin else None,
        "pinned_reason": pin.reason if serving and pin else None,
        "learned": parts["learned"],
        "nameplate": parts["nameplate"],
        "kept": sum(entry["trained_in"] != version for entry in card.get("parts", ())),
        "site_revision": card.get("site_revision"),
        "reason": card["reason"],
    }
