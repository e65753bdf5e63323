"""Each page of the town hall for each kind of visitor."""

import httpx
import pytest

from shared.ids import new_id
from tests.gateway.api.standin import Services, browsing
from tests.gateway.staff.sample_file import CASE, filed

WHO = ("nobody", "citizen", "clerk", "warden", "treasurer", "operator")
TO_LOGIN, FORBIDDEN, SHOWN = 303, 403, 200
PAGES = {
    "/arbeit": (TO_LOGIN, FORBIDDEN, SHOWN, FORBIDDEN, FORBIDDEN, FORBIDDEN),
    f"/arbeit/{CASE}": (TO_LOGIN, FORBIDDEN, SHOWN, FORBIDDEN, FORBIDDEN, FORBIDDEN),
    f"/arbeit/{CASE}/entscheidung": (TO_LOGIN, FORBIDDEN, 303, FORBIDDEN, FORBIDDEN, FORBIDDEN),
    "/arbeit/zahlungen": (TO_LOGIN, FORBIDDEN, SHOWN, FORBIDDEN, SHOWN, FORBIDDEN),
    "/arbeit/schalter": (TO_LOGIN, FORBIDDEN, SHOWN, FORBIDDEN, SHOWN, FORBIDDEN),
    "/arbeit/erstattungen": (TO_LOGIN, FORBIDDEN, SHOWN, FORBIDDEN, SHOWN, FORBIDDEN),
    "/arbeit/kasse": (TO_LOGIN, FORBIDDEN, FORBIDDEN, FORBIDDEN, SHOWN, FORBIDDEN),
    "/arbeit/kasse/auszuege": (TO_LOGIN, FORBIDDEN, FORBIDDEN, FORBIDDEN, SHOWN, FORBIDDEN),
    "/arbeit/kasse/lastschriften": (TO_LOGIN, FORBIDDEN, FORBIDDEN, FORBIDDEN, SHOWN, FORBIDDEN),
    "/arbeit/kasse/bankposten": (TO_LOGIN, FORBIDDEN, SHOWN, FORBIDDEN, SHOWN, FORBIDDEN),
    "/arbeit/kasse/mandate-pruefen": (TO_LOGIN, FORBIDDEN, SHOWN, FORBIDDEN, SHOWN, FORBIDDEN),
    "/arbeit/kasse/abschluesse": (TO_LOGIN, FORBIDDEN, FORBIDDEN, FORBIDDEN, SHOWN, FORBIDDEN),
    "/arbeit/zahlarten": (TO_LOGIN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, SHOWN),
    "/arbeit/konten": (TO_LOGIN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, SHOWN),
    "/aufsicht": (TO_LOGIN, FORBIDDEN, FORBIDDEN, SHOWN, FORBIDDEN, FORBIDDEN),
    "/aufsicht/offline.js": (SHOWN,) * 6,
    "/aufsicht/schluessel": (SHOWN,) * 6,
    "/pruefen": (SHOWN,) * 6,
    "/impressum": (SHOWN,) * 6,
    "/datenschutz": (SHOWN,) * 6,
    "/barrierefreiheit": (SHOWN,) * 6,
}


@pytest.fixture
def answering(services: Services) -> Services:
    filed(services)
    services.says |= {
        "GET applications /worklist": {"cases": []},
        "GET payments /money-tasks": {"tasks": []},
        "GET payments /refunds": {"refunds": []},
        "GET payments /cash/entries": {"day": "2026-11-22", "sum_cents": 0, "entries": []},
        "GET payments /bank-items": {"items": [], "next": None},
        "GET payments /suspended-mandates": {"mandates": [], "next": None},
        "GET payments /treasury/summary": {"rows": []},
        "GET payments /statements": {"providers": []},
        "GET payments /exports": {"exports": []},
        "GET payments /collections": {"collections": [], "next": None},
        "GET payments /methods": {"all": []},
        "GET payments /providers": {"providers": []},
        "GET documents /verification-keys": {"keys": []},
    }
    for role in WHO[1:]:
        services.sign_in(role, role)
    return services


@pytest.mark.parametrize("prefix", ["", "/en"])
@pytest.mark.parametrize("path", PAGES)
class TestPage:
    async def test_is_for_those_it_is_for(
        self, gateway: str, answering: Services, path: str, prefix: str
    ) -> None:
        seen = {}
        for who in WHO:
            async with browsing(gateway, who if who != "nobody" else None) as client:
                seen[who] = (await client.get(prefix + path)).status_code
        assert seen == dict(zip(WHO, PAGES[path], strict=True))


@pytest.mark.parametrize("action", ["entscheidung", "widerruf"])
class TestAction:
    @pytest.mark.parametrize("who", ["citizen", "warden", "treasurer"])
    async def test_reaches_no_service_for_others(
        self, gateway: str, answering: Services, action: str, who: str
    ) -> None:
        async with browsing(gateway, who) as client:
            token = (await client.get("/api/v1/session")).json()["csrf"]
            sent = {"csrf": token, "decision": "approve", "version": "4"}
            answer = await client.post(f"/arbeit/{CASE}/{action}", data=sent)
        assert answer.status_code == FORBIDDEN
        assert {call.service for call in answering.calls} == {"identity"}

    async def test_needs_the_forms_token(self, gateway: str, answering: Services, action: str) -> None:
        async with browsing(gateway, "clerk") as client:
            answer = await client.post(f"/arbeit/{CASE}/{action}", data={"decision": "approve"})
        assert answer.status_code == FORBIDDEN
        assert answering.calls == []


class TestNavigation:
    @pytest.mark.parametrize(
        ("who", "shown"),
        [
            ("citizen", set()),
            ("clerk", {"/arbeit"}),
            ("warden", {"/aufsicht"}),
            ("treasurer", {"/arbeit/zahlungen"}),
            ("operator", {"/arbeit/konten", "/arbeit/zahlarten"}),
        ],
    )
    async def test_leads_where_one_may_go(
        self, gateway: str, answering: Services, who: str, shown: set[str]
    ) -> None:
        async with browsing(gateway, who) as client:
            page = (await client.get("/impressum")).text
        assert {
            path
            for path in ("/arbeit", "/aufsicht", "/arbeit/zahlungen", "/arbeit/konten", "/arbeit/zahlarten")
            if f'href="{path}"' in page
        } == shown


class TestSomebodysCase:
    async def test_has_no_page_under_a_wrong_id(self, gateway: str, answering: Services) -> None:
        async with browsing(gateway, "clerk") as client:
            assert (await client.get("/arbeit/17")).status_code == 404
            unknown: httpx.Response = await client.get(f"/arbeit/{new_id()}")
        assert unknown.status_code == 404
