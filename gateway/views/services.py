"""Start page and service page."""

from dataclasses import dataclass
from typing import ClassVar

from gateway.views.frame import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCard:
    """A service as shown on the start page. `icon` is a name of `gateway.icons`; `instant` means no clerk."""

    key: str
    title: str
    summary: str
    icon: str
    price: str
    duration: str
    instant: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StartPage(Page):
    """`query` is None on the plain start page; with a query, `cards` are what was found."""

    template: ClassVar[str] = "start.html"
    nav: ClassVar[str] = "services"

    cards: tuple[ServiceCard, ...]
    query: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePage(Page):
    """`p50_seconds` and `p90_seconds` are measured, None before there is anything to measure."""

    template: ClassVar[str] = "service.html"
    nav: ClassVar[str] = "services"

    key: str
    title: str
    summary: str
    description: str
    icon: str
    instant: bool
    needs: tuple[str, ...]
    price: str
    duration: str
    legal_basis: tuple[str, ...]
    office: str
    p50_seconds: int | None = None
    p90_seconds: int | None = None
    draft_url: str | None = None
