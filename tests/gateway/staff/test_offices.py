"""The operator's pages: an account is found, given and taken roles, locked and unlocked."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.responses import Response

from shared.ids import new_id
from tests.gateway.api.standin import Services, browsing, post_form, problem
from tests.gateway.staff.test_desk import text

WHO = str(new_id())
SEARCH, HERE, REMOTE = "/arbeit/konten", f"/arbeit/konten/{WHO}", f"/accounts/{WHO}"
KNOWN = {"account_id": WHO, "condition": "active", "roles": ["citizen", "clerk"]}
CHANGES = {
    "rollen": [
        ({"role": "warden"}, "POST", f"{REMOTE}/roles", {"role": "warden"}),
        ({"revoke": "clerk"}, "DELETE", f"{REMOTE}/roles/clerk", None),
    ],
    "sperre": [
        ({"reason": " gestohlen "}, "PUT", f"{REMOTE}/lock", {"reason": "gestohlen"}),
        ({"unlock": "1"}, "DELETE", f"{REMOTE}/lock", None),
    ],
}
EVERY = [(action, *change) for action, changes in CHANGES.items() for change in changes]


@pytest.fixture
async def operator(gateway: str, services: Services) -> AsyncIterator[httpx.AsyncClient]:
    services.sign_in("ada", "citizen", "operator")
    services.says |= {"POST identity /accounts/lookup": KNOWN, f"GET identity {REMOTE}": KNOWN}
    async with browsing(gateway, "ada") as client:
        yield client


class TestSearch:
    async def test_leads_to_the_account_without_its_address(
        self, operator: httpx.AsyncClient, services: Services
    ) -> None:
        answer = await post_form(operator, SEARCH, SEARCH, email="kim@lindenau.example")
        assert (answer.status_code, answer.headers["location"]) == (303, HERE)
        [call] = services.to("identity", "/accounts/lookup")
        assert (call.body, call.purpose) == ({"email": "kim@lindenau.example"}, "account-support")

    @pytest.mark.parametrize(
        ("status", "slug", "sentence"),
        [
            (404, "account_unknown", "Zu dieser E-Mail-Adresse gibt es kein Konto."),
            (422, "invalid", "Bitte geben Sie eine vollständige E-Mail-Adresse ein"),
        ],
    )
    async def test_says_when_there_is_none(
        self, operator: httpx.AsyncClient, services: Services, status: int, slug: str, sentence: str
    ) -> None:
        services.says["POST identity /accounts/lookup"] = problem(status, slug)
        answer = await post_form(operator, SEARCH, SEARCH, email="kim@")
        assert answer.status_code == status
        assert sentence in text(answer)
        assert 'value="kim@"' in answer.text


class TestAccount:
    async def test_shows_roles_and_lock(self, operator: httpx.AsyncClient, services: Services) -> None:
        page = await operator.get(HERE)
        assert "Aktiv" in text(page)
        assert 'name="revoke" value="clerk"' in page.text
        assert 'value="warden"' in page.text
        services.says[f"GET identity {REMOTE}"] = {**KNOWN, "condition": "locked"}
        page = await operator.get(HERE)
        assert 'name="unlock"' in page.text
        assert 'name="reason"' not in page.text
        assert 'name="role"' not in page.text

    async def test_is_404_where_there_is_none(self, operator: httpx.AsyncClient, services: Services) -> None:
        services.says[f"GET identity {REMOTE}"] = problem(404, "account_unknown")
        assert (await operator.get(HERE)).status_code == 404


class TestChange:
    @pytest.mark.parametrize(("action", "fields", "method", "path", "body"), EVERY)
    async def test_is_asked_of_identity(
        self,
        operator: httpx.AsyncClient,
        services: Services,
        action: str,
        fields: dict[str, str],
        method: str,
        path: str,
        body: dict[str, str] | None,
    ) -> None:
        services.says[f"{method} identity {path}"] = Response(status_code=204)
        answer = await post_form(operator, HERE, f"{HERE}/{action}", **fields)
        assert (answer.status_code, answer.headers["location"]) == (303, HERE)
        [call] = services.to("identity", path)
        assert (call.method, call.body, call.purpose) == (method, body, "account-support")
        assert "Die Änderung ist gespeichert." in text(await operator.get(HERE))

    @pytest.mark.parametrize(
        ("action", "fields", "sentence"),
        [
            ("rollen", {}, "Bitte wählen Sie eine Rolle."),
            ("rollen", {"role": "mayor"}, "Bitte wählen Sie eine Rolle."),
            ("rollen", {"revoke": "../lock"}, "Bitte wählen Sie eine Rolle."),
            ("sperre", {"reason": " "}, "Bitte nennen Sie den Grund der Sperre."),
        ],
    )
    async def test_is_not_sent_half(
        self,
        operator: httpx.AsyncClient,
        services: Services,
        action: str,
        fields: dict[str, str],
        sentence: str,
    ) -> None:
        answer = await post_form(operator, HERE, f"{HERE}/{action}", **fields)
        assert answer.status_code == 422
        assert sentence in text(answer)
        assert {call.method for call in services.calls} == {"GET"}

    @pytest.mark.parametrize(
        ("status", "slug", "sentence"),
        [
            (403, "own_roles", "Die eigenen Rollen ändert niemand selbst."),
            (409, "role_held", "Das Konto hat diese Rolle schon."),
            (409, "account_not_active", "Dieses Konto ist nicht mehr in Betrieb."),
        ],
    )
    async def test_is_refused_in_words(
        self, operator: httpx.AsyncClient, services: Services, status: int, slug: str, sentence: str
    ) -> None:
        services.says[f"POST identity {REMOTE}/roles"] = problem(status, slug)
        answer = await post_form(operator, HERE, f"{HERE}/rollen", role="warden")
        assert answer.status_code == status
        assert sentence in text(answer)

    @pytest.mark.parametrize("action", ["", "/rollen", "/sperre"])
    async def test_reaches_identity_for_nobody_else(
        self, gateway: str, services: Services, action: str
    ) -> None:
        services.sign_in("sam", "citizen", "clerk", "treasurer", "warden")
        async with browsing(gateway, "sam") as client:
            token = (await client.get("/api/v1/session")).json()["csrf"]
            sent = {"csrf": token, "role": "operator", "reason": "x", "email": "kim@lindenau.example"}
            to = f"{HERE}{action}" if action else SEARCH
            assert (await client.post(to, data=sent)).status_code == 403
            assert (await client.get(HERE)).status_code == 403
        assert {call.path for call in services.calls} == {"/accounts/me"}
