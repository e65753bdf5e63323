"""Who has not paid in time is reminded once, and only while it is their turn."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.payments.domain.claim import Claim
from services.payments.domain.dunning import STEPS
from services.payments.domain.money import BANK, Receipt, Word
from shared.ids import new_id

NOW = datetime(2026, 12, 14, 8, tzinfo=UTC)
PAY_BY = date(2026, 12, 6)
DUE = PAY_BY + timedelta(days=7)
REMINDED = STEPS[:1]


def owed(pay_by: date | None = PAY_BY) -> Claim:
    return Claim.request(
        id=new_id(), now=NOW, case_id=new_id(), case_number="BPA-2026-000001", account_id=new_id(),
        service="dog-tax", cost_object="541000", kassenzeichen="47112600000122", amount_cents=3060,
        currency="EUR", pay_by=pay_by, language="de",
    )  # fmt: skip


def begun(claim: Claim, method: str, provider: str, state: str = "started") -> Claim:
    attempt_id = new_id()
    claim.open_attempt(attempt_id, method, "", now=NOW)
    claim.record_start(attempt_id, provider, "r", now=NOW)
    if state != "started":
        claim.record_word(attempt_id, Word(state, "", provider, "r", 3060, "EUR"), now=NOW)
    return claim


class TestAReminder:
    def test_comes_a_week_after_the_day(self) -> None:
        claim = owed()
        assert claim.dun(DUE, REMINDED, now=NOW)
        event = claim.pending_events[-1]
        assert (event.step, event.owed_cents) == ("reminder", 3060)  # type: ignore[attr-defined]

    def test_comes_once(self) -> None:
        claim = owed()
        claim.dun(DUE, REMINDED, now=NOW)
        assert not claim.dun(DUE + timedelta(days=60), REMINDED, now=NOW)

    @pytest.mark.parametrize("today", [PAY_BY, DUE - timedelta(days=1)])
    def test_does_not_come_too_early(self, today: date) -> None:
        assert not owed().dun(today, REMINDED, now=NOW)

    def test_does_not_come_where_no_day_was_set(self) -> None:
        assert not owed(None).dun(DUE, REMINDED, now=NOW)

    def test_does_not_come_once_it_is_paid(self) -> None:
        claim = owed()
        claim.record_receipt(Receipt(BANK, "bank_transfer", "1", 3060, "EUR"), now=NOW)
        assert not claim.dun(DUE, REMINDED, now=NOW)

    def test_says_what_is_still_owed(self) -> None:
        claim = owed()
        claim.record_receipt(Receipt(BANK, "bank_transfer", "1", 1000, "EUR"), now=NOW)
        claim.dun(DUE, REMINDED, now=NOW)
        assert claim.pending_events[-1].owed_cents == 2060  # type: ignore[attr-defined]

    @pytest.mark.parametrize(
        ("method", "provider", "state"),
        [("card", "girocheckout", "unknown"), ("paypal", "paypal", "approved"),
         ("direct_debit", BANK, "started"), ("direct_debit", BANK, "approved")],
    )  # fmt: skip
    def test_waits_while_it_is_not_the_payers_turn(self, method: str, provider: str, state: str) -> None:
        assert not begun(owed(), method, provider, state).dun(DUE, REMINDED, now=NOW)

    @pytest.mark.parametrize(("method", "provider"), [("card", "girocheckout"), ("transfer", BANK)])
    def test_comes_to_who_only_began(self, method: str, provider: str) -> None:
        assert begun(owed(), method, provider).dun(DUE, REMINDED, now=NOW)
