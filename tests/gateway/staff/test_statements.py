"""Statements brought by the treasurer: sent on as they are, each refusal a sentence, the result told."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from shared.ids import new_id
from tests.gateway.api.standin import Services, browsing, problem
from tests.gateway.staff.test_desk import text

HERE, FILE = "/arbeit/kasse/auszuege", str(new_id())
PAGE = f"{HERE}/{FILE}"
XML = b"<?xml version='1.0'?><Document/>"
DONE = {
    "file_id": FILE, "kind": "camt.053", "name": "auszug.xml", "size": 15_228_000, "state": "done",
    "stored_at": "2026-11-26T09:31:00+00:00", "payments": 10, "taken": 9, "known": 1, "answer": None,
    "outcomes": {"allocated": 4, "debit": 1, "return": 1, "proposed": 1, "unallocated": 2},
    "statements": [{"sequence": 10, "missing": 2}, {"sequence": 11, "missing": 0}],
}  # fmt: skip
LOOK, POST = f"GET payments /bank-files/{FILE}", "POST payments /bank-files"
CSV = "POST payments /statements/paypal"
TOLD = {"rows": 5, "new": 4, "known": 1, "fees_cents": 140, "told_until": "2026-11-25"}

BALANCE = {
    "currency": "EUR", "closing_on": "2026-11-21", "closing_cents": 123456, "bank_cents": 3000,
    "books_cents": 2500, "later_cents": 0, "unseen_cents": 800, "ahead_cents": 300, "difference_cents": 500,
}  # fmt: skip
GAP = {
    "file_id": FILE, "currency": "EUR", "identifier": "3", "year": 2026, "sequence": 3, "page": 1,
    "closing_on": "2026-11-21", "taken_at": "2026-11-22T06:00:00+00:00", "missing": 2, "gap_cents": 0,
}  # fmt: skip
ACCOUNT = {"gaps": [GAP, {**GAP, "sequence": 4, "missing": 0, "gap_cents": 999800}], "balances": [BALANCE]}


@pytest.fixture
async def treasurer(gateway: str, services: Services) -> AsyncIterator[httpx.AsyncClient]:
    services.sign_in("sam", "treasurer")
    services.says |= {
        "GET payments /bank-files": {"files": [DONE]},
        "GET payments /statements": {"providers": [{"provider": "paypal", "told_until": None}]},
        LOOK: DONE,
        POST: {"file_id": FILE, "known": False},
        CSV: TOLD,
    }
    async with browsing(gateway, "sam") as client:
        yield client


async def brings(
    client: httpx.AsyncClient, content: bytes = XML, source: str = "bank", name: str = "auszug.xml"
) -> httpx.Response:
    token = (await client.get("/api/v1/session")).json()["csrf"]
    fields = {"csrf": token, "source": source, "idempotency-key": "once"}
    return await client.post(HERE, data=fields, files={"file": (name, content)})


def sent(services: Services, path: str) -> list[Any]:
    return [call for call in services.to("payments", path) if call.method == "POST"]


class TestTheAccount:
    async def test_tells_what_is_missing_and_how_far_the_books_are_off(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        services.says["GET payments /bank-statements"] = ACCOUNT
        page = text(await treasurer.get(HERE))
        for part in ("Vor dem Auszug Nr. 3 fehlen 2 Auszüge", "Unterschied: 9.998,00 €",
                     "weichen um 5,00 € voneinander ab", "Nie gemeldet", "8,00 €"):  # fmt: skip
            assert part in page, part

    async def test_says_so_where_they_are_the_same(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        even = {**BALANCE, "difference_cents": 0, "unseen_cents": 0, "ahead_cents": 0}
        services.says["GET payments /bank-statements"] = {"gaps": [], "balances": [even]}
        page = text(await treasurer.get(HERE))
        assert "Der Kontostand der Bank und die Bücher stimmen überein." in page
        assert "Nie gemeldet" not in page

    async def test_is_told_to_programs_too(self, treasurer: httpx.AsyncClient, services: Services) -> None:
        services.says["GET payments /bank-statements"] = ACCOUNT
        assert (await treasurer.get("/api/v1/bank-statements")).json() == ACCOUNT


class TestBringing:
    async def test_hands_the_file_on_byte_for_byte(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        answer = await brings(treasurer, name="C:\\Bank\\auszug 11.xml")
        assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
        [call] = sent(services, "/bank-files")
        assert (call.body, call.headers["content-type"]) == (XML, "application/octet-stream")
        assert (call.headers["idempotency-key"], call.purpose) == ("once", "treasury")
        assert dict(httpx.QueryParams(call.query)) == {"name": "auszug 11.xml"}

    async def test_takes_files_far_larger_than_forms(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        content = XML + b" " * 5_000_000
        assert (await brings(treasurer, content)).status_code == 303
        assert sent(services, "/bank-files")[0].body == content

    async def test_says_when_the_file_was_there_before(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        services.says[POST] = {"file_id": FILE, "known": True}
        location = (await brings(treasurer)).headers["location"]
        assert "Genau diese Datei war schon da." in text(await treasurer.get(location))

    async def test_tells_what_a_providers_statement_brought(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        page = await brings(treasurer, b"date;kind\n", "paypal")
        assert page.status_code == 200
        for part in (
            "PayPal: Abrechnung eingelesen",
            "4 davon neu",
            "1,40 € Entgelte gebucht",
            "25. November",
        ):
            assert part in text(page), part
        assert sent(services, "/statements/paypal")[0].body == b"date;kind\n"

    @pytest.mark.parametrize(
        ("content", "source", "sentence"),
        [(b"", "bank", "Bitte wählen Sie eine Datei"), (XML, "", "von wem die Datei ist")],
    )
    async def test_sends_nothing_half(
        self, treasurer: httpx.AsyncClient, services: Services, content: bytes, source: str, sentence: str
    ) -> None:
        answer = await brings(treasurer, content, source)
        assert (answer.status_code, sentence in text(answer)) == (422, True)
        assert sent(services, "/bank-files") == []

    @pytest.mark.parametrize(
        ("status", "slug", "sentence"),
        [
            (422, "file_not_xml", "kein lesbares XML"),
            (422, "file_doctype", "Dokumenttyp-Angabe"),
            (422, "file_other_message", "Gelesen werden camt.053, camt.054 und pain.002."),
            (409, "statement_of_another_account", "zu einem anderen Konto"),
            (409, "statement_does_not_add_up", "nicht den Endbestand"),
            (409, "answer_to_nothing", "zu keiner Lastschriftdatei"),
            (413, "too_large", "Das ging leider nicht."),
        ],
    )
    async def test_says_what_is_wrong_with_a_file(
        self, treasurer: httpx.AsyncClient, services: Services, status: int, slug: str, sentence: str
    ) -> None:
        services.says[POST] = problem(status, slug, line=17)
        answer = await brings(treasurer)
        assert (answer.status_code, sentence in text(answer)) == (status, True)
        assert "Zeile 17" in text(answer)

    async def test_says_what_is_wrong_with_a_settlement(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        services.says[CSV] = problem(422, "statement_unreadable", line=3)
        answer = await brings(treasurer, b"x", "paypal")
        assert "date; kind; reference; amount; fee; currency" in text(answer)
        assert "Zeile 3" in text(answer)
        said = {"line": 3, "reason": "kind", "word": "Spende <b>"}
        services.says[CSV] = problem(422, "statement_unreadable", **said)
        answer = await brings(treasurer, b"x", "paypal")
        assert "Zeile 3. Für diese Art von Buchung ist nichts eingerichtet: Spende <b>" in text(answer)
        assert "Spende &lt;b&gt;" in answer.text
        unknown = await brings(treasurer, b"x", "nobody")
        assert unknown.status_code == 422

    async def test_offers_no_bank_where_there_is_none(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        services.says["GET payments /bank-files"] = problem(404, "not_found")
        page = await treasurer.get(HERE)
        assert 'value="bank"' not in page.text
        assert "Ein Konto der Stadt ist nicht eingerichtet." in text(page)


class TestTheResult:
    async def test_counts_what_became_of_the_payments(self, treasurer: httpx.AsyncClient) -> None:
        shown = text(await treasurer.get(PAGE))
        for part in (
            "10 Zahlungen in der Datei", "6 zugeordnet", "1 mit Vorschlag", "2 ohne Zuordnung",
            "1 schon bekannt", "Vor dem Auszug Nr. 10 fehlen 2 Auszüge.", "Alles aus dieser Datei",
        ):  # fmt: skip
            assert part in shown, part
        assert "zurückgegeben" not in shown

    @pytest.mark.parametrize("left", [{"proposed": 1}, {"unallocated": 1}, {"allocated": 9}])
    async def test_leads_to_what_waits_for_a_person(
        self, treasurer: httpx.AsyncClient, services: Services, left: dict[str, int]
    ) -> None:
        services.says[LOOK] = {**DONE, "outcomes": left}
        page = await treasurer.get(PAGE)
        assert ("Ansehen, was keiner Forderung gehört" in text(page)) == ("allocated" not in left)

    async def test_shows_how_far_it_is(self, treasurer: httpx.AsyncClient, services: Services) -> None:
        services.says[LOOK] = {**DONE, "state": "waiting", "taken": 4, "outcomes": {}, "statements": []}
        page = await treasurer.get(PAGE)
        assert "4 von 10 Zahlungen sind gebucht." in text(page)
        assert 'max="10" value="4"' in page.text
        assert f'data-live="{PAGE}/ereignisse"' in page.text

    async def test_is_followed_until_it_is_done(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        states = iter(["waiting", "waiting", "done"])
        services.says[LOOK] = lambda call: {**DONE, "state": next(states), "taken": 4}
        told = (await treasurer.get(f"{PAGE}/ereignisse")).text
        assert "event: announce\ndata: 4 von 10 Zahlungen sind gebucht." in told
        assert told.endswith("event: done\ndata: done\n\n")

    async def test_says_when_it_failed(self, treasurer: httpx.AsyncClient, services: Services) -> None:
        services.says[LOOK] = {**DONE, "state": "failed"}
        assert "Bitte senden Sie sie nicht noch einmal." in text(await treasurer.get(PAGE))

    async def test_of_an_answer_counts_debits(self, treasurer: httpx.AsyncClient, services: Services) -> None:
        answer = {"debits": 12, "rejected": 1, "status": "PART", "message_id": "M"}
        services.says[LOOK] = {
            **DONE, "kind": "pain.002", "payments": None, "outcomes": {}, "statements": [], "answer": answer,
        }  # fmt: skip
        shown = text(await treasurer.get(PAGE))
        assert "12 Lastschriften in unserer Datei 1 davon abgelehnt" in shown

    async def test_is_none_of_an_unknown_file(self, treasurer: httpx.AsyncClient, services: Services) -> None:
        services.says[LOOK] = problem(404, "not_found")
        assert (await treasurer.get(PAGE)).status_code == 404
        assert (await treasurer.get(f"{PAGE}/ereignisse")).status_code == 404


class TestApi:
    async def test_takes_files_and_tells_of_them(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        token = (await treasurer.get("/api/v1/session")).json()["csrf"]
        headers = {"X-CSRF-Token": token, "Idempotency-Key": "k", "Content-Type": "application/xml"}
        path = "/api/v1/bank-files"
        answer = await treasurer.post(f"{path}?name=a.xml", content=XML, headers=headers)
        assert (answer.status_code, answer.json()["file_id"]) == (201, FILE)
        assert sent(services, "/bank-files")[0].body == XML
        assert (await treasurer.get(path)).json() == {"files": [DONE]}
        assert (await treasurer.get(f"{path}/{FILE}")).json() == DONE
        told = await treasurer.post("/api/v1/statements/paypal", content=b"x", headers=headers)
        assert (told.status_code, told.json()) == (201, TOLD)
        assert len((await treasurer.get("/api/v1/statements")).json()["providers"]) == 1

    async def test_is_for_treasurers_alone(self, gateway: str, services: Services) -> None:
        services.sign_in("nele", "clerk")
        async with browsing(gateway, "nele") as client:
            assert (await client.get("/api/v1/bank-files")).status_code == 403
            assert (await brings(client)).status_code == 403
