"""Where the two versions of the standard differ in what the site sends. Pure."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from facility.respond.openadr.settings import Standard

Json = dict[str, Any]
_NEW: Standard = "3.1.0"


def ven_body(standard: Standard, name: str) -> Json:
    """Return ourselves, as we register."""
    return {"venName": name, **({"objectType": "VEN_VEN_REQUEST"} if standard == _NEW else {})}


def resources_path(standard: Standard, ven_id: str) -> str:
    """Return where our resources are made."""
    return "/resources" if standard == _NEW else f"/vens/{quote(ven_id, safe='')}/resources"


def resource_body(standard: Standard, name: str, ven_id: str) -> Json:
    """Return a resource of ours."""
    if standard == _NEW:
        return {"objectType": "VEN_RESOURCE_REQUEST", "resourceName": name, "venID": ven_id}
    return {"resourceName": name}


def subscription_body(name: str, program_id: str | None, url: str, token: str) -> Json:
    """Return the wish to be told of changes; 3.0.1 takes it for one program only."""
    operation = {
        "objects": ["PROGRAM", "EVENT"],
        "operations": ["CREATE", "UPDATE", "DELETE"],
        "callbackUrl": url,
        "bearerToken": token,
    }
    of_program = {} if program_id is None else {"programID": program_id}
    return {"clientName": name, **of_program, "objectOperations": [operation]}


def report_keys(standard: Standard, program_id: str, event_id: str) -> Json:
    """Return what a report is on."""
    return {"eventID": event_id, **({} if standard == _NEW else {"programID": program_id})}
