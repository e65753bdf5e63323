"""The treasurer's pages: sums with pictures and tables, lists that go on, batches, the comparison."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from gateway.pages.treasury_lists import KINDS
from tests.gateway.api.standin import Services, browsing, post_form, problem
from tests.gateway.staff.sample_file import CLAIM
from tests.gateway.staff.test_desk import text

HERE, EXPORTS, COMPARED = "/arbeit/kasse", "/arbeit/kasse/abschluesse", "/arbeit/kasse/abgleich"
LISTS = [f"{HERE}/{name}" for name in KINDS]
MAY = "von=2026-05-01&bis=2026-05-31"
NONE = {
    "open_count": 0, "open_cents": 0, "overdue_cents": 0, "paid_count": 0, "paid_cents": 0,
    "surplus_cents": 0, "refunded_cents": 0, "returned_cents": 0, "fees_cents": 0,
}  # fmt: skip
PERMIT = {**NONE, "key": "bewohnerparkausweis", "paid_count": 2, "paid_cents": 24000, "surplus_cents": 500}
DOG = {**NONE, "key": "", "paid_count": 1, "paid_cents": 8400, "open_cents": 12000, "overdue_cents": 4000,
       "open_count": 1}  # fmt: skip
BATCH = {
    "number": 17, "entries": 3, "lines": 6, "encoding": "utf-8",
    "sums": [{"currency": "EUR", "debit_cents": 12345, "credit_cents": 12345}],
    "from_at": "2026-05-01T08:00:00+00:00", "to_at": "2026-05-31T08:00:00+00:00",
    "closed_at": "2026-06-01T08:00:00+00:00", "sha256": {"csv": "ab" * 32, "xml": "cd" * 32},
}  # fmt: skip
DAY: dict[str, Any] = {
    "provider": "paypal", "day": "2026-05-04", "told": True, "ours_cents": 1000, "theirs_cents": 1000,
    "difference_cents": 0, "unknown_here": [], "unknown_there": [], "differing": [],
}  # fmt: skip
ROW = {
    "claim_id": CLAIM, "kassenzeichen": "47112600000122", "service": "dog", "cost_object": "P1",
    "amount_cents": 3060, "owed_cents": 3060, "charges_cents": 350, "overdue": True,
    "requested_at": "2026-05-04T09:00:00+00:00", "booked_at": "2026-05-04T09:00:00+00:00",
    "pay_by": "2026-05-20", "method": "card", "provider": "paypal", "reference": "REF-1", "code": "AC04",
    "kind": "surplus", "reason": "goodwill", "via": "transfer", "state": "active", "signed_on": "2026-05-04",
    "last_used_on": None,
}  # fmt: skip
SHOWN = {
    "open-items": ("47112600000122", "30,60 €", "20.05.2026"),
    "payments": ("04.05.2026", "30,60 €", "Kredit- oder Debitkarte", "PayPal", "REF-1", "Überschuss"),
    "returns": ("30,60 €", "AC04", "3,50 €"),
    "refunds": ("Aus Kulanz", "Überweisung der Stadtkasse", "Ungeklärt"),
    "mandates": ("REF-1", "04.05.2026", "Gültig"),
}


@pytest.fixture
async def treasurer(gateway: str, services: Services) -> AsyncIterator[httpx.AsyncClient]:
    services.sign_in("sam", "treasurer")
    titles = [{"key": "bewohnerparkausweis", "title": "Bewohnerparkausweis"}]
    services.says |= {
        "GET payments /treasury/summary": {"rows": [PERMIT, DOG]},
        "GET applications /services": {"services": titles},
        "GET payments /exports": {"exports": [BATCH], "next": None},
        "POST payments /exports": {"number": 18, "more": False},
        "GET payments /reconciliation": {"days": [DAY]},
        **{
            f"GET payments /treasury/{name}": {
                kind.rows: [{**ROW, "state": "unclear" if name == "refunds" else "active"}], "next": None,
            }
            for name, kind in KINDS.items()
        },
    }  # fmt: skip
    async with browsing(gateway, "sam") as client:
        yield client


def asked(services: Services, path: str) -> dict[str, str]:
    """The query of the last time."""
    return dict(httpx.QueryParams(services.to("payments", path)[-1].query))


class TestTheOverview:
    async def test_has_each_sum_in_a_table_beside_its_picture(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        page = await treasurer.get(f"{HERE}?{MAY}")
        assert asked(services, "/treasury/summary") == {
            "by": "service",
            "from": "2026-05-01",
            "to": "2026-05-31",
        }
        for part in (
            "324,00 € eingegangen", "120,00 € noch offen", "Bewohnerparkausweis 2 240,00 € 5,00 €",
            "ohne Angabe 1 84,00 € 0,00 €", "Summe 3 324,00 € 5,00 €", "ohne Angabe 1 120,00 € 40,00 €",
        ):  # fmt: skip
            assert part in text(page), part
        assert page.text.count('<svg role="img"') == 2
        titles = re.findall(r'aria-labelledby="(chart-\w+)-title \1-words"', page.text)
        assert titles == ["chart-paid", "chart-open"]
        assert "Balken: 2. Der längste: Bewohnerparkausweis mit 245,00 €." in text(page)
        assert f'href="{HERE}/payments?{MAY.replace("&", "&amp;")}"' in page.text

    async def test_draws_lengths_by_amount(self, treasurer: httpx.AsyncClient) -> None:
        bars = re.findall(
            r'chart__bar" x="0" y="1.6rem" width="([0-9.]+)%"', (await treasurer.get(HERE)).text
        )
        assert bars == ["100.00", "34.29", "100.00"]

    async def test_draws_every_day_also_without_money(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        services.says["GET payments /treasury/summary"] = {"rows": [{**PERMIT, "key": "2026-05-04"}]}
        page = await treasurer.get(f"{HERE}?{MAY}&gruppe=day")
        assert page.text.count('class="chart__bar"') == 31
        assert "04.05.2026 2 240,00 €" in text(page)

    @pytest.mark.parametrize(
        ("period", "words"), [(MAY, "03.05.2026"), ("von=2026-05-01&bis=2026-12-31", "05/2026")]
    )
    async def test_has_what_is_open_from_before_in_one_row(
        self, treasurer: httpx.AsyncClient, services: Services, period: str, words: str
    ) -> None:
        owed = {**NONE, "open_count": 1, "open_cents": 1000, "overdue_cents": 1000}
        days = [{**owed, "key": key} for key in ("2025-11-02", "2026-04-30", "2026-05-03")]
        services.says["GET payments /treasury/summary"] = {"rows": days}
        page = await treasurer.get(f"{HERE}?{period}&gruppe=day")
        assert f"früher 2 20,00 € 20,00 € {words} 1 10,00 € 10,00 € Summe 3 30,00 € 30,00 €" in text(page)
        assert "Offen am letzten Tag des Zeitraums, gleich wann gefordert." in text(page)
        assert "Der längste: früher mit 20,00 €." in text(page)

    async def test_puts_a_long_time_together_by_months(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        days = [{**PERMIT, "key": key} for key in ("2026-01-04", "2026-01-05", "2026-05-01")]
        services.says["GET payments /treasury/summary"] = {"rows": days}
        page = await treasurer.get(f"{HERE}?von=2026-01-01&bis=2026-05-31&gruppe=day")
        assert "01/2026 4 480,00 € 10,00 € 05/2026 2 240,00 €" in text(page)
        assert "deshalb nach Monaten" in text(page)

    @pytest.mark.parametrize("by", ["cost_object", "day", "method", "provider"])
    async def test_is_grouped_as_asked(
        self, treasurer: httpx.AsyncClient, services: Services, by: str
    ) -> None:
        services.says["GET payments /treasury/summary"] = {"rows": []}
        assert (await treasurer.get(f"{HERE}?gruppe={by}")).status_code == 200
        assert asked(services, "/treasury/summary")["by"] == by

    async def test_says_when_there_is_nothing(self, treasurer: httpx.AsyncClient, services: Services) -> None:
        services.says["GET payments /treasury/summary"] = {"rows": []}
        assert "kam und ging kein Geld, und es ist nichts offen." in text(
            await treasurer.get(f"{HERE}?{MAY}")
        )

    async def test_stands_without_the_titles_of_services(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        services.says["GET applications /services"] = problem(503, "unavailable")
        assert "bewohnerparkausweis 2 240,00 €" in text(await treasurer.get(HERE))

    async def test_says_when_it_cannot_be_grouped_so(self, treasurer: httpx.AsyncClient) -> None:
        answer = await treasurer.get(f"{HERE}?gruppe=colour")
        assert (answer.status_code, "Bitte wählen Sie aus der Liste." in text(answer)) == (422, True)


@pytest.mark.parametrize(
    "place", [HERE, COMPARED, *(f"{HERE}/{name}" for name, kind in KINDS.items() if kind.of_period)]
)
class TestAPeriod:
    @pytest.mark.parametrize(
        "said",
        ["von=2026-05-31&bis=2026-05-01", "von=gestern&bis=2026-05-01", "bis=31.5.", "von=0001-01-01",
         "von=2000-01-01&bis=2026-05-01", "bis=9999-12-31"],
    )  # fmt: skip
    async def test_that_is_none_is_answered_with_a_sentence(
        self, treasurer: httpx.AsyncClient, services: Services, place: str, said: str
    ) -> None:
        answer = await treasurer.get(f"{place}?{said}")
        assert (answer.status_code, "Das ist kein Zeitraum." in text(answer)) == (422, True)
        for value in httpx.QueryParams(said).values():
            assert f'value="{value}"' in answer.text
        assert [call for call in services.calls if call.service == "payments"] == []

    async def test_is_what_was_asked_for(
        self, treasurer: httpx.AsyncClient, services: Services, place: str
    ) -> None:
        assert (await treasurer.get(f"{place}?{MAY}")).status_code == 200
        [call] = [call for call in services.calls if call.service == "payments"]
        query = httpx.QueryParams(call.query)
        assert (query["from"], query["to"]) == ("2026-05-01", "2026-05-31")


@pytest.mark.parametrize("path", [HERE, *LISTS, EXPORTS, COMPARED])
class TestEveryPage:
    async def test_is_the_treasurers_alone(self, gateway: str, services: Services, path: str) -> None:
        services.sign_in("nele", "clerk", "operator", "warden")
        async with browsing(gateway, "nele") as client:
            assert (await client.get(path)).status_code == 403
        assert {call.service for call in services.calls} == {"identity"}

    async def test_is_an_error_page_while_payments_is_away(
        self, treasurer: httpx.AsyncClient, services: Services, path: str
    ) -> None:
        services.says = {name: problem(503, "unavailable") for name in services.says}
        answer = await treasurer.get(path)
        assert answer.status_code == 503
        assert 'role="alert"' not in answer.text

    async def test_leads_to_the_others(self, treasurer: httpx.AsyncClient, path: str) -> None:
        page = (await treasurer.get(path)).text
        for other in ("/arbeit/zahlungen", "/arbeit/erstattungen", HERE, EXPORTS, COMPARED):
            assert f'href="{other}"' in page


class TestAList:
    @pytest.mark.parametrize("name", KINDS)
    async def test_says_it_in_words_and_leads_to_the_claim(
        self, treasurer: httpx.AsyncClient, name: str
    ) -> None:
        page = await treasurer.get(f"{HERE}/{name}")
        for part in SHOWN[name]:
            assert part in text(page), part
        assert f'href="/arbeit/forderungen/{CLAIM}"' in page.text

    @pytest.mark.parametrize("name", KINDS)
    async def test_goes_on_in_the_same_choice(
        self, treasurer: httpx.AsyncClient, services: Services, name: str
    ) -> None:
        kind = KINDS[name]
        services.says[f"GET payments /treasury/{name}"] = {kind.rows: [ROW], "next": "x:1"}
        if name == "refunds":
            services.says[f"GET payments /treasury/{name}"] = {kind.rows: [], "next": "x:1"}
        chosen = f"wahl={kind.choices[0]}" if kind.choice else MAY
        await treasurer.get(f"{HERE}/{name}?{chosen}&nach=x:1")
        query = asked(services, f"/treasury/{name}")
        assert (query["after"], query["limit"]) == ("x:1", "50")
        assert kind.choice == "" or query[kind.choice] == kind.choices[0]
        if name != "refunds":
            page = (await treasurer.get(f"{HERE}/{name}?{chosen}")).text
            assert f"{chosen.replace('&', '&amp;')}&amp;nach=x%3A1" in page

    @pytest.mark.parametrize("name", KINDS)
    async def test_says_when_it_is_empty(
        self, treasurer: httpx.AsyncClient, services: Services, name: str
    ) -> None:
        services.says[f"GET payments /treasury/{name}"] = {KINDS[name].rows: [], "next": None}
        assert 'class="empty"' in (await treasurer.get(f"{HERE}/{name}")).text

    async def test_says_when_its_place_is_gone(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        services.says["GET payments /treasury/payments"] = problem(422, "invalid")
        answer = await treasurer.get(f"{HERE}/payments?nach=nowhere")
        assert (answer.status_code, "Bitte beginnen Sie vorn." in text(answer)) == (422, True)

    @pytest.mark.parametrize("path", [f"{HERE}/secrets", f"{HERE}/mandates?wahl=eaten"])
    async def test_is_one_that_there_is(self, treasurer: httpx.AsyncClient, path: str) -> None:
        assert (await treasurer.get(path)).status_code == 404


class TestTheBatches:
    async def test_are_listed_with_their_files(self, treasurer: httpx.AsyncClient) -> None:
        page = await treasurer.get(EXPORTS)
        for part in ("Nr. 17", "01.05.2026 – 31.05.2026", "3", "123,45 €", "SHA-256 abababababab…"):
            assert part in text(page), part
        assert f'href="{EXPORTS}/17/csv"' in page.text
        assert f'href="{EXPORTS}/17/xml"' in page.text

    @pytest.mark.parametrize(("more", "sentence"), [(False, "herunterladen"), (True, "gleich den nächsten")])
    async def test_are_closed_once(
        self, treasurer: httpx.AsyncClient, services: Services, more: bool, sentence: str
    ) -> None:
        services.says["POST payments /exports"] = {"number": 18, "more": more}
        answer = await post_form(treasurer, EXPORTS, EXPORTS, **{"idempotency-key": "once"})
        assert (answer.status_code, answer.headers["location"]) == (303, EXPORTS)
        [call] = [one for one in services.to("payments", "/exports") if one.method == "POST"]
        assert (call.headers["idempotency-key"], call.purpose) == ("once", "treasury")
        assert sentence in text(await treasurer.get(EXPORTS))

    async def test_are_not_closed_empty(self, treasurer: httpx.AsyncClient, services: Services) -> None:
        services.says["POST payments /exports"] = problem(409, "nothing_to_export")
        answer = await post_form(treasurer, EXPORTS, EXPORTS)
        assert (answer.status_code, "Es gibt keine neue Buchung." in text(answer)) == (409, True)

    async def test_are_downloaded_byte_for_byte(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        content = "Soll;Haben\r\n1;\u00fc".encode("cp1252")
        headers = {"content-type": "text/csv; charset=cp1252", "etag": '"ab"',
                   "content-disposition": 'attachment; filename="buchungen-000017.csv"'}  # fmt: skip
        services.says["GET payments /exports/17/csv"] = Response(content, headers=headers)
        answer = await treasurer.get(f"{EXPORTS}/17/csv")
        assert answer.content == content
        assert {name: answer.headers[name] for name in headers} == headers
        assert (await treasurer.get(f"{EXPORTS}/17/exe")).status_code == 404
        assert (await treasurer.get(f"{EXPORTS}/18/csv")).status_code == 404

    async def test_are_downloaded_by_the_treasurer_alone(self, gateway: str, services: Services) -> None:
        services.sign_in("nele", "clerk")
        async with browsing(gateway, "nele") as client:
            assert (await client.get(f"{EXPORTS}/17/csv")).status_code == 403
        assert {call.service for call in services.calls} == {"identity"}

    async def test_say_when_there_is_none(self, treasurer: httpx.AsyncClient, services: Services) -> None:
        services.says["GET payments /exports"] = {"exports": [], "next": None}
        assert "Es gibt noch keinen Abschluss." in text(await treasurer.get(EXPORTS))


class TestTheComparison:
    async def test_says_when_all_agrees(self, treasurer: httpx.AsyncClient) -> None:
        shown = text(await treasurer.get(f"{COMPARED}?{MAY}"))
        assert "Alles stimmt auf den Cent." in shown
        assert "PayPal 04.05.2026 10,00 € 10,00 € 0,00 € Stimmt" in shown

    async def test_names_what_makes_a_difference(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        ours = {"reference": "B", "kind": "payment", "claim_id": CLAIM, "kassenzeichen": "47112600000122"}
        differs = {
            **DAY, "theirs_cents": 1500, "difference_cents": 500,
            "unknown_here": [{"reference": "A", "kind": "payout", "amount_cents": 600}],
            "unknown_there": [{**ours, "claim_id": None, "kassenzeichen": None, "amount_cents": 90}],
            "differing": [{**ours, "kind": "fee_of_payment", "ours_cents": 100, "theirs_cents": 90}],
        }  # fmt: skip
        untold = {**DAY, "told": False, "theirs_cents": 0, "difference_cents": None, "unknown_there": [ours]}
        services.says["GET payments /reconciliation"] = {"days": [differs, untold]}
        page = await treasurer.get(COMPARED)
        for part in (
            "An einem Tag weichen die Bücher ab.", "15,00 € 10,00 € 5,00 € Weicht ab",
            "Bei uns unbekannt: Auszahlung A 6,00 €", "Dort unbekannt: Zahlung B 0,90 €",
            "Anderer Betrag: Entgelt einer Zahlung 47112600000122 −0,10 €",
            "– 10,00 € – Noch nicht gemeldet –",
        ):  # fmt: skip
            assert part in text(page), part
        assert f'href="/arbeit/forderungen/{CLAIM}"' in page.text

    async def test_says_when_there_is_nothing(self, treasurer: httpx.AsyncClient, services: Services) -> None:
        services.says["GET payments /reconciliation"] = {"days": []}
        assert "gibt es noch nichts abzugleichen" in text(await treasurer.get(COMPARED))
