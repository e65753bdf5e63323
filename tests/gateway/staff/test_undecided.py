"""What providers left undecided: listed, found out by one person, confirmed by another."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from shared.ids import new_id
from tests.gateway.api.standin import Services, browsing, post_form, problem
from tests.gateway.staff.sample_file import CLAIM, CLAIMED
from tests.gateway.staff.test_desk import text

ATTEMPT, COLLEAGUE, ME = str(new_id()), str(new_id()), "account-of-nele"
LIST, PAGE = "/arbeit/kasse/zahlungsversuche", f"/arbeit/kasse/zahlungsversuche/{ATTEMPT}"
LOOK = f"GET payments /undecided-attempts/{ATTEMPT}"
FINDING = f"/claims/{CLAIM}/attempts/{ATTEMPT}/finding"
WAITS = {
    "attempt_id": ATTEMPT, "claim_id": CLAIM, "method": "card", "provider": "girocheckout",
    "reference": "ref-1", "amount_cents": 3060, "currency": "EUR", "state": "unclear",
    "opened_at": "2026-10-22T09:31:00+00:00", "left_at": "2026-11-21T09:31:00+00:00", "found": None,
    "voucher": None, "found_by": None, "found_at": None, "kassenzeichen": "47112600000122",
    "case_number": "BPA-2026-000123",
}  # fmt: skip
FOUND = {
    **WAITS, "found": "not_paid", "voucher": "AA-17", "found_by": COLLEAGUE,
    "found_at": "2026-11-22T09:31:00+00:00",
}  # fmt: skip
SAID = {"claim": CLAIM, "found": "paid", "voucher": "AA-17", "idempotency-key": "once"}
DECIDED = {"claim": CLAIM, "found": "not_paid", "idempotency-key": "once"}


@pytest.fixture
async def clerk(gateway: str, services: Services) -> AsyncIterator[httpx.AsyncClient]:
    services.sign_in("nele", "clerk")
    services.says |= {
        "GET payments /undecided-attempts": {"attempts": [FOUND], "next": None},
        LOOK: WAITS,
        f"GET payments /claims/{CLAIM}": CLAIMED,
        f"POST payments {FINDING}": {"recorded": "waiting"},
        f"POST payments {FINDING}/approval": {"recorded": "failed"},
        f"POST payments {FINDING}/refusal": {"recorded": "declined"},
    }
    async with browsing(gateway, "nele") as client:
        yield client


def posted(services: Services, path: str = FINDING) -> list[Any]:
    return [call for call in services.to("payments", path) if call.method == "POST"]


class TestList:
    async def test_tells_what_waits_and_what_was_found(self, clerk: httpx.AsyncClient) -> None:
        page = await clerk.get(LIST)
        for part in ("30,60 €", "47112600000122", "BPA-2026-000123", "Es wurde nicht bezahlt",
                     "Eine zweite Person muss bestätigen"):  # fmt: skip
            assert part in text(page), part
        assert f'href="{PAGE}"' in page.text

    async def test_goes_on_in_pages(self, clerk: httpx.AsyncClient, services: Services) -> None:
        services.says["GET payments /undecided-attempts"] = {"attempts": [WAITS], "next": ATTEMPT}
        assert f'href="{LIST}?nach={ATTEMPT}"' in (await clerk.get(LIST)).text
        await clerk.get(LIST, params={"nach": ATTEMPT})
        asked = services.to("payments", "/undecided-attempts")[-1].query
        assert dict(httpx.QueryParams(asked))["after"] == ATTEMPT

    async def test_says_when_nothing_waits_or_the_place_is_none(
        self, clerk: httpx.AsyncClient, services: Services
    ) -> None:
        services.says["GET payments /undecided-attempts"] = {"attempts": [], "next": None}
        assert "Von jeder Zahlung ist bekannt, wie sie ausging." in text(await clerk.get(LIST))
        services.says["GET payments /undecided-attempts"] = problem(422, "invalid_request")
        answer = await clerk.get(LIST, params={"nach": "x"})
        assert (answer.status_code, "Diese Stelle der Liste gibt es nicht" in text(answer)) == (422, True)


class TestOne:
    async def test_is_found_out_with_a_voucher(self, clerk: httpx.AsyncClient, services: Services) -> None:
        page = await clerk.get(PAGE)
        assert "ref-1" in text(page)
        assert 'value="confirm"' not in page.text
        answer = await post_form(clerk, PAGE, PAGE, **SAID)
        assert (answer.status_code, answer.headers["location"]) == (303, LIST)
        [call] = posted(services)
        assert call.body == {"found": "paid", "voucher": "AA-17"}
        assert call.headers["idempotency-key"] == "once.finding"
        assert "Jetzt muss eine zweite Person sie bestätigen." in text(await clerk.get(LIST))

    @pytest.mark.parametrize(("decision", "word"), [("confirm", "approval"), ("decline", "refusal")])
    async def test_is_decided_by_a_second_person(
        self, clerk: httpx.AsyncClient, services: Services, decision: str, word: str
    ) -> None:
        services.says[LOOK] = FOUND
        page = await clerk.get(PAGE)
        for part in ("Es wurde nicht bezahlt", "Eine andere Person der Stadt", "AA-17"):
            assert part in text(page), part
        answer = await post_form(clerk, PAGE, PAGE, **DECIDED, decision=decision)
        assert answer.status_code == 303
        [call] = posted(services, f"{FINDING}/{word}")
        assert (call.body, call.headers["idempotency-key"]) == ({"found": "not_paid"}, f"once.{decision}")

    async def test_is_not_confirmed_by_who_found_it(
        self, clerk: httpx.AsyncClient, services: Services
    ) -> None:
        services.says[LOOK] = {**FOUND, "found_by": ME}
        page = await clerk.get(PAGE)
        assert "Das haben Sie selbst festgestellt." in text(page)
        assert 'value="confirm"' not in page.text
        services.says[f"POST payments {FINDING}/approval"] = problem(403, "second_person_needed")
        answer = await clerk.post(PAGE, data={**DECIDED, "decision": "confirm", "csrf": await token(clerk)})
        assert (answer.status_code, "Das haben Sie selbst veranlasst." in text(answer)) == (403, True)

    @pytest.mark.parametrize("said", [{"found": ""}, {"found": "perhaps"}, {"decision": "maybe"}])
    async def test_is_not_sent_half(
        self, clerk: httpx.AsyncClient, services: Services, said: dict[str, str]
    ) -> None:
        answer = await post_form(clerk, PAGE, PAGE, **{**SAID, **said})
        assert (answer.status_code, posted(services)) == (422, [])
        assert "Bitte wählen Sie, was Sie beim Anbieter gesehen haben." in text(answer)

    @pytest.mark.parametrize(
        ("status", "slug", "sentence"),
        [
            (409, "finding_waits", "Hier hat schon jemand etwas festgestellt."),
            (409, "attempt_decided", "ist inzwischen bekannt."),
            (422, "invalid", "Eine Kontonummer darf hier nicht stehen."),
            (403, "own_case", "Über einen eigenen Vorgang"),
        ],
    )
    async def test_that_is_refused_keeps_what_was_typed(
        self, clerk: httpx.AsyncClient, services: Services, status: int, slug: str, sentence: str
    ) -> None:
        services.says[f"POST payments {FINDING}"] = problem(status, slug)
        answer = await post_form(clerk, PAGE, PAGE, **SAID)
        assert (answer.status_code, sentence in text(answer)) == (status, True)
        assert 'value="AA-17"' in answer.text

    async def test_of_ones_own_or_decided_has_no_form(
        self, clerk: httpx.AsyncClient, services: Services
    ) -> None:
        services.says[LOOK] = {**WAITS, "state": "succeeded"}
        page = await clerk.get(PAGE)
        assert "Der Ausgang dieser Zahlung ist bekannt." in text(page)
        assert 'name="found"' not in page.text
        services.says |= {LOOK: WAITS, f"GET payments /claims/{CLAIM}": {**CLAIMED, "account_id": ME}}
        page = await clerk.get(PAGE)
        assert "Über die eigene Zahlung entscheidet niemand selbst." in text(page)
        assert 'name="voucher"' not in page.text

    async def test_is_no_page_for_others(self, gateway: str, services: Services) -> None:
        services.sign_in("kim", "citizen", "warden")
        async with browsing(gateway, "kim") as client:
            assert (await client.get(PAGE)).status_code == 403
            assert (await client.get(LIST)).status_code == 403


async def token(client: httpx.AsyncClient) -> str:
    found: str = (await client.get("/api/v1/session")).json()["csrf"]
    return found


class TestTheApi:
    async def test_passes_it_on(self, clerk: httpx.AsyncClient, services: Services) -> None:
        clerk.headers["X-CSRF-Token"] = await token(clerk)
        assert (await clerk.get("/api/v1/undecided-attempts")).json()["attempts"] == [FOUND]
        assert (await clerk.get(f"/api/v1/undecided-attempts/{ATTEMPT}")).json() == WAITS
        said = {"found": "paid", "voucher": "AA-17"}
        assert (await clerk.post(f"/api/v1{FINDING}", json=said)).status_code == 201
        for word in ("approval", "refusal"):
            answer = await clerk.post(f"/api/v1{FINDING}/{word}", json={"found": "paid"})
            assert (answer.status_code, posted(services, f"{FINDING}/{word}")[0].body) == (
                201, {"found": "paid"},
            )  # fmt: skip
        assert posted(services)[0].body == said
