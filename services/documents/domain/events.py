"""What happens to a document. The first line of each docstring is its business meaning."""

from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from shared.domain import Created, Event, Personal, stored

if TYPE_CHECKING:
    from services.documents.domain.document import Document


@stored("documents.document_issued")
class DocumentIssued(Created):
    """The city issued a document: rendered, sealed and stored; from now on it counts.

    `sha256` and `size` (bytes) are of the sealed PDF, `token_digest` is SHA-256 over the permit token.
    """

    case_id: UUID
    account_id: UUID
    kind: str
    number: str
    valid_from: date | None
    valid_until: date | None
    zone: str | None
    plate: Personal[str | None]
    sha256: str
    size: int
    store_key: str
    token_digest: str | None

    def apply(self, aggregate: "Document") -> None:
        aggregate.begin_with(self)


@stored("documents.document_superseded")
class DocumentSuperseded(Event):
    """Another document took this one's place."""

    case_id: UUID
    account_id: UUID
    by: UUID

    def apply(self, aggregate: "Document") -> None:
        aggregate.condition, aggregate.superseded_by = "superseded", self.by


@stored("documents.document_suspended")
class DocumentSuspended(Event):
    """The document does not count for now; it may count again."""

    case_id: UUID
    account_id: UUID
    reason: str

    def apply(self, aggregate: "Document") -> None:
        aggregate.condition = "suspended"


@stored("documents.document_reinstated")
class DocumentReinstated(Event):
    """A suspended document counts again."""

    case_id: UUID
    account_id: UUID

    def apply(self, aggregate: "Document") -> None:
        aggregate.condition = "issued"


@stored("documents.document_revoked")
class DocumentRevoked(Event):
    """The city took a document back; it no longer counts."""

    case_id: UUID
    account_id: UUID
    reason: str

    def apply(self, aggregate: "Document") -> None:
        aggregate.condition, aggregate.revocation_reason = "revoked", self.reason
