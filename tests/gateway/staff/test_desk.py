"""The clerk's desk: what the file shows, what a decision sends, and what a refusal looks like."""

import re
from collections.abc import AsyncIterator
from html import unescape

import httpx
import pytest

from tests.gateway.api.standin import Services, browsing, post_form, problem
from tests.gateway.staff.sample_file import CASE, PERMIT, RECEIPT, document, filed

HERE = f"/arbeit/{CASE}"
DECISION = f"POST applications /applications/{CASE}/decision"
REVOCATION = f"POST documents /documents/{PERMIT}/revocation"


@pytest.fixture
async def clerk(gateway: str, services: Services) -> AsyncIterator[httpx.AsyncClient]:
    services.sign_in("clerk", "clerk")
    async with browsing(gateway, "clerk") as client:
        yield client


def text(answer: httpx.Response) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


class TestWorklist:
    async def test_shows_number_service_and_why(self, clerk: httpx.AsyncClient, services: Services) -> None:
        case = {
            "case_id": CASE,
            "case_number": "BPA-2026-000123",
            "title": "Bewohnerparkausweis",
            "submitted_at": "2026-11-22T09:30:00+00:00",
            "condition": "in_review",
            "reasons": ["register_mismatch"],
        }
        services.says["GET applications /worklist"] = lambda call: {"cases": [] if call.query else [case]}
        page = await clerk.get("/arbeit")
        assert f'href="{HERE}"' in page.text
        for shown in ("BPA-2026-000123", "Angaben weichen vom Melderegister ab", "22.11.2026", "1 offen"):
            assert shown in text(page)
        assert "Antragsteller/in" not in text(page)
        assert {call.purpose for call in services.to("applications", "/worklist")} == {"case-work"}


class TestFile:
    async def test_shows_everything_at_once(self, clerk: httpx.AsyncClient, services: Services) -> None:
        filed(services, document("resident_parking_permit", PERMIT))
        shown = text(await clerk.get(HERE))
        for part in (
            "Zoë Ağaoğlu", "Ihr Fahrzeug", "LIN-AB 123", "Saisonkennzeichen", "Weicht ab", "Bezahlt",
            "47112600000122", "30,60\u00a0€".replace("\u00a0", " "), "BPA-26-000123", "Antrag eingegangen",
            "Keine Hauptwohnung im Gebiet", "Sonstiger Grund", "Weiterer Schritt",
        ):  # fmt: skip
            assert part in shown, part
        history = re.search(r"Verlauf (.*) Entscheidung", shown)
        assert history
        assert re.findall(r"Antragsteller/in|automatisch|Sachbearbeitung", history[1]) == [
            "Antragsteller/in", "Sachbearbeitung", "automatisch", "Antragsteller/in",
        ]  # fmt: skip

    async def test_stands_while_payments_and_documents_are_away(
        self, clerk: httpx.AsyncClient, services: Services
    ) -> None:
        filed(services)
        services.says["GET payments /claims"] = problem(503, "unavailable")
        services.says["GET documents /documents"] = problem(503, "unavailable")
        page = await clerk.get(HERE)
        assert page.status_code == 200
        assert "Zoë Ağaoğlu" in text(page)

    async def test_of_an_erased_person_says_so_and_offers_no_document(
        self, clerk: httpx.AsyncClient, services: Services
    ) -> None:
        filed(services, document("resident_parking_permit", PERMIT), condition="completed")
        assert f"/dokumente/{PERMIT}.pdf" in (await clerk.get(HERE)).text
        filed(
            services, document("resident_parking_permit", PERMIT), condition="completed", erased=True,
            answers={}, summary=[],
        )  # fmt: skip
        page = await clerk.get(HERE)
        assert page.status_code == 200
        assert "Die antragstellende Person hat ihr Konto gelöscht." in text(page)
        assert "BPA-26-000123" in text(page)
        assert ".pdf" not in page.text

    async def test_of_an_erased_person_holds_no_document_to_open(
        self, clerk: httpx.AsyncClient, services: Services
    ) -> None:
        services.says[f"GET documents /documents/{PERMIT}/content"] = problem(410, "erased")
        gone = await clerk.get(f"/dokumente/{PERMIT}.pdf")
        assert gone.status_code == 410
        assert "Diese Daten sind gelöscht" in text(gone)

    async def test_has_no_decision_for_a_case_that_is_decided(
        self, clerk: httpx.AsyncClient, services: Services
    ) -> None:
        filed(services, condition="completed")
        assert "/entscheidung" not in (await clerk.get(HERE)).text


