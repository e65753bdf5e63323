"""A document: issued once, never changed; what it proves ends by its own date, a successor or a revocation,
and rests while it is suspended.

At most one document of a kind per case and edition: its id is derived from these, so a repeated order finds
it. A later edition supersedes the one before. Expiry is a date, not an event. Revoked outweighs superseded.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from services.documents.domain.events import (
    DocumentIssued,
    DocumentReinstated,
    DocumentRevoked,
    DocumentSuperseded,
    DocumentSuspended,
)
from shared.domain import Aggregate
from shared.ids import derived_id

PERMIT: Final = "resident_parking_permit"
ASSESSMENT: Final = "dog_tax_assessment"
REJECTION: Final = "rejection_notice"
RECEIPT: Final = "receipt"
GRANTED: Final = (PERMIT, ASSESSMENT)
"""Kinds that an approval calls for, and that end with it."""
ENTRY_VOIDED: Final = "entry_voided"
"""Why a receipt counts no longer: the cash that it confirms was never taken."""


class DocumentRefused(Exception):
    """A command that the document does not allow; `slug` says which rule."""

    slug = "refused"


class PermitIncomplete(DocumentRefused):
    """A permit names vehicle, zone and period, and can be checked."""

    slug = "permit_incomplete"


class PeriodImpossible(DocumentRefused):
    """The last day lies before the first."""

    slug = "period_impossible"


class NotInForce(DocumentRefused):
    """The document was suspended, superseded or revoked before."""

    slug = "document_not_in_force"


class NotSuspended(DocumentRefused):
    """There is no suspension to lift."""

    slug = "document_not_suspended"


class NotRevocable(DocumentRefused):
    """A receipt states what happened: that cannot be taken back, unless it did not happen."""

    slug = "document_not_revocable"


class OwnSuccessor(DocumentRefused):
    """No document takes its own place."""

    slug = "own_successor"


@dataclass(frozen=True, slots=True)
class Content:
    """What the document says that must be known without opening it; both days included."""

    number: str
    valid_from: date | None = None
    valid_until: date | None = None
    zone: str | None = None
    plate: str | None = None
    token_digest: str | None = None


@dataclass(frozen=True, slots=True)
class StoredFile:
    """The sealed PDF: where it rests, its SHA-256 in hexadecimal, its size in bytes."""

    store_key: str
    sha256: str
    size: int


def document_id(case_id: UUID, kind: str, edition: int | str | None = None) -> UUID:
    """The id of a case's document of a kind; `edition` is the case's version behind a later one, or
    `receipt_edition`."""
    return derived_id("document", case_id, kind, *(() if edition is None else (edition,)))


def receipt_edition(claim_id: UUID, version: int) -> str:
    """Of a receipt beside a case's first one: which claim, as of which version of it."""
    return f"{claim_id}@{version}"


class Document(Aggregate):
    """Conditions: issued, suspended, superseded, revoked."""

    BEGINS = (DocumentIssued,)

    case_id: UUID
    account_id: UUID
    kind: str
    number: str
    condition: str
    superseded_by: UUID | None
    revocation_reason: str | None

    def begin_with(self, event: DocumentIssued) -> None:
        """Assigns the state of a new document."""
        self.case_id, self.account_id = event.case_id, event.account_id
        self.kind, self.number = event.kind, event.number
        self.condition, self.superseded_by, self.revocation_reason = "issued", None, None

    @classmethod
    def issue(
        cls,
        *,
        now: datetime,
        case_id: UUID,
        account_id: UUID,
        kind: str,
        content: Content,
        file: StoredFile,
        edition: int | str | None = None,
    ) -> "Document":
        """A new document. Raises PermitIncomplete, PeriodImpossible."""
        wanted = (content.valid_from, content.valid_until, content.zone, content.plate, content.token_digest)
        if kind == PERMIT and not all(wanted):
            raise PermitIncomplete(content.number)
        if content.valid_from and content.valid_until and content.valid_until < content.valid_from:
            raise PeriodImpossible(content.number)
        return cls.begin(
            DocumentIssued, id=document_id(case_id, kind, edition), now=now, case_id=case_id,
            account_id=account_id, kind=kind, number=content.number,
            valid_from=content.valid_from, valid_until=content.valid_until,
            zone=content.zone, plate=content.plate, sha256=file.sha256, size=file.size,
            store_key=file.store_key, token_digest=content.token_digest,
        )  # fmt: skip

    def supersede(self, by: UUID, *, now: datetime) -> None:
        """Another document takes this one's place. Raises NotInForce, OwnSuccessor."""
        if self.condition != "issued":
            raise NotInForce(f"the document is {self.condition}")
        if by == self.id:
            raise OwnSuccessor(self.number)
        self.emit(DocumentSuperseded, now=now, case_id=self.case_id, account_id=self.account_id, by=by)

    def suspend(self, reason: str, *, now: datetime) -> None:
        """It does not count until it is reinstated. Raises NotInForce, NotRevocable."""
        if self.kind == RECEIPT:
            raise NotRevocable(self.number)
        if self.condition != "issued":
            raise NotInForce(f"the document is {self.condition}")
        self.emit(DocumentSuspended, now=now, case_id=self.case_id, account_id=self.account_id, reason=reason)

    def reinstate(self, *, now: datetime) -> None:
        """It counts again. Raises NotSuspended."""
        if self.condition != "suspended":
            raise NotSuspended(f"the document is {self.condition}")
        self.emit(DocumentReinstated, now=now, case_id=self.case_id, account_id=self.account_id)

    def revoke(self, reason: str, *, now: datetime) -> None:
        """The city takes it back, even when superseded or suspended. Raises NotInForce, NotRevocable."""
        if self.kind == RECEIPT and reason != ENTRY_VOIDED:
            raise NotRevocable(self.number)
        if self.condition == "revoked":
            raise NotInForce("the document is revoked")
        self.emit(DocumentRevoked, now=now, case_id=self.case_id, account_id=self.account_id, reason=reason)
