"""A claim that is to be debited by itself: agreed, given back to its payer, and what that keeps away."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from services.payments.domain.arrangement_events import DebitArranged, DebitArrangementEnded
from services.payments.domain.claim import Claim
from services.payments.domain.dunning import STEPS
from services.payments.domain.mandate import Kind, Mandate, NotAllowedNow, NotForLaterClaims
from services.payments.domain.money import BANK, Receipt, Word
from services.payments.domain.refusals import NotPayable
from shared.ids import new_id

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
DUE = date(2027, 5, 15)
MANDATE = new_id()


def second_quarter(pay_by: date | None = DUE) -> Claim:
    return Claim.request(
        id=new_id(), now=NOW, case_id=new_id(), case_number="HST-2026-000001", account_id=new_id(),
        service="hundesteuer-anmeldung", cost_object="403200", kassenzeichen="47112600000122",
        amount_cents=2100, currency="EUR", pay_by=pay_by, language="de", instalment=2, instalment_count=4,
    )  # fmt: skip


def arranged() -> Claim:
    claim = second_quarter()
    claim.arrange_debit(MANDATE, now=NOW)
    return claim


def paid(claim: Claim) -> Claim:
    claim.record_receipt(Receipt(BANK, "bank_transfer", "r", 2100, "EUR"), now=NOW)
    return claim


def debited(claim: Claim, state: str = "") -> Claim:
    attempt_id: UUID = new_id()
    claim.open_attempt(attempt_id, "direct_debit", "", now=NOW)
    claim.record_start(attempt_id, BANK, "r", now=NOW)
    if state:
        claim.record_word(attempt_id, Word(state, "", BANK, "r", 2100, "EUR"), now=NOW)
    return claim


class TestAnInstalment:
    def test_is_one_that_its_charge_has(self) -> None:
        claim = second_quarter()
        assert (claim.instalment, claim.instalment_count) == (2, 4)

    @pytest.mark.parametrize("number", [0, 5])
    def test_beyond_its_charge_is_refused(self, number: int) -> None:
        with pytest.raises(ValueError, match="no instalment"):
            Claim.request(
                id=new_id(), now=NOW, case_id=new_id(), case_number="HST-2026-000001", account_id=new_id(),
                service="s", cost_object="c", kassenzeichen="k", amount_cents=1, currency="EUR", pay_by=DUE,
                language="de", instalment=number, instalment_count=4,
            )  # fmt: skip


class TestAnArrangement:
    def test_lets_a_claim_wait_for_its_day(self) -> None:
        claim = arranged()
        assert isinstance(claim.pending_events[-1], DebitArranged)
        assert (claim.arranged, claim.waits_for_its_day) == (MANDATE, True)

    def test_said_again_is_the_same(self) -> None:
        claim = arranged()
        claim.arrange_debit(MANDATE, now=NOW)
        assert len(claim.pending_events) == 2

    @pytest.mark.parametrize("given", [lambda: paid(second_quarter()), lambda: second_quarter(None)])
    def test_is_refused_for_what_is_paid_or_has_no_day(self, given: Callable[[], Claim]) -> None:
        with pytest.raises(NotPayable):
            given().arrange_debit(MANDATE, now=NOW)

    def test_is_over_once_a_debit_was_announced(self) -> None:
        assert not debited(arranged()).waits_for_its_day
        assert not debited(arranged(), "failed").waits_for_its_day, "nothing is debited by itself twice"

    def test_keeps_reminders_away_until_it_ends(self) -> None:
        claim, late = arranged(), DUE + timedelta(days=30)
        assert claim.dun(late, STEPS, now=NOW) is None
        claim.end_arrangement("mandate_revoked", now=NOW)
        assert claim.dun(late, STEPS, now=NOW) is not None


class TestItsEnd:
    def test_makes_the_claim_its_payers(self) -> None:
        claim = arranged()
        claim.end_arrangement("mandate_revoked", now=NOW)
        event = claim.pending_events[-1]
        assert isinstance(event, DebitArrangementEnded)
        assert (event.mandate_id, event.reason) == (MANDATE, "mandate_revoked")
        assert not claim.waits_for_its_day

    @pytest.mark.parametrize("given", [second_quarter, lambda: paid(arranged())])
    def test_where_nothing_waits_changes_nothing(self, given: Callable[[], Claim]) -> None:
        claim = given()
        before = len(claim.pending_events)
        claim.end_arrangement("mandate_revoked", now=NOW)
        assert len(claim.pending_events) == before


class TestAMandateForOtherClaims:
    def given(self, kind: Kind) -> Mandate:
        mandate = Mandate.propose(
            id=new_id(), now=NOW, account_id=new_id(), reference="M-1", kind=kind,
            iban="DE89370400440532013000", holder="Ada Lovelace",
        )  # fmt: skip
        mandate.activate(NOW.date(), "online", now=NOW)
        return mandate

    def test_is_a_recurring_one(self) -> None:
        self.given(Kind.RECURRING).refuse_unless_reusable()
        with pytest.raises(NotForLaterClaims):
            self.given(Kind.ONE_OFF).refuse_unless_reusable()

    def test_is_one_that_holds(self) -> None:
        mandate = self.given(Kind.RECURRING)
        mandate.suspend("AC04", now=NOW)
        with pytest.raises(NotAllowedNow):
            mandate.refuse_unless_reusable()
