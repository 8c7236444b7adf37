"""Server pools and the work that may wait."""

from __future__ import annotations

from datetime import time

from pydantic import model_validator

from facility.site.values import ClockTime, Count, Fraction, Id, Named, NonNegative, Positive, need_order


class ServerPool(Named):
    """Alike servers that share work; power is linear in utilisation between idle and peak."""

    hall: Id
    racks: tuple[Id, ...] = ()  # empty: all racks of the hall
    servers: Count
    idle_w: Positive
    peak_w: Positive
    sleep_w: NonNegative = 10.0
    wake_min: NonNegative = 5.0
    min_awake_min: NonNegative = 30.0
    headroom_frac: Fraction = 0.2  # spare awake capacity kept above the upper load quantile
    consolidate: bool = True
    unserved_cost_per_server_h: NonNegative = 5.0  # what work costs that no awake server could take
    fan_power_share_frac: Fraction = 0.1  # of server power at 25 C inlet; rises with the inlet temperature

    @model_validator(mode="after")
    def _order(self) -> ServerPool:
        need_order(self, "sleep_w", "idle_w", "peak_w")
        return self


class DeferrableWork(Named):
    """A class of work that may wait: so much energy a day, arriving evenly between two hours, due within a delay."""

    pool: Id
    energy_kwh_per_day: Positive
    max_power_kw: Positive
    arrives_from: ClockTime = time(0)
    arrives_until: ClockTime = time(0)  # the same as arrives_from: all day
    due_within_h: Positive = 12.0
    late_cost_per_kwh: NonNegative = 1.0

    @model_validator(mode="after")
    def _fits_in_a_day(self) -> DeferrableWork:
        if self.energy_kwh_per_day > 24 * self.max_power_kw:
            raise ValueError("energy_kwh_per_day cannot be done in a day at max_power_kw")
        return self
