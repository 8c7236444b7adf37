"""The OpenAPI document as the contract: each route says who may ask, how it refuses and what it answers, and its examples hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from httpx import Client
from pydantic import TypeAdapter

from facility.access import Permission, Role
from facility.accounts.opening import Access
from facility.api.app import PREFIX, TOPICS
from facility.api.contract import EXAMPLES
from facility.api.refusals import REFUSALS
from tests.accounts.hashing import cheap_hashes
from tests.api.askers import add_person, machine, signed_in
from tests.api.test_access import ADMINISTER, OPEN, OWN, READ, ROUTES, SIGNED
from tests.house.repository import ROOT

__all__ = ["cheap_hashes"]
MODELS = {
    f"{method} {PREFIX}{route.path}": route
    for router in TOPICS
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in route.methods or ()
}
SESSION: dict[str, list[str]] = {"session": []}
WRITE: dict[str, list[str]] = {"session": [], "csrf": []}
TOKEN: dict[str, list[str]] = {"token": []}
ANYBODY: dict[str, list[str]] = {}


@pytest.fixture
def document(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_every_route_is_described(document: dict[str, Any]) -> None:
    for line, operation in operations(document):
        assert operation["tags"], line
        assert operation["summary"], line
        assert operation["summary"] != operation["operationId"].replace("_", " ").title()  # FastAPI's own
        assert "\n\nNeeds " in operation["description"], line
        (success,) = (answer for status, answer in operation["responses"].items() if status.startswith("2"))
        assert "204" in operation["responses"] or success["content"], line
        for content in operation.get("requestBody", {}).get("content", {}).values():
            assert "example" in content, f"{line}: add a request to facility/api/examples.yaml"


def test_no_two_operations_have_the_same_id(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() for name in names)


def test_security_is_what_the_table_of_routes_says(document: dict[str, Any]) -> None:
    for line, operation in operations(document):
        session = SESSION if line.startswith("GET") else WRITE
        expected = {
            OPEN: [],
            OWN: [session],
            SIGNED: [{"sender": [], "timestamp": [], "signature": []}],
            READ: [session, TOKEN, ANYBODY],
            ADMINISTER: [session],
        }.get(ROUTES[line], [session, TOKEN])
        assert operation["security"] == expected, line
    assert document["components"]["securitySchemes"]["session"]["name"] == "facility-example"


def test_over_tls_the_cookie_has_its_other_name(client: Client, access: Access) -> None:
    reader = machine(client, access, Permission.READ)
    reader.headers["X-Forwarded-Proto"] = "https"
    schemes = reader.ask("GET", "/openapi.json").json()["components"]["securitySchemes"]
    assert schemes["session"]["name"] == "__Host-facility-example"


def test_every_route_says_how_it_refuses(document: dict[str, Any]) -> None:
    for line, operation in operations(document):
        refused = {int(status) for status in operation["responses"] if int(status) >= 400}
        assert refused >= {421, 429, 500, 503}, line
        assert refused >= ({401} if ROUTES[line] != OPEN else set()), line
        assert refused >= ({403} if not line.startswith("GET") or ROUTES[line] not in (OPEN, OWN) else set()), line
        assert refused >= ({411, 413, 422} if "requestBody" in operation else set()), line
        assert ("parameters" in operation or "requestBody" in operation) == (422 in refused), line
        for status in refused:
            _is_a_problem(document, operation["responses"][str(status)], status)


def _is_a_problem(document: dict[str, Any], answer: dict[str, Any], status: int) -> None:
    if "$ref" in answer:
        answer = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    content = answer["content"]["application/problem+json"]
    assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
    for example in content["examples"].values():
        assert example["value"]["status"] == status


def test_the_kinds_of_problems_are_those_of_the_guide() -> None:
    text = (ROOT / "docs" / "access.md").read_text(encoding="utf-8")
    told = {line.split("`")[1] for line in text.splitlines() if line.startswith("| `urn:facility:")}
    shown = {f"urn:facility:{kind}" for refusal in REFUSALS.values() for kind in refusal.examples if kind}
    assert shown == told


def test_nothing_is_left_of_errors_that_nobody_gets(document: dict[str, Any]) -> None:
    assert "HTTPValidationError" not in str(document)


@pytest.mark.parametrize("line", EXAMPLES)
def test_examples_are_what_their_models_take_and_give(line: str) -> None:
    route, example = MODELS[line], EXAMPLES[line]
    if "request" in example:
        assert route.body_field is not None
        body: Any = route.body_field.field_info.annotation
        TypeAdapter(body).validate_python(example["request"])
    if "answer" in example:
        assert route.response_model is not None
        adapter = TypeAdapter[Any](route.response_model)
        assert adapter.dump_python(adapter.validate_python(example["answer"]), mode="json") == example["answer"]


def test_examples_of_parameters_can_be_asked(client: Client, access: Access) -> None:
    add_person(access, "r.weber", Role.VIEWER)
    boss = signed_in(client, "boss")
    for line, example in EXAMPLES.items():
        method, path = line.split()
        if "parameters" not in example:
            continue
        given = dict(example["parameters"])
        path = path.format(**{name: given.pop(name) for name in list(given) if f"{{{name}}}" in path})
        answer = boss.ask(method, path, params=given, **({"json": example["request"]} if "request" in example else {}))
        assert answer.status_code in (200, 404, 409), (line, answer.text)
