"""What a batch of entries is compared with, a query for each kind of question and not for each entry."""

import contextlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

import asyncpg

from services.payments.bank.matching import Candidate
from services.payments.bank.projections import BANK_ITEMS, MANDATES
from services.payments.bank.retelling import KINDS, Telling, Transfer
from services.payments.sepa.iban import Iban
from shared.keys import SealBroken
from shared.log.ports import Keys
from shared.log.projection import row_aad

_CLAIMS: Final = "SELECT kassenzeichen, claim_id FROM claim WHERE kassenzeichen = ANY($1::text[])"
_DEBITS: Final = (
    "SELECT reference, debit_id, claim_id, amount_cents FROM debit WHERE reference = ANY($1::text[])"
)
_ITEMS: Final = "SELECT item_id, file_id FROM bank_item WHERE item_id = ANY($1::uuid[])"
_TELLINGS: Final = """
SELECT i.item_id, f.kind, i.booked_on FROM bank_item i JOIN bank_file f USING (file_id)
WHERE i.item_id = ANY($1::uuid[]) AND f.kind = ANY($2::text[])
"""
_TRANSFERS: Final = """
SELECT i.item_id, i.file_id, f.kind, i.booked_on, i.cents, i.currency, i.claim_id, i.reversal, i.detail
FROM bank_item i JOIN bank_file f USING (file_id)
WHERE i.booked_on = ANY($1::date[]) AND f.kind = ANY($2::text[])
  AND i.outcome <> 'debit' AND (i.outcome <> 'return' OR i.reversal)
  AND (i.outcome <> 'known' OR i.claim_id IS NULL)
ORDER BY i.since, i.item_id
"""
_WAITING_FOR: Final = """
SELECT item_id FROM bank_item
WHERE batch = ANY($1::text[]) AND batch <> '' AND outcome IN ('unallocated', 'repeated')
ORDER BY since, item_id
"""
_SUMS: Final = """
SELECT f.kind FROM bank_item i JOIN bank_file f USING (file_id)
WHERE i.batch = $1 AND i.cents = $2 AND i.booked_on = $3 AND f.kind = ANY($4::text[])
"""
_ALLOCATED: Final = """
SELECT item_id, claim_id, bank_reference FROM bank_item
WHERE cents = $1 AND currency = $2 AND booked_on BETWEEN $3 AND $4 AND outcome = 'allocated'
ORDER BY booked_on DESC, item_id LIMIT 500
"""
_BEHIND: Final = """
SELECT item_id FROM bank_item WHERE claim_id = $1 AND cents = $2 AND outcome = 'allocated' AND booked_on > $3
"""
_NAMED: Final = """
SELECT c.claim_id, c.amount_cents, c.account_id, m.mandate_id, m.holder
FROM claim c JOIN mandate m ON m.account_id = c.account_id
WHERE c.state = 'open' AND c.amount_cents = ANY($1::bigint[]) AND m.holder IS NOT NULL LIMIT 500
"""
_MANDATES: Final = """
SELECT mandate_id, account_id, reference, kind, state, iban, holder, signed_on, last_used_on
FROM mandate WHERE account_id = $1 ORDER BY proposed_at DESC, mandate_id LIMIT 200
"""
_UNDER: Final = "SELECT debit_id FROM debit WHERE mandate_id = $1 AND state = $2 ORDER BY debit_id"
_COMING: Final = """
SELECT mandate_id, due, amount_cents FROM debit
WHERE mandate_id = ANY($1::uuid[]) AND state IN ('announced', 'filed') ORDER BY due, debit_id
"""
_ARRANGED: Final = """
SELECT claim_id FROM claim WHERE mandate_id = $1 AND state = 'open' ORDER BY instalment, claim_id
"""
_LATER: Final = """
SELECT o.claim_id FROM claim c JOIN claim o ON o.case_id = c.case_id AND o.instalment > c.instalment
WHERE c.claim_id = $1 AND o.state = 'open' AND o.pay_by IS NOT NULL
  AND NOT EXISTS (SELECT FROM debit d WHERE d.claim_id = o.claim_id)
ORDER BY o.instalment
"""
_GROUP: Final = """
SELECT d.debit_id, d.claim_id, d.amount_cents FROM debit d
WHERE d.collection_id = $1 AND d.due = $2 AND d.sequence = $3 AND d.state IN ('filed', 'booked', 'returned')
ORDER BY d.debit_id
"""


