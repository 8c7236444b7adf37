"""The OpenAPI document as a contract: who may ask each route, how it refuses, and examples of what is sent and answered.

What FastAPI finds in the routes is kept. Security follows from what each route declares (`facility.api.entry`), refusals from that
and from the statuses that the route names (`responses={404: {}}`), examples stand in `examples.yaml`.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from importlib import resources
from typing import Any

import yaml

from facility.access import SCOPES, Permission
from facility.api.entry import CSRF_HEADER, Declared, Needs, OpenToAll, Signed
from facility.api.guard import READS
from facility.api.refusals import PROBLEM_SCHEMA, REFUSALS
from facility.api.signed_route import SENDER
from facility.signed import SIGNATURE, TIMESTAMP

Document = dict[str, Any]
EXAMPLES: Mapping[str, Mapping[str, Any]] = yaml.safe_load(
    (resources.files("facility.api") / "examples.yaml").read_text(encoding="utf-8")
)
_ALWAYS = (421, 429, 500, 503)
_OF_A_BODY = (411, 413)
_NOT_OURS = ("HTTPValidationError", "ValidationError")  # FastAPI's errors, which nobody gets here


def contract(found: Document, declared: Mapping[str, Declared], cookie: str, *, open_reading: bool) -> Document:
    """Return the whole description; `found` is FastAPI's own, `declared` what each route (`GET /api/v1/site`) needs."""
    document = copy.deepcopy(found)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            line = f"{method.upper()} {path}"
            _describe(operation, method.upper(), declared[line], open_reading)
            _show(operation, EXAMPLES.get(line, {}))
    components = document["components"]
    components["schemas"] = {name: one for name, one in components["schemas"].items() if name not in _NOT_OURS}
    components["schemas"]["Problem"] = PROBLEM_SCHEMA
    components["responses"] = {_name(status): refusal.document() for status, refusal in REFUSALS.items()}
    components["securitySchemes"] = _schemes(cookie)
    return document


def _describe(operation: Document, method: str, declared: Declared, open_reading: bool) -> None:
    operation["summary"] = operation["description"].partition("\n")[0].rstrip(".")
    operation["description"] = f"{operation['description']}\n\nNeeds {_needed(declared)}."
    operation["security"] = _security(method, declared, open_reading)
    refused = {int(status) for status in operation["responses"] if int(status) in REFUSALS}
    for status in sorted({*refused, *_refused(operation, method, declared)}):
        given = operation["responses"].get(str(status), {}).get("content", {})
        operation["responses"][str(status)] = _refusal(status, given if status != 422 else {})
    operation["responses"] = dict(sorted(operation["responses"].items()))


def _refusal(status: int, answered: Document) -> Document:
    """Return how a status is refused; some routes answer it with a document of their own as well."""
    if not answered:
        return {"$ref": f"#/components/responses/{_name(status)}"}
    refusal = REFUSALS[status].document()
    return {**refusal, "content": {**answered, **refusal["content"]}}


def _refused(operation: Document, method: str, declared: Declared) -> set[int]:
    known = () if isinstance(declared, OpenToAll) else (401, 403) if isinstance(declared, Needs) else (401,)
    body = _OF_A_BODY if "requestBody" in operation else ()
    return {*_ALWAYS, *known, *body, *((403,) if method not in READS else ())}


def _security(method: str, declared: Declared, open_reading: bool) -> list[Document]:
    if isinstance(declared, OpenToAll):
        return []
    if isinstance(declared, Signed):
        return [{"sender": [], "timestamp": [], "signature": []}]
    found: list[Document] = [{"session": []} if method in READS else {"session": [], "csrf": []}]
    if isinstance(declared, Needs):
        found += [{"token": []}] if declared.permission in SCOPES else []
        found += [{}] if declared.permission is Permission.READ and open_reading and not declared.known else []
    return found


def _needed(declared: Declared) -> str:
    if isinstance(declared, OpenToAll):
        return f"nothing: {declared.why}"
    if isinstance(declared, Needs):
        return f"the permission `{declared.permission}`{', signed in or by a token' if declared.known else ''}"
    return "the signature of a sender of the site" if isinstance(declared, Signed) else "one's own session"


def _schemes(cookie: str) -> Document:
    return {
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": cookie,
            "description": "A person's session: `POST /api/v1/session` sets it; over TLS its name begins with `__Host-`.",
        },
        "csrf": {
            "type": "apiKey",
            "in": "header",
            "name": CSRF_HEADER,
            "description": "With each write of a session: `csrf` of `GET /api/v1/session`.",
        },
        "sender": _header(SENDER, "Who sends it, as the site's `.respond.yaml` names it."),
        "timestamp": _header(TIMESTAMP, "When it was signed, in whole seconds since 1970; it holds for five minutes."),
        "signature": _header(SIGNATURE, "`sha256=` and the HMAC-SHA-256 of the timestamp, a dot, and the body."),
        "token": {"type": "http", "scheme": "bearer", "description": "A machine's token: `facility token add`."},
    }


def _header(name: str, description: str) -> Document:
    return {"type": "apiKey", "in": "header", "name": name, "description": description}


def _show(operation: Document, examples: Mapping[str, Any]) -> None:
    if "request" in examples:
        operation["requestBody"]["content"]["application/json"]["example"] = examples["request"]
    for name, value in examples.get("parameters", {}).items():
        next(each for each in operation["parameters"] if each["name"] == name)["example"] = value
    if "answer" in examples:
        status = next(each for each in operation["responses"] if each.startswith("2"))
        operation["responses"][status]["content"]["application/json"]["example"] = examples["answer"]


def _name(status: int) -> str:
    return REFUSALS[status].name
