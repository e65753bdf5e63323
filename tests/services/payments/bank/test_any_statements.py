"""Random days at a bank, told by statements and notifications in any order, beside the bank's own account.

`PORTAL_PROPERTY_EXAMPLES` sets how many histories are tried.
"""

import asyncio
import os
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.payments.bank import storno
from services.payments.bank.booking import Booking
from services.payments.bank.chain import Chain
from services.payments.bank.debiting import Debiting, Rules
from services.payments.bank.groups import Groups
from services.payments.bank.lookups import Lookups
from services.payments.bank.matching import Numbers
from services.payments.bank.payouts import Payouts
from services.payments.bank.work import Work
from services.payments.domain.bank_item import BankItem
from services.payments.domain.claim import Claim
from services.payments.domain.debit import Debit
from services.payments.domain.kassenzeichen import kassenzeichen
from services.payments.domain.mandate import Kind, Mandate, MandateRefused
from services.payments.domain.money import BANK, Receipt
from services.payments.domain.refusals import ClaimRefused
from services.payments.sepa.statements import Entry, Statement, Transaction
from shared.ids import new_id
from tests.services.payments.bank.in_memory import Log, MemoryChain, MemoryLookups
from tests.services.payments.bank.town import CITY, FEE, NOW, PAYER

PICK = st.integers(0, 7)
CENTS = st.sampled_from([FEE, 1000, FEE + 500])


@dataclass
class Movement:
    """Money on the bank's account of the city; `said` names the kinds of message that have told it,
    `takes_back` is the number of the one that the bank takes back with it."""

    number: int
    cents: int
    day: Any
    code: str
    payment: Transaction
    takes_back: int | None = None
    said: set[str] = field(default_factory=set)


