"""What waits: drafts until they are sent, unpaid cases until they expire."""

from urllib.parse import urlsplit

import pytest

from deploy.local.demo.browser import PageRefused
from deploy.local.demo.journey import SERVICE
from deploy.local.demo.listening import Listener
from tests.journeys.books import Books
from tests.journeys.conftest import Arrive
from tests.journeys.people import Program, refusal

pytestmark = pytest.mark.integration


class TestADraft:
    async def test_is_saved_resumed_and_sent(self, arrive: Arrive, books: Books) -> None:
        resident = await arrive()
        async with books.untouched():  # a draft is nobody's business yet
            saved = await resident.fill_in(button="draft", house_number="18", remark="")
        assert "Ihr Entwurf ist gespeichert." in saved.said
        link = next(link for link in saved.links if "entwurf=" in link)
        form = await resident.browser.get(link)
        review = await resident.browser.send(form, form.form(with_field="plate"), button="review")
        assert resident.citizen.plate in review.said
        after = await resident.browser.send(review, review.form(action="/senden"), button="submit")
        assert urlsplit(after.url).path.endswith("/bezahlen")
        assert (await Program(resident.browser).call("GET", "/drafts")).json() == {"drafts": []}
        mine = (await Program(resident.browser).call("GET", "/applications")).json()["applications"]
        assert len(mine) == 1

    async def test_is_thrown_away(self, arrive: Arrive) -> None:
        resident = await arrive()
        saved = await resident.fill_in(button="draft")
        gone = await resident.browser.send(saved, saved.form(action="/verwerfen"))
        assert "Der Entwurf ist gelöscht." in gone.said
        assert not [link for link in gone.links if "entwurf=" in link]


class TestAnUnpaidCase:
    async def test_expires_and_gives_everything_free(
        self, arrive: Arrive, listener: Listener, books: Books
    ) -> None:
        resident = await arrive()
        expired = await resident.submit()
        await listener.wait_for("payments.payment_requested.v1", expired)
        await books.hurry("applications", "expire_unpaid", expired)
        over = await listener.wait_for("applications.application_expired.v1", expired)
        assert over.data["reason"] == "unpaid"
        await listener.wait_for("payments.claim_cancelled.v1", expired)
        await resident.see("Der Antrag ist verfallen, weil er nicht bezahlt wurde.")
        page = await resident.browser.get(f"/vorgang/{expired}/bezahlen")
        assert urlsplit(page.url).path == f"/vorgang/{expired}"
        again = await resident.submit()
        assert again != expired
        await resident.pay()
        await listener.wait_for("applications.application_completed.v1", again)

    async def test_that_was_paid_does_not_expire(
        self, arrive: Arrive, listener: Listener, books: Books
    ) -> None:
        resident = await arrive()
        await resident.submit()
        await resident.pay()
        await listener.wait_for("applications.application_completed.v1", resident.case_id)
        await books.settled()
        async with books.untouched():
            await books.hurry("applications", "expire_unpaid", resident.case_id)
        assert (await resident.case())["state"] == "completed"


class TestAWithdrawal:
    async def test_gives_person_and_plate_free_at_once(self, arrive: Arrive, books: Books) -> None:
        resident = await arrive()
        first = await resident.submit()
        with pytest.raises(PageRefused) as caught:
            await resident.submit()
        assert refusal(caught.value).status == 409
        asked = await resident.browser.get(f"/vorgang/{first}/zurueckziehen")
        await resident.browser.send(asked, asked.form(action="/zurueckziehen"))
        assert await resident.submit() != first
        other = await arrive()
        with pytest.raises(PageRefused) as taken:
            await other.submit(plate=resident.citizen.plate)
        assert refusal(taken.value).status == 409
        assert f"/dienste/{SERVICE}" in refusal(taken.value).url
