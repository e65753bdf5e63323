"""The cash office's pages: what waits, one task, and the record of what was done."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.gateway.api.standin import Services, browsing, post_form, problem
from tests.gateway.staff.sample_file import CLAIM, filed
from tests.gateway.staff.test_desk import text

LIST, HERE = "/arbeit/zahlungen", f"/arbeit/zahlungen/{CLAIM}/4"
READ, SETTLE = f"GET payments /money-tasks/{CLAIM}/4", f"POST payments /money-tasks/{CLAIM}/4/settlement"
TASK: dict[str, Any] = {
    "claim_id": CLAIM, "version": 4, "kind": "second_payment", "amount_cents": 3060, "currency": "EUR",
    "since": "2026-11-22T09:31:00+00:00", "settled_at": None, "how": None,
}  # fmt: skip
REFUND = {**TASK, "version": 5, "kind": "refund_due"}
PROPOSED = {
    **TASK, "proposed_how": "returned_by_transfer", "proposed_voucher": "AA-18", "proposed_by": "colleague-1",
    "proposed_at": "2026-11-22T10:00:00+00:00",
}  # fmt: skip
SEEN: dict[str, dict[str, str]] = {"approve": {"seen": "true"}, "decline": {}}
FIELDS = {"how": "returned_by_transfer", "voucher": "AA-17", "amount": "3060", "idempotency-key": "once"}


@pytest.fixture
async def treasurer(gateway: str, services: Services) -> AsyncIterator[httpx.AsyncClient]:
    services.sign_in("sam", "treasurer")
    filed(services)
    services.says |= {
        "GET payments /money-tasks": {
            "tasks": [TASK, {**TASK, "version": 5, "kind": "refund_due"}],
            "next": None,
        },
        READ: TASK,
        SETTLE: {"state": "settled"},
    }
    async with browsing(gateway, "sam") as client:
        yield client


class TestList:
    async def test_names_the_claim_and_leads_to_the_task(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        page = await treasurer.get(LIST)
        for part in ("Doppelt bezahlt", "Erstatten", "30,60 €", "47112600000122", "BPA-2026-000123"):
            assert part in text(page), part
        assert f'href="{HERE}"' in page.text
        assert "nach=" not in page.text
        assert len(services.to("payments", f"/claims/{CLAIM}")) == 1

    async def test_goes_on_where_the_page_ended(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        services.says["GET payments /money-tasks"] = {"tasks": [TASK], "next": f"{CLAIM}:4"}
        found = re.search(r'href="([^"]*nach=[^"]*)"', (await treasurer.get(LIST)).text)
        assert found
        await treasurer.get(found[1])
        first, second = (httpx.QueryParams(c.query) for c in services.to("payments", "/money-tasks"))
        assert ("after" in first, second["after"]) == (False, f"{CLAIM}:4")


class TestTask:
    async def test_is_recorded_once(self, treasurer: httpx.AsyncClient, services: Services) -> None:
        page = (await treasurer.get(HERE)).text
        assert 'name="amount" value="3060"' in page
        assert re.search(r'name="idempotency-key" value="[0-9a-f-]{36}"', page)
        answer = await post_form(treasurer, HERE, HERE, **FIELDS)
        assert (answer.status_code, answer.headers["location"]) == (303, LIST)
        [call] = services.to("payments", f"/money-tasks/{CLAIM}/4/settlement")
        assert call.body == {"how": "returned_by_transfer", "amount_cents": 3060, "voucher": "AA-17"}
        assert (call.headers["idempotency-key"], call.purpose) == ("once", "money-tasks")
        assert "Die Aufgabe ist erledigt und gebucht." in text(await treasurer.get(LIST))

    @pytest.mark.parametrize("fields", [{"how": ""}, {"how": "spent"}, {"amount": "x"}, {"amount": "-1"}])
    async def test_is_not_sent_half(
        self, treasurer: httpx.AsyncClient, services: Services, fields: dict[str, str]
    ) -> None:
        answer = await post_form(treasurer, HERE, HERE, **{**FIELDS, **fields})
        assert answer.status_code == 422
        assert "Bitte wählen Sie, was Sie mit dem Geld getan haben." in text(answer)
        assert services.to("payments", f"/money-tasks/{CLAIM}/4/settlement") == []

    @pytest.mark.parametrize(
        ("status", "slug", "sentence"),
        [
            (409, "money_task_done", "Diese Aufgabe hat schon jemand erledigt."),
            (409, "amount_differs", "Der Betrag ist ein anderer als in der Aufgabe."),
            (422, "voucher_impossible", "Eine Kontonummer darf hier nicht stehen."),
            (422, "invalid", "Eine Kontonummer darf hier nicht stehen."),
            (403, "own_case", "Über einen eigenen Vorgang"),
        ],
    )
    async def test_that_is_refused_keeps_what_was_typed(
        self, treasurer: httpx.AsyncClient, services: Services, status: int, slug: str, sentence: str
    ) -> None:
        services.says[SETTLE] = problem(status, slug)
        answer = await post_form(treasurer, HERE, HERE, **FIELDS)
        assert answer.status_code == status
        assert sentence in text(answer)
        assert 'value="AA-17"' in answer.text
        assert re.search(r'value="returned_by_transfer"[^>]* checked', answer.text)

    async def test_of_another_currency_is_told_in_it(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        services.says[READ] = {**TASK, "currency": "CHF"}
        page = text(await treasurer.get(HERE))
        assert ("30,60 CHF" in page, "30,60 €" in page) == (True, False)

    async def test_that_is_done_has_no_form(self, treasurer: httpx.AsyncClient, services: Services) -> None:
        services.says[READ] = {**TASK, "how": "kept_by_agreement"}
        page = await treasurer.get(HERE)
        assert "Diese Aufgabe ist erledigt. Einvernehmlich behalten" in text(page)
        assert f'action="{HERE}"' not in page.text

    async def test_above_the_limit_waits_for_a_second_person(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        services.says[SETTLE] = {"recorded": "waiting", "state": "cancelled"}
        await post_form(treasurer, HERE, HERE, **FIELDS)
        assert "Jetzt muss eine zweite Person zustimmen." in text(await treasurer.get(LIST))

    @pytest.mark.parametrize(("decision", "word"), [("approve", "approval"), ("decline", "refusal")])
    async def test_is_decided_by_a_second_person(
        self, treasurer: httpx.AsyncClient, services: Services, decision: str, word: str
    ) -> None:
        services.says |= {READ: PROPOSED, f"{SETTLE}/{word}": {"recorded": "settled"}}
        page = await treasurer.get(HERE)
        for part in ("Von der Stadtkasse überwiesen", "Eine andere Person der Stadt", "11:00",
                     "Beleg AA-18 über 30,60 € selbst gesehen"):  # fmt: skip
            assert part in text(page), part
        assert '<input type="hidden" name="voucher" value="AA-18">' in page.text
        read = {**FIELDS, "voucher": "AA-18", "decision": decision}
        answer = await post_form(treasurer, HERE, HERE, **read, **SEEN[decision])
        assert answer.status_code == 303
        [call] = services.to("payments", f"/money-tasks/{CLAIM}/4/settlement/{word}")
        assert (call.body, call.headers["idempotency-key"]) == (
            {"how": "returned_by_transfer", "amount_cents": 3060, "voucher": "AA-18"}, f"once.{decision}",
        )  # fmt: skip

    async def test_is_approved_by_nobody_who_has_not_seen_the_voucher(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        services.says[READ] = PROPOSED
        answer = await post_form(treasurer, HERE, HERE, **FIELDS, decision="approve")
        assert (answer.status_code, 'href="#seen"' in answer.text) == (422, True)
        assert services.to("payments", f"/money-tasks/{CLAIM}/4/settlement/approval") == []

    async def test_is_never_decided_by_who_proposed_it(
        self, treasurer: httpx.AsyncClient, services: Services
    ) -> None:
        services.says[READ] = {**PROPOSED, "proposed_by": "account-of-sam"}
        page = await treasurer.get(HERE)
        assert "Über der Grenze entscheiden zwei Menschen" in text(page)
        assert 'name="decision"' not in page.text
        assert f'action="{HERE}"' not in page.text

    async def test_is_no_page_for_others(self, gateway: str, services: Services) -> None:
        services.sign_in("kim", "citizen", "warden")
        async with browsing(gateway, "kim") as client:
            token = (await client.get("/api/v1/session")).json()["csrf"]
            assert (await client.get(HERE)).status_code == 403
            assert (await client.post(HERE, data={"csrf": token, **FIELDS})).status_code == 403
        assert {call.service for call in services.calls} == {"identity"}
