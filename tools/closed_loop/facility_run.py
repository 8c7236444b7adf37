"""Facility as an arm: the product with its own journal and models, on the plant from its past on."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from facility.environment import Environment
from tools.closed_loop import arms
from tools.closed_loop.arm_run import ArmRun, Tell, Teller
from tools.closed_loop.call_baselines import beside
from tools.closed_loop.case import Case
from tools.closed_loop.cases import Setting
from tools.closed_loop.cooling_only import cooling_only_site
from tools.closed_loop.delivered import MeterWatch, delivered
from tools.closed_loop.grid_calls import Beside, GridEar, call_settings
from tools.closed_loop.live_run import Planning, run_live
from tools.closed_loop.ours import Ours, open_product
from tools.closed_loop.prologue import Prologue


def run_facility(setting: Setting, prologue: Prologue, arm: str, tell: Tell) -> ArmRun:
    """Run the product; its files are kept for as long as it runs."""
    case = setting.case
    seen = cooling_only_site(case.loaded) if arm == arms.COOLING_ONLY_FACILITY else case.loaded
    with (
        tempfile.TemporaryDirectory(prefix="closed-loop-") as folder,
        open_product(
            seen, prologue.readings, setting.signals, Path(folder), case.start, respond=call_settings(case.terms)
        ) as product,
    ):
        ear = None
        if product.grid_events is not None and case.calls:
            ear = GridEar(product.grid_events, case.calls, beside_of(case, product))
        ours = Ours(product, prologue.readings, prologue.local, case.replan, plans_alone=case.plans_alone, ear=ear)
        diary = ours.diary
        planning = Planning(diary.plan_seconds, diary.failures, diary.notes)

        def plans() -> str:
            failed = f", {len(diary.failures)} not found" if diary.failures else ""
            return f", {len(diary.plan_seconds)} plans{failed}"

        meter = MeterWatch()
        run = run_live(case, prologue, ours, planning, [Teller(case, tell, plans), meter])
        if ear is None:
            return run
        found = delivered(meter.means(), case.calls, ear.baselines(), case.ramp)
        return replace(run, delivered=tuple(found), notes=(*run.notes, *ear.notes()))


def beside_of(case: Case, product: Environment) -> Beside:
    """Return what makes the baselines that are told beside the one that a case's plans are held against."""
    return lambda kept: beside(product, kept, but=case.terms.method)
