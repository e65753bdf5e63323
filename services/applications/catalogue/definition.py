"""A service as data: everything the portal must know to offer it, and nothing that is code.

Titles and help are German and English. Expressions are CEL over the form's fields, the facts derived from
them, the parameters and the tariff; `catalogue.publication` compiles and checks them.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", max_length=60)]
Source = Annotated[str, Field(min_length=1, max_length=1000)]


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
    """One question. Lengths count characters, `minimum` and `maximum` bound integers and months."""

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


class Fee(Part):
    """`cents` is the amount; `due` says when it must be settled."""

    cents: Source
    due: Literal["before_decision", "after_decision", "none"]
    cost_object: str | None = None
    legal_basis: Words | None = None

    @model_validator(mode="after")
    def _booked_somewhere(self) -> "Fee":
        if self.due != "none" and not (self.cost_object and self.legal_basis):
            raise ValueError("a fee needs a cost object and a legal basis")
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

    `after_decision`: the first day is never earlier than that of the decision.
    """

    starts: Source
    months: Source
    after_decision: bool = True


class Result(Part):
    kind: Literal["resident_parking_permit", "dog_tax_assessment"]
    number_prefix: str = Field(pattern=r"^[A-Z]{2,4}$")


class RejectionReason(Part):
    code: Code
    words: Words


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
    validity: Validity
    result: Result
    rejection_reasons: tuple[RejectionReason, ...] = Field(min_length=1)
