"""What each kind of document says: the data a template sets and a machine reads.

Amounts are integer cents of EUR, dates ISO 8601, texts one line each unless named paragraphs. The same data
is attached to the PDF as JSON (`machine_readable`); its shape is named by the schema urn and changes only
together with the number at the end of that urn.
"""

from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints, model_validator

from services.documents.rendering.branding import Branding
from services.documents.rendering.text import Line, Paragraph, Shape

DocumentKind = Literal["resident_parking_permit", "dog_tax_assessment", "rejection_notice", "receipt"]
Cents = Annotated[int, Field(ge=0, le=10_000_000_00)]
QrText = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9 $%*+\-./:]{1,600}$")]
ZoneCode = Annotated[Line, StringConstraints(max_length=4)]


class Person(Shape):
    """A natural person with the address to print; `salutation` replaces "Guten Tag <name>"."""

    given_names: Line
    family_name: Line
    street: Line
    house_number: Line
    postal_code: Line
    city: Line
    addition: Line | None = None
    salutation: Line | None = None


class Office(Shape):
    """The office that is in charge, and whom to ask."""

    name: Line
    contact: Line | None = None
    room: Line | None = None
    phone: Line
    email: Line


class Remedy(Shape):
    """Rechtsbehelfsbelehrung (§ 37 (6) VwVfG): supplied by the legal office, versioned with the service.

    A missing or wrong one lengthens the time limit from a month to a year (§ 58 (2) VwGO), so a notice
    cannot be rendered without.
    """

    heading: Line = "Rechtsbehelfsbelehrung"
    paragraphs: list[Paragraph] = Field(min_length=1)


class DocumentData(Shape):
    """What every kind has: its number, the case it comes from, the day it is issued, the office."""

    schema_urn: ClassVar[str]
    # Left out of the attached data: what only the print needs.
    print_only: ClassVar[frozenset[str]] = frozenset()

    number: Line
    case_number: Line
    issued_on: date
    office: Office


class ResidentParkingPermit(DocumentData):
    """The permit: above the fold for the windscreen (no name on it), below it for the holder."""

    schema_urn = "urn:portal:document:resident-parking-permit:1"
    print_only = frozenset({"title", "verification_url", "verification_page", "notes"})

    title: Line
    zone_code: ZoneCode
    zone_name: Line
    plate: Annotated[Line, StringConstraints(max_length=14)]
    valid_from: date
    valid_until: date
    holder: Person
    fee_cents: Cents
    paid_on: date | None = None
    legal_basis: Line
    notes: list[Paragraph] = Field(min_length=1, max_length=6)
    verification_url: QrText
    verification_page: Line

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "ResidentParkingPermit":
        if self.valid_until < self.valid_from:
            raise ValueError("valid_until lies before valid_from")
        return self


class TaxedDog(Shape):
    """One line of the computation: this dog, these months, this annual rate, this share of it."""

    name: Line
    breed: Line
    chip_number: Line | None = None
    first_day: date
    last_day: date
    months: Annotated[int, Field(ge=1, le=12)]
    annual_rate_cents: Cents
    amount_cents: Cents


class Instalment(Shape):
    """One payment: for which part of the year, due when, how much, its Kassenzeichen if it has its own."""

    label: Line
    due_on: date
    amount_cents: Cents
    kassenzeichen: Annotated[Line, StringConstraints(max_length=35)] | None = None


class DogTaxAssessment(DocumentData):
    """Hundesteuerbescheid (§§ 119, 121, 157 AO): assessed tax, computation, due dates, reasons, remedy."""

    schema_urn = "urn:portal:document:dog-tax-assessment:1"
    print_only = frozenset({"title", "remedy", "unsigned_note", "payment_note"})

    title: Line
    recipient: Person
    tax_year: Annotated[int, Field(ge=2000, le=2100)]
    kassenzeichen: Annotated[Line, StringConstraints(max_length=35)]
    dogs: list[TaxedDog] = Field(min_length=1, max_length=20)
    total_cents: Cents
    instalments: list[Instalment] = Field(min_length=1, max_length=5)
    payment_note: Paragraph | None = None
    reasons: list[Paragraph] = Field(min_length=1)
    legal_basis: Line
    remedy: Remedy
    unsigned_note: Paragraph

    @model_validator(mode="after")
    def _sums_agree(self) -> "DogTaxAssessment":
        if sum(dog.amount_cents for dog in self.dogs) != self.total_cents:
            raise ValueError("the dogs' amounts do not add up to total_cents")
        if sum(part.amount_cents for part in self.instalments) != self.total_cents:
            raise ValueError("the instalments do not add up to total_cents")
        return self


class RejectionNotice(DocumentData):
    """Ablehnungsbescheid: what is refused, why, on what basis, and what can be done about it."""

    schema_urn = "urn:portal:document:rejection-notice:1"
    print_only = frozenset({"remedy", "unsigned_note", "next_steps"})

    recipient: Person
    service_title: Line
    applied_on: date
    decision: Paragraph
    reasons: list[Paragraph] = Field(min_length=1)
    legal_basis: Line
    next_steps: list[Paragraph] = Field(default_factory=list, max_length=6)
    remedy: Remedy
    unsigned_note: Paragraph


class ReceiptItem(Shape):
    """What was paid for."""

    text: Line
    amount_cents: Cents


class ReceiptMovement(Shape):
    """Money that came or went back on a day, and in which way."""

    day: date
    method: Line
    amount_cents: Cents


class Receipt(DocumentData):
    """Zahlungsbestätigung for a claim: what came, what went back since, what stays and what is still to pay.

    `pending_cents` of what stays are to go back, or are looked at.
    """

    schema_urn = "urn:portal:document:receipt:2"

    recipient: Person
    kassenzeichen: Annotated[Line, StringConstraints(max_length=35)]
    items: list[ReceiptItem] = Field(min_length=1, max_length=20)
    total_cents: Cents
    payments: list[ReceiptMovement] = Field(min_length=1, max_length=50)
    refunds: list[ReceiptMovement] = Field(default_factory=list, max_length=50)
    kept_cents: Cents
    pending_cents: Cents = 0
    open_cents: Cents = 0
    paid_on: date
    method: Line
    reference: Line | None = None
    note: Paragraph | None = None

    @model_validator(mode="after")
    def _sums_agree(self) -> "Receipt":
        if sum(item.amount_cents for item in self.items) != self.total_cents:
            raise ValueError("the items do not add up to total_cents")
        came, went = (sum(one.amount_cents for one in side) for side in (self.payments, self.refunds))
        if came - went != self.kept_cents:
            raise ValueError("what came less what went back is not kept_cents")
        return self


KINDS: dict[DocumentKind, type[DocumentData]] = {
    "resident_parking_permit": ResidentParkingPermit,
    "dog_tax_assessment": DogTaxAssessment,
    "rejection_notice": RejectionNotice,
    "receipt": Receipt,
}


def machine_readable(kind: DocumentKind, data: DocumentData, branding: Branding) -> dict[str, Any]:
    """The JSON attached to the PDF: schema urn, kind, issuer and the data but what only the print needs."""
    fields = data.model_dump(mode="json", exclude=set(data.print_only), exclude_none=True)
    return {"schema": data.schema_urn, "kind": kind, "issuer": branding.name, "currency": "EUR", **fields}
