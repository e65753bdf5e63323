"""Sessions of the JSON API: one cookie with the pages, and a token that fits it."""

import httpx

from tests.gateway.api.standin import Services, browsing, problem

LOGIN = {"email": "kim@lindenau.example", "password": "ein ganzer satz als passwort"}


async def token(client: httpx.AsyncClient) -> dict[str, str]:
    return {"X-CSRF-Token": (await client.get("/api/v1/session")).json()["csrf"]}


class TestSession:
    async def test_names_nobody_to_a_visitor(self, visitor: httpx.AsyncClient) -> None:
        answer = await visitor.get("/api/v1/session")
        assert answer.json()["person"] is None
        assert "visitor" in answer.cookies
        assert answer.headers["cache-control"] == "no-store"

    async def test_begins_with_a_cookie_and_a_new_token(
        self, visitor: httpx.AsyncClient, services: Services
    ) -> None:
        services.sign_in("fresh", "citizen")
        services.says["POST identity /sessions"] = {"session": "fresh", "roles": ["citizen"]}
        before = await token(visitor)
        answer = await visitor.post("/api/v1/sessions", json=LOGIN, headers=before)
        assert answer.status_code == 201
        assert answer.json()["person"] == {
            "account_id": "account-of-fresh",
            "name": "Kim Muster",
            "email": "fresh@lindenau.example",
            "roles": ["citizen"],
            "trust": "mail",
        }
        cookie = answer.headers["set-cookie"].lower()
        assert cookie.startswith("session=fresh;")
        assert "httponly" in cookie
        assert answer.json()["csrf"] != before["X-CSRF-Token"]
        assert (await visitor.get("/api/v1/session")).json()["csrf"] == answer.json()["csrf"]

    async def test_asks_in_the_gateways_name_from_the_clients_address(
        self, visitor: httpx.AsyncClient, services: Services
    ) -> None:
        services.says["POST identity /sessions"] = problem(401, "wrong_credentials")
        answer = await visitor.post("/api/v1/sessions", json=LOGIN, headers=await token(visitor))
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:portal:problem:wrong_credentials")
        [call] = services.to("identity", "/sessions")
        assert (call.session, call.headers["x-client"], call.body) == (None, "127.0.0.1", LOGIN)

    async def test_does_not_begin_without_the_token(
        self, visitor: httpx.AsyncClient, services: Services
    ) -> None:
        assert (await visitor.post("/api/v1/sessions", json=LOGIN)).status_code == 403
        assert services.to("identity", "/sessions") == []

    async def test_takes_no_token_of_another_session(
        self, citizen: httpx.AsyncClient, services: Services, gateway: str
    ) -> None:
        services.sign_in("eve", "citizen")
        async with browsing(gateway, "eve") as eve:
            theirs = {"X-CSRF-Token": citizen.headers["X-CSRF-Token"]}
            assert (await eve.post("/api/v1/drafts", json={}, headers=theirs)).status_code == 403

    async def test_ends(self, citizen: httpx.AsyncClient, services: Services) -> None:
        services.says["DELETE identity /sessions"] = {}
        answer = await citizen.delete("/api/v1/session")
        assert answer.status_code == 204
        assert 'session=""' in answer.headers["set-cookie"]
        assert [call.body for call in services.to("identity", "/sessions")] == [{"session": "kim"}]

    async def test_waits_as_long_as_identity_says(
        self, visitor: httpx.AsyncClient, services: Services
    ) -> None:
        services.says["POST identity /sessions"] = problem(429, "too_many_attempts", retry_after=77)
        answer = await visitor.post("/api/v1/sessions", json=LOGIN, headers=await token(visitor))
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "77")


class TestDoorway:
    async def test_registers_in_the_language_of_the_caller(
        self, visitor: httpx.AsyncClient, services: Services
    ) -> None:
        services.says["POST identity /registrations"] = {"status": "mail_sent"}
        said = {**await token(visitor), "Accept-Language": "en"}
        answer = await visitor.post("/api/v1/registrations", json=LOGIN, headers=said)
        assert (answer.status_code, answer.json()) == (202, {"status": "mail_sent"})
        assert services.to("identity", "/registrations")[0].body == {**LOGIN, "language": "en"}

    async def test_says_what_is_wrong_with_a_link(
        self, visitor: httpx.AsyncClient, services: Services
    ) -> None:
        services.says["POST identity /confirmations"] = problem(410, "link_expired")
        answer = await visitor.post(
            "/api/v1/confirmations", json={"token": "x", "password": "y"}, headers=await token(visitor)
        )
        assert answer.status_code == 410
        assert answer.json()["detail"] == "Dieser Link ist abgelaufen. Fordern Sie einen neuen an."


