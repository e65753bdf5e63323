"""The operator's work over the API."""

from typing import Any

import pytest
from starlette.responses import Response

from shared.ids import new_id
from tests.gateway.api.standin import Services, problem
from tests.gateway.api.test_work import somebody

WHO = str(new_id())
HERE = f"/accounts/{WHO}"
KNOWN = {"account_id": WHO, "condition": "active", "roles": ["citizen"]}
REQUESTS: list[tuple[str, str, Any]] = [
    ("POST", "/accounts/lookup", {"email": "kim@lindenau.example"}),
    ("GET", HERE, None),
    ("POST", f"{HERE}/roles", {"role": "clerk"}),
    ("DELETE", f"{HERE}/roles/clerk", None),
    ("PUT", f"{HERE}/lock", {"reason": "gestohlen"}),
    ("DELETE", f"{HERE}/lock", None),
]


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
class TestEveryRequest:
    async def test_reaches_identity_for_an_operator(
        self, gateway: str, services: Services, method: str, path: str, body: Any
    ) -> None:
        asks = path in {HERE, "/accounts/lookup"}
        services.says[f"{method} identity {path}"] = KNOWN if asks else Response(status_code=204)
        async with somebody(gateway, services, "citizen", "operator") as client:
            answer = await client.request(method, f"/api/v1{path}", json=body)
            described = (await client.get("/api/openapi.json")).json()["paths"]
        assert answer.status_code == (200 if asks else 204)
        assert not asks or answer.json() == KNOWN
        [call] = services.to("identity", path)
        assert (call.method, call.body, call.purpose) == (method, body, "account-support")
        named = path.replace(WHO, "{account_id}").replace("roles/clerk", "roles/{role}")
        assert method.lower() in described[f"/v1{named}"]

    @pytest.mark.parametrize("roles", [("citizen",), ("clerk", "treasurer", "warden")])
    async def test_is_refused_to_others(
        self, gateway: str, services: Services, method: str, path: str, body: Any, roles: tuple[str, ...]
    ) -> None:
        async with somebody(gateway, services, *roles) as client:
            answer = await client.request(method, f"/api/v1{path}", json=body)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:portal:problem:wrong_role")
        assert {call.path for call in services.calls} == {"/accounts/me"}

    async def test_needs_somebody(
        self, gateway: str, services: Services, method: str, path: str, body: Any
    ) -> None:
        async with somebody(gateway, services) as client:
            assert (await client.request(method, f"/api/v1{path}", json=body)).status_code == 401


class TestRefusal:
    async def test_is_said_in_words(self, gateway: str, services: Services) -> None:
        services.says[f"POST identity {HERE}/roles"] = problem(403, "own_roles")
        async with somebody(gateway, services, "operator") as client:
            answer = await client.post(f"/api/v1{HERE}/roles", json={"role": "clerk"})
            assert answer.status_code == 403
            assert answer.json()["detail"] == "Die eigenen Rollen ändert niemand selbst."
            assert (await client.post(f"/api/v1{HERE}/roles", json={"role": "mayor"})).status_code == 422
