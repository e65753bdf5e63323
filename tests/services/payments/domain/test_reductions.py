"""Less is owed where something ended early: what is open goes first, what is paid goes back."""

from collections import Counter
from datetime import date, timedelta

import pytest

from services.payments.domain import refunds
from services.payments.domain.bookings import bookings
from services.payments.domain.claim import Claim
from services.payments.domain.dunning import STEPS
from services.payments.domain.events import ClaimCancelled, PaymentSettled, SurplusReceived
from services.payments.domain.ledger import entry
from services.payments.domain.money import Receipt, Recorded, Reversal
from services.payments.domain.pro_rata import Period
from services.payments.domain.reduction_events import ClaimReduced
from services.payments.domain.reductions import Reduction, Share, reduce, share_of
from services.payments.domain.refunds import Wish
from services.payments.domain.refusals import ClaimRefused, NotReducible, ReductionTooHigh
from shared.ids import new_id
from tests.services.payments.domain.test_claim import FEE, NOW, given_attempt, given_claim, names, word

YEAR = date(2027, 1, 1), date(2027, 12, 31)
HALF = FEE // 2
FEE_OF_DUNNING = 500


def ended(day: date = date(2027, 6, 30)) -> Period:
    return Period(*YEAR, day)


def less(cents: int = HALF) -> Reduction:
    return Reduction(new_id(), cents, "given_up_early")


def given_returned(*, dunned: bool = False, part: int = 0) -> Claim:
    """A claim of which the bank took the money back; perhaps dunned, or paid in part since."""
    claim = given_claim()
    claim.record_word(given_attempt(claim), word("succeeded"), now=NOW)
    [payment_id] = claim.payments
    claim.record_reversal(payment_id, Reversal("MD06", "R", FEE, 300), now=NOW)
    for days in (7, 21) if dunned else ():
        claim.dun(NOW.date() + timedelta(days=days), STEPS, now=NOW)
    if part:
        claim.record_receipt(Receipt("bank", "bank_transfer", "E1", part, "EUR"), now=NOW)
    return claim


def books(claim: Claim) -> dict[str, int]:
    found: Counter[str] = Counter()
    for event in claim.pending_events:
        for line in entry(event):  # type: ignore[arg-type]
            found[line.account] += line.cents
    assert sum(found.values()) == 0
    return {account: cents for account, cents in found.items() if cents}


