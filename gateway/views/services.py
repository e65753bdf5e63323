"""Start page and service page."""

from dataclasses import dataclass
from typing import ClassVar, Final

from gateway import formats
from gateway.views.frame import Page

AT_ONCE: Final = 10  # seconds: while one still looks at the page


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
class UsualTime:
    """Measured: half of the last `cases` took at most `half_seconds`, nine of ten at most `most_seconds`.

    `without_clerk` of a hundred were decided by rule.
    """

    cases: int
    half_seconds: int
    most_seconds: int
    without_clerk: int

    @property
    def words(self) -> str:
        """The key below `usual.` of the sentence that fits."""
        if self.most_seconds <= AT_ONCE:
            return "at_once"
        if self.half_seconds <= AT_ONCE:
            return "mostly_at_once"
        half, most = formats.span(self.half_seconds, "en"), formats.span(self.most_seconds, "en")
        return "within" if half == most else "half_and_most"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePage(Page):
    """`usual` is None before there is enough to measure."""

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
    usual: UsualTime | None = None
    draft_url: str | None = None
