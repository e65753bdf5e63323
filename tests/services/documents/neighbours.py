"""Stands where applications, payments and identity stand: answers on a real port what documents reads."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import aio_pika
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.bus.envelope import Envelope, write
from shared.ids import derived_id
from shared.testing import CallerMint, Running
from shared.web.token_signing import CallerTokenSigner
from shared.web.tokens import CallerTokens
from tests.serving import serving

PRINTED = {
    "title": "Bewohnerparkausweis", "number_prefix": "BPA", "subject": "Bewohnerparkausweis",
    "office": {"name": "Straßenverkehrsbehörde", "phone": "0000 115", "email": "parken@lindenau.example"},
    "legal_basis": "§ 45 Absatz 1b Satz 1 Nummer 2a StVO", "notes": ["Der Ausweis gilt im genannten Gebiet."],
    "remedy": [],
}  # fmt: skip


class Neighbours:
    """Cases by id; `failures` counts down answers of 503; `asked` keeps (case, version, purpose, caller),
    `receipts` the version of each claim's receipt that was asked for; there is none while not `paid`."""

    def __init__(self, mint: CallerMint) -> None:
        self.url = ""
        self.cases: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, str, str, str]] = []
        self.failures = 0
        self.receipts: list[str] = []
        self.paid = True
        self._signer = CallerTokenSigner(mint.pem)
        self._tokens = CallerTokens(mint.public_jwks(), "applications")

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/tokens", self._issue, methods=["POST"]),
                Route("/applications/{case_id}", self._case),
                Route("/claims/{claim_id}/receipt", self._receipt),
            ]
        )

    def approved(self, case_id: UUID, account_id: UUID) -> None:
        """A case as applications shows it to a service once it is approved."""
        today = datetime.now(UTC).date()
        self.cases[str(case_id)] = {
            "case_id": str(case_id), "case_number": "BPA-2026-000815", "account_id": str(account_id),
            "service": "bewohnerparkausweis", "service_version": 1, "title": "Bewohnerparkausweis beantragen",
            "state": "approved", "version": 4, "submitted_at": "2026-11-22T09:30:00+00:00",
            "fee": {"cents": 3060, "currency": "EUR", "due": "before_decision", "settled": True},
            "decision": {"decided_by": "rule", "reason": None, "text": ""},
            "valid_from": today.isoformat(), "valid_until": (today + timedelta(days=364)).isoformat(),
            "answers": {
                "given_names": "Łukasz", "family_name": "Größner-Yılmaz", "street": "Kirchgasse",
                "house_number": "12", "postal_code": "01234", "plate": "LIN-AB 123", "further_plates": [],
            },
            "facts": {"zone": "A", "plate_kind": "ordinary"}, "printed": PRINTED,
            "timeline": [{"step": "fee_settled", "at": "2026-11-22T09:31:00+00:00"}],
        }  # fmt: skip

    def approval(self, case_id: UUID, account_id: UUID) -> tuple[Envelope, Envelope]:
        """ApplicationApproved, and another event behind it."""
        data = {
            "case_id": str(case_id), "account_id": str(account_id), "stream_version": 4,
            "document": {"kind": "resident_parking_permit", "number": None},
        }  # fmt: skip
        return (
            _envelope("application_approved", case_id, 1, data),
            _envelope("application_completed", case_id, 2, {}),
        )

    def of_payments(self, name: str, case_id: UUID, sequence: int, **data: Any) -> Envelope:
        """What payments tells of a claim of the case."""
        said = {"claim_id": str(case_id), "case_id": str(case_id), **data}
        return _envelope(name, case_id, sequence, said, "payments")

    async def publishes(
        self, documents: Running, envelopes: list[Envelope], found: Callable[[], Awaitable[Any]]
    ) -> Any:
        """Sends them as the applications' relay would; again and again, since duplicates are ordinary."""
        settings = documents.runtime.settings
        connection = await aio_pika.connect(settings.rabbitmq_url)
        async with connection:
            channel = await connection.channel()
            exchange = await channel.declare_exchange(
                f"{settings.name_prefix}{settings.exchange}", aio_pika.ExchangeType.TOPIC, durable=True
            )
            for envelope in envelopes:
                await exchange.publish(aio_pika.Message(write(envelope)), envelope.type)
        return await found()

    async def _issue(self, request: Request) -> Response:
        wanted = await request.json()
        now = datetime.now(UTC)
        token = self._signer.sign(
            "documents", "service", ["service"], wanted["audience"], wanted["purpose"], "basic", now
        )
        return JSONResponse({"token": token, "expires_at": (now + timedelta(seconds=60)).isoformat()})

    async def _case(self, request: Request) -> Response:
        if self.failures > 0:
            self.failures -= 1
            return JSONResponse({}, 503)
        caller = self._tokens.verify(request.headers["authorization"].removeprefix("Bearer "))
        case_id = request.path_params["case_id"]
        version = request.query_params.get("version", "")
        self.asked.append((case_id, version, caller.purpose, caller.subject))
        return JSONResponse(self.cases[case_id])

    async def _receipt(self, request: Request) -> Response:
        self.receipts.append(request.query_params.get("version", ""))
        if not self.paid:
            return JSONResponse(
                {"type": "urn:portal:problem:not_paid"}, 409, media_type="application/problem+json"
            )
        return JSONResponse(
            {
                "claim_id": request.path_params["claim_id"], "case_number": "BPA-2026-000815",
                "kassenzeichen": "47112600000122", "amount_cents": 3060, "currency": "EUR", "method": "card",
                "settled_at": "2026-11-22T09:31:00+00:00",
            }
        )  # fmt: skip


@contextmanager
def serving_neighbours(mint: CallerMint) -> Iterator[Neighbours]:
    found = Neighbours(mint)
    with serving(found.app()) as url:
        found.url = url
        yield found


def _envelope(
    name: str, case_id: UUID, sequence: int, data: dict[str, Any], service: str = "applications"
) -> Envelope:
    return Envelope(
        id=derived_id("test", service, case_id, sequence), source=f"portal/{service}",
        type=f"{service}.{name}.v1", subject=str(case_id), time=datetime.now(UTC), sequence=sequence,
        data=data, streamversion=sequence,
    )  # fmt: skip
