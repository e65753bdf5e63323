"""A statement into the books: each payment to its debit, its claim, or to those that wait for a person.

A statement is looked at as a whole first: one that does not add up, or is of another account, is refused and
nothing of it is booked. Then entry after entry, each in one commit with all that it says; what is there is
passed over, so that it can be gone on with after a fall, and a notification may tell an entry first.
"""

import time as clock
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

import structlog

from services.payments.bank import storno
from services.payments.bank.chain import Chain, told_of
from services.payments.bank.debiting import Debiting, alarm
from services.payments.bank.groups import Groups
from services.payments.bank.lookups import KnownDebit, Lookups
from services.payments.bank.matching import Candidate, Match, Numbers, decide, propose, references
from services.payments.bank.payouts import Known, Paid, Payouts
from services.payments.bank.retelling import Telling, Transfer, Transfers, told_again
from services.payments.bank.work import Work
from services.payments.domain.bank_item import WAITING, BankItem, Outcome
from services.payments.domain.bank_statement import (
    BankStatement,
    ForeignAccount,
    NotTrue,
    WithoutBalances,
)
from services.payments.domain.claim import Claim
from services.payments.domain.debit import Debit
from services.payments.domain.money import BANK, Receipt
from services.payments.sepa.statements import Entry, Statement, Transaction
from shared.ids import derived_id
from shared.log import StreamNotFound, Unit

log = structlog.get_logger()

TRANSFER: Final = "bank_transfer"
UNPAID: Final = "PMNT/RDDT/"
"""Entries about debits that we collected."""
UNSAID: Final = "NARR"
"""The code of a return that names none."""
CHUNK: Final = 40
AT_ONCE: Final = 25.0
"""Seconds of booking in one go, well within a task's lease."""


@dataclass(frozen=True, slots=True)
class Item:
    """One payment of an entry, with the id that it has for ever; `first` is that of the entry's first, `kind`
    the statement's."""

    item_id: UUID
    first: UUID
    entry: Entry
    payment: Transaction
    kind: str

    @property
    def telling(self) -> Telling:
        return Telling(self.kind, self.entry.booked)

    @property
    def group(self) -> str:
        """That of our file of debits which it stands for, where it is the entry itself."""
        return "" if self.entry.transactions and self.entry.adds_up else self.entry.group

    @property
    def bank_reference(self) -> str:
        """The bank's own; of one payment of several the payment's."""
        several = len(self.entry.transactions) > 1
        return (several and self.payment.bank_reference) or self.entry.bank_reference


@dataclass(frozen=True, slots=True)
class Source:
    """Where entries come from, and what of their days was told before."""

    statement_id: UUID
    file_id: UUID
    told: Transfers


@dataclass(frozen=True, slots=True)
class Context:
    """What a batch is compared with."""

    claims: dict[str, UUID]
    debits: dict[str, KnownDebit]
    candidates: list[Candidate]
    payouts: Known


