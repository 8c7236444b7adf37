"""The names that a model has, as its engine lists them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ANY = "*"  # as the key of a variable: all keys


@dataclass(frozen=True, slots=True)
class Names:
    """What a model has.

    Attributes
    ----------
    actuators
        Component type, control type, key.
    variables
        Names of output variables with how they add up and their unit, such as `Zone Average [C]`.
    keyed
        Name and key of the output variables that were asked for; all keys of those asked for with the key `ANY`.
    """

    actuators: Sequence[tuple[str, str, str]]
    variables: Mapping[str, str]
    keyed: Sequence[tuple[str, str]]
    meters: Sequence[str]

    @classmethod
    def of(cls, known: Sequence[Sequence[str]], dictionary: str) -> Names:
        """Take them from the engine's list (what, name, key, type) and the text of its .rdd file."""
        lines = re.findall(r"^Output:Variable,\*,([^,]+),[^;]*; *!- *(.*)$", dictionary, flags=re.MULTILINE)
        return cls(
            [(name, kind, key) for what, name, key, kind in known if what == "Actuator"],
            dict(lines),
            [(name, key) for what, name, key, _ in known if what == "OutputVariable"],
            [key for what, _, key, _ in known if what == "OutputMeter"],
        )
