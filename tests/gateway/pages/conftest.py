"""The gateway before a stand-in of its services, and a browser without JavaScript."""

import base64
import html
import os
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from gateway.app import create_app
from gateway.assets.serving import Assets
from gateway.portal import Portal
from gateway.settings import GatewaySettings
from tests.gateway.pages.samples import CASE, ME, SERVICE, service
from tests.gateway.pages.town import Town, open_town

PUBLIC = "http://portal.test"


@dataclass(slots=True)
class Visitor:
    """Looks at pages and sends their forms, as a browser does, hidden fields included."""

    http: httpx.AsyncClient
    portal: Portal

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(path)

    async def send(
        self, page: httpx.Response, path: str, fields: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Posts the form of a page with `fields` filled in."""
        return await self.http.post(path, data={**hidden(page), **(fields or {})})

    def signs_in(self, session: str = "session-of-kim") -> None:
        self.http.cookies.set("session", session, domain="portal.test")


def hidden(page: httpx.Response) -> dict[str, str]:
    """The hidden fields of a page."""
    found = re.finditer(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    return {one[1]: html.unescape(one[2]) for one in found}


def errors_of(page: httpx.Response) -> list[str]:
    """The sentences of the error summary."""
    summary = re.search(r'id="problems".*?</div></div>', page.text, re.S)
    found = re.findall(r'(?:<li><a[^>]*>|<p class="kern-body">)([^<]+)', summary[0]) if summary else []
    return [html.unescape(one) for one in found]


def situation_of(page: httpx.Response) -> str:
    """The sentence on where the case is."""
    found = re.search(r'id="announce">([^<]+)<', page.text)
    return html.unescape(found[1]) if found else ""


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    async with open_town() as town:
        town.tell("GET", "/accounts/me", (200, ME))
        town.tell("GET", f"/services/{SERVICE}", _definition)
        town.tell("GET", f"/services/{SERVICE}/versions/2", _definition)
        town.tell("GET", "/services", (200, {"services": [service()]}))
        town.tell("GET", "/drafts", (200, {"drafts": []}))
        town.tell("GET", "/claims", (200, {"claims": []}))
        town.tell("GET", "/documents", (200, {"documents": []}))
        town.tell("GET", "/methods", (200, {"methods": ["card", "wero"]}))
        town.tell("GET", "/accounts/me/accesses", (200, []))
        town.tell("GET", "/mandates", (200, {"creditor_id": "", "mandates": []}))
        town.tell("GET", "/accesses", (200, {"accesses": []}))
        yield town


def _definition(asked: object) -> tuple[int, object]:
    language = getattr(asked, "headers", {}).get("accept-language")
    return 200, service(english=language == "en")


@pytest.fixture
async def visitor(town: Town, assets: Assets, tmp_path: Path) -> AsyncIterator[Visitor]:
    (tmp_path / "service_secret").write_text("a credential only for tests")
    (tmp_path / "session_key").write_text(base64.b64encode(os.urandom(32)).decode())
    for secret in tmp_path.iterdir():
        secret.chmod(0o600)
    settings = GatewaySettings(
        secrets_dir=tmp_path,
        port=0,
        public_url=PUBLIC,
        rate_limits=False,
        identity_url=town.url,
        applications_url=town.url,
        payments_url=town.url,
        documents_url=town.url,
    )
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC) as http,
    ):
        yield Visitor(http, app.state.portal)


@pytest.fixture
def citizen(visitor: Visitor) -> Visitor:
    visitor.signs_in()
    return visitor


CASE_PATH = f"/vorgang/{CASE}"
