"""A charge in instalments: how it is split, what a case takes for it, and what it refuses."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.applications.domain.case import Case
from services.applications.domain.case_events import FeeSettled, InstalmentSettled
from services.applications.domain.case_refusals import (
    AlreadySettled,
    AmountDiffers,
    InstalmentsDiffer,
    NothingSettled,
)
from services.applications.domain.conditions import Condition
from services.applications.domain.instalments import Instalment, checked, shares
from shared.ids import new_id
from tests.services.applications.domain import cases
from tests.services.applications.domain.cases import APPROVAL, FEE, NOW

PARTS = (
    Instalment(date(2027, 2, 15), 1040),
    Instalment(date(2027, 5, 15), 1010),
    Instalment(date(2027, 8, 15), 1010),
)


def to_decide() -> Case:
    case = cases.submitted(fee_due="after_decision", register_check=False, automation="assisted")
    case.refer_to_clerk(["not_automated"], now=NOW)
    return case


def approved() -> Case:
    case = to_decide()
    case.approve_by_clerk(now=NOW, clerk="c", **APPROVAL, instalments=PARTS)
    return case


def pays(case: Case, cents: int, claim_id: UUID | None = None) -> None:
    case.record_payment_settled(now=NOW, claim_id=claim_id or new_id(), amount_cents=cents)


class TestShares:
    def test_leave_the_remainder_to_the_first(self) -> None:
        assert shares(10003, [3, 3, 3, 3]) == [2503, 2500, 2500, 2500]

    def test_skip_parts_of_the_year_that_are_over(self) -> None:
        assert shares(10003, [0, 2, 3, 3]) == [0, 1668, 2500, 2500]

    @given(
        st.integers(0, 10**9),
        st.lists(st.integers(0, 3), min_size=4, max_size=4).filter(lambda m: sum(m) > 0),
    )
    def test_add_up_to_the_cent(self, annual: int, months: list[int]) -> None:
        parts = shares(annual, months)
        assert sum(parts) == annual * sum(months) // 12
        assert all(cents == 0 for cents, count in zip(parts, months, strict=True) if count == 0)


class TestChecked:
    def test_takes_what_adds_up(self) -> None:
        assert checked(PARTS, FEE) == PARTS
        assert checked((), FEE) == ()

    @pytest.mark.parametrize(
        "parts",
        [
            PARTS[:2],
            (PARTS[1], PARTS[0], PARTS[2]),
            (PARTS[0], Instalment(PARTS[0].due_on, 2020)),
            (*PARTS, Instalment(date(2027, 11, 15), 0)),
        ],
    )
    def test_refuses_what_does_not(self, parts: tuple[Instalment, ...]) -> None:
        with pytest.raises(InstalmentsDiffer):
            checked(parts, FEE)


class TestACaseInInstalments:
    def test_is_approved_with_them(self) -> None:
        assert approved().instalments == PARTS

    def test_is_not_approved_with_others(self) -> None:
        case = to_decide()
        with pytest.raises(InstalmentsDiffer):
            case.approve_by_clerk(now=NOW, clerk="c", **APPROVAL, instalments=PARTS[1:])
        assert case.condition is Condition.IN_REVIEW

    def test_is_told_of_each_and_settled_with_the_last(self) -> None:
        case = approved()
        pays(case, 1010)
        pays(case, 1040)
        assert not case.settled
        pays(case, 1010)
        assert (case.settled, case.condition) == (True, Condition.APPROVED)
        told = [type(event) for event in case.pending_events[-3:]]
        assert told == [InstalmentSettled, InstalmentSettled, FeeSettled]
        assert case.pending_events[-1].amount_cents == FEE  # type: ignore[attr-defined]

    def test_waits_for_none_of_them(self) -> None:
        case = approved()
        pays(case, 1040)
        case.complete(now=NOW, document_id=new_id())
        assert case.condition is Condition.COMPLETED

    def test_takes_each_claim_once(self) -> None:
        case, claim_id = approved(), new_id()
        pays(case, 1010, claim_id)
        with pytest.raises(AlreadySettled):
            pays(case, 1010, claim_id)

    @pytest.mark.parametrize("cents", [1, 1011, FEE])
    def test_takes_no_other_amount(self, cents: int) -> None:
        case = approved()
        with pytest.raises(AmountDiffers):
            pays(case, cents)

    def test_takes_no_more_than_the_charge(self) -> None:
        case = approved()
        for _ in range(2):
            pays(case, 1040)
        with pytest.raises(AmountDiffers):
            pays(case, 1040)


class TestAnInstalmentTakenBack:
    def test_is_owed_again_and_comes_again(self) -> None:
        case, claims = approved(), [new_id() for _ in PARTS]
        for claim_id, part in zip(claims, PARTS, strict=True):
            pays(case, part.cents, claim_id)
        taken_back(case, claims[2], 1010)
        assert (case.settled, set(case.paid)) == (False, set(claims[:2]))
        pays(case, 1010, claims[2])
        assert (case.settled, sum(case.paid.values())) == (True, FEE)

    def test_leaves_the_others_paid_while_some_are_open(self) -> None:
        case, claim_id = approved(), new_id()
        pays(case, 1040)
        pays(case, 1010, claim_id)
        taken_back(case, claim_id, 1010)
        assert list(case.paid.values()) == [1040]

    def test_was_paid_before(self) -> None:
        case = approved()
        pays(case, 1040)
        with pytest.raises(NothingSettled):
            taken_back(case, new_id(), 1010)


def taken_back(case: Case, claim_id: UUID, cents: int) -> None:
    case.record_payment_reversed(now=NOW, claim_id=claim_id, owed_cents=cents, pay_by=date(2027, 3, 1))
