"""Why somebody does what they ask for: it goes to the journal."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

LONGEST_REASON = 1000
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_REASON)]


class ReasonRequest(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")
    reason: Reason
