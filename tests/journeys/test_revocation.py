"""A permit is taken back: from then on nobody takes it for valid, with a network or without."""

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


class TestARevokedPermit:
    async def test_holds_for_nobody_any_more(
        self, arrive: Arrive, clerk: Official, listener: Listener, books: Books
    ) -> None:
        resident = await arrive()
        await resident.submit()
        await resident.pay()
        await resident.wait_for_document()
        await resident.download()
        token = read_code(resident.pdf).rpartition("/")[2]
        http = resident.browser.http
        assert (await http.get(f"/api/v1/verification/{token}")).json()["status"] == "valid"
        await books.settled()

        after = await clerk.revoke(resident.case_id, "moved_away")
        assert "Das Dokument ist widerrufen." in after.said
        revoked = await listener.wait_for("documents.document_revoked.v1", resident.case_id)
        assert revoked.data["reason"] == "moved_away"
        await listener.wait_for("applications.approval_revoked.v1", resident.case_id)

        verdict = (await http.get(f"/api/v1/verification/{token}")).json()
        assert verdict["status"] == "revoked"
        page = await resident.browser.get(f"/p/{token}")
        assert "Die Stadt hat diesen Ausweis zurückgenommen. Er gilt nicht." in page.said
        keys = PublicKeys.from_jwks((await http.get("/api/v1/verification-keys")).json())
        listed = read_status_list((await http.get("/api/v1/status-list/2")).content, keys, datetime.now(UTC))
        claims = read_permit_token(token_from_text(token), keys)
        assert entry_of(claims.number) in listed.revoked
        await resident.see("Die Bewilligung wurde widerrufen. Das Dokument gilt nicht mehr.")
        with pytest.raises(PageRefused) as again:
            await clerk.revoke(resident.case_id, "lost")
        assert again.value.page is None or refusal(again.value).status in {409, 422}

    @pytest.mark.parametrize(
        ("reason", "state"), [("wrongly_granted", "refunded"), ("moved_away", "settled")]
    )
    async def test_is_paid_back_where_the_service_says_so(
        self, arrive: Arrive, clerk: Official, listener: Listener, books: Books, reason: str, state: str
    ) -> None:
        resident = await arrive()
        case_id = await resident.submit()
        await resident.pay()
        await listener.wait_for("applications.application_completed.v1", case_id)
        await clerk.revoke(case_id, reason)
        await listener.wait_for("applications.approval_revoked.v1", case_id)
        await books.settled()
        claim = await resident.claim()
        assert claim["state"] == state
        assert await books.money_tasks(claim["claim_id"]) == []  # the bank gave it back by itself

    async def test_leaves_the_person_free_to_apply_again(
        self, arrive: Arrive, clerk: Official, listener: Listener
    ) -> None:
        resident = await arrive()
        first = await resident.submit()
        await resident.pay()
        await listener.wait_for("applications.application_completed.v1", first)
        await clerk.revoke(first, "at_own_wish")
        await listener.wait_for("applications.approval_revoked.v1", first)
        assert await resident.submit() != first
