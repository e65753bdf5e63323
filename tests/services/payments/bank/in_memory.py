"""The log and the lookups of bank bookings kept in memory, so that thousands of histories can be tried."""

from collections import Counter
from collections.abc import Collection
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from services.payments.bank.chain import told_of
from services.payments.bank.lookups import Allocated, KnownDebit
from services.payments.bank.matching import Candidate
from services.payments.bank.retelling import Telling, Transfer
from services.payments.domain.bank_item import BankItem, BankItemReceived
from services.payments.domain.bank_statement import Gap, gap_between
from services.payments.domain.claim import Claim
from services.payments.domain.debit import Debit
from services.payments.domain.ledger import entry
from services.payments.sepa.statements import Statement
from shared.domain import Aggregate
from shared.log import StreamNotFound

A = TypeVar("A", bound=Aggregate)


class Log:
    """Aggregates by id; `kinds` says which kind of message each file is."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.streams: dict[UUID, Any] = {}
        self.kinds: dict[UUID, str] = {}

    def unit(self) -> Any:
        return self

    async def load(self, cls: type[A], stream_id: UUID) -> A:
        found = self.streams.get(stream_id)
        if not isinstance(found, cls):
            raise StreamNotFound(str(stream_id))
        return found

    async def save(self, aggregate: Aggregate, *, subject: UUID | None = None) -> None:
        self.streams[aggregate.id] = aggregate

    async def commit(self) -> None:
        """Whatever was saved is there."""

    def reserve(self, *_: object) -> None:
        """Nobody competes."""

    def all(self, cls: type[A]) -> list[A]:
        return [one for one in self.streams.values() if isinstance(one, cls)]

    def balances(self) -> Counter[str]:
        """By account; every entry for itself sums to zero, else Unbalanced is raised."""
        found: Counter[str] = Counter()
        for stream in self.streams.values():
            for event in stream.pending_events:
                for line in entry(event):
                    found[line.account] += line.cents
        return found


class MemoryLookups:
    """What the read models answer."""

    def __init__(self, log: Log) -> None:
        self._log = log

    async def claims(self, names: Collection[str]) -> dict[str, UUID]:
        return {one.kassenzeichen: one.id for one in self._log.all(Claim) if one.kassenzeichen in names}

    async def debits(self, names: Collection[str]) -> dict[str, KnownDebit]:
        return {
            one.reference: KnownDebit(one.id, one.claim_id, one.amount_cents)
            for one in self._log.all(Debit)
            if one.reference in names
        }

    async def items(self, ids: Collection[UUID]) -> dict[UUID, UUID]:
        return {one.originator_id: one.file_id for one in self._received() if one.originator_id in ids}

    async def tellings(self, entries: Collection[str]) -> dict[str, Telling]:
        return {
            str(one.originator_id): Telling(self._log.kinds[one.file_id], one.booked_on)
            for one in self._received()
            if str(one.originator_id) in entries
        }

    async def transfers(self, kind: str, days: Collection[date]) -> list[Transfer]:
        return [
            Transfer(
                self._log.kinds[one.file_id], one.file_id, one.booked_on, one.amount_cents, one.currency,
                self._log.streams[one.originator_id].claim_id, str(one.name), str(one.iban), str(one.text),
                one.reversal,
            )
            for one in self._received()
            if one.booked_on in days
            and one.outcome != "debit"
            and (one.outcome != "return" or one.reversal)
            and (one.outcome != "known" or one.claim_id is None)
        ]  # fmt: skip

    async def allocated(self, cents: int, currency: str, first: date, last: date) -> list[Allocated]:
        found = [
            Allocated(one.originator_id, claim_id, one.bank_reference)
            for one, claim_id in self._allocated(cents)
            if one.currency == currency and one.booked_on is not None and first <= one.booked_on <= last
        ]
        return found[::-1]

    async def allocated_behind(self, claim_id: UUID, cents: int, day: date) -> set[str]:
        return {
            str(one.originator_id)
            for one, whose in self._allocated(cents)
            if whose == claim_id and one.booked_on is not None and one.booked_on > day
        }

    def _allocated(self, cents: int) -> list[tuple[BankItemReceived, UUID]]:
        found = [(one, self._log.streams[one.originator_id]) for one in self._received()]
        return [
            (one, item.claim_id)
            for one, item in found
            if one.amount_cents == cents
            and item.claim_id is not None
            and one.outcome not in ("debit", "return", "known")
        ]

    async def candidates(self, cents: Collection[int]) -> list[Candidate]:
        return []

    def _received(self) -> list[BankItemReceived]:
        found = [one.pending_events[0] for one in self._log.all(BankItem)]
        return [one for one in found if isinstance(one, BankItemReceived)]


class MemoryChain:
    """Statements of which each is the first."""

    async def gap_before(self, statement: Statement, now: datetime) -> Gap:
        return gap_between(None, told_of(statement))
