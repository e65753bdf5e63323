"""The money of a whole case on one screen, and the way to it by a number."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from gateway.views.claims import MoneyEntry
from gateway.views.forms import Field
from gateway.views.frame import Page, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """`what` is a key below `case_money_total.`; `strong` for what the clerk has to act on."""

    what: str
    cents: int
    strong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClaim:
    """One claim of the case: `claimed_cents` with charges and without what was dropped. `url` leads to what
    can be done there, `cash_url` to the counter while there is something to pay; `anchor` names the row,
    `state` is a key below `plan_state.`."""

    anchor: str
    url: str
    kassenzeichen: str
    state: str
    tone: Tone
    claimed_cents: int
    paid_cents: int
    refunded_cents: int
    owed_cents: int
    due: date | None = None
    instalment: int = 0
    instalment_count: int = 0
    cash_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMoneyPage(Page):
    """Totals, claims and one time line, the newest first. `claims` are open or need a look, `more` too, for
    later, `done` are the others. `newest_url` leads back from an older part of the time line; `message` is a
    key below `problem.`.
    """

    template: ClassVar[str] = "work/case_money.html"
    nav: ClassVar[str] = "money"

    case_number: str
    case_url: str
    totals: tuple[Total, ...]
    claims: tuple[CaseClaim, ...]
    more: tuple[CaseClaim, ...] = ()
    done: tuple[CaseClaim, ...] = ()
    entries: tuple[MoneyEntry, ...] = ()
    next_url: str = ""
    newest_url: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSearchPage(Page):
    """`message` is a key below `problem.`."""

    template: ClassVar[str] = "work/case_search.html"
    nav: ClassVar[str] = "money"

    number: Field
    message: str = ""
