"""The clock of a case: given what happened and when, then so much time counts."""

from datetime import timedelta
from typing import Any, cast

import pytest

from services.applications.domain.case import Case
from services.applications.domain.processing_time import FEWEST, EndedCase, Turn, measure
from services.applications.projections import OVERVIEW, PROJECTIONS, TURNS
from shared.domain import Event
from shared.log import Meta
from tests.services.applications.domain.cases import (
    APPROVAL,
    CLAIM,
    CORRECTION,
    DOCUMENT,
    FEE,
    NOW,
    RULE,
    submitted,
)

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def then(case: Case) -> timedelta:
    """What counts, by the rows that the case's events leave in the read models."""
    turns: dict[Any, Turn] = {}
    overview: dict[str, Any] = {}
    for event in case.pending_events:
        for row in PROJECTIONS.rows(cast(Event, event), Meta("system", "", "", "", "", None), None):
            assert row.values is not None
            if row.table is TURNS:
                turns[row.key] = Turn(row.values["begun_at"], row.values["citizens"])
            elif row.table is OVERVIEW:
                overview |= row.values
    by_rule = overview["decided_by"] == "rule"
    return EndedCase(tuple(turns.values()), overview["ended_at"], by_rule).counted()


def paid(case: Case, after: timedelta) -> Case:
    case.record_payment_settled(now=NOW + after, claim_id=CLAIM, amount_cents=FEE)
    return case


def checked(case: Case, after: timedelta, outcome: Any = "match") -> Case:
    case.record_register_answer(outcome, now=NOW + after)
    return case


def decided(case: Case, after: timedelta) -> Case:
    case.decide_by_rule(now=NOW + after, **APPROVAL)
    return case


def rejected(case: Case, after: timedelta) -> Case:
    case.reject_by_clerk(now=NOW + after, clerk="c", rule_version=RULE, reason="other", text="Nein")
    return case


class TestClock:
    def test_stands_while_the_payment_is_awaited(self) -> None:
        case = paid(checked(submitted(), MINUTE), 3 * DAY)
        case = decided(case, 3 * DAY)
        case.complete(now=NOW + 3 * DAY + 2 * MINUTE, document_id=DOCUMENT)
        assert then(case) == 2 * MINUTE

    def test_runs_while_the_register_is_asked_after_the_payment(self) -> None:
        case = decided(checked(paid(submitted(), MINUTE), HOUR), HOUR)
        case.complete(now=NOW + HOUR, document_id=DOCUMENT)
        assert then(case) == HOUR - MINUTE

    def test_runs_from_the_submission_when_nothing_is_to_be_paid_first(self) -> None:
        case = submitted(fee_due="after_decision", register_check=False, automation="none")
        case.refer_to_clerk(["not_automated"], now=NOW)
        assert then(rejected(case, 2 * DAY)) == 2 * DAY

    def test_stands_while_a_correction_is_awaited_each_time(self) -> None:
        case = submitted(fee_due="none", fee_cents=0, register_check=False, automation="none")
        for day in (1, 11):
            case.refer_to_clerk(["not_automated"], now=NOW + (day - 1) * DAY)
            case.request_correction("Bitte prüfen", now=NOW + day * DAY, clerk="c", answer_by=NOW.date())
            case.correct(now=NOW + (day + 9) * DAY, **CORRECTION | {"fee_cents": 0})
        case.refer_to_clerk(["not_automated"], now=NOW + 20 * DAY)
        assert then(rejected(case, 21 * DAY)) == 3 * DAY

    @pytest.mark.parametrize("back", ["lapses", "is taken back"])
    def test_goes_on_when_the_question(self, back: str) -> None:
        case = submitted(fee_due="none", fee_cents=0, register_check=False, automation="none")
        case.refer_to_clerk(["not_automated"], now=NOW)
        case.request_correction("Bitte prüfen", now=NOW + DAY, clerk="c", answer_by=NOW.date())
        if back == "lapses":
            case.let_correction_lapse(now=NOW + 15 * DAY)
        else:
            case.take_correction_back(now=NOW + 15 * DAY, clerk="c")
        assert then(rejected(case, 17 * DAY)) == 3 * DAY

    def test_ends_with_the_document_whatever_comes_later(self) -> None:
        case = submitted(fee_due="after_decision")
        case = decided(checked(case, MINUTE), 2 * MINUTE)
        case.complete(now=NOW + HOUR, document_id=DOCUMENT)
        case = paid(case, 5 * DAY)
        case.revoke_approval("moved away", refund="none", on=NOW.date(), now=NOW + 9 * DAY)
        assert then(case) == HOUR


def ended(minutes: int, by_rule: bool = True) -> EndedCase:
    return EndedCase((Turn(NOW, False),), NOW + minutes * MINUTE, by_rule)


class TestFigures:
    def test_are_times_that_half_and_nine_of_ten_cases_kept(self) -> None:
        found = measure([ended(minutes) for minutes in range(20, 0, -1)])
        assert found is not None
        assert (found.cases, found.p50, found.p90) == (20, 10 * MINUTE, 18 * MINUTE)

    def test_give_the_share_decided_without_a_clerk(self) -> None:
        found = measure([ended(1, by_rule=n % 4 != 0) for n in range(40)])
        assert found is not None
        assert found.straight_through == pytest.approx(0.75)

    def test_say_nothing_of_too_few_cases(self) -> None:
        assert measure([ended(1)] * (FEWEST - 1)) is None
        assert measure([ended(1)] * FEWEST) is not None
