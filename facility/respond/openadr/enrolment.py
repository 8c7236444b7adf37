"""The site makes itself known: as a VEN with its resources, and as a subscriber to what changes."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import TypeVar

from pydantic import ValidationError

from facility.respond.openadr.client import Json, VtnClient
from facility.respond.openadr.dialect import resource_body, resources_path, subscription_body, ven_body
from facility.respond.openadr.doorbell import Doorbell
from facility.respond.openadr.entities import Registered, Subscription
from facility.respond.openadr.http_json import VtnError
from facility.respond.openadr.settings import VenSettings
from facility.respond.openadr.targets import flat

E = TypeVar("E", Registered, Subscription)
_CONFLICT = 409


def enrol(ven: VenSettings, client: VtnClient) -> tuple[str, frozenset[str]]:
    """Register what is not registered yet, and return what the VTN calls us and the labels that it has granted us.

    What is there is left as it is: it may be the VTN's own making, with labels that only it may give.

    Raises
    ------
    VtnError
        If the VTN does not answer or refuses.
    """
    us = _found_or_made(client, "/vens", {"venName": ven.ven_name}, ven_body(ven.standard, ven.ven_name))
    path = resources_path(ven.standard, us.id)
    of_us = {"venID": us.id} if ven.standard == "3.1.0" else {}
    ours = [
        _found_or_made(client, path, {"resourceName": name, **of_us}, resource_body(ven.standard, name, us.id))
        for name in ven.resources
    ]
    return us.id, frozenset().union(*(flat(each.targets) for each in (us, *ours)))


def subscribe(ven: VenSettings, client: VtnClient, bell: Doorbell, programs: Iterable[str]) -> None:
    """Ask to be told of changes; a subscription of ours with a token that we know is kept.

    Raises
    ------
    VtnError
        If the VTN does not answer or refuses; then it is only asked.
    """
    url = ven.callback_url
    if url is None:
        return
    all_ours = (_valid(Subscription, each) for each in client.all("/subscriptions", {"clientName": ven.ven_name}))
    there = {each.program_id: each for each in all_ours if any(to.callback_url == url for to in each.object_operations)}
    tokens = [each.token_at(url) for each in there.values()]
    token = next((known for known in tokens if known and bell.knows(known)), None) or secrets.token_urlsafe(32)
    bell.expect(token)  # before the VTN hears it: it may ring, or try the address, at once
    wanted: list[str | None] = list(programs) if ven.standard == "3.0.1" else [None]
    for program in wanted:
        body = subscription_body(ven.ven_name, program, url, token)
        before = there.get(program)
        if before is None:
            client.post("/subscriptions", body)
        elif before.token_at(url) != token:
            client.put(f"/subscriptions/{before.id}", body)


def _found_or_made(client: VtnClient, path: str, query: Mapping[str, str], body: Json) -> Registered:
    found = _found(client, path, query)
    if found is not None:
        return found
    try:
        return _valid(Registered, client.post(path, body))
    except VtnError as error:
        found = _found(client, path, query) if error.status == _CONFLICT else None  # made meanwhile
        if found is None:
            raise
        return found


def _found(client: VtnClient, path: str, query: Mapping[str, str]) -> Registered | None:
    # A VTN need not filter, and so we do.
    key, name = next(iter(query.items()))
    there = (each for each in client.all(path, dict(query)) if each.get(key) == name)
    return next((_valid(Registered, each) for each in there), None)


def _valid(kind: type[E], told: Json) -> E:
    try:
        return kind.model_validate(told)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise VtnError(f"the VTN's {kind.__name__.lower()}: {where}: {first['msg']}") from None
