"""How the range that models have seen grew from one version to another, by their cards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_UNEXCITED = "its effect cannot be learned"


@dataclass(frozen=True, slots=True)
class RangeGrowth:
    """A feature of a part of the models: the range seen before and after; None where the part was not fitted."""

    part: str
    feature: str
    before: tuple[float, float] | None
    after: tuple[float, float] | None

    @property
    def wider_by(self) -> float:
        """How much wider the range is, in the feature's unit; all of it where there was none."""
        return _width(self.after) - _width(self.before)


def range_growth(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[RangeGrowth]:
    """Return the ranges of every feature on two cards, parts in the order of the newer card."""
    old = {entry["name"]: entry for entry in before["parts"]}
    return [
        RangeGrowth(entry["name"], feature, _range(old.get(entry["name"], {}), feature), _range(entry, feature))
        for entry in after["parts"]
        for feature in dict.fromkeys([*entry["features"], *old.get(entry["name"], {}).get("features", {})])
    ]


def unexcited(card: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a card says of setpoints that never moved, each once."""
    return tuple(dict.fromkeys(_notes(card)))


def _notes(card: Mapping[str, Any]) -> Iterator[str]:
    for entry in card["parts"]:
        yield from (note for note in entry["notes"] if note.endswith(_UNEXCITED))


def _range(entry: Mapping[str, Any], feature: str) -> tuple[float, float] | None:
    found = entry.get("features", {}).get(feature)
    return None if found is None else (float(found[0]), float(found[1]))


def _width(seen: tuple[float, float] | None) -> float:
    return 0.0 if seen is None else seen[1] - seen[0]
