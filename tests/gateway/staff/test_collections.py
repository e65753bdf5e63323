"""Files of debits at the treasurer's: listed, what is unanswered said, downloaded byte for byte."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from shared.ids import new_id
from tests.gateway.api.standin import Services, browsing, problem
from tests.gateway.staff.test_desk import text

HERE, FILE = "/arbeit/kasse/lastschriften", str(new_id())
LIST, GET = "GET payments /collections", f"GET payments /collections/{FILE}/file"
MADE: dict[str, Any] = {
    "collection_id": FILE, "message_id": "SDD20261208", "filed_on": "2026-12-08", "debits": 12,
    "amount_cents": 36720, "sha256": "ab" * 32, "state": "submitted", "status": None,
    "submitted_at": "2026-12-08T05:16:00+00:00", "unanswered": 0,
}  # fmt: skip


@pytest.fixture
async def treasurer(gateway: str, services: Services) -> AsyncIterator[httpx.AsyncClient]:
    services.sign_in("sam", "treasurer")
    services.says |= {LIST: {"collections": [MADE], "next": None}}
    async with browsing(gateway, "sam") as client:
        yield client


def listed(services: Services, **changed: Any) -> None:
    services.says[LIST] = {"collections": [{**MADE, **changed}], "next": None}


class TestList:
    async def test_tells_what_each_file_asks_for(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        page = await treasurer.get(HERE)
        for part in ("SDD20261208", "08.12.2026", "12", "367,20 €", "SHA-256 abababababab…", "Bei der Bank"):
            assert part in text(page), part
        assert f'href="{HERE}/{FILE}.xml" download' in page.text
        assert "weder gutgeschrieben" not in text(page)
        [call] = services.to("payments", "/collections")
        assert (call.purpose, dict(httpx.QueryParams(call.query))) == ("treasury", {"limit": "50"})

    @pytest.mark.parametrize(
        ("changed", "word"),
        [
            ({"state": "filed", "submitted_at": None}, "Noch nicht übergeben"),
            ({"status": "ACCP"}, "Angenommen"),
            ({"status": "PART"}, "Teilweise angenommen"),
            ({"status": "RJCT"}, "Abgelehnt"),
        ],
    )
    async def test_tells_the_banks_word(
        self, treasurer: httpx.AsyncClient, services: Services, changed: dict[str, Any], word: str
    ) -> None:
        listed(services, **changed)
        assert word in text(await treasurer.get(HERE))

    @pytest.mark.parametrize(("many", "sentence"), [(1, "Eine Lastschrift ist"), (3, "3 Lastschriften sind")])
    async def test_says_what_the_bank_never_answered(
        self, treasurer: httpx.AsyncClient, services: Services, many: int, sentence: str
    ) -> None:
        listed(services, unanswered=many)
        page = text(await treasurer.get(HERE))
        assert f"{sentence} weder gutgeschrieben noch zurückgekommen" in page
        assert f"{many} ohne Antwort" in page

    async def test_goes_on_in_pages(self, treasurer: httpx.AsyncClient, services: Services) -> None:
        services.says[LIST] = {"collections": [MADE], "next": FILE}
        assert f'href="{HERE}?nach={FILE}"' in (await treasurer.get(HERE)).text
        await treasurer.get(HERE, params={"nach": FILE})
        assert dict(httpx.QueryParams(services.to("payments", "/collections")[-1].query))["after"] == FILE

    async def test_of_a_place_that_is_none_says_so(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        services.says[LIST] = problem(422, "invalid")
        answer = await treasurer.get(HERE, params={"nach": "x"})
        assert (answer.status_code, "Diese Stelle der Liste gibt es nicht" in text(answer)) == (422, True)

    async def test_says_when_there_is_none(self, treasurer: httpx.AsyncClient, services: Services) -> None:
        services.says[LIST] = {"collections": [], "next": None}
        assert "Es wurde noch keine Lastschriftdatei erstellt." in text(await treasurer.get(HERE))

    async def test_says_when_there_is_no_account(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        services.says[LIST] = problem(404, "not_found")
        assert "Ein Konto der Stadt ist nicht eingerichtet." in text(await treasurer.get(HERE))


class TestFile:
    async def test_is_given_byte_for_byte(self, treasurer: httpx.AsyncClient, services: Services) -> None:
        headers = {"content-type": "application/xml", "etag": '"ab"',
                   "content-disposition": 'attachment; filename="SDD20261208.xml"'}  # fmt: skip
        services.says[GET] = Response(b"<Document/>\n", headers=headers)
        answer = await treasurer.get(f"{HERE}/{FILE}.xml")
        assert answer.content == b"<Document/>\n"
        assert {name: answer.headers[name] for name in headers} == headers

    @pytest.mark.parametrize(("status", "slug"), [(404, "not_found"), (410, "file_forgotten")])
    async def test_that_is_gone_is_an_error_page(
        self, treasurer: httpx.AsyncClient, services: Services, status: int, slug: str
    ) -> None:
        services.says[GET] = problem(status, slug)
        answer = await treasurer.get(f"{HERE}/{FILE}.xml")
        assert (answer.status_code, "<h1" in answer.text) == (status, True)

    async def test_is_the_treasurers_alone(self, gateway: str, services: Services) -> None:
        services.sign_in("nele", "clerk")
        async with browsing(gateway, "nele") as client:
            assert (await client.get(f"{HERE}/{FILE}.xml")).status_code == 403
        assert {call.service for call in services.calls} == {"identity"}
