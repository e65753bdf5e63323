"""The clerk's pages: the worklist and the complete file of a case on one screen."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar

from gateway.views.cases import Document, Step
from gateway.views.forms import AnswerGroup, Field, Option
from gateway.views.frame import Page, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number above the worklist. `label` is a key below `figure.`; `value` is already written out."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRow:
    """`state` is a key below `state.`; `urgent` marks a deadline that is near or past. The worklist has no
    column for applicants or deadlines where no row has one."""

    url: str
    number: str
    service: str
    submitted_at: datetime
    state: str
    tone: Tone
    applicant: str = ""
    due: date | None = None
    urgent: bool = False
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorklistPage(Page):
    template: ClassVar[str] = "work/worklist.html"
    nav: ClassVar[str] = "work"

    figures: tuple[Figure, ...]
    rows: tuple[WorkRow, ...]

    @property
    def heads(self) -> tuple[str, ...]:
        """Keys below `work.` of the columns that have something in them."""
        empty = {
            "applicant": not any(row.applicant for row in self.rows),
            "due": not any(row.due for row in self.rows),
        }
        every = ("number", "service", "applicant", "submitted", "due", "state")
        return tuple(head for head in every if not empty.get(head))


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """`state` is a key below `payment_state.`; `url` leads to the whole money of the case."""

    state: str
    tone: Tone
    amount_cents: int
    kassenzeichen: str
    settled_at: datetime | None = None
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """The population register's answer. `outcome` is a key below `register.`."""

    outcome: str
    tone: Tone
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One stored event in plain words, and who caused it: a key below `actor.`."""

    at: datetime
    title: str
    actor: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilePage(Page):
    """`reasons` say why the case came to a person. `reject_reasons` come from the service's definition.

    The decision form posts `decision` (one of `decisions`), reason_code, reason and `hidden`
    (the version the clerk has seen). `message` is a key below `problem.`. Beside it stands the form that
    revokes a document, where there is one to revoke, and the one that has it issued anew. `erased`: the
    citizen's data are gone.
    """

    template: ClassVar[str] = "work/case_file.html"
    nav: ClassVar[str] = "work"

    number: str
    service: str
    applicant: str
    state: str
    tone: Tone
    submitted_at: datetime
    reasons: tuple[str, ...]
    groups: tuple[AnswerGroup, ...]
    steps: tuple[Step, ...]
    history: tuple[HistoryEntry, ...]
    payment: Payment | None
    register: Register | None
    documents: tuple[Document, ...] = ()
    action: str = ""
    decisions: tuple[str, ...] = ()
    reject_reasons: tuple[Option, ...] = ()
    hidden: dict[str, str]
    due: date | None = None
    decision: str = ""
    reason: str = ""
    reason_code: str = ""
    message: str = ""
    erased: bool = False
    revoke_action: str = ""
    revoke_fields: tuple[Field, ...] = ()
    revoke_hidden: dict[str, str] = field(default_factory=dict)
    reissue_action: str = ""
    reissue_fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyTask:
    """Money a person has to see to. `kind` is a key below `money_task.`, `claim_url` leads to all the money
    of its claim; texts are empty where payments did not tell them. `proposed` is a key below `settled_how.`
    where that waits for a second person, with its `voucher`; `proposed_by` a key below `cash_actor.`."""

    kind: str
    amount_cents: int
    since: datetime
    url: str
    claim_url: str
    version: int
    kassenzeichen: str = ""
    case_number: str = ""
    currency: str = "EUR"
    proposed: str = ""
    proposed_by: str = ""
    proposed_at: datetime | None = None
    voucher: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyTasksPage(Page):
    template: ClassVar[str] = "work/money.html"
    nav: ClassVar[str] = "money"

    tasks: tuple[MoneyTask, ...]
    next_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyTaskPage(Page):
    """One task with the form that records what was done: `how` and `voucher` beside `hidden`.

    Once somebody has, above the limit, a second person decides, who ticks `seen`, or `why_not` is a key below
    `settlement_why_not.`. `done` is a key below `settled_how.`; `message` is a key below `problem.`.
    """

    template: ClassVar[str] = "work/money_task.html"
    nav: ClassVar[str] = "money"

    task: MoneyTask
    fields: tuple[Field, ...] = ()
    hidden: dict[str, str] = field(default_factory=dict)
    done: str = ""
    seen: Field | None = None
    why_not: str = ""
    message: str = ""

    @property
    def faulty(self) -> tuple[Field, ...]:
        return (self.seen,) if self.seen is not None and self.seen.error else ()
