"""The counter: a claim found by its number, cash taken for it, and the till of the day."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from gateway.views.forms import Field
from gateway.views.frame import Page, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class TillEntry:
    """Cash that was taken; `reference` is the till's own number. `reason` is a key below `void_reason.`, set
    where the entry was undone."""

    url: str
    reference: str
    at: datetime
    cents: int
    kassenzeichen: str
    case_number: str
    voided: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundClaim:
    """`state` is a key below `claim_state.`."""

    url: str
    kassenzeichen: str
    case_number: str
    state: str
    tone: Tone
    amount_cents: int
    owed_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterPage(Page):
    """The search and what the till took today; `found` is None before anything was asked. `sum_cents` should
    be in the till of today; `message` is a key below `problem.`."""

    template: ClassVar[str] = "work/counter.html"
    nav: ClassVar[str] = "money"

    number: Field
    sum_cents: int
    entries: tuple[TillEntry, ...]
    found: tuple[FoundClaim, ...] | None = None
    next_url: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterClaimPage(Page):
    """Takes cash for a claim: `fields` post to `action` with `hidden`, none where nothing may be taken."""

    template: ClassVar[str] = "work/counter_claim.html"
    nav: ClassVar[str] = "money"

    claim: FoundClaim
    money_url: str
    entries: tuple[TillEntry, ...]
    action: str = ""
    fields: tuple[Field, ...] = ()
    hidden: dict[str, str] = field(default_factory=dict)
    message: str = ""

    @property
    def faulty(self) -> tuple[Field, ...]:
        return tuple(one for one in self.fields if one.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterEntryPage(Page):
    """One entry: what goes back over the table, the receipt to print, and the way to undo a mistake.

    `change_cents` is None where nobody has just taken the money; an `own` entry is a second person's to void.
    """

    template: ClassVar[str] = "work/counter_entry.html"
    nav: ClassVar[str] = "money"

    entry: TillEntry
    claim: FoundClaim
    receipt_url: str
    change_cents: int | None = None
    own: bool = False
    void_action: str = ""
    fields: tuple[Field, ...] = ()
    hidden: dict[str, str] = field(default_factory=dict)
    message: str = ""

    @property
    def faulty(self) -> tuple[Field, ...]:
        return tuple(one for one in self.fields if one.error)
