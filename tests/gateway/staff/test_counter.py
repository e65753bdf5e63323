"""The counter: the claim found, cash booked once, change told, a receipt to print, a mistake undone."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from shared.ids import new_id
from tests.gateway.api.standin import Services, browsing, post_form, problem
from tests.gateway.staff.sample_file import ACCOUNT, CASE, CLAIM, CLAIMED
from tests.gateway.staff.test_desk import text

PAYMENT = str(new_id())
START, CLAIM_PAGE = "/arbeit/schalter", f"/arbeit/schalter/{CLAIM}"
ENTRY_PAGE = f"{CLAIM_PAGE}/{PAYMENT}"
OPEN = {**CLAIMED, "account_id": ACCOUNT, "state": "open", "owed_cents": 3060, "waits_for": None}
ENTRY = {
    "claim_id": CLAIM, "payment_id": PAYMENT, "booked_at": "2026-11-22T09:31:00+00:00",
    "reference": "BAR-26-000017", "amount_cents": 3060, "version": 2, "voided": False, "reason": None,
    "kassenzeichen": "47112600000122", "case_number": "BPA-2026-000123", "of_today": True,
}  # fmt: skip
TAKEN = {"claim_id": CLAIM, "payment_id": PAYMENT, "booked_cents": 3060, "change_cents": 1940}
POST, VOID = f"POST payments /claims/{CLAIM}/cash", f"POST payments /claims/{CLAIM}/cash/{PAYMENT}/voiding"
RECEIPT = f"GET documents /cases/{CASE}/claims/{CLAIM}/receipts/2"


@pytest.fixture
async def clerk(gateway: str, services: Services) -> AsyncIterator[httpx.AsyncClient]:
    services.sign_in("nele", "clerk")
    services.says |= {
        "GET payments /cash/claims": {"claims": [OPEN]},
        "GET payments /cash/entries": {"day": "2026-11-22", "sum_cents": 3060, "entries": [ENTRY]},
        f"GET payments /claims/{CLAIM}": OPEN,
        f"GET payments /claims/{CLAIM}/cash": {"entries": [ENTRY]},
        POST: TAKEN,
        VOID: {"voided_cents": 3060},
        RECEIPT: {"document_id": PAYMENT},
    }
    async with browsing(gateway, "nele") as client:
        yield client


def posted(services: Services, path: str) -> list[Any]:
    return [call for call in services.to("payments", path) if call.method == "POST"]


class TestFinding:
    async def test_goes_to_the_only_claim_at_once(self, clerk: httpx.AsyncClient, services: Services) -> None:
        answer = await clerk.get(START, params={"nummer": " 4711 2600 0001 22 "})
        assert (answer.status_code, answer.headers["location"]) == (303, CLAIM_PAGE)
        [call] = services.to("payments", "/cash/claims")
        assert dict(httpx.QueryParams(call.query)) == {"number": "4711 2600 0001 22"}

    async def test_lets_choose_among_several(self, clerk: httpx.AsyncClient, services: Services) -> None:
        services.says["GET payments /cash/claims"] = {"claims": [OPEN, {**OPEN, "state": "cancelled"}]}
        page = await clerk.get(START, params={"nummer": "BPA-2026-000123"})
        assert "2 Forderungen gefunden" in text(page)
        assert f'href="{CLAIM_PAGE}"' in page.text

    @pytest.mark.parametrize(
        ("typed", "status", "sentence"),
        [
            ("4712", 404, "Zu dieser Nummer gibt es keine Forderung."),
            ("9" * 61, 404, "Zu dieser Nummer gibt es keine Forderung."),
            ("", 422, "Bitte geben Sie ein Kassenzeichen"),
        ],
    )
    async def test_says_what_is_wrong_with_a_number(
        self, clerk: httpx.AsyncClient, services: Services, typed: str, status: int, sentence: str
    ) -> None:
        services.says["GET payments /cash/claims"] = {"claims": []}
        answer = await clerk.get(START, params={"nummer": typed})
        assert (answer.status_code, sentence in text(answer)) == (status, True)

    async def test_shows_the_till_of_the_day(self, clerk: httpx.AsyncClient) -> None:
        page = await clerk.get(START)
        assert "30,60 € heute bar eingenommen" in text(page)
        assert f'href="{ENTRY_PAGE}"' in page.text


class TestTaking:
    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"given": "50"}, {"given_cents": 5000, "keep_all": False}),
            ({"given": "30,60 €"}, {"given_cents": 3060, "keep_all": False}),
            ({"given": "50", "keep_all": "true"}, {"given_cents": 5000, "keep_all": True}),
        ],
    )
    async def test_sends_it_once_and_tells_the_change(
        self, clerk: httpx.AsyncClient, services: Services, fields: dict[str, str], said: dict[str, Any]
    ) -> None:
        sent = {**fields, "idempotency-key": "once"}
        answer = await post_form(clerk, CLAIM_PAGE, CLAIM_PAGE, **sent)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{ENTRY_PAGE}?rueckgeld=1940")
        [call] = posted(services, f"/claims/{CLAIM}/cash")
        assert (call.body, call.headers["idempotency-key"]) == (said, "once")
        assert "19,40 € Rückgeld" in text(await clerk.get(answer.headers["location"]))

    @pytest.mark.parametrize("given", ["", "0", "dreißig", "30,6", "-5", "1e3"])
    async def test_is_not_sent_without_an_amount(
        self, clerk: httpx.AsyncClient, services: Services, given: str
    ) -> None:
        sent = {"given": given, "idempotency-key": "mine"}
        answer = await post_form(clerk, CLAIM_PAGE, CLAIM_PAGE, **sent)
        assert (answer.status_code, "Schreiben Sie den erhaltenen Betrag so" in text(answer)) == (422, True)
        assert 'value="mine"' in answer.text
        assert posted(services, f"/claims/{CLAIM}/cash") == []

    @pytest.mark.parametrize(
        ("slug", "sentence"),
        [
            ("nothing_to_pay", "Hier ist nichts mehr zu bezahlen."),
            ("debit_under_way", "eine Lastschrift angekündigt"),
            ("payment_being_checked", "wird noch geprüft"),
        ],
    )
    async def test_that_is_refused_says_why(
        self, clerk: httpx.AsyncClient, services: Services, slug: str, sentence: str
    ) -> None:
        services.says[POST] = problem(409, slug)
        answer = await post_form(clerk, CLAIM_PAGE, CLAIM_PAGE, given="50")
        assert (answer.status_code, sentence in text(answer)) == (409, True)
        assert 'value="50"' in answer.text

    @pytest.mark.parametrize("changed", [{"state": "settled", "owed_cents": 0}, {"waits_for": "debit"}])
    async def test_is_not_offered_where_nothing_may_be_taken(
        self, clerk: httpx.AsyncClient, services: Services, changed: dict[str, Any]
    ) -> None:
        services.says[f"GET payments /claims/{CLAIM}"] = {**OPEN, **changed}
        page = await clerk.get(CLAIM_PAGE)
        assert "lässt sich gerade nichts bar annehmen" in text(page)
        assert 'name="given"' not in page.text


class TestReceipt:
    async def test_is_the_document_of_the_entry(self, clerk: httpx.AsyncClient) -> None:
        answer = await clerk.get(f"{ENTRY_PAGE}/quittung")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/dokumente/{PAYMENT}.pdf")

    async def test_is_waited_for(self, clerk: httpx.AsyncClient, services: Services) -> None:
        answers = [problem(404, "not_found"), problem(404, "not_found"), {"document_id": PAYMENT}]
        services.says[RECEIPT] = lambda call: answers.pop(0)
        assert (await clerk.get(f"{ENTRY_PAGE}/quittung")).headers["location"].endswith(".pdf")

    async def test_that_takes_longer_leads_back(self, clerk: httpx.AsyncClient, services: Services) -> None:
        services.says[RECEIPT] = problem(404, "not_found")
        answer = await clerk.get(f"{ENTRY_PAGE}/quittung")
        assert answer.headers["location"] == ENTRY_PAGE
        assert "Die Quittung ist noch nicht fertig." in text(await clerk.get(ENTRY_PAGE))


class TestVoiding:
    async def test_names_its_reason(self, clerk: httpx.AsyncClient, services: Services) -> None:
        sent = {"reason": "wrong_claim", "idempotency-key": "k"}
        answer = await post_form(clerk, ENTRY_PAGE, f"{ENTRY_PAGE}/storno", **sent)
        assert (answer.status_code, answer.headers["location"]) == (303, CLAIM_PAGE)
        [call] = posted(services, f"/claims/{CLAIM}/cash/{PAYMENT}/voiding")
        assert (call.body, call.headers["idempotency-key"]) == ({"reason": "wrong_claim"}, "k")

    async def test_is_not_sent_without_one(self, clerk: httpx.AsyncClient, services: Services) -> None:
        answer = await post_form(clerk, ENTRY_PAGE, f"{ENTRY_PAGE}/storno", reason="no idea")
        assert (answer.status_code, "Bitte wählen Sie einen Grund" in text(answer)) == (422, True)
        assert posted(services, f"/claims/{CLAIM}/cash/{PAYMENT}/voiding") == []

    @pytest.mark.parametrize(
        ("slug", "sentence"),
        [
            ("cash_day_over", "Der Tag dieser Einzahlung ist vorbei."),
            ("cash_not_voidable", "nicht mehr"),
            ("cash_of_ones_own", "Bitte holen Sie eine zweite Person"),
        ],
    )
    async def test_that_is_refused_says_why(
        self, clerk: httpx.AsyncClient, services: Services, slug: str, sentence: str
    ) -> None:
        services.says[VOID] = problem(409, slug)
        sent = {"reason": "wrong_claim", "idempotency-key": "k"}
        answer = await post_form(clerk, ENTRY_PAGE, f"{ENTRY_PAGE}/storno", **sent)
        assert (answer.status_code, sentence in text(answer)) == (409, True)

    @pytest.mark.parametrize("changed", [{"voided": True, "reason": "x"}, {"of_today": False}])
    async def test_is_not_offered_twice_nor_later(
        self, clerk: httpx.AsyncClient, services: Services, changed: dict[str, Any]
    ) -> None:
        services.says[f"GET payments /claims/{CLAIM}/cash"] = {"entries": [{**ENTRY, **changed}]}
        assert 'name="reason"' not in (await clerk.get(ENTRY_PAGE)).text

    @pytest.mark.parametrize("own", [True, False])
    async def test_is_a_second_persons(self, clerk: httpx.AsyncClient, services: Services, own: bool) -> None:
        services.says[f"GET payments /claims/{CLAIM}/cash"] = {"entries": [{**ENTRY, "own": own}]}
        page = await clerk.get(ENTRY_PAGE)
        assert ("Bitte holen Sie eine zweite Person" in text(page)) is own
        assert ('name="reason"' not in page.text) is own

    async def test_finds_no_page_for_an_unknown_entry(
        self, clerk: httpx.AsyncClient, services: Services
    ) -> None:
        services.says[f"GET payments /claims/{CLAIM}/cash"] = {"entries": []}
        assert (await clerk.get(ENTRY_PAGE)).status_code == 404


class TestApi:
    async def test_takes_and_undoes(self, clerk: httpx.AsyncClient, services: Services) -> None:
        token = (await clerk.get("/api/v1/session")).json()["csrf"]
        headers = {"X-CSRF-Token": token, "Idempotency-Key": "k"}
        path = f"/api/v1/claims/{CLAIM}/cash"
        taken = await clerk.post(path, json={"given_cents": 5000}, headers=headers)
        assert (taken.status_code, taken.json()) == (201, TAKEN)
        gone = await clerk.post(f"{path}/{PAYMENT}/voiding", json={"reason": "wrong_claim"}, headers=headers)
        assert gone.status_code == 201
        assert (await clerk.get(path)).json() == {"entries": [ENTRY]}
        assert (await clerk.get("/api/v1/cash/entries?day=2026-11-22")).json()["sum_cents"] == 3060
        assert len((await clerk.get("/api/v1/cash/claims?number=1")).json()["claims"]) == 1

    @pytest.mark.parametrize(
        "said", [{"given_cents": 0}, {"given_cents": "fifty"}, {"given_cents": 1, "x": 1}]
    )
    async def test_refuses_what_is_no_money(
        self, clerk: httpx.AsyncClient, services: Services, said: dict[str, Any]
    ) -> None:
        token = (await clerk.get("/api/v1/session")).json()["csrf"]
        headers = {"X-CSRF-Token": token, "Idempotency-Key": "k"}
        answer = await clerk.post(f"/api/v1/claims/{CLAIM}/cash", json=said, headers=headers)
        assert answer.status_code == 422
        assert posted(services, f"/claims/{CLAIM}/cash") == []

    async def test_is_no_matter_of_a_citizen(self, gateway: str, services: Services) -> None:
        services.sign_in("kim", "citizen")
        async with browsing(gateway, "kim") as client:
            assert (await client.get("/api/v1/cash/entries")).status_code == 403
            assert (await client.get(CLAIM_PAGE)).status_code == 403
