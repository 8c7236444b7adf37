"""What the console costs a browser: a cold load of the overview, a plan drawn, a year zoomed."""

from __future__ import annotations

import base64
import shutil
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tools.bench.console_site import YEAR_POINT

OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES = ("chromium", "chromium-browser", "google-chrome")
SIZE = ViewportSize(width=1400, height=900)
# There when figures and racks are: the hottest inlet is the last that an overview knows.
_OVERVIEW = "() => [...document.querySelectorAll('.rack .inlet')].some(each => /\\d/.test(each.textContent)) && performance.now()"
_PLAN = "() => document.querySelectorAll('canvas').length >= 5 && performance.now()"
# Two frames later what was drawn is on the screen.
_GO = "hash => { window.begun = performance.now(); location.hash = hash; }"
_LONGEST = """
window.longest = 0;
const note = all => all.getEntries().forEach(each => { window.longest = Math.max(window.longest, each.duration); });
new PerformanceObserver(note).observe({type: 'longtask'});
"""


@dataclass(frozen=True, slots=True)
class Loading:
    """What a page took: seconds until it showed values, those its main thread worked, and bytes as they came over the line."""

    seconds: float
    main_thread_s: float
    received: int


class Traffic:
    """Counts the bytes that a page receives."""

    def __init__(self, page: Page) -> None:
        self.received = 0
        self.session = page.context.new_cdp_session(page)
        self.session.on("Network.loadingFinished", lambda event: self._add(int(event["encodedDataLength"])))
        self.session.on("Network.webSocketFrameReceived", lambda event: self._add(_frame_bytes(event["response"])))
        self.session.send("Network.enable")

    def _add(self, size: int) -> None:
        self.received += size


def _frame_bytes(frame: dict[str, Any]) -> int:
    payload = frame["payloadData"]
    return len(base64.b64decode(payload)) if frame["opcode"] == 2 else len(payload.encode())


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run the machine's Chromium."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise RuntimeError("no Chromium: tools/install_system_packages")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=list(OPTIONS))
        yield browser
        browser.close()


def cold_load(browser: Browser, address: str) -> Loading:
    """Load the overview with nothing kept from before."""
    with browser.new_context(viewport=SIZE) as context:
        page = context.new_page()
        traffic = Traffic(page)
        traffic.session.send("Performance.enable")
        page.goto(f"http://{address}/#/overview", wait_until="commit")
        shown_ms: float = page.wait_for_function(_OVERVIEW, polling="raf").json_value()
        worked = {each["name"]: each["value"] for each in traffic.session.send("Performance.getMetrics")["metrics"]}
        page.wait_for_timeout(1000)  # what is asked for besides: alarms, health
        return Loading(shown_ms / 1000, worked["TaskDuration"], traffic.received)


def plan_draw_ms(browser: Browser, address: str, times: int) -> float:
    """Return the median of milliseconds from the click to a plan that is drawn, on a page that is open."""
    with browser.new_context(viewport=SIZE) as context:
        page = context.new_page()
        page.goto(f"http://{address}/#/settings")
        page.get_by_label("Units").wait_for()
        taken: list[float] = []
        for _ in range(times + 1):  # the first also compiles
            page.evaluate(_GO, "#/plan")
            drawn: float = page.wait_for_function(_PLAN, polling="raf").json_value()
            taken.append(drawn - page.evaluate("window.begun"))
            page.evaluate(_GO, "#/settings")
            page.get_by_label("Units").wait_for()
        return statistics.median(taken[1:])


def year_zoom(browser: Browser, address: str) -> tuple[float, float]:
    """Return the milliseconds until a year of a point is drawn, and the longest task while it is zoomed again and again."""
    with browser.new_context(viewport=SIZE) as context:
        page = context.new_page()
        page.goto(f"http://{address}/#/trends?points={YEAR_POINT}")
        page.locator("canvas").first.wait_for()
        page.wait_for_timeout(1000)
        page.evaluate(_LONGEST)
        page.get_by_role("button", name="1 year").click()
        answer = page.wait_for_event("requestfinished", lambda request: "/api/v1/history" in request.url)
        loading_ms = float(answer.timing["responseEnd"])
        for _ in range(4):
            page.wait_for_timeout(500)
            _drag(page)
        page.wait_for_timeout(1000)
        return loading_ms, float(page.evaluate("window.longest"))


def _drag(page: Page) -> None:
    box = page.locator(".u-over").first.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.25 * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], middle, steps=10)
    with page.expect_response(lambda answer: "/api/v1/history" in answer.url):
        page.mouse.up()
