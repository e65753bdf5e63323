"""Answers from the read models."""

from typing import Any
from uuid import UUID

import asyncpg

from services.payments.domain.claim import Claim

_OF_CASE = "SELECT claim_id FROM claim WHERE case_id = $1 ORDER BY requested_at"
_BALANCE = """
SELECT account, sum(cents)::bigint AS cents, count(*) AS lines
FROM ledger_line GROUP BY account ORDER BY account
"""
_ACCOUNT = """
SELECT claim_id, version, cents, event, booked_at FROM ledger_line
WHERE account = $1 ORDER BY booked_at, claim_id, version LIMIT $2
"""
_TASKS = """
SELECT claim_id, version, kind, amount_cents, currency, since, settled_at, how FROM money_task
WHERE settled_at IS {} NULL AND ($1::uuid IS NULL OR (since, claim_id, version) >
  (SELECT since, claim_id, version FROM money_task WHERE claim_id = $1 AND version = $2))
ORDER BY since, claim_id, version LIMIT $3
"""
_TASK = """
SELECT claim_id, version, kind, amount_cents, currency, since, settled_at, how FROM money_task
WHERE claim_id = $1 AND version = $2
"""
_OPEN_TASKS, _DONE_TASKS = _TASKS.format(""), _TASKS.format("NOT")


async def claims_of_case(pool: asyncpg.Pool, case_id: UUID) -> list[UUID]:
    return [row["claim_id"] for row in await pool.fetch(_OF_CASE, case_id)]


async def trial_balance(pool: asyncpg.Pool) -> dict[str, Any]:
    """Each account's balance in cents; their sum is zero."""
    accounts = [dict(row) for row in await pool.fetch(_BALANCE)]
    return {"accounts": accounts, "sum_cents": sum(account["cents"] for account in accounts)}


async def ledger_account(pool: asyncpg.Pool, account: str, limit: int) -> list[dict[str, Any]]:
    return [dict(row) for row in await pool.fetch(_ACCOUNT, account, limit)]


async def money_tasks(
    pool: asyncpg.Pool, *, done: bool, after: tuple[UUID, int] | None, limit: int
) -> dict[str, Any]:
    """The oldest first, from behind the task `after`; `next` names the last one where there are more."""
    claim_id, version = after or (None, None)
    statement = _DONE_TASKS if done else _OPEN_TASKS
    rows = await pool.fetch(statement, claim_id, version, limit + 1)
    tasks = [dict(row) for row in rows[:limit]]
    last = f"{tasks[-1]['claim_id']}:{tasks[-1]['version']}" if len(rows) > limit else None
    return {"tasks": tasks, "next": last}


async def money_task(pool: asyncpg.Pool, claim_id: UUID, version: int) -> dict[str, Any] | None:
    row = await pool.fetchrow(_TASK, claim_id, version)
    return dict(row) if row else None


def claim_answer(claim: Claim) -> dict[str, Any]:
    """A claim as the API gives it; amounts in cents."""
    return {
        "claim_id": claim.id,
        "case_id": claim.case_id,
        "case_number": claim.case_number,
        "account_id": claim.account_id,
        "kassenzeichen": claim.kassenzeichen,
        "amount_cents": claim.amount_cents,
        "currency": claim.currency,
        "state": citizen_state(claim),
        "pay_by": claim.pay_by,
        "requested_at": claim.created_on,
        "settled_at": claim.settled_at,
        "attempts": [
            {"attempt_id": a.attempt_id, "method": a.method, "state": a.state}
            for a in claim.attempts.values()
        ],
    }


def citizen_state(claim: Claim) -> str:
    """The true state: `being_checked` while a word is still to come, never `failed` while it is open."""
    if claim.condition == "open" and any(a.state == "unclear" for a in claim.attempts.values()):
        return "being_checked"
    return claim.condition


def receipt_answer(claim: Claim) -> dict[str, Any]:
    """What was paid, when, by which method; only for a settled claim."""
    assert claim.settled_by is not None
    return {
        "claim_id": claim.id,
        "case_id": claim.case_id,
        "case_number": claim.case_number,
        "kassenzeichen": claim.kassenzeichen,
        "amount_cents": claim.amount_cents,
        "currency": claim.currency,
        "method": claim.attempts[claim.settled_by].method,
        "settled_at": claim.settled_at,
    }