class TestAReduction:
    def test_of_an_open_claim_is_so_much_less_to_pay(self) -> None:
        claim = given_returned()
        reduce(claim, less(), now=NOW)
        [event] = claim.pending_events[-1:]
        assert isinstance(event, ClaimReduced)
        assert (event.amount_cents, event.fee_cents, event.owed_cents) == (HALF, HALF, HALF)
        assert (claim.condition, claim.owed_cents, claim.amount_cents) == ("open", HALF, FEE)
        assert books(claim) == {
            "receivable": HALF, "revenue:541000": -HALF, "charges": 300, "provider:girocheckout": -300,
        }  # fmt: skip

    def test_says_what_is_left_of_a_fee_that_went_back_in_part(self) -> None:
        claim = given_claim()
        claim.record_word(given_attempt(claim), word("succeeded"), now=NOW)
        [payment_id] = claim.payments
        claim.record_refund_elsewhere(payment_id, Reversal("REFUNDED", "R1", 1000), now=NOW)
        claim.record_reversal(payment_id, Reversal("MD06", "R2", FEE - 1000), now=NOW)
        reduce(claim, less(500), now=NOW)
        [event] = claim.pending_events[-1:]
        assert isinstance(event, ClaimReduced)
        assert (event.fee_cents, event.owed_cents, claim.claimed_cents) == (FEE - 1500,) * 3

    def test_told_again_is_the_same(self) -> None:
        claim, once = given_returned(), less()
        reduce(claim, once, now=NOW)
        before = len(claim.pending_events)
        reduce(claim, once, now=NOW)
        assert (len(claim.pending_events), claim.owed_cents) == (before, HALF)

    def test_to_what_has_come_settles_the_claim(self) -> None:
        claim = given_returned(part=1000)
        once = less(FEE - 1000)
        reduce(claim, once, now=NOW)
        assert (claim.condition, claim.owed_cents, claim.settled_at) == ("settled", 0, NOW)
        assert claim.settled_by == claim.receipt_id("bank", "E1")
        reduce(claim, once, now=NOW)
        assert claim.claimed_cents == claim.kept_cents == 1000

    def test_to_nothing_cancels_the_claim(self) -> None:
        claim = given_returned()
        reduce(claim, less(FEE), now=NOW)
        assert names(claim)[-1] is ClaimCancelled
        assert claim.condition == "cancelled"
        assert books(claim) == {"charges": 300, "provider:girocheckout": -300}

    def test_is_booked_negative_on_the_sides_of_the_claim(self) -> None:
        claim = given_returned()
        reduce(claim, less(), now=NOW)
        lines = bookings(claim.pending_events[-1])  # type: ignore[arg-type]
        assert [(one.account, one.side, one.cents, one.undoes) for one in lines] == [
            ("revenue:541000", "H", -HALF, True), ("receivable", "S", -HALF, True),
        ]  # fmt: skip
        assert {one.text for one in lines} == {"Forderung teilweise abgesetzt"}

    @pytest.mark.parametrize("cents", [0, -1, FEE + 1])
    def test_is_refused_of_more_than_is_open(self, cents: int) -> None:
        refuses(given_returned(), ReductionTooHigh, cents)

    def test_is_refused_of_what_is_paid(self) -> None:
        refuses(given_returned(part=2000), ReductionTooHigh, FEE - 2000 + 1)

    def test_is_refused_of_what_dunning_has_cost(self) -> None:
        claim = given_returned(dunned=True)
        assert claim.owed_cents == FEE + FEE_OF_DUNNING
        refuses(claim, ReductionTooHigh, FEE + 1)
        reduce(claim, less(FEE), now=NOW)
        assert (claim.condition, claim.owed_cents) == ("open", FEE_OF_DUNNING)

    def test_is_refused_of_a_claim_that_is_settled(self) -> None:
        claim = given_claim()
        claim.record_word(given_attempt(claim), word("succeeded"), now=NOW)
        refuses(claim, NotReducible, HALF)

    def test_is_refused_of_a_claim_that_is_cancelled(self) -> None:
        claim = given_claim()
        claim.withdraw_claim("withdrawn", now=NOW)
        refuses(claim, NotReducible, HALF)


def refuses(claim: Claim, why: type[ClaimRefused], cents: int) -> None:
    before = len(claim.pending_events)
    with pytest.raises(why):
        reduce(claim, less(cents), now=NOW)
    assert len(claim.pending_events) == before


