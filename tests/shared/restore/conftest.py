"""A library whose log is dumped and restored into a server that never had a transaction of it."""

import asyncio
import itertools
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from rich.console import Console

from deploy.local.postgres import binaries
from deploy.local.testservers import fresh_postgres
from shared.audit.anchors import anchors_at
from shared.audit.sealer import Sealer
from shared.audit.seals import SealKey
from shared.audit.verification import Report, verify
from shared.bus import feed_reading
from shared.bus import inbox as inbox_module
from shared.bus.handlers import ForeignEvent, Handlers
from shared.bus.inbox import Inbox
from shared.bus.remote_feed import RemoteFeed
from shared.cli import commands, inboxes, services
from shared.clock import SystemClock
from shared.feed.sequencer import Sequencer
from shared.log import Unit
from shared.testing import CallerMint, Databases, Running, fresh, running
from shared.testing.databases import APP_PASSWORD, APP_ROLE, as_app, at
from tests.shared.log.conftest import Log, log
from tests.shared.toy.library import ARCHIVE, LIBRARY, Loan

__all__ = ["log"]


LIVED = "DO $$ BEGIN FOR i IN 1..3000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"


@pytest.fixture(scope="session")
def here() -> Iterator[str]:
    """The superuser's URL of a server that has lived; one of another make dumps what ours may not know."""
    with fresh_postgres() as url:
        yield url


@pytest.fixture
async def databases(here: str) -> AsyncIterator[Databases]:
    """Of each test's own: these tests do to a database what cannot be undone."""
    async with fresh(here, LIBRARY) as found:
        owner = await asyncpg.connect(found.owner_log)
        await owner.execute(LIVED)
        await owner.close()
        yield found


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[str]:
    """The superuser's URL of a server made for this session."""
    with fresh_postgres() as url:
        yield url


