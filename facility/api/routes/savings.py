"""/savings: what applied recommendations saved, beside what they promised."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from facility.access import Permission
from facility.api.entry import needs
from facility.api.finite import finite
from facility.api.problem import ProblemError
from facility.api.routes.view import View
from facility.api.saving_answer import SavingAnswer, UnmeasuredAnswer
from facility.savings.boundary import Option
from facility.savings.collect import NeverAppliedError, collect
from facility.savings.report import savings_document

router = APIRouter(tags=["savings"])


class SavingsAnswer(BaseModel):
    """Measured savings with 90 % intervals, as `facility savings --format json` prints them."""

    site: str
    currency: str
    savings: list[SavingAnswer]
    unmeasured: list[UnmeasuredAnswer]


@router.get("/savings", dependencies=[needs(Permission.READ)], responses={404: {}})
def read_savings(
    view: View,
    month: Annotated[str | None, Query(pattern=r"^2[01]\d\d-(0[1-9]|1[0-2])$", description="such as 2026-07")] = None,
    recommendation: Annotated[str | None, Query(max_length=64)] = None,
    option: Annotated[Option | None, Query(description="of IPMVP; without it what fits the change")] = None,
) -> SavingsAnswer:
    """Return what a recommendation or a month saved; without either, the newest changes and the month so far."""
    loaded, now = view.loaded, view.clock.now()
    try:
        found = collect(
            loaded, view.telemetry, view.journal, now, month=month, recommendation=recommendation,
            trials=view.dispatch.switchbacks.kept.all(), option=option, archive=view.forecasts,
        )  # fmt: skip
    except NeverAppliedError as error:
        raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from None
    document = savings_document(loaded.site.id, loaded.site.currency, found.savings, found.unmeasured)
    return SavingsAnswer.model_validate(finite(document))