@dataclass(frozen=True, slots=True)
class KnownDebit:
    """A debit, whose claim it is for, and how much."""

    debit_id: UUID
    claim_id: UUID
    cents: int


@dataclass(frozen=True, slots=True)
class Allocated:
    """A payment that a claim has; `bank_reference` is the bank's own for it."""

    item_id: UUID
    claim_id: UUID
    bank_reference: str


@dataclass(frozen=True, slots=True)
class Lookups:
    """Reads only."""

    pool: asyncpg.Pool
    keys: Keys

    async def claims(self, names: Collection[str]) -> dict[str, UUID]:
        """Claims by Kassenzeichen, whatever their state: money for a settled one is its surplus."""
        return {row["kassenzeichen"]: row["claim_id"] for row in await self.pool.fetch(_CLAIMS, list(names))}

    async def debits(self, names: Collection[str]) -> dict[str, KnownDebit]:
        """Debits by EndToEndId."""
        rows = await self.pool.fetch(_DEBITS, list(names))
        return {
            row["reference"]: KnownDebit(row["debit_id"], row["claim_id"], row["amount_cents"])
            for row in rows
        }

    async def items(self, ids: Collection[UUID]) -> dict[UUID, UUID]:
        """Which of the items there are, each with the file that brought it."""
        return {row["item_id"]: row["file_id"] for row in await self.pool.fetch(_ITEMS, list(ids))}

    async def tellings(self, entries: Collection[str]) -> dict[str, Telling]:
        """By which kind of message each of the entries came."""
        ids = [UUID(entry) for entry in entries]
        rows = await self.pool.fetch(_TELLINGS, ids, list(KINDS)) if ids else []
        return {str(row["item_id"]): Telling(KINDS[row["kind"]], row["booked_on"]) for row in rows}

    async def transfers(self, kind: str, days: Collection[date]) -> list[Transfer]:
        """What came or went on these days and is no debit or its return, as far as who and what for can be
        read; nothing where only statements told of it, to one that is a statement too."""
        rows = await self.pool.fetch(_TRANSFERS, list(days), list(KINDS))
        if kind == "statement" and all(KINDS[row["kind"]] == kind for row in rows):
            return []
        return [await self._transfer(row) for row in rows]

    async def _transfer(self, row: asyncpg.Record) -> Transfer:
        name = iban = text = ""
        key = await self.keys.find(row["file_id"]) if row["detail"] is not None else None
        if key is not None:
            with contextlib.suppress(SealBroken):
                aad = row_aad(BANK_ITEMS, (str(row["item_id"]),), "detail")
                name, iban, text = json.loads(key.open(row["detail"], aad))
        return Transfer(
            KINDS[row["kind"]], row["file_id"], row["booked_on"], row["cents"], row["currency"],
            row["claim_id"], name, iban, text, row["reversal"],
        )  # fmt: skip

    async def waiting_for(self, groups: Collection[str]) -> list[UUID]:
        """Sums of these groups of debits that are not booked, the oldest first."""
        return [row["item_id"] for row in await self.pool.fetch(_WAITING_FOR, list(groups))]

    async def sums(self, group: str, cents: int, booked_on: date) -> list[str]:
        """The kind of each message that told a sum of this group, so much on that day."""
        rows = await self.pool.fetch(_SUMS, group, cents, booked_on, list(KINDS))
        return [KINDS[row["kind"]] for row in rows]

    async def allocated(self, cents: int, currency: str, first: date, last: date) -> list[Allocated]:
        """Transfers of exactly this much that claims have, booked on these days, the newest first."""
        rows = await self.pool.fetch(_ALLOCATED, cents, currency, first, last)
        return [Allocated(**dict(row)) for row in rows]

    async def allocated_behind(self, claim_id: UUID, cents: int, day: date) -> set[str]:
        """Transfers of exactly this much that a claim has, booked later than on this day."""
        return {str(row["item_id"]) for row in await self.pool.fetch(_BEHIND, claim_id, cents, day)}

    async def candidates(self, cents: Collection[int]) -> list[Candidate]:
        """Open claims of these amounts whose debtor's name a mandate tells."""
        if not cents:
            return []
        found: dict[UUID, tuple[int, list[str]]] = {}
        for row in await self.pool.fetch(_NAMED, list(cents)):
            name = await self._holder(row)
            if name:
                found.setdefault(row["claim_id"], (row["amount_cents"], []))[1].append(name)
        return [Candidate(claim_id, cents, tuple(names)) for claim_id, (cents, names) in found.items()]

    async def _holder(self, row: asyncpg.Record) -> str:
        return await self._opened(row, "holder")

    async def _opened(self, row: asyncpg.Record, column: str) -> str:
        """A sealed column of a mandate; empty once the citizen is forgotten."""
        key = await self.keys.find(row["account_id"])
        if key is None or row[column] is None:
            return ""
        try:
            return key.open(row[column], row_aad(MANDATES, (str(row["mandate_id"]),), column)).decode()
        except SealBroken:
            return ""

    async def mandates_of(self, account_id: UUID) -> list[dict[str, Any]]:
        """Of one citizen, the newest first, with the account as its owner knows it and the `debits` to come:
        day and amount."""
        names = ("mandate_id", "reference", "kind", "state", "signed_on", "last_used_on")
        rows = await self.pool.fetch(_MANDATES, account_id)
        coming = await self.pool.fetch(_COMING, [row["mandate_id"] for row in rows])
        return [
            {
                **{name: row[name] for name in names},
                "debits": [
                    {"due": one["due"], "amount_cents": one["amount_cents"]}
                    for one in coming
                    if one["mandate_id"] == row["mandate_id"]
                ],
                "account": Iban(await self._opened(row, "iban"), "", "").masked,
                "holder": await self._opened(row, "holder"),
            }
            for row in rows
        ]

    async def reusable_of(self, account_id: UUID) -> list[dict[str, Any]]:
        """The mandates of one citizen that serve another claim, the newest first."""
        given = await self.mandates_of(account_id)
        return [one for one in given if (one["kind"], one["state"]) == ("recurring", "active")]

    async def later_instalments(self, claim_id: UUID) -> list[UUID]:
        """What of a claim's charge falls due after it, is open, and had no debit yet."""
        return [row["claim_id"] for row in await self.pool.fetch(_LATER, claim_id)]

    async def arranged_under(self, mandate_id: UUID) -> list[UUID]:
        """Open claims that a mandate is to pay by itself."""
        return [row["claim_id"] for row in await self.pool.fetch(_ARRANGED, mandate_id)]

    async def announced_under(self, mandate_id: UUID) -> list[UUID]:
        """Debits of a mandate that no file holds yet."""
        return [row["debit_id"] for row in await self.pool.fetch(_UNDER, mandate_id, "announced")]

    async def at_the_bank(self, mandate_id: UUID) -> int:
        """How many debits of a mandate are in a file whose end is open."""
        return len(await self.pool.fetch(_UNDER, mandate_id, "filed"))

    async def of_group(self, collection_id: UUID, due: date, sequence: str) -> list[KnownDebit]:
        """The debits of a group that the bank has not refused."""
        rows = await self.pool.fetch(_GROUP, collection_id, due, sequence)
        return [KnownDebit(row["debit_id"], row["claim_id"], row["amount_cents"]) for row in rows]

    async def collection(self, message_id: str) -> UUID | None:
        """By the name that the bank knows."""
        found: UUID | None = await self.pool.fetchval(
            "SELECT collection_id FROM collection WHERE message_id = $1", message_id
        )
        return found

    async def of_collection(self, collection_id: UUID) -> dict[str, UUID]:
        """Every debit of a file by its EndToEndId."""
        rows = await self.pool.fetch(
            "SELECT reference, debit_id FROM debit WHERE collection_id = $1 ORDER BY debit_id", collection_id
        )
        return {row["reference"]: row["debit_id"] for row in rows}
