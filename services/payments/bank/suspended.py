"""Mandates that wait for the cash office: what the bank said of them forbids the next debit, and the payer
has no word in it. A person finds out what it meant, and then lets the mandate be used again or ends it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from services.payments.bank.lookups import Lookups
from services.payments.bank.paying import Paying
from services.payments.bank.work import Work
from services.payments.domain.mandate import Cleared, Ended, Mandate
from services.payments.domain.returns import OF_A_PERSON, REACTIONS

_OTHERS: Final = [code for code, reaction in REACTIONS.items() if reaction.concern not in OF_A_PERSON]
_COLUMNS: Final = """
SELECT m.mandate_id, m.account_id, m.reference, m.kind, m.state, m.signed_on, m.last_used_on, m.suspended_for,
  m.suspended_at, d.claim_id, c.kassenzeichen, c.case_number
FROM mandate m
LEFT JOIN LATERAL (SELECT claim_id FROM debit WHERE mandate_id = m.mandate_id AND code IS NOT NULL
  ORDER BY due DESC, debit_id LIMIT 1) d ON true
LEFT JOIN claim c USING (claim_id)
"""
_LIST: Final = f"""{_COLUMNS}
WHERE m.state = 'suspended' AND coalesce(m.suspended_for, '') <> ALL($1::text[])
  AND ($2::uuid IS NULL OR (coalesce(m.suspended_at, m.proposed_at), m.mandate_id) >
    (SELECT coalesce(a.suspended_at, a.proposed_at), a.mandate_id FROM mandate a WHERE a.mandate_id = $2))
ORDER BY coalesce(m.suspended_at, m.proposed_at), m.mandate_id LIMIT $3
"""  # noqa: S608
_ONE: Final = f"{_COLUMNS} WHERE m.mandate_id = $1"


@dataclass(frozen=True, slots=True)
class Suspended:
    """Lists them, and carries out what a person decides."""

    lookups: Lookups
    paying: Paying

    async def waiting(self, after: UUID | None, limit: int) -> dict[str, Any]:
        """The oldest first, each with the claim whose debit failed last; `next` is the `after` of the next
        page."""
        rows = await self.lookups.pool.fetch(_LIST, _OTHERS, after, limit + 1)
        told = [dict(row) for row in rows[:limit]]
        return {"mandates": told, "next": told[-1]["mandate_id"] if len(rows) > limit else None}

    async def look(self, mandate_id: UUID) -> Mapping[str, Any] | None:
        """One, with its holder and the account as its owner knows it; None where there is none."""
        row = await self.lookups.pool.fetchrow(_ONE, mandate_id)
        if row is None:
            return None
        waits = row["state"] == "suspended" and row["suspended_for"] not in _OTHERS
        given = await self.lookups.mandates_of(row["account_id"])
        whose = next((one for one in given if one["mandate_id"] == mandate_id), {"holder": "", "account": ""})
        return {**dict(row), "waits": waits, "holder": whose["holder"], "account": whose["account"]}

    async def clear(self, work: Work, mandate_id: UUID, reason: Cleared) -> None:
        """Debits are allowed again. Raises NotAllowedNow, NotOfAPerson, DebtorForgotten."""
        mandate = await work.load(Mandate, mandate_id)
        mandate.clear(reason, now=work.unit.now)

    async def end(self, work: Work, mandate_id: UUID, reason: Ended) -> None:
        """Nothing is debited under it any more; its claims are paid otherwise. Raises NotAllowedNow,
        NotOfAPerson."""
        arranged = await self.lookups.arranged_under(mandate_id)
        announced = await self.lookups.announced_under(mandate_id)
        await self.paying.end(work, mandate_id, reason, announced, arranged)
