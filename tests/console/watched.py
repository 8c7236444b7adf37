"""Pages that are watched: an error, a warning, a request to elsewhere or a violation of the policy is a failure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from playwright.sync_api import ConsoleMessage, Page, Request

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LATE = [r"status of 503"]  # of /health, for the moment in which the clock has jumped and nobody has beaten yet
TELLS_VIOLATIONS = (
    "addEventListener('securitypolicyviolation', e => console.error(`policy: ${e.violatedDirective} ${e.blockedURI}`))"
)


@dataclass
class Watched:
    """A page, and what went wrong on it; `expected` are patterns of what a test brings about itself."""

    page: Page
    origin: str
    wrong: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.add_init_script(TELLS_VIOLATIONS)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("request", self._asked)

    def goto(self, screen: str) -> Page:
        """Open a screen."""
        self.page.goto(f"{self.origin}/#/{screen}")
        return self.page

    def unexpected(self) -> Sequence[str]:
        """Return what went wrong and was not to be expected."""
        return [each for each in self.wrong if not any(re.search(pattern, each) for pattern in self.expected)]

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(f"{message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.origin + "/", "blob:" + self.origin)):
            self.wrong.append(f"asked elsewhere: {request.url}")
