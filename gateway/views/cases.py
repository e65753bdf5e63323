"""A citizen's cases: one in full, all of them in a list, and the drafts."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal

from gateway.views.forms import AnswerGroup
from gateway.views.frame import Page, Tone
from gateway.views.plans import Instalment

Progress = Literal["done", "now", "todo", "stopped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a timeline. `title` and `detail` are sentences; `at` is when it was done."""

    progress: Progress
    title: str
    detail: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document, for download where there is a `url`. `kind` is a key below `document.` in the translations;
    `title` is what its service calls it, where it does."""

    url: str
    kind: str
    title: str = ""
    number: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    revoked: bool = False
    superseded: bool = False
    suspended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo:
    """What the citizen must do next. `kind` is a key below `todo.`: pay, transfer, correct, collect."""

    kind: str
    url: str
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage(Page):
    """`situation` is a key below `situation.`: one sentence on where the case is; read out when it changes.
    `notes` are sentences about its money, `plan` its instalments where there are several.

    `live_url` is the event stream that keeps the page current, empty when nothing more will happen.
    """

    template: ClassVar[str] = "case.html"
    nav: ClassVar[str] = "cases"

    case_id: str
    number: str
    title: str
    situation: str
    tone: Tone
    steps: tuple[Step, ...]
    groups: tuple[AnswerGroup, ...]
    submitted_at: datetime
    documents: tuple[Document, ...] = ()
    todo: Todo | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()
    fee_cents: int = 0
    paid: bool = False
    live_url: str = ""
    can_withdraw: bool = False
    plan: tuple[Instalment, ...] = ()
    can_end: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveParts:
    """The parts of a CasePage that its event stream draws anew, each by a template of its own."""

    steps: tuple[Step, ...]
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """`state` is a key below `state.`."""

    url: str
    number: str
    title: str
    icon: str
    state: str
    tone: Tone
    submitted_at: datetime
    todo: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRow:
    url: str
    delete_url: str
    title: str
    icon: str
    saved_at: datetime
    kept_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MyCasesPage(Page):
    template: ClassVar[str] = "cases.html"
    nav: ClassVar[str] = "cases"

    cases: tuple[CaseRow, ...]
    drafts: tuple[DraftRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawPage(Page):
    """Asks once more before a case is withdrawn."""

    template: ClassVar[str] = "withdraw.html"
    nav: ClassVar[str] = "cases"

    action: str
    back_url: str
    number: str
    title: str
    paid: bool = False
