"""The first page of a site: state of the service, key values, recommendations, schedule, devices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from facility.advise import wording
from facility.api.page.chart import schedule_chart
from facility.api.page.key_values import KeyValue
from facility.api.page.markup import Markup, element, joined
from facility.api.page.paths import REFERENCE_PATH, SIGN_IN_PATH, STYLE_PATH
from facility.api.service_health import DeviceHealth, ServiceHealth
from facility.records import Plan, Recommendation
from facility.site_file import LoadedSite

REFRESH_S = 30
HISTORY_STEP_S = 300
LONGEST_ERROR = 200


@dataclass(frozen=True, slots=True)
class PageContent:
    """All that the page shows, at one moment."""

    loaded: LoadedSite
    health: ServiceHealth
    values: Sequence[KeyValue]
    plan: Plan | None
    recommendations: Sequence[Recommendation]  # those that wait for a decision
    reader: str | None = None  # who has signed in
    console: bool = False  # whether it is built


def first_page(content: PageContent) -> str:
    """Return the page as HTML."""
    site = content.loaded.site
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", http_equiv="refresh", content=str(REFRESH_S)),
        element("title", f"{site.name}: facility"),
        element("link", rel="stylesheet", href=STYLE_PATH),
    )
    main = element(
        "main",
        _section("Now", _tiles(content.values)),
        _section("Recommendations", _recommendations(content)),
        _section("Plan", _plan(content)),
        _section("Devices", _devices(content.health.devices)),
        _section("Service", _processes(content.health)),
    )
    built = (
        None
        if content.console
        else element("p", "The console is not built here: ", element("code", "make console"), ".")
    )
    body = element("body", _banner(content), built, main, _footer(content))
    return "<!doctype html>\n" + element("html", head, body, lang="en")


def _banner(content: PageContent) -> Markup:
    site, health = content.loaded.site, content.health
    local = health.at.astimezone(site.zone)
    status = "All processes and devices answer" if health.status == "ok" else f"Service {health.status}"
    return element(
        "header",
        element("h1", site.name),
        element("p", f"{local:%Y-%m-%d %H:%M %Z (%z)}", class_="time"),
        _mark(status, abnormal=health.status != "ok"),
    )


def _section(title: str, *children: str) -> Markup:
    return element("section", element("h2", title), *children)


def _mark(text: str, *, abnormal: bool) -> Markup:
    """Return a text; an abnormal one has a shape and colour as well."""
    return element("span", f"▲ {text}", class_="abnormal") if abnormal else element("span", text)


def _tiles(values: Sequence[KeyValue]) -> Markup:
    return element("dl", *(_tile(value) for value in values), class_="tiles")


def _tile(value: KeyValue) -> Markup:
    shown = joined(
        element("span", value.value or "no value", class_="value" if value.value else "value none"),
        element("span", f" {value.unit}", class_="unit") if value.value else None,
    )
    note = _mark(value.note, abnormal=value.abnormal)
    return element("div", element("dt", value.name), element("dd", shown), element("dd", note, class_="note"))


def _recommendations(content: PageContent) -> Markup:
    if not content.recommendations:
        return element("p", "None waits for a decision.")
    site = content.loaded.site
    headings = (
        "Id",
        "Equipment",
        "Setting",
        "Now",
        "To",
        "Saves kW (90 %)",
        f"{site.currency}/day",
        "kgCO2/day",
        "Limit",
        "Until",
    )
    rows = [_recommendation_row(item, site.zone) for item in content.recommendations]
    note = element(
        "p", "Approve or reject with ", element("code", "facility review approve SITE ID"), ".", class_="note"
    )
    return joined(_table(headings, rows, numbers=range(3, 8)), note)


def _recommendation_row(item: Recommendation, zone: ZoneInfo) -> list[str]:
    return [
        element("code", item.id),
        item.equipment,
        wording.setting(item),
        wording.current(item),
        wording.recommended(item),
        *wording.savings(item),
        item.binding_limit or "",
        f"{item.expires.astimezone(zone):%H:%M}",
    ]


def _plan(content: PageContent) -> Markup:
    plan, site = content.plan, content.loaded.site
    if plan is None:
        reason = _said(content.health, "planner", "last_error")
        return element("p", "There is no plan yet. ", f"The planner says: {reason}" if reason else "")
    saved = plan.baseline_cost.total_cost - plan.cost.total_cost
    summary = (
        f"Plan {plan.id} of {plan.created.astimezone(site.zone):%Y-%m-%d %H:%M}: {plan.cost.total_cost:,.2f} {site.currency}, "
        f"{saved:,.2f} less than with present setpoints; at most {100 * plan.gap:.2f} % above the bound."
    )
    said = [*wording.cut_short(plan, site.zone), *(f"outside its limit now: {each}" for each in plan.shortfalls)]
    broken = [element("p", _mark(each, abnormal=True)) for each in said]
    binding = "; ".join(f"{name} ({', '.join(who)})" for name, who in plan.binding_limits.items())
    limits = element("p", f"Limits that bind: {binding or 'none'}.", class_="note")
    return joined(element("p", summary), *broken, schedule_chart(plan, site.zone), limits)


def _devices(devices: Sequence[DeviceHealth]) -> Markup:
    unwell = [device for device in devices if device.status != "ok"]
    summary = element("p", f"{len(devices) - len(unwell)} of {len(devices)} devices answer.")
    if not unwell:
        return summary
    rows = [
        [device.device, _mark(device.status, abnormal=True), device.detail.get("last_fault") or "not polled yet"]
        for device in unwell
    ]
    return joined(summary, _table(("Device", "State", "Last fault"), rows))


def _processes(health: ServiceHealth) -> Markup:
    rows = [
        [
            each.process,
            each.detail["activity"] if each.alive else _mark("does not beat", abnormal=True),
            _shortened(str(each.detail.get("last_error") or "")),
        ]
        for each in health.processes
    ]
    rows += [[name, _mark("never started", abnormal=True), ""] for name in health.missing]
    return _table(("Process", "Does", "Last error"), rows)


def _said(health: ServiceHealth, process: str, key: str) -> str:
    found = next((each for each in health.processes if each.process == process), None)
    return str(found.detail.get(key) or "") if found else ""


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_ERROR else f"{text[:LONGEST_ERROR]}... (all of it: Health, below)"


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> Markup:
    def side(column: int) -> str | None:
        return "number" if column in numbers else None

    head = element("tr", *(element("th", text, scope="col", class_=side(i)) for i, text in enumerate(headings)))
    body = [element("tr", *(element("td", text, class_=side(i)) for i, text in enumerate(row))) for row in rows]
    return element("div", element("table", element("thead", head), element("tbody", *body)), class_="wide")


def _footer(content: PageContent) -> Markup:
    loaded = content.loaded
    links = [
        *([element("a", "Console", href="/")] if content.console else []),
        element("a", "Last 24 hours of power as CSV", href=history_link(loaded, content.health.at)),
        element("a", "Health", href="/api/v1/health"),
        element("a", "Latest readings", href="/api/v1/latest"),
        element("a", "API", href=REFERENCE_PATH),
        element("a", content.reader or "Sign in", href=SIGN_IN_PATH),
    ]
    revision = element("span", f"site {loaded.site.id}, revision {loaded.revision}")
    return element("footer", element("nav", *links), revision)


def history_link(loaded: LoadedSite, now: datetime) -> str:
    """Return the address of a day of facility and rack power as CSV."""
    racks = [rack.id for hall in loaded.site.halls for rack in hall.racks]
    wanted = [
        point.id
        for equipment in (loaded.site.electrical.main_meter, *racks)
        for point in loaded.points.of(equipment, "power_kw")
    ]
    first = (now - timedelta(hours=24)).strftime("%Y-%m-%dT%H:%M:%SZ")
    query = [("point", point) for point in wanted[:100]]
    return "/api/v1/history?" + urlencode([*query, ("from", first), ("step", str(HISTORY_STEP_S)), ("format", "csv")])
