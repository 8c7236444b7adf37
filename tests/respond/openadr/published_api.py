"""The published OpenAPI documents of OpenADR 3, as judge of every request, answer and notification: ours and the tests' VTN's."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

PUBLISHED = Path(__file__).parent / "published"
# Both ask that `objectType` be of the answer's kinds and of the request's, which have none in common: nothing could be answered.
# The published examples and 3.0.1 have the answer's.
Json = Any


class PublishedApi:
    """One version of the standard."""

    def __init__(self, standard: str) -> None:
        document = _read(PUBLISHED / f"openadr-{standard}.yaml")
        self._components = _as_json_schema(document["components"])
        if standard == "3.1.0":
            for answer, request in (("ven", "BlVenRequest"), ("resource", "BlResourceRequest")):
                _answer_without_the_requests_type(self._components["schemas"], answer, request)
        self._paths = document["paths"]

    def wrong_request(self, method: str, path: str, query: Sequence[tuple[str, str]], body: Json) -> list[str]:
        """Return what is wrong with a request, also a path, a parameter or a property that the document does not have."""
        found = self._operation(method, path)
        if found is None:
            return [f"{method} {path} is not in the document"]
        operation, shared = found
        wrong = self._wrong_query(operation, query)
        declared = operation.get("requestBody")
        if declared is not None:
            (content,) = declared["content"].values()
            wrong += self.wrong(content["schema"], body, closed=True)
        elif body is not None:
            wrong.append("a body that the document does not have")
        return [f"{method} {path}: {each}" for each in wrong + self._wrong_place(shared, path)]

    def wrong_answer(self, method: str, path: str, status: int, body: Json) -> list[str]:
        """Return what is wrong with an answer."""
        found = self._operation(method, path)
        assert found is not None
        response = found[0]["responses"].get(str(status))
        if response is None:
            return [f"{method} {path}: status {status} is not in the document"]
        if "$ref" in response:
            response = self._components["responses"][response["$ref"].rpartition("/")[2]]
        if "content" not in response:
            return []
        (content,) = response["content"].values()
        return [f"{method} {path} {status}: {each}" for each in self.wrong(content["schema"], body)]

    def wrong_named(self, schema: str, body: Json) -> list[str]:
        """Return what is wrong with a thing of a schema."""
        return self.wrong({"$ref": f"#/components/schemas/{schema}"}, body)

    def wrong(self, schema: Mapping[str, Any], body: Json, *, closed: bool = False) -> list[str]:
        """Return what is wrong; `closed`: with properties that the schema does not have, too."""
        components = _closed(self._components) if closed else self._components
        whole = {"allOf": [_as_json_schema(schema)], "components": components}
        validator = _validator(json.dumps(whole))
        return [
            f"/{'/'.join(map(str, error.instance_path))}: {error.message[:300]}"
            for error in validator.iter_errors(body)
        ]

    def _operation(self, method: str, path: str) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
        for template, operations in self._paths.items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method.lower() in operations:
                return operations[method.lower()], operations.get("parameters", [])
        return None

    def _wrong_query(self, operation: Mapping[str, Any], query: Sequence[tuple[str, str]]) -> list[str]:
        declared = {each["name"]: each["schema"] for each in operation.get("parameters", ()) if each["in"] == "query"}
        wrong = []
        for name, text in query:
            schema = declared.get(name)
            if schema is None:
                wrong.append(f"the parameter {name} is not in the document")
                continue
            schema = schema["items"] if schema.get("type") == "array" else schema
            value = json.loads(text) if schema.get("type") in ("integer", "boolean") else text
            wrong += [f"{name}: {each}" for each in self.wrong(schema, value)]
        return wrong

    def _wrong_place(self, shared: Sequence[Mapping[str, Any]], path: str) -> list[str]:
        return [each for place in shared[-1:] for each in self.wrong(place["schema"], path.rpartition("/")[2])]


@cache
def published_api(standard: str) -> PublishedApi:
    """Return a version of the standard."""
    return PublishedApi(standard)


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return found


@cache
def _validator(schema: str) -> jsonschema_rs.Draft4Validator:
    # OpenAPI 3.0 is of the time of draft 4: `exclusiveMaximum: true`, and nothing beside `$ref`.
    return jsonschema_rs.Draft4Validator(json.loads(schema), validate_formats=True)


def _as_json_schema(schema: Json) -> Json:
    """Return a schema of OpenAPI 3.0 as one of JSON Schema, which has no `nullable`."""
    if isinstance(schema, list):
        return [_as_json_schema(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {
        key: _as_json_schema(value)
        for key, value in schema.items()
        if key not in ("nullable", "discriminator", "example")
    }
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain


def _closed(schema: Json) -> Json:
    """Return a schema that refuses properties it does not have, where it says all of them itself."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: _closed(value) for key, value in schema.items()}
    if (
        isinstance(schema.get("properties"), dict)
        and "additionalProperties" not in schema
        and "properties" not in schema["properties"]
    ):
        inner["additionalProperties"] = False
    return inner


def _answer_without_the_requests_type(schemas: dict[str, Any], answer: str, request: str) -> None:
    of_request = schemas[request]
    own = {key: value for key, value in of_request["properties"].items() if key != "objectType"}
    needed = [key for key in of_request["required"] if key != "objectType"]
    schemas[f"{answer}Told"] = {"type": "object", "required": needed, "properties": own}
    schemas[answer]["allOf"][1] = {"$ref": f"#/components/schemas/{answer}Told"}
