"""Files of the bank and of providers, brought by the treasurer, and what became of them."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar

from gateway.views.forms import Field
from gateway.views.frame import Page, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class BankFile:
    """`kind` is a key below `file_kind.`, `state` one below `file_state.`; `size` is in words."""

    url: str
    name: str
    kind: str
    state: str
    tone: Tone
    size: str
    stored_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderResult:
    """What became of a provider's statement that has just been brought."""

    provider: str
    rows: int
    new: int
    known: int
    fees_cents: int
    told_until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Before the statement of this number so many are missing, and it opens with another balance by `amount`,
    in words, empty where there is no difference."""

    number: int | None
    missing: int
    amount: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountBalance:
    """What the bank says beside the books; amounts in words. `difference` is empty where they are the same:
    `unseen` of it no entry has told, `ahead` the bank has not carried out yet."""

    closing_on: date | None
    closing: str
    bank: str
    books: str
    difference: str = ""
    unseen: str = ""
    ahead: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementsPage(Page):
    """The form posts `fields` and a file to `action` with `hidden`; `files` is None where the city has no
    account set up. `gaps` are those of the account's statements now, `balances` one for each currency.
    `message` is a key below `problem.`, `line` the place in the file that it is about, and `reason` what is
    wrong there, a key below `statement_reason.`, with the `word` that the file has."""

    template: ClassVar[str] = "work/statements.html"
    nav: ClassVar[str] = "money"

    action: str
    fields: tuple[Field, ...]
    files: tuple[BankFile, ...] | None
    hidden: dict[str, str] = field(default_factory=dict)
    result: ProviderResult | None = None
    message: str = ""
    line: int = 0
    reason: str = ""
    word: str = ""
    gaps: tuple[Gap, ...] = ()
    balances: tuple[AccountBalance, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BankFilePage(Page):
    """One file: how far it is, and then what became of its payments. `figures` are numbers by a key below
    `file_figure.`; `payments` is None for a file that tells none."""

    template: ClassVar[str] = "work/bank_file.html"
    nav: ClassVar[str] = "money"

    file: BankFile
    live_url: str
    taken: int
    payments: int | None
    figures: tuple[tuple[str, int], ...] = ()
    gaps: tuple[Gap, ...] = ()
    again: bool = False

    @property
    def left(self) -> bool:
        """Some of it waits for a person."""
        return any(many for name, many in self.figures if name in {"proposed", "left_over"})
