"""From a plan in force and what is measured now to the inputs of the fast layer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from facility.corrections import Tracking
from facility.ports import Telemetry
from facility.prepare.demand import expected_peak_kw, month_peak_kw
from facility.prepare.hall_ahead import HallAhead
from facility.prepare.levers import Levers
from facility.prepare.out_of_order import as_reported
from facility.prepare.plan_course import PlanCourse
from facility.prepare.setpoint_log import SetpointLog
from facility.prepare.situation import fresh_values
from facility.prepare.tracked_air import TrackedAir
from facility.prepare.tracked_assets import TrackedAssets
from facility.prepare.tracked_grid import MeterNow, window_start
from facility.records import Plan
from facility.site import Hall
from facility.site_file import LoadedSite
from facility.track.inputs import HORIZON, AirMove, TrackInputs

REFIT = timedelta(hours=6)  # so often the halls are learned anew


@dataclass(slots=True)
class Memory:
    """What is kept from one call to the next: too dear to be found anew each few minutes."""

    log: SetpointLog
    halls: dict[str, HallAhead | str] = field(default_factory=dict)  # in words why a hall cannot be foretold
    learned_at: datetime | None = None
    plan_id: str = ""
    paid_kw: float = 0.0  # demand that is paid for anyway
    kept: dict[str, AirMove] = field(default_factory=dict)  # by hall: how its air was corrected under this plan

    def refresh(self, loaded: LoadedSite, telemetry: Telemetry, plan: Plan, at: datetime) -> None:
        """Learn the halls where it is time, and ask for the demand so far where the plan is a new one."""
        if self.learned_at is None or at - self.learned_at >= REFIT:
            self.halls = {hall.id: _learned(loaded, telemetry, hall, at) for hall in loaded.site.halls}
            self.learned_at = at
        if self.plan_id != plan.id:
            self.plan_id, begun = plan.id, window_start(loaded.site.tariff, at)  # the window that runs is not lost yet
            paid = month_peak_kw(loaded, telemetry, begun) or 0.0, expected_peak_kw(loaded, telemetry, begun)
            self.paid_kw, self.kept = max(paid), {}

    def remember(self, tracking: Tracking) -> None:
        """Keep how halls were corrected: a model that was wrong once is not asked again before a plan has seen it."""
        for one in tracking.corrections:
            if one.equipment in self.halls:
                colder, faster = self.kept.get(one.equipment, (0.0, 0.0))
                move = one.value - one.planned
                self.kept[one.equipment] = (max(-move, 0.0), faster) if one.unit == "degC" else (colder, move)


def _learned(loaded: LoadedSite, telemetry: Telemetry, hall: Hall, at: datetime) -> HallAhead | str:
    try:
        return HallAhead.fit(loaded, telemetry, hall, at)
    except ValueError as error:  # the models say what is missing
        return str(error)


def track_inputs(loaded: LoadedSite, telemetry: Telemetry, plan: Plan, memory: Memory, at: datetime) -> TrackInputs:
    """Return the inputs of one call; what is not measured is left as planned and named in the notes."""
    loaded = as_reported(loaded, telemetry, at)
    memory.refresh(loaded, telemetry, plan, at)
    latest, step = telemetry.latest(), timedelta(minutes=loaded.site.planning.track_min)
    memory.log.saw({name: reading.value for name, reading in latest.items()}, at)
    values, _ = fresh_values(loaded.points, latest, at, step)
    course = PlanCourse(plan, at, step, HORIZON // step)
    levers = Levers(loaded, course, memory.log, values)
    notes: list[str] = []
    assets = TrackedAssets(levers, notes)
    stores, works = tuple(assets.stores()), tuple(assets.works())
    meter = MeterNow(loaded, telemetry, course)
    moved = {one.lever.targets[0]: ("charge_power_kw", one.meter_per_kw) for one in stores}
    moved |= {one.lever.targets[0]: ("deferrable_power_kw", one.meter_per_kw) for one in works}
    off_plan_kw = meter.off_plan_kw(moved)
    if off_plan_kw is None:
        notes.append(f"{loaded.site.electrical.main_meter} is not measured: its limits are looked at as planned")
    noise_kw = meter.step_noise_kw(moved) if loaded.site.tariff.demand_charge_per_kw_month > 0.0 else 0.0
    return TrackInputs(
        plan_id=plan.id,
        at=at,
        step=step,
        grid=meter.grid(off_plan_kw or 0.0, memory.paid_kw, noise_kw),
        stores=stores,
        works=works,
        pools=tuple(assets.pools()),
        halls=tuple(TrackedAir(levers, telemetry, memory.halls, memory.kept, notes).air()),
        notes=tuple(notes),
    )
