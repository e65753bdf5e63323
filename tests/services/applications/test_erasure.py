"""A citizen is forgotten: what becomes of cases, drafts and reservations, and what hinders it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.applications.domain.case import Case
from shared.domain import REDACTED
from shared.ids import new_id
from tests.services.applications.conftest import Town, eventually
from tests.services.applications.plain import PERMIT

pytestmark = pytest.mark.integration


async def forget(town: Town) -> None:
    """The citizen's account was erased at identity; waits until it is done here."""
    await town.hear("identity.account_erased.v1", account_id=town.citizen)

    async def done() -> Any:
        return await town.service.runtime.pool.fetchval(
            "SELECT done_at FROM task WHERE kind = 'erase_citizen' AND dedupe = $1", str(town.citizen)
        )

    await eventually(done)


async def decided(town: Town, service: str, decision: str) -> dict[str, Any]:
    """A case in a clerk's hands, decided."""
    more: dict[str, Any] = {} if service == "hundesteuer-anmeldung" else {"remark": "Bitte prüfen"}
    case_id = (await town.apply(service=service, **more)).json()["case_id"]
    if more:
        await town.until(case_id, "awaiting_payment")
        await town.pay(case_id)
    case = await town.until(case_id, "in_review")
    body = {"decision": decision, "version": case["version"], "reason": "so ist es"}
    answer = await town.post(f"/applications/{case_id}/decision", body, town.clerk, "clerk")
    assert answer.status_code == 200, answer.text
    return await town.case(case_id)


async def hindrances(town: Town) -> list[dict[str, str]]:
    path = f"/accounts/{town.citizen}/hindrances"
    found: list[dict[str, str]] = (await town.get(path, "identity")).json()["hindrances"]
    return found


class TestForgetting:
    async def test_withdraws_what_is_not_decided(self, town: Town) -> None:
        case_id = (await town.apply()).json()["case_id"]
        await town.until(case_id, "awaiting_payment")
        await forget(town)
        assert (await town.events(case_id))[-1] == "application_withdrawn"
        (row,) = await town.service.runtime.pool.fetch("SELECT condition FROM case_overview")
        assert row["condition"] == "withdrawn"

    async def test_leaves_what_is_decided(self, town: Town) -> None:
        case = await decided(town, "bewohnerparkausweis", "reject")
        await forget(town)
        assert (await town.events(case["case_id"]))[-1] == "application_rejected"

    async def test_leaves_cases_that_fold_and_say_nothing(self, town: Town) -> None:
        case = await decided(town, "bewohnerparkausweis", "approve")
        await forget(town)
        found: Any = await town.service.runtime.unit().load(Case, UUID(case["case_id"]))
        assert (found.answers, found.facts, found.reserved) == (REDACTED, REDACTED, REDACTED)
        assert (found.condition, found.fee_cents, found.settled) == ("approved", 3060, True)

    async def test_shows_the_clerk_a_file_without_a_person(self, town: Town) -> None:
        case = await decided(town, "bewohnerparkausweis", "reject")
        assert case["erased"] is False
        await forget(town)
        reply = await town.get(f"/applications/{case['case_id']}/file", town.clerk, "clerk")
        file = reply.json()
        assert (file["erased"], file["answers"], file["summary"], file["facts"]) == (True, {}, [], {})
        assert file["decision"] == {**case["decision"], "text": None}
        assert file["case_number"] == case["case_number"]

    async def test_deletes_drafts(self, town: Town) -> None:
        body = {"service": "bewohnerparkausweis", "answers": PERMIT}
        assert (await town.post("/drafts", body)).status_code == 201
        other = new_id()
        assert (await town.post("/drafts", body, other)).status_code == 201
        await forget(town)
        rows = await town.service.runtime.pool.fetch("SELECT account_id FROM draft")
        assert [row["account_id"] for row in rows] == [other]

    async def test_frees_person_and_plate_even_of_a_permit_that_holds(self, town: Town) -> None:
        await decided(town, "bewohnerparkausweis", "approve")
        assert (await town.apply(who=new_id())).status_code == 409
        await forget(town)
        held = "SELECT count(*) FROM reservation WHERE scope LIKE 'permit_per%'"
        assert await town.service.runtime.pool.fetchval(held) == 0
        assert (await town.apply(who=new_id())).status_code == 201

    async def test_takes_no_more_of_who_is_forgotten(self, town: Town) -> None:
        await forget(town)
        reply = await town.apply()
        assert (reply.status_code, reply.json()["type"]) == (410, "urn:portal:problem:erased")
        assert await town.count("event") == 0

    async def test_looks_once_more_for_what_came_in_meanwhile(self, town: Town) -> None:
        await forget(town)
        town.clock.advance(timedelta(minutes=4))

        async def done() -> bool:
            left = "SELECT count(*) FROM task WHERE kind = 'erase_citizen' AND done_at IS NULL"
            return bool(await town.service.runtime.pool.fetchval(left) == 0)

        await eventually(done)

    async def test_lets_money_and_documents_that_come_later_be_told(self, town: Town) -> None:
        case = await decided(town, "bewohnerparkausweis", "approve")
        document = new_id()
        await forget(town)
        told = {"case_id": case["case_id"], "document_id": document}
        await town.hear("documents.document_issued.v1", **told, kind="resident_parking_permit")
        await town.hear("documents.document_revoked.v1", **told, reason="lost")
        assert (await town.events(case["case_id"]))[-2:] == ["application_completed", "approval_revoked"]


class TestWhatHindersIt:
    async def test_is_a_document_that_is_being_made(self, town: Town) -> None:
        case = await decided(town, "bewohnerparkausweis", "approve")
        assert await hindrances(town) == [
            {"case_id": case["case_id"], "case_number": case["case_number"], "reason": "document_pending"}
        ]
        kind = "resident_parking_permit"
        await town.hear(
            "documents.document_issued.v1", case_id=case["case_id"], document_id=new_id(), kind=kind
        )
        assert await hindrances(town) == []

    async def test_is_a_charge_that_is_assessed_and_not_paid(self, town: Town) -> None:
        case = await decided(town, "hundesteuer-anmeldung", "approve")
        kind = "dog_tax_assessment"
        await town.hear(
            "documents.document_issued.v1", case_id=case["case_id"], document_id=new_id(), kind=kind
        )
        assert [one["reason"] for one in await hindrances(town)] == ["fee_open"]
        await town.pay(case["case_id"], case["fee"]["cents"])
        assert await hindrances(town) == []

    async def test_may_be_what_was_granted_and_has_ended(self, town: Town) -> None:
        case = await decided(town, "bewohnerparkausweis", "approve")
        told = {"case_id": case["case_id"], "document_id": new_id()}
        await town.hear("documents.document_issued.v1", **told, kind="resident_parking_permit")
        path = f"/accounts/{town.citizen}/hindrances"
        assert (await town.get(path, "identity")).json() == {"hindrances": [], "ended": []}
        await town.hear("documents.document_revoked.v1", **told, reason="at_own_wish")
        ended = {"case_id": case["case_id"], "case_number": case["case_number"]}
        assert (await town.get(path, "identity")).json() == {"hindrances": [], "ended": [ended]}

    async def test_is_no_application_that_is_not_decided(self, town: Town) -> None:
        await town.apply()
        assert await hindrances(town) == []

    async def test_is_told_to_identity_alone(self, town: Town) -> None:
        path = f"/accounts/{town.citizen}/hindrances"
        assert (await town.get(path)).status_code == 403
        assert (await town.get(path, "documents")).status_code == 403
