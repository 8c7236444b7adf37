"""Signing in through a provider of another site, in a browser: its own rules decide which cookies are sent on the way back."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from playwright.sync_api import Browser, expect

from facility.access import Role
from facility.accounts.oidc.settings import OidcSettings
from facility.accounts.opening import open_access
from facility.site_file import LoadedSite
from facility.state import StateFolder
from tests.api.oidc_provider import CLIENT, SECRET, providing
from tests.api.records_for_tests import FixedClock
from tests.api.serving import serving


def test_the_way_there_and_back_and_again(browser: Browser, loaded: LoadedSite, tmp_path: Path) -> None:
    (file := tmp_path / "secret").write_text(SECRET)
    file.chmod(0o600)
    state, clock = StateFolder(tmp_path / "state"), FixedClock()
    with closing(open_access(loaded, state, clock)) as access, providing(clock, "localhost") as provider:
        access.people.add("boss", Role.ADMIN, by="test")
        settings = OidcSettings(
            name="Example",
            issuer=provider.issuer,
            client_id=CLIENT,
            client_secret=f"file:{file}",
            roles={"ops": Role.ADMIN},
        )
        provider.claims = {"groups": ["ops"]}
        with serving(loaded, state, clock, oidc=settings, open_reading=False) as client:
            page = browser.new_page()
            page.goto(f"{client.base_url}/sign-in")  # 127.0.0.1, the provider is at localhost: two sites
            page.get_by_role("link", name="Sign in with Example").click()
            page.wait_for_url(f"{client.base_url}/**")
            page.wait_for_function("location.pathname === '/'")
            page.goto(f"{client.base_url}/sign-in")
            expect(page.get_by_text("Signed in as r.weber-")).to_be_visible()
            session = page.evaluate("fetch('/api/v1/session').then((answer) => answer.json())")
            page.get_by_role("link", name="Prove anew who you are").click()
            expect(page.get_by_text("Confirmed.")).to_be_visible()
            assert page.evaluate("fetch('/api/v1/session').then((answer) => answer.json())")["csrf"] == session["csrf"]
            assert provider.sent[-1]["prompt"] == "login"
            page.close()