@dataclass
class Booking:
    """Takes statements; `account` is the city's IBAN, `numbers` how its Kassenzeichen look."""

    lookups: Lookups
    debiting: Debiting
    units: Callable[[], Unit]
    account: str
    numbers: Numbers
    payouts: Payouts
    groups: Groups
    chain: Chain

    async def check(self, statement: Statement) -> None:
        """Before anything is booked. Raises StatementRefused."""
        if statement.account != self.account:
            raise ForeignAccount("the statement is not about the city's account")
        if statement.kind == "statement" and not statement.has_balances:
            raise WithoutBalances("a statement says what was on the account before and after")
        if statement.difference_cents:
            raise NotTrue(f"{statement.difference_cents} cents are missing or too many")
        await self._is_taken(statement)

    async def take(self, statement: Statement, file_id: UUID) -> bool:
        """Books what is new, then what the statement itself is. False: there is more to do."""
        if await self._is_taken(statement):
            log.info("statement_known", statement=str(_id(statement)))
            return True
        source, until = await self._source(statement, file_id), clock.monotonic() + AT_ONCE
        pending: list[Item] = []
        for key, entry in zip(statement.keys(), statement.entries, strict=True):
            if not entry.is_booked:
                continue
            if entry.reversal:  # what it takes back may have come just before it
                await self._book(pending, source)
                pending = []
            if entry.group and not entry.transactions and not entry.reversal:
                (item,) = _items(key, entry, statement.kind)
                await self._book_group(item, source)
                continue
            pending += _items(key, entry, statement.kind)
            if len(pending) >= CHUNK:
                await self._book(pending, source)
                pending = []
                if clock.monotonic() > until:
                    return False
        await self._book(pending, source)
        if statement.kind == "statement":
            await self._conclude(statement, file_id)
        return True

    async def _source(self, statement: Statement, file_id: UUID) -> Source:
        days = {entry.booked for entry in statement.entries if entry.booked}
        told = await self.lookups.transfers(statement.kind, days)
        return Source(_id(statement), file_id, Transfers(statement.kind, file_id, told))

    async def _is_taken(self, statement: Statement) -> bool:
        """Notifications have names of their own, and only their entries are known again."""
        if statement.kind != "statement":
            return False
        try:
            known = await self.units().load(BankStatement, _id(statement))
        except StreamNotFound:
            return False
        return known.is_known(statement.digest)

    async def _conclude(self, statement: Statement, file_id: UUID) -> None:
        unit = self.units()
        gap = await self.chain.gap_before(statement, unit.now)
        if gap:
            alarm("statement_missing", statement=str(_id(statement)), missing=gap.missing, cents=gap.cents)
        taken = BankStatement.take(
            id=_id(statement), now=unit.now, file_id=file_id, sha256=statement.digest,
            account=statement.account, currency=statement.currency, identifier=statement.identifier,
            told=told_of(statement), closing_on=statement.closing_on, entries=len(statement.entries), gap=gap,
            difference_cents=statement.difference_cents,
        )  # fmt: skip
        await unit.save(taken)
        await unit.commit()

    async def _book(self, items: Sequence[Item], source: Source) -> None:
        known = await self.lookups.items([item.item_id for item in items])
        new = [
            item for item in items
            if item.item_id not in known and known.get(item.first, source.file_id) == source.file_id
        ]  # fmt: skip
        for at in range(0, len(new), CHUNK):
            await self._commit(new[at : at + CHUNK], source)

    async def _commit(self, new: Sequence[Item], source: Source) -> None:
        context = await self._context(new)
        work = Work(self.units())
        await self._prefetch(work, new, context)
        for item in new:
            outcome, claim_id, proposals = await self._place(work, item, context, source)
            is_payout = outcome in (Outcome.PAYOUT, Outcome.PROPOSED) and not item.entry.reversal
            provider = self.payouts.payer_of(item.payment) if is_payout else ""
            work.add(
                _received(work, item, source, outcome, claim_id, proposals, provider), subject=source.file_id
            )
        await work.commit()

    async def _context(self, items: Sequence[Item]) -> Context:
        names = {name for item in items for name in references(item.payment, self.numbers)}
        claims = await self.lookups.claims(names)
        debits = await self.lookups.debits({i.payment.end_to_end_id for i in items} - {""})
        open_cents = {
            item.payment.cents for item in items
            if item.payment.cents > 0 and not decide(item.payment, claims, self.numbers).claim_id
        }  # fmt: skip
        payouts = await self.payouts.known([item.payment for item in items])
        return Context(claims, debits, await self.lookups.candidates(open_cents), payouts)

    async def _prefetch(self, work: Work, items: Sequence[Item], context: Context) -> None:
        debits = [context.debits.get(item.payment.end_to_end_id) for item in items]
        await work.prefetch(Debit, [found.debit_id for found in debits if found])
        matches = [decide(item.payment, context.claims, self.numbers).claim_id for item in items]
        claims = [found.claim_id for found in debits if found] + [found for found in matches if found]
        await work.prefetch(Claim, claims)

    async def _place(
        self, work: Work, item: Item, context: Context, source: Source
    ) -> tuple[Outcome, UUID | None, tuple[UUID, ...]]:
        """Books the payment where it belongs: outcome, claim, proposals."""
        payment, entry = item.payment, item.entry
        if entry.reversal:
            return await self._taken_back(work, item, context, source)
        debit = context.debits.get(payment.end_to_end_id)
        if debit is not None and entry.booked is not None:
            outcome = await self._debit(work, item, debit)
            if outcome is not None:
                return outcome, None if outcome in WAITING else debit.claim_id, ()
        undated = entry.booked is None
        pays = payment.cents > 0 and not (debit is not None and (payment.is_return or undated))
        match = decide(payment, context.claims, self.numbers) if pays else Match()
        again = source.told.place(_transfer(item, match.claim_id, source.file_id), entry.count)
        if again is not None:
            return again, None, ()
        return await self._money(work, item, match, context) if pays else _waiting(match)

    async def _taken_back(
        self, work: Work, item: Item, context: Context, source: Source
    ) -> tuple[Outcome, UUID | None, tuple[UUID, ...]]:
        """Books what the bank takes back, unless another entry told of it."""
        payment, entry = item.payment, item.entry
        named = {context.claims[name] for name in references(payment, self.numbers) if name in context.claims}
        claim_id = next(iter(named)) if len(named) == 1 else None
        again = source.told.place(_transfer(item, claim_id, source.file_id), entry.count)
        if again is not None:
            return again, None, ()
        return await storno.place(work, self.lookups, item.item_id, entry, payment, named)

    async def _money(
        self, work: Work, item: Item, match: Match, context: Context
    ) -> tuple[Outcome, UUID | None, tuple[UUID, ...]]:
        """Books money that is no debit's: a provider's payout, or what a claim is paid with."""
        payment, entry = item.payment, item.entry
        if payer := self.payouts.payer_of(payment):
            return self._payout(payer, item, match, context)
        if match.claim_id is not None:
            claim = await work.load(Claim, match.claim_id)
            receipt = Receipt(BANK, TRANSFER, str(item.item_id), payment.cents, entry.currency)
            claim.record_receipt(receipt, now=work.unit.now)
            return Outcome.ALLOCATED, claim.id, ()
        if not match.proposals:
            match = propose(payment, context.candidates)
        return _waiting(match)

    def _payout(
        self, payer: str, item: Item, match: Match, context: Context
    ) -> tuple[Outcome, UUID | None, tuple[UUID, ...]]:
        """A provider's payout, or one for a person to decide, beside the claim that the text names."""
        booked = item.entry.booked
        paid = Paid(payer, item.payment.cents, item.entry.currency)
        if booked is not None and context.payouts.expects(paid, booked):
            return Outcome.PAYOUT, None, ()
        named = (match.claim_id,) if match.claim_id is not None else match.proposals
        return Outcome.PROPOSED, None, named

    async def _debit(self, work: Work, item: Item, known: KnownDebit) -> Outcome | None:
        """What the payment is as this debit's credit or return in full; None where it is neither."""
        payment, booked_on = item.payment, item.entry.booked
        assert booked_on is not None
        debit = await work.load(Debit, known.debit_id)
        if payment.cents <= 0 or payment.is_return:
            return await self._return(work, item, debit, booked_on)
        if payment.cents != debit.amount_cents:
            return None
        if await self.debiting.book(work, debit.id, str(item.item_id), booked_on):
            return Outcome.DEBIT
        return await self._again(debit, debit.credited_by, item) if debit.credited_by else None

    async def _return(self, work: Work, item: Item, debit: Debit, booked_on: date) -> Outcome | None:
        payment = item.payment
        if not payment.is_return and not item.entry.code.startswith(UNPAID):
            return None
        if payment.original_cents != debit.amount_cents:
            alarm("return_differs", debit=str(debit.id))
            return None
        charges = abs(payment.cents) - debit.amount_cents
        if await self.debiting.take_back(
            work, debit.id, payment.reason or UNSAID, str(item.item_id), booked_on, charges
        ):
            return Outcome.RETURN
        return await self._again(debit, debit.returned_by, item) if debit.returned_by else None

    async def _again(self, debit: Debit, entry: str, item: Item) -> Outcome:
        """What the debit's `entry` told before, told by this one."""
        tellings = await self.lookups.tellings([entry])
        return told_again(debit.id, tellings.get(entry), item.telling)

    async def _book_group(self, item: Item, source: Source) -> None:
        """A sum that stands for a group of our file."""
        if await self.lookups.items([item.item_id]):
            return
        entry = item.entry
        placed = await self.groups.place(entry.group, entry.cents, item.item_id, item.telling)
        work = Work(self.units())
        taken = _received(work, item, source, placed.outcome, None, (), "")
        if placed.known_cents:
            taken.tell_part_again(placed.known_cents, now=work.unit.now)
        work.add(taken, subject=source.file_id)
        await work.commit()


