"""A form drawn from a service's definition, and its summary before sending."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from gateway.views.frame import Page
from gateway.views.services import UsualTime

Kind = Literal[
    "text", "textarea", "name", "plate", "plates", "date", "choice", "declaration", "integer", "months",
    "street", "house_number", "email", "password",
]  # fmt: skip
SELECT_FROM = 6  # a choice with this many options becomes a list to open instead of radio buttons


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    value: str
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One question with its answer so far. `error` is a whole sentence that says what to do.

    `minimum` and `maximum` bound numbers, or ISO dates in a date field; `max_length` counts characters.
    """

    name: str
    kind: Kind
    label: str
    value: str = ""
    hint: str = ""
    error: str = ""
    required: bool = True
    options: tuple[Option, ...] = ()
    minimum: str = ""
    maximum: str = ""
    max_length: int | None = None
    autocomplete: str = ""

    @property
    def control(self) -> str:
        """Which control of the templates shows it."""
        if self.kind == "choice":
            return "select" if len(self.options) >= SELECT_FROM else "radio"
        if self.kind in {"textarea", "plates"}:
            return "textarea"
        return "declaration" if self.kind == "declaration" else "input"

    @property
    def anchor(self) -> str:
        """The id that a link of the error summary jumps to: the first thing one can act on."""
        return f"{self.name}-{self.options[0].value}" if self.control == "radio" else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    title: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPage(Page):
    """The whole form of a service on one page; posts action=review|draft beside the answers.

    `hidden` goes along unseen (draft id, service version). `message` is a key below `problem.` for a
    refusal that belongs to no single field. `correction` is what a clerk asked to change. `usual` is how long
    it takes, told to who begins.
    """

    template: ClassVar[str] = "form.html"
    nav: ClassVar[str] = "services"

    service_key: str
    title: str
    action: str
    sections: tuple[Section, ...]
    hidden: dict[str, str] = field(default_factory=dict)
    message: str = ""
    correction: str = ""
    with_payment: bool = True
    draft_possible: bool = True
    usual: UsualTime | None = None

    @property
    def faulty(self) -> tuple[Field, ...]:
        """The fields with an error, in the order of the page."""
        return tuple(one for section in self.sections for one in section.fields if one.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerGroup:
    title: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPage(Page):
    """Everything once more before it is sent; `hidden` carries the answers and the idempotency key."""

    template: ClassVar[str] = "review.html"
    nav: ClassVar[str] = "services"

    service_key: str
    title: str
    action: str
    groups: tuple[AnswerGroup, ...]
    hidden: dict[str, str]
    fee_cents: int
    fee_due: Literal["before_decision", "after_decision", "none"]
    validity: str = ""
