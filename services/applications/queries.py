"""Answers from the read models, and single cases from their streams."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from services.applications.domain.case import Case
from services.applications.domain.processing_time import EndedCase, Turn
from services.applications.projections import DRAFTS
from shared.keys import KeyRing
from shared.log import Recorded, StreamNotFound, Streams, row_aad
from shared.log.reading import LATEST

MOST_ROWS: Final = 200
RECENT: Final = timedelta(days=180)
RECENT_CASES: Final = 200

_MINE = "SELECT * FROM case_overview WHERE account_id = $1 ORDER BY submitted_at DESC LIMIT $2"
_WORKLIST = """
SELECT * FROM case_overview
WHERE condition = $1 AND ($2::text IS NULL OR service = $2)
ORDER BY referred_at, case_number LIMIT $3
"""
_ENDED = """
SELECT c.ended_at, c.decided_by IS NOT DISTINCT FROM 'rule' AS by_rule, t.begun, t.citizens
FROM (SELECT case_id, submitted_at, ended_at, decided_by FROM case_overview
  WHERE service = $1 AND ended_at >= $2 ORDER BY ended_at DESC LIMIT $3) c,
  LATERAL (SELECT array_agg(begun_at ORDER BY version) AS begun,
      array_agg(citizens ORDER BY version) AS citizens
    FROM case_turn t WHERE t.case_id = c.case_id) t
WHERE t.begun[1] = c.submitted_at
"""
_CASES_OF_ACCOUNT = "SELECT case_id FROM case_overview WHERE account_id = $1 ORDER BY case_id"
_DRAFTS_OF_ACCOUNT = "SELECT draft_id FROM draft WHERE account_id = $1"
_AGAINST_ERASURE = """
SELECT case_id, case_number,
  CASE condition WHEN 'approved' THEN 'document_pending' ELSE 'fee_open' END AS reason
FROM case_overview WHERE account_id = $1
  AND (condition = 'approved'
       OR condition IN ('completed', 'suspended') AND fee_due <> 'none' AND fee_cents > 0 AND NOT settled)
ORDER BY case_number
"""
_ENDED_GRANTS = """
SELECT case_id, case_number FROM case_overview
WHERE account_id = $1 AND condition = 'revoked' AND fee_due <> 'none' AND fee_cents > 0 ORDER BY case_number
"""
_DRAFTS = "SELECT * FROM draft WHERE account_id = $1 ORDER BY changed_at DESC LIMIT $2"
_DRAFT = "SELECT * FROM draft WHERE account_id = $1 AND draft_id = $2"
_ACCESSES = "SELECT reader, purpose, read_at FROM case_access WHERE case_id = $1 ORDER BY read_at LIMIT $2"
_ACCESSES_OF_ACCOUNT = """
SELECT a.reader, a.purpose, a.read_at AS at, a.case_id, o.case_number
FROM case_access a JOIN case_overview o USING (case_id)
WHERE a.account_id = $1 ORDER BY a.read_at DESC, a.access_id DESC LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """A form not yet sent."""

    draft_id: UUID
    service: str
    service_version: int
    answers: dict[str, Any]
    created_at: datetime
    changed_at: datetime


async def case_as_of(reader: Streams, case_id: UUID, version: int = LATEST) -> tuple[Case, list[Recorded]]:
    """A case and its history up to a version. Raises StreamNotFound."""
    history = await reader.stream(case_id, until=version)
    case: Any = None
    for recorded in history:
        case = recorded.event.mutate(case)
    if not isinstance(case, Case):
        raise StreamNotFound(f"no case {case_id}")
    return case, history


async def cases_of(pool: asyncpg.Pool, account_id: UUID) -> list[asyncpg.Record]:
    return list(await pool.fetch(_MINE, account_id, MOST_ROWS))


async def case_ids_of(pool: asyncpg.Pool, account_id: UUID) -> list[UUID]:
    """Every case of an account."""
    return [row["case_id"] for row in await pool.fetch(_CASES_OF_ACCOUNT, account_id)]


async def draft_ids_of(pool: asyncpg.Pool, account_id: UUID) -> list[UUID]:
    """Every draft of an account."""
    return [row["draft_id"] for row in await pool.fetch(_DRAFTS_OF_ACCOUNT, account_id)]


async def hindrances_of(pool: asyncpg.Pool, account_id: UUID) -> list[dict[str, Any]]:
    """Cases that must come to an end before their citizen can be forgotten: a document that is being made, a
    decided fee that is not paid."""
    return [dict(row) for row in await pool.fetch(_AGAINST_ERASURE, account_id)]


async def ended_grants_of(pool: asyncpg.Pool, account_id: UUID) -> list[dict[str, Any]]:
    """Cases of which what was granted has ended; payments alone knows whether something is owed for it."""
    return [dict(row) for row in await pool.fetch(_ENDED_GRANTS, account_id)]


async def worklist(pool: asyncpg.Pool, condition: str, service: str | None) -> list[asyncpg.Record]:
    """Cases in a condition, those waiting longest first."""
    return list(await pool.fetch(_WORKLIST, condition, service, MOST_ROWS))


async def ended_cases(pool: asyncpg.Pool, service: str, now: datetime) -> list[EndedCase]:
    """The latest cases of a service that came to a document or a rejection; whole ones alone, where a rebuild
    of the read models is still due."""
    rows = await pool.fetch(_ENDED, service, now - RECENT, RECENT_CASES)
    return [
        EndedCase(tuple(map(Turn, row["begun"], row["citizens"])), row["ended_at"], row["by_rule"])
        for row in rows
    ]


async def accesses_of(pool: asyncpg.Pool, case_id: UUID) -> list[dict[str, Any]]:
    """Who read a case, for what and when."""
    return [dict(row) for row in await pool.fetch(_ACCESSES, case_id, MOST_ROWS)]


async def accesses_of_account(pool: asyncpg.Pool, account_id: UUID) -> list[dict[str, Any]]:
    """Who read which of an account's cases, for what and when; the newest first."""
    return [dict(row) for row in await pool.fetch(_ACCESSES_OF_ACCOUNT, account_id, MOST_ROWS)]


async def drafts_of(pool: asyncpg.Pool, keys: KeyRing, account_id: UUID) -> list[Draft]:
    rows = await pool.fetch(_DRAFTS, account_id, MOST_ROWS)
    return [draft for row in rows if (draft := await _opened(row, keys)) is not None]


async def draft_of(pool: asyncpg.Pool, keys: KeyRing, account_id: UUID, draft_id: UUID) -> Draft | None:
    """The draft, or None where this account has no such draft or its key is gone."""
    row = await pool.fetchrow(_DRAFT, account_id, draft_id)
    return await _opened(row, keys) if row else None


async def _opened(row: asyncpg.Record, keys: KeyRing) -> Draft | None:
    key = await keys.find(row["account_id"])
    if key is None:
        return None
    plain = key.open(row["sealed"], draft_aad(row["draft_id"]))
    return Draft(
        row["draft_id"],
        row["service"],
        row["service_version"],
        json.loads(plain),
        row["created_at"],
        row["changed_at"],
    )


def draft_aad(draft_id: UUID) -> bytes:
    """The place that a draft's content is sealed to."""
    return row_aad(DRAFTS, (str(draft_id),), "sealed")