class TestProfile:
    async def test_changes_under_the_version_that_was_read(
        self, citizen: httpx.AsyncClient, services: Services
    ) -> None:
        read = await citizen.get("/api/v1/profile")
        assert (read.status_code, read.headers["etag"]) == (200, '"3"')
        services.says["PUT identity /accounts/me/profile"] = {"version": 4}
        answer = await citizen.put(
            "/api/v1/profile", json={"city": "Lindenau"}, headers={"If-Match": read.headers["etag"]}
        )
        assert answer.json() == {"version": 4}
        [call] = services.to("identity", "/accounts/me/profile")
        assert (call.headers["if-match"], call.body["city"], call.session) == ('"3"', "Lindenau", "kim")

    async def test_is_nobodys_without_a_session(self, visitor: httpx.AsyncClient) -> None:
        assert (await visitor.get("/api/v1/profile")).status_code == 401


class TestDescription:
    async def test_lists_what_there_is(self, visitor: httpx.AsyncClient) -> None:
        document = (await visitor.get("/api/openapi.json")).json()
        assert document["servers"] == [{"url": "/api"}]
        operations = {f"{verb} {path}" for path, item in document["paths"].items() for verb in item}
        assert operations >= {
            "post /v1/sessions",
            "post /v1/applications",
            "get /v1/applications/{case_id}/events",
            "post /v1/claims/{claim_id}/attempts",
            "get /v1/documents/{document_id}/content",
            "get /v1/verification/{token}",
            "get /v1/status-list",
            "get /v1/status-list/2",
        }
        answers = document["paths"]["/v1/applications"]["post"]["responses"]
        assert answers["default"]["content"].keys() == {"application/problem+json"}


READ = {
    "GET identity /accounts/me/accesses": [
        {"at": "2026-11-22T09:30:02Z", "reader": "documents", "purpose": "render-document"}
    ],
    "GET applications /accesses": {
        "accesses": [
            {"at": "2026-11-22T10:00:00.5+00:00", "reader": "clerk", "purpose": "case-work",
             "case_id": "0192b1c4-0000-7000-8000-00000000000c", "case_number": "BPA-2026-000123"},
            {"at": "2026-11-22T09:30:01Z", "reader": "documents", "purpose": "render-document",
             "case_id": "0192b1c4-0000-7000-8000-00000000000c", "case_number": "BPA-2026-000123"},
        ]
    },
    "GET documents /accesses": {
        "accesses": [
            {"at": "2026-11-22T10:00:00Z", "reader": "clerk", "purpose": "case-work",
             "case_id": "0192b1c4-0000-7000-8000-00000000000c", "kind": "receipt", "number": "ZB-26-000001",
             "document_id": "0192b1c4-0000-7000-8000-00000000000d"}
        ]
    },
}  # fmt: skip


class TestWhoReadMyData:
    async def test_is_one_list_of_all_services_in_time_order(
        self, citizen: httpx.AsyncClient, services: Services
    ) -> None:
        services.says |= READ
        found = (await citizen.get("/api/v1/profile/accesses")).json()
        assert [(one["service"], one["reader"], one["case_number"]) for one in found["accesses"]] == [
            ("applications", "clerk", "BPA-2026-000123"),
            ("documents", "clerk", None),
            ("identity", "documents", None),
            ("applications", "documents", "BPA-2026-000123"),
        ]
        assert found["accesses"][1]["document_id"] == "0192b1c4-0000-7000-8000-00000000000d"
        assert found["missing"] == []
        assert {call.session for call in services.to("applications", "/accesses")} == {"kim"}

    async def test_names_the_service_that_is_away(
        self, citizen: httpx.AsyncClient, services: Services
    ) -> None:
        services.says |= READ | {"GET applications /accesses": problem(503, "unavailable")}
        found = (await citizen.get("/api/v1/profile/accesses")).json()
        assert [one["service"] for one in found["accesses"]] == ["documents", "identity"]
        assert found["missing"] == ["applications"]

    async def test_is_nobodys_without_a_session(self, visitor: httpx.AsyncClient) -> None:
        assert (await visitor.get("/api/v1/profile/accesses")).status_code == 401


class TestErasure:
    async def test_sends_the_password_and_ends_the_session(
        self, citizen: httpx.AsyncClient, services: Services
    ) -> None:
        services.says["POST identity /accounts/me/erasure"] = {"status": "erasing"}
        answer = await citizen.post("/api/v1/profile/erasure", json={"password": "ein ganzer satz"})
        assert (answer.status_code, answer.json()) == (202, {"status": "erasing"})
        assert 'session=""' in answer.headers["set-cookie"]
        [call] = services.to("identity", "/accounts/me/erasure")
        assert (call.body, call.session) == ({"password": "ein ganzer satz"}, "kim")

    async def test_says_in_words_what_stands_against_it(
        self, citizen: httpx.AsyncClient, services: Services
    ) -> None:
        hindrance = {"case_id": "c", "case_number": "HST-2026-000001", "reason": "fee_open"}
        refused = problem(409, "erasure_hindered", hindrances=[hindrance])
        services.says["POST identity /accounts/me/erasure"] = refused
        answer = await citizen.post("/api/v1/profile/erasure", json={"password": "ein ganzer satz"})
        assert (answer.status_code, answer.json()["hindrances"]) == (409, [hindrance])
        assert "noch nicht löschen" in answer.json()["detail"]
        assert "set-cookie" not in answer.headers
