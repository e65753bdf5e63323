"""The town hall's work over the API: for whom, with which purpose, and what reaches the services."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from gateway.pages.documents import PURPOSE as OWN
from tests.gateway.api.standin import Services, browsing, problem
from tests.gateway.staff.sample_file import CASE, CLAIM, PERMIT, document, filed

FILE, TASK = f"/applications/{CASE}/file", f"/money-tasks/{CLAIM}/4"
DECISION, REVOCATION = f"/applications/{CASE}/decision", f"/documents/{PERMIT}/revocation"
SETTLED = {"how": "returned_by_transfer", "amount_cents": 3060, "voucher": "AA-2026-004711"}
REISSUE = f"/applications/{CASE}/reissue"
BODIES: dict[str, dict[str, Any]] = {
    DECISION: {"decision": "reject", "version": 4, "reason": "", "reason_code": "no_main_residence"},
    REISSUE: {"version": 4, "answers": {"plate": "LIN-AB 124"}, "reason": "Zahlendreher"},
    REVOCATION: {"reason": "lost"},
    f"{TASK}/settlement": SETTLED,
    f"{TASK}/settlement/approval": SETTLED,
}
KEYED = (REVOCATION, f"{TASK}/settlement", f"{TASK}/settlement/approval")
CASE_WORK = ("/worklist", FILE, DECISION, REISSUE, REVOCATION)
MONEY = ("/money-tasks", TASK, f"{TASK}/settlement", f"{TASK}/settlement/approval")


async def ask(client: httpx.AsyncClient, path: str, **headers: str) -> httpx.Response:
    if path in BODIES:
        return await client.post(f"/api/v1{path}", json=BODIES[path], headers=headers)
    return await client.get(f"/api/v1{path}", headers=headers)


@asynccontextmanager
async def somebody(gateway: str, services: Services, *roles: str) -> AsyncIterator[httpx.AsyncClient]:
    """Signed in with these roles; without any, nobody."""
    session = "-".join(roles) or None
    if session:
        services.sign_in(session, *roles)
    async with browsing(gateway, session) as client:
        client.headers["X-CSRF-Token"] = (await client.get("/api/v1/session")).json()["csrf"]
        yield client


@pytest.fixture
def answering(services: Services) -> Services:
    filed(services, document("resident_parking_permit", PERMIT))
    services.says |= {
        "GET applications /worklist": {"cases": []},
        f"POST applications {DECISION}": {"version": 5},
        f"POST applications {REISSUE}": {"version": 6},
        f"POST documents {REVOCATION}": {"status": "revoked"},
        "GET payments /money-tasks": {"tasks": [], "next": None},
        f"GET payments {TASK}": {"kind": "refund_due"},
        f"POST payments {TASK}/settlement": {"state": "refunded"},
        f"POST payments {TASK}/settlement/approval": {"recorded": "settled"},
    }
    return services


@pytest.fixture
async def clerk(gateway: str, answering: Services) -> AsyncIterator[httpx.AsyncClient]:
    async with somebody(gateway, answering, "citizen", "clerk") as client:
        yield client


@pytest.mark.parametrize("path", [*CASE_WORK, *MONEY])
class TestEveryRequest:
    @pytest.mark.parametrize("roles", [("citizen",), ("warden", "operator"), ("treasurer",)])
    async def test_is_for_its_roles_alone(
        self, gateway: str, answering: Services, path: str, roles: tuple[str, ...]
    ) -> None:
        async with somebody(gateway, answering, *roles) as client:
            answer = await ask(client, path)
        if path in MONEY and "treasurer" in roles:
            assert answer.is_success
            return
        if path == REVOCATION:  # who holds a permit may give it up: documents judges whose it is
            asked = [call for call in answering.calls if call.service == "documents"]
            assert [call.purpose for call in asked] == [OWN]
            return
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:portal:problem:wrong_role")
        assert {call.service for call in answering.calls} == {"identity"}

    async def test_needs_somebody(self, gateway: str, answering: Services, path: str) -> None:
        async with somebody(gateway, answering) as nobody:
            assert (await ask(nobody, path)).status_code == 401
        assert answering.calls == []

    async def test_needs_the_token_to_change_anything(self, clerk: httpx.AsyncClient, path: str) -> None:
        del clerk.headers["X-CSRF-Token"]
        assert (await ask(clerk, path)).status_code == (403 if path in BODIES else 200)

    async def test_is_described(self, clerk: httpx.AsyncClient, path: str) -> None:
        paths = (await clerk.get("/api/openapi.json")).json()["paths"]
        named = path.replace(CASE, "{case_id}").replace(PERMIT, "{document_id}")
        named = named.replace(f"{CLAIM}/4", "{claim_id}/{version}").replace("/approval", "/{decision}")
        assert ("post" if path in BODIES else "get") in paths[f"/v1{named}"]

    async def test_says_what_it_is_for(
        self, clerk: httpx.AsyncClient, answering: Services, path: str
    ) -> None:
        assert (await ask(clerk, path)).is_success
        asked = [call for call in answering.calls if call.service != "identity"]
        assert {call.purpose for call in asked} == {"case-work" if path in CASE_WORK else "money-tasks"}
        assert {call.session for call in asked} == {"citizen-clerk"}


class TestWorklist:
    async def test_is_asked_by_condition_and_service(
        self, clerk: httpx.AsyncClient, answering: Services
    ) -> None:
        answer = await clerk.get("/api/v1/worklist?condition=correction_requested&service=hundesteuer")
        assert answer.json() == {"cases": []}
        [call] = answering.to("applications", "/worklist")
        assert call.query == "condition=correction_requested&service=hundesteuer"


class TestFile:
    async def test_has_claim_and_documents(self, clerk: httpx.AsyncClient) -> None:
        found = (await clerk.get(f"/api/v1{FILE}")).json()
        assert (found["version"], found["reasons"][0]) == (4, "season_plate")
        assert found["claim"]["claim_id"] == CLAIM
        assert [one["document_id"] for one in found["documents"]] == [PERMIT]
        assert found["missing"] == []

    async def test_names_who_is_away(self, clerk: httpx.AsyncClient, answering: Services) -> None:
        answering.says["GET payments /claims"] = problem(503, "unavailable")
        found = (await clerk.get(f"/api/v1{FILE}")).json()
        assert (found["claim"], found["missing"]) == (None, ["payments"])


class TestChange:
    @pytest.mark.parametrize(
        ("path", "service"),
        [
            (DECISION, "applications"),
            (REISSUE, "applications"),
            (REVOCATION, "documents"),
            (f"{TASK}/settlement", "payments"),
            (f"{TASK}/settlement/approval", "payments"),
        ],
    )
    async def test_is_passed_on_with_its_key(
        self, clerk: httpx.AsyncClient, answering: Services, path: str, service: str
    ) -> None:
        await ask(clerk, path, **{"Idempotency-Key": "once"})
        [call] = answering.to(service, path)
        assert call.body == BODIES[path]
        assert call.headers.get("idempotency-key") == ("once" if path in KEYED else None)

    @pytest.mark.parametrize(
        ("path", "status", "slug", "sentence"),
        [
            (DECISION, 409, "changed_meanwhile", "Inzwischen hat sich etwas geändert"),
            (DECISION, 403, "own_case", "Über einen eigenen Vorgang entscheidet niemand selbst."),
            (REVOCATION, 409, "document_not_in_force", "Dieses Dokument gilt schon nicht mehr."),
            (f"{TASK}/settlement", 409, "money_task_done", "Diese Aufgabe hat schon jemand erledigt."),
            (f"{TASK}/settlement", 422, "voucher_impossible", "Eine Belegnummer besteht aus"),
        ],
    )
    async def test_is_refused_in_words(
        self,
        clerk: httpx.AsyncClient,
        answering: Services,
        path: str,
        status: int,
        slug: str,
        sentence: str,
    ) -> None:
        service = "applications" if path == DECISION else "documents" if path == REVOCATION else "payments"
        answering.says[f"POST {service} {path}"] = problem(status, slug)
        answer = await ask(clerk, path)
        assert (answer.status_code, answer.json()["type"]) == (status, f"urn:portal:problem:{slug}")
        assert sentence in answer.json()["detail"]

    @pytest.mark.parametrize(
        ("path", "said"),
        [
            (DECISION, {"decision": "burn"}),
            (DECISION, {"version": 0}),
            (REISSUE, {"fee": 0}),
            (REVOCATION, {"why": "x"}),
            (f"{TASK}/settlement", {"how": "spent"}),
            (f"{TASK}/settlement", {"amount_cents": -1}),
            (f"{TASK}/settlement/approval", {"voucher": "A" * 61}),
        ],
    )
    async def test_is_not_sent_half(
        self, clerk: httpx.AsyncClient, answering: Services, path: str, said: dict[str, Any]
    ) -> None:
        answer = await clerk.post(f"/api/v1{path}", json={**BODIES[path], **said})
        assert answer.status_code == 422
        assert {call.service for call in answering.calls} == {"identity"}


class TestMoneyTasks:
    async def test_come_in_pages(self, clerk: httpx.AsyncClient, answering: Services) -> None:
        await clerk.get(f"/api/v1/money-tasks?limit=10&state=settled&after={CLAIM}:4")
        [call] = answering.to("payments", "/money-tasks")
        assert dict(parse_qsl(call.query)) == {"state": "settled", "limit": "10", "after": f"{CLAIM}:4"}
