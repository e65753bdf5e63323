"""The public events of documents: ids, kinds, numbers, days. No personal data."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel

from services.documents.domain import events
from shared.bus.published import Published

_DOCUMENT = UUID("01936b7a-4a00-5c3e-9d5e-2f6f5a1b0d01")
_CASE = UUID("01936b7a-4a00-7c3e-9d5e-2f6f5a1b0c10")
_ACCOUNT = UUID("01936b7a-4a00-7c3e-9d5e-2f6f5a1b0c11")


class DocumentIssued(BaseModel):
    """The city issued a document; it can be downloaded. `sha256` is of the sealed PDF."""

    document_id: UUID
    case_id: UUID
    account_id: UUID
    kind: str
    number: str
    valid_from: date | None
    valid_until: date | None
    sha256: str


class DocumentSuperseded(BaseModel):
    """Another document took this one's place."""

    document_id: UUID
    case_id: UUID
    by: UUID


class DocumentSuspended(BaseModel):
    """A document does not count for now, and may count again."""

    document_id: UUID
    case_id: UUID
    account_id: UUID
    reason: str


class DocumentReinstated(BaseModel):
    """A suspended document counts again."""

    document_id: UUID
    case_id: UUID
    account_id: UUID


class DocumentRevoked(BaseModel):
    """The city took a document back; it no longer counts."""

    document_id: UUID
    case_id: UUID
    account_id: UUID
    reason: str


PUBLISHED = Published("documents")
PUBLISHED.add(
    events.DocumentIssued,
    DocumentIssued(
        document_id=_DOCUMENT,
        case_id=_CASE,
        account_id=_ACCOUNT,
        kind="resident_parking_permit",
        number="BPA-26-004711",
        valid_from=date(2026, 12, 1),
        valid_until=date(2027, 11, 30),
        sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ),
)
PUBLISHED.add(
    events.DocumentSuperseded,
    DocumentSuperseded(document_id=_DOCUMENT, case_id=_CASE, by=UUID("01936b7a-4a00-5c3e-9d5e-2f6f5a1b0d02")),
)
PUBLISHED.add(
    events.DocumentRevoked,
    DocumentRevoked(document_id=_DOCUMENT, case_id=_CASE, account_id=_ACCOUNT, reason="moved_away"),
)
PUBLISHED.add(
    events.DocumentSuspended,
    DocumentSuspended(document_id=_DOCUMENT, case_id=_CASE, account_id=_ACCOUNT, reason="unpaid"),
)
PUBLISHED.add(
    events.DocumentReinstated,
    DocumentReinstated(document_id=_DOCUMENT, case_id=_CASE, account_id=_ACCOUNT),
)
