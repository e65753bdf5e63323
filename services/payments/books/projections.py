"""Read models of what went to the cash office and of what providers told."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Final

from services.payments.books import movements
from services.payments.domain.booking_batch import BatchClosed
from services.payments.domain.provider_account import ProviderStatementTaken
from shared.log import Meta, Sealer
from shared.log.projection import Patch

PROJECTIONS = movements.PROJECTIONS
BATCHES: Final = PROJECTIONS.table(
    "booking_batch", ("number",),
    ("batch_id", "entries", "lines", "sums", "from_at", "to_at", "csv_sha256", "xml_sha256", "encoding",
     "closed_at"),
)  # fmt: skip
ROWS: Final = PROJECTIONS.table(
    "provider_row", ("provider", "kind", "reference"), ("day", "amount_cents", "fee_cents", "booked_cents")
)
ACCOUNTS: Final = PROJECTIONS.table("provider_account", ("provider",), ("currency", "told_until"))


@PROJECTIONS.on(BatchClosed)
def batch_is_closed(event: BatchClosed, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield BATCHES, (event.number,), {
        "batch_id": event.originator_id, "entries": event.entries, "lines": event.lines,
        "sums": json.dumps([asdict(one) for one in event.sums]), "from_at": event.from_at,
        "to_at": event.to_at, "csv_sha256": event.csv_sha256, "xml_sha256": event.xml_sha256,
        "encoding": event.encoding, "closed_at": event.timestamp,
    }  # fmt: skip


@PROJECTIONS.on(ProviderStatementTaken)
def statement_is_taken(event: ProviderStatementTaken, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield ACCOUNTS, (event.provider,), {"currency": event.currency, "told_until": event.told_until}
    booked: Sequence[int | None] = event.booked or [None] * len(event.rows)
    for row, cents in zip(event.rows, booked, strict=True):
        yield ROWS, (event.provider, row.kind, row.reference), {
            "day": row.day, "amount_cents": row.amount_cents, "fee_cents": row.fee_cents,
            "booked_cents": cents,
        }  # fmt: skip
