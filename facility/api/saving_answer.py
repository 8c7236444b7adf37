"""A measured saving as the API answers it: flat, each figure with the ends of its 90 % interval."""

from __future__ import annotations

from pydantic import BaseModel

from facility.api.plan_answer import Number


class SavingAnswer(BaseModel):
    """What a change or a month saved over `hours` that were measured; a number that JSON cannot write is null."""

    name: str
    begins: str
    ends: str
    hours: int
    option: str
    verdict: str
    deferred_kwh: Number
    promised_kw: Number
    promised_kw_low: Number
    promised_kw_high: Number
    saved_kw: Number
    saved_kw_low: Number
    saved_kw_high: Number
    promised_kwh: Number
    promised_kwh_low: Number
    promised_kwh_high: Number
    saved_kwh: Number
    saved_kwh_low: Number
    saved_kwh_high: Number
    saved_cost: Number
    saved_cost_low: Number
    saved_cost_high: Number
    saved_kgco2: Number
    saved_kgco2_low: Number
    saved_kgco2_high: Number
    against: str
    notes: str


class UnmeasuredAnswer(BaseModel):
    """What could not be measured, and why."""

    name: str
    why: str
