"""Answers from the read models."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.payments.bank.debiting import METHOD as DEBIT
from services.payments.bank.paying import awaited
from services.payments.domain.claim import Claim
from services.payments.domain.money import BANK, Payment
from services.payments.domain.money_tasks import MoneyTask, Settled
from services.payments.domain.transitions import DECIDED_ELSEWHERE

_OF_CASE = "SELECT claim_id FROM claim WHERE case_id = $1 ORDER BY requested_at, instalment"
_OWED_FOR = "SELECT DISTINCT case_id FROM claim WHERE account_id = $1 AND state = 'open' ORDER BY case_id"
_BALANCE = """
SELECT account, currency, sum(cents)::bigint AS cents, count(*) AS lines
FROM ledger_line GROUP BY account, currency ORDER BY account, currency
"""
_ACCOUNT = """
SELECT claim_id, version, line, cents, currency, event, booked_at FROM ledger_line
WHERE account = $1 AND ($2::uuid IS NULL OR (booked_at, claim_id, version, line) >
  (SELECT booked_at, claim_id, version, line FROM ledger_line
   WHERE claim_id = $2 AND version = $3 AND line = $4))
ORDER BY booked_at, claim_id, version, line LIMIT $5
"""
_TASKS = """
SELECT claim_id, version, kind, amount_cents, currency, since, settled_at, how, proposed_how,
  proposed_voucher, proposed_by, proposed_at FROM money_task
WHERE {} AND ($1::uuid IS NULL OR (since, claim_id, version) >
  (SELECT since, claim_id, version FROM money_task WHERE claim_id = $1 AND version = $2))
ORDER BY since, claim_id, version LIMIT $3
"""
_TASK = """
SELECT claim_id, version, kind, amount_cents, currency, since, settled_at, how, proposed_how,
  proposed_voucher, proposed_by, proposed_at FROM money_task
WHERE claim_id = $1 AND version = $2
"""
_REFUNDS = """
SELECT refund_id, claim_id, payment_id, amount_cents, currency, reason, via, state, requested_by,
  requested_at, decided_by, changed_at FROM refund
WHERE {} ORDER BY requested_at, refund_id LIMIT {}
"""
_AFTER = "(requested_at, refund_id) > (SELECT requested_at, refund_id FROM refund WHERE refund_id = $2)"
_REFUNDS_IN = _REFUNDS.format(f"state = $1 AND ($2::uuid IS NULL OR {_AFTER})", "$3")
_REFUNDS_OF = _REFUNDS.format("claim_id = $1", "ALL")
_OPEN_TASKS, _DONE_TASKS = (
    _TASKS.format("settled_at IS NULL AND NOT under_way"),
    _TASKS.format("settled_at IS NOT NULL"),
)


_DEBITS = """
SELECT due, amount_cents, reference, state, code, concern FROM debit WHERE claim_id = $1
ORDER BY debit.due DESC, presentation DESC, reference DESC LIMIT 1
"""
_GIVEN_BACK = """
SELECT version, kind, amount_cents, currency, since, settled_at, how FROM money_task WHERE claim_id = $1
ORDER BY since, version
"""


async def claims_of_case(pool: asyncpg.Pool, case_id: UUID) -> list[UUID]:
    return [row["claim_id"] for row in await pool.fetch(_OF_CASE, case_id)]


async def cases_owed_for(pool: asyncpg.Pool, account_id: UUID) -> list[UUID]:
    """The cases of an account of which a claim is open."""
    return [row["case_id"] for row in await pool.fetch(_OWED_FOR, account_id)]


async def trial_balance(pool: asyncpg.Pool) -> dict[str, Any]:
    """Each account's balance in cents; their sum is zero."""
    accounts = [dict(row) for row in await pool.fetch(_BALANCE)]
    return {"accounts": accounts, "sum_cents": sum(account["cents"] for account in accounts)}


async def ledger_account(
    pool: asyncpg.Pool, account: str, *, after: tuple[UUID, int, int] | None, limit: int
) -> dict[str, Any]:
    """The oldest lines first, from behind the line `after`; `next` names the last where there are more."""
    rows = await pool.fetch(_ACCOUNT, account, *(after or (None, None, None)), limit + 1)
    lines = [dict(row) for row in rows[:limit]]
    last = lines[-1] if len(rows) > limit else None
    return {
        "lines": lines, "next": f"{last['claim_id']}:{last['version']}:{last['line']}" if last else None,
    }  # fmt: skip


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


async def refunds(pool: asyncpg.Pool, *, state: str, after: UUID | None, limit: int) -> dict[str, Any]:
    """Those in a state, the oldest first; `next` is the last one where there are more."""
    rows = [dict(row) for row in await pool.fetch(_REFUNDS_IN, state, after, limit + 1)]
    more = len(rows) > limit
    return {"refunds": rows[:limit], "next": rows[limit - 1]["refund_id"] if more else None}


async def refunds_of(pool: asyncpg.Pool, claim_id: UUID) -> list[dict[str, Any]]:
    return [dict(row) for row in await pool.fetch(_REFUNDS_OF, claim_id)]


