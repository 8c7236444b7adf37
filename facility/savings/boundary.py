"""Which meters a saving is measured with: those of what was changed (IPMVP option B), or the site's own (option C).

Option B sees less that moves by itself, so it is surer; but it is right only where nothing outside its meters answers the change.
Settings inside the chilled-water plant leave the halls' air as it is. Warmer or less air does not: server fans answer it.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from facility.errors import NotEnoughDataError
from facility.records import Recommendation
from facility.savings.rows import COOLING
from models.whole.site_rows import FACILITY

# What only the cooling plant answers: its own machines, and the pumps and fans that cooling is metered with.
ISOLATED = frozenset(
    {
        "leaving_chilled_water_temperature_setpoint_degc",
        "condenser_water_temperature_setpoint_degc",
        "chillers_staged_command",
    }
)


class Option(enum.StrEnum):
    """Options of IPMVP."""

    B = "B"
    C = "C"


@dataclass(frozen=True, slots=True)
class Boundary:
    """The option, the column of the rows that it looks at, why it was taken, and what it does not see."""

    option: Option
    column: str
    why: str
    note: str | None = None


def boundary_of(changed: Sequence[Recommendation], columns: Sequence[str], asked: Option | None) -> Boundary:
    """Return what to measure with: as asked, else option B where it sees all that answers.

    Raises
    ------
    NotEnoughDataError
        If option B is asked for and cooling is not metered.
    """
    metered, outside = COOLING in columns, sorted({one.quantity for one in changed} - ISOLATED)
    if asked is Option.B and not metered:
        raise NotEnoughDataError(["meters of the cooling plant: without them there is no option B"])
    if asked is Option.B:
        note = f"what answers {', '.join(outside)} outside the cooling plant, such as server fans, is not counted"
        return Boundary(Option.B, COOLING, "as asked", note if outside else None)
    if asked is Option.C:
        return Boundary(Option.C, FACILITY, "as asked")
    if outside:
        return Boundary(Option.C, FACILITY, f"what answers {', '.join(outside)} is not only the cooling plant")
    if not metered:
        return Boundary(Option.C, FACILITY, "the cooling plant is not metered")
    return Boundary(Option.B, COOLING, "only the cooling plant answers what was changed")
