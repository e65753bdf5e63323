"""The four services as one small real HTTP server that says what a test tells it to."""

import base64
import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.app import create_app
from gateway.settings import GatewaySettings
from shared.web.problems import MEDIA_TYPE, TYPE_PREFIX
from tests.serving import listening

SERVICES = ("identity", "applications", "payments", "documents")
METHODS = ["GET", "POST", "PUT", "DELETE"]


@dataclass(frozen=True, slots=True)
class Call:
    """A request that reached a service. `session` is whose token it carried, None for the gateway's own."""

    service: str
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: Any
    session: str | None
    purpose: str


@dataclass(slots=True)
class Services:
    """`says` maps "GET applications /applications" to an answer; what is not there is 404 `not_found`."""

    says: dict[str, Any] = field(default_factory=dict)
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{service}/{path:path}", self.answer, methods=METHODS)])

    async def answer(self, request: Request) -> Response:
        service, path = request.path_params["service"], "/" + request.path_params["path"]
        body = await request.body()
        typed = request.headers.get("content-type", "")
        sent: Any = (json.loads(body) if typed == "application/json" else body) if body else None
        if (service, path) == ("identity", "/tokens"):
            return self._token(sent)
        claims = json.loads(base64.urlsafe_b64decode(request.headers["authorization"].split()[1]))
        call = Call(
            service=service,
            method=request.method,
            path=path,
            query=request.url.query,
            headers=dict(request.headers),
            body=sent,
            session=claims["session"],
            purpose=claims["purpose"],
        )
        self.calls.append(call)
        if (service, path) == ("identity", "/accounts/me") and call.session in self.accounts:
            return JSONResponse(self.accounts[call.session], headers={"ETag": '"3"'})
        said = self.says.get(f"{call.method} {service} {path}")
        said = said(call) if callable(said) and not isinstance(said, Response) else said
        if said is None:
            return problem(404, "not_found")
        return said if isinstance(said, Response) else JSONResponse(said)

    def _token(self, wanted: dict[str, Any]) -> Response:
        session = wanted.get("session")
        if session is not None and session not in self.accounts:
            return problem(401, "session_over")
        claims = json.dumps({"session": session, "purpose": wanted["purpose"]})
        until = (datetime.now(UTC) + timedelta(seconds=60)).isoformat()
        token = base64.urlsafe_b64encode(claims.encode()).decode()
        return JSONResponse({"token": token, "expires_at": until})

    def sign_in(self, session: str, *roles: str, name: str = "Kim", **profile: str) -> None:
        """Somebody with a session and these roles."""
        self.accounts[session] = {
            "account_id": f"account-of-{session}",
            "email": f"{session}@lindenau.example",
            "roles": list(roles),
            "trust": "mail",
            "version": 3,
            "profile": {"given_names": name, "family_name": "Muster", **profile},
        }

    def to(self, service: str, path: str) -> list[Call]:
        """What was asked of a path."""
        return [call for call in self.calls if call.service == service and call.path == path]


def problem(status: int, slug: str, **members: Any) -> Response:
    """A service's refusal, in its technical English."""
    document = {"type": TYPE_PREFIX + slug, "title": "Technical words", "status": status, **members}
    return JSONResponse(document, status, media_type=MEDIA_TYPE)


def settings_for(folder: Path, services: str, **other: Any) -> GatewaySettings:
    """A gateway before the stand-in, with secrets of its own."""
    (folder / "service_secret").write_text(base64.urlsafe_b64encode(os.urandom(24)).decode())
    (folder / "session_key").write_text(base64.b64encode(os.urandom(32)).decode())
    for path in folder.iterdir():
        path.chmod(0o600)
    urls = {f"{name}_url": f"{services}/{name}" for name in SERVICES}
    return GatewaySettings(**{"secrets_dir": folder, "port": 0, "rate_limits": False, **urls, **other})


@asynccontextmanager
async def gateway_before(services: Services, folder: Path, **other: Any) -> AsyncIterator[str]:
    """The address of a gateway that runs before the stand-in."""
    async with listening(services.app()) as inner:
        app = create_app(settings_for(folder, inner, **other))
        async with app.router.lifespan_context(app), listening(app) as address:
            yield address
            app.state.probes.drain()


@asynccontextmanager
async def browsing(address: str, session: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """A client with or without a session's cookie, that follows no redirect."""
    cookies = {"session": session} if session else {}
    async with httpx.AsyncClient(base_url=address, cookies=cookies, trust_env=False) as client:
        yield client


async def post_form(client: httpx.AsyncClient, page: str, to: str, **fields: str) -> httpx.Response:
    """Posts as a browser does: with the token of the form on `page`."""
    found = re.search(r'name="csrf" value="([^"]+)"', (await client.get(page)).text)
    assert found, f"no form on {page}"
    return await client.post(to, data={"csrf": found[1], **fields})
