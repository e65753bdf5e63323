"""Cases that a person decides: the register does not agree, or does not answer, or something is unclear."""

from urllib.parse import urlsplit

import pytest

from deploy.local.demo.browser import PageRefused
from deploy.local.demo.listening import Listener
from tests.journeys.books import Books
from tests.journeys.conftest import Arrive
from tests.journeys.people import Official, Program, Resident, refusal

pytestmark = pytest.mark.integration
IN_REVIEW = "Eine Person im Amt sieht sich Ihren Antrag an."
REFERRED = "applications.application_referred.v1"
COMPLETED = "applications.application_completed.v1"


@pytest.fixture
async def doubted(arrive: Arrive, listener: Listener) -> Resident:
    """Has paid; the register does not agree with what was said."""
    resident = await arrive(family_name="Mismatch Öztürk")
    await resident.submit()
    await resident.pay()
    await listener.wait_for(REFERRED, resident.case_id)
    return resident


class TestARegisterThatDoesNotAgree:
    async def test_is_told_to_the_clerk_alone(self, doubted: Resident, clerk: Official, books: Books) -> None:
        page = await doubted.see(IN_REVIEW)
        case = await doubted.case()
        own_words = (case.pop("answers"), case.pop("summary"))  # what the citizen said is no news to them
        assert own_words[0]["family_name"] == "Mismatch Öztürk"
        about_the_case = page.text.partition("<main")[2].partition("Angaben im Antrag")[0]
        assert IN_REVIEW in about_the_case
        for told in (str(case), about_the_case, str(books.heard(doubted.case_id))):
            assert "register" not in told.lower()
            assert "mismatch" not in told.lower()
        file = await clerk.file_of(doubted.case_id)
        assert file["register_outcome"] == "mismatch"
        assert file["reasons"] == ["register_mismatch"]
        worklist = await clerk.browser.get("/arbeit")
        assert f"/arbeit/{doubted.case_id}" in {urlsplit(link).path for link in worklist.links}
        assert "Weicht ab" in (await clerk.open(doubted.case_id)).said

    async def test_does_not_stop_a_permit_that_the_clerk_approves(
        self, doubted: Resident, clerk: Official, listener: Listener
    ) -> None:
        await clerk.decide(doubted.case_id, "approve", "Meldebescheinigung liegt vor.")
        approved = await listener.wait_for("applications.application_approved.v1", doubted.case_id)
        assert approved.data["decided_by"] == "clerk"
        await listener.wait_for(COMPLETED, doubted.case_id)
        await doubted.wait_for_document()
        await doubted.download()
        assert doubted.pdf.startswith(b"%PDF")

    async def test_ends_in_a_notice_and_a_refund_when_the_clerk_rejects(
        self, doubted: Resident, clerk: Official, listener: Listener, books: Books
    ) -> None:
        await clerk.decide(doubted.case_id, "reject", reason_code="no_main_residence")
        rejected = await listener.wait_for("applications.application_rejected.v1", doubted.case_id)
        assert rejected.data["decided_by"] == "clerk"
        await books.settled()
        page = await doubted.see("Ihr Antrag wurde abgelehnt.")
        assert "Die Hauptwohnung in der Bewohnerparkzone konnte nicht festgestellt werden." in page.said
        assert "Ablehnungsbescheid" in page.said
        notice = (await doubted.documents())["rejection_notice"]
        pdf = await doubted.browser.http.get(f"/dokumente/{notice['document_id']}.pdf")
        assert pdf.content.startswith(b"%PDF")
        assert "Zahlungsbeleg" in page.said
        claim = await doubted.claim()
        assert claim["state"] == "refunded"
        assert await books.money_tasks(claim["claim_id"]) == []

    async def test_leaves_the_person_free_to_apply_again_after_a_rejection(
        self, doubted: Resident, clerk: Official, listener: Listener
    ) -> None:
        first = doubted.case_id
        await clerk.decide(first, "reject", reason_code="other")
        assert await doubted.submit() != first


