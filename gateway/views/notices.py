"""Error pages and the pages the law asks for."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from gateway.views.frame import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPage(Page):
    """`slug` is a key below `error.`; a `request_id` lets the office find the request in its logs."""

    template: ClassVar[str] = "error.html"

    status: int
    slug: str
    request_id: str = ""
    retry_after_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalPage(Page):
    """The texts are keys below `legal.<topic>.`; a city replaces them in the translations."""

    template: ClassVar[str] = "legal.html"

    topic: Literal["imprint", "privacy", "accessibility"]
