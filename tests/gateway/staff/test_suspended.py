"""Mandates that wait for the cash office: listed, released or ended by a person, never their own."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from shared.ids import new_id
from tests.gateway.api.standin import Services, browsing, post_form, problem
from tests.gateway.staff.sample_file import CLAIM
from tests.gateway.staff.test_desk import text

MANDATE = str(new_id())
LIST, PAGE = "/arbeit/kasse/mandate-pruefen", f"/arbeit/kasse/mandate-pruefen/{MANDATE}"
ALL, LOOK = "GET payments /suspended-mandates", f"GET payments /suspended-mandates/{MANDATE}"
CLEAR, END = (f"/suspended-mandates/{MANDATE}/{word}" for word in ("clearing", "ending"))
LISTED = {
    "mandate_id": MANDATE, "account_id": str(new_id()), "reference": "47112600000122-M1", "kind": "recurring",
    "state": "suspended", "signed_on": "2026-02-01", "last_used_on": "2026-11-15", "suspended_for": "XX99",
    "suspended_at": "2026-11-20T09:31:00+00:00", "claim_id": CLAIM, "kassenzeichen": "47112600000122",
    "case_number": "HST-2026-000017",
}  # fmt: skip
WAITS = {**LISTED, "waits": True, "own": False, "holder": "Zoë Ağaoğlu", "account": "DE89 … 3000"}
DIED = {**WAITS, "suspended_for": "MD07"}


@pytest.fixture
async def clerk(gateway: str, services: Services) -> AsyncIterator[httpx.AsyncClient]:
    services.sign_in("nele", "clerk")
    services.says |= {
        ALL: {"mandates": [LISTED], "next": None},
        LOOK: WAITS,
        f"POST payments {CLEAR}": {"mandate_id": MANDATE, "state": "active"},
        f"POST payments {END}": {"mandate_id": MANDATE, "state": "revoked"},
    }
    async with browsing(gateway, "nele") as client:
        yield client


def posted(services: Services, path: str) -> list[Any]:
    return [call for call in services.to("payments", path) if call.method == "POST"]


class TestList:
    async def test_tells_what_waits_and_why(self, clerk: httpx.AsyncClient) -> None:
        page = await clerk.get(LIST)
        for part in ("47112600000122-M1", "XX99", "dessen Bedeutung hier niemand kennt", "HST-2026-000017"):
            assert part in text(page), part
        assert f'href="{PAGE}"' in page.text
        assert "Ağaoğlu" not in page.text

    async def test_goes_on_in_pages(self, clerk: httpx.AsyncClient, services: Services) -> None:
        services.says[ALL] = {"mandates": [LISTED], "next": MANDATE}
        assert f'href="{LIST}?nach={MANDATE}"' in (await clerk.get(LIST)).text
        await clerk.get(LIST, params={"nach": MANDATE})
        asked = services.to("payments", "/suspended-mandates")[-1].query
        assert dict(httpx.QueryParams(asked))["after"] == MANDATE

    async def test_says_when_nothing_waits_or_the_place_is_none(
        self, clerk: httpx.AsyncClient, services: Services
    ) -> None:
        nothing: tuple[Any, ...] = ({"mandates": [], "next": None}, problem(404, "not_found"))
        for said in nothing:
            services.says[ALL] = said
            assert "Kein Mandat wartet auf Sie." in text(await clerk.get(LIST))
        services.says[ALL] = problem(422, "invalid_request")
        answer = await clerk.get(LIST, params={"nach": "x"})
        assert (answer.status_code, "Diese Stelle der Liste gibt es nicht" in text(answer)) == (422, True)


class TestDeciding:
    @pytest.mark.parametrize(
        ("reason", "path"), [("technical", CLEAR), ("bank_was_wrong", CLEAR), ("payer_died", END)]
    )
    async def test_sends_the_reason_to_what_follows_from_it(
        self, clerk: httpx.AsyncClient, services: Services, reason: str, path: str
    ) -> None:
        sent = {"reason": reason, "idempotency-key": "once"}
        answer = await post_form(clerk, PAGE, PAGE, **sent)
        assert (answer.status_code, answer.headers["location"]) == (303, LIST)
        [call] = posted(services, path)
        assert (call.body, call.headers["idempotency-key"]) == ({"reason": reason}, f"once.{reason}")

    async def test_needs_a_reason(self, clerk: httpx.AsyncClient, services: Services) -> None:
        answer = await post_form(clerk, PAGE, PAGE, reason="because")
        assert (answer.status_code, "Bitte wählen Sie das Ergebnis" in text(answer)) == (422, True)
        assert posted(services, CLEAR) == posted(services, END) == []

    async def test_says_that_nobody_writes_to_who_has_died(
        self, clerk: httpx.AsyncClient, services: Services
    ) -> None:
        services.says[LOOK] = DIED
        page = text(await clerk.get(PAGE))
        assert "Die Bank sagt, die Person sei verstorben." in page
        assert "Zoë Ağaoğlu" in page

    async def test_is_not_offered_on_ones_own_or_what_is_over(
        self, clerk: httpx.AsyncClient, services: Services
    ) -> None:
        services.says[LOOK] = {**WAITS, "own": True}
        page = await clerk.get(PAGE)
        assert "Über einen eigenen Vorgang entscheidet niemand selbst." in text(page)
        assert f'action="{PAGE}"' not in page.text
        services.says[LOOK] = {**WAITS, "waits": False, "state": "active"}
        page = await clerk.get(PAGE)
        assert "Dieses Mandat wartet nicht mehr auf die Stadtkasse." in text(page)
        assert f'action="{PAGE}"' not in page.text

    async def test_that_is_refused_says_why(self, clerk: httpx.AsyncClient, services: Services) -> None:
        services.says[f"POST payments {CLEAR}"] = problem(409, "mandate_not_for_a_person")
        answer = await post_form(clerk, PAGE, PAGE, reason="technical")
        assert (answer.status_code, "Über dieses Mandat entscheidet nicht" in text(answer)) == (409, True)


class TestApi:
    async def test_says_what_payments_says(self, clerk: httpx.AsyncClient, services: Services) -> None:
        token = (await clerk.get("/api/v1/session")).json()["csrf"]
        headers, path = {"X-CSRF-Token": token, "Idempotency-Key": "k"}, "/api/v1/suspended-mandates"
        assert (await clerk.get(path)).json()["mandates"] == [LISTED]
        assert (await clerk.get(f"{path}/{MANDATE}")).json() == WAITS
        for word, reason in (("clearing", "technical"), ("ending", "no_consent")):
            said = {"reason": reason}
            answer = await clerk.post(f"{path}/{MANDATE}/{word}", json=said, headers=headers)
            assert answer.status_code == 201, answer.text
        assert (posted(services, CLEAR)[0].body, posted(services, END)[0].body) == (
            {"reason": "technical"}, {"reason": "no_consent"},
        )  # fmt: skip
        wrong = await clerk.post(f"{path}/{MANDATE}/clearing", json={"reason": "x"}, headers=headers)
        assert wrong.status_code == 422

    async def test_is_for_the_cash_office(self, gateway: str, services: Services) -> None:
        services.sign_in("kim", "citizen")
        async with browsing(gateway, "kim") as client:
            assert (await client.get("/api/v1/suspended-mandates")).status_code == 403