class AnyStatements(RuleBasedStateMachine):
    """`movements` are the bank's own, never read from what is booked here."""

    def __init__(self) -> None:
        super().__init__()
        self.log = Log(NOW)
        self.day = NOW.date()
        self.lookups = lookups = cast(Lookups, MemoryLookups(self.log))
        self.debiting = Debiting(Rules(ZoneInfo("Europe/Berlin"), present_again=True))
        nobody = Payouts(cast(asyncpg.Pool, None), {})
        self.booking = Booking(
            lookups, self.debiting, self.log.unit, CITY.iban, Numbers("4711"), nobody,
            Groups(lookups, self.debiting, self.log.unit), cast(Chain, MemoryChain()),
        )  # fmt: skip
        self.claims = [self.owed(n) for n in range(1, 4)]
        self.movements: list[Movement] = []
        self.credited: set[UUID] = set()
        self.gone_back: set[UUID] = set()
        self.sent_back = self.balance = 0

    def owed(self, number: int) -> UUID:
        claim = Claim.request(
            id=new_id(), now=NOW, case_id=new_id(), case_number="BPA-2026-000001", account_id=new_id(),
            service="bewohnerparkausweis", cost_object="541000", amount_cents=FEE, currency="EUR",
            kassenzeichen=kassenzeichen("4711", 2026, number), pay_by=None, language="de",
        )  # fmt: skip
        mandate = Mandate.propose(
            id=new_id(), now=NOW, account_id=claim.account_id, reference=f"M-{number}",
            kind=Kind.RECURRING, iban=PAYER, holder="Ada Lovelace",
        )  # fmt: skip
        mandate.activate(self.day, "online", now=NOW)
        self.log.streams |= {claim.id: claim, mandate.id: mandate}
        return claim.id

    def claim(self, which: int) -> Claim:
        found: Claim = self.log.streams[self.claims[which % len(self.claims)]]
        return found

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run(work)

    @rule(
        which=st.integers(0, 1), cents=CENTS, named=st.sampled_from(["right", "right", "wrong", "none"]),
        times=st.integers(1, 2), notified=st.booleans(),
    )  # fmt: skip
    def transfer(self, which: int, cents: int, named: str, times: int, notified: bool) -> None:
        """Perhaps the same twice, and a notification in between."""
        number = self.claim(which).kassenzeichen
        wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
        text = {"right": f"Parken {number}", "wrong": wrong, "none": "Spende"}[named]
        for _ in range(times):
            payment = Transaction(cents, cents, name="Ada Lovelace", iban=PAYER, text=text)
            self.moves(cents, "PMNT/RCDT/ESCT", payment)
            if notified:
                self.notification()
                notified = False

    @rule(cents=CENTS, times=st.integers(1, 2))
    def goes_out(self, cents: int, times: int) -> None:
        """Worded as what comes in."""
        for _ in range(times):
            payment = Transaction(-cents, cents, name="Ada Lovelace", iban=PAYER, text="Spende")
            self.moves(-cents, "PMNT/ICDT/ESCT", payment)

    @precondition(lambda self: bool(self.not_taken_back()))
    @rule(which=PICK, days=st.integers(0, 1))
    def is_taken_back(self, which: int, days: int) -> None:
        """A storno, on the same day or later."""
        movements = self.not_taken_back()
        moved = movements[-1 - which % len(movements)]
        if days:
            self.statement(late=False)
        payment = replace(moved.payment, cents=-moved.cents)
        self.moves(-moved.cents, moved.code, payment, moved.number)

    def not_taken_back(self) -> list[Movement]:
        gone = {one.takes_back for one in self.movements}
        return [
            one for one in self.movements
            if one.takes_back is None and one.number not in gone and not one.payment.end_to_end_id
        ]  # fmt: skip

    def moves(self, cents: int, code: str, payment: Transaction, takes_back: int | None = None) -> None:
        self.movements.append(Movement(len(self.movements), cents, self.day, code, payment, takes_back))

    @rule(which=PICK)
    def debit(self, which: int) -> None:
        """Announced, and put into a file on the same day."""
        work, claim = Work(self.log.unit()), self.claim(which)
        mandate = next(one for one in self.log.all(Mandate) if one.account_id == claim.account_id)
        try:
            debit = self.debiting.announce(work, claim, mandate)
        except (ClaimRefused, MandateRefused):
            return
        if self.debiting.file(work, claim, debit):
            sequence = mandate.collect(debit.id, debit.due, now=NOW)
            debit.file(new_id(), sequence, debit.due, now=NOW)
        self.run(work.commit())

    @precondition(lambda self: bool(self.at_the_bank()))
    @rule(which=PICK)
    def debit_comes(self, which: int) -> None:
        debits = self.at_the_bank()
        debit = debits[which % len(debits)]
        self.credited.add(debit.id)
        said = Transaction(debit.amount_cents, debit.amount_cents, end_to_end_id=debit.reference)
        self.moves(debit.amount_cents, "PMNT/IDDT/ESDD", said)

    def at_the_bank(self) -> list[Debit]:
        return [
            one for one in self.log.all(Debit) if one.condition == "filed" and one.id not in self.credited
        ]

    @precondition(lambda self: bool(self.credited - self.gone_back))
    @rule(which=PICK, charges=st.sampled_from([0, 300]), reason=st.sampled_from(["AM04", "MD06", "AC04"]))
    def debit_comes_back(self, which: int, charges: int, reason: str) -> None:
        left = [one for one in self.log.all(Debit) if one.id in self.credited - self.gone_back]
        debit = left[which % len(left)]
        self.gone_back.add(debit.id)
        cents = -debit.amount_cents - charges
        said = Transaction(cents, debit.amount_cents, charges, end_to_end_id=debit.reference, reason=reason)
        self.moves(cents, "PMNT/RDDT/UPDD", said)

    @rule()
    def notification(self) -> None:
        """Of what moved today and was not notified."""
        self.tell("notification", [one for one in self.movements if one.day == self.day])

    @rule(late=st.booleans())
    def statement(self, late: bool) -> None:
        """Ends the day; perhaps its notification comes behind it."""
        self.tell("statement", self.movements)
        if late:
            self.notification()
        self.day += timedelta(days=1)

    def tell(self, kind: str, movements: list[Movement]) -> None:
        new = [one for one in movements if kind not in one.said]
        for one in new:
            one.said.add(kind)
        opening, self.balance = self.balance, self.balance + sum(one.cents for one in new)
        before, after = (opening, self.balance) if kind == "statement" else (None, None)
        if kind == "notification":
            self.balance = opening
        entries = tuple(self.entry(kind, one) for one in new)
        file_id = new_id()
        self.log.kinds[file_id] = kind
        said = Statement(kind, str(file_id), None, NOW, CITY.iban, "EUR", before, after, entries)
        self.run(self.taken(said, file_id))

    def entry(self, kind: str, one: Movement) -> Entry:
        """With references that only this kind of message has."""
        reversal, payment = one.takes_back is not None, one.payment
        if reversal:
            payment = replace(payment, bank_reference=f"{kind[0]}{one.takes_back}")
        return Entry(
            one.cents, "EUR", "BOOK", one.day, one.day, f"{kind[0]}{one.number}", one.code, reversal, 1, "",
            (payment,),
        )  # fmt: skip

    async def taken(self, said: Statement, file_id: UUID) -> None:
        await self.booking.check(said)
        assert await self.booking.take(said, file_id)

    @precondition(lambda self: bool(self.waiting()))
    @rule(which=PICK, claim=PICK, allocate=st.booleans())
    def a_clerk_sees_to_it(self, which: int, claim: int, allocate: bool) -> None:
        items = self.waiting()
        item = items[which % len(items)]
        if allocate and item.amount_cents > 0:
            owed = self.claim(claim)
            item.allocate(owed.id, now=NOW)
            receipt = Receipt(BANK, "bank_transfer", str(item.id), item.amount_cents, "EUR")
            owed.record_receipt(receipt, now=NOW)
        elif not (allocate and item.reversal and self.run(self.takes_back(item, self.claim(claim)))):
            item.send_back("AA-2026-1", now=NOW)
            self.sent_back += item.amount_cents

    async def takes_back(self, item: BankItem, claim: Claim) -> bool:
        """A clerk says that the storno is of a payment of this claim."""
        cents, day = -item.amount_cents, item.booked_on
        assert day is not None
        later = await self.lookups.allocated_behind(claim.id, cents, day)
        payment_id = storno.payment_of(claim, cents, item.currency, later)
        if payment_id is None:
            return False
        work = Work(self.log.unit())
        assert storno.take_back(work, await work.load(Claim, claim.id), payment_id, item.id, cents)
        item.take_back(claim.id, now=NOW)
        return True

    def waiting(self) -> list[BankItem]:
        return [one for one in self.log.all(BankItem) if one.is_waiting]

    @invariant()
    def the_books_are_the_banks_account(self) -> None:
        """Each movement that any message told is booked once."""
        told = sum(one.cents for one in self.movements if one.said)
        books = self.log.balances()
        assert books["bank"] == told - self.sent_back
        assert sum(books.values()) == 0
        assert books["unallocated"] == -sum(one.amount_cents for one in self.waiting())

    @invariant()
    def what_is_owed_is_what_the_claims_say(self) -> None:
        books, claims = self.log.balances(), [self.claim(n) for n in range(3)]
        assert books["receivable"] == sum(one.owed_cents for one in claims)
        waiting = [task for one in claims for task in one.money_tasks.values() if not task.done]
        assert books["surplus"] == -sum(task.amount_cents for task in waiting)
        assert books["revenue:541000"] == -3 * FEE

    @invariant()
    def a_debits_money_is_its_claims(self) -> None:
        for debit in self.log.all(Debit):
            payment = self.log.streams[debit.claim_id].payments.get(debit.id)
            assert payment is None or payment.received_cents == debit.amount_cents


TestAnyStatements = AnyStatements.TestCase
TestAnyStatements.settings = settings(
    max_examples=int(os.environ.get("PORTAL_PROPERTY_EXAMPLES", "60")), stateful_step_count=40, deadline=None
)