def run(program: str, *arguments: str) -> None:
    done = subprocess.run(
        [str(binaries() / program), *arguments], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr


@dataclass
class Backup:
    """A dump of both databases."""

    log: Path
    keys: Path


@dataclass
class Office:
    """The library's operator: makes backups, restores them, runs `portal`."""

    log: Log
    elsewhere: str
    folder: Path
    amqp_url: str
    mint: CallerMint
    portal: Callable[..., Awaitable[tuple[Any, str, str]]]
    key: SealKey
    prefix: str = field(default_factory=lambda: f"test-{uuid4().hex[:8]}.")
    _count: Any = field(default_factory=itertools.count)

    async def lend(self, count: int, subject: UUID | None = None) -> list[Loan]:
        return [await self.log.lend(f"book {next(self._count)}", subject) for _ in range(count)]

    async def sequence(self, until: int) -> None:
        """Into the feed of the first server; waits for other transactions on it."""
        sequencer = Sequencer(self.log.pool, LIBRARY.published)
        async with asyncio.timeout(60):
            while (await sequencer.run_once())[0] < until:
                await asyncio.sleep(0.02)

    async def seal(self) -> None:
        await self.sequence(await self.log.count("event"))  # then it is settled, too
        anchors = anchors_at(self.anchors)
        await Sealer("library", self.log.pool, self.key, anchors, SystemClock(), at_once=1).look()

    @property
    def anchors(self) -> str:
        return (self.folder / "anchors").as_uri()

    def dump(self) -> Backup:
        name = uuid4().hex[:8]
        made = Backup(self.folder / f"{name}.log", self.folder / f"{name}.keys")
        run("pg_dump", "-Fc", "-f", str(made.log), self.log.databases.owner_log)
        run("pg_dump", "-Fc", "-f", str(made.keys), self.log.databases.owner_keys)
        return made

    async def pg_restore(self, backup: Backup) -> Databases:
        """Into two new databases of the other server."""
        admin = await asyncpg.connect(self.elsewhere)
        if not await admin.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", APP_ROLE):
            await admin.execute(f"CREATE ROLE {APP_ROLE} LOGIN PASSWORD '{APP_PASSWORD}'")
        urls = []
        for dump in (backup.log, backup.keys):
            name = f"restored_{uuid4().hex[:8]}"
            await admin.execute(f'CREATE DATABASE "{name}"')
            urls.append(at(self.elsewhere, name))
            await asyncio.to_thread(run, "pg_restore", "--no-owner", "-d", urls[-1], str(dump))
        await admin.close()
        return Databases(as_app(urls[0]), as_app(urls[1]), *urls)

    async def restore(
        self, databases: Databases, *words: str, destroyed: str = "", reason: str = "drill"
    ) -> tuple[Any, str, str]:
        """`portal restore`, as a person types it."""
        (self.folder / "destroyed").write_text(destroyed)
        asked = ("--destroyed", str(self.folder / "destroyed"), "--reason", reason)
        told = {
            "PORTAL_OWNER_DATABASE_URL": databases.owner_log,
            "PORTAL_OWNER_KEYS_DATABASE_URL": databases.owner_keys,
        }
        return await self.portal("restore", "library", *asked, *words, **told)

    @asynccontextmanager
    async def opened(self, databases: Databases) -> AsyncIterator[Running]:
        """The library at work on these databases."""
        async with running(
            LIBRARY, self.elsewhere, self.amqp_url, self.folder, mint=self.mint, databases=databases,
            name_prefix=self.prefix, audit_anchors=self.anchors,
        ) as found:  # fmt: skip
            found.runtime.keys._master = self.log.keys._master
            yield found

    @asynccontextmanager
    async def opened_first(self) -> AsyncIterator[Running]:
        """The library at work on the first server, as before the backup was needed."""
        async with running(
            LIBRARY, self.elsewhere, self.amqp_url, self.folder, mint=self.mint,
            databases=self.log.databases, name_prefix=self.prefix, audit_anchors=self.anchors,
        ) as found:  # fmt: skip
            yield found

    async def until_said(self, *typed: str, words: str) -> tuple[Any, str, str]:
        """Asks the operator's command until it says so."""
        async with asyncio.timeout(30):
            while words not in (found := await self.portal(*typed))[1]:
                await asyncio.sleep(0.1)
        return found

    async def verify(self, url: str) -> Report:
        connection = await asyncpg.connect(url)
        try:
            return await verify(connection, "library", anchors_at(self.anchors), self.key.keys())
        finally:
            await connection.close()


@pytest.fixture
async def office(
    log: Log,
    elsewhere: str,
    amqp_url: str,
    mint: CallerMint,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Office:
    (tmp_path / "audit_key.pem").write_bytes(mint.pem)
    find, known = services.find, {"library": LIBRARY, "archive": ARCHIVE}
    monkeypatch.setattr(services, "find", lambda name: known.get(name) or find(name))
    monkeypatch.setattr(inboxes, "console", Console(width=250))
    monkeypatch.setattr(commands, "console", Console(width=250))
    given = {
        "PORTAL_APP_ROLE": APP_ROLE,
        "PORTAL_SECRETS_DIR": str(tmp_path),
        "PORTAL_DATABASE_URL": log.databases.log,
    }
    for name, value in (given | {"PORTAL_AUDIT_ANCHORS": (tmp_path / "anchors").as_uri()}).items():
        monkeypatch.setenv(name, value)

    def typed(*words: str) -> Any:
        monkeypatch.setattr("sys.argv", ["portal", *words])
        with pytest.raises(SystemExit) as ended:
            commands.main()
        return ended.value.code

    async def portal(*words: str, **told: str) -> tuple[Any, str, str]:
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        code = await asyncio.to_thread(typed, *words)
        out, err = capsys.readouterr()
        return code, " ".join(out.split()), err

    return Office(log, elsewhere, tmp_path, amqp_url, mint, portal, SealKey(mint.pem.decode()))


class Lent(ForeignEvent):
    """What the listener reads."""

    title: str


class _Door:
    """Where the listener finds the library: on the first server, on the other, or nowhere."""

    def __init__(self) -> None:
        self.library: Running | None = None

    async def request(self, method: str, source: str, path: str, *, purpose: str) -> Any:
        if self.library is None:
            raise OSError("nobody answers")
        headers = self.library.mint.service("archive", "library")
        return await self.library.http.request(method, path, headers=headers)


class Listener:
    """Another service's inbox, reading the library's real feed over HTTP; its effects are tasks."""

    def __init__(self, found: Log) -> None:
        self.log = found
        self.door = _Door()
        handlers = Handlers()

        @handlers.on("library.book_lent.v1", Lent)
        async def note(event: Lent, unit: Unit) -> None:
            unit.task("none", {"title": event.title})

        feed = RemoteFeed(self.door)  # type: ignore[arg-type]
        self.inbox = Inbox("library", found.pool, handlers, lambda _: found.unit(), feed)

    async def titles(self) -> list[str]:
        rows = await self.log.pool.fetch(
            "SELECT payload->>'title' AS t FROM task WHERE payload ? 'title' ORDER BY 1"
        )
        return [row["t"] for row in rows]

    async def cursor(self) -> tuple[int, int]:
        row = await self.log.pool.fetchrow("SELECT sequence, epoch FROM inbox_cursor")
        return (row["sequence"], row["epoch"]) if row else (0, 1)

    async def reaches(self, sequence: int, epoch: int) -> None:
        async with asyncio.timeout(30):
            while await self.cursor() != (sequence, epoch):
                await asyncio.sleep(0.02)


@pytest.fixture
async def listener(log: Log, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Listener]:
    """Its tables lie beside those of the first library: the database that is left behind."""
    monkeypatch.setattr(inbox_module, "PARKING_SECONDS", 0.2)
    monkeypatch.setattr(feed_reading, "FEED_SECONDS", 0.2)
    made = Listener(log)
    made.inbox.start()
    yield made
    await made.inbox.close()
