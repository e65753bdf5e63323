"""What nobody foresaw: bodies that are none, and answers of services that nobody can read."""

import httpx
import pytest

from shared.ids import new_id
from tests.gateway.api.standin import Services

CASE = new_id()
JSON = {"Content-Type": "application/json"}


class TestABody:
    @pytest.mark.parametrize("value", ["NaN", "1e999", '"\\ud800"', '"\\u0000"'])
    async def test_that_is_no_json_is_answered_in_words(
        self, visitor: httpx.AsyncClient, services: Services, value: str
    ) -> None:
        session = await visitor.get("/api/v1/session")
        answer = await visitor.post(
            "/api/v1/services/hundesteuer-anmeldung/check",
            content=f'{{"answers": {{"dogs": {value}}}}}',
            headers={**JSON, "X-CSRF-Token": session.json()["csrf"]},
        )
        assert answer.status_code == 400, answer.text
        assert answer.json()["type"] == "urn:portal:problem:broken_json"
        assert "JSON" in answer.json()["detail"]
        assert not [call for call in services.calls if call.method == "POST"]


class TestAFailureOfOurs:
    @pytest.fixture(autouse=True)
    def nonsense(self, services: Services) -> None:
        """A service answers what no code of ours expects."""
        services.says |= {
            f"GET applications /applications/{CASE}": ["no", "case"],
            "GET payments /claims": {"claims": []},
            "GET documents /documents": {"documents": []},
        }

    async def test_is_a_problem_that_names_the_request(self, citizen: httpx.AsyncClient) -> None:
        answer = await citizen.get(f"/api/v1/applications/{CASE}")
        assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
        assert answer.json()["type"] == "urn:portal:problem:internal"
        assert answer.json()["request_id"] == answer.headers["x-request-id"]

    async def test_is_a_page_that_names_the_request(self, citizen: httpx.AsyncClient) -> None:
        answer = await citizen.get(f"/vorgang/{CASE}", headers={"Accept": "text/html"})
        assert (answer.status_code, answer.headers["content-type"]) == (500, "text/html; charset=utf-8")
        assert answer.headers["x-request-id"] in answer.text
        assert "default-src" in answer.headers["content-security-policy"]
