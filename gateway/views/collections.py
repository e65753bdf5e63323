"""The files of debits that the city gave its bank, for the treasurer."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from gateway.views.frame import Page, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """One file; `state` is a key below `collection_state.`, `url` leads to its bytes, `sha256` is of them.

    `unanswered` of its debits have neither come nor gone back though their day is long past.
    """

    url: str
    number: str
    day: date
    debits: int
    cents: int
    sha256: str
    state: str
    tone: Tone
    submitted_at: datetime | None
    unanswered: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionsPage(Page):
    """The newest first; `collections` is None where the city has no account set up. `message` is a key below
    `problem.`."""

    template: ClassVar[str] = "work/collections.html"
    nav: ClassVar[str] = "money"

    collections: tuple[Collection, ...] | None
    next_url: str = ""
    message: str = ""

    @property
    def unanswered(self) -> int:
        return sum(one.unanswered for one in self.collections or ())
