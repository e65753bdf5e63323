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
from services.payments.domain.pro_rata import Period, pro_rata_cents
from services.payments.domain.reductions import Reduction, reduce, share_of
from services.payments.domain.refunds import Wish
from services.payments.domain.refusals import ClaimRefused, NotRefundable
from services.payments.domain.settlements import Settlement
from shared.ids import new_id
from tests.services.payments.domain.test_claim import FEE, NOW, VOUCHER, given_claim

PROVIDER = "girocheckout"
CENTS = st.sampled_from([FEE, 1000, FEE, FEE + 500])
PICK = st.integers(0, 7)
LIMIT = 1500
YEAR = date(2027, 1, 1), date(2027, 12, 31)


class AnyHistory(RuleBasedStateMachine):
    """`statement` is what each party says it holds for the city: never read from the claim."""

    def __init__(self) -> None:
        super().__init__()
        self.claim = given_claim()
        self.statement: Counter[str] = Counter()
        self.received: Counter[UUID] = Counter()
        self.returned: Counter[UUID] = Counter()
        self.gone: Counter[UUID] = Counter()
        self.again: Counter[UUID] = Counter()
        self.told: dict[UUID, set[str]] = defaultdict(set)
        self.went_out: dict[UUID, bool] = {}
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
        self.claim.record_word(attempt_id, told, now=NOW)
        if said == "succeeded" and attempt_id not in self.received:
            self.received[attempt_id] = cents
            self.statement[f"provider:{PROVIDER}"] += cents - fee

    @rule(reference=st.integers(0, 3), cents=CENTS, source=st.sampled_from(["bank", "cash"]))
    def receipt(self, reference: int, cents: int, source: str) -> None:
        payment_id = self.claim.receipt_id(source, str(reference))
        self.claim.record_receipt(Receipt(source, "transfer", str(reference), cents, "EUR"), now=NOW)
        if payment_id not in self.received:
            self.received[payment_id] = cents
            self.statement[source] += cents

    @precondition(lambda self: bool(self.received))
    @rule(which=PICK, charges=st.sampled_from([0, 300]), reference=st.sampled_from("ABC"), cents=CENTS)
    def reversal(self, which: int, charges: int, reference: str, cents: int) -> None:
        payment_id = self.pick(self.received, which)
        told = Reversal("MD06", reference, cents, charges)
        result = self.claim.record_reversal(payment_id, told, now=NOW)
        self.goes(payment_id, told, result, Recorded.REVERSED)

    @precondition(lambda self: bool(self.received))
    @rule(which=PICK, reference=st.sampled_from("ABC"), cents=CENTS)
    def refund_elsewhere(self, which: int, reference: str, cents: int) -> None:
        payment_id = self.pick(self.received, which)
        told = Reversal("REFUNDED", reference, cents)
        if is_receipt(self.claim.payments[payment_id].provider):
            with pytest.raises(NotRefundable):
                self.claim.record_refund_elsewhere(payment_id, told, now=NOW)
            return
        maybe_ours = any(
            one.payment_id == payment_id and one.state in ("pending", "unclear") and one.amount_cents == cents
            for one in self.claim.refunds.values()
        )
        result = self.claim.record_refund_elsewhere(payment_id, told, now=NOW)
        if maybe_ours:
            assert result is Recorded.DUPLICATE
        else:
            self.goes(payment_id, told, result, Recorded.GIVEN_BACK)

    def goes(self, payment_id: UUID, told: Reversal, result: Recorded, moved: Recorded) -> None:
        there = self.received[payment_id] - self.gone[payment_id]
        known = told.reference in self.told[payment_id]
        assert (result is moved) == (not known and 0 < told.amount_cents <= there), result
        if result is moved:
            self.told[payment_id].add(told.reference)
            self.gone[payment_id] += told.amount_cents
            self.statement[self.place(payment_id)] -= told.amount_cents + told.charges_cents

    @precondition(lambda self: any(self.gone.values()))
    @rule(which=PICK, reference=st.sampled_from("ab"), cents=CENTS)
    def undoing(self, which: int, reference: str, cents: int) -> None:
        payment_id = self.pick((one for one, gone in self.gone.items() if gone), which)
        told = Reversal("WON", reference, cents)
        result = self.claim.record_undoing(payment_id, told, now=NOW)
        known = reference in self.told[payment_id]
        assert (result is Recorded.RESTORED) == (not known and cents <= self.gone[payment_id])
        if result is Recorded.RESTORED:
            self.told[payment_id].add(reference)
            self.gone[payment_id] -= cents
            self.again[payment_id] += cents
            self.statement[self.place(payment_id)] += cents

    def place(self, payment_id: UUID) -> str:
        provider = self.claim.payments[payment_id].provider
        return f"provider:{PROVIDER}" if provider == PROVIDER else provider

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

    @rule(month=st.integers(1, 12), part=st.sampled_from([0, 2500]))
    def end_early(self, month: int, part: int) -> None:
        """As the service does; together it is the share, unless a wish for some of it waits. Perhaps a part
        came just before."""
        if part:
            self.receipt(10 + len(self.received), part, "bank")
        day, claim = date(2027, month, 15), self.claim
        before, waits = claim.claimed_cents, any(r.state == "requested" for r in claim.refunds.values())
        share = share_of(claim, Period(*YEAR, day))
        if share.reduced_cents:
            reduce(claim, Reduction(new_id(), share.reduced_cents, "x"), now=NOW)
        left = share.refunded_cents
        for payment_id, cents in refunds.left_of(claim).items():
            if part := min(left, cents):
                left -= part
                wish = Wish(new_id(), part, "x", "rule", "provider", 10**6, payment_id)
                refunds.request(claim, wish, now=NOW)
        assert left == 0
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
        if task is None:
            return
        if task.refund_id in self.went_out:
            how = Settled.RETURNED_BY_PROVIDER if self.went_out[task.refund_id] else how
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
        if task is None:
            return
        how = Settled(task.proposal.how)
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

    def is_settled(self, task: Any, how: Settled) -> None:
        if how is Settled.KEPT_BY_AGREEMENT:
            self.kept_by_agreement += task.amount_cents
            return
        self.returned[task.payment_id] += task.amount_cents
        if how is Settled.RETURNED_BY_TRANSFER:
            self.statement["bank"] -= task.amount_cents
        elif not self.went_out.get(task.refund_id):
            where = f"provider:{PROVIDER}" if task.provider == PROVIDER else task.provider
            self.statement[where] -= task.amount_cents

    @precondition(lambda self: bool(self.received))
    @rule(which=PICK, cents=CENTS, of_task=st.booleans())
    def request_refund(self, which: int, cents: int, of_task: bool) -> None:
        task = self.pick((t for t in self.claim.money_tasks.values() if not t.done), which)
        payment_id = self.pick(self.received, which)
        if of_task and task is not None:
            wish = Wish(new_id(), task.amount_cents, "x", "kim", "provider", LIMIT, task_version=task.version)
        else:
            wish = Wish(new_id(), cents, "x", "kim", "provider", LIMIT, payment_id)
        try:
            refunds.request(self.claim, wish, now=NOW)
        except ClaimRefused:
            assert wish.refund_id not in self.claim.refunds

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

    @precondition(lambda self: any(r.state == "approved" for r in self.claim.refunds.values()))
    @rule(
        which=PICK,
        pays=st.booleans(),
        answer=st.sampled_from(["succeeded", "failed", "unknown", "lost"]),
    )
    def carry_out(self, which: int, pays: bool, answer: str) -> None:
        refund = self.pick((r for r in self.claim.refunds.values() if r.state == "approved"), which)
        refunds.order(self.claim, refund.refund_id, now=NOW)
        if answer == "lost":
            refunds.record_doubt(self.claim, refund.refund_id, "timeout", now=NOW)
            self.went_out[refund.refund_id] = pays
            self.leaves(refund) if pays else None
            return
        refunds.record_outcome(self.claim, refund.refund_id, answer, "4000", "ref", now=NOW)
        if answer == "succeeded":
            self.leaves(refund)
            self.returned[refund.payment_id] += refund.amount_cents

    @precondition(lambda self: any(r.state == "pending" for r in self.claim.refunds.values()))
    @rule(which=PICK, answer=st.sampled_from(["succeeded", "failed"]))
    def later(self, which: int, answer: str) -> None:
        refund = self.pick((r for r in self.claim.refunds.values() if r.state == "pending"), which)
        if refund is None:
            return
        refunds.record_outcome(self.claim, refund.refund_id, answer, "4000", "ref", now=NOW)
        if answer == "succeeded":
            self.leaves(refund)
            self.returned[refund.payment_id] += refund.amount_cents

    def leaves(self, refund: Any) -> None:
        provider = self.claim.payments[refund.payment_id].provider
        where = f"provider:{PROVIDER}" if provider == PROVIDER else provider
        self.statement[where] -= refund.amount_cents

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
        unseen = sum(  # went out, and the person who looks has not said so yet
            refund.amount_cents
            for refund in self.claim.refunds.values()
            if refund.state == "unclear" and self.went_out[refund.refund_id]
        )
        held = {name: books[name] for name in (f"provider:{PROVIDER}", "bank", "cash")}
        assert sum(held.values()) - unseen == sum(self.statement.values())
        if not unseen:
            assert held == {name: self.statement[name] for name in held}
        assert {name: books[name] for name in waiting} == waiting
        assert books["revenue:541000"] == -self.claim.claimed_cents - self.kept_by_agreement
        assert books["reclaimable"] >= 0

    @invariant()
    def nothing_goes_back_that_did_not_come(self) -> None:
        for payment_id, cents in self.returned.items():
            assert cents <= self.received[payment_id] + self.again[payment_id]

    @invariant()
    def what_was_taken_back_is_nobodys_to_give(self) -> None:
        for task in self.claim.money_tasks.values():
            refund = self.claim.refunds.get(task.refund_id) if task.refund_id else None
            waits = not task.done and task.proposal is None
            free = waits and (refund is None or refund.state in ("declined", "failed"))
            assert not free or self.claim.payments[task.payment_id].reclaimable_cents == 0

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


def balances(claim: Any) -> Counter[str]:
    found: Counter[str] = Counter()
    for event in claim.pending_events:
        for line in entry(event):
            found[line.account] += line.cents
    return found


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(
    max_examples=int(os.environ.get("PORTAL_PROPERTY_EXAMPLES", "100")), stateful_step_count=50, deadline=None
)
