"""How the API refuses, as its description says it: problem documents of RFC 9457, one kind a status, with examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from facility.api.problem import MEDIA_TYPE, problem_document

PROBLEM_SCHEMA: Mapping[str, Any] = {
    "title": "Problem",
    "description": "What was not done, and what to do instead (RFC 9457).",
    "type": "object",
    "required": ["title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "for programs; none: `about:blank`"},
        "title": {"type": "string", "description": "the status in words"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "for people"},
    },
}
_WAIT = {"Retry-After": {"description": "seconds", "required": True, "schema": {"type": "integer", "minimum": 1}}}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A status that refuses; `examples` are details by the kind of the problem's type, None where it has none."""

    status: int
    description: str
    examples: Mapping[str | None, str]
    always_waits: bool = False

    @property
    def name(self) -> str:
        """The name under which the description has it."""
        return HTTPStatus(self.status).phrase.title().replace(" ", "")

    def document(self) -> dict[str, Any]:
        """Return the response as OpenAPI describes it."""
        shown = {
            kind or "problem": {"value": problem_document(self.status, detail, kind)}
            for kind, detail in self.examples.items()
        }
        content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": shown}}
        headers = {"headers": _WAIT} if self.always_waits else {}
        return {"description": self.description, **headers, "content": content}


REFUSALS: Mapping[int, Refusal] = {
    each.status: each
    for each in (
        Refusal(
            401,
            "Nobody known asks, or the password or token is wrong.",
            {
                "sign-in": "sign in (/sign-in, or POST /api/v1/session), or send a token: Authorization: Bearer",
                None: "no such token, or it has ended",
                "sign": "no such sender, or its signature is wrong: Facility-Sender, Facility-Timestamp, Facility-Signature",
            },
        ),
        Refusal(
            403,
            "Who asks may not, or not yet.",
            {
                None: "this needs the permission 'administer', which r.weber has not",
                "csrf": "a write carries the session's value in X-CSRF-Token; GET /api/v1/session tells it",
                "password": "choose a password of your own first: /sign-in, or POST /api/v1/session/password",
                "locked": "the session is locked and only reads; give the password again first: POST /api/v1/session/confirm",
                "confirm": "give the password again first: POST /api/v1/session/confirm",
                "provider": "passwords are switched off here; open /sign-in/provider in a browser",
            },
        ),
        Refusal(404, "There is no such thing.", {None: "no alarm 'hall_humid:hall-9'; /api/v1/alarms lists them"}),
        Refusal(
            409,
            "The present state does not allow it.",
            {None: "alarm hall_humid:hall-1 is normal and cannot be acknowledged"},
        ),
        Refusal(411, "A body without its length.", {None: "say how long the request is: Content-Length"}),
        Refusal(413, "A body that is too long.", {None: "longer than 65536 bytes"}),
        Refusal(421, "A host name that is not served here.", {None: "this name is not served here; use localhost"}),
        Refusal(
            422, "What cannot be asked, each with why.", {None: "days: Input should be greater than or equal to 0.01"}
        ),
        Refusal(
            429,
            "Too many requests, or too many wrong passwords.",
            {"too-many": "too many requests; try again in 3 s", None: "too many failed sign-ins; try again in 30 s"},
            always_waits=True,
        ),
        Refusal(500, "A fault of facility's own.", {None: "a fault of facility's own; its log has the details"}),
        Refusal(503, "A store is away, or the whole is failed.", {None: "journal not read: disk I/O error"}),
    )
}
