"""The JSON Schema of site files, for editors."""

from __future__ import annotations

from typing import Any

from facility.site import Site

_FOR_EACH = {
    "description": "in a list: one entry for each item; {item} and {n} are replaced",
    "anyOf": [{"type": "array", "items": {"type": "string"}, "minItems": 1}, {"type": "string", "pattern": r"\.\."}],
}


def site_schema() -> dict[str, Any]:
    """Return the schema, with `for_each` where entries of a list may be repeated."""
    schema = Site.model_json_schema(by_alias=True)
    for definition in schema["$defs"].values():
        if "id" in definition.get("properties", {}):
            definition["properties"]["for_each"] = _FOR_EACH
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
