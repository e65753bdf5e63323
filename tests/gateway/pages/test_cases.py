"""A case: what its page says, what its stream sends, withdrawing, correcting, paying, downloading."""

import asyncio
import re
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from gateway.pages.parts import Parts
from gateway.pages.situations import Standing
from gateway.translations import Translator
from tests.gateway.pages.conftest import CASE_PATH, PUBLIC, Visitor, errors_of, hidden, situation_of
from tests.gateway.pages.samples import (
    ACCOUNT,
    CASE,
    CLAIM,
    DOCUMENT,
    SERVICE,
    case,
    claim,
    document,
    service,
)
from tests.gateway.pages.town import Answer, Asked, Town, problem, refused_field

LOOK = f"/applications/{CASE}"
PAY = f"{CASE_PATH}/bezahlen"
ISSUED = ("submitted", "fee_settled", "approved", "completed")


def tell_case(
    town: Town, found: dict[str, Any], *claims: dict[str, Any], papers: tuple[Any, ...] = ()
) -> None:
    town.tell("GET", LOOK, (200, found))
    town.tell("GET", "/claims", (200, {"claims": list(claims)}))
    town.tell("GET", "/documents", (200, {"documents": list(papers)}))


def events_of(answer: httpx.Response) -> list[str]:
    return re.findall(r"^event: (\w+)$", answer.text, re.M)


class TestCasePage:
    async def test_says_what_to_do_next(self, citizen: Visitor, town: Town) -> None:
        tell_case(town, case(), claim())
        page = await citizen.get(CASE_PATH)
        assert (
            situation_of(page)
            == "Ihr Antrag ist eingegangen. Bezahlen Sie jetzt, dann geht es sofort weiter."
        )
        assert f'href="{PAY}"' in page.text
        assert re.findall(r'<li class="(\w+)"', page.text) == ["done", "now", "todo", "todo"]

    async def test_speaks_english_below_en(self, citizen: Visitor, town: Town) -> None:
        tell_case(town, case("completed", *ISSUED), papers=(document(),))
        page = await citizen.get(f"/en{CASE_PATH}")
        assert situation_of(page) == "Done! Your document is ready for you."
        assert town.heard("GET", LOOK)[0].headers["accept-language"] == "en"

    async def test_of_somebody_else_is_not_there(self, citizen: Visitor) -> None:
        answer = await citizen.get(CASE_PATH)
        assert answer.status_code == 404
        assert "Diese Seite gibt es nicht" in answer.text

    async def test_is_not_the_page_of_a_clerk(self, citizen: Visitor, town: Town) -> None:
        tell_case(town, case(account_id=ACCOUNT.replace("1", "2")))
        assert (await citizen.get(CASE_PATH)).status_code == 404

    @pytest.mark.parametrize("away", ["/claims", "/documents"])
    async def test_misses_only_the_part_whose_service_is_away(
        self, citizen: Visitor, town: Town, away: str
    ) -> None:
        tell_case(town, case("completed", *ISSUED), papers=(document(),))
        town.tell("GET", away, problem(503, "unavailable"))
        page = await citizen.get(CASE_PATH)
        assert page.status_code == 200
        assert "Ein Teil dieser Seite fehlt gerade" in page.text
        assert situation_of(page).startswith("Fertig!")

    async def test_shows_why_it_was_refused(self, citizen: Visitor, town: Town) -> None:
        decision = {"decided_by": "clerk", "text": "Keine Wohnung in der Zone."}
        tell_case(town, case("rejected", "submitted", "rejected", decision=decision))
        page = await citizen.get(CASE_PATH)
        assert "Keine Wohnung in der Zone." in page.text
        assert re.findall(r'<li class="(\w+)"', page.text) == ["done", "stopped"]


def standing(
    found: dict[str, Any], *claims: dict[str, Any], papers: tuple[Any, ...] = (), returned: bool = False
) -> Standing:
    return Standing(Parts(found, list(claims), list(papers)), returned)


