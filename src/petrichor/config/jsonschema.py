"""The JSON Schema of the declaration, for editors and for what generates declarations.

It lies beside this module as ``petrichor.schema.json``; a test says when the two differ.
"""

import json
from typing import Any, Final

from petrichor.config.schema import DeclarationTable

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
FILE: Final = "petrichor.schema.json"


def json_schema() -> dict[str, Any]:
    """Return the schema of a declaration's shape; rules across keys are not part of it."""
    generated = DeclarationTable.model_json_schema(by_alias=True)
    plain: dict[str, Any] = _without(generated)
    return {"$schema": DIALECT, **plain, "title": "Petrichor declaration"}


def json_schema_text() -> str:
    """Return the schema as it stands in the repository."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _without(node: Any) -> Any:
    """Drop what says nothing: OpenAPI's ``discriminator``, and titles made from the keys."""
    if isinstance(node, list):
        return [_without(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "patternProperties" in node:
        node = {**node, "additionalProperties": False}
    noise = {"discriminator"} | ({"title"} if isinstance(node.get("title"), str) else set())
    return {key: _without(value) for key, value in node.items() if key not in noise}
