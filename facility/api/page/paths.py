"""Where pages are."""

from __future__ import annotations

PLAIN_PATH = "/plain"  # a page of the present values without scripts
REFERENCE_PATH = "/docs"
STYLE_PATH = "/style.css"
SIGN_IN_PATH = "/sign-in"  # for who has signed in: the own account
PROVIDER_PATH = "/sign-in/provider"  # to the provider that signs people in
RETURN_PATH = "/sign-in/return"  # and back
SIGN_OUT_PATH = "/sign-out"
PASSWORD_PATH = "/password"  # noqa: S105 an address
