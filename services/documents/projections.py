"""Read models: documents, and who of the town hall opened one."""

from collections.abc import Iterable
from datetime import timedelta

from services.documents.domain.events import (
    DocumentIssued,
    DocumentReinstated,
    DocumentRevoked,
    DocumentSuperseded,
    DocumentSuspended,
)
from shared.log import Meta, Projections, Retention, Sealer
from shared.log.append import Table
from shared.log.projection import Patch

PROJECTIONS = Projections()
DOCUMENTS = PROJECTIONS.table(
    "document", ("document_id",),
    ("case_id", "account_id", "kind", "number", "valid_from", "valid_until", "zone", "condition", "issued_at",
     "sha256", "size", "store_key", "token_digest", "superseded_by", "suspended_at",
     "suspension_reason", "revoked_at", "revocation_reason"),
)  # fmt: skip
ACCESSES = Table(
    "document_access", ("access_id",), ("document_id", "reader", "purpose", "read_at"), write_once=True
)
"""Not of the read models: no event stands for its rows, so a rebuild must not begin it anew."""
ACCESSES_KEPT = Retention("document_access", "read_at < $1", timedelta(days=731))
"""Two years, as its trigger demands: to the end of the year after at least, as § 76 (4) BDSG has it."""
COPIED = ("case_id", "account_id", "kind", "number", "valid_from", "valid_until", "zone", "sha256", "size",
          "store_key", "token_digest")  # fmt: skip


@PROJECTIONS.on(DocumentIssued)
def document_is_issued(event: DocumentIssued, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    values = {name: getattr(event, name) for name in COPIED}
    yield DOCUMENTS, (str(event.originator_id),), {
        **values, "condition": "issued", "issued_at": event.timestamp,
    }  # fmt: skip


@PROJECTIONS.on(DocumentSuperseded)
def document_is_superseded(event: DocumentSuperseded, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield DOCUMENTS, (str(event.originator_id),), {"condition": "superseded", "superseded_by": event.by}


@PROJECTIONS.on(DocumentSuspended)
def document_is_suspended(event: DocumentSuspended, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield DOCUMENTS, (str(event.originator_id),), {
        "condition": "suspended", "suspension_reason": event.reason, "suspended_at": event.timestamp,
    }  # fmt: skip


@PROJECTIONS.on(DocumentReinstated)
def document_is_reinstated(event: DocumentReinstated, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield DOCUMENTS, (str(event.originator_id),), {
        "condition": "issued", "suspension_reason": None, "suspended_at": None,
    }  # fmt: skip


@PROJECTIONS.on(DocumentRevoked)
def document_is_revoked(event: DocumentRevoked, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield DOCUMENTS, (str(event.originator_id),), {
        "condition": "revoked", "revocation_reason": event.reason, "revoked_at": event.timestamp,
    }  # fmt: skip
