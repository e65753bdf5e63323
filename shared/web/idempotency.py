"""`Idempotency-Key`: the same request again gets the same answer, and its effect happens once.

The answer is stored in the append that has the effect (`unit.remember`), so both exist or neither does.
"""

import hmac
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any, Protocol

import structlog
from fastapi import Depends, Header, Request
from fastapi.encoders import jsonable_encoder
from starlette.applications import Starlette
from starlette.responses import Response

from shared.web.problems import Problem
from shared.web.tokens import caller_of

VISIBLE = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(frozen=True, slots=True)
class Remembered:
    """An earlier answer: the keyed digest of its request, its status and its JSON body."""

    digest: bytes
    status: int
    body: bytes


class IdempotencyStore(Protocol):
    """Reads what `unit.remember` stored; asked before a decision and again when its commit was refused."""

    async def find(self, key_hmac: bytes) -> Remembered | None: ...


class RemembersAnswers(Protocol):
    """What of the kernel's unit of work is used here."""

    def remember(self, key_hmac: bytes, digest: bytes, status: int, body: bytes) -> object: ...


@dataclass(frozen=True, slots=True)
class IdempotencyKeeper:
    """The store and the key of its HMACs; the app keeps it as `app.state.idempotency`."""

    store: IdempotencyStore
    secret: bytes

    def mac(self, *parts: bytes) -> bytes:
        """HMAC-SHA-256 over length-prefixed parts (32 bytes)."""
        framed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
        return hmac.digest(self.secret, framed, "sha256")


class AlreadyAnswered(Exception):
    """Ends the request with the remembered answer; not an error."""

    def __init__(self, remembered: Remembered) -> None:
        super().__init__("already answered")
        self.remembered = remembered


class Idempotency:
    """The idempotent request at hand: `return idempotency.remember_in(unit, 201, {…})` after commit."""

    def __init__(self, keeper: IdempotencyKeeper, key_hmac: bytes, digest: bytes) -> None:
        self.key_hmac = key_hmac
        self.digest = digest
        self.answered = False
        self._keeper = keeper

    def remember_in(self, unit: RemembersAnswers, status: int, body: Any) -> Response:
        """Lets `unit` store the answer with its effect and gives it as a response to return after
        `unit.commit()`. `body`: anything JSON can hold or a pydantic model; no personal data."""
        text = json.dumps(jsonable_encoder(body), ensure_ascii=False, separators=(",", ":")).encode()
        self.answered = True
        unit.remember(self.key_hmac, self.digest, status, text)
        return Response(text, status, media_type="application/json")

    async def replay(self) -> None:
        """Raises the earlier answer, or 422 `idempotency_key_reused`; returns when there is none."""
        earlier = await self._keeper.store.find(self.key_hmac)
        if earlier is None:
            return
        if not hmac.compare_digest(earlier.digest, self.digest):
            raise Problem("idempotency_key_reused", 422, "This key was used for another request")
        structlog.get_logger("web").info("request_ignored_as_repeated", status=earlier.status)
        raise AlreadyAnswered(earlier)


async def idempotent(
    request: Request, idempotency_key: Annotated[str | None, Header()] = None
) -> AsyncIterator[Idempotency]:
    """FastAPI dependency for requests that create. 400 `idempotency_key_missing` or `…_malformed`.

    A repeated request does not reach the endpoint. Of two at the same time one commits; the other's
    refused commit turns into the first one's answer.
    """
    caller = caller_of(request)
    if idempotency_key is None:
        raise Problem("idempotency_key_missing", 400, "An Idempotency-Key header is needed")
    if not VISIBLE.fullmatch(idempotency_key):
        raise Problem("idempotency_key_malformed", 400, "An Idempotency-Key is 1 to 200 visible characters")
    keeper: IdempotencyKeeper = request.app.state.idempotency
    place = (caller.subject, request.method, request.url.path, idempotency_key)
    body = canonical(await request.body())
    found = Idempotency(
        keeper,
        keeper.mac(*(part.encode() for part in place)),
        keeper.mac(request.url.query.encode(), sha256(body).digest()),
    )
    await found.replay()
    try:
        yield found
    except Exception:
        if found.answered:
            await found.replay()
        raise


IdempotentRequest = Annotated[Idempotency, Depends(idempotent)]


def canonical(body: bytes) -> bytes:
    """JSON with sorted keys and no white space; anything else as it came."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return body
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def install_replay(app: Starlette) -> None:
    """Answers `AlreadyAnswered` with the same status and body and `Idempotent-Replayed: true`."""

    async def replay(_request: Request, exc: Exception) -> Response:
        assert isinstance(exc, AlreadyAnswered)
        earlier = exc.remembered
        marked = {"Idempotent-Replayed": "true"}
        return Response(earlier.body, earlier.status, headers=marked, media_type="application/json")

    app.add_exception_handler(AlreadyAnswered, replay)
