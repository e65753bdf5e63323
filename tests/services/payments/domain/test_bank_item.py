"""Payments on the account and statements of it, given / when / then; and what each is in the books."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from services.payments.domain.bank_item import (
    BankItem,
    GroupDiffers,
    ItemDone,
    ItemVoucherImpossible,
    NoGroup,
    NoReversal,
    NoSuchReturn,
    NotIncoming,
    OtherPersonNeeded,
    Outcome,
    ReturnWaits,
)
from services.payments.domain.bank_statement import (
    BankStatement,
    Gap,
    IdentifierReused,
    NotTrue,
    Told,
    WithoutBalances,
)
from services.payments.domain.ledger import entry

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
CLAIM = UUID(int=2)
READ = ("AA-2026-1", 3060)


def received(
    outcome: Outcome = Outcome.UNALLOCATED, cents: int = 3060, claim: UUID | None = None, **said: Any
) -> BankItem:
    return BankItem.receive(
        id=UUID(int=1), now=NOW, statement_id=UUID(int=3), file_id=UUID(int=4), amount_cents=cents,
        currency="EUR", booked_on=date(2026, 11, 26), outcome=outcome, claim_id=claim, proposals=[],
        name="Ada", iban="DE89370400440532013000", text="x", **said,
    )  # fmt: skip


def books(item: BankItem) -> dict[str, int]:
    found: dict[str, int] = {}
    for event in item.pending_events:
        for line in entry(event):  # type: ignore[arg-type]
            found[line.account] = found.get(line.account, 0) + line.cents
    return found


class TestReceiving:
    @pytest.mark.parametrize("outcome", [Outcome.UNALLOCATED, Outcome.PROPOSED, Outcome.REPEATED])
    def test_of_what_waits_is_in_the_books(self, outcome: Outcome) -> None:
        assert books(received(outcome)) == {"bank": 3060, "unallocated": -3060}

    @pytest.mark.parametrize("outcome", [Outcome.ALLOCATED, Outcome.DEBIT, Outcome.RETURN, Outcome.KNOWN])
    def test_of_what_has_a_claim_is_booked_there(self, outcome: Outcome) -> None:
        assert books(received(outcome, claim=CLAIM)) == {}

    @pytest.mark.parametrize(
        ("outcome", "claim"),
        [(Outcome.ALLOCATED, None), (Outcome.RETURN, None), (Outcome.PROPOSED, CLAIM),
         (Outcome.UNALLOCATED, CLAIM), (Outcome.REPEATED, CLAIM)],
    )  # fmt: skip
    def test_is_refused_where_claim_and_outcome_differ(self, outcome: Outcome, claim: UUID | None) -> None:
        with pytest.raises(ValueError):
            received(outcome, claim=claim)


class TestAllocating:
    def test_takes_it_off_what_waits(self) -> None:
        item = received()
        item.allocate(CLAIM, now=NOW)
        assert (item.claim_id, item.is_waiting) == (CLAIM, False)
        assert books(item) == {"bank": 0, "unallocated": 0}

    def test_is_refused_twice(self) -> None:
        item = received()
        item.allocate(CLAIM, now=NOW)
        with pytest.raises(ItemDone):
            item.allocate(CLAIM, now=NOW)
        with pytest.raises(ItemDone):
            received(Outcome.DEBIT).send_back("AA-1", now=NOW)

    def test_is_refused_for_money_that_left(self) -> None:
        with pytest.raises(NotIncoming):
            received(cents=-450).allocate(CLAIM, now=NOW)


class TestSendingBack:
    def test_needs_a_voucher(self) -> None:
        item = received()
        with pytest.raises(ItemVoucherImpossible):
            item.send_back("no number", now=NOW)
        item.send_back("aa-2026-1", now=NOW)
        assert books(item) == {"bank": 0, "unallocated": 0}


class TestMatching:
    def test_takes_debits_off_what_waits(self) -> None:
        item = received(group="SDD-1")
        item.match(1000, now=NOW)
        assert (item.left_cents, item.is_waiting) == (2060, True)
        item.match(2060, now=NOW)
        assert (item.left_cents, item.is_waiting) == (0, False)
        assert books(item) == {"bank": 0, "unallocated": 0}

    def test_leaves_the_rest_to_a_claim_or_to_be_sent_back(self) -> None:
        one, other = received(group="SDD-1"), received(group="SDD-1")
        for item in (one, other):
            item.match(1000, now=NOW)
        one.allocate(CLAIM, now=NOW)
        other.send_back("A-1", now=NOW)
        assert books(one) == books(other) == {"bank": 0, "unallocated": 0}

    @pytest.mark.parametrize("cents", [0, -1, 3061])
    def test_is_refused_for_more_than_is_left(self, cents: int) -> None:
        with pytest.raises(GroupDiffers):
            received(group="SDD-1").match(cents, now=NOW)

    def test_is_refused_where_the_debits_are_not_worth_it(self) -> None:
        item = received(group="SDD-1")
        assert item.refuse_unless_group(3060) == date(2026, 11, 26)
        with pytest.raises(GroupDiffers):
            item.refuse_unless_group(3059)

    def test_is_refused_for_what_is_no_sum_or_done(self) -> None:
        with pytest.raises(NoGroup):
            received().match(3060, now=NOW)
        with pytest.raises(ItemDone):
            received(Outcome.DEBIT, group="SDD-1").match(3060, now=NOW)
        waits = received(group="SDD-1")
        waits.propose_return("A-1", "kim", now=NOW)
        with pytest.raises(ReturnWaits):
            waits.match(3060, now=NOW)


class TestToldAgain:
    def test_takes_all_that_is_left_off_what_waits(self) -> None:
        item = received(group="SDD-1")
        item.match(1000, now=NOW)
        item.tell_again(now=NOW)
        assert (item.left_cents, item.is_waiting) == (0, False)
        assert item.pending_events[-1].own_cents == 1000  # type: ignore[attr-defined]
        assert books(item) == {"bank": 0, "unallocated": 0}

    def test_is_refused_for_what_is_no_sum_or_done(self) -> None:
        with pytest.raises(NoGroup):
            received().tell_again(now=NOW)
        with pytest.raises(ItemDone):
            received(Outcome.DEBIT, group="SDD-1").tell_again(now=NOW)

    def test_as_part_of_a_sum_books_nothing(self) -> None:
        item = received(Outcome.DEBIT, group="SDD-1")
        item.tell_part_again(1000, now=NOW)
        assert item.pending_events[-1].own_cents == 2060  # type: ignore[attr-defined]
        assert books(item) == {}

    @pytest.mark.parametrize(
        ("outcome", "cents"), [(Outcome.UNALLOCATED, 1000), (Outcome.DEBIT, 3060), (Outcome.DEBIT, 0)]
    )
    def test_as_part_is_refused_where_debits_have_not_the_rest(self, outcome: Outcome, cents: int) -> None:
        with pytest.raises(ValueError, match="part of a sum"):
            received(outcome, group="SDD-1").tell_part_again(cents, now=NOW)


class TestTakingBack:
    def test_is_the_claims_from_then_on(self) -> None:
        item = received(Outcome.PROPOSED, -3060, reversal=True)
        item.take_back(CLAIM, now=NOW)
        assert (item.claim_id, item.is_waiting) == (CLAIM, False)
        assert books(item) == {"bank": 0, "unallocated": 0}

    def test_is_refused_for_what_takes_nothing_back(self) -> None:
        for item in (received(cents=-3060), received(reversal=True)):
            with pytest.raises(NoReversal):
                item.take_back(CLAIM, now=NOW)
        with pytest.raises(ItemDone):
            received(Outcome.DEBIT, -3060, reversal=True).take_back(CLAIM, now=NOW)


class TestAReturnOfMuchMoney:
    def test_waits_for_a_second_person(self) -> None:
        item = received()
        item.propose_return("aa-2026-1", "kim", now=NOW)
        assert item.is_waiting
        with pytest.raises(OtherPersonNeeded):
            item.confirm_return(*READ, "kim", now=NOW)
        item.confirm_return(*READ, "sam", now=NOW)
        assert books(item) == {"bank": 0, "unallocated": 0}

    def test_keeps_the_item_until_it_is_decided(self) -> None:
        item = received()
        item.propose_return("aa-2026-1", "kim", now=NOW)
        with pytest.raises(ReturnWaits):
            item.allocate(CLAIM, now=NOW)
        with pytest.raises(ReturnWaits):
            item.send_back("AA-2", now=NOW)
        with pytest.raises(ReturnWaits):
            item.propose_return("AA-2", "sam", now=NOW)
        item.decline_return(*READ, "sam", now=NOW)
        item.allocate(CLAIM, now=NOW)
        with pytest.raises(ItemDone):
            item.confirm_return(*READ, "sam", now=NOW)

    @pytest.mark.parametrize("read", [("AA-2026-2", 3060), ("AA-2026-1", 3061), ("", 3060)])
    def test_is_decided_only_by_who_has_read_what_waits(self, read: tuple[str, int]) -> None:
        item = received()
        item.propose_return("aa-2026-1", "kim", now=NOW)
        for decide in (item.confirm_return, item.decline_return):
            with pytest.raises(NoSuchReturn):
                decide(*read, "sam", now=NOW)
        assert item.is_waiting

    def test_is_not_decided_where_nobody_wants_it(self) -> None:
        item = received()
        for decide in (item.confirm_return, item.decline_return):
            with pytest.raises(NoSuchReturn):
                decide(*READ, "sam", now=NOW)
        with pytest.raises(ItemVoucherImpossible):
            item.propose_return("no number", "kim", now=NOW)


class TestStatement:
    @staticmethod
    def taken(**said: Any) -> BankStatement:
        given: dict[str, Any] = {
            "id": UUID(int=1), "now": NOW, "file_id": UUID(int=2), "sha256": "aa", "account": "DE1",
            "currency": "EUR", "identifier": "S", "told": Told(2026, 1, 1, True, 0, 0), "closing_on": None,
            "entries": 0, "gap": Gap(0, 0), "difference_cents": 0,
        }  # fmt: skip
        return BankStatement.take(**{**given, **said})

    def test_that_is_not_true_is_never_taken(self) -> None:
        with pytest.raises(NotTrue):
            self.taken(difference_cents=-1)

    @pytest.mark.parametrize("told", [Told(2026, 1, 1, True, None, 0), Told(2026, 1, 1, True, 0, None)])
    def test_without_a_balance_is_never_taken(self, told: Told) -> None:
        with pytest.raises(WithoutBalances):
            self.taken(told=told)

    def test_is_known_again(self) -> None:
        assert self.taken().is_known("aa")

    def test_of_the_same_name_that_says_something_else_is_refused(self) -> None:
        with pytest.raises(IdentifierReused):
            self.taken().is_known("bb")