class TestAClerk:
    async def test_decides_once(self, doubted: Resident, clerk: Official, books: Books) -> None:
        seen = await clerk.open(doubted.case_id)
        after = await clerk.decide(doubted.case_id, "approve", on=seen)
        assert "Die Entscheidung ist gespeichert." in after.said
        await books.settled()
        async with books.untouched():
            with pytest.raises(PageRefused) as late:
                await clerk.decide(doubted.case_id, "reject", "doch nicht", on=seen)
        assert refusal(late.value).status == 409
        assert "Inzwischen hat sich etwas geändert." in refusal(late.value).said

    async def test_gives_a_reason_for_a_rejection(
        self, doubted: Resident, clerk: Official, books: Books
    ) -> None:
        async with books.untouched():
            with pytest.raises(PageRefused) as caught:
                await clerk.decide(doubted.case_id, "reject")
        assert refusal(caught.value).status == 422
        assert "Bitte begründen Sie die Entscheidung." in refusal(caught.value).said

    async def test_asks_and_the_citizen_corrects(
        self, arrive: Arrive, clerk: Official, listener: Listener, books: Books
    ) -> None:
        resident = await arrive()
        await resident.submit(remark="Zweitwagen")
        await resident.pay()
        await listener.wait_for(REFERRED, resident.case_id)
        await clerk.decide(resident.case_id, "request_correction", "Bitte prüfen Sie die Hausnummer.")
        page = await resident.see("Wir brauchen noch etwas von Ihnen")
        assert "Bitte prüfen Sie die Hausnummer." in page.said
        assert "Bitte bis " in page.said
        form = await resident.browser.get(f"/vorgang/{resident.case_id}/korrektur")
        after = await resident.browser.send(
            form, form.form(with_field="plate"), button="review", house_number="14", remark=""
        )
        assert "Danke, Ihre Änderung ist bei uns." in after.said
        await resident.see(IN_REVIEW)
        assert (await clerk.file_of(resident.case_id))["answers"]["house_number"] == "14"
        await clerk.decide(resident.case_id, "approve")
        await listener.wait_for(COMPLETED, resident.case_id)
        kinds = books.kinds(resident.case_id)
        assert kinds.index("applications.correction_requested") < kinds.index(
            "applications.application_corrected"
        )

    async def test_takes_a_question_back_and_decides(
        self, doubted: Resident, clerk: Official, listener: Listener
    ) -> None:
        await clerk.decide(doubted.case_id, "request_correction", "Bitte prüfen Sie die Hausnummer.")
        await doubted.see("Wir brauchen noch etwas von Ihnen")
        await clerk.decide(doubted.case_id, "take_correction_back")
        await listener.wait_for("applications.correction_taken_back.v1", doubted.case_id)
        await doubted.see(IN_REVIEW)
        await clerk.decide(doubted.case_id, "approve")
        await listener.wait_for(COMPLETED, doubted.case_id)


class TestARegisterThatIsDown:
    async def test_hands_the_case_to_a_clerk(
        self, arrive: Arrive, clerk: Official, listener: Listener
    ) -> None:
        resident = await arrive(family_name="Ausfall Weiß")
        await resident.submit()
        await resident.pay()
        await listener.wait_for(REFERRED, resident.case_id, seconds=30)
        await resident.see(IN_REVIEW)
        assert (await clerk.file_of(resident.case_id))["reasons"] == ["register_unavailable"]
        await clerk.decide(resident.case_id, "approve")
        await listener.wait_for(COMPLETED, resident.case_id)


class TestWhoReadMyData:
    async def test_names_the_clerk_who_opened_the_case_and_a_document_by_role(
        self, doubted: Resident, clerk: Official, books: Books
    ) -> None:
        await books.settled()
        page = await clerk.open(doubted.case_id)
        (receipt,) = [link for link in page.links if link.endswith(".pdf")]
        assert (await clerk.browser.http.get(receipt)).content.startswith(b"%PDF")
        number = (await doubted.case())["case_number"]
        program = Program(doubted.browser)
        newest, before, *_ = (await program.call("GET", "/profile/accesses")).json()["accesses"]
        assert (newest["reader"], newest["purpose"], newest["kind"]) == ("clerk", "case-work", "receipt")
        assert (before["reader"], before["purpose"]) == ("clerk", "case-work")
        assert before["case_number"] == number
        said = (await doubted.browser.get("/konto")).said
        assert f"Sachbearbeitung im Amt Ihr Antrag · {number} um Ihren Antrag zu bearbeiten" in said
        assert "Sachbearbeitung im Amt Zahlungsbeleg" in said
