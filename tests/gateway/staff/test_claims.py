"""A claim's whole money on one screen, refunds from it, and the second pair of eyes."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from shared.ids import new_id
from tests.gateway.api.standin import Services, browsing, post_form, problem
from tests.gateway.staff.sample_file import ACCOUNT, CASE, CLAIM, CLAIMED, filed
from tests.gateway.staff.test_desk import text

HERE, ASK = f"/arbeit/forderungen/{CLAIM}", f"/arbeit/forderungen/{CLAIM}/erstattungen"
PAYMENT, OTHER, REFUND = (str(new_id()) for _ in range(3))
LIST, PAGE = "/arbeit/erstattungen", f"{ASK}/{REFUND}"
POST, REMOTE = f"POST payments /claims/{CLAIM}/refunds", f"/claims/{CLAIM}/refunds"
ME, COLLEAGUE = "account-of-sam", "account-of-nele"
PAID = {
    **CLAIMED, "account_id": ACCOUNT, "owed_cents": 0,
    "payments": [{"payment_id": PAYMENT, "method": "card", "kept_cents": 3060}],
}  # fmt: skip
OTHER = "01990000-0000-7000-8000-0000000000c2"
WAITING = {
    "refund_id": REFUND, "claim_id": CLAIM, "payment_id": PAYMENT, "amount_cents": 1000, "currency": "EUR",
    "reason": "given_up_early", "via": "provider", "state": "requested", "requested_by": COLLEAGUE,
    "requested_at": "2026-11-22T10:00:00+00:00", "decided_by": None,
    "changed_at": "2026-11-22T10:00:00+00:00",
}  # fmt: skip
FIELDS = {
    "extent": "part", "amount": "10,00", "reason": "given_up_early", "payment": PAYMENT,
    "idempotency-key": "once",
}  # fmt: skip


def event(name: str, actor: str, *lines: tuple[str, int], **says: Any) -> dict[str, Any]:
    booked = [{"account": account, "cents": cents, "currency": "EUR"} for account, cents in lines]
    return {"version": 1, "event": f"payments.{name}", "at": "2026-11-22T09:31:00+00:00", "actor": actor,
            "says": says, "lines": booked}  # fmt: skip


EVENTS = [
    event("payment_requested", "service:payments", ("receivable", 3060), ("revenue:P1", -3060)),
    event("payment_started", f"account:{ACCOUNT}", method="card", provider="girocheckout"),
    event("payment_settled", "service:payments", ("provider:girocheckout", 3060), ("receivable", -3060)),
    event(
        "refund_requested", f"account:{ME}", ("revenue:P1", 1000), ("refundable", -1000), amount_cents=1000
    ),
    event("thought_of_later", f"account:{COLLEAGUE}"),
]


@pytest.fixture
async def treasurer(gateway: str, services: Services) -> AsyncIterator[httpx.AsyncClient]:
    services.sign_in("sam", "treasurer", "clerk")
    filed(services)
    services.says |= {
        f"GET payments /claims/{CLAIM}": PAID,
        f"GET payments /claims/{CLAIM}/money": {"claim_id": CLAIM, "events": EVENTS},
        f"GET payments {REMOTE}": {"refunds": []},
        "GET payments /refunds": {"refunds": [WAITING], "next": None},
        POST: {"state": "requested", "via": "provider"},
    }
    async with browsing(gateway, "sam") as client:
        yield client


def refunds(services: Services, **changed: Any) -> None:
    services.says[f"GET payments {REMOTE}"] = {"refunds": [{**WAITING, **changed}]}


class TestAClaimInInstalments:
    async def test_shows_the_plan_with_ways_to_the_others(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        mine = {**PAID, "instalment": 1, "instalment_count": 2}
        other = {**mine, "claim_id": OTHER, "instalment": 2, "state": "open", "arranged": True}
        services.says[f"GET payments /claims/{CLAIM}"] = mine
        services.says["GET payments /claims"] = {"claims": [mine, other]}
        page = await treasurer.get(HERE)
        assert f'href="/arbeit/forderungen/{OTHER}"' in page.text
        assert 'aria-current="true"' in page.text
        assert "Wird von selbst abgebucht" in text(page)

    async def test_shows_none_for_one_payment(self, treasurer: httpx.AsyncClient) -> None:
        assert 'id="plan"' not in (await treasurer.get(HERE)).text


class TestTheMoneyOfAClaim:
    async def test_tells_each_event_with_its_booking_and_the_balance(
        self, treasurer: httpx.AsyncClient
    ) -> None:
        shown = text(await treasurer.get(HERE))
        story = shown[shown.index("das älteste zuerst") :]
        for part in (
            "Gebühr gefordert", "Forderung 30,60 €", "Ertrag P1 30,60 €", "30,60 € Automatisch",
            "Beim Zahlungsanbieter", "Kredit- oder Debitkarte · GiroCheckout", "Bürger/in", "Gebühr bezahlt",
            "Guthaben bei GiroCheckout 30,60 €", "0,00 € Automatisch", "Erstattung angefordert",
            "−10,00 € Sie",
            "Weiterer Schritt", "Eine andere Person der Stadt",
        ):  # fmt: skip
            assert part in story, part
            story = story[story.index(part) :]

    async def test_tells_what_is_claimed_less(self, treasurer: httpx.AsyncClient, services: Services) -> None:
        less = event(
            "claim_reduced", "service:payments", ("revenue:P1", 1530), ("receivable", -1530),
            amount_cents=1530, reason="given_up_early",
        )  # fmt: skip
        services.says[f"GET payments /claims/{CLAIM}"] = {
            **PAID, "state": "open", "owed_cents": 1530, "reduced_cents": 1530,
        }  # fmt: skip
        services.says[f"GET payments /claims/{CLAIM}/money"] = {
            "claim_id": CLAIM, "events": [EVENTS[0], less],
        }  # fmt: skip
        shown = text(await treasurer.get(HERE))
        assert "15,30 € gefordert 15,30 € noch zu zahlen" in shown
        assert "Forderung teilweise abgesetzt" in shown

    async def test_keeps_another_currency_apart(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        came = event("surplus_received", "service:payments", ("bank", 500), ("surplus", -500))
        came["lines"] = [{**line, "currency": "CHF"} for line in came["lines"]]
        services.says[f"GET payments /claims/{CLAIM}/money"] = {
            "claim_id": CLAIM, "events": [EVENTS[0], came],
        }  # fmt: skip
        assert "5,00 CHF Verwahrgeld 5,00 CHF 30,60 € Automatisch" in text(await treasurer.get(HERE))

    async def test_is_linked_from_the_file_and_the_task(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        services.says[f"GET payments /money-tasks/{CLAIM}/4"] = {
            "claim_id": CLAIM, "version": 4, "kind": "overpaid", "amount_cents": 1, "how": None,
            "currency": "EUR", "since": "2026-11-22T09:31:00+00:00",
        }  # fmt: skip
        whole = f"/arbeit/kasse/vorgang/{CASE}"
        assert f'href="{whole}"' in (await treasurer.get(f"/arbeit/{CASE}")).text
        assert f'href="{whole}"' in (await treasurer.get(HERE)).text
        task = (await treasurer.get(f"/arbeit/zahlungen/{CLAIM}/4")).text
        assert f'href="{HERE}?aufgabe=4#refund"' in task

    async def test_leads_back_to_the_case_only_for_clerks(
        self, treasurer: httpx.AsyncClient, gateway: str, services: Services
    ) -> None:
        assert f'href="/arbeit/{CASE}"' in (await treasurer.get(HERE)).text
        services.sign_in("pia", "treasurer")
        async with browsing(gateway, "pia") as pia:
            assert f'href="/arbeit/{CASE}"' not in (await pia.get(HERE)).text

    async def test_stands_while_the_refunds_are_away(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        services.says[f"GET payments {REMOTE}"] = problem(503, "unavailable")
        assert "Ein Teil dieser Seite fehlt gerade" in text(await treasurer.get(HERE))

    async def test_is_an_error_page_while_payments_is_away(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        services.says[f"GET payments /claims/{CLAIM}/money"] = problem(503, "unavailable")
        assert (await treasurer.get(HERE)).status_code == 503

    async def test_is_no_page_for_others(self, gateway: str, services: Services) -> None:
        services.sign_in("kim", "citizen", "operator")
        async with browsing(gateway, "kim") as client:
            token = (await client.get("/api/v1/session")).json()["csrf"]
            for path in (HERE, LIST, PAGE):
                assert (await client.get(path)).status_code == 403
            for path in (ASK, PAGE):
                assert (await client.post(path, data={"csrf": token, **FIELDS})).status_code == 403
        assert {call.service for call in services.calls} == {"identity"}


class TestAskingForARefund:
    @pytest.mark.parametrize(
        ("fields", "cents"),
        [({}, 1000), ({"extent": "full", "amount": ""}, 3060), ({"amount": "7.50 €"}, 750)],
    )
    async def test_sends_what_was_chosen_once(
        self, treasurer: httpx.AsyncClient, services: Services, fields: dict[str, str], cents: int
    ) -> None:
        answer = await post_form(treasurer, HERE, ASK, **{**FIELDS, **fields})
        assert (answer.status_code, answer.headers["location"]) == (303, HERE)
        [call] = [one for one in services.to("payments", REMOTE) if one.method == "POST"]
        assert call.body == {"amount_cents": cents, "payment_id": PAYMENT, "reason": "given_up_early"}
        assert (call.headers["idempotency-key"], call.purpose) == ("once", "money-tasks")
        assert "eine zweite Person zustimmen" in text(await treasurer.get(HERE))

    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({"extent": ""}, "Bitte wählen Sie, ob alles oder ein Teil zurückgeht"),
            ({"amount": "zehn"}, "Schreiben Sie den Betrag so: 12,50"),
            ({"amount": "10,5"}, "Schreiben Sie den Betrag so: 12,50"),
            ({"amount": "0"}, "Der Betrag muss zwischen 0,01 € und 30,60 € liegen"),
            ({"amount": "30,61"}, "Der Betrag muss zwischen 0,01 € und 30,60 € liegen"),
            ({"reason": ""}, "Bitte wählen Sie einen Grund"),
            ({"payment": OTHER}, "Bitte wählen Sie eine Zahlung"),
        ],
    )
    async def test_is_not_sent_half(
        self, treasurer: httpx.AsyncClient, services: Services, fields: dict[str, str], sentence: str
    ) -> None:
        typed = {**FIELDS, **fields}
        answer = await post_form(treasurer, HERE, ASK, **typed)
        assert answer.status_code == 422
        assert sentence in text(answer) or "payment" in fields
        assert f'value="{typed["amount"]}"' in answer.text
        assert [one for one in services.to("payments", REMOTE) if one.method == "POST"] == []

    async def test_counts_what_others_have_asked_for(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        refunds(services, amount_cents=3000)
        answer = await post_form(treasurer, HERE, ASK, **{**FIELDS, "amount": "1,00"})
        assert "zwischen 0,01 € und 0,60 € liegen" in text(answer)

    async def test_gives_back_a_whole_money_task(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        task = {"claim_id": CLAIM, "version": 4, "amount_cents": 999, "how": None, "kind": "overpaid"}
        services.says[f"GET payments /money-tasks/{CLAIM}/4"] = task
        services.says[POST] = {"state": "approved", "via": "transfer"}
        page = await treasurer.get(f"{HERE}?aufgabe=4")
        assert "Es geht um die ganze Zahlungsaufgabe: 9,99 €." in text(page)
        sent = {"task": "4", "reason": "money_task", "idempotency-key": "once"}
        assert (await post_form(treasurer, HERE, ASK, **sent)).status_code == 303
        [call] = [one for one in services.to("payments", REMOTE) if one.method == "POST"]
        assert call.body == {"amount_cents": 999, "task_version": 4, "reason": "money_task"}
        services.says[f"GET payments /money-tasks/{CLAIM}/4"] = {**task, "how": "kept_by_agreement"}
        done = await post_form(treasurer, HERE, ASK, **sent)
        assert "Diese Aufgabe hat schon jemand erledigt." in text(done)

    @pytest.mark.parametrize("state", ["open", "cancelled", "refund_due"])
    async def test_is_not_offered_where_nothing_is_left(
        self, treasurer: httpx.AsyncClient, services: Services, state: str
    ) -> None:
        services.says[f"GET payments /claims/{CLAIM}"] = {**PAID, "state": state}
        page = await treasurer.get(HERE)
        assert "Hier ist gerade nichts zu erstatten" in text(page)
        assert f'action="{ASK}"' not in page.text

    @pytest.mark.parametrize(
        ("status", "slug", "sentence"),
        [
            (403, "own_case", "Über einen eigenen Vorgang"),
            (409, "refund_too_high", "So viel ist von dieser Zahlung nicht mehr da."),
            (409, "refund_under_way", "Dieses Geld ist schon auf dem Weg zurück."),
        ],
    )
    async def test_that_is_refused_keeps_what_was_typed(
        self, treasurer: httpx.AsyncClient, services: Services, status: int, slug: str, sentence: str
    ) -> None:
        services.says[POST] = problem(status, slug)
        answer = await post_form(treasurer, HERE, ASK, **FIELDS)
        assert (answer.status_code, sentence in text(answer)) == (status, True)
        assert 'value="10,00"' in answer.text


class TestTheShareOfAnEarlyEnd:
    FILE, SHARE = f"GET applications /applications/{CASE}", f"GET payments {REMOTE}/share"

    @pytest.fixture(autouse=True)
    def computed(self, services: Services) -> None:
        services.says |= {
            self.FILE: {"valid_from": "2026-01-01", "valid_until": "2026-12-31"},
            self.SHARE: {"share_cents": 1275, "left_cents": 3060, "needs_approval": False},
        }

    async def test_is_shown_and_filled_in(self, treasurer: httpx.AsyncClient, services: Services) -> None:
        page = await treasurer.get(f"{HERE}?aufgegeben=2026-07-15")
        assert "Aufgegeben am 15. Juli 2026, gehen 12,75 € für volle Monate zurück." in text(page)
        for part in ('value="12,75"', 'value="part" checked', 'value="given_up_early" checked'):
            assert part in page.text, part
        [call] = services.to("payments", f"{REMOTE}/share")
        assert dict(httpx.QueryParams(call.query)) == {
            "valid_from": "2026-01-01", "valid_until": "2026-12-31", "given_up_on": "2026-07-15",
        }  # fmt: skip
        changed = await post_form(treasurer, HERE, ASK, **{**FIELDS, "amount": "20,00"})
        assert changed.status_code == 303

    async def test_is_not_asked_for_by_itself(self, treasurer: httpx.AsyncClient, services: Services) -> None:
        assert 'name="aufgegeben"' in (await treasurer.get(HERE)).text
        assert services.to("payments", f"{REMOTE}/share") == []
        assert services.to("applications", f"/applications/{CASE}") == []

    @pytest.mark.parametrize(
        ("day", "period", "sentence"),
        [
            ("gestern", {}, "Schreiben Sie den Tag so"),
            ("2026-07-15", {"valid_until": None}, "keinen Zeitraum aus vollen Monaten"),
        ],
    )
    async def test_says_when_there_is_none(
        self,
        treasurer: httpx.AsyncClient,
        services: Services,
        day: str,
        period: dict[str, Any],
        sentence: str,
    ) -> None:
        services.says[self.FILE] |= period
        assert sentence in text(await treasurer.get(HERE, params={"aufgegeben": day}))

    async def test_says_when_the_days_are_no_whole_months(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        services.says[self.SHARE] = problem(422, "period_impossible")
        page = await treasurer.get(f"{HERE}?aufgegeben=2026-07-15")
        assert "keinen Zeitraum aus vollen Monaten" in text(page)

    async def test_is_no_matter_of_who_may_not_read_the_case(
        self, treasurer: httpx.AsyncClient, gateway: str, services: Services
    ) -> None:
        services.sign_in("pia", "treasurer")
        async with browsing(gateway, "pia") as pia:
            assert 'name="aufgegeben"' not in (await pia.get(f"{HERE}?aufgegeben=2026-07-15")).text

    async def test_is_told_to_programs(self, treasurer: httpx.AsyncClient) -> None:
        days = "valid_from=2026-01-01&valid_until=2026-12-31&given_up_on=2026-07-15"
        answer = await treasurer.get(f"/api/v1/claims/{CLAIM}/refunds/share?{days}")
        assert answer.json()["share_cents"] == 1275


class TestTheSecondPerson:
    @pytest.mark.parametrize(("decision", "path"), [("approve", "approval"), ("decline", "refusal")])
    async def test_decides(
        self, treasurer: httpx.AsyncClient, services: Services, decision: str, path: str
    ) -> None:
        refunds(services)
        services.says[f"POST payments {REMOTE}/{REFUND}/{path}"] = {"state": "approved"}
        answer = await post_form(treasurer, PAGE, PAGE, decision=decision, **{"idempotency-key": "k"})
        assert (answer.status_code, answer.headers["location"]) == (303, HERE)
        [call] = services.to("payments", f"{REMOTE}/{REFUND}/{path}")
        assert call.headers["idempotency-key"] == f"k.{decision}"

    async def test_is_never_who_asked(self, treasurer: httpx.AsyncClient, services: Services) -> None:
        refunds(services, requested_by=ME)
        page = await treasurer.get(PAGE)
        assert "Über der Grenze entscheiden zwei Menschen" in text(page)
        assert 'name="decision"' not in page.text
        services.says[f"POST payments {REMOTE}/{REFUND}/approval"] = problem(403, "second_person_needed")
        forced = await post_form(treasurer, HERE, PAGE, decision="approve")
        assert forced.status_code == 403
        assert "Das haben Sie selbst veranlasst." in text(forced)

    async def test_is_never_the_citizen(self, treasurer: httpx.AsyncClient, services: Services) -> None:
        refunds(services)
        services.says[f"GET payments /claims/{CLAIM}"] = {**PAID, "account_id": ME}
        page = await treasurer.get(PAGE)
        assert "Niemand gibt sich selbst Geld zurück." in text(page)
        assert 'name="decision"' not in page.text

    async def test_has_to_choose(self, treasurer: httpx.AsyncClient, services: Services) -> None:
        refunds(services)
        answer = await post_form(treasurer, PAGE, PAGE, decision="perhaps")
        assert (answer.status_code, "Bitte stimmen Sie zu" in text(answer)) == (422, True)

    async def test_has_nothing_to_decide_any_more(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        refunds(services, state="unclear", decided_by=ME)
        page = await treasurer.get(PAGE)
        assert "Niemand weiß, ob das Geld zurückging." in text(page)
        assert 'name="decision"' not in page.text

    async def test_finds_no_page_for_an_unknown_refund(self, treasurer: httpx.AsyncClient) -> None:
        assert (await treasurer.get(PAGE)).status_code == 404


class TestTheListOfRefunds:
    async def test_shows_what_waits(self, treasurer: httpx.AsyncClient, services: Services) -> None:
        page = await treasurer.get(LIST)
        for part in ("47112600000122", "10,00 €", "Vorzeitig zurückgegeben", "Eine andere Person der Stadt"):
            assert part in text(page), part
        assert f'href="{PAGE}"' in page.text
        [call] = services.to("payments", "/refunds")
        assert dict(httpx.QueryParams(call.query)) == {"state": "requested", "limit": "50"}

    async def test_goes_on_in_its_state(self, treasurer: httpx.AsyncClient, services: Services) -> None:
        services.says["GET payments /refunds"] = {"refunds": [WAITING], "next": REFUND}
        page = (await treasurer.get(f"{LIST}?stand=failed")).text
        assert f'href="{LIST}?stand=failed&amp;nach={REFUND}"' in page
        await treasurer.get(f"{LIST}?stand=failed&nach={REFUND}")
        assert dict(httpx.QueryParams(services.to("payments", "/refunds")[-1].query))["after"] == REFUND

    async def test_says_when_it_is_empty(self, treasurer: httpx.AsyncClient, services: Services) -> None:
        services.says["GET payments /refunds"] = {"refunds": [], "next": None}
        assert "Hier liegt gerade keine Erstattung." in text(await treasurer.get(LIST))

    async def test_has_no_unknown_state(self, treasurer: httpx.AsyncClient) -> None:
        assert (await treasurer.get(f"{LIST}?stand=eaten")).status_code == 404
