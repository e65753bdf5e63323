"""Money at the bank that is a provider's payout: said, agreed to by a second person, and taken back."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.gateway.api.standin import Services, browsing, post_form, problem
from tests.gateway.staff.test_bank_items import ITEM, ITEMS, LIST, LOOK, PAGE, WAITS, posted
from tests.gateway.staff.test_desk import text

FROM_PAYPAL = {
    **WAITS, "proposals": [], "name": "PayPal Europe", "provider": "paypal", "cents": 50000,
    "payout_providers": ["girocheckout", "paypal"],
}  # fmt: skip
PROPOSED = {
    **FROM_PAYPAL, "proposed_provider": "paypal", "proposed_by": "colleague-1",
    "proposed_at": "2026-11-22T10:00:00+00:00",
}  # fmt: skip
DONE = {**FROM_PAYPAL, "outcome": "payout"}
FIND, UNDO = f"POST payments /bank-items/{ITEM}/payout", f"POST payments /bank-items/{ITEM}/payout-undoing"
FORM = f"{PAGE}/auszahlung"


def told(outcome: str) -> dict[str, str]:
    return {"item_id": ITEM, "outcome": outcome}


@pytest.fixture
async def clerk(gateway: str, services: Services) -> AsyncIterator[httpx.AsyncClient]:
    services.sign_in("nele", "clerk")
    services.says |= {
        ITEMS: {"items": [FROM_PAYPAL], "next": None}, LOOK: FROM_PAYPAL, FIND: told("payout"),
        UNDO: told("waiting"),
    }  # fmt: skip
    async with browsing(gateway, "nele") as client:
        yield client


class TestAPayout:
    async def test_is_proposed_with_its_provider(self, clerk: httpx.AsyncClient) -> None:
        assert "Das Geld kommt von PayPal." in text(await clerk.get(LIST))
        page = (await clerk.get(PAGE)).text
        assert re.search(r'value="paypal"[^>]* checked', page)
        assert 'value="girocheckout"' in page

    async def test_is_said_once(self, clerk: httpx.AsyncClient, services: Services) -> None:
        sent = {"provider": "girocheckout", "idempotency-key": "k"}
        answer = await post_form(clerk, PAGE, FORM, **sent)
        assert (answer.status_code, answer.headers["location"]) == (303, LIST)
        [call] = posted(services, "payout")
        assert (call.body, call.headers["idempotency-key"]) == ({"provider": "girocheckout"}, "k.payout")
        assert "Die Auszahlung ist gebucht." in text(await clerk.get(LIST))

    @pytest.mark.parametrize("provider", ["", "nobody"])
    async def test_is_not_sent_without_a_provider(
        self, clerk: httpx.AsyncClient, services: Services, provider: str
    ) -> None:
        answer = await post_form(clerk, PAGE, FORM, provider=provider)
        assert (answer.status_code, "Bitte wählen Sie den Anbieter" in text(answer)) == (422, True)
        assert posted(services, "payout") == []

    async def test_is_not_offered_for_money_that_left(
        self, clerk: httpx.AsyncClient, services: Services
    ) -> None:
        services.says[LOOK] = {**FROM_PAYPAL, "cents": -500}
        assert 'name="provider"' not in (await clerk.get(PAGE)).text

    async def test_that_is_refused_says_why(self, clerk: httpx.AsyncClient, services: Services) -> None:
        services.says[FIND] = problem(409, "payout_waits")
        answer = await post_form(clerk, PAGE, FORM, provider="paypal")
        assert (answer.status_code, "wartet schon auf eine zweite Person" in text(answer)) == (409, True)

    async def test_that_was_found_may_be_taken_back(
        self, clerk: httpx.AsyncClient, services: Services
    ) -> None:
        services.says[LOOK] = DONE
        page = await clerk.get(PAGE)
        assert "Diese Zahlung ist eine Auszahlung von PayPal." in text(page)
        sent = {"idempotency-key": "k"}
        answer = await post_form(clerk, PAGE, f"{FORM}-zurueck", **sent)
        assert (answer.status_code, answer.headers["location"]) == (303, LIST)
        [call] = posted(services, "payout-undoing")
        assert call.headers["idempotency-key"] == "k.undo"
        services.says |= {UNDO: problem(409, "payout_unknown"), LOOK: FROM_PAYPAL}
        late = await post_form(clerk, PAGE, f"{FORM}-zurueck", **sent)
        assert (late.status_code, "nicht mehr vorgeschlagen oder gebucht" in text(late)) == (409, True)

    @pytest.mark.parametrize("way", ["auszahlung", "auszahlung-zurueck"])
    async def test_asked_for_by_address_begins_at_the_payment(
        self, clerk: httpx.AsyncClient, way: str
    ) -> None:
        answer = await clerk.get(f"{PAGE}/{way}")
        assert (answer.status_code, answer.headers["location"]) == (303, PAGE)


class TestAPayoutAboveTheLimit:
    async def test_waits_for_a_second_person(self, clerk: httpx.AsyncClient, services: Services) -> None:
        services.says[FIND] = told("payout_proposed")
        await post_form(clerk, PAGE, FORM, provider="paypal")
        assert "Jetzt muss eine zweite Person der Auszahlung zustimmen." in text(await clerk.get(LIST))

    @pytest.mark.parametrize(
        ("decision", "word", "outcome", "notice"),
        [
            ("approve", "approval", "payout", "Die Auszahlung ist gebucht."),
            ("decline", "refusal", "waiting", "Sie haben abgelehnt."),
        ],
    )
    async def test_is_decided_as_it_was_read(
        self,
        clerk: httpx.AsyncClient,
        services: Services,
        decision: str,
        word: str,
        outcome: str,
        notice: str,
    ) -> None:
        services.says |= {LOOK: PROPOSED, f"{FIND}/{word}": told(outcome)}
        page = await clerk.get(PAGE)
        assert "500,00 € als Auszahlung von PayPal." in text(page)
        assert 'name="voucher"' not in page.text
        said = {"decision": decision, "idempotency-key": "k", "provider": "paypal", "cents": "50000"}
        answer = await post_form(clerk, PAGE, FORM, **said)
        assert (answer.status_code, answer.headers["location"]) == (303, LIST)
        [call] = posted(services, f"payout/{word}")
        assert call.body == {"provider": "paypal", "cents": 50000}
        assert call.headers["idempotency-key"] == f"k.payout.{decision}"
        assert notice in text(await clerk.get(LIST))

    async def test_is_not_decided_by_who_proposed_it(
        self, clerk: httpx.AsyncClient, services: Services
    ) -> None:
        services.says[LOOK] = {**PROPOSED, "proposed_by": "account-of-nele"}
        page = await clerk.get(PAGE)
        assert "Über der Grenze entscheiden zwei Menschen" in text(page)
        assert 'name="decision"' not in page.text

    @pytest.mark.parametrize(
        ("said", "sentence"),
        [
            ({"decision": "maybe"}, "Bitte stimmen Sie zu, oder lehnen Sie ab."),
            ({"decision": "approve"}, "nicht mehr vorgeschlagen"),
        ],
    )
    async def test_is_not_decided_otherwise(
        self, clerk: httpx.AsyncClient, services: Services, said: dict[str, str], sentence: str
    ) -> None:
        services.says |= {LOOK: PROPOSED, f"{FIND}/approval": problem(409, "payout_unknown")}
        answer = await post_form(clerk, PAGE, FORM, **said)
        assert answer.status_code in (409, 422)
        assert sentence in text(answer)


class TestApi:
    async def test_does_the_same(self, clerk: httpx.AsyncClient, services: Services) -> None:
        services.says[f"{FIND}/approval"] = told("payout")
        token = (await clerk.get("/api/v1/session")).json()["csrf"]
        headers, path = {"X-CSRF-Token": token, "Idempotency-Key": "k"}, f"/api/v1/bank-items/{ITEM}"
        for what, said, outcome in (
            ("payout", {"provider": "paypal"}, "payout"),
            ("payout/approval", {"provider": "paypal", "cents": 50000}, "payout"),
            ("payout-undoing", None, "waiting"),
        ):
            answer = await clerk.post(f"{path}/{what}", json=said, headers=headers)
            assert (answer.status_code, answer.json()["outcome"]) == (201, outcome)

    @pytest.mark.parametrize("said", [{}, {"provider": "Pay Pal"}, {"provider": "paypal", "x": 1}])
    async def test_refuses_what_is_no_provider(
        self, clerk: httpx.AsyncClient, services: Services, said: dict[str, Any]
    ) -> None:
        token = (await clerk.get("/api/v1/session")).json()["csrf"]
        headers = {"X-CSRF-Token": token, "Idempotency-Key": "k"}
        answer = await clerk.post(f"/api/v1/bank-items/{ITEM}/payout", json=said, headers=headers)
        assert answer.status_code == 422
        assert posted(services, "payout") == []
