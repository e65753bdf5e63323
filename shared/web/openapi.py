"""The problem document in OpenAPI: every operation names it in place of the framework's own errors."""

from typing import Any

from fastapi import FastAPI

from shared.web.problems import MEDIA_TYPE

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. `type` ends in a stable slug; `errors` names fields that were refused.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:portal:problem:invalid"]},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code"],
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "params": {"type": "object"},
                },
            },
        },
    },
    "additionalProperties": True,
}
METHODS = {"get", "put", "post", "delete", "patch", "head", "options"}


def describe_problems(app: FastAPI) -> None:
    """Makes `app.openapi()` answer problems for every operation."""
    original = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = with_problems(original())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def with_problems(document: dict[str, Any]) -> dict[str, Any]:
    """Replaces the framework's 422 and adds a default answer of the problem media type."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = PROBLEM_SCHEMA
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    answer = {
        "description": "A problem",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for item in document.get("paths", {}).values():
        for method, operation in item.items():
            if method in METHODS:
                operation["responses"].pop("422", None)
                operation["responses"]["default"] = answer
    return document