def _id(statement: Statement) -> UUID:
    """By its name in its year; a further page has its number too."""
    page = (statement.page,) if statement.page > 1 else ()
    return derived_id("statement", statement.account, statement.year, statement.identifier, *page)


def _items(key: str, entry: Entry, kind: str) -> list[Item]:
    """Its payments; an entry that tells none, or whose payments are not worth it, is one payment itself."""
    if not entry.adds_up:
        alarm("entry_does_not_add_up", key=key)
    payments = entry.transactions if entry.transactions and entry.adds_up else (_whole(entry),)
    first = derived_id("bank-item", key, 0)
    return [
        Item(derived_id("bank-item", key, n), first, entry, payment, kind)
        for n, payment in enumerate(payments)
    ]


def _whole(entry: Entry) -> Transaction:
    return Transaction(entry.cents, abs(entry.cents))


def payments_in(statement: Statement) -> int:
    """How many payments of a statement the books will have: a sum that stands for a group is one."""
    return sum(
        len(entry.transactions) if entry.transactions and entry.adds_up else 1
        for entry in statement.entries
        if entry.is_booked
    )


def _waiting(match: Match) -> tuple[Outcome, UUID | None, tuple[UUID, ...]]:
    return (Outcome.PROPOSED if match.proposals else Outcome.UNALLOCATED), None, match.proposals


def _transfer(item: Item, claim_id: UUID | None, file_id: UUID) -> Transfer:
    payment, entry = item.payment, item.entry
    return Transfer(
        item.kind, file_id, entry.booked, payment.cents, entry.currency, claim_id, payment.name,
        payment.iban, payment.text, entry.reversal,
    )  # fmt: skip


def _received(
    work: Work, item: Item, source: Source, outcome: Outcome, claim_id: UUID | None,
    proposals: tuple[UUID, ...], provider: str,
) -> BankItem:  # fmt: skip
    payment = item.payment
    return BankItem.receive(
        id=item.item_id, now=work.unit.now, statement_id=source.statement_id, file_id=source.file_id,
        amount_cents=payment.cents, currency=item.entry.currency, booked_on=item.entry.booked,
        outcome=outcome, claim_id=claim_id, proposals=list(proposals), name=payment.name, iban=payment.iban,
        text=payment.text, provider=provider, group=item.group, bank_reference=item.bank_reference,
        reversal=item.entry.reversal,
    )  # fmt: skip
