"""Webhooks: an event is written once, signed for each transmission, posted until the merchant takes it."""

import asyncio
import json
import logging
import secrets
import time
import uuid

import httpx

from deploy.local.sandbox.paypal.authority import Authority
from deploy.local.sandbox.paypal.book import Book, Webhook
from deploy.local.sandbox.paypal.faults import Course, Fault
from deploy.local.sandbox.paypal.protocol import Json, moment
from deploy.local.sandbox.paypal.settings import Settings

REPEATS = 25
CERTIFICATE = "CERT-sandbox-1"
FOREIGN_CERTIFICATE = "CERT-foreign-1"
_DAY = 86400.0
_log = logging.getLogger("sandbox.paypal")


class Scribe:
    """Writes events into the book, spoilt as the order's course says; `address` is this server's own."""

    def __init__(self, settings: Settings, book: Book, authority: Authority) -> None:
        self._settings = settings
        self._book = book
        self.authority = authority
        self.foreign = Authority.new()
        self.url = settings.webhook_url

    def write(self, kind: str, resource_type: str, resource: Json, fault: Fault, address: str) -> None:
        if fault.kind is Course.NEVER:
            return
        now = time.time()
        event = {
            "id": f"WH-{secrets.token_hex(9).upper()}-{secrets.token_hex(9).upper()}",
            "event_version": "1.0",
            "create_time": moment(now),
            "resource_type": resource_type,
            "resource_version": "2.0",
            "event_type": kind,
            "summary": kind.replace(".", " ").capitalize(),
            "resource": resource,
            "links": [],
        }
        due = now + fault.seconds if fault.kind is Course.LATE else now
        for _ in range(2 if fault.kind is Course.TWICE else 1):
            body, headers = self._transmission(event, fault, address, now)
            self._book.announce(event, body, headers, due)

    def _transmission(
        self, event: Json, fault: Fault, address: str, now: float
    ) -> tuple[bytes, dict[str, str]]:
        body = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
        transmission_id = str(uuid.uuid4())
        at = moment(now + _DAY if fault.kind is Course.SKEWED else now)
        certificate = FOREIGN_CERTIFICATE if fault.kind is Course.FOREIGN else CERTIFICATE
        signer = self.foreign if fault.kind in {Course.FOREIGN, Course.FORGED} else self.authority
        headers = {
            "content-type": "application/json",
            "paypal-transmission-id": transmission_id,
            "paypal-transmission-time": at,
            "paypal-transmission-sig": signer.signature(transmission_id, at, self._settings.webhook_id, body),
            "paypal-cert-url": f"{address}/v1/notifications/certs/{certificate}",
            "paypal-auth-algo": "SHA256withRSA",
        }
        if fault.kind is Course.TAMPERED:
            body = body.replace(b'"value":"', b'"value":"1', 1)
        if fault.kind is Course.RESERIALISED:
            body = json.dumps(json.loads(body), indent=1).encode()
        return body, headers


class Messenger:
    """Runs until cancelled. What was not delivered stays in the book and is sent after the next start."""

    def __init__(self, book: Book, scribe: Scribe, retry_seconds: float) -> None:
        self._book = book
        self._scribe = scribe
        self._retry_seconds = retry_seconds
        self._changed = asyncio.Event()
        self._on_the_way: dict[int, asyncio.Task[None]] = {}

    def wake(self) -> None:
        self._changed.set()

    async def run(self) -> None:
        async with httpx.AsyncClient(timeout=10.0, trust_env=False, follow_redirects=False) as http:
            try:
                while True:
                    self._changed.clear()
                    self._send_due(http)
                    await self._pause()
            finally:
                for task in self._on_the_way.values():
                    task.cancel()

    def _send_due(self, http: httpx.AsyncClient) -> None:
        for webhook in self._book.due(time.time()) if self._scribe.url else ():
            if webhook.number not in self._on_the_way:
                self._on_the_way[webhook.number] = asyncio.create_task(self._deliver(webhook, http))

    async def _pause(self) -> None:
        due = self._book.next_due()
        wait = 60.0 if due is None or not self._scribe.url else max(due - time.time(), 0.05)
        try:
            await asyncio.wait_for(self._changed.wait(), wait)
        except TimeoutError:
            return

    async def _deliver(self, webhook: Webhook, http: httpx.AsyncClient) -> None:
        try:
            answer = await self._post(webhook, http)
            done = (answer is not None and 200 <= answer < 300) or webhook.tries >= REPEATS
            self._book.answered(webhook, answer, done=done, due_at=time.time() + self._retry_seconds)
            _log.info("webhook %s of event %s answered %s", webhook.number, webhook.event_id, answer)
        finally:
            del self._on_the_way[webhook.number]
            self.wake()

    async def _post(self, webhook: Webhook, http: httpx.AsyncClient) -> int | None:
        try:
            sent = await http.post(self._scribe.url, content=webhook.body, headers=webhook.headers)
            return sent.status_code
        except httpx.HTTPError:
            return None
