"""A clerk corrects what was granted: a new document takes the old one's place, period and fee stay."""

from typing import Any
from uuid import UUID

import pytest

from services.applications.published import PUBLISHED
from services.applications.queries import case_as_of
from shared.ids import new_id
from tests.services.applications.conftest import Town
from tests.services.applications.test_clerk_desk import decide

pytestmark = pytest.mark.integration
KIND = "resident_parking_permit"


async def completed(town: Town, **about: Any) -> dict[str, Any]:
    case_id = (await town.apply(**about)).json()["case_id"]
    await town.until(case_id, "awaiting_payment")
    await town.pay(case_id)
    await town.until(case_id, "approved")
    await town.hear("documents.document_issued.v1", document_id=new_id(), case_id=case_id, kind=KIND)
    return await town.case(case_id)


async def reissue(town: Town, case: dict[str, Any], who: UUID | None = None, **changed: Any) -> Any:
    body = {
        "version": case["version"],
        "answers": {"plate": "LIN-CD 7"},
        "reason": "Neues Fahrzeug",
    } | changed
    return await town.post(f"/applications/{case['case_id']}/reissue", body, who or town.clerk, "clerk")


class TestACompletedCase:
    async def test_is_approved_anew_with_the_corrected_answers(self, town: Town) -> None:
        case = await completed(town)
        assert "plate" in case["reissuable"]
        assert (await reissue(town, case)).json()["condition"] == "approved"
        found = await town.case(case["case_id"])
        assert (found["answers"]["plate"], found["answers"]["months"]) == ("LIN-CD 7", 12)
        assert (found["valid_from"], found["valid_until"]) == (case["valid_from"], case["valid_until"])
        assert found["fee"] == case["fee"]
        _, history = await case_as_of(town.service.runtime.log.reader, UUID(case["case_id"]))
        envelope = PUBLISHED.envelope(history[-1], 1)
        assert envelope is not None
        assert envelope.type == "applications.approval_corrected.v1"
        assert envelope.data["replaces"] == case["document"]["document_id"]
        assert "LIN-CD" not in str(envelope.data)

    async def test_is_completed_again_with_the_new_document(self, town: Town) -> None:
        case, new = await completed(town), new_id()
        await reissue(town, case)
        await town.hear("documents.document_issued.v1", document_id=new, case_id=case["case_id"], kind=KIND)
        found = await town.case(case["case_id"])
        assert (found["condition"], found["document"]["document_id"]) == ("completed", str(new))

    async def test_frees_the_old_plate_and_takes_the_new_one(self, town: Town) -> None:
        await reissue(town, await completed(town))
        other: dict[str, Any] = {"who": new_id(), "family_name": "Schmidt"}
        assert (await town.apply(**other, plate="LIN-CD 7")).status_code == 409
        assert (await town.apply(**other, plate="LIN-AB 123")).status_code == 201

    async def test_may_not_take_anothers_plate(self, town: Town) -> None:
        case = await completed(town)
        await town.apply(who=new_id(), family_name="Schmidt", plate="LIN-CD 7")
        reply = await reissue(town, case)
        assert (reply.status_code, reply.json()["errors"][0]["code"]) == (409, "permit_exists_for_plate")
        assert (await town.case(case["case_id"]))["condition"] == "completed"

    @pytest.mark.parametrize(
        ("changed", "status", "code"),
        [
            ({"answers": {"months": 24}}, 422, "not_correctable"),
            ({"answers": {"plate": "LIN-AB 0123"}}, 422, "plate_impossible"),
            ({"answers": {}}, 422, "required"),
            ({"reason": " "}, 422, "required"),
            ({"version": 1}, 409, None),
        ],
    )
    async def test_is_left_as_it_was_by_what_is_refused(
        self, town: Town, changed: dict[str, Any], status: int, code: str | None
    ) -> None:
        case = await completed(town)
        reply = await reissue(town, case, **changed)
        assert reply.status_code == status
        if code:
            assert reply.json()["errors"][0]["code"] == code
        assert (await town.case(case["case_id"]))["version"] == case["version"]

    async def test_is_not_corrected_by_its_own_citizen(self, town: Town) -> None:
        reply = await reissue(town, await completed(town), town.citizen)
        assert (reply.status_code, reply.json()["type"]) == (403, "urn:portal:problem:own_case")


class TestAnotherCase:
    async def test_that_is_not_decided_cannot_be_corrected_so(self, town: Town) -> None:
        case_id = (await town.apply()).json()["case_id"]
        found = await town.until(case_id, "awaiting_payment")
        reply = await reissue(town, found)
        assert (reply.status_code, reply.json()["type"]) == (409, "urn:portal:problem:not_possible_now")

    async def test_of_a_service_without_it_has_no_answer_to_correct(self, town: Town) -> None:
        case = await town.case((await town.apply(service="hundesteuer-anmeldung")).json()["case_id"])
        await decide(town, case, "approve")
        found = await town.case(case["case_id"])
        reply = await reissue(town, found, answers={"dog_name": "Rex"})
        assert reply.json()["errors"] == [{"field": "dog_name", "code": "not_correctable", "params": {}}]
