"""What the bank booked and no claim has: listed with proposals, given to a claim, or sent back; once."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from shared.ids import new_id
from tests.gateway.api.standin import Services, browsing, post_form, problem
from tests.gateway.staff.sample_file import ACCOUNT, CLAIM, CLAIMED
from tests.gateway.staff.test_desk import text

ITEM, OTHER = str(new_id()), str(new_id())
LIST, PAGE = "/arbeit/kasse/bankposten", f"/arbeit/kasse/bankposten/{ITEM}"
OPEN = {**CLAIMED, "account_id": ACCOUNT, "state": "open", "owed_cents": 3060, "waits_for": None}
FOUND = {**OPEN, "claim_id": OTHER, "kassenzeichen": "47112600000130", "owed_cents": 2120}
WAITS = {
    "item_id": ITEM, "statement_id": str(new_id()), "file_id": str(new_id()), "cents": 3060,
    "currency": "EUR", "booked_on": "2026-11-21", "outcome": "proposed", "claim_id": None,
    "proposals": [CLAIM], "since": "2026-11-22T06:00:00+00:00",
    "name": "Zoë Ağaoğlu", "iban": "DE89370400440532013000", "text": "Ausweis 47112600000212",
}  # fmt: skip
ITEMS, LOOK = "GET payments /bank-items", f"GET payments /bank-items/{ITEM}"
GIVE, BACK = f"POST payments /bank-items/{ITEM}/allocation", f"POST payments /bank-items/{ITEM}/sending-back"
ALLOCATED = {"item_id": ITEM, "claim_id": CLAIM, "recorded": "settled", "state": "settled", "owed_cents": 0}
SENT_BACK = {"item_id": ITEM, "outcome": "sent_back"}
PROPOSED = {
    **WAITS, "proposed_voucher": "AA-18", "proposed_by": "colleague-1",
    "proposed_at": "2026-11-22T10:00:00+00:00",
}  # fmt: skip
READ = {"voucher": "AA-18", "cents": "3060", "seen": "true", "idempotency-key": "k"}
DONE = {**WAITS, "outcome": "allocated", "claim_id": CLAIM}
REVERSED = {**WAITS, "cents": -3060, "left_cents": -3060, "reversal": True}
SUM = {
    **WAITS, "outcome": "unallocated", "proposals": [], "left_cents": 2000, "reversal": False,
    "batch": "SDD20261208-1",
}  # fmt: skip


@pytest.fixture
async def clerk(gateway: str, services: Services) -> AsyncIterator[httpx.AsyncClient]:
    services.sign_in("nele", "clerk")
    services.says |= {
        ITEMS: {"items": [WAITS], "next": None},
        LOOK: WAITS,
        f"GET payments /claims/{CLAIM}": OPEN,
        "GET payments /cash/claims": {"claims": [FOUND]},
        GIVE: ALLOCATED,
        BACK: SENT_BACK,
    }
    async with browsing(gateway, "nele") as client:
        yield client


def posted(services: Services, what: str) -> list[Any]:
    return [call for call in services.to("payments", f"/bank-items/{ITEM}/{what}") if call.method == "POST"]


class TestList:
    async def test_tells_what_came_and_whose_it_may_be(self, clerk: httpx.AsyncClient) -> None:
        page = await clerk.get(LIST)
        for part in ("30,60 €", "Z… A…", "Ausweis 47112600000212", "Eine Forderung könnte gemeint sein",
                     "47112600000122", "BPA-2026-000123: 30,60 € offen, passt genau"):  # fmt: skip
            assert part in text(page), part
        assert f'href="{PAGE}"' in page.text

    async def test_shows_nobodys_whole_name_or_account(self, clerk: httpx.AsyncClient) -> None:
        page = (await clerk.get(LIST)).text
        assert "Ağaoğlu" not in page
        assert "3000" not in page

    async def test_goes_on_in_pages(self, clerk: httpx.AsyncClient, services: Services) -> None:
        services.says[ITEMS] = {"items": [WAITS], "next": ITEM}
        assert f'href="{LIST}?nach={ITEM}"' in (await clerk.get(LIST)).text
        await clerk.get(LIST, params={"nach": ITEM})
        assert dict(httpx.QueryParams(services.to("payments", "/bank-items")[-1].query))["after"] == ITEM

    async def test_of_a_place_that_is_none_says_so(
        self, clerk: httpx.AsyncClient, services: Services
    ) -> None:
        services.says[ITEMS] = problem(422, "invalid_request")
        answer = await clerk.get(LIST, params={"nach": "x"})
        assert (answer.status_code, "Diese Stelle der Liste gibt es nicht" in text(answer)) == (422, True)

    async def test_says_when_nothing_waits(self, clerk: httpx.AsyncClient, services: Services) -> None:
        services.says[ITEMS] = {"items": [], "next": None}
        assert "Alles, was die Bank gebucht hat, gehört zu einer Forderung." in text(await clerk.get(LIST))

    @pytest.mark.parametrize(
        ("changed", "sentence"),
        [
            ({"proposals": []}, "kein Kassenzeichen, das es gibt"),
            ({"proposals": [], "text": None, "name": None, "iban": None}, "Ein Verwendungszweck fehlt."),
            ({"proposals": [CLAIM, CLAIM]}, "Mehrere Forderungen könnten gemeint sein."),
            ({"proposals": [], "cents": -500}, "Das Geld ist abgegangen"),
            ({"proposals": [], "outcome": "repeated"}, "Diese Lastschrift ist schon gutgeschrieben."),
            ({"proposals": [], "outcome": "repeated", "cents": -3385}, "ist schon zurückgekommen."),
            ({"currency": "CHF"}, "30,60 CHF"),
        ],
    )
    async def test_says_why_it_waits(
        self, clerk: httpx.AsyncClient, services: Services, changed: dict[str, Any], sentence: str
    ) -> None:
        services.says[ITEMS] = {"items": [{**WAITS, **changed}], "next": None}
        assert sentence in text(await clerk.get(LIST))


class TestFinding:
    async def test_puts_the_claims_of_a_number_beside_the_proposals(
        self, clerk: httpx.AsyncClient, services: Services
    ) -> None:
        page = await clerk.get(PAGE, params={"nummer": " 47112600000130 "})
        assert "21,20 € offen, 9,40 € zu viel" in text(page)
        assert "30,60 € offen, passt genau" in text(page)
        [call] = services.to("payments", "/cash/claims")
        assert dict(httpx.QueryParams(call.query)) == {"number": "47112600000130"}

    @pytest.mark.parametrize(
        ("typed", "status", "sentence"),
        [
            ("4712", 404, "Zu dieser Nummer gibt es keine Forderung."),
            ("9" * 61, 404, "Zu dieser Nummer gibt es keine Forderung."),
            (" ", 422, "Bitte geben Sie ein Kassenzeichen"),
        ],
    )
    async def test_says_what_is_wrong_with_a_number_at_its_field(
        self, clerk: httpx.AsyncClient, services: Services, typed: str, status: int, sentence: str
    ) -> None:
        services.says["GET payments /cash/claims"] = {"claims": []}
        answer = await clerk.get(PAGE, params={"nummer": typed})
        assert (answer.status_code, sentence in text(answer)) == (status, True)
        assert 'href="#nummer"' in answer.text
        assert "passt genau" in text(answer)

    async def test_names_the_payer_on_the_items_own_page(self, clerk: httpx.AsyncClient) -> None:
        page = text(await clerk.get(PAGE))
        assert "Zoë Ağaoğlu" in page
        assert "DE89 … 3000" in page


class TestAllocation:
    async def test_confirms_a_proposal_once(self, clerk: httpx.AsyncClient, services: Services) -> None:
        sent = {"claim": CLAIM, "idempotency-key": "once"}
        answer = await post_form(clerk, PAGE, f"{PAGE}/zuordnung", **sent)
        assert (answer.status_code, answer.headers["location"]) == (303, LIST)
        [call] = posted(services, "allocation")
        assert (call.body, call.headers["idempotency-key"]) == ({"claim_id": CLAIM}, "once")
        assert "Die Zahlung ist der Forderung zugeordnet." in text(await clerk.get(LIST))

    async def test_of_too_much_is_asked_about_first(
        self, clerk: httpx.AsyncClient, services: Services
    ) -> None:
        sent = {"claim": OTHER, "nummer": "47112600000130", "idempotency-key": "mine"}
        answer = await post_form(clerk, PAGE, f"{PAGE}/zuordnung", **sent)
        assert (answer.status_code, "Das sind 9,40 € mehr" in text(answer)) == (422, True)
        assert 'value="mine"' in answer.text
        assert posted(services, "allocation") == []
        answer = await post_form(clerk, PAGE, f"{PAGE}/zuordnung", **sent, surplus="true")
        assert answer.status_code == 303
        assert posted(services, "allocation")[0].body == {"claim_id": OTHER}

    @pytest.mark.parametrize("claim", ["", "nonsense", OTHER])
    async def test_is_not_sent_for_a_claim_that_nobody_offered(
        self, clerk: httpx.AsyncClient, services: Services, claim: str
    ) -> None:
        answer = await post_form(clerk, PAGE, f"{PAGE}/zuordnung", claim=claim)
        assert (answer.status_code, "Bitte wählen Sie die Forderung" in text(answer)) == (422, True)
        assert posted(services, "allocation") == []

    async def test_of_other_money_is_refused_at_the_field(
        self, clerk: httpx.AsyncClient, services: Services
    ) -> None:
        services.says[LOOK] = {**WAITS, "currency": "CHF"}
        answer = await post_form(clerk, PAGE, f"{PAGE}/zuordnung", claim=CLAIM)
        assert (answer.status_code, "in einer anderen Währung" in text(answer)) == (422, True)
        assert posted(services, "allocation") == []

    @pytest.mark.parametrize(
        ("status", "slug", "sentence"),
        [
            (409, "receipt_known", "steht bei der Forderung schon"),
            (409, "currency_differs", "in einer anderen Währung"),
            (403, "own_case", "Über einen eigenen Vorgang"),
        ],
    )
    async def test_that_is_refused_says_why(
        self, clerk: httpx.AsyncClient, services: Services, status: int, slug: str, sentence: str
    ) -> None:
        services.says[GIVE] = problem(status, slug)
        answer = await post_form(clerk, PAGE, f"{PAGE}/zuordnung", claim=CLAIM)
        assert (answer.status_code, sentence in text(answer)) == (status, True)

    @pytest.mark.parametrize(("way", "what"), [("zuordnung", GIVE), ("rueckgabe", BACK)])
    async def test_that_somebody_did_before_says_so(
        self, clerk: httpx.AsyncClient, services: Services, way: str, what: str
    ) -> None:
        services.says |= {LOOK: DONE, what: problem(409, "bank_item_done")}
        answer = await post_form(clerk, LIST, f"{PAGE}/{way}", claim=CLAIM, voucher="AA-1")
        assert (answer.status_code, "hat schon jemand zugeordnet" in text(answer)) == (409, True)
        assert f'href="/arbeit/forderungen/{CLAIM}"' in answer.text
        assert 'name="claim"' not in answer.text

    async def test_is_not_offered_for_money_that_left(
        self, clerk: httpx.AsyncClient, services: Services
    ) -> None:
        services.says[LOOK] = {**WAITS, "cents": -500, "proposals": []}
        page = (await clerk.get(PAGE)).text
        assert 'id="nummer"' not in page
        assert 'name="voucher"' in page


class TestAPaymentTakenBack:
    async def test_is_confirmed_for_the_claim_that_is_proposed(
        self, clerk: httpx.AsyncClient, services: Services
    ) -> None:
        services.says |= {LOOK: REVERSED, f"POST payments /bank-items/{ITEM}/reversal": ALLOCATED}
        page = await clerk.get(PAGE)
        assert "Die Bank nimmt eine Buchung zurück. Welche Zahlung gemeint ist" in text(page)
        assert 'name="surplus"' not in page.text
        answer = await post_form(clerk, PAGE, f"{PAGE}/storno", claim=CLAIM, **{"idempotency-key": "once"})
        assert (answer.status_code, answer.headers["location"]) == (303, LIST)
        [call] = posted(services, "reversal")
        assert (call.body, call.headers["idempotency-key"]) == ({"claim_id": CLAIM}, "once")
        assert posted(services, "allocation") == []

    async def test_that_is_refused_says_why(self, clerk: httpx.AsyncClient, services: Services) -> None:
        refused = problem(409, "bank_item_no_payment")
        services.says |= {LOOK: REVERSED, f"POST payments /bank-items/{ITEM}/reversal": refused}
        answer = await post_form(clerk, PAGE, f"{PAGE}/storno", claim=CLAIM)
        assert (answer.status_code, "hat keine Überweisung über diesen Betrag" in text(answer)) == (409, True)

    async def test_without_a_proposal_is_said(self, clerk: httpx.AsyncClient, services: Services) -> None:
        services.says[LOOK] = {**REVERSED, "proposals": []}
        assert "zu der es hier keine passende Zahlung gibt" in text(await clerk.get(PAGE))


class TestASumOfDebits:
    async def test_is_compared_once_more(self, clerk: httpx.AsyncClient, services: Services) -> None:
        services.says |= {LOOK: SUM, f"POST payments /bank-items/{ITEM}/matching": {"debits": 2}}
        page = text(await clerk.get(PAGE))
        assert "Das ist die Summe der Lastschriften SDD20261208-1." in page
        assert "20,00 €" in page
        answer = await post_form(clerk, PAGE, f"{PAGE}/abgleich", **{"idempotency-key": "k"})
        assert (answer.status_code, answer.headers["location"]) == (303, LIST)
        [call] = posted(services, "matching")
        assert call.headers["idempotency-key"] == "k.match"

    @pytest.mark.parametrize(
        ("why", "sentence"),
        [
            ("bank_item_group_differs", "ergeben nicht diese Summe"),
            ("bank_item_told_twice", "schon aus einem anderen Posten gebucht"),
        ],
    )
    async def test_that_is_another_says_so(
        self, clerk: httpx.AsyncClient, services: Services, why: str, sentence: str
    ) -> None:
        refused = problem(409, why)
        services.says |= {LOOK: SUM, f"POST payments /bank-items/{ITEM}/matching": refused}
        answer = await post_form(clerk, PAGE, f"{PAGE}/abgleich")
        assert (answer.status_code, sentence in text(answer)) == (409, True)

    async def test_is_no_matter_of_other_payments(self, clerk: httpx.AsyncClient) -> None:
        assert "/abgleich" not in (await clerk.get(PAGE)).text


class TestSendingBack:
    async def test_names_its_voucher(self, clerk: httpx.AsyncClient, services: Services) -> None:
        sent = {"voucher": " AA-2026-1 ", "idempotency-key": "k"}
        answer = await post_form(clerk, PAGE, f"{PAGE}/rueckgabe", **sent)
        assert (answer.status_code, answer.headers["location"]) == (303, LIST)
        [call] = posted(services, "sending-back")
        assert (call.body, call.headers["idempotency-key"]) == ({"voucher": "AA-2026-1"}, "k.back")

    @pytest.mark.parametrize(
        ("voucher", "sentence"),
        [("", "Bitte nennen Sie die Nummer des Belegs"), ("9" * 61, "Eine Belegnummer besteht aus")],
    )
    async def test_is_not_sent_without_one(
        self, clerk: httpx.AsyncClient, services: Services, voucher: str, sentence: str
    ) -> None:
        answer = await post_form(clerk, PAGE, f"{PAGE}/rueckgabe", voucher=voucher)
        assert (answer.status_code, sentence in text(answer)) == (422, True)
        assert posted(services, "sending-back") == []

    async def test_with_an_impossible_one_is_said_at_the_field(
        self, clerk: httpx.AsyncClient, services: Services
    ) -> None:
        services.says[BACK] = problem(422, "voucher_impossible")
        answer = await post_form(clerk, PAGE, f"{PAGE}/rueckgabe", voucher="Zoë")
        assert (answer.status_code, "Eine Belegnummer besteht aus" in text(answer)) == (422, True)
        assert 'href="#voucher"' in answer.text


class TestApi:
    async def test_does_the_same(self, clerk: httpx.AsyncClient, services: Services) -> None:
        token = (await clerk.get("/api/v1/session")).json()["csrf"]
        headers, path = {"X-CSRF-Token": token, "Idempotency-Key": "k"}, "/api/v1/bank-items"
        assert (await clerk.get(path, params={"after": OTHER})).json()["items"] == [WAITS]
        assert (await clerk.get(f"{path}/{ITEM}")).json() == WAITS
        given = await clerk.post(f"{path}/{ITEM}/allocation", json={"claim_id": CLAIM}, headers=headers)
        assert (given.status_code, given.json()) == (201, ALLOCATED)
        back = await clerk.post(f"{path}/{ITEM}/sending-back", json={"voucher": "A-1"}, headers=headers)
        assert (back.status_code, back.json()) == (201, SENT_BACK)
        for what, said in (("reversal", {"claim_id": CLAIM}), ("matching", {})):
            services.says[f"POST payments /bank-items/{ITEM}/{what}"] = {"item_id": ITEM}
            answer = await clerk.post(f"{path}/{ITEM}/{what}", json=said, headers=headers)
            assert (answer.status_code, len(posted(services, what))) == (201, 1)
        services.says[GIVE] = problem(409, "bank_item_done")
        late = await clerk.post(f"{path}/{ITEM}/allocation", json={"claim_id": CLAIM}, headers=headers)
        assert (late.status_code, "hat schon jemand" in late.json()["detail"]) == (409, True)

    @pytest.mark.parametrize("said", [{}, {"claim_id": "x"}, {"claim_id": CLAIM, "x": 1}])
    async def test_refuses_what_is_no_claim(
        self, clerk: httpx.AsyncClient, services: Services, said: dict[str, Any]
    ) -> None:
        token = (await clerk.get("/api/v1/session")).json()["csrf"]
        headers = {"X-CSRF-Token": token, "Idempotency-Key": "k"}
        answer = await clerk.post(f"/api/v1/bank-items/{ITEM}/allocation", json=said, headers=headers)
        assert answer.status_code == 422
        assert posted(services, "allocation") == []

    async def test_is_no_matter_of_a_citizen(self, gateway: str, services: Services) -> None:
        services.sign_in("kim", "citizen")
        async with browsing(gateway, "kim") as client:
            assert (await client.get("/api/v1/bank-items")).status_code == 403
            assert (await client.get(PAGE)).status_code == 403


class TestAReturnAboveTheLimit:
    async def test_waits_for_a_second_person(self, clerk: httpx.AsyncClient, services: Services) -> None:
        services.says[BACK] = {"item_id": ITEM, "outcome": "return_proposed"}
        await post_form(clerk, PAGE, f"{PAGE}/rueckgabe", voucher="AA-17", **{"idempotency-key": "k"})
        services.says[ITEMS] = {"items": [PROPOSED], "next": None}
        page = text(await clerk.get(LIST))
        assert "Jetzt muss eine zweite Person zustimmen." in page
        assert "Eine zweite Person muss entscheiden" in page

    @pytest.mark.parametrize(("decision", "word"), [("approve", "approval"), ("decline", "refusal")])
    async def test_is_decided_by_another(
        self, clerk: httpx.AsyncClient, services: Services, decision: str, word: str
    ) -> None:
        services.says |= {LOOK: PROPOSED, f"{BACK}/{word}": SENT_BACK}
        page = await clerk.get(PAGE)
        assert "AA-18" in text(page)
        assert "Beleg AA-18 über 30,60 € selbst gesehen" in text(page)
        assert '<input type="hidden" name="voucher" value="AA-18">' in page.text
        said = {**READ, "decision": decision}
        if decision == "decline":
            del said["seen"]
        answer = await post_form(clerk, PAGE, f"{PAGE}/rueckgabe", **said)
        assert (answer.status_code, answer.headers["location"]) == (303, LIST)
        [call] = posted(services, f"sending-back/{word}")
        assert call.headers["idempotency-key"] == f"k.{decision}"
        assert call.body == {"voucher": "AA-18", "cents": 3060}

    async def test_is_approved_by_nobody_who_has_not_seen_the_voucher(
        self, clerk: httpx.AsyncClient, services: Services
    ) -> None:
        services.says[LOOK] = PROPOSED
        said = {**READ, "decision": "approve", "seen": ""}
        answer = await post_form(clerk, PAGE, f"{PAGE}/rueckgabe", **said)
        assert (answer.status_code, 'href="#seen"' in answer.text) == (422, True)
        assert posted(services, "sending-back/approval") == []

    async def test_is_not_decided_by_who_wants_it(self, clerk: httpx.AsyncClient, services: Services) -> None:
        services.says[LOOK] = {**PROPOSED, "proposed_by": "account-of-nele"}
        page = await clerk.get(PAGE)
        assert "Über der Grenze entscheiden zwei Menschen" in text(page)
        assert 'name="decision"' not in page.text

    async def test_refused_says_why(self, clerk: httpx.AsyncClient, services: Services) -> None:
        services.says |= {LOOK: PROPOSED, f"{BACK}/approval": problem(409, "return_unknown")}
        said = {**READ, "decision": "approve"}
        answer = await post_form(clerk, PAGE, f"{PAGE}/rueckgabe", **said)
        assert (answer.status_code, "nicht mehr vorgeschlagen" in text(answer)) == (409, True)
