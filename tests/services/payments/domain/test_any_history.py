"""Random histories of a claim, beside books that a provider and a bank keep for themselves.

`PORTAL_PROPERTY_EXAMPLES` sets how many are tried.
"""

import os
from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.payments.domain import refunds, settlements
from services.payments.domain.dunning import STEPS
from services.payments.domain.ledger import entry
from services.payments.domain.money import Receipt, Recorded, Reversal, Word, is_receipt
from services.payments.domain.money_tasks import Settled
from services.payments.domain.offsets import free_tasks
from services.payments.domain.pro_rata import Period, pro_rata_cents
from services.payments.domain.reductions import Reduction, reduce, share_of
from services.payments.domain.refunds import Wish
from services.payments.domain.refunds_elsewhere import record_outcome
from services.payments.domain.refusals import ClaimRefused, NotRefundable
from services.payments.domain.settlements import Settlement
from shared.ids import new_id
from tests.services.payments.domain.claims import balances, is_made_up, of_provider
from tests.services.payments.domain.counterpart import Carried, Counterpart
from tests.services.payments.domain.test_claim import FEE, NOW, VOUCHER, given_claim

PROVIDER = "girocheckout"
AT = f"provider:{PROVIDER}"
CENTS = st.sampled_from([FEE, 1000, FEE, FEE + 500])
PICK = st.integers(0, 7)
LIMIT = 1500
YEAR = date(2027, 1, 1), date(2027, 12, 31)