class TestTheShare:
    @pytest.mark.parametrize(
        ("part", "share"),
        [
            (0, Share(HALF, 0)),
            (1000, Share(HALF, 0)),
            (HALF, Share(HALF, 0)),
            (2500, Share(560, 970)),  # what is open goes first
        ],
    )
    def test_is_open_before_it_is_paid(self, part: int, share: Share) -> None:
        assert share_of(given_returned(part=part), ended()) == share

    def test_of_a_paid_claim_goes_back(self) -> None:
        claim = given_claim()
        claim.record_word(given_attempt(claim), word("succeeded"), now=NOW)
        assert share_of(claim, ended()) == Share(0, HALF)

    def test_is_of_the_fee_without_what_dunning_has_cost(self) -> None:
        assert share_of(given_returned(dunned=True), ended()) == Share(HALF, 0)
        paid = given_returned(dunned=True, part=FEE + FEE_OF_DUNNING - 100)
        assert share_of(paid, ended()) == Share(100, HALF - 100)

    def test_is_all_of_what_never_began(self) -> None:
        before = Period(date(2027, 1, 1), date(2027, 12, 15), date(2026, 12, 31))
        assert share_of(given_returned(part=1000), before) == Share(FEE - 1000, 1000)

    def test_is_nothing_once_it_was_reduced(self) -> None:
        claim = given_returned()
        reduce(claim, less(), now=NOW)
        assert share_of(claim, ended()) == Share(0, 0)

    def test_is_less_what_was_given_back_before(self) -> None:
        claim = given_claim()
        claim.record_word(given_attempt(claim), word("succeeded"), now=NOW)
        [payment_id] = claim.payments
        refunds.request(claim, Wish(new_id(), 1000, "x", "kim", "provider", FEE), now=NOW)
        claim.record_reversal(payment_id, Reversal("MD06", "R", FEE), now=NOW)
        assert (claim.owed_cents, share_of(claim, ended())) == (FEE - 1000, Share(HALF - 1000, 0))

    def test_counts_no_wish_for_money_that_is_gone(self) -> None:
        claim = given_claim()
        claim.record_word(given_attempt(claim), word("succeeded"), now=NOW)
        [payment_id] = claim.payments
        refunds.request(claim, Wish(new_id(), 1000, "x", "kim", "provider", 0), now=NOW)
        assert share_of(claim, ended()) == Share(0, HALF - 1000), "it waits for a second person"
        claim.record_reversal(payment_id, Reversal("MD06", "R", FEE), now=NOW)
        assert share_of(claim, ended()) == Share(HALF, 0)

    def test_of_a_claim_that_is_over_is_nothing(self) -> None:
        claim = given_claim()
        claim.withdraw_claim("withdrawn", now=NOW)
        assert share_of(claim, ended()) == Share(0, 0)

    @pytest.mark.parametrize("last", [date(2027, 12, 15), date(2026, 12, 31)])
    def test_of_no_period_is_refused(self, last: date) -> None:
        with pytest.raises(ValueError, match="whole months"):
            share_of(given_returned(), Period(date(2027, 1, 1), last, date(2027, 3, 1)))


class TestAReducedClaim:
    def test_is_dunned_for_what_is_left(self) -> None:
        claim = given_returned()
        reduce(claim, less(), now=NOW)
        claim.dun(NOW.date() + timedelta(days=7), STEPS, now=NOW)
        claim.dun(NOW.date() + timedelta(days=21), STEPS, now=NOW)
        assert claim.owed_cents == HALF + FEE_OF_DUNNING

    def test_is_settled_by_what_is_left(self) -> None:
        claim = given_returned()
        reduce(claim, less(), now=NOW)
        assert claim.record_receipt(receipt(HALF), now=NOW) is Recorded.SETTLED
        assert claim.condition == "settled"

    def test_keeps_the_old_sum_as_overpaid(self) -> None:
        claim = given_returned()
        reduce(claim, less(), now=NOW)
        assert claim.record_receipt(receipt(FEE), now=NOW) is Recorded.SETTLED
        assert names(claim)[-2:] == [PaymentSettled, SurplusReceived]
        [task] = claim.money_tasks.values()
        assert (task.kind, task.amount_cents) == ("overpaid", FEE - HALF)
        assert books(claim)["surplus"] == HALF - FEE

    def test_captures_no_agreement_to_the_old_sum(self) -> None:
        claim = given_returned()
        attempt_id = given_attempt(claim)
        reduce(claim, less(), now=NOW)
        assert claim.record_word(attempt_id, word("approved"), now=NOW) is Recorded.FAILED

    def test_taken_back_again_owes_what_was_left(self) -> None:
        claim = given_returned()
        reduce(claim, less(), now=NOW)
        claim.record_receipt(receipt(HALF), now=NOW)
        claim.record_reversal(claim.receipt_id("bank", "E1"), Reversal("MD06", "R2", HALF), now=NOW)
        assert (claim.condition, claim.owed_cents) == ("open", HALF)


def receipt(cents: int) -> Receipt:
    return Receipt("bank", "bank_transfer", "E1", cents, "EUR")
