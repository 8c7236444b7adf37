"""What the tests' VTN keeps: objects by kind, and who may see which."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]
KINDS = {
    "programs": "PROGRAM",
    "events": "EVENT",
    "reports": "REPORT",
    "subscriptions": "SUBSCRIPTION",
    "vens": "VEN",
    "resources": "RESOURCE",
}
UNIQUE = {"programs": "programName", "vens": "venName"}
OWNED = ("reports", "subscriptions", "vens", "resources")
BUSINESS = "bl"  # the client that is the business logic: it may read and write all


@dataclass
class Store:
    """All objects of a VTN."""

    standard: str
    kept: dict[str, dict[str, Json]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    numbers: Any = field(default_factory=itertools.count)

    def add(self, kind: str, told: Json, client: str) -> Json | None:
        """Keep a new object, and return it; None where its name is taken."""
        name = UNIQUE.get(kind)
        if name is not None and any(each[name] == told[name] for each in self.kept[kind].values()):
            return None
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        new = {**told, "id": str(next(self.numbers)), "createdDateTime": now, "modificationDateTime": now}
        new["objectType"] = KINDS[kind]
        if kind in OWNED and self.standard == "3.1.0":
            new["clientID"] = told.get("clientID", client) if client == BUSINESS else client
        self.kept[kind][new["id"]] = new
        return new

    def change(self, kind: str, name: str, told: Json) -> Json:
        """Exchange what a client says of an object."""
        before = self.kept[kind][name]
        own: Json = {key: before[key] for key in ("id", "createdDateTime", "objectType", "clientID") if key in before}
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        self.kept[kind][name] = {**told, **own, "modificationDateTime": now}
        return self.kept[kind][name]

    def seen(self, kind: str, client: str) -> list[Json]:
        """Return the objects that a client may see."""
        found = list(self.kept[kind].values())
        if client == BUSINESS or self.standard == "3.0.1":
            return found
        if kind in OWNED:
            return [each for each in found if each["clientID"] == client]
        return [_hidden(each, self.granted(client)) for each in found if self.may_see(each, client)]

    def may_see(self, told: Json, client: str) -> bool:
        """Tell whether a client may see a program or an event: it has no targets, or one that the client was given."""
        targets = told.get("targets") or ()
        return not targets or self.standard == "3.0.1" or not self.granted(client).isdisjoint(targets)

    def granted(self, client: str) -> set[str]:
        """Return the targets that the business logic has given to a client's VEN and its resources."""
        ours = [*self.kept["vens"].values(), *self.kept["resources"].values()]
        return {target for each in ours if each.get("clientID") == client for target in each.get("targets") or ()}


def filtered(found: Sequence[Json], query: Collection[tuple[str, str]]) -> list[Json]:
    """Return the objects that a query asks for, and of them the page."""
    asked: dict[str, list[str]] = {}
    for name, value in query:
        asked.setdefault(name, []).append(value)
    skip, limit = int(asked.pop("skip", ["0"])[0]), int(asked.pop("limit", ["50"])[0])
    targets = set(asked.pop("targets", ()))
    if targets:
        found = [each for each in found if not each.get("targets") or targets & set(each["targets"])]
    found = [each for each in found if all(each.get(name) in values for name, values in asked.items())]
    return found[skip : skip + limit]


def _hidden(told: Json, granted: set[str]) -> Json:
    return {**told, "targets": sorted(granted & set(told["targets"]))} if told.get("targets") else told
