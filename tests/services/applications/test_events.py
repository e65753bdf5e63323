"""Events: their stored names, what is public of them, and what is read of others'."""

from typing import Any
from uuid import uuid4

import pytest

from services.applications import consumed
from services.applications.domain import case_events as happened
from services.applications.domain import fee_events
from services.applications.published import PUBLISHED, public_reasons
from shared.domain import decode, encode, type_of
from shared.keys import DataKey
from shared.log import Meta, Recorded
from tests.services.applications.domain import cases

KEY = DataKey(bytes(range(32)))
STORED = {
    happened.Submitted: "applications.application_submitted",
    happened.RegisterAnswered: "applications.register_answered",
    happened.ProvisionalFeeReceived: "applications.provisional_fee_received",
    happened.FeeSettled: "applications.fee_settled",
    happened.FeeReversed: "applications.fee_reversed",
    fee_events.FeeAwaited: "applications.fee_awaited",
    fee_events.FeeWaitEnded: "applications.fee_wait_ended",
    fee_events.PayByMoved: "applications.pay_by_moved",
    fee_events.FeeReminded: "applications.fee_reminded",
    fee_events.RestAwaited: "applications.rest_awaited",
    happened.Referred: "applications.application_referred",
    happened.CorrectionRequested: "applications.correction_requested",
    happened.CorrectionReminded: "applications.correction_reminded",
    happened.CorrectionLapsed: "applications.correction_lapsed",
    happened.CorrectionTakenBack: "applications.correction_taken_back",
    happened.Corrected: "applications.application_corrected",
    happened.Approved: "applications.application_approved",
    happened.Rejected: "applications.application_rejected",
    happened.Withdrawn: "applications.application_withdrawn",
    happened.Expired: "applications.application_expired",
    happened.Completed: "applications.application_completed",
    happened.ApprovalCorrected: "applications.approval_corrected",
    happened.ApprovalSuspended: "applications.approval_suspended",
    happened.ApprovalReinstated: "applications.approval_reinstated",
    happened.ApprovalRevoked: "applications.approval_revoked",
}
PERSONAL = ("Mustermann", "LIN-AB", "Kennzeichen pr", "Kein Wohnsitz")


def every_event() -> list[Any]:
    corrected = cases.correction_requested()
    corrected.correct(now=cases.NOW, **cases.CORRECTION)
    lapsed, taken_back = cases.correction_requested(), cases.correction_requested()
    lapsed.remind_of_correction(now=cases.NOW)
    lapsed.let_correction_lapse(now=cases.NOW)
    taken_back.take_correction_back(now=cases.NOW, clerk="clerk-1")
    ended = (cases.revoked(), cases.rejected(), cases.withdrawn(), cases.expired())
    anew = cases.completed()
    content = {name: value for name, value in cases.CORRECTION.items() if name != "reasons"}
    anew.correct_approval(now=cases.NOW, clerk="clerk-1", text="Tippfehler", **content)
    paid = (cases.provisional(), cases.reinstated(), cases.failed(), cases.reminded(), cases.in_part())
    everything = (*ended, corrected, lapsed, taken_back, anew, *paid)
    return [event for case in everything for event in case.pending_events]


