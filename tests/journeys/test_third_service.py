"""A service is data: one made by copying a file is offered, paid, printed and checked like the others."""

import io

import pytest
from pypdf import PdfReader

from deploy.local.demo.listening import Listener
from deploy.local.demo.proof import prove
from tests.journeys.conftest import Arrive
from tests.journeys.stage import THIRD, Stage

pytestmark = pytest.mark.integration


class TestAThirdService:
    async def test_goes_the_whole_way_to_its_permit_and_receipt(
        self, arrive: Arrive, listener: Listener, stage: Stage
    ) -> None:
        resident = await arrive()
        assert "Besucherparkausweis beantragen" in (await resident.browser.get("/")).said
        await resident.submit_to(THIRD)
        await resident.pay()
        await listener.wait_for("applications.application_completed.v1", resident.case_id)
        permit = await resident.permit()
        printed = "".join(page.extract_text() for page in PdfReader(io.BytesIO(permit)).pages)
        assert "Besucherparkausweis" in printed
        assert "Der Ausweis gilt für Ihren Besuch." in printed
        authority = stage.stack.secrets("documents") / "seal_ca.pem"
        proof = await prove(permit, authority, stage.addresses.portal, resident.citizen.plate)
        assert proof.answer["status"] == "valid"
        assert proof.answer["number"].startswith("BSU-")
        await resident.see("Zahlungsbeleg")
        receipt = (await resident.documents())["receipt"]
        pdf = (await resident.browser.http.get(f"/dokumente/{receipt['document_id']}.pdf")).content
        assert "Besucherparken" in "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
