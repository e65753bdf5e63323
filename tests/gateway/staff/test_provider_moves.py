"""What bank or provider did without our order: typed, asked once more, booked, by the treasurer alone."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from shared.ids import new_id
from tests.gateway.api.standin import Services, browsing, post_form, problem
from tests.gateway.staff.sample_file import ACCOUNT, CLAIM, CLAIMED, filed
from tests.gateway.staff.test_desk import text

PAYMENT = str(new_id())
CLAIM_PAGE = f"/arbeit/forderungen/{CLAIM}"
HERE, OF_PAYMENT = f"{CLAIM_PAGE}/anbieter", f"/claims/{CLAIM}/payments/{PAYMENT}"
PAID = {
    **CLAIMED, "account_id": ACCOUNT, "owed_cents": 0,
    "payments": [{"payment_id": PAYMENT, "method": "paypal", "received_cents": 3060, "kept_cents": 3060,
                  "currency": "EUR"}],
}  # fmt: skip
TYPED = {
    "what": "reversal", "payment": PAYMENT, "reference": "D-4711", "amount": "30,60", "code": "dispute",
    "charges": "3,50", "idempotency-key": "once",
}  # fmt: skip


@pytest.fixture
async def treasurer(gateway: str, services: Services) -> AsyncIterator[httpx.AsyncClient]:
    services.sign_in("sam", "treasurer", "clerk")
    filed(services)
    services.says |= {
        f"GET payments /claims/{CLAIM}": PAID,
        f"GET payments /claims/{CLAIM}/money": {"claim_id": CLAIM, "events": []},
        f"GET payments /claims/{CLAIM}/refunds": {"refunds": []},
        **{f"POST payments {OF_PAYMENT}/{what}": {"recorded": "reversed"}
           for what in ("reversal", "reversal-undoing", "refund-elsewhere")},
    }  # fmt: skip
    async with browsing(gateway, "sam") as client:
        yield client


def booked(services: Services) -> list[Any]:
    return [call for call in services.calls if call.method == "POST" and call.service == "payments"]


class TestForm:
    async def test_asks_before_anything_is_booked(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        answer = await post_form(treasurer, HERE, HERE, **TYPED)
        shown = text(answer)
        for part in ("Stimmt das so?", "PayPal, 30,60 €", "D-4711", "DISPUTE", "3,50 €",
                     "ist wieder offen und wird angemahnt"):  # fmt: skip
            assert part in shown, part
        assert booked(services) == []

    @pytest.mark.parametrize(
        ("what", "path"),
        [("reversal", "reversal"), ("undoing", "reversal-undoing"), ("refund_elsewhere", "refund-elsewhere")],
    )
    async def test_books_what_was_confirmed(
        self, treasurer: httpx.AsyncClient, services: Services, what: str, path: str
    ) -> None:
        charged = {"charges": "3,50" if what == "reversal" else ""}
        said = {**TYPED, **charged, "what": what, "confirmed": "true"}
        answer = await post_form(treasurer, HERE, HERE, **said)
        assert (answer.status_code, answer.headers["location"]) == (303, CLAIM_PAGE)
        [call] = booked(services)
        assert (call.path, call.headers["idempotency-key"]) == (f"{OF_PAYMENT}/{path}", "once")
        more = {"charges_cents": 350} if what == "reversal" else {}
        assert call.body == {"code": "DISPUTE", "reference": "D-4711", "amount_cents": 3060, **more}
        assert "Gebucht." in text(await treasurer.get(CLAIM_PAGE))

    async def test_says_where_it_was_known(self, treasurer: httpx.AsyncClient, services: Services) -> None:
        services.says[f"POST payments {OF_PAYMENT}/reversal"] = {"recorded": "duplicate"}
        await post_form(treasurer, HERE, HERE, **TYPED, confirmed="true")
        assert "Das war schon bekannt." in text(await treasurer.get(CLAIM_PAGE))

    async def test_goes_back_with_what_was_typed(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        answer = await post_form(treasurer, HERE, HERE, **TYPED, change="true")
        assert (answer.status_code, 'value="D-4711"' in answer.text) == (200, True)
        assert booked(services) == []

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"what": "gift"}, "what"),
            ({"payment": str(new_id())}, "payment"),
            ({"reference": "Ärger"}, "reference"),
            ({"reference": ""}, "reference"),
            ({"amount": "0"}, "amount"),
            ({"amount": "viel"}, "amount"),
            ({"code": "X Y"}, "code"),
            ({"charges": "-1"}, "charges"),
            ({"what": "undoing"}, "charges"),
        ],
    )
    async def test_says_at_the_field_what_is_wrong(
        self, treasurer: httpx.AsyncClient, services: Services, wrong: dict[str, str], field: str
    ) -> None:
        answer = await post_form(treasurer, HERE, HERE, **{**TYPED, **wrong, "confirmed": "true"})
        assert (answer.status_code, f'href="#{field}' in answer.text) == (422, True)
        assert booked(services) == []


class TestRefusal:
    @pytest.mark.parametrize(
        ("status", "slug", "sentence"),
        [
            (409, "amount_differs", "So viel ist mit dieser Zahlung nicht gekommen oder zurückgegangen."),
            (409, "not_refundable", "Sie geht nur als Erstattung der Stadt zurück."),
            (404, "payment_unknown", "Diese Zahlung gibt es nicht."),
            (403, "own_case", "Über einen eigenen Vorgang entscheidet niemand selbst."),
        ],
    )
    async def test_is_told_in_words_and_loses_nothing(
        self, treasurer: httpx.AsyncClient, services: Services, status: int, slug: str, sentence: str
    ) -> None:
        services.says[f"POST payments {OF_PAYMENT}/reversal"] = problem(status, slug)
        answer = await post_form(treasurer, HERE, HERE, **TYPED, confirmed="true")
        assert (answer.status_code, sentence in text(answer)) == (status, True)
        assert 'value="D-4711"' in answer.text

    async def test_of_ones_own_case_and_of_no_money_have_no_form(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        for claim, words in (
            ({**PAID, "account_id": "account-of-sam"}, "Das ist Ihr eigener Vorgang."),
            ({**PAID, "payments": []}, "noch kein Geld gekommen"),
        ):
            services.says[f"GET payments /claims/{CLAIM}"] = claim
            page = await treasurer.get(HERE)
            assert words in text(page)
            assert f'action="{HERE}"' not in page.text

    async def test_of_a_clerk(self, gateway: str, services: Services, treasurer: httpx.AsyncClient) -> None:
        assert f'href="{HERE}"' in (await treasurer.get(CLAIM_PAGE)).text
        services.sign_in("nele", "clerk")
        async with browsing(gateway, "nele") as clerk:
            assert (await clerk.get(HERE)).status_code == 403
            assert f'href="{HERE}"' not in (await clerk.get(CLAIM_PAGE)).text
