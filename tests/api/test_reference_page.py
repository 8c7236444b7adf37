"""The page /docs: all of the document is on it, under the page's own policy, and whatever a description holds is text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from httpx import Client

from facility.api.page.reference_page import reference_page
from tests.accounts.hashing import cheap_hashes
from tests.api.test_first_page import read

__all__ = ["cheap_hashes"]


@pytest.fixture
def document(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def test_every_operation_parameter_and_schema_is_on_it(client: Client, document: dict[str, Any]) -> None:
    answer = client.get("/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    text, ids = read(answer.text).text, {dict(attributes).get("id") for _, attributes in read(answer.text).tags}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert f"{method.upper()} {path}" in text
            assert operation["summary"].replace("`", "") in text
            assert operation["operationId"] in ids
            assert all(each["name"] in text for each in operation.get("parameters", ()))
    assert {f"schema-{name}" for name in document["components"]["schemas"]} <= ids
    assert "X-CSRF-Token" in text
    assert '"reason": "on my way"' in text


def test_nothing_is_asked_from_elsewhere_and_nothing_runs(client: Client) -> None:
    page = read(client.get("/docs").text)
    ids = {attributes.get("id") for _, attributes in page.tags}
    for tag, attributes in page.tags:
        assert tag not in {"script", "style", "iframe", "object", "img", "form"}
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        for where in (attributes.get("href"), attributes.get("src")):
            assert where is None or where.startswith("/") or where.removeprefix("#") in ids


def test_descriptions_are_text(document: dict[str, Any]) -> None:
    said = json.loads(json.dumps(document).replace("Return what the site is", "<script>alert(1)</script>"))
    page = reference_page(said)
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
