"""Answers from the read models."""

from datetime import date
from typing import Any, Final
from uuid import UUID

import asyncpg

from services.documents.domain.document import PERMIT
from services.documents.tokens import PermitStatus

MOST_ROWS: Final = 200

_IS_ISSUED = "SELECT EXISTS (SELECT FROM document WHERE document_id = $1)"
_ONE = "SELECT * FROM document WHERE document_id = $1"
_BY_NUMBER = "SELECT * FROM document WHERE number = $1"
_LISTED = """
SELECT * FROM document
WHERE ($1::uuid IS NULL OR case_id = $1) AND ($2::uuid IS NULL OR account_id = $2)
ORDER BY issued_at DESC LIMIT $3
"""
_NOT_IN_FORCE = """
SELECT number, condition FROM document
WHERE condition <> 'issued' AND kind = $1 AND valid_until >= $2
"""
_FILES = "SELECT document_id, store_key FROM document WHERE account_id = $1"
_ACCESSES_OF_ACCOUNT = """
SELECT a.reader, a.purpose, a.read_at AS at, d.case_id, d.document_id, d.kind, d.number
FROM document d JOIN document_access a USING (document_id)
WHERE d.account_id = $1 ORDER BY a.read_at DESC, a.access_id DESC LIMIT $2
"""
_ACCESSES = """
SELECT reader, purpose, read_at FROM document_access WHERE document_id = $1 ORDER BY read_at LIMIT $2
"""


async def is_issued(pool: asyncpg.Pool, document_id: UUID) -> bool:
    return bool(await pool.fetchval(_IS_ISSUED, document_id))


async def document_of(pool: asyncpg.Pool, document_id: UUID) -> asyncpg.Record | None:
    return await pool.fetchrow(_ONE, document_id)


async def document_by_number(pool: asyncpg.Pool, number: str) -> asyncpg.Record | None:
    return await pool.fetchrow(_BY_NUMBER, number)


async def documents_of(
    pool: asyncpg.Pool, case_id: UUID | None, account_id: UUID | None
) -> list[asyncpg.Record]:
    """The newest first; None: of any case, of any account."""
    return list(await pool.fetch(_LISTED, case_id, account_id, MOST_ROWS))


async def files_of(pool: asyncpg.Pool, account_id: UUID) -> dict[UUID, str]:
    """Where every document of an account rests, by its id."""
    return {row["document_id"]: row["store_key"] for row in await pool.fetch(_FILES, account_id)}


async def accesses_of(pool: asyncpg.Pool, document_id: UUID) -> list[dict[str, Any]]:
    """Who of the town hall opened a document, for what and when."""
    return [dict(row) for row in await pool.fetch(_ACCESSES, document_id, MOST_ROWS)]


async def accesses_of_account(pool: asyncpg.Pool, account_id: UUID) -> list[dict[str, Any]]:
    """Who of the town hall opened which of an account's documents; the newest first."""
    return [dict(row) for row in await pool.fetch(_ACCESSES_OF_ACCOUNT, account_id, MOST_ROWS)]


async def permits_not_in_force(pool: asyncpg.Pool, today: date) -> dict[str, list[str]]:
    """Numbers of permits that no longer count although their last day has not passed, by condition."""
    found: dict[str, list[str]] = {"revoked": [], "superseded": [], "suspended": []}
    for row in await pool.fetch(_NOT_IN_FORCE, PERMIT, today):
        found[row["condition"]].append(row["number"])
    return found


def status_of(row: asyncpg.Record, today: date) -> PermitStatus:
    """What holds on the day `today`; what became of it outweighs the dates."""
    if row["condition"] != "issued":
        return PermitStatus(row["condition"])
    if row["valid_until"] is not None and today > row["valid_until"]:
        return PermitStatus.EXPIRED
    if row["valid_from"] is not None and today < row["valid_from"]:
        return PermitStatus.NOT_YET_VALID
    return PermitStatus.VALID


def shown(row: asyncpg.Record, today: date) -> dict[str, Any]:
    """A document as the API gives it; `size` in bytes."""
    names = ("document_id", "case_id", "kind", "number", "valid_from", "valid_until", "zone", "issued_at",
             "sha256", "size", "superseded_by", "suspended_at", "suspension_reason", "revoked_at",
             "revocation_reason")  # fmt: skip
    return {**{name: row[name] for name in names}, "status": status_of(row, today)}
