"""Random orders of a provider's words, its statements and the bank's, beside books that both keep themselves.

`PORTAL_PROPERTY_EXAMPLES` sets how many are tried.
"""

import os
from collections import Counter
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.payments.bank.payouts import Known, Paid
from services.payments.domain import payouts
from services.payments.domain.bank_item import BankItem, Outcome
from services.payments.domain.claim import Claim
from services.payments.domain.events import ProviderFeeCharged
from services.payments.domain.ledger import entry
from services.payments.domain.money import Word
from services.payments.domain.provider_account import Key, ProviderAccount, StatementRow
from shared.ids import new_id
from tests.services.payments.domain.test_claim import FEE, NOW, given_claim

PROVIDER = "paypal"
PICK = st.integers(0, 9)
FEES = st.sampled_from([0, 35, 47])
OUT = st.sampled_from([1000, FEE])


class AnyStatement(RuleBasedStateMachine):
    """`book` is the provider's own: every payment with its fee, every payout and month's fee, in its order.

    `told_to` is how far statements have told it, `worded` whose words have come.
    """

    def __init__(self) -> None:
        super().__init__()
        self.account = ProviderAccount.open(provider=PROVIDER, currency="EUR", now=NOW)
        self.book: list[StatementRow] = []
        self.told: dict[Key, StatementRow] = {}
        self.claims: dict[str, tuple[Claim, UUID]] = {}
        self.worded: dict[str, int] = {}
        self.items: list[BankItem] = []
        self.at_the_bank = 0
        self.sent: list[StatementRow] = []
        self.known = Known()

    def day(self) -> date:
        return NOW.date() + timedelta(days=len(self.book) % 5)

    @rule(fee=FEES, twice=st.booleans())
    def pays(self, fee: int, twice: bool) -> None:
        """At the provider; nobody here knows of it. Perhaps the same claim by two attempts."""
        claim = given_claim()
        attempts = [new_id() for _ in range(1 + twice)]
        for attempt in attempts:
            claim.open_attempt(attempt, "paypal", "http://portal/zurueck", now=NOW)
        for attempt in attempts:
            self.claims[attempt.hex] = (claim, attempt)
            self.book.append(StatementRow(self.day(), "payment", attempt.hex, FEE, fee))

    @rule(fee=FEES)
    def month_ends(self, fee: int) -> None:
        self.book.append(StatementRow(self.day(), "fee", f"month-{len(self.book)}", 0, fee))

    @rule(cents=OUT, fee=FEES)
    def pays_out(self, cents: int, fee: int) -> None:
        row = StatementRow(self.day(), "payout", f"out-{len(self.book)}", -cents, fee)
        self.book.append(row)
        self.sent.append(row)

    @precondition(lambda self: any(name not in self.worded for name in self.claims))
    @rule(which=PICK, tells_fee=st.booleans())
    def word(self, which: int, tells_fee: bool) -> None:
        """As the service takes it: without its fee where a statement has told the payment."""
        waiting = [name for name in self.claims if name not in self.worded]
        name = waiting[which % len(waiting)]
        (row,) = [one for one in self.book if one.reference == name]
        claim, attempt = self.claims[name]
        stated = ("payment", name) in self.told
        fee = row.fee_cents if tells_fee and not stated else None
        claim.record_word(attempt, Word("succeeded", "", PROVIDER, name, FEE, "EUR", fee_cents=fee), now=NOW)
        self.worded[name] = sum(
            event.amount_cents
            for event in claim.pending_events
            if isinstance(event, ProviderFeeCharged) and event.payment_id == attempt
        )

    @precondition(lambda self: bool(self.book))
    @rule(first=PICK, many=st.integers(1, 10))
    def statement(self, first: int, many: int) -> None:
        """Of any part of the book, told before or not."""
        at = first % len(self.book)
        rows = self.book[at : at + many]
        before = {row.key: self.told[row.key] for row in rows if row.key in self.told}
        fees: dict[Key, int] = {("payment", name): cents for name, cents in self.worded.items()}
        self.account.take(rows, currency="EUR", sha256="aa", known=before, fees_told=fees, now=NOW)
        for row in rows:
            if row.key not in self.told and row.kind == "payout":
                paid = Paid(PROVIDER, -row.amount_cents, "EUR")
                self.known.told.setdefault(paid, []).append(row.day)
            self.told[row.key] = row

    @precondition(lambda self: bool(self.sent))
    @rule(which=PICK)
    def arrives(self, which: int) -> None:
        """At the bank: certain where a statement told it, else it waits for a person."""
        row = self.sent.pop(which % len(self.sent))
        cents = -row.amount_cents
        self.at_the_bank += cents
        certain = self.known.expects(Paid(PROVIDER, cents, "EUR"), row.day)
        item = BankItem.receive(
            id=new_id(), now=NOW, statement_id=new_id(), file_id=new_id(), amount_cents=cents, currency="EUR",
            booked_on=row.day, outcome=Outcome.PAYOUT if certain else Outcome.PROPOSED, claim_id=None,
            proposals=[], name="PayPal", iban="", text="", provider=PROVIDER,
        )  # fmt: skip
        self.items.append(item)

    @precondition(lambda self: any(item.is_waiting for item in self.items))
    @rule(which=PICK, second=st.booleans())
    def is_found(self, which: int, second: bool) -> None:
        waiting = [item for item in self.items if item.is_waiting]
        item = waiting[which % len(waiting)]
        if second:
            payouts.propose(item, PROVIDER, "kim", now=NOW)
            payouts.confirm(item, PROVIDER, item.amount_cents, "sam", now=NOW)
        else:
            payouts.find(item, PROVIDER, now=NOW)

    @precondition(lambda self: any(not item.is_waiting for item in self.items))
    @rule(which=PICK)
    def is_undone(self, which: int) -> None:
        done = [item for item in self.items if not item.is_waiting]
        payouts.undo(done[which % len(done)], now=NOW)

    def books(self) -> Counter[str]:
        found: Counter[str] = Counter()
        streams: list[Any] = [
            self.account,
            *self.items,
            *{id(c): c for c, _ in self.claims.values()}.values(),
        ]
        for stream in streams:
            for event in stream.pending_events:
                for line in entry(event):
                    found[line.account] += line.cents
        return found

    @invariant()
    def the_books_sum_to_zero(self) -> None:
        assert sum(self.books().values()) == 0

    @invariant()
    def fees_are_what_was_told_once(self) -> None:
        """Of a payment: the statement's, or until then the word's."""
        stated = sum(row.fee_cents for row in self.told.values())
        worded = sum(cents for name, cents in self.worded.items() if ("payment", name) not in self.told)
        assert self.books()[f"fees:{PROVIDER}"] == stated + worded

    @invariant()
    def the_provider_holds_what_its_book_says(self) -> None:
        """Of what was told here: a payment by its word, a fee by word or statement, a payout by statement."""
        came = FEE * len(self.worded)
        out = sum(-row.amount_cents for row in self.told.values() if row.kind == "payout")
        books = self.books()
        assert books[f"provider:{PROVIDER}"] == came - books[f"fees:{PROVIDER}"] - out

    @invariant()
    def what_is_on_its_way_is_what_one_side_has_told(self) -> None:
        books = self.books()
        out = sum(-row.amount_cents for row in self.told.values() if row.kind == "payout")
        found = sum(item.amount_cents for item in self.items if not item.is_waiting)
        waits = sum(item.amount_cents for item in self.items if item.is_waiting)
        assert books[f"transit:{PROVIDER}"] == out - found
        assert (books["bank"], books["unallocated"]) == (self.at_the_bank, -waits)

    def teardown(self) -> None:
        """In the end all is told and has come: the provider holds what its book says, and nothing is on its
        way."""
        while any(name not in self.worded for name in self.claims):
            self.word(0, True)
        if self.book:
            self.statement(0, len(self.book))
        while self.sent:
            self.arrives(0)
        for item in self.items:
            if item.is_waiting:
                payouts.find(item, PROVIDER, now=NOW)
        books = self.books()
        assert books[f"provider:{PROVIDER}"] == sum(row.amount_cents - row.fee_cents for row in self.book)
        assert (books[f"transit:{PROVIDER}"], books["unallocated"]) == (0, 0)


TestAnyStatement = AnyStatement.TestCase
TestAnyStatement.settings = settings(
    max_examples=int(os.environ.get("PORTAL_PROPERTY_EXAMPLES", "100")), stateful_step_count=30, deadline=None
)
