"""The page to sign in, and for who has: to change the password or sign out. Forms only, no script."""

from __future__ import annotations

from facility.access import Session
from facility.api.page.markup import Markup, element
from facility.api.page.paths import PASSWORD_PATH, SIGN_IN_PATH, SIGN_OUT_PATH, STYLE_PATH


def sign_in_page(site: str, refusal: str | None = None) -> str:
    """Return the page that asks for name and password."""
    form = _form(
        SIGN_IN_PATH,
        _field("Name", "name", "text", "username"),
        _field("Password", "password", "password", "current-password"),
        element("button", "Sign in", type="submit"),
    )
    return _page(site, "Sign in", refusal, form)


def account_page(site: str, session: Session, csrf: str, refusal: str | None = None) -> str:
    """Return the page of who is signed in."""
    account, hidden = session.account, element("input", type="hidden", name="csrf", value=csrf)
    said = "Choose a password of your own: until then nothing else is shown." if account.must_change else None
    change = _form(
        PASSWORD_PATH,
        hidden,
        _field("Present password", "old", "password", "current-password"),
        _field("New password, 12 characters or more", "new", "password", "new-password"),
        element("button", "Change password and sign in anew", type="submit"),
    )
    leave = _form(SIGN_OUT_PATH, hidden, element("button", "Sign out", type="submit"))
    who = element("p", f"Signed in as {account.name}, {account.role.value}.")
    return _page(site, "Your account", refusal, who, element("p", said) if said else None, change, leave)


def _page(site: str, title: str, refusal: str | None, *children: str | None) -> str:
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{title}: {site}"),
        element("link", rel="stylesheet", href=STYLE_PATH),
    )
    told = element("p", f"▲ {refusal}", class_="abnormal", role="alert") if refusal else None
    section = element("section", element("h2", title), told, *children)
    back = element("footer", element("nav", element("a", "First page", href="/")))
    body = element("body", element("header", element("h1", site)), element("main", section), back)
    return "<!doctype html>\n" + element("html", head, body, lang="en")


def _form(action: str, *children: str) -> Markup:
    return element("form", *children, method="post", action=action)


def _field(label: str, name: str, kind: str, autocomplete: str) -> Markup:
    field = element("input", type=kind, name=name, required="required", maxlength="256", autocomplete=autocomplete)
    return element("label", label, field)
