"""The machine loses a process in the worst moment."""

import pytest

from deploy.local.demo.listening import Listener
from tests.journeys.books import Books
from tests.journeys.conftest import Arrive
from tests.journeys.stage import Stage

pytestmark = pytest.mark.integration


class TestDocumentsKilledRightAfterThePayment:
    async def test_issues_the_permit_once_when_it_is_back(
        self, arrive: Arrive, stage: Stage, listener: Listener, books: Books
    ) -> None:
        resident = await arrive()
        await resident.submit()
        bank = await resident.to_the_bank()
        await bank.decide()
        await listener.wait_for("payments.payment_settled.v1", resident.case_id)
        stage.kill("documents")
        page = await resident.page()  # the rest of the portal goes on
        assert page.status == 200
        await stage.start("documents")
        # a task that it held when it was killed is taken again when its lease has run out
        await listener.wait_for("applications.application_completed.v1", resident.case_id, seconds=100)
        await resident.wait_for_document()
        await resident.download()
        await books.settled()
        issued = [e.data["kind"] for e in books.heard(resident.case_id) if "document_issued" in e.kind]
        assert sorted(issued) == ["receipt", "resident_parking_permit"]
        stored = await stage.query(
            "documents", "SELECT kind, number FROM document WHERE case_id = $1::uuid", resident.case_id
        )
        assert sorted(row["kind"] for row in stored) == ["receipt", "resident_parking_permit"]
