"""Given a case in some condition: built by the decisions that lead there, with ids and times fixed."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.applications.domain.case import Case

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
CASE = UUID("0192b1c4-0000-7000-8000-00000000000c")
ACCOUNT = UUID("0192b1c4-0000-7000-8000-00000000000a")
CLAIM = UUID("0192b1c4-0000-7000-8000-00000000000f")
DOCUMENT = UUID("0192b1c4-0000-7000-8000-00000000000d")
FEE = 3060
FINAL = NOW + timedelta(days=56)
NEW_DAY = date(2026, 12, 9)
ATTEMPT = UUID("0192b1c4-0000-7000-8000-0000000000a7")
ANSWER_BY = date(2026, 12, 6)
RULE = "bewohnerparkausweis/1"
APPROVAL: dict[str, Any] = {
    "rule_version": RULE,
    "valid_from": date(2026, 12, 1),
    "valid_until": date(2027, 11, 30),
}
ANSWERS = {"plate": "LIN-AB 123", "months": 12}
CORRECTION: dict[str, Any] = {
    "answers": ANSWERS | {"plate": "LIN-AB 124"},
    "facts": {"zone": "L"},
    "reserved": [("permit_per_plate", "LIN-AB 124")],
    "reasons": [],
    "fee_cents": FEE,
}


def submitted(**changed: Any) -> Case:
    given: dict[str, Any] = {
        "id": CASE,
        "now": NOW,
        "account_id": ACCOUNT,
        "case_number": "BPA-2026-000001",
        "service": "bewohnerparkausweis",
        "service_version": 1,
        "language": "de",
        "answers": ANSWERS,
        "facts": {"zone": "L"},
        "reserved": [("permit_per_plate", "LIN-AB 123")],
        "reasons": [],
        "fee_cents": FEE,
        "fee_due": "before_decision",
        "cost_object": "12.02",
        "pay_by": date(2026, 11, 29),
        "automation": "full",
        "legal_basis": "§ 35a VwVfG NRW",
        "register_check": True,
        "document_kind": "resident_parking_permit",
    }
    return Case.submit(**given | changed)


def answered(outcome: Any = "match", **changed: Any) -> Case:
    case = submitted(**changed)
    case.record_register_answer(outcome, now=NOW)
    return case


def ready(outcome: Any = "match", **changed: Any) -> Case:
    case = answered(outcome, **changed)
    case.record_payment_settled(now=NOW, claim_id=CLAIM, amount_cents=FEE)
    return case


def in_review(outcome: Any = "mismatch", **changed: Any) -> Case:
    case = ready(outcome, **changed)
    case.refer_to_clerk(case.reasons_against_rule() or ["sample"], now=NOW)
    return case


def correction_requested(**changed: Any) -> Case:
    case = in_review(**changed)
    case.request_correction("Bitte das Kennzeichen prüfen", now=NOW, clerk="clerk-1", answer_by=ANSWER_BY)
    return case


def approved() -> Case:
    case = ready()
    case.decide_by_rule(now=NOW, **APPROVAL)
    return case


def completed() -> Case:
    case = approved()
    case.complete(now=NOW, document_id=DOCUMENT)
    return case


def reversed_(case: Case) -> Case:
    """The case, its fee taken back by the payer's bank."""
    case.record_payment_reversed(now=NOW, claim_id=CLAIM, owed_cents=FEE, pay_by=NEW_DAY)
    return case


def provisional(**changed: Any) -> Case:
    case = answered(**changed)
    case.record_provisional_payment(now=NOW, claim_id=CLAIM, amount_cents=FEE, until=FINAL)
    return case


def awaiting(until: datetime | None = None) -> Case:
    """Money is on its way, or promised until then."""
    case = answered()
    case.await_fee(now=NOW, claim_id=CLAIM, attempt_id=ATTEMPT, until=until)
    return case


def failed() -> Case:
    """The money that was on its way does not come."""
    case = awaiting()
    case.end_wait(now=NOW, attempt_id=ATTEMPT, pay_by=NEW_DAY)
    return case


def reminded() -> Case:
    case = answered()
    case.remind_of_fee(now=NOW)
    return case


def in_part() -> Case:
    case, today = answered(), NOW.date()
    case.await_rest(
        now=NOW, claim_id=CLAIM, payment_id=ATTEMPT, today=today, pay_by=today + timedelta(days=8),
        latest=today + timedelta(days=28),
    )  # fmt: skip
    return case


def suspended() -> Case:
    case = reversed_(completed())
    case.suspend_approval("reminder", now=NOW)
    return case


def reinstated() -> Case:
    case = suspended()
    case.record_payment_settled(now=NOW, claim_id=CLAIM, amount_cents=FEE)
    return case


def rejected() -> Case:
    case = in_review()
    case.reject_by_clerk(
        now=NOW, clerk="clerk-1", rule_version=RULE, reason="no_main_residence", text="Kein Wohnsitz"
    )
    return case


def withdrawn() -> Case:
    case = submitted()
    case.withdraw(now=NOW)
    return case


def expired() -> Case:
    case = submitted()
    case.expire_unpaid(now=NOW)
    return case


def revoked() -> Case:
    case = completed()
    case.revoke_approval("moved_away", refund="none", on=NOW.date(), now=NOW)
    return case
