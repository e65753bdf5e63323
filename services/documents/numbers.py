"""Official numbers of documents: given before rendering, kept over retries, so that gaps are explained."""

from typing import Final
from uuid import UUID

import asyncpg

from services.documents.domain.document import ASSESSMENT, PERMIT, RECEIPT, REJECTION
from shared.log.numbers import next_number

SERIES: Final = {
    PERMIT: "permit",
    ASSESSMENT: "assessment",
    REJECTION: "rejection",
    RECEIPT: "receipt",
}
"""Kind → name of the number range: services of one layout share it, and begin with letters of their own."""
GENERAL: Final = {REJECTION: "ABL", RECEIPT: "ZB"}
"""Kind → letters before the number, for documents that every service has."""

_KEPT = "SELECT number FROM document_number WHERE document_id = $1"
_KEEP = """
INSERT INTO document_number (document_id, number) VALUES ($1, $2) ON CONFLICT (document_id) DO NOTHING
RETURNING number
"""


async def number_for(pool: asyncpg.Pool, document_id: UUID, kind: str, prefix: str, year: int) -> str:
    """The document's number, such as `BPA-26-004711`: the kept one, else the next of the year's range.

    `prefix` is the service's, for what only it issues.
    """
    kept: str | None = await pool.fetchval(_KEPT, document_id)
    if kept is not None:
        return kept
    letters, series = GENERAL.get(kind, prefix), SERIES[kind]
    running = await next_number(pool, f"{series}-{year}", f"document {document_id}")
    number = f"{letters}-{year % 100:02}-{running:06}"
    given: str | None = await pool.fetchval(_KEEP, document_id, number)
    return given or str(await pool.fetchval(_KEPT, document_id))
