"""How `facility recommend` looks in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from facility.advise import wording
from facility.advise.report import cost_rows, interim_pue, job_rows, move_rows, reuse, schedule_rows
from facility.promises import CommitmentKind, CommitmentOutcome
from facility.records import Plan, Recommendation
from facility.site import Site

SCHEDULE_EVERY_H = 2
NOTHING = "Nothing to recommend: no change is worth making now."
ITEM_UNITS = {"energy_kwh": "kWh", "carbon_kg": "kgCO2", "water_m3": "m³", "peak_kw": "kW"}
NOT_EVERYWHERE = frozenset(
    {"water_m3", "water_cost", "commitment_cost", "preference_cost"}
)  # left out where they are 0
# The series worth a column in a terminal; all of them are in `--format csv` and `json`.
SCHEDULE_SUFFIXES = (
    "leaving_chilled_water_temperature_setpoint_degc",
    "supply_air_temperature_setpoint_degc",
    "awake_servers_command",
    "level_2_servers_command",
    "level_3_servers_command",
    "level_4_servers_command",
    "deferrable_power_command_kw",
    "charge_power_setpoint_kw",
    "heat_output_setpoint_kw",
    "power_limit_setpoint_kw",
    "site.price_per_kwh",
    "site.power_kw",
)
_JOB_TIMES = ("begins", "ends", "due")
HEADINGS = {
    "leaving_chilled_water_temperature_setpoint_degc": "chilled water °C",
    "supply_air_temperature_setpoint_degc": "supply air °C",
    "awake_servers_command": "awake servers",
    "level_2_servers_command": "of these slowed",
    "level_3_servers_command": "slowed more",
    "level_4_servers_command": "slowed most",
    "deferrable_power_command_kw": "deferrable kW",
    "charge_power_setpoint_kw": "charge kW",
    "heat_output_setpoint_kw": "heat kW",
    "power_limit_setpoint_kw": "PV at most kW",
    "site.price_per_kwh": "price/kWh",
    "site.power_kw": "site kW",
}


def plan_tables(site: Site, plan: Plan, recommendations: Sequence[Recommendation]) -> list[RenderableType]:
    """Return what to change, what it saves, the limits that bind and the schedule, to be printed in this order."""
    local = plan.created.astimezone(site.zone)
    return [
        Text(f"{site.name}: plan {plan.id}, {local:%Y-%m-%d %H:%M %Z}, models {plan.model_version}", style="bold"),
        *(Text(said, style="bold") for said in wording.cut_short(plan, site.zone)),
        _recommendation_table(site, recommendations) if recommendations else Text(NOTHING),
        _cost_table(site, plan),
        *_saving(site, plan),
        *_pue(plan),
        *_reuse(plan),
        *(Text(f"limit that binds: {limit} ({', '.join(names)})") for limit, names in plan.binding_limits.items()),
        *(Text(f"outside its limit now: {shortfall}", style="bold") for shortfall in plan.shortfalls),
        *(Text(_promise(site, outcome)) for outcome in plan.commitments),
        *(Text(f"note: {note}") for note in plan.notes),
        *_job_table(site, plan),
        *_move_table(site, plan),
        _schedule_table(site, plan),
    ]


def _saving(site: Site, plan: Plan) -> list[RenderableType]:
    if plan.saving_range is None:
        return []
    saved = plan.saving_range
    range_ = f"{saved.low:,.1f} to {saved.high:,.1f} {site.currency}"
    return [Text(f"saves {saved.value:,.1f} {site.currency}; {range_} in four of five cases of the load")]


def _promise(site: Site, outcome: CommitmentOutcome) -> str:
    start, end = (time.astimezone(site.zone) for time in (outcome.start, outcome.end))
    kind = "at most" if outcome.kind is CommitmentKind.IMPORT_CAP else "less by"
    short = (
        f"; short by {outcome.shortfall_kwh:.1f} kWh, {outcome.cost:.2f} {site.currency}"
        if outcome.shortfall_kwh
        else ""
    )
    return (
        f"promise {outcome.id}, {start:%Y-%m-%d %H:%M} to {end:%H:%M}: {kind} {outcome.committed_kw:.1f} kW, "
        f"planned {outcome.delivered_kw:.1f} kW{short}"
    )


def _hours(plan: Plan) -> float:
    return (plan.end - plan.start) / timedelta(hours=1)


def _pue(plan: Plan) -> list[RenderableType]:
    planned, held = interim_pue(plan.schedule), interim_pue(plan.baseline)
    if planned is None or held is None:
        return []
    said = [f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})" for one in (planned, held)]
    return [Text(f"interim PUE over {_hours(plan):.0f} h: plan {said[0]}, as now {said[1]}; never what is minimised")]


def _reuse(plan: Plan) -> list[RenderableType]:
    planned, held = reuse(plan.schedule), reuse(plan.baseline)
    if planned is None or held is None:
        return []
    said = [f"{100 * factor:.1f} %, {effectiveness:.3f}" for factor, effectiveness in (planned, held)]
    return [Text(f"interim energy reuse (ERF, ERE) over {_hours(plan):.0f} h: plan {said[0]}; as now {said[1]}")]


def _recommendation_table(site: Site, recommendations: Sequence[Recommendation]) -> Table:
    table = Table(title="Recommendations (facility review approve ID)", title_justify="left", expand=True)
    for heading in ("id", "equipment", "setting"):
        table.add_column(heading, overflow="fold", no_wrap=heading != "setting")
    for heading in ("now", "to", "saves kW (90 %)", f"{site.currency}/day", "kgCO2/day"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("limit that binds", overflow="fold")
    for item in recommendations:
        table.add_row(
            item.id,
            item.equipment,
            wording.setting(item),
            wording.current(item),
            wording.recommended(item),
            *wording.savings(item),
            item.binding_limit or "",
        )
    return table


def _cost_table(site: Site, plan: Plan) -> Table:
    table = Table(title=f"The next {_hours(plan):.0f} h, gap to the bound {100 * plan.gap:.2f} %", title_justify="left")
    table.add_column("")
    for heading in ("plan", "as now", "saved"):
        table.add_column(heading, justify="right")
    for row in cost_rows(plan):
        if row["item"] in NOT_EVERYWHERE and row["plan"] == row["baseline"] == 0.0:
            continue
        unit = ITEM_UNITS.get(row["item"], site.currency)
        label = "highest demand" if row["item"] == "peak_kw" else _without_unit(row["item"])
        table.add_row(f"{label}, {unit}", *(f"{row[name]:,.1f}" for name in ("plan", "baseline", "saved")))
    return table


def _without_unit(item: str) -> str:
    return item.removesuffix("_kwh").removesuffix("_kg").removesuffix("_m3").replace("_", " ")


def _job_table(site: Site, plan: Plan) -> list[RenderableType]:
    if not plan.jobs:
        return []
    table = Table(title="Jobs, in site time", title_justify="left")
    for heading in ("job", "pool", "kind", "begins", "ends", "due"):
        table.add_column(heading, no_wrap=heading != "job", overflow="fold")
    table.add_column("late h", justify="right")
    for row in job_rows(plan, site.zone):
        times = [row[name][5:16].replace("T", " ") if row[name] else "-" for name in _JOB_TIMES]
        table.add_row(row["job"], row["pool"], row["kind"], *times, f"{row['late_h']:.2g}" if row["late_h"] else "")
    return [table]


def _move_table(site: Site, plan: Plan) -> list[RenderableType]:
    if not plan.server_moves:
        return []
    table = Table(title="Servers by name, in site time", title_justify="left")
    for heading in ("time", "pool", "wake", "sleep", "rows empty", "CRAHs without a server"):
        table.add_column(heading, no_wrap=heading in {"time", "pool"}, overflow="fold")
    for row in move_rows(plan, site.zone):
        told = (" ".join(str(one) for one in row[name]) for name in ("wake", "sleep", "empty_rows", "idle_crahs"))
        table.add_row(row["at"][5:16].replace("T", " "), row["pool"], *told)
    return [table]


def _schedule_table(site: Site, plan: Plan) -> Table:
    every = max(1, round(SCHEDULE_EVERY_H * 60 / site.planning.step_min))
    rows = schedule_rows(plan, site.zone, every)
    columns = _schedule_columns(plan)
    table = Table(title=f"Schedule, every {SCHEDULE_EVERY_H} h in site time", title_justify="left")
    table.add_column("time")
    for heading in columns.values():
        table.add_column(heading, justify="right", overflow="fold")
    for row in rows:
        table.add_row(row["time"][5:16].replace("T", " "), *(_cell(row[name]) for name in columns))
    return table


def _schedule_columns(plan: Plan) -> dict[str, str]:
    columns = {f"{plant}.mode": f"{plant} mode" for plant in plan.modes}
    seen: set[tuple[str, tuple[float, ...]]] = set()  # CRAHs of a hall move alike: one column for them
    for suffix in SCHEDULE_SUFFIXES:
        for name, series in plan.schedule.items():
            if name.endswith(suffix) and (suffix, series) not in seen:
                seen.add((suffix, series))
                owner = name.removesuffix(suffix).rstrip(".")
                columns[name] = f"{owner} {HEADINGS[suffix]}".strip()
    return columns


def _cell(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:,.2f}" if abs(value) < 10 else f"{value:,.1f}"
