"""Applications over the API: passed on with the session's token, put together from three services."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import aio_pika
import httpx
import pytest
from aio_pika.exceptions import DeliveryError
from starlette.responses import Response

from gateway.assets.serving import Assets
from shared.bus.envelope import Envelope, write
from shared.clock import SystemClock
from shared.ids import new_id
from tests.gateway.api.standin import Services, browsing, gateway_before, problem

CASE, CLAIM, DOCUMENT = new_id(), new_id(), new_id()
HERE = f"/applications/{CASE}"
NEW = {"service": "bewohnerparkausweis", "service_version": 1, "answers": {"plate": "LIN-AB 123"}}

CLAIMS = [{"claim_id": "old", "state": "cancelled"}, {"claim_id": str(CLAIM), "state": "open"}]


def of_case(services: Services, state: str = "in_progress", *documents: dict[str, Any]) -> None:
    services.says[f"GET applications {HERE}"] = {"case_id": str(CASE), "state": state}
    services.says["GET payments /claims"] = {"claims": CLAIMS}
    services.says["GET documents /documents"] = {"documents": list(documents)}


class TestOlderVersion:
    async def test_is_described_as_it_was(self, visitor: httpx.AsyncClient, services: Services) -> None:
        services.says["GET applications /services/bewohnerparkausweis/versions/1"] = {"version": 1}
        answer = await visitor.get("/api/v1/services/bewohnerparkausweis/versions/1")
        assert (answer.status_code, answer.json()) == (200, {"version": 1})
        assert (await visitor.get("/api/v1/services/bewohnerparkausweis/versions/9")).status_code == 404

    async def test_gives_a_correction_its_words(self, citizen: httpx.AsyncClient, services: Services) -> None:
        label = {"name": "plate", "type": "plate", "label": "Kennzeichen von damals"}
        sections = {"sections": [{"key": "a", "title": "A", "fields": [label]}]}
        services.says["GET applications /services/bewohnerparkausweis/versions/1"] = sections
        services.says[f"GET applications {HERE}"] = {"service": "bewohnerparkausweis", "service_version": 1}
        errors = [{"field": "plate", "code": "required", "params": {}}]
        services.says[f"POST applications {HERE}/correction"] = problem(422, "invalid", errors=errors)
        answer = await citizen.post(f"/api/v1{HERE}/correction", json={"answers": {}})
        assert answer.json()["errors"][0]["sentence"] == "Kennzeichen von damals: Bitte ausfüllen"


class TestProcessingTime:
    async def test_is_passed_on_to_anybody(self, visitor: httpx.AsyncClient, services: Services) -> None:
        measured = {"cases": 143, "p50_seconds": 2, "p90_seconds": 112, "straight_through": 0.94}
        services.says["GET applications /services/bewohnerparkausweis/processing-time"] = measured
        answer = await visitor.get("/api/v1/services/bewohnerparkausweis/processing-time")
        assert (answer.status_code, answer.json()) == (200, measured)


class TestApplying:
    async def test_passes_on_key_language_and_person(
        self, citizen: httpx.AsyncClient, services: Services
    ) -> None:
        services.says["POST applications /applications"] = {"case_id": str(CASE)}
        said = {"Idempotency-Key": "once", "Accept-Language": "en"}
        answer = await citizen.post("/api/v1/applications", json=NEW, headers=said)
        assert (answer.status_code, answer.json()) == (201, {"case_id": str(CASE)})
        [call] = services.to("applications", "/applications")
        assert (call.session, call.purpose) == ("kim", "apply")
        assert call.headers["idempotency-key"] == "once"
        assert call.body == {**NEW, "language": "en"}

    async def test_says_when_the_key_is_missing(self, citizen: httpx.AsyncClient, services: Services) -> None:
        services.says["POST applications /applications"] = problem(400, "idempotency_key_missing")
        answer = await citizen.post("/api/v1/applications", json=NEW)
        assert answer.status_code == 400
        assert "Idempotency-Key" in answer.json()["detail"]

    @pytest.mark.parametrize("missing", ["service", "service_version", "answers"])
    async def test_asks_no_service_for_half_a_request(
        self, citizen: httpx.AsyncClient, services: Services, missing: str
    ) -> None:
        half = {name: value for name, value in NEW.items() if name != missing}
        answer = await citizen.post("/api/v1/applications", json=half)
        assert [error["field"] for error in answer.json()["errors"]] == [missing]
        assert not services.to("applications", "/applications")

    async def test_needs_a_session(self, visitor: httpx.AsyncClient, services: Services) -> None:
        csrf = (await visitor.get("/api/v1/session")).json()["csrf"]
        answer = await visitor.post("/api/v1/applications", json=NEW, headers={"X-CSRF-Token": csrf})
        assert answer.status_code == 401
        assert not services.to("applications", "/applications")


class TestCase:
    async def test_comes_with_its_claims_and_documents(
        self, citizen: httpx.AsyncClient, services: Services
    ) -> None:
        of_case(services, "completed", {"document_id": str(DOCUMENT)})
        assert (await citizen.get(f"/api/v1{HERE}")).json() == {
            "case_id": str(CASE),
            "state": "completed",
            "claim": CLAIMS[1],
            "claims": CLAIMS,
            "documents": [{"document_id": str(DOCUMENT)}],
            "missing": [],
        }
        assert services.to("payments", "/claims")[0].query == f"case_id={CASE}"

    async def test_names_what_is_missing_while_a_service_is_away(
        self, citizen: httpx.AsyncClient, services: Services
    ) -> None:
        of_case(services)
        services.says["GET payments /claims"] = problem(503, "unavailable")
        found = (await citizen.get(f"/api/v1{HERE}")).json()
        assert (found["claim"], found["documents"], found["missing"]) == (None, [], ["payments"])

    async def test_of_somebody_else_is_not_there(
        self, citizen: httpx.AsyncClient, services: Services
    ) -> None:
        of_case(services)
        services.says[f"GET applications {HERE}"] = problem(404, "not_found")
        assert (await citizen.get(f"/api/v1{HERE}")).status_code == 404
        assert (await citizen.get(f"/api/v1{HERE}/events")).status_code == 404

    async def test_is_withdrawn_and_corrected(self, citizen: httpx.AsyncClient, services: Services) -> None:
        of_case(services)
        services.says[f"POST applications {HERE}/withdrawal"] = {"state": "withdrawn"}
        services.says[f"POST applications {HERE}/correction"] = problem(409, "fee_would_change")
        assert (await citizen.post(f"/api/v1{HERE}/withdrawal")).json() == {"state": "withdrawn"}
        refused = await citizen.post(f"/api/v1{HERE}/correction", json={"answers": {}})
        assert refused.status_code == 409
        assert refused.json()["detail"].startswith("Ihre Gebühr ist schon bezahlt.")


class TestPaying:
    async def test_comes_back_to_the_case(self, citizen: httpx.AsyncClient, services: Services) -> None:
        services.says[f"GET payments /claims/{CLAIM}"] = {"case_id": str(CASE)}
        services.says[f"POST payments /claims/{CLAIM}/attempts"] = {"redirect_url": "https://pay.example"}
        answer = await citizen.post(
            f"/api/v1/claims/{CLAIM}/attempts", json={"method": "card"}, headers={"Idempotency-Key": "k"}
        )
        assert (answer.status_code, answer.json()["redirect_url"]) == (201, "https://pay.example")
        [call] = services.to("payments", f"/claims/{CLAIM}/attempts")
        assert call.body["return_url"] == f"http://127.0.0.1:8080/vorgang/{CASE}/zahlung/zurueck"
        assert call.headers["idempotency-key"] == "k"


class TestDocument:
    async def test_is_handed_out_as_it_came(self, citizen: httpx.AsyncClient, services: Services) -> None:
        headers = {"Content-Disposition": 'attachment; filename="A.pdf"', "ETag": '"x"'}
        services.says[f"GET documents /documents/{DOCUMENT}/content"] = Response(
            b"%PDF-1.7", media_type="application/pdf", headers=headers
        )
        answer = await citizen.get(f"/api/v1/documents/{DOCUMENT}/content")
        assert (answer.content, answer.headers["content-type"]) == (b"%PDF-1.7", "application/pdf")
        assert answer.headers["content-disposition"] == headers["Content-Disposition"]


class TestVerification:
    @pytest.mark.parametrize("session", [None, "long-gone"])
    async def test_needs_no_session(self, gateway: str, services: Services, session: str | None) -> None:
        token = "2KCETIQBE4CEIVSHLKT2AWBI"
        services.says[f"GET documents /verification/{token}"] = {"status": "valid", "plate": "LIN-AB 123"}
        async with browsing(gateway, session) as client:
            found = (await client.get(f"/api/v1/verification/{token}")).json()
        assert (found["status"], found["plate"]) == ("valid", "LIN-AB 123")
        [call] = services.to("documents", f"/verification/{token}")
        assert call.session is None

    @pytest.mark.parametrize("code", ["short", "A" * 701, "0189" * 8, "2KCETIQBE4CEIVSHL%2e%2e"])
    async def test_asks_nobody_about_what_is_no_code(
        self, visitor: httpx.AsyncClient, services: Services, code: str
    ) -> None:
        assert (await visitor.get(f"/api/v1/verification/{code}")).json()["status"] == "unknown"
        assert services.calls == []

    @pytest.mark.parametrize("version", ["", "/2"])
    async def test_hands_out_the_signed_list(
        self, visitor: httpx.AsyncClient, services: Services, version: str
    ) -> None:
        kind, kept = 'application/cose; cose-type="cose-sign1"', {"Cache-Control": "public, max-age=30"}
        services.says[f"GET documents /status-list{version}"] = Response(
            b"\xd2\x84", media_type=kind, headers=kept
        )
        answer = await visitor.get(f"/api/v1/status-list{version}")
        assert (answer.content, answer.headers["content-type"]) == (b"\xd2\x84", kind)
        assert answer.headers["cache-control"] == "public, max-age=30"


class Events:
    """Reads server-sent events; comments are left out."""

    def __init__(self, answer: httpx.Response) -> None:
        self._lines = answer.aiter_lines()

    async def next(self) -> tuple[str, Any]:
        name = ""
        async with asyncio.timeout(10):
            async for line in self._lines:
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    return name, json.loads(line.removeprefix("data: "))
        raise EOFError


@pytest.mark.integration
class TestEvents:
    @pytest.fixture
    async def exchange(self, amqp_url: str) -> AsyncIterator[Any]:
        name = f"test-{new_id().hex[-8:]}."
        async with await aio_pika.connect(amqp_url) as connection:
            channel = await connection.channel(on_return_raises=True)
            made = await channel.declare_exchange(f"{name}portal.events", "topic", durable=True)
            yield made
            await made.delete()

    @pytest.fixture
    async def live(
        self, services: Services, assets: Assets, tmp_path: Any, amqp_url: str, exchange: Any
    ) -> AsyncIterator[httpx.AsyncClient]:
        services.sign_in("kim", "citizen")
        prefix = exchange.name.removesuffix("portal.events")
        async with (
            gateway_before(services, tmp_path, rabbitmq_url=amqp_url, name_prefix=prefix) as address,
            browsing(address, "kim") as client,
        ):
            await self._heard(exchange)
            yield client

    async def _heard(self, exchange: Any) -> None:
        """Waits for the gateway's queue: before, the broker sends back what is published."""
        kind = "documents.document_issued.v1"
        async with asyncio.timeout(15):
            while True:
                with contextlib.suppress(DeliveryError):
                    await exchange.publish(self.event(kind, new_id()), routing_key=kind)
                    return
                await asyncio.sleep(0.02)

    @staticmethod
    def event(kind: str, case_id: UUID) -> aio_pika.Message:
        envelope = Envelope(
            id=new_id(),
            source="portal/documents",
            type=kind,
            subject=str(DOCUMENT),
            time=SystemClock().now(),
            sequence=1,
            data={"case_id": str(case_id)},
            streamversion=1,
        )
        return aio_pika.Message(write(envelope))

    async def test_tell_the_case_each_event_and_the_end(
        self, live: httpx.AsyncClient, services: Services, exchange: Any
    ) -> None:
        of_case(services)
        async with live.stream("GET", f"/api/v1{HERE}/events") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            events = Events(answer)
            name, case = await events.next()
            assert (name, case["state"]) == ("case", "in_progress")
            of_case(services, "completed", {"document_id": str(DOCUMENT)})
            kind = "documents.document_issued.v1"
            await exchange.publish(self.event(kind, CASE), routing_key=kind)
            name, happened = await events.next()
            assert (name, happened["type"], happened["service"]) == ("happened", kind, "documents")
            name, case = await events.next()
            assert (name, case["state"]) == ("case", "completed")
            assert await events.next() == ("done", {"state": "completed"})
            with pytest.raises(EOFError):
                await events.next()

    async def test_come_without_a_broker_too(self, citizen: httpx.AsyncClient, services: Services) -> None:
        of_case(services)
        async with citizen.stream("GET", f"/api/v1{HERE}/events") as answer:
            events = Events(answer)
            await events.next()
            of_case(services, "withdrawn")
            assert (await events.next())[1]["state"] == "withdrawn"
            assert (await events.next())[0] == "done"

    async def test_end_with_the_session(self, citizen: httpx.AsyncClient, services: Services) -> None:
        of_case(services)
        async with citizen.stream("GET", f"/api/v1{HERE}/events") as answer:
            events = Events(answer)
            await events.next()
            services.says[f"GET applications {HERE}"] = problem(401, "session_over")
            with pytest.raises(EOFError):
                await events.next()
