"""The reference of the API, drawn from its OpenAPI document: no script, and nothing is asked from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from facility.api.page.markup import Markup, element, joined
from facility.api.page.paths import STYLE_PATH

Document = Mapping[str, Any]
_OWN = "#/components/"


def reference_page(document: Document) -> str:
    """Return the page."""
    title = f"{document['info']['title']} API {document['info']['version']}"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("link", rel="stylesheet", href=STYLE_PATH),
    )
    links = [element("a", "First page", href="/"), element("a", "openapi.json", href="/openapi.json")]
    body = element(
        "body",
        element("header", element("h1", title), element("p", document["info"]["summary"], class_="time")),
        element("main", _schemes(document), *_topics(document), _schemas(document)),
        element("footer", element("nav", *links)),
    )
    return "<!doctype html>\n" + element("html", head, body, lang="en")


def _schemes(document: Document) -> Markup:
    schemes = document["components"]["securitySchemes"]
    rows = [
        (name, each.get("name", "Authorization: Bearer"), _prose(each["description"])) for name, each in schemes.items()
    ]
    return element("section", element("h2", "Who asks"), _table(("by", "sent as", ""), rows))


def _topics(document: Document) -> Iterator[Markup]:
    topics: dict[str, list[Markup]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            topics.setdefault(operation["tags"][0], []).append(_operation(document, method.upper(), path, operation))
    for topic, operations in topics.items():
        yield element("section", element("h2", topic), *operations)


def _operation(document: Document, method: str, path: str, operation: Document) -> Markup:
    line = element("code", f"{method} {path}")
    parameters = [(each["name"], _of(each["schema"]), _said(each)) for each in operation.get("parameters", ())]
    answers = [_answer(document, status, answer) for status, answer in operation["responses"].items()]
    return element(
        "details",
        element("summary", line, " ", _prose(operation["summary"])),
        *(element("p", _prose(part)) for part in operation["description"].split("\n\n")[1:]),
        _table(("parameter", "is", ""), parameters) if parameters else None,
        _body("request", operation.get("requestBody", {})),
        _table(("answer", "is", ""), answers),
        *(_body("answer", answer) for status, answer in operation["responses"].items() if status.startswith("2")),
        id=operation["operationId"],
    )


def _answer(document: Document, status: str, answer: Document) -> tuple[str | Markup, ...]:
    if (reference := answer.get("$ref")) is not None:
        answer = document["components"]["responses"][reference.rpartition("/")[2]]
    kinds = [
        _of(content["schema"]) if "schema" in content else kind for kind, content in answer.get("content", {}).items()
    ]
    title = answer["description"] if int(status) >= HTTPStatus.BAD_REQUEST else HTTPStatus(int(status)).phrase
    return status, joined(*_between(kinds)), title


def _body(title: str, body: Document) -> Markup | None:
    content = body.get("content", {}).get("application/json", {})
    if "example" not in content:
        return None
    shown = json.dumps(content["example"], indent=2, ensure_ascii=False)
    return joined(element("p", f"{title}, for example: ", _of(content["schema"])), element("pre", shown, class_="wide"))


def _schemas(document: Document) -> Markup:
    return element(
        "section", element("h2", "Schemas"), *(_schema(*one) for one in document["components"]["schemas"].items())
    )


def _schema(name: str, schema: Document) -> Markup:
    needed = schema.get("required", ())
    rows = [
        (field, _of(each), " ".join(filter(None, ("required" if field in needed else "", _said(each)))))
        for field, each in schema.get("properties", {}).items()
    ]
    one_of = element("p", ", ".join(map(str, schema["enum"]))) if "enum" in schema else None
    said = element("p", schema["description"]) if "description" in schema else None
    fields = _table(("field", "is", ""), rows) if rows else None
    return element("details", element("summary", element("code", name)), said, one_of, fields, id=f"schema-{name}")


def _of(schema: Document) -> Markup:
    """Return what a value is, with a link to what it consists of."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_OWN).partition("/")[2]
        return element("a", name, href=f"#schema-{name}")
    if "anyOf" in schema:
        return joined(*_between([_of(each) for each in schema["anyOf"]]))
    if "enum" in schema or "const" in schema:
        return joined(", ".join(map(str, schema.get("enum", [schema.get("const")]))))
    if schema.get("type") == "array":
        return joined("list of ", _of(schema.get("items", {})))
    return joined(schema.get("format") or schema.get("type") or "any value")


def _said(each: Document) -> str:
    schema = each.get("schema", each)
    bounds = [f"{word} {schema[key]}" for key, word in _BOUNDS.items() if key in schema]
    default = [f"default {json.dumps(schema['default'])}"] if schema.get("default") is not None else []
    described = [each["description"]] if "description" in each else []
    return "; ".join([*described, *bounds, *default])


_BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "more than",
    "maximum": "at most",
    "minLength": "length at least",
    "maxLength": "length at most",
}


def _prose(text: str) -> Markup:
    """Return text whose words in backticks are code."""
    return joined(*(element("code", part) if number % 2 else part for number, part in enumerate(text.split("`"))))


def _between(parts: Sequence[str | Markup]) -> Iterator[str | Markup]:
    for number, part in enumerate(parts):
        if number:
            yield " or "
        yield part


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str | Markup, ...]]) -> Markup:
    lines = (element("tr", *(element("td", cell) for cell in row)) for row in rows)
    head = element("thead", element("tr", *(element("th", each) for each in heads)))
    return element("div", element("table", head, element("tbody", *lines)), class_="wide")
