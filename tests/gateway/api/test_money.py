"""Claims' money, refunds, switches and the treasurer's sums over the API: for whom, and what is passed on."""

from typing import Any

import httpx
import pytest
from starlette.responses import Response

from shared.ids import new_id
from tests.gateway.api.standin import Services, problem
from tests.gateway.api.test_work import somebody
from tests.gateway.staff.sample_file import CLAIM

REFUND = str(new_id())
OF_CLAIM = f"/claims/{CLAIM}"
SWITCH = {"on": False, "reason": "provider disturbed"}
WANTED = {"amount_cents": 1000, "reason": "goodwill"}
CASH, TREASURER, OPERATOR = ("treasurer", "clerk"), ("treasurer",), ("operator",)
ASKED: list[tuple[str, str, str, dict[str, Any] | None, tuple[str, ...]]] = [
    ("GET", f"{OF_CLAIM}/money", f"{OF_CLAIM}/money", None, CASH),
    ("GET", f"{OF_CLAIM}/refunds", f"{OF_CLAIM}/refunds", None, CASH),
    ("POST", f"{OF_CLAIM}/refunds", f"{OF_CLAIM}/refunds", WANTED, CASH),
    ("POST", f"{OF_CLAIM}/refunds/{REFUND}/approval", f"{OF_CLAIM}/refunds/{REFUND}/approval", None, CASH),
    ("POST", f"{OF_CLAIM}/refunds/{REFUND}/refusal", f"{OF_CLAIM}/refunds/{REFUND}/refusal", None, CASH),
    ("GET", "/refunds", "/refunds", None, CASH),
    ("GET", "/payment-methods", "/methods", None, OPERATOR),
    ("GET", "/payment-providers", "/providers", None, OPERATOR),
    ("PUT", "/payment-methods/card", "/methods/card", SWITCH, OPERATOR),
    ("PUT", "/payment-providers/paypal", "/providers/paypal", SWITCH, OPERATOR),
    ("GET", "/treasury/summary", "/treasury/summary", None, TREASURER),
    ("GET", "/treasury/open-items", "/treasury/open-items", None, TREASURER),
    ("GET", "/treasury/payments", "/treasury/payments", None, TREASURER),
    ("GET", "/treasury/refunds", "/treasury/refunds", None, TREASURER),
    ("GET", "/treasury/returns", "/treasury/returns", None, TREASURER),
    ("GET", "/treasury/mandates", "/treasury/mandates", None, TREASURER),
    ("GET", "/exports", "/exports", None, TREASURER),
    ("POST", "/exports", "/exports", None, TREASURER),
    ("GET", "/exports/17/csv", "/exports/17/csv", None, TREASURER),
    ("GET", "/reconciliation", "/reconciliation", None, TREASURER),
    ("GET", "/collections", "/collections", None, TREASURER),
    ("GET", f"/collections/{REFUND}", f"/collections/{REFUND}", None, TREASURER),
    ("GET", f"/collections/{REFUND}/file", f"/collections/{REFUND}/file", None, TREASURER),
]
PURPOSES = {CASH: "money-tasks", OPERATOR: "payment-offer", TREASURER: "treasury"}


@pytest.mark.parametrize(("method", "path", "remote", "body", "roles"), ASKED)
class TestEveryRequest:
    async def test_is_passed_on_for_its_roles_alone(
        self, gateway: str, services: Services, method: str, path: str, remote: str, body: Any,
        roles: tuple[str, ...],
    ) -> None:  # fmt: skip
        services.says[f"{method} payments {remote}"] = {"told": "as it came"}
        headers = {"Idempotency-Key": "once"} if method == "POST" else {}
        for role in ("citizen", "clerk", "treasurer", "operator", "warden"):
            services.calls.clear()
            async with somebody(gateway, services, role) as client:
                answer = await client.request(method, f"/api/v1{path}", json=body, headers=headers)
            asked = [call for call in services.calls if call.service != "identity"]
            if role not in roles:
                assert (answer.status_code, answer.json()["type"]) == (403, "urn:portal:problem:wrong_role")
                assert asked == []
                continue
            assert (answer.is_success, answer.json()) == (True, {"told": "as it came"})
            assert [(call.path, call.body, call.purpose) for call in asked] == [
                (remote, body, PURPOSES[roles])
            ]
            assert asked[0].headers.get("idempotency-key") == headers.get("Idempotency-Key")

    async def test_needs_somebody(
        self, gateway: str, services: Services, method: str, path: str, remote: str, body: Any,
        roles: tuple[str, ...],
    ) -> None:  # fmt: skip
        async with somebody(gateway, services) as nobody:
            assert (await nobody.request(method, f"/api/v1{path}", json=body)).status_code == 401
        assert services.calls == []


