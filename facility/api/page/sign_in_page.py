"""The page to sign in, and for who has: to change the password or sign out. Forms only, no script."""

from __future__ import annotations

from typing import Protocol

from facility.access import Session
from facility.api.page.markup import Markup, element
from facility.api.page.paths import PASSWORD_PATH, PROVIDER_PATH, SIGN_IN_PATH, SIGN_OUT_PATH, STYLE_PATH


class SignInWays(Protocol):
    """What the page has to know of how people sign in."""

    @property
    def passwords(self) -> bool:
        """Whether passwords let in."""

    @property
    def provider_name(self) -> str | None:
        """What people call the provider, if there is one."""


def sign_in_page(site: str, ways: SignInWays, refusal: str | None = None) -> str:
    """Return the page that asks for name and password, or sends to the provider."""
    through = ways.provider_name
    link = element("p", element("a", f"Sign in with {through}", href=PROVIDER_PATH)) if through else None
    return _page(site, "Sign in", refusal, link, _password_form() if ways.passwords else None)


def returned_page(site: str, *, confirmed: bool) -> str:
    """Return the page after the provider: a page of ours, whose next request the browser sends with the session."""
    if confirmed:
        said = "Confirmed. Close this page, and go on where you were."
        return _page(site, "Confirmed", None, element("p", said))
    onward = element("p", element("a", "Go on", href="/"))
    return _page(site, "Signed in", None, onward, head=element("meta", http_equiv="refresh", content="0;url=/"))


def _password_form() -> Markup:
    return _form(
        SIGN_IN_PATH,
        _field("Name", "name", "text", "username"),
        _field("Password", "password", "password", "current-password"),
        element("button", "Sign in", type="submit"),
    )


def account_page(site: str, session: Session, csrf: str, refusal: str | None = None) -> str:
    """Return the page of who is signed in."""
    account, hidden = session.account, element("input", type="hidden", name="csrf", value=csrf)
    said = "Choose a password of your own: until then nothing else is shown." if account.must_change else None
    change = _change_form(hidden) if account.issuer is None else _prove_anew()
    leave = _form(SIGN_OUT_PATH, hidden, element("button", "Sign out", type="submit"))
    who = element("p", f"Signed in as {account.name}, {account.role.value}.")
    return _page(site, "Your account", refusal, who, element("p", said) if said else None, change, leave)


def _change_form(hidden: Markup) -> Markup:
    return _form(
        PASSWORD_PATH,
        hidden,
        _field("Present password", "old", "password", "current-password"),
        _field("New password, 12 characters or more", "new", "password", "new-password"),
        element("button", "Change password and sign in anew", type="submit"),
    )


def _prove_anew() -> Markup:
    return element("p", element("a", "Prove anew who you are, at the provider", href=PROVIDER_PATH))


def _page(site: str, title: str, refusal: str | None, *children: str | None, head: Markup | None = None) -> str:
    top = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{title}: {site}"),
        element("link", rel="stylesheet", href=STYLE_PATH),
        head,
    )
    told = element("p", f"▲ {refusal}", class_="abnormal", role="alert") if refusal else None
    section = element("section", element("h2", title), told, *children)
    back = element("footer", element("nav", element("a", "Console", href="/")))
    body = element("body", element("header", element("h1", site)), element("main", section), back)
    return "<!doctype html>\n" + element("html", top, body, lang="en")


def _form(action: str, *children: str) -> Markup:
    return element("form", *children, method="post", action=action)


def _field(label: str, name: str, kind: str, autocomplete: str) -> Markup:
    field = element("input", type=kind, name=name, required="required", maxlength="256", autocomplete=autocomplete)
    return element("label", label, field)
