"""Attempts to pay that their providers left undecided: the list, and one with what was found of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from gateway.views.forms import Field
from gateway.views.frame import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """One attempt. `method` is in words; `found` is a key below `undecided_found.` and `found_by` one below
    `cash_actor.`, both empty while nobody has looked. `decided` where its outcome is known meanwhile."""

    url: str
    claim_url: str
    amount_cents: int
    method: str
    provider: str
    reference: str
    opened_at: datetime
    left_at: datetime
    kassenzeichen: str
    case_number: str
    found: str = ""
    found_by: str = ""
    voucher: str = ""
    decided: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UndecidedPage(Page):
    """Those that wait, the oldest first; `message` is a key below `problem.`."""

    template: ClassVar[str] = "work/undecided.html"
    nav: ClassVar[str] = "money"

    attempts: tuple[Undecided, ...]
    next_url: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UndecidedAttemptPage(Page):
    """One of them. `fields` say what was found, empty once somebody has; then `may_decide` for a second
    person, or `why_not` is a key below `undecided_why_not.`. Both forms post with `hidden`."""

    template: ClassVar[str] = "work/undecided_attempt.html"
    nav: ClassVar[str] = "money"

    attempt: Undecided
    fields: tuple[Field, ...] = ()
    may_decide: bool = False
    why_not: str = ""
    hidden: dict[str, str] = field(default_factory=dict)
    message: str = ""

    @property
    def faulty(self) -> tuple[Field, ...]:
        return tuple(one for one in self.fields if one.error)
