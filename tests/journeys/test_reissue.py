"""A clerk corrects a permit: the citizen gets a new one, and the old one counts for nobody any more."""

import asyncio
from datetime import UTC, datetime

import pytest

from deploy.local.demo.browser import PageRefused
from deploy.local.demo.listening import Listener
from deploy.local.demo.proof import read_code
from services.documents.tokens.cose import PublicKeys
from services.documents.tokens.permit import read_permit_token, token_from_text
from services.documents.tokens.status import entry_of, read_status_list
from tests.journeys.books import Books
from tests.journeys.conftest import Arrive
from tests.journeys.people import Official, refusal

pytestmark = pytest.mark.integration


class TestAPermitIssuedAnew:
    async def test_takes_the_old_ones_place(
        self, arrive: Arrive, clerk: Official, listener: Listener, books: Books
    ) -> None:
        resident = await arrive()
        case_id = await resident.submit()
        await resident.pay()
        old = read_code(await resident.permit()).rpartition("/")[2]
        await listener.wait_for("applications.application_completed.v1", case_id)
        await books.settled()

        async with books.untouched():
            with pytest.raises(PageRefused) as unchanged:
                await clerk.reissue(case_id, "Neues Fahrzeug")
        assert "Sie haben keine Angabe geändert." in refusal(unchanged.value).said

        after = await clerk.reissue(case_id, "Neues Fahrzeug", plate="LIN-ZZ 471")
        assert "Das neue Dokument wird ausgestellt." in after.said
        await listener.wait_for("documents.document_superseded.v1", case_id)
        await resident.see("Ersetzt durch ein neues Dokument, gilt nicht mehr")
        new = read_code(await resident.permit()).rpartition("/")[2]

        http = resident.browser.http
        told = (await http.get(f"/api/v1/verification/{new}")).json()
        assert (told["status"], told["plate"]) == ("valid", "LIN-ZZ 471")
        assert (await http.get(f"/api/v1/verification/{old}")).json()["status"] == "superseded"
        keys = PublicKeys.from_jwks((await http.get("/api/v1/verification-keys")).json())
        numbers = [read_permit_token(token_from_text(token), keys).number for token in (old, new)]
        async with asyncio.timeout(40):  # the list is made anew every half minute
            while True:
                content = (await http.get("/api/v1/status-list/2")).content
                listed = read_status_list(content, keys, datetime.now(UTC)).superseded
                if entry_of(numbers[0]) in listed:
                    break
                await asyncio.sleep(1)
        assert entry_of(numbers[1]) not in listed
