"""A sealed log: the library's, with a key and anchors of its own, and a superuser who may do anything."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from deploy.local.secrets import ed25519_pem
from shared.audit.anchors import Anchors, FolderAnchors
from shared.audit.entries import BEGINNING, waiting
from shared.audit.sealer import Sealer
from shared.audit.seals import SealKey, SealKeys, Statement, unproven
from shared.audit.verification import Report, verify
from shared.testing import Databases, FixedClock, fresh
from tests.shared.log.conftest import Log, log
from tests.shared.toy.library import LIBRARY, Loan

__all__ = ["log"]


@pytest.fixture
async def databases(postgres_url: str) -> AsyncIterator[Databases]:
    """Of each test's own: these tests do to a database what cannot be undone."""
    async with fresh(postgres_url, LIBRARY) as found:
        yield found


_MANY = 1_000_000


@dataclass
class Sealed:
    """The log with its sealer."""

    log: Log
    folder: Path
    superuser: Any
    key: SealKey = field(default_factory=lambda: SealKey(ed25519_pem()))
    clock: FixedClock = field(default_factory=FixedClock)
    _titles: Any = field(default_factory=itertools.count)

    @property
    def anchors(self) -> FolderAnchors:
        return FolderAnchors(self.folder)

    def sealer(self, *, key: SealKey | None = None, anchors: Anchors | None = None, **kw: Any) -> Sealer:
        pool, clock = self.log.pool, self.clock
        return Sealer("library", pool, key or self.key, anchors or self.anchors, clock, **kw)

    async def lend(self, count: int = 3) -> list[Loan]:
        """Events in the log, each its own transaction, all of them settled."""
        return [await self.log.lend(f"book {next(self._titles)}") for _ in range(count)]

    async def seal(self) -> None:
        """One more seal, a minute later, over everything that is there now."""
        await self.settle()
        self.clock.advance(timedelta(minutes=1))
        await self.sealer().look()

    async def settle(self) -> None:
        """Waits until no older transaction of the server holds an event back."""
        async with asyncio.timeout(60):
            while await waiting(self.log.pool, BEGINNING, _MANY) < await self.log.count("event"):
                await asyncio.sleep(0.02)

    async def statements(self) -> list[Statement]:
        rows = await self.log.pool.fetch("SELECT seal FROM audit_seal ORDER BY number")
        return [unproven(row["seal"]) for row in rows]

    async def verify(self, keys: SealKeys | None = None) -> Report:
        return await verify(
            self.superuser, "library", self.anchors, keys or self.key.keys(), self.clock.now()
        )

    async def kinds(self) -> list[tuple[str, int]]:
        return [(violation.kind, violation.seal) for violation in (await self.verify()).violations]

    async def do(self, statement: str, *values: Any) -> None:
        """As superuser, triggers and rights notwithstanding."""
        await self.superuser.execute(statement, *values)

    async def interval(self, number: int) -> list[Any]:
        """Places of the events under a seal."""
        seal = await self.log.pool.fetchval("SELECT seal FROM audit_seal WHERE number = $1", number)
        statement = self.key.keys().open(seal)
        assert statement.first is not None
        found: list[Any] = await self.log.pool.fetch(
            "SELECT position FROM event WHERE (epoch, xid, position) BETWEEN ($1, $2::text::xid8, $3) "
            "AND ($4, $5::text::xid8, $6) ORDER BY epoch, xid, position",
            statement.first[0], str(statement.first[1]), statement.first[2],
            statement.last[0], str(statement.last[1]), statement.last[2],
        )  # fmt: skip
        return [row["position"] for row in found]


@pytest.fixture
async def sealed(log: Log, tmp_path: Path) -> AsyncIterator[Sealed]:
    superuser = await asyncpg.connect(log.databases.owner_log)
    found = Sealed(log, tmp_path / "anchors", superuser)
    yield found
    await superuser.close()
