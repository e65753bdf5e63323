"""What a gateway, a citizen and a mail server do with identity in its tests."""

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from shared.service import Runtime
from shared.testing import CallerMint, FixedClock, Running

SECRETS = {"gateway": "gateway-secret-of-the-test", "documents": "documents-secret-of-the-test"}
PASSWORD = "Morgens fahre ich Rad"
LINK = re.compile(r"https?://\S+/(bestaetigen|passwort-neu)/([A-Za-z0-9_-]{43})\s")


@dataclass
class Mailbox:
    """A mail server on a port of its own; `answers` are given instead of taking the next mails, and
    `refused` are addresses it does not know."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 nobody of this name"
        envelope.rcpt_tos.append(address)
        return "250 known"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answers:
            return self.answers.pop(0)
        mail = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 taken"

    def sent_to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["To"] == address]

    async def last(self, address: str, wanted: int = 1) -> EmailMessage:
        """The mail of this number to an address, once it is there."""
        async with asyncio.timeout(10):
            while len(self.sent_to(address)) < wanted:
                await asyncio.sleep(0.01)
        return self.sent_to(address)[wanted - 1]


@dataclass
class Applications:
    """Stands where applications stands: tells what hinders an erasure, by account; `away` makes it fail."""

    url: str = ""
    hindrances: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    ended: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    away: bool = False

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/accounts/{account_id}/hindrances", self.answer)])

    async def answer(self, request: Request) -> JSONResponse:
        account_id = request.path_params["account_id"]
        found = {"hindrances": self.hindrances.get(account_id, []), "ended": self.ended.get(account_id, [])}
        return JSONResponse(found, 503 if self.away else 200)


@dataclass
class Payments:
    """Stands where payments stands: tells the cases that something is owed for; `away` makes it fail."""

    url: str = ""
    debts: dict[str, list[str]] = field(default_factory=dict)
    away: bool = False

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/accounts/{account_id}/debts", self.answer)])

    async def answer(self, request: Request) -> JSONResponse:
        cases = self.debts.get(request.path_params["account_id"], [])
        return JSONResponse({"cases": cases}, 503 if self.away else 200)


def text_of(mail: EmailMessage) -> str:
    return str(mail.get_content())


def token_in(mail: EmailMessage) -> str:
    found = LINK.search(text_of(mail))
    assert found is not None, text_of(mail)
    return found[2]


@dataclass
class Identity:
    """The service under test, and what a gateway would do with it."""

    running: Running
    mailbox: Mailbox
    clock: FixedClock

    @property
    def http(self) -> httpx.AsyncClient:
        return self.running.http

    @property
    def runtime(self) -> Runtime:
        return self.running.runtime

    async def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """As the gateway for itself, unless `headers` say otherwise."""
        headers = self.running.mint.service("gateway", "identity") if headers is None else headers
        return await self.http.request(method, path, json=body, headers=headers)

    def account_headers(self, account_id: UUID | str, *roles: str) -> dict[str, str]:
        return self.running.mint.account(UUID(str(account_id)), "identity", *roles)

    async def register(self, email: str, password: str = PASSWORD, language: str = "de") -> httpx.Response:
        body = {"email": email, "password": password, "language": language}
        return await self.ask("POST", "/registrations", body)

    async def confirmed(self, email: str, password: str = PASSWORD, language: str = "de") -> str:
        """The id of a new account whose address is confirmed."""
        before = len(self.mailbox.sent_to(email))
        assert (await self.register(email, password, language)).status_code == 202
        token = token_in(await self.mailbox.last(email, before + 1))
        answer = await self.confirm(token, password)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["account_id"])

    async def confirm(self, token: str, password: str = PASSWORD) -> httpx.Response:
        return await self.ask("POST", "/confirmations", {"token": token, "password": password})

    async def sign_in(
        self, email: str, password: str = PASSWORD, client: str | None = None
    ) -> httpx.Response:
        headers = self.running.mint.service("gateway", "identity")
        if client:
            headers["X-Client"] = client
        return await self.ask("POST", "/sessions", {"email": email, "password": password}, headers)

    async def session(self, email: str, password: str = PASSWORD) -> str:
        answer = await self.sign_in(email, password)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["session"])

    async def token(
        self, session: str | None = None, *, service: str = "gateway", secret: str | None = None, **body: Any
    ) -> httpx.Response:
        wanted = {"audience": "applications", "purpose": "own-case", **body}
        if session is not None:
            wanted["session"] = session
        credential = httpx.BasicAuth(service, SECRETS[service] if secret is None else secret)
        return await self.http.post("/tokens", json=wanted, auth=credential)


def new_address() -> str:
    """Nobody has it yet."""
    return f"{uuid4().hex[:12]}@example.org"


def slug(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return str(answer.json()["type"]).removeprefix("urn:portal:problem:")


async def until(check: Callable[[], Awaitable[Any]], seconds: float = 10) -> Any:
    """Asks until the answer is truthy."""
    async with asyncio.timeout(seconds):
        while not (found := await check()):
            await asyncio.sleep(0.01)
    return found


def write_own_secrets(folder: Path, mint: CallerMint) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "caller_signing_key.pem").write_bytes(mint.pem)
    hashes = {name: f"sha256:{hashlib.sha256(text.encode()).hexdigest()}" for name, text in SECRETS.items()}
    (folder / "service_credentials.json").write_text(json.dumps(hashes))
    for path in folder.iterdir():
        path.chmod(0o600)


def claims_of(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found
