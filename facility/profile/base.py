"""What every part of a profile shares."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Finite = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]


class ProfilePart(BaseModel):
    """Unknown keys refused, values frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)
