"""Every refusal is a problem document with a stable slug and nothing of what was sent."""

from typing import Any

import httpx
import pytest

MEDIA_TYPE = "application/problem+json"


def slug_of(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.json()["status"] == answer.status_code
    return str(answer.json()["type"]).removeprefix("urn:portal:problem:")


class TestARefusal:
    async def test_carries_its_members(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/lamps/burnt")
        assert (answer.status_code, slug_of(answer)) == (409, "lamp_burnt")
        document = answer.json()
        assert (document["detail"], document["since"]) == ("Buy another.", 1999)

    async def test_names_each_bad_field(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/lamps", json={"colour": "ultraviolet"})
        assert (answer.status_code, slug_of(answer)) == (422, "invalid")
        assert answer.json()["errors"] == [
            {"field": "colour", "code": "string_too_long", "params": {"max_length": 8}},
            {"field": "watts", "code": "missing", "params": {}},
        ]
        assert "ultraviolet" not in answer.text

    @pytest.mark.parametrize("body", [b"{", b"\xff\xfe{", b'{"colour": nope}', b"[" * 900])
    async def test_of_broken_json_says_so(self, client: httpx.AsyncClient, body: bytes) -> None:
        answer = await client.post("/lamps", content=body, headers={"content-type": "application/json"})
        assert (answer.status_code, slug_of(answer)) == (400, "broken_json")

    async def test_of_an_unknown_address(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/nowhere")
        assert (answer.status_code, slug_of(answer)) == (404, "not_found")

    async def test_of_a_method_names_the_allowed(self, client: httpx.AsyncClient) -> None:
        answer = await client.delete("/lamps/7")
        assert (answer.status_code, slug_of(answer)) == (405, "method_not_allowed")
        assert answer.headers["allow"] == "GET"


class TestAnUnexpectedFailure:
    async def test_shows_only_the_request_id(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/lamps/dark")
        assert (answer.status_code, slug_of(answer)) == (500, "internal")
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
        assert "canary" not in answer.text
        assert "RuntimeError" not in answer.text


class TestTheDescription:
    async def test_names_the_problem_everywhere(self, client: httpx.AsyncClient) -> None:
        document = (await client.get("/openapi.json")).json()
        operations: list[dict[str, Any]] = [o for item in document["paths"].values() for o in item.values()]
        assert len(operations) == 6
        for operation in operations:
            assert list(operation["responses"]["default"]["content"]) == [MEDIA_TYPE]
            assert "422" not in operation["responses"]
        assert "HTTPValidationError" not in document["components"]["schemas"]

    @pytest.mark.parametrize("path", ["/docs", "/redoc"])
    async def test_has_no_foreign_pages(self, client: httpx.AsyncClient, path: str) -> None:
        assert (await client.get(path)).status_code == 404
