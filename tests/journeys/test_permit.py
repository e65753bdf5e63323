"""The plain case: from an unknown address to a sealed permit, and no clerk."""

from urllib.parse import urlsplit

import pytest

from deploy.local.demo.listening import Listener
from deploy.local.demo.proof import NotProved, prove
from tests.journeys.books import Books
from tests.journeys.people import Resident, newcomer
from tests.journeys.stage import Stage

pytestmark = pytest.mark.integration
EXPECTED = {
    "applications.application_submitted",
    "payments.payment_requested",
    "payments.payment_started",
    "payments.payment_settled",
    "applications.application_approved",
    "documents.document_issued",
    "applications.application_completed",
}


@pytest.fixture(scope="module")
async def resident(stage: Stage, listener: Listener) -> Resident:
    """Has gone the whole way."""
    resident = newcomer(stage)
    await resident.arrive()
    await resident.submit()
    await resident.pay()
    await resident.wait_for_document()
    await resident.download()
    await listener.wait_for("applications.application_completed.v1", resident.case_id)
    return resident


class TestAPermitWithoutAClerk:
    async def test_is_told_to_the_world_step_by_step(self, resident: Resident, books: Books) -> None:
        kinds = books.kinds(resident.case_id)
        assert set(kinds) >= EXPECTED
        order = [kind for kind in kinds if kind in EXPECTED]
        assert order.index("payments.payment_settled") < order.index("applications.application_approved")
        assert order[-1] == "applications.application_completed"
        approved = next(e for e in books.heard(resident.case_id) if "approved" in e.kind)
        assert approved.data["decided_by"] == "rule"
        assert approved.data["fee_cents"] == 3060

    async def test_is_sealed_and_valid_for_everybody(self, stage: Stage, resident: Resident) -> None:
        authority = stage.stack.secrets("documents") / "seal_ca.pem"
        proof = await prove(resident.pdf, authority, stage.addresses.portal, resident.citizen.plate)
        assert proof.answer["status"] == "valid"
        assert proof.answer["zone"] == "A"
        assert "Größner" not in str(proof.answer)
        verdict = await resident.browser.get(f"/P/{proof.token}")
        assert "Der Ausweis ist echt und gilt heute." in verdict.said
        assert "Größner" not in verdict.text.partition("<main")[2]

    async def test_that_is_not_the_city_s_or_another_s_is_not_proved(
        self, stage: Stage, resident: Resident
    ) -> None:
        authority = stage.stack.secrets("documents") / "seal_ca.pem"
        portal, plate = stage.addresses.portal, resident.citizen.plate
        sealed_part = resident.pdf.index(b"/Producer") if b"/Producer" in resident.pdf else 2_000
        altered = bytearray(resident.pdf)
        altered[sealed_part + 12] ^= 1
        unsealed = resident.pdf[: resident.pdf.index(b"%%EOF") + 6]
        for pdf, owner, why in (
            (bytes(altered), plate, "seal"),
            (unsealed, plate, "no seal"),
            (resident.pdf, "LIN-X 1", "not for LIN-X 1"),
        ):
            with pytest.raises(NotProved, match=why):
                await prove(pdf, authority, portal, owner)

    async def test_shows_its_steps_to_the_citizen(self, resident: Resident) -> None:
        page = await resident.see("Fertig! Ihr Dokument liegt für Sie bereit.")
        steps = [
            "Antrag eingegangen",
            "Zahlung bestätigt",
            "Geprüft und bewilligt",
            "Dokument ausgestellt und gesiegelt",
        ]
        places = [page.said.index(step) for step in steps]
        assert places == sorted(places)
        assert "30,60" in page.said
        mine = await resident.browser.get("/vorgaenge")
        assert "Abgeschlossen" in mine.said
        assert f"/vorgang/{resident.case_id}" in {urlsplit(link).path for link in mine.links}

    async def test_mails_nothing_of_the_case(self, resident: Resident, books: Books) -> None:
        await books.settled()
        mails = await resident.mails()
        me, case = resident.citizen, await resident.case()
        assert len(mails) >= 2
        for mail in mails:
            for secret in (me.plate, me.family_name, case["case_number"], resident.case_id, "arkausweis"):
                assert secret not in mail["subject"] + mail["text"]

    async def test_leaves_the_books_balanced(self, books: Books) -> None:
        await books.assert_balanced()
