"""A case's whole money on one screen: sums, every claim, one time line, and the ways to it."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from gateway.pages.case_money import SHOWN
from shared.ids import new_id
from tests.gateway.api.standin import Services, browsing, problem
from tests.gateway.staff.sample_file import ACCOUNT, CASE, CLAIM, filed
from tests.gateway.staff.test_claims import event
from tests.gateway.staff.test_desk import text

OTHER = str(new_id())
SEARCH, HERE = "/arbeit/kasse/vorgang", f"/arbeit/kasse/vorgang/{CASE}"
READ, FIND = f"GET payments /cases/{CASE}/money", "GET payments /cash/claims"
SUMS = {
    "claimed_cents": 3060, "charges_cents": 500, "reduced_cents": 0, "kept_cents": 0, "paid_cents": 0,
    "refunded_cents": 0, "owed_cents": 3560,
}  # fmt: skip
FIRST: dict[str, Any] = {
    **SUMS, "claim_id": CLAIM, "kassenzeichen": "47112600000122", "instalment": 1, "instalment_count": 2,
    "state": "open", "pay_by": "2026-02-15", "overdue": True, "requested_at": "2026-01-01T00:00:00+00:00",
}  # fmt: skip
SECOND = {
    **FIRST, "claim_id": OTHER, "kassenzeichen": "47112600000130", "instalment": 2, "state": "settled",
    "charges_cents": 0, "paid_cents": 3060, "owed_cents": 0, "overdue": False,
}  # fmt: skip
TOTALS = {**SUMS, "claimed_cents": 6120, "paid_cents": 4060, "balance_cents": 2560}
EVENTS = [
    {**event("surplus_received", "account:x", ("bank", 1000), ("surplus", -1000), reference="R-1"),
     "claim_id": OTHER, "version": 3, "balance_cents": 2560},
    {**event("dunning_step_taken", "service:payments", ("receivable", 500), ("revenue:P1", -500)),
     "claim_id": CLAIM, "version": 2, "balance_cents": 3560},
]  # fmt: skip
MONEY = {
    "case_id": CASE, "case_number": "HST-2026-000017", "account_id": ACCOUNT, "currency": "EUR",
    "totals": TOTALS, "claims": [FIRST, SECOND], "events": EVENTS, "next": f"{CLAIM}:2",
}  # fmt: skip


@pytest.fixture
async def clerk(gateway: str, services: Services) -> AsyncIterator[httpx.AsyncClient]:
    services.sign_in("sam", "treasurer", "clerk")
    filed(services)
    services.says |= {READ: MONEY, FIND: {"claims": [{**FIRST, "case_id": CASE}]}}
    async with browsing(gateway, "sam") as client:
        yield client


class TestPage:
    async def test_tells_sums_claims_and_one_time_line(self, clerk: httpx.AsyncClient) -> None:
        page = await clerk.get(HERE)
        shown = text(page)
        for part in (
            "61,20 € gefordert", "5,00 € Mahnkosten", "40,60 € bezahlt", "35,60 € noch zu zahlen",
            "10,00 € noch zurückzugeben", "Rate 1 von 2", "Überfällig", "Eine erledigte Forderung",
            "R-1", "25,60 €",
        ):  # fmt: skip
            assert part in shown, part
        assert "nicht mehr gefordert" not in shown
        assert shown.index("R-1") < shown.index("Gemahnt")
        for to in (f"forderungen/{CLAIM}", f"forderungen/{OTHER}", f"schalter/{CLAIM}", CASE):
            assert f'href="/arbeit/{to}"' in page.text, to

    async def test_tells_what_went_back_twice(self, clerk: httpx.AsyncClient, services: Services) -> None:
        services.says[READ] = {**MONEY, "totals": {**TOTALS, "balance_cents": 4060}}
        assert "5,00 € zu viel zurückgegeben" in text(await clerk.get(HERE))

    async def test_folds_what_is_done_and_what_is_for_later(
        self, clerk: httpx.AsyncClient, services: Services
    ) -> None:
        many = [{**FIRST, "claim_id": str(new_id()), "instalment": n} for n in range(1, 38)]
        services.says[READ] = {**MONEY, "claims": [*many, FIRST, SECOND]}
        page = (await clerk.get(HERE)).text
        assert page.index("Rate 8 von") < page.index("<details") < page.index("Rate 9 von")
        assert f"{38 - SHOWN} weitere offene Forderungen" in page

    async def test_goes_on_in_pages(self, clerk: httpx.AsyncClient, services: Services) -> None:
        assert f'href="{HERE}?nach={CLAIM}%3A2#entries"' in (await clerk.get(HERE)).text
        older = await clerk.get(f"{HERE}?nach={CLAIM}:2")
        assert f'href="{HERE}#entries"' in older.text
        call = services.to("payments", f"/cases/{CASE}/money")[-1]
        assert dict(httpx.QueryParams(call.query)) == {"limit": "50", "after": f"{CLAIM}:2"}

    async def test_of_a_lost_place_begins_anew(self, clerk: httpx.AsyncClient, services: Services) -> None:
        def told(call: Any) -> Any:
            return problem(422, "invalid") if "after" in call.query else MONEY

        services.says[READ] = told
        page = await clerk.get(f"{HERE}?nach=x")
        assert (page.status_code, "Diese Stelle der Liste gibt es nicht mehr." in text(page)) == (422, True)

    async def test_of_a_case_without_a_claim_is_not_found(
        self, clerk: httpx.AsyncClient, services: Services
    ) -> None:
        services.says[READ] = problem(404, "not_found")
        assert (await clerk.get(HERE)).status_code == 404


class TestTheWayThere:
    @pytest.mark.parametrize(
        ("typed", "anchor"),
        [("HST-2026-000017", ""), ("4711 2600000122", f"#claim-{CLAIM}")],
    )
    async def test_is_a_number(self, clerk: httpx.AsyncClient, typed: str, anchor: str) -> None:
        answer = await clerk.get(SEARCH, params={"nummer": typed})
        assert (answer.status_code, answer.headers["location"]) == (303, HERE + anchor)

    @pytest.mark.parametrize(("typed", "status"), [("", 422), ("4711", 404), ("4" * 61, 404)])
    async def test_is_missed_in_words(
        self, clerk: httpx.AsyncClient, services: Services, typed: str, status: int
    ) -> None:
        services.says[FIND] = {"claims": []}
        answer = await clerk.get(SEARCH, params={"nummer": typed})
        assert (answer.status_code, 'id="problems"' in answer.text) == (status, True)

    async def test_leads_from_the_lists_and_the_file(
        self, clerk: httpx.AsyncClient, services: Services
    ) -> None:
        assert f'href="{HERE}"' in (await clerk.get(f"/arbeit/{CASE}")).text
        item = {
            "claim_id": CLAIM, "case_id": CASE, "kassenzeichen": "47112600000122", "service": "dog",
            "cost_object": "1", "owed_cents": 1, "requested_at": "2026-01-01T00:00:00+00:00", "pay_by": None,
            "overdue": False,
        }  # fmt: skip
        services.says["GET payments /treasury/open-items"] = {"open_items": [item], "next": None}
        assert f'href="{SEARCH}?nummer=47112600000122"' in (await clerk.get("/arbeit/kasse/open-items")).text

    async def test_is_the_cash_offices_alone(self, gateway: str, services: Services) -> None:
        services.sign_in("kim", "warden")
        async with browsing(gateway, "kim") as warden:
            assert [(await warden.get(path)).status_code for path in (SEARCH, HERE)] == [403, 403]