class TestWhatIsAsked:
    @pytest.mark.parametrize(
        ("path", "remote", "query"),
        [
            ("/treasury/summary?by=day&from=2026-05-01&to=2026-05-31", "/treasury/summary",
             {"by": "day", "from": "2026-05-01", "to": "2026-05-31"}),
            ("/treasury/open-items?overdue=true&limit=7", "/treasury/open-items",
             {"overdue": "true", "limit": "7"}),
            ("/reconciliation?provider=paypal", "/reconciliation", {"provider": "paypal"}),
            (f"/collections?after={REFUND}", "/collections", {"after": REFUND, "limit": "50"}),
            ("/exports?after=17", "/exports", {"after": "17", "limit": "100"}),
        ],
    )  # fmt: skip
    async def test_reaches_payments(
        self, gateway: str, services: Services, path: str, remote: str, query: dict[str, str]
    ) -> None:
        services.says[f"GET payments {remote}"] = {}
        async with somebody(gateway, services, "treasurer") as client:
            assert (await client.get(f"/api/v1{path}")).status_code == 200
        [call] = services.to("payments", remote)
        assert dict(httpx.QueryParams(call.query)) == query

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("GET", "/treasury/summary?by=colour", None),
            ("GET", "/treasury/secrets", None),
            ("GET", "/treasury/payments?from=gestern", None),
            ("GET", "/exports/0/csv", None),
            ("GET", "/collections/17/file", None),
            ("POST", f"{OF_CLAIM}/refunds", {**WANTED, "amount_cents": 0}),
            ("POST", f"{OF_CLAIM}/refunds", {**WANTED, "reason": "Weil ich will"}),
            ("PUT", "/payment-methods/card", {"on": False, "reason": ""}),
            ("PUT", "/payment-methods/../secret", SWITCH),
        ],
    )
    async def test_is_not_passed_on_broken(
        self, gateway: str, services: Services, method: str, path: str, body: Any
    ) -> None:
        async with somebody(gateway, services, "treasurer", "operator") as client:
            answer = await client.request(method, f"/api/v1{path}", json=body)
        assert answer.status_code in {404, 405, 422}
        assert {call.service for call in services.calls} == {"identity"}

    async def test_is_refused_in_words(self, gateway: str, services: Services) -> None:
        path = f"{OF_CLAIM}/refunds/{REFUND}/approval"
        services.says[f"POST payments {path}"] = problem(403, "second_person_needed")
        async with somebody(gateway, services, "clerk") as client:
            answer = await client.post(f"/api/v1{path}")
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:portal:problem:second_person_needed")
        assert "muss eine zweite Person" in answer.json()["detail"]

    async def test_gives_a_file_byte_for_byte(self, gateway: str, services: Services) -> None:
        sent = Response(b"a;b\r\n\xfc", headers={"content-type": "text/csv; charset=cp1252", "etag": '"ab"'})
        services.says["GET payments /exports/17/csv"] = sent
        async with somebody(gateway, services, "treasurer") as client:
            answer = await client.get("/api/v1/exports/17/csv")
        assert (answer.content, answer.headers["content-type"]) == (sent.body, "text/csv; charset=cp1252")
        assert answer.headers["etag"] == '"ab"'
