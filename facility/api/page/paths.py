"""Where pages are."""

from __future__ import annotations

STYLE_PATH = "/style.css"
SIGN_IN_PATH = "/sign-in"  # for who has signed in: the own account
SIGN_OUT_PATH = "/sign-out"
PASSWORD_PATH = "/password"  # noqa: S105 an address
