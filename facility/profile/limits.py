"""What a device bears."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from facility.profile.base import ProfilePart


class Limits(ProfilePart):
    """How much may be asked at once, and how fast; the defaults suit most devices."""

    registers_per_request: Annotated[int, Field(ge=1, le=125)] = 100
    gap_registers: Annotated[int, Field(ge=0, le=120)] = 8  # read over, when that saves a request
    pause_ms: Annotated[int, Field(ge=0)] = 0  # after each answer
    varbinds_per_request: Annotated[int, Field(ge=1, le=200)] = 32  # small cards leave larger questions unanswered
    answer_bytes: Annotated[int, Field(ge=484, le=65_507)] = 1400  # an SNMP message: fragments are often dropped
    requests_in_flight: Annotated[int, Field(ge=1, le=8)] = 1
    bulk: bool = True  # SNMP: GETBULK where consecutive rows are read; false for agents that get it wrong
    timeout_s: Annotated[float, Field(gt=0)] = 2.0
