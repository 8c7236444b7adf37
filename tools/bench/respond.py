"""Demand response: seconds from a signed post to a plan, a burst while the API is killed, events and offers, prices."""

from __future__ import annotations

from tools.bench.respond_burst import burst_rows
from tools.bench.respond_delivery import delivery_rows
from tools.bench.respond_hook import Hook
from tools.bench.respond_offers import offer_rows
from tools.bench.respond_plan import plan_rows
from tools.bench.respond_service import SENDER, History, served
from tools.bench.respond_time_of_use import demand_rows, time_of_use_rows
from tools.bench.rows import Row

LIVED = History(14.0, trained=True, baseline="ten_of_ten")
QUICK_LIVED = History(0.2, trained=False, baseline="meter_before")
ROUNDS, QUICK_ROUNDS = 5, 1
BURST, QUICK_BURST = (1000, 10), (100, 1)  # events, and how many in a delivery: a sender has two deliveries a second


def run(quick: bool) -> list[Row]:
    """Measure; `quick` a young site without models, one round and a small burst, no days of delivery or offers, a day of prices."""
    longer = [] if quick else delivery_rows(quick) + offer_rows() + demand_rows()
    return service_rows(quick) + time_of_use_rows(quick) + longer


def service_rows(quick: bool) -> list[Row]:
    """Measure what a running service does."""
    with (
        served(QUICK_LIVED if quick else LIVED) as service,
        Hook(service.url, SENDER, service.secret) as hook,
    ):
        planned = plan_rows(service, hook, QUICK_ROUNDS if quick else ROUNDS)
        return planned + burst_rows(service, hook, *(QUICK_BURST if quick else BURST))
