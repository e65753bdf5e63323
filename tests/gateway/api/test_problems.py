"""What the API refuses is said in the language of the caller, and stays stable for programs."""

from typing import Any

import httpx
import pytest

from gateway.api.problems import language_for
from shared.web.problems import MEDIA_TYPE
from tests.gateway.api.standin import Services, problem

PLATE = {"field": "plate", "code": "plate_impossible", "params": {}}
NAME = {"field": "family_name", "code": "required", "params": {}}
FORM = {
    "sections": [
        {
            "key": "you",
            "title": "Sie",
            "fields": [
                {"name": "plate", "type": "plate", "label": "Kennzeichen"},
                {"name": "family_name", "type": "name", "label": "Ihr Familienname"},
            ],
        }
    ]
}
NEW = {"service": "bewohnerparkausweis", "service_version": 1, "answers": {"plate": "?"}}


@pytest.fixture
def refusing(services: Services) -> Services:
    services.says["POST applications /applications"] = problem(422, "invalid", errors=[PLATE, NAME])
    services.says["GET applications /services/bewohnerparkausweis"] = FORM
    return services


class TestLanguage:
    @pytest.mark.parametrize(
        ("header", "language"),
        [
            ("", "de"),
            ("en", "en"),
            ("en-GB,en;q=0.9,de;q=0.8", "en"),
            ("fr, de;q=0.5, en;q=0.7", "en"),
            ("de-AT,en;q=0.9", "de"),
            ("en;q=0, fr", "de"),
            ("en;q=.., ;;;", "de"),
            ("*", "de"),
        ],
    )
    def test_is_the_preferred_of_ours(self, header: str, language: str) -> None:
        assert language_for({"headers": [(b"accept-language", header.encode())]}) == language


class TestFieldErrors:
    @pytest.mark.parametrize(
        ("language", "title", "plate", "name"),
        [
            (
                "de",
                "2 Angaben stimmen noch nicht",
                "Dieses Kennzeichen kann es nicht geben. Schreiben Sie es so: LIN-AB 123",
                "Ihr Familienname: Bitte ausfüllen",
            ),
            (
                "en",
                "2 answers need another look",
                "There can be no such number plate. Write it like this: LIN-AB 123",
                "Ihr Familienname: please fill in",
            ),
        ],
    )
    async def test_bear_a_sentence_beside_their_code(
        self, citizen: httpx.AsyncClient, refusing: Services, language: str, title: str, plate: str, name: str
    ) -> None:
        said = {"Accept-Language": language, "Idempotency-Key": "k"}
        answer = await citizen.post("/api/v1/applications", json=NEW, headers=said)
        assert (answer.status_code, answer.headers["content-type"]) == (422, MEDIA_TYPE)
        body = answer.json()
        assert (body["type"], body["title"]) == ("urn:portal:problem:invalid", title)
        assert body["errors"] == [{**PLATE, "sentence": plate}, {**NAME, "sentence": name}]

    async def test_bear_a_sentence_in_a_check_too(
        self, citizen: httpx.AsyncClient, refusing: Services
    ) -> None:
        refusing.says["POST applications /services/bewohnerparkausweis/check"] = {"errors": [NAME]}
        answer = await citizen.post("/api/v1/services/bewohnerparkausweis/check", json={"answers": {}})
        assert answer.status_code == 200
        assert answer.json()["errors"] == [{**NAME, "sentence": "Ihr Familienname: Bitte ausfüllen"}]

    async def test_of_our_own_are_in_words(self, citizen: httpx.AsyncClient) -> None:
        answer = await citizen.post("/api/v1/drafts", json={"answers": {}})
        assert answer.status_code == 422
        assert answer.json()["errors"] == [
            {
                "sentence": "service: Bitte prüfen Sie diese Angabe",
                "field": "service",
                "code": "missing",
                "params": {},
            }
        ]


class TestRefusal:
    @pytest.mark.parametrize(
        ("status", "slug", "german", "english"),
        [
            (404, "not_found", "Diese Seite gibt es nicht", "There is no such page"),
            (409, "changed_meanwhile", "Das hat nicht geklappt", "That did not work"),
            (500, "internal", "Wir sind gleich wieder da", "We will be right back"),
        ],
    )
    async def test_of_a_service_is_translated(
        self,
        citizen: httpx.AsyncClient,
        services: Services,
        status: int,
        slug: str,
        german: str,
        english: str,
    ) -> None:
        services.says["GET applications /drafts"] = problem(status, slug)
        for language, title in (("de", german), ("en", english)):
            answer = await citizen.get("/api/v1/drafts", headers={"Accept-Language": language})
            assert answer.json()["title"] == title
            assert answer.status_code == (503 if status == 500 else status)

    async def test_keeps_extension_members(self, citizen: httpx.AsyncClient, services: Services) -> None:
        services.says["POST applications /applications"] = problem(409, "form_changed", current_version=4)
        body = (await citizen.post("/api/v1/applications", json=NEW)).json()
        assert body["current_version"] == 4
        assert body["type"] == "urn:portal:problem:form_changed"
        assert "Technical words" not in str(body)

    async def test_of_an_ended_session_asks_to_sign_in(self, visitor: httpx.AsyncClient) -> None:
        visitor.cookies.set("session", "long-gone")
        answer = await visitor.get("/api/v1/applications")
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:portal:problem:login_required")
        assert answer.json()["title"] == "Bitte melden Sie sich an"

    @pytest.mark.parametrize(
        ("sent", "status", "slug"),
        [
            ({"content": b"{", "headers": {"content-type": "application/json"}}, 400, "broken_json"),
            ({"content": b"[1]", "headers": {"content-type": "application/json"}}, 422, "invalid"),
            ({"content": b"x" * 200_000}, 413, "too_large"),
        ],
    )
    async def test_meets_a_bad_body(
        self, citizen: httpx.AsyncClient, services: Services, sent: dict[str, Any], status: int, slug: str
    ) -> None:
        answer = await citizen.post("/api/v1/applications", **sent)
        assert (answer.status_code, answer.json()["type"]) == (status, f"urn:portal:problem:{slug}")
        assert not services.to("applications", "/applications")

    async def test_meets_a_request_without_the_forms_token(
        self, citizen: httpx.AsyncClient, services: Services
    ) -> None:
        del citizen.headers["X-CSRF-Token"]
        answer = await citizen.post("/api/v1/applications", json=NEW, headers={"Accept-Language": "en"})
        assert (answer.status_code, answer.headers["content-type"]) == (403, MEDIA_TYPE)
        assert answer.json()["title"] == "Please send again"
        assert not services.to("applications", "/applications")

    async def test_meets_an_address_or_method_there_is_not(self, citizen: httpx.AsyncClient) -> None:
        for method, path, status in (("GET", "/api/v1/nothing", 404), ("DELETE", "/api/v1/services", 405)):
            answer = await citizen.request(method, path)
            assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE)
