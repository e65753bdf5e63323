"""A service running in the test's own process: real databases, real broker, HTTP without a socket."""

import base64
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import aio_pika
import httpx
from fastapi import FastAPI

from shared.clock import Clock
from shared.service import Runtime, Service, application
from shared.testing.callers import CallerMint
from shared.testing.databases import Databases, fresh

NOBODY: Final = "http://127.0.0.1:9"
"""Where no service answers: a test must not reach a portal that runs on this machine."""


@dataclass(slots=True)
class Running:
    """A service at work."""

    app: FastAPI
    http: httpx.AsyncClient
    databases: Databases
    mint: CallerMint
    secrets: Path

    @property
    def runtime(self) -> Runtime:
        runtime: Runtime = self.app.state.runtime
        return runtime


def write_secrets(folder: Path, mint: CallerMint) -> None:
    """The secrets that every service needs, random for each test; those that are there stay."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {name: base64.b64encode(os.urandom(32)) for name in ("master_key", "lookup_key")}
    made["service_secret"] = base64.urlsafe_b64encode(os.urandom(24))
    made["audit_key.pem"] = mint.pem
    for name, value in made.items():
        if not (folder / name).exists():
            (folder / name).write_bytes(value)
    mint.write_jwks(folder)
    for path in folder.iterdir():
        path.chmod(0o600)


@asynccontextmanager
async def running(
    service: Service,
    admin_url: str,
    amqp_url: str,
    secrets: Path,
    *,
    mint: CallerMint | None = None,
    clock: Clock | None = None,
    databases: Databases | None = None,
    **settings: Any,
) -> AsyncIterator[Running]:
    """Starts `service` on fresh databases (or the given ones) and on a name prefix of its own."""
    mint = mint or CallerMint()
    write_secrets(secrets, mint)
    if databases is not None:
        async with _started(service, amqp_url, secrets, mint, clock, databases, settings) as found:
            yield found
        return
    async with (
        fresh(admin_url, service) as made,
        _started(service, amqp_url, secrets, mint, clock, made, settings) as found,
    ):
        yield found


@asynccontextmanager
async def _started(
    service: Service,
    amqp_url: str,
    secrets: Path,
    mint: CallerMint,
    clock: Clock | None,
    databases: Databases,
    settings: dict[str, Any],
) -> AsyncIterator[Running]:
    given: dict[str, Any] = {
        "secrets_dir": secrets,
        "port": 0,
        "database_url": databases.log,
        "keys_database_url": databases.keys,
        "rabbitmq_url": amqp_url,
        "audit_anchors": (secrets / "anchors").as_uri(),
        "name_prefix": f"test-{uuid4().hex[:8]}.",
        **dict.fromkeys(("identity_url", "applications_url", "payments_url", "documents_url"), NOBODY),
        **settings,
    }
    app = application(service, service.settings(**given), clock)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    try:
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url=f"http://{service.name}.test") as http,
        ):
            yield Running(app, http, databases, mint, secrets)
    finally:
        if "name_prefix" not in settings:
            await _taken_away(amqp_url, given["name_prefix"], service.name)


async def _taken_away(amqp_url: str, prefix: str, name: str) -> None:
    """Quorum queues outlive who made them, each with files that the broker holds open: ours go."""
    async with await aio_pika.connect(amqp_url, timeout=10) as connection:
        channel = await connection.channel()
        for queue in (f"{name}.events", f"{name}.events.dead"):
            await channel.queue_delete(f"{prefix}{queue}")
        await channel.exchange_delete(f"{prefix}portal.events")