class AnyHistory(RuleBasedStateMachine):
    """`others` is what each party says it holds for the city: never read from the claim."""

    def __init__(self) -> None:
        super().__init__()
        self.claim = given_claim()
        self.others = Counterpart()
        self.returned: Counter[UUID] = Counter()
        self.told: dict[UUID, set[str]] = defaultdict(set)
        self.orders: dict[UUID, Carried | None] = {}
        self.kept_by_agreement = 0
        self.entries = self.charged = 0
        self.attempt()

    def pick(self, things: Any, which: int) -> Any:
        found = list(things)
        return found[which % len(found)] if found else None

    @rule()
    def attempt(self) -> None:
        attempt_id = new_id()
        try:
            self.claim.open_attempt(attempt_id, "card", "http://portal/zurueck", now=NOW)
        except ClaimRefused:
            return
        self.claim.record_start(attempt_id, PROVIDER, attempt_id.hex, now=NOW)

    @rule(
        which=PICK,
        cents=CENTS,
        fee=st.sampled_from([0, 35]),
        said=st.sampled_from(["succeeded", "failed", "succeeded", "unknown", "approved"]),
    )
    def word(self, which: int, cents: int, fee: int, said: str) -> None:
        attempt_id = self.pick(self.claim.attempts, which)
        if attempt_id is None:
            return
        told = Word(said, "4000", PROVIDER, attempt_id.hex, cents, "EUR", fee_cents=fee)
        before = self.claim.version
        self.claim.record_word(attempt_id, told, now=NOW)
        if said == "succeeded" and attempt_id not in self.others.came:
            self.others.comes(AT, attempt_id, cents, fee)
        assert is_made_up(self.claim, before)

    @rule(which=PICK, cents=CENTS, state=st.sampled_from(["refunded", "reversed"]), paid=st.booleans())
    def early_word(self, which: int, cents: int, state: str, paid: bool) -> None:
        """What becomes of a payment is told before the payment is, perhaps just before."""
        attempt_id = self.pick((one for one in self.claim.attempts if one not in self.others.came), which)
        if attempt_id is not None:
            reference = self.others.tells_early(attempt_id, state, cents)
            told = Word(state, "4000", PROVIDER, reference, cents, "EUR")
            assert self.claim.record_word(attempt_id, told, now=NOW) is Recorded.EARLY
            if paid:
                self.word(list(self.claim.attempts).index(attempt_id), FEE, 0, "succeeded")

    @rule(reference=st.integers(0, 3), cents=CENTS, source=st.sampled_from(["bank", "cash"]))
    def receipt(self, reference: int, cents: int, source: str) -> None:
        payment_id, before = self.claim.receipt_id(source, str(reference)), self.claim.version
        self.claim.record_receipt(Receipt(source, "transfer", str(reference), cents, "EUR"), now=NOW)
        if payment_id not in self.others.came:
            self.others.comes(source, payment_id, cents)
        assert is_made_up(self.claim, before)

    @precondition(lambda self: bool(self.others.came))
    @rule(which=PICK, charges=st.sampled_from([0, 300]), reference=st.sampled_from("ABC"), cents=CENTS)
    def reversal(self, which: int, charges: int, reference: str, cents: int) -> None:
        payment_id = self.pick(self.others.came, which)
        known, most = reference in self.told[payment_id], self.others.may_be_taken(payment_id)
        if cents > most and self.others.carried:
            return  # no bank takes what it has seen go
        owed = self.claim.owed_cents
        result = self.claim.record_reversal(payment_id, Reversal("MD06", reference, cents, charges), now=NOW)
        assert self.claim.owed_cents <= owed or not list(free_tasks(self.claim, payment_id))
        assert (result is Recorded.REVERSED) == (not known and cents <= most), result
        if result is Recorded.REVERSED:
            self.told[payment_id].add(reference)
            self.others.takes(self.place(payment_id), payment_id, cents, charges)

    @precondition(lambda self: any(self.others.taken.values()))
    @rule(which=PICK, reference=st.sampled_from("ab"), cents=CENTS)
    def undoing(self, which: int, reference: str, cents: int) -> None:
        payment_id = self.pick((one for one, gone in self.others.taken.items() if gone), which)
        known = reference in self.told[payment_id]
        if not known and cents > self.others.taken[payment_id] - self.others.again[payment_id]:
            return
        before = self.claim.version
        result = self.claim.record_undoing(payment_id, Reversal("WON", reference, cents), now=NOW)
        assert is_made_up(self.claim, before)
        assert result is (Recorded.DUPLICATE if known else Recorded.RESTORED)
        if not known:
            self.told[payment_id].add(reference)
            self.others.brings(self.place(payment_id), payment_id, cents)

    @precondition(lambda self: bool(self.others.came))
    @rule(which=PICK, cents=CENTS, tells=st.booleans())
    def refund_elsewhere(self, which: int, cents: int, tells: bool) -> None:
        """Somebody gives money back in the provider's own pages; its word may come later."""
        payment_id = self.pick(self.others.came, which)
        if is_receipt(self.claim.payments[payment_id].provider):
            with pytest.raises(NotRefundable):
                self.claim.record_refund_elsewhere(payment_id, Reversal("REFUNDED", "X", cents), now=NOW)
            return
        refund = self.others.carry(AT, payment_id, cents)
        if refund is not None and tells:
            self.tell(refund)

    @precondition(lambda self: bool(self.others.carried))
    @rule(which=PICK)
    def word_of_a_refund(self, which: int) -> None:
        """Of any that the provider has carried out, and as often as it likes."""
        self.tell(self.pick(self.others.carried, which))

    def tell(self, refund: Carried) -> None:
        told, news = Reversal("REFUNDED", refund.reference, refund.cents), self.others.says(refund)
        result = self.claim.record_refund_elsewhere(refund.payment_id, told, now=NOW)
        assert result is (Recorded.GIVEN_BACK if news else Recorded.DUPLICATE)

    def place(self, payment_id: UUID) -> str:
        provider = self.claim.payments[payment_id].provider
        return AT if provider == PROVIDER else provider

    @rule(refund=st.booleans())
    def withdraw(self, refund: bool) -> None:
        self.claim.withdraw_claim("withdrawn", refund=refund, now=NOW)

    @rule(cents=CENTS)
    def reduce(self, cents: int) -> None:
        before, once = self.claim.owed_cents, Reduction(new_id(), cents, "x")
        try:
            reduce(self.claim, once, now=NOW)
        except ClaimRefused:
            return
        if self.claim.condition != "cancelled":
            reduce(self.claim, once, now=NOW)
        assert self.claim.owed_cents == before - cents

    @rule(month=st.integers(1, 12), part=st.sampled_from([0, 2500]), limit=st.sampled_from([0, 10**6]))
    def end_early(self, month: int, part: int, limit: int) -> None:
        """As the service does; together it is the share, unless a wish for some of it waits. Perhaps a part
        came just before."""
        if part:
            self.receipt(10 + len(self.others.came), part, "bank")
        day, claim = date(2027, month, 15), self.claim
        before, waits = claim.claimed_cents, any(r.state == "requested" for r in claim.refunds.values())
        share = share_of(claim, Period(*YEAR, day))
        if share.reduced_cents:
            reduce(claim, Reduction(new_id(), share.reduced_cents, "x"), now=NOW)
        left = share.refunded_cents
        for payment_id, cents in refunds.left_of(claim).items():
            if part := min(left, cents):
                left -= part
                wish = Wish(new_id(), part, "x", "rule", self.via(payment_id), limit, payment_id)
                refunds.request(claim, wish, now=NOW)
        assert left == 0
        if not limit:
            return  # it waits for its second person
        assert before - claim.claimed_cents == share.reduced_cents + share.refunded_cents
        used = FEE - pro_rata_cents(FEE, *YEAR, day) + self.charged
        assert claim.claimed_cents >= min(before, used)
        if claim.condition in ("open", "settled") and not waits:
            assert claim.claimed_cents == min(before, used)

    @rule(days=st.sampled_from([7, 21, 42]))
    def dun(self, days: int) -> None:
        step = self.claim.dun(NOW.date() + timedelta(days=days + 7), STEPS, now=NOW)
        self.charged += step.charge_cents if step else 0

    @precondition(lambda self: any(not t.done for t in self.claim.money_tasks.values()))
    @rule(which=PICK, how=st.sampled_from(Settled))
    def settle_task(self, which: int, how: Settled) -> None:
        task = self.pick((t for t in self.claim.money_tasks.values() if not t.done), which)
        how = self.way(task, how)
        said = Settlement(task.version, how, task.amount_cents, VOUCHER, "kim")
        try:
            if not settlements.settle(self.claim, said, LIMIT, now=NOW):
                return
        except ClaimRefused:
            return
        self.is_settled(task, how)

    @precondition(lambda self: any(t.proposal for t in self.claim.money_tasks.values()))
    @rule(which=PICK, agrees=st.booleans(), who=st.sampled_from(["kim", "sam"]))
    def second_person_on_a_task(self, which: int, agrees: bool, who: str) -> None:
        task = self.pick((t for t in self.claim.money_tasks.values() if t.proposal), which)
        how = Settled(task.proposal.how)
        agrees = agrees and self.way(task, how) is how  # the bank may have taken it meanwhile
        read = Settlement(task.version, how, task.proposal.amount_cents, task.proposal.voucher, who)
        decide = settlements.confirm if agrees else settlements.decline
        try:
            decide(self.claim, read, now=NOW)
        except ClaimRefused:
            assert who == "kim"
            return
        assert who == "sam"
        if agrees:
            self.is_settled(task, how)

    def way(self, task: Any, how: Settled) -> Settled:
        """What a person finds who looks: an order that went out; or no more than is there to give back."""
        ordered = self.orders.get(task.refund_id)
        if ordered is not None and not ordered.told:
            return Settled.RETURNED_BY_PROVIDER
        if how is Settled.RETURNED_BY_PROVIDER and task.provider == PROVIDER:
            there = task.amount_cents <= self.others.left(task.payment_id)
            return how if there else Settled.KEPT_BY_AGREEMENT
        return how

    def is_settled(self, task: Any, how: Settled) -> None:
        payment_id, cents = task.payment_id, task.amount_cents
        if how is Settled.KEPT_BY_AGREEMENT:
            self.kept_by_agreement += cents
            return
        self.returned[payment_id] += cents
        if how is Settled.RETURNED_BY_TRANSFER:
            self.others.holds["bank"] -= cents
        elif task.provider != PROVIDER:
            self.others.holds[task.provider] -= cents
        else:
            ordered = self.orders.get(task.refund_id)
            if ordered is None or ordered.told:
                assert self.others.carry(AT, payment_id, cents) is not None
            self.others.seen(payment_id, cents)

    @precondition(lambda self: bool(self.others.came))
    @rule(which=PICK, cents=CENTS, of_task=st.booleans())
    def request_refund(self, which: int, cents: int, of_task: bool) -> None:
        task = self.pick((t for t in self.claim.money_tasks.values() if not t.done), which)
        payment_id = self.pick(self.others.came, which)
        if of_task and task is not None:
            wish = Wish(
                new_id(), task.amount_cents, "x", "kim", self.via(task.payment_id), LIMIT,
                task_version=task.version,
            )  # fmt: skip
        else:
            wish = Wish(new_id(), cents, "x", "kim", self.via(payment_id), LIMIT, payment_id)
        try:
            refunds.request(self.claim, wish, now=NOW)
        except ClaimRefused:
            assert wish.refund_id not in self.claim.refunds

    def via(self, payment_id: UUID) -> str:
        return "transfer" if is_receipt(self.claim.payments[payment_id].provider) else "provider"

    @precondition(lambda self: any(r.state == "requested" for r in self.claim.refunds.values()))
    @rule(which=PICK, agrees=st.booleans(), who=st.sampled_from(["kim", "sam"]))
    def second_person(self, which: int, agrees: bool, who: str) -> None:
        waiting = (r.refund_id for r in self.claim.refunds.values() if r.state == "requested")
        refund_id = self.pick(waiting, which)
        if refund_id is None:
            return
        decide = refunds.approve if agrees else refunds.decline
        try:
            decide(self.claim, refund_id, who, now=NOW)
        except ClaimRefused:
            return
        assert who != self.claim.refunds[refund_id].requested_by

    @precondition(lambda self: bool(of_provider(self.claim, "approved")))
    @rule(
        which=PICK, pays=st.booleans(), meanwhile=st.booleans(),
        answer=st.sampled_from(["succeeded", "failed", "unknown", "lost"]),
    )  # fmt: skip
    def carry_out(self, which: int, pays: bool, meanwhile: bool, answer: str) -> None:
        """Between order and answer somebody may give as much back in the provider's own pages."""
        refund = self.pick(of_provider(self.claim, "approved"), which)
        refunds.order(self.claim, refund.refund_id, now=NOW)
        if meanwhile:
            self.refund_elsewhere_of(refund)
        if answer == "lost":
            self.orders[refund.refund_id] = self.carries(refund) if pays else None
            refunds.record_doubt(self.claim, refund.refund_id, "timeout", now=NOW)
        else:
            self.answer(refund, answer)

    def refund_elsewhere_of(self, refund: Any) -> None:
        given = self.others.carry(AT, refund.payment_id, refund.amount_cents)
        if given is not None:
            self.tell(given)

    def carries(self, refund: Any) -> Carried | None:
        return self.others.carry(AT, refund.payment_id, refund.amount_cents, by_order=True)

    @precondition(lambda self: bool(of_provider(self.claim, "pending")))
    @rule(which=PICK, answer=st.sampled_from(["succeeded", "failed"]), word_first=st.booleans())
    def later(self, which: int, answer: str, word_first: bool) -> None:
        refund = self.pick(of_provider(self.claim, "pending"), which)
        if refund is not None:
            self.answer(refund, answer, word_first=word_first)

    def answer(self, refund: Any, answer: str, *, word_first: bool = False) -> None:
        """The provider's own to our order; it gives no more than is there."""
        carried = self.carries(refund) if answer == "succeeded" else None
        said = "failed" if answer == "succeeded" and carried is None else answer
        reference = carried.reference if carried else ""
        if carried is not None and word_first:
            self.tell(carried)
        record_outcome(self.claim, refund.refund_id, said, "4000", reference, now=NOW)
        if carried is not None:
            self.others.says(carried)
            self.returned[refund.payment_id] += refund.amount_cents

    @invariant()
    def every_entry_is_balanced(self) -> None:
        for event in self.claim.pending_events[self.entries :]:
            lines: Any = entry(event)  # type: ignore[arg-type]
            assert sum(line.cents for line in lines) == 0
        self.entries = len(self.claim.pending_events)

    @invariant()
    def the_books_are_what_the_others_say(self) -> None:
        books = balances(self.claim)
        waiting = Counter({"surplus": 0, "refundable": 0})
        for task in self.claim.money_tasks.values():
            waiting[task.account] -= 0 if task.done else task.amount_cents
        held = {name: books[name] for name in (AT, "bank", "cash")}
        holds = {name: self.others.holds[name] for name in held}
        assert held == {**holds, AT: holds[AT] + self.others.unseen()}
        assert {name: books[name] for name in waiting} == waiting
        assert books["revenue:541000"] == -self.claim.claimed_cents - self.kept_by_agreement
        assert books["reclaimable"] >= 0

    @invariant()
    def nothing_goes_back_that_did_not_come(self) -> None:
        for payment_id, cents in self.returned.items():
            assert cents <= self.others.came[payment_id] + self.others.again[payment_id]

    @invariant()
    def what_was_taken_back_is_nobodys_to_give(self) -> None:
        for task in self.claim.money_tasks.values():
            refund = self.claim.refunds.get(task.refund_id) if task.refund_id else None
            waits = not task.done and task.proposal is None
            free = waits and (refund is None or refund.state not in ("ordered", "pending", "unclear"))
            assert not free or self.claim.payments[task.payment_id].reclaimable_cents == 0

    @invariant()
    def nobody_is_asked_for_what_is_gone(self) -> None:
        wanted: Counter[UUID] = Counter()
        for wish in refunds.wishes(self.claim):
            wanted[wish.payment_id] += wish.amount_cents
        assert not wanted or self.claim.condition in ("open", "settled")
        assert all(cents <= self.claim.payments[one].kept_cents for one, cents in wanted.items())

    @invariant()
    def one_settlement_at_most_is_kept(self) -> None:
        claim = self.claim
        owed = balances(claim)["receivable"]
        assert 0 <= claim.kept_cents <= FEE + self.charged
        assert owed == (claim.owed_cents if claim.condition == "open" else 0)
        if claim.condition == "settled":
            assert claim.kept_cents == claim.claimed_cents
        if claim.condition in ("refund_due", "refunded", "refund_waived"):
            assert claim.kept_cents == 0


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(
    max_examples=int(os.environ.get("PORTAL_PROPERTY_EXAMPLES", "100")), stateful_step_count=50, deadline=None
)