class TestDecision:
    @pytest.mark.parametrize(
        ("fields", "sent"),
        [
            ({"decision": "approve"}, {"decision": "approve", "reason": "", "reason_code": None}),
            (
                {"decision": "reject", "reason_code": "no_main_residence", "reason_ignored": "x"},
                {"decision": "reject", "reason": "", "reason_code": "no_main_residence"},
            ),
            (
                {"decision": "request_correction", "reason": " Welches Kennzeichen? ", "reason_code": "x"},
                {"decision": "request_correction", "reason": "Welches Kennzeichen?", "reason_code": None},
            ),
        ],
    )
    async def test_sends_the_version_that_was_seen(
        self, clerk: httpx.AsyncClient, services: Services, fields: dict[str, str], sent: dict[str, object]
    ) -> None:
        filed(services)
        services.says[DECISION] = {"version": 5}
        answer = await post_form(clerk, HERE, f"{HERE}/entscheidung", version="4", **fields)
        assert (answer.status_code, answer.headers["location"]) == (303, HERE)
        [call] = services.to("applications", f"/applications/{CASE}/decision")
        assert call.body == {**sent, "version": 4}
        assert (call.session, call.purpose) == ("clerk", "case-work")
        assert "Die Entscheidung ist gespeichert." in text(await clerk.get(HERE))

    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({}, "Bitte wählen Sie eine Entscheidung."),
            ({"decision": "burn"}, "Bitte wählen Sie eine Entscheidung."),
            ({"decision": "reject", "reason": "  "}, "Bitte begründen Sie die Entscheidung."),
            ({"decision": "request_correction"}, "Bitte begründen Sie die Entscheidung."),
            ({"decision": "approve", "version": "x"}, "Inzwischen hat sich etwas geändert."),
        ],
    )
    async def test_is_not_sent_half(
        self, clerk: httpx.AsyncClient, services: Services, fields: dict[str, str], sentence: str
    ) -> None:
        filed(services)
        answer = await post_form(clerk, HERE, f"{HERE}/entscheidung", **{"version": "4", **fields})
        assert answer.status_code == 422
        assert sentence in text(answer)
        assert services.to("applications", f"/applications/{CASE}/decision") == []

    @pytest.mark.parametrize(
        ("status", "slug", "german", "english"),
        [
            (409, "changed_meanwhile", "Inzwischen hat sich etwas geändert.", "Something has changed"),
            (403, "own_case", "Über einen eigenen Vorgang", "Nobody decides a case of their own."),
            (
                409,
                "not_possible_now",
                "Das ist bei diesem Vorgang nicht mehr möglich.",
                "This case no longer allows that.",
            ),
        ],
    )
    async def test_that_is_refused_keeps_what_was_typed(
        self,
        clerk: httpx.AsyncClient,
        services: Services,
        status: int,
        slug: str,
        german: str,
        english: str,
    ) -> None:
        filed(services)
        services.says[DECISION] = problem(status, slug)
        for prefix, sentence in (("", german), ("/en", english)):
            services.says[f"GET applications /applications/{CASE}/file"]["version"] = 9
            answer = await post_form(
                clerk, prefix + HERE, f"{prefix}{HERE}/entscheidung", version="4", decision="reject",
                reason="Weil es so ist.", reason_code="no_main_residence",
            )  # fmt: skip
            assert answer.status_code == status
            assert sentence in text(answer)
            assert "Weil es so ist.</textarea>" in answer.text
            assert re.search(r'value="reject"[^>]* checked', answer.text)
            assert 'value="no_main_residence" selected' in answer.text
            assert 'name="version" value="9"' in answer.text

    async def test_says_when_the_service_is_away(self, clerk: httpx.AsyncClient, services: Services) -> None:
        filed(services)
        services.says[DECISION] = problem(503, "unavailable")
        answer = await post_form(clerk, HERE, f"{HERE}/entscheidung", version="4", decision="approve")
        assert answer.status_code == 503


class TestRevocation:
    async def test_sends_the_reason_once(self, clerk: httpx.AsyncClient, services: Services) -> None:
        filed(
            services,
            document("receipt", RECEIPT),
            document("resident_parking_permit", PERMIT),
            condition="completed",
        )
        services.says[REVOCATION] = {"status": "revoked"}
        fields = {"document": PERMIT, "revocation": "lost", "idempotency-key": "once"}
        answer = await post_form(clerk, HERE, f"{HERE}/widerruf", **fields)
        assert (answer.status_code, answer.headers["location"]) == (303, HERE)
        [call] = services.to("documents", f"/documents/{PERMIT}/revocation")
        assert (call.body, call.headers["idempotency-key"]) == ({"reason": "lost"}, "once")

    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({"document": PERMIT}, "Bitte wählen Sie den Grund des Widerrufs."),
            ({"document": RECEIPT, "revocation": "lost"}, "Dieses Dokument gilt schon nicht mehr."),
            ({"revocation": "lost"}, "Dieses Dokument gilt schon nicht mehr."),
        ],
    )
    async def test_is_not_sent_half(
        self, clerk: httpx.AsyncClient, services: Services, fields: dict[str, str], sentence: str
    ) -> None:
        filed(services, document("resident_parking_permit", PERMIT), document("receipt", RECEIPT))
        answer = await post_form(clerk, HERE, f"{HERE}/widerruf", **fields)
        assert answer.status_code == 422
        assert sentence in text(answer)
        assert services.to("documents", f"/documents/{PERMIT}/revocation") == []

    async def test_is_offered_for_what_holds(self, clerk: httpx.AsyncClient, services: Services) -> None:
        filed(services, document("resident_parking_permit", PERMIT, "revoked"), document("receipt", RECEIPT))
        assert "/widerruf" not in (await clerk.get(HERE)).text
        filed(services, document("resident_parking_permit", PERMIT, "not_yet_valid"))
        page = (await clerk.get(HERE)).text
        assert f'action="{HERE}/widerruf"' in page
        assert f'name="document" value="{PERMIT}"' in page