class TestStoredEvents:
    @pytest.mark.parametrize(("event_class", "name"), STORED.items())
    def test_have_literal_names(self, event_class: Any, name: str) -> None:
        assert type_of(event_class).name == name

    def test_are_all_exercised_here(self) -> None:
        assert {type(event) for event in every_event()} == set(STORED)

    def test_fold_to_the_same_case_after_a_round_trip(self) -> None:
        made_cases = (cases.revoked(), cases.rejected(), cases.correction_requested(), cases.reinstated())
        unpaid = (cases.provisional(), cases.suspended(), cases.awaiting(), cases.failed(), cases.reminded())
        for made in (*made_cases, *unpaid, cases.in_part()):
            folded: Any = None
            for event in made.pending_events:
                name, schema, payload = encode(event, KEY)  # type: ignore[arg-type]
                again = decode(event.originator_id, event.originator_version, name, schema, payload, KEY)
                folded = again.mutate(folded)
            left = {name: value for name, value in vars(made).items() if name != "_pending_events"}
            right = {name: value for name, value in vars(folded).items() if name != "_pending_events"}
            assert left | {"reserved": None} == right | {"reserved": None}
            assert [tuple(pair) for pair in folded.reserved] == made.reserved

    def test_hold_personal_parts_sealed_only(self) -> None:
        for event in every_event():
            _, _, payload = encode(event, KEY)
            assert not any(word.encode() in payload for word in PERSONAL)

    def test_fold_without_the_key(self) -> None:
        folded: Any = None
        for event in cases.revoked().pending_events:
            name, schema, payload = encode(event, KEY)  # type: ignore[arg-type]
            again = decode(event.originator_id, event.originator_version, name, schema, payload, None)
            folded = again.mutate(folded)
        assert folded.condition == "revoked"
        assert not folded.answers


class TestPublicEvents:
    def test_are_the_ones_promised(self) -> None:
        assert sorted(event.type("applications") for event in PUBLISHED) == sorted(
            f"applications.{name}.v1"
            for name in (
                "application_submitted",
                "application_referred",
                "correction_requested",
                "correction_reminded",
                "correction_lapsed",
                "correction_taken_back",
                "application_corrected",
                "application_approved",
                "application_rejected",
                "application_withdrawn",
                "application_expired",
                "pay_by_moved",
                "fee_reminded",
                "rest_awaited",
                "application_completed",
                "approval_corrected",
                "approval_revoked",
                "approval_suspended",
                "approval_reinstated",
            )
        )

    def test_keep_the_register_inside(self) -> None:
        assert type_of(happened.RegisterAnswered).name not in PUBLISHED.stored_names()

    def test_hide_the_registers_reasons(self) -> None:
        event = self.referral(["remark", "register_mismatch", "register_unavailable"])
        assert public_reasons(event) == ["remark", "in_review"]

    def test_are_made_of_every_event_without_personal_data(self) -> None:
        made = set()
        for event in every_event():
            envelope = PUBLISHED.envelope(Recorded(event, uuid4(), type_of(event).name, Meta()), 1)
            if envelope is not None:
                made.add(envelope.type)
                text = str(envelope.data)
                assert str(cases.CASE) in text
                assert not any(word in text for word in PERSONAL)
        assert made == {event.type("applications") for event in PUBLISHED}

    @staticmethod
    def referral(reasons: list[str]) -> happened.Referred:
        case = cases.ready()
        case.refer_to_clerk(reasons, now=cases.NOW)
        event = case.pending_events[-1]
        assert isinstance(event, happened.Referred)
        return event


class TestForeignEvents:
    @pytest.mark.parametrize(
        ("reader", "fields"),
        [
            (
                consumed.PaymentSettled,
                {"claim_id", "case_id", "attempt_id", "amount_cents", "claim_cents", "provisional_until"},
            ),
            (consumed.PaymentStarted, {"claim_id", "case_id", "attempt_id", "method", "debited_on"}),
            (consumed.PaymentUnderWay, {"claim_id", "case_id", "attempt_id"}),
            (consumed.PaymentFailed, {"case_id", "attempt_id"}),
            (consumed.PartReceived, {"claim_id", "case_id", "payment_id"}),
            (consumed.SurplusReceived, {"case_id", "attempt_id"}),
            (consumed.PaymentReversed, {"claim_id", "case_id", "owed_cents"}),
            (consumed.PayerDunned, {"case_id", "step"}),
            (consumed.DocumentIssued, {"document_id", "case_id", "kind"}),
            (consumed.DocumentRevoked, {"document_id", "case_id", "reason"}),
        ],
    )
    def test_are_read_narrowly(self, reader: Any, fields: set[str]) -> None:
        assert set(reader.model_fields) == fields
