"""The service at work on real servers, with the register's sandbox beside it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg
import httpx
import pytest

from deploy.local.sandbox.register.app import create_app
from services.applications.catalogue.loading import read_catalogue
from services.applications.consumed import handlers
from services.applications.office import Office
from services.applications.wiring import SERVICE
from shared.bus.envelope import Envelope
from shared.ids import new_id
from shared.testing import CallerMint, FixedClock, Running, running
from tests.services.applications.plain import DOG, PERMIT
from tests.serving import listening

NOBODY = "http://127.0.0.1:9"
EMPTIED = (
    "event",
    "reservation",
    "task",
    "number_range",
    "number_given",
    "case_overview",
    "case_turn",
    "draft",
    "case_access",
)


@dataclass
class Town:
    """The running service, and the people and services around it."""

    service: Running
    clock: FixedClock
    register: str
    office: Office
    citizen: UUID = field(default_factory=new_id)
    clerk: UUID = field(default_factory=new_id)

    def headers(self, who: UUID | str, *roles: str) -> dict[str, str]:
        """Of an account with roles, or of a service by its name."""
        if isinstance(who, str):
            return self.service.mint.service(who, "applications")
        return self.service.mint.account(who, "applications", *roles)

    async def get(self, path: str, who: UUID | str | None = None, *roles: str) -> httpx.Response:
        return await self.service.http.get(path, headers=self.headers(who or self.citizen, *roles))

    async def post(self, path: str, body: Any, who: UUID | None = None, *roles: str) -> httpx.Response:
        headers = self.headers(who or self.citizen, *roles)
        return await self.service.http.post(path, json=body, headers=headers)

    async def apply(
        self,
        who: UUID | None = None,
        key: str | None = None,
        service: str = "bewohnerparkausweis",
        **changed: Any,
    ) -> httpx.Response:
        plain = DOG if service == "hundesteuer-anmeldung" else PERMIT
        answers = {name: value for name, value in {**plain, **changed}.items() if value is not None}
        return await self.service.http.post(
            "/applications",
            json={"service": service, "service_version": 1, "answers": answers},
            headers=self.headers(who or self.citizen) | {"Idempotency-Key": key or uuid4().hex},
        )

    async def case(self, case_id: str) -> dict[str, Any]:
        """The case as a service sees it."""
        found: dict[str, Any] = (await self.get(f"/applications/{case_id}", "documents")).json()
        return found

    async def until(self, case_id: str, condition: str) -> dict[str, Any]:
        """Waits for what the tasks do."""

        async def reached() -> dict[str, Any] | None:
            found = await self.case(case_id)
            return found if found["condition"] == condition else None

        found: dict[str, Any] = await eventually(reached)
        return found

    async def wait_until(self, case_id: str, condition: str, *, step: timedelta) -> None:
        """As `until`, the clock going on: for what is tried again after a while."""

        async def reached() -> bool:
            self.clock.advance(step)
            return bool((await self.case(case_id))["condition"] == condition)

        await eventually(reached)

    async def hear(self, event_type: str, **data: Any) -> None:
        """An event of another service arrives, and is handled as the inbox handles it."""
        service = event_type.partition(".")[0]
        envelope = Envelope(
            id=new_id(), source=f"portal/{service}", type=event_type, subject=str(new_id()), sequence=1,
            time=self.clock.now(), data={name: str(value) for name, value in data.items()}, streamversion=1,
        )  # fmt: skip
        unit = self.service.runtime.unit_on(envelope)
        await handlers(self.office).apply(envelope, unit)
        await unit.commit()

    async def pay(self, case_id: str, cents: int = 3060) -> None:
        await self.hear("payments.payment_settled.v1", claim_id=new_id(), case_id=case_id, amount_cents=cents)

    async def fault(self, mode: str, count: int | None = None) -> None:
        """The register misbehaves."""
        async with httpx.AsyncClient() as client:
            body = {"mode": mode} | ({"count": count} if count else {})
            (await client.post(f"{self.register}/sandbox/faults", json=body)).raise_for_status()

    async def events(self, case_id: str) -> list[str]:
        rows = await self.service.runtime.pool.fetch(
            "SELECT name FROM event WHERE stream_id = $1 ORDER BY version", UUID(case_id)
        )
        return [row["name"].partition(".")[2] for row in rows]

    async def published(self, case_id: str, kind: str) -> list[dict[str, Any]]:
        """What the feed gives of this kind and case, once the relay has numbered it."""

        async def read() -> list[dict[str, Any]]:
            feed = (await self.get("/events?after=0&limit=500", "gateway")).json()["events"]
            mine = [event for event in feed if event["subject"] == case_id]
            return [event["data"] for event in mine if event["type"] == f"applications.{kind}"]

        found: list[dict[str, Any]] = await eventually(read)
        return found

    async def count(self, table: str) -> int:
        """Rows of a table, but tasks that always recur: to show that a refusal left everything as it was."""
        which = "WHERE dedupe IS DISTINCT FROM kind" if table == "task" else ""
        found: int = await self.service.runtime.pool.fetchval(f"SELECT count(*) FROM {table} {which}")
        return found


async def eventually(check: Callable[[], Awaitable[Any]], seconds: float = 10) -> Any:
    async with asyncio.timeout(seconds):
        while not (found := await check()):
            await asyncio.sleep(0.02)
    return found


@pytest.fixture(scope="session")
async def register_url() -> AsyncIterator[str]:
    async with listening(create_app()) as address:
        yield address


@pytest.fixture(scope="session")
async def service(
    postgres_url: str,
    amqp_url: str,
    tmp_path_factory: pytest.TempPathFactory,
    mint: CallerMint,
    register_url: str,
) -> AsyncIterator[tuple[Running, FixedClock]]:
    """One service for the session: starting one for each test would take minutes."""
    clock = FixedClock()
    async with running(
        SERVICE,
        postgres_url,
        amqp_url,
        tmp_path_factory.mktemp("applications") / "secrets",
        mint=mint,
        clock=clock,
        register_url=register_url,
        register_timeout_seconds=1.0,
        register_tries=2,
        identity_url=NOBODY,
    ) as found:
        yield found, clock


@pytest.fixture
async def town(service: tuple[Running, FixedClock], register_url: str) -> AsyncIterator[Town]:
    """The service with an empty log, at half past ten on 22 November 2026."""
    runs, clock = service
    clock.advance(FixedClock().now() - clock.now())
    owner = await asyncpg.connect(runs.databases.owner_log)
    await owner.execute(f"TRUNCATE {', '.join(EMPTIED)}")
    await owner.close()
    office = Office(read_catalogue(), ZoneInfo("Europe/Berlin"), timedelta(days=7))
    found = Town(runs, clock, register_url, office)
    await found.fault("ok")
    yield found
    await found.fault("ok")
