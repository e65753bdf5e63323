"""A service as data: everything the portal must know to offer it, and nothing that is code.

Titles and help are German and English. Expressions are CEL over the form's fields, the facts derived from
them, the parameters and the tariff; `catalogue.publication` compiles and checks them.
"""

import unicodedata
from datetime import date
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", max_length=60)]
Source = Annotated[str, Field(min_length=1, max_length=1000)]
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def _visible(text: str) -> str:
    if any(unicodedata.category(mark) in _INVISIBLE and mark != "\u00ad" for mark in text):
        raise ValueError("holds a character that cannot be seen in print")
    return text


PrintedLine = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=300),
    AfterValidator(_visible),
]
PrintedParagraph = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=4000),
    AfterValidator(_visible),
]


class Part(BaseModel):
    """Base of all parts: unknown keys are an error, so that a typo never reads as a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(Part):
    """One text in both languages."""

    de: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def in_language(self, language: str) -> str:
        return self.en if language == "en" else self.de


class Keywords(Part):
    de: tuple[str, ...] = ()
    en: tuple[str, ...] = ()


class FieldType(StrEnum):
    """How an answer is entered, checked and normalised."""

    TEXT = "text"
    TEXTAREA = "textarea"
    NAME = "name"
    PLATE = "plate"
    PLATES = "plates"
    DATE = "date"
    CHOICE = "choice"
    DECLARATION = "declaration"
    INTEGER = "integer"
    MONTHS = "months"
    STREET = "street"
    HOUSE_NUMBER = "house_number"


class Option(Part):
    value: Code
    label: Words


class Pattern(Part):
    """A regular expression the whole answer must match, and the code told when it does not."""

    regex: str
    code: Code


class FormField(Part):
    """One question. Lengths count characters, `minimum` and `maximum` bound integers and months.

    `earliest` and `latest` bound a day: wide enough for every true answer, and what is computed from a day
    between them stays within what a calendar can hold. What is narrower, and moves with today, is a rule.
    """

    name: Code
    type: FieldType
    section: Code
    label: Words
    hint: Words | None = None
    required: bool = True
    required_when: Source | None = None
    options: tuple[Option, ...] = ()
    min_length: int = Field(default=1, ge=1)
    max_length: int = Field(default=120, ge=1, le=4000)
    minimum: int | None = None
    maximum: int | None = None
    earliest: date = Field(default=date(1800, 1, 1), ge=date(1583, 1, 1))
    latest: date = Field(default=date(2199, 12, 31), le=date(2999, 12, 31))
    pattern: Pattern | None = None
    foreign_when: Source | None = None
    fim: str | None = Field(default=None, pattern=r"^F\d{8,14}(V\d+\.\d+(\.\d+)?)?$")
    prefill: Code | None = None
    autocomplete: str | None = None
    personal: bool = True

    @model_validator(mode="after")
    def _fits_its_type(self) -> "FormField":
        if (self.type is FieldType.CHOICE) != bool(self.options):
            raise ValueError("a choice has options, and nothing else has")
        if self.type in (FieldType.INTEGER, FieldType.MONTHS) and None in (self.minimum, self.maximum):
            raise ValueError("a number needs minimum and maximum")
        if self.latest < self.earliest:
            raise ValueError("the latest day lies before the earliest")
        if self.required and self.required_when:
            raise ValueError("either always required or required_when")
        if self.foreign_when and self.type is not FieldType.PLATE:
            raise ValueError("foreign_when belongs to a plate")
        return self


class Section(Part):
    key: Code
    title: Words


class FactUse(Part):
    """A provider of facts, and which field feeds which of its inputs."""

    provider: Code
    inputs: dict[Code, Code]


class Rule(Part):
    """`require` must hold (where `when` does); else every field in `fields` is refused with `code`."""

    code: Code
    fields: tuple[Code, ...] = Field(min_length=1)
    require: Source
    when: Source | None = None


RevocationReason = Literal[
    "moved_away", "vehicle_given_up", "wrongly_granted", "misused", "lost", "at_own_wish"
]
"""Why documents may take something back: the words of their event."""
Refund = Literal["full", "pro_rata", "none"]


class Unpaid(Part):
    """What becomes of an issued `document` once its fee is overdue: it is kept, suspended until the fee is
    paid, or revoked, which ends the claim. `after_step` names the first step of dunning after which."""

    document: Literal["keep", "suspend", "revoke"] = "keep"
    after_step: Code | None = None

    @model_validator(mode="after")
    def _after_a_step(self) -> "Unpaid":
        if (self.document == "keep") == (self.after_step is not None):
            raise ValueError("suspend and revoke name the step of dunning that they follow, keep names none")
        return self


class Fee(Part):
    """`cents` is the amount; `due` says when it must be settled.

    `provisional` says whether a payment counts that the payer may still have back from their bank (a SEPA
    direct debit for eight weeks): `accept` it, or `wait` until it is final. `unpaid` says what follows where
    it is taken back, or never paid.

    `refunds` says for which reasons of a revocation a fee that is paid is owed back, whole or its share for
    the whole months left; where a reason is not named, it is kept, and what of it had fallen due and is not
    paid stays owed. `instalments` says how often a yearly charge falls due; on which days is told by
    the source of its assessment.
    """

    cents: Source
    due: Literal["before_decision", "after_decision", "none"]
    cost_object: str | None = None
    legal_basis: Words | None = None
    provisional: Literal["accept", "wait"] = "accept"
    unpaid: Unpaid = Unpaid()
    refunds: dict[RevocationReason, Refund] = {}
    instalments: Literal["yearly", "half_yearly", "quarterly"] | None = None

    @model_validator(mode="after")
    def _booked_somewhere(self) -> "Fee":
        if self.instalments and self.due != "after_decision":
            raise ValueError("instalments are of a fee that is due after the decision")
        if self.instalments and "pro_rata" in self.refunds.values():
            raise ValueError("a share is given back of a fee that is due at once, not of instalments")
        if self.due != "none" and not (self.cost_object and self.legal_basis):
            raise ValueError("a fee needs a cost object and a legal basis")
        return self

    @model_validator(mode="after")
    def _of_a_fee(self) -> "Fee":
        if self.provisional == "wait" and self.due != "before_decision":
            raise ValueError("only a fee that is due before the decision can be waited for")
        if self.unpaid.document != "keep" and self.due == "none":
            raise ValueError("where no fee is due, none is unpaid")
        if self.unpaid.document != "keep" and self.instalments:
            raise ValueError("a document hangs on a fee that is due at once, not on instalments")
        return self


class Reservation(Part):
    """What may exist once: taken at submission, released when the case ends without an approval."""

    scope: Code
    value: Source
    fields: tuple[Code, ...] = Field(min_length=1)
    code: Code


class PlainCondition(Part):
    """What makes a case plain; where it does not hold, a clerk decides, told `reason`."""

    reason: Code
    require: Source


class Automation(Part):
    """`full` needs a legal basis (§ 35a VwVfG, § 155 (4) AO) and says what the plain case is."""

    mode: Literal["none", "assisted", "full"]
    legal_basis: Words | None = None
    plain_case: tuple[PlainCondition, ...] = ()

    @model_validator(mode="after")
    def _full_only_with_basis(self) -> "Automation":
        if self.mode == "full" and not (self.legal_basis and self.plain_case):
            raise ValueError("full automation needs a legal basis and the conditions of the plain case")
        return self


class RegisterCheck(Part):
    """Which field goes into which field of the enquiry at the population register."""

    family_name: Code
    given_names: Code
    birth_date: Code
    street: Code
    house_number: Code
    postal_code: Code


class Validity(Part):
    """`starts` gives the first day, `months` the length, 0 for without end.

    `after_decision`: the first day is never earlier than that of the decision. A clerk who names another one
    keeps within `clerk_days` of the decision, on either side.
    """

    starts: Source
    months: Source
    after_decision: bool = True
    clerk_days: int = Field(default=731, ge=0, le=3660)


class Result(Part):
    """What an approval calls for. `kind` names a layout, and a layout is code: `layouts` says what it prints.

    `title` is what the document is called, its German form in print; `number_prefix` begins its number.
    `reissue` names the answers that a clerk may correct once the document is issued: a new one then takes its
    place, for the same period and the same fee.
    """

    kind: Literal["resident_parking_permit", "dog_tax_assessment"]
    title: Words
    number_prefix: str = Field(pattern=r"^[A-Z]{2,4}$")
    reissue: tuple[Code, ...] = ()


class PrintedOffice(Part):
    """The office in charge, as its letters name it, and whom to ask."""

    name: PrintedLine
    contact: PrintedLine | None = None
    room: PrintedLine | None = None
    phone: PrintedLine
    email: PrintedLine


class Printed(Part):
    """The service's own words in its documents: German, the official language (§ 23 VwVfG).

    `subject` is what a notice decides about and a receipt was paid for. `remedy` replaces the city's general
    Rechtsbehelfsbelehrung where a law of its own gives another one. The city's words are documents' branding.
    """

    subject: PrintedLine
    office: PrintedOffice
    legal_basis: PrintedLine
    notes: tuple[PrintedParagraph, ...] = Field(default=(), max_length=5)
    remedy: tuple[PrintedParagraph, ...] = Field(default=(), max_length=6)


class RejectionReason(Part):
    code: Code
    words: Words


class Correction(Part):
    """How long a citizen has to answer a clerk's question, in full days, and when they are reminded."""

    answer_within_days: int = Field(default=14, ge=1, le=365)
    remind_days_before: int = Field(default=4, ge=0, le=60)


class ServiceDefinition(Part):
    """One version of one service. A running case keeps the version it began with."""

    key: Slug
    version: int = Field(ge=1)
    title: Words
    summary: Words
    description: Words
    needs: tuple[Words, ...]
    price: Words
    usual_duration: Words
    keywords: Keywords
    leika: str = Field(pattern=r"^99\d{12}$")
    office: Words
    trust: Literal["mail", "basic", "substantial", "high"]
    number_prefix: str = Field(pattern=r"^[A-Z]{2,4}$")
    sections: tuple[Section, ...] = Field(min_length=1)
    fields: tuple[FormField, ...] = Field(min_length=1)
    parameters: dict[Code, int] = {}
    tariff: Code | None = None
    facts: tuple[FactUse, ...] = ()
    rules: tuple[Rule, ...] = ()
    fee: Fee
    reservations: tuple[Reservation, ...] = ()
    automation: Automation
    register_check: RegisterCheck | None = None
    correction: Correction = Correction()
    validity: Validity
    result: Result
    printed: Printed
    rejection_reasons: tuple[RejectionReason, ...] = Field(min_length=1)
