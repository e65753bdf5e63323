"""The resident's parking permit through the running service."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from services.applications.published import PUBLISHED
from services.applications.queries import case_as_of
from shared.ids import new_id
from tests.services.applications.conftest import Town, eventually

pytestmark = pytest.mark.integration


class TestPlainCase:
    async def test_is_approved_by_rule_and_completed(self, town: Town) -> None:
        reply = await town.apply()
        assert reply.status_code == 201
        receipt = reply.json()
        assert receipt["case_number"] == "BPA-2026-000001"
        assert (receipt["fee_cents"], receipt["fee_due"], receipt["pay_by"]) == (
            3060,
            "before_decision",
            "2026-11-29",
        )
        case_id = receipt["case_id"]
        await town.until(case_id, "awaiting_payment")
        await town.pay(case_id)
        approved = await town.case(case_id)
        assert approved["condition"] == "approved"
        assert approved["decision"]["decided_by"] == "rule"
        assert approved["decision"]["rule_version"] == "bewohnerparkausweis/1"
        assert (approved["valid_from"], approved["valid_until"]) == ("2026-12-01", "2027-11-30")
        document = new_id()
        await town.hear(
            "documents.document_issued.v1",
            document_id=document,
            case_id=case_id,
            kind="resident_parking_permit",
        )
        done = await town.case(case_id)
        assert (done["condition"], done["document"]["document_id"]) == ("completed", str(document))
        assert await town.events(case_id) == [
            "application_submitted",
            "register_answered",
            "fee_settled",
            "application_approved",
            "application_completed",
        ]

    async def test_may_be_paid_before_the_register_answers(self, town: Town) -> None:
        await town.fault("down", 1)
        case_id = (await town.apply()).json()["case_id"]
        await town.pay(case_id)
        await town.until(case_id, "awaiting_register")
        await town.wait_until(case_id, "approved", step=timedelta(seconds=1))
        assert (await town.case(case_id))["register_outcome"] == "match"

    async def test_ignores_other_documents_of_the_case(self, town: Town) -> None:
        case_id = (await town.apply()).json()["case_id"]
        await town.until(case_id, "awaiting_payment")
        await town.pay(case_id)
        await town.hear("documents.document_issued.v1", document_id=new_id(), case_id=case_id, kind="receipt")
        assert (await town.case(case_id))["condition"] == "approved"

    async def test_ends_when_its_document_is_revoked(self, town: Town) -> None:
        case_id, document = (await town.apply()).json()["case_id"], new_id()
        await town.until(case_id, "awaiting_payment")
        await town.pay(case_id)
        issued = {"document_id": document, "case_id": case_id}
        await town.hear("documents.document_issued.v1", **issued, kind="resident_parking_permit")
        await town.hear("documents.document_revoked.v1", document_id=new_id(), case_id=case_id, reason="lost")
        assert (await town.case(case_id))["condition"] == "completed"
        await town.hear("documents.document_revoked.v1", **issued, reason="moved_away")
        assert (await town.case(case_id))["condition"] == "revoked"
        assert await self._refund(town, case_id) == "none"
        assert (await town.apply()).status_code == 201

    async def test_owes_the_fee_back_when_it_was_wrongly_granted(self, town: Town) -> None:
        case_id, document = (await town.apply()).json()["case_id"], new_id()
        await town.until(case_id, "awaiting_payment")
        await town.pay(case_id)
        issued = {"document_id": document, "case_id": case_id}
        await town.hear("documents.document_issued.v1", **issued, kind="resident_parking_permit")
        await town.hear("documents.document_revoked.v1", **issued, reason="wrongly_granted")
        assert await self._refund(town, case_id) == "full"

    async def _refund(self, town: Town, case_id: str) -> str:
        """What the public event says."""
        _, history = await case_as_of(town.service.runtime.log.reader, UUID(case_id))
        envelope = PUBLISHED.envelope(history[-1], 1)
        assert envelope is not None
        return str(envelope.data["refund"])


class TestRegister:
    async def test_sends_a_mismatch_to_a_clerk_after_payment(self, town: Town) -> None:
        await town.fault("mismatch", 1)
        case_id = (await town.apply()).json()["case_id"]
        await town.until(case_id, "awaiting_payment")
        await town.pay(case_id)
        assert (await town.case(case_id))["reasons"] == ["register_mismatch"]

    async def test_tells_the_citizen_nothing(self, town: Town) -> None:
        await town.fault("mismatch", 1)
        case_id = (await town.apply()).json()["case_id"]
        await town.until(case_id, "awaiting_payment")
        seen = await town.get(f"/applications/{case_id}")
        assert "register_outcome" not in seen.text
        assert "mismatch" not in seen.text
        assert [step["step"] for step in seen.json()["timeline"]] == ["submitted"]
        await town.pay(case_id)
        seen = await town.get(f"/applications/{case_id}")
        assert "mismatch" not in seen.text
        assert seen.json()["state"] == "in_review"

    async def test_publishes_the_reason_only_as_in_review(self, town: Town) -> None:
        await town.fault("mismatch", 1)
        case_id = (await town.apply()).json()["case_id"]
        await town.until(case_id, "awaiting_payment")
        await town.pay(case_id)
        (referred,) = await town.published(case_id, "application_referred.v1")
        assert referred["reasons"] == ["in_review"]
        feed = (await town.get("/events?after=0&limit=500", "gateway")).text
        assert "mismatch" not in feed
        assert "Mustermann" not in feed
        assert "LIN-AB" not in feed

    async def test_that_stays_silent_leads_to_a_clerk(self, town: Town) -> None:
        await town.fault("down")
        case_id = (await town.apply()).json()["case_id"]
        await town.pay(case_id)
        await town.wait_until(case_id, "in_review", step=timedelta(seconds=1))
        assert (await town.case(case_id))["reasons"] == ["register_unavailable"]


class TestOtherCases:
    async def test_go_to_a_clerk_with_their_reasons(self, town: Town) -> None:
        case_id = (await town.apply(remark="Bitte ab Montag", plate="LIN-AB 123 04/10")).json()["case_id"]
        await town.until(case_id, "awaiting_payment")
        await town.pay(case_id)
        found = await town.case(case_id)
        assert (found["condition"], found["reasons"]) == ("in_review", ["season_plate", "remark"])


class TestUnpaidCase:
    async def test_expires_and_frees_person_and_plate(self, town: Town) -> None:
        case_id = (await town.apply()).json()["case_id"]
        await town.until(case_id, "awaiting_payment")
        town.clock.advance(timedelta(days=7))
        assert (await town.case(case_id))["condition"] == "awaiting_payment"
        town.clock.advance(timedelta(days=1))
        await town.until(case_id, "expired")
        assert (await town.apply()).status_code == 201

    async def test_is_not_expired_once_paid(self, town: Town) -> None:
        case_id = (await town.apply()).json()["case_id"]
        await town.until(case_id, "awaiting_payment")
        await town.pay(case_id)
        town.clock.advance(timedelta(days=9))

        async def looked_at() -> bool:
            return bool(
                await town.service.runtime.pool.fetchval(
                    "SELECT done_at IS NOT NULL FROM task WHERE kind = 'expire_unpaid'"
                )
            )

        await eventually(looked_at)
        assert (await town.case(case_id))["condition"] == "approved"

    async def test_stays_expired_when_money_comes_late(self, town: Town) -> None:
        case_id = (await town.apply()).json()["case_id"]
        await town.until(case_id, "awaiting_payment")
        town.clock.advance(timedelta(days=9))
        await town.until(case_id, "expired")
        before = await town.count("event")
        await town.pay(case_id)
        assert await town.count("event") == before


class TestReservations:
    async def test_free_the_person_after_the_last_day(self, town: Town) -> None:
        case_id = (await town.apply(months=6)).json()["case_id"]
        await town.until(case_id, "awaiting_payment")
        await town.pay(case_id, 1530)
        town.clock.advance(timedelta(days=190))
        assert (await town.apply(start="2027-06-01")).status_code == 409
        town.clock.advance(timedelta(days=1))

        async def free() -> bool:
            return (await town.apply(start="2027-06-01")).status_code == 201

        await eventually(free)

    async def test_refuse_a_second_permit_for_a_person(self, town: Town) -> None:
        await town.apply()
        held = await town.count("reservation")
        reply = await town.apply(plate="LIN-XY 9")
        assert reply.status_code == 409
        assert reply.json()["type"].endswith(":already_taken")
        assert reply.json()["errors"][0]["code"] == "permit_exists_for_person"
        assert (await town.count("case_overview"), await town.count("reservation")) == (1, held)

    async def test_refuse_the_person_under_another_account(self, town: Town) -> None:
        await town.apply()
        reply = await town.apply(who=new_id(), plate="LIN-XY 9", family_name="MUSTERMANN")
        assert reply.json()["errors"][0]["code"] == "permit_exists_for_person"

    async def test_refuse_a_plate_that_has_a_permit(self, town: Town) -> None:
        await town.apply()
        reply = await town.apply(who=new_id(), family_name="Schmidt", plate="lin ab123")
        assert reply.status_code == 409
        assert reply.json()["errors"] == [{"field": "plate", "code": "permit_exists_for_plate", "params": {}}]

    async def test_go_to_one_of_many_at_once(self, town: Town) -> None:
        names = ("Adam", "Berg", "Conrad", "Dahl", "Emmerich")
        replies = await asyncio.gather(*(town.apply(who=new_id(), family_name=name) for name in names))
        assert sorted(reply.status_code for reply in replies) == [201, 409, 409, 409, 409]
        assert await town.count("case_overview") == 1

    async def test_are_given_up_on_withdrawal(self, town: Town) -> None:
        case_id = (await town.apply()).json()["case_id"]
        await town.until(case_id, "awaiting_payment")
        reply = await town.post(f"/applications/{case_id}/withdrawal", {})
        assert (reply.status_code, reply.json()["state"]) == (200, "withdrawn")
        assert (await town.apply()).status_code == 201
