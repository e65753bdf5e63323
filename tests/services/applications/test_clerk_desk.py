"""A clerk at work: the list, the file, the decision, the correction."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from shared.ids import new_id
from tests.services.applications.conftest import Town, eventually
from tests.services.applications.plain import PERMIT

pytestmark = pytest.mark.integration


async def referred(town: Town, **changed: Any) -> dict[str, Any]:
    case_id = (await town.apply(**({"remark": "Bitte prüfen"} | changed))).json()["case_id"]
    await town.until(case_id, "awaiting_payment")
    await town.pay(case_id)
    return await town.case(case_id)


async def decide(town: Town, case: dict[str, Any], decision: str, **more: Any) -> Any:
    body = {"decision": decision, "version": case["version"]} | more
    return await town.post(f"/applications/{case['case_id']}/decision", body, town.clerk, "clerk")


class TestWorklist:
    async def test_shows_what_waits_and_no_name(self, town: Town) -> None:
        case = await referred(town)
        reply = await town.get("/worklist", town.clerk, "clerk")
        (row,) = reply.json()["cases"]
        assert (row["case_id"], row["reasons"], row["settled"]) == (case["case_id"], ["remark"], True)
        assert "Mustermann" not in reply.text

    async def test_is_told_apart_by_service_and_condition(self, town: Town) -> None:
        await referred(town)
        for query in ("service=hundesteuer-anmeldung", "condition=approved"):
            assert (await town.get(f"/worklist?{query}", town.clerk, "clerk")).json()["cases"] == []


class TestFile:
    async def test_holds_everything_and_records_the_reading(self, town: Town) -> None:
        case = await referred(town)
        reply = await town.get(f"/applications/{case['case_id']}/file", town.clerk, "clerk")
        found = reply.json()
        assert found["answers"]["remark"] == "Bitte prüfen"
        assert (found["register_outcome"], found["reasons"]) == ("match", ["remark"])
        assert found["events"][0]["actor"] == f"account:{town.citizen}"
        seen = (await town.get(f"/applications/{case['case_id']}/accesses")).json()["accesses"]
        assert "clerk" in [access["reader"] for access in seen]


class TestWhoReadMyCases:
    async def test_tells_role_purpose_time_and_case(self, town: Town) -> None:
        case = await referred(town)
        await town.get(f"/applications/{case['case_id']}/file", town.clerk, "clerk", "operator")
        (newest, *earlier) = (await town.get("/accesses")).json()["accesses"]
        assert newest == {
            "reader": "clerk",
            "purpose": "test",
            "at": town.clock.now().isoformat().replace("+00:00", "Z"),
            "case_id": case["case_id"],
            "case_number": case["case_number"],
        }
        assert {one["reader"] for one in earlier} == {"documents"}
        assert str(town.clerk) not in str([newest, *earlier])

    async def test_is_for_the_citizen_alone(self, town: Town) -> None:
        case = await referred(town)
        await town.get(f"/applications/{case['case_id']}/file", town.clerk, "clerk")
        assert (await town.get("/accesses", new_id())).json() == {"accesses": []}
        assert (await town.get("/accesses", town.clerk, "clerk")).json() == {"accesses": []}
        assert (await town.get("/accesses", "documents")).status_code == 403


class TestDecision:
    async def test_approves(self, town: Town) -> None:
        case = await referred(town)
        reply = await decide(town, case, "approve", valid_from="2027-01-01")
        assert (reply.status_code, reply.json()["condition"]) == (200, "approved")
        found = await town.case(case["case_id"])
        assert found["decision"]["decided_by"] == "clerk"
        assert (found["valid_from"], found["valid_until"]) == ("2027-01-01", "2027-12-31")

    @pytest.mark.parametrize("day", ["9999-12-01", "0001-01-01", "2035-01-01"])
    async def test_refuses_a_first_day_far_away(self, town: Town, day: str) -> None:
        case = await referred(town)
        reply = await decide(town, case, "approve", valid_from=day)
        assert (reply.status_code, reply.json()["errors"][0]["code"]) == (422, "date_out_of_range")
        assert (await town.case(case["case_id"]))["condition"] == "in_review"

    async def test_rejects_in_the_words_of_the_reason(self, town: Town) -> None:
        case = await referred(town)
        await decide(town, case, "reject", reason_code="no_main_residence")
        seen = (await town.get(f"/applications/{case['case_id']}")).json()
        assert seen["state"] == "rejected"
        assert seen["decision"]["reason"] == "no_main_residence"
        assert seen["decision"]["text"].startswith("Die Hauptwohnung")
        assert (await town.apply()).status_code == 201

    async def test_refuses_an_unknown_reason(self, town: Town) -> None:
        reply = await decide(town, await referred(town), "reject", reason_code="weather")
        assert reply.json()["errors"] == [{"field": "reason_code", "code": "not_an_option", "params": {}}]

    async def test_refuses_a_stale_version(self, town: Town) -> None:
        case = await referred(town)
        reply = await decide(town, case | {"version": case["version"] - 1}, "approve")
        assert (reply.status_code, reply.json()["type"]) == (409, "urn:portal:problem:changed_meanwhile")

    async def test_refuses_a_second_decision(self, town: Town) -> None:
        case = await referred(town)
        done = (await decide(town, case, "approve")).json()
        reply = await decide(town, case | {"version": done["version"]}, "reject", reason="doch nicht")
        assert (reply.status_code, reply.json()["type"]) == (409, "urn:portal:problem:not_possible_now")

    async def test_refuses_the_clerks_own_case(self, town: Town) -> None:
        case = await referred(town)
        body = {"decision": "approve", "version": case["version"]}
        reply = await town.post(
            f"/applications/{case['case_id']}/decision", body, town.citizen, "citizen", "clerk"
        )
        assert (reply.status_code, reply.json()["type"]) == (403, "urn:portal:problem:own_case")


class TestCorrection:
    async def test_goes_round_once_and_back_to_the_clerk(self, town: Town) -> None:
        case = await referred(town)
        await decide(town, case, "request_correction", reason="Bitte das Kennzeichen prüfen")
        seen = (await town.get(f"/applications/{case['case_id']}")).json()
        assert (seen["state"], seen["correction"]) == ("correction_requested", "Bitte das Kennzeichen prüfen")
        assert seen["can"] == ["correct", "withdraw"]
        answers = PERMIT | {"plate": "LIN-CD 7"}
        reply = await town.post(f"/applications/{case['case_id']}/correction", {"answers": answers})
        assert reply.status_code == 200
        found = await town.until(case["case_id"], "in_review")
        assert (found["answers"]["plate"], found["reasons"]) == ("LIN-CD 7", ["corrected"])

    async def test_moves_the_reservation_to_the_new_plate(self, town: Town) -> None:
        case = await referred(town)
        await decide(town, case, "request_correction", reason="Kennzeichen?")
        answers = PERMIT | {"plate": "LIN-CD 7"}
        await town.post(f"/applications/{case['case_id']}/correction", {"answers": answers})
        other: dict[str, Any] = {"who": new_id(), "family_name": "Schmidt"}
        assert (await town.apply(**other, plate="LIN-CD 7")).status_code == 409
        assert (await town.apply(**other, plate="LIN-AB 123")).status_code == 201

    async def test_keeps_what_did_not_change_reserved(self, town: Town) -> None:
        case = await referred(town)
        await decide(town, case, "request_correction", reason="Hausnummer?")
        answers = PERMIT | {"house_number": "14"}
        await town.post(f"/applications/{case['case_id']}/correction", {"answers": answers})
        reply = await town.apply(who=new_id(), family_name="Schmidt")
        assert reply.json()["errors"][0]["code"] == "permit_exists_for_plate"

    async def test_may_not_change_the_fee(self, town: Town) -> None:
        case = await referred(town)
        await decide(town, case, "request_correction", reason="Zeitraum?")
        reply = await town.post(
            f"/applications/{case['case_id']}/correction", {"answers": PERMIT | {"months": 24}}
        )
        assert (reply.status_code, reply.json()["type"]) == (409, "urn:portal:problem:fee_would_change")

    async def test_is_refused_when_nobody_asked(self, town: Town) -> None:
        case_id = (await town.apply()).json()["case_id"]
        reply = await town.post(f"/applications/{case_id}/correction", {"answers": PERMIT})
        assert (reply.status_code, reply.json()["type"]) == (409, "urn:portal:problem:not_possible_now")


class TestUnansweredCorrection:
    """Asked on 22 November with two weeks to answer: until 6 December."""

    async def asked(self, town: Town) -> str:
        case = await referred(town)
        await decide(town, case, "request_correction", reason="Kennzeichen?")
        return str(case["case_id"])

    async def test_tells_the_citizen_until_when(self, town: Town) -> None:
        seen = (await town.get(f"/applications/{await self.asked(town)}")).json()
        assert seen["answer_by"] == "2026-12-06"

    async def test_reminds_once_and_goes_back_to_the_clerk_the_day_after(self, town: Town) -> None:
        case_id = await self.asked(town)
        town.clock.advance(timedelta(days=11))
        await eventually(lambda: self.happened(town, case_id, "correction_reminded"))
        town.clock.advance(timedelta(days=3))
        await asyncio.sleep(0.3)  # the last day is the citizen's, to its end
        assert (await town.case(case_id))["condition"] == "correction_requested"
        town.clock.advance(timedelta(days=1))
        found = await town.until(case_id, "in_review")
        assert (found["reasons"], found["answer_by"]) == (["remark", "correction_lapsed"], None)
        (row,) = (await town.get("/worklist", town.clerk, "clerk")).json()["cases"]
        assert row["reasons"] == ["remark", "correction_lapsed"]
        assert (await town.events(case_id)).count("correction_reminded") == 1
        late = await town.post(f"/applications/{case_id}/correction", {"answers": PERMIT})
        assert (late.status_code, late.json()["type"]) == (409, "urn:portal:problem:not_possible_now")
        assert (await decide(town, found, "approve")).json()["condition"] == "approved"

    async def test_keeps_person_and_plate_until_the_clerk_has_decided(self, town: Town) -> None:
        case_id = await self.asked(town)
        town.clock.advance(timedelta(days=15))
        found = await town.until(case_id, "in_review")
        assert (await town.apply(start="2026-12-10")).status_code == 409
        await decide(town, found, "reject", reason_code="other")
        assert (await town.apply(start="2026-12-10")).status_code == 201

    async def test_is_taken_back_by_a_clerk_and_asked_anew_with_a_new_deadline(self, town: Town) -> None:
        case_id = await self.asked(town)
        taken = await decide(town, await town.case(case_id), "take_correction_back")
        assert taken.json()["condition"] == "in_review"
        town.clock.advance(timedelta(days=10))
        await decide(town, await town.case(case_id), "request_correction", reason="Doch noch etwas")
        town.clock.advance(timedelta(days=6))  # past the first deadline, before the second
        await eventually(lambda: self.no_task_is_due(town))
        found = await town.case(case_id)
        assert (found["condition"], found["answer_by"]) == ("correction_requested", "2026-12-16")

    async def test_that_nobody_asked_cannot_be_taken_back(self, town: Town) -> None:
        reply = await decide(town, await referred(town), "take_correction_back")
        assert (reply.status_code, reply.json()["type"]) == (409, "urn:portal:problem:not_possible_now")

    async def happened(self, town: Town, case_id: str, name: str) -> bool:
        return name in await town.events(case_id)

    async def no_task_is_due(self, town: Town) -> bool:
        waiting = "SELECT count(*) FROM task WHERE due_at <= $1 AND done_at IS NULL AND failed_at IS NULL"
        return not await town.service.runtime.pool.fetchval(waiting, town.clock.now())


class TestDogTax:
    async def test_is_referred_and_assessed_on_approval(self, town: Town) -> None:
        receipt = (await town.apply(service="hundesteuer-anmeldung")).json()
        assert receipt["case_number"] == "HST-2026-000001"
        assert (receipt["fee_due"], receipt["pay_by"]) == ("after_decision", None)
        case = await town.case(receipt["case_id"])
        assert (case["condition"], case["reasons"]) == ("in_review", ["not_automated"])
        await decide(town, case, "approve")
        found = await town.case(receipt["case_id"])
        assert (found["fee"]["cents"], found["assessment"]["total_cents"]) == (5600, 5600)
        assert [part["due_on"] for part in found["assessment"]["instalments"]] == ["2026-12-22"]
        assert (found["valid_from"], found["valid_until"]) == ("2026-05-01", None)
        (approved,) = await town.published(receipt["case_id"], "application_approved.v1")
        assert approved["instalments"] == [{"due_on": "2026-12-22", "cents": 5600}]
        await town.pay(receipt["case_id"], 5600)
        assert (await town.case(receipt["case_id"]))["fee"]["settled"] is True