class TestSituation:
    @pytest.mark.parametrize(
        ("state", "claims", "returned", "situation", "todo"),
        [
            ("awaiting_payment", [], False, "awaiting_payment", "pay"),
            ("awaiting_payment", [claim()], False, "awaiting_payment", "pay"),
            ("awaiting_payment", [claim("open", "started")], False, "awaiting_payment", "pay"),
            ("awaiting_payment", [claim("open", "started")], True, "payment_pending", None),
            ("awaiting_payment", [claim("open", "failed")], True, "awaiting_payment", "pay"),
            ("awaiting_payment", [claim("being_checked", "unclear")], False, "payment_pending", None),
            ("awaiting_payment", [claim("settled", "succeeded")], False, "payment_pending", None),
            ("in_progress", [claim("settled", "succeeded")], False, "checking", None),
            ("in_review", [claim("settled", "succeeded")], False, "with_clerk", None),
            (
                "correction_requested",
                [claim("settled", "succeeded")],
                False,
                "correction_requested",
                "correct",
            ),
            ("awaiting_payment", [claim(waits_for="transfer")], False, "awaiting_transfer", "transfer"),
            ("awaiting_payment", [claim(waits_for="debit")], False, "awaiting_debit", None),
            ("awaiting_payment", [claim("being_checked", waits_for="debit")], False, "awaiting_debit", None),
            ("completed", [claim(waits_for="transfer")], False, "completed", "transfer"),
            ("withdrawn", [claim("cancelled")], False, "withdrawn", None),
            ("completed", [claim()], False, "completed", "pay"),
        ],
    )
    def test_follows_case_and_claim(
        self, state: str, claims: list[dict[str, Any]], returned: bool, situation: str, todo: str | None
    ) -> None:
        found = standing(case(state), *claims, returned=returned)
        wanted = found.todo("/pay", "/correct")
        assert (found.situation, wanted.kind if wanted else None) == (situation, todo)
        assert Translator("de").known(f"state.{found.situation}")

    def test_counts_the_claim_that_was_not_cancelled(self) -> None:
        assert standing(case(), claim("settled"), claim("cancelled")).paid

    def test_ends_when_document_and_receipt_are_there(self) -> None:
        done, paid = case("completed", *ISSUED), claim("settled", "succeeded")
        assert not standing(done, paid).ended
        assert not standing(done, paid, papers=(document(),)).ended
        assert standing(done, paid, papers=(document(), document("receipt"))).ended

    def test_marks_only_the_step_that_waits(self) -> None:
        steps = standing(case("in_review", "submitted", "fee_settled", "in_review")).steps(Translator("de"))
        assert [(step.progress, step.title) for step in steps[2:]] == [
            ("now", "Prüfung im Amt"),
            ("todo", "Ihr Dokument"),
        ]
        assert steps[0].at == datetime(2026, 11, 22, 13, 0, tzinfo=UTC)

    def test_puts_the_permit_before_its_receipt(self) -> None:
        papers = standing(case("completed"), papers=(document("receipt"), document())).documents()
        assert [paper.kind for paper in papers] == ["resident_parking_permit", "receipt"]


class TestLiveStream:
    async def test_draws_the_page_anew_when_it_has_changed(self, citizen: Visitor, town: Town) -> None:
        tell_case(town, case(), claim())
        page = await citizen.get(CASE_PATH)
        live = re.search(r'data-live="([^"]+)"', page.text)
        assert live is not None
        tell_case(town, case("completed", *ISSUED), claim("settled", "succeeded"), papers=(document(),))
        answer = await citizen.get(live[1])
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert events_of(answer) == ["steps", "documents", "announce", "done"]
        assert "data: Fertig! Ihr Dokument liegt für Sie bereit." in answer.text

    async def test_sends_what_happens_meanwhile(self, citizen: Visitor, town: Town) -> None:
        """Without a broker the stream looks again by itself; the page is drawn anew only at the end."""
        begun, approved = case("in_progress"), case("approved", "submitted", "fee_settled", "approved")
        tell_case(town, begun, claim("settled"))
        looks = iter([begun, begun, approved])

        def look(_asked: Asked) -> Answer:
            return 200, next(looks, case("completed", *ISSUED))

        town.tell("GET", LOOK, look)
        stand = standing(begun, claim("settled")).stand
        answer = await citizen.get(f"{CASE_PATH}/ereignisse?stand={stand}")
        assert events_of(answer) == ["steps", "documents", *("steps", "announce") * 2, "done"]
        assert "data: Ihr Antrag ist bewilligt." in answer.text

    async def test_says_the_end_without_a_reload_when_nothing_else_changed(
        self, citizen: Visitor, town: Town
    ) -> None:
        ended = case("completed", *ISSUED), claim("settled", "succeeded")
        tell_case(town, *ended, papers=(document(), document("receipt")))
        answer = await citizen.get(f"{CASE_PATH}/ereignisse?stand={standing(*ended).stand}")
        assert events_of(answer) == ["steps", "documents", "end"]

    async def test_ends_when_the_process_begins_to_stop(self, citizen: Visitor, town: Town) -> None:
        tell_case(town, case("in_progress"), claim("settled"))
        stand = standing(case("in_progress"), claim("settled")).stand
        following = asyncio.create_task(citizen.get(f"{CASE_PATH}/ereignisse?stand={stand}"))
        while not town.heard("GET", "/documents"):
            await asyncio.sleep(0.01)
        citizen.portal.probes.drain()
        answer = await asyncio.wait_for(following, 0.9)
        assert events_of(answer) == ["steps", "documents"]

    async def test_is_not_open_to_others(self, citizen: Visitor, town: Town) -> None:
        assert (await citizen.get(f"{CASE_PATH}/ereignisse")).status_code == 404
        town.over.add("session-of-kim")
        assert (await citizen.get(f"{CASE_PATH}/ereignisse")).status_code in {303, 404}


