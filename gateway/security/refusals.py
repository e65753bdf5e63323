"""What a middleware says when it refuses; how that looks is the gateway's business."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Scope


@dataclass(frozen=True, slots=True)
class Refusal:
    """`slug` is a key below `error.` in the translations; `retry_after` counts seconds."""

    status: int
    slug: str
    retry_after: int | None = None


Refuse = Callable[[Scope, Refusal], Response]
"""Draws a refusal as a page, or as a problem document below /api/."""
