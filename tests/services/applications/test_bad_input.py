"""What the service refuses: each with its own answer, and the log as it was."""

import asyncio
from typing import Any

import pytest

from shared.ids import new_id
from tests.services.applications.conftest import Town
from tests.services.applications.plain import PERMIT

pytestmark = pytest.mark.integration


def slug(reply: Any) -> str:
    found: str = reply.json()["type"].removeprefix("urn:portal:problem:")
    return found


class TestSubmission:
    async def test_names_every_field_that_is_wrong(self, town: Town) -> None:
        reply = await town.apply(plate="LIN-AB 0123", months=3, street="Lindnestraße")
        assert (reply.status_code, slug(reply)) == (422, "invalid")
        assert {e["field"]: e["code"] for e in reply.json()["errors"]} == {
            "plate": "plate_impossible",
            "months": "too_small",
            "street": "street_unknown",
        }
        assert await town.count("event") == await town.count("reservation") == await town.count("task") == 0

    async def test_refuses_a_stale_form(self, town: Town) -> None:
        body = {"service": "bewohnerparkausweis", "service_version": 7, "answers": PERMIT}
        headers = town.headers(town.citizen) | {"Idempotency-Key": "k"}
        reply = await town.service.http.post("/applications", json=body, headers=headers)
        assert (reply.status_code, slug(reply), reply.json()["current_version"]) == (409, "form_changed", 1)

    async def test_refuses_an_unknown_service(self, town: Town) -> None:
        reply = await town.apply(service="mondreise")
        assert (reply.status_code, slug(reply)) == (404, "service_unknown")

    async def test_needs_a_token_and_the_role(self, town: Town) -> None:
        reply = await town.service.http.post("/applications", json={})
        assert (reply.status_code, slug(reply)) == (401, "token_missing")
        reply = await town.post("/applications", {}, town.clerk, "clerk")
        assert (reply.status_code, slug(reply)) == (403, "wrong_role")

    async def test_needs_an_idempotency_key(self, town: Town) -> None:
        body = {"service": "bewohnerparkausweis", "service_version": 1, "answers": PERMIT}
        reply = await town.post("/applications", body)
        assert (reply.status_code, slug(reply)) == (400, "idempotency_key_missing")

    async def test_refuses_broken_json(self, town: Town) -> None:
        headers = town.headers(town.citizen) | {"Idempotency-Key": "k", "Content-Type": "application/json"}
        reply = await town.service.http.post("/applications", content=b"{", headers=headers)
        assert (reply.status_code, slug(reply)) == (400, "broken_json")


class TestRepeatedRequest:
    async def test_is_answered_the_same_once(self, town: Town) -> None:
        first, second = await town.apply(key="once"), await town.apply(key="once")
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json() == second.json()
        assert await town.count("case_overview") == 1

    async def test_is_answered_the_same_when_both_come_at_once(self, town: Town) -> None:
        replies = await asyncio.gather(*(town.apply(key="once") for _ in range(5)))
        assert {reply.status_code for reply in replies} == {201}
        assert len({reply.json()["case_id"] for reply in replies}) == 1
        assert await town.count("case_overview") == 1

    async def test_is_refused_with_other_content(self, town: Town) -> None:
        await town.apply(key="once")
        reply = await town.apply(key="once", plate="LIN-Z 1")
        assert (reply.status_code, slug(reply)) == (422, "idempotency_key_reused")


class TestForeignCase:
    async def test_reads_as_unknown(self, town: Town) -> None:
        case_id = (await town.apply()).json()["case_id"]
        stranger = new_id()
        for path in (f"/applications/{case_id}", f"/applications/{new_id()}"):
            reply = await town.get(path, stranger)
            assert (reply.status_code, slug(reply)) == (404, "not_found")
        for command in ("withdrawal", "correction"):
            reply = await town.post(f"/applications/{case_id}/{command}", {"answers": {}}, stranger)
            assert (reply.status_code, slug(reply)) == (404, "not_found")

    async def test_shows_its_past_to_services_only(self, town: Town) -> None:
        case_id = (await town.apply()).json()["case_id"]
        assert (await town.get(f"/applications/{case_id}?version=1")).status_code == 403
        reply = await town.get(f"/applications/{case_id}?version=1", "documents")
        assert reply.json()["version"] == 1

    @pytest.mark.parametrize("reader", ["gateway", "payments", "identity"])
    async def test_is_read_by_the_service_that_prints_it_alone(self, town: Town, reader: str) -> None:
        case_id = (await town.apply()).json()["case_id"]
        reply = await town.get(f"/applications/{case_id}", reader)
        assert (reply.status_code, slug(reply)) == (403, "wrong_role")

    async def test_is_not_decided_by_citizens(self, town: Town) -> None:
        case_id = (await town.apply()).json()["case_id"]
        body = {"decision": "approve", "version": 1}
        assert (await town.post(f"/applications/{case_id}/decision", body)).status_code == 403
        assert (await town.get(f"/applications/{case_id}/file")).status_code == 403
        assert (await town.get("/worklist")).status_code == 403