class TestPaying:
    async def test_goes_to_the_providers_page(self, citizen: Visitor, town: Town) -> None:
        tell_case(town, case(), claim())
        started = {"attempt_id": "a", "redirect_url": "https://bank.example/pay/1"}
        town.tell("POST", f"/claims/{CLAIM}/attempts", (201, started))
        page = await citizen.get(PAY)
        assert "LIN26000471109" in page.text
        answer = await citizen.send(page, PAY, {"method": "wero"})
        assert (answer.status_code, answer.headers["location"]) == (303, "https://bank.example/pay/1")
        sent = town.heard("POST", f"/claims/{CLAIM}/attempts")[0]
        assert sent.json == {"method": "wero", "return_url": f"{PUBLIC}{CASE_PATH}/zahlung/zurueck"}
        assert sent.headers["idempotency-key"] == f"{hidden(page)['idempotency-key']}.wero"

    async def test_waits_for_a_claim_that_is_on_its_way(self, citizen: Visitor, town: Town) -> None:
        tell_case(town, case())
        town.tell("GET", "/claims", _after(2, {"claims": []}, {"claims": [claim()]}))
        assert "Wie möchten Sie bezahlen?" in (await citizen.get(PAY)).text

    async def test_says_that_it_is_being_prepared(
        self, citizen: Visitor, town: Town, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("gateway.pages.payments.PAUSES", (0.0,))
        tell_case(town, case())
        assert "Ihre Zahlung wird gerade vorbereitet." in (await citizen.get(PAY)).text

    @pytest.mark.parametrize(
        ("found", "notice"),
        [
            (claim("settled", "succeeded"), "Ihre Zahlung ist angekommen"),
            (claim("being_checked", "unclear"), "bezahlen Sie nicht noch einmal"),
            (claim("cancelled"), ""),
        ],
    )
    async def test_is_not_offered_when_there_is_nothing_to_pay(
        self, citizen: Visitor, town: Town, found: dict[str, Any], notice: str
    ) -> None:
        tell_case(town, case(), claim())
        page = await citizen.get(PAY)
        tell_case(town, case(), found)
        answer = await citizen.send(page, PAY, {"method": "card"})
        assert answer.headers["location"] == CASE_PATH
        assert notice in (await citizen.get(CASE_PATH)).text
        assert town.heard("POST", f"/claims/{CLAIM}/attempts") == []

    async def test_tells_when_the_provider_is_away(self, citizen: Visitor, town: Town) -> None:
        tell_case(town, case(), claim())
        town.tell("POST", f"/claims/{CLAIM}/attempts", problem(503, "provider_unavailable"))
        answer = await citizen.send(await citizen.get(PAY), PAY, {"method": "card"})
        assert answer.status_code == 503
        assert "antwortet gerade nicht" in errors_of(answer)[0]


def _after(looks: int, first: Any, then: Any) -> Any:
    seen = iter([first] * looks)
    return lambda _asked: (200, next(seen, then))


class TestComingBack:
    """Whatever the address says, only payments is believed."""

    BACK = f"{CASE_PATH}/zahlung/zurueck?gcResultPayment=4000"

    @pytest.fixture(autouse=True)
    def _at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("gateway.pages.payments.PAUSES", (0.0, 0.0))

    async def test_with_money_says_thank_you(self, citizen: Visitor, town: Town) -> None:
        tell_case(town, case())
        settled = {"claims": [claim("settled", "succeeded")]}
        town.tell("GET", "/claims", _after(1, {"claims": [claim("open", "started")]}, settled))
        answer = await citizen.get(self.BACK)
        assert answer.headers["location"] == CASE_PATH
        assert "Danke, Ihre Zahlung ist angekommen." in (await citizen.get(CASE_PATH)).text

    async def test_without_a_word_yet_does_not_invite_to_pay_twice(
        self, citizen: Visitor, town: Town
    ) -> None:
        tell_case(town, case(), claim("open", "started"))
        await citizen.get(self.BACK)
        page = await citizen.get(CASE_PATH)
        assert situation_of(page).startswith("Ihre Zahlung wird gerade bestätigt.")
        assert f'href="{PAY}"' not in page.text
        assert "zurueck=1" in page.text

    async def test_after_a_failure_offers_to_pay_again(self, citizen: Visitor, town: Town) -> None:
        tell_case(town, case(), claim("open", "failed"))
        answer = await citizen.get(self.BACK)
        assert answer.headers["location"] == PAY
        page = await citizen.get(PAY)
        assert "Die Zahlung hat nicht geklappt. Es wurde nichts abgebucht." in page.text


class TestWithdrawing:
    async def test_asks_first(self, citizen: Visitor, town: Town) -> None:
        tell_case(town, case())
        town.tell("POST", f"{LOOK}/withdrawal", (200, {}))
        page = await citizen.get(f"{CASE_PATH}/zurueckziehen")
        assert town.heard("POST", f"{LOOK}/withdrawal") == []
        answer = await citizen.send(page, f"{CASE_PATH}/zurueckziehen")
        assert answer.headers["location"] == CASE_PATH
        assert len(town.heard("POST", f"{LOOK}/withdrawal")) == 1

    async def test_says_when_it_is_too_late(self, citizen: Visitor, town: Town) -> None:
        tell_case(town, case())
        page = await citizen.get(f"{CASE_PATH}/zurueckziehen")
        town.tell("POST", f"{LOOK}/withdrawal", problem(409, "not_possible_now"))
        await citizen.send(page, f"{CASE_PATH}/zurueckziehen")
        assert "Das ist bei diesem Vorgang nicht mehr möglich." in (await citizen.get(CASE_PATH)).text


class TestCorrecting:
    async def test_shows_the_clerks_words_and_sends_the_change(self, citizen: Visitor, town: Town) -> None:
        tell_case(town, case("correction_requested", "submitted", "in_review", "correction_requested"))
        town.tell("POST", f"{LOOK}/correction", (200, {}))
        page = await citizen.get(f"{CASE_PATH}/korrektur")
        assert "Bitte prüfen Sie das Kennzeichen." in page.text
        assert 'value="LIN-AB 123"' in page.text
        answer = await citizen.send(page, f"{CASE_PATH}/korrektur", {"plate": "LIN-AB 124"})
        assert answer.headers["location"] == CASE_PATH
        assert town.heard("POST", f"{LOOK}/correction")[0].json == {"answers": {"plate": "LIN-AB 124"}}

    async def test_uses_the_form_that_the_case_began_with(self, citizen: Visitor, town: Town) -> None:
        older = service(version=1)
        older["sections"][1]["fields"][0]["label"] = "Kennzeichen von damals"
        town.tell("GET", f"/services/{SERVICE}/versions/1", (200, older))
        tell_case(town, case("correction_requested", service_version=1))
        errors = [refused_field("plate", "required")]
        town.tell("POST", f"{LOOK}/correction", problem(422, "invalid", errors=errors))
        page = await citizen.get(f"{CASE_PATH}/korrektur")
        assert "Kennzeichen von damals" in page.text
        answer = await citizen.send(page, f"{CASE_PATH}/korrektur", {"plate": " "})
        assert errors_of(answer) == ["Kennzeichen von damals: Bitte ausfüllen"]
        assert not town.heard("GET", f"/services/{SERVICE}")

    async def test_is_over_when_the_case_has_moved_on(self, citizen: Visitor, town: Town) -> None:
        tell_case(town, case("in_review"))
        assert (await citizen.get(f"{CASE_PATH}/korrektur")).headers["location"] == CASE_PATH


class TestDownload:
    async def test_hands_on_the_file_and_its_headers(self, citizen: Visitor, town: Town) -> None:
        headers = {
            "content-disposition": 'attachment; filename="a.pdf"',
            "cache-control": "private, no-store",
        }
        town.tell(
            "GET",
            f"/documents/{DOCUMENT}/content",
            lambda _: Response(b"%PDF-1.7", media_type="application/pdf", headers=headers),
        )
        answer = await citizen.get(f"/dokumente/{DOCUMENT}.pdf")
        assert (answer.content, answer.headers["content-type"]) == (b"%PDF-1.7", "application/pdf")
        assert answer.headers["content-disposition"] == headers["content-disposition"]
        assert answer.headers["cache-control"] == "private, no-store"

    async def test_of_somebody_else_is_not_there(self, citizen: Visitor) -> None:
        assert (await citizen.get(f"/dokumente/{DOCUMENT}.pdf")).status_code == 404
        assert (await citizen.get("/dokumente/1.pdf")).status_code == 404