async def claim_answer(pool: asyncpg.Pool, claim: Claim, today: date) -> dict[str, Any]:
    """A claim as the API gives it on a day in the city; amounts in cents."""
    debits = await pool.fetch(_DEBITS, claim.id) if _was_debited(claim) else []
    given_back = await pool.fetch(_GIVEN_BACK, claim.id) if claim.money_tasks else []
    return {
        **_as_claimed(claim, today),
        "waits_for": awaited(claim),
        "arranged": claim.waits_for_its_day,
        "debit": dict(debits[0]) if debits else None,
        "given_back": [
            {**dict(row), "method": _back_by(claim, claim.money_tasks[row["version"]])}
            for row in given_back
            if row["version"] in claim.money_tasks  # else it came this moment
        ],
    }


def _was_debited(claim: Claim) -> bool:
    return any(attempt.provider == BANK and attempt.method == DEBIT for attempt in claim.attempts.values())


def _as_claimed(claim: Claim, today: date) -> dict[str, Any]:
    return {
        "claim_id": claim.id,
        "case_id": claim.case_id,
        "case_number": claim.case_number,
        "account_id": claim.account_id,
        "kassenzeichen": claim.kassenzeichen,
        "instalment": claim.instalment,
        "instalment_count": claim.instalment_count,
        "amount_cents": claim.amount_cents,
        "currency": claim.currency,
        "charges_cents": claim.charged_cents,
        "reduced_cents": claim.reduced_cents,
        "owed_cents": claim.owed_cents,
        "paid_cents": claim.kept_cents,
        "state": citizen_state(claim),
        "pay_by": claim.pay_by,
        "overdue": is_overdue(claim, today),
        "requested_at": claim.created_on,
        "settled_at": claim.settled_at,
        "provisional_until": _provisional_until(claim),
        "payments": [
            {
                "payment_id": p.payment_id,
                "method": p.method,
                "received_cents": p.came_cents,
                "kept_cents": p.kept_cents,
                "currency": p.currency,
                "reversed": p.reversed,
            }
            for p in claim.payments.values()
        ],
        "attempts": [
            {"attempt_id": a.attempt_id, "method": a.method, "state": a.state}
            for a in claim.attempts.values()
        ],
    }


def is_overdue(claim: Claim, today: date) -> bool:
    return claim.condition == "open" and claim.pay_by is not None and claim.pay_by < today


def citizen_state(claim: Claim) -> str:
    """The true state: `being_checked` while a word is still to come, never `failed` while it is open."""
    if claim.condition == "open" and any(a.state in DECIDED_ELSEWHERE for a in claim.attempts.values()):
        return "being_checked"
    return claim.condition


def _provisional_until(claim: Claim) -> datetime | None:
    """The day until which a payer may have money of a settled claim back from their bank."""
    days = [p.provisional_until for p in claim.payments.values() if p.kept_cents and p.provisional_until]
    return max(days, default=None)


def receipt_answer(claim: Claim) -> dict[str, Any] | None:
    """What was paid and given back, when and how; `methods` are all where it came in parts, `pending_cents`
    are yet to go back or to be looked at. None where nothing came."""
    payments = [p for p in claim.payments.values() if _there(p)]
    if not payments:
        return None
    last = claim.payments[claim.settled_by] if claim.settled_by else payments[-1]
    returned = [task for task in claim.money_tasks.values() if task.returned_at]
    return {
        "claim_id": claim.id,
        "case_id": claim.case_id,
        "case_number": claim.case_number,
        "kassenzeichen": claim.kassenzeichen,
        "instalment": claim.instalment,
        "instalment_count": claim.instalment_count,
        "amount_cents": claim.amount_cents + claim.charged_cents - claim.reduced_cents,
        "currency": claim.currency,
        "method": last.method,
        "methods": list(dict.fromkeys(p.method for p in payments)),
        "settled_at": claim.settled_at or last.taken_at,
        "owed_cents": claim.owed_cents,
        "pending_cents": sum(task.amount_cents for task in claim.money_tasks.values() if not task.done),
        "payments": [
            {"method": p.method, "amount_cents": _there(p), "paid_at": p.taken_at} for p in payments
        ],
        "refunds": [
            {"amount_cents": t.amount_cents, "returned_at": t.returned_at, "method": _back_by(claim, t)}
            for t in returned
        ],
    }


def _there(payment: Payment) -> int:
    """What of a payment came and was not taken back by bank or card network."""
    return max(0, payment.came_cents - payment.reversed_cents)


def _back_by(claim: Claim, task: MoneyTask) -> str:
    """The way that money went back: that of the payment where its provider did it, else a transfer."""
    refund = claim.refunds.get(task.refund_id) if task.refund_id and not task.done else None
    provided = task.how == Settled.RETURNED_BY_PROVIDER or (refund is not None and refund.via == "provider")
    return claim.payments[task.payment_id].method if provided else "bank_transfer"
