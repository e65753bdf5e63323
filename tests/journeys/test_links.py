"""Links from mails that lead nowhere: used before, unknown, too old."""

from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from deploy.local.demo.browser import Browser, PageRefused
from services.identity.domain.account import Account
from services.identity.links import Links, new_seed
from services.identity.queries import EMAIL
from services.identity.settings import IdentitySettings
from services.identity.wiring import SERVICE as IDENTITY
from shared.clock import SystemClock
from shared.ids import new_id
from shared.service import writing
from tests.journeys.books import Books
from tests.journeys.conftest import Arrive
from tests.journeys.people import home, refusal
from tests.journeys.stage import Stage

pytestmark = pytest.mark.integration


class TestALinkFromAMail:
    async def follow(self, stage: Stage, token: str) -> tuple[int, str]:
        visitor = Browser(stage.addresses.portal, home())
        page = await visitor.get(f"/bestaetigen/{token}")
        with pytest.raises(PageRefused) as caught:
            await visitor.send(page, page.form(action="/bestaetigen/"), password="Ein Satz mit Möwe")
        await visitor.aclose()
        return refusal(caught.value).status, refusal(caught.value).said

    async def test_that_was_used_says_so(self, stage: Stage, arrive: Arrive, books: Books) -> None:
        token = urlsplit(await (await arrive())._link_from_mail()).path.rpartition("/")[2]
        async with books.untouched():
            status, said = await self.follow(stage, token)
        assert status == 409
        assert "Dieser Link wurde schon benutzt" in said

    @pytest.mark.parametrize("token", ["A" * 43, "x", "ä", "A" * 150])
    async def test_that_is_unknown_says_so(self, stage: Stage, books: Books, token: str) -> None:
        async with books.untouched():
            status, said = await self.follow(stage, token)
        assert status == 404
        assert "Diesen Link kennen wir nicht" in said

    async def test_that_is_too_old_says_so(self, stage: Stage, books: Books) -> None:
        token = await yesterdays_link(stage, f"{uuid4().hex[:8]}@example.org")
        async with books.untouched():
            status, said = await self.follow(stage, token)
        assert status == 410
        assert "Dieser Link ist abgelaufen" in said


async def yesterdays_link(stage: Stage, email: str) -> str:
    """The token of a link that identity wrote down 25 hours ago: its own code, with yesterday's clock."""
    settings = stage.settings_of("identity", IdentitySettings)
    async with writing(IDENTITY, settings) as runtime:
        then = SystemClock().now() - timedelta(hours=25)
        links, seed = Links(runtime.digest), new_seed()
        account = Account.register(id=new_id(), now=then, email=email, language="de")
        until = then + timedelta(hours=24)
        account.request_confirmation(links.stored(seed), "no password", expires_at=until, now=then)
        unit = runtime.unit()
        unit.reserve(EMAIL, email, account.id)
        await unit.save(account, subject=account.id)
        await unit.commit()
        return links.token(seed)
